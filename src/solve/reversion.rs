//! How fast the expansion in the step converges: f_t to order N against the exact f_t, the inverse of y + t eta (math.md
//! section 4, Lagrange reversion). Pulled to the forward side y + t eta is u - t D(u), D = Delta f/f', over x = f(u): where
//! u - t D(u) = z, f_t(z) = f(u).

use super::curve::{Curve, Curves};
use super::{Metric, PARAMETER, Solution, Status};
use crate::error::Result;
use crate::expr::{Expr, Tape, constant};
use crate::numeric::{bracketed, scan};

/// One order of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truncation {
    /// Terms kept.
    pub order: u32,
    /// The greatest deviation from the exact f_t at the points.
    pub error: f64,
    /// Where it is.
    pub at: f64,
}

/// The expansion against the exact f_t.
#[derive(Debug, Clone, PartialEq)]
pub struct Convergence {
    /// The step t.
    pub t: f64,
    /// The parameter, eps = scale t.
    pub eps: f64,
    /// The points z at which both were computed.
    pub points: Vec<f64>,
    /// The exact values f_t(z).
    pub exact: Vec<f64>,
    /// Errors, from order 1 on.
    pub rows: Vec<Truncation>,
    /// Which points were left out and why, or why there is no table.
    pub outcome: Option<String>,
}

/// Probabilities whose quantiles are the points.
const PROBABILITIES: [f64; 7] = [0.02, 0.1, 0.25, 0.45, 0.6, 0.8, 0.95];
/// Steps that are tried, the first with t |D'| small enough at the points being taken.
const STEPS: [f64; 9] = [0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005];
/// How far from z another u is looked for, in widths of the input, and in how many cells.
const WIDE: f64 = 6.0;
const CELLS: usize = 600;
/// How much of the slope 1 of u the step may take away.
const MOST: f64 = 0.25;

/// The table at quantiles of the input and the largest step of a list for which f_t is well defined there.
pub(super) fn usual(solution: &Solution, curves: &Curves) -> Result<Option<Convergence>> {
    if solution.settings.order < 2 || solution.status != Status::Solved || solution.settings.metric == Metric::Sobolev {
        return Ok(None);
    }
    let points: Vec<f64> = PROBABILITIES.iter().map(|p| solution.input.quantile(*p)).collect();
    let steep = |t: f64| {
        let near = points.iter().filter_map(|z| curves.at(*z).filter(|c| !c.flat).map(|c| (c, *z)));
        near.map(|(c, z)| (t * change(c, z)).abs()).fold(0.0, f64::max)
    };
    let t = STEPS.into_iter().find(|t| steep(*t) <= MOST).unwrap_or(STEPS[STEPS.len() - 1]);
    of(solution, curves, t, &points).map(Some)
}

impl Solution {
    /// The expansion of this solution against the exact f_t at a step t and points z.
    ///
    /// # Errors
    /// A form that does not compile.
    pub fn convergence_at(&self, t: f64, points: &[f64]) -> Result<Convergence> {
        of(self, &self.curves()?, t, points)
    }

    fn curves(&self) -> Result<Curves> {
        Curves::of_solution(self)
    }
}

fn of(solution: &Solution, curves: &Curves, t: f64, points: &[f64]) -> Result<Convergence> {
    let eps = t * constant(&solution.scale)?;
    let mut found = Convergence { t, eps, points: vec![], exact: vec![], rows: vec![], outcome: None };
    let mut left_out: Vec<String> = Vec::new();
    for z in points {
        match exact(curves, t, *z) {
            Ok(value) => {
                found.points.push(*z);
                found.exact.push(value);
            }
            Err(why) => left_out.push(format!("z = {z}: {why}")),
        }
    }
    if !left_out.is_empty() {
        found.outcome = Some(format!("left out: {}", left_out.join("; ")));
    }
    if found.points.is_empty() {
        return Ok(found);
    }
    let f = solution.activation.formula.bound()?;
    let mut partial: Expr = f;
    for term in &solution.orders {
        partial = partial + Expr::param(PARAMETER).powi(i64::from(term.n)) * term.term.clone();
        let tape = Tape::new(&partial.with_parameter(PARAMETER, &Expr::float(eps)))?;
        let errors = found.points.iter().zip(&found.exact).map(|(z, exact)| ((tape.eval(*z) - exact).abs(), *z));
        let (error, at) = errors.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::NAN, f64::NAN));
        found.rows.push(Truncation { order: term.n, error, at });
    }
    Ok(found)
}

/// D(u) = Delta f/f'
fn shift(curve: &Curve, u: f64) -> f64 {
    curve.correction.eval(u) / curve.slope_at(u)
}

/// D'(u)
fn change(curve: &Curve, u: f64) -> f64 {
    let (mut c, mut f) = ([0.0; 2], [0.0; 3]);
    curve.correction.taylor(u, &mut c);
    curve.activation.taylor(u, &mut f);
    (c[1] - c[0] * 2.0 * f[2] / f[1]) / f[1]
}

/// f_t(z); in words why it is not defined, or not by the form that holds at z.
fn exact(curves: &Curves, t: f64, z: f64) -> std::result::Result<f64, String> {
    let Some(curve) = curves.at(z).filter(|c| !c.flat) else { return Err("f is constant there".to_owned()) };
    let mapped = |u: f64| u - t * shift(curve, u);
    let outside = || "u lies beyond a kink, a jump or an end of the support".to_owned();
    let mut reach = 2.0 * (t * shift(curve, z)).abs() + 1e-9 * curve.width;
    let mut root = None;
    for _ in 0..40 {
        let (low, high) = ((z - reach).max(curve.from.value), (z + reach).min(curve.to.value));
        root = bracketed(|u| mapped(u) - z, low, high);
        if root.is_some() || low == curve.from.value && high == curve.to.value || !(reach < 1e3 * curve.width) {
            break;
        }
        reach *= 1.5;
    }
    let u = root.ok_or_else(outside)?;
    // y + t eta has an inverse at z only where no other u is mapped there.
    let (low, high) = (curve.from.value.max(z - WIDE * curve.width), curve.to.value.min(z + WIDE * curve.width));
    let others = scan(|u| mapped(u) - z, low, high, CELLS);
    let turned = !(t * change(curve, u) < 1.0);
    match others.iter().find(|v| (*v - u).abs() > 1e-6 * curve.width) {
        Some(v) => Err(format!("t = {t} is too large: y + t eta takes the value at u = {u:.6} and at u = {v:.6}")),
        None if turned => Err(format!("t = {t} is too large: y + t eta turns at u = {u:.6}")),
        None => Ok(curve.activation.eval(u)),
    }
}
