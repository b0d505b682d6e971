//! How far out dH matters, and whether its tails leave it bounded.

use super::kernel::Node;
use crate::entropy::{Differential, Strip};

/// A power of |u| with which p/|f'| may grow towards infinity: beyond 1/2 its derivative is not square integrable.
const STEEPEST: f64 = 0.45;
/// The density of dH relative to its greatest value below which it no longer matters.
const NEGLIGIBLE: f64 = 1e-11;
/// Steps outward, each longer by a factor.
const STEPS: i32 = 180;
const FACTOR: f64 = 1.1;

/// The interval on which dH is integrated, and what the rest of the line adds: there p/f' no longer changes, so that the
/// integral of b g' is b times what is left of g.
pub(super) fn range(d: &Differential, length: f64) -> Result<([f64; 2], Vec<Node>), String> {
    let (Some(first), Some(last)) = (d.strips().first(), d.strips().last()) else {
        return Err("the activation is constant wherever the input has mass".to_owned());
    };
    let mut ends = Vec::new();
    let mut end = |strip: &Strip, at: f64, side: f64| -> Result<f64, String> {
        if at.is_finite() {
            return Ok(at);
        }
        bounded(d, strip, side)?;
        let at = far(d, strip, side, length);
        let rest = d.coefficients(strip, at).1;
        ends.push(Node { u: at, a: -side * rest, b: 0.0 });
        Ok(at)
    };
    let range = [end(first, first.from, -1.0)?, end(last, last.to, 1.0)?];
    Ok((range, ends))
}

/// Whether p/|f'| grows slowly enough towards an infinite end.
fn bounded(d: &Differential, strip: &Strip, side: f64) -> Result<(), String> {
    let mut last: Option<(f64, f64)> = None;
    let mut power = f64::NEG_INFINITY;
    for k in 2..40 {
        let distance = d.scale() * 2f64.powi(k);
        let u = d.centre() + side * distance;
        let log = d.log_flux(strip, u);
        if !(strip.from < u && u < strip.to) || log.is_nan() {
            continue;
        }
        if !(log.abs() < 1e4) {
            break;
        }
        if let Some((distance_before, before)) = last {
            power = (log - before) / (distance / distance_before).ln();
        }
        last = Some((distance, log));
    }
    if power <= STEEPEST {
        return Ok(());
    }
    let (end, how) = (
        if side > 0.0 { "inf" } else { "-inf" },
        if power > 20.0 { "exponentially".to_owned() } else { format!("like |x|^{power:.2}") },
    );
    Err(format!(
        "towards x = {end} p/|f'| grows {how}: dH[g] is not bounded by any Sobolev norm of g, and the entropy falls without \
         bound along small directions"
    ))
}

/// The point beyond which dH is negligible, or numbers leave the range of doubles.
fn far(d: &Differential, strip: &Strip, side: f64, length: f64) -> f64 {
    let folds = d.folds();
    let step = 0.25 * d.scale();
    let (mut reference, mut seen) = (0.0f64, Vec::new());
    for k in 0..STEPS {
        let distance = step * (FACTOR.powi(k) - 1.0) / (FACTOR - 1.0);
        let u = d.centre() + side * distance;
        if !(strip.from < u && u < strip.to) {
            continue;
        }
        if !d.is_representable(strip, u) {
            break;
        }
        let density = d.density_of(strip, u).abs();
        if folds.iter().all(|f| (f - u).abs() > 0.3 * d.scale()) {
            reference = reference.max(density);
        }
        seen.push((u, density));
    }
    let matters = seen.iter().rposition(|(_, density)| *density > NEGLIGIBLE * reference);
    let after = matters.map_or(0, |i| i + 1);
    let inner = if side > 0.0 { strip.from } else { strip.to };
    let start = if inner.is_finite() { inner } else { d.centre() };
    seen.get(after).or(seen.last()).map_or(start + side * length, |(u, _)| *u)
}
