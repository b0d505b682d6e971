//! The activation as stretches on which it is smooth and finite, with samples dense enough to follow it and the roots of
//! its first derivatives.

use super::limits;
use super::roots::roots;
use crate::error::{Error, Result};
use crate::expr::{Expr, Piece, Tape, pieces};

/// Taylor coefficients kept: those of f to f''''/24.
pub(super) const ORDER: usize = 5;
pub(super) type Jet = [f64; ORDER];
/// A point and the coefficients there.
pub(super) type Sample = (f64, Jet);

/// Where functions that oscillate without end are sampled.
pub(super) const WINDOW: f64 = 32.0;
/// Samples of one piece after which cells are no longer halved.
const MOST_SAMPLES: usize = 20_000;

/// An open interval on which the activation is smooth and finite.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub from: f64,
    pub to: f64,
    pub tape: Tape,
    /// The slope, where the form is a straight line.
    pub line: Option<f64>,
    pub samples: Vec<Sample>,
    /// `roots[k]`: where the derivative of order k is 0.
    pub roots: [Vec<f64>; ORDER],
}

/// The activation on the whole line.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    pub whole: Tape,
    pub stretches: Vec<Stretch>,
    /// Whether it oscillates without end towards -inf and +inf.
    pub oscillates: [bool; 2],
}

pub(super) fn jet(tape: &Tape, x: f64) -> Jet {
    let mut out = [0.0; ORDER];
    tape.taylor(x, &mut out);
    out
}

fn finite(jet: &Jet) -> bool {
    jet.iter().all(|c| c.is_finite())
}

impl Curve {
    /// Cuts the line. `minus_identity`: f is g(x) - x, whose values are known to the rounding of x only.
    pub fn new(f: &Expr, minus_identity: bool) -> Result<Curve> {
        let whole = Tape::new(f)?;
        let mut curve = Curve { whole, stretches: Vec::new(), oscillates: [false; 2] };
        for piece in pieces(f, f64::NEG_INFINITY, f64::INFINITY)? {
            curve.add(&piece, minus_identity)?;
        }
        if curve.stretches.is_empty() {
            return Err(Error::Unsupported(format!("`{f}` is a finite real number nowhere")));
        }
        Ok(curve)
    }

    fn add(&mut self, piece: &Piece, minus_identity: bool) -> Result<()> {
        let tape = Tape::new(&piece.form)?;
        let (mut low, mut high) = (piece.from.value, piece.to.value);
        if low.is_infinite() && limits::oscillates(&tape, -1.0) {
            self.oscillates[0] = true;
            low = if high > -WINDOW { -WINDOW } else { high - WINDOW };
        }
        if high.is_infinite() && limits::oscillates(&tape, 1.0) {
            self.oscillates[1] = true;
            high = if piece.from.value < WINDOW { WINDOW } else { piece.from.value + WINDOW };
        }
        let samples = refined(&tape, grid(low, high));
        let line = straight(piece, &tape, &samples);
        for (from, to, samples) in split(&tape, samples, piece.from.value, piece.to.value) {
            let mut stretch = Stretch { from, to, tape: tape.clone(), line, samples, roots: Default::default() };
            if line.is_none() {
                stretch.roots = roots(&stretch, minus_identity);
            } else if line != Some(0.0) {
                let root = -tape.eval(0.0) / tape.derivative(0.0, 1) + 0.0;
                stretch.roots[0].extend(Some(root).filter(|r| from < *r && *r < to));
            }
            self.stretches.push(stretch);
        }
        Ok(())
    }

    /// f at a point; NaN where something on the way is infinite.
    pub fn value(&self, x: f64) -> f64 {
        if self.whole.overflows(x) { f64::NAN } else { self.whole.eval(x) }
    }

    /// Neighbours that share an end.
    pub fn joins(&self) -> impl Iterator<Item = (f64, &Stretch, &Stretch)> {
        self.stretches.windows(2).filter(|w| w[0].to == w[1].from).map(|w| (w[0].to, &w[0], &w[1]))
    }
}

impl Stretch {
    /// The one-sided limit of the derivative of order k at a finite end.
    pub fn edge(&self, end: f64, k: usize) -> f64 {
        let side = if end == self.from { 1.0 } else { -1.0 };
        limits::beside(|x| self.tape.derivative(x, k), end, side, self.to - self.from)
    }

    pub fn ends(&self) -> [f64; 2] {
        [self.from, self.to]
    }
}

/// The slope of a form that is a straight line, as it shows at the samples and, the form being smooth, anywhere else.
fn straight(piece: &Piece, tape: &Tape, samples: &[Sample]) -> Option<f64> {
    if !piece.form.has_x() {
        return Some(0.0);
    }
    let slope = jet(tape, 0.4)[1];
    let flat = |j: &Jet| j[2..].iter().all(|c| *c == 0.0) && (j[1] - slope).abs() <= 4.0 * f64::EPSILON * slope.abs();
    let elsewhere = (-128..=128).map(|i| jet(tape, (f64::from(i) / 16.0 + 0.013).sinh()));
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

/// The jets on a grid, cells halved while a quintic through both ends misses the middle.
fn refined(tape: &Tape, grid: Vec<f64>) -> Vec<Sample> {
    let mut open: Vec<Sample> = grid.into_iter().rev().map(|x| (x, jet(tape, x))).collect();
    let mut done: Vec<Sample> = Vec::with_capacity(open.len());
    while let Some((x, a)) = open.pop() {
        if let Some((next, b)) = open.last().filter(|_| done.len() + open.len() < MOST_SAMPLES) {
            let h = next - x;
            let middle = 0.5 * (x + next);
            let fine = h <= 1e-4 * x.abs().max(1e-3);
            if !fine && finite(&a) && finite(b) {
                let m = jet(tape, middle);
                let rise = b[0] - a[0];
                let predicted = 0.5 * (a[0] + b[0]) + h * (a[1] - b[1]) * 5.0 / 32.0 + h * h * (a[2] + b[2]) / 32.0;
                let size = rise.abs() + h * (a[1].abs() + b[1].abs() + m[1].abs());
                if !((predicted - m[0]).abs() <= 1e-3 * size + 1e-13 * (a[0].abs() + b[0].abs())) {
                    open.push((middle, m));
                    open.push((x, a));
                    continue;
                }
            }
        }
        done.push((x, a));
    }
    done
}

/// The ends of a stretch and the samples inside.
type Part = (f64, f64, Vec<Sample>);

/// The parts of an interval on which f is smooth and finite: cut where values or derivatives are not finite, and at poles
/// and jumps.
fn split(tape: &Tape, samples: Vec<Sample>, from: f64, to: f64) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut i = 0;
    // Where f is not computable all the way out, and that is for something infinite on the way, it goes on in truth.
    let overflow = |out: &Sample, rest: &[Sample]| rest.iter().all(|s| !finite(&s.1)) && tape.overflows(out.0);
    while let Some(start) = (i..samples.len()).find(|j| finite(&samples[*j].1)) {
        let end = (start..samples.len()).find(|j| !finite(&samples[*j].1)).unwrap_or(samples.len());
        let (before, rest) = samples.split_at(start);
        let (inside, after) = rest.split_at(end - start);
        let left = match before {
            [] => from,
            [out, ..] if from.is_infinite() && overflow(out, before) => from,
            [.., bad] => boundary(tape, inside[0].0, bad.0),
        };
        let right = match after {
            [] => to,
            [.., out] if to.is_infinite() && overflow(out, after) => to,
            [bad, ..] => boundary(tape, inside[inside.len() - 1].0, bad.0),
        };
        found.extend(between_poles(tape, inside, left, right));
        i = end;
    }
    found.iter_mut().for_each(|(from, to, samples)| samples.retain(|(x, _)| *from < *x && *x < *to));
    found.retain(|(from, to, samples)| from < to && !samples.is_empty());
    found
}

/// A part cut at its poles and jumps.
fn between_poles(tape: &Tape, samples: &[Sample], from: f64, to: f64) -> Vec<Part> {
    let mut found = Vec::new();
    let (mut left, mut start) = (from, 0);
    for (i, pair) in samples.windows(2).enumerate() {
        if let Some(pole) = pole(tape, &pair[0], &pair[1]) {
            found.push((left, pole, samples[start..=i].to_vec()));
            (left, start) = (pole, i + 1);
        }
    }
    found.push((left, to, samples[start..].to_vec()));
    found
}

/// The last point of the domain between a point where f is finite and one where it or a derivative is not.
fn boundary(tape: &Tape, inside: f64, outside: f64) -> f64 {
    if tape.eval(outside).is_finite() {
        return outside;
    }
    let (mut inside, mut outside) = (inside, outside);
    for _ in 0..1200 {
        let middle = 0.5 * (inside + outside);
        if middle == inside || middle == outside {
            break;
        }
        if tape.eval(middle).is_finite() { inside = middle } else { outside = middle }
    }
    // The exact end is whichever of the two neighbours is the rounder number.
    let digits = |x: f64| format!("{x:e}").len();
    let end = if digits(outside) < digits(inside) { outside } else { inside };
    if end.abs() < 1e-300 { 0.0 } else { end }
}

/// A pole or a jump between two samples.
fn pole(tape: &Tape, a: &Sample, b: &Sample) -> Option<f64> {
    (0..2).find_map(|k| {
        if a.1[k] * b.1[k] >= 0.0 {
            return None;
        }
        let g = |x: f64| tape.derivative(x, k);
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
        let at = if g(high).is_finite() { low } else { high };
        let at = if at.abs() < 1e-300 { 0.0 } else { at };
        (!(least <= 1e-3 * a.1[k].abs().max(b.1[k].abs()))).then_some(at)
    })
}
