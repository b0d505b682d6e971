//! Distributions fitted to values: parameters found again, agreement with SciPy, p-values, bad input, the program.

use eafo::{Family, Fit, FitSettings, Fits, Input, Reading, fit, read_samples};
use rand::distr::Open01;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

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
        assert!((sum - found.log_likelihood).abs() < 1e-3, "{text}: {} has {sum}, not {}", back, found.log_likelihood);
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

/// Every family fitted to every array of fit/values.npz against SciPy's own maximum (reference/fit.py): at least as likely, and
/// where SciPy is at the same point the same distance of the distribution functions.
#[test]
fn as_likely_as_scipy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/fit");
    let table: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("scipy.json")).unwrap()).unwrap();
    let samples = read_samples(&folder.join("values.npz"), &Reading::default()).unwrap();
    assert_eq!(samples.len(), 9);
    let mut same = 0;
    for sample in &samples {
        assert_eq!(sample.kept.len(), 2000);
        let all = settings(&Family::ALL[..9]);
        let found = fit(&sample.kept, &all).unwrap();
        assert_eq!(found.ranking.len(), 9, "{:?}", found.skipped);
        let of = |family: Family| found.ranking.iter().find(|f| f.family == family).unwrap().log_likelihood;
        for f in &found.ranking {
            let row = &table[&sample.name][f.family.name()];
            let theirs = row["log_likelihood"].as_f64().unwrap();
            let what = format!("{} to {}: {} for SciPy's {theirs}", f.family, sample.name, f.log_likelihood);
            // At the end of its range beta stands for a uniform distribution, which then is as likely as SciPy's largest beta.
            let end = f.notes.iter().any(|note| note.starts_with("beta is at the end of its range"));
            // And nu for a normal one.
            let flat = f.notes.iter().any(|note| note.starts_with("nu is at the upper end of its range"));
            let limit = if flat { of(Family::Normal) } else { f.log_likelihood };
            let likely = if end { of(Family::Uniform) } else { limit };
            assert!(likely >= theirs - 1e-6 * theirs.abs(), "{what}");
            if (f.log_likelihood - theirs).abs() < 1e-7 * theirs.abs() {
                let (ks, want) = (f.goodness.kolmogorov_smirnov.statistic, row["ks"].as_f64().unwrap());
                // Maxima are flat: 1e-7 of the likelihood leaves the parameters some room.
                assert!((ks - want).abs() < 1e-3, "{what}: KS {ks} {want}");
                same += 1;
            }
        }
    }
    assert!(same > 50, "only {same} of 81 maxima are SciPy's");
}

/// p-values of values that do come from the family are uniform, though its parameters were fitted: the distance of 60 of them
/// from a uniform distribution stays below the 0.001 quantile of Kolmogorov's statistic. So are those of many values, under one
/// seed for all, though the samples behind them are smaller.
#[test]
fn p_values_are_uniform_under_the_null() {
    for (family, text, n, most) in [
        (Family::Normal, "normal(2,3)", 50, 1000),
        (Family::Logistic, "logistic(0,1)", 50, 1000),
        (Family::Gumbel, "gumbel(0,1)", 50, 1000),
        (Family::Uniform, "uniform(-1,1)", 50, 1000),
        (Family::StudentT, "student_t(2)", 50, 1000),
        (Family::Normal, "normal(2,3)", 4000, 150),
        (Family::Logistic, "logistic(0,1)", 4000, 150),
    ] {
        let seeds = 60;
        let (mut ks, mut ad) = (Vec::new(), Vec::new());
        for seed in 0..seeds {
            let replicates = if n > most { 199 } else { 39 };
            let seed_of_fit = if n > most { 0 } else { seed };
            let asked = FitSettings { replicates, drawn: most, seed: seed_of_fit, ..settings(&[family]) };
            let found = fit(&drawn(text, n, 900 + seed), &asked).unwrap();
            let goodness = found.ranking[0].goodness;
            assert!(goodness.replicates >= 38, "{text}: {goodness:?}");
            ks.push(goodness.kolmogorov_smirnov.p_value.unwrap());
            ad.push(goodness.anderson_darling.p_value.unwrap());
        }
        for mut p in [ks, ad] {
            p.sort_by(f64::total_cmp);
            let apart = |(i, p): (usize, &f64)| (p - i as f64 / 60.0).abs().max((p - (i + 1) as f64 / 60.0).abs());
            // The p-values go in steps of 1/40.
            let distance = p.iter().enumerate().map(apart).fold(0.0, f64::max) - 1.0 / 40.0;
            assert!(distance * 60f64.sqrt() < 1.95, "{text}, {n} values: {distance}, {p:?}");
        }
    }
}

/// Mixtures of heavy tails are as likely as by plain EM from many starts (reference/mixtures.py): k-means++ alone spends parts
/// on the outermost values.
#[test]
fn mixtures_of_heavy_tails() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/fit");
    let table: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("heavy.json")).unwrap()).unwrap();
    let samples = read_samples(&folder.join("heavy.npz"), &Reading::default()).unwrap();
    assert_eq!(samples.len(), 6);
    for sample in &samples {
        let found = fit(&sample.kept, &settings(&[Family::Mixture])).unwrap();
        let (likely, theirs) = (found.ranking[0].log_likelihood, table[&sample.name].as_f64().unwrap());
        assert!(likely > theirs - 12.0, "{}: {likely} for {theirs}", sample.name);
    }
}

/// And small where they do not: bells for what has heavy tails, one bell for two.
#[test]
fn p_values_are_small_elsewhere() {
    for (family, text) in [
        (Family::Normal, "affine(student_t(2),1,0)"),
        (Family::Normal, "mixture(0.5*normal(-2,0.5)+0.5*normal(2,0.5))"),
        (Family::Uniform, "normal(0,1)"),
        (Family::Gumbel, "laplace(0,1)"),
    ] {
        let found = fit(&drawn(text, 300, 1), &FitSettings { replicates: 39, ..settings(&[family]) }).unwrap();
        let goodness = found.ranking[0].goodness;
        assert_eq!(goodness.anderson_darling.p_value, Some(1.0 / 40.0), "{family} to {text}");
    }
}

/// The number of threads is nobody's business.
#[test]
fn the_same_on_any_number_of_threads() {
    let x = drawn("logistic(0,1)", 150, 4);
    let on = |threads| FitSettings { replicates: 9, threads, ..settings(&Family::ALL) };
    assert_eq!(fit(&x, &on(1)).unwrap(), fit(&x, &on(3)).unwrap());
}

#[test]
fn what_cannot_be_fitted_is_named() {
    let refused = |x: &[f64], families: &[Family]| fit(x, &settings(families)).unwrap_err().to_string();
    let all = &Family::ALL;
    for (x, families, message) in [
        (&[] as &[f64], &all[..], "there are no values to fit a distribution to"),
        (&[2.5], all, "there is only 1 value, 2.5; a distribution is fitted to at least 3"),
        (&[7.0; 12], all, "all 12 values are 7; no distribution with a density fits"),
        (&[1.0, 2.0], all, "normal has 2 parameters and is fitted to at least 3 values, not 2"),
        (&[1.0, 2.0, 4.0], &[Family::StudentT], "student_t has 3 parameters and is fitted to at least 4 values, not 3"),
        (
            &[1.0, 2.0, 4.0, 5.0, 9.0],
            &[Family::Mixture],
            "mixture has 5 parameters and is fitted to at least 6 values, not 5",
        ),
        (&[1.0, f64::NAN, 2.0], all, "values to fit a distribution to must be finite"),
        (&[1.0, 3.0, 2.0], all, "values to fit a distribution to must be in ascending order"),
        (&[1.0, 3.0, 4.0], &[], "no family was asked for"),
    ] {
        assert_eq!(refused(x, families), message);
    }
    let some = fits(&[1.0, 2.0, 4.0], &[Family::Normal, Family::SkewNormal]);
    assert_eq!(some.ranking.len(), 1);
    assert_eq!(some.skipped[0].1, "skew_normal has 3 parameters and is fitted to at least 4 values, not 3");
}

/// Nothing panics or prints NaN: values with ties, far apart, tiny, huge, two clusters of equal values.
#[test]
fn hard_values() {
    let ties: Vec<f64> = (0..200).map(|i| f64::from(i / 50)).collect();
    let relu: Vec<f64> = (0..200).map(|i| f64::from((i - 120).max(0))).collect();
    let outlier: Vec<f64> = (0..50).map(f64::from).chain([1e140]).collect();
    let tiny: Vec<f64> = (0..50).map(|i| 1e-300 * f64::from(i)).collect();
    let offset: Vec<f64> = (0..50).map(|i| 1e15 + f64::from(i)).collect();
    let pair = [vec![0.0; 30], vec![1.0; 30]].concat();
    for x in [ties, relu, outlier, tiny, offset, pair] {
        match fit(&x, &FitSettings { replicates: 3, ..settings(&Family::ALL) }) {
            Err(e) => assert!(!e.to_string().contains("NaN"), "{e}"),
            Ok(found) => {
                for f in &found.ranking {
                    assert!(f.log_likelihood.is_finite() && f.bic.is_finite(), "{f:?}");
                    assert!(
                        f.parameters.iter().all(|p| p.value.is_finite() && p.standard_error.is_none_or(f64::is_finite))
                    );
                    assert_eq!(Input::parse(&f.input.text()).unwrap().text(), f.input.text());
                }
            }
        }
    }
}

fn eafo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eafo")).args(args).output().unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = eafo(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const VALUES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/fit/values.npz");

/// One layer is an object, several are a list of such objects; every number is a number or one of three words; every input
/// reads back.
#[test]
fn the_shape_of_the_file() {
    let common = ["fit", VALUES, "--family", "normal,student_t,laplace", "--bootstrap", "3", "--seed", "7", "--json"];
    let one: Value = serde_json::from_str(&stdout(&[&common[..], &["--array", "student_t"]].concat())).unwrap();
    let two = [&common[..], &["--array", "laplace", "--array", "student_t"]].concat();
    let two: Value = serde_json::from_str(&stdout(&two)).unwrap();
    assert_eq!(two["schema"], "eafo.fit/1");
    let layers = two["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 2);
    assert_eq!((&layers[0]["name"], &layers[1]["name"]), (&"laplace".into(), &"student_t".into()));
    let mut alone = one.as_object().unwrap().clone();
    assert_eq!(alone.shift_remove("schema"), Some("eafo.fit/1".into()));
    assert_eq!(Value::Object(alone), layers[1]);
    assert_eq!(
        (&one["count"], &one["nan"], &one["infinite"], &one["kept"]),
        (&2000.into(), &0.into(), &0.into(), &2000.into())
    );
    assert_eq!((&one["seed"], &one["tested"], &one["status"]), (&7.into(), &2000.into(), &"fitted".into()));
    assert_eq!(one["sha256"].as_str().unwrap().len(), 64);
    let candidates = one["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 3);
    assert_eq!(one["best"], candidates[0]);
    assert_eq!(one["best"]["family"], "student_t");
    let mut before = f64::NEG_INFINITY;
    for c in candidates {
        for key in ["log_likelihood", "aic", "bic"] {
            assert!(c[key].is_f64(), "{key}: {c}");
        }
        for test in ["ks", "ad"] {
            assert!(
                c[test]["statistic"].is_f64() && c[test]["p_value"].as_f64().is_some_and(|p| (0.25..=1.0).contains(&p))
            );
        }
        for (_, p) in c["parameters"].as_object().unwrap() {
            assert!(p["value"].is_f64() && p["standard_error"].as_f64().is_some_and(|e| e > 0.0), "{c}");
        }
        for key in ["entropy", "entropy_gap", "divergence"] {
            assert!(c[key]["value"].is_f64() && c[key]["error"].is_f64(), "{key}: {c}");
        }
        assert!(c["trusted"].is_boolean() && c["notes"].is_array());
        Input::parse(c["input"].as_str().unwrap()).unwrap();
        assert!(c["bic"].as_f64().unwrap() >= before);
        before = c["bic"].as_f64().unwrap();
    }
    for key in ["mean", "variance", "standard_deviation", "skewness", "kurtosis", "min", "max"] {
        assert!(one["moments"][key].is_f64(), "{key}");
    }
    for key in ["vasicek", "kozachenko_leonenko"] {
        assert!(one["sample_entropy"][key]["value"].is_f64() && one["sample_entropy"][key]["error"].is_f64(), "{key}");
    }
    assert_eq!(
        stdout(&[&common[..], &["--array", "student_t"]].concat()),
        serde_json::to_string_pretty(&one).unwrap() + "\n"
    );
}

/// The best distribution alone, as an input of the other verbs.
#[test]
fn the_best_is_an_input() {
    let best = stdout(&["fit", VALUES, "--array", "sech", "--best"]);
    let spec = best.strip_suffix('\n').unwrap();
    assert!(spec.starts_with("affine(sech("), "{spec}");
    let entropy: Value = serde_json::from_str(&stdout(&["entropy", "tanh", "--input", spec, "--json"])).unwrap();
    assert_eq!(entropy["status"], "answered");
    let two =
        stdout(&["fit", VALUES, "--array", "normal", "--array", "uniform", "--best", "--family", "normal,uniform"]);
    let lines: Vec<&str> = two.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("normal(") && lines[1].starts_with("uniform("), "{lines:?}");
}

#[test]
fn tables_and_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("fit.svg");
    let shown = stdout(&[
        "fit",
        VALUES,
        "--array",
        "gumbel",
        "--family",
        "gumbel,normal",
        "--bootstrap",
        "19",
        "--plot",
        picture.to_str().unwrap(),
    ]);
    for part in ["rank", "1      gumbel", "2      normal", "entropy by spacings", "p-values: 19 samples"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.lines().any(|line| line.starts_with("  best ") && line.contains(" gumbel(")), "{shown}");
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("of the model") && svg.contains("density"));
    let both = folder.path().join("both.png");
    stdout(&["fit", VALUES, "--family", "normal", "--bootstrap", "0", "--plot", both.to_str().unwrap()]);
    assert!(std::fs::read(both).unwrap().starts_with(b"\x89PNG"));
}

/// A model that misses the shape says so, whatever its rank.
#[test]
fn a_model_that_misses_is_not_trusted() {
    let args = ["fit", VALUES, "--array", "uniform", "--family", "laplace", "--bootstrap", "0", "--json"];
    let found: Value = serde_json::from_str(&stdout(&args)).unwrap();
    assert_eq!(found["best"]["trusted"], false);
    let verdict = found["best"]["verdict"].as_str().unwrap();
    assert!(verdict.starts_with("not to be trusted: its entropy differs from that of the values by "), "{verdict}");
    let args = ["fit", VALUES, "--array", "uniform", "--family", "uniform", "--bootstrap", "0", "--json"];
    let found: Value = serde_json::from_str(&stdout(&args)).unwrap();
    assert_eq!((&found["best"]["trusted"], &found["best"]["verdict"]), (&true.into(), &Value::Null));
}

#[test]
fn bad_files_and_options() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (constant, single) = (file("constant.csv", "x\n3\n3\n3\n"), file("single.csv", "x\n3\n"));
    let (empty, pair) = (file("empty.csv", "x\n"), file("pair.csv", "x\n1\n2\n"));
    let holes = file("holes.csv", "x\n1\nnan\n-inf\n2\n5\n");
    let said = |args: &[&str]| {
        let output = eafo(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for (path, message) in [
        (&constant, "array `x`: all 3 values are 3; no distribution with a density fits"),
        (&single, "array `x`: there is only 1 value, 3; a distribution is fitted to at least 3"),
        (&pair, "array `x`: normal has 2 parameters and is fitted to at least 3 values, not 2"),
        (&empty, "array `x` is empty; a sample needs numbers"),
        (
            &holes,
            "array `x` has 1 NaN and 1 infinite values among its 5; `eafo fit --drop-non-finite` leaves them out, anything else needs a file without them",
        ),
    ] {
        assert_eq!(said(&["fit", path]), format!("eafo: {path}: {message}\n"));
    }
    let unknown = said(&["fit", VALUES, "--family", "normal,lapalce"]);
    assert_eq!(unknown, "eafo: unknown family `lapalce`; did you mean `laplace`?\n");
    let dropped = ["fit", &*holes, "--drop-non-finite", "--family", "normal", "--json"];
    let found: Value = serde_json::from_str(&stdout(&dropped)).unwrap();
    assert_eq!((&found["count"], &found["nan"], &found["infinite"]), (&3.into(), &1.into(), &1.into()));
    // A layer that cannot be fitted stands beside one that can.
    let mixed = eafo(&["fit", &constant, VALUES, "--array", "x", "--json"]);
    assert_eq!(mixed.status.code(), Some(2));
    let spread = file("spread.csv", "x\n1\n2\n4\n5\n");
    let mixed = eafo(&["fit", &constant, &spread, "--family", "normal", "--json"]);
    assert_eq!(mixed.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&mixed.stdout).unwrap();
    assert_eq!(found["layers"][0]["status"], "not_fitted");
    assert_eq!(found["layers"][0]["outcome"], "all 3 values are 3; no distribution with a density fits");
    assert_eq!(found["layers"][1]["best"]["family"], "normal");
}

/// A script with layers: each gets its own fit, its own derivation and the hash of its file; one table, one picture.
#[test]
fn a_script_with_layers() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (script, json, svg) = (at("layers.toml"), at("layers.json"), at("layers.svg"));
    let layer =
        |array: &str| format!("[[layers]]\nfile = {VALUES:?}\narray = {array:?}\nfamily = \"normal,laplace\"\n");
    let text = format!(
        "[derive]\nactivation = \"relu\"\nname = \"r\"\n{}{}[output]\njson = {json:?}\nsvg = {svg:?}\n",
        layer("normal"),
        layer("laplace")
    );
    std::fs::write(&script, &text).unwrap();
    let table = stdout(&["run", &script]);
    assert!(table.contains("r_normal") && table.contains("r_laplace"), "{table}");
    let found: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let candidates = found["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    for (candidate, family) in candidates.iter().zip(["normal(", "laplace("]) {
        assert!(candidate["input"]["text"].as_str().unwrap().starts_with(family), "{candidate}");
        let hash = candidate["provenance"]["input_file_hash"].as_str().unwrap();
        assert!(hash.starts_with("sha256:") && hash.ends_with("values.npz"), "{hash}");
        assert_eq!(candidate["status"], "solved");
    }
    let svg = std::fs::read_to_string(&svg).unwrap();
    assert!(svg.contains("2 layers") && svg.contains("laplace("));
    let both = text.replace("name = \"r\"", "input = \"normal\"");
    std::fs::write(&script, both).unwrap();
    let refused = eafo(&["run", &script]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(said, format!("eafo: {script}: [derive] has an input, and [[layers]] bring theirs\n"));
}
