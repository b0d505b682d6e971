//! The best parameters of an activation: a functional of the output, minimised or maximised over theta under constraints
//! (math.md section 5). Constraints enter through an augmented Lagrangian (Hestenes 1969, Powell 1969, Rockafellar 1973),
//! the inner problems are argmin's. Entropy alone falls without bound as f -> 0; such problems are refused by name.

mod chance;
mod family;
mod functional;
mod search;
mod solver;
#[cfg(test)]
mod tests;

pub use functional::{Constraint, Goal, Objective};
pub use solver::Solver;

use crate::entropy::Entropy;
use crate::error::{Error, Result};
use crate::expr::Formula;
use crate::input::Input;
use family::Family;
use std::sync::atomic::AtomicBool;

/// What is to be optimised.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The activation with its parameters at their starting values.
    pub formula: Formula,
    /// The distribution of the pre-activation.
    pub input: Input,
    /// The functional and its sense.
    pub objective: Objective,
    /// What has to hold.
    pub constraints: Vec<Constraint>,
    /// Where to look, by parameter: the start and 5 max(1, |start|) to either side where not given.
    pub bounds: Vec<(String, f64, f64)>,
}

/// How it is to be done.
#[derive(Debug, Clone)]
pub struct OptimumSettings {
    /// The solver; Brent for one parameter and BFGS for more where none is named.
    pub solver: Option<Solver>,
    /// The seed of starts, swarms and annealing.
    pub seed: u64,
    /// Starts at random points besides the given one.
    pub restarts: usize,
    /// Points of the sensitivity curve.
    pub curve: usize,
}

impl Default for OptimumSettings {
    fn default() -> Self {
        OptimumSettings { solver: None, seed: 0, restarts: 3, curve: 65 }
    }
}

/// How an optimisation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum OptimumStatus {
    /// An optimum was found.
    Solved,
    /// The objective has no bound, and where it escapes.
    Unbounded(String),
    /// No point satisfies the constraints, as far as was looked.
    Infeasible(String),
    /// Stopped from outside; the best so far is reported.
    Interrupted,
}

/// What one start led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Where it started.
    pub start: Vec<f64>,
    /// Where it ended.
    pub end: Vec<f64>,
    /// The objective there; NaN where it is not defined or the constraints do not hold.
    pub value: f64,
}

/// The best parameters.
#[derive(Debug, Clone)]
pub struct Optimum {
    /// How it ended.
    pub status: OptimumStatus,
    /// The parameters by name, alphabetically.
    pub parameters: Vec<(String, f64)>,
    /// The objective at the start and at the optimum.
    pub value: [f64; 2],
    /// The activation with the best parameters put in as its values.
    pub formula: Formula,
    /// Evaluations of the objective.
    pub evaluations: u64,
    /// Iterations of the solver over all starts.
    pub iterations: u64,
    /// The solver used.
    pub solver: Solver,
    /// Where its gradients are from.
    pub gradient: Option<&'static str>,
    /// Each constraint with the value at the optimum and whether it holds.
    pub constraints: Vec<(Constraint, f64, bool)>,
    /// Every start.
    pub runs: Vec<Run>,
    /// The objective over the parameter, for one parameter: (theta, value, constraints hold).
    pub curve: Vec<(f64, f64, bool)>,
    /// The output measured at the start and at the optimum.
    pub entropies: [Entropy; 2],
    /// What else has to be known.
    pub notes: Vec<String>,
}

/// Two runs found the same optimum where their objectives agree to this.
const AGREEMENT: f64 = 1e-6;
/// A minimum so many nats below the start is no minimum but a fall.
const FALL: f64 = 12.0;

/// Finds the best parameters. Raising `stop` from outside ends the search with the best so far.
///
/// # Errors
/// No parameters; unknown names in the bounds; an objective that is not a number at the start.
pub fn optimize(problem: &Problem, settings: &OptimumSettings, stop: &AtomicBool) -> Result<Optimum> {
    let family = Family::new(problem, stop)?;
    let start = family.start.clone();
    let first = family.measure(&start)?;
    let value = problem.objective.value(&first);
    if !value.is_finite() {
        return Err(Error::NotFinite {
            what: format!("the objective {} of `{}`", problem.objective, problem.formula.text()),
            at: start[0],
        });
    }
    let solver = settings.solver.unwrap_or(if start.len() == 1 { Solver::Brent } else { Solver::Bfgs });
    if solver == Solver::Brent && start.len() > 1 {
        return Err(Error::Unsupported(format!(
            "brent searches one parameter, `{}` has {}; use bfgs, lbfgs, nelder-mead, particle-swarm or simulated-annealing",
            problem.formula.expr,
            start.len()
        )));
    }
    search::search(&family, solver, settings, (first, value))
}
