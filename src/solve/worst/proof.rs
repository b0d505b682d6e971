//! Checks of a worst activation by routes that know nothing of its closed form.

use super::WorstSolution;
use super::closed::on_support;
use crate::cas::{self, Variable};
use crate::entropy;
use crate::error::Result;
use crate::expr::{Expr, Piece, Tape, pieces};
use crate::input::Input;
use crate::solve::Check;

/// Points at which formulas are compared.
const POINTS: usize = 201;
/// Two evaluations of one formula.
const CLOSED_FORM: f64 = 1e-13;
/// A cubic through 257 quantiles.
const INTERPOLATED: f64 = 1e-6;
/// Quadrature of log f' against the density, which may both be infinite at an end of the support.
const ENTROPY: f64 = 1e-7;
/// The score: two derivatives, relative to their size.
const STATIONARY: f64 = 1e-9;

/// Points spread over the mass of the input.
pub(super) fn points(input: &Input) -> Vec<f64> {
    (1..POINTS).map(|i| input.quantile(i as f64 / POINTS as f64)).filter(|x| x.is_finite()).collect()
}

/// The largest of some deviations and where it is.
fn largest(points: &[f64], deviation: impl Fn(f64) -> f64) -> (f64, Option<f64>) {
    let worse = |best: (f64, Option<f64>), &x: &f64| match deviation(x) {
        d if d > best.0 || d.is_nan() => (if d.is_nan() { f64::INFINITY } else { d }, Some(x)),
        _ => best,
    };
    points.iter().fold((0.0, None), worse)
}

pub(super) fn checks(solution: &WorstSolution, f: &Expr) -> Result<Vec<Check>> {
    let input = solution.problem.inside();
    let (low, height) = (solution.problem.range.0.value, solution.problem.height());
    let tape = Tape::new(f)?;
    let points = points(input);
    let check = |what, how: &str, (number, at): (f64, Option<f64>), tolerance| Check {
        what,
        how: how.to_owned(),
        number,
        at,
        tolerance,
    };
    let tolerance = if solution.closed { CLOSED_FORM } else { INTERPOLATED };
    let scale = height.max(low.abs());
    let deviation = largest(&points, |x| (tape.eval(x) - low - height * input.cdf_at(x)).abs() / scale);
    let mut all = vec![check(
        "the distribution function",
        "A + (B - A) F with F by the input's own numbers",
        deviation,
        tolerance,
    )];
    let read = Tape::new(&Expr::parse(&f.to_string())?)?;
    let back = largest(&points, |x| (read.eval(x) - tape.eval(x)).abs() / scale);
    all.push(check("the printed activation", "read back and evaluated", back, 1e-14));
    if !solution.closed {
        return Ok(all);
    }
    let slope = largest(&points, |x| (tape.derivative(x, 1) / (height * input.pdf(x)) - 1.0).abs());
    all.push(check("Beltrami: p/f' = 1/(B - A)", "automatic differentiation", slope, STATIONARY));
    // d/du log p = d/du log f'; the size of the terms is 1 over the width of the input.
    let [q1, _, q3] = input.quartiles();
    let density = Tape::new(&input.density())?;
    let score = |x: f64| {
        let (own, of) = (density.derivative(x, 1) / density.eval(x), tape.derivative(x, 2) / tape.derivative(x, 1));
        (own - of).abs() / (own.abs() + 1.0 / (q3 - q1))
    };
    let kinks = input.breakpoints();
    let smooth: Vec<f64> = points.iter().copied().filter(|x| !kinks.contains(x)).collect();
    all.push(check(
        "Euler-Lagrange: the correction is 0",
        "automatic differentiation",
        largest(&smooth, score),
        STATIONARY,
    ));
    // Close to an end of the support a closed form may be made of rounding, and seem to turn.
    if let Ok(found) = entropy::entropy(f, input) {
        let (off, error) = ((found.entropy.value - height.ln()).abs(), found.entropy.error);
        all.push(check("entropy = log(B - A)", "quadrature of the functional", (off, None), ENTROPY.max(error)));
    }
    Ok(all)
}

/// Whether f' = (B - A) p on every piece, by algebra; false where it could not be shown.
pub(super) fn proved(f: &Expr, input: &Input, height: &Expr) -> bool {
    let Ok(forms) = on_support(f, input) else { return false };
    let mut differences = vec![];
    for piece in forms {
        let Ok(parts) = pieces(&input.density(), piece.from.value, piece.to.value) else { return false };
        let pair = |part: Piece| (piece.form.lowered(), height.clone() * part.form.lowered());
        differences.extend(parts.into_iter().map(pair));
    }
    let shown = cas::run(move || -> Result<bool> {
        for (form, slope) in differences {
            if !cas::is_zero(&(cas::differentiate(&form, Variable::X)? - slope))? {
                return Ok(false);
            }
        }
        Ok(true)
    });
    matches!(shown, Ok(Ok(true)))
}
