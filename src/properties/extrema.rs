//! Infima and suprema of f, f' and f'', each with where it is attained or approached.

use super::Limit;
use super::curve::{Curve, Sample, Stretch, WINDOW};
use super::form::factorial;
use super::limits::far;
use super::smoothness::{Defect, Join, close};

/// Where a bound is reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// Attained at this point (the one nearest to 0 where there are several).
    At(f64),
    /// Attained all over this interval, with which of its ends belong to it.
    On(f64, f64, [bool; 2]),
    /// Approached towards this point from one side, or towards an infinite end, but not attained.
    Toward(f64),
    /// Not finite because of a jump at this point.
    Jump(f64),
}

/// A bound of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremum {
    /// The value, maybe infinite.
    pub value: f64,
    /// A bound on its absolute error; 0 where the value is infinite, infinite where a limit was not recognised: the bound is
    /// then not known, and the value is the farthest that was found.
    pub error: f64,
    /// Where it is reached.
    pub place: Place,
}

/// The infimum and the supremum of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The infimum.
    pub low: Extremum,
    /// The supremum.
    pub high: Extremum,
}

impl Bounds {
    /// Whether both are known to be finite.
    pub fn bounded(&self) -> bool {
        [self.low, self.high].iter().all(|e| e.value.is_finite() && e.error.is_finite())
    }
}

/// The bounds of the derivative of order k, k at most 2, over all stretches.
pub(super) fn bounds(curve: &Curve, k: usize) -> Bounds {
    let mut all: Vec<Extremum> = curve.stretches.iter().flat_map(|s| candidates(curve, s, k)).collect();
    if k == 0 {
        let values = curve.joins().map(|(at, ..)| extremum(curve.value(at), Place::At(at)));
        all.extend(values.filter(|e| e.value.is_finite()));
    }
    let none = Extremum { value: f64::NAN, error: 0.0, place: Place::Toward(f64::NAN) };
    let open = all.iter().any(|e| e.error.is_infinite());
    let best = |sign: f64| {
        let best = all.iter().copied().reduce(|a, b| better(a, b, sign)).unwrap_or(none);
        // Beside a limit that is not known any finite bound may be passed.
        if open && best.value.is_finite() { Extremum { error: f64::INFINITY, ..best } } else { best }
    };
    Bounds { low: best(-1.0), high: best(1.0) }
}

/// The farther of two in the direction of `sign`; of equals the one that is attained on most of the line, nearest to 0.
fn better(a: Extremum, b: Extremum, sign: f64) -> Extremum {
    let size = a.value.abs().max(b.value.abs());
    let equal = a.value == b.value || size.is_finite() && (a.value - b.value).abs() <= 1e-13 * size;
    let rank = |e: &Extremum| match e.place {
        Place::On(..) => (0, 0.0),
        Place::At(x) => (1, x.abs()),
        Place::Toward(x) | Place::Jump(x) => (2, x.abs()),
    };
    let ahead = if equal { rank(&b) < rank(&a) } else { sign * b.value > sign * a.value };
    if ahead { b } else { a }
}

fn extremum(value: f64, place: Place) -> Extremum {
    let error = if value.is_finite() { 8.0 * f64::EPSILON * value.abs() } else { 0.0 };
    // + 0.0 makes -0 a plain zero.
    Extremum { value: value + 0.0, error, place }
}

/// Values that may be the greatest or the least on a stretch and its ends.
fn candidates(curve: &Curve, s: &Stretch, k: usize) -> Vec<Extremum> {
    let line = s.line.filter(|slope| k > 0 || *slope == 0.0);
    if let Some(slope) = line {
        let value = [s.form.eval(s.samples[0].0), slope, 0.0][k];
        let closed = s.ends().map(|end| end.is_finite() && attained(curve, end, 0, s.edge(end, 0)));
        return vec![extremum(value, Place::On(s.from, s.to, closed))];
    }
    let at = |x: &f64| extremum(s.form.derivative(*x, k), Place::At(*x));
    if k > 0
        && s.ends().iter().all(|end| end.is_infinite())
        && let Some(value) = constant(s, k)
    {
        return vec![extremum(value, Place::On(s.from, s.to, [false; 2]))];
    }
    let mut all: Vec<Extremum> = s.roots[k + 1].iter().map(at).collect();
    for (end, side) in s.ends().into_iter().zip([-1.0, 1.0]) {
        let limit = if end.is_finite() { s.limit(end, k) } else { far(s, side, k) };
        all.extend(outward(curve, s, end, k, limit));
    }
    all
}

/// The derivative of order k, where it is the same at all samples.
fn constant(s: &Stretch, k: usize) -> Option<f64> {
    let value = s.form.derivative(0.4, k);
    let same = |sample: &Sample| (sample.1[k] * factorial(k) - value).abs() <= 1e-12 * value.abs();
    s.samples.iter().all(same).then_some(value)
}

/// Whether the derivative of order k has this value at a finite end of a stretch.
fn attained(curve: &Curve, end: f64, k: usize, value: f64) -> bool {
    if k == 0 {
        return close([curve.value(end), value]);
    }
    curve.joins().any(|(at, left, right)| {
        at == end
            && close([curve.value(at), left.edge(at, 0)])
            && (0..=k).all(|k| close([left.edge(at, k), right.edge(at, k)]))
    })
}

/// What a derivative comes to towards an end.
fn outward(curve: &Curve, s: &Stretch, end: f64, k: usize, limit: Limit) -> Vec<Extremum> {
    let place = Place::Toward(end);
    let last = if end == s.to { s.samples.last() } else { s.samples.first() };
    let at_last = |x: f64| extremum(s.form.derivative(x, k), Place::At(x));
    match limit {
        Limit::Value(v) if end.is_infinite() => vec![Extremum { value: v.value, error: v.error, place }],
        Limit::Value(v) if attained(curve, end, k, v.value) => vec![extremum(v.value, Place::At(end))],
        Limit::Value(v) => vec![extremum(v.value, place)],
        Limit::Infinite(sign) => vec![extremum(sign * f64::INFINITY, place)],
        Limit::Oscillates => last.map(|s| at_last(s.0)).into_iter().chain(swings(s, end, k, place)).collect(),
        Limit::Undetermined => {
            last.map(|s| Extremum { error: f64::INFINITY, place, ..at_last(s.0) }).into_iter().collect()
        }
    }
}

/// The extremes of an oscillation towards an end, infinite where they grow, nothing where they do not pass those of the
/// window. Towards a finite end distances are those of 1/t.
fn swings(s: &Stretch, end: f64, k: usize, place: Place) -> Vec<Extremum> {
    let side = if end == s.to { -1.0 } else { 1.0 };
    let point =
        |far: f64| if end.is_infinite() { -side * far } else { end + side * (s.to - s.from).min(1.0) / (1.0 + far) };
    let extremes = |start: f64| {
        let value = |i: i32| s.form.derivative(point(start + WINDOW * f64::from(i) / 1024.0), k);
        (0..1024).map(value).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
    };
    let (near, mid, far) = (extremes(0.0), extremes(1e4), extremes(1e6));
    // Beside what it swings by, a small end is made of rounding.
    let size = |(low, high): (f64, f64)| f64::max(low.abs(), high.abs());
    let (size_near, size_mid) = (size(near), size(mid));
    let end = |near: f64, far: f64| {
        if far.abs() > 2.0 * size_mid && far.abs() > 2.0 * size_near {
            return Some(f64::INFINITY.copysign(far));
        }
        let beyond = (far - near).abs() > 1e-3 * size_near && (far > near) == (far > 0.0);
        beyond.then_some(far)
    };
    let found = [end(near.0, far.0), end(near.1, far.1)];
    let known = |v: f64| if v.is_infinite() { 0.0 } else { 1e-3 * v.abs() };
    found.into_iter().flatten().map(|v| Extremum { error: known(v), ..extremum(v, place) }).collect()
}

/// sup of the modulus of a derivative as a Lipschitz constant of the one before, which must not jump.
pub(super) fn lipschitz(bounds: &Bounds, joins: &[Join], order: usize) -> Extremum {
    let jump = joins.iter().find(|j| match j.defect {
        Defect::Pole | Defect::Jump | Defect::NoLimit => true,
        Defect::Hole | Defect::End(_) => false,
        Defect::Derivative(n) => n <= order,
    });
    if let Some(jump) = jump {
        return Extremum { value: f64::INFINITY, error: 0.0, place: Place::Jump(jump.at) };
    }
    let low = Extremum { value: -bounds.low.value + 0.0, ..bounds.low };
    better(bounds.high, low, 1.0)
}
