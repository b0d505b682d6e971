//! How often the gradient vanishes under an input.

use super::curve::{Curve, Stretch};
use super::moments::mass;
use crate::input::Input;
use crate::numeric::bracketed;

/// The slope below which a unit counts as nearly dead.
const SMALL: f64 = 1e-3;

/// The mass of an interval without samples that does not count.
const UNSEEN: f64 = 1e-12;

/// Probabilities that a unit passes no gradient, or next to none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeadZone {
    /// P(f'(U) = 0)
    pub flat: f64,
    /// P(|f'(U)| < 1e-3)
    pub nearly_flat: f64,
}

/// None where the input has mass beside a point towards which f oscillates without end.
pub(super) fn dead_zone(curve: &Curve, input: &Input) -> Option<DeadZone> {
    let beside = |s: &Stretch| [(s.from, s.window[0]), (s.window[1], s.to)].map(|(a, b)| mass(input, a, b));
    let unseen = |s: &Stretch| beside(s).into_iter().any(|m| m > UNSEEN);
    if curve.stretches.iter().any(unseen) {
        return None;
    }
    let probability = |s: &Stretch| mass(input, s.from, s.to);
    let flat = curve.stretches.iter().filter(|s| s.line == Some(0.0)).map(probability);
    let nearly_flat = curve.stretches.iter().flat_map(quiet).map(|(a, b)| mass(input, a, b));
    // The empty sum of doubles is -0.
    Some(DeadZone { flat: 0.0 + flat.sum::<f64>(), nearly_flat: 0.0 + nearly_flat.sum::<f64>() })
}

/// Where |f'| is small: f' is monotone between the roots of f'', and so passes the level once at most.
fn quiet(s: &Stretch) -> Vec<(f64, f64)> {
    if let Some(slope) = s.line {
        return if slope.abs() < SMALL { vec![(s.from, s.to)] } else { Vec::new() };
    }
    let slope = |x: f64| s.form.derivative(x, 1);
    let (Some(first), Some(last)) = (s.samples.first(), s.samples.last()) else { return Vec::new() };
    let mut turns = vec![first.0];
    turns.extend(s.roots[2].iter().filter(|x| first.0 < **x && **x < last.0));
    turns.push(last.0);
    let mut cuts = turns.clone();
    for w in turns.windows(2) {
        cuts.extend([-SMALL, SMALL].into_iter().filter_map(|level| bracketed(|x| slope(x) - level, w[0], w[1])));
    }
    cuts.sort_by(f64::total_cmp);
    let mut ends = cuts.clone();
    (ends[0], ends[cuts.len() - 1]) = (s.from, s.to);
    let cells = cuts.windows(2).zip(ends.windows(2));
    let inside = |w: &[f64]| {
        if w[0] * w[1] > 0.0 && w[1] / w[0] > 4.0 { (w[0] * w[1]).sqrt().copysign(w[0]) } else { 0.5 * (w[0] + w[1]) }
    };
    cells.filter(|(w, _)| slope(inside(w)).abs() < SMALL).map(|(_, e)| (e[0], e[1])).collect()
}
