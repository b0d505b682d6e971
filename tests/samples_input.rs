//! `samples(PATH)` as an input: the kernel density against SciPy and against its own laws, and derivations under it.

use eafo::{Activation, Error, Expr, Input, KernelDensity, NoDensity, Sample, Settings, Status, Tape, derive};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::path::Path;

fn fixture(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples").join(file).display().to_string()
}

fn input(file: &str) -> Input {
    Input::parse(&format!("samples(\"{}\")", fixture(file))).unwrap()
}

/// n quantiles of a law at random places.
fn drawn(n: usize, quantile: impl Fn(f64) -> f64) -> Sample {
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let values: Vec<f64> = (0..n).map(|_| quantile(random.random_range(1e-12..1.0))).collect();
    Sample::of("drawn", &values, usize::MAX, 0)
}

/// SciPy's density has the exact bandwidth and one kernel per sample; ours has bins of a 64th of it for the bandwidth, and
/// shares samples between kernels: half a percent in the bandwidth, one and a half in the density.
#[test]
fn as_in_scipy_where_samples_are_dense() {
    let reference: Value = serde_json::from_str(include_str!("reference/samples.json")).unwrap();
    for row in reference["kernels"].as_array().unwrap() {
        let file = row["file"].as_str().unwrap();
        let array = if file == "table.csv" { ",pre" } else { "" };
        let input = Input::parse(&format!("samples({}{array})", fixture(file))).unwrap();
        let (found, wanted) = (input.kernel_density().unwrap().bandwidth, row["sheather_jones"].as_f64().unwrap());
        assert!((found / wanted - 1.0).abs() < 5e-3, "{file}: bandwidth {found}, reference {wanted}");
        let numbers = |key: &str| row[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
        for (x, wanted) in numbers("points").into_iter().zip(numbers("density")) {
            let found = input.pdf(x);
            assert!((found / wanted - 1.0).abs() < 1.5e-2, "{file} at {x}: {found}, SciPy {wanted}");
        }
    }
}

#[test]
fn laws_of_a_distribution() {
    for file in ["normal.npy", "big_endian.npy", "fortran.npy"] {
        let input = input(file);
        let density = input.kernel_density().unwrap();
        let weights: f64 = density.kernels().iter().map(|k| k.weight).sum();
        assert!((weights - 1.0).abs() < 1e-13 && density.kernels().len() <= 200, "{file}: {weights}");
        for p in [1e-9, 0.01, 0.3, 0.5, 0.77, 0.999, 1.0 - 1e-9] {
            let x = input.quantile(p);
            let error = if p < 0.5 { input.cdf_at(x) - p } else { (1.0 - p) - input.survival_at(x) };
            assert!(error.abs() < 1e-13 * p.min(1.0 - p) + 1e-16, "{file}: {p} {x} {error:e}");
            let h = 1e-4 * density.bandwidth;
            let slope = (input.cdf_at(x + h) - input.cdf_at(x - h)) / (2.0 * h);
            let rounding = 2e-16 / h;
            assert!((slope - input.pdf(x)).abs() < 1e-6 * input.pdf(x) + rounding, "{file}: {slope} {}", input.pdf(x));
            assert!((input.log_pdf(x) - input.pdf(x).ln()).abs() < 1e-11, "{file} {x}");
        }
        assert!(input.log_pdf(1e6).is_finite() && input.pdf(1e6) == 0.0);
        let modes = input.modes();
        assert!(!modes.is_empty());
        for m in modes {
            let d = 1e-3 * density.bandwidth;
            assert!(input.pdf(m) >= input.pdf(m - d) && input.pdf(m) >= input.pdf(m + d), "{file}: {m}");
        }
    }
    // The kernels keep the mean of the samples.
    let sample = drawn(2_000, |u| u.ln());
    let density = KernelDensity::of(&sample).unwrap();
    assert!((density.mean() - sample.moments.mean().unwrap()).abs() < 1e-12);
    assert!(density.variance() > sample.moments.variance().unwrap());
}

/// The jet of log p against differences of log p, and the spline against the jet.
#[test]
fn derivatives_and_spline() {
    let density = KernelDensity::of(&drawn(3_000, |u| (u / (1.0 - u)).ln())).unwrap();
    let (low, high) = (density.quantile(1e-14).unwrap(), density.quantile(1.0 - 1e-14).unwrap());
    let scale = 1.0 / density.variance().sqrt();
    let spline = density.log_spline(1e-7);
    assert!(spline.len() < 400, "{} pieces", spline.len());
    assert!(spline.windows(2).all(|p| p[0].to == p[1].from && p[0].from < p[0].to));
    for i in 0..=500 {
        let x = low + (high - low) * f64::from(i) / 500.0;
        let jet = density.log_jet(x);
        let h = 1e-3 * density.bandwidth;
        let (up, down) = (density.log_jet(x + h), density.log_jet(x - h));
        for k in 0..3 {
            let quotient = (up[k] - down[k]) / (2.0 * h);
            let size = scale.powi(k as i32 + 1) + jet[k + 1].abs();
            let bend = (up[k + 1] - 2.0 * jet[k + 1] + down[k + 1]).abs();
            assert!((quotient - jet[k + 1]).abs() < 1e-6 * size + bend, "{x} order {k}: {quotient} {jet:?}");
        }
        let piece = spline.iter().find(|p| p.from <= x && x <= p.to).unwrap();
        let value = piece.coefficients.iter().rev().fold(0.0, |v, c| v * (x - piece.origin) + c);
        assert!((value - jet[0]).abs() < 2e-7, "{x}: {value} {}", jet[0]);
    }
}

/// Outliers a million deviations away are spanned by wide kernels, not by bumps of their own.
#[test]
fn heavy_tails_stay_smooth() {
    let sample = drawn(30_000, |u| (std::f64::consts::PI * (u - 0.5)).tan());
    let density = KernelDensity::of(&sample).unwrap();
    assert!(density.kernels().len() <= 200);
    let (far, width) = density
        .kernels()
        .iter()
        .map(|k| (k.at.abs(), k.width))
        .fold((0.0, 0.0), |a: (f64, f64), b| (a.0.max(b.0), a.1.max(b.1)));
    assert!(far > 1e3 && width > 0.05 * far, "{far} {width}");
    // Within the bulk the Cauchy density comes out.
    for x in [-2.0, 0.0, 0.5, 3.0] {
        let truth = 1.0 / (std::f64::consts::PI * (1.0 + x * x));
        assert!((density.log_density(x).exp() / truth - 1.0).abs() < 0.15, "{x}");
    }
}

#[test]
fn no_density() {
    assert_eq!(KernelDensity::of(&Sample::of("c", &[0.3; 20], 100, 0)), Err(NoDensity::Constant(0.3)));
    assert_eq!(KernelDensity::of(&Sample::of("c", &[0.3, 1.0], 100, 0)), Err(NoDensity::TooFew(2)));
    let relu = drawn(1_000, |u| (u - 0.4).max(0.0));
    assert!(matches!(KernelDensity::of(&relu), Err(NoDensity::Atom { value: 0.0, .. })));
}

#[test]
fn how_it_is_written() {
    let path = fixture("layers.npz");
    for text in [
        format!("samples({path},conv1)"),
        format!(" samples( '{path}' , \"conv1\" )"),
        format!("samples(\"{path}\",conv1)"),
    ] {
        let input = Input::parse(&text).unwrap();
        assert_eq!(input.text(), format!("samples({path},conv1)"));
        assert_eq!(Input::parse(&input.text()).unwrap(), input);
        let file = &input.files()[0];
        assert_eq!((file.array.as_str(), file.sha256.len()), ("conv1", 64));
    }
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("my (odd), 'file'.npy");
    std::fs::copy(fixture("normal.npy"), &odd).unwrap();
    let text = format!("samples(\"{}\")", odd.display());
    let input = Input::parse(&format!("mixture(0.5*{text}+0.5*normal(0,1))")).unwrap();
    assert!(input.text().contains(&text) && input.files().len() == 1);
    assert_eq!(Input::parse(&input.text()).unwrap(), input);
    let message = |text: &str| Input::parse(text).unwrap_err().to_string();
    assert!(message(&format!("samples({path})")).contains("it holds 2 arrays (conv1, conv2); name one: samples("));
    assert!(message("samples()").contains("samples takes 1 to 2 argument(s)"));
    assert!(message("samples('a.npy)").contains("this quote is never closed"));
    assert!(message("samples('')").contains("a name was expected here"));
    assert!(message(&format!("samples({})", fixture("holes.npy"))).contains("2 NaN and 3 infinite values"));
    assert!(matches!(Input::parse("samples(nowhere.npy)"), Err(Error::File { .. })));
}

/// The printed correction is p' - p f''/f' of the kernels, within a millionth of the size of its terms; every check passes.
#[test]
fn corrections_print_as_splines() {
    for (name, file) in
        [("identity", "big_endian.npy"), ("gelu", "normal.npy"), ("relu", "normal.npy"), ("tanh", "fortran.npy")]
    {
        let (activation, input) = (Activation::parse(name).unwrap(), input(file));
        let solution = derive(&activation, &input, &Settings::default()).unwrap();
        assert_eq!(solution.status, Status::Solved);
        assert!(solution.checks.iter().all(|c| c.pass()), "{name}: {:?}", solution.checks);
        let text = solution.correction.to_string();
        assert!(text.len() < 120_000 && text.contains("where(x < "), "{name}: {} characters", text.len());
        let printed = Tape::new(&Expr::parse(&text).unwrap()).unwrap();
        let f = Tape::new(&activation.formula.bound().unwrap()).unwrap();
        let density = input.kernel_density().unwrap();
        let unit = 1.0 / density.variance().sqrt();
        for i in 1..400 {
            let x = input.quantile(f64::from(i) / 400.0);
            let (p, [_, score, ..]) = (input.pdf(x), density.log_jet(x));
            let (slope, second) = (f.derivative(x, 1), f.derivative(x, 2));
            // Near a critical point of gelu both terms are large.
            let curvature = if second == 0.0 { 0.0 } else { second / slope };
            let (exact, size) = (p * (score - curvature), p * (score.abs() + curvature.abs() + unit));
            let error = (printed.eval(x) - exact).abs() / size;
            assert!(error < 1e-6, "{name} at {x}: {error:e}");
        }
    }
    let settings = Settings { order: 2, ..Settings::default() };
    let refused = derive(&Activation::parse("relu").unwrap(), &input("normal.npy"), &settings).unwrap_err();
    assert!(refused.to_string().contains("need a closed form of the density"));
    let inside = Input::parse(&format!("affine(samples({}),2,1)", fixture("normal.npy"))).unwrap();
    let refused = derive(&Activation::parse("relu").unwrap(), &inside, &Settings::default()).unwrap_err();
    assert!(refused.to_string().contains("derive under samples(...) itself"));
}
