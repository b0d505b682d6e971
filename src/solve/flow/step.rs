//! One step: the gradient of the objective in the spline's values, the Sobolev direction, the line search.

use super::grid::{GAUSS_POINTS, Grid, WATCHED};
use super::{FlowProblem, FlowStep};
use crate::entropy::{Entropy, entropy};
use crate::error::{Error, Result};
use crate::expr::{Cmp, Expr, Op, Tape};
use crate::solve::optimum::Constraint;
use crate::solve::worst::selected;
use argmin::core::{CostFunction, Executor, State};
use argmin::solver::brent::BrentOpt;
use nalgebra::{DMatrix, DVector};

/// The least slope that counts in the weight 1/|f'| of the metric, relative to the mean slope.
const LEAST_SLOPE: f64 = 0.05;
/// The share of its slope that a rising f keeps in one step at least.
const KEPT: f64 = 0.5;
/// The share of the standard deviation over which the density of the output is smoothed where f is not monotone.
const BANDWIDTH: f64 = 0.03;
/// How far inside the slope bounds a step ends, in shares of their distance.
const MARGIN: f64 = 1e-3;
/// What makes a point stiff whose slope is at a bound.
const STIFF: f64 = 1e9;
/// Halvings of a step that did not lower the exact entropy.
const HALVINGS: usize = 12;

/// c and d of the activation c (f + spline) + d.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    factor: f64,
    shift: f64,
}

/// The moving activation.
pub(super) struct Mover<'a> {
    problem: &'a FlowProblem,
    start: &'a Expr,
    grid: &'a Grid,
    /// Values of the splines at their inner nodes.
    values: DVector<f64>,
    scale: Scale,
    /// E f and E f^2 from outside the windows and from atoms, of the activation started from.
    outside: (f64, f64),
    rising: bool,
    pub evaluations: u64,
    /// The relative deviation of the slope along the first direction from a difference quotient.
    pub first_quotient: Option<f64>,
}

/// f and f' at the points, not scaled.
struct Field {
    f: DVector<f64>,
    slope: DVector<f64>,
}

impl<'a> Mover<'a> {
    pub fn new(problem: &'a FlowProblem, start: &'a Expr, grid: &'a Grid, measured: &Entropy) -> Result<Mover<'a>> {
        let sum = |k: i32| grid.dp.iter().zip(&grid.f).map(|(p, f)| p * f.powi(k)).sum::<f64>();
        let mean = measured.mean.map_or(f64::NAN, |m| m.value);
        let variance = measured.variance.map_or(f64::NAN, |v| v.value);
        let mut mover = Mover {
            problem,
            start,
            grid,
            values: DVector::zeros(grid.basis.ncols()),
            scale: Scale { factor: 1.0, shift: 0.0 },
            outside: (mean - sum(1), variance + mean * mean - sum(2)),
            rising: grid.slope.iter().all(|s| *s > 0.0),
            evaluations: 0,
            first_quotient: None,
        };
        mover.scale = mover.scale_of(&mover.field(&mover.values));
        Ok(mover)
    }

    pub fn monotone(&self) -> bool {
        self.rising
    }

    fn field(&self, values: &DVector<f64>) -> Field {
        let f = DVector::from_column_slice(&self.grid.f) + &self.grid.basis * values;
        let slope = DVector::from_column_slice(&self.grid.slope) + &self.grid.basis_slope * values;
        Field { f, slope }
    }

    /// E f and E f^2.
    fn moments(&self, field: &Field) -> (f64, f64) {
        let sums = self.grid.dp.iter().zip(field.f.iter());
        sums.fold(self.outside, |(first, second), (p, f)| (first + p * f, second + p * f * f))
    }

    fn wanted(&self) -> (Option<f64>, Option<f64>) {
        let mut wanted = (None, None);
        for constraint in &self.problem.constraints {
            match constraint {
                Constraint::Variance(v) => wanted.0 = Some(*v),
                Constraint::SecondMoment(m) => wanted.1 = Some(*m),
                _ => {}
            }
        }
        wanted
    }

    /// The scale that satisfies the fixed moments.
    fn scale_of(&self, field: &Field) -> Scale {
        let (mean, second) = self.moments(field);
        let variance = second - mean * mean;
        match self.wanted() {
            (None, None) => Scale { factor: 1.0, shift: 0.0 },
            (Some(v), None) => Scale { factor: (v / variance).sqrt(), shift: 0.0 },
            (None, Some(m)) => Scale { factor: (m / second).sqrt(), shift: 0.0 },
            (Some(v), Some(m)) => {
                let factor = (v / variance).sqrt();
                Scale { factor, shift: (m - v).max(0.0).sqrt().copysign(mean) - factor * mean }
            }
        }
    }

    /// The least and the greatest slope allowed.
    fn bounds(&self) -> (f64, f64) {
        let mut bounds = (f64::NEG_INFINITY, f64::INFINITY);
        for constraint in &self.problem.constraints {
            match constraint {
                Constraint::Monotone => bounds.0 = bounds.0.max(0.0),
                Constraint::Slope(s) => bounds.0 = bounds.0.max(*s),
                Constraint::Lipschitz(l) => bounds = (bounds.0.max(-l), bounds.1.min(*l)),
                _ => {}
            }
        }
        bounds
    }

    /// The same with a margin. A rising f keeps a share of its slope in any step, so that 0 needs none.
    fn inner_bounds(&self) -> (f64, f64) {
        let (low, high) = self.bounds();
        let margin = if (high - low).is_finite() { MARGIN * (high - low) } else { MARGIN };
        (if self.rising && low == 0.0 { low } else { low + margin }, high - margin)
    }

    /// What the start violates.
    pub fn violated(&self) -> Option<String> {
        if !self.scale.factor.is_finite() || self.wanted().1.zip(self.wanted().0).is_some_and(|(m, v)| m < v) {
            return Some("no scale of f has the variance and the second moment asked for".to_owned());
        }
        let (low, high) = self.bounds();
        let (least, greatest) = self.slopes();
        self.forbids(least, greatest).then(|| {
            format!("the slopes of the start lie between {least:.6} and {greatest:.6}, the constraints ask for [{low}, {high}]")
        })
    }

    /// Whether the constraints forbid slopes between these.
    pub fn forbids(&self, least: f64, greatest: f64) -> bool {
        let (low, high) = self.bounds();
        let room = 1e-9 * (1.0 + greatest.abs());
        least < low - room || greatest > high + room
    }

    /// The least and the greatest slope of the activation where it moves.
    fn slopes(&self) -> (f64, f64) {
        let slopes = self.scale.factor * self.watched(&self.values);
        slopes.iter().copied().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), s| (low.min(s), high.max(s)))
    }

    /// The width over which the density of the output is smoothed.
    pub fn bandwidth(&self) -> f64 {
        let (mean, second) = self.moments(&self.field(&self.values));
        BANDWIDTH * (second - mean * mean).max(0.0).sqrt()
    }

    /// The entropy up to a constant: E log f' where f rises, by the smoothed density of the output where it does not; with the
    /// scale that the constraints ask for.
    fn objective(&self, values: &DVector<f64>, bandwidth: f64) -> f64 {
        let field = self.field(values);
        let scale = self.grid.mass * self.scale_of(&field).factor.ln();
        if self.rising {
            let logs = self.grid.dp.iter().zip(field.slope.iter()).filter(|(p, _)| **p > 0.0);
            return logs.map(|(p, s)| p * s.ln()).sum::<f64>() + scale;
        }
        let density = smoothed(&self.grid.dp, &field.f, bandwidth);
        let logs = self.grid.dp.iter().zip(&density).filter(|(p, _)| **p > 0.0);
        -logs.map(|(p, (q, _))| p * q.ln()).sum::<f64>() + scale
    }

    /// Its gradient in the values.
    fn gradient(&self, bandwidth: f64) -> DVector<f64> {
        let field = self.field(&self.values);
        let grid = self.grid;
        let mut gradient = if self.rising {
            let weights = grid.dp.iter().zip(field.slope.iter()).map(|(p, s)| p / s);
            grid.basis_slope.tr_mul(&DVector::from_iterator(grid.u.len(), weights))
        } else {
            grid.basis.tr_mul(&score(&grid.dp, &field.f, bandwidth))
        };
        let (mean, second) = self.moments(&field);
        let (centre, size) = match self.wanted() {
            (None, None) => return gradient,
            (Some(_), _) => (mean, second - mean * mean),
            (None, Some(_)) => (0.0, second),
        };
        let weights = grid.dp.iter().zip(field.f.iter()).map(|(p, f)| grid.mass * p * (f - centre) / size);
        gradient -= grid.basis.tr_mul(&DVector::from_iterator(grid.u.len(), weights));
        gradient
    }

    /// The Sobolev direction g of INT g h/|f'| + l^2 s g' h'/f'^2 du = -dH[h]; points at a bound of the slope that g would cross
    /// are made stiff. With it dH[g] and what is stiff.
    fn direction(&self, gradient: &DVector<f64>) -> Option<(DVector<f64>, f64, Vec<f64>)> {
        let field = self.field(&self.values);
        let grid = self.grid;
        let mean =
            field.slope.iter().zip(&grid.dp).map(|(s, p)| p * s.abs()).sum::<f64>() / grid.dp.iter().sum::<f64>();
        let weight = |s: f64| if self.rising { 1.0 / s } else { 1.0 / s.abs().max(LEAST_SLOPE * mean) };
        let weights: Vec<f64> = field.slope.iter().zip(&grid.du).map(|(s, du)| du * weight(*s)).collect();
        let bending = |(s, w): (&f64, &f64)| w * mean * weight(*s);
        let bending: Vec<f64> = field.slope.iter().zip(&weights).map(bending).collect();
        let mut stiff = vec![1.0; grid.u.len()];
        let square = grid.smoothing * grid.smoothing;
        for _ in 0..=grid.u.len() / GAUSS_POINTS {
            let own = weighted(&grid.basis, &weights);
            let bent: Vec<f64> = bending.iter().zip(&stiff).map(|(w, s)| w * s * square).collect();
            let metric = own + weighted(&grid.basis_slope, &bent);
            let direction = metric.cholesky()?.solve(&-gradient);
            if !self.stiffen(&direction, &mut stiff) {
                let slope = gradient.dot(&direction);
                return Some((direction, slope, stiff));
            }
        }
        None
    }

    /// f' where its bounds are watched, not scaled.
    fn watched(&self, values: &DVector<f64>) -> DVector<f64> {
        DVector::from_column_slice(&self.grid.watched) + &self.grid.watched_slope * values
    }

    /// Marks the cells in which some slope is at a bound that the direction would cross; whether any is new.
    fn stiffen(&self, direction: &DVector<f64>, stiff: &mut [f64]) -> bool {
        let (low, high) = self.inner_bounds();
        let slopes = self.scale.factor * self.watched(&self.values);
        let change = &self.grid.watched_slope * direction;
        let room = if (high - low).is_finite() { MARGIN * (high - low) } else { MARGIN };
        let mut new = false;
        for (i, (s, c)) in slopes.iter().zip(change.iter()).enumerate() {
            let below = !(self.rising && low == 0.0) && *s <= low + room && *c < 0.0;
            let crosses = below || *s >= high - room && *c > 0.0;
            let cell = GAUSS_POINTS * (i / WATCHED);
            if crosses && stiff[cell] == 1.0 {
                stiff[cell..cell + GAUSS_POINTS].fill(STIFF);
                new = true;
            }
        }
        new
    }

    /// The greatest length along a direction at which f still rises and the slope bounds hold.
    fn reach(&self, direction: &DVector<f64>, stiff: &[f64]) -> f64 {
        let field = self.field(&self.values);
        let (mean, second) = self.moments(&field);
        let spread = (second - mean * mean).max(0.0).sqrt();
        let moved = (&self.grid.basis * direction).amax();
        let spread = if spread > 0.0 { spread } else { field.f.amax() };
        let change = &self.grid.basis_slope * direction;
        let mut reach = 0.1 * spread / moved;
        if self.rising {
            for (s, c) in field.slope.iter().zip(change.iter()).filter(|(_, c)| **c < 0.0) {
                reach = reach.min((1.0 - KEPT) * s / -c);
            }
        }
        // Stiff cells still creep; they may do so within the margin. A start outside the margin may stay where it is.
        let (inner, outer) = (self.inner_bounds(), self.bounds());
        let limits: Vec<(f64, f64)> = (self.watched(&self.values).iter().enumerate())
            .map(|(i, s)| {
                let (low, high) = if stiff[GAUSS_POINTS * (i / WATCHED)] > 1.0 { outer } else { inner };
                let own = self.scale.factor * s;
                (low.min(own), high.max(own))
            })
            .collect();
        let allowed = |t: f64| {
            let values = &self.values + t * direction;
            let factor = self.scale_of(&self.field(&values)).factor;
            let within = |(s, (low, high)): (&f64, &(f64, f64))| *low <= factor * s && factor * s <= *high;
            self.watched(&values).iter().zip(&limits).all(within)
        };
        if allowed(reach) {
            return reach;
        }
        let (mut good, mut bad) = (0.0, reach);
        for _ in 0..40 {
            let middle = 0.5 * (good + bad);
            if allowed(middle) { good = middle } else { bad = middle }
        }
        good
    }

    /// One step: its length, the slope along it, the entropy after; none where no step lowers the entropy.
    pub fn advance(&mut self, before: &Entropy) -> Result<Option<(f64, f64, Entropy)>> {
        let bandwidth = self.bandwidth();
        let gradient = self.gradient(bandwidth);
        let Some((direction, slope, stiff)) = self.direction(&gradient) else { return Ok(None) };
        if self.rising && self.first_quotient.is_none() {
            self.first_quotient = self.quotient(&direction, slope, &stiff);
        }
        let reach = self.reach(&direction, &stiff);
        if !(slope < 0.0 && reach > 0.0) {
            return Ok(None);
        }
        let line = Line { mover: self, direction: &direction, bandwidth };
        let solver = BrentOpt::new(0.0, reach).set_tolerance(1e-6, 1e-9);
        let run = Executor::new(line, solver).configure(|s| s.max_iters(60)).timer(false).run();
        let run = run.map_err(|e| Error::Unsupported(format!("argmin: {e}")))?;
        let (steps, best) = (run.state.get_iter(), run.state.get_best_param().copied());
        self.evaluations += steps;
        let mut length = best.unwrap_or(0.5 * reach);
        let kept = (self.values.clone(), self.scale);
        for _ in 0..HALVINGS {
            self.values = &kept.0 + length * &direction;
            self.scale = self.scale_of(&self.field(&self.values));
            if let Ok(measured) = self.measured() {
                let (now, then) = (measured.entropy, before.entropy);
                if now.value + now.error < then.value - then.error {
                    return Ok(Some((length, slope, measured)));
                }
            }
            length *= 0.5;
        }
        (self.values, self.scale) = kept;
        Ok(None)
    }

    /// The slope along a direction against a difference quotient of the exact functional, relative.
    fn quotient(&self, direction: &DVector<f64>, slope: f64, stiff: &[f64]) -> Option<f64> {
        let h = 1e-3 * self.reach(direction, stiff);
        let at = |t: f64| {
            let values = &self.values + t * direction;
            let scale = self.scale_of(&self.field(&values));
            entropy(&self.formed(&values, scale), &self.problem.input).ok().map(|e| e.entropy.value)
        };
        let (right, left) = (at(h)?, at(-h)?);
        Some(((right - left) / (2.0 * h) / slope - 1.0).abs())
    }

    /// The exact entropy of the activation as it is.
    pub fn measured(&mut self) -> Result<Entropy> {
        self.evaluations += 1;
        entropy(&self.formula(), &self.problem.input)
    }

    pub fn state(&self, measured: &Entropy, length: f64, slope: f64) -> FlowStep {
        FlowStep {
            length,
            slope,
            entropy: (measured.entropy.value, measured.entropy.error),
            variance: measured.variance.map_or(f64::NAN, |v| v.value),
            slopes: self.slopes(),
        }
    }

    /// The activation as a formula.
    pub fn formula(&self) -> Expr {
        self.formed(&self.values, self.scale)
    }

    fn formed(&self, values: &DVector<f64>, scale: Scale) -> Expr {
        self.with(scale, if values.amax() == 0.0 { Expr::int(0) } else { self.spline(values) })
    }

    /// c (f + correction) + d
    fn with(&self, scale: Scale, correction: Expr) -> Expr {
        let sum = self.start.clone() + correction;
        let scaled = if scale.factor == 1.0 { sum } else { Expr::float(scale.factor) * sum };
        if scale.shift == 0.0 { scaled } else { scaled + Expr::float(scale.shift) }
    }

    /// The activation with another correction in place of the splines.
    pub fn corrected(&self, correction: Expr) -> Expr {
        self.with(self.scale, correction)
    }

    /// All splines as one formula.
    fn spline(&self, values: &DVector<f64>) -> Expr {
        let mut parts = vec![];
        let mut column = 0;
        for spline in &self.grid.splines {
            let inner = &values.as_slice()[column..column + spline.free()];
            parts.extend(spline.parts(inner));
            column += spline.free();
        }
        parts.push((crate::expr::Bound::at(f64::INFINITY), Expr::int(0)));
        selected(&parts)
    }

    /// The correction on one window: where it lies, what it does at the ends, and points with values.
    pub fn sampled(&self) -> Vec<(&super::spline::Spline, Vec<(f64, f64)>)> {
        let mut column = 0;
        let mut all = vec![];
        for spline in &self.grid.splines {
            let cubics = spline.cubics(&self.values.as_slice()[column..column + spline.free()]);
            column += spline.free();
            let (a, b) = (spline.nodes[0], spline.nodes[spline.nodes.len() - 1]);
            let x = |i: i32| a + (b - a) * f64::from(i) / 400.0;
            all.push((spline, (0..=400).map(|i| (x(i), spline.at(&cubics, x(i)).0)).collect()));
        }
        all
    }

    /// A piecewise formula over a window, 0 elsewhere.
    pub fn limited(form: Expr, from: f64, to: f64, rest: Expr) -> Expr {
        let cut = |at: f64, cmp, form: Expr, rest: Expr| {
            if at.is_finite() { Expr::call(Op::Where(cmp), [Expr::x(), Expr::float(at), form, rest]) } else { form }
        };
        let upper = cut(to, Cmp::Lt, form, rest.clone());
        cut(from, Cmp::Gt, upper, rest)
    }

    /// How often f turns between the points, and beyond the windows.
    pub fn turns(&self, tape: &Tape) -> usize {
        let mut points = self.grid.u.clone();
        points.extend(Grid::beyond(&self.grid.windows(), self.problem.input.support()));
        points.sort_by(f64::total_cmp);
        let slopes: Vec<f64> = points.iter().map(|x| tape.derivative(*x, 1)).filter(|s| *s != 0.0).collect();
        slopes.windows(2).filter(|s| (s[0] > 0.0) != (s[1] > 0.0)).count()
    }

    pub fn windows(&self) -> Vec<(f64, f64)> {
        self.grid.windows()
    }

    pub fn points(&self) -> &[f64] {
        &self.grid.u
    }

    /// The least and the greatest slope over the windows, looked at closely.
    pub fn extremes(&self, tape: &Tape) -> (f64, f64) {
        let mut bounds = (f64::INFINITY, f64::NEG_INFINITY);
        for (from, to) in self.grid.windows() {
            for i in 0..4000 {
                let slope = tape.derivative(from + (to - from) * (f64::from(i) + 0.5) / 4000.0, 1);
                bounds = (bounds.0.min(slope), bounds.1.max(slope));
            }
        }
        bounds
    }
}

/// B' W B
fn weighted(basis: &DMatrix<f64>, weights: &[f64]) -> DMatrix<f64> {
    let mut scaled = basis.clone();
    for (mut row, w) in scaled.row_iter_mut().zip(weights) {
        row *= *w;
    }
    basis.tr_mul(&scaled)
}

/// The density of the output smoothed by a normal kernel, and its derivative, at every point.
fn smoothed(dp: &[f64], f: &DVector<f64>, width: f64) -> Vec<(f64, f64)> {
    let norm = 1.0 / (width * (2.0 * std::f64::consts::PI).sqrt());
    let at = |y: f64| {
        dp.iter().zip(f.iter()).fold((0.0, 0.0), |(q, slope), (p, v)| {
            let z = (y - v) / width;
            let bell = p * norm * (-0.5 * z * z).exp();
            (q + bell, slope - bell * z / width)
        })
    };
    f.iter().map(|y| at(*y)).collect()
}

/// The derivative of -SUM p_j log q(f_j) by every f_k, q being the smoothed density of the f_j themselves.
fn score(dp: &[f64], f: &DVector<f64>, width: f64) -> DVector<f64> {
    let norm = 1.0 / (width * (2.0 * std::f64::consts::PI).sqrt());
    let density = smoothed(dp, f, width);
    let share: Vec<f64> = dp.iter().zip(&density).map(|(p, (q, _))| if *p > 0.0 { p / q } else { 0.0 }).collect();
    let pulled = |k: usize| {
        // The kernel's slope is odd, so that of a point seen from the others has the opposite sign.
        let others = f.iter().zip(&share).map(|(y, a)| {
            let z = (y - f[k]) / width;
            -a * norm * (-0.5 * z * z).exp() * z / width
        });
        dp[k] * others.sum::<f64>() - share[k] * density[k].1
    };
    DVector::from_iterator(f.len(), (0..f.len()).map(pulled))
}

/// The objective along a line.
struct Line<'a, 'b> {
    mover: &'a Mover<'b>,
    direction: &'a DVector<f64>,
    bandwidth: f64,
}

impl CostFunction for Line<'_, '_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, t: &f64) -> std::result::Result<f64, argmin::core::Error> {
        let value = self.mover.objective(&(&self.mover.values + *t * self.direction), self.bandwidth);
        Ok(if value.is_nan() { f64::INFINITY } else { value })
    }
}
