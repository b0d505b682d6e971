//! The forward side: moments of g'/f'.

use super::line::{Line, Stretch};
use super::{Agreement, Coefficient, Expansion, Remainder, Side};
use crate::entropy::functional::{Entropy, Kind, entropy};
use crate::error::Error;
use crate::error::Result;
use crate::expr::Expr;
use crate::numeric::Estimate;

/// The coefficients, the radius and the range of monotone steps.
pub(super) fn series(line: &Line, start: &Entropy, order: usize) -> Result<Expansion> {
    let extremes = line.extremes();
    let (steepest, radius_at) = extremes.steepest();
    let mut expansion = Expansion {
        coefficients: vec![level(start)],
        radius: if steepest > 0.0 { 1.0 / steepest } else { f64::INFINITY },
        radius_at,
        monotone: extremes.allowed(),
        mass: 1.0 - start.atoms.iter().map(|a| a.mass).sum::<f64>(),
        remainder: vec![],
        agreements: vec![],
        notes: vec![],
    };
    for (at, step, room) in line.jumps() {
        expansion.notes.push(format!("the direction jumps at x = {at}: f + e g is monotone for one sign of e only"));
        let (low, high) = &mut expansion.monotone;
        if step > 0.0 { *low = low.max(-room / step + 0.0) } else { *high = high.min(-room / step + 0.0) }
    }
    let refusal = refusal(line, start);
    for k in 1..=order {
        let coefficient = match &refusal {
            Some(why) => Coefficient { value: None, closed_form: None, outcome: Some(why.clone()) },
            None => coefficient(line, k)?,
        };
        expansion.coefficients.push(coefficient);
    }
    if start.kind == Kind::Mixed {
        let mass = expansion.mass;
        expansion.notes.push(format!(
            "f is constant with probability {}; the series and the functional are those of the rest of the line, of \
             probability {mass}, before the atoms dissolve",
            1.0 - mass
        ));
    }
    Ok(expansion)
}

/// H as the coefficient of e^0.
pub(super) fn level(start: &Entropy) -> Coefficient {
    let known = start.entropy.error.is_finite() && start.kind != Kind::Discrete;
    let outcome = match start.kind {
        Kind::Discrete => Some("f is constant wherever the input has mass: its output has no density".to_owned()),
        Kind::Continuous | Kind::Mixed => start.outcome.clone(),
    };
    Coefficient { value: known.then_some(start.entropy), closed_form: None, outcome: outcome.filter(|_| !known) }
}

/// Why the series is not that of the functional.
pub(super) fn refusal(line: &Line, start: &Entropy) -> Option<String> {
    if start.kind == Kind::Discrete {
        return Some("f is constant wherever the input has mass".to_owned());
    }
    line.turn().map(|at| {
        format!(
            "f takes values more than once (from x = {at} on), so that H is not H[p] + E log|f'| and has no series in the \
             moments of g'/f'"
        )
    })
}

/// (-1)^(k+1)/k E[(g'/f')^k]
fn coefficient(line: &Line, k: usize) -> Result<Coefficient> {
    let none = |outcome: String| Coefficient { value: None, closed_form: None, outcome: Some(outcome) };
    let what = if k == 1 { "E[g'/f']".to_owned() } else { format!("E[(g'/f')^{k}]") };
    let sign_of = |r: f64| if k.is_multiple_of(2) { 1.0 } else { r.signum() };
    let grown = |s: &Stretch, u: f64| {
        let r = s.ratio(u, Side::Forward);
        (line.input.log_pdf(u) + k as f64 * r.abs().ln(), sign_of(r))
    };
    if let Some(outcome) = line.divergence(&what, grown) {
        return Ok(none(outcome));
    }
    let moment = line.integrate(|s, u, log_p| weighted_power(log_p, s.ratio(u, Side::Forward), k));
    let factor = if k.is_multiple_of(2) { -1.0 } else { 1.0 } / k as f64;
    match moment {
        Ok(m) => {
            let value = Estimate { value: factor * m.value, error: factor.abs() * m.error, ..m };
            Ok(Coefficient { value: Some(value), closed_form: None, outcome: None })
        }
        Err(Error::NotFinite { at, .. }) => {
            Ok(none(format!("{what} is not finite: its integral does not converge at x = {at}")))
        }
        Err(other) => Err(other),
    }
}

/// p r^k, where either factor may lie beyond the range of doubles.
fn weighted_power(log_p: f64, r: f64, k: usize) -> f64 {
    let plain = log_p.exp() * r.powi(k as i32);
    if r == 0.0 || plain.is_finite() && plain != 0.0 {
        return plain;
    }
    let sign = if k.is_multiple_of(2) { 1.0 } else { r.signum() };
    sign * (log_p + k as f64 * r.abs().ln()).exp()
}

/// The functional itself beside the series.
pub(super) fn remainder(expansion: &mut Expansion, line: &Line, f: &Expr, g: &Expr, steps: &[f64]) {
    let order = expansion.reach();
    let mut worst: Option<f64> = None;
    for &e in steps {
        let Some(series) = expansion.series(e, order) else { return };
        let outcome = said(expansion, e);
        let monotone = expansion.monotone.0 <= e && e <= expansion.monotone.1;
        let ratio = if monotone && order > 0 { by_ratio(expansion, line, e) } else { None };
        let whole = if expansion.mass == 1.0 { whole(f, g, line, e) } else { None };
        if let (Some(a), Some(b)) = (ratio, whole) {
            let off = (a.value - b.value).abs() / (1.0 + a.value.abs());
            worst = Some(worst.map_or(off, |w| w.max(off)));
        }
        expansion.remainder.push(Remainder { e, exact: ratio.or(whole), series, outcome });
    }
    if let Some(number) = worst {
        expansion.agreements.push(Agreement {
            what: "H[f + e g] of the remainder table",
            how: "H[f] + E log|1 + e g'/f'| against the entropy of the density of f + e g",
            number,
            tolerance: 1e-10,
        });
    }
}

/// What a step outside the radius or the monotone range means.
fn said(expansion: &Expansion, e: f64) -> Option<String> {
    let (low, high) = expansion.monotone;
    match () {
        () if e < low || e > high => Some("f + e g is not monotone".to_owned()),
        () if e.abs() > expansion.radius => Some("beyond the radius of convergence".to_owned()),
        () => None,
    }
}

/// H[f] + E log(1 + e g'/f'), which keeps the digits of the difference.
fn by_ratio(expansion: &Expansion, line: &Line, e: f64) -> Option<Estimate> {
    let level = expansion.coefficients.first()?.value?;
    let change = line.integrate(|s, u, log_p| log_p.exp() * (e * s.ratio(u, Side::Forward)).ln_1p()).ok()?;
    Some(level + change)
}

/// The entropy of f + e g by the general route, which needs no monotony.
fn whole(f: &Expr, g: &Expr, line: &Line, e: f64) -> Option<Estimate> {
    let changed = f.clone() + Expr::float(e) * g.clone();
    entropy(&changed, line.input).ok().map(|found| found.entropy).filter(|h| h.error.is_finite())
}
