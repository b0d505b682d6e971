//! Mean and variance by quadrature, for truncations and user-given densities.

use super::distribution::Distribution;
use crate::numeric::{Point, Quadrature};

/// A mean and a variance; `None` where undefined, infinite where they diverge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    pub mean: Option<f64>,
    pub variance: Option<f64>,
}

impl Moments {
    /// The moments of a density on the support of `law`, `cuts` being points that resolve its bulk.
    pub(super) fn of(law: &dyn Distribution, pdf: impl Fn(Point) -> f64, cuts: &[f64]) -> Moments {
        let (a, b) = (law.ends().0.value, law.ends().1.value);
        let tail = if a.is_finite() && b.is_finite() { f64::INFINITY } else { law.tail_index() };
        if tail <= 1.0 {
            let mean = match (a.is_finite(), b.is_finite()) {
                (true, _) => Some(f64::INFINITY),
                (_, true) => Some(f64::NEG_INFINITY),
                _ => None,
            };
            return Moments { mean, variance: None };
        }
        let integral = |f: &dyn Fn(f64) -> f64| {
            let weighted = |x: Point| [f(x.u) * pdf(x)];
            Quadrature::default().integrate_points(weighted, a, b, cuts).map(|[e]| e.value).ok()
        };
        let centre = cuts.first().copied().unwrap_or(0.0);
        let Some(mean) = integral(&|x| x - centre).map(|m| m + centre) else {
            return Moments { mean: None, variance: None };
        };
        let variance = match tail <= 2.0 {
            true => Some(f64::INFINITY),
            false => integral(&|x| (x - mean).powi(2)),
        };
        Moments { mean: Some(mean), variance }
    }
}
