//! Integrals by double exponential quadrature (the `quadrature` crate) inside an adaptive driver.
//!
//! The crate knows finite intervals only, gives up after a few hundred evaluations, drops NaN silently and squares the
//! difference of its last two levels when it believes it converges. So: the line is split at breakpoints, infinite ends
//! are mapped by u = c + t/(1 - t), values that are not finite inside become an error, the difference of the two levels
//! itself is the error, and an interval on which it is too large is halved.

use super::Estimate;
use crate::error::{Error, Result};
use std::cell::Cell;

/// How well an integral is to be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quadrature {
    /// Absolute error asked for.
    pub absolute: f64,
    /// Error asked for relative to the integral of |f|.
    pub relative: f64,
    /// Evaluations after which the integral is given up as divergent.
    pub max_evaluations: u64,
}

impl Default for Quadrature {
    fn default() -> Self {
        Quadrature { absolute: 1e-13, relative: 1e-12, max_evaluations: 200_000 }
    }
}

/// An interval in its own coordinate, and how that maps to the line.
#[derive(Clone, Copy)]
struct Segment {
    map: Map,
    from: f64,
    to: f64,
}

#[derive(Clone, Copy)]
enum Map {
    /// u = t
    Line,
    /// u = c + t/(1 - t), t in [0, 1): up to +infinity.
    Upward(f64),
    /// u = c - t/(1 - t), t in [0, 1): down to -infinity.
    Downward(f64),
}

impl Map {
    /// u and du/dt
    fn at(self, t: f64) -> (f64, f64) {
        let s = 1.0 - t;
        match self {
            Map::Line => (t, 1.0),
            Map::Upward(c) => (c + t / s, 1.0 / (s * s)),
            Map::Downward(c) => (c - t / s, 1.0 / (s * s)),
        }
    }
}

impl Quadrature {
    /// INT_a^b f(u) du; `a` and `b` may be infinite, `breakpoints` are points where f or a derivative is not smooth.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when f is not finite inside an interval, or when the integral does not converge.
    pub fn integrate(&self, f: impl FnMut(f64) -> f64, a: f64, b: f64, breakpoints: &[f64]) -> Result<Estimate> {
        if !(a < b) {
            return Ok(Estimate { value: 0.0, error: 0.0, evaluations: 0 });
        }
        let f = std::cell::RefCell::new(f);
        let mut open: Vec<(Segment, u32)> = segments(a, b, breakpoints).into_iter().map(|s| (s, 0)).collect();
        let pieces = open.len() as f64;
        let mut sum = Estimate { value: 0.0, error: 0.0, evaluations: 0 };
        let mut absolute = 0.0;
        while let Some((segment, depth)) = open.pop() {
            let part = double_exponential(&f, segment)?;
            sum.evaluations += part.evaluations;
            absolute += part.absolute;
            let wanted = self.absolute.max(self.relative * absolute) / pieces;
            if part.error <= wanted.max(8.0 * f64::EPSILON * absolute) {
                sum.value += part.value;
                sum.error += part.error;
                continue;
            }
            let middle = 0.5 * (segment.from + segment.to);
            let exhausted = sum.evaluations > self.max_evaluations || depth > 60;
            if exhausted || middle <= segment.from || middle >= segment.to {
                return Err(Error::NotFinite {
                    what: "an integral that does not converge".into(),
                    at: segment.map.at(middle).0,
                });
            }
            absolute -= part.absolute;
            open.push((Segment { to: middle, ..segment }, depth + 1));
            open.push((Segment { from: middle, ..segment }, depth + 1));
        }
        sum.error += 4.0 * f64::EPSILON * absolute;
        Ok(sum)
    }
}

/// The line cut at the breakpoints, its infinite ends mapped.
fn segments(a: f64, b: f64, breakpoints: &[f64]) -> Vec<Segment> {
    let mut cuts: Vec<f64> = breakpoints.iter().copied().filter(|c| a < *c && *c < b).collect();
    if cuts.is_empty() && a.is_infinite() && b.is_infinite() {
        cuts.push(0.0);
    }
    cuts.extend([a, b]);
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    let segment = |pair: &[f64]| match (pair[0].is_finite(), pair[1].is_finite()) {
        (true, false) => Segment { map: Map::Upward(pair[0]), from: 0.0, to: 1.0 },
        (false, _) => Segment { map: Map::Downward(pair[1]), from: 0.0, to: 1.0 },
        (true, true) => Segment { map: Map::Line, from: pair[0], to: pair[1] },
    };
    cuts.windows(2).map(segment).collect()
}

/// What one call found on one segment.
struct Part {
    value: f64,
    /// The integral of |f|.
    absolute: f64,
    error: f64,
    evaluations: u64,
}

/// One double exponential quadrature with an honest error.
fn double_exponential<F: FnMut(f64) -> f64>(f: &std::cell::RefCell<F>, segment: Segment) -> Result<Part> {
    let (evaluations, greatest, bad) = (Cell::new(0u64), Cell::new(0.0f64), Cell::new(None));
    let width = segment.to - segment.from;
    // The outermost points round to the ends themselves, where a singularity is no surprise.
    let margin = 1e-12 * width;
    let integrand = |t: f64| {
        evaluations.set(evaluations.get() + 1);
        let (u, jacobian) = segment.map.at(t);
        let value = if u.is_finite() { f.borrow_mut()(u) * jacobian } else { 0.0 };
        if value.is_finite() {
            greatest.set(greatest.get().max(value.abs()));
            return value;
        }
        if t - segment.from > margin && segment.to - t > margin {
            bad.set(Some(u));
        }
        0.0
    };
    // The target is beyond reach on purpose where the crate squares its error: what counts is the level difference.
    let target = 1e-26 * width.max(f64::MIN_POSITIVE);
    let out = quadrature::integrate(integrand, segment.from, segment.to, target);
    if let Some(at) = bad.get() {
        return Err(Error::NotFinite { what: "an integrand".into(), at });
    }
    let half = 0.5 * width;
    let unit = (out.error_estimate / half).max(0.0);
    // Whether the estimate was squared is not told; the root of it is the level difference if it was.
    let squared = unit < 1e-7;
    let error = if squared { unit.sqrt() * half } else { out.error_estimate };
    Ok(Part {
        value: out.integral,
        absolute: out.integral.abs(),
        error: error.max(0.0),
        evaluations: evaluations.get(),
    })
}
