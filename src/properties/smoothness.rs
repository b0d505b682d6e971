//! Differentiability, decided at each join of two stretches from the one-sided Taylor coefficients.

use super::curve::{Curve, Stretch};

/// Derivatives compared at a join; functions that agree so far are taken to be smooth there.
const HIGHEST: usize = 8;

/// The differentiability class on the whole line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Not continuous, or without a value, somewhere between the ends of its domain.
    Discontinuous,
    /// n times continuously differentiable and no more.
    Finite(usize),
    /// Infinitely often differentiable.
    Smooth,
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Class::Discontinuous => f.write_str("discontinuous"),
            Class::Finite(n) => write!(f, "C^{n}"),
            Class::Smooth => f.write_str("C^infinity"),
        }
    }
}

/// What is wrong at a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// f is unbounded beside the point.
    Pole,
    /// The limits of f from the two sides differ from each other or from the value at the point.
    Jump,
    /// The limits agree, but f has no value at the point: a removable singularity. Further defects are those of f with the
    /// limit as its value.
    Hole,
    /// f has no limit from a side, or none was found; the side is NaN.
    NoLimit,
    /// The derivative of this order is the first that jumps or is infinite; 1 is a kink.
    Derivative(usize),
    /// An end of the domain that belongs to it, towards which the derivative of this order is the first without a limit; the side
    /// that is outside is NaN.
    End(usize),
}

/// A point where f is not smooth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Join {
    /// The point.
    pub at: f64,
    /// What is wrong there.
    pub defect: Defect,
    /// The limits from the left and from the right of f, or of the derivative named; maybe infinite.
    pub sides: [f64; 2],
}

/// The points at which f has no value but a limit, and the joins at which it is not smooth with that limit as its value.
pub(super) fn joins(curve: &Curve) -> Vec<Join> {
    let hole = |(at, limit): &(f64, f64)| Join { at: *at, defect: Defect::Hole, sides: [*limit; 2] };
    let mut all: Vec<Join> = curve.removable.iter().map(hole).collect();
    all.extend(curve.joins().filter_map(|(at, left, right)| join(curve, at, left, right)));
    all.extend(ends(curve));
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    all
}

/// The finite ends of the domain that belong to it, and towards which a derivative has no finite limit.
fn ends(curve: &Curve) -> Vec<Join> {
    let shared: Vec<f64> = curve.joins().map(|join| join.0).collect();
    let own = |(s, end): &(&Stretch, f64)| {
        end.is_finite() && !shared.contains(end) && close([curve.own(*end), s.edge(*end, 0)])
    };
    let end = |(s, at): (&Stretch, f64)| {
        let order = (1..=HIGHEST).find(|k| !s.edge(at, *k).is_finite())?;
        let limit = s.edge(at, order);
        let sides = if at == s.from { [f64::NAN, limit] } else { [limit, f64::NAN] };
        Some(Join { at, defect: Defect::End(order), sides })
    };
    curve.stretches.iter().flat_map(|s| s.ends().map(|end| (s, end))).filter(own).filter_map(end).collect()
}

fn join(curve: &Curve, at: f64, left: &Stretch, right: &Stretch) -> Option<Join> {
    let sides = |k: usize| [left.edge(at, k), right.edge(at, k)];
    let values = sides(0);
    let defect = |defect, sides| Some(Join { at, defect, sides });
    if values.iter().any(|v| v.is_infinite()) {
        return defect(Defect::Pole, values);
    }
    if values.iter().any(|v| v.is_nan()) {
        return defect(Defect::NoLimit, values);
    }
    if !close(values) {
        return defect(Defect::Jump, values);
    }
    if !close([curve.value(at), values[0]]) {
        return defect(Defect::Jump, values);
    }
    let order = (1..=HIGHEST).find(|k| !close(sides(*k)))?;
    defect(Defect::Derivative(order), sides(order))
}

/// Whether two derivatives are the same finite number to the digits that their evaluation keeps.
pub(super) fn close([a, b]: [f64; 2]) -> bool {
    a.is_finite() && b.is_finite() && (a - b).abs() <= 1e-12 + 1e-10 * a.abs().max(b.abs())
}

pub(super) fn class(joins: &[Join]) -> Class {
    let order = |j: &Join| match j.defect {
        Defect::Hole => Class::Smooth,
        Defect::Pole | Defect::Jump | Defect::NoLimit => Class::Discontinuous,
        Defect::Derivative(n) | Defect::End(n) => Class::Finite(n - 1),
    };
    joins.iter().map(order).fold(Class::Smooth, |worst, c| match (worst, c) {
        (Class::Finite(a), Class::Finite(b)) => Class::Finite(a.min(b)),
        (Class::Discontinuous, _) | (_, Class::Discontinuous) => Class::Discontinuous,
        (Class::Smooth, c) | (c, Class::Smooth) => c,
    })
}
