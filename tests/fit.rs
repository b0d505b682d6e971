//! Distributions fitted to values: parameters found again, agreement with SciPy, p-values, bad input, the program.

use eafo::{Family, Fit, FitSettings, Fits, Input, fit};
use rand::distr::Open01;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Ascending values of a distribution: its quantiles at uniform numbers.
fn drawn(text: &str, n: usize, seed: u64) -> Vec<f64> {
    let input = Input::parse(text).unwrap();
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut x: Vec<f64> = (0..n).map(|_| input.quantile(chance.sample::<f64, _>(Open01))).collect();
    x.sort_by(f64::total_cmp);
    x
}

fn settings(families: &[Family]) -> FitSettings {
    FitSettings { families: families.to_vec(), replicates: 0, threads: 1, ..FitSettings::default() }
}

fn fits(x: &[f64], families: &[Family]) -> Fits {
    fit(x, &settings(families)).unwrap()
}

fn one(x: &[f64], family: Family) -> Fit {
    fits(x, &[family]).ranking.remove(0)
}

/// Every family at several settings: what it is drawn from, and the parameters in the family's order.
const TRUTHS: &[(Family, &str, &[f64])] = &[
    (Family::Normal, "normal(-1.5,0.7)", &[-1.5, 0.7]),
    (Family::Normal, "normal(1000,0.01)", &[1000.0, 0.01]),
    (Family::Logistic, "logistic(2,0.3)", &[2.0, 0.3]),
    (Family::Laplace, "laplace(0.5,2)", &[0.5, 2.0]),
    (Family::StudentT, "affine(student_t(4),0.5,1)", &[1.0, 0.5, 4.0]),
    (Family::StudentT, "affine(student_t(1),2,-3)", &[-3.0, 2.0, 1.0]),
    (Family::StudentT, "student_t(12)", &[0.0, 1.0, 12.0]),
    (Family::Sech, "affine(sech(2),1,0.25)", &[0.25, 2.0]),
    (Family::Gumbel, "gumbel(-1,0.4)", &[-1.0, 0.4]),
    (Family::SkewNormal, "skew_normal(0.3,1.2,4)", &[0.3, 1.2, 4.0]),
    (Family::SkewNormal, "skew_normal(-2,0.5,-2)", &[-2.0, 0.5, -2.0]),
    (Family::GeneralizedNormal, "generalized_normal(1,2,1.5)", &[1.0, 2.0, 1.5]),
    (Family::GeneralizedNormal, "generalized_normal(-1,0.5,5)", &[-1.0, 0.5, 5.0]),
    (Family::GeneralizedNormal, "generalized_normal(0,1,0.8)", &[0.0, 1.0, 0.8]),
    (Family::Mixture, "mixture(0.3*normal(-2,0.5)+0.7*normal(1,1))", &[0.3, -2.0, 0.5, 0.7, 1.0, 1.0]),
    (
        Family::Mixture,
        "mixture(0.2*normal(-4,0.5)+0.5*normal(0,1)+0.3*normal(5,0.7))",
        &[0.2, -4.0, 0.5, 0.5, 0.0, 1.0, 0.3, 5.0, 0.7],
    ),
];

#[test]
fn parameters_are_found_again_within_four_standard_errors() {
    for (i, (family, text, truth)) in TRUTHS.iter().enumerate() {
        // Quantiles without a closed form take their time.
        let n = if matches!(family, Family::SkewNormal | Family::GeneralizedNormal) { 800 } else { 2000 };
        for seed in 0..2 {
            let found = one(&drawn(text, n, 100 * i as u64 + seed), *family);
            assert_eq!(found.parameters.len(), truth.len(), "{text}: {found:?}");
            for (p, want) in found.parameters.iter().zip(*truth) {
                let error = p.standard_error.unwrap_or_else(|| panic!("{text}: {} has no error", p.name));
                assert!((p.value - want).abs() <= 4.0 * error, "{text}, seed {seed}: {p:?} for {want}");
                // An error is no excuse: it shrinks like 1/sqrt(n).
                assert!(error < 0.6 * want.abs().max(1.0), "{text}: {p:?}");
            }
        }
    }
}

/// The ends of a uniform distribution are found to 1/n of its width: P(a - least > 14/n) is below 1e-6.
#[test]
fn the_ends_of_a_uniform_distribution() {
    for seed in 0..5 {
        let x = drawn("uniform(-1,3)", 5000, seed);
        let found = one(&x, Family::Uniform);
        let [a, b] = [0, 1].map(|i| found.parameters[i].value);
        assert_eq!((a, b), (x[0], x[4999]));
        assert!(a + 1.0 < 4.0 * 14.0 / 5000.0 && 3.0 - b < 4.0 * 14.0 / 5000.0);
        assert_eq!(found.parameters[0].standard_error, None);
        assert!(found.notes[0].contains("no standard errors"), "{:?}", found.notes);
        assert_eq!(found.input.support(), (a, b));
    }
}

/// Over many samples the standard errors are the standard deviations of what is found: the mean square of the standardised
/// deviations of 40 samples is within 5 standard deviations, sqrt(2/40), of 1.
#[test]
fn standard_errors_are_the_spread_over_samples() {
    for (family, text, truth) in TRUTHS.iter().filter(|t| matches!(t.0, Family::Logistic | Family::Gumbel)) {
        let samples = 40;
        let mut squares = vec![0.0; truth.len()];
        for seed in 0..samples {
            let found = one(&drawn(text, 400, 7000 + seed), *family);
            for ((p, want), square) in found.parameters.iter().zip(*truth).zip(&mut squares) {
                *square += ((p.value - want) / p.standard_error.unwrap()).powi(2) / samples as f64;
            }
        }
        for (square, name) in squares.iter().zip(family.parameters()) {
            assert!((square - 1.0).abs() < 5.0 * (2.0 / samples as f64).sqrt(), "{text} {name}: {square}");
        }
    }
}

/// The number behind a fit is the likelihood of its text: the rounding of the text costs nothing that matters.
#[test]
fn the_text_has_the_likelihood_of_the_fit() {
    for (family, text, _) in TRUTHS {
        let x = drawn(text, 500, 3);
        let found = one(&x, *family);
        let back = Input::parse(&found.input.text()).unwrap();
        let sum: f64 = x.iter().map(|v| back.log_pdf(*v)).sum();
        assert!((sum - found.log_likelihood).abs() < 1e-5, "{text}: {} has {sum}, not {}", back, found.log_likelihood);
        let k = found.parameters.len() as f64 - f64::from(u8::from(*family == Family::Mixture));
        assert!((found.aic - (2.0 * k - 2.0 * found.log_likelihood)).abs() < 1e-9);
        assert!((found.bic - (k * 500f64.ln() - 2.0 * found.log_likelihood)).abs() < 1e-9);
    }
}

/// The family that the values come from is the best by BIC, or another one is as good.
#[test]
fn the_best_family_is_the_true_one() {
    for (family, text, _) in TRUTHS {
        let nearly_normal = *text == "student_t(12)";
        if nearly_normal {
            continue;
        }
        let found = fits(&drawn(text, 1000, 11), &Family::ALL);
        let place = found.ranking.iter().position(|f| f.family == *family).unwrap();
        let lead = found.ranking[place].bic - found.ranking[0].bic;
        assert!(lead < 10.0, "{text}: {} is ahead of it by {lead}", found.ranking[0].input);
    }
}

/// Entropy in closed form or by quadrature against -E log p over a large sample.
#[test]
fn entropies_of_the_fits() {
    for (family, text, _) in TRUTHS.iter().step_by(2) {
        let x = drawn(text, 2000, 5);
        let found = one(&x, *family);
        let h = found.entropy.unwrap();
        // At the maximum -l/n differs from the entropy of the model by about 1/sqrt(n) times the spread of log p.
        assert!((h.value + found.log_likelihood / 2000.0).abs() < 0.15, "{text}: {h:?}");
        assert!(h.error <= 1e-9 * h.value.abs().max(1.0), "{text}: {h:?}");
    }
}

/// Values in other units have the same fit in those units.
#[test]
fn units_do_not_matter() {
    let x = drawn("affine(student_t(3),1,0)", 800, 2);
    for (factor, shift) in [(1e-6, 0.0), (1e9, 5e9), (-2.0, 1.0)] {
        let mut y: Vec<f64> = x.iter().map(|v| factor * v + shift).collect();
        y.sort_by(f64::total_cmp);
        for family in Family::ALL {
            if factor < 0.0 && family == Family::Gumbel {
                continue;
            }
            let (a, b) = (one(&x, family), one(&y, family));
            let moved = a.log_likelihood - 800.0 * f64::ln(f64::abs(factor));
            assert!((b.log_likelihood - moved).abs() < 2e-4, "{family}: {} {moved}", b.log_likelihood);
        }
    }
}
