//! Integrals by double exponential quadrature (the `quadrature` crate) inside an adaptive driver.
//!
//! The crate knows finite intervals only, gives up after a few hundred evaluations, drops NaN silently and squares the
//! difference of its last two levels when it believes it converges. So: the line is split at breakpoints, infinite ends
//! are mapped by u = c + t/(1 - t), values that are not finite inside become an error, the difference of the last two
//! levels itself is the error, and an interval on which it is too large is halved.

use super::Estimate;
use crate::error::{Error, Result};
use std::cell::{Cell, RefCell};

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
        let f = RefCell::new(f);
        let mut open: Vec<(Segment, u32)> = segments(a, b, breakpoints).into_iter().map(|s| (s, 0)).collect();
        let pieces = open.len() as f64;
        let mut sum = Estimate { value: 0.0, error: 0.0, evaluations: 0 };
        let mut absolute = 0.0;
        while let Some((segment, depth)) = open.pop() {
            let known = absolute;
            let good = |error: f64, size: f64| {
                error <= (self.absolute.max(self.relative * (known + size)) / pieces).max(8.0 * f64::EPSILON * size)
            };
            let part = double_exponential(&f, segment, good)?;
            sum.evaluations += part.evaluations;
            if good(part.error, part.absolute) {
                sum.value += part.value;
                sum.error += part.error;
                absolute += part.absolute;
                continue;
            }
            let middle = 0.5 * (segment.from + segment.to);
            let exhausted = sum.evaluations > self.max_evaluations || depth > 60;
            if exhausted || middle <= segment.from || middle >= segment.to {
                let at = segment.map.at(middle).0;
                return Err(Error::NotFinite { what: "an integral that does not converge".into(), at });
            }
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

/// Levels of the crate's rule: step 1, 1/2, 1/4, ...; it visits t = h, 3h, 5h, ... (h, 2h, 3h at first) up to 3, each
/// with +x and -x, x = tanh(pi/2 sinh t).
const LEVELS: usize = 7;

/// The weights in the order in which the crate visits its points, level by level.
fn weights() -> &'static [Vec<f64>; LEVELS] {
    static WEIGHTS: std::sync::OnceLock<[Vec<f64>; LEVELS]> = std::sync::OnceLock::new();
    WEIGHTS.get_or_init(|| {
        std::array::from_fn(|level| {
            let h = 0.5f64.powi(level as i32);
            let (first, stride) = if level == 0 { (1, 1) } else { (1, 2) };
            let count = if level == 0 { 3 } else { 3 << (level - 1) };
            let weight = |k: usize| {
                let t = h * (first + stride * k) as f64;
                let half_pi = std::f64::consts::FRAC_PI_2;
                h * half_pi * t.cosh() / (half_pi * t.sinh()).cosh().powi(2)
            };
            (0..count).map(weight).collect()
        })
    })
}

/// Follows the crate's sums from outside, so that the difference of its last two levels is known and the evaluations
/// stop as soon as it is small enough.
struct Follower {
    level: usize,
    point: usize,
    side: usize,
    sum: f64,
    size: f64,
    value: f64,
    absolute: f64,
    difference: f64,
    done: bool,
}

impl Follower {
    fn new() -> Follower {
        Follower {
            level: 0,
            point: usize::MAX,
            side: 0,
            sum: 0.0,
            size: 0.0,
            value: 0.0,
            absolute: 0.0,
            difference: f64::INFINITY,
            done: false,
        }
    }

    /// Takes the next value; `good` tells whether a difference is small enough for the integral of |f|.
    fn take(&mut self, f: f64, good: impl Fn(f64, f64) -> bool) {
        if self.point == usize::MAX {
            // The middle comes first, and counts for both sides of level 0.
            self.value = 2.0 * std::f64::consts::FRAC_PI_2 * f;
            self.absolute = self.value.abs();
            self.point = 0;
            return;
        }
        let level = &weights()[self.level];
        let w = level[self.point];
        self.sum += w * f;
        self.size += w * f.abs();
        self.side += 1;
        if self.side == 2 {
            self.side = 0;
            self.point += 1;
        }
        if self.point == level.len() {
            let next = 0.5 * self.value + self.sum;
            self.difference = (next - self.value).abs();
            self.value = next;
            self.absolute = 0.5 * self.absolute + self.size;
            (self.sum, self.size, self.point) = (0.0, 0.0, 0);
            self.level += 1;
            self.done = self.level == LEVELS || self.level > 3 && good(self.difference, self.absolute);
        }
    }
}

/// One double exponential quadrature, stopped when `good(error, integral of |f|)`.
fn double_exponential<F: FnMut(f64) -> f64>(
    f: &RefCell<F>,
    segment: Segment,
    good: impl Fn(f64, f64) -> bool,
) -> Result<Part> {
    let (evaluations, bad) = (Cell::new(0u64), Cell::new(None));
    let follower = RefCell::new(Follower::new());
    let width = segment.to - segment.from;
    let half = 0.5 * width;
    // The outermost points round to the ends themselves, where a singularity is no surprise.
    let margin = 1e-12 * width;
    let integrand = |t: f64| {
        if follower.borrow().done {
            return 0.0;
        }
        evaluations.set(evaluations.get() + 1);
        let (u, jacobian) = segment.map.at(t);
        let value = if u.is_finite() { f.borrow_mut()(u) * jacobian } else { 0.0 };
        let value = if value.is_finite() {
            value
        } else {
            if t - segment.from > margin && segment.to - t > margin {
                bad.set(Some(u));
            }
            0.0
        };
        follower.borrow_mut().take(value, |difference, absolute| good(difference * half, absolute * half));
        value
    };
    // The target is out of reach, so that the crate visits its points in order until the follower has had enough.
    quadrature::integrate(integrand, segment.from, segment.to, f64::MIN_POSITIVE);
    if let Some(at) = bad.get() {
        return Err(Error::NotFinite { what: "an integrand".into(), at });
    }
    let found = follower.into_inner();
    Ok(Part {
        value: found.value * half,
        absolute: found.absolute * half,
        error: found.difference * half,
        evaluations: evaluations.get(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_integrals() {
        let q = Quadrature::default();
        let inf = f64::INFINITY;
        let pi = std::f64::consts::PI;
        let cases: Vec<(Box<dyn Fn(f64) -> f64>, f64, f64, f64)> = vec![
            (Box::new(|x: f64| (-x * x).exp()), -inf, inf, pi.sqrt()),
            (Box::new(|x: f64| 1.0 / (1.0 + x * x)), -inf, inf, pi),
            (Box::new(|x: f64| x.ln()), 0.0, 1.0, -1.0),
            (Box::new(|x: f64| 1.0 / x.sqrt()), 0.0, 1.0, 2.0),
            (Box::new(|x: f64| x.powi(7)), -1.0, 2.0, 255.0 / 8.0),
            (Box::new(|x: f64| (-x).exp() * x.sin()), 0.0, inf, 0.5),
            (Box::new(|x: f64| (50.0 * x).cos()), 0.0, 1.0, 50f64.sin() / 50.0),
        ];
        for (i, (f, a, b, exact)) in cases.iter().enumerate() {
            let e = q.integrate(f, *a, *b, &[]).unwrap();
            assert!((e.value - exact).abs() <= e.error, "{i}: {e:?} {exact}");
            assert!((e.value - exact).abs() <= 1e-12 * exact.abs().max(1.0), "{i}: {e:?} {exact}");
        }
    }

    #[test]
    fn divergence_and_poles_are_errors() {
        let q = Quadrature::default();
        assert!(q.integrate(|x| 1.0 / x, 1.0, f64::INFINITY, &[]).is_err());
        assert!(q.integrate(|x| 1.0 / x, 0.0, 1.0, &[]).is_err());
        assert!(q.integrate(|x| if x > 0.3 { f64::NAN } else { 0.0 }, 0.0, 1.0, &[]).is_err());
    }
}
