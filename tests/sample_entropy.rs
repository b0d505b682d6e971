//! The entropy of samples: against the closed forms of their laws, against SciPy, and where there is none.

use eafo::{Reading, Sample, SampleEntropy, read_samples};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::f64::consts::{E, PI};
use std::path::Path;

fn uniforms(n: usize, seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| random.random::<f64>()).collect()
}

/// Box and Muller.
fn normals(n: usize, seed: u64) -> Vec<f64> {
    let pairs = uniforms(2 * n, seed);
    pairs.chunks_exact(2).map(|u| (-2.0 * (1.0 - u[0]).ln()).sqrt() * (2.0 * PI * u[1]).cos()).collect()
}

fn laplaces(n: usize, seed: u64) -> Vec<f64> {
    let quantile = |u: f64| if u < 0.5 { (2.0 * u.max(1e-300)).ln() } else { -(2.0 * (1.0 - u)).ln() };
    uniforms(n, seed).into_iter().map(quantile).collect()
}

fn sample(values: &[f64]) -> Sample {
    Sample::of("values", values, usize::MAX, 0)
}

/// (value - truth)/error of both estimators.
fn scores(values: &[f64], truth: f64) -> [f64; 2] {
    let sample = sample(values);
    [sample.spacing_entropy(), sample.neighbour_entropy()].map(|found| {
        let estimate = found.estimate().unwrap();
        (estimate.value - truth) / estimate.error
    })
}

/// Within 4 standard errors for every law, size and seed, and over all of them as scattered as the errors say.
#[test]
fn closed_forms_are_met_within_the_error() {
    type Law = (&'static str, fn(usize, u64) -> Vec<f64>, f64);
    let laws: [Law; 3] = [
        ("uniform", uniforms, 0.0),
        ("normal", normals, 0.5 * (2.0 * PI * E).ln()),
        ("laplace", laplaces, 1.0 + 2f64.ln()),
    ];
    let mut squares = [0.0; 2];
    let mut count = 0.0;
    for (name, draw, truth) in laws {
        for n in [300, 5_000, 40_000] {
            for seed in 0..12 {
                let found = scores(&draw(n, seed), truth);
                assert!(found.iter().all(|z| z.abs() < 4.0), "{name} {n} seed {seed}: {found:?}");
                squares.iter_mut().zip(found).for_each(|(sum, z)| *sum += z * z);
                count += 1.0;
            }
        }
    }
    // 108 squares of standard normals have mean 1 and standard deviation 0.136. The spacings' error makes room for a bias.
    let [spacing, neighbour] = squares.map(|s| s / count);
    assert!((0.3..1.4).contains(&spacing), "{spacing}");
    assert!((0.6..1.4).contains(&neighbour), "{neighbour}");
}

#[test]
fn the_same_numbers_as_in_scipy() {
    let reference: Value = serde_json::from_str(include_str!("reference/samples.json")).unwrap();
    for row in reference["entropies"].as_array().unwrap() {
        let file = row["file"].as_str().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples").join(file);
        let sample = read_samples(&path, &Reading::default()).unwrap().remove(0);
        let close = |found: SampleEntropy, key: &str| {
            if let Some(wanted) = row[key].as_f64() {
                let SampleEntropy::Found(found) = found else { panic!("{file} {key}: {found:?}") };
                assert!((found.value - wanted).abs() < 1e-12 * wanted.abs(), "{file} {key}: {found:?}, {wanted}");
            }
        };
        close(sample.spacing_entropy(), "vasicek");
        close(sample.neighbour_entropy(), "nearest");
    }
}

#[test]
fn atoms_have_no_entropy() {
    let relu: Vec<f64> = normals(4_000, 5).into_iter().map(|x| x.max(0.0)).collect();
    let clipped: Vec<f64> = normals(4_000, 6).into_iter().map(|x| x.min(2.0)).collect();
    let counts: Vec<f64> = normals(4_000, 7).into_iter().map(|x| (3.0 * x).round()).collect();
    // A few copies among many doubles that all differ.
    let doubled = [normals(1_000, 8), normals(20, 8)].concat();
    for (values, at) in [(relu, Some(0.0)), (clipped, Some(2.0)), (vec![0.7; 50], Some(0.7)), (doubled, None)] {
        let found = sample(&values).neighbour_entropy();
        let SampleEntropy::Atom { value, share, distinct } = found else { panic!("{at:?}: {found:?}") };
        assert!(at.is_none_or(|at| at == value) && share > 0.0 && distinct < values.len());
        assert!(sample(&values).spacing_entropy().outcome().unwrap().contains("more than a density allows"));
    }
    // Rounded to a third of the deviation, the steps are full but even: a named outcome, with a number.
    let found = sample(&counts).neighbour_entropy();
    assert!(matches!(found, SampleEntropy::Rounded { step: 1.0, .. }), "{found:?}");
    assert_eq!(sample(&[1.0, 2.0]).spacing_entropy(), SampleEntropy::TooFew { count: 2 });
}

/// Rounding to single or half precision, or to three decimals, leaves the entropy what it was.
#[test]
fn rounding_is_seen_through() {
    let truth = 0.5 * (2.0 * PI * E).ln();
    let values = normals(60_000, 9);
    let single: Vec<f64> = values.iter().map(|x| f64::from(*x as f32)).collect();
    let half: Vec<f64> = values.iter().map(|x| half::f16::from_f64(*x).to_f64()).collect();
    let decimal: Vec<f64> = values.iter().map(|x| (x * 1e3).round() / 1e3).collect();
    for (name, rounded, step) in
        [("single", single, 5.9e-8..6e-8), ("half", half, 4e-4..5e-4), ("decimal", decimal, 9e-4..1.1e-3)]
    {
        let found = sample(&rounded).neighbour_entropy();
        let SampleEntropy::Rounded { step: seen, distinct, .. } = found else { panic!("{name}: {found:?}") };
        assert!(step.contains(&seen) && distinct < 60_000, "{name}: {seen:e}");
        let found = scores(&rounded, truth);
        assert!(found.iter().all(|z| z.abs() < 4.0), "{name}: {found:?}");
    }
}
