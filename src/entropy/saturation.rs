//! Points of equal value where f saturates: both ends of tanh(x)^2 run to 1, and from 20 on doubles do not tell its values
//! from 1. How far they are from it is the integral of the slope from there on, whose logarithm is known.

use super::branches::Branch;
use super::stretch::same;

/// A way for a branch to run to infinity along a level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Saturation {
    /// The value that f runs to.
    level: f64,
    /// The sign of f - level.
    side: f64,
    /// What the values of f are made of, and rounded to: the level, or the height of the branch above a level of 0.
    size: f64,
    /// The direction on the line, 1 or -1.
    outward: f64,
}

/// The share of the level below which the rest f - level has lost a third of its digits.
const CLOSE: f64 = 1e-5;
/// Change of log|f'| over one's own distance from 0 from which on f runs to its level exponentially. What does so as a power is
/// still told apart where it is close.
const STEEP: f64 = 12.0;

/// Gauss-Laguerre nodes and weights: INT_0^inf e^-s g(s) ds, exact for polynomials g of degree 23; by mpmath.
const LAGUERRE: [(f64, f64); 12] = [
    (0.11572211735802068, 0.2647313710554432),
    (0.6117574845151307, 0.37775927587313796),
    (1.5126102697764188, 0.24408201131987756),
    (2.8337513377435073, 0.09044922221168093),
    (4.5992276394183484, 0.020102381154634096),
    (6.844525453115177, 0.002663973541865316),
    (9.621316842456867, 0.00020323159266299939),
    (13.006054993306348, 8.3650558567982e-6),
    (17.116855187462257, 1.6684938765409103e-7),
    (22.151090379397004, 1.342391030515004e-9),
    (28.487967250984, 3.0616016350350207e-12),
    (37.09912104446692, 8.148077467426241e-16),
];

impl Saturation {
    /// The ends of a branch at which f runs to a level.
    fn ends(branch: &Branch) -> impl Iterator<Item = Saturation> {
        let Branch { from, to, at_from, at_to, .. } = *branch;
        let ends = [(from, at_from, at_to, -1.0), (to, at_to, at_from, 1.0)];
        let far = ends.into_iter().filter(|(end, level, ..)| end.is_infinite() && level.is_finite());
        far.map(|(_, level, inner, outward)| {
            let size = if level == 0.0 { inner.abs().min(1.0) } else { level.abs() };
            Saturation { level, side: (inner - level).signum(), size, outward }
        })
    }

    /// The ends at which two branches run to one level from one side.
    pub fn common(own: &Branch, other: &Branch) -> Option<[Saturation; 2]> {
        let one = |a: &Saturation, b: &Saturation| a.side == b.side && same(a.level, b.level);
        Saturation::ends(own).find_map(|a| Saturation::ends(other).find(|b| one(&a, b)).map(|b| [a, b]))
    }

    /// Whether the value at a point of a branch is so close to the level that it does not tell points apart. Small values do
    /// where the level is 0, unless they are what is left of greater ones.
    pub fn swallows(&self, branch: &Branch, u: f64, value: f64) -> bool {
        let close = (value - self.level).abs() < CLOSE * self.size;
        let exact = |rest: f64| (rest - value.abs().ln()).abs() < 1e-9;
        close && !(self.level == 0.0 && self.log_rest(branch, u).is_none_or(|(rest, _)| exact(rest)))
    }

    /// log|f(u) - level| and its slope; none where f does not run there exponentially.
    fn log_rest(&self, branch: &Branch, u: f64) -> Option<(f64, f64)> {
        let log_slope = |u: f64| branch.value_and_log_slope(u).1;
        let (here, h) = (log_slope(u), 1e-3 * u.abs().max(1.0));
        let steepness = (here - log_slope(u + self.outward * h)) / h;
        if !(steepness * u.abs() > STEEP) {
            return None;
        }
        let share = |s: f64| (log_slope(u + self.outward * s / steepness) - here + s).exp();
        let sum: f64 = LAGUERRE.iter().map(|(s, w)| w * share(*s)).sum();
        let rest = here + (sum / steepness).ln();
        rest.is_finite().then(|| (rest, -self.outward * (here - rest).exp()))
    }

    /// The point of a branch at which f is as far from the level as another branch is from its own at u; none where either
    /// does not run there exponentially.
    pub fn partner(&self, branch: &Branch, other: (Saturation, &Branch), u: f64) -> Option<f64> {
        let (target, _) = other.0.log_rest(other.1, u)?;
        let mut v = branch.inverse(self.level + self.side * CLOSE * self.size)?;
        for _ in 0..100 {
            let (rest, slope) = self.log_rest(branch, v)?;
            let step = (target - rest) / slope;
            v += step;
            if step.abs() <= 1e-12 * v.abs() {
                return Some(v);
            }
        }
        None
    }
}
