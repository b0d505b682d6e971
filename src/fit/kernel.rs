//! The logarithm g(z; e) of a standard density with shape e, and its derivatives by z and e up to the second order, free of
//! branches so that the compiler makes vectors of them.

use crate::numeric::lanes;
use libm::lgamma;
use statrs::function::gamma::digamma;
use std::f64::consts::{FRAC_PI_2, LN_2, PI};

/// g and its derivatives at one point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jet {
    pub g: f64,
    pub z: f64,
    pub zz: f64,
    pub e: f64,
    pub ze: f64,
    pub ee: f64,
}

/// A standard density; location and scale are put to it by [`super::sums`].
pub(super) trait Kernel: Copy + Sync {
    /// Whether there is a shape.
    const SHAPED: bool;
    /// With that shape; ignored where there is none.
    fn of(shape: f64) -> Self;
    /// The jet at z; the parameter is that of [`lanes`].
    fn at<const FUSED: bool>(&self, z: f64) -> Jet;
}

/// log(2 pi)/2
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_8;

#[inline(always)]
fn unshaped(g: f64, z: f64, zz: f64) -> Jet {
    Jet { g, z, zz, e: 0.0, ze: 0.0, ee: 0.0 }
}

/// -|z| - 2 log(1 + exp(-|z|))
#[derive(Clone, Copy)]
pub(super) struct Logistic;

impl Kernel for Logistic {
    const SHAPED: bool = false;

    fn of(_: f64) -> Logistic {
        Logistic
    }

    #[inline(always)]
    fn at<const FUSED: bool>(&self, z: f64) -> Jet {
        let a = z.abs();
        let t = lanes::exp::<FUSED>(-a);
        let over = 1.0 / (1.0 + t);
        unshaped(-a - 2.0 * lanes::log::<FUSED>(1.0 + t), -((1.0 - t) * over).copysign(z), -2.0 * t * over * over)
    }
}

/// log(1/(2 cosh(pi z/2))): the standard deviation is 1.
#[derive(Clone, Copy)]
pub(super) struct Sech;

impl Kernel for Sech {
    const SHAPED: bool = false;

    fn of(_: f64) -> Sech {
        Sech
    }

    #[inline(always)]
    fn at<const FUSED: bool>(&self, z: f64) -> Jet {
        let a = FRAC_PI_2 * z.abs();
        let t = lanes::exp::<FUSED>(-2.0 * a);
        let over = 1.0 / (1.0 + t);
        let slope = FRAC_PI_2 * (1.0 - t) * over;
        unshaped(-a - lanes::log::<FUSED>(1.0 + t), -slope.copysign(z), -FRAC_PI_2 * FRAC_PI_2 * 4.0 * t * over * over)
    }
}

/// -z - exp(-z)
#[derive(Clone, Copy)]
pub(super) struct Gumbel;

impl Kernel for Gumbel {
    const SHAPED: bool = false;

    fn of(_: f64) -> Gumbel {
        Gumbel
    }

    #[inline(always)]
    fn at<const FUSED: bool>(&self, z: f64) -> Jet {
        let t = lanes::exp::<FUSED>(-z);
        unshaped(-z - t, t - 1.0, -t)
    }
}

/// Student's t by w = 1/nu, in which the likelihood is smooth up to the normal limit w = 0:
/// c(w) - (1 + w)/(2 w) log(1 + w z^2).
#[derive(Clone, Copy)]
pub(super) struct StudentT {
    w: f64,
    /// c and its first two derivatives.
    c: [f64; 3],
}

impl Kernel for StudentT {
    const SHAPED: bool = true;

    fn of(w: f64) -> StudentT {
        StudentT { w, c: student_constant(w) }
    }

    #[inline(always)]
    fn at<const FUSED: bool>(&self, z: f64) -> Jet {
        let (w, u) = (self.w, z * z);
        let x = u * w;
        let (a, b) = (lanes::log1p::<FUSED>(x), 1.0 / (1.0 + x));
        let half = (1.0 + w) / (2.0 * w);
        let (inverse, ub) = (1.0 / w, u * b);
        Jet {
            g: self.c[0] - half * a,
            z: -(1.0 + w) * z * b,
            zz: -(1.0 + w) * b * (1.0 - 2.0 * x * b),
            e: self.c[1] + 0.5 * a * inverse * inverse - half * ub,
            ze: z * b * b * (u - 1.0),
            ee: self.c[2] - a * inverse * inverse * inverse + ub * inverse * inverse + half * ub * ub,
        }
    }
}

/// c(w) = log(gamma((nu + 1)/2)/(gamma(nu/2) sqrt(nu pi))) with nu = 1/w, and its derivatives by w.
fn student_constant(w: f64) -> [f64; 3] {
    if w < 1.0 / 40.0 {
        // Stirling's series of the ratio of gamma functions; the next term is w^9.
        let v = w * w;
        let value = w * (-1.0 / 4.0 + v * (1.0 / 24.0 + v * (-1.0 / 20.0 + v * 17.0 / 112.0)));
        let slope = -1.0 / 4.0 + v * (1.0 / 8.0 + v * (-1.0 / 4.0 + v * 17.0 / 16.0));
        let bend = w * (1.0 / 4.0 + v * (-1.0 + v * 51.0 / 8.0));
        return [value - HALF_LOG_TAU, slope, bend];
    }
    let nu = 1.0 / w;
    let (upper, lower) = (0.5 * (nu + 1.0), 0.5 * nu);
    let value = lgamma(upper) - lgamma(lower) - 0.5 * (nu * PI).ln();
    let slope = 0.5 * (digamma(upper) - digamma(lower) - w);
    let bend = 0.25 * (trigamma(upper) - trigamma(lower)) + 0.5 * w * w;
    // By w: d nu/dw = -nu^2.
    [value, -nu * nu * slope, nu.powi(4) * bend + 2.0 * nu.powi(3) * slope]
}

/// The derivative of digamma, for x > 0: recurrence up to 16, then Stirling's series (DLMF 5.15.8).
pub(super) fn trigamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 16.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = r * (1.0 / 6.0 - r * (1.0 / 30.0 - r * (1.0 / 42.0 - r * (1.0 / 30.0 - r * (5.0 / 66.0)))));
    sum + 1.0 / x + 0.5 * r + series / x
}

/// log 2 + log phi(z) + log Phi(e z)
#[derive(Clone, Copy)]
pub(super) struct SkewNormal {
    slant: f64,
}

impl Kernel for SkewNormal {
    const SHAPED: bool = true;

    fn of(slant: f64) -> SkewNormal {
        SkewNormal { slant }
    }

    #[inline(always)]
    fn at<const FUSED: bool>(&self, z: f64) -> Jet {
        let a = self.slant;
        let v = a * z;
        let (log_cdf, h) = normal_tail::<FUSED>(v);
        let bend = -h * (v + h);
        Jet {
            g: LN_2 - HALF_LOG_TAU - 0.5 * z * z + log_cdf,
            z: a * h - z,
            zz: a * a * bend - 1.0,
            e: z * h,
            ze: h + v * bend,
            ee: z * z * bend,
        }
    }
}

/// log Phi(v) and phi(v)/Phi(v), far in the lower tail by their expansion (Abramowitz and Stegun 26.2.12).
#[inline(always)]
fn normal_tail<const FUSED: bool>(v: f64) -> (f64, f64) {
    let (cdf, density) = lanes::normal::<FUSED>(if v < -30.0 { -30.0 } else { v });
    let r = 1.0 / if v * v < 900.0 { 900.0 } else { v * v };
    let far = -v / (1.0 - r * (1.0 - r * (3.0 - r * (15.0 - 105.0 * r))));
    let h = if v < -30.0 { far } else { density / cdf };
    let log_cdf =
        if v < -30.0 { -0.5 * v * v - HALF_LOG_TAU - lanes::log::<FUSED>(h) } else { lanes::log::<FUSED>(cdf) };
    (log_cdf, h)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every derivative against differences of the one below it.
    fn differences<K: Kernel>(name: &str, shapes: &[f64]) {
        for &e in shapes {
            for z in [-60.0, -7.3, -1.1, -0.2, 0.4, 2.9, 30.5] {
                let h = 1e-5;
                let (here, z_up, z_down) =
                    (K::of(e).at::<true>(z), K::of(e).at::<true>(z + h), K::of(e).at::<true>(z - h));
                let de = 1e-4 * e.abs();
                let (e_up, e_down) = (K::of(e + de).at::<true>(z), K::of(e - de).at::<true>(z));
                let close = |what: &str, got: f64, up: f64, down: f64, step: f64| {
                    let want = (up - down) / (2.0 * step);
                    let noise = 1e-15 * (up.abs() + down.abs()) / step;
                    let tolerance = 2e-6 * want.abs() + 1e-7 + 10.0 * noise;
                    assert!(
                        !(want.abs() < 1e290) || (got - want).abs() <= tolerance,
                        "{name} {what} at z = {z}, e = {e}: {got} {want}"
                    );
                };
                close("g_z", here.z, z_up.g, z_down.g, h);
                close("g_zz", here.zz, z_up.z, z_down.z, h);
                if K::SHAPED {
                    close("g_e", here.e, e_up.g, e_down.g, de);
                    close("g_ze", here.ze, e_up.z, e_down.z, de);
                    close("g_ee", here.ee, e_up.e, e_down.e, de);
                }
            }
        }
    }

    #[test]
    fn derivatives() {
        differences::<Logistic>("logistic", &[0.0]);
        differences::<Sech>("sech", &[0.0]);
        differences::<Gumbel>("gumbel", &[0.0]);
        differences::<StudentT>("student_t", &[0.003, 0.02, 0.03, 0.2, 1.0, 4.0]);
        differences::<SkewNormal>("skew_normal", &[-9.0, -1.0, 0.3, 4.0]);
    }

    #[test]
    fn against_the_grammar() {
        let check = |text: &str, g: &dyn Fn(f64) -> f64| {
            let input = crate::input::Input::parse(text).expect("parses");
            for z in [-50.0, -3.0, -0.1, 0.0, 1.3, 8.0] {
                let (got, want) = (g(z), input.log_pdf(z));
                assert!((got - want).abs() <= 1e-13 * want.abs().max(1.0), "{text} at {z}: {got} {want}");
            }
        };
        check("logistic(0,1)", &|z| Logistic.at::<true>(z).g);
        check("sech(1)", &|z| Sech.at::<true>(z).g);
        check("gumbel(0,1)", &|z| Gumbel.at::<true>(z).g);
        check("skew_normal(0,1,-3)", &|z| SkewNormal::of(-3.0).at::<true>(z).g);
        for nu in [0.7, 4.0, 39.0, 41.0, 200.0] {
            check(&format!("student_t({nu})"), &|z| StudentT::of(1.0 / nu).at::<true>(z).g);
        }
    }

    #[test]
    fn trigamma_at_known_points() {
        for (x, want) in [(1.0, PI * PI / 6.0), (0.5, PI * PI / 2.0), (10.0, 0.105_166_335_681_685_74)] {
            assert!((trigamma(x) / want - 1.0).abs() < 1e-13, "{x}");
        }
    }
}
