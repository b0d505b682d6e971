//! The functional against mpmath.

use super::{Entropy, Functional, Kind, OutputDensity, entropy};
use crate::activation::Activation;
use crate::expr::Expr;
use crate::input::Input;
use crate::numeric::Estimate;

fn expression(name: &str) -> Expr {
    let (op, parameter) = name.trim_end_matches(')').split_once('(').unwrap_or((name, "1"));
    let text = match op {
        "identity" => "x".to_owned(),
        "arctan" => "atan(x)".to_owned(),
        "logsigmoid" => "-log(1 + exp(-x))".to_owned(),
        "swish" => format!("x/(1 + exp(-{parameter}*x))"),
        "leaky_relu" => format!("where(x > 0, x, {parameter}*x)"),
        "elu" => format!("where(x > 0, x, {parameter}*(exp(x) - 1))"),
        "isru" => format!("x/sqrt(1 + {parameter}*x^2)"),
        _ => format!("{op}(x)"),
    };
    Expr::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn of(f: &str, input: &str) -> Entropy {
    let input = Input::parse(input).expect("an input");
    entropy(&expression(f), &input).unwrap_or_else(|e| panic!("{f} under {}: {e}", input.text()))
}

#[test]
fn every_row_of_the_table() {
    let text = include_str!("../../tests/reference/entropy.json");
    let table: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let mut failures = Vec::new();
    for row in table["rows"].as_array().expect("rows") {
        let word = |key: &str| row[key].as_str().expect("a string");
        let clock = std::time::Instant::now();
        let e = of(word("activation"), word("input"));
        let time = clock.elapsed();
        let mut line = format!("{:16} {:16} {:6} {time:?}", word("activation"), word("input"), e.entropy.evaluations);
        let quantities =
            [("entropy", Some(e.entropy)), ("mean", e.mean), ("variance", e.variance), ("negentropy", e.negentropy)];
        for (key, got) in quantities {
            let Ok(want) = word(key).parse::<f64>() else { continue };
            // The table is good to 1e-12 for activations that are not monotone, to rounding for the others.
            let size = 1.0 + want.abs();
            let off = |e: Estimate| (e.value - want).abs();
            let bad = |e: Estimate| off(e) > 1e-11 * size || off(e) > e.error + 1e-12 * size || e.error > 1e-10 * size;
            line +=
                &got.map_or(format!("  {key} none"), |e| format!("  {:.0e}/{:.0e}", (e.value - want).abs(), e.error));
            // Where a moment is infinite, the table has the cut-off integral that mpmath took for it.
            let infinite = want > 1e30 || key == "negentropy" && e.variance.is_none();
            if got.map_or(!infinite, bad) {
                failures.push(format!(
                    "{} {} {key}: {got:?} {want:?} {:?}",
                    word("activation"),
                    word("input"),
                    e.outcome
                ));
            }
        }
        println!("{line}");
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_worst_activation_has_no_deficit() {
    let e = of("sigmoid", "logistic(0,1)");
    assert!(e.deficit.is_some_and(|d| d.value.abs() <= d.error && d.error < 1e-13), "{:?}", e.deficit);
}

#[test]
fn turns_of_equal_height() {
    // cos(8 U) is the arcsine distribution to e^-32: H = log(pi/2).
    let input = Input::parse("normal(0,1)").expect("an input");
    let e = entropy(&Expr::parse("cos(8*x)").expect("parses"), &input).expect("an entropy").entropy;
    assert!((e.value - (std::f64::consts::PI / 2.0).ln()).abs() < 1e-12, "{e:?}");
}

#[test]
fn relu_is_mixed() {
    let e = of("relu", "normal(0,1)");
    assert_eq!((e.kind, e.atoms.len(), e.atoms[0].at, e.atoms[0].mass), (Kind::Mixed, 1, 0.0, 0.5));
    assert!((e.entropy.value - 0.709_469_266_602_336_4).abs() < 1e-13);
    assert!((e.atoms_entropy - 0.346_573_590_279_972_65).abs() < 1e-15);
}

#[test]
fn the_infinite_has_a_name() {
    for (f, input, entropy, word) in [
        ("exp", "cauchy(0,1)", 0.0, "the entropy is undefined"),
        ("erf", "cauchy(0,1)", f64::NEG_INFINITY, "the entropy is -infinity"),
        ("identity", "student_t(2)", 1.960_279_229_160_082, "the variance is +infinity"),
        ("identity", "cauchy(0,1)", (4.0 * std::f64::consts::PI).ln(), "the mean is undefined"),
        // Written so that it underflows where it goes on as a power.
        ("identity", "density(1/(1+x^2),-inf,inf)", (4.0 * std::f64::consts::PI).ln(), "the mean is undefined"),
        ("abs(x)", "density(1/(1+x^2),-inf,inf)", (2.0 * std::f64::consts::PI).ln(), "the mean is +infinity"),
    ] {
        let e = of(f, input);
        let close = e.entropy.value == entropy || (e.entropy.value - entropy).abs() < 1e-10;
        assert!(close && e.outcome.as_ref().is_some_and(|o| o.contains(word)), "{f} {input}: {e:?}");
    }
}

/// Where two branches meet, and at the ends of the range, the density is its greater limit.
#[test]
fn density_where_branches_meet() {
    for (f, input, at, want) in [
        ("x", "laplace(0,1)", 0.0, 0.5),
        ("3*x", "uniform(-1,2)", 6.0, 1.0 / 9.0),
        ("where(x < 0,x/10,x)", "normal(0,1)", 0.0, 10.0 / std::f64::consts::TAU.sqrt()),
        ("3*x", "uniform(-1,2)", 6.1, 0.0),
    ] {
        let input = Input::parse(input).expect("an input");
        let q = OutputDensity::new(&Expr::parse(f).expect("parses"), &input).expect("a density").at(at);
        assert!((q - want).abs() <= 1e-14 * want, "{f} at {at}: {q}");
    }
}

#[test]
fn density_of_a_square() {
    let input = Input::parse("normal(0,1)").expect("an input");
    let q = OutputDensity::new(&Expr::parse("x^2").expect("parses"), &input).expect("a density");
    assert_eq!(q.range(), (0.0, f64::INFINITY));
    for x in [1e-8, 0.3, 2.0, 40.0] {
        let chi = f64::exp(-0.5 * x) / (2.0 * std::f64::consts::PI * x).sqrt();
        assert!((q.at(x) - chi).abs() < 1e-13 * chi, "{x}: {} {chi}", q.at(x));
    }
    assert_eq!((q.at(0.0), q.at(-1.0)), (f64::INFINITY, 0.0));
}

#[test]
fn turning_without_end_is_refused_in_time() {
    let sine = Expr::parse("sin(x)").expect("parses");
    for input in ["cauchy(0,1)", "student_t(2)", "lognormal(0,1)"] {
        let clock = std::time::Instant::now();
        let e = entropy(&sine, &Input::parse(input).expect("an input")).expect("an outcome");
        println!("{input} {:?} {e:?}", clock.elapsed());
        assert!(e.entropy.error.is_infinite(), "{input}: {e:?}");
        assert!(e.outcome.is_some_and(|o| o.contains("the entropy is not computed")), "{input}");
        // Minutes without the bound on pairs.
        assert!(clock.elapsed().as_secs() < 5, "{input}: {:?}", clock.elapsed());
    }
}

#[test]
fn awkward_activations_do_not_fail() {
    for f in [
        "sin(x)",
        "1/x",
        "x^3",
        "sqrt(abs(x))",
        "abs(x)",
        "3",
        "sign(x)",
        "exp(exp(x))",
        "x*exp(-x^2)",
        "log(abs(x))",
        "min(1,max(-1,x))",
        "x^2*(x-1)^2",
        "exp(-1/x^2)",
    ] {
        let clock = std::time::Instant::now();
        let e = entropy(&Expr::parse(f).expect("parses"), &Input::parse("normal(0,1)").expect("an input"));
        println!("{f} {:?} {e:?}", clock.elapsed());
        if let Ok(e) = e {
            assert!(!e.entropy.value.is_nan());
        }
    }
}

#[test]
#[ignore = "a timing, run by hand"]
fn timing() {
    for (f, input) in [
        ("sigmoid", "normal(0,1)"),
        ("identity", "normal(0,1)"),
        ("elu(1)", "laplace(0,1)"),
        ("gelu", "normal(0,1)"),
        ("gelu", "student_t(5)"),
        ("silu", "normal(0,1)"),
    ] {
        let (f, input) = (expression(f), Input::parse(input).expect("an input"));
        let clock = std::time::Instant::now();
        for _ in 0..99 {
            let _ = Functional::new(&f, &input);
        }
        let built = clock.elapsed() / 99;
        let clock = std::time::Instant::now();
        for _ in 0..99 {
            let _ = entropy(&f, &input);
        }
        let whole = clock.elapsed() / 99;
        let functional = Functional::new(&f, &input).expect("branches");
        let clock = std::time::Instant::now();
        let evaluations = (0..99).map(|_| functional.entropy().entropy.evaluations).max();
        let warm = clock.elapsed() / 99;
        println!("{f} {}: built {built:?}, whole {whole:?}, warm {warm:?}, {evaluations:?}", input.text());
    }
}

/// 0/0 at both ends of the support, next to which f turns: the values there are limits. By mpmath without end strips of mass 1e-10.
#[test]
fn turns_next_to_gaps_at_the_ends() {
    let f = Expr::parse("-x + 0.01*x*((x + 3)/6)^1.3*(1 - (x + 3)/6)^1.3/(x^2 - 9)").expect("parses");
    let e = entropy(&f, &Input::parse("affine(beta(2.3,2.3),6,-3)").expect("an input")).expect("an entropy");
    assert!((e.entropy.value - 1.621_262_31).abs() < 1e-7, "{e:?}");
}

/// Where both ends run to one level doubles do not tell their values apart. For an even f under normal(0,s) the entropy is
/// -E log(2 p/|f'|): by mpmath.
#[test]
fn saturating_branches() {
    for (text, scale, want) in [
        ("tanh(x^2)", 1, -0.504593618569083),
        ("tanh(x^2)", 10, -193.30118486182144),
        ("erf(x^2)", 3, -239.8982360745546),
        ("erf(x^2)", 10, -29994.490290465903),
        ("1-exp(-x^2)", 3, -6.019018312189847),
        ("tanh(x)^2", 1, -0.18633407502089497),
        ("tanh(x)^2", 3, -1.4169102750793443),
        ("tanh(x)^2", 10, -11.013543296893602),
        ("tanh(x)^2-1", 3, -1.4169102750793443),
        ("erf(x)^2", 3, -6.633617641740187),
        ("erf(x)^2", 10, -96.24014081087265),
        ("tanh(abs(x))", 10, -11.608456334461481),
        ("x*tanh(x)/sqrt(1+x^2)", 1, -0.2313517550323322),
        ("x*tanh(x)/sqrt(1+x^2)", 10, -2.2755605519272883),
    ] {
        let f = Expr::parse(text).unwrap();
        let found = entropy(&f, &Input::parse(&format!("normal(0,{scale})")).unwrap()).unwrap().entropy;
        let off = (found.value - want).abs();
        assert!(
            off <= found.error && found.error < 1e-10 * want.abs().max(1.0),
            "{text}, {scale}: {found:?} for {want}"
        );
    }
}

/// Moments of values that differ by little only, and of inputs far from 0.
#[test]
fn small_outputs() {
    for (text, input, mean, variance) in [
        ("x", "normal(3e-9,1e-8)", 3e-9, 1e-16),
        ("relu(x)", "normal(3e-9,1e-8)", 5.667_612_421_172_1e-9, 4.667_214_892_578_73e-17),
        ("x", "skew_normal(0,1e-10,1)", 5.641_895_835_477_563e-11, 6.816_901_138_162_093e-21),
        ("x", "normal(1e-30,1e-30)", 1e-30, 1e-60),
        ("x", "skew_normal(1e6,1,1)", 1e6 + 0.564_189_583_547_756_3, 0.681_690_113_816_209_3),
    ] {
        let f = Activation::parse(text).unwrap().formula.bound().unwrap();
        let found = entropy(&f, &Input::parse(input).unwrap()).unwrap();
        let (m, v) = (found.mean.unwrap(), found.variance.unwrap());
        assert!((m.value - mean).abs() <= 1e-9 * mean.abs().max(f64::sqrt(variance)), "{text} {input}: {m:?}");
        assert!((v.value - variance).abs() <= 1e-6 * variance, "{text} {input}: {v:?}");
    }
}
