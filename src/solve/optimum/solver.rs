//! The solvers by name, all argmin's.

use super::chance;
use crate::error::Error;
use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::brent::BrentOpt;
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::neldermead::NelderMead;
use argmin::solver::quasinewton::{BFGS, LBFGS};
use std::str::FromStr;

type Outcome<T> = std::result::Result<T, argmin::core::Error>;

/// How an unconstrained minimum is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solver {
    /// Brent's method, for one parameter.
    Brent,
    /// Quasi-Newton with a dense Hessian.
    Bfgs,
    /// Quasi-Newton with limited memory.
    Lbfgs,
    /// The simplex method of Nelder and Mead.
    NelderMead,
    /// A swarm of particles.
    ParticleSwarm,
    /// Annealing.
    SimulatedAnnealing,
}

impl Solver {
    /// Every solver by name.
    pub const ALL: [(&str, Solver); 6] = [
        ("brent", Solver::Brent),
        ("bfgs", Solver::Bfgs),
        ("lbfgs", Solver::Lbfgs),
        ("nelder-mead", Solver::NelderMead),
        ("particle-swarm", Solver::ParticleSwarm),
        ("simulated-annealing", Solver::SimulatedAnnealing),
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        Solver::ALL.iter().find(|(_, solver)| *solver == self).map_or("", |(name, _)| name)
    }

    /// Whether it needs gradients.
    pub fn differentiates(self) -> bool {
        matches!(self, Solver::Bfgs | Solver::Lbfgs)
    }

    /// Whether it starts from chance.
    pub(super) fn random(self) -> bool {
        matches!(self, Solver::ParticleSwarm | Solver::SimulatedAnnealing)
    }
}

impl FromStr for Solver {
    type Err = Error;

    fn from_str(name: &str) -> Result<Solver, Error> {
        let found = Solver::ALL.iter().find(|(known, _)| *known == name).map(|(_, solver)| *solver);
        found.ok_or_else(|| Error::unknown("solver", name, Solver::ALL.iter().map(|(name, _)| *name)))
    }
}

/// A function to be minimised in a box: value and gradient at a point, both always finite.
pub(super) trait Function {
    fn value(&self, theta: &[f64]) -> f64;
    fn gradient(&self, theta: &[f64]) -> Vec<f64>;
    fn bounds(&self) -> &[(f64, f64)];
}

struct Plain<'a>(&'a dyn Function);
struct Scalar<'a>(&'a dyn Function);

impl Gradient for Plain<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;
    fn gradient(&self, theta: &Vec<f64>) -> Outcome<Vec<f64>> {
        Ok(self.0.gradient(theta))
    }
}

impl CostFunction for Plain<'_> {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, theta: &Vec<f64>) -> Outcome<f64> {
        Ok(self.0.value(theta))
    }
}

impl CostFunction for Scalar<'_> {
    type Param = f64;
    type Output = f64;
    fn cost(&self, theta: &f64) -> Outcome<f64> {
        Ok(self.0.value(&[*theta]))
    }
}

/// Where a solver ends from a start, and its iterations. A line search that finds no further descent is an end as well.
pub(super) fn minimize(solver: Solver, function: &dyn Function, start: &[f64], seed: u64) -> (Option<Vec<f64>>, u64) {
    let n = start.len();
    match solver {
        Solver::Brent => {
            let (low, high) = function.bounds()[0];
            let run = BrentOpt::new(low, high).set_tolerance(1e-9, 1e-11);
            end(Executor::new(Scalar(function), run).configure(|s| s.max_iters(200)).run(), |x| vec![*x])
        }
        Solver::Bfgs => {
            let line = MoreThuenteLineSearch::new();
            let Ok(run) = BFGS::new(line).with_tolerance_grad(1e-9) else { return (None, 0) };
            let hessian: Vec<Vec<f64>> =
                (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
            let executor = Executor::new(Plain(function), run);
            let executor = executor.configure(|s| s.param(start.to_vec()).inv_hessian(hessian).max_iters(200));
            end(executor.run(), Clone::clone)
        }
        Solver::Lbfgs => {
            let Ok(run) = LBFGS::new(MoreThuenteLineSearch::new(), 7).with_tolerance_grad(1e-9) else {
                return (None, 0);
            };
            let executor = Executor::new(Plain(function), run);
            end(executor.configure(|s| s.param(start.to_vec()).max_iters(200)).run(), Clone::clone)
        }
        Solver::NelderMead => simplex(function, start, 0.05),
        Solver::ParticleSwarm => found(chance::swarm(function, start, seed)),
        Solver::SimulatedAnnealing => found(chance::anneal(function, start, seed)),
    }
}

/// The simplex method from a start, its first simplex a share of the box wide.
pub(super) fn simplex(function: &dyn Function, start: &[f64], share: f64) -> (Option<Vec<f64>>, u64) {
    let corner = |i: usize| {
        let mut corner = start.to_vec();
        let (low, high) = function.bounds()[i];
        let step = share * (high - low);
        corner[i] += if corner[i] + step <= high { step } else { -step };
        corner
    };
    let corners = std::iter::once(start.to_vec()).chain((0..start.len()).map(corner)).collect();
    let Ok(run) = NelderMead::new(corners).with_sd_tolerance(1e-14) else { return (None, 0) };
    end(Executor::new(Plain(function), run).configure(|s| s.max_iters(400)).timer(false).run(), Clone::clone)
}

fn found((theta, iterations): (Vec<f64>, u64)) -> (Option<Vec<f64>>, u64) {
    (Some(theta), iterations)
}

fn end<O, S, I, P>(
    result: Outcome<argmin::core::OptimizationResult<O, S, I>>,
    read: impl Fn(&P) -> Vec<f64>,
) -> (Option<Vec<f64>>, u64)
where
    I: State<Param = P>,
{
    match result {
        Ok(result) => (result.state.get_best_param().map(read), result.state.get_iter()),
        Err(_) => (None, 0),
    }
}
