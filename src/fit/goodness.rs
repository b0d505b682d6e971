//! Goodness of fit: the statistics of Kolmogorov and Smirnov and of Anderson and Darling, with p-values by a parametric
//! bootstrap (Stute, Gonzales Manteiga and Presedo Quindimil 1993): samples are drawn from the fitted model, and the family is
//! fitted to each anew, as it was to the values, so that the p-values account for the fitted parameters.

use super::family::Family;
use super::model::{self, Model};
use super::pool;
use rand::SeedableRng;
use rand::seq::index;
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

/// A seeded choice of `most` of the values, ascending; all of them where they are no more.
pub(super) fn chosen(x: &[f64], most: usize, seed: u64) -> Vec<f64> {
    if x.len() <= most {
        return x.to_vec();
    }
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut places = index::sample(&mut chance, x.len(), most).into_vec();
    places.sort_unstable();
    places.into_iter().map(|i| x[i]).collect()
}

/// The tests of a family on ascending values, `replicates` samples being drawn. None where the family cannot be fitted.
pub(super) fn test(family: Family, x: &[f64], replicates: usize, seed: u64, threads: usize) -> Option<Goodness> {
    let model = model::fit(family, x, seed, None)?;
    let observed = statistics(&model, x);
    let drawn = pool::map(replicates, threads, |i| {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(((family as u64 + 1) << 32) + i as u64);
        let mut y: Vec<f64> = x.iter().map(|_| model.draw(&mut chance)).collect();
        if y.iter().any(|v| !v.is_finite()) {
            return None;
        }
        y.sort_unstable_by(f64::total_cmp);
        model::fit(family, &y, seed, Some(&model)).map(|refitted| statistics(&refitted, &y))
    });
    let drawn: Vec<[f64; 2]> = drawn.into_iter().flatten().collect();
    let result = |k: usize| {
        let reached = drawn.iter().filter(|s| s[k] >= observed[k]).count();
        let p_value = (!drawn.is_empty()).then(|| (1 + reached) as f64 / (1 + drawn.len()) as f64);
        Test { statistic: observed[k], p_value }
    };
    Some(Goodness { kolmogorov_smirnov: result(0), anderson_darling: result(1), replicates: drawn.len() })
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
