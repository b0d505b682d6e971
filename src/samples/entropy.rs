//! Differential entropy straight from samples, without a model: from the spacings of the ordered values (Vasicek 1976) and
//! from the distances to the nearest neighbours (Kozachenko and Leonenko 1987). Both in nats, each with its standard error.

use super::Sample;
use super::ties::{Ties, ties};
use crate::numeric::Estimate;
use statrs::function::gamma::digamma;

/// With fewer values there are no spacings to speak of.
const FEWEST: usize = 8;
/// What the scatter and the dependence of neighbouring distances add to Var(log p) in n Var(H): pi^2/6 + 2 c - 1, where
/// c = Cov(log min(D1,D2), log min(D2,D3)) = 0.748 105 653 for independent exponential D, less the pi^2/6 that the
/// variance of the log distances has already. The -1 is that the spacings of n values share one sum.
const NEIGHBOUR_SCATTER: f64 = 0.496_211_306;

/// An estimate of the entropy behind samples.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleEntropy {
    /// The entropy, with its standard error.
    Found(Estimate),
    /// Values are equal because they are rounded: the entropy of the density before rounding, found by spreading the values
    /// over their steps.
    Rounded {
        /// The entropy, with its standard error.
        estimate: Estimate,
        /// The step of the rounding, where the bulk of the values is.
        step: f64,
        /// How many different values there are.
        distinct: usize,
    },
    /// More values are equal than a density allows: there is no differential entropy.
    Atom {
        /// The most frequent value.
        value: f64,
        /// Its share of all values.
        share: f64,
        /// How many different values there are.
        distinct: usize,
    },
    /// Too few values.
    TooFew {
        /// How many there are.
        count: usize,
    },
}

impl SampleEntropy {
    /// The number, where there is one.
    pub fn estimate(&self) -> Option<Estimate> {
        match self {
            SampleEntropy::Found(estimate) | SampleEntropy::Rounded { estimate, .. } => Some(*estimate),
            SampleEntropy::Atom { .. } | SampleEntropy::TooFew { .. } => None,
        }
    }

    /// What has to be said beside the number, or instead of it.
    pub fn outcome(&self) -> Option<String> {
        match self {
            SampleEntropy::Found(_) => None,
            SampleEntropy::Rounded { step, distinct, .. } => Some(format!(
                "the values are rounded to steps of {step:.1e} ({distinct} different ones); they were spread over the steps"
            )),
            SampleEntropy::Atom { value, share, distinct } => Some(format!(
                "undefined: {:.3} % of the values equal {value} ({distinct} different ones), more than a density allows",
                100.0 * share
            )),
            SampleEntropy::TooFew { count } => {
                Some(format!("undefined: {count} values are too few, at least {FEWEST} are needed"))
            }
        }
    }
}

impl Sample {
    /// The entropy by Vasicek's spacings over m = n^(1/3) places to either side,
    /// SUM log(n (x_(i+m) - x_(i-m))/2m)/n, with the bias taken off that it has for uniform values (Wieczorkowski and
    /// Grzegorzewski 1999). The error is the square root of (Var(log spacing) + 1/m)/n.
    pub fn spacing_entropy(&self) -> SampleEntropy {
        of_distinct(&self.kept, spacings)
    }

    /// The entropy by nearest neighbours, psi(n) - psi(1) + log 2 + SUM log(distance)/n. The error is the square root of
    /// (Var(log distance) + 0.4962)/n, see the source.
    pub fn neighbour_entropy(&self) -> SampleEntropy {
        of_distinct(&self.kept, neighbours)
    }
}

/// An estimator made for distinct values, of values as they are.
fn of_distinct(sorted: &[f64], estimator: impl Fn(&[f64]) -> Estimate) -> SampleEntropy {
    if sorted.len() < FEWEST {
        return SampleEntropy::TooFew { count: sorted.len() };
    }
    match ties(sorted) {
        Ties::None => SampleEntropy::Found(estimator(sorted)),
        Ties::Rounding { step, distinct, spread } => {
            SampleEntropy::Rounded { estimate: estimator(&spread), step, distinct }
        }
        Ties::Atom { value, share, distinct } => SampleEntropy::Atom { value, share, distinct },
    }
}

/// Mean and variance of logarithms.
fn summed(logs: impl Iterator<Item = f64> + Clone, n: f64) -> (f64, f64) {
    let mean = logs.clone().sum::<f64>() / n;
    (mean, logs.map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

fn spacings(x: &[f64]) -> Estimate {
    let n = x.len();
    let m = ((n as f64).cbrt().round() as usize).clamp(1, n / 2 - 1);
    let last = n - 1;
    let logs = (0..n).map(|i| (x[(i + m).min(last)] - x[i.saturating_sub(m)]).ln());
    let (count, window) = (n as f64, m as f64);
    let (mean, variance) = summed(logs, count);
    let ends: f64 = (m..2 * m).map(|k| digamma(k as f64)).sum();
    // log(n/2m) of the definition cancels against that of the bias.
    let value = mean - (1.0 - 2.0 * window / count) * digamma(2.0 * window) + digamma(count + 1.0) - 2.0 / count * ends;
    Estimate { value, error: ((variance + 1.0 / window) / count).sqrt(), evaluations: n as u64 }
}

fn neighbours(x: &[f64]) -> Estimate {
    let n = x.len();
    let gap = |i: usize| if i == 0 || i == n { f64::INFINITY } else { x[i] - x[i - 1] };
    // A few values that rounding made equal: their distance is below the least one there is.
    let least = (1..n).map(gap).filter(|d| *d > 0.0).fold(f64::INFINITY, f64::min);
    let logs = (0..n).map(|i| gap(i).min(gap(i + 1)).max(0.5 * least).ln());
    let count = n as f64;
    let (mean, variance) = summed(logs, count);
    let value = digamma(count) - digamma(1.0) + std::f64::consts::LN_2 + mean;
    Estimate { value, error: ((variance + NEIGHBOUR_SCATTER) / count).sqrt(), evaluations: n as u64 }
}
