//! The forward side: moments of g'/f'.

use super::line::{Line, Stretch};
use super::{Coefficient, Route, Side};
use crate::error::{Error, Result};
use crate::numeric::Estimate;

/// The functional as a function of the step.
pub(super) struct Moments<'a> {
    pub line: &'a Line<'a>,
}

impl Route for Moments<'_> {
    /// (-1)^(k+1)/k E[(g'/f')^k]
    fn coefficient(&self, k: usize) -> Result<Coefficient> {
        let what = if k == 1 { "E[g'/f']".to_owned() } else { format!("E[(g'/f')^{k}]") };
        let ratio = |s: &Stretch, u: f64| s.ratio(u, Side::Forward);
        let grown = |s: &Stretch, u: f64| {
            let r = ratio(s, u);
            (self.line.input.log_pdf(u) + k as f64 * r.abs().ln(), power_sign(r, k))
        };
        if let Some(outcome) = self.line.divergence(&what, grown) {
            return Ok(Coefficient::none(outcome));
        }
        match self.line.integrate(|s, u, log_p| weighted_power(log_p, ratio(s, u), k)) {
            Ok(m) => {
                let factor = if k.is_multiple_of(2) { -1.0 } else { 1.0 } / k as f64;
                let value = Estimate { value: factor * m.value, error: factor.abs() * m.error, ..m };
                Ok(Coefficient::of_integral(value, &what))
            }
            Err(Error::NotFinite { at, .. }) => Ok(Coefficient::none(format!(
                "no finite value of {what} was found: its integral does not settle near x = {at}"
            ))),
            Err(other) => Err(other),
        }
    }

    /// E log(1 + e g'/f')
    fn change(&self, e: f64) -> Option<Estimate> {
        let logarithm = |s: &Stretch, u: f64, log_p: f64| match log_p.exp() {
            0.0 => 0.0,
            p => p * (e * s.ratio(u, Side::Forward)).ln_1p(),
        };
        self.line.integrate(logarithm).ok()
    }
}

fn power_sign(r: f64, k: usize) -> f64 {
    if k.is_multiple_of(2) { 1.0 } else { r.signum() }
}

/// p r^k, where either factor may lie beyond the range of doubles.
fn weighted_power(log_p: f64, r: f64, k: usize) -> f64 {
    if log_p.exp() == 0.0 || r == 0.0 {
        return 0.0;
    }
    let plain = log_p.exp() * r.powi(k as i32);
    if plain.is_finite() && plain != 0.0 {
        return plain;
    }
    power_sign(r, k) * (log_p + k as f64 * r.abs().ln()).exp()
}
