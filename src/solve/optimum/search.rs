//! The search: starts, the augmented Lagrangian around the solver, and what is said of the end.

use super::family::Family;
use super::functional::Goal;
use super::solver::{self, Function, Solver};
use super::{AGREEMENT, FALL, Optimum, OptimumSettings, OptimumStatus, Run};
use crate::entropy::Entropy;
use crate::error::Result;
use crate::expr::Expr;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::cell::RefCell;
use std::sync::atomic::Ordering;

/// What stands for a cost that is not a number: worse than everything, yet finite, as line searches need it.
const WORST: f64 = 1e10;
/// Rounds of the augmented Lagrangian.
const ROUNDS: usize = 12;

/// A point that satisfies the constraints, and its objective.
type Best = Option<(Vec<f64>, f64)>;

/// Where a run starts, and the box it stays in.
type Start = (Vec<f64>, Vec<(f64, f64)>);

/// The Lagrangian in one round: obj + SUM lambda c + mu/2 c^2, with Rockafellar's form for inequalities.
struct Lagrangian<'a> {
    family: &'a Family<'a>,
    bounds: Vec<(f64, f64)>,
    multipliers: Vec<f64>,
    weight: f64,
    best: RefCell<Best>,
}

/// The objective as a cost, and the excess of every constraint; none where something is not a number.
fn examine(family: &Family, theta: &[f64]) -> Option<(f64, Vec<f64>, bool)> {
    let problem = family.problem;
    let measured = family.measure(theta).ok()?;
    let cost = problem.objective.sign() * problem.objective.value(&measured);
    let slopes = if problem.constraints.is_empty() { (0.0, 0.0) } else { family.slopes(theta).ok()? };
    let quantities: Vec<f64> = problem.constraints.iter().map(|c| c.quantity(&measured, slopes)).collect();
    let excess: Vec<f64> = problem.constraints.iter().zip(&quantities).map(|(c, q)| c.excess(*q)).collect();
    let holds = problem.constraints.iter().zip(&quantities).all(|(c, q)| c.holds(*q));
    (cost.is_finite() && excess.iter().all(|e| e.is_finite())).then_some((cost, excess, holds))
}

impl Lagrangian<'_> {
    /// A term of a constraint and its derivative by the excess.
    fn term(&self, i: usize, excess: f64) -> (f64, f64) {
        let (lambda, mu) = (self.multipliers[i], self.weight);
        if self.family.problem.constraints[i].equality() {
            return (lambda * excess + 0.5 * mu * excess * excess, lambda + mu * excess);
        }
        let pull = (lambda + mu * excess).max(0.0);
        ((pull * pull - lambda * lambda) / (2.0 * mu), pull)
    }

    /// The point of the box nearest to one, and the square of the distance.
    fn inside(&self, theta: &[f64]) -> (Vec<f64>, f64) {
        let clamped: Vec<f64> = theta.iter().zip(&self.bounds).map(|(t, (a, b))| t.clamp(*a, *b)).collect();
        let distance = theta.iter().zip(&clamped).map(|(t, c)| (t - c) * (t - c)).sum();
        (clamped, distance)
    }

    fn difference(&self, theta: &[f64]) -> Vec<f64> {
        let slope = |i: usize| {
            let h = 1e-5 * theta[i].abs().max(1.0);
            let at = |step: f64| {
                let mut moved = theta.to_vec();
                moved[i] += step;
                self.value(&moved)
            };
            (at(h) - at(-h)) / (2.0 * h)
        };
        (0..theta.len()).map(slope).collect()
    }

    /// The gradient by automatic differentiation, where there is one.
    fn exact(&self, theta: &[f64]) -> Option<Vec<f64>> {
        use super::functional::Constraint;
        let problem = self.family.problem;
        let local =
            |c: &Constraint| matches!(c, Constraint::Monotone | Constraint::Lipschitz(_) | Constraint::Slope(_));
        let (_, distance) = self.inside(theta);
        if distance > 0.0 || problem.objective.goal == Goal::Deficit || problem.constraints.iter().any(local) {
            return None;
        }
        let slopes = self.family.gradient(theta)?;
        let measured = self.family.measure(theta).ok()?;
        let variance = measured.variance.map_or(f64::NAN, |v| v.value);
        let mut gradient: Vec<f64> = (0..theta.len())
            .map(|i| match problem.objective.goal {
                Goal::Entropy | Goal::Deficit => slopes.entropy[i],
                Goal::Negentropy => 0.5 * slopes.variance[i] / variance - slopes.entropy[i],
                Goal::Variance => slopes.variance[i],
            })
            .map(|g| problem.objective.sign() * g)
            .collect();
        for (k, constraint) in problem.constraints.iter().enumerate() {
            let (_, pull) = self.term(k, constraint.excess(constraint.quantity(&measured, (0.0, 0.0))));
            let by = if matches!(constraint, Constraint::Variance(_)) { &slopes.variance } else { &slopes.second };
            gradient.iter_mut().zip(by).for_each(|(g, s)| *g += pull * s);
        }
        gradient.iter().all(|g| g.is_finite()).then_some(gradient)
    }
}

impl Function for Lagrangian<'_> {
    fn value(&self, theta: &[f64]) -> f64 {
        if self.family.stopped() || theta.iter().any(|t| !t.is_finite()) {
            return WORST;
        }
        let (clamped, distance) = self.inside(theta);
        let Some((cost, excess, holds)) = examine(self.family, &clamped) else { return WORST };
        let mut best = self.best.borrow_mut();
        if holds && best.as_ref().is_none_or(|(_, least)| cost < *least) {
            *best = Some((clamped, cost));
        }
        let terms: f64 = excess.iter().enumerate().map(|(i, e)| self.term(i, *e).0).sum();
        (cost + terms + 1e3 * distance).min(WORST)
    }

    fn gradient(&self, theta: &[f64]) -> Vec<f64> {
        if self.family.stopped() {
            return vec![0.0; theta.len()];
        }
        self.exact(theta).unwrap_or_else(|| self.difference(theta))
    }

    fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }
}

/// One start: rounds of the solver, the multipliers moved in between. The best point that satisfies the constraints.
fn run(family: &Family, solver: Solver, bounds: &[(f64, f64)], start: &[f64], seed: u64) -> (Best, u64) {
    let count = family.problem.constraints.len();
    let mut lagrangian = Lagrangian {
        family,
        bounds: bounds.to_vec(),
        multipliers: vec![0.0; count],
        weight: 10.0,
        best: RefCell::new(None),
    };
    let (mut at, mut iterations) = (start.to_vec(), 0);
    lagrangian.value(&at);
    for round in 0..if count == 0 { 1 } else { ROUNDS } {
        // Chance finds the valley in the first round; the others only follow it as the multipliers move.
        let own = if round > 0 && solver.random() { Solver::NelderMead } else { solver };
        let (end, steps) = solver::minimize(own, &lagrangian, &at, seed);
        iterations += steps;
        let Some(end) = end.filter(|_| !family.stopped()) else { break };
        at = lagrangian.inside(&end).0;
        let Some((_, excess, _)) = examine(family, &at) else { break };
        let pulls: Vec<f64> = excess.iter().enumerate().map(|(i, e)| lagrangian.term(i, *e).1).collect();
        let moved = pulls.iter().zip(&lagrangian.multipliers).map(|(p, m)| (p - m).abs()).fold(0.0, f64::max);
        lagrangian.multipliers = pulls;
        lagrangian.weight *= 3.0;
        if moved < 1e-9 {
            break;
        }
    }
    (lagrangian.best.into_inner(), iterations)
}

/// The whole search from a start with a finite objective.
pub(super) fn search(
    family: &Family,
    solver: Solver,
    settings: &OptimumSettings,
    (first, value): (Entropy, f64),
) -> Result<Optimum> {
    let mut bounds: Vec<(f64, f64)> = family.bounds.iter().map(|(low, high, _)| (*low, *high)).collect();
    let (mut runs, mut iterations, mut best): (Vec<Run>, u64, Best) = (vec![], 0, None);
    let mut curve = Vec::new();
    for round in 0..4 {
        curve = if family.start.len() == 1 { sensitivity(family, bounds[0], settings.curve) } else { vec![] };
        let (found, all, steps) = from_all_starts(family, solver, settings, &bounds, &curve);
        (best, runs, iterations) = (found, all, iterations + steps);
        if round == 3 || family.stopped() || !widened(family, &best, &mut bounds) {
            break;
        }
    }
    let sign = family.problem.objective.sign();
    let status = status(family, &best, &bounds, sign * value);
    let mut notes = Vec::new();
    let (theta, last) = best.unwrap_or((family.start.clone(), sign * value));
    let agreeing = runs.iter().filter(|r| (r.value - sign * last).abs() <= AGREEMENT).count();
    if agreeing < runs.len() {
        let others: Vec<String> = (runs.iter().filter(|r| !((r.value - sign * last).abs() <= AGREEMENT)))
            .map(|r| format!("{:?} (objective {})", r.end, shown(r.value)))
            .collect();
        notes.push(format!(
            "{agreeing} of {} starts found this optimum; the others ended at {}",
            runs.len(),
            others.join(", ")
        ));
    }
    for ((name, t), (low, high)) in family.names.iter().zip(&theta).zip(&bounds) {
        if (t - low).min(high - t) <= 1e-6 * (high - low) {
            notes.push(format!("{name} lies on the edge of the searched interval [{low}, {high}]"));
        }
    }
    finish(family, solver, status, theta, (first, [value, sign * last]), (iterations, runs, curve, notes))
}

fn shown(value: f64) -> String {
    if value.is_nan() { "undefined, or not under the constraints".to_owned() } else { format!("{value:.8}") }
}

type Account = (u64, Vec<Run>, Vec<(f64, f64, bool)>, Vec<String>);

fn finish(
    family: &Family,
    solver: Solver,
    status: OptimumStatus,
    theta: Vec<f64>,
    (first, value): (Entropy, [f64; 2]),
    (iterations, runs, curve, notes): Account,
) -> Result<Optimum> {
    let measured = family.measure(&theta)?;
    let slopes = family.slopes(&theta)?;
    let state = |c: &super::Constraint| {
        let quantity = c.quantity(&measured, slopes);
        (*c, quantity, c.holds(quantity))
    };
    let mut formula = family.problem.formula.clone();
    for (name, value) in family.names.iter().zip(&theta) {
        if let Some(value) = Expr::float(*value).as_num() {
            formula.set(name, value.clone());
        }
    }
    let exact = family.gradient(&theta).is_some() && family.problem.objective.goal != Goal::Deficit;
    let gradient = if exact { "automatic differentiation" } else { "central differences" };
    Ok(Optimum {
        status,
        parameters: family.names.iter().cloned().zip(theta).collect(),
        value,
        formula,
        evaluations: family.evaluations.load(Ordering::Relaxed),
        iterations,
        solver,
        gradient: solver.differentiates().then_some(gradient),
        constraints: family.problem.constraints.iter().map(state).collect(),
        runs,
        curve,
        entropies: [first, measured],
        notes,
    })
}

/// The objective over one parameter.
fn sensitivity(family: &Family, (low, high): (f64, f64), points: usize) -> Vec<(f64, f64, bool)> {
    let sign = family.problem.objective.sign();
    let at = |i: usize| {
        let theta = low + (high - low) * i as f64 / (points.max(2) - 1) as f64;
        let (cost, holds) = examine(family, &[theta]).map_or((f64::NAN, false), |(c, _, holds)| (c, holds));
        (theta, sign * cost, holds)
    };
    (0..points.max(2)).take_while(|_| !family.stopped()).map(at).collect()
}

/// The given start, then points at random; for Brent, the bracket around the best point of the curve.
fn from_all_starts(
    family: &Family,
    solver: Solver,
    settings: &OptimumSettings,
    bounds: &[(f64, f64)],
    curve: &[(f64, f64, bool)],
) -> (Best, Vec<Run>, u64) {
    let sign = family.problem.objective.sign();
    let mut chance = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut starts = vec![(family.start.clone(), bounds.to_vec())];
    if solver == Solver::Brent {
        starts = brackets(curve, sign);
    } else {
        for _ in 0..if solver.random() { settings.restarts.min(1) } else { settings.restarts } {
            let point = bounds.iter().map(|(low, high)| chance.random_range(*low..=*high)).collect();
            starts.push((point, bounds.to_vec()));
        }
    }
    let (mut best, mut runs, mut iterations): (Best, Vec<Run>, u64) = (None, vec![], 0);
    for (i, (start, bounds)) in starts.into_iter().enumerate() {
        let (found, steps) = run(family, solver, &bounds, &start, settings.seed.wrapping_add(i as u64));
        iterations += steps;
        let (end, cost) = found.clone().unwrap_or((start.clone(), f64::NAN));
        runs.push(Run { start, end, value: sign * cost });
        if found.is_some() && best.as_ref().is_none_or(|(_, least)| cost < *least) {
            best = found;
        }
        if family.stopped() {
            break;
        }
    }
    (best, runs, iterations)
}

/// The neighbourhood of the best admissible point of the curve, or of the best at all where none is admissible.
fn brackets(curve: &[(f64, f64, bool)], sign: f64) -> Vec<Start> {
    let admissible = curve.iter().any(|(_, value, holds)| *holds && value.is_finite());
    let candidates = (0..curve.len()).filter(|i| curve[*i].1.is_finite() && (curve[*i].2 || !admissible));
    let least = candidates.min_by(|i, j| (sign * curve[*i].1).total_cmp(&(sign * curve[*j].1)));
    let Some(i) = least else { return vec![] };
    let (low, high) = if admissible {
        (curve[i.saturating_sub(1)].0, curve[(i + 1).min(curve.len() - 1)].0)
    } else {
        (curve[0].0, curve[curve.len() - 1].0)
    };
    vec![(vec![curve[i].0], vec![(low, high)])]
}

/// Widens intervals that were not given and on whose edge the optimum lies.
fn widened(family: &Family, best: &Best, bounds: &mut [(f64, f64)]) -> bool {
    let Some((theta, _)) = best else { return false };
    let mut changed = false;
    for ((t, (low, high)), (.., given)) in theta.iter().zip(bounds).zip(&family.bounds) {
        let width = *high - *low;
        if !given && (t - *low).min(*high - t) <= 1e-6 * width {
            if t - *low < *high - t {
                *low -= 3.0 * width
            } else {
                *high += 3.0 * width
            }
            changed = true;
        }
    }
    changed
}

fn status(family: &Family, best: &Best, bounds: &[(f64, f64)], start: f64) -> OptimumStatus {
    let objective = family.problem.objective;
    if family.stopped() {
        return OptimumStatus::Interrupted;
    }
    let Some((theta, cost)) = best else {
        return OptimumStatus::Infeasible("no point of the searched box satisfies the constraints".to_owned());
    };
    let place = || {
        let named: Vec<String> = family.names.iter().zip(theta).map(|(n, t)| format!("{n} near {t:.6}")).collect();
        named.join(", ")
    };
    if start - cost > FALL {
        return OptimumStatus::Unbounded(format!(
            "{objective} has no bound: it was followed to {:.3} at {}; fix the scale (variance=V, second_moment=M, lipschitz) \
             or take a scale-free objective",
            objective.sign() * cost,
            place()
        ));
    }
    let escaping = theta
        .iter()
        .zip(bounds)
        .zip(&family.bounds)
        .any(|((t, (low, high)), (.., given))| !given && (t - low).min(high - t) <= 1e-6 * (high - low));
    if escaping {
        return OptimumStatus::Unbounded(format!(
            "{objective} still improves at the edge of every searched interval: {}",
            place()
        ));
    }
    if diverging(family, theta, *cost, bounds) {
        return OptimumStatus::Unbounded(format!(
            "{objective} has no bound: it grows without limit near a singular point, {}, as where the output comes to have an \
             atom; keep away from it by --bounds",
            place()
        ));
    }
    OptimumStatus::Solved
}

/// Whether the objective is singular at its best point along some parameter: a hundred-thousandth of the distance still makes a
/// tenth of the difference, as it does for a logarithm and not for a smooth optimum, a kink or a root.
fn diverging(family: &Family, theta: &[f64], cost: f64, bounds: &[(f64, f64)]) -> bool {
    let rise = |i: usize, step: f64| {
        let mut moved = theta.to_vec();
        moved[i] += step * (bounds[i].1 - bounds[i].0);
        let inside = bounds[i].0 <= moved[i] && moved[i] <= bounds[i].1;
        let found = inside.then(|| examine(family, &moved)).flatten();
        found.map(|(c, ..)| c - cost)
    };
    let singular = |i: usize| {
        [1.0, -1.0].into_iter().all(|side| match (rise(i, 1e-3 * side), rise(i, 1e-8 * side)) {
            (Some(far), Some(near)) => far > 0.1 && near > 0.1 * far,
            _ => true,
        }) && (rise(i, 1e-3).is_some() || rise(i, -1e-3).is_some())
    };
    (0..theta.len()).any(singular)
}
