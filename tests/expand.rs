//! `eafo expand` and the expansion as a library, against math.md section 3. What takes algebra is asked of the binary: this
//! process would keep the machine's lock until it ends, and the binary would wait for it.

// The digits of math.md as they stand there.
#![allow(clippy::excessive_precision)]

use eafo::{Direction, Expansion, Expr, Input, expand};
use serde_json::Value;
use std::process::{Command, Output};

fn eafo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eafo")).args(args).output().unwrap()
}

fn json(args: &[&str]) -> Value {
    let output = eafo(&[&["expand"], args, &["--json"]].concat());
    assert!(output.status.code() != Some(2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn parsed(text: &str) -> Expr {
    Expr::parse(text).unwrap()
}

/// f + e g on the forward side.
fn forward(f: &str, input: &str, g: &str, order: usize, steps: &[f64]) -> Expansion {
    let input = Input::parse(input).unwrap();
    expand(&parsed(f), &input, &Direction::forward(parsed(g)), order, steps).unwrap()
}

/// The moments E[(g'/f')^k] of math.md section 3.
const MOMENTS: [f64; 6] = [
    0.353553390593273762,
    0.38490017945975051,
    0.2890625,
    0.271905866063974427,
    0.240507384081141522,
    0.224345426473496211,
];

/// H(e) - H(0) of math.md section 3.
const CHANGES: [(f64, f64); 4] = [
    (0.01, 0.003516384576134803),
    (-0.01, -0.003554875953684895),
    (0.1, 0.03352084105310137),
    (-0.3, -0.1266915013441343),
];

#[test]
fn math_3_moments() {
    let found = forward("x", "normal(0,1)", "x*exp(-x^2/2)", 6, &[]);
    for (k, moment) in (1..).zip(MOMENTS) {
        let want = if k % 2 == 0 { -moment } else { moment } / f64::from(k);
        let got = found.coefficients[k as usize].value.unwrap();
        assert!((got.value - want).abs() <= 4e-16 && got.error < 1e-13, "{k}: {got:?} {want}");
        assert!((got.value - want).abs() <= got.error + 1e-16, "{k}: {got:?} {want}");
    }
    assert!((found.radius - 1.0).abs() < 1e-15 && found.radius_at == 0.0, "{} at {}", found.radius, found.radius_at);
    assert!((found.monotone.0 + 1.0).abs() < 1e-15);
    assert!((found.monotone.1 - 1.5f64.exp() / 2.0).abs() < 1e-14);
}

#[test]
fn math_3_changes_of_the_entropy() {
    let steps = CHANGES.map(|c| c.0);
    let found = forward("x", "normal(0,1)", "x*exp(-x^2/2)", 6, &steps);
    let level = found.coefficients[0].value.unwrap().value;
    for (row, (e, want)) in found.remainder.iter().zip(CHANGES) {
        let exact = row.exact.unwrap();
        assert_eq!(row.e, e);
        assert!((exact.value - level - want).abs() < 5e-16, "{e}: {} {want}", exact.value - level);
    }
    // The difference is the first term left out: e^7/7 E[..]^7, which is below e^7/7.
    for row in &found.remainder {
        let difference = row.series - row.exact.unwrap().value;
        assert!(difference.abs() < row.e.abs().powi(7) / 7.0 * 0.5 + 1e-15, "{}: {difference:e}", row.e);
    }
}

#[test]
fn what_does_not_exist_has_a_name() {
    for (f, input, g, missing, words) in [
        ("x", "student_t(3)", "x^2", &[3, 4, 5][..], "infinite"),
        ("tanh(x)", "laplace(0,1)", "x", &[1, 2, 3, 4, 5], "E[g'/f'] is +infinity"),
        ("gelu(x)", "normal(0,1)", "x^2", &[1, 2, 3, 4, 5], "f takes values more than once"),
        ("abs(x)", "normal(0,1)", "x", &[2, 3, 4, 5], "f takes values more than once"),
        ("x^3", "normal(0,1)", "x^2", &[1, 2, 3, 4, 5], "towards x = 0"),
        ("3", "normal(0,1)", "x", &[0, 1, 2, 3, 4, 5], "f is constant"),
        // The integrands are cos(u) and |cos(u)|^k times what grows; of sign(u) cosh(u)^10 the two halves cancel.
        ("tanh(x)", "gamma(0.25,1)", "sin(x)", &[1, 2, 3, 4, 5], "swings between both signs"),
        ("tanh(x)", "normal(0,1)", "abs(x)", &[5], "its parts cancel to what is known to"),
    ] {
        let found = forward(f, input, g, 5, &[]);
        let gaps: Vec<usize> = (0..=5).filter(|k| found.coefficients[*k].value.is_none()).collect();
        assert_eq!(gaps, missing, "{f} {input} {g}");
        let outcome = found.coefficients[missing[0]].outcome.as_ref().unwrap();
        assert!(outcome.contains(words), "{f} {input} {g}: {outcome}");
        assert!(found.coefficients.iter().all(|c| c.value.is_some() != c.outcome.is_some()));
    }
}

/// math.md section 4, non-monotone f: dH[g] = -PV INT p g (log q)'(f(u)) du.
#[test]
fn math_4_first_order_of_a_fold() {
    let found = forward("x^2", "normal(0.4,1)", "exp(-(x-0.3)^2)", 3, &[]);
    let first = found.coefficients[1].value.unwrap();
    // The note has 7 digits of a quadrature; the difference quotient below has more.
    assert!((first.value + 0.3626714).abs() < 3e-7, "{first:?}");
    let check = found.agreements.iter().find(|a| a.what == "the coefficient of e").unwrap();
    assert!(check.number <= check.tolerance, "{check:?}");
    assert!(found.remainder.iter().all(|r| r.exact.is_some()));
    // A shift does not change the entropy, a factor adds its logarithm.
    for (g, want) in [("1", 0.0), ("x^2", 1.0)] {
        let found = forward("x^2", "normal(0.4,1)", g, 1, &[0.001]);
        let first = found.coefficients[1].value.unwrap();
        assert!((first.value - want).abs() <= first.error && first.error < 1e-9, "{g}: {first:?}");
    }
}

#[test]
fn a_direction_that_outgrows_the_slope() {
    let found = json(&["tanh", "--input", "normal(0,1)", "--direction", "sin(x)", "--order", "2"]);
    assert_eq!((&found["radius"], &found["monotone"]["upper"]), (&0.0.into(), &0.0.into()));
}

#[test]
fn known_series() {
    // H[x + e x] = H + log(1 + e)
    let found = forward("x", "cauchy(0,1)", "x", 9, &[]);
    for (k, c) in found.coefficients.iter().enumerate().skip(1) {
        let want = if k % 2 == 0 { -1.0 } else { 1.0 } / k as f64;
        assert!((c.value.unwrap().value - want).abs() < 1e-12, "{k}: {c:?}");
    }
    assert_eq!((found.radius, found.monotone), (1.0, (-1.0, f64::INFINITY)));
    // Odd moments of 2 U vanish, even ones are 4 and 48: an asymptotic series, radius 0.
    let found = forward("x", "normal(0,1)", "x^2", 4, &[]);
    let values: Vec<f64> = found.coefficients[1..].iter().map(|c| c.value.unwrap().value).collect();
    for (got, want) in values.iter().zip([0.0, -2.0, 0.0, -12.0]) {
        assert!((got - want).abs() < 1e-11, "{values:?}");
    }
    assert_eq!((found.radius, found.monotone), (0.0, (0.0, 0.0)));
    // A decreasing activation has the series of the increasing one.
    let (down, up) = (forward("-x", "normal(0,1)", "-x^3", 3, &[]), forward("x", "normal(0,1)", "x^3", 3, &[]));
    assert_eq!(down.coefficients, up.coefficients);
}

#[test]
fn the_command_answers_in_json() {
    let found = json(&["identity", "--input", "normal(0,1)", "--direction", "x*exp(-x^2/2)", "--order", "6"]);
    assert_eq!((found["status"].as_str(), found["radius"].as_f64()), (Some("expanded"), Some(1.0)));
    assert_eq!(found["coefficients"].as_array().unwrap().len(), 7);
    assert!((found["coefficients"][1].as_f64().unwrap() - MOMENTS[0]).abs() < 1e-15);
    assert_eq!(found["closed_form"].as_array().unwrap().len(), 7);
    for row in found["remainder"].as_array().unwrap() {
        let [e, exact, series, difference] =
            ["e", "exact", "series", "difference"].map(|key| row[key].as_f64().unwrap());
        assert_eq!(series - exact, difference, "{e}");
    }
    assert!(found["checks"].as_array().unwrap().iter().all(|c| c["pass"] == true));
    let constant = json(&["x", "--input", "normal(0,1)", "--direction", "3"]);
    assert_eq!((constant["radius"].as_str(), constant["status"].as_str()), (Some("inf"), Some("expanded")));
}

#[test]
fn the_correction_lowers_the_entropy_as_derive_says() {
    // Identity under N(0,1): -1/(4 sqrt pi) (math.md section 4).
    let found = json(&["identity", "--input", "normal(0,1)", "--direction", "eafo"]);
    assert_eq!(found["direction"]["text"], "-x*phi(x)");
    assert!((found["coefficients"][1].as_f64().unwrap() + 0.14104739588693907).abs() < 1e-15);
    // ReLU: half of it, on the active half of the line.
    let found = json(&["relu", "--input", "normal(0,1)", "--direction", "eafo"]);
    assert!((found["coefficients"][1].as_f64().unwrap() + 0.14104739588693907 / 2.0).abs() < 1e-15);
    assert_eq!(found["mass"].as_f64(), Some(0.5));
}

#[test]
fn questions_without_answer_exit_with_1_and_bad_ones_with_2() {
    let run = |args: &[&str]| {
        let output = eafo(&[&["expand"], args].concat());
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let gelu = ["gelu", "--input", "normal(0,1)", "--direction", "x^2"];
    assert_eq!(run(&gelu), (1, String::new()));
    for (args, message) in [
        (
            &["relu", "--input", "normal(0,1)", "--direction", "x", "--order", "0"][..],
            "expand: order = 0 is out of range; it must be between 1 and 64",
        ),
        (
            &["relu", "--input", "normal(0,1)", "--direction", "log(x)"],
            "the direction is not a finite real number at x = -2.153874694061456, where the input `normal(0,1)` has mass",
        ),
        (
            &["relu", "--input", "normal(0,1)", "--direction", "a*x"],
            "parameter `a` has no value; give it one after a semicolon: `...; a=0.01`",
        ),
        (&["relu", "--input", "normal(0,1)", "--direction", "x", "--at=1,x"], "expected a finite number\n  x\n  ^"),
    ] {
        assert_eq!(run(args), (2, format!("eafo: {message}\n")));
    }
}

#[test]
fn math_3_closed_forms() {
    let found = forward("x", "normal(0,1)", "x*exp(-x^2/2)", 6, &[]);
    let forms: Vec<String> = found.coefficients.iter().map(|c| c.closed_form.as_ref().unwrap().to_string()).collect();
    let want = [
        "log(2*pi)/2 + 0.5",
        "sqrt(2)/4",
        "-sqrt(3)/9",
        "37/384",
        "-19*sqrt(5)/625",
        "509*sqrt(6)/25920",
        "-4988*sqrt(7)/352947",
    ];
    assert_eq!(forms, want);
}

#[test]
fn closed_forms_under_other_inputs() {
    for (f, input, g, want) in [
        ("x", "laplace(0,1)", "x*exp(-abs(x))", ["log(2) + 1", "0.25", "-5/54"]),
        ("x", "uniform(0,1)", "x^2*(1-x)", ["0", "0", "-1/15"]),
        ("x", "gamma(2,1)", "exp(-x)", ["", "-0.25", "-1/18"]),
        ("x", "triangular(0,1/3,1)", "x^2", ["", "8/9", "-13/27"]),
        ("x", "half_normal(1)", "x*exp(-x^2/2)", ["log(pi/2)/2 + 0.5", "sqrt(2)/4", "-sqrt(3)/9"]),
        ("exp(x)", "normal(0,1)", "x^2", ["log(2*pi)/2 + 0.5", "-2*exp(0.5)", "-10*exp(2)"]),
        ("x", "logistic(0,1)", "tanh(x)", ["", "", ""]),
    ] {
        let found = forward(f, input, g, 2, &[]);
        let text = |c: &eafo::Coefficient| c.closed_form.as_ref().map_or(String::new(), Expr::to_string);
        assert_eq!(found.coefficients.iter().map(text).collect::<Vec<_>>(), want, "{f} {input} {g}");
    }
    // By algebra: f' = sech^2 goes into the numerator.
    let found = json(&["tanh", "--input", "normal(0,1)", "--direction", "eafo", "--order", "1"]);
    assert_eq!(found["closed_form"][1], "7/(8*sqrt(pi)) - 3*e/(8*sqrt(pi))");
}

#[test]
fn the_two_sides_agree_to_first_order() {
    for (f, input) in [
        ("identity", "normal(0,1)"),
        ("tanh", "normal(0,1)"),
        ("softplus", "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))"),
        ("leaky_relu(0.2)", "logistic(0,1)"),
    ] {
        let side = |side: &str| json(&[f, "--input", input, "--direction", "eafo", "--order", "2", "--side", side]);
        let [forward, inverse] = ["forward", "inverse"].map(|s| side(s)["coefficients"][1].as_f64().unwrap());
        assert!((forward - inverse).abs() < 1e-13 * (1.0 + forward.abs()), "{f} {input}: {forward} {inverse}");
    }
    // On flat pieces there is no bounded direction.
    let output = eafo(&["expand", "relu", "--input", "normal(0,1)", "--direction", "eafo", "--side", "inverse"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_inverse_side_against_its_functional() {
    for (f, input, eta) in [
        ("x", "normal(0,1)", "exp(-x^2/2)"),
        ("sigmoid(x)", "logistic(0,1)", "x*(1-x)"),
        ("exp(x)", "exponential(1)", "log(x)*exp(-x)"),
        ("leaky_relu(x,0.2)", "normal(0,1)", "exp(-x^2)"),
        ("x", "laplace(0,1)", "x*exp(-x^2)"),
    ] {
        let (input, f) = (Input::parse(input).unwrap(), parsed(f));
        let found = expand(&f, &input, &Direction::inverse(&parsed(eta), &f), 8, &[0.01, -0.01, 0.1, -0.1]).unwrap();
        for row in &found.remainder {
            let left_out = (row.e.abs() / found.radius.min(1.0)).powi(9);
            let difference = row.series - row.exact.unwrap().value;
            assert!(difference.abs() < left_out + 1e-14, "{f} {}: {difference:e}", row.e);
        }
        for check in &found.agreements {
            assert!(check.number < 1e-12, "{f}: {check:?}");
        }
        assert!(!found.agreements.is_empty());
    }
}

#[test]
fn the_inverse_side_in_closed_form() {
    let found = json(&["x", "--input", "normal(0,1)", "--direction", "eafo", "--side", "inverse", "--order", "3"]);
    let want = ["log(2*pi)/2 + 0.5", "-1/(4*sqrt(pi))", "-sqrt(3)/(18*pi)", "79*sqrt(2)/(3072*pi^1.5)"];
    assert_eq!(found["closed_form"].as_array().unwrap(), &want.map(Value::from));
}

#[test]
fn kinks_of_the_density_that_move_are_named() {
    let input = Input::parse("laplace(0,1)").unwrap();
    let found = expand(&parsed("x"), &input, &Direction::inverse(&parsed("exp(-x^2)"), &parsed("x")), 3, &[]).unwrap();
    assert!(found.coefficients[1].value.is_some());
    for k in [2, 3] {
        let outcome = found.coefficients[k].outcome.as_ref().unwrap();
        assert!(outcome.contains("the density is not smooth at x = 0"), "{outcome}");
    }
}

#[test]
fn the_integrands_for_free_p_and_y() {
    let found = json(&["x", "--input", "normal(0,1)", "--direction", "x", "--order", "2"]);
    let integrand = found["integrand"].as_array().unwrap();
    assert_eq!(integrand.len(), 4);
    assert_eq!(integrand[0]["text"], "-(p'*eta*y' + p*eta')*(log(p*y') + 1)");
    assert!(integrand[3]["latex"].as_str().unwrap().contains("p^{(4)}\\,\\eta^{4}\\,y'"));
}

#[test]
fn pictures_and_latex() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("series.svg");
    let problem = ["expand", "x", "--input", "normal(0,1)", "--direction", "x*exp(-x^2/2)", "--latex", "--plot"];
    let output = eafo(&[&problem[..], &[picture.to_str().unwrap()]].concat());
    assert!(output.status.success());
    assert!(std::fs::read_to_string(picture).unwrap().starts_with("<svg"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\\frac{\\sqrt{2}}{4}") && text.contains("\\delta^{2} H"), "{text}");
}
