//! Where an activation rises and bends, turns, vanishes, and repeats its argument.

use super::curve::{Curve, Stretch};
use super::roots::sign;
use super::smoothness::close;

/// An interval on which a derivative keeps its sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// The left end.
    pub from: f64,
    /// The right end.
    pub to: f64,
    /// 1, -1, or 0 where the derivative is 0 throughout.
    pub sign: f64,
}

/// What f does at a stationary point or kink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turning {
    /// A local minimum.
    Minimum,
    /// A local maximum.
    Maximum,
    /// It goes on as before.
    Saddle,
}

/// A point where f turns or its derivative is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stationary {
    /// The point.
    pub at: f64,
    /// f there.
    pub value: f64,
    /// What f does there.
    pub turning: Turning,
    /// Whether f has a kink there instead of a derivative.
    pub kink: bool,
}

/// A solution of an equation in f: a point, or an interval with different ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Root {
    /// The left end.
    pub from: f64,
    /// The right end.
    pub to: f64,
    /// Which ends of an interval belong to it.
    pub closed: [bool; 2],
    /// f' there: inside the interval, or at the point, that of the steeper side at a kink.
    pub slope: f64,
}

/// Symmetry about 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    /// f(-x) = f(x)
    Even,
    /// f(-x) = -f(x)
    Odd,
    /// f = 0, which is both.
    Both,
    /// None of these.
    Neither,
}

/// The signs of a derivative along one stretch.
fn signs(s: &Stretch, k: usize) -> Vec<Run> {
    if let Some(slope) = s.line {
        let sign = if k == 1 && slope != 0.0 { slope.signum() } else { 0.0 };
        return vec![Run { from: s.from, to: s.to, sign }];
    }
    let mut ends = vec![s.window[0]];
    ends.extend(&s.roots[k]);
    ends.push(s.window[1]);
    let run = |w: &[f64]| {
        let (from, to) = (w[0], w[1]);
        let inside = s.samples.iter().filter(|(x, _)| from < *x && *x < to);
        let found = inside.map(|(x, jet)| sign(*x, jet, k, false)).find(|s| *s != 0.0);
        let middle = || s.form.derivative(0.5 * (from + to), k);
        let sign = found.unwrap_or_else(|| match middle() {
            m if (to - from).is_finite() && m != 0.0 && !m.is_nan() => m.signum(),
            _ => 0.0,
        });
        Run { from, to, sign }
    };
    ends.windows(2).filter(|w| w[0] < w[1]).map(run).collect()
}

/// The runs of one sign of f' (k = 1) or f'' (k = 2), joined across roots and continuous joins.
pub(super) fn runs(curve: &Curve, k: usize) -> Vec<Run> {
    let mut all: Vec<Run> = Vec::new();
    for s in &curve.stretches {
        for (i, run) in signs(s, k).into_iter().enumerate() {
            let merged = match all.last() {
                Some(last) if i > 0 => (last.sign == run.sign).then_some(run.sign),
                Some(last) if last.to == run.from => across(curve, *last, run, k),
                _ => None,
            };
            match (merged, all.last_mut()) {
                (Some(sign), Some(last)) => (last.to, last.sign) = (run.to, sign),
                _ => all.push(run),
            }
        }
    }
    all
}

/// The sign that two neighbours have together, where they have one.
fn across(curve: &Curve, a: Run, b: Run, k: usize) -> Option<f64> {
    let (at, left, right) = curve.joins().find(|j| j.0 == a.to)?;
    let values = [left.edge(at, 0), right.edge(at, 0)];
    if !close(values) || !close([values[0], curve.value(at)]) {
        return None;
    }
    if k == 1 {
        return (a.sign == b.sign).then_some(a.sign);
    }
    let slopes = [left.edge(at, 1), right.edge(at, 1)];
    let bend = if close(slopes) { 0.0 } else { (slopes[1] - slopes[0]).signum() };
    let bent: Vec<f64> = [a.sign, bend, b.sign].into_iter().filter(|s| *s != 0.0).collect();
    bent.windows(2).all(|w| w[0] == w[1]).then(|| bent.first().copied().unwrap_or(0.0))
}

fn turning(before: f64, after: f64) -> Turning {
    match (before < 0.0, after < 0.0) {
        (true, false) => Turning::Minimum,
        (false, true) => Turning::Maximum,
        _ => Turning::Saddle,
    }
}

/// Roots of f' with what f does there, and kinks at which it turns.
pub(super) fn stationary(curve: &Curve) -> Vec<Stationary> {
    let mut all = Vec::new();
    for s in &curve.stretches {
        let runs = signs(s, 1);
        for w in runs.windows(2) {
            let at = w[0].to;
            all.push(Stationary { at, value: s.form.eval(at), turning: turning(w[0].sign, w[1].sign), kink: false });
        }
    }
    for (at, left, right) in curve.joins() {
        let value = curve.value(at);
        let (before, after) = (signs(left, 1), signs(right, 1));
        let (Some(before), Some(after)) = (before.last(), after.first()) else { continue };
        let slopes = [left.edge(at, 1), right.edge(at, 1)];
        let kink = !close(slopes);
        let flat = !kink && slopes[0].abs() <= 1e-12;
        let continuous = close([left.edge(at, 0), value]) && close([right.edge(at, 0), value]);
        let turns = before.sign * after.sign < 0.0;
        if continuous && before.sign * after.sign != 0.0 && (turns || flat) {
            all.push(Stationary { at, value, turning: turning(before.sign, after.sign), kink });
        }
    }
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    all
}

/// Points at which f'' changes its sign inside stretches.
pub(super) fn inflections(curve: &Curve) -> Vec<f64> {
    let changes = |s: &Stretch| -> Vec<f64> {
        signs(s, 2).windows(2).filter(|w| w[0].sign * w[1].sign < 0.0).map(|w| w[0].to).collect()
    };
    curve.stretches.iter().flat_map(changes).collect()
}

/// Beyond this the rounding of x hides a difference f(x) - x that falls like 1/x.
const TELLING: f64 = 1e7;

/// Where a function is 0, with the slope of f there.
pub(super) fn zeros(g: &Curve, f: &Curve) -> Vec<Root> {
    let slope = |x: f64| steepest(f, x);
    let point = |x: f64| Root { from: x, to: x, closed: [true; 2], slope: slope(x) };
    let holds = |end: f64| g.value(end).abs() <= 4.0 * f64::EPSILON * end.abs();
    let mut all = Vec::new();
    for s in &g.stretches {
        // Close to 0, where x has the fewest digits to hide a constant behind.
        let nearest = s.samples.iter().map(|sample| sample.0).min_by(|a, b| a.abs().total_cmp(&b.abs()));
        let x = nearest.unwrap_or(0.0);
        if s.line == Some(0.0) && s.form.eval(x) == 0.0 {
            all.push(Root { from: s.from, to: s.to, closed: s.ends().map(holds), slope: f.whole.derivative(x, 1) });
        }
        all.extend(s.roots[0].iter().map(|x| point(*x)));
        for end in s.ends().into_iter().filter(|e| e.abs() < TELLING) {
            if holds(end) {
                all.push(point(end));
            }
        }
    }
    all.sort_by(|a, b| (a.from, -a.to).partial_cmp(&(b.from, -b.to)).unwrap_or(std::cmp::Ordering::Equal));
    all.dedup_by(|b, a| {
        let touch = b.from <= a.to;
        let absorbed = touch && (b.from == b.to || a.from == a.to);
        if touch && !absorbed || absorbed && b.to > a.to {
            (a.to, a.closed[1], a.slope) = (b.to, b.closed[1], b.slope);
        }
        touch
    });
    all
}

/// f' at a point; the larger of the two by modulus at a kink.
fn steepest(f: &Curve, x: f64) -> f64 {
    let sides = f.stretches.iter().filter_map(|s| match x {
        x if x == s.from || x == s.to => Some(s.edge(x, 1)),
        x if s.from < x && x < s.to => Some(s.form.derivative(x, 1)),
        _ => None,
    });
    // + 0.0 makes -0 a plain zero.
    sides.reduce(|a, b| if b.abs() > a.abs() { b } else { a }).unwrap_or(f64::NAN) + 0.0
}

/// Compares f(x) with f(-x) at the samples.
pub(super) fn parity(curve: &Curve) -> Parity {
    let (mut even, mut odd) = (true, true);
    for (x, jet) in curve.stretches.iter().flat_map(|s| &s.samples) {
        let mirrored = curve.followed(-x);
        let close = |v: f64| (v - jet[0]).abs() <= 1e-12 * jet[0].abs();
        (even, odd) = (even && close(mirrored), odd && close(-mirrored));
    }
    match (even, odd) {
        (true, true) => Parity::Both,
        (true, false) => Parity::Even,
        (false, true) => Parity::Odd,
        (false, false) => Parity::Neither,
    }
}
