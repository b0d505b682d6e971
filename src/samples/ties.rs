//! Equal values: those that rounding explains, and those that only an atom of the distribution does.
//!
//! A density gives equal values only because numbers are written with so many digits. The step of that writing is read off
//! the values themselves: they are all float16, bfloat16 or float32 numbers, or all have so many decimals. Where a step
//! holds about as many values as its surroundings would have there, the values may be spread over it again; where it
//! holds far more (the zeros behind a ReLU, a clipped end), no density is behind them.

use half::{bf16, f16};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Fewer equal values prove nothing.
const LEAST: usize = 8;
/// An atom has so many times more values than its surroundings explain.
const EXCESS: f64 = 10.0;
/// Decimals beyond which a decimal number is as good as any double.
const MOST_DECIMALS: i32 = 9;
/// The spreading is part of an estimate, not of an experiment: its seed is fixed.
const SEED: u64 = 0x5eed;

/// What equal values say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ties {
    /// There are none.
    None,
    /// Rounding to a step (at the median of the sizes) explains them. The values spread over their steps, in order.
    Rounding { step: f64, distinct: usize, spread: Vec<f64> },
    /// A value that more of the others equal than a density allows.
    Atom { value: f64, share: f64, distinct: usize },
}

/// The ties among values in ascending order.
pub(super) fn ties(sorted: &[f64]) -> Ties {
    let groups: Vec<&[f64]> = sorted.chunk_by(|a, b| a == b).collect();
    let distinct = groups.len();
    if distinct == sorted.len() {
        return Ties::None;
    }
    let n = sorted.len() as f64;
    let atom = |group: &[f64]| Ties::Atom { value: group[0], share: group.len() as f64 / n, distinct };
    let largest = groups.iter().max_by_key(|g| g.len()).copied().unwrap_or_default();
    let grain = Grain::of(sorted);
    let mut start = 0;
    let mut worst: Option<&[f64]> = None;
    for group in &groups {
        let excessive = group.len() >= LEAST
            && group.len() as f64 > EXCESS * (1.0 + expected(sorted, start, group.len(), grain.step(group[0])));
        if excessive && worst.is_none_or(|w| w.len() < group.len()) {
            worst = Some(group);
        }
        start += group.len();
    }
    if let Some(group) = worst {
        return atom(group);
    }
    let by_chance = repeats_by_chance(sorted, &grain);
    if (sorted.len() - distinct) as f64 > 3.0 * by_chance + 5.0 * by_chance.sqrt() + 0.5 {
        return atom(largest);
    }
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let quarter = sorted.get(sorted.len() / 4).copied().unwrap_or(0.0);
    let step = grain.step(middle.abs().max(quarter.abs()));
    Ties::Rounding { step, distinct, spread: spread(sorted, &grain) }
}

/// How many values a step would hold if it were like the nearest values that are not in it, as many on each side as there
/// are in it.
fn expected(sorted: &[f64], start: usize, count: usize, step: f64) -> f64 {
    let (low, high) = (start.saturating_sub(count), (start + 2 * count).min(sorted.len()));
    let around = high - low - count;
    let width = sorted[high - 1] - sorted[low];
    if around == 0 { 0.0 } else { step * around as f64 / width.max(step) }
}

/// How many values chance has fall on a step that is taken already, if the values lie as densely as they seem to: of a step
/// that holds l values on average, (l - 1 + e^-l)/l of each.
fn repeats_by_chance(sorted: &[f64], grain: &Grain) -> f64 {
    let window = (sorted.len() as f64).cbrt().ceil() as usize;
    let last = sorted.len() - 1;
    let share = |i: usize| {
        let (low, high) = (i.saturating_sub(window), (i + window).min(last));
        let step = grain.step(sorted[i]);
        let l = step * (high - low) as f64 / (sorted[high] - sorted[low] + step);
        if l < 1e-3 { 0.5 * l } else { 1.0 + (-l).exp_m1() / l }
    };
    (0..sorted.len()).map(share).sum()
}

/// Every value somewhere within its step, uniformly, in order.
fn spread(sorted: &[f64], grain: &Grain) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut values: Vec<f64> = sorted.iter().map(|x| x + grain.step(*x) * (random.random::<f64>() - 0.5)).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// How finely the values are written.
struct Grain {
    /// Bits after the leading one, and the exponent of the least normal number.
    bits: i32,
    least: i32,
    /// The step of a fixed number of decimals; 0 for none.
    decimal: f64,
}

impl Grain {
    fn of(values: &[f64]) -> Grain {
        let all = |holds: &dyn Fn(f64) -> bool| values.iter().all(|x| holds(*x));
        let (bits, least) = if all(&|x| bf16::from_f64(x).to_f64() == x) {
            (7, -126)
        } else if all(&|x| f16::from_f64(x).to_f64() == x) {
            (10, -14)
        } else if all(&|x| f64::from(x as f32) == x) {
            (23, -126)
        } else {
            (52, -1022)
        };
        let whole = |d: i32| {
            let scale = 10f64.powi(d);
            all(&|x| ((x * scale).round() / scale - x).abs() <= 2.0 * f64::EPSILON * x.abs())
        };
        let decimal = (0..=MOST_DECIMALS).find(|d| whole(*d)).map_or(0.0, |d| 10f64.powi(-d));
        Grain { bits, least, decimal }
    }

    /// The distance of neighbouring numbers at x.
    fn step(&self, x: f64) -> f64 {
        let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
        2f64.powi(exponent.max(self.least) - self.bits).max(self.decimal)
    }
}
