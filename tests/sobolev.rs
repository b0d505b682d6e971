//! The first variation of the entropy where the activation turns, and the Sobolev gradient (math.md section 4), against
//! tests/reference/sobolev.json, which mpmath computed by another formula; and what `derive --metric sobolev` answers.

use eafo::{Activation, Differential, Error, Expr, Input, Metric, Settings, Solution, Space, Status, Tape, derive};
use serde_json::Value;
use std::process::{Command, Output};

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/sobolev.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|v| text(v).parse().unwrap()).collect()
}

/// A reference's name as an activation.
fn activation(name: &str) -> Expr {
    if name == "x^2" { Expr::parse(name).unwrap() } else { Expr::parse(&format!("{name}(x)")).unwrap() }
}

fn solution(f: &str, input: &str, length: Option<f64>) -> Solution {
    let settings = Settings { metric: Metric::Sobolev, length, ..Settings::default() };
    derive(&Activation::parse(f).unwrap(), &Input::parse(input).unwrap(), &settings).unwrap()
}

#[test]
fn variations_at_critical_points() {
    let table = reference();
    let rows = table["variations"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let (f, input) = (text(&row["activation"]), Input::parse(text(&row["input"])).unwrap());
        let d = Differential::new(&activation(f), &input).unwrap();
        let g = Tape::new(&Expr::parse(text(&row["direction"])).unwrap()).unwrap();
        let (got, want) = (d.along(&g, &[]).unwrap(), text(&row["value"]).parse::<f64>().unwrap());
        let off = (got.value - want).abs();
        assert!(off <= got.error && got.error < 1e-10 * want.abs(), "{f}: {got:?} {want}");
    }
}

#[test]
fn gradients_against_the_reference() {
    let table = reference();
    let rows = table["gradients"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    for row in rows {
        let (f, input) = (text(&row["activation"]), text(&row["input"]));
        let s = solution(f, input, Some(text(&row["length"]).parse().unwrap()));
        let sobolev = s.sobolev.as_ref().unwrap();
        assert_eq!(sobolev.space, if row["order"] == 1 { Space::First } else { Space::Second }, "{f}");
        let tape = Tape::new(&Expr::parse(&s.correction.to_string()).unwrap()).unwrap();
        for (at, want) in numbers(&row["at"]).into_iter().zip(numbers(&row["values"])) {
            let off = (tape.eval(at) - want).abs() / sobolev.greatest;
            assert!(off < 1e-8, "{f} at {at}: {} {want}", tape.eval(at));
        }
    }
}

#[test]
fn the_entropy_falls_along_bounded_directions() {
    let mut failed = Vec::new();
    for (f, input, space) in [
        ("gelu", "normal(0,1)", Space::Second),
        ("silu", "normal(0,1)", Space::Second),
        ("mish", "normal(0.3,2)", Space::Second),
        ("silu", "logistic(0,1)", Space::Second),
        ("x^3-x", "normal(0.2,1)", Space::Second),
        ("cosh(x-0.3)", "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))", Space::Second),
        ("tanh", "normal(0,1)", Space::First),
        ("softplus", "laplace(0,1)", Space::First),
        ("leaky_relu", "normal(0,1)", Space::First),
        ("relu", "normal(0,1)", Space::First),
        ("hard_tanh", "logistic(0,1)", Space::First),
        ("abs(x)", "normal(0.3,1)", Space::First),
        ("identity", "cauchy(0,1)", Space::First),
        ("identity", "student_t(2)", Space::First),
        ("sigmoid", "truncate(normal(0,1),-1,2)", Space::First),
        ("gelu", "truncate(normal(0,1),-2,3)", Space::Second),
        ("identity", "exponential(1)", Space::First),
        ("identity", "uniform(-1,2)", Space::First),
    ] {
        let s = solution(f, input, None);
        assert_eq!(s.status, Status::Solved, "{f} under {input}");
        let sobolev = s.sobolev.as_ref().unwrap();
        assert_eq!(sobolev.space, space, "{f} under {input}");
        failed.extend(s.checks.iter().filter(|c| !c.pass()).map(|check| format!("{f} under {input}: {check:?}")));
        if sobolev.descent.len() != 4 || !(sobolev.descent[0].change.value < 0.0) {
            failed.push(format!("{f} under {input}: {:?}", sobolev.descent));
        }
        assert!(s.singular_points.is_empty());
        let tape = Tape::new(&s.correction).unwrap();
        let points = (-4000..=4000).map(|i| 0.0025 * f64::from(i));
        let greatest = points.map(|u| tape.eval(u).abs()).fold(0.0, f64::max);
        assert!(greatest <= sobolev.greatest * (1.0 + 1e-3), "{f} under {input}: {greatest} {}", sobolev.greatest);
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_length_is_that_of_the_input_unless_given() {
    for (input, length) in [("normal(0,1)", 1.0), ("normal(3,0.25)", 0.25), ("cauchy(0,1)", 1.48)] {
        assert_eq!(solution("identity", input, None).settings.length, Some(length), "{input}");
    }
    for length in [0.1, 20.0] {
        let given = solution("gelu", "normal(0,1)", Some(length));
        assert!(given.checks.iter().all(eafo::Check::pass), "{length}: {:?}", given.checks);
    }
}

#[test]
fn stationary_activations_stay_so() {
    let s = solution("sigmoid", "logistic(0,1)", None);
    assert_eq!(s.status, Status::Stationary);
    assert!(s.correction.is_zero());
}

#[test]
fn tails_and_singularities_that_leave_no_gradient_are_named() {
    for (f, input, words) in [
        ("tanh", "logistic(0,1)", "towards x = -inf p/|f'| grows exponentially"),
        ("tanh", "laplace(0,1)", "grows exponentially"),
        ("sigmoid", "student_t(3)", "grows exponentially"),
        ("erf", "normal(0,1)", "grows exponentially"),
        ("gelu", "laplace(0,1)", "towards x = -inf p/|f'| grows exponentially"),
        ("x^3", "normal(0,1)", "p/|f'| is not integrable at x = 0"),
        ("cos(x)", "normal(0,1)", "the same value at its critical points"),
        ("(x^2-1)^2", "normal(0,1)", "the same value at its critical points x = -1 and x = 1"),
        ("cosh(relu(x))", "normal(0,1)", "f' is 0 on one side of x = 0 only"),
        ("abs(x)", "uniform(-1,1)", "the density of the output jumps at one and the same value for x = -1 and x = 1"),
    ] {
        let s = solution(f, input, None);
        match &s.status {
            Status::Unbounded(why) => assert!(why.contains(words), "{f} under {input}: {why}"),
            other => panic!("{f} under {input}: {other:?}"),
        }
    }
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let refused = |metric, length, order| {
        let settings = Settings { metric, length, order, ..Settings::default() };
        derive(&Activation::parse("tanh").unwrap(), &Input::parse("normal(0,1)").unwrap(), &settings).unwrap_err()
    };
    for length in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-4, 1e4] {
        let error = refused(Metric::Sobolev, Some(length), 1);
        assert!(matches!(&error, Error::OutOfRange { name, .. } if name == "length"), "{length}: {error}");
    }
    assert!(refused(Metric::Sobolev, None, 2).to_string().contains("first order only"));
    assert!(refused(Metric::Inverse, Some(1.0), 1).to_string().contains("--length is for --metric sobolev"));
}

fn eafo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eafo")).args(args).output().unwrap()
}

#[test]
fn through_the_program() {
    let schema: Value = serde_json::from_slice(&eafo(&["schema"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let args = ["derive", "gelu", "silu", "mish", "--input", "normal(0,1)", "--metric", "sobolev", "--json"];
    let output = eafo(&args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout == eafo(&args).stdout, "the same question gave other bytes");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    for c in all["candidates"].as_array().unwrap() {
        assert!(validator.is_valid(c), "{:?}", validator.iter_errors(c).next());
        assert_eq!(c["metric"], "sobolev");
        assert_eq!(c["length"], 1.0);
        assert_eq!(c["sobolev"]["space"], "H2");
        assert_eq!(c["entropy_slope"]["lowers_entropy"], "positive");
        assert!(c["entropy_slope"]["value"].as_f64().unwrap() < 0.0);
        let (before, after) = (&c["entropies"]["before"]["value"], &c["entropies"]["after"]["value"]);
        assert!(after.as_f64().unwrap() < before.as_f64().unwrap(), "{before} {after}");
        for check in c["checks"].as_array().unwrap() {
            assert_eq!(check["pass"], true, "{check}");
        }
        let improved = Expr::parse(text(&c["correction"]["text"])).unwrap();
        assert!(Tape::new(&improved).unwrap().eval(-0.7).is_finite());
    }
    let output = eafo(&["derive", "tanh", "--input", "laplace(0,1)", "--metric", "sobolev", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let c: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(text(&c["status"]).starts_with("unbounded: towards x = -inf"), "{}", c["status"]);
    let output = eafo(&["derive", "tanh", "--input", "normal(0,1)", "--metric", "sobolev", "--length=-1"]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("derive: length = -1 is out of range; it must be between 1.000e-3 and 1.000e3"),
        "{message}"
    );
}
