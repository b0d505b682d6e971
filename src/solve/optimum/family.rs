//! A family of activations f(u; theta) under an input: its functionals and their gradients. For monotone f the gradient of
//! the entropy is E[(d/dtheta f')/f'], the derivatives by Taylor expansion along two rays of the (u, theta) plane.

use super::Problem;
use crate::entropy::{Entropy, entropy};
use crate::error::{Error, Result};
use crate::expr::{Batch, Bound, Expr, Piece, Tape, pieces};
use crate::input::Input;
use crate::numeric::{Point, Quadrature, bracketed};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Points at which slopes are looked at.
const SLOPES: usize = 1001;
/// The share of their range by which slopes may be off between these points.
const CLOSE: f64 = 0.02;

/// A family with what is constant over a search.
pub(super) struct Family<'a> {
    pub problem: &'a Problem,
    pub names: Vec<String>,
    pub start: Vec<f64>,
    /// The searched box, and whether it was given.
    pub bounds: Vec<(f64, f64, bool)>,
    pub stop: &'a AtomicBool,
    pub evaluations: AtomicU64,
    grid: Vec<f64>,
}

/// Derivatives with respect to every parameter.
pub(super) struct Slopes {
    pub entropy: Vec<f64>,
    pub variance: Vec<f64>,
    pub second: Vec<f64>,
}

impl<'a> Family<'a> {
    pub fn new(problem: &'a Problem, stop: &'a AtomicBool) -> Result<Family<'a>> {
        problem.formula.bound()?;
        let names: Vec<String> = problem.formula.expr.parameters().iter().map(|p| p.to_string()).collect();
        if names.is_empty() {
            return Err(Error::Unsupported(format!(
                "`{}` has no parameters to optimise; write one with a starting value: `x*sigmoid(b*x); b=1`",
                problem.formula.text()
            )));
        }
        if let Some((name, ..)) = problem.bounds.iter().find(|(name, ..)| !names.contains(name)) {
            return Err(Error::unknown("parameter", name, names.iter().map(|n| &**n)));
        }
        let value = |name: &String| problem.formula.parameters.get(&**name).map_or(f64::NAN, crate::expr::to_f64);
        let start: Vec<f64> = names.iter().map(value).collect();
        let mut bounds = Vec::new();
        for (name, value) in names.iter().zip(&start) {
            let reach = 5.0 * value.abs().max(1.0);
            let given = problem.bounds.iter().find(|(n, ..)| n == name);
            let (low, high) = given.map_or((value - reach, value + reach), |(_, low, high)| (*low, *high));
            if !(low < high && low <= *value && *value <= high) {
                return Err(Error::OutOfRange {
                    owner: "bounds".into(),
                    name: name.clone(),
                    value: value.to_string(),
                    expected: format!("the start must lie between {low} and {high}"),
                });
            }
            bounds.push((low, high, given.is_some()));
        }
        let evaluations = AtomicU64::new(0);
        Ok(Family { problem, names, start, bounds, stop, evaluations, grid: grid(&problem.input) })
    }

    /// The activation at parameters.
    pub fn member(&self, theta: &[f64]) -> Expr {
        let values = self.names.iter().zip(theta);
        values.fold(self.problem.formula.expr.clone(), |f, (name, v)| f.with_parameter(name, &Expr::float(*v)))
    }

    /// The output's entropy with its companions.
    pub fn measure(&self, theta: &[f64]) -> Result<Entropy> {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        entropy(&self.member(theta), &self.problem.input)
    }

    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The least and the greatest slope where the input has its mass: at the ends of every smooth piece, from its side, and
    /// where they turn between neighbouring points. Extrema closer together than a thousandth of the range are
    /// missed in pairs.
    pub fn slopes(&self, theta: &[f64]) -> Result<(f64, f64)> {
        let member = self.member(theta);
        let (low, high) = (self.grid[0], self.grid[SLOPES - 1]);
        let whole = || vec![Piece { from: Bound::at(low), to: Bound::at(high), form: member.clone() }];
        let mut bounds = (f64::INFINITY, f64::NEG_INFINITY);
        for piece in pieces(&member, low, high).unwrap_or_else(|_| whole()) {
            let tape = Tape::new(&piece.form)?;
            for slope in extremes(&tape, piece.from.value, piece.to.value, &self.grid)? {
                bounds = (bounds.0.min(slope), bounds.1.max(slope));
            }
        }
        Ok(bounds)
    }

    /// Gradients by automatic differentiation; none where f is not strictly monotone.
    pub fn gradient(&self, theta: &[f64]) -> Option<Slopes> {
        let (least, greatest) = self.slopes(theta).ok()?;
        if !(least > 0.0 || greatest < 0.0) {
            return None;
        }
        let input = &self.problem.input;
        let (low, high) = input.support();
        let member = self.member(theta);
        let mut cuts = input.landmarks();
        cuts.extend(pieces(&member, low, high).ok()?.iter().map(|p| p.to.value).filter(|b| *b > low && *b < high));
        cuts.sort_by(f64::total_cmp);
        let [first, centre, last] = input.quartiles();
        let scale = (last - first).max(1e-300);
        let quadrature = Quadrature { absolute: 1e-11, relative: 1e-9, max_evaluations: 4000, centre, scale };
        let mut found = Slopes { entropy: vec![], variance: vec![], second: vec![] };
        for i in 0..theta.len() {
            let rays = self.rays(theta, i);
            let integrand = |at: Point| {
                let p = input.pdf_at(at);
                let [f, slope, by_theta, mixed] = rays(at.u);
                if p == 0.0 { [0.0; 4] } else { [p * mixed / slope, p * f, p * by_theta, p * f * by_theta] }
            };
            let [entropy, mean, shift, product] = quadrature.integrate_points(integrand, low, high, &cuts).ok()?;
            found.entropy.push(entropy.value);
            found.second.push(2.0 * product.value);
            found.variance.push(2.0 * (product.value - mean.value * shift.value));
        }
        Some(found)
    }

    /// f, f', df/dtheta_i and d2f/(du dtheta_i): the Taylor coefficients along theta_i + t and theta_i - t as u grows by t.
    fn rays(&self, theta: &[f64], i: usize) -> impl Fn(f64) -> [f64; 4] {
        let mut form = self.problem.formula.expr.clone();
        for (j, (name, value)) in self.names.iter().zip(theta).enumerate() {
            if j != i {
                form = form.with_parameter(name, &Expr::float(*value));
            }
        }
        let (name, value) = (self.names[i].clone(), theta[i]);
        move |u| {
            let ray = |step: Expr| {
                let along = Expr::float(value) + step;
                let mut out = [f64::NAN; 3];
                if let Ok(tape) = Tape::new(&form.with_parameter(&name, &along)) {
                    tape.taylor(u, &mut out);
                }
                out
            };
            let away = Expr::x() - Expr::float(u);
            let (up, down) = (ray(away.clone()), ray(-away));
            [up[0], 0.5 * (up[1] + down[1]), 0.5 * (up[1] - down[1]), 0.5 * (up[2] - down[2])]
        }
    }
}

/// f' at points of a piece, at its ends and wherever f'' changes its sign in between.
fn extremes(tape: &Tape, from: f64, to: f64, grid: &[f64]) -> Result<Vec<f64>> {
    let inner = grid.iter().copied().filter(|u| from < *u && *u < to);
    let points: Vec<f64> = std::iter::once(from).chain(inner).chain([to]).collect();
    let (mut values, mut slopes) = (vec![0.0; points.len()], vec![0.0; points.len()]);
    Batch::of(tape.clone()).values_and_slopes(&points, &mut values, &mut slopes)?;
    let mut found: Vec<f64> = slopes.iter().copied().filter(|s| !s.is_nan()).collect();
    let (least, greatest) =
        found.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), s| (low.min(*s), high.max(*s)));
    // Only what is nearly the least or the greatest may be so between the points.
    let room = CLOSE * (greatest - least);
    let candidate = |s: f64| s < least + room || s > greatest - room;
    for (i, three) in slopes.windows(3).enumerate() {
        let turns = (three[1] - three[0]) * (three[2] - three[1]) < 0.0 && room > 1e-12 * greatest.abs();
        if turns
            && candidate(three[1])
            && let Some(root) = bracketed(|u| tape.derivative(u, 2), points[i], points[i + 2])
        {
            found.push(tape.derivative(root, 1));
        }
    }
    Ok(found)
}

/// Evenly spaced points over all but 1e-9 of the mass on either side.
fn grid(input: &Input) -> Vec<f64> {
    let (low, high) = (input.quantile(1e-9), input.quantile(1.0 - 1e-9));
    let [first, centre, last] = input.quartiles();
    let reach = 20.0 * (last - first);
    let (low, high) = (low.max(centre - reach), high.min(centre + reach));
    (0..SLOPES).map(|i| low + (high - low) * i as f64 / (SLOPES - 1) as f64).collect()
}
