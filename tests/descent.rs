//! What the entropy really does along a derived correction: its sign, its one-sided slopes, its bounds, its values.

use eafo::{Activation, Input, Metric, Settings, derive};

fn solution(activation: &str, input: &str) -> eafo::Solution {
    in_metric(activation, input, Metric::default())
}

fn in_metric(activation: &str, input: &str, metric: Metric) -> eafo::Solution {
    let settings = Settings { metric, ..Settings::default() };
    let activation = Activation::parse(activation).expect("an activation");
    derive(&activation, &Input::parse(input).expect("an input"), &settings).expect("a solution")
}

/// H of an expression under an input, nats.
fn entropy_of(solution: &eafo::Solution, eps: f64) -> f64 {
    let f = solution.improved.expr.with_parameter("eps", &eafo::Expr::float(eps));
    eafo::entropy(&f, &solution.input).expect("an entropy").entropy.value
}

#[test]
fn the_sign_is_the_one_that_lowers_the_entropy() {
    use eafo::Sign::{Both, Negative, Positive};
    for (f, input, sign) in [
        ("identity", "normal(0,1)", Negative),
        ("tanh", "beta(1,1)", Negative),          // only boundary terms
        ("identity", "exponential(1)", Positive), // boundary terms that outweigh the rate
        ("leaky_relu", "laplace(0,1)", Negative), // the correction jumps
        ("identity", "laplace(0,1)", Both),       // overlapping on one side
        ("exp(-x)", "normal(0,1)", Negative),     // falling
        ("-x", "normal(0,1)", Positive),
    ] {
        let s = solution(f, input);
        assert_eq!(s.descent(), sign, "{f} under {input}");
        let (h, d) = (entropy_of(&s, 0.0), 1e-3);
        let falls = [entropy_of(&s, -d) < h, entropy_of(&s, d) < h];
        assert_eq!(falls, [sign != Positive, sign != Negative], "{f} under {input}");
    }
}

#[test]
fn one_sided_slopes_where_the_correction_jumps() {
    let s = solution("identity", "laplace(0,1)");
    // E[g'] = 1/2; where the halves overlap, H falls by 2 log 2 per unit of eps more.
    let want = [0.5, 0.5 - 2.0 * std::f64::consts::LN_2];
    assert!(s.slope.sides.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{:?}", s.slope.sides);
    let quotient = (entropy_of(&s, 1e-6) - entropy_of(&s, 0.0)) / 1e-6;
    assert!((quotient - want[1]).abs() < 1e-5, "{quotient}");
}

#[test]
fn monotone_bounds_at_the_ends_of_the_support() {
    let s = solution("relu", "gamma(2,1)");
    assert!((s.monotone.upper - 0.5).abs() < 1e-9, "{:?}", s.monotone);
    let s = solution("identity", "beta(2,3)");
    assert!((s.monotone.lower + 0.5).abs() < 1e-9 && (s.monotone.upper - 0.25).abs() < 1e-9, "{:?}", s.monotone);
}

/// g'/f' has no bound beyond where p and f' can be represented, by powers or by a growing wave.
#[test]
fn no_step_where_the_ratio_grows_beyond_doubles() {
    for (f, input, metric, lower) in [
        ("erf", "normal(0,0.5)", Metric::Forward, -2.0 / std::f64::consts::PI),
        ("sqrt(x^2+1)+x", "normal(0,1.2)", Metric::Probability, f64::NAN),
        ("x+sin(x)/2", "normal(0,1)", Metric::Probability, 0.0),
        ("x+0.3*sin(x)", "normal(1,2.5)", Metric::Probability, 0.0),
    ] {
        let m = in_metric(f, input, metric).monotone;
        let near = lower.is_nan() || (m.lower - lower).abs() <= 1e-8 * lower.abs();
        assert!(m.upper == 0.0 && near, "{f} under {input}: {m:?}");
    }
}

/// Spelled out, softplus has the slope that it has by name: the closed form keeps its digits far out.
#[test]
fn softplus_spelled_out() {
    let by_name = in_metric("softplus", "logistic(0.2,0.8)", Metric::Forward);
    for f in ["log(1+exp(x))", "log(1+exp(x))-log(2)"] {
        let s = in_metric(f, "logistic(0.2,0.8)", Metric::Forward);
        assert!((s.slope.rate.value / by_name.slope.rate.value - 1.0).abs() < 1e-10, "{f}: {:?}", s.slope);
        // The constant taken out of the direction may have another sign.
        let size = [&s, &by_name].map(|s| s.slope.value.value.abs());
        assert!((size[0] / size[1] - 1.0).abs() < 1e-10 && s.descent() != eafo::Sign::Unknown, "{f}: {:?}", s.slope);
    }
    let [spelled, named] =
        ["1/(1+exp(-x))", "sigmoid"].map(|f| in_metric(f, "logistic(0.2,0.8)", Metric::Forward).slope);
    assert!((spelled.value.value / named.value.value - 1.0).abs() < 1e-10, "{spelled:?}");
}

#[test]
fn improved_activations_have_values_where_their_parts_underflow() {
    for (f, input) in [("gelu", "normal(0,1)"), ("silu", "sech(1)"), ("mish", "student_t(5)"), ("tanh", "gumbel(0,1)")]
    {
        let s = solution(f, input);
        let tape = eafo::Tape::new(&s.improved.bound().expect("bound")).expect("compiles");
        let plain = eafo::Tape::new(&s.activation.formula.bound().expect("bound")).expect("compiles");
        for x in [-1000.0, -300.0, -50.0, -39.0, 300.0, 1000.0] {
            let (value, want) = (tape.eval(x), plain.eval(x));
            assert!((value - want).abs() <= 1e-6 * want.abs() + 1e-9, "{f} under {input} at {x}: {value} {want}");
        }
    }
}
