//! The solution of `derive --metric sobolev`.

use super::spline::balanced;
use super::{Gradient, Sobolev, check, gradient, reach, steps};
use crate::activation::Activation;
use crate::cas::multiply;
use crate::entropy::Differential;
use crate::error::{Error, Result};
use crate::expr::{Bound, Expr, Formula, Piece};
use crate::input::Input;
use crate::numeric::Estimate;
use crate::solve::correction::{Parts, kinks};
use crate::solve::curve::Curves;
use crate::solve::direction::{self, Cell};
use crate::solve::slope::{self, Slope};
use crate::solve::{Metric, OrderTerm, PARAMETER, Settings, SingularPoint, Solution, Status, starting_value};
use crate::solve::{check as checking, monotone, tail};

/// Lengths that are accepted, over that of the input.
const LENGTHS: (f64, f64) = (1e-3, 1e3);
/// The interquartile range of a standard normal distribution.
const NORMAL_RANGE: f64 = 1.348_979_500_392_163_4;

/// Completes a solution that holds the problem, given its cells.
///
/// # Errors
/// A length out of range; what the functional cannot take.
pub(in crate::solve) fn derive(mut solution: Solution, f: &Expr, cells: Vec<Cell>) -> Result<Solution> {
    let length = length(&solution.settings, &solution.input)?;
    solution.settings.length = Some(length);
    if is_stationary(&solution, &cells)? {
        solution.status = Status::Stationary;
        let cells = &cells;
        let curves = Curves::new(cells, &nothing(), &solution.input)?;
        solution.slope = slope::slope(&curves, &solution)?;
        solution.monotone = monotone::monotone(&curves, &solution);
        solution.steps = crate::solve::steps::steps(&solution)?;
        return Ok(solution);
    }
    let cells = &cells;
    let differential = Differential::new(f, &solution.input)?;
    let reached = match differential.outcome() {
        Some(why) => Err(why.to_owned()),
        None => reach::range(&differential, length),
    };
    match reached {
        Ok((range, ends)) => {
            let found = gradient(&differential, length, range, &ends)?;
            complete(solution, f, cells, &differential, &found)
        }
        Err(why) => unbounded(solution, cells, why),
    }
}

/// The length as asked for, by default the width of the input (its standard deviation if it is normal).
fn length(settings: &Settings, input: &Input) -> Result<f64> {
    let [low, _, high] = input.quartiles();
    let width = (high - low) / NORMAL_RANGE;
    let width = if width.is_finite() && width > 0.0 { width } else { 1.0 };
    let Some(length) = settings.length else {
        let rounded: f64 = format!("{width:.2e}").parse().unwrap_or(width);
        return Ok(rounded);
    };
    let (least, most) = (LENGTHS.0 * width, LENGTHS.1 * width);
    if !(least <= length && length <= most) {
        return Err(Error::OutOfRange {
            owner: "derive".into(),
            name: "length".into(),
            value: length.to_string(),
            expected: format!("it must be between {least:.3e} and {most:.3e} for the input {}", input.text()),
        });
    }
    Ok(length)
}

fn nothing() -> Parts {
    let zero = || Piece { from: Bound::at(f64::NEG_INFINITY), to: Bound::at(f64::INFINITY), form: Expr::int(0) };
    Parts { correction: vec![zero()], direction: vec![zero()], scale: Expr::int(1), orders: vec![] }
}

/// Whether algebra finds the pointwise correction to be 0, where numbers suggest it, and nothing is left at kinks and ends.
fn is_stationary(solution: &Solution, cells: &[Cell]) -> Result<bool> {
    let input = &solution.input;
    let (low, high) = input.support();
    let curves = Curves::new(cells, &nothing(), input)?;
    let open = low.is_infinite() && high.is_infinite();
    if !open || !kinks(&curves, input).is_empty() || !seems_stationary(&curves, input) {
        return Ok(false);
    }
    let solved = direction::solve(cells.to_vec(), Metric::Inverse, 1, input)?;
    Ok(solved.iter().all(|c| c.parts.iter().all(|p| p.factor.is_zero())))
}

/// Whether p/f' does not change at quantiles of the input.
fn seems_stationary(curves: &Curves, input: &Input) -> bool {
    let changes = |u: f64| {
        let Some(curve) = curves.at(u).filter(|c| !c.flat) else { return true };
        let (mut p, mut f) = ([0.0; 2], [0.0; 3]);
        curve.density.taylor(u, &mut p);
        curve.activation.taylor(u, &mut f);
        let (a, b) = (p[1] * f[1], p[0] * 2.0 * f[2]);
        !((a - b).abs() <= 1e-9 * (a.abs() + b.abs()))
    };
    (1..32).map(|i| input.quantile(f64::from(i) / 32.0)).all(|u| !changes(u))
}

fn unbounded(mut solution: Solution, cells: &[Cell], why: String) -> Result<Solution> {
    let curves = Curves::new(cells, &nothing(), &solution.input)?;
    solution.status = Status::Unbounded(why);
    solution.kinks = kinks(&curves, &solution.input);
    solution.slope = slope::slope(&curves, &solution)?;
    solution.monotone = monotone::monotone(&curves, &solution);
    Ok(solution)
}

fn complete(
    mut solution: Solution,
    f: &Expr,
    cells: &[Cell],
    differential: &Differential,
    found: &Gradient,
) -> Result<Solution> {
    let (correction, direction) = (found.spline.forms(1.0), found.spline.forms(1.0 / found.greatest));
    let parts = Parts {
        correction: correction.clone(),
        direction: direction.clone(),
        scale: Expr::float(found.greatest),
        orders: vec![OrderTerm { n: 1, term: balanced(&direction) }],
    };
    solution.status = Status::Solved;
    solution.correction = balanced(&correction);
    solution.correction_pieces = correction;
    solution.direction = balanced(&direction);
    solution.scale = parts.scale.clone();
    solution.improved = improved(&solution.activation, f, &solution.direction);
    solution.orders = parts.orders.clone();
    let curves = Curves::new(cells, &parts, &solution.input)?;
    solution.kinks = kinks(&curves, &solution.input);
    solution.tails = tail::tails(&curves, &solution);
    solution.slope = slope_of(found, &curves, &solution.input);
    let folds = differential.folds();
    // The activation turns there; the gradient itself has no singular points.
    solution.singular_points = folds.iter().map(|at| turning(*at)).collect();
    solution.monotone = monotone::monotone(&curves, &solution);
    solution.singular_points.clear();
    let [low, high] = found.spline.ends;
    solution.sobolev = Some(Sobolev {
        space: found.space,
        length: found.spline.length,
        pieces: found.spline.pieces.len(),
        knots: [low.at, high.at],
        greatest: found.greatest,
        deviation: found.deviation,
        norm_squared: Estimate { value: -found.slope.value, ..found.slope },
        critical_points: folds,
        descent: vec![],
    });
    let descent = check::descent(&solution, &curves);
    if let Some(sobolev) = &mut solution.sobolev {
        sobolev.descent = descent;
    }
    solution.steps = steps::steps(&solution, differential, found);
    solution.checks = check::checks(&solution, differential, found, &curves)?;
    let points = checking::points(&solution.input);
    solution.checks.push(checking::read_back(&solution.correction, "the correction", &points)?);
    solution.checks.push(checking::read_back(&solution.improved.bound()?, "the improved activation", &points)?);
    crate::solve::correction::warn_of_failures(&mut solution);
    Ok(solution)
}

fn turning(at: f64) -> SingularPoint {
    SingularPoint { at: Bound { value: at, exact: None }, residue: None, kind: "turn", description: String::new() }
}

/// f + eps g, the activation's own parameters at their values.
fn improved(activation: &Activation, bound: &Expr, direction: &Expr) -> Formula {
    let own = &activation.formula;
    let shown = if own.parameters.is_empty() { own.expr.clone() } else { bound.clone() };
    let expr = shown + multiply(Expr::param(PARAMETER), direction.clone());
    let mut formula = Formula { expr, parameters: Default::default() };
    formula.set(PARAMETER, starting_value());
    formula
}

/// dH per unit of eps is dH along the gradient over its greatest value.
fn slope_of(found: &Gradient, curves: &Curves, input: &Input) -> Slope {
    let mass = slope::active_mass(curves, input);
    let per = |divisor: f64| Estimate {
        value: found.slope.value / divisor,
        error: found.slope.error / divisor,
        evaluations: found.slope.evaluations,
    };
    let value = per(found.greatest * mass);
    Slope {
        value,
        unconditional: per(found.greatest),
        mass,
        branch: slope::branch(curves),
        rate: found.slope,
        boundary_terms: vec![],
        sides: [value.value; 2],
        folded: false,
        poles: vec![],
        outcome: None,
    }
}
