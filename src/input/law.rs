//! What a distribution is to the rest of the program: one record that every distribution of the registry fills in.

use crate::expr::{Expr, Op};
use std::sync::Arc;

/// A function of one number.
pub type Function = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// A constant argument of a distribution: exact, and as a double.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Exact; for an infinite bound the text of it is lost and only the double counts.
    pub expr: Expr,
    /// The nearest double, or an infinity.
    pub value: f64,
}

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// Its closed value; may be infinite.
    Known(f64),
    /// The integral does not exist.
    Undefined,
    /// No closed form: integrate.
    Numeric,
}

/// A distribution: symbolic and numeric side from one definition.
#[derive(Clone)]
pub struct Law {
    /// The density is normaliser * kernel.
    pub normaliser: Expr,
    /// The density without its constant.
    pub kernel: Expr,
    /// The density in the field's words, on the support.
    pub density: Expr,
    /// Its logarithm, right where the density itself underflows.
    pub log_density: Expr,
    /// The distribution function, where it has a closed form.
    pub cdf: Option<Expr>,
    /// Distribution function in numbers, right in the lower tail; by default from `cdf`.
    pub lower: Option<Function>,
    /// Survival function in numbers, right in the upper tail; by default 1 - lower.
    pub upper: Option<Function>,
    /// Quantile function, where it is cheaper than a root search.
    pub quantile: Option<Function>,
    /// The support.
    pub support: (f64, f64),
    /// Kinks and jumps of the density inside the support.
    pub breakpoints: Vec<f64>,
    /// Modes.
    pub modes: Vec<f64>,
    /// Mean.
    pub mean: Moment,
    /// Variance.
    pub variance: Moment,
    /// Differential entropy in nats, where a closed form is known.
    pub entropy: Option<f64>,
}

impl Law {
    /// A law on the whole line with a kernel and its constant; the rest is to be filled in.
    pub fn new(normaliser: Expr, kernel: Expr, log_density: Expr) -> Law {
        Law {
            density: normaliser.clone() * kernel.clone(),
            normaliser,
            kernel,
            log_density,
            cdf: None,
            lower: None,
            upper: None,
            quantile: None,
            support: (f64::NEG_INFINITY, f64::INFINITY),
            breakpoints: vec![],
            modes: vec![],
            mean: Moment::Numeric,
            variance: Moment::Numeric,
            entropy: None,
        }
    }
}

/// (x - location)/scale without the trivial cases.
pub fn standardised(location: &Value, scale: &Value) -> Expr {
    (Expr::x() - location.expr.clone()) / scale.expr.clone()
}

/// A function of one argument.
pub fn f(op: Op, e: Expr) -> Expr {
    e.apply(op)
}

/// An integer.
pub fn n(value: i64) -> Expr {
    Expr::int(value)
}

/// A function in numbers.
pub fn function(f: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Option<Function> {
    Some(Arc::new(f))
}

/// Euler's constant.
pub const EULER: f64 = 0.577_215_664_901_532_9;
