//! Goodness of fit: the statistics of Kolmogorov and Smirnov and of Anderson and Darling, with p-values by a parametric
//! bootstrap (Stute, Gonzales Manteiga and Presedo Quindimil 1993): samples are drawn from the fitted model, and the family is
//! fitted to each anew, as it was to the values, so that the p-values account for the fitted parameters.

use super::family::Family;
use super::model::{self, Model};
use super::pool;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A statistic and how often samples from the model itself reach it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// The statistic.
    pub statistic: f64,
    /// (1 + samples that reach it)/(1 + samples); none without samples.
    pub p_value: Option<f64>,
}

/// Both tests of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goodness {
    /// The greatest distance of the distribution functions.
    pub kolmogorov_smirnov: Test,
    /// n INT (F_n - F)^2/(F (1 - F)) dF, which weighs the tails.
    pub anderson_darling: Test,
    /// Samples drawn from the model to which the family could be fitted.
    pub replicates: usize,
}

/// sup |F_n - F| and A^2 over ascending values.
fn statistics(model: &Model, x: &[f64]) -> [f64; 2] {
    let n = x.len() as f64;
    let masses: Vec<(f64, f64)> = x.iter().map(|v| model.masses(*v)).collect();
    let apart = |(i, (below, _)): (usize, &(f64, f64))| (below - i as f64 / n).max((i + 1) as f64 / n - below);
    let distance = masses.iter().enumerate().map(apart).fold(0.0, f64::max);
    // Between its fitted ends a uniform distribution has the values but for the ends themselves.
    let inner = if model.family == Family::Uniform { &masses[1..masses.len() - 1] } else { &masses[..] };
    let m = inner.len();
    let log = |p: f64| p.max(f64::MIN_POSITIVE).ln();
    let term = |i: usize| (2 * i + 1) as f64 * (log(inner[i].0) + log(inner[m - 1 - i].1));
    let sum: f64 = (0..m).map(term).sum();
    [distance, -(m as f64) - sum / m as f64]
}

/// sqrt(n) sup |F_n - F|, corrected so that its distribution hardly depends on n (Stephens 1970); that of A^2 does not.
fn scaled(distance: f64, n: usize) -> f64 {
    let root = (n as f64).sqrt();
    distance * (root + 0.12 + 0.11 / root)
}

/// How the samples behind p-values are drawn.
pub(super) struct Bootstrap {
    /// How many.
    pub replicates: usize,
    /// The most values of each.
    pub most: usize,
    pub seed: u64,
    pub threads: usize,
}

/// The statistics of ascending values under a model fitted to them, without p-values.
pub(super) fn observed(model: &Model, x: &[f64]) -> Goodness {
    let [kolmogorov_smirnov, anderson_darling] =
        statistics(model, x).map(|statistic| Test { statistic, p_value: None });
    Goodness { kolmogorov_smirnov, anderson_darling, replicates: 0 }
}

/// The p-values of the statistics of `count` values. Samples have as many values up to `most`; beyond, both statistics have
/// nearly reached their limits in distribution.
pub(super) fn tested(observed: Goodness, model: &Model, count: usize, bootstrap: &Bootstrap) -> Goodness {
    let Goodness { mut kolmogorov_smirnov, mut anderson_darling, .. } = observed;
    let (family, seed, size) = (model.family, bootstrap.seed, count.min(bootstrap.most));
    let drawn = pool::map(bootstrap.replicates, bootstrap.threads, |i| {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(((family as u64 + 1) << 32) + i as u64);
        let mut y: Vec<f64> = (0..size).map(|_| model.draw(&mut chance)).collect();
        if y.iter().any(|v| !v.is_finite()) {
            return None;
        }
        y.sort_unstable_by(f64::total_cmp);
        model::fit(family, &y, seed, Some(model)).map(|refitted| statistics(&refitted, &y))
    });
    let drawn: Vec<[f64; 2]> = drawn.into_iter().flatten().collect();
    let p_value = |reached: usize| (!drawn.is_empty()).then(|| (1 + reached) as f64 / (1 + drawn.len()) as f64);
    let distance = scaled(kolmogorov_smirnov.statistic, count);
    let farther = drawn.iter().filter(|s| scaled(s[0], size) >= distance).count();
    let greater = drawn.iter().filter(|s| s[1] >= anderson_darling.statistic).count();
    (kolmogorov_smirnov.p_value, anderson_darling.p_value) = (p_value(farther), p_value(greater));
    Goodness { kolmogorov_smirnov, anderson_darling, replicates: drawn.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SciPy: kstest(x, "norm", args=(0.1, 1.2)), and A^2 by its definition in NumPy.
    #[test]
    fn statistics_of_a_few_values() {
        let x = [-1.9, -0.8, -0.3, 0.05, 0.4, 0.9, 2.2];
        let model =
            Model { family: Family::Normal, at: vec![0.1, 1.2], log_likelihood: f64::NAN, bound: None, errors: vec![] };
        let [ks, ad] = statistics(&model, &x);
        assert!((ks - KS).abs() < 1e-14 && (ad - AD).abs() < 1e-13, "{ks:?} {ad:?}");
    }

    const KS: f64 = 0.1155793886027906;
    const AD: f64 = 0.15143876150943125;
}
