//! Integrals by the trapezoidal rule after a change of variable, inside an adaptive driver, several integrands at once.
//!
//! An interval [a, b] is mapped by u = a + (b - a)/(1 + e^(-pi sinh t)), a half line by u = c + s e^(t - e^(-t)), the whole
//! line by u = c + s sinh t, and the rule is halved until two levels agree (Takahasi and Mori 1974). Distances from the ends
//! are computed without cancellation, so that singularities there are seen at their own scale. The error is the difference
//! of the last two levels, sharpened only where the differences have been falling quadratically; an interval on which it
//! stays too large is halved.

use super::{Estimate, Point, Points};
use crate::error::{Error, Result};
use std::f64::consts::PI;
use std::sync::OnceLock;

/// How well an integral is to be known, and where its integrand lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quadrature {
    /// Absolute error asked for.
    pub absolute: f64,
    /// Error asked for relative to the integral of |f|.
    pub relative: f64,
    /// Evaluations after which the integral is given up as divergent.
    pub max_evaluations: u64,
    /// Where f is largest, roughly; used on the whole line.
    pub centre: f64,
    /// The length over which f varies; used at infinite ends.
    pub scale: f64,
}

impl Default for Quadrature {
    fn default() -> Self {
        Quadrature { absolute: 0.0, relative: 1e-12, max_evaluations: 200_000, centre: 0.0, scale: 1.0 }
    }
}

/// A stretch of the line and how t runs over it.
#[derive(Debug, Clone, Copy)]
enum Segment {
    /// From one finite point to another.
    Between(f64, f64),
    /// From a finite point outward, at a scale that is negative for a stretch down to -infinity.
    Beyond(f64, f64),
    /// The whole line, from its centre at a scale.
    Line(f64, f64),
}

/// The levels: steps 1/2, 1/4, ... 1/128.
const LEVELS: usize = 7;
/// How far t runs on the coarsest level while every term is 0.
const BLIND: f64 = 12.0;

/// How far the points are kept in a table.
const TABLED: f64 = 48.0;

/// |t| of the i-th point that a level adds.
fn distance(k: usize, i: usize) -> f64 {
    let h = 0.5f64.powi(k as i32 + 1);
    if k == 0 { h * (i + 1) as f64 } else { h * (2 * i + 1) as f64 }
}

/// A point of the rule: a share z of the length of a segment from its anchor, and dz/dt.
#[derive(Debug, Clone, Copy)]
struct Node {
    z: f64,
    dz: f64,
}

/// The points with t < 0 and those with t > 0 that each level adds, outward, for one kind of segment.
type Levels = [OnceLock<[Vec<Node>; 2]>; LEVELS];

impl Segment {
    fn node(self, t: f64) -> Node {
        match self {
            Segment::Between(..) => {
                let e = (-PI * t.abs().sinh()).exp();
                Node { z: e / (1.0 + e), dz: e / (1.0 + e) * PI * t.cosh() / (1.0 + e) }
            }
            Segment::Beyond(..) => {
                let z = (t - (-t).exp()).exp();
                Node { z, dz: z * (1.0 + (-t).exp()) }
            }
            Segment::Line(..) => Node { z: t.abs().sinh(), dz: t.cosh() },
        }
    }

    /// How far t runs downwards and upwards: up to distances of 1e-275 and 1e+300 from an end.
    fn reach(self) -> [f64; 2] {
        match self {
            Segment::Between(..) => [6.0, 6.0],
            Segment::Beyond(..) => [6.5, 690.0],
            Segment::Line(..) => [690.0, 690.0],
        }
    }

    /// The points that a level adds.
    fn level(self, k: usize) -> &'static [Vec<Node>; 2] {
        static KINDS: [Levels; 3] = [const { [const { OnceLock::new() }; LEVELS] }; 3];
        let kind = match self {
            Segment::Between(..) => 0,
            Segment::Beyond(..) => 1,
            Segment::Line(..) => 2,
        };
        KINDS[kind][k].get_or_init(|| {
            let points = |reach: f64, sign: f64| {
                let t = (0..).map(|i| distance(k, i)).take_while(|t| *t <= reach.min(TABLED));
                t.map(|t| self.node(sign * t)).collect()
            };
            let [down, up] = self.reach();
            [points(down, -1.0), points(up, 1.0)]
        })
    }

    /// Where z is counted from for t < 0 and for t >= 0, and the lengths it is a share of.
    fn anchors(self) -> [(f64, f64); 2] {
        match self {
            Segment::Between(a, b) => [(a, b - a), (b, a - b)],
            Segment::Beyond(c, s) => [(c, s), (c, s)],
            Segment::Line(c, s) => [(c, -s), (c, s)],
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
            Segment::Line(c, s) => (Segment::Beyond(c, -s), Segment::Beyond(c, s), c),
        }
    }

    /// Whether u is an end of the segment to rounding, where a singularity is no surprise.
    fn is_end(self, u: f64) -> bool {
        match self {
            Segment::Between(a, b) => (u - a).min(b - u) <= 1e-12 * (b - a),
            Segment::Beyond(c, s) => (u - c).abs() <= 1e-12 * s.abs() || u.is_infinite(),
            Segment::Line(..) => u.is_infinite(),
        }
    }
}

impl Quadrature {
    /// INT_a^b f(u) du; `a` and `b` may be infinite, `breakpoints` are points where f or a derivative is not smooth.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when f is not finite inside an interval, or when the integral does not converge.
    pub fn integrate(&self, mut f: impl FnMut(f64) -> f64, a: f64, b: f64, breakpoints: &[f64]) -> Result<Estimate> {
        let [one] = self.integrate_all(|u| [f(u)], a, b, breakpoints)?;
        Ok(one)
    }

    /// The integrals of several functions over the same interval, from the same evaluations.
    ///
    /// # Errors
    /// As [`Quadrature::integrate`].
    pub fn integrate_all<const N: usize>(
        &self,
        mut f: impl FnMut(f64) -> [f64; N],
        a: f64,
        b: f64,
        breakpoints: &[f64],
    ) -> Result<[Estimate; N]> {
        self.integrate_points(|p| f(p.u), a, b, breakpoints)
    }

    /// The same of functions that may ask how far a point is from the end of its interval.
    ///
    /// # Errors
    /// As [`Quadrature::integrate`].
    pub fn integrate_points<const N: usize>(
        &self,
        mut f: impl FnMut(Point) -> [f64; N],
        a: f64,
        b: f64,
        breakpoints: &[f64],
    ) -> Result<[Estimate; N]> {
        self.integrate_blocks(|points, out| points.iter().zip(out).for_each(|(p, out)| *out = f(p)), a, b, breakpoints)
    }

    /// The same of functions that are evaluated at many points at a time: `f` writes the values at every point of its first
    /// argument to its second.
    ///
    /// # Errors
    /// As [`Quadrature::integrate`].
    pub fn integrate_blocks<const N: usize>(
        &self,
        mut f: impl FnMut(&Points, &mut [[f64; N]]),
        a: f64,
        b: f64,
        breakpoints: &[f64],
    ) -> Result<[Estimate; N]> {
        let mut sum = [Estimate { value: 0.0, error: 0.0, evaluations: 0 }; N];
        if !(a < b) {
            return Ok(sum);
        }
        let mut open: Vec<(Segment, u32)> = self.segments(a, b, breakpoints).into_iter().map(|s| (s, 0)).collect();
        let pieces = open.len() as f64;
        let mut absolute = [0.0; N];
        let mut evaluations = 0;
        let mut block = Block::new();
        while let Some((segment, depth)) = open.pop() {
            let wanted = absolute.map(|a: f64| self.absolute.max(self.relative * a) / pieces);
            let part = trapezoid(&mut f, segment, self.relative, &wanted, depth, &mut block)?;
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
            s.error += 24.0 * f64::EPSILON * absolute;
            s.evaluations = evaluations;
        }
        Ok(sum)
    }

    /// The line cut at the breakpoints.
    fn segments(&self, a: f64, b: f64, breakpoints: &[f64]) -> Vec<Segment> {
        let mut cuts: Vec<f64> = breakpoints.iter().copied().filter(|c| a < *c && *c < b).collect();
        cuts.extend([a, b]);
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let segment = |pair: &[f64]| match (pair[0].is_finite(), pair[1].is_finite()) {
            (true, true) => Segment::Between(pair[0], pair[1]),
            (true, false) => Segment::Beyond(pair[0], 0.5 * self.scale),
            (false, true) => Segment::Beyond(pair[1], -0.5 * self.scale),
            (false, false) => Segment::Line(self.centre, self.scale),
        };
        cuts.windows(2).map(segment).collect()
    }
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
    block: &'f mut Block<N>,
}

/// Points evaluated together.
struct Block<const N: usize> {
    points: Points,
    /// Their t, on the coarsest level only.
    t: Vec<f64>,
    /// How many of them are in the sums already.
    summed: usize,
    jacobian: Vec<f64>,
    values: Vec<[f64; N]>,
}

impl<const N: usize> Block<N> {
    /// Room for the points of most integrals.
    fn new() -> Block<N> {
        let room = || Vec::with_capacity(ROOM);
        let points = Points { u: room(), offset: room() };
        Block { points, t: room(), summed: 0, jacobian: room(), values: Vec::with_capacity(ROOM) }
    }

    fn clear(&mut self) {
        self.summed = 0;
        self.t.clear();
        self.points.u.clear();
        self.points.offset.clear();
        self.jacobian.clear();
    }
}

/// Points that are evaluated together at most, as a rule.
pub(crate) const ROOM: usize = 256;

/// Points evaluated together on one side of the coarsest level, where it is not known how far out terms matter.
const STRIDE: usize = 8;

impl<const N: usize, F: FnMut(&Points, &mut [[f64; N]])> Sums<'_, N, F> {
    fn new<'f>(f: &'f mut F, segment: Segment, block: &'f mut Block<N>) -> Sums<'f, N, F> {
        block.clear();
        Sums { f, segment, value: [0.0; N], absolute: [0.0; N], evaluations: 0, bad: None, block }
    }

    /// Plans one point, if it is one; whether it is.
    fn plan(&mut self, side: usize, node: Node) -> bool {
        let (anchor, length) = self.segment.anchors()[side];
        let offset = length * node.z;
        let u = anchor + offset;
        if u.is_finite() {
            self.block.points.u.push(u);
            self.block.points.offset.push(offset);
            self.block.jacobian.push(length.abs() * node.dz);
        }
        u.is_finite()
    }

    /// Evaluates the points planned.
    fn evaluate(&mut self) {
        let block = &mut *self.block;
        block.values.resize(block.points.u.len(), [0.0; N]);
        (self.f)(&block.points, &mut block.values);
        self.evaluations += block.points.u.len() as u64;
    }

    /// Adds the points evaluated, the first `count` of them.
    fn add(&mut self, count: usize) {
        let block = &*self.block;
        let range = block.summed..count;
        let (mut value, mut absolute) = ([0.0; N], [0.0; N]);
        for (values, jacobian) in block.values[range.clone()].iter().zip(&block.jacobian[range.clone()]) {
            for i in 0..N {
                let term = values[i] * jacobian;
                value[i] += term;
                absolute[i] += term.abs();
            }
        }
        if absolute.iter().all(|a| a.is_finite()) {
            for i in 0..N {
                self.value[i] += value[i];
                self.absolute[i] += absolute[i];
            }
        } else {
            range.for_each(|j| self.add_one(j));
        }
        self.block.summed = count;
        if count == self.block.points.u.len() {
            self.block.clear();
        }
    }

    /// Adds one of the points evaluated; terms that are no numbers are left out, and remembered where they are a surprise.
    fn add_one(&mut self, j: usize) {
        for i in 0..N {
            let term = self.block.values[j][i] * self.block.jacobian[j];
            if term.is_finite() {
                self.value[i] += term;
                self.absolute[i] += term.abs();
            } else if !self.segment.is_end(self.block.points.u[j]) {
                self.bad = Some(self.block.points.u[j]);
            }
        }
    }

    /// Whether some term of a point is more than a share of the sums so far; none while they are all 0.
    fn exceeds(&self, j: usize, share: f64) -> Option<bool> {
        let (values, jacobian) = (&self.block.values[j], self.block.jacobian[j]);
        let exceeds = |i: usize| (values[i] * jacobian).abs() > share * self.absolute[i];
        self.absolute.iter().any(|a| *a > 0.0).then(|| (0..N).any(exceeds))
    }

    /// The greatest term of a point relative to the sums so far, of those that are in them.
    fn size(&self, j: usize) -> f64 {
        let terms = self.block.values[j].iter().map(|value| (value * self.block.jacobian[j]).abs());
        let counted = terms.zip(&self.absolute).filter(|(term, _)| *term > 0.0 && term.is_finite());
        let shares = counted.map(|(term, absolute)| term / absolute);
        shares.fold(0.0, f64::max)
    }

    /// Finds out on the coarsest level how far out on either side of t = 0 terms matter; the size of those where t ends,
    /// relative to the sums.
    fn explore(&mut self, reach: &mut [f64; 2]) -> f64 {
        let mut left: f64 = 0.0;
        for first in (0..).step_by(STRIDE) {
            for (side, reach) in reach.iter().enumerate() {
                if distance(0, first) <= reach + 1.0 {
                    self.stride(first, side);
                }
            }
            if self.block.points.u.is_empty() {
                break;
            }
            self.evaluate();
            let ends = self.segment.reach();
            for j in 0..self.block.t.len() {
                self.add_one(j);
                let (t, side) = (self.block.t[j].abs(), usize::from(self.block.t[j] >= 0.0));
                if self.exceeds(j, 1e-19).unwrap_or(t < BLIND) {
                    reach[side] = reach[side].max(t);
                }
                if t + 0.5 > ends[side] {
                    left = left.max(self.size(j));
                }
            }
            self.block.clear();
        }
        left
    }

    /// Plans a few points of the coarsest level on one side of t = 0.
    fn stride(&mut self, first: usize, side: usize) {
        let (end, table) = (self.segment.reach()[side], &self.segment.level(0)[side]);
        for i in (first..first + STRIDE).filter(|i| distance(0, *i) <= end) {
            let t = if side == 0 { -distance(0, i) } else { distance(0, i) };
            if self.plan(side, table.get(i).copied().unwrap_or_else(|| self.segment.node(t))) {
                self.block.t.push(t);
            }
        }
    }

    /// Plans the points that a finer level adds.
    fn refine(&mut self, k: usize, reach: &[f64; 2]) {
        for (side, reach) in reach.iter().enumerate() {
            let limit = self.segment.reach()[side].min(reach + 0.5);
            let (table, h) = (&self.segment.level(k)[side], distance(k, 0));
            let count = if limit < h { 0 } else { ((limit / h - 1.0) / 2.0) as usize + 1 };
            let tabled = &table[..count.min(table.len())];
            let (anchor, length) = self.segment.anchors()[side];
            if tabled.last().is_some_and(|node| (anchor + length * node.z).is_finite()) {
                let block = &mut *self.block;
                block.points.u.extend(tabled.iter().map(|node| anchor + length * node.z));
                block.points.offset.extend(tabled.iter().map(|node| length * node.z));
                block.jacobian.extend(tabled.iter().map(|node| length.abs() * node.dz));
            } else {
                tabled.iter().for_each(|node| _ = self.plan(side, *node));
            }
            for i in tabled.len()..count {
                let t = if side == 0 { -distance(k, i) } else { distance(k, i) };
                self.plan(side, self.segment.node(t));
            }
        }
    }
}

/// The eighth root, by square roots: powers are slow.
fn root8(x: f64) -> f64 {
    x.sqrt().sqrt().sqrt()
}

/// The trapezoidal rule at falling steps on one segment, with an honest error.
fn trapezoid<const N: usize, F: FnMut(&Points, &mut [[f64; N]])>(
    f: &mut F,
    segment: Segment,
    relative: f64,
    wanted: &[f64; N],
    depth: u32,
    block: &mut Block<N>,
) -> Result<Part<N>> {
    let mut sums = Sums::new(f, segment, block);
    sums.plan(1, segment.node(0.0));
    sums.block.t.push(0.0);
    let mut reach = [0.0; 2];
    let mut left = 0.0;
    let mut previous = [f64::NAN; N];
    // The differences of the levels before, relative to the integral of |f|.
    let mut before = [1.0f64; N];
    let mut earlier = [1.0f64; N];
    let mut part = Part { value: previous, absolute: previous, error: previous, evaluations: 0, converged: false };
    for k in 0..LEVELS {
        match k {
            0 => left = sums.explore(&mut reach),
            // Never the last level: the next is evaluated with it.
            1 => {
                sums.refine(1, &reach);
                let count = sums.block.points.u.len();
                sums.refine(2, &reach);
                sums.evaluate();
                sums.add(count);
            }
            2 => sums.add(sums.block.points.u.len()),
            _ => {
                sums.refine(k, &reach);
                sums.evaluate();
                sums.add(sums.block.points.u.len());
            }
        }
        if let Some(at) = sums.bad {
            return Err(Error::NotFinite { what: "an integrand".into(), at });
        }
        let h = 0.5f64.powi(k as i32 + 1);
        part.value = sums.value.map(|v| v * h);
        part.absolute = sums.absolute.map(|v| v * h);
        part.evaluations = sums.evaluations;
        // Terms fall so fast there that what is left out is less than a few of the last.
        let unfinished = left > (0.1 * relative).max(1e-13);
        part.converged = k >= 2 && !unfinished;
        let mut hopeless = k >= 4 && depth < 40;
        for i in 0..N {
            let size = part.absolute[i].max(f64::MIN_POSITIVE);
            let difference = if k == 0 { 1.0 } else { (part.value[i] - previous[i]).abs() / size };
            // Differences that fall as d, d^2 leave d^4; d^3 is claimed, and only on a segment that did not have to be halved.
            // Otherwise the difference is the error, and not less than a tenth of the one before, lest two levels agree by luck.
            let d = before[i];
            let quadratic = depth == 0
                && d < 1e-2
                && difference <= d * root8(d).powi(3)
                && d <= earlier[i] * root8(earlier[i]).powi(2);
            let rest =
                if quadratic { (difference * difference.sqrt()).max(d * d * d) } else { difference.max(0.1 * d) };
            part.error[i] = if part.absolute[i] == 0.0 { 0.0 } else { (rest + 4.0 * left) * size };
            part.converged &= part.error[i] <= wanted[i].max(relative * size).max(8.0 * f64::EPSILON * size);
            hopeless &= difference > 1e-3;
            (earlier[i], before[i]) = (d, difference);
        }
        previous = part.value;
        if part.converged || hopeless || unfinished {
            break;
        }
    }
    Ok(part)
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
