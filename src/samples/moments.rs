//! Moments of a stream of numbers, in blocks that are merged.
//!
//! A block's central sums M_k = SUM (x - mean)^k, k = 2, 3, 4, are taken in two passes over it; two blocks A and B with
//! d = mean_B - mean_A and n = n_A + n_B then merge as
//!
//! mean = mean_A + d n_B/n,  M_2 = M_2A + M_2B + d^2 n_A n_B/n,  and likewise for M_3 and M_4
//!
//! (Welford 1962 for one value, Chan, Golub and LeVeque 1983 for two blocks, Pebay 2008 for the higher orders). No sum of
//! squares of raw values is ever formed, so nothing cancels where the mean is large against the spread.

use pulp::{Arch, Simd, WithSimd};

/// Accumulators side by side, which the compiler turns into vector instructions. A fixed number: the same bits on every
/// machine.
const LANES: usize = 8;

/// Count, mean and central sums up to the fourth order of finite values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    /// What rounding took off the mean: the difference of two means near 1e9 has no digits left without.
    residue: f64,
    sums: [f64; 3],
    min: f64,
    max: f64,
}

impl Default for Moments {
    /// Of no values.
    fn default() -> Moments {
        Moments { count: 0, mean: 0.0, residue: 0.0, sums: [0.0; 3], min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Moments {
    /// The moments of finite values, by two passes.
    pub fn of(values: &[f64]) -> Moments {
        let mut total = Moments::default();
        values.chunks(BLOCK).for_each(|block| total.merge(&Moments::of_block(block)));
        total
    }

    fn of_block(values: &[f64]) -> Moments {
        // The same operations in the same order with wider vectors: the same bits.
        Arch::new().dispatch(Block(values))
    }

    #[inline(always)]
    fn of_lanes(values: &[f64]) -> Moments {
        let Some(first) = values.first() else { return Moments::default() };
        let (min, max) = extremes(values);
        // Half of each, so that the spread of the largest doubles is no overflow.
        let centre = if min == max { *first } else { 0.5 * min + 0.5 * max };
        let [shifted] = lanes(values, |x| [x - centre]);
        let (mean, residue) = sum(centre, shifted / values.len() as f64);
        let sums = lanes(values, |x| {
            let d = x - mean - residue;
            let square = d * d;
            [square, square * d, square * square]
        });
        Moments { count: values.len() as u64, mean, residue, sums, min, max }
    }

    /// Takes the values of another stream in.
    pub fn merge(&mut self, other: &Moments) {
        if other.count == 0 || self.count == 0 {
            if self.count == 0 {
                *self = *other;
            }
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let d = (other.mean - self.mean) + (other.residue - self.residue);
        let ([a2, a3, a4], [b2, b3, b4]) = (self.sums, other.sums);
        let (fa, fb) = (a / n, b / n);
        let step = d * d * fa * b;
        self.sums = [
            a2 + b2 + step,
            a3 + b3 + step * d * (fa - fb) + 3.0 * d * (fa * b2 - fb * a2),
            a4 + b4
                + step * d * d * (fa * fa - fa * fb + fb * fb)
                + 6.0 * d * d * (fa * fa * b2 + fb * fb * a2)
                + 4.0 * d * (fa * b3 - fb * a3),
        ];
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        (self.mean, self.residue) = sum(self.mean, self.residue + d * fb);
        self.count += other.count;
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; `None` of no values.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.mean.clamp(self.min, self.max))
    }

    /// The variance M2/n, that of maximum likelihood; `None` of no values.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sums[0] / self.count as f64)
    }

    /// The variance without bias, M2/(n - 1); `None` of fewer than two values.
    pub fn unbiased_variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.sums[0] / (self.count - 1) as f64)
    }

    /// The square root of [`Moments::variance`].
    pub fn deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// The skewness m3/m2^(3/2) of the sample itself; `None` of constant values and of none.
    pub fn skewness(&self) -> Option<f64> {
        let [m2, m3, _] = self.central()?;
        finite(m3 / m2 / m2.sqrt())
    }

    /// The kurtosis m4/m2^2 of the sample itself, 3 for normal values; `None` of constant values and of none.
    pub fn kurtosis(&self) -> Option<f64> {
        let [m2, _, m4] = self.central()?;
        finite(m4 / m2 / m2)
    }

    /// The least value; `None` of no values.
    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest value; `None` of no values.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max)
    }

    /// The central moments of order 2, 3 and 4, where there is any spread.
    fn central(&self) -> Option<[f64; 3]> {
        let n = self.count as f64;
        (self.count > 0 && self.min < self.max && self.sums[0] > 0.0).then(|| self.sums.map(|s| s / n))
    }
}

/// The values of one block: few enough to stay in the first cache for the second pass.
pub(super) const BLOCK: usize = 2048;

/// a + b as the rounded sum and what rounding took off it (Knuth).
fn sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

/// The moments of a block, compiled for every width of vectors.
struct Block<'a>(&'a [f64]);

impl WithSimd for Block<'_> {
    type Output = Moments;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Moments {
        Moments::of_lanes(self.0)
    }
}

/// The sums of some functions of the values.
#[inline(always)]
fn lanes<const N: usize>(values: &[f64], f: impl Fn(f64) -> [f64; N]) -> [f64; N] {
    let mut sums = [[0.0; LANES]; N];
    let mut add = |lane: usize, x: f64| {
        let terms = f(x);
        for (sum, term) in sums.iter_mut().zip(terms) {
            sum[lane] += term;
        }
    };
    let (whole, rest) = values.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, x) in chunk.iter().enumerate() {
            add(lane, *x);
        }
    }
    rest.iter().enumerate().for_each(|(lane, x)| add(lane, *x));
    sums.map(|lanes| lanes.iter().sum())
}

#[inline(always)]
fn extremes(values: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let mut see = |lane: usize, x: f64| {
        low[lane] = if x < low[lane] { x } else { low[lane] };
        high[lane] = if x > high[lane] { x } else { high[lane] };
    };
    let (whole, rest) = values.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, x) in chunk.iter().enumerate() {
            see(lane, *x);
        }
    }
    rest.iter().enumerate().for_each(|(lane, x)| see(lane, *x));
    (low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_mean_costs_no_digits() {
        let values: Vec<f64> = (0..10_001).map(|i| 1e9 + f64::from(i % 5)).collect();
        let m = Moments::of(&values);
        let n = 10_001.0;
        let mean = 2000.0 * 10.0 / n;
        let second = 2000.0 * 30.0 / n - mean * mean;
        assert!((m.mean().unwrap() - 1e9 - mean).abs() < 1e-6, "{m:?}");
        assert!((m.variance().unwrap() / second - 1.0).abs() < 1e-12, "{m:?}");
        assert_eq!((m.min(), m.max(), m.count()), (Some(1e9), Some(1e9 + 4.0), 10_001));
    }

    #[test]
    fn no_spread_has_no_shape() {
        let m = Moments::of(&[0.1; 777]);
        assert_eq!((m.mean(), m.variance(), m.skewness(), m.kurtosis()), (Some(0.1), Some(0.0), None, None));
        let none = Moments::default();
        assert_eq!((none.mean(), none.variance(), none.min()), (None, None, None));
        let one = Moments::of(&[-3.0]);
        assert_eq!((one.mean(), one.variance(), one.unbiased_variance()), (Some(-3.0), Some(0.0), None));
    }
}
