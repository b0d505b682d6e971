//! What can be computed for any density: the mass on either side of a point, and quantiles by bisection.

use super::Input;
use crate::numeric::{Point, Quadrature};

/// Below this the exponential of a logarithm is 0, whatever the width of the tail.
const LEAST: f64 = -1500.0;

/// (P(U <= x), P(U > x)), both with their digits. NaN where the integral is not found.
pub(super) fn masses(input: &Input, x: f64) -> (f64, f64) {
    let (a, b) = input.support();
    let landmarks = input.landmarks();
    let middle = landmarks.get(landmarks.len() / 2).copied().unwrap_or(0.0);
    // Of a density that is greatest at an end, the bulk may lie there or not.
    let centre = match (middle == a, middle == b) {
        (false, false) => middle,
        _ if a.is_finite() && b.is_finite() => 0.5 * (a + b),
        (true, _) => a + 1.0,
        (_, true) => b - 1.0,
    };
    let lower = x <= centre;
    let first = mass(input, x, lower, &landmarks);
    let rest = if first <= 0.5 { f64::NAN } else { mass(input, x, !lower, &landmarks) };
    let (here, beyond) = if rest.is_nan() { (first, 1.0 - first) } else { (1.0 - rest, rest) };
    if lower { (here, beyond) } else { (beyond, here) }
}

/// The mass below or above a point by quadrature of the density, scaled by its largest value there.
fn mass(input: &Input, x: f64, lower: bool, landmarks: &[f64]) -> f64 {
    let (a, b) = input.support();
    let centre = landmarks.get(landmarks.len() / 2).copied().unwrap_or(0.0);
    let width = match (landmarks.first(), landmarks.last()) {
        (Some(first), Some(last)) if last > first => last - first,
        _ => 1.0,
    };
    let rule = Quadrature { centre, scale: width, ..Quadrature::default() };
    let (from, to) = if lower { (a, x) } else { (x, b) };
    let cuts: Vec<f64> = landmarks.iter().copied().filter(|c| from < *c && *c < to).collect();
    // x may be within a rounding of the end: close to it points are told by their distance from there.
    let end = if lower { a } else { b };
    let close = cuts.is_empty() && (x - end).abs() <= 0.5 * end.abs() && end.is_finite();
    let origin = if close { end } else { 0.0 };
    let log_pdf = |at: Point| if close { input.log_pdf_beside(end, at.u) } else { input.log_pdf_at(at) };
    let reference = cuts.iter().chain([&x]).map(|c| input.log_pdf(*c)).filter(|l| l.is_finite());
    let scale = reference.fold(f64::NEG_INFINITY, f64::max);
    if scale < LEAST {
        return 0.0;
    }
    rule.integrate_points(|at| [(log_pdf(at) - scale).exp()], from - origin, to - origin, &cuts)
        .map_or(f64::NAN, |[mass]| mass.value * scale.exp())
}

/// The smallest double x with P(U <= x) >= p, by bisection over the doubles of the support.
pub(super) fn quantile(input: &Input, p: f64) -> f64 {
    let (a, b) = input.support();
    let reached = |x: f64| if p <= 0.5 { input.cdf_at(x) >= p } else { input.survival_at(x) <= 1.0 - p };
    let (mut low, mut high) = (rank(a.max(f64::MIN)), rank(b.min(f64::MAX)));
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if reached(value(middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    let x = value(high);
    if input.cdf_at(x).is_nan() { f64::NAN } else { x }
}

/// The place of a double among all doubles.
fn rank(x: f64) -> i128 {
    let bits = i128::from(x.to_bits() & (u64::MAX >> 1));
    if x.is_sign_negative() { -bits } else { bits }
}

/// The double with that place.
fn value(rank: i128) -> f64 {
    let size = f64::from_bits(rank.unsigned_abs() as u64);
    if rank < 0 { -size } else { size }
}
