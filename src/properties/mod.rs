//! The property sheet of an activation, after "GELU Activation Function in Deep Learning: A Comprehensive Mathematical
//! Analysis and Performance" (Lee 2023, arXiv 2305.12073): how smooth it is, where it rises and bends, how steep it gets,
//! what it does far out, and what an input makes of it.
//!
//! The line is cut into stretches on which the activation is smooth and finite; each is sampled with its first four
//! derivatives until a quintic follows it between samples, and the roots of each derivative are looked for between those of
//! the next. Features narrower than 1/16 that leave no trace in the samples beside them are missed.

mod curve;
mod dead_zone;
mod extrema;
mod form;
mod limits;
mod mean_field;
mod moments;
mod roots;
mod shape;
mod smoothness;

pub use dead_zone::DeadZone;
pub use extrema::{Bounds, Extremum, Place};
pub use mean_field::{Criticality, MeanField, VariancePoint, variance_fixed_points};
pub use moments::Moments;
pub use shape::{Parity, Root, Run, Stationary, Turning};
pub use smoothness::{Class, Defect, Join};

use crate::error::Result;
use crate::expr::Expr;
use crate::input::Input;
use crate::numeric::Estimate;
use curve::{Curve, Stretch, WINDOW};

/// Everything the sheet says of an activation f.
#[derive(Debug, Clone)]
pub struct Properties {
    /// Where f is a finite real number: intervals by their ends, points at which it is not between them.
    pub domain: Vec<(f64, f64)>,
    /// Whether the ends of each of these intervals belong to it.
    pub closed: Vec<[bool; 2]>,
    /// The differentiability class, that of the continuous extension where f has removable singularities. So are all
    /// properties but the domain.
    pub class: Class,
    /// Where f or a derivative jumps, or f has no value.
    pub joins: Vec<Join>,
    /// Infimum and supremum of f.
    pub range: Bounds,
    /// Infimum and supremum of f' where it exists.
    pub slope: Bounds,
    /// Infimum and supremum of f'' where it exists.
    pub curvature: Bounds,
    /// The least L with |f(x) - f(y)| <= L |x - y|: sup |f'|, infinite where f jumps.
    pub lipschitz: Extremum,
    /// The least L with |f'(x) - f'(y)| <= L |x - y|: sup |f''|, infinite where f' jumps.
    pub lipschitz_slope: Extremum,
    /// Where f rises, falls or is constant; the sign is that of f'.
    pub monotone: Vec<Run>,
    /// Where f is convex, concave or straight; the sign is that of f''.
    pub convexity: Vec<Run>,
    /// Points with f' = 0 around which f is not constant, and kinks at which f turns.
    pub stationary: Vec<Stationary>,
    /// Points inside smooth stretches where f'' changes its sign.
    pub inflections: Vec<f64>,
    /// Solutions of f(x) = 0, with f' there.
    pub zeros: Vec<Root>,
    /// Solutions of f(x) = x, with f' there: stable under iteration where |f'| < 1.
    pub fixed_points: Vec<Root>,
    /// What f does towards -inf and +inf; none where its domain does not reach so far.
    pub ends: [Option<End>; 2],
    /// Whether f(-x) is f(x), -f(x) or neither, by comparison at the samples.
    pub parity: Parity,
    /// How often the gradient vanishes under the input; none where the input has mass outside the domain, or where f oscillates
    /// without end.
    pub dead_zone: Option<DeadZone>,
    /// Moments of f(U) and f'(U) under the input; none where the input has mass outside the domain.
    pub moments: Option<Moments>,
    /// Signal propagation through wide random networks; none where the Gaussian moments do not exist.
    pub mean_field: Option<MeanField>,
    /// What a reader has to know.
    pub notes: Vec<String>,
}

/// What a function does towards an infinite end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// It converges.
    Value(Estimate),
    /// It grows beyond every bound, to +inf (1) or -inf (-1).
    Infinite(f64),
    /// It oscillates without end.
    Oscillates,
    /// None of these was recognised.
    Undetermined,
}

/// The line m x + b that f approaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asymptote {
    /// m = lim f'(x)
    pub slope: Estimate,
    /// b = lim f(x) - m x
    pub intercept: Estimate,
}

/// An infinite end of the domain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct End {
    /// lim f(x)
    pub limit: Limit,
    /// The asymptote, where there is one.
    pub asymptote: Option<Asymptote>,
}

/// The property sheet of an activation, with its moments under an input.
///
/// # Errors
/// [`crate::Error::Unsupported`] for infinitely many kinks or a function that is defined nowhere;
/// [`crate::Error::ParameterWithoutValue`].
pub fn properties(f: &Expr, input: &Input) -> Result<Properties> {
    let curve = Curve::new(f, false)?;
    let fixed = Curve::new(&(f.clone() - Expr::x()), true)?;
    let joins = smoothness::joins(&curve);
    let [range, slope, curvature] = [0, 1, 2].map(|k| extrema::bounds(&curve, k));
    let inside = moments::inside(&curve, input);
    let domain = domain(&curve);
    Ok(Properties {
        closed: domain.iter().map(|(a, b)| [*a, *b].map(|end| curve.own(end).is_finite())).collect(),
        domain,
        class: smoothness::class(&joins),
        lipschitz: extrema::lipschitz(&slope, &joins, 0),
        lipschitz_slope: extrema::lipschitz(&curvature, &joins, 1),
        monotone: shape::runs(&curve, 1),
        convexity: shape::runs(&curve, 2),
        stationary: shape::stationary(&curve),
        inflections: shape::inflections(&curve),
        zeros: shape::zeros(&curve, &curve),
        fixed_points: shape::zeros(&fixed, &curve),
        ends: [limits::end(&curve, -1.0), limits::end(&curve, 1.0)],
        parity: shape::parity(&curve),
        dead_zone: inside.then(|| dead_zone::dead_zone(&curve, input)).flatten(),
        moments: inside.then(|| moments::moments(&curve, input)),
        mean_field: mean_field::mean_field(&curve),
        notes: notes(f, &curve, inside, input),
        joins,
        range,
        slope,
        curvature,
    })
}

/// The stretches joined where f has a value, cut where it has none.
fn domain(curve: &Curve) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::new();
    for s in &curve.stretches {
        let mut ends = vec![s.from];
        ends.extend(curve.removable.iter().map(|gap| gap.0).filter(|at| s.from < *at && *at < s.to));
        ends.push(s.to);
        for w in ends.windows(2) {
            match all.last_mut().filter(|last| last.1 == w[0] && curve.own(w[0]).is_finite()) {
                Some(last) => last.1 = w[1],
                None => all.push((w[0], w[1])),
            }
        }
    }
    all
}

fn notes(f: &Expr, curve: &Curve, inside: bool, input: &Input) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(unlimited(curve));
    for (at, limit) in &curve.removable {
        notes.push(format!(
            "f has no value at x = {at}, but the limit {limit}: all but the domain is said of its continuous extension"
        ));
    }
    if !inside {
        notes
            .push(format!("no moments: the input `{}` has mass where `{f}` is not a finite real number", input.text()));
    }
    notes
}

/// Where the activation oscillates without end, and what is known there.
fn unlimited(curve: &Curve) -> Vec<String> {
    let said = "points, pieces, zeros and suprema are those found";
    let far = |s: &Stretch| {
        let cut = |i: usize| s.ends()[i].is_infinite() && s.window[i].is_finite() && !s.blurred[i];
        [0, 1].map(|i| if cut(i) { s.window[i].abs() } else { 0.0 })
    };
    let ends: Vec<f64> = curve.stretches.iter().flat_map(far).filter(|w| *w > 0.0).collect();
    let mut notes = Vec::new();
    if let Some(reach) = ends.iter().copied().reduce(f64::max) {
        let reach = if ends.iter().all(|w| *w <= WINDOW) { WINDOW.min(reach) } else { reach };
        notes.push(format!("the activation oscillates without end; {said} for |x| <= {reach}, beside the limits"));
    }
    for s in &curve.stretches {
        for i in (0..2).filter(|i| s.blurred[*i]) {
            notes.push(format!(
                "towards {} the formula cancels until its digits are made of rounding: {said} short of x = {:.1e}, beside the \
                 limits",
                s.ends()[i],
                s.window[i]
            ));
        }
    }
    let near = |s: &Stretch| {
        [0, 1]
            .map(|i| (s.ends()[i], (s.ends()[i] - s.window[i]).abs()))
            .into_iter()
            .filter(|(end, gap)| end.is_finite() && *gap > 0.0)
    };
    let mut near: Vec<(f64, f64)> = curve.stretches.iter().flat_map(near).collect();
    near.dedup_by(|b, a| a.0 == b.0);
    let note = |(end, gap): (f64, f64)| {
        let distance = if end == 0.0 { "|x|".to_owned() } else { format!("|x - {end}|") };
        format!(
            "the activation oscillates without end beside x = {end}; {said} for {distance} >= {gap}, beside the limits"
        )
    };
    notes.extend(near.into_iter().map(note));
    notes
}
