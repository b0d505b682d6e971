//! Roots of a function and its derivatives on a stretch, each order found between the roots of the next, so that two
//! roots in one cell of the samples are not missed.

use super::curve::{Jet, ORDER, Sample, Stretch, jet};
use crate::numeric::bracketed;

/// Below this a double is about to underflow, and no sign is trusted.
const TINY: f64 = 1e-290;

/// The sign of the derivative of order k, 0 where it is no larger than the rounding of the lower orders, which mix at the
/// scale of x and at the scale 1.
pub(super) fn sign(x: f64, jet: &Jet, k: usize, minus_identity: bool) -> f64 {
    let power = |j: usize| x.abs().powi(j as i32);
    let own = if minus_identity && k == 0 { x.abs() } else { 0.0 };
    let lower = (0..k).map(|j| jet[j].abs() * power(j).max(power(k)));
    let floor = TINY + 16.0 * f64::EPSILON * lower.fold(own, f64::max);
    match jet[k].abs() * power(k) {
        s if s > floor && s.is_finite() => jet[k].signum(),
        _ => 0.0,
    }
}

/// The roots of the derivatives of order 0 to 4.
pub(super) fn roots(s: &Stretch, minus_identity: bool) -> [Vec<f64>; ORDER] {
    let mut all: [Vec<f64>; ORDER] = Default::default();
    for k in (0..ORDER).rev() {
        let turns: Vec<Sample> = all.get(k + 1).into_iter().flatten().map(|x| (*x, jet(&s.form, *x))).collect();
        let mut points = [&s.samples[..], &turns].concat();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        all[k] = level(s, &points, k, minus_identity);
        all[k].extend(touching(&points, &turns, k, minus_identity));
        all[k].sort_by(f64::total_cmp);
        all[k].dedup_by(|b, a| (*b - *a).abs() <= 1e-9 * a.abs());
    }
    all
}

/// Changes of sign between points.
fn level(s: &Stretch, points: &[Sample], k: usize, minus_identity: bool) -> Vec<f64> {
    let g = |x: f64| s.form.derivative(x, k);
    let mut found = Vec::new();
    let mut last: Option<(f64, f64)> = None;
    for (x, jet) in points {
        let sign = sign(*x, jet, k, minus_identity);
        if sign == 0.0 {
            continue;
        }
        if let Some((before, _)) = last.filter(|(_, other)| *other != sign)
            && let Some(root) = bracketed(g, before, *x)
        {
            let zero = before < 0.0 && *x > 0.0 && g(0.0).abs() <= g(root).abs();
            found.push(if zero { 0.0 } else { root });
        }
        last = Some((*x, sign));
    }
    found
}

/// Turns at which the function is 0 without changing its sign.
fn touching(points: &[Sample], turns: &[Sample], k: usize, minus_identity: bool) -> Vec<f64> {
    let touches = |turn: &&Sample| {
        let i = points.partition_point(|p| p.0 < turn.0);
        let beside = |p: &&Sample| sign(p.0, &p.1, k, minus_identity) != 0.0;
        let before = points[..i].iter().rev().find(beside);
        let after = points[i..].iter().filter(|p| p.0 > turn.0).find(beside);
        before.zip(after).is_some_and(|(a, b)| turn.1[k].abs() <= 1e-12 * a.1[k].abs().min(b.1[k].abs()))
    };
    turns.iter().filter(touches).map(|t| t.0).collect()
}
