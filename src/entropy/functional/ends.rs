//! Close to the ends of the support, where a density may be singular and doubles do not tell how far a point is from there.

use super::super::branches::Branch;
use super::super::stretch::{Stretch, same};
use super::Functional;
use crate::numeric::Point;

impl Functional {
    /// What the integrals miss because doubles do not tell how far a point is from an end of the support other than 0: the
    /// mass there times the change of the integrands, which are powers or logarithms of the distance.
    pub(super) fn blur(&self, stretch: &Stretch, reference: f64) -> [f64; 3] {
        let (low, high) = self.input.support();
        let branch = &self.branches.smooth[stretch.branch];
        let mut blur = [0.0; 3];
        for (end, is_end, upper) in [(low, stretch.from == low, false), (high, stretch.to == high, true)] {
            let told = self.input.anchors().contains(&end) && branch.tells_slopes_beside(end);
            if !is_end || end == 0.0 || end.is_infinite() || told {
                continue;
            }
            let distance = 16.0 * f64::EPSILON * end.abs();
            let at = |d: f64| {
                let offset = if upper { -d } else { d };
                let (value, log_slope) = branch.value_and_log_slope(end + offset);
                let log_p = self.input.log_pdf_beside(end, offset);
                ([log_slope, value - reference, (value - reference).powi(2)], log_p)
            };
            let ((near, near_log), (far, far_log)) = (at(distance), at(8.0 * distance));
            // P(|U - end| < d) = p d/b, p falling as d^(b - 1).
            let b = (1.0 + (far_log - near_log) / 8f64.ln()).clamp(1e-3, 10.0);
            let mass = near_log.exp() * distance / b;
            // Of a singular density that does not know distances from there, that mass itself is lost.
            let lost = if b < 0.9 && !self.input.anchors().contains(&end) { mass } else { 0.0 };
            for (i, (near, far)) in near.into_iter().zip(far).enumerate() {
                let whole = if i == 0 { near.abs() + near_log.abs() } else { near.abs() };
                let change = mass * (1.0 + 1.0 / b) * 4.0 * (near - far).abs() + lost * whole;
                blur[i] += if change.is_finite() { change } else { 0.0 };
            }
        }
        blur
    }

    /// log(p/|f'|) on another branch for a point close to an end of its own, where the other branch has an end of the same
    /// value: what matters are the distances from the two, which neither the points nor their values tell.
    pub(super) fn beside(&self, own: &Branch, other: &Branch, at: Point) -> Option<f64> {
        if self.input.anchors().is_empty() {
            return None;
        }
        let (height, rise) = self.rise_from_end(own, at)?;
        let partner = |(end, turn, side): (f64, Option<usize>, f64)| {
            if let Some(turn) = turn.map(|i| &self.branches.turns[i]) {
                let level = !turn.touches && same(turn.height(), height);
                let (v, slope) = if level { turn.displacement(rise, side)? } else { return None };
                return Some(self.input.log_pdf_beside(turn.at, v) - slope.abs().ln());
            }
            let series = if self.is_anchor(end) { other.series(end) } else { return None };
            if !same(series[0], height) {
                return None;
            }
            let mut v = rise / series[1];
            for _ in 0..5 {
                let (reached, slope) = rise_and_slope(&series, v);
                v -= (reached - rise) / slope;
            }
            let slope = rise_and_slope(&series, v).1;
            (v.is_finite() && slope != 0.0).then(|| self.input.log_pdf_beside(end, v) - slope.abs().ln())
        };
        [(other.from, other.turns[0], 1.0), (other.to, other.turns[1], -1.0)].into_iter().find_map(partner)
    }

    /// The value of f at an end of a branch, and how much f at a point close to it differs from that.
    fn rise_from_end(&self, own: &Branch, at: Point) -> Option<(f64, f64)> {
        let near = at.offset.abs() < 1e-3 * self.branches.scale;
        let counted = |end: &f64| near && self.is_anchor(*end) && at.is_counted_from(*end);
        if let Some(end) = [own.from, own.to].into_iter().find(counted) {
            let series = own.series(end);
            return Some((series[0], rise_and_slope(&series, at.offset).0));
        }
        let turn = own.turns_near(&self.branches.turns, at.u).find(|turn| !turn.touches)?;
        Some((turn.height(), turn.value_and_slope(at.u - turn.at).0))
    }

    /// Whether distances from a point are known that are lost when added to it.
    fn is_anchor(&self, end: f64) -> bool {
        end == 0.0 || self.input.anchors().contains(&end)
    }
}

/// f(at + d) - f(at) and f'(at + d) from the Taylor coefficients at a point.
fn rise_and_slope(series: &[f64], d: f64) -> (f64, f64) {
    let (mut rise, mut slope) = (0.0, 0.0);
    for (k, c) in series.iter().enumerate().skip(1).rev() {
        rise = (rise + c) * d;
        slope = slope * d + c * k as f64;
    }
    (rise, slope)
}
