//! Checks by routes that know nothing of the algebra: automatic differentiation, the parser, difference quotients.

use super::curve::Curves;
use super::{Metric, Solution, Status};
use crate::entropy::entropy;
use crate::error::{Error, Result};
use crate::expr::{self, Batch, Expr, Tape};
use crate::input::Input;
use crate::numeric::{Points, Quadrature, richardson, slope_at_zero};

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was checked.
    pub what: &'static str,
    /// By which route.
    pub how: String,
    /// The number found.
    pub number: f64,
    /// Where it was found.
    pub at: Option<f64>,
    /// The greatest number that passes.
    pub tolerance: f64,
}

impl Check {
    /// Whether it passed.
    pub fn pass(&self) -> bool {
        self.number <= self.tolerance
    }
}

/// The check of dH/d eps by an independent route.
const SLOPE: &str = "entropy slope against a difference quotient";
/// Points per derivation at which formulas are compared.
const POINTS: usize = 200;
/// Two evaluations of the same formula differ by rounding, which grows with the length of the formula.
const CLOSED_FORM: f64 = 1e-10;
/// A spline of the logarithm of a kernel density, relative to |p'| + |p f''/f'| and the density over its width.
const SPLINE: f64 = 1e-6;
/// Where both terms nearly vanish the error is taken relative to this share of density over width.
const FLOOR: f64 = 1e-5;
/// An error of the closed form that needs no excuse.
const ROUNDING: f64 = 1e-13;
/// The printed text is the same tree, evaluated by the same program.
const READ_BACK: f64 = 1e-14;
/// A difference quotient loses digits: h^4 of truncation against rounding over h.
const QUOTIENT: f64 = 1e-6;
/// The same where folds make the entropy less smooth in eps.
const FOLDED: f64 = 1e-4;
const FOLDED_STEPS: [f64; 2] = [1e-3, 1e-4];
/// Two quadratures of different integrands.
const BY_PARTS: f64 = 1e-9;

/// All checks of a solution.
pub fn checks(solution: &Solution, curves: &Curves) -> Result<Vec<Check>> {
    if matches!(solution.status, Status::Unbounded(_)) {
        return Ok(vec![]);
    }
    let points = points(&solution.input);
    let mut all = vec![closed_form(solution, curves, &points)?];
    all.push(read_back(&solution.correction, "the correction", &points)?);
    all.push(read_back(&solution.improved.bound()?, "the improved activation", &points)?);
    let sloped = solution.status == Status::Solved && solution.slope.value.value.is_finite();
    if sloped && solution.slope.folded {
        all.extend(entropies(solution)?);
    } else if sloped {
        match difference_quotient(solution, curves) {
            Ok(check) => all.extend(check),
            // f' overflows within the support: there is no quotient to compare with.
            Err(Error::NotFinite { .. }) => {}
            Err(other) => return Err(other),
        }
        all.extend(by_parts(solution));
    }
    Ok(all)
}

/// Half the points at quantiles of the bulk, half in the two tails, down to one in 10^12.
pub(super) fn points(input: &Input) -> Vec<f64> {
    let half = POINTS / 2;
    let bulk = (0..half).map(|i| input.quantile((i as f64 + 0.5) / half as f64));
    let depth = |i: usize| 10f64.powf(-1.0 - 11.0 * i as f64 / (half / 2) as f64);
    let (low, high) = input.support();
    let mut all: Vec<f64> = bulk.collect();
    for i in 0..half / 2 {
        let q = input.quantile(depth(i));
        all.push(q);
        // The upper quantile through the distance of the lower one from the median would assume symmetry.
        all.push(input.quantile(1.0 - depth(i).max(1e-15)));
    }
    all.retain(|u| u.is_finite() && low < *u && *u < high);
    all
}

/// The closed form against automatic differentiation of the activation as given and of the density as defined.
fn closed_form(solution: &Solution, curves: &Curves, points: &[f64]) -> Result<Check> {
    let f = Tape::new(&solution.activation.formula.bound()?)?;
    let p = Tape::new(&solution.input.density())?;
    let closed = Tape::new(&solution.correction)?;
    let spline = solution.input.kernel_density().is_some();
    let (mut worst, mut compared) = ((0.0, None), 0);
    let metric = solution.settings.metric;
    let share = if spline { 1.0 } else { FLOOR } / curves.cells.first().map_or(1.0, |c| c.width);
    let (low, high) = solution.input.support();
    let lost = |u: f64| curves.at(u).is_some_and(|c| !c.flat && c.slope_at(u).abs() < 1e-290);
    for u in points.iter().copied().filter(|u| !near_cut(curves, *u) && !lost(*u) && !f.has_gap(*u)) {
        let falls = curves.at(u).is_some_and(|c| c.falls);
        let reference = |v: f64| by_differentiation(&f, &p, metric, falls, v);
        let (target, scale) = reference(u);
        let size = scale + share * floor(metric, &p, u);
        let mut error = (closed.eval(u) - target).abs() / size;
        if !(error <= ROUNDING) {
            // Derivatives of the formula as given can cancel far out; neighbouring doubles show by how much.
            let shift = |v: f64| (reference(v).0 - target).abs();
            if shift(u * (1.0 + 1e-9)).max(shift(u * (1.0 - 1e-9))) > 1e-6 * scale {
                continue; // the reference has no digits left here
            }
            // Where an argument such as 1 - x is quantised, neighbours agree on the same wrong value, and fourth differences,
            // which of the function itself are next to nothing, do not.
            let room = u.abs().min(u - low).min(high - u);
            let fourth = |step: f64| {
                let at = |k: f64| reference(u + k * step * room).0;
                (at(-2.0) - 4.0 * at(-1.0) + 6.0 * target - 4.0 * at(1.0) + at(2.0)).abs()
            };
            let rough = [1e-5, 4e-5, 1.1e-4].map(fourth).into_iter().filter(|v| v.is_finite()).fold(0.0, f64::max);
            let neighbours = [u.next_up(), u.next_down(), u * (1.0 + 1e-15), u * (1.0 - 3e-15)];
            let noise = 8.0 * neighbours.map(shift).into_iter().fold(rough, f64::max);
            error = (error - noise / size).max(0.0);
        }
        if size.is_finite() && size > 1e-280 {
            compared += 1;
            if !(error <= worst.0) {
                worst = (if error.is_nan() { f64::INFINITY } else { error }, Some(u));
            }
        }
    }
    let (what, besides, tolerance) = match spline {
        true => ("spline form of the correction", " + p/width", SPLINE),
        false => ("closed form of the correction", "", CLOSED_FORM),
    };
    let how = format!(
        "automatic differentiation at {compared} points of bulk and tails; error beyond its rounding, relative to |p'| + |p f''/f'|{besides}"
    );
    Ok(Check { what, how, number: worst.0, at: worst.1, tolerance })
}

/// The size of the density's factor in a metric.
fn floor(metric: Metric, p: &Tape, u: f64) -> f64 {
    if metric == Metric::Probability { 1.0 } else { p.eval(u) }
}

/// At a cut the two sides have different derivatives.
fn near_cut(curves: &Curves, u: f64) -> bool {
    curves.cuts().iter().any(|c| (c - u).abs() < 1e-12 * c.abs().max(1.0))
}

/// The correction of a metric from jets, and the size of its terms.
fn by_differentiation(f: &Tape, p: &Tape, metric: Metric, falls: bool, u: f64) -> (f64, f64) {
    let (mut a, mut b) = ([0.0; 3], [0.0; 3]);
    f.taylor(u, &mut a);
    p.taylor(u, &mut b);
    // A slope that has underflowed says nothing; on a flat piece both derivatives are 0.
    let curvature = if a[1] == 0.0 && a[2] == 0.0 { 0.0 } else { 2.0 * a[2] / a[1] };
    let divisor = match metric {
        Metric::Inverse => {
            if falls {
                -1.0
            } else {
                1.0
            }
        }
        Metric::Forward | Metric::Sobolev => a[1],
        Metric::Probability => a[1] * b[0],
    };
    let (first, second) = (b[1] / divisor, b[0] * curvature / divisor);
    (first - second, first.abs() + second.abs())
}

/// The printed text parsed and evaluated, against the formula itself.
pub(super) fn read_back(e: &Expr, name: &str, points: &[f64]) -> Result<Check> {
    let text = e.to_string();
    if text.len() > expr::LONGEST {
        let bytes = text.len();
        return Err(Error::Algebra(format!(
            "the text of {name} has {bytes} bytes, more than can be read back; ask for a lower --order"
        )));
    }
    let read = Expr::parse(&text)?;
    // The same tree is the same program: only another one need be evaluated.
    if read == *e {
        let how = format!("the text of {name} parsed back to the same tree");
        return Ok(Check { what: "printed text", how, number: 0.0, at: None, tolerance: READ_BACK });
    }
    let (direct, read) = (Tape::new(e)?, Tape::new(&read)?);
    let mut worst = (0.0, None);
    for u in points {
        let (a, b) = (direct.eval(*u), read.eval(*u));
        let error = if a == b || a.is_nan() && b.is_nan() { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()) };
        if !(error <= worst.0) {
            worst = (if error.is_nan() { f64::INFINITY } else { error }, Some(*u));
        }
    }
    let how = format!("the text of {name} parsed back and evaluated at {} points", points.len());
    Ok(Check { what: "printed text", how, number: worst.0, at: worst.1, tolerance: READ_BACK })
}

/// dH/d eps against (H(h) - H(-h))/2h of the exact functional on the active branch, with one Richardson step.
fn difference_quotient(solution: &Solution, curves: &Curves) -> Result<Option<Check>> {
    let bound = |p: &super::MonotonePiece| p.lower.abs().min(p.upper.abs());
    let active = |p: &&super::MonotonePiece| {
        curves.cells.iter().any(|c| !c.flat && p.from <= c.from.value && c.to.value <= p.to)
    };
    let room = solution.monotone.pieces.iter().filter(active).map(bound).fold(1.0, f64::min);
    if room <= 1e-6 {
        return Ok(None);
    }
    let h = 0.005 * room;
    let [wide, narrow] = quotients(solution, curves, [2.0 * h, h])?;
    let slope = solution.slope.unconditional.value;
    let number = (richardson(wide, narrow) - slope).abs() / slope.abs().max(1e-3);
    let how = format!("entropy at eps = +-{h:.3e} and +-{:.3e}, Richardson", 2.0 * h);
    Ok(Some(Check { what: SLOPE, how, number, at: None, tolerance: QUOTIENT }))
}

/// dH/d eps against (H(h) - H(-h))/2h of the entropy of the whole output, with one Richardson step.
fn entropies(solution: &Solution) -> Result<Option<Check>> {
    let f = solution.activation.formula.bound()?;
    let at = |eps: f64| {
        let found = entropy(&(f.clone() + Expr::float(eps) * solution.direction.clone()), &solution.input)?;
        Ok::<f64, Error>(if found.entropy.error.is_finite() { found.entropy.value } else { f64::NAN })
    };
    let slope = solution.slope.unconditional.value;
    let error = |h: f64| slope_at_zero(at, h).map_or(f64::NAN, |found| (found - slope).abs() / slope.abs().max(1e-3));
    let tried = FOLDED_STEPS.into_iter().map(|h| (error(h), h));
    let Some((number, h)) = least_error(tried, FOLDED) else { return Ok(None) };
    let how = format!("entropy of the output at eps = +-{h:e} and +-{:e}, all branches summed, Richardson", 2.0 * h);
    Ok(Some(Check { what: SLOPE, how, number, at: None, tolerance: FOLDED }))
}

/// The first error within the tolerance, or the least one, of difference quotients at narrower and narrower steps, with what
/// goes with it: the entropy may curve at the wider steps, and the narrower ones lose digits; those of a wrong slope are all off.
pub(super) fn least_error<T>(tried: impl Iterator<Item = (f64, T)>, tolerance: f64) -> Option<(f64, T)> {
    let mut found: Option<(f64, T)> = None;
    for (number, with) in tried {
        if !number.is_nan() && found.as_ref().is_none_or(|(least, _)| number < *least) {
            found = Some((number, with));
        }
        if number <= tolerance {
            break;
        }
    }
    found
}

/// (H(h) - H(-h))/2h for several h, H = -INT p log(p/|f' + eps g'|) du over the active cells; the parts in p alone cancel.
fn quotients(solution: &Solution, curves: &Curves, steps: [f64; 2]) -> Result<[f64; 2]> {
    let input = &solution.input;
    let mut sums = [0.0; 2];
    for c in curves.cells.iter().filter(|c| !c.flat) {
        let density = Batch::of(c.density.clone());
        let differences = |points: &Points, out: &mut [[f64; 2]]| {
            let (p, (slope, g1)) = (density.all_values(&points.u), c.slopes(&points.u));
            for (i, out) in out.iter_mut().enumerate() {
                let log_slope = |eps: f64| (slope[i] + eps * g1[i]).abs().ln();
                let difference = |h: f64| if p[i] < 1e-290 { 0.0 } else { p[i] * (log_slope(h) - log_slope(-h)) };
                *out = steps.map(difference);
            }
        };
        let mut marks: Vec<f64> = input.modes().into_iter().chain(input.breakpoints()).collect();
        marks.push(c.centre);
        marks.retain(|m| c.from.value < *m && *m < c.to.value);
        let quadrature = Quadrature { centre: c.centre, scale: c.width, ..Quadrature::default() };
        let found = quadrature.integrate_blocks(differences, c.from.value, c.to.value, &marks)?;
        sums.iter_mut().zip(found).for_each(|(sum, part)| *sum += part.value);
    }
    Ok([0, 1].map(|i| sums[i] / (2.0 * steps[i])))
}

/// E[g'/f'] times the scale against the rate of descent and the boundary terms.
fn by_parts(solution: &Solution) -> Option<Check> {
    let scale = crate::expr::constant(&solution.scale).ok()?;
    let boundary: f64 = solution.slope.boundary_terms.iter().map(|t| t.value).sum();
    let direct = solution.slope.unconditional.value * scale;
    let parts = solution.slope.rate.value + boundary * scale;
    if !parts.is_finite() {
        return None;
    }
    let size = direct.abs() + solution.slope.rate.value.abs() + (boundary * scale).abs();
    Some(Check {
        what: "rate of descent",
        how: "E[(Delta f)'/f'] against -INT (Delta f)^2/|f'| du and the boundary terms".into(),
        number: (direct - parts).abs() / size.max(1e-12),
        at: None,
        tolerance: BY_PARTS,
    })
}
