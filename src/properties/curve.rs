//! The activation as stretches on which it is smooth and finite, with samples dense enough to follow it and the roots of
//! its first derivatives.

use super::form::{self, Form};
use super::roots::{roots, sign};
use super::smoothness::close;
use super::{Limit, limits};
use crate::error::{Error, Result};
use crate::expr::{Expr, Local, Piece, Tape, pieces};
use crate::numeric::Estimate;
use std::sync::Arc;

/// Taylor coefficients kept: those of f to f''''/24.
pub(super) const ORDER: usize = 5;
pub(super) type Jet = [f64; ORDER];
/// A point and the coefficients there.
pub(super) type Sample = (f64, Jet);

/// Where functions that oscillate without end are sampled.
pub(super) const WINDOW: f64 = 32.0;
/// Samples of one piece after which cells are no longer halved.
const MOST_SAMPLES: usize = 20_000;

/// An open interval on which the activation, or its continuous extension, is smooth and finite.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub from: f64,
    pub to: f64,
    pub form: Arc<Form>,
    /// The slope, where the form is a straight line.
    pub line: Option<f64>,
    /// Where it is sampled: between its ends, or short of those towards which it oscillates without end.
    pub window: [f64; 2],
    /// The limits at those of its ends that are singular points of the form.
    edges: [Option<Vec<Limit>>; 2],
    pub samples: Vec<Sample>,
    /// `roots[k]`: where the derivative of order k is 0.
    pub roots: [Vec<f64>; ORDER],
}

/// The activation on the whole line.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    pub whole: Tape,
    pub stretches: Vec<Stretch>,
    /// Points at which f has no value but a limit, and that limit, which stands for its value in all but the domain.
    pub removable: Vec<(f64, f64)>,
}

pub(super) fn jet(form: &Form, x: f64) -> Jet {
    let mut out = [0.0; ORDER];
    form.taylor(x, &mut out);
    out
}

fn finite(jet: &Jet) -> bool {
    jet.iter().all(|c| c.is_finite())
}

impl Curve {
    /// Cuts the line. `minus_identity`: f is g(x) - x, whose values are known to the rounding of x only.
    pub fn new(f: &Expr, minus_identity: bool) -> Result<Curve> {
        let whole = Tape::new(f)?;
        let mut curve = Curve { whole, stretches: Vec::new(), removable: Vec::new() };
        for piece in pieces(f, f64::NEG_INFINITY, f64::INFINITY)? {
            curve.add(&piece, minus_identity)?;
        }
        if curve.stretches.is_empty() {
            return Err(Error::Unsupported(format!("`{f}` is a finite real number nowhere")));
        }
        let filled = curve.joins().filter(|j| !curve.own(j.0).is_finite()).filter_map(|(at, left, right)| {
            let sides = [left.edge(at, 0), right.edge(at, 0)];
            close(sides).then_some((at, sides[0]))
        });
        let filled: Vec<(f64, f64)> = filled.collect();
        curve.removable.extend(filled);
        curve.removable.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(curve)
    }

    /// The stretches of a piece: between the singular points of its form that are not removable.
    fn add(&mut self, piece: &Piece, minus_identity: bool) -> Result<()> {
        let (from, to) = (piece.from.value, piece.to.value);
        let form = Arc::new(Form::new(&piece.form, from, to, &grid(from, to))?);
        let inside = |l: &&Local| from < l.at() && l.at() < to;
        let (removable, cuts): (Vec<&Local>, Vec<&Local>) =
            form.singular().iter().filter(inside).partition(|l| l.analytic());
        let limit = |l: &&Local| (l.at(), form.eval(l.at()));
        let mut gaps: Vec<(f64, f64)> = removable.iter().filter(|l| l.undefined()).map(limit).collect();
        let mut ends = vec![from];
        ends.extend(cuts.iter().map(|l| l.at()));
        ends.push(to);
        let first = self.stretches.len();
        for w in ends.windows(2) {
            self.between(piece, &form, [w[0], w[1]], minus_identity);
        }
        // A value given by `where` between two pieces of the same form.
        gaps.retain(|(at, limit)| !self.whole.defined(*at) || !close([self.whole.eval(*at), *limit]));
        gaps.retain(|gap| self.stretches[first..].iter().any(|s| s.from < gap.0 && gap.0 < s.to));
        self.removable.extend(gaps);
        Ok(())
    }

    fn between(&mut self, piece: &Piece, form: &Arc<Form>, [from, to]: [f64; 2], minus_identity: bool) {
        let (low, high) = window(form, from, to);
        let samples = refined(form, grid(low, high));
        let (low, high, samples) = resolved(samples, low, high);
        let line = straight(piece, form, &samples);
        let goes_on = [from, to].map(|end| end.is_infinite() || form.at(end).is_some());
        for (left, right, samples) in split(form, samples, [from, to], goes_on) {
            let mut stretch = Stretch {
                from: left,
                to: right,
                form: form.clone(),
                line,
                window: [if left == from { low } else { left }, if right == to { high } else { right }],
                edges: [(left, 1.0), (right, -1.0)]
                    .map(|(end, side)| form.at(end).map(|local| form::limits(local, side, right - left))),
                samples,
                roots: Default::default(),
            };
            if line.is_none() {
                stretch.roots = roots(&stretch, minus_identity);
            } else if line != Some(0.0) {
                let root = -form.eval(0.0) / form.derivative(0.0, 1) + 0.0;
                stretch.roots[0].extend(Some(root).filter(|r| left < *r && *r < right));
            }
            self.stretches.push(stretch);
        }
    }

    /// f at a point; NaN where something on the way is infinite.
    pub fn own(&self, x: f64) -> f64 {
        // A cut inside of a piece may be rounded, so that doubles pass it by.
        let cut = |(at, left, right): (f64, &Stretch, &Stretch)| {
            at == x && Arc::ptr_eq(&left.form, &right.form) && left.form.at(x).is_some_and(Local::undefined)
        };
        let gap = self.removable.iter().any(|gap| gap.0 == x) || self.joins().any(cut);
        if gap || !self.whole.defined(x) { f64::NAN } else { self.whole.eval(x) }
    }

    /// The value of the continuous extension.
    pub fn value(&self, x: f64) -> f64 {
        let filled = self.removable.iter().find(|(at, _)| *at == x);
        filled.map_or_else(|| self.own(x), |(_, limit)| *limit)
    }

    /// The value between the ends of stretches, where derivatives are; that of the formula elsewhere.
    pub fn followed(&self, x: f64) -> f64 {
        let within = self.stretches.iter().find(|s| s.from < x && x < s.to);
        within.map_or_else(|| self.whole.eval(x), |s| s.form.eval(x))
    }

    /// Neighbours that share an end.
    pub fn joins(&self) -> impl Iterator<Item = (f64, &Stretch, &Stretch)> {
        self.stretches.windows(2).filter(|w| w[0].to == w[1].from).map(|w| (w[0].to, &w[0], &w[1]))
    }
}

impl Stretch {
    /// The one-sided limit of the derivative of order k at a finite end.
    pub fn limit(&self, end: f64, k: usize) -> Limit {
        let side = if end == self.from { 1.0 } else { -1.0 };
        match &self.edges[usize::from(end != self.from)] {
            Some(limits) => limits[k],
            None => match limits::beside(|x| self.form.derivative(x, k), end, side, self.to - self.from) {
                v if v.is_infinite() => Limit::Infinite(v.signum()),
                v if v.is_nan() => Limit::Undetermined,
                v => Limit::Value(Estimate::exact(v)),
            },
        }
    }

    /// That limit as a number, infinite ones with it; NaN where it does not exist or was not found.
    pub fn edge(&self, end: f64, k: usize) -> f64 {
        match self.limit(end, k) {
            Limit::Value(v) => v.value,
            Limit::Infinite(sign) => sign * f64::INFINITY,
            Limit::Oscillates | Limit::Undetermined => f64::NAN,
        }
    }

    pub fn ends(&self) -> [f64; 2] {
        [self.from, self.to]
    }
}

/// Where an interval is sampled: short of the ends towards which the form oscillates without end.
fn window(form: &Form, from: f64, to: f64) -> (f64, f64) {
    let short = (1.0 / WINDOW).min(0.25 * (to - from));
    let cut = |end: f64, other: f64, side: f64| match end.is_infinite() {
        true if limits::oscillates(form, side) => side * WINDOW + if side * other < WINDOW { 0.0 } else { other },
        false if form.at(end).is_some_and(|local| form::oscillates(local, -side)) => end - side * short,
        _ => end,
    };
    (cut(from, to, -1.0), cut(to, from, 1.0))
}

/// The slope of a form that is a straight line, as it shows at the samples and, the form being smooth, anywhere else.
fn straight(piece: &Piece, form: &Form, samples: &[Sample]) -> Option<f64> {
    if !piece.form.has_x() {
        return Some(0.0);
    }
    let slope = jet(form, 0.4)[1];
    if form.singular().iter().any(Local::analytic) {
        // Beyond the reach of the series a straight line is one but for rounding.
        let bent = |(x, j): &Sample| (2..ORDER).any(|k| sign(*x, j, k, false) != 0.0);
        let steady = |j: &Jet| (j[1] - slope).abs() <= 1e-12 * slope.abs();
        return samples.iter().all(|s| !bent(s) && steady(&s.1)).then_some(slope);
    }
    let flat = |j: &Jet| j[2..].iter().all(|c| *c == 0.0) && (j[1] - slope).abs() <= 4.0 * f64::EPSILON * slope.abs();
    let elsewhere = (-128..=128).map(|i| jet(form, (f64::from(i) / 16.0 + 0.013).sinh()));
    (samples.iter().all(|s| flat(&s.1)) && elsewhere.into_iter().all(|j| flat(&j))).then_some(slope)
}

/// Points strictly between two ends, dense around 0 and the ends, and reaching to 1e16 at an infinite end.
fn grid(from: f64, to: f64) -> Vec<f64> {
    let mut points: Vec<f64> = (-512..=512).map(|i| f64::from(i) / 16.0).collect();
    for i in 0..=60 {
        let x = 1e-9 * 1.35f64.powi(i);
        points.extend([x, -x]);
    }
    let mut x = 32.0;
    while x < 1e16 {
        x *= if x < 1e4 { 1.05 } else { 2.0 };
        points.extend([x, -x]);
    }
    let width = (to - from).min(1.0);
    for i in 0..40 {
        let h = 0.5 * width * 0.6f64.powi(i);
        points.extend([from + h, to - h].into_iter().filter(|p| p.is_finite()));
    }
    if (to - from).is_finite() {
        points.extend((1..64).map(|i| from + (to - from) * f64::from(i) / 64.0));
    }
    points.retain(|p| from < *p && *p < to);
    points.sort_by(f64::total_cmp);
    points.dedup();
    points
}

/// A sample with whether a quintic follows the form from there to the next.
type Followed = (Sample, bool);

/// The jets on a grid, cells halved while a quintic through both ends misses the middle.
fn refined(form: &Form, grid: Vec<f64>) -> Vec<Followed> {
    let mut open: Vec<Sample> = grid.into_iter().rev().map(|x| (x, jet(form, x))).collect();
    let mut done: Vec<Followed> = Vec::with_capacity(open.len());
    while let Some((x, a)) = open.pop() {
        let mut followed = true;
        if let Some((next, b)) = open.last() {
            let h = next - x;
            let middle = 0.5 * (x + next);
            let fine = h <= 1e-4 * x.abs().max(1e-3) || done.len() + open.len() >= MOST_SAMPLES;
            if finite(&a) && finite(b) {
                let m = jet(form, middle);
                let rise = b[0] - a[0];
                let predicted = 0.5 * (a[0] + b[0]) + h * (a[1] - b[1]) * 5.0 / 32.0 + h * h * (a[2] + b[2]) / 32.0;
                let size = rise.abs() + h * (a[1].abs() + b[1].abs() + m[1].abs());
                followed = (predicted - m[0]).abs() <= 1e-3 * size + 1e-13 * (a[0].abs() + b[0].abs());
                if !followed && !fine {
                    open.push((middle, m));
                    open.push((x, a));
                    continue;
                }
            }
        }
        done.push(((x, a), followed));
    }
    done
}

/// Cells side by side in which the form turns unfollowed, from which on it is taken to oscillate too fast.
const LOST: usize = 20;

/// The samples short of where the form oscillates faster than they follow, and the ends of what is left.
fn resolved(samples: Vec<Followed>, low: f64, high: f64) -> (f64, f64, Vec<Sample>) {
    let lost = |w: &[Followed]| !w[0].1 && w[0].0.1[2] * w[1].0.1[2] < 0.0;
    let runs: Vec<usize> = samples
        .windows(2)
        .scan(0usize, |run, w| {
            *run = if lost(w) { *run + 1 } else { run.saturating_sub(1) };
            Some(*run)
        })
        .collect();
    let last = runs.iter().position(|run| *run >= LOST);
    let plain = |samples: &[Followed]| samples.iter().map(|s| s.0).collect::<Vec<_>>();
    let Some(last) = last else { return (low, high, plain(&samples)) };
    let side = samples[last].0.0;
    let middle = 0.5 * (low.max(-WINDOW) + high.min(WINDOW));
    if side >= middle {
        let kept = plain(&samples[..=last.saturating_sub(2 * LOST)]);
        (low, kept[kept.len() - 1].0, kept)
    } else {
        let first = runs.iter().rposition(|run| *run >= LOST).unwrap_or(last);
        let kept = plain(&samples[(first + 2 * LOST).min(samples.len() - 1)..]);
        (kept[0].0, high, kept)
    }
}

/// The ends of a stretch and the samples inside.
type Part = (f64, f64, Vec<Sample>);

/// The parts of an interval on which f is smooth and finite: cut where values or derivatives are not finite, and at poles
/// and jumps.
fn split(form: &Form, samples: Vec<Sample>, [from, to]: [f64; 2], goes_on: [bool; 2]) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut i = 0;
    // Where f is not computable all the way to an end that it is not defined at, and that is for something infinite on the
    // way, it goes on in truth.
    let overflow = |out: &Sample, rest: &[Sample]| rest.iter().all(|s| !finite(&s.1)) && form.overflows(out.0);
    while let Some(start) = (i..samples.len()).find(|j| finite(&samples[*j].1)) {
        let end = (start..samples.len()).find(|j| !finite(&samples[*j].1)).unwrap_or(samples.len());
        let (before, rest) = samples.split_at(start);
        let (inside, after) = rest.split_at(end - start);
        let left = match before {
            [] => from,
            [out, ..] if goes_on[0] && overflow(out, before) => from,
            [.., bad] => boundary(form, inside[0].0, bad.0),
        };
        let right = match after {
            [] => to,
            [.., out] if goes_on[1] && overflow(out, after) => to,
            [bad, ..] => boundary(form, inside[inside.len() - 1].0, bad.0),
        };
        found.extend(between_poles(form, inside, left, right));
        i = end;
    }
    found.iter_mut().for_each(|(from, to, samples)| samples.retain(|(x, _)| *from < *x && *x < *to));
    found.retain(|(from, to, samples)| from < to && !samples.is_empty());
    found
}

/// A part cut at its poles and jumps.
fn between_poles(form: &Form, samples: &[Sample], from: f64, to: f64) -> Vec<Part> {
    let mut found = Vec::new();
    let (mut left, mut start) = (from, 0);
    for (i, pair) in samples.windows(2).enumerate() {
        if let Some(pole) = pole(form, &pair[0], &pair[1]) {
            found.push((left, pole, samples[start..=i].to_vec()));
            (left, start) = (pole, i + 1);
        }
    }
    found.push((left, to, samples[start..].to_vec()));
    found
}

/// The last point of the domain between a point where f is finite and one where it or a derivative is not.
fn boundary(form: &Form, inside: f64, outside: f64) -> f64 {
    if form.eval(outside).is_finite() {
        return outside;
    }
    let (mut inside, mut outside) = (inside, outside);
    for _ in 0..1200 {
        let middle = 0.5 * (inside + outside);
        if middle == inside || middle == outside {
            break;
        }
        if form.eval(middle).is_finite() { inside = middle } else { outside = middle }
    }
    // The exact end is whichever of the two neighbours is the rounder number.
    let digits = |x: f64| format!("{x:e}").len();
    let end = if digits(outside) < digits(inside) { outside } else { inside };
    if end.abs() < 1e-300 { 0.0 } else { end }
}

/// A pole or a jump between two samples.
fn pole(form: &Form, a: &Sample, b: &Sample) -> Option<f64> {
    (0..2).find_map(|k| {
        if a.1[k] * b.1[k] >= 0.0 {
            return None;
        }
        let g = |x: f64| form.derivative(x, k);
        let (mut low, mut high) = (a.0, b.0);
        let sign = a.1[k] > 0.0;
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if middle == low || middle == high {
                break;
            }
            if (g(middle) > 0.0) == sign { low = middle } else { high = middle }
        }
        let least = g(low).abs().min(g(high).abs());
        // Between two doubles a root that is steep enough looks like a jump.
        let largest = a.1[k].abs().max(b.1[k].abs());
        let steep = form.derivative(low, k + 1).abs().max(form.derivative(high, k + 1).abs()) * (high - low);
        if least <= 10.0 * largest && steep >= 0.1 * least {
            return None;
        }
        let at = if g(high).is_finite() { low } else { high };
        let at = if at.abs() < 1e-300 { 0.0 } else { at };
        (!(least <= 1e-3 * largest)).then_some(at)
    })
}
