//! Where an expression without kinks changes sign: by exact rules as far as they go (products, quotients, monotone odd
//! functions, affine and quadratic polynomials), numerically beyond.

use super::function::Function;
use super::pieces::Bound;
use super::tape::Step;
use super::{Expr, Node, Op, Tape, constant};
use crate::error::{Error, Result};
use crate::numeric::scan;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

/// Cells of the numeric search; the finer grid is for functions that oscillate.
const CELLS: usize = 800;
const FINE_CELLS: usize = 20_000;
/// Where an oscillation on an infinite interval is looked for, and over what length.
const FAR: [f64; 3] = [1e3, 1.1e4, 1.2e5];
const FAR_LENGTH: f64 = 60.0;

/// All points strictly between `from` and `to` where `e` may change sign, roots and poles, in order.
///
/// # Errors
/// [`Error::Unsupported`] where there are infinitely many.
pub(super) fn zeros(e: &Expr, from: f64, to: f64) -> Result<Vec<Bound>> {
    let mut found = Vec::new();
    collect(e, from, to, &mut found)?;
    found.retain(|b| from < b.value && b.value < to);
    found.sort_by(|a, b| a.value.total_cmp(&b.value));
    Ok(found)
}

/// Functions whose zeros are looked at in [`singular_candidates`].
const MOST_DECIDING: usize = 64;

/// Points strictly between `from` and `to` where a denominator is 0, or the argument of a logarithm, a root or an inverse
/// function at an end of its domain: in order, with points among them at which nothing happens. Where there are infinitely
/// many, those of [-within, within].
pub(crate) fn singular_candidates(e: &Expr, from: f64, to: f64, within: f64) -> Vec<f64> {
    let mut deciding: Vec<Expr> = Vec::new();
    e.visit(&mut |node| {
        let Node::Call(op, args) = node.node() else { return };
        let one = || Expr::int(1);
        let all = match (op, &**args) {
            (Op::Div, [_, b]) => vec![b.clone()],
            (Op::Pow, [base, n]) if n.as_num().is_none_or(|n| n.is_negative() || !n.is_integer()) => vec![base.clone()],
            (Op::Log | Op::Sqrt, [a]) => vec![a.clone()],
            (Op::Log1p, [a]) => vec![a.clone() + one()],
            (Op::Acosh, [a]) => vec![a.clone() - one()],
            (Op::Asin | Op::Acos | Op::Atanh, [a]) => vec![a.clone() - one(), a.clone() + one()],
            _ => vec![],
        };
        for function in all.into_iter().filter(Expr::has_x) {
            if deciding.len() < MOST_DECIDING && !deciding.contains(&function) {
                deciding.push(function);
            }
        }
    });
    let mut found: Vec<f64> = Vec::new();
    for function in deciding {
        let all = zeros(&function, from, to).or_else(|_| zeros(&function, from.max(-within), to.min(within)));
        found.extend(all.into_iter().flatten().map(|b| b.value));
    }
    found.sort_by(f64::total_cmp);
    found.dedup();
    found
}

fn collect(e: &Expr, from: f64, to: f64, found: &mut Vec<Bound>) -> Result<()> {
    if !e.has_x() {
        return Ok(());
    }
    if let Some(coefficients) = quadratic(e) {
        return roots_of(&coefficients, found);
    }
    if let Node::Call(op, args) = e.node() {
        match (op, &**args) {
            (Op::Mul | Op::Div, [a, b]) => {
                collect(a, from, to, found)?;
                return collect(b, from, to, found);
            }
            (Op::Pow, [base, n]) if n.as_num().is_some() => return collect(base, from, to, found),
            (
                Op::Neg
                | Op::Expm1
                | Op::Log1p
                | Op::Sqrt
                | Op::Sinh
                | Op::Tanh
                | Op::Asin
                | Op::Atan
                | Op::Asinh
                | Op::Atanh
                | Op::Erf
                | Op::BesselI1e,
                [a],
            ) => return collect(a, from, to, found),
            (
                Op::Exp
                | Op::Cosh
                | Op::NormalCdf
                | Op::NormalPdf
                | Op::Sigmoid
                | Op::Softplus
                | Op::Erfc
                | Op::LogSigmoid
                | Op::BesselI0e,
                [_],
            ) => return Ok(()),
            (Op::Log | Op::Acosh, [a]) => return collect(&(a.clone() - Expr::int(1)), from, to, found),
            _ => {}
        }
    }
    if let Some(u) = exponential_level(e)? {
        return collect(&u, from, to, found);
    }
    if let Some(rest) = without_factor_x(e) {
        found.push(Bound { value: 0.0, exact: Some(Expr::int(0)) });
        return collect(&rest, from, to, found);
    }
    numeric(e, from, to, found)
}

/// u - log(c) where e is exp(u) - c or c - exp(u) with a constant c; 1 where it has one sign, c being at most 0.
fn exponential_level(e: &Expr) -> Result<Option<Expr>> {
    let (Node::Call(Op::Sub, _), [a, b]) = (e.node(), e.args()) else { return Ok(None) };
    let (f, c) = if a.has_x() { (a, b) } else { (b, a) };
    let (Node::Call(Op::Exp, _), [u], false) = (f.node(), f.args(), c.has_x()) else { return Ok(None) };
    Ok(Some(match constant(c)? {
        _ if c.is_one() => u.clone(),
        value if value > 0.0 => u.clone() - c.clone().apply(Op::Log),
        _ => Expr::int(1),
    }))
}

fn numeric(e: &Expr, from: f64, to: f64, found: &mut Vec<Bound>) -> Result<()> {
    let tape = Tape::new(e)?;
    let f = |x| tape.eval(x);
    let add = |found: &mut Vec<Bound>, a: f64, b: f64, cells| {
        found.extend(scan(f, a, b, cells).into_iter().map(|value| Bound { value, exact: None }));
    };
    // A constant argument would have been folded, so these are functions of x.
    let periodic = |s: &Step| matches!(s, Step::Call(Function::Sin | Function::Cos | Function::Tan, _));
    if !tape.steps.iter().any(periodic) {
        add(found, from, to, CELLS);
        return Ok(());
    }
    for (end, side) in [(from, -1.0), (to, 1.0)] {
        let beyond = |r: f64| if side > 0.0 { (r, r + FAR_LENGTH) } else { (-r - FAR_LENGTH, -r) };
        let again = |r: &f64| !scan(f, beyond(*r).0, beyond(*r).1, CELLS).is_empty();
        if end.is_infinite() && (FAR.iter().all(again) || has_poles_far_out(&tape, side * FAR[2])) {
            return Err(Error::Unsupported(format!(
                "`{e}` changes sign infinitely often, so that there are infinitely many kinks; bound the input"
            )));
        }
    }
    let middle = (from.clamp(-FAR[0], FAR[0]), to.clamp(-FAR[0], FAR[0]));
    if from < middle.0 {
        add(found, from, middle.0, CELLS);
        found.push(Bound { value: middle.0, exact: None });
    }
    add(found, middle.0, middle.1, FINE_CELLS);
    if middle.1 < to {
        found.push(Bound { value: middle.1, exact: None });
        add(found, middle.1, to, CELLS);
    }
    Ok(())
}

/// Whether a tangent occurs whose argument has passed many poles at this point; its sign changes may be too close
/// together for any grid.
fn has_poles_far_out(tape: &Tape, x: f64) -> bool {
    tape.steps.iter().any(|step| match step {
        Step::Call(Function::Tan, a) => tape.register(*a, x).abs() > 100.0,
        _ => false,
    })
}

/// The coefficients, constants each, of a polynomial in x of degree at most 2.
fn quadratic(e: &Expr) -> Option<[Expr; 3]> {
    let zero = || Expr::int(0);
    if !e.has_x() {
        return Some([e.clone(), zero(), zero()]);
    }
    match (e.node(), e.args()) {
        (Node::X, _) => Some([zero(), Expr::int(1), zero()]),
        (Node::Call(Op::Neg, _), [a]) => quadratic(a).map(|p| p.map(|c| -c)),
        (Node::Call(op @ (Op::Add | Op::Sub), _), [a, b]) => {
            let ([a0, a1, a2], [b0, b1, b2]) = (quadratic(a)?, quadratic(b)?);
            Some(match op {
                Op::Add => [a0 + b0, a1 + b1, a2 + b2],
                _ => [a0 - b0, a1 - b1, a2 - b2],
            })
        }
        (Node::Call(Op::Mul, _), [a, b]) => product(quadratic(a)?, quadratic(b)?),
        (Node::Call(Op::Div, _), [a, b]) if !b.has_x() => quadratic(a).map(|p| p.map(|c| c / b.clone())),
        (Node::Call(Op::Pow, _), [a, n]) if *n == Expr::int(2) => {
            let p = quadratic(a)?;
            product(p.clone(), p)
        }
        _ => None,
    }
}

fn product([a0, a1, a2]: [Expr; 3], [b0, b1, b2]: [Expr; 3]) -> Option<[Expr; 3]> {
    let vanishes = |p: &Expr, q: &Expr| p.is_zero() || q.is_zero();
    if !(vanishes(&a1, &b2) && vanishes(&a2, &b1) && vanishes(&a2, &b2)) {
        return None;
    }
    let linear = a0.clone() * b1.clone() + a1.clone() * b0.clone();
    Some([a0.clone() * b0.clone(), linear, a0 * b2 + a1 * b1 + a2 * b0])
}

/// The real roots of c0 + c1 x + c2 x^2.
fn roots_of([c0, c1, c2]: &[Expr; 3], found: &mut Vec<Bound>) -> Result<()> {
    let (v0, v1, v2) = (constant(c0)?, constant(c1)?, constant(c2)?);
    let linear = |c0: &Expr, c1: &Expr| -> Result<Bound> {
        let root = -(c0.clone() / c1.clone());
        Ok(Bound { value: constant(&root)? + 0.0, exact: Some(root) })
    };
    if v2 == 0.0 {
        if v1 != 0.0 {
            found.push(linear(c0, c1)?);
        }
        return Ok(());
    }
    if c0.is_zero() {
        found.push(Bound { value: 0.0, exact: Some(Expr::int(0)) });
        if v1 != 0.0 {
            found.push(linear(c1, c2)?);
        }
        return Ok(());
    }
    let discriminant = c1.clone().powi(2);
    let discriminant = match c1.as_num() {
        Some(n) => Expr::num(n * n),
        None => discriminant,
    } - Expr::int(4) * c2.clone() * c0.clone();
    let d = constant(&discriminant)?;
    if d < 0.0 || !d.is_finite() {
        return Ok(());
    }
    // The root of larger modulus first; the other from the product c0/c2, without cancellation.
    let q = -0.5 * (v1 + d.sqrt().copysign(v1));
    let (minus, plus) = if v1 < 0.0 { (v0 / q, q / v2) } else { (q / v2, v0 / q) };
    let values = if c1.is_zero() { (-(-v0 / v2).sqrt(), (-v0 / v2).sqrt()) } else { (minus, plus) };
    let (low, high) = if values.0 <= values.1 { values } else { (values.1, values.0) };
    let twice = Expr::int(2) * c2.clone();
    let (centre, distance) = match (c1.as_num(), discriminant.as_num(), twice.as_num()) {
        (Some(b), Some(d), Some(a)) => (Expr::num(-b / a), square_root(&Expr::num(d / (a * a)))),
        _ => {
            let size = if v2 < 0.0 { -twice.clone() } else { twice.clone() };
            (-c1.clone() / twice, square_root(&discriminant) / size)
        }
    };
    found.push(Bound { value: low, exact: Some(centre.clone() - distance.clone()) });
    found.push(Bound { value: high, exact: Some(centre + distance) });
    Ok(())
}

/// The square root, rational where it can be.
fn square_root(e: &Expr) -> Expr {
    let exact = |n: &BigInt| Some(n.sqrt()).filter(|r| r * r == *n);
    let rational = e
        .as_num()
        .filter(|n| !n.is_negative())
        .and_then(|n| Some(BigRational::new(exact(n.numer())?, exact(n.denom())?)));
    rational.map_or_else(|| e.clone().apply(Op::Sqrt), Expr::num)
}

/// e/x, where x is plainly a factor of e.
fn without_factor_x(e: &Expr) -> Option<Expr> {
    match (e.node(), e.args()) {
        (Node::X, _) => Some(Expr::int(1)),
        (Node::Num(n), _) if n.is_zero() => Some(e.clone()),
        (Node::Call(Op::Neg, _), [a]) => Some(-without_factor_x(a)?),
        (Node::Call(Op::Add, _), [a, b]) => Some(without_factor_x(a)? + without_factor_x(b)?),
        (Node::Call(Op::Sub, _), [a, b]) => Some(without_factor_x(a)? - without_factor_x(b)?),
        (Node::Call(Op::Mul, _), [a, b]) => match without_factor_x(a) {
            Some(rest) => Some(rest * b.clone()),
            None => Some(a.clone() * without_factor_x(b)?),
        },
        (Node::Call(Op::Div, _), [a, b]) => Some(without_factor_x(a)? / b.clone()),
        (Node::Call(Op::Pow, _), [base, n]) if matches!(base.node(), Node::X) => {
            let n = n.as_num().filter(|n| n.is_integer() && n.is_positive())?;
            let rest = Expr::num(n - BigRational::from_integer(1.into()));
            Some(if rest.is_zero() { Expr::int(1) } else { Expr::call(Op::Pow, [Expr::x(), rest]) })
        }
        _ => None,
    }
}
