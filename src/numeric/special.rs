//! Special functions `f64 -> f64`, to about 1e-15 relative in both tails.

use statrs::function::erf::erfc_inv;
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

/// 1/sqrt(2 pi)
const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_7;
/// log(2 pi)/2
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_8;
/// 1/sqrt(2) - FRAC_1_SQRT_2
const FRAC_1_SQRT_2_LOW: f64 = -4.833_646_656_726_457e-17;

/// The standard normal density e^(-x^2/2)/sqrt(2 pi).
pub fn phi(x: f64) -> f64 {
    INV_SQRT_TAU * half_gaussian(x)
}

/// e^(-x^2/2), with the rounding error of x^2 put back: without it the relative error is x^2/2 units.
fn half_gaussian(x: f64) -> f64 {
    let square = x * x;
    if !(4.0..1500.0).contains(&square) {
        return (-0.5 * square).exp();
    }
    let low = x.mul_add(x, -square);
    (-0.5 * square).exp() * (1.0 - 0.5 * low)
}

/// e^(-x^2), with the rounding error of x^2 put back.
pub fn gaussian(x: f64) -> f64 {
    let square = x * x;
    if !(2.0..750.0).contains(&square) {
        return (-square).exp();
    }
    (-square).exp() * (1.0 - x.mul_add(x, -square))
}

/// The standard normal distribution function, erfc(-x/sqrt 2)/2.
pub fn normal_cdf(x: f64) -> f64 {
    let z = -x * FRAC_1_SQRT_2;
    let half = 0.5 * libm::erfc(z);
    if z < 2.0 || half == 0.0 {
        return half;
    }
    // erfc(z + d) = erfc(z) (1 - 2 z d ...) in the tail: put the rounding error d of z back.
    let low = (-x).mul_add(FRAC_1_SQRT_2, -z) - x * FRAC_1_SQRT_2_LOW;
    half * (1.0 - 2.0 * low * (z + 0.5 / z))
}

/// The logarithm of the standard normal distribution function, right until x^2 leaves the range of a double.
pub fn log_normal_cdf(x: f64) -> f64 {
    if x > 0.0 {
        return (-normal_cdf(-x)).ln_1p();
    }
    if x > -30.0 {
        return normal_cdf(x).ln();
    }
    if x == f64::NEG_INFINITY {
        return x;
    }
    // Abramowitz and Stegun 26.2.12
    let r = 1.0 / (x * x);
    let tail = -r * (1.0 - r * (3.0 - r * (15.0 - r * (105.0 - 945.0 * r))));
    -0.5 * x * x - (-x).ln() - HALF_LOG_TAU + tail.ln_1p()
}

/// The quantile function of the standard normal distribution; -inf at 0, inf at 1, NaN outside.
pub fn normal_quantile(p: f64) -> f64 {
    let x = -SQRT_2 * erfc_inv(2.0 * p);
    // For p > 1/2 step on the upper tail, which is exact: 1 - p has no rounding error there.
    let density = phi(x);
    if density.is_nan() || density < f64::MIN_POSITIVE {
        return x;
    }
    let excess = if p > 0.5 { (1.0 - p) - normal_cdf(-x) } else { normal_cdf(x) - p };
    let step = excess / density;
    x - step / (1.0 + 0.5 * x * step)
}

/// The logistic function 1/(1 + e^-x).
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// log(1 + e^x)
pub fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// log(sigmoid(x)) = -softplus(-x)
pub fn log_sigmoid(x: f64) -> f64 {
    -softplus(-x)
}

/// The square of the hyperbolic secant, 1 - tanh(x)^2.
pub fn sech2(x: f64) -> f64 {
    let e = (-2.0 * x.abs()).exp();
    4.0 * e / ((1.0 + e) * (1.0 + e))
}

/// e^-|x| I0(x), the scaled modified Bessel function of order 0.
pub fn bessel_i0e(x: f64) -> f64 {
    let x = x.abs();
    if x <= 8.0 { chebyshev(&I0E_NEAR, x / 4.0 - 1.0) } else { chebyshev(&I0E_FAR, 16.0 / x - 1.0) / x.sqrt() }
}

/// e^-|x| I1(x), the scaled modified Bessel function of order 1.
pub fn bessel_i1e(x: f64) -> f64 {
    let a = x.abs();
    if a <= 8.0 {
        return x * chebyshev(&I1E_NEAR, a / 4.0 - 1.0);
    }
    (chebyshev(&I1E_FAR, 16.0 / a - 1.0) / a.sqrt()).copysign(x)
}

/// The gamma function.
pub fn gamma_fn(x: f64) -> f64 {
    libm::tgamma(x)
}

/// sum c_k T_k(t) by Clenshaw's recurrence.
fn chebyshev(c: &[f64], t: f64) -> f64 {
    let (mut next, mut after) = (0.0, 0.0);
    for &c in c.iter().skip(1).rev() {
        (next, after) = (c + 2.0 * t * next - after, next);
    }
    c.first().copied().unwrap_or(0.0) + t * next - after
}

/// e^-x I0(x) on [0, 8], Chebyshev in x/4 - 1.
const I0E_NEAR: [f64; 32] = [
    0.33839763720473803,
    -0.3046826723431984,
    0.17162090152220877,
    -0.09490109704804764,
    0.04930528423967071,
    -0.02373741480589947,
    0.010546460394594998,
    -0.004324309995050576,
    0.0016394756169413357,
    -0.0005763755745385824,
    0.00018850288509584165,
    -5.754195010082104e-05,
    1.6448448070728896e-05,
    -4.4167383584587505e-06,
    1.1173875391201037e-06,
    -2.670793853940612e-07,
    6.046995022541919e-08,
    -1.300025009986248e-08,
    2.6598237246823866e-09,
    -5.189795601635263e-10,
    9.675809035373237e-11,
    -1.726826291441556e-11,
    2.95505266312964e-12,
    -4.856446783111929e-13,
    7.676185498604936e-14,
    -1.1685332877993451e-14,
    1.715391285555133e-15,
    -2.431279846547955e-16,
    3.3307945188222384e-17,
    -4.4153416464793395e-18,
    5.669178006921496e-19,
    -7.057100692457294e-20,
];
/// sqrt(x) e^-x I0(x) on [8, inf), Chebyshev in 16/x - 1.
const I0E_FAR: [f64; 30] = [
    0.4022452055070544,
    0.0033691164782556943,
    6.889758346916825e-05,
    2.8913705208347567e-06,
    2.0489185894690638e-07,
    2.266668990498178e-08,
    3.3962320257083865e-09,
    4.94060238822497e-10,
    1.1889147107846439e-11,
    -3.1499165279632416e-11,
    -1.3215811840447713e-11,
    -1.7941785315068062e-12,
    7.180124451383666e-13,
    3.8527783827421426e-13,
    1.54008621752141e-14,
    -4.150569347287222e-14,
    -9.554846698828307e-15,
    3.8116806693526224e-15,
    1.7725601330565263e-15,
    -3.425485619677219e-16,
    -2.8276239805165836e-16,
    3.461222867697461e-17,
    4.46562142029676e-17,
    -4.830504485944182e-18,
    -7.233180487874754e-18,
    9.921475412173699e-19,
    1.193650890845982e-18,
    -2.4887098371508075e-19,
    -1.938426454160906e-19,
    6.444656697373444e-20,
];
/// e^-x I1(x)/x on [0, 8], Chebyshev in x/4 - 1.
const I1E_NEAR: [f64; 31] = [
    0.12629359322181682,
    -0.17641651835783406,
    0.1026436586898471,
    -0.05294598120809499,
    0.024726449030626516,
    -0.010564084894626197,
    0.004156422944312888,
    -0.0015135724506312532,
    0.0005122859561685758,
    -0.00016176081582589674,
    4.781565107550054e-05,
    -1.3273163656039436e-05,
    3.4702513081376785e-06,
    -8.568720264695455e-07,
    2.0032947535521353e-07,
    -4.445059128796328e-08,
    9.381537386495773e-09,
    -1.8872497517228294e-09,
    3.625590281552117e-10,
    -6.663489723502027e-11,
    1.1736186298890901e-11,
    -1.9839743977649436e-12,
    3.223793365945575e-13,
    -5.042185504727912e-14,
    7.600684294735408e-15,
    -1.1055969477353862e-15,
    1.5536319577362005e-16,
    -2.111421214358166e-17,
    2.7779141127610464e-18,
    -3.541581772542136e-19,
    4.379302756655071e-20,
];
/// sqrt(x) e^-x I1(x) on [8, inf), Chebyshev in 16/x - 1.
const I1E_FAR: [f64; 30] = [
    0.38928811750914005,
    -0.009761097491361469,
    -0.00011058893876262371,
    -3.882564808877691e-06,
    -2.512236237870209e-07,
    -2.6314688468895196e-08,
    -3.835380385964237e-09,
    -5.589743462196584e-10,
    -1.8974958123505413e-11,
    3.2526035830154884e-11,
    1.4125807436613782e-11,
    2.0356285441470896e-12,
    -7.198551776245908e-13,
    -4.0835511110921974e-13,
    -2.1015418427726643e-14,
    4.272440016711951e-14,
    1.0420276984128802e-14,
    -3.8144030724370075e-15,
    -1.8803547755107825e-15,
    3.3082023109209285e-16,
    2.96262899764595e-16,
    -3.209525921993424e-17,
    -4.6503053684893586e-17,
    4.414348323071708e-18,
    7.517296310842105e-18,
    -9.314178867326884e-19,
    -1.242193275194891e-18,
    2.4142767194548486e-19,
    2.0269443840532852e-19,
    -6.394267188269098e-20,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Values by mpmath with 40 digits.
    #[test]
    fn both_tails() {
        let close = |name: &str, x: f64, got: f64, want: f64| {
            assert!((got - want).abs() <= 1.5e-15 * want.abs(), "{name}({x}) = {got:e}, mpmath {want:e}");
        };
        for (x, cdf, density, logarithm) in [
            (-37.3, 8.205_494_844_930_773e-305, 3.062_846_290_695_667e-303, -700.183_649_330_292_2),
            (-20.7, 1.731_851_879_019_737_9e-95, 3.593_261_220_969_867_5e-94, -218.196_392_548_147_6),
            (-8.1, 2.747_959_392_398_228_5e-16, 2.258_809_403_154_308_8e-15, -35.830_502_890_801_47),
            (-2.9, 0.001_865_813_300_384_038_5, 0.005_952_532_419_775_855, -6.284_058_234_947_418),
        ] {
            close("normal_cdf", x, normal_cdf(x), cdf);
            close("phi", x, phi(x), density);
            close("log_normal_cdf", x, log_normal_cdf(x), logarithm);
            close("normal_quantile", x, normal_quantile(cdf), x);
        }
        for (x, zero, one) in [
            (0.3, 0.757_580_625_182_547_9, 0.112_377_560_639_838_8),
            (5.0, 0.183_540_812_609_328_36, 0.163_972_266_944_542_36),
            (7.9, 0.144_369_864_141_041_9, 0.134_896_499_439_893_8),
            (8.1, 0.142_511_809_488_295_3, 0.133_400_688_325_836_62),
            (30.0, 0.073_145_946_482_237_3, 0.071_916_330_598_647_55),
            (700.0, 0.015_081_295_651_531_358, 0.015_070_519_444_716_847),
        ] {
            close("bessel_i0e", x, bessel_i0e(x), zero);
            close("bessel_i1e", -x, bessel_i1e(-x), -one);
        }
    }

    #[test]
    fn ends() {
        assert_eq!(
            (normal_quantile(0.0), normal_quantile(0.5), normal_quantile(1.0)),
            (f64::NEG_INFINITY, 0.0, f64::INFINITY)
        );
        assert_eq!((sigmoid(-1e4), sigmoid(1e4), softplus(-1e4), softplus(1e4)), (0.0, 1.0, 0.0, 1e4));
        assert_eq!((log_sigmoid(-1e4), log_sigmoid(1e4)), (-1e4, 0.0));
        assert!((log_normal_cdf(-1e150) / -5e299 - 1.0).abs() < 1e-15);
    }
}
