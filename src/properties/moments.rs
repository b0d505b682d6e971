//! Moments of an activation and of its derivative under an input.

use super::curve::{Curve, Stretch};
use crate::input::Input;
use crate::numeric::{Estimate, Point, Quadrature};

/// Expectations under the input; none where one is undefined or was not found, infinite where it diverges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// E f(U)
    pub mean: Option<Estimate>,
    /// E f(U)^2
    pub square: Option<Estimate>,
    /// Var f(U)
    pub variance: Option<Estimate>,
    /// E f'(U)
    pub slope: Option<Estimate>,
    /// E f'(U)^2
    pub slope_square: Option<Estimate>,
    /// E f(U) f''(U), f'' without the point masses that kinks give it.
    pub value_curvature: Option<Estimate>,
}

/// P(from < U < to), from the side on which it does not cancel.
pub(super) fn mass(input: &Input, from: f64, to: f64) -> f64 {
    let below = input.cdf_at(from);
    if below > 0.5 {
        return input.survival_at(from) - input.survival_at(to);
    }
    let above = input.survival_at(to);
    if above < 0.25 && below < 0.25 { 1.0 - below - above } else { input.cdf_at(to) - below }
}

/// Whether the input has all its mass where the activation is finite.
pub(super) fn inside(curve: &Curve, input: &Input) -> bool {
    let mut at = f64::NEG_INFINITY;
    let mut outside = 0.0;
    for s in &curve.stretches {
        outside += if s.from > at { mass(input, at, s.from) } else { 0.0 };
        at = s.to;
    }
    outside += if at < f64::INFINITY { input.survival_at(at) } else { 0.0 };
    !(outside > 0.0)
}

pub(super) fn moments(curve: &Curve, input: &Input) -> Moments {
    let f = |s: &Stretch, u: f64| s.form.eval(u);
    let slope = |s: &Stretch, u: f64| s.form.derivative(u, 1);
    let mean = expectation(curve, input, f);
    let square = expectation(curve, input, |s, u| f(s, u).powi(2));
    let centre = mean.map_or(0.0, |m| m.value);
    let variance = if centre.is_finite() && mean.is_some() {
        expectation(curve, input, |s, u| (f(s, u) - centre).powi(2))
    } else {
        None
    };
    Moments {
        mean,
        square,
        variance,
        slope: expectation(curve, input, slope),
        slope_square: expectation(curve, input, |s, u| slope(s, u).powi(2)),
        value_curvature: expectation(curve, input, |s, u| match s.line {
            Some(_) => 0.0,
            None => f(s, u) * s.form.derivative(u, 2),
        }),
    }
}

/// E g(U), stretch by stretch.
pub(super) fn expectation(curve: &Curve, input: &Input, g: impl Fn(&Stretch, f64) -> f64) -> Option<Estimate> {
    let (a, b) = input.support();
    let [q1, q2, q3] = input.quartiles();
    let mut cuts = input.breakpoints();
    cuts.extend(input.modes());
    let mut sum = Estimate { value: 0.0, error: 0.0, evaluations: 0 };
    let mut infinite = [false; 2];
    for s in &curve.stretches {
        let (from, to) = (s.from.max(a), s.to.min(b));
        if !(from < to) {
            continue;
        }
        for end in [from, to].into_iter().filter(|e| e.is_infinite()) {
            match tail(input, |u| g(s, u), q2, q3 - q1, end) {
                sign if sign > 0.0 => infinite[1] = true,
                sign if sign < 0.0 => infinite[0] = true,
                _ => {}
            }
        }
        if infinite != [false; 2] {
            continue;
        }
        let integrand = |at: Point| match input.pdf_at(at) {
            0.0 => [0.0],
            p => [p * g(s, at.u)],
        };
        let rule = Quadrature { absolute: 1e-15, centre: q2, scale: q3 - q1, ..Quadrature::default() };
        let [part] = rule.integrate_points(integrand, from, to, &cuts).ok()?;
        sum = sum + part;
        sum.error += lost(|u| input.pdf(u) * g(s, u), from, to);
    }
    match infinite {
        [false, false] => sum.value.is_finite().then_some(sum),
        [true, true] => None,
        [down, _] => Some(Estimate {
            value: if down { f64::NEG_INFINITY } else { f64::INFINITY },
            error: 0.0,
            evaluations: sum.evaluations,
        }),
    }
}

/// What an integral misses of an integrand that is infinite at an end other than 0, where doubles do not tell points apart.
fn lost(f: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let within = |end: f64, side: f64| {
        let distance = 16.0 * f64::EPSILON * end.abs();
        let [near, far] = [1.0, 8.0].map(|k| f(end + side * k * distance).abs());
        if near > 1.5 * far && near.is_finite() { 4.0 * near * distance } else { 0.0 }
    };
    let ends = [(from, 1.0), (to, -1.0)].into_iter().filter(|(end, _)| end.is_finite());
    ends.map(|(end, side)| within(end, side)).sum()
}

/// The sign of an integrand that falls no faster than 1/u towards an infinite end; 0 where it is integrable.
fn tail(input: &Input, g: impl Fn(f64) -> f64, centre: f64, scale: f64, end: f64) -> f64 {
    let mut last: Option<(f64, f64)> = None;
    let mut found = 0.0;
    for j in 4..=24 {
        let distance = scale * 10f64.powf(0.5 * f64::from(j));
        let u = centre + distance.copysign(end);
        let (log_p, value) = (input.log_pdf(u), g(u));
        if log_p < -1e5 || value == 0.0 {
            return 0.0;
        }
        if !value.is_finite() {
            break;
        }
        let log = log_p + value.abs().ln();
        if let Some((d, l)) = last {
            let exponent = (log - l) / (distance / d).ln();
            found = if exponent > -1.05 { value.signum() } else { 0.0 };
        }
        last = Some((distance, log));
    }
    found
}
