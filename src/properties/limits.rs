//! Limits at finite and infinite ends, and asymptotes.

use super::curve::{Curve, Stretch, jet};
use super::form::{self, Form};
use super::roots::sign;
use super::{Asymptote, End, Limit};
use crate::numeric::Estimate;

/// Starts of the windows in which an oscillation without end is looked for, and their length.
const FAR: [f64; 3] = [1e3, 1.1e4, 1.2e5];
const FAR_LENGTH: f64 = 60.0;

/// Whether a sign, given far out, changes again and again.
pub(super) fn keeps_turning(sign: impl Fn(f64) -> f64) -> bool {
    let turns = |start: &f64| {
        let signs = (0..400).map(|i| sign(start + FAR_LENGTH * f64::from(i) / 400.0));
        let signs: Vec<f64> = signs.filter(|s| *s != 0.0).collect();
        signs.windows(2).filter(|w| w[0] != w[1]).count() >= 2
    };
    FAR.iter().all(turns)
}

/// Whether f' or f'' changes its sign again and again towards an infinite end.
pub(super) fn oscillates(form: &Form, side: f64) -> bool {
    [1, 2].into_iter().any(|k| keeps_turning(|far| sign(side * far, &jet(form, side * far), k, false)))
}

/// The limit of g at a finite point from one side; infinite where it diverges.
pub(super) fn beside(g: impl Fn(f64) -> f64, at: f64, side: f64, width: f64) -> f64 {
    let scale = at.abs().max(1.0).min(width);
    let near = |j: i32| g(at + side * scale * 0.5f64.powi(j));
    let (exact, last) = (g(at), near(44));
    if exact.is_finite() && (last - exact).abs() <= 1e-9 * (1.0 + exact.abs()) {
        return exact;
    }
    let (far, close) = ((near(24) - near(23)).abs(), (last - near(43)).abs());
    if !last.is_finite() || close > 0.5 * far && close > 1e-9 * last.abs() {
        return f64::INFINITY.copysign(if last.is_nan() { near(30) } else { last });
    }
    if exact.is_finite() && (last - exact).abs() <= (near(34) - exact).abs() { exact } else { last }
}

/// The end of the line on one side; none where the domain does not reach it.
pub(super) fn end(curve: &Curve, side: f64) -> Option<End> {
    let stretch = if side > 0.0 { curve.stretches.last() } else { curve.stretches.first() }?;
    let reaches = if side > 0.0 { stretch.to } else { stretch.from };
    if reaches.is_finite() {
        return None;
    }
    let limit = far(stretch, side, 0);
    let asymptote = match (&limit, far(stretch, side, 1)) {
        (Limit::Value(v), _) => Some(Asymptote { slope: Estimate::exact(0.0), intercept: *v }),
        (_, Limit::Value(slope)) => intercept(stretch, side, slope).map(|i| Asymptote { slope, intercept: i }),
        _ => None,
    };
    Some(End { limit, asymptote })
}

/// The limit of the derivative of order k at an infinite end. Where values come to something else far out than they did before
/// they were made of rounding, as (1 + 1/x)^x comes to 1, it is what they came to before.
pub(super) fn far(s: &Stretch, side: f64, k: usize) -> Limit {
    match (farthest(s, side, k), k) {
        (Limit::Value(found), 0) => match before_rounding(s, side) {
            Some(Limit::Value(v)) if (v.value - found.value).abs() > 1e-6 * (1.0 + v.value.abs()) => Limit::Value(v),
            _ => Limit::Value(found),
        },
        (found, _) => found,
    }
}

/// The limit by the values up to where they jump by what their derivatives do not explain; none where they do not.
fn before_rounding(s: &Stretch, side: f64) -> Option<Limit> {
    let start = start(s, side);
    let all: Vec<f64> = (1..60).map(|i| side * start * 4f64.powi(i)).collect();
    let jumps = |x: &f64| {
        let c = jet(&s.form, *x);
        let unexplained = |h: f64| (s.form.eval(x + h) - (c[0] + h * (c[1] + h * c[2]))).abs();
        [50, 40, 30, 20, 10].iter().any(|k| unexplained(x * 0.5f64.powi(*k)) > 1e-6 * c[0].abs())
    };
    let known = all.iter().position(jumps)?;
    Some(form::limit(&all[..known].iter().map(|x| s.form.eval(*x)).collect::<Vec<_>>()))
}

/// That limit by the values farthest out.
fn farthest(s: &Stretch, side: f64, k: usize) -> Limit {
    let g = |x: f64| s.form.derivative(side * x, k);
    let start = start(s, side);
    let place = usize::from(side > 0.0);
    if s.blurred[place] {
        let places = (1..).map(|i| start * 4f64.powi(i)).take_while(|x| *x < s.window[place].abs());
        return form::limit(&places.map(g).collect::<Vec<_>>());
    }
    let mut horizon = horizon(s, side, start);
    // Derivatives may overflow where the value does not.
    while horizon > 16.0 * start && towards(g, start, horizon).iter().any(|v| !v.is_finite()) {
        horizon = horizon.sqrt() * start.sqrt();
    }
    let values = towards(g, start, horizon);
    let v = values[0];
    if values.iter().any(|v| !v.is_finite()) {
        return Limit::Undetermined;
    }
    let (low, high) = values.iter().fold((v, v), |(l, h), v| (l.min(*v), h.max(*v)));
    let spread = high - low;
    if spread <= 1e-12 * (1.0 + v.abs()) {
        let value = if v.abs() <= 16.0 * spread || v == 0.0 { 0.0 } else { v };
        let rounding = 4.0 * f64::EPSILON * v.abs();
        return Limit::Value(Estimate { value, error: spread + rounding + (v - value).abs(), evaluations: 8 });
    }
    // The greatest of several, since what oscillates may be 0 at one.
    let before = towards(g, start, start.max((horizon / start).sqrt() * start));
    let before = before.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    let oscillates = oscillates(&s.form, side);
    let lost = !oscillates && s.window[place].is_finite();
    if lost && high.abs().max(low.abs()) > 2.0 * high.abs().min(low.abs()) {
        return Limit::Undetermined;
    }
    let growth = if oscillates { 1e3 } else { 1.02 };
    if low * high > 0.0 && v.abs() > growth * before {
        return Limit::Infinite(v.signum());
    }
    if oscillates { Limit::Oscillates } else { Limit::Undetermined }
}

/// Values towards a distance.
fn towards(g: impl Fn(f64) -> f64, start: f64, horizon: f64) -> [f64; 8] {
    [1.0, 0.983, 0.957, 0.911, 0.874, 0.829, 0.777, 0.713].map(|share| g(start + share * (horizon - start)))
}

/// The distance from which on a stretch is looked at towards an infinite end.
fn start(s: &Stretch, side: f64) -> f64 {
    if side > 0.0 { s.from } else { -s.to }.max(1.0)
}

/// How far out nothing overflows.
fn horizon(s: &Stretch, side: f64, start: f64) -> f64 {
    let (mut low, mut high) = (start, 1e300);
    if !s.form.overflows(side * high) {
        return high;
    }
    while high / low > 1.001 {
        let middle = low.sqrt() * high.sqrt();
        if s.form.overflows(side * middle) { high = middle } else { low = middle }
    }
    0.99 * low
}

/// lim f(x) - m x, by polynomial extrapolation in 1/x from six points each twice as far as the one before.
fn intercept(s: &Stretch, side: f64, slope: Estimate) -> Option<Estimate> {
    let start = start(s, side);
    let horizon = horizon(s, side, start);
    let at = |k: i32| start * 2f64.powi(k);
    let rest = |k: i32| s.form.eval(side * at(k)) - slope.value * side * at(k);
    let window = |k: i32| {
        let mut row: Vec<f64> = (k..k + 6).map(rest).collect();
        for order in 1..row.len() {
            let p = 2f64.powi(order as i32);
            row = row.windows(2).map(|w| (p * w[1] - w[0]) / (p - 1.0)).collect();
        }
        row[0]
    };
    let last = (1..30).take_while(|k| at(k + 5) < horizon).last()?;
    let rounding = |k: i32| (4.0 * f64::EPSILON * slope.value.abs() + slope.error) * at(k + 5);
    let guess = |k: i32| Estimate {
        value: window(k),
        error: (window(k) - window(k - 1)).abs() + (window(k - 1) - window(k - 2)).abs() + rounding(k),
        evaluations: 36,
    };
    let best = (2..=last).map(guess).filter(|e| !e.error.is_nan()).min_by(|a, b| a.error.total_cmp(&b.error))?;
    let value = if best.value.abs() <= best.error { 0.0 } else { best.value };
    (best.error <= 1e-6 * (1.0 + value.abs())).then_some(Estimate { value, ..best })
}
