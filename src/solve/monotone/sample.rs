//! g'/f' on a cell: where it is looked at, its values there, and its limits at the ends.

use crate::input::Input;
use crate::solve::curve::Curve;

/// What g'/f' would be if g changed over the width of the cell by as much as it is; of a flat cell, g'.
pub(super) fn size(curve: &Curve, x: f64) -> f64 {
    let size = curve.direction.eval(x).abs() / curve.breadth();
    let size = if curve.flat { size } else { size / curve.slope_at(x).abs() };
    if size.is_finite() { size } else { 0.0 }
}

/// Closer than this to an end other than 0, relative to the width, a ratio may be made of rounding, which grows with the
/// inverse square of the distance.
const CLEAR: f64 = 1.0 / 1024.0;

/// g'/f', on a flat cell g', at points; only where density and slope can be represented.
pub(super) fn ratios(curve: &Curve, input: &Input, points: Vec<f64>) -> impl Iterator<Item = (f64, f64)> {
    let points: Vec<f64> = points.into_iter().filter(|x| input.pdf(*x) > 1e-280).collect();
    let (slopes, values) = curve.slopes(&points);
    let flat = curve.flat;
    let mut steepness: Vec<f64> = slopes.iter().map(|s| s.abs()).filter(|s| *s > 0.0 && s.is_finite()).collect();
    steepness.sort_by(f64::total_cmp);
    let typical = steepness.get(steepness.len() / 2).copied().unwrap_or(1.0);
    let ratio = move |((x, g1), f1): ((f64, f64), f64)| match flat {
        true => Some((x, g1)),
        false => (f1.abs() > 1e-280 * typical).then(|| (x, g1 / f1)),
    };
    points.into_iter().zip(values).zip(slopes).filter_map(ratio).filter(|(_, value)| value.is_finite())
}

/// The finite ends of a cell, each with the step inward at which a ratio is looked at closest. Towards 0 it is as well known
/// as anywhere, unless the density vanishes there as a power, of whose terms in 1/x the greatest cancel.
pub(super) fn approached(curve: &Curve, input: &Input) -> Vec<(f64, f64)> {
    let width = curve.breadth();
    let closest = |end: f64, inward: f64| {
        let power = |step: f64| (input.log_pdf(2.0 * inward * step) - input.log_pdf(inward * step)) / 2f64.ln();
        let [near, far] = [2f64.powi(-46), 2f64.powi(-26)].map(|step| power(step * width));
        let vanishes = near > 0.01 && (near - far).abs() < 1e-3;
        if end == 0.0 && !vanishes { inward * width * 2f64.powi(-48) } else { inward * width * CLEAR }
    };
    let ends = [(curve.from.value, 1.0), (curve.to.value, -1.0)];
    ends.into_iter().filter(|(end, _)| end.is_finite()).map(|(end, inward)| (end, closest(end, inward))).collect()
}

/// The finite ends with the limits of the ratio there, from points as close as rounding lets them be: infinite where it grows
/// as a power, else by extrapolation; its value at the end where that is the same.
pub(super) fn limits(curve: &Curve, input: &Input, ends: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let limit = |(end, step): &(f64, f64)| {
        let points = [8.0, 4.0, 2.0, 1.0].map(|k| end + k * step);
        let near: Vec<f64> = ratios(curve, input, points.to_vec()).map(|(_, value)| value).collect();
        let [a, b, c, d] = near[..] else { return None };
        let [before, last] = [c / b, d / c];
        if before > 1.05 && last > 1.05 && (last / before - 1.0).abs() < 0.1 {
            return Some((*end, f64::INFINITY.copysign(d)));
        }
        // The Taylor series at the end without its first three powers.
        let lines = [2.0 * b - a, 2.0 * c - b, 2.0 * d - c];
        let parabolas = [0, 1].map(|i| (4.0 * lines[i + 1] - lines[i]) / 3.0);
        let limit = (8.0 * parabolas[1] - parabolas[0]) / 7.0;
        let direct = ratios(curve, input, vec![*end]).next().map(|(_, value)| value);
        let near = |value: &f64| (value - limit).abs() < 1e-5 * limit.abs() + 1e-8 * size(curve, *end);
        Some((*end, direct.filter(near).unwrap_or(limit)))
    };
    ends.iter().filter_map(limit).collect()
}

/// Points of a cell where density and slope can be represented, and g'/f' there, on a flat cell g'.
pub(super) fn sampled(curve: &Curve, input: &Input, ends: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    let (centre, width) = (curve.centre, curve.width);
    let mut points: Vec<f64> = (-300..=300).map(|i| centre + width * (f64::from(i) / 40.0).sinh() * 0.35).collect();
    for (mode, width) in peaks(input, width) {
        points.extend((-40..=40).map(|i| mode + width * (f64::from(i) / 10.0).sinh() * 0.35));
    }
    for (end, step) in ends {
        // The density may vanish at an end, so that the extreme is approached, not taken.
        points.push(*end);
        points.extend((4..=48).map(|k| end + (width * 2f64.powi(-k)).copysign(*step)));
    }
    points.retain(|x| curve.from.value <= *x && *x <= curve.to.value);
    let clear = |x: &f64| ends.iter().all(|(end, step)| (x - end).abs() >= step.abs());
    points.retain(clear);
    points.sort_by(f64::total_cmp);
    points.dedup();
    ratios(curve, input, points).unzip()
}

/// Where the density has several modes: each with the length over which it falls by half.
fn peaks(input: &Input, width: f64) -> Vec<(f64, f64)> {
    let modes = input.modes();
    let narrow = |mode: f64| {
        let falls = |w: &f64| input.log_pdf(mode + w).max(input.log_pdf(mode - w)) < input.log_pdf(mode) - 0.7;
        let mut halved = std::iter::successors(Some(width), |w| Some(0.5 * w)).take(60);
        (mode, halved.find(|w| !falls(w)).unwrap_or(width))
    };
    if modes.len() > 1 { modes.into_iter().map(narrow).collect() } else { vec![] }
}
