//! The bandwidth of a kernel density, by Sheather and Jones (1991), "solve the equation".
//!
//! The bandwidth that minimises the asymptotic mean integrated squared error of a normal kernel is
//! h = (2 sqrt(pi) n R)^(-1/5), R the integral of p''^2, which equals E p''''. With kernels of bandwidth a,
//! S(a) = SUM_ij phi''''((x_i - x_j)/a)/(n (n-1) a^5) estimates R, and S(1.357 (S(a0)/T(b0))^(1/7) h^(5/7)) makes it an
//! equation for h. The sums over pairs go by bins much narrower than any bandwidth in question.

use super::Sample;
use crate::numeric::bracketed;
use std::f64::consts::{PI, TAU};

/// Bins per bandwidth of the rule of thumb.
const BINS: f64 = 64.0;
/// Beyond so many bandwidths the kernels' derivatives are below 1e-12.
const REACH: f64 = 8.5;

/// The least of deviation and quartile distance, in units of a normal deviation; `None` of constant values.
pub(super) fn scale(sample: &Sample) -> Option<f64> {
    let deviation = sample.moments.unbiased_variance()?.sqrt();
    let quartiles = (sample.quantile(0.75)? - sample.quantile(0.25)?) / 1.349;
    let scale = if quartiles > 0.0 { deviation.min(quartiles) } else { deviation };
    (scale > 0.0).then_some(scale)
}

/// The rule of thumb for data that are nearly normal, 0.9 scale n^(-1/5) (Silverman 1986, equation 3.31).
pub(super) fn silverman(scale: f64, n: f64) -> f64 {
    0.9 * scale * n.powf(-0.2)
}

/// The solution of Sheather and Jones' equation for values in ascending order; `None` where it has none.
pub(super) fn sheather_jones(sorted: &[f64], scale: f64) -> Option<f64> {
    let n = sorted.len() as f64;
    let thumb = silverman(scale, n);
    let (first, second) = (1.24 * scale * n.powf(-1.0 / 7.0), 1.23 * scale * n.powf(-1.0 / 9.0));
    let pairs = Pairs::new(sorted, thumb / BINS, REACH * 2.0 * second);
    let ratio = (pairs.fourth(first) / -pairs.sixth(second)).abs().powf(1.0 / 7.0) * 1.357;
    if !ratio.is_finite() {
        return None;
    }
    let gap = |h: f64| (2.0 * PI.sqrt() * n * pairs.fourth(ratio * h.powf(5.0 / 7.0))).powf(-0.2) - h;
    let top = 1.144 * scale * n.powf(-0.2);
    bracketed(gap, 0.02 * top, 3.0 * top).filter(|h| *h > 0.0)
}

/// How many pairs of values lie so many bins apart.
struct Pairs {
    count: f64,
    bin: f64,
    /// Within one bin, one bin apart, ...
    apart: Vec<f64>,
}

impl Pairs {
    fn new(sorted: &[f64], bin: f64, reach: f64) -> Pairs {
        let first = sorted.first().copied().unwrap_or(0.0);
        let place = |x: f64| ((x - first) / bin).round();
        let mut bins: Vec<(f64, f64)> = Vec::new();
        for x in sorted {
            match bins.last_mut() {
                Some((at, count)) if *at == place(*x) => *count += 1.0,
                _ => bins.push((place(*x), 1.0)),
            }
        }
        let most = (reach / bin).ceil();
        let mut apart = vec![0.0; most as usize + 1];
        for (i, (at, count)) in bins.iter().enumerate() {
            apart[0] += 0.5 * count * (count - 1.0);
            for (other, more) in bins[i + 1..].iter().take_while(|(other, _)| other - at <= most) {
                apart[(other - at) as usize] += count * more;
            }
        }
        Pairs { count: sorted.len() as f64, bin, apart }
    }

    /// SUM over pairs of polynomial(z^2) e^(-z^2/2), each pair twice, and the polynomial's constant for every value.
    fn sum(&self, a: f64, polynomial: impl Fn(f64) -> f64) -> f64 {
        let terms = self.apart.iter().enumerate().map(|(k, pairs)| {
            let square = (k as f64 * self.bin / a).powi(2);
            if square > REACH * REACH { 0.0 } else { pairs * polynomial(square) * (-0.5 * square).exp() }
        });
        2.0 * terms.sum::<f64>() + self.count * polynomial(0.0)
    }

    fn fourth(&self, a: f64) -> f64 {
        let sum = self.sum(a, |q| (q - 6.0) * q + 3.0);
        sum / (self.count * (self.count - 1.0) * a.powi(5) * TAU.sqrt())
    }

    fn sixth(&self, a: f64) -> f64 {
        let sum = self.sum(a, |q| ((q - 15.0) * q + 45.0) * q - 15.0);
        sum / (self.count * (self.count - 1.0) * a.powi(7) * TAU.sqrt())
    }
}
