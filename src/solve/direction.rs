//! The correction in closed form, cell by cell: a cell is an interval on which the activation and every component of the
//! input's density are smooth. On a cell the correction of one component is its density times the score difference
//! s = p'/p - f''/f', which algebra brings to its shortest stable form.

use super::Metric;
use crate::cas::{self, Variable};
use crate::error::{Error, Result};
use crate::expr::{self, Bound, Expr, Node, Op, Piece, Tape};
use crate::input::Input;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// An interval with one smooth form of everything.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its lower end.
    pub from: Bound,
    /// Its upper end.
    pub to: Bound,
    /// The activation there.
    pub activation: Expr,
    /// Whether the activation is constant there.
    pub flat: bool,
    /// The density's components there.
    pub parts: Vec<Part>,
    /// Where there are several of them: the Lagrange terms of the whole, from the second order on.
    pub orders: Vec<Expr>,
}

/// One component of the density on a cell.
#[derive(Debug, Clone)]
pub struct Part {
    /// The constant in front: weight times normaliser.
    pub constant: Expr,
    /// The rest: density = constant * kernel.
    pub kernel: Expr,
    /// The density, weight included, in the field's words.
    pub density: Expr,
    /// The factor of the metric: s, s/f' ...; filled in by [`solve`].
    pub factor: Expr,
    /// Coefficients of the higher orders, from the second on: the n-th term is density^n times the n-th of these.
    pub orders: Vec<Expr>,
}

/// Cuts the support of the input into cells.
pub fn cells(activation: &Expr, input: &Input) -> Result<Vec<Cell>> {
    let (low, high) = input.support();
    let f = expr::pieces(activation, low, high)?;
    let mut densities = Vec::new();
    for component in input.components() {
        let within = |e: &Expr| expr::pieces(e, component.from, component.to);
        densities.push((within(&component.kernel)?, within(&component.density)?, component));
    }
    let mut cuts: Vec<Bound> = Vec::new();
    let mut cut = |b: &Bound| {
        if (low..=high).contains(&b.value) && !cuts.iter().any(|c| c.value == b.value) {
            cuts.push(b.clone());
        }
    };
    let all = f.iter().chain(densities.iter().flat_map(|(kernel, density, _)| kernel.iter().chain(density)));
    all.for_each(|piece| {
        cut(&piece.from);
        cut(&piece.to);
    });
    cuts.sort_by(|a, b| a.value.total_cmp(&b.value));
    let mut cells = Vec::new();
    for pair in cuts.windows(2) {
        let (from, to) = (pair[0].clone(), pair[1].clone());
        let inside = interior(from.value, to.value);
        let form = |pieces: &[Piece]| {
            pieces.iter().find(|p| p.from.value <= inside && inside <= p.to.value).map(|p| p.form.clone())
        };
        let Some(activation) = form(&f) else { continue };
        let mut parts = Vec::new();
        for (kernel, density, component) in &densities {
            if let (Some(kernel), Some(density)) = (form(kernel), form(density)) {
                let constant = component.weight.clone() * component.normaliser.clone();
                let density = component.weight.clone() * density;
                parts.push(Part { constant, kernel, density, factor: Expr::int(0), orders: vec![] });
            }
        }
        cells.push(Cell { from, to, flat: !activation.has_x(), activation, parts, orders: vec![] });
    }
    Ok(cells)
}

/// A point inside an interval that may be infinite.
pub fn interior(from: f64, to: f64) -> f64 {
    match (from.is_finite(), to.is_finite()) {
        (true, true) => from + 0.5 * (to - from),
        (true, false) => from + 1.0 + from.abs(),
        (false, true) => to - 1.0 - to.abs(),
        (false, false) => 0.0,
    }
}

/// Fills in the factors of every cell by algebra.
///
/// # Errors
/// [`Error::Algebra`] when symbolica cannot be used.
pub fn solve(mut cells: Vec<Cell>, metric: Metric, order: u32, input: &Input) -> Result<Vec<Cell>> {
    let samples: Vec<Vec<f64>> = cells.iter().map(|c| sample_points(c, input)).collect();
    cas::run(move || {
        for (cell, points) in cells.iter_mut().zip(&samples) {
            solve_cell(cell, metric, order, points)?;
        }
        Ok(cells)
    })?
}

/// Points of a cell at which a form has to keep its digits: the bulk of the input and both tails.
fn sample_points(cell: &Cell, input: &Input) -> Vec<f64> {
    let (centre, width) = super::correction::scale_of(input);
    let near = [0.0, 0.03, 0.3, 1.0, 2.3, 5.0, 9.0, 17.0, 31.0, 45.0];
    let mut points: Vec<f64> = near.iter().flat_map(|z| [centre - width * z, centre + width * z]).collect();
    points.push(interior(cell.from.value, cell.to.value));
    points.extend([1e-12, 1e-6, 1.0 - 1e-6, 1.0 - 1e-12].map(|p| input.quantile(p)));
    points.retain(|x| cell.from.value < *x && *x < cell.to.value);
    points
}

fn solve_cell(cell: &mut Cell, metric: Metric, order: u32, points: &[f64]) -> Result<()> {
    if cell.flat && metric != Metric::Inverse {
        return Ok(()); // no bounded direction; the status says so
    }
    let f = cell.activation.lowered();
    let f1 = if cell.flat { Expr::int(0) } else { cas::differentiate(&f, Variable::X)? };
    let f2 = if cell.flat { Expr::int(0) } else { cas::differentiate(&f1, Variable::X)? };
    let curvature = if f2.is_zero() { Expr::int(0) } else { f2 / f1.clone() };
    let divisor = if metric == Metric::Inverse { Expr::int(1) } else { f1.clone() };
    for part in &mut cell.parts {
        let kernel = part.kernel.lowered();
        // Brought to its short form first: the exponentials of the density cancel in it.
        let score = cas::differentiate(&kernel, Variable::X)? / kernel;
        let score = cas::simplify(&score, &|_| 0).unwrap_or(score).lowered();
        let raw = (score.clone() - curvature.clone()) / divisor.clone();
        let reference = |x: f64| reference(&part.kernel, &cell.activation, metric, x);
        part.factor = best_form(&raw, points, &reference)?;
        part.orders = orders(&part.factor, &score, &f1, order, points)?;
    }
    if cell.parts.len() > 1 {
        cell.orders = mixed_orders(&cell.parts, &f1, order)?;
    }
    Ok(())
}

/// The Lagrange terms of a mixture, as the derivatives stand: a sum of densities has no common factor to take out.
fn mixed_orders(parts: &[Part], f1: &Expr, order: u32) -> Result<Vec<Expr>> {
    let correction = parts.iter().map(|p| product(&p.density, &p.factor)).fold(Expr::int(0), |sum, term| sum + term);
    let mut found = Vec::new();
    for n in 2..=i64::from(order) {
        let mut term = if f1.is_zero() { Expr::int(0) } else { correction.lowered().powi(n) / f1.clone().powi(n - 1) };
        let mut factorial = 1;
        for k in 1..n {
            term = cas::differentiate(&term, Variable::X)?;
            factorial *= k + 1;
        }
        found.push(divide(term, Expr::int(factorial)));
    }
    Ok(found)
}

/// Lagrange reversion: the n-th term is (1/n!) d^(n-1)/dx^(n-1) [(D/f')^n f'] with D = p s, and d(p^n q) = p^n (n p'/p q + q').
fn orders(s: &Expr, score: &Expr, f1: &Expr, order: u32, points: &[f64]) -> Result<Vec<Expr>> {
    let mut found = Vec::new();
    for n in 2..=i64::from(order) {
        let mut q = if f1.is_zero() { Expr::int(0) } else { s.lowered().powi(n) / f1.clone().powi(n - 1) };
        let mut factorial = 1;
        for k in 1..n {
            q = Expr::int(n) * score.clone() * q.clone() + cas::differentiate(&q, Variable::X)?;
            q = cas::simplify(&q, &|_| 0).unwrap_or(q).lowered();
            factorial *= k + 1;
        }
        let term = q / Expr::int(factorial);
        let tape = Tape::new(&term)?;
        found.push(best_form(&term, points, &|x| Some(tape.eval(x)))?);
    }
    Ok(found)
}

/// The factor by automatic differentiation, the route that knows nothing of algebra.
fn reference(kernel: &Expr, activation: &Expr, metric: Metric, x: f64) -> Option<f64> {
    let jet = |e: &Expr| {
        let mut out = [0.0; 3];
        Tape::new(e).ok()?.taylor(x, &mut out);
        out.iter().all(|v| v.is_finite()).then_some(out)
    };
    let (p, f) = (jet(kernel)?, jet(activation)?);
    let curvature = if f[2] == 0.0 { 0.0 } else { 2.0 * f[2] / f[1] };
    let s = p[1] / p[0] - curvature;
    let value = if metric == Metric::Inverse { s } else { s / f[1] };
    value.is_finite().then_some(value)
}

/// The shortest accurate form of an expression; the expression itself where it is too large for a normal form.
fn best_form(raw: &Expr, points: &[f64], reference: &dyn Fn(f64) -> Option<f64>) -> Result<Expr> {
    let targets: Vec<(f64, f64)> = points.iter().filter_map(|x| Some((*x, reference(*x)?))).collect();
    let faults = |form: &Expr| {
        let Ok(tape) = Tape::new(form) else { return usize::MAX };
        let off = |(x, target): &&(f64, f64)| {
            let error = (tape.eval(*x) - target).abs();
            !(error <= 1e-11 * target.abs().max(1e-3))
        };
        targets.iter().filter(off).count()
    };
    match cas::simplify(raw, &faults) {
        Ok(form) => Ok(form),
        Err(Error::Algebra(_)) => Ok(raw.clone()),
        Err(other) => Err(other),
    }
}

/// a b as one flat product or quotient, so that it prints without brackets: x*(y/z) is x*y/z.
pub fn multiply(a: Expr, b: Expr) -> Expr {
    match b.node() {
        Node::Call(Op::Neg, inner) => -multiply(a, inner[0].clone()),
        Node::Call(Op::Mul, f) => multiply(multiply(a, f[0].clone()), f[1].clone()),
        Node::Call(Op::Div, f) => divide(multiply(a, f[0].clone()), f[1].clone()),
        _ => match a.node() {
            Node::Call(Op::Neg, inner) => -multiply(inner[0].clone(), b),
            Node::Call(Op::Div, f) => divide(multiply(f[0].clone(), b), f[1].clone()),
            _ => a * b,
        },
    }
}

/// a/b as one quotient: (a/c)/b is a/(c*b), with constant factors joined.
pub fn divide(a: Expr, b: Expr) -> Expr {
    match a.node() {
        Node::Call(Op::Neg, inner) => -divide(inner[0].clone(), b),
        Node::Call(Op::Div, f) => {
            let (c, d) = (split_coefficient(&f[1]), split_coefficient(&b));
            f[0].clone() / multiply(Expr::num(c.0 * d.0), multiply(c.1, d.1))
        }
        _ => a / b,
    }
}

/// A rational factor in front, and the rest.
pub fn split_coefficient(e: &Expr) -> (BigRational, Expr) {
    match e.node() {
        Node::Num(n) => (n.clone(), Expr::int(1)),
        Node::Call(Op::Neg, a) => {
            let (c, rest) = split_coefficient(&a[0]);
            (-c, rest)
        }
        Node::Call(Op::Mul, f) => {
            let ((c, a), (d, b)) = (split_coefficient(&f[0]), split_coefficient(&f[1]));
            (c * d, multiply(a, b))
        }
        Node::Call(Op::Div, f) => {
            let ((c, a), (d, b)) = (split_coefficient(&f[0]), split_coefficient(&f[1]));
            match d.is_zero() {
                true => (BigRational::one(), e.clone()),
                false => (c / d, if b.is_one() { a } else { a / b }),
            }
        }
        _ => (BigRational::one(), e.clone()),
    }
}

/// density * factor with what reads best in front: -x*phi(x), phi(x)*(tanh(x/2) - x).
pub fn product(density: &Expr, factor: &Expr) -> Expr {
    if factor.is_zero() {
        return Expr::int(0);
    }
    let ((a, density), (b, factor)) = (split_coefficient(density), split_coefficient(factor));
    let coefficient = a * b;
    let sum = |e: &Expr| matches!(e.node(), Node::Call(Op::Add | Op::Sub, _));
    let leads = match factor.node() {
        Node::Call(Op::Div | Op::Mul, f) => !sum(&f[0]),
        _ => !sum(&factor),
    };
    let size = coefficient.abs();
    // Weights stay decimals (0.7), other fractions divide (x/2).
    let tenths = (size.denom() % 10u32).is_zero();
    let (above, below) = match tenths {
        true => (Expr::num(size), Expr::int(1)),
        false => (Expr::num(size.numer().clone().into()), Expr::num(size.denom().clone().into())),
    };
    let product = match leads {
        true => multiply(multiply(above, factor), density),
        false => multiply(multiply(above, density), factor),
    };
    let product = if below.is_one() { product } else { divide(product, below) };
    if coefficient.is_negative() { -product } else { product }
}
