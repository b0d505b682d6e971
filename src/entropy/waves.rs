//! Activations that oscillate without end, as x + 0.3 sin(x): no rule of a few hundred points sees what they do in a heavy tail.
//! They are integrated over panels of two periods each as far as that matters, or for a thousand panels; beyond, f and
//! log|f'| are replaced by their means over a period, and what that may be off by is added to the error.

use super::branches::{Branch, mass};
use super::shape::linear;
use crate::expr::{Expr, Node, Op};
use crate::input::Input;
use std::f64::consts::TAU;

/// Panels to one side at most.
const MOST_PANELS: i32 = 1000;
/// Mass that is not worth another panel.
const LITTLE: f64 = 1e-16;
/// Points at which a period is looked at.
const LOOKS: usize = 64;

/// How a branch is integrated that oscillates.
pub(super) struct Waves {
    /// Where panels end.
    pub cuts: Vec<f64>,
    /// What holds beyond the panels.
    ends: Vec<Far>,
}

/// The means of a branch over a period beyond its panels.
struct Far {
    /// Where it begins, and 1 or -1 for the direction outward.
    at: f64,
    side: f64,
    /// The mass beyond, and that of a period of the density at the beginning.
    beyond: f64,
    edge: f64,
    seen: Period,
    /// How far the means move on the way out.
    drift: [f64; 2],
}

/// A period: means and greatest deviations from them.
#[derive(Clone, Copy)]
struct Period {
    middle: f64,
    value: f64,
    slope: f64,
    log_slope: f64,
    /// Of f from a line, and of log|f'|.
    spread: [f64; 2],
}

impl Period {
    fn of(branch: &Branch, from: f64, period: f64) -> Period {
        let at = |i: usize| from + period * (i as f64 + 0.5) / LOOKS as f64;
        let slope = (branch.value_and_log_slope(from + period).0 - branch.value_and_log_slope(from).0) / period;
        let seen: Vec<(f64, f64)> = (0..LOOKS).map(|i| branch.value_and_log_slope(at(i))).collect();
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| seen.iter().map(of).sum::<f64>() / LOOKS as f64;
        let (value, log_slope, middle) = (mean(&|s| s.0), mean(&|s| s.1), from + 0.5 * period);
        let off = |i: usize| [seen[i].0 - value - slope * (at(i) - middle), seen[i].1 - log_slope];
        let spread = [0, 1].map(|k| (0..LOOKS).map(|i| off(i)[k].abs()).fold(0.0, f64::max));
        Period { middle, value, slope, log_slope, spread }
    }

    fn line(&self, u: f64) -> f64 {
        self.value + self.slope * (u - self.middle)
    }
}

impl Waves {
    /// None where the branch does not oscillate by its form, within [from, to], or not within the tails of the input.
    pub fn new(branch: &Branch, input: &Input, from: f64, to: f64, centre: f64) -> Option<Waves> {
        let period = period(branch.form())?;
        let (mut cuts, mut ends) = (Vec::new(), Vec::new());
        for (end, side) in [(from, -1.0), (to, 1.0)] {
            if end.is_finite() {
                continue;
            }
            let place = |panels: i32| centre + side * 2.0 * period * f64::from(panels);
            let beyond = |u: f64| if side > 0.0 { mass(input, u, end) } else { mass(input, end, u) };
            let panels: Vec<i32> = (0..MOST_PANELS).collect();
            let count = panels.partition_point(|n| beyond(place(*n)) >= LITTLE) as i32;
            let at = place(count);
            let inside = |n: &i32| from < place(*n) && place(*n) < to;
            cuts.extend((1..=count).filter(inside).map(place));
            // Means replace what oscillates only where the density falls.
            if count == MOST_PANELS && input.modes().iter().all(|m| side * (at - m) > 0.0) {
                let look = |u: f64| Period::of(branch, if side > 0.0 { u } else { u - period }, period);
                let seen = look(at);
                let later = [2.0, 10.0].map(|k| look(at + side * k * (at - centre).abs()));
                let drift = |of: &dyn Fn(&Period) -> f64| later.iter().map(of).fold(0.0, f64::max);
                let drift = [
                    drift(&|p| ((p.value - seen.line(p.middle)) / (p.middle - centre)).abs()),
                    drift(&|p| (p.log_slope - seen.log_slope).abs()),
                ];
                ends.push(Far { at, side, beyond: beyond(at), edge: input.pdf(at) * period, seen, drift });
            }
        }
        (!cuts.is_empty()).then_some(Waves { cuts, ends })
    }

    /// f and log|f'| beyond the panels replaced by their means.
    pub fn smooth(&self, u: &[f64], values: &mut [f64], log_slopes: &mut [f64]) {
        for end in &self.ends {
            for (i, u) in u.iter().enumerate().filter(|(_, u)| end.side * (**u - end.at) > 0.0) {
                (values[i], log_slopes[i]) = (end.seen.line(*u), end.seen.log_slope);
            }
        }
    }

    /// What the means may be off by: where p falls, the integral of p times what has no mean over a period is no more than a
    /// period of it at the beginning; the drift counts with all the mass, and in the moments with its distance.
    pub fn error(&self, reference: f64) -> [f64; 3] {
        let mut error = [0.0; 3];
        for end in &self.ends {
            let Far { beyond, edge, .. } = *end;
            let ([wobble, spread], [value_drift, log_drift]) = (end.seen.spread, end.drift);
            let far = (end.seen.line(end.at) - reference).abs();
            let moved = value_drift * end.at.abs();
            error[0] += edge * spread + beyond * log_drift;
            error[1] += edge * wobble + beyond * moved;
            error[2] += 2.0 * far * (edge * wobble + beyond * moved) + beyond * wobble * wobble;
        }
        error
    }
}

/// The shortest period of the sines in an expression, all of linear arguments; none where there are none, or others.
fn period(e: &Expr) -> Option<f64> {
    let (mut fastest, mut others) = (0.0f64, false);
    e.visit(&mut |part| {
        if let Node::Call(Op::Sin | Op::Cos | Op::Tan, args) = part.node()
            && args[0].has_x()
        {
            match linear(&args[0]) {
                Some([a, _]) => fastest = fastest.max(a.abs()),
                None => others = true,
            }
        }
    });
    (fastest > 0.0 && !others).then(|| TAU / fastest)
}
