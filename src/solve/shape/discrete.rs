//! The discretised problem: increments d_i of f over cells of width h_i and mass m_i, SUM d_i = B - A,
//! L0 h_i <= d_i <= L1 h_i, and the concave objective SUM m_i log(d_i/h_i). argmin runs both senses, knowing nothing of the
//! closed form:
//!
//! - least: successive linear programming. The linearised problem min SUM (m_i/d_i) d_i over the same polytope is a
//!   fractional knapsack, solved by sorting; every step lowers the concave objective, and the end is a vertex. From equal
//!   slopes the first step already ranks the cells by their density. Random vertices as further starts end elsewhere or
//!   at the same value, and never below.
//! - greatest: the multiplier of the sum, a root of one equation, d_i = m_i/lambda held to its bounds.

use super::{ShapeProblem, ShapeSolution};
use crate::error::{Error, Result};
use crate::expr::Tape;
use crate::input::Input;
use crate::solve::worst::{DiscreteSettings, Mesh};
use argmin::core::{
    CostFunction, Executor, Gradient, IterState, KV, Problem, Solver, State, TerminationReason, TerminationStatus,
};
use argmin::solver::brent::BrentRoot;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

type Outcome<T> = std::result::Result<T, argmin::core::Error>;
type Iterate = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

/// Random vertices besides equal slopes as starts.
const RESTARTS: usize = 8;

/// One line of the table over N.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapeLevel {
    /// Cells.
    pub cells: usize,
    /// The greatest distance to the closed form at the nodes.
    pub deviation: f64,
    /// The objective less that of the closed form, in nats.
    pub gap: f64,
    /// The observed order of the deviation; none where rounding rules.
    pub order: Option<f64>,
}

/// The discretised problem solved.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeNumeric {
    /// How.
    pub solver: &'static str,
    /// Cells.
    pub cells: usize,
    /// Iterations from the first start.
    pub iterations: u64,
    /// How far the multipliers m_i/d_i of neighbours in rank, or of free cells, are from the optimality conditions, relative.
    pub kkt_residual: f64,
    /// Starts at random vertices, and how many of them ended at the best value.
    pub restarts: usize,
    /// How many ended at the best value.
    pub agreeing: usize,
    /// The least entropy that one of the others ended at, nats; NaN where all agree.
    pub next_best: f64,
    /// The table, N last.
    pub levels: Vec<ShapeLevel>,
    /// The nodes.
    pub nodes: Vec<f64>,
    /// The values at the nodes.
    pub values: Vec<f64>,
}

/// Masses and the bounds of the increments.
struct Cells {
    nodes: Vec<f64>,
    masses: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    height: f64,
}

impl Cells {
    fn new(problem: &ShapeProblem, cells: usize) -> Cells {
        let (a, b) = (problem.interval.0.value, problem.interval.1.value);
        let input = problem.ends.inside();
        let (nodes, masses) = if (b - a).is_finite() {
            let h = (b - a) / cells as f64;
            let node = |i: usize| if i == cells { b } else { a + h * i as f64 };
            let masses: Vec<f64> = (0..cells).map(|i| gauss(input, node(i), node(i + 1))).collect();
            let total: f64 = masses.iter().sum();
            ((0..=cells).map(node).collect(), masses.iter().map(|m| m / total).collect())
        } else {
            let mesh = Mesh::new(input, cells);
            (mesh.nodes, mesh.masses)
        };
        let (l0, l1) = (problem.slopes.0.value, problem.slopes.1.value);
        let widths: Vec<f64> = nodes.windows(2).map(|w| w[1] - w[0]).collect();
        let low = widths.iter().map(|h| if l0 == 0.0 { 0.0 } else { l0 * h }).collect();
        let high = widths.iter().map(|h| l1 * h).collect();
        Cells { nodes, masses, low, high, height: problem.height() }
    }

    /// The vertex that fills the cells in this order.
    fn filled(&self, order: &[usize]) -> Vec<f64> {
        let mut d = self.low.clone();
        let mut left = self.height - d.iter().sum::<f64>();
        for &i in order {
            let take = left.min(self.high[i] - self.low[i]).max(0.0);
            d[i] += take;
            left -= take;
        }
        d
    }

    fn values(&self, low: f64, d: &[f64]) -> Vec<f64> {
        let mut values = vec![low];
        let mut at = low;
        for step in d {
            at += step;
            values.push(at);
        }
        values
    }
}

/// The mass between two nodes by Gauss and Legendre with two points.
fn gauss(input: &Input, from: f64, to: f64) -> f64 {
    let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
    let offset = half / 3f64.sqrt();
    half * (input.pdf(middle - offset) + input.pdf(middle + offset))
}

/// SUM m_i log d_i; cells without mass do not count.
fn objective(masses: &[f64], d: &[f64]) -> f64 {
    masses.iter().zip(d).filter(|(m, _)| **m > 0.0).map(|(m, d)| m * d.ln()).sum()
}

impl CostFunction for &Cells {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, d: &Vec<f64>) -> Outcome<f64> {
        Ok(objective(&self.masses, d))
    }
}

impl Gradient for &Cells {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, d: &Vec<f64>) -> Outcome<Vec<f64>> {
        Ok(self.masses.iter().zip(d).map(|(m, d)| m / d).collect())
    }
}

/// Successive linear programming (Frank and Wolfe 1956 with full steps, which concavity allows).
struct Linearised {
    settled: bool,
}

impl Solver<&Cells, Iterate> for Linearised {
    fn name(&self) -> &str {
        "successive linear programming"
    }

    fn init(&mut self, problem: &mut Problem<&Cells>, state: Iterate) -> Outcome<(Iterate, Option<KV>)> {
        let start = state.get_param().cloned().unwrap_or_default();
        let cost = problem.cost(&start)?;
        Ok((state.param(start).cost(cost), None))
    }

    fn next_iter(&mut self, problem: &mut Problem<&Cells>, mut state: Iterate) -> Outcome<(Iterate, Option<KV>)> {
        let d = state.take_param().unwrap_or_default();
        let gradient = problem.gradient(&d)?;
        let mut order: Vec<usize> = (0..d.len()).collect();
        order.sort_by(|i, j| gradient[*i].total_cmp(&gradient[*j]));
        let cells = problem.problem.as_ref().map(|cells| cells.filled(&order));
        let next = cells.unwrap_or_else(|| d.clone());
        let (before, after) = (state.get_cost(), problem.cost(&next)?);
        self.settled = !(after < before - 1e-15 * before.abs());
        let (kept, cost) = if self.settled { (d, before) } else { (next, after) };
        Ok((state.param(kept).cost(cost), None))
    }

    fn terminate(&mut self, _: &Iterate) -> TerminationStatus {
        match self.settled {
            true => TerminationStatus::Terminated(TerminationReason::SolverConverged),
            false => TerminationStatus::NotTerminated,
        }
    }
}

/// The sum of the increments less the height, over log lambda.
struct Rise<'a>(&'a Cells);

impl Rise<'_> {
    fn increments(&self, log_lambda: f64) -> Vec<f64> {
        let lambda = log_lambda.exp();
        let bounds = self.0.low.iter().zip(&self.0.high);
        self.0.masses.iter().zip(bounds).map(|(m, (low, high))| (m / lambda).clamp(*low, *high)).collect()
    }
}

impl CostFunction for Rise<'_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, log_lambda: &f64) -> Outcome<f64> {
        Ok(self.increments(*log_lambda).iter().sum::<f64>() - self.0.height)
    }
}

/// Increments and iterations.
type Found = (Vec<f64>, u64);

fn failed(e: argmin::core::Error) -> Error {
    Error::Unsupported(format!("argmin: {e}"))
}

fn least(cells: &Cells, start: Vec<f64>) -> Result<Found> {
    let executor = Executor::new(cells, Linearised { settled: false });
    let run = executor.configure(|s| s.param(start).max_iters(1000)).timer(false).run().map_err(failed)?;
    let end = run.state.get_param().cloned().unwrap_or_default();
    Ok((end, run.state.get_iter()))
}

fn greatest(cells: &Cells) -> Result<Found> {
    let centre = -cells.height.ln();
    let rise = |t: f64| Rise(cells).cost(&t).map_err(failed);
    let mut reach = 1.0;
    while reach < 700.0 && (rise(centre - reach)? > 0.0) == (rise(centre + reach)? > 0.0) {
        reach *= 2.0;
    }
    let solver = BrentRoot::new(centre - reach, centre + reach, 1e-15);
    let executor = Executor::new(Rise(cells), solver).configure(|s| s.max_iters(200)).timer(false);
    let state = executor.run().map_err(failed)?.state;
    let log_lambda = state.get_best_param().copied().unwrap_or(centre);
    Ok((Rise(cells).increments(log_lambda), state.get_iter()))
}

/// One mesh: its cells, the increments, the iterations, the deviation at the nodes and the gap of the objective.
fn solved(solution: &ShapeSolution, f: &Tape, cells: usize) -> Result<(Cells, Found, ShapeLevel)> {
    let problem = &solution.problem;
    let mesh = Cells::new(problem, cells);
    let found = if problem.maximize {
        greatest(&mesh)?
    } else {
        let (height, width) = (problem.height(), problem.width());
        let even: Vec<f64> = mesh.nodes.windows(2).map(|w| height * (w[1] - w[0]) / width).collect();
        least(&mesh, even)?
    };
    let values = mesh.values(problem.ends.range.0.value, &found.0);
    let off = |(x, v): (&f64, &f64)| if x.is_finite() { (f.eval(*x) - v).abs() } else { 0.0 };
    let deviation = mesh.nodes.iter().zip(&values).map(off).fold(0.0, f64::max);
    // The closed form's increments over the same cells, so that what differs is the solution and not the mesh.
    let own: Vec<f64> = mesh.nodes.windows(2).map(|w| rise(problem, f, w[0], w[1])).collect();
    let gap = objective(&mesh.masses, &found.0) - objective(&mesh.masses, &own);
    Ok((mesh, found, ShapeLevel { cells, deviation, gap, order: None }))
}

/// f(to) - f(from), the ends of the range at infinity.
fn rise(problem: &ShapeProblem, f: &Tape, from: f64, to: f64) -> f64 {
    let at = |x: f64| match x {
        f64::NEG_INFINITY => problem.ends.range.0.value,
        f64::INFINITY => problem.ends.range.1.value,
        _ => f.eval(x),
    };
    (at(to) - at(from)).max(f64::MIN_POSITIVE)
}

/// Solves on 16, 64, 256, ... cells up to N, and on N with restarts.
pub(super) fn compared(solution: &ShapeSolution, cells: usize, seed: u64) -> Result<ShapeNumeric> {
    DiscreteSettings::new(cells)?;
    let Some(f) = &solution.activation else {
        return Err(Error::Unsupported("without a shape there is nothing to compare with".to_owned()));
    };
    let f = Tape::new(f)?;
    let problem = &solution.problem;
    let (mesh, (d, iterations), finest) = solved(solution, &f, cells)?;
    let mut levels = vec![];
    let mut coarse = 16;
    while coarse <= 4096 && coarse < cells {
        levels.push(solved(solution, &f, coarse)?.2);
        coarse *= 4;
    }
    levels.push(finest);
    for i in 1..levels.len() {
        let (before, now) = (levels[i - 1], levels[i]);
        if now.deviation > 1e-13 * problem.height() {
            let refinement = (now.cells as f64 / before.cells as f64).ln();
            levels[i].order = Some((before.deviation / now.deviation).ln() / refinement);
        }
    }
    let best = objective(&mesh.masses, &d);
    let (mut agreeing, mut next_best) = (0, f64::NAN);
    let restarts = if problem.maximize { 0 } else { RESTARTS };
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..restarts {
        let mut order: Vec<usize> = (0..d.len()).collect();
        order.shuffle(&mut chance);
        let value = objective(&mesh.masses, &least(&mesh, mesh.filled(&order))?.0);
        if value <= best + 1e-12 * (1.0 + best.abs()) {
            agreeing += 1;
        } else {
            let reached = solution.entropy.value + finest.gap + (value - best);
            next_best = reached.min(if next_best.is_nan() { reached } else { next_best });
        }
    }
    Ok(ShapeNumeric {
        solver: match problem.maximize {
            true => "root of the multiplier (Brent), run by argmin",
            false => "successive linear programming, run by argmin",
        },
        cells: d.len(),
        iterations,
        kkt_residual: residual(&mesh, &d, problem.maximize),
        restarts,
        agreeing,
        next_best,
        levels,
        values: mesh.values(problem.ends.range.0.value, &d),
        nodes: mesh.nodes,
    })
}

/// Greatest: the spread of m_i/d_i over free cells. Least: by how much the density of a steep cell exceeds that of a gentle
/// one. Both relative.
fn residual(cells: &Cells, d: &[f64], maximize: bool) -> f64 {
    let at = |i: &usize, bound: &[f64]| {
        (d[*i] - bound[*i]).abs() <= 1e-12 * (1.0 + bound[*i].abs()).min(d[*i].max(1e-300) * 1e3)
    };
    let all = || 0..d.len();
    if maximize {
        let bounded = |i: &usize| cells.low[*i] >= cells.high[*i] || at(i, &cells.low) || at(i, &cells.high);
        let free = all().filter(|i| cells.masses[*i] > 0.0 && !bounded(i));
        let (low, high) = free
            .map(|i| cells.masses[i] / d[i])
            .fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), g| (low.min(g), high.max(g)));
        return if high > 0.0 { (high - low) / high } else { 0.0 };
    }
    let density = |i: usize| cells.masses[i] / (cells.nodes[i + 1] - cells.nodes[i]);
    let movable = |i: &usize| cells.low[*i] < cells.high[*i];
    let steep = all().filter(|i| movable(i) && at(i, &cells.high)).map(density).fold(0.0, f64::max);
    let gentle = all().filter(|i| movable(i) && at(i, &cells.low)).map(density).fold(f64::INFINITY, f64::min);
    if gentle.is_finite() && steep > 0.0 { ((steep - gentle) / steep).max(0.0) } else { 0.0 }
}
