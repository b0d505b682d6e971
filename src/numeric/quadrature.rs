//! Integrals by double exponential quadrature inside an adaptive driver, several integrands at once.
//!
//! An interval [a, b] is mapped by u = a + (b - a)/(1 + e^(-pi sinh t)), a half line by u = c + s e^(pi sinh t), and the
//! trapezoidal rule in t is halved until two levels agree (Takahasi and Mori 1974). Distances from the ends are computed
//! without cancellation, so that singularities there are seen at their own scale. The error is the difference of the last
//! two levels, sharpened only where the differences have been falling quadratically; an interval on which it stays too
//! large is halved.

use super::Estimate;
use crate::error::{Error, Result};
use std::f64::consts::PI;
use std::sync::LazyLock;

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

/// A stretch of the line and how t runs over it.
#[derive(Debug, Clone, Copy)]
enum Segment {
    /// From one finite point to another.
    Between(f64, f64),
    /// From a finite point outward, at a scale that is negative for a stretch down to -infinity.
    Beyond(f64, f64),
}

/// The levels: steps 1/2, 1/4, ... 1/128.
const LEVELS: usize = 7;
/// The largest |t|: e^(-pi sinh t) is 1e-275 there.
const REACH: f64 = 6.0;

/// (t, e^(-pi sinh t), pi cosh t) at the points t > 0 that each level adds.
static NODES: LazyLock<Vec<Vec<[f64; 3]>>> = LazyLock::new(|| {
    let node = |t: f64| [t, (-PI * t.sinh()).exp(), PI * t.cosh()];
    let level = |k: usize| {
        let h = 0.5f64.powi(k as i32 + 1);
        let (first, step) = if k == 0 { (h, h) } else { (h, 2.0 * h) };
        (0..).map(|i| first + step * f64::from(i)).take_while(|t| *t <= REACH).map(node).collect()
    };
    (0..LEVELS).map(level).collect()
});

impl Segment {
    /// (u, du/dt) at t, given e = e^(-pi sinh |t|) and c = pi cosh t.
    fn at(self, near: bool, e: f64, c: f64) -> (f64, f64) {
        match self {
            Segment::Between(a, b) => {
                let share = e / (1.0 + e);
                let distance = (b - a) * share;
                (if near { a + distance } else { b - distance }, distance * c / (1.0 + e))
            }
            Segment::Beyond(from, scale) => {
                let z = if near { e } else { 1.0 / e };
                (from + scale * z, scale.abs() * z * c)
            }
        }
    }

    fn halves(self) -> (Segment, Segment, f64) {
        match self {
            Segment::Between(a, b) => {
                let m = 0.5 * (a + b);
                (Segment::Between(a, m), Segment::Between(m, b), m)
            }
            Segment::Beyond(c, s) => {
                let m = c + s;
                (Segment::Between(c.min(m), c.max(m)), Segment::Beyond(m, 2.0 * s), m)
            }
        }
    }

    /// Whether u is an end of the segment to rounding, where a singularity is no surprise.
    fn is_end(self, u: f64) -> bool {
        match self {
            Segment::Between(a, b) => (u - a).min(b - u) <= 1e-12 * (b - a),
            Segment::Beyond(c, s) => (u - c).abs() <= 1e-12 * s.abs() || u.is_infinite(),
        }
    }
}

impl Quadrature {
    /// INT_a^b f(u) du; `a` and `b` may be infinite, `breakpoints` are points where f or a derivative is not smooth.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when f is not finite inside an interval, or when the integral does not converge.
    pub fn integrate(&self, mut f: impl FnMut(f64) -> f64, a: f64, b: f64, breakpoints: &[f64]) -> Result<Estimate> {
        let [one] = self.integrate_all(|u| [f(u)], a, b, breakpoints, 1.0)?;
        Ok(one)
    }

    /// The integrals of several functions over the same interval, from the same evaluations; `scale` is the length over
    /// which they vary at an infinite end.
    ///
    /// # Errors
    /// As [`Quadrature::integrate`].
    pub fn integrate_all<const N: usize>(
        &self,
        mut f: impl FnMut(f64) -> [f64; N],
        a: f64,
        b: f64,
        breakpoints: &[f64],
        scale: f64,
    ) -> Result<[Estimate; N]> {
        let mut sum = [Estimate { value: 0.0, error: 0.0, evaluations: 0 }; N];
        if !(a < b) {
            return Ok(sum);
        }
        let mut open: Vec<(Segment, u32)> = segments(a, b, breakpoints, scale).into_iter().map(|s| (s, 0)).collect();
        let pieces = open.len() as f64;
        let mut absolute = [0.0; N];
        let mut evaluations = 0;
        while let Some((segment, depth)) = open.pop() {
            let wanted = absolute.map(|a: f64| self.absolute.max(self.relative * a) / pieces);
            let part = double_exponential(&mut f, segment, self.relative, &wanted, depth)?;
            evaluations += part.evaluations;
            if part.converged {
                for (i, s) in sum.iter_mut().enumerate() {
                    s.value += part.value[i];
                    s.error += part.error[i];
                    absolute[i] += part.absolute[i];
                }
                continue;
            }
            let (left, right, middle) = segment.halves();
            let exhausted = evaluations > self.max_evaluations || depth > 60 || segment.is_end(middle);
            if exhausted || !middle.is_finite() {
                return Err(Error::NotFinite { what: "an integral that does not converge".into(), at: middle });
            }
            open.push((left, depth + 1));
            open.push((right, depth + 1));
        }
        for (s, absolute) in sum.iter_mut().zip(absolute) {
            s.error += 8.0 * f64::EPSILON * absolute;
            s.evaluations = evaluations;
        }
        Ok(sum)
    }
}

/// The line cut at the breakpoints.
fn segments(a: f64, b: f64, breakpoints: &[f64], scale: f64) -> Vec<Segment> {
    let mut cuts: Vec<f64> = breakpoints.iter().copied().filter(|c| a < *c && *c < b).collect();
    if cuts.is_empty() && a.is_infinite() && b.is_infinite() {
        cuts.push(0.0);
    }
    cuts.extend([a, b]);
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    let segment = |pair: &[f64]| match (pair[0].is_finite(), pair[1].is_finite()) {
        (true, false) => Segment::Beyond(pair[0], scale),
        (false, _) => Segment::Beyond(pair[1], -scale),
        (true, true) => Segment::Between(pair[0], pair[1]),
    };
    cuts.windows(2).map(segment).collect()
}

/// What was found on one segment.
struct Part<const N: usize> {
    value: [f64; N],
    /// The integrals of |f|.
    absolute: [f64; N],
    error: [f64; N],
    evaluations: u64,
    converged: bool,
}

/// The running sums of the trapezoidal rule on one segment.
struct Sums<'f, const N: usize, F> {
    f: &'f mut F,
    segment: Segment,
    value: [f64; N],
    absolute: [f64; N],
    evaluations: u64,
    bad: Option<f64>,
}

impl<const N: usize, F: FnMut(f64) -> [f64; N]> Sums<'_, N, F> {
    /// Adds one point; the greatest term of it relative to the sums so far, none while they are all 0.
    fn add(&mut self, near: bool, e: f64, c: f64) -> Option<f64> {
        let (u, jacobian) = self.segment.at(near, e, c);
        if !u.is_finite() {
            return Some(0.0);
        }
        self.evaluations += 1;
        let values = (self.f)(u);
        let mut greatest: f64 = 0.0;
        for (i, v) in values.into_iter().enumerate() {
            let term = v * jacobian;
            if term.is_finite() {
                self.value[i] += term;
                self.absolute[i] += term.abs();
                if term != 0.0 {
                    greatest = greatest.max(term.abs() / self.absolute[i]);
                }
            } else if !self.segment.is_end(u) {
                self.bad = Some(u);
            }
        }
        self.absolute.iter().any(|a| *a > 0.0).then_some(greatest)
    }
}

/// One double exponential quadrature with an honest error.
fn double_exponential<const N: usize, F: FnMut(f64) -> [f64; N]>(
    f: &mut F,
    segment: Segment,
    relative: f64,
    wanted: &[f64; N],
    depth: u32,
) -> Result<Part<N>> {
    let mut sums = Sums { f, segment, value: [0.0; N], absolute: [0.0; N], evaluations: 0, bad: None };
    sums.add(true, 1.0, PI);
    // How far out the terms matter on either side, found on the coarsest level.
    let (mut low, mut high) = (0.0f64, 0.0f64);
    let mut unfinished = false;
    let mut previous = [f64::NAN; N];
    // The differences of the levels before, relative to the integral of |f|.
    let mut before = [1.0f64; N];
    let mut earlier = [1.0f64; N];
    for (k, nodes) in NODES.iter().enumerate() {
        let h = 0.5f64.powi(k as i32 + 1);
        for &[t, e, c] in nodes {
            for (near, reach) in [(true, &mut low), (false, &mut high)] {
                if t > *reach + if k == 0 { 1.0 } else { 0.0 } {
                    continue;
                }
                let size = sums.add(near, e, c);
                if k == 0 && size.is_none_or(|s| s > 1e-19) {
                    *reach = t;
                }
                unfinished |= k == 0 && t + 0.5 > REACH && size.is_some_and(|s| s > 1e-13);
            }
        }
        if k == 0 {
            (low, high) = (low + 0.5, high + 0.5);
        }
        if let Some(at) = sums.bad {
            return Err(Error::NotFinite { what: "an integrand".into(), at });
        }
        let value = sums.value.map(|v| v * h);
        let absolute = sums.absolute.map(|v| v * h);
        let mut error = [0.0; N];
        let mut converged = k >= 3 && !unfinished;
        let mut hopeless = k >= 4 && depth < 40;
        for i in 0..N {
            let size = absolute[i].max(f64::MIN_POSITIVE);
            let difference = (value[i] - previous[i]).abs() / size;
            // Differences that fall as d, d^2 leave d^4; d^3 is claimed, and only on a segment that did not have to be halved.
            // Otherwise the difference is the error, and not less than a tenth of the one before, lest two levels agree by luck.
            let d = before[i];
            let quadratic = depth == 0 && d < 1e-2 && difference <= d.powf(1.4) && d <= earlier[i].powf(1.2);
            let rest = if quadratic { difference.powf(1.5).max(d.powi(3)) } else { difference.max(0.1 * d) };
            error[i] = if absolute[i] == 0.0 { 0.0 } else { rest * size };
            converged &= error[i] <= wanted[i].max(relative * size).max(8.0 * f64::EPSILON * size);
            hopeless &= difference > 1e-3;
            (earlier[i], before[i]) = (d, difference);
        }
        previous = value;
        if converged || hopeless || unfinished || k + 1 == LEVELS {
            return Ok(Part { value, absolute, error, evaluations: sums.evaluations, converged });
        }
    }
    Ok(Part {
        value: previous,
        absolute: sums.absolute,
        error: previous,
        evaluations: sums.evaluations,
        converged: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    fn check(name: &str, f: impl FnMut(f64) -> f64, (a, b): (f64, f64), cuts: &[f64], want: f64) {
        let got = Quadrature::default().integrate(f, a, b, cuts).unwrap_or_else(|e| panic!("{name}: {e}"));
        let off = (got.value - want).abs();
        assert!(off <= got.error && got.error <= 1e-11 * (1.0 + want.abs()), "{name}: {got:?} {want}");
    }

    #[test]
    fn errors_are_honest() {
        check("normal", |u| (-0.5 * u * u).exp(), (-INF, INF), &[], (2.0 * PI).sqrt());
        check("shifted normal", |u| (-0.5 * (u - 9.0) * (u - 9.0)).exp(), (-INF, INF), &[], (2.0 * PI).sqrt());
        check("narrow normal", |u| (-0.5e6 * u * u).exp(), (-INF, INF), &[], (2.0 * PI).sqrt() * 1e-3);
        check("cauchy", |u| 1.0 / (1.0 + u * u), (-INF, INF), &[], PI);
        check("log", |u: f64| u.ln(), (0.0, 1.0), &[], -1.0);
        check("root", |u: f64| 1.0 / u.sqrt(), (0.0, 4.0), &[], 4.0);
        check("kink", |u: f64| (u - 0.3).abs(), (0.0, 1.0), &[0.3], 0.29);
        check("hidden kink", |u: f64| (u - 0.3).abs(), (0.0, 1.0), &[], 0.29);
        check("sine", |u: f64| u.sin(), (0.0, 40.0), &[], 1.0 - 40f64.cos());
        check("heavy tail", |u: f64| u.powf(-1.5), (1.0, INF), &[], 2.0);
        check("empty", |u: f64| u, (1.0, 1.0), &[], 0.0);
    }

    #[test]
    fn what_does_not_converge_is_refused() {
        let refused = |f: fn(f64) -> f64, a, b| assert!(Quadrature::default().integrate(f, a, b, &[]).is_err());
        refused(|u| 1.0 / u, 0.0, 1.0);
        refused(|u| 1.0 / u, 1.0, INF);
        refused(|u| u * u, 0.0, INF);
        refused(|u| if u > 0.4 { f64::NAN } else { 0.0 }, 0.0, 1.0);
    }
}
