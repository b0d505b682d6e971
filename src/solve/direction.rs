//! The correction in closed form, cell by cell: a cell is an interval on which the activation and every component of the
//! input's density are smooth. On a cell the correction of one component is its density times the score difference
//! s = p'/p - f''/f', which algebra brings to its shortest stable form.

use super::Metric;
use crate::cas::{self, Variable, product, scaled};
use crate::error::{Error, Result};
use crate::expr::{self, Batch, Bound, Expr, Node, Op, Piece, Tape};
use crate::input::Input;
use num_rational::BigRational;

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
    /// Whether it falls all over the cell, and all over the cells that it goes on to without a kink.
    pub falls: bool,
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
        let Some(mut activation) = form(&f) else { continue };
        let mut falls = false;
        if activation.has_x() {
            let seen = look(&activation, from.value, to.value, input)?;
            falls = seen.falls;
            if seen.hardly_changes {
                activation = without_x(activation, inside)?;
            }
        }
        let mut parts = Vec::new();
        for (kernel, density, component) in &densities {
            if let (Some(kernel), Some(density)) = (form(kernel), form(density)) {
                let constant = component.weight.clone() * component.normaliser.clone();
                let density = component.weight.clone() * density;
                parts.push(Part { constant, kernel, density, factor: Expr::int(0), orders: vec![] });
            }
        }
        let flat = !activation.has_x();
        cells.push(Cell { from, to, flat, falls: falls && !flat, activation, parts, orders: vec![] });
    }
    settle_falls(&mut cells)?;
    Ok(cells)
}

/// Where f' passes through the end of a cell without a jump, as that of x^2 does where a density has its kink, the sign of f'
/// is that of the whole run of such cells: it falls, or none of its cells counts as falling.
fn settle_falls(cells: &mut [Cell]) -> Result<()> {
    if !cells.iter().any(|c| c.falls) {
        return Ok(());
    }
    let smooth = |pair: &[Cell]| -> Result<bool> {
        let at = pair[0].to.value;
        let slope = |cell: &Cell| Ok(Tape::new(&cell.activation)?.derivative(at, 1));
        let (before, after): (f64, f64) = (slope(&pair[0])?, slope(&pair[1])?);
        let size = before.abs().max(after.abs());
        Ok(pair.iter().all(|c| !c.flat) && size.is_finite() && (before - after).abs() <= 1e-9 * size)
    };
    let mut start = 0;
    for end in 1..=cells.len() {
        if end < cells.len() && smooth(&cells[end - 1..=end])? {
            continue;
        }
        let falls = cells[start..end].iter().all(|c| c.falls);
        cells[start..end].iter_mut().for_each(|c| c.falls = falls);
        start = end;
    }
    Ok(())
}

/// What a form does on a cell, as far as can be seen.
struct Look {
    /// Its slope is 0 to rounding in the bulk: x + 1 - x.
    hardly_changes: bool,
    /// Its slope is negative wherever it is looked at.
    falls: bool,
}

/// Looks at the slopes of a form through the bulk of the input and far out.
fn look(form: &Expr, from: f64, to: f64, input: &Input) -> Result<Look> {
    let (centre, width) = super::correction::scale_of(input);
    let all = (-200..=200).map(|i| centre + width * (f64::from(i) / 40.0).sinh());
    let points: Vec<f64> = all.chain([interior(from, to)]).filter(|x| from < *x && *x < to).collect();
    let (mut values, mut slopes) = (vec![0.0; points.len()], vec![0.0; points.len()]);
    Batch::new(form)?.values_and_slopes(&points, &mut values, &mut slopes)?;
    let mut bulk = (0..points.len()).filter(|i| (points[*i] - centre).abs() < 6.0 * width);
    let hardly_changes = !bulk.any(|i| width * slopes[i].abs() > 1e-13 * values[i].abs());
    slopes.retain(|s| *s != 0.0 && !s.is_nan());
    Ok(Look { hardly_changes, falls: !slopes.is_empty() && slopes.iter().all(|s| *s < 0.0) })
}

/// A form that is constant by algebra as that constant; any other as it is.
fn without_x(form: Expr, inside: f64) -> Result<Expr> {
    if !cas::never_changes(&form)? {
        return Ok(form);
    }
    let value = Expr::float(Tape::new(&form)?.eval(inside));
    cas::run(move || {
        let short = cas::simplify(&form.lowered(), 8, &|_| 0).unwrap_or(form);
        Ok(if short.has_x() { value } else { short })
    })?
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
    let solved = cas::run(move || {
        let mut scores = Vec::new();
        for (cell, points) in cells.iter_mut().zip(&samples) {
            solve_cell(cell, metric, order, points, &mut scores)?;
        }
        Ok(cells)
    });
    match solved {
        Err(Error::Algebra(why)) if order > 1 => {
            Err(Error::Algebra(format!("{why}; the terms grow fast with --order {order}: ask for a lower one")))
        }
        other => other?,
    }
}

/// Points of a cell at which a form has to keep its digits: the bulk of the input and both tails.
fn sample_points(cell: &Cell, input: &Input) -> Vec<f64> {
    let (centre, width) = super::correction::scale_of(input);
    let near = [0.0, 0.03, 0.3, 1.0, 2.3, 5.0, 9.0, 17.0, 31.0, 45.0, 400.0, 3000.0];
    let mut points: Vec<f64> = near.iter().flat_map(|z| [centre - width * z, centre + width * z]).collect();
    points.push(interior(cell.from.value, cell.to.value));
    points.extend([1e-12, 1e-6, 1.0 - 1e-6, 1.0 - 1e-12].map(|p| input.quantile(p)));
    points.retain(|x| cell.from.value < *x && *x < cell.to.value);
    points
}

/// p'/p of a lowered kernel in its short form, in which the exponentials of the density have cancelled; found once.
fn score_of(kernel: Expr, known: &mut Vec<(Expr, Expr)>) -> Result<Expr> {
    if let Some((_, score)) = known.iter().find(|(of, _)| *of == kernel) {
        return Ok(score.clone());
    }
    let score = cas::differentiate(&kernel, Variable::X)? / kernel.clone();
    let score = cas::cancelled(&score).unwrap_or(score).lowered();
    known.push((kernel, score.clone()));
    Ok(score)
}

/// Fills in the factors of one cell; `scores` are those of the kernels met before.
fn solve_cell(
    cell: &mut Cell,
    metric: Metric,
    order: u32,
    points: &[f64],
    scores: &mut Vec<(Expr, Expr)>,
) -> Result<()> {
    if cell.flat && metric != Metric::Inverse {
        return Ok(()); // no bounded direction; the status says so
    }
    let f = cell.activation.lowered();
    let [f1, f2] = if cell.flat { [Expr::int(0), Expr::int(0)] } else { cas::derivatives(&f)? };
    let curvature = if f2.is_zero() { Expr::int(0) } else { f2 / f1.clone() };
    let divisor = if metric == Metric::Inverse { Expr::int(1) } else { f1.clone() };
    for part in &mut cell.parts {
        let score = score_of(part.kernel.lowered(), scores)?;
        let reference = Reference::new(&part.kernel, &cell.activation, metric)?;
        let targets: Vec<(f64, f64)> = points.iter().filter_map(|x| Some((*x, reference.at(*x)?))).collect();
        part.factor = match metric {
            Metric::Inverse if !curvature.is_zero() => best_difference(&score, &curvature, &targets)?,
            _ => best_quotient(&score, &curvature, &divisor, &targets)?,
        };
        if cell.falls && metric == Metric::Inverse {
            // |f'| stands for f' in the metric.
            part.factor = scaled(BigRational::new((-1).into(), 1.into()), &part.factor);
        }
        // The correction is the density times the factor, or the factor alone.
        let growth = if metric == Metric::Probability { Expr::int(0) } else { score };
        part.orders = orders(&part.factor, &growth, &f1, order, points)?;
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
        found.push(scaled(BigRational::new(1.into(), factorial.into()), &term));
    }
    Ok(found)
}

/// Lagrange reversion: the n-th term is (1/n!) d^(n-1)/dx^(n-1) [(D/f')^n f'] with D = p s, and d(p^n q) = p^n (n p'/p q + q');
/// `score` is p'/p, or 0 where D = s.
fn orders(s: &Expr, score: &Expr, f1: &Expr, order: u32, points: &[f64]) -> Result<Vec<Expr>> {
    let mut found = Vec::new();
    for n in 2..=i64::from(order) {
        let mut q = if f1.is_zero() { Expr::int(0) } else { s.lowered().powi(n) / f1.clone().powi(n - 1) };
        let mut factorial = 1;
        for k in 1..n {
            q = Expr::int(n) * score.clone() * q.clone() + cas::differentiate(&q, Variable::X)?;
            q = cas::simplify(&q, MOST_ORDER_TERMS, &|_| 0).unwrap_or(q).lowered();
            factorial *= k + 1;
        }
        let term = q / Expr::int(factorial);
        let tape = Tape::new(&term)?;
        let values =
            points.iter().map(|x| (*x, tape.eval(*x))).map(|(x, v)| (x, if v.is_finite() { v } else { f64::NAN }));
        let values: Vec<(f64, f64)> = values.collect();
        found.push(kept(cas::simplify(&term, MOST_ORDER_TERMS, &|form| faults(form, &values)), &term)?);
    }
    Ok(found)
}

/// The factor by automatic differentiation, the route that knows nothing of algebra.
struct Reference {
    kernel: Tape,
    activation: Tape,
    metric: Metric,
}

impl Reference {
    fn new(kernel: &Expr, activation: &Expr, metric: Metric) -> Result<Reference> {
        Ok(Reference { kernel: Tape::new(kernel)?, activation: Tape::new(activation)?, metric })
    }

    /// The factor at a point, NaN where the density underflows or its terms cancel to rounding; none at a pole.
    fn at(&self, x: f64) -> Option<f64> {
        let jet = |tape: &Tape| {
            let mut out = [0.0; 3];
            tape.taylor(x, &mut out);
            out
        };
        let (p, f) = (jet(&self.kernel), jet(&self.activation));
        if f[1] == 0.0 && f[2] != 0.0 {
            return None;
        }
        let curvature = if f[2] == 0.0 { 0.0 } else { 2.0 * f[2] / f[1] };
        let divisor = if self.metric == Metric::Inverse { 1.0 } else { f[1] };
        let value = (p[1] / p[0] - curvature) / divisor;
        let (score, curvature) = ((p[1] / p[0]).abs(), curvature.abs());
        // Of two poles that cancel each is known as well only as the distance from it.
        let poles = if value.abs() < 0.1 * (score + curvature) / divisor.abs() { x.abs() * curvature } else { 0.0 };
        let rounding = 4.0 * f64::EPSILON * (score + curvature) * (1.0 + poles) / divisor.abs();
        let known = value.is_finite() && rounding <= ACCURACY * value.abs().max(1e-3);
        Some(if known { value } else { f64::NAN })
    }
}

/// What a form may be off by, relative to its value.
const ACCURACY: f64 = 1e-11;

/// How many of the targets (point, value) a form misses by more than rounding.
pub(super) fn faults(form: &Expr, targets: &[(f64, f64)]) -> usize {
    let Ok(tape) = Tape::new(form) else { return usize::MAX };
    let off = |(x, target): &&(f64, f64)| {
        let value = tape.in_doubles(*x);
        let error = (value - target).abs();
        let finite = target.is_nan() && value.is_finite(); // nothing is known there but that it has a value
        !finite && !(error <= ACCURACY * target.abs().max(1e-3))
    };
    targets.iter().filter(off).count()
}

/// The shortest form of an expression with the fewest faults; the expression itself where it is too large for a normal form.
fn best_form(e: &Expr, faults: &dyn Fn(&Expr) -> usize) -> Result<Expr> {
    kept(cas::simplify(e, usize::MAX, faults), e)
}

/// The shortest accurate form of (score - curvature)/divisor: over one denominator, unless that loses digits where the parts,
/// each for itself, do not.
fn best_quotient(score: &Expr, curvature: &Expr, divisor: &Expr, targets: &[(f64, f64)]) -> Result<Expr> {
    let raw = (score.clone() - curvature.clone()) / divisor.clone();
    let whole = best_form(&raw, &|form| faults(form, targets))?;
    let lost = faults(&whole, targets);
    if lost == 0 || divisor.is_one() {
        return Ok(whole);
    }
    let whole_with = |bend: &Expr| (score.clone() - bend.clone()) / divisor.clone();
    let above = difference(score, best_form(curvature, &|form| faults(&whole_with(form), targets))?);
    let below = best_form(divisor, &|form| faults(&(above.clone() / form.clone()), targets))?;
    let apart = above / below;
    Ok(if faults(&apart, targets) < lost { apart } else { whole })
}

/// The shortest accurate form of score - curvature: over one denominator, or each for itself.
fn best_difference(score: &Expr, curvature: &Expr, targets: &[(f64, f64)]) -> Result<Expr> {
    let raw = score.clone() - curvature.clone();
    let whole = kept(cas::simplify(&raw, MOST_TERMS, &|form| faults(form, targets)), &raw)?;
    if whole.is_zero() {
        return Ok(whole);
    }
    let apart = best_form(curvature, &|form| faults(&(score.clone() - form.clone()), targets))?;
    let apart = difference(score, apart);
    // One fraction is easier to read than a difference of two of the same length.
    let much_shorter = 4 * cas::cost(&apart) < 3 * cas::cost(&whole);
    let lost = faults(&whole, targets);
    let most = if much_shorter { Some(lost) } else { lost.checked_sub(1) };
    Ok(if most.is_some_and(|most| faults(&apart, targets) <= most) { apart } else { whole })
}

/// a - b, what is positive first: tanh(x/2) - x.
fn difference(a: &Expr, b: Expr) -> Expr {
    match (a.node(), b.node()) {
        (Node::Call(Op::Neg, a), Node::Call(Op::Neg, b)) => b[0].clone() - a[0].clone(),
        (Node::Call(Op::Neg, a), _) => -(a[0].clone() + b),
        _ => a.clone() - b,
    }
}

/// Over one denominator, forms with more terms than this are no shorter than a difference.
const MOST_TERMS: usize = 12;

/// What algebra made of an expression; the expression itself where it is too large for algebra.
pub(super) fn kept(simplified: Result<Expr>, e: &Expr) -> Result<Expr> {
    match simplified {
        Err(Error::Algebra(_)) => Ok(e.clone()),
        other => other,
    }
}

/// Terms of higher orders that are longer than this stay as the derivatives leave them.
const MOST_ORDER_TERMS: usize = 60;
