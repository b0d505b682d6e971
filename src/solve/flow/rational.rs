//! The correction as a rational function: on each window P(z)/(1 + z^2)^m with z = (x - c)/s, so the denominator is positive
//! everywhere, fitted by least squares for every m and s and judged by the greatest error.

use super::grid::Grid;
use super::spline::Spline;
use super::step::Mover;
use crate::entropy::{Entropy, entropy};
use crate::error::Result;
use crate::expr::{Expr, Tape};
use crate::input::Input;
use crate::numeric::golden;
use nalgebra::{DMatrix, DVector};

/// Powers of the denominator, and scales in widths of the window, that are tried.
const POWERS: std::ops::RangeInclusive<i64> = 2..=9;
const SCALES: [f64; 7] = [0.08, 0.12, 0.17, 0.24, 0.34, 0.5, 0.7];

/// A rational form of the activation.
#[derive(Debug, Clone)]
pub struct FlowRational {
    /// The activation with the rational correction.
    pub activation: Expr,
    /// The correction alone.
    pub correction: Expr,
    /// The greatest deviation from the spline on the whole line.
    pub error: f64,
    /// Where it is.
    pub at: f64,
    /// The entropy of its output; none where the fit turns where the spline does not.
    pub entropy: Option<Entropy>,
}

/// A fit on one window.
struct Fit {
    form: Expr,
    error: f64,
}

/// The rational form of the flow's end; none where nothing moved or nothing could be fitted.
pub(super) fn fitted(mover: &Mover, input: &Input) -> Result<Option<FlowRational>> {
    let mut correction = Expr::int(0);
    for (spline, points) in mover.sampled() {
        if points.iter().all(|(_, v)| *v == 0.0) {
            continue;
        }
        let outside = Grid::beyond(&[(spline.nodes[0], spline.nodes[spline.nodes.len() - 1])], spline.reach());
        let points: Vec<(f64, f64)> = points.into_iter().chain(outside.into_iter().map(|x| (x, 0.0))).collect();
        let Some(form) = window(spline, &points) else { return Ok(None) };
        let (from, to) = spline.reach();
        correction = Mover::limited(form, from, to, correction);
    }
    if correction.is_zero() {
        return Ok(None);
    }
    let activation = mover.corrected(correction.clone());
    let (spline, rational) = (Tape::new(&mover.formula())?, Tape::new(&activation)?);
    let (low, high) = input.support();
    let mut points: Vec<f64> =
        mover.points().iter().copied().chain(Grid::beyond(&mover.windows(), (low, high))).collect();
    points.sort_by(f64::total_cmp);
    let (error, at) = greatest(|x| (spline.eval(x) - rational.eval(x)).abs(), &points);
    // Where the fit oscillates about a nearly flat stretch it has branches that the spline has not.
    let comparable = mover.turns(&rational) <= mover.turns(&spline);
    let entropy = if comparable { entropy(&activation, input).ok() } else { None };
    Ok(Some(FlowRational { activation, correction, error, at, entropy }))
}

/// The greatest value of a function and where it is: between the neighbours of every point with a great one, looked at closely.
fn greatest(f: impl Fn(f64) -> f64, points: &[f64]) -> (f64, f64) {
    let values: Vec<f64> = points.iter().map(|x| f(*x)).collect();
    let most = values.iter().copied().fold(0.0, f64::max);
    let inner = (1..points.len().saturating_sub(1)).filter(|i| values[*i] >= 0.9 * most);
    let tops = inner.map(|i| golden(&f, points[i - 1], points[i + 1], 40));
    let all = points.iter().copied().chain(tops).map(|x| (f(x), x));
    all.fold((0.0, 0.0), |best, now| if now.0 > best.0 { now } else { best })
}

/// The best of all powers and scales.
fn window(spline: &Spline, points: &[(f64, f64)]) -> Option<Expr> {
    let mut best: Option<Fit> = None;
    for power in POWERS {
        for scale in SCALES {
            let Some(fit) = fit(spline, points, power, scale) else { continue };
            if best.as_ref().is_none_or(|b| fit.error < 0.98 * b.error) {
                best = Some(fit);
            }
        }
    }
    best.map(|fit| fit.form)
}

/// P of degree at most 2 m - 1 over (1 + z^2)^m, P being 0 at an end where the window has none beyond.
fn fit(spline: &Spline, points: &[(f64, f64)], power: i64, scale: f64) -> Option<Fit> {
    let (a, b) = (spline.nodes[0], spline.nodes[spline.nodes.len() - 1]);
    let zeros = spline.zeros();
    let centre = match &*zeros {
        [one] => *one,
        _ => rounded(0.5 * (a + b), 1e-3 * (b - a)),
    };
    let width = rounded(scale * (b - a), 1e-3 * (b - a));
    let own = |x: f64| (x - centre) / width;
    let factor = |x: f64| zeros.iter().map(|zero| own(x) - own(*zero)).product::<f64>();
    let below = |x: f64| (1.0 + own(x) * own(x)).powi(power as i32);
    let columns = (2 * power) as usize - zeros.len();
    let matrix = DMatrix::from_fn(points.len(), columns, |i, j| {
        let x = points[i].0;
        factor(x) * own(x).powi(j as i32) / below(x)
    });
    let right = DVector::from_iterator(points.len(), points.iter().map(|p| p.1));
    let coefficients = matrix.clone().svd(true, true).solve(&right, 1e-12).ok()?;
    let error = (&matrix * &coefficients - &right).amax();
    let z = move || (Expr::x() - Expr::float(centre)) / Expr::float(width);
    let least = 1e-11 * coefficients.amax();
    let numbers: Vec<Expr> =
        coefficients.iter().map(|c| if c.abs() < least { Expr::int(0) } else { Expr::float(*c) }).collect();
    let numerator = zeros.iter().fold(horner(&numbers, &z()), |p, zero| (z() - Expr::float(own(*zero))) * p);
    Some(Fit { form: numerator / (Expr::int(1) + z().powi(2)).powi(power), error })
}

/// c_0 + z (c_1 + z (...)), powers without coefficient passed over.
fn horner(coefficients: &[Expr], z: &Expr) -> Expr {
    let Some(first) = coefficients.iter().position(|c| !c.is_zero()) else { return Expr::int(0) };
    let next = coefficients[first + 1..].iter().position(|c| !c.is_zero());
    let inner = match next {
        None => coefficients[first].clone(),
        Some(gap) => {
            let rest = horner(&coefficients[first + 1 + gap..], z);
            coefficients[first].clone() + z.clone().powi(gap as i64 + 1) * rest
        }
    };
    if first == 0 { inner } else { z.clone().powi(first as i64) * inner }
}

/// A number with few digits near this one.
fn rounded(value: f64, room: f64) -> f64 {
    let unit = 10f64.powf(room.log10().floor());
    let rounded = (value / unit).round() * unit;
    format!("{rounded:.9e}").parse().unwrap_or(value)
}
