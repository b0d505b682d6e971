//! The closed form A + (B - A) F, in the words of the field: sigmoid, tanh, erf, atan, softsign, hard_sigmoid.

use super::{WorstSolution, proof};
use crate::cas::scaled;
use crate::error::Result;
use crate::expr::{Bound, Cmp, Expr, Node, Op, Piece, pieces};
use crate::input::Input;
use num_rational::BigRational;
use num_traits::Zero;

/// Puts the activation, its pieces and the checks into the solution.
pub(super) fn solve(solution: &mut WorstSolution) -> Result<()> {
    let problem = &solution.problem;
    let (Some(low), Some(high)) = (problem.range.0.exact.clone(), problem.range.1.exact.clone()) else {
        return Ok(());
    };
    let inside = problem.inside().clone();
    let form = match inside.cdf() {
        Some(cdf) => between(&low, &high, &cdf),
        None => {
            solution.closed = false;
            let cdf = interpolated(&inside);
            let all = format!(
                "{} has no closed distribution function here: the activation is a monotone cubic interpolation of it \
                 between quantiles, and how far it is off stands among the checks",
                inside.text()
            );
            solution.notes.push(all);
            between(&low, &high, &cdf)
        }
    };
    let f = extended(form, &inside, solution.closed, &low, &high);
    solution.pieces = pieces(&f, f64::NEG_INFINITY, f64::INFINITY)?;
    solution.checks = proof::checks(solution, &f)?;
    solution.activation = Some(f);
    Ok(())
}

/// A + (B - A) F; a range about 0 in odd functions, where F is 1/2 plus one.
fn between(low: &Expr, high: &Expr, cdf: &Expr) -> Expr {
    let middle = sum(low, high, 1);
    let half = sum(high, low, -1);
    if let Node::Call(Op::Where(cmp), args) = cdf.node() {
        let (then, other) = (between(low, high, &args[2]), between(low, high, &args[3]));
        return Expr::call(Op::Where(*cmp), [args[0].clone(), args[1].clone(), then, other]);
    }
    if let Some(odd) = odd(cdf, middle.is_zero()) {
        return middle + times(&half, &odd);
    }
    low.clone() + times(&(high.clone() - low.clone()), cdf)
}

/// (a + sign b)/2
fn sum(a: &Expr, b: &Expr, sign: i64) -> Expr {
    let both = if sign > 0 { a.clone() + b.clone() } else { a.clone() - b.clone() };
    times(&Expr::ratio(1, 2), &both)
}

/// c e with the rational factors in front made one.
fn times(c: &Expr, e: &Expr) -> Expr {
    match (c.as_num(), e.as_num()) {
        (Some(c), None) if !c.is_zero() => scaled(c.clone(), e),
        _ => c.clone() * e.clone(),
    }
}

/// h in F = (1 + h)/2. Only a range about 0 asks for the tanh of a sigmoid.
fn odd(cdf: &Expr, centred: bool) -> Option<Expr> {
    let half = || BigRational::new(1.into(), 2.into());
    match (cdf.node(), cdf.args()) {
        (Node::Call(Op::NormalCdf, _), [z]) => Some(root_half(z).apply(Op::Erf)),
        (Node::Call(Op::Sigmoid, _), [z]) if centred => Some(scaled(half(), z).apply(Op::Tanh)),
        (Node::Call(Op::Add, _), [a, h]) if a.as_num() == Some(&half()) => Some(doubled(h)),
        _ => None,
    }
}

fn doubled(e: &Expr) -> Expr {
    scaled(BigRational::from_integer(2.into()), e)
}

/// z/sqrt(2), one denominator where z has one.
fn root_half(z: &Expr) -> Expr {
    let root = || Expr::int(2).apply(Op::Sqrt);
    match (z.node(), z.args()) {
        (Node::Call(Op::Div, _), [a, b]) => a.clone() / (b.clone() * root()),
        _ => z.clone() / root(),
    }
}

/// The form on the support, continued by its end values: max and min where it is linear, hard_sigmoid and hard_tanh where
/// it is one of these, `where` otherwise.
fn extended(form: Expr, inside: &Input, closed: bool, low: &Expr, high: &Expr) -> Expr {
    let (a, b) = inside.support();
    if !closed || (!a.is_finite() && !b.is_finite()) {
        return form;
    }
    if linear(&form) && a.is_finite() && b.is_finite() {
        let is = |l: i64, h: i64, at: f64| *low == Expr::int(l) && *high == Expr::int(h) && a == -at && b == at;
        return match () {
            () if is(0, 1, 3.0) => Expr::x().apply(Op::HardSigmoid),
            () if is(-1, 1, 1.0) => Expr::x().apply(Op::HardTanh),
            () => Expr::call(Op::Max, [low.clone(), Expr::call(Op::Min, [high.clone(), form])]),
        };
    }
    let cut = |at: f64, cmp, value: &Expr, rest: Expr| {
        Expr::call(Op::Where(cmp), [Expr::x(), Expr::float(at), value.clone(), rest])
    };
    let upper = if b.is_finite() { cut(b, Cmp::Gt, high, form) } else { form };
    if a.is_finite() { cut(a, Cmp::Lt, low, upper) } else { upper }
}

fn linear(e: &Expr) -> bool {
    match e.node() {
        Node::X | Node::Num(_) | Node::Pi | Node::E => true,
        Node::Call(Op::Add | Op::Sub | Op::Neg, args) => args.iter().all(linear),
        Node::Call(Op::Mul, args) => args.iter().all(linear) && args.iter().filter(|a| a.has_x()).count() < 2,
        Node::Call(Op::Div, args) => linear(&args[0]) && !args[1].has_x(),
        _ => !e.has_x(),
    }
}

/// Quantiles between which a distribution function without closed form is interpolated.
const QUANTILES: usize = 257;

/// The monotone cubic through the distribution function at quantiles, with the density as slope, held to three times the
/// slope of either secant (Fritsch and Carlson 1980), with more nodes where it is off between them; 0 and 1 outside.
pub(in crate::solve) fn interpolated(input: &Input) -> Expr {
    let (a, b) = input.support();
    let reach = 25.0;
    let inner = (0..QUANTILES).map(|i| reach * (2.0 * i as f64 / (QUANTILES - 1) as f64 - 1.0));
    let mut nodes: Vec<f64> = inner.map(|t| input.quantile(1.0 / (1.0 + f64::exp(-t)))).collect();
    nodes.extend(input.breakpoints());
    nodes.extend([a, b]);
    nodes.retain(|x| x.is_finite());
    nodes.sort_by(f64::total_cmp);
    nodes.dedup();
    let node = |x: f64| Knot { x, value: input.cdf_at(x), slope: input.pdf(x) };
    let mut parts: Vec<(Bound, Expr)> =
        nodes.first().map(|&first| (Bound::at(first), Expr::int(0))).into_iter().collect();
    let mut cuts = MOST_CUTS;
    let mut ahead: Vec<Knot> = nodes.iter().rev().map(|&x| node(x)).collect();
    while let (Some(from), Some(to)) = (ahead.pop(), ahead.last().copied()) {
        let [d, quadratic, cubic] = coefficients(&from, &to);
        let middle = node(0.5 * (from.x + to.x));
        let z = middle.x - from.x;
        let off = from.value + z * (d + z * (quadratic + z * cubic)) - middle.value;
        // Where the density is singular or has a kink the cubic is cut in two, and again.
        if off.abs() > OFF && cuts > 0 && from.x < middle.x && middle.x < to.x {
            cuts -= 1;
            ahead.extend([middle, from]);
            continue;
        }
        let (z, number) = (Expr::x() - Expr::float(from.x), Expr::float);
        let inner = number(quadratic) + z.clone() * number(cubic);
        parts.push((Bound::at(to.x), number(from.value) + z.clone() * (number(d) + z * inner)));
    }
    parts.push((Bound::at(f64::INFINITY), Expr::int(1)));
    selected(&parts)
}

/// How far a cubic may be off in the middle of its piece, and how many more pieces that may take.
const OFF: f64 = 2e-7;
const MOST_CUTS: usize = 2000;

/// A distribution function and its density at a point.
#[derive(Debug, Clone, Copy)]
struct Knot {
    x: f64,
    value: f64,
    slope: f64,
}

/// The coefficients of z, z^2 and z^3 of the monotone cubic between two nodes, z = x - from.
fn coefficients(from: &Knot, to: &Knot) -> [f64; 3] {
    let width = to.x - from.x;
    let secant = (to.value - from.value) / width;
    let held = |p: f64| if p.is_finite() { p.min(3.0 * secant) } else { 3.0 * secant };
    let (d0, d1) = (held(from.slope), held(to.slope));
    [d0, (3.0 * secant - 2.0 * d0 - d1) / width, (d0 + d1 - 2.0 * secant) / (width * width)]
}

/// The forms, each up to its end, as a balanced tree of `where`.
pub(in crate::solve) fn selected(parts: &[(Bound, Expr)]) -> Expr {
    match parts {
        [] => Expr::int(0),
        [(_, form)] => form.clone(),
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            let end = left.last().map_or(Expr::int(0), |(end, _)| end.exact.clone().unwrap_or(Expr::float(end.value)));
            Expr::call(Op::Where(Cmp::Lt), [Expr::x(), end, selected(left), selected(right)])
        }
    }
}

/// The closed form as one piece per interval of its pieces on the support.
pub(super) fn on_support(f: &Expr, input: &Input) -> Result<Vec<Piece>> {
    let (a, b) = input.support();
    pieces(f, a, b)
}
