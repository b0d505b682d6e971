//! Which of the integrals exist: how their integrands fall towards infinite ends.

use super::branches::{Branch, Branches};
use super::far;
use crate::input::Input;
use std::f64::consts::LN_10;

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
                (true, _) => falls(b, input, if other.is_finite() { other } else { 0.0 }, -inward, 0.5),
                (false, true) => falls(b, input, end, inward, -0.5),
                (false, false) => continue,
            };
            let least = if end.is_infinite() { -1.05 } else { -0.95 };
            for (fall, tails) in falls.iter().zip(&mut tails) {
                let diverges = if end.is_infinite() { fall.exponent > least } else { fall.exponent < least };
                if diverges && fall.exponent.is_finite() {
                    if fall.sign > 0.0 { tails.up = true } else { tails.down = true }
                }
            }
        }
    }
    tails
}

/// How the integrands fall with the distance from a point, at distances `scale` times ever higher powers of 10, `step` apart.
fn falls(b: &Branch, input: &Input, start: f64, scale: f64, step: f64) -> [Fall; 3] {
    let mut falls = [Fall { last: None, exponent: f64::NAN, sign: 1.0 }; 3];
    let distances: [f64; 23] = std::array::from_fn(|j| scale * (LN_10 * step * (j + 2) as f64).exp());
    let points = distances.map(|d| start + d);
    let [mut log_ps, mut values, mut log_slopes] = [[0.0; 23]; 3];
    input.log_pdfs(&points, &mut log_ps);
    let matters = log_ps.map(|log_p| if log_p < -1e5 { 0.0 } else { 1.0 });
    b.values_and_log_slopes(&points, &matters, &mut values, &mut log_slopes);
    for (j, u) in points.into_iter().enumerate() {
        let (distance, log_p, value, log_slope) = (distances[j], log_ps[j], values[j], log_slopes[j]);
        if log_p < -1e5 || u == start {
            break;
        }
        let information = log_slope - log_p;
        let (sign, log) = if value.is_infinite() { far::log_value(b.form(), u) } else { (value, value.abs().ln()) };
        let logs = [(information, information.abs().ln()), (sign, log), (1.0, 2.0 * log)];
        for (fall, (sign, log)) in falls.iter_mut().zip(logs) {
            fall.see(distance.abs().ln(), sign, log_p + log);
        }
    }
    falls
}

/// The power of the distance with which an integrand falls, from points ever farther out.
#[derive(Debug, Clone, Copy)]
struct Fall {
    last: Option<(f64, f64)>,
    exponent: f64,
    sign: f64,
}

impl Fall {
    fn see(&mut self, log_distance: f64, sign: f64, log: f64) {
        if !log.is_finite() {
            return;
        }
        if let Some((d, l)) = self.last {
            self.exponent = (log - l) / (log_distance - d);
        }
        (self.last, self.sign) = (Some((log_distance, log)), sign);
    }
}
