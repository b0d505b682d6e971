//! Which of the integrals exist: how their integrands fall towards infinite ends.

use super::branches::{Branch, Branches};
use super::far;
use crate::input::Input;

/// What an integrand does at ends where it is not integrable.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tails {
    pub up: bool,
    pub down: bool,
}

impl Tails {
    /// The integral in words where it does not exist.
    pub fn outcome(self, what: &str) -> Option<String> {
        match (self.up, self.down) {
            (false, false) => None,
            (true, false) => Some(format!("{what} is +infinity")),
            (false, true) => Some(format!("{what} is -infinity")),
            (true, true) => Some(format!("{what} is undefined: it is infinite with both signs")),
        }
    }
}

/// At which ends the integrands of the entropy and of the two moments are not integrable: infinite ones towards which they
/// fall no faster than 1/u, and poles of f to which they rise as fast.
pub(super) fn tails(branches: &Branches, input: &Input) -> [Tails; 3] {
    let mut tails = [Tails::default(); 3];
    for b in &branches.smooth {
        for (end, other, value) in [(b.from, b.to, b.at_from), (b.to, b.from, b.at_to)] {
            let inward = if other > end { branches.scale } else { -branches.scale };
            let falls = match (end.is_infinite(), value.is_infinite()) {
                (true, _) => falls(b, input, if other.is_finite() { other } else { 0.0 }, -inward, true),
                (false, true) => falls(b, input, end, inward, false),
                (false, false) => continue,
            };
            for (fall, tails) in falls.iter().zip(&mut tails) {
                let diverges = match end.is_infinite() {
                    true => fall.exponent > -1.0 - fall.margin,
                    false => fall.exponent < -1.0 + fall.margin,
                } && !fall.is_integrable(end.is_infinite());
                // One that falls ever faster is integrable, if not in doubles.
                let fades = fall.exponent < fall.before - fall.margin;
                if diverges && fall.exponent.is_finite() && !(fades && end.is_infinite()) {
                    if fall.sign > 0.0 { tails.up = true } else { tails.down = true }
                }
            }
        }
    }
    tails
}

/// The distances at which integrands are looked at, relative to the scale: a density like x^-0.99 e^-x falls as a power over
/// hundreds of decades before it falls faster, that of a wide lognormal falls ever faster as slowly. Most are known to have
/// fallen after the first.
const NEAR: [f64; 6] = [1e1, 1e2, 4e2, 3e3, 3e4, 1e6];
const SPARSE: [f64; 4] = [1e9, 1e16, 1e50, 1e200];
const FAR: [f64; 24] = [
    3e6, 1e7, 3e7, 1e8, 3e8, 1e9, 1e10, 1e11, 1e12, 1e14, 1e17, 1e21, 1e27, 1e35, 1e46, 1e60, 1e80, 1e100, 1e120,
    1e145, 1e170, 1e200, 1e230, 1e260,
];

/// The logarithm of the least normal number, and some.
const LEAST: f64 = -690.0;

/// How the integrands, and last the density, fall with the distance from a point, `outward` or towards it.
fn falls(b: &Branch, input: &Input, start: f64, scale: f64, outward: bool) -> [Fall; 4] {
    let mut falls =
        [Fall { last: None, exponent: f64::NAN, before: f64::NAN, margin: f64::NAN, sign: 1.0, logs: [f64::NAN; 2] };
            4];
    // What falls as a power with room to spare most likely goes on like that: fewer points show whether it does.
    let settled = |f: &Fall| f.exponent < -1.5 && (f.exponent - f.before).abs() < 0.1;
    if follow(&mut falls, NEAR, b, input, start, scale, outward) {
        match outward && falls[..3].iter().all(settled) {
            true => follow(&mut falls, SPARSE, b, input, start, scale, outward),
            false => follow(&mut falls, FAR, b, input, start, scale, outward),
        };
    }
    falls
}

/// Follows the integrands over some distances; whether they are to be followed further.
fn follow<const N: usize>(
    falls: &mut [Fall; 4],
    distances: [f64; N],
    b: &Branch,
    input: &Input,
    start: f64,
    scale: f64,
    outward: bool,
) -> bool {
    let offsets = distances.map(|d| if outward { scale * d } else { scale / d });
    let points = offsets.map(|d| start + d);
    let [mut log_ps, mut values, mut slopes, mut log_slopes] = [[0.0; N]; 4];
    input.log_pdfs(&points, &mut log_ps);
    let matters = log_ps.map(|log_p| if log_p < -1e5 { 0.0 } else { 1.0 });
    b.values_and_log_slopes(&points, &matters, &mut values, &mut slopes, &mut log_slopes);
    for (j, u) in points.into_iter().enumerate() {
        let (log_p, value, log_slope) = (log_ps[j], values[j], log_slopes[j]);
        // Closer to a pole than this, doubles do not tell how far it is.
        let blurred = !outward && offsets[j].abs() < 1e4 * f64::EPSILON * start.abs();
        // The density as it is written may leave the range of a double where it goes on as a power.
        let lost = log_p == f64::NEG_INFINITY && falls[3].continued(offsets[j].abs().ln()) < LEAST;
        if outward && log_p < -1e5 && !lost && value.is_finite() {
            // Faster than any power, if between two of the points only.
            falls.iter_mut().for_each(|fall| fall.exponent = f64::NEG_INFINITY);
        }
        if log_p < -1e5 || u == start || blurred || u.is_infinite() {
            return false;
        }
        let information = log_slope - log_p;
        let (sign, log) = if value.is_infinite() { far::log_value(b.form(), u) } else { (value, value.abs().ln()) };
        let logs = [(information, information.abs().ln()), (sign, log), (1.0, 2.0 * log), (1.0, 0.0)];
        for (fall, (sign, log)) in falls.iter_mut().zip(logs) {
            fall.see(offsets[j].abs().ln(), sign, log_p + log);
            // A factor log^a changes the exponent of a power by a/log.
            fall.margin = 1.5 / distances[j].ln();
        }
    }
    true
}

/// The power of the distance with which an integrand falls, from points ever farther out.
#[derive(Debug, Clone, Copy)]
struct Fall {
    last: Option<(f64, f64)>,
    exponent: f64,
    /// The exponent from the points before.
    before: f64,
    /// How far the exponent may be off.
    margin: f64,
    sign: f64,
    /// The change of log|log distance| over that of the logarithm, at the last two points and those before.
    logs: [f64; 2],
}

impl Fall {
    /// Whether what looks like 1/u is a little steeper: of d^e (log d)^a, which both exponents are taken for, the first counts.
    fn is_integrable(&self, outward: bool) -> bool {
        let a = (self.exponent - self.before) / (self.logs[0] - self.logs[1]);
        let e = self.exponent - a * self.logs[0];
        let beyond = if outward { -1.0 - e } else { e + 1.0 };
        (self.exponent + 1.0).abs() < self.margin && a.is_finite() && beyond > 1e-6 && a.abs() < 4.0
    }

    /// The logarithm at a distance to which the last power goes on; NaN before there is one.
    fn continued(&self, log_distance: f64) -> f64 {
        self.last.map_or(f64::NAN, |(d, l)| l + self.exponent * (log_distance - d))
    }

    fn see(&mut self, log_distance: f64, sign: f64, log: f64) {
        if !log.is_finite() {
            return;
        }
        if let Some((d, l)) = self.last {
            self.before = self.exponent;
            self.exponent = (log - l) / (log_distance - d);
            self.logs = [(log_distance / d).abs().ln() / (log_distance - d), self.logs[0]];
        }
        (self.last, self.sign) = (Some((log_distance, log)), sign);
    }
}
