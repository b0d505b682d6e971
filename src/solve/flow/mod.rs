//! The entropy flow: the correction repeated. Each step moves f along a regularised descent direction of the entropy and
//! searches the line for its minimum under constraints.
//!
//! In the paper's metric the correction is g with INT g h/f' du = -dH\[h\] for all h; repeated, that is a backward heat equation
//! (f_t = p' - p f''/f'), which roughens. So the metric also weighs relative changes of the slope, s being the mean of |f'|,
//!
//! INT g h/|f'| + l^2 s g' h'/f'^2 du = -dH\[h\],
//!
//! a Sobolev gradient: smooth, bounded at critical points, and a descent direction, dH\[g\] = -INT g^2/|f'| + l^2 s g'^2/f'^2 du.
//! f is the activation started from plus a cubic spline where the input has its bulk, so kinks and tails stay as they are;
//! flat pieces stay flat.
//!
//! Entropy alone falls without limit as f shrinks. Either the variance (or the second moment) of the output is fixed, by
//! scaling f after each step, or the slope is held between two bounds.

mod grid;
mod rational;
mod spline;
mod step;

pub use rational::FlowRational;

use super::Check;
use super::optimum::Constraint;
use crate::activation::Activation;
use crate::entropy::{Entropy, entropy};
use crate::error::{Error, Result};
use crate::expr::{Expr, Tape};
use crate::input::Input;
use grid::Grid;
use std::sync::atomic::{AtomicBool, Ordering};
use step::Mover;

/// The most steps of a flow.
pub const MOST_STEPS: usize = 200;

/// A flow to be followed.
#[derive(Debug, Clone)]
pub struct FlowProblem {
    /// Where it starts.
    pub activation: Activation,
    /// The distribution of the pre-activation.
    pub input: Input,
    /// What has to hold: a fixed variance or second moment, or bounds of the slope.
    pub constraints: Vec<Constraint>,
    /// The number of steps.
    pub steps: usize,
}

/// How a flow ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowStatus {
    /// All steps were made.
    Solved,
    /// No further step lowered the entropy.
    Stationary(String),
    /// The start does not satisfy the constraints, or has no finite entropy.
    Infeasible(String),
    /// Stopped from outside.
    Interrupted,
}

/// One step of a flow, or its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowStep {
    /// The length of the step along the direction; 0 at the start.
    pub length: f64,
    /// dH/dt along the direction at the beginning of the step; 0 at the start.
    pub slope: f64,
    /// The entropy of the output's density, nats, with its error.
    pub entropy: (f64, f64),
    /// The variance of the output; NaN where it has none.
    pub variance: f64,
    /// The least and the greatest slope where f moves.
    pub slopes: (f64, f64),
}

/// The flow and where it led.
#[derive(Debug, Clone)]
pub struct Flow {
    /// How it ended.
    pub status: FlowStatus,
    /// The problem, with the constraints that were held.
    pub problem: FlowProblem,
    /// The activation at the end, as a spline.
    pub activation: Expr,
    /// The entropy before and after.
    pub entropies: [Entropy; 2],
    /// The start and every step.
    pub steps: Vec<FlowStep>,
    /// The length l of the metric.
    pub smoothing: f64,
    /// The windows in which f moved.
    pub windows: Vec<(f64, f64)>,
    /// The same as a rational function, where the spline is not 0.
    pub rational: Option<FlowRational>,
    /// Evaluations of the functional.
    pub evaluations: u64,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What the user has to know.
    pub notes: Vec<String>,
}

/// Follows the flow. Raising `stop` from outside ends it with the steps so far.
///
/// # Errors
/// Constraints that name no scale where the output has no variance.
pub fn flow(problem: &FlowProblem, stop: &AtomicBool) -> Result<Flow> {
    if problem.steps == 0 || problem.steps > MOST_STEPS {
        return Err(Error::OutOfRange {
            owner: "--flow".to_owned(),
            name: "K".to_owned(),
            value: problem.steps.to_string(),
            expected: format!("the number of steps must lie between 1 and {MOST_STEPS}"),
        });
    }
    let f = problem.activation.formula.bound()?;
    let start = entropy(&f, &problem.input)?;
    let mut flow = Flow {
        status: FlowStatus::Solved,
        activation: f.clone(),
        entropies: [start.clone(), start.clone()],
        steps: vec![],
        smoothing: f64::NAN,
        windows: vec![],
        rational: None,
        evaluations: 0,
        checks: vec![],
        notes: vec![],
        problem: problem.clone(),
    };
    if !start.entropy.error.is_finite() {
        let why = start.outcome.unwrap_or_else(|| "it is not finite".to_owned());
        flow.status = FlowStatus::Infeasible(format!("the flow needs a finite entropy at its start: {why}"));
        return Ok(flow);
    }
    let grid = Grid::new(&f, &problem.input)?;
    let (problem, notes) = scaled(problem, &start)?;
    let mut mover = Mover::new(&problem, &f, &grid, &start)?;
    flow = Flow { smoothing: grid.smoothing, windows: grid.windows(), notes, problem: problem.clone(), ..flow };
    if let Some(why) = mover.violated() {
        flow.status = FlowStatus::Infeasible(why);
        return Ok(flow);
    }
    follow(&mut flow, &mut mover, stop)?;
    flow.checks = checks(&flow, &mover)?;
    if !mover.monotone() {
        flow.notes.push(format!(
            "f is not monotone: the direction is that of the output's density smoothed over {:.3} in y, since the exact one \
             has poles at critical points; every step is judged by the exact entropy",
            mover.bandwidth()
        ));
    }
    flow.rational = rational::fitted(&mover, &problem.input)?;
    if let Some(rational) = &flow.rational {
        let (least, greatest) = mover.extremes(&Tape::new(&rational.activation)?);
        if mover.forbids(least, greatest) {
            flow.notes.push(format!(
                "the rational form does not keep the bounds of the slope: f' lies between {least:.6} and {greatest:.6}"
            ));
        }
    }
    flow.evaluations = mover.evaluations;
    Ok(flow)
}

/// The constraints with the variance of the start fixed where nothing fixes the scale.
fn scaled(problem: &FlowProblem, start: &Entropy) -> Result<(FlowProblem, Vec<String>)> {
    let has = |test: fn(&Constraint) -> bool| problem.constraints.iter().any(test);
    let fixed = has(|c| matches!(c, Constraint::Variance(_) | Constraint::SecondMoment(_)));
    let bounded =
        has(|c| matches!(c, Constraint::Slope(s) if *s > 0.0)) && has(|c| matches!(c, Constraint::Lipschitz(_)));
    if fixed && start.variance.is_none() {
        return Err(Error::Unsupported(
            "the output has no variance at the start: fix the scale by bounds of the slope, \
             `--subject-to slope>=S,lipschitz<=L`"
                .to_owned(),
        ));
    }
    if fixed || bounded {
        return Ok((problem.clone(), vec![]));
    }
    let Some(variance) = start.variance.filter(|v| v.value > 0.0) else {
        return Err(Error::Unsupported(
            "entropy alone falls without limit, and the output has no variance to be fixed: give bounds of the slope, \
             `--subject-to slope>=S,lipschitz<=L`"
                .to_owned(),
        ));
    };
    let mut scaled = problem.clone();
    scaled.constraints.push(Constraint::Variance(variance.value));
    let note = "entropy alone falls without limit as f shrinks, so the variance of the output is kept at its value at the \
                start; other constraints: --subject-to variance=V, second_moment=M, or slope>=S,lipschitz<=L";
    Ok((scaled, vec![note.to_owned()]))
}

/// The steps.
fn follow(flow: &mut Flow, mover: &mut Mover, stop: &AtomicBool) -> Result<()> {
    flow.activation = mover.formula();
    flow.entropies[0] = mover.measured()?;
    flow.entropies[1] = flow.entropies[0].clone();
    flow.steps.push(mover.state(&flow.entropies[0], 0.0, 0.0));
    for k in 0..flow.problem.steps {
        if stop.load(Ordering::Relaxed) {
            flow.status = FlowStatus::Interrupted;
            break;
        }
        let Some((length, slope, measured)) = mover.advance(&flow.entropies[1])? else {
            flow.status = FlowStatus::Stationary(format!("after {k} steps no further one lowers the entropy"));
            break;
        };
        flow.steps.push(mover.state(&measured, length, slope));
        flow.entropies[1] = measured;
        flow.activation = mover.formula();
    }
    Ok(())
}

fn checks(flow: &Flow, mover: &Mover) -> Result<Vec<Check>> {
    let mut all = vec![];
    let check =
        |what, how: &str, number: f64, tolerance| Check { what, how: how.to_owned(), number, at: None, tolerance };
    // The errors count against the fall.
    let rises = flow.steps.windows(2).map(|s| s[1].entropy.0 - s[0].entropy.0 + s[1].entropy.1 + s[0].entropy.1);
    if flow.steps.len() > 1 {
        all.push(check(
            "the entropy falls at every step",
            "the exact functional before and after, errors added; the largest change in nats",
            rises.fold(f64::NEG_INFINITY, f64::max),
            0.0,
        ));
    }
    let tape = Tape::new(&flow.activation)?;
    let read = Tape::new(&Expr::parse(&flow.activation.to_string())?)?;
    let points = mover.points();
    let back = points.iter().map(|x| (read.eval(*x) - tape.eval(*x)).abs()).fold(0.0, f64::max);
    all.push(check("the printed activation", "read back and evaluated", back, 1e-14));
    for constraint in &flow.problem.constraints {
        let (what, off) = match constraint {
            Constraint::Variance(v) => ("the variance is kept", (moment(&flow.entropies[1], false) - v).abs() / v),
            Constraint::SecondMoment(m) => {
                ("the second moment is kept", (moment(&flow.entropies[1], true) - m).abs() / m)
            }
            Constraint::Lipschitz(l) => ("f' <= L", (mover.extremes(&tape).1 / l - 1.0).max(0.0)),
            Constraint::Slope(s) => ("f' >= S", (s - mover.extremes(&tape).0).max(0.0) / s.abs().max(1e-3)),
            Constraint::Monotone => ("f' >= 0", (-mover.extremes(&tape).0).max(0.0)),
        };
        all.push(check(what, "the activation at the end", off, 1e-6));
    }
    if let (true, Some(quotient)) = (mover.monotone(), mover.first_quotient) {
        all.push(check(
            "dH/dt = -INT g^2/|f'| + l^2 s g'^2/f'^2 du",
            "difference quotient of the exact functional at the start, relative",
            quotient,
            1e-4,
        ));
    }
    Ok(all)
}

fn moment(e: &Entropy, about_zero: bool) -> f64 {
    let variance = e.variance.map_or(f64::NAN, |v| v.value);
    let mean = e.mean.map_or(f64::NAN, |m| m.value);
    if about_zero { variance + mean * mean } else { variance }
}

impl Flow {
    /// The quantity that a constraint speaks of, at the end.
    pub fn quantity(&self, constraint: &Constraint) -> f64 {
        let slopes = self.steps.last().map_or((f64::NAN, f64::NAN), |s| s.slopes);
        match constraint {
            Constraint::Variance(_) => moment(&self.entropies[1], false),
            Constraint::SecondMoment(_) => moment(&self.entropies[1], true),
            Constraint::Lipschitz(_) => slopes.0.abs().max(slopes.1.abs()),
            Constraint::Slope(_) | Constraint::Monotone => slopes.0,
        }
    }
}
