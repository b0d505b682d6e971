//! Tapes against routes that share nothing with them, on random expressions: a walk of the tree as written, and
//! difference quotients.

use super::{Cmp, Expr, Node, Op, Tape, pieces, piecewise, to_f64};
use crate::numeric::special as sf;
use proptest::prelude::*;

/// Random expressions in operators that are smooth, or kinked, near the points of the tests.
fn expressions(kinked: bool) -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        4 => Just(Expr::x()),
        1 => Just(Expr::pi()),
        2 => (-30i64..30, 1i64..12).prop_map(|(p, q)| Expr::ratio(p, q)),
    ];
    leaf.prop_recursive(4, 24, 2, move |inner| {
        let functions = vec![
            Op::Neg, Op::Sin, Op::Cos, Op::Tanh, Op::Atan, Op::Asinh, Op::Erf, Op::Erfc, Op::NormalCdf, Op::NormalPdf,
            Op::Sigmoid, Op::LogSigmoid, Op::Softplus, Op::Square, Op::Gelu, Op::Silu, Op::Mish, Op::Isru, Op::GeluTanh,
        ];
        let smooth = (proptest::sample::select(functions), inner.clone()).prop_map(|(op, a)| a.apply(op));
        let infix = (proptest::sample::select(vec![Op::Add, Op::Sub, Op::Mul]), inner.clone(), inner.clone())
            .prop_map(|(op, a, b)| Expr::call(op, [a, b]));
        let quotient = (inner.clone(), inner.clone()).prop_map(|(a, b)| a / (Expr::int(1) + b.powi(2)));
        let exponential = inner.clone().prop_map(|a| (-a.powi(2)).apply(Op::Exp));
        let cmp = proptest::sample::select(vec![Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge]);
        let choice = (cmp, prop::collection::vec(inner.clone(), 4)).prop_map(|(c, args)| Expr::call(Op::Where(c), args));
        let kinks = (proptest::sample::select(vec![Op::Max, Op::Min]), inner.clone(), inner.clone())
            .prop_map(|(op, a, b)| Expr::call(op, [a, b]));
        let sides = (proptest::sample::select(vec![Op::Abs, Op::Relu, Op::Elu, Op::Softsign, Op::HardSwish]), inner)
            .prop_map(|(op, a)| a.apply(op));
        let weight = u32::from(kinked);
        prop_oneof![4 => smooth, 5 => infix, 1 => quotient, 1 => exponential, weight => choice, weight => kinks, weight => sides]
    })
}

/// The value by a walk of the tree, each operator as it is written.
fn walk(e: &Expr, x: f64) -> f64 {
    let (op, args) = match e.node() {
        Node::Num(n) => return to_f64(n),
        Node::Pi => return std::f64::consts::PI,
        Node::E => return std::f64::consts::E,
        Node::X => return x,
        Node::Param(_) => return f64::NAN,
        Node::Call(op, args) => (*op, args),
    };
    if let Some(definition) = op.definition(args) {
        return walk(&definition, x);
    }
    let v: Vec<f64> = args.iter().map(|a| walk(a, x)).collect();
    match (op, v.as_slice()) {
        (Op::Add, [a, b]) => a + b,
        (Op::Sub, [a, b]) => a - b,
        (Op::Mul, [a, b]) => a * b,
        (Op::Div, [a, b]) => a / b,
        (Op::Pow, [a, b]) => a.powf(*b),
        (Op::Max, [a, b]) => a.max(*b),
        (Op::Min, [a, b]) => a.min(*b),
        (Op::Where(c), [a, b, then, other]) => {
            if c.holds(*a, *b) {
                *then
            } else {
                *other
            }
        }
        (Op::Neg, [a]) => -a,
        (Op::Abs, [a]) => a.abs(),
        (Op::Exp, [a]) => a.exp(),
        (Op::Expm1, [a]) => a.exp_m1(),
        (Op::Sqrt, [a]) => a.sqrt(),
        (Op::Sin, [a]) => a.sin(),
        (Op::Cos, [a]) => a.cos(),
        (Op::Tanh, [a]) => a.tanh(),
        (Op::Atan, [a]) => a.atan(),
        (Op::Asinh, [a]) => a.asinh(),
        (Op::Erf, [a]) => libm::erf(*a),
        (Op::Erfc, [a]) => libm::erfc(*a),
        (Op::NormalCdf, [a]) => sf::normal_cdf(*a),
        (Op::NormalPdf, [a]) => sf::phi(*a),
        (Op::Sigmoid, [a]) => 1.0 / (1.0 + (-a).exp()),
        (Op::LogSigmoid, [a]) => -sf::softplus(-a),
        (Op::Softplus, [a]) => sf::softplus(*a),
        _ => f64::NAN,
    }
}

/// The largest modulus met in the tree at x: rounding errors are measured against it.
fn scale(e: &Expr, x: f64) -> f64 {
    let mut largest: f64 = 1.0;
    e.lowered().visit(&mut |part| largest = largest.max(walk(part, x).abs()));
    largest
}

/// Whether a comparison at x turns on the rounding of its sides: `where(x + sin(pi) <= x, ...)` has no value in doubles.
fn tied(e: &Expr, x: f64) -> bool {
    let mut tied = false;
    e.lowered().visit(&mut |part| {
        if let (Node::Call(Op::Where(_), _), [a, b, ..]) = (part.node(), part.args()) {
            let (left, right) = (walk(a, x), walk(b, x));
            tied |= (left - right).abs() <= 1e-9 * scale(a, x).max(scale(b, x));
        }
    });
    tied
}

/// f'(x) by central differences, Richardson extrapolated, and the change of the last extrapolation.
fn difference(f: impl Fn(f64) -> f64, x: f64) -> (f64, f64) {
    let central = |h: f64| (f(x + h) - f(x - h)) / (2.0 * h);
    let (a, b, c) = (central(4e-3), central(2e-3), central(1e-3));
    let (ab, bc) = ((4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0);
    ((16.0 * bc - ab) / 15.0, (bc - ab).abs())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tapes_evaluate_as_the_tree_is_written(e in expressions(true), x in -3.0..3.0f64) {
        let (got, want, scale) = (Tape::new(&e).expect("compiles").eval(x), walk(&e, x), scale(&e, x));
        // Sines of large arguments and ties of a comparison magnify rounding beyond any bound: large trees are left out.
        prop_assume!(scale < 1e3 && !tied(&e, x) && (walk(&e, x + 1e-12) - want).abs() < 1e-7);
        prop_assert!((got - want).abs() <= 1e-9 * scale, "{} at {}: {:e}, the tree {:e}", e, x, got, want);
    }

    #[test]
    fn first_coefficients_are_difference_quotients(e in expressions(false), x in -3.0..3.0f64) {
        let tape = Tape::new(&e).expect("compiles");
        let (want, error) = difference(|x| tape.eval(x), x);
        prop_assume!(scale(&e, x) < 1e3 && error < 1e-4 * (1.0 + want.abs()));
        let got = tape.derivative(x, 1);
        prop_assert!((got - want).abs() <= 1e-8 * scale(&e, x) + error, "{} at {}: {:e}, quotient {:e}", e, x, got, want);
    }

    #[test]
    fn higher_coefficients_are_difference_quotients_of_lower_ones(e in expressions(false), x in -3.0..3.0f64) {
        let tape = Tape::new(&e).expect("compiles");
        for k in 1..4 {
            let (want, error) = difference(|x| tape.derivative(x, k), x);
            let got = tape.derivative(x, k + 1);
            let size = scale(&e, x) * (1.0 + want.abs()).max(tape.derivative(x, k).abs());
            if size < 1e5 && error < 1e-4 * size {
                prop_assert!((got - want).abs() <= 1e-8 * size + error, "{} at {} order {}: {:e}, quotient {:e}", e, x, k + 1, got, want);
            }
        }
    }

    #[test]
    fn the_pieces_are_the_expression(e in expressions(true), x in -3.0..3.0f64) {
        // Infinitely many kinks are refused, which is no failure.
        if let Ok(all) = pieces(&e, -4.0, 4.0) {
            let clear = all.iter().all(|p| (p.from.value - x).abs() > 1e-6);
            prop_assert!(all.windows(2).all(|w| w[0].to == w[1].from && w[0].form != w[1].form), "{}", e);
            let (chain, want) = (Tape::new(&piecewise(&all)).expect("compiles").eval(x), Tape::new(&e).expect("compiles").eval(x));
            prop_assume!(clear && scale(&e, x) < 1e3 && !tied(&e, x));
            prop_assert!((chain - want).abs() <= 1e-9 * scale(&e, x), "{} at {}: {:e}, pieces {:e}", e, x, want, chain);
        }
    }
}
