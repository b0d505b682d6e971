//! Laws that every input distribution obeys, driven over the whole catalogue, several parameter settings, mixtures,
//! truncations, affine images and given densities. The integrals are by a tanh-sinh rule of this file, so that they are
//! no check of the crate by itself.

use eafo::{Input, Tape};

const INPUTS: &[&str] = &[
    "normal(0,1)",
    "normal(-1,0.5)",
    "normal(2,sqrt(1/2))",
    "normal(1000,0.01)",
    "logistic(0,1)",
    "logistic(1,1/2)",
    "laplace(0,1)",
    "laplace(-1,3)",
    "uniform(0,1)",
    "uniform(-2,pi)",
    "student_t(1)",
    "student_t(2)",
    "student_t(3)",
    "student_t(5)",
    "student_t(2.5)",
    "student_t(12)",
    "student_t(1000)",
    "cauchy(0,1)",
    "cauchy(1,0.2)",
    "sech(1)",
    "sech(2)",
    "gumbel(0,1)",
    "gumbel(1,2)",
    "exponential(1)",
    "exponential(3)",
    "half_normal(1)",
    "half_normal(2)",
    "gamma(1/2,1)",
    "gamma(3,2)",
    "gamma(2.5,0.5)",
    "gamma(150,1)",
    "beta(2,3)",
    "beta(1/2,1/2)",
    "beta(1,4)",
    "beta(2.5,0.7)",
    "beta(80,120)",
    "lognormal(0,1)",
    "lognormal(1,1/2)",
    "triangular(-1,0,1)",
    "triangular(0,0,1)",
    "triangular(0,1/3,2)",
    "skew_normal(0,1,3)",
    "skew_normal(1,2,-4)",
    "generalized_normal(0,1,1)",
    "generalized_normal(-1,2,2)",
    "generalized_normal(0,1,4)",
    "generalized_normal(1/2,0.3,1.5)",
    "generalized_normal(2,3,0.7)",
    "generalized_normal(0,1,20)",
    "generalized_normal(0,1,500)",
    "softsign(0,1)",
    "softsign(1,2)",
    "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))",
    "mixture(1/2*normal(-3,1)+1/4*uniform(0,1)+1/4*exponential(2))",
    "mixture(0.5*laplace(0,1)+0.5*mixture(0.5*logistic(2,1)+0.5*sech(1)))",
    "truncate(normal(0,1),0,inf)",
    "truncate(normal(0,1),-1,2)",
    "truncate(normal(0,1),8,inf)",
    "truncate(cauchy(0,1),-5,3)",
    "truncate(exponential(1),-1,2)",
    "affine(logistic(0,1),2,1)",
    "affine(exponential(1),-2,1)",
    "affine(gamma(3,1),-1/2,0)",
    "density(exp(-x^2),-inf,inf)",
    "density(exp(-x^4),-inf,inf)",
    "density(phi(x),-inf,inf)",
    "density(max(0,1-abs(x)),-1,1)",
    "density(x*exp(-x),0,inf)",
];

/// Relative to 1, or to the quantity where that is larger: sums of a few hundred terms of 1e-16, and for quantities
/// found by quadrature inside the crate its tolerance of 1e-12, with a margin.
const INTEGRAL: f64 = 1e-9;
/// Two evaluations of one number by different closed forms.
const ROUNDING: f64 = 2e-12;

fn input(text: &str) -> Input {
    Input::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn close(what: &str, a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{what}: {a:e} is not {b:e}");
}

/// A tolerance wide enough where the density has a pole next to 1, around which the doubles are too coarse.
fn poles(text: &str, tolerance: f64) -> f64 {
    if text.starts_with("beta(1/2") || text.starts_with("beta(2.5,0.7") { 3e-7 } else { tolerance }
}

/// Interior points that resolve the distribution.
fn points(d: &Input) -> Vec<f64> {
    let (a, b) = d.support();
    let mut points: Vec<f64> =
        [1e-6, 1e-3, 0.05, 0.2, 0.4, 0.5, 0.6, 0.8, 0.95, 0.999, 1.0 - 1e-6].map(|p| d.quantile(p)).to_vec();
    points.retain(|x| x.is_finite() && a < *x && *x < b);
    points
}

/// Tanh-sinh on [a, b]; an infinite end is mapped by t/(1 - t) from the other.
fn tanh_sinh(f: &dyn Fn(f64) -> f64, a: f64, b: f64) -> f64 {
    let scale = if a.is_finite() && b.is_finite() { b - a } else { 1.0 };
    let value = |near: f64, far: f64| -> f64 {
        // near, far: distances from the two ends in units of the length
        let (x, weight) = match (a.is_finite(), b.is_finite()) {
            (true, true) => (if near < far { a + near * scale } else { b - far * scale }, scale),
            (true, false) => (a + near / far, 1.0 / (far * far)),
            _ => (b - far / near, 1.0 / (near * near)),
        };
        let y = f(x) * weight;
        if y.is_finite() { y } else { 0.0 }
    };
    let h = 1.0 / 64.0;
    (-400..=400)
        .map(|i| {
            let t = f64::from(i) * h;
            let u = std::f64::consts::FRAC_PI_2 * t.sinh();
            let (near, far) = (1.0 / (1.0 + (-2.0 * u).exp()), 1.0 / (1.0 + (2.0 * u).exp()));
            let weight = h * std::f64::consts::FRAC_PI_2 * t.cosh() * 2.0 * near * far;
            if weight > 0.0 { weight * value(near, far) } else { 0.0 }
        })
        .sum()
}

/// The integral over the support, cut at the breakpoints and the interior points.
fn integral(d: &Input, f: impl Fn(f64) -> f64) -> f64 {
    let (a, b) = d.support();
    let mut cuts = points(d);
    cuts.extend(d.breakpoints());
    cuts.extend([a, b]);
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    cuts.windows(2).map(|w| tanh_sinh(&f, w[0], w[1])).sum()
}

#[test]
fn densities_integrate_to_one() {
    for text in INPUTS {
        let d = input(text);
        close(text, integral(&d, |x| d.pdf(x)), 1.0, poles(text, INTEGRAL));
    }
}

#[test]
fn masses_are_integrals_of_the_density() {
    for text in INPUTS {
        let d = input(text);
        let mut cuts = points(&d);
        cuts.extend(d.breakpoints());
        cuts.sort_by(f64::total_cmp);
        for w in cuts.windows(2) {
            let mass = tanh_sinh(&|x| d.pdf(x), w[0], w[1]);
            close(&format!("{text} cdf on {w:?}"), d.cdf_at(w[1]) - d.cdf_at(w[0]), mass, INTEGRAL);
            close(&format!("{text} survival on {w:?}"), d.survival_at(w[0]) - d.survival_at(w[1]), mass, INTEGRAL);
        }
    }
}

#[test]
fn closed_distribution_functions() {
    for text in INPUTS {
        let d = input(text);
        let Some(cdf) = d.cdf() else { continue };
        let tape = Tape::new(&cdf).expect("compiles");
        for x in points(&d) {
            close(&format!("{text} F at {x}"), tape.eval(x), d.cdf_at(x), ROUNDING);
            let slope = tape.derivative(x, 1);
            let kink = d.breakpoints().contains(&x);
            assert!(
                kink || (slope - d.pdf(x)).abs() <= 1e-8 * d.pdf(x).max(1e-3),
                "{text} F' at {x}: {slope} {}",
                d.pdf(x)
            );
        }
    }
}

#[test]
fn distribution_and_survival_sum_to_one() {
    for text in INPUTS {
        let d = input(text);
        for x in points(&d) {
            close(&format!("{text} at {x}"), d.cdf_at(x) + d.survival_at(x), 1.0, ROUNDING);
        }
    }
}

#[test]
fn quantiles_invert() {
    for text in INPUTS {
        let d = input(text);
        for p in [1e-9, 1e-6, 1e-3, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999, 1.0 - 1e-6] {
            let x = d.quantile(p);
            // One unit in the last place of x moves the probability by this much.
            let grain = 4.0 * f64::EPSILON * x.abs() * d.pdf(x);
            let (got, want) = if p <= 0.5 { (d.cdf_at(x), p) } else { (d.survival_at(x), 1.0 - p) };
            // Next to a cut inside the bulk, the mass is a difference of two numbers near 1/2.
            let cut = if text.starts_with("truncate") { 1e-15 } else { 0.0 };
            assert!((got - want).abs() <= 1e-10 * want + grain + cut, "{text} at p = {p}: x = {x}, {got:e} {want:e}");
        }
        assert_eq!((d.quantile(0.0), d.quantile(1.0)), d.support(), "{text}");
        assert!(d.quantile(-0.1).is_nan() || d.quantile(-0.1) == d.support().0, "{text}");
    }
}

#[test]
fn closed_moments_and_entropies() {
    for text in INPUTS {
        let d = input(text);
        if let Some(h) = d.entropy() {
            let found = integral(&d, |x| if d.pdf(x) > 0.0 { -d.pdf(x) * d.log_pdf(x) } else { 0.0 });
            close(&format!("{text} entropy"), h, found, poles(text, 1e-8));
        }
        let Some(mean) = d.mean().filter(|m| m.is_finite()) else { continue };
        // Power tails are cut where the mapping of the line runs out of doubles.
        let tolerance = if text.contains("student_t(2") { 1e-5 } else { 1e-8 };
        close(&format!("{text} mean"), mean, integral(&d, |x| x * d.pdf(x)), tolerance);
        if let Some(variance) = d.variance().filter(|v| v.is_finite()) {
            let found = integral(&d, |x| (x - mean).powi(2) * d.pdf(x));
            let tolerance = if text.contains("student_t(2.5") { 1e-1 } else { 1e-7 };
            assert!((found - variance).abs() <= tolerance * variance, "{text} variance: {variance} {found}");
        }
    }
}

#[test]
fn undefined_moments() {
    for (text, mean, variance) in [
        ("cauchy(0,1)", None, None),
        ("softsign(0,1)", None, None),
        ("student_t(1)", None, None),
        ("student_t(2)", Some(0.0), Some(f64::INFINITY)),
        ("mixture(0.5*normal(0,1)+0.5*cauchy(0,1))", None, None),
    ] {
        assert_eq!((input(text).mean(), input(text).variance()), (mean, variance), "{text}");
    }
}

#[test]
fn one_definition() {
    for text in INPUTS {
        let d = input(text);
        let (density, log_density) =
            (Tape::new(&d.density()).expect("compiles"), Tape::new(&d.log_density()).expect("compiles"));
        for x in points(&d) {
            let p = d.pdf(x);
            let relative =
                |what: &str, q: f64| assert!((q - p).abs() <= ROUNDING * p, "{text} {what} at {x}: {q:e} {p:e}");
            relative("density", density.eval(x));
            relative("log_pdf", d.log_pdf(x).exp());
            relative("log_density", log_density.eval(x).exp());
            let parts: f64 = d
                .components()
                .iter()
                .filter(|c| c.from <= x && x <= c.to)
                .map(|c| {
                    let value = |e: &eafo::Expr| Tape::new(e).expect("compiles").eval(x);
                    let (whole, split) = (value(&c.density), value(&c.normaliser) * value(&c.kernel));
                    assert!(
                        (whole - split).abs() <= ROUNDING * whole.abs(),
                        "{text} component at {x}: {whole:e} {split:e}"
                    );
                    value(&c.weight) * whole
                })
                .sum();
            relative("components", parts);
        }
    }
}

#[test]
fn modes_are_maxima() {
    for text in INPUTS {
        let d = input(text);
        let (a, b) = d.support();
        assert!(!d.modes().is_empty(), "{text}");
        for m in d.modes() {
            let width = d.quantile(0.75) - d.quantile(0.25);
            for x in [m - 1e-3 * width, m + 1e-3 * width] {
                assert!(x < a || x > b || d.pdf(x) <= d.pdf(m) * (1.0 + 1e-12), "{text} at {m} against {x}");
            }
        }
    }
}

#[test]
fn texts_read_back() {
    for text in INPUTS {
        let d = input(text);
        assert_eq!(input(&d.text()).text(), d.text(), "{text}");
        assert!(!d.latex().is_empty(), "{text}");
    }
    for (short, long) in
        [("normal", "normal(0,1)"), ("normal(1)", "normal(1,1)"), (" logistic ( 0 , 0.50 ) ", "logistic(0,1/2)")]
    {
        assert_eq!(input(short).text(), input(long).text());
    }
}

#[test]
fn nothing_outside_the_support() {
    for text in INPUTS {
        let d = input(text);
        let (a, b) = d.support();
        for (x, cdf) in [(a - 1.0, 0.0), (f64::NEG_INFINITY, 0.0), (b + 1.0, 1.0), (f64::INFINITY, 1.0)] {
            if x < a || x > b || x.is_infinite() {
                assert_eq!((d.pdf(x), d.log_pdf(x)), (0.0, f64::NEG_INFINITY), "{text} at {x}");
                assert_eq!((d.cdf_at(x), d.survival_at(x)), (cdf, 1.0 - cdf), "{text} at {x}");
            }
        }
    }
}

/// Values by mpmath at 50 digits, made by reference/inputs.py: input, x, log density, CDF, survival function.
#[test]
fn tails_against_mpmath() {
    for line in include_str!("reference/inputs.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(';').collect();
        let number = |i: usize| -> f64 { fields[i].parse().unwrap_or_else(|_| panic!("{line}")) };
        let (d, x) = (input(fields[0]), number(1));
        let relative = |what: &str, got: f64, want: f64, tolerance: f64| {
            // Below the normal range a double has few digits.
            let slack = tolerance * want.abs() + 1e-307;
            assert!((got - want).abs() <= slack, "{} {what} at {x}: {got:e} is not {want:e}", fields[0]);
        };
        relative("log_pdf", d.log_pdf(x), number(2), 1e-13);
        // Rounding of an exponent near 700 alone is 1e-13.
        relative("cdf", d.cdf_at(x), number(3), 5e-12);
        relative("survival", d.survival_at(x), number(4), 5e-12);
    }
}

/// P(U > x) = x^-a: the median is 2^(1/a), the entropy 1 + 1/a - log(a).
#[test]
fn powers_are_densities() {
    for (text, a) in [("density(1/x^2,1,inf)", 1.0f64), ("density(1/x^3,1,inf)", 2.0), ("density(5*x^-6,1,inf)", 5.0)] {
        let d = input(text);
        assert!((d.quantile(0.5) - 2f64.powf(1.0 / a)).abs() < 1e-13, "{text}: {}", d.quantile(0.5));
        assert!((d.survival_at(1e50) / 1e50f64.powf(-a) - 1.0).abs() < 1e-12, "{text}: {}", d.survival_at(1e50));
        let entropy = eafo::entropy(&eafo::Expr::x(), &d).unwrap().entropy;
        assert!((entropy.value - (1.0 + 1.0 / a - a.ln())).abs() < 1e-12, "{text}: {entropy:?}");
    }
}

/// Where doubles are coarse, and where a density is greatest at an end, beside which bisection passes.
#[test]
fn medians_of_densities_infinite_at_an_end() {
    for (text, want) in [
        ("affine(density(1/sqrt(1-(x-0.5)^2),-0.5,1.5),-2,-1)", -2.0),
        ("density(abs(x)^(-0.9),-1,0)", -(0.5f64.powi(10))),
        ("affine(density(2*abs(x)^(-0.9),0,1),-2,0)", -2.0 * 0.5f64.powi(10)),
        // W^4 for a uniform W, and its image.
        ("density(x^(-0.75),0,1)", 0.0625),
        ("affine(density(x^(-0.75),0,1),-1,3)", 2.9375),
    ] {
        let median = input(text).quantile(0.5);
        assert!((median / want - 1.0).abs() < 1e-12, "{text}: {median}");
    }
}

#[test]
fn bad_inputs_are_named() {
    for (text, part) in [
        ("nomral(0,1)", "did you mean `normal`"),
        ("normal(0,1,2)", "3 given"),
        ("normal(0,0)", "sigma = 0"),
        ("normal(0,-1)", "sigma = -1"),
        ("uniform(1,0)", "uniform"),
        ("triangular(0,2,1)", "triangular"),
        ("mixture(0.3*normal(0,1)+0.6*normal(1,1))", "0.9"),
        ("mixture(-0.5*normal(0,1)+1.5*normal(1,1))", "weight"),
        ("truncate(uniform(0,1),2,3)", "mass"),
        ("truncate(normal(0,1),1,0)", "truncate"),
        ("density(x,-1,1)", "not a density"),
        ("density(1/x,0,1)", "not a density"),
        ("density(1,0,inf)", "not a density"),
        ("density(log(x),-1,1)", "not a density"),
        ("density(1/sqrt(abs(x)),-1,1)", "where it is infinite can only be an end of the interval"),
        ("density((pi-x)^(-0.9),0,pi)", "measure x from there"),
        ("density(exp(x),0,inf)", "it is not finite at x = 711.127917046572"),
        ("density(1/sqrt(abs(x-0.5)),-0.5,2.5)", "density(1/sqrt(abs(x - 0.5)),-0.5,0.5)+(1-w)*density("),
        // Integrable, but not so that doubles could tell.
        ("density((1-x)^(-0.999),0,1)", "`(1 - x)^(-0.999)` cannot be used as a density"),
        ("density(1/(x^0.99),0,1)", "it runs towards x = 0 like the power -0.99 of the distance"),
        ("density(x^(-1.01),1,inf)", "too much of its mass lies beyond what doubles reach"),
        ("density(2+sin(1/x),0,1)", "was not found; it does not settle near x = 0.0000555"),
        ("normal(0,1", "never closed\n  normal(0,1\n        ^"),
        ("mixture(0.5*normal(0,1)+0.5*normal(0,x))", "^"),
        ("affine(normal(0,1),0,1)", "scale"),
        ("", "expected"),
    ] {
        let message = Input::parse(text).map(|d| d.text()).expect_err(text).to_string();
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn nesting_and_rubbish_end_in_an_error() {
    for (open, close) in [("(", ")"), ("mixture(", ")"), ("truncate(", ",0,1)"), ("affine(", ",1,1)"), ("normal(", ")")]
    {
        for depth in [50, 100_000] {
            let text = format!("{}normal{}", open.repeat(depth), close.repeat(depth));
            let _ = Input::parse(&text);
        }
        assert!(Input::parse(&open.repeat(100_000)).is_err());
    }
    for text in [
        "normal(é,1)",
        "é",
        "normal(0,1)é",
        "normal(0;1)",
        "mixture(*)",
        "mixture(+)",
        "truncate(,,)",
        "density(,,)",
        ")(",
        "normal()()",
        "*",
        "mixture(0.5*é+0.5*normal)",
    ] {
        assert!(Input::parse(text).is_err(), "{text}");
    }
}
