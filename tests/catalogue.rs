//! Laws of the catalogue: what a row declares is what its definition says.

use eafo::{Activation, CATALOGUE, Expr, Op, Piece, Tape, pieces};
use std::collections::BTreeSet;

/// The activation of a name at its default parameters, with its smooth pieces.
fn curve(name: &str) -> (Tape, Vec<Piece>) {
    let f = Activation::parse(name).and_then(|a| a.formula.bound()).unwrap();
    (Tape::new(&f).unwrap(), pieces(&f, f64::NEG_INFINITY, f64::INFINITY).unwrap())
}

#[test]
fn names_are_unique_and_resolve() {
    let mut seen = BTreeSet::new();
    for row in CATALOGUE {
        for name in std::iter::once(&row.name).chain(row.aliases) {
            assert!(seen.insert(*name), "{name} twice");
            let a = Activation::parse(name).unwrap();
            assert_eq!(a.entry, Some(row), "{name}");
            a.formula.bound().unwrap();
        }
        assert!(!row.source.is_empty());
    }
}

#[test]
fn definitions_are_canonical_texts_with_their_parameters() {
    for row in CATALOGUE {
        let e = Expr::parse(row.definition).unwrap();
        assert_eq!(e.to_string(), row.definition);
        let declared: BTreeSet<_> = row.parameters.iter().map(|p| p.name.into()).collect();
        assert_eq!(e.parameters(), declared, "{}", row.name);
    }
}

#[test]
fn named_operators_have_rows_that_agree_with_them() {
    let elementary = [Op::SumN, Op::ProdN, Op::MaxN, Op::MinN, Op::Square, Op::Reciprocal, Op::Zero, Op::One];
    let x = Expr::x();
    for op in Op::ALL.iter().filter(|op| !elementary.contains(op)) {
        if op.definition(&[x.clone(), x.clone()]).is_none() {
            continue;
        }
        let row = curve(op.name()).0;
        let operator = Tape::new(&Expr::call(*op, [x.clone()])).unwrap();
        for i in -80..=80 {
            let at = f64::from(i) / 10.0 + 0.03;
            let (a, b) = (row.eval(at), operator.eval(at));
            assert!((a - b).abs() <= 1e-15 * b.abs(), "{} at {at}: {a} {b}", op.name());
        }
    }
}

/// Where the value or the slope jumps between neighbouring pieces.
#[test]
fn kinks_are_those_declared() {
    for row in CATALOGUE {
        let (_, parts) = curve(row.name);
        let jumps = |pair: &[Piece]| {
            let at = pair[0].to.value;
            let side = |piece: &Piece| Tape::new(&piece.form).map(|t| (t.eval(at), t.derivative(at, 1))).unwrap();
            let ((a, slope_a), (b, slope_b)) = (side(&pair[0]), side(&pair[1]));
            ((a - b).abs() > 1e-12 || (slope_a - slope_b).abs() > 1e-12).then_some(at)
        };
        let found: Vec<f64> = parts.windows(2).filter_map(jumps).collect();
        assert_eq!(found, row.kinks, "{}", row.name);
    }
}

/// Sign changes of the derivative inside the pieces, by bisection to the last digit but one.
#[test]
fn critical_points_are_those_declared() {
    const CELLS: i32 = 4000;
    for row in CATALOGUE {
        let (_, parts) = curve(row.name);
        let mut found = vec![];
        for piece in parts.iter().filter(|p| p.form.has_x()) {
            let slope = Tape::new(&piece.form).unwrap();
            let slope = |x: f64| slope.derivative(x, 1);
            let (from, to) = (piece.from.value.max(-10.0), piece.to.value.min(10.0));
            // An irrational offset keeps grid points off the roots.
            let at = |i: i32| from + (to - from) * (f64::from(i) + 0.371_2) / f64::from(CELLS);
            for i in 0..CELLS - 1 {
                let (mut a, mut b) = (at(i), at(i + 1));
                if slope(a) * slope(b) < 0.0 {
                    while b - a > 4.0 * f64::EPSILON * a.abs() {
                        let middle = 0.5 * (a + b);
                        (a, b) = if slope(a) * slope(middle) <= 0.0 { (a, middle) } else { (middle, b) };
                    }
                    found.push(0.5 * (a + b));
                }
            }
        }
        assert_eq!(found.len(), row.critical_points.len(), "{}: {found:?}", row.name);
        for (found, declared) in found.iter().zip(row.critical_points) {
            // The slope carries rounding of a few units near its root, and so does the root.
            assert!((found - declared).abs() < 2e-14, "{}: {found} {declared}", row.name);
        }
    }
}
