//! Zeros of f': sign changes, touches, and those around which f' is too small for a double.

use super::correction::SCAN;
use super::curve::Curve;
use crate::expr::Batch;
use crate::input::Input;
use crate::numeric::{self, bracketed};
use std::ops::RangeInclusive;

/// Critical points from which on an activation is taken to turn often, and beyond which no more are looked for.
const OFTEN: usize = 3;
const MOST: usize = 60;
/// Octaves beyond the bulk in which they are looked for.
const OCTAVES: i32 = 5;

impl Curve {
    /// A point to seven decimals, where f' is no larger there: close to where f' touches 0 its terms cancel to 0.
    fn rounder(&self, x: f64) -> f64 {
        let round = (x * 1e7).round() / 1e7 + 0.0;
        if self.slope_at(round).abs() <= self.slope_at(x).abs() { round } else { x }
    }

    /// Zeros of f' where the input has mass: sign changes, and points where f' touches zero.
    pub fn critical_points(&self, input: &Input) -> Vec<f64> {
        // What is too small for a double has its sign still.
        let f1 = |x: f64| match self.activation.derivative(x, 1) {
            0.0 => f64::MIN_POSITIVE * self.slope_sign(x),
            slope => slope,
        };
        let f2 = |x: f64| self.activation.derivative(x, 2);
        let step = |x: f64| 1e-3 * x.abs().max(1.0);
        let ends = [self.from.value, self.to.value].into_iter().filter(|x| x.is_finite());
        let at_ends = ends.filter(|x| input.pdf(*x) > 0.0 && self.slope_at(*x) == 0.0);
        let genuine = |x: &f64| {
            let [left, here, right] = [x - step(*x), *x, x + step(*x)].map(|x| self.log_steepness(x));
            let inside = self.from.value < *x && *x < self.to.value;
            let steepest = left.max(right);
            // Where f is a constant to rounding, f' may be anything.
            let varies = steepest + x.abs().max(1.0).ln() > 1e-12f64.ln() + self.activation.eval(*x).abs().ln();
            let known = [left, right].iter().all(|slope| *slope > f64::NEG_INFINITY);
            inside && varies && known && input.pdf(*x) > 0.0 && here < 1e-6f64.ln() + steepest
        };
        // The whole cell, and once more where the input has its mass: an activation may turn often there.
        let (low, high) = (self.centre - 9.0 * self.width, self.centre + 9.0 * self.width);
        let bulk = (self.from.value.max(low), self.to.value.min(high));
        let whole = (self.from.value, self.to.value);
        let mut spans = if whole == bulk { vec![whole] } else { vec![whole, bulk] };
        let near = spans.len();
        // One that turns often goes on doing so: octave by octave, as far as there is mass to speak of.
        for side in [-1.0, 1.0] {
            let reach = |octave: i32| self.centre + side * 9.0 * self.width * 2f64.powi(octave);
            let seen = (0..OCTAVES).take_while(|octave| self.width * input.pdf(reach(*octave)) > 1e-12);
            let octaves = seen.map(|octave| (reach(octave), reach(octave + 1)));
            spans.extend(octaves.map(|(a, b)| (self.from.value.max(a.min(b)), self.to.value.min(a.max(b)))));
        }
        let batch = Batch::of(self.activation.clone());
        let mut all: Vec<f64> = Vec::new();
        for (i, (a, b)) in spans.into_iter().filter(|(a, b)| a < b).enumerate() {
            if i >= near && !(OFTEN..MOST).contains(&all.len()) {
                break;
            }
            let known = all.len();
            let x: Vec<f64> = (0..=SCAN).map(numeric::grid(a, b, SCAN)).collect();
            let slopes = batch.slopes(&x);
            let crosses = |i: &usize| slopes[i - 1] * slopes[*i] < 0.0;
            all.extend((1..=SCAN).filter(crosses).filter_map(|i| bracketed(f1, x[i - 1], x[i])));
            // |f'| is least where it touches 0.
            let touches = |i: &usize| {
                let [before, here, after] = [slopes[i - 1], slopes[*i], slopes[i + 1]];
                !crosses(i) && here * after > 0.0 && here.abs() <= before.abs() && here.abs() < after.abs()
            };
            for i in (1..SCAN).filter(touches) {
                let Some(least) = bracketed(f2, x[i - 1], x[i + 1]) else { continue };
                // Maybe it passes through 0 there, and back.
                match [(x[i - 1], least), (least, x[i + 1])].map(|(a, b)| bracketed(f1, a, b)) {
                    [Some(there), Some(back)] => all.extend([there, back]),
                    _ => all.push(self.rounder(least)),
                }
            }
            for run in runs(&slopes).filter(|run| 0 < *run.start() && *run.end() < SCAN) {
                let (before, after) = (x[run.start() - 1], x[run.end() + 1]);
                let exact = run.map(|i| x[i]).find(|x| self.log_steepness(*x) == f64::NEG_INFINITY);
                let turn = || bracketed(f1, before, after);
                let touch = || numeric::golden(|x| -self.log_steepness(x), before, after, 80);
                all.push(exact.or_else(turn).unwrap_or_else(|| self.rounder(touch())));
            }
            let found = all.split_off(known);
            all.extend(found.into_iter().filter(genuine));
        }
        all.extend(at_ends);
        all.sort_by(f64::total_cmp);
        all.dedup_by(|a, b| (*a - *b).abs() < 1e-9 * b.abs().max(1.0));
        all
    }
}

/// Where zeros stand side by side.
fn runs(values: &[f64]) -> impl Iterator<Item = RangeInclusive<usize>> {
    let mut places = (0..values.len()).filter(|i| values[*i] == 0.0).peekable();
    std::iter::from_fn(move || {
        let start = places.next()?;
        let end = std::iter::successors(Some(start), |end| places.next_if_eq(&(end + 1))).last();
        end.map(|end| start..=end)
    })
}
