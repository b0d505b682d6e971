//! The entropy functional against other routes: Monte-Carlo estimates over random activations, a Gauss-Kronrod rule on the
//! inverse side, and a sweep over the whole catalogue. Numbers of evaluations are snapshots, so that a silent slow-down shows.

// The rules stand as they were published.
#![allow(clippy::excessive_precision)]

use eafo::{Activation, CATALOGUE, Entropy, Expr, Functional, Input, Kind, OutputDensity, Tape, entropy};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn activation(text: &str) -> Expr {
    Activation::parse(text).and_then(|a| a.formula.bound()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn input(text: &str) -> Input {
    Input::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Continuous activations whose pieces are smooth: slopes of either sign and none, bends, several turns. Where a second
/// form cuts the first it does not oscillate, and what oscillates fades: neither crosses nor turns without end.
fn piecewise() -> impl Strategy<Value = String> {
    let steady = prop_oneof![
        (-2.0..2.0f64, -2.0..2.0f64).prop_map(|(a, b)| format!("{a:.3}*x + {b:.3}*tanh(x)")),
        (0.2..3.0f64, -1.0..1.0f64).prop_map(|(a, b)| format!("x*sigmoid({a:.3}*x) + {b:.3}*x")),
        (-1.0..1.0f64).prop_map(|a| format!("(x - ({a:.3}))^2*exp(-x^2/8)")),
        (0.1..0.9f64).prop_map(|a| format!("softplus(x) - {a:.3}*softplus(x - 1)")),
    ];
    let waves = (0.1..1.5f64, 0.3..2.0f64).prop_map(|(a, b)| format!("{a:.3}*sin({b:.3}*x)*exp(-x^2/8) + x/3"));
    let pieces = (steady.clone(), steady.clone(), -1.0..1.0f64, 0..3usize).prop_map(|(f, g, c, how)| match how {
        0 => format!("max({f}, {g})"),
        1 => format!("max({f}, {c:.3})"),
        _ => format!("min({f}, abs({g}))"),
    });
    prop_oneof![1 => steady, 1 => waves, 3 => pieces]
}

const LAWS: [&str; 6] = [
    "normal(0,1)",
    "logistic(0,1)",
    "laplace(0.3,1)",
    "student_t(5)",
    "uniform(-2,3)",
    "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))",
];

/// H = E[-log q(f(X)); f(X) is no atom] over `n` draws, with its standard error.
fn monte_carlo(f: &Expr, d: &Input, n: usize, seed: u64) -> (f64, f64) {
    let (tape, q) = (Tape::new(f).unwrap(), OutputDensity::new(f, d).unwrap());
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let term = |y: f64| if q.atoms().iter().any(|a| (a.at - y).abs() < 1e-12) { 0.0 } else { -q.at(y).ln() };
    let draws = (0..n).map(|_| term(tape.eval(d.quantile(random.random::<f64>()))));
    let terms: Vec<f64> = draws.filter(|t| t.is_finite()).collect();
    assert!(terms.len() + n / 1000 >= n, "{} of {n} values lie where q was not found", n - terms.len());
    let mean = terms.iter().sum::<f64>() / terms.len() as f64;
    let square = terms.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / (terms.len() - 1) as f64;
    (mean, (square / terms.len() as f64).sqrt())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60, failure_persistence: None, rng_seed: RngSeed::Fixed(2405), ..ProptestConfig::default()
    })]

    /// 5 standard errors: among 60 cases one beyond them is a matter of 1 in 30000.
    #[test]
    fn monte_carlo_agrees(text in piecewise(), law in 0..LAWS.len(), seed in 0..u64::MAX) {
        let (f, d) = (Expr::parse(&text).unwrap(), input(LAWS[law]));
        let exact = entropy(&f, &d).unwrap();
        // Of what is nearly all atom, too few draws say anything.
        prop_assume!(exact.atoms.iter().map(|a| a.mass).sum::<f64>() < 0.98);
        // Moments of what oscillates under a heavy tail may be given up, the entropy may not.
        prop_assert!(exact.entropy.error.is_finite(), "{text} under {}: {:?}", d.text(), exact.outcome);
        let (estimate, deviation) = monte_carlo(&f, &d, 4000, seed);
        let off = (exact.entropy.value - estimate).abs();
        let label = format!("{text} under {}: {:?}, Monte Carlo {estimate} +- {deviation}", d.text(), exact.entropy);
        prop_assert!(off <= 5.0 * deviation + 1e-9, "{label}");
    }
}

/// The nodes and weights of the 15-point Kronrod rule and the weights of its 7-point Gauss rule, from the centre outward
/// (Kronrod 1965, as tabulated in QUADPACK's QK15).
const NODES: [f64; 8] = [
    0.0,
    0.207_784_955_007_898_47,
    0.405_845_151_377_397_17,
    0.586_087_235_467_691_1,
    0.741_531_185_599_394_4,
    0.864_864_423_359_769_1,
    0.949_107_912_342_758_5,
    0.991_455_371_120_812_6,
];
const KRONROD: [f64; 8] = [
    0.209_482_141_084_727_83,
    0.204_432_940_075_298_9,
    0.190_350_578_064_785_4,
    0.169_004_726_639_267_9,
    0.140_653_259_715_525_92,
    0.104_790_010_322_250_18,
    0.063_092_092_629_978_55,
    0.022_935_322_010_529_224,
];
const GAUSS: [f64; 4] =
    [0.417_959_183_673_469_4, 0.381_830_050_505_118_93, 0.279_705_391_489_276_64, 0.129_484_966_168_869_7];

/// INT_a^b g by bisection until the two rules agree.
fn gauss_kronrod(g: &dyn Fn(f64) -> f64, a: f64, b: f64, tolerance: f64, depth: u32) -> f64 {
    let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
    let (mut kronrod, mut gauss) = (0.0, 0.0);
    for (i, node) in NODES.iter().enumerate() {
        let value = if i == 0 { g(centre) } else { g(centre - half * node) + g(centre + half * node) };
        kronrod += KRONROD[i] * value;
        gauss += if i % 2 == 0 { GAUSS[i / 2] * value } else { 0.0 };
    }
    if (kronrod - gauss).abs() * half <= tolerance || depth == 0 {
        return kronrod * half;
    }
    gauss_kronrod(g, a, centre, tolerance, depth - 1) + gauss_kronrod(g, centre, b, tolerance, depth - 1)
}

/// The inverse side by another rule: -INT q log q over the values, q found through the preimages. The forward side is what
/// [`entropy`] integrates.
#[test]
fn the_inverse_side_by_gauss_kronrod() {
    for (f, d, from, to) in [
        ("tanh", "normal(0,1)", -1.0, 1.0),
        ("sigmoid", "laplace(0,1)", 0.0, 1.0),
        ("arctan", "student_t(5)", -std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2),
        ("softsign", "logistic(0,1)", -1.0, 1.0),
        ("x + x^3/3", "normal(0,1)", -400.0, 400.0),
        ("leaky_relu(0.1)", "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))", -2.0, 12.0),
        ("exp(x)", "uniform(-1,2)", (-1f64).exp(), 2f64.exp()),
    ] {
        let (e, law) = (activation(f), input(d));
        let q = OutputDensity::new(&e, &law).unwrap();
        let integrand = |x: f64| Some(q.at(x)).filter(|q| *q > 0.0).map_or(0.0, |q| -q * q.ln());
        // Cut where the density of a Laplace or a kinked output has its corner.
        let found = [from, 0.0f64.max(from), to].windows(2).fold(0.0, |sum, pair| {
            sum + if pair[0] < pair[1] { gauss_kronrod(&integrand, pair[0], pair[1], 1e-13, 40) } else { 0.0 }
        });
        let expected = entropy(&e, &law).unwrap().entropy;
        assert!((found - expected.value).abs() < 2e-10, "{f} under {d}: {found} {expected:?}");
    }
}

/// Moments and entropies by the same rule on the forward side, over an input without kinks.
#[test]
fn the_forward_side_by_gauss_kronrod() {
    let law = input("normal(0,1)");
    for f in ["x", "tanh", "sigmoid", "softplus", "arctan", "asinh", "erf", "exp(x/2)"] {
        let e = activation(f);
        let (tape, found) = (Tape::new(&e).unwrap(), entropy(&e, &law).unwrap());
        let integral =
            |g: &dyn Fn(f64) -> f64| gauss_kronrod(g, -39.0, 0.0, 1e-14, 40) + gauss_kronrod(g, 0.0, 39.0, 1e-14, 40);
        let p = |u: f64| law.pdf(u);
        let h = integral(&|u| match p(u) {
            p if p > 0.0 => p * (tape.derivative(u, 1).abs().max(f64::MIN_POSITIVE).ln() - p.ln()),
            _ => 0.0,
        });
        let mean = integral(&|u| p(u) * tape.eval(u));
        let variance = integral(&|u| p(u) * (tape.eval(u) - mean).powi(2));
        for (what, got, want) in [
            ("entropy", found.entropy, h),
            ("mean", found.mean.unwrap(), mean),
            ("variance", found.variance.unwrap(), variance),
        ] {
            let off = (got.value - want).abs();
            assert!(off <= got.error + 1e-12 && off < 1e-11, "{what} of {f}: {got:?} {want}");
        }
    }
}

/// Every input of the registry in its standard form, heavy tails, compounds, and far other scales.
const SWEPT: [&str; 34] = [
    "normal(0,1)",
    "logistic(0,1)",
    "laplace(0,1)",
    "uniform(-1,2)",
    "student_t(1.5)",
    "student_t(5)",
    "cauchy(0,1)",
    "sech(1)",
    "gumbel(0,1)",
    "exponential(1)",
    "half_normal(1)",
    "gamma(2,1)",
    "gamma(0.3,1)",
    "beta(2,3)",
    "beta(0.5,0.5)",
    "lognormal(0,1)",
    "triangular(-1,0,2)",
    "skew_normal(0,1,3)",
    "softsign",
    "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))",
    "mixture(0.5*cauchy(0,1)+0.5*uniform(-1,1))",
    "truncate(normal(0,1),-1,2)",
    "truncate(cauchy(0,1),0,inf)",
    "affine(student_t(3),2,-1)",
    "density(exp(-x^4),-inf,inf)",
    "normal(0,1e-6)",
    "normal(0,1e6)",
    "logistic(0,1e-6)",
    "logistic(0,1e6)",
    "laplace(0,1e-6)",
    "laplace(0,1e6)",
    "cauchy(0,1e6)",
    "uniform(-1e6,1e6)",
    "gamma(0.01,1)",
];

/// What a result says, checked for sense: a finite number with a finite error, or a reason.
fn sensible(e: &Entropy) -> bool {
    let known = e.entropy.value.is_finite() && e.entropy.error.is_finite();
    let positive = |e: Option<eafo::Estimate>| e.is_none_or(|e| e.value >= -e.error - 1e-9 && e.value.is_finite());
    (known || e.outcome.is_some() || e.kind == Kind::Discrete)
        && (e.mean.is_some() && e.variance.is_some() || e.outcome.is_some())
        && positive(e.negentropy)
        && positive(e.deficit)
        && positive(e.variance)
}

#[test]
fn the_whole_catalogue_under_every_input() {
    let mut wrong = Vec::new();
    let mut pairs = 0;
    for entry in CATALOGUE {
        let f = activation(entry.name);
        for text in SWEPT {
            let d = input(text);
            match entropy(&f, &d) {
                Ok(e) if sensible(&e) => pairs += 1,
                other => wrong.push(format!("{} under {text}: {other:?}", entry.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(pairs, CATALOGUE.len() * SWEPT.len());
}

/// f(U) under the law of -U is f(-U) under that of U.
#[test]
fn reflected_inputs() {
    let halves = ["truncate(normal(1,1),0,inf)", "truncate(exponential(1),1,3)", "truncate(student_t(3),-inf,1)"];
    let mut wrong = Vec::new();
    for law in SWEPT.into_iter().chain(halves) {
        for (f, mirrored) in [("x", "-x"), ("tanh(x)", "tanh(-x)"), ("x*sigmoid(x)", "-x*sigmoid(-x)")] {
            let a = entropy(&activation(f), &input(&format!("affine({law},-1,0)"))).unwrap();
            let b = entropy(&activation(mirrored), &input(law)).unwrap();
            for (what, a, b) in [
                ("entropy", Some(a.entropy), Some(b.entropy)),
                ("mean", a.mean, b.mean),
                ("variance", a.variance, b.variance),
            ] {
                let (Some(a), Some(b)) = (a, b) else { continue };
                let off = (a.value - b.value).abs();
                if off > a.error + b.error + 1e-12 * a.value.abs().max(1.0) {
                    wrong.push(format!("{what} of {f} under the reflected {law}: {a:?} {b:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Singular and wide inputs that were once called infinite. References: mpmath's closed forms of the moments, and
/// H[gamma(k,1)] = k + log Gamma(k) + (1 - k) psi(k), H[lognormal(0,s)] = log(s sqrt(2 pi e)).
#[test]
fn singular_and_wide_inputs() {
    let e = entropy(&activation("x"), &input("gamma(0.05,1)")).unwrap();
    // mpmath: 0.05 + loggamma(0.05) + 0.95*digamma(0.05)
    let want = -16.454073540683146;
    assert!((e.entropy.value - want).abs() < 1e-9, "{e:?}");
    assert!((e.mean.unwrap().value - 0.05).abs() < 1e-10 && (e.variance.unwrap().value - 0.05).abs() < 1e-10, "{e:?}");
    // 6e-4 of the mass of gamma(0.01,1) lies below the least double: no value, and no claim that it is infinite.
    let e = entropy(&activation("x"), &input("gamma(0.01,1)")).unwrap();
    assert!(e.outcome.as_ref().is_some_and(|o| o.contains("no finite value") && !o.contains("infinity")), "{e:?}");
    let e = entropy(&activation("x"), &input("lognormal(0,5)")).unwrap();
    assert!((e.mean.unwrap().value / 12.5f64.exp() - 1.0).abs() < 1e-10, "{e:?}");
    assert!((e.variance.unwrap().value / (50f64.exp() - 25f64.exp()) - 1.0).abs() < 1e-9, "{e:?}");
    let e = entropy(&activation("x"), &input("lognormal(0,20)")).unwrap();
    assert!((e.mean.unwrap().value / 200f64.exp() - 1.0).abs() < 1e-9, "{e:?}");
    let gauss = 0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E).ln();
    assert!((e.entropy.value - gauss - 20f64.ln()).abs() < 1e-9, "{e:?}");
    assert!(e.variance.is_none() && e.outcome.as_ref().is_some_and(|o| o.contains("the variance")), "{e:?}");
}

/// Evaluations of the integrand by pair: what they cost is what a table costs.
#[test]
fn evaluation_counts() {
    let mut lines = String::new();
    for f in [
        "identity",
        "relu",
        "leaky_relu(0.01)",
        "elu(1)",
        "sigmoid",
        "tanh",
        "arctan",
        "softsign",
        "gelu",
        "silu",
        "mish",
    ] {
        let e = activation(f);
        let counts: Vec<String> = LAWS
            .iter()
            .map(|d| Functional::new(&e, &input(d)).unwrap().entropy().entropy.evaluations.to_string())
            .collect();
        lines.push_str(&format!("{f:18}{}\n", counts.iter().map(|c| format!("{c:>7}")).collect::<String>()));
    }
    insta::assert_snapshot!(lines);
}

/// x + a sin(w x) under heavy tails: H is that of the input and E log(1 + a w cos(w x)), by the Fourier series of the logarithm
/// and the characteristic function; made with mpmath.
#[test]
fn waves_in_heavy_tails() {
    for (f, law, want, most) in [
        ("x+0.3*sin(x)", "student_t(3)", 1.89539021067852981, 1e-10),
        ("x+0.2*sin(x)", "student_t(4)", 1.77274631201772284, 1e-10),
        ("x+0.1*sin(x)", "student_t(5)", 1.67717823156131937, 1e-10),
        ("x+0.1*sin(3*x)", "student_t(4)", 1.66780789832396236, 1e-10),
        ("x+0.3*sin(x)", "laplace(0,1)", 1.81889492402068499, 1e-12),
        ("x+0.3*sin(x)", "student_t(2)", 2.07022615758235742, 1e-9),
        ("x+0.3*sin(x)", "cauchy(0,1)", 2.61761493926534229, 1e-6),
    ] {
        let e = entropy(&activation(f), &input(law)).unwrap();
        let off = (e.entropy.value - want).abs();
        assert!(off <= e.entropy.error && e.entropy.error < most, "{f} under {law}: {off:e} {e:?}");
    }
    // E (x + 0.3 sin x)^2 = 3 + 0.6 E x sin x + 0.045 (1 - E cos 2x), by the characteristic function of student_t(3).
    let e = entropy(&activation("x+0.3*sin(x)"), &input("student_t(3)")).unwrap();
    let (mean, variance) = (e.mean.unwrap(), e.variance.unwrap());
    assert!(mean.value.abs() <= mean.error, "{mean:?}");
    assert!((variance.value - 3.3571703).abs() < 1e-6, "{variance:?}");
}

/// Saturating functions of a power have but few Taylor coefficients at 0 that are not 0; made with mpmath.
#[test]
fn powers_that_saturate() {
    for (f, law, entropy_wanted, mean, variance) in [
        ("tanh(x^2)", "normal(0,3)", None, 0.801827844257, 0.109125989514),
        ("erf(x^2)", "normal(0,3)", None, 0.818599680452, 0.105249347540),
        ("tanh(x^3)", "normal(0,1)", Some(-1.303396553971), 0.0, 0.348827767784),
        ("tanh(x^3)", "normal(0,2)", Some(-21.2263113847), 0.0, 0.634157238),
        ("x*tanh(x^2)", "normal(0,1)", Some(0.648519648355), 0.0, 0.802449845179),
        ("x*tanh(x^2)", "normal(0,3)", Some(2.289251158), 0.0, 8.904294996),
    ] {
        let e = entropy(&activation(f), &input(law)).unwrap();
        let near = |got: f64, want: f64| (got - want).abs() <= 1e-9 * want.abs().max(1e-3);
        if let Some(want) = entropy_wanted {
            assert!(near(e.entropy.value, want), "{f} under {law}: {e:?}");
        }
        let (m, v) = (e.mean.unwrap().value, e.variance.unwrap().value);
        assert!(near(m, mean) && near(v, variance), "{f} under {law}: {m} {v}");
    }
}
