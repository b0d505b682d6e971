//! The skew normal distribution function, Phi(z) - 2 T(z, alpha), by Owen's function
//! T(h, a) = 1/(2 pi) INT_0^a exp(-h^2 (1 + t^2)/2)/(1 + t^2) dt (Owen 1956).

use super::kernel::{Kernel, SkewNormal};
use crate::numeric::special::normal_cdf;
use std::f64::consts::TAU;

/// The positive half of Gauss's 20 points on [-1, 1], and their weights.
const NODES: [(f64, f64); 10] = [
    (0.07652652113349734, 0.15275338713072628),
    (0.22778585114164507, 0.14917298647260424),
    (0.37370608871541955, 0.1420961093183824),
    (0.5108670019508271, 0.1316886384491769),
    (0.636053680726515, 0.1181945319615186),
    (0.7463319064601508, 0.1019301198172407),
    (0.8391169718222188, 0.08327674157670471),
    (0.912234428251326, 0.06267204833410879),
    (0.9639719272779138, 0.040601429800386446),
    (0.993128599185095, 0.017614007139150893),
];
/// Below this the difference of two terms has too few digits left.
const CANCELLED: f64 = 1e-11;

/// (P(Z <= z), P(Z > z)) of the skew normal distribution with slant alpha.
pub(super) fn skew_normal_masses(z: f64, alpha: f64) -> (f64, f64) {
    if alpha < 0.0 {
        let (below, above) = skew_normal_masses(-z, -alpha);
        return (above, below);
    }
    let twice = 2.0 * owen(z, alpha);
    let (below, above) = (normal_cdf(z) - twice, normal_cdf(-z) + twice);
    if below > CANCELLED {
        return (below, above.min(1.0));
    }
    // Far out the density falls like an exponential, and the mass beyond is density over rate: to a few per cent, in a
    // number of which only the logarithm counts.
    let jet = SkewNormal::of(alpha).at::<false>(z);
    (if z < 0.0 { jet.g.exp() / jet.z } else { below.max(0.0) }, above.min(1.0))
}

/// T(h, a) for a >= 0, to about 1e-15.
fn owen(h: f64, a: f64) -> f64 {
    let h = h.abs();
    if a <= 1.0 {
        return by_gauss(h, a);
    }
    // T(h, a) + T(a h, 1/a) = (Phi(h) + Phi(a h))/2 - Phi(h) Phi(a h), written by the upper tails.
    let (p, q) = (normal_cdf(-h), normal_cdf(-a * h));
    0.5 * (p + q) - p * q - by_gauss(a * h, 1.0 / a)
}

fn by_gauss(h: f64, a: f64) -> f64 {
    // Beyond 8/h the integrand is nothing.
    let end = a.min(8.5 / h.max(1e-300));
    let at = |t: f64| (-0.5 * h * h * (1.0 + t * t)).exp() / (1.0 + t * t);
    let half = 0.5 * end;
    let sum: f64 = NODES.iter().map(|(x, w)| w * (at(half * (1.0 - x)) + at(half * (1.0 + x)))).sum();
    half * sum / TAU
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the quadrature of the density.
    #[test]
    fn as_by_quadrature() {
        for alpha in [-20.0, -1.5, 0.0, 0.4, 1.0, 3.0, 500.0] {
            let input = crate::input::Input::parse(&format!("skew_normal(0,1,{alpha})")).expect("parses");
            for z in [-9.0, -3.0, -0.7, 0.0, 0.2, 1.1, 2.5, 7.0] {
                let (below, above) = skew_normal_masses(z, alpha);
                for (got, want) in [(below, input.cdf_at(z)), (above, input.survival_at(z))] {
                    let close = (got - want).abs() < 1e-13 || want < 1e-10 && (got / want - 1.0).abs() < 0.05;
                    assert!(close, "alpha = {alpha}, z = {z}: {got:e} {want:e}");
                }
            }
        }
    }
}
