//! The Taylor series of the entropy along a direction (math.md section 3), H in nats.
//!
//! **Forward side.** For an f that takes no value twice, H\[f\] = H\[p\] + E log|f'(U)|, so that
//!
//! H\[f + e g\] = H\[f\] + E log|1 + e g'/f'| = H\[f\] + SUM_{k>=1} (-1)^(k+1) e^k/k E\[(g'/f')^k\],
//!
//! which converges for |e| < 1/sup|g'/f'|. Where f is constant its output has atoms, which any e dissolves; the series is
//! that of the part of the line on which it is not constant.
//!
//! Where f takes values more than once there is no such series, but a first order: the first variation of
//! [`super::Differential`], along a direction that is smooth at the turns of f.
//!
//! **Inverse side.** H\[y\] = INT G(y, y') dx with G = -p(y) y' log(p(y) y') and y the inverse of f. With x = f(u) and
//! w(u) = eta(f(u)), so that y = u, y' = 1/f', eta' = w'/f' and dx = f' du, no inverse is needed:
//!
//! H\[y + e eta\] = -INT A log(A/|f'|) du, A = p(u + e w(u)) (1 + e w'(u)),
//!
//! and the coefficient of e^n is the integral of the n-th Taylor coefficient of the integrand, which truncated series
//! give at every u to any order ([`series`]). To first order y + e eta is the inverse of f - e f' w, and integration by parts
//! turns E\[g'/f'\] for g = -f' w into the inverse side's coefficient, up to the terms -\[p w log(p/|f'|)\] at kinks of f
//! and at finite ends of the support. The paper's direction eta = -(p'(y) y' + p(y) y''/y') pulls back to w = -d/du \[p/f'\].
//!
//! **Free p and y.** The same truncated series over polynomials in p, p', ..., y', eta, eta' give the integrand of the n-th
//! variation for every p and y ([`variations`]).

mod closed;
mod exact;
mod forward;
mod integrand;
mod inverse;
mod line;
mod moments;
mod series;

pub use integrand::{Variation, variations};

use super::Differential;
use super::functional::{Entropy, Kind, entropy};
use crate::error::{Error, Result};
use crate::expr::{Expr, Tape};
use crate::input::Input;
use crate::numeric::{Estimate, slope_at_zero};
use forward::Moments;
use inverse::Variations;
use line::Line;

/// The function that is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The activation: f + e g.
    Forward,
    /// Its inverse: y + e eta.
    Inverse,
}

impl Side {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Side::Forward => "forward",
            Side::Inverse => "inverse",
        }
    }
}

/// A direction in which the functional is expanded.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    /// What is changed.
    pub side: Side,
    /// g(u) on the forward side, eta(f(u)) on the inverse side.
    pub form: Expr,
    /// A point where it is known to have a pole.
    pub pole: Option<f64>,
}

impl Direction {
    /// f + e g.
    pub fn forward(g: Expr) -> Direction {
        Direction { side: Side::Forward, form: g, pole: None }
    }

    /// y + e eta, y the inverse of f and eta a function of the value of f.
    pub fn inverse(eta: &Expr, f: &Expr) -> Direction {
        Direction { side: Side::Inverse, form: eta.at(f), pole: None }
    }

    /// y + e eta, with eta(f(u)) given as a function of u.
    pub fn pulled_back(form: Expr) -> Direction {
        Direction { side: Side::Inverse, form, pole: None }
    }
}

/// The coefficient of one power of e.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficient {
    /// Its value in nats; none where it does not exist.
    pub value: Option<Estimate>,
    /// The same in closed form, where one was found and agrees with the value to 1e-10.
    pub closed_form: Option<Expr>,
    /// Why there is no value.
    pub outcome: Option<String>,
}

impl Coefficient {
    fn of(value: Estimate) -> Coefficient {
        Coefficient { value: Some(value), closed_form: None, outcome: None }
    }

    /// What an integral gives; no value where its parts cancel to less than its error.
    fn of_integral(value: Estimate, what: &str) -> Coefficient {
        if value.error <= 0.1 * value.value.abs().max(1.0) {
            return Coefficient::of(value);
        }
        Coefficient::none(format!(
            "{what} was not found: its parts cancel to what is known to {:.0e} only",
            value.error
        ))
    }

    fn none(outcome: String) -> Coefficient {
        Coefficient { value: None, closed_form: None, outcome: Some(outcome) }
    }

    /// H as the coefficient of e^0.
    fn level(start: &Entropy) -> Coefficient {
        match start.kind {
            Kind::Discrete => Coefficient::none(CONSTANT.to_owned()),
            Kind::Continuous | Kind::Mixed if start.entropy.error.is_finite() => Coefficient::of(start.entropy),
            Kind::Continuous | Kind::Mixed => Coefficient::none(start.outcome.clone().unwrap_or_default()),
        }
    }
}

/// Why the output of a constant has no series.
const CONSTANT: &str = "f is constant wherever the input has mass: its output has no density";

/// The functional as a function of the step, on one of the sides.
trait Route {
    /// The coefficient of e^k, k >= 1.
    fn coefficient(&self, k: usize) -> Result<Coefficient>;
    /// H(e) - H(0) where the changed function is monotone; none where it is not defined or not computed.
    fn change(&self, e: f64) -> Option<Estimate>;
}

/// The series beside the functional at one e.
#[derive(Debug, Clone, PartialEq)]
pub struct Remainder {
    /// The step.
    pub e: f64,
    /// The functional; none where it is not defined or not computed.
    pub exact: Option<Estimate>,
    /// The series to its last coefficient.
    pub series: f64,
    /// What is to be known about this e.
    pub outcome: Option<String>,
}

/// An agreement between two routes.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// What is compared.
    pub what: &'static str,
    /// With what.
    pub how: &'static str,
    /// The largest deviation found, relative to 1 + |value|.
    pub number: f64,
    /// The largest that passes.
    pub tolerance: f64,
}

/// The Taylor series of the functional along a direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// The coefficient of e^k at index k, the first being H itself.
    pub coefficients: Vec<Coefficient>,
    /// 1/sup|g'/f'|, on the inverse side 1/sup|w'|.
    pub radius: f64,
    /// Where that supremum is taken or approached.
    pub radius_at: f64,
    /// The steps for which the changed function is monotone.
    pub monotone: (f64, f64),
    /// The probability of the part of the line on which f is not constant.
    pub mass: f64,
    /// The series beside the functional.
    pub remainder: Vec<Remainder>,
    /// Checks by independent routes.
    pub agreements: Vec<Agreement>,
    /// What the reader has to know.
    pub notes: Vec<String>,
}

impl Expansion {
    /// How many coefficients after the constant exist without a gap.
    pub fn reach(&self) -> usize {
        self.coefficients.iter().skip(1).take_while(|c| c.value.is_some()).count()
    }

    /// The series up to e^order, none where a coefficient is missing.
    pub fn series(&self, e: f64, order: usize) -> Option<f64> {
        let values: Option<Vec<f64>> =
            self.coefficients.iter().take(order + 1).map(|c| c.value.map(|v| v.value)).collect();
        Some(values?.iter().rev().fold(0.0, |sum, c| sum * e + c))
    }
}

/// The highest order that is expanded to.
pub const HIGHEST_ORDER: usize = 64;

/// The Taylor series of H along a direction up to e^order, and its remainder at the given steps (at a default choice where
/// there are none).
///
/// # Errors
/// [`Error::OutsideDomain`] where the input has mass and f no real value, [`Error::Unsupported`] where the direction has
/// none, [`Error::OutOfRange`] for an order beyond [`HIGHEST_ORDER`].
pub fn expand(f: &Expr, input: &Input, direction: &Direction, order: usize, steps: &[f64]) -> Result<Expansion> {
    if !(1..=HIGHEST_ORDER).contains(&order) {
        return Err(Error::OutOfRange {
            owner: "expand".into(),
            name: "order".into(),
            value: order.to_string(),
            expected: format!("it must be between 1 and {HIGHEST_ORDER}"),
        });
    }
    let start = entropy(f, input)?;
    line::check_direction(&direction.form, input)?;
    let line = Line::new(f, &direction.form, direction.side, input)?;
    let mut expansion = frame(&line, &start);
    let moments = Moments { line: &line };
    let variations = match direction.side {
        Side::Forward => None,
        Side::Inverse => Some(Variations::new(&line)?),
    };
    let route: &dyn Route = variations.as_ref().map_or(&moments, |v| v);
    let refusal = refusal(&line, &start, direction);
    let forward = direction.side == Side::Forward;
    let folded = forward && refusal.is_some() && start.kind == Kind::Continuous && direction.pole.is_none();
    let weak = if folded { first_order(f, &line, direction)? } else { None };
    for k in 1..=order {
        let coefficient = match (&refusal, weak) {
            (Some(_), Some(first)) if k == 1 => Coefficient::of(first),
            (Some(why), _) => Coefficient::none(why.clone()),
            (None, _) => route.coefficient(k)?,
        };
        expansion.coefficients.push(coefficient);
    }
    // The forms looked for are moments of g'/f'.
    if weak.is_none() {
        closed::find(&mut expansion, &line)?;
    }
    if expansion.radius == 0.0 && expansion.reach() > 0 && refusal.is_none() {
        expansion.notes.push("the radius is 0: the series is asymptotic, good for small e and few terms".to_owned());
    }
    let chosen = if steps.is_empty() { default_steps(&expansion) } else { steps.to_vec() };
    let route = Some(route).filter(|_| refusal.is_none());
    let whole = |e: f64| whole(f, &direction.form, &line, e);
    if route.is_some() || weak.is_some() {
        remainder(&mut expansion, route, forward.then_some(&whole), &chosen);
    }
    if let Some(first) = weak {
        expansion.agreements.extend(quotient(first, &whole));
    }
    if let (Some(variations), Some(first)) = (&variations, expansion.coefficients[1].value) {
        expansion.agreements.extend(variations.first_order(first));
        if !variations.entire() {
            let note = "the radius is that of log(1 + e w'); a complex singularity of the density may be nearer";
            expansion.notes.push(note.to_owned());
        }
    }
    Ok(expansion)
}

/// What is known before any coefficient but H itself.
fn frame(line: &Line, start: &Entropy) -> Expansion {
    let extremes = line.extremes();
    let (steepest, at) = extremes.steepest();
    let radius_at = if at.abs() < 1e-12 * line.scale { 0.0 } else { at };
    let (monotone, jumps) = line.monotone(&extremes);
    let mass = 1.0 - start.atoms.iter().map(|a| a.mass).sum::<f64>();
    let jump = |at: &f64| format!("the direction jumps at x = {at}: the result is monotone for one sign of e at most");
    let mut notes: Vec<String> = jumps.iter().map(jump).collect();
    if start.kind == Kind::Mixed {
        notes.push(format!(
            "f is constant with probability {}; the series and the functional are those of the rest of the line, of \
             probability {mass}, before the atoms dissolve",
            1.0 - mass
        ));
    }
    Expansion {
        coefficients: vec![Coefficient::level(start)],
        radius: if steepest > 0.0 { line::bound(steepest) } else { f64::INFINITY },
        radius_at,
        monotone,
        mass,
        remainder: vec![],
        agreements: vec![],
        notes,
    }
}

/// dH along a smooth direction at an activation that takes values more than once; none where it has no finite value.
fn first_order(f: &Expr, line: &Line, direction: &Direction) -> Result<Option<Estimate>> {
    let cuts: Vec<f64> = line.stretches.iter().map(|s| s.from.value).filter(|c| c.is_finite()).collect();
    let found = Differential::new(f, line.input)?.along(&Tape::new(&direction.form)?, &cuts);
    Ok(found.ok().filter(|slope| slope.value.is_finite()))
}

/// The first coefficient against a difference quotient of the functional, with one Richardson step.
fn quotient(first: Estimate, whole: &dyn Fn(f64) -> Option<Estimate>) -> Option<Agreement> {
    let slope = slope_at_zero(|e| whole(e).map(|h| h.value).ok_or(()), 1e-3).ok()?;
    let number = (slope - first.value).abs() / (1.0 + first.value.abs());
    let what = "the coefficient of e";
    Some(Agreement {
        what,
        how: "the first variation against a difference quotient of the entropy",
        number,
        tolerance: 1e-6,
    })
}

/// Why there is no series, or none beyond the first order.
fn refusal(line: &Line, start: &Entropy, direction: &Direction) -> Option<String> {
    if start.kind == Kind::Discrete {
        return Some(CONSTANT.to_owned());
    }
    if let Some(at) = direction.pole {
        return Some(format!(
            "the direction has a pole at x = {at}, where f' = 0: f + e g is no small change of f for any e; `derive --metric \
             sobolev` gives a bounded direction"
        ));
    }
    let at = line.turn()?;
    Some(match line.side {
        Side::Forward => format!(
            "f takes values more than once (from x = {at} on), so that H is not H[p] + E log|f'| and has no series in the \
             moments of g'/f'"
        ),
        Side::Inverse => format!("f takes values more than once (from x = {at} on), so that it has no inverse"),
    })
}

/// The functional itself beside the series; `whole` is the entropy by the general route, which needs no monotony.
fn remainder(
    expansion: &mut Expansion,
    route: Option<&dyn Route>,
    whole: Option<&dyn Fn(f64) -> Option<Estimate>>,
    steps: &[f64],
) {
    let Some(level) = expansion.coefficients[0].value else { return };
    let order = expansion.reach();
    let mut worst: Option<f64> = None;
    for &e in steps {
        let Some(series) = expansion.series(e, order) else { return };
        let (low, high) = expansion.monotone;
        let monotone = low <= e && e <= high;
        let own = route.filter(|_| monotone).and_then(|r| r.change(e)).map(|change| level + change);
        let general = whole.filter(|_| expansion.mass == 1.0).and_then(|whole| whole(e));
        let mut exact = own.or(general);
        let mut overlap = None;
        if let (Some(a), Some(b)) = (own, general) {
            let off = (a.value - b.value).abs() / (1.0 + a.value.abs());
            // Branches on both sides of a pole may come to share values; then there is more to it than E log|f'|.
            if off > 1e-6 && b.value < a.value {
                (exact, overlap) = (general, Some("values are taken more than once at this e"));
            } else {
                worst = Some(worst.map_or(off, |w| w.max(off)));
            }
        }
        let outcome = match (route, monotone) {
            (None, _) => None,
            _ if overlap.is_some() => overlap,
            (_, false) => Some("not monotone at this e"),
            _ if exact.is_none() => Some("the functional has no finite value at this e, or none was found"),
            _ if e.abs() > expansion.radius => Some("beyond the radius of convergence"),
            _ => None,
        };
        expansion.remainder.push(Remainder { e, exact, series, outcome: outcome.map(str::to_owned) });
    }
    expansion.agreements.extend(worst.map(|number| Agreement {
        what: "the functional in the remainder table",
        how: "H[f] + E log|1 + e g'/f'| against the entropy of the density of f + e g",
        number,
        tolerance: 1e-10,
    }));
}

/// The entropy of f + e g by the general route, where it has no atoms.
fn whole(f: &Expr, g: &Expr, line: &Line, e: f64) -> Option<Estimate> {
    let changed = f.clone() + Expr::float(e) * g.clone();
    entropy(&changed, line.input).ok().filter(|h| h.atoms.is_empty()).map(|h| h.entropy).filter(|h| h.error.is_finite())
}

/// Steps on both sides of 0, from far inside the radius to beyond it.
fn default_steps(expansion: &Expansion) -> Vec<f64> {
    let coefficient = |k: usize| expansion.coefficients.get(k).and_then(|c| c.value).map_or(0.0, |v| v.value.abs());
    let size = match expansion.radius {
        r if r.is_finite() && r > 0.0 => r,
        // The root mean square of the ratio, where it has no bound.
        _ if coefficient(2) > 0.0 => 1.0 / (2.0 * coefficient(2)).sqrt(),
        _ => 1.0,
    };
    let power = 10f64.powf(size.log10().floor());
    let round = [5.0, 2.0, 1.0].into_iter().find(|d| d * power <= size * (1.0 + 1e-9)).unwrap_or(1.0) * power;
    let share = [-1.2, -0.9, -0.3, -0.1, -0.01, 0.01, 0.1, 0.3, 0.9, 1.2];
    // A product like 0.3 * 0.1 is no decimal number; its shortest text to 12 digits is.
    share.iter().filter_map(|s| format!("{:.11e}", s * round).parse().ok()).collect()
}
