//! What every distribution of the registry says about itself, symbolically and in numbers.

use super::Constant;
use super::samples::SampleFile;
use crate::expr::{Expr, Op};
use crate::numeric::Estimate;
use crate::samples::KernelDensity;

/// A part of a density with a closed form of its own: the density of the input is the sum of weight * density.
#[derive(Debug, Clone)]
pub struct Component {
    /// The weight, 1 for an input that is no mixture.
    pub weight: Expr,
    /// The constant in front of the kernel.
    pub normaliser: Expr,
    /// The part that depends on `x`, without its constant: `exp(-x^2/2)` for the standard normal distribution.
    pub kernel: Expr,
    /// normaliser * kernel in the field's own words, `phi(x)`.
    pub density: Expr,
    /// The lower end of the interval on which this holds; the component is 0 outside. May be `-inf`.
    pub from: f64,
    /// The upper end.
    pub to: f64,
}

/// An end of a support. The exact form is absent where the end is infinite.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub exact: Option<Expr>,
    pub value: f64,
}

impl End {
    pub(super) const BELOW: End = End { exact: None, value: f64::NEG_INFINITY };
    pub(super) const ABOVE: End = End { exact: None, value: f64::INFINITY };

    /// The origin.
    pub(super) fn zero() -> End {
        End { exact: Some(Expr::int(0)), value: 0.0 }
    }
}

impl From<&Constant> for End {
    fn from(c: &Constant) -> End {
        End { exact: c.value.is_finite().then(|| c.exact.clone()), value: c.value }
    }
}

/// One distribution. Expressions hold on the support; numbers are asked for inside it only. `*_at` methods are given
/// where the closed form loses digits in a tail, or where there is none.
pub(super) trait Distribution: Send + Sync {
    /// The ends of the support.
    fn ends(&self) -> (End, End) {
        (End::BELOW, End::ABOVE)
    }
    /// Kinks and jumps of the density inside the support.
    fn breakpoints(&self) -> Vec<f64> {
        Vec::new()
    }
    /// The constant in front of the kernel.
    fn normaliser(&self) -> Expr;
    /// The density without its constant.
    fn kernel(&self) -> Expr;
    /// The density in the field's own words.
    fn density(&self) -> Expr {
        self.normaliser() * self.kernel()
    }
    /// The logarithm of the density, written so that it keeps its digits in the tails.
    fn log_density(&self) -> Expr {
        self.density().apply(Op::Log)
    }
    /// The logarithm of the density in numbers.
    fn log_pdf_at(&self, _x: f64) -> Option<f64> {
        None
    }
    /// The same at every point of `x`, into `out`, where there is a faster way; whether there is.
    fn log_pdfs(&self, _x: &[f64], _out: &mut [f64]) -> bool {
        false
    }
    /// The points beside which the density may be singular and where distances matter that are lost when added to them;
    /// without 0, where that is no image of another point.
    fn anchors(&self) -> Vec<f64> {
        vec![]
    }
    /// The logarithm of the density at a distance from one of [`Distribution::anchors`], inside the support.
    fn log_pdf_beside(&self, _anchor: f64, _offset: f64) -> Option<f64> {
        None
    }
    /// P(U <= x) in closed form.
    fn cdf(&self) -> Option<Expr> {
        None
    }
    /// P(U > x) in closed form.
    fn survival(&self) -> Option<Expr> {
        None
    }
    /// P(U <= x) in numbers.
    fn cdf_at(&self, _x: f64) -> Option<f64> {
        None
    }
    /// P(U > x) in numbers.
    fn survival_at(&self, _x: f64) -> Option<f64> {
        None
    }
    /// The quantile function in closed form, for 0 < p < 1.
    fn quantile_at(&self, _p: f64) -> Option<f64> {
        None
    }
    /// The mean; `None` where undefined.
    fn mean(&self) -> Option<f64>;
    /// The variance; `None` where undefined.
    fn variance(&self) -> Option<f64>;
    /// The differential entropy in nats, where a closed form is known.
    fn entropy(&self) -> Option<f64> {
        None
    }
    /// The local maxima of the density.
    fn modes(&self) -> Vec<f64>;
    /// The supremum of the orders of the absolute moments that exist.
    fn tail_index(&self) -> f64 {
        f64::INFINITY
    }
    /// Points that resolve the bulk, where quantiles would be dear.
    fn landmarks(&self) -> Option<Vec<f64>> {
        None
    }
    /// The parts of a compound distribution; `None` for a simple one.
    fn components(&self) -> Option<Vec<Component>> {
        None
    }
    /// The mixture of kernels that this is, where it was made of samples.
    fn kernel_density(&self) -> Option<&KernelDensity> {
        None
    }
    /// The sample files that went into it.
    fn files(&self) -> Vec<SampleFile> {
        Vec::new()
    }
    /// How far the integral of the density may be from 1.
    fn mass_error(&self) -> f64 {
        0.0
    }
    /// The integral by which a user-given density was divided.
    fn normalisation(&self) -> Option<Estimate> {
        None
    }
}
