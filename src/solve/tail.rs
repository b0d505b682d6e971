//! What the tails of the input allow: whether the slope of the entropy is finite, and whether a step of any size keeps
//! the activation monotone (math.md section 4, "Tails").

use super::curve::{Curve, Curves};
use super::{Metric, SingularPoint, Solution};
use crate::expr::Wide;
use crate::input::Input;

/// What holds towards one end of the support.
#[derive(Debug, Clone, PartialEq)]
pub struct Tail {
    /// The end.
    pub end: f64,
    /// What holds there.
    pub statement: String,
    /// The consequence, where the problem is not well posed there.
    pub outcome: Option<String>,
}

/// How a positive function behaves towards infinity, measured where it can still be represented.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Growth {
    /// It vanishes identically.
    Zero,
    /// It grows like |u|^k locally (very negative for exponential decay).
    Power(f64),
}

impl Growth {
    /// Whether it is a power above `k`.
    pub fn exceeds(self, k: f64) -> bool {
        matches!(self, Growth::Power(power) if power > k)
    }

    /// The local power between a distance and 0.97 of it, from the logarithms there.
    fn power(near: Wide, far: Wide) -> f64 {
        (far.log - near.log) / (1.0f64 / 0.97).ln()
    }
}

/// A rate that grows like a greater power is not integrable.
pub const INTEGRABLE: f64 = -1.02;
/// A ratio that grows like a greater power has no bound.
pub const BOUNDED: f64 = 0.02;

/// How fast minus the rate of descent grows towards the far end of a cell.
pub fn rate(curve: &Curve, input: &Input, side: f64, metric: Metric) -> Growth {
    let near = |u: f64, p: f64| super::slope::descent(curve, metric, u, p);
    let far = |u: f64, strict: bool| curve.far_descent(metric, input, u, strict);
    *curve.rates[usize::from(side > 0.0)].get_or_init(|| growth(curve, input, side, INTEGRABLE, near, far).0)
}

/// How fast g'/f' grows towards the far end of a cell, and its sign there.
pub fn step(curve: &Curve, input: &Input, side: f64) -> (Growth, f64) {
    let (near, far) = (|u: f64, _| curve.ratio(u), |u: f64, strict: bool| curve.far_ratio(u, strict));
    *curve.ratios[usize::from(side > 0.0)].get_or_init(|| growth(curve, input, side, BOUNDED, near, far))
}

/// The local power of |u| with which a function of (u, p(u)) grows at the far end of a cell, and its sign there. Where that is
/// `much` and doubles end before the function falls off, or have nothing to show, logarithms follow it farther.
fn growth(
    curve: &Curve,
    input: &Input,
    side: f64,
    much: f64,
    near: impl Fn(f64, f64) -> f64,
    far: impl Fn(f64, bool) -> Option<Wide>,
) -> (Growth, f64) {
    let width = curve.width;
    let place = |distance: f64| curve.centre + side * distance;
    let value = |u: f64| -> Option<Wide> {
        let p = input.pdf(u);
        let usable = p > 1e-140 && (curve.flat || curve.slope_at(u).abs() > 1e-140);
        let v = near(u, p);
        (usable && v.is_finite() && v.abs() > 1e-300).then(|| Wide::of(v))
    };
    let within = |u: f64| curve.from.value <= u && u <= curve.to.value;
    let known = |d: f64| value(place(d)).filter(|_| within(place(d)));
    let (found, end, sign) = followed(width, &known);
    if let Some(found) = oscillating(0.8 * end, 8.0, &known) {
        return found;
    }
    let settled = match found {
        Growth::Zero => false,
        Growth::Power(k) => k <= much || end >= 1e9 * width,
    };
    if settled {
        return (found, sign);
    }
    // Logarithms that cancel lose the digits that tell a power, sooner or later: two powers have to agree, and neighbours.
    let logarithms = |d: f64| {
        let at = |k: f64| far(place(k * d), true).filter(|v| v.log.is_finite());
        let (near, middle, v) = (at(0.97 * 0.97)?, at(0.97)?, at(1.0)?);
        let [before, last] = [(near, middle), (middle, v)].map(|(near, far)| Growth::power(near, far));
        let mut told =
            (v.log - middle.log).abs() > 1e-6 * v.log.abs() && (before - last).abs() < 0.05 + 0.1 * last.abs();
        for k in [-3e-7, -1e-7, 1e-7, 3e-7] {
            let off = at(1.0 + k)?.log - v.log;
            told &= off.abs() < 1e-5 + 1.5 * (k * last).abs();
        }
        told.then_some((Growth::Power(last), v.sign))
    };
    let distances = [1e9, 1e5, 1e4, 1e3, 1e2].map(|k| k * width).into_iter().filter(|d| *d > end);
    let last = distances.into_iter().find_map(logarithms);
    let waves = || oscillating(1e4 * width, 10.0, &|d| far(place(d), false));
    last.or_else(waves).unwrap_or((found, sign))
}

/// The power of the greatest values from an octave to a farther one, of what takes both signs in it and grows beyond doubt.
fn oscillating(upper: f64, ratio: f64, value: &dyn Fn(f64) -> Option<Wide>) -> Option<(Growth, f64)> {
    let look = |upper: f64, count: u32| -> Option<Vec<Wide>> {
        let places = (0..count).map(|i| upper * 0.5f64.powf(f64::from(i) / f64::from(count)));
        places.map(|d| value(d).filter(|v| v.log.is_finite())).collect()
    };
    let both = |values: &[Wide]| values.iter().any(|v| v.sign > 0.0) && values.iter().any(|v| v.sign < 0.0);
    if !both(&look(upper, 8)?) {
        return None;
    }
    let (near, far) = (look(upper / ratio, 96)?, look(upper, 96)?);
    let greatest = |values: &[Wide]| values.iter().map(|v| v.log).fold(f64::NEG_INFINITY, f64::max);
    let power = (greatest(&far) - greatest(&near)) / ratio.ln();
    (power > 0.2).then_some((Growth::Power(power), 0.0))
}

/// The local power of a function of the distance where it is last known, the distance at which it is known no more, and its
/// sign before.
fn followed(width: f64, value: &dyn Fn(f64) -> Option<Wide>) -> (Growth, f64, f64) {
    let mut last = None;
    let mut distance = 2.0 * width;
    while distance < 1e9 * width {
        match value(distance) {
            Some(v) => last = Some((distance, v)),
            None if last.is_some() => break,
            None => {}
        }
        distance *= 1.25;
    }
    let Some((known, far)) = last else { return (Growth::Zero, 2.0 * width, 0.0) };
    let growth = if known > 1e4 * width {
        // Over decades the greatest values tell a power from what oscillates; point by point they do not.
        let greatest = |upper: f64| {
            let values = (0..96).filter_map(|i| value(upper * 0.5f64.powf(f64::from(i) / 96.0)));
            values.map(|v| v.log).max_by(f64::total_cmp)
        };
        match (greatest(0.01 * known), greatest(known)) {
            (Some(near), Some(far)) => Growth::Power((far - near) / 100f64.ln()),
            _ => Growth::Zero,
        }
    } else {
        value(0.97 * known).map_or(Growth::Zero, |near| Growth::Power(Growth::power(near, far)))
    };
    (growth, distance, far.sign)
}

/// A statement for each infinite end, and for each finite end of the support.
pub fn tails(curves: &Curves, solution: &Solution) -> Vec<Tail> {
    let ends = [(curves.cells.first(), -1.0), (curves.cells.last(), 1.0)];
    ends.into_iter().filter_map(|(curve, side)| curve.map(|c| tail(c, solution, side))).collect()
}

/// Critical points beyond the bulk from which on the activation is taken to have them all the way out.
const AGAIN: usize = 3;

fn tail(curve: &Curve, solution: &Solution, side: f64) -> Tail {
    let (input, metric) = (&solution.input, solution.settings.metric);
    let end = if side < 0.0 { curve.from.value } else { curve.to.value };
    let integrand = match metric {
        Metric::Inverse => "(Delta f)^2/|f'|",
        Metric::Forward => "(Delta f)^2",
        Metric::Probability => "p (Delta f)^2",
        Metric::Sobolev => "(d/du [p/f'])^2",
    };
    let make = |statement: &str, outcome: Option<&str>| Tail {
        end,
        statement: statement.replace("{integrand}", integrand),
        outcome: outcome.map(str::to_owned),
    };
    if end.is_finite() {
        return make("finite end of the support: its boundary term p g/f' is listed with the entropy slope", None);
    }
    if curve.flat {
        return make("f is constant: the correction is p' there and dies out with the density", None);
    }
    let far_out = |point: &&SingularPoint| side * (point.at.value - curve.centre) > 2.0 * curve.width;
    if solution.singular_points.iter().filter(far_out).count() >= AGAIN {
        return make(
            "f' is 0 again and again: {integrand} is not integrable at these critical points",
            Some("the pointwise correction is no descent direction"),
        );
    }
    let weak = metric == Metric::Sobolev;
    let rate = rate(curve, input, side, metric);
    let (step, _) = step(curve, input, side);
    let (infinite, unbounded) = (rate.exceeds(INTEGRABLE), step.exceeds(BOUNDED));
    if weak {
        // Whether a Sobolev gradient exists is decided before; it need not have the sign of f' far out.
        let far = curve.centre + 6.0 * side * curve.width;
        let same = curve.direction.derivative(far, 1) / curve.slope_at(far) > 0.0;
        let outgrows = "dH is bounded, and the derivative of Delta f outgrows f'";
        return match (unbounded, same) {
            (false, _) => make("dH is bounded, and the derivative of Delta f does not outgrow f'", None),
            (true, true) => make(
                outgrows,
                Some("no step against the descending sign, however small, keeps f + eps g monotone up to this end"),
            ),
            (true, false) => make(
                outgrows,
                Some("no step of the descending sign, however small, keeps f + eps g monotone up to this end"),
            ),
        };
    }
    match (infinite, unbounded) {
        (_, _) if rate == Growth::Zero => make("the correction vanishes", None),
        (false, false) => make("{integrand} is integrable and the derivative of Delta f does not outgrow f'", None),
        (false, true) => make(
            "{integrand} is integrable, but the derivative of Delta f outgrows f'",
            Some("no step of the descending sign, however small, keeps f + eps g monotone up to this end"),
        ),
        (true, false) => make("{integrand} is not integrable", Some("the slope of the entropy at eps = 0 is infinite")),
        (true, true) => make(
            "{integrand} is not integrable and the derivative of Delta f outgrows f'",
            Some(
                "the slope of the entropy at eps = 0 is infinite, and no step, however small, keeps f + eps g monotone \
                 up to this end",
            ),
        ),
    }
}
