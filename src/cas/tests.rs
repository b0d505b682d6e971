//! The algebra against evaluation and automatic differentiation, which know nothing of it.

use super::{Variable, convert, differentiate, is_zero, rules, run, simplify};
use crate::expr::{Expr, Op, Tape};
use proptest::prelude::*;
use symbolica::prelude::AtomCore;

fn parsed(text: &str) -> Expr {
    Expr::parse(text).expect(text).lowered()
}

fn proved_zero(text: &str) -> bool {
    let e = parsed(text);
    run(move || is_zero(&e)).expect("the worker").expect(text)
}

const IDENTITIES: &[&str] = &[
    "sigmoid(x) + sigmoid(-x) - 1",
    "tanh(x) - (2*sigmoid(2*x) - 1)",
    "softplus(x) - softplus(-x) - x",
    "gelu(x) + x*Phi(-x) - x",
    "gelu(x) - gelu(-x) - x",
    "silu(x) - silu(-x) - x",
    "log_sigmoid(x) + softplus(-x)",
    "log_sigmoid(x) - log(sigmoid(x))",
    "softplus(x) - log(1 + exp(x))",
    "softplus(x) - log1p(exp(x))",
    "mish(x) - x*(exp(2*x) + 2*exp(x))/(exp(2*x) + 2*exp(x) + 2)",
    "mish(x) - x*(1 - sigmoid(-x)^2)/(1 + sigmoid(-x)^2)",
    "telu(x) - x*(1 - 2/(1 + exp(2*exp(x))))",
    "gelu_tanh(x) - x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))",
    "gelu_tanh(x) - gelu_tanh(-x) - x",
    "Phi(x) + Phi(-x) - 1",
    "erf(x) + erfc(x) - 1",
    "erf(x) + erf(-x)",
    "phi(x) - phi(-x)",
    "phi(x) - exp(-x^2/2)/sqrt(2*pi)",
    "cosh(x)^2 - sinh(x)^2 - 1",
    "sin(x)^2 + cos(x)^2 - 1",
    "tan(x) - sin(x)/cos(x)",
    "tanh(x) - sinh(x)/cosh(x)",
    "tanh(2*x) - 2*tanh(x)/(1 + tanh(x)^2)",
    "sinh(2*x) - 2*sinh(x)*cosh(x)",
    "sigmoid(x)*(1 - sigmoid(x)) - exp(-x)/(1 + exp(-x))^2",
    "sigmoid(x)*(1 - sigmoid(x)) - (1 - tanh(x/2)^2)/4",
    "expm1(x) - exp(x) + 1",
    "exp(x)*exp(-x) - 1",
    "exp(x + 1) - e*exp(x)",
    "exp(log(x)) - x",
    "exp(x^2)/exp(x^2/2)^2 - 1",
    "exp(1/x)*exp(-1/x) - 1",
    "exp(x/(1 + x^2))*exp(-x/(1 + x^2)) - 1",
    "exp(sqrt(2/pi)*x)*exp(-sqrt(2/pi)*x) - 1",
    "isru(x)^2 - x^2/(1 + x^2)",
    "atan(x) + atan(-x)",
    "asinh(x) + asinh(-x)",
    "sqrt(2)*sqrt(3) - sqrt(6)",
    "1/(1 + sqrt(2)) - sqrt(2) + 1",
    "sigmoid(x - 1) - e^x/(e + e^x)",
    "(x^2 - 1)/(x - 1) - x - 1",
];

#[test]
fn identities_of_the_field_are_proved() {
    for text in IDENTITIES {
        assert!(proved_zero(text), "{text}");
    }
}

#[test]
fn near_identities_are_not() {
    for text in IDENTITIES {
        for near in [format!("{text} + 1e-30"), format!("{text} + x/10^40"), format!("{text} + exp(-x)/10^60")] {
            assert!(!proved_zero(&near), "{near}");
        }
    }
    for near in [
        "gelu(x) - gelu_tanh(x)",
        "gelu(x) - x*sigmoid(1.702*x)",
        "pi - 355/113",
        "erf(x) - tanh(2*x/sqrt(pi))",
        "tanh(x) - 2*sigmoid(2*x) + 1 - 1/10^50",
        "Phi(x) - sigmoid(sqrt(8/pi)*x)",
        "cosh(x)^2 - sinh(x)^2 + 1",
        "softplus(x) + softplus(-x) - x",
        "sqrt(2) - 1.4142135623730951",
        "e - 2.718281828459045",
    ] {
        assert!(!proved_zero(near), "{near}");
    }
}

#[test]
fn roots_of_fractions_keep_their_values() {
    for text in ["sqrt(5/4)", "(5/4)^(1/2)", "(5/4)^(1/3)", "(5/4)^(-1/2)", "(5/4)^1.5", "sqrt(8/9)", "sqrt(9/4)"] {
        let e = parsed(text);
        let back = run({
            let e = e.clone();
            move || convert::from_atom(convert::to_atom(&e).expect("an atom").as_atom_view()).expect("a tree")
        });
        let (back, value) = (back.expect("the worker"), crate::expr::constant(&e).expect("a value"));
        let found = crate::expr::constant(&back).expect("a value");
        assert!((found - value).abs() <= 4e-16 * value, "{text} came back as {back}");
    }
}

#[test]
fn derivative_rules_are_those_of_the_functions() {
    let mut tested = 0;
    for op in Op::ALL.iter().copied() {
        let Some(rule) = rules::derivative(op) else { continue };
        let (rule, f) = (Tape::new(&rule).expect("a rule"), Tape::new(&Expr::x().apply(op)).expect("a function"));
        let mut points = 0;
        for x in [-3.7, -1.3, -0.62, -0.1, 0.13, 0.5, 0.9, 1.2, 1.9, 2.6, 7.5] {
            // Pieces make the argument of the scaled Bessel functions positive.
            let bessel = matches!(op, Op::BesselI0e | Op::BesselI1e) && x < 0.0;
            let mut series = [0.0; 2];
            f.taylor(x, &mut series);
            if bessel || !series[0].is_finite() {
                continue;
            }
            points += 1;
            let error = (rule.eval(x) - series[1]).abs();
            assert!(error <= 4e-15 * (series[1].abs() + series[0].abs()), "{} at {x}: {error:e}", op.name());
        }
        assert!(points >= 4, "{}: {points} points", op.name());
        tested += 1;
    }
    assert!(tested >= 25, "{tested}");
}

/// Smooth expressions that are finite everywhere.
fn smooth() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        Just(Expr::x()),
        Just(Expr::x()),
        Just(Expr::pi()),
        (-6i64..7, 1i64..5).prop_map(|(p, q)| Expr::ratio(p, q)),
    ];
    leaf.prop_recursive(4, 14, 2, |inner| {
        let bounded =
            [Op::Tanh, Op::Sigmoid, Op::NormalCdf, Op::NormalPdf, Op::Erf, Op::Atan, Op::Sin, Op::Cos, Op::Asinh];
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(a, b)| Expr::call(Op::Add, [a, b])),
            pair.clone().prop_map(|(a, b)| Expr::call(Op::Sub, [a, b])),
            pair.clone().prop_map(|(a, b)| Expr::call(Op::Mul, [a, b])),
            pair.prop_map(|(a, b)| Expr::call(Op::Div, [a, Expr::int(2) + b.powi(2)])),
            (prop::sample::select(bounded.to_vec()), inner.clone()).prop_map(|(op, a)| a.apply(op)),
            inner.clone().prop_map(|a| a.apply(Op::Softplus)),
            inner.prop_map(|a| (Expr::int(1) + a.powi(2)).apply(Op::Sqrt)),
        ]
    })
}

/// Both forms at a few points, as far as doubles tell them apart: the size of the greatest part sets the rounding.
fn agree(a: &Expr, b: &Expr, tolerance: f64) -> Result<(), TestCaseError> {
    let (f, g) = (Tape::new(a).expect("compiles"), Tape::new(b).expect("compiles"));
    for x in [-1.7, -0.4, 0.3, 1.1, 2.3] {
        // Cancellation shows as a difference between neighbouring doubles.
        let noise = [x * (1.0 + 1e-15), x * (1.0 - 1e-15)].map(|y| {
            let moved = (f.eval(y) - f.eval(x)).abs().max((g.eval(y) - g.eval(x)).abs());
            if moved.is_finite() { moved } else { 0.0 }
        });
        let mut largest: f64 = 1.0;
        for e in [a, b] {
            e.visit(&mut |part| {
                let size = Tape::new(part).map_or(0.0, |t| t.eval(x).abs());
                largest = if size.is_finite() { largest.max(size) } else { f64::INFINITY };
            });
        }
        let (u, v) = (f.eval(x), g.eval(x));
        if largest > 1e6 || !u.is_finite() {
            continue;
        }
        prop_assert!(
            (u - v).abs() <= tolerance * largest + 100.0 * noise[0].max(noise[1]),
            "{a} and {b} at {x}: {u} {v}"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conversion_there_and_back_loses_nothing(e in smooth()) {
        let given = e.clone();
        let (back, same) = run(move || {
            let back = convert::from_atom(convert::to_atom(&given).expect("an atom").as_atom_view()).expect("a tree");
            // Too large for a normal form is no answer.
            let same = is_zero(&(back.clone() - given)).unwrap_or(true);
            (back, same)
        }).expect("the worker");
        prop_assert!(same, "{e} came back as {back}");
        agree(&e, &back, 1e-10)?;
    }

    #[test]
    fn simplifying_keeps_values(e in smooth()) {
        let given = e.clone();
        if let Ok(short) = run(move || simplify(&given, 60, &|_| 0)).expect("the worker") {
            agree(&e, &short, 1e-7)?;
        }
    }

    #[test]
    fn derivatives_are_taylor_coefficients(e in smooth()) {
        let given = e.clone();
        let d = run(move || differentiate(&given, Variable::X)).expect("the worker").expect("a derivative");
        let (f, d_tape) = (Tape::new(&e).expect("compiles"), Tape::new(&d).expect("compiles"));
        for x in [-1.7, -0.4, 0.3, 1.1, 2.3] {
            let mut series = [0.0; 2];
            f.taylor(x, &mut series);
            let error = (d_tape.eval(x) - series[1]).abs();
            let scale = 1.0 + series[0].abs() + series[1].abs();
            prop_assert!(!scale.is_finite() || scale > 1e6 || error <= 1e-9 * scale, "{e} at {x}: {error:e}");
        }
    }
}
