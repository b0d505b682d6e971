//! The Taylor series of the entropy along a direction (math.md section 3), H in nats.
//!
//! **Forward side.** For an f that takes no value twice, H\[f\] = H\[p\] + E log|f'(U)|, so that
//!
//! H\[f + e g\] = H\[f\] + E log|1 + e g'/f'| = H\[f\] + SUM_{k>=1} (-1)^(k+1) e^k/k E\[(g'/f')^k\],
//!
//! which converges for |e| < 1/sup|g'/f'|. Where f is constant its output has atoms, which any e dissolves; the series is
//! that of the part of the line on which it is not constant.
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

mod forward;
mod line;

use super::functional::entropy;
use crate::error::{Error, Result};
use crate::expr::Expr;
use crate::input::Input;
use crate::numeric::Estimate;
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
}

impl Direction {
    /// f + e g.
    pub fn forward(g: Expr) -> Direction {
        Direction { side: Side::Forward, form: g }
    }

    /// y + e eta, y the inverse of f and eta a function of the value of f.
    pub fn inverse(eta: &Expr, f: &Expr) -> Direction {
        Direction { side: Side::Inverse, form: eta.at(f) }
    }

    /// y + e eta, with eta(f(u)) given as a function of u.
    pub fn pulled_back(form: Expr) -> Direction {
        Direction { side: Side::Inverse, form }
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
    let mut expansion = match direction.side {
        Side::Forward => forward::series(&line, &start, order)?,
        Side::Inverse => return Err(Error::Unsupported("inverse".into())),
    };
    let steps = if steps.is_empty() { default_steps(&expansion) } else { steps.to_vec() };
    match direction.side {
        Side::Forward => forward::remainder(&mut expansion, &line, f, &direction.form, &steps),
        Side::Inverse => {}
    }
    Ok(expansion)
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
