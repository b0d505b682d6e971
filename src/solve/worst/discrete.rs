//! The discretised problem: values v_0 = A < v_1 < ... < v_N = B at the nodes of a mesh, and the concave objective
//! SUM m_i log((v_{i+1} - v_i)/h_i), E log f' of the piecewise linear f; m_i is the mass of cell i, h_i its width. Its
//! maximum is v_{i+1} - v_i = (B - A) m_i: the distribution function again.
//!
//! The Hessian in the node values is tridiagonal, -D' K D with the differences D and K = diag(m_i/d_i^2), d = D v. Newton's
//! system is solved in the increments d, where it is K s = g - l 1 with SUM s = 0: two passes, and no digits cancel, which
//! they would in a tridiagonal elimination, since neighbouring K differ by many powers of ten. argmin runs the iteration.

use super::WorstProblem;
use super::mesh::Mesh;
use crate::error::{Error, Result};
use argmin::core::observers::{Observe, ObserverMode};
use argmin::core::{
    CostFunction, Executor, Gradient, IterState, KV, Problem, Solver, State, TerminationReason, TerminationStatus,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// How the discretised problem is to be solved.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscreteSettings {
    /// The number of cells N; the mesh has about N + 1 nodes.
    pub cells: usize,
    /// The greatest number of iterations.
    pub max_iterations: u64,
    /// The KKT residual, relative to 1/(B - A), at which the iteration ends.
    pub tolerance: f64,
    /// Whether a long run shows its progress on stderr.
    pub progress: bool,
}

/// The least and the greatest number of cells.
pub const CELLS: (usize, usize) = (2, 20_000_000);

impl DiscreteSettings {
    /// The settings for N cells.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for N outside 2 to 20 million.
    pub fn new(cells: usize) -> Result<DiscreteSettings> {
        if !(CELLS.0..=CELLS.1).contains(&cells) {
            return Err(Error::OutOfRange {
                owner: "--numeric".to_owned(),
                name: "N".to_owned(),
                value: cells.to_string(),
                expected: format!("the number of cells must lie between {} and {}", CELLS.0, CELLS.1),
            });
        }
        Ok(DiscreteSettings { cells, max_iterations: 500, tolerance: 1e-13, progress: false })
    }
}

/// How the iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscreteStatus {
    /// The KKT residual is below the tolerance.
    Converged,
    /// The iterations were used up, or rounding allowed no further progress.
    Stalled,
    /// It was interrupted; the best point so far is returned.
    Interrupted,
}

/// The solution of the discretised problem.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscreteSolution {
    /// How the iteration ended.
    pub status: DiscreteStatus,
    /// The cells of the mesh, after joining those without mass.
    pub cells: usize,
    /// The nodes, ascending; the ends may be infinite.
    pub nodes: Vec<f64>,
    /// The values at the nodes, from A to B.
    pub values: Vec<f64>,
    /// Newton iterations.
    pub iterations: u64,
    /// The greatest element of the projected gradient in the node values, g_i - g_{i+1}, over the greatest g.
    pub gradient_norm: f64,
    /// max |m_i/d_i - l| times (B - A): 0 where all cells have one multiplier l = 1/(B - A).
    pub kkt_residual: f64,
    /// The greatest |v_i - exact discrete solution| over B - A.
    pub from_discrete: f64,
    /// The greatest |v_i - A - (B - A) F(x_i)| over the compared nodes, in units of f.
    pub deviation: f64,
    /// How many nodes were compared.
    pub compared: usize,
}

/// Neumaier's compensated sum.
pub(super) fn accurate_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = Running::default();
    values.for_each(|v| sum.add(v));
    sum.value()
}

/// A sum in progress with the digits it lost.
#[derive(Debug, Clone, Copy, Default)]
struct Running {
    sum: f64,
    lost: f64,
}

impl Running {
    fn add(&mut self, value: f64) {
        let total = self.sum + value;
        self.lost +=
            if self.sum.abs() >= value.abs() { (self.sum - total) + value } else { (value - total) + self.sum };
        self.sum = total;
    }

    fn value(&self) -> f64 {
        self.sum + self.lost
    }
}

/// Minus E log f' up to a constant, over increments d > 0 of sum 1 (B - A only scales them).
struct Objective {
    masses: Vec<f64>,
}

impl CostFunction for Objective {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, d: &Vec<f64>) -> std::result::Result<f64, argmin::core::Error> {
        Ok(-accurate_sum(self.masses.iter().zip(d).map(|(m, d)| m * d.ln())))
    }
}

impl Gradient for Objective {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, d: &Vec<f64>) -> std::result::Result<Vec<f64>, argmin::core::Error> {
        Ok(self.masses.iter().zip(d).map(|(m, d)| -m / d).collect())
    }
}

/// Newton's method on the tridiagonal Hessian with a step that stays inside d > 0 and lowers the cost.
struct Newton {
    tolerance: f64,
    residual: f64,
    stalled: bool,
}

/// The state of the iteration.
type Iterate = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

/// The share of the way to the boundary d = 0 that a step may take.
const INSIDE: f64 = 0.995;

/// Newton's direction: s_i = d_i - l d_i^2/m_i with the l that makes the sum 0.
fn direction(d: &[f64], gradient: &[f64]) -> Vec<f64> {
    // -1/g = d/m
    let total = accurate_sum(d.iter().copied());
    let weight = accurate_sum(d.iter().zip(gradient).map(|(d, g)| -d / g));
    let multiplier = total / weight;
    d.iter().zip(gradient).map(|(d, g)| d + multiplier * d / g).collect()
}

impl Solver<Objective, Iterate> for Newton {
    fn name(&self) -> &str {
        "Newton, tridiagonal Hessian"
    }

    fn init(
        &mut self,
        problem: &mut Problem<Objective>,
        state: Iterate,
    ) -> std::result::Result<(Iterate, Option<KV>), argmin::core::Error> {
        let start = state.get_param().cloned().unwrap_or_default();
        let (cost, gradient) = (problem.cost(&start)?, problem.gradient(&start)?);
        self.residual = residual(&gradient);
        Ok((state.param(start).cost(cost).gradient(gradient), None))
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<Objective>,
        mut state: Iterate,
    ) -> std::result::Result<(Iterate, Option<KV>), argmin::core::Error> {
        let d = state.take_param().unwrap_or_default();
        let gradient = state.take_gradient().unwrap_or_default();
        let cost = state.get_cost();
        let step = direction(&d, &gradient);
        let slope = accurate_sum(step.iter().zip(&gradient).map(|(s, g)| s * g));
        let reach = d.iter().zip(&step).map(|(d, s)| if *s < 0.0 { -d / s } else { f64::INFINITY });
        let mut length = (INSIDE * reach.fold(f64::INFINITY, f64::min)).min(1.0);
        let moved = |length: f64| d.iter().zip(&step).map(|(d, s)| d + length * s).collect::<Vec<f64>>();
        let mut next = moved(length);
        let mut lowered = problem.cost(&next)?;
        // Armijo's rule, with room for the rounding of the cost near the optimum.
        while !(lowered <= cost + 1e-4 * length * slope + 1e-14 * cost.abs()) && length > 1e-12 {
            length *= 0.5;
            next = moved(length);
            lowered = problem.cost(&next)?;
        }
        let total = accurate_sum(next.iter().copied());
        next.iter_mut().for_each(|d| *d /= total);
        let gradient = problem.gradient(&next)?;
        let now = residual(&gradient);
        self.stalled = length == 1.0 && now >= 0.5 * self.residual && now < 1e-8 || length <= 1e-12;
        self.residual = now;
        Ok((state.param(next).cost(lowered).gradient(gradient), None))
    }

    fn terminate(&mut self, _: &Iterate) -> TerminationStatus {
        if self.residual <= self.tolerance {
            TerminationStatus::Terminated(TerminationReason::SolverConverged)
        } else if self.stalled {
            TerminationStatus::Terminated(TerminationReason::SolverExit("rounding".to_owned()))
        } else {
            TerminationStatus::NotTerminated
        }
    }
}

/// max |g_i - 1| with g = m/d: the multiplier of increments of sum 1 is 1.
fn residual(gradient: &[f64]) -> f64 {
    gradient.iter().map(|g| (-g - 1.0).abs()).fold(0.0, f64::max)
}

/// A bar on stderr for runs of more than a second.
struct Progress {
    since: Instant,
    bar: Option<ProgressBar>,
}

impl Observe<Iterate> for Progress {
    fn observe_iter(&mut self, state: &Iterate, _: &KV) -> std::result::Result<(), argmin::core::Error> {
        if self.bar.is_none() && self.since.elapsed() > Duration::from_secs(1) {
            let style = ProgressStyle::with_template("wafbc: iteration {pos}, {elapsed}, {msg}");
            self.bar =
                Some(ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(state.get_iter());
            bar.set_message(format!("objective {:.12}", -state.get_cost()));
        }
        Ok(())
    }

    fn observe_final(&mut self, _: &Iterate) -> std::result::Result<(), argmin::core::Error> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        Ok(())
    }
}

/// Far from the optimum: equal increments on a mesh whose masses differ by up to 17 powers of ten.
fn start(cells: usize) -> Vec<f64> {
    vec![1.0 / cells as f64; cells]
}

/// Solves the discretised problem.
///
/// # Errors
/// [`Error::Unsupported`] where the range is infinite; [`Error::NotFinite`] where the objective is no number.
pub fn solve(problem: &WorstProblem, settings: &DiscreteSettings) -> Result<DiscreteSolution> {
    let height = problem.height();
    if !height.is_finite() {
        return Err(Error::Unsupported("an infinite range has no discretised problem".to_owned()));
    }
    let mesh = Mesh::new(problem.inside(), settings.cells);
    let cells = mesh.masses.len();
    if cells < 2 {
        return Err(Error::Unsupported(format!(
            "{} has its mass in one of the cells; take more",
            problem.inside().text()
        )));
    }
    let newton = Newton { tolerance: settings.tolerance, residual: f64::INFINITY, stalled: false };
    let executor = Executor::new(Objective { masses: mesh.masses.clone() }, newton)
        .configure(|state| state.param(start(cells)).max_iters(settings.max_iterations))
        .ctrlc(settings.progress)
        .timer(false);
    let executor = match settings.progress {
        true => executor.add_observer(Progress { since: Instant::now(), bar: None }, ObserverMode::Always),
        false => executor,
    };
    let failed = |e: argmin::core::Error| Error::Unsupported(format!("argmin: {e}"));
    let state = executor.run().map_err(failed)?.state;
    let status = match state.get_termination_reason() {
        Some(TerminationReason::SolverConverged) => DiscreteStatus::Converged,
        Some(TerminationReason::Interrupt) => DiscreteStatus::Interrupted,
        _ => DiscreteStatus::Stalled,
    };
    // Every step lowers the cost up to rounding, so the last iterate is the best, where the best cost may be rounding's.
    let increments = state.get_param().cloned().unwrap_or_else(|| start(cells));
    Ok(measured(problem, mesh, &increments, status, state.get_iter()))
}

/// Nodes at which a distribution function without closed form is compared.
const COMPARED: usize = 512;

/// The solution with its residuals and deviations.
fn measured(
    problem: &WorstProblem,
    mesh: Mesh,
    d: &[f64],
    status: DiscreteStatus,
    iterations: u64,
) -> DiscreteSolution {
    let (low, height, input) = (problem.range.0.value, problem.height(), problem.inside());
    let gradient: Vec<f64> = mesh.masses.iter().zip(d).map(|(m, d)| m / d).collect();
    let largest = gradient.iter().copied().fold(0.0, f64::max);
    let (mut value, mut exact) = (Running::default(), Running::default());
    let mut values = vec![low];
    let mut from_discrete: f64 = 0.0;
    for (d, m) in d.iter().zip(&mesh.masses) {
        value.add(*d);
        exact.add(*m);
        from_discrete = from_discrete.max((value.value() - exact.value()).abs());
        values.push(low + height * value.value());
    }
    if let Some(last) = values.last_mut() {
        *last = low + height;
    }
    let stride = if input.cdf().is_some() { 1 } else { mesh.nodes.len().div_ceil(COMPARED) };
    let compared = || mesh.nodes.iter().zip(&values).step_by(stride);
    let off = |(x, v): (&f64, &f64)| (v - low - height * input.cdf_at(*x)).abs();
    DiscreteSolution {
        status,
        cells: mesh.masses.len(),
        iterations,
        gradient_norm: gradient.windows(2).map(|g| (g[0] - g[1]).abs()).fold(0.0, f64::max) / largest,
        kkt_residual: gradient.iter().map(|g| (g - 1.0).abs()).fold(0.0, f64::max),
        from_discrete,
        deviation: compared().map(off).fold(0.0, f64::max),
        compared: compared().count(),
        nodes: mesh.nodes,
        values,
    }
}

/// One line of the convergence table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// The number of cells asked for.
    pub cells: usize,
    /// The greatest deviation from the closed form at the nodes.
    pub deviation: f64,
    /// log2 of the ratio to the line before; none where rounding rules.
    pub order: Option<f64>,
}

/// The convergence to the closed form as the cells are doubled, and the solution at the greatest number of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// The lines, cells doubling, the last at N.
    pub levels: Vec<Level>,
    /// The solution at N.
    pub finest: DiscreteSolution,
}

/// Deviations below this share of B - A are rounding.
const ROUNDING: f64 = 1e-14;
/// The greatest number of cells of the table before N itself.
const TABLE: usize = 1024;

/// Solves on 16, 32, ... cells up to 1024 or N, and on N.
///
/// # Errors
/// As for one solution.
pub fn levels(problem: &WorstProblem, settings: &DiscreteSettings) -> Result<Levels> {
    let finest = solve(problem, settings)?;
    let mut levels: Vec<Level> = vec![];
    let mut cells = 16;
    while cells <= TABLE && cells < settings.cells {
        let coarse = DiscreteSettings { cells, progress: false, ..settings.clone() };
        levels.push(Level { cells, deviation: solve(problem, &coarse)?.deviation, order: None });
        cells *= 2;
    }
    levels.push(Level { cells: settings.cells, deviation: finest.deviation, order: None });
    for i in 1..levels.len() {
        let (before, now) = (levels[i - 1], levels[i]);
        if now.deviation > ROUNDING * problem.height() {
            let refinement = (now.cells as f64 / before.cells as f64).ln();
            levels[i].order = Some((before.deviation / now.deviation).ln() / refinement);
        }
    }
    Ok(Levels { levels, finest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;
    use crate::solve::worst::Boundary;

    fn problem(input: &str) -> WorstProblem {
        let range = (Boundary::parse("0", false).unwrap(), Boundary::parse("1", true).unwrap());
        WorstProblem::new(Input::parse(input).unwrap(), range, None).unwrap()
    }

    /// D' K D s = -D' g, elimination by Thomas, against the step in the increments.
    #[test]
    fn the_step_solves_the_tridiagonal_system() {
        let masses = [0.1, 0.25, 0.05, 0.4, 0.2];
        let d = [0.3, 0.1, 0.2, 0.15, 0.25];
        let gradient: Vec<f64> = masses.iter().zip(&d).map(|(m, d)| -m / d).collect();
        let s = direction(&d, &gradient);
        assert!(accurate_sum(s.iter().copied()).abs() < 1e-15);
        let k: Vec<f64> = masses.iter().zip(&d).map(|(m, d)| m / (d * d)).collect();
        let mut node = vec![0.0];
        s.iter().for_each(|s| node.push(node.last().unwrap() + s));
        for i in 1..d.len() {
            let row = -k[i - 1] * node[i - 1] + (k[i - 1] + k[i]) * node[i] - k[i] * node[i + 1];
            assert!((row + gradient[i - 1] - gradient[i]).abs() < 1e-14, "row {i}");
        }
    }

    #[test]
    fn a_thousand_cells_reach_the_exact_discrete_solution() {
        for input in ["normal(0,1)", "cauchy(0,1)", "laplace(0,1)", "uniform(-1,2)", "exponential(1)", "student_t(2)"] {
            let solution = solve(&problem(input), &DiscreteSettings::new(1000).unwrap()).unwrap();
            assert_eq!(solution.status, DiscreteStatus::Converged, "{input}: {}", solution.kkt_residual);
            assert!(solution.from_discrete < 1e-12, "{input}: {}", solution.from_discrete);
        }
    }

    #[test]
    fn the_order_is_four_for_a_smooth_density() {
        let table = levels(&problem("normal(0,1)"), &DiscreteSettings::new(1024).unwrap()).unwrap();
        let order = table.levels[4].order.unwrap();
        assert!((order - 4.0).abs() < 0.2, "{:?}", table.levels);
    }
}
