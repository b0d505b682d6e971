//! exp, log and their kin on blocks of doubles, free of branches so that the compiler makes vectors of them.
//!
//! Each is good to a few units in the last place (the tests say how many) for finite arguments; what is not finite the
//! caller looks after. exp: Cody and Waite's reduction and a polynomial through Chebyshev points; log: the fdlibm polynomial;
//! Phi: e^(-x^2/2) times a rational function fitted to relative error 1e-18 on [0, 38.6] with 80 digits. The parameter says
//! whether the machine multiplies and adds in one instruction; where it does not, that would be a call.

// The coefficients stand as they were published or fitted.
#![allow(clippy::excessive_precision)]

use std::f64::consts::LOG2_E;

/// 1.5 2^52: adding it rounds to an integer, left in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// a b + c
#[inline(always)]
fn madd<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// The polynomial with these coefficients, the highest first.
#[inline(always)]
fn polynomial<const FUSED: bool, const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut p = coefficients[0];
    for c in &coefficients[1..] {
        p = madd::<FUSED>(p, x, *c);
    }
    p
}

/// e^x = 2^n (1 + q) in parts: q and n, as a double that holds it in its low bits.
#[derive(Clone, Copy)]
struct Exponential {
    q: f64,
    n: f64,
}

impl Exponential {
    /// Of -746 <= x <= 710.
    #[inline(always)]
    fn new<const FUSED: bool>(x: f64) -> Exponential {
        let bits = madd::<FUSED>(x, LOG2_E, ROUND);
        let n = bits - ROUND;
        let r = madd::<FUSED>(n, -LN2_LOW, madd::<FUSED>(n, -LN2_HIGH, x));
        let square = r * r;
        let even = polynomial::<FUSED, 5>(
            square,
            [
                2.762_008_844_540_974_6e-7,
                2.480_152_129_595_437_6e-5,
                1.388_888_891_721_371_7e-3,
                4.166_666_666_662_414e-2,
                5.000_000_000_000_001e-1,
            ],
        );
        let odd = polynomial::<FUSED, 5>(
            square,
            [
                2.510_038_549_551_032e-8,
                2.755_726_845_999_706_4e-6,
                1.984_126_986_305_361_8e-4,
                8.333_333_333_330_062e-3,
                1.666_666_666_666_666_9e-1,
            ],
        );
        let q = madd::<FUSED>(square, madd::<FUSED>(odd, r, even), r);
        Exponential { q, n: bits }
    }

    /// 2^n as two factors, for results near both ends of the range.
    #[inline(always)]
    fn scales<const FUSED: bool>(self) -> (f64, f64) {
        let n = self.n - ROUND;
        let half = madd::<FUSED>(n, 0.5, ROUND);
        (power_of_two(half, 0), power_of_two((n - (half - ROUND)) + ROUND, 0))
    }

    /// 2^n of -1080 <= n <= 0 as two factors.
    #[inline(always)]
    fn falling_scales(self) -> (f64, f64) {
        (power_of_two(self.n, 64), 1.0 / 18_446_744_073_709_551_616.0)
    }

    /// e^x, its power of two being given.
    #[inline(always)]
    fn value(self, (scale, rest): (f64, f64)) -> f64 {
        (1.0 + self.q) * scale * rest
    }

    /// e^x - 1, its power of two being given.
    #[inline(always)]
    fn less_one<const FUSED: bool>(self, (scale, rest): (f64, f64)) -> f64 {
        let scale = scale * rest;
        madd::<FUSED>(scale, self.q, scale - 1.0)
    }
}

/// 2^(n + more) of an n that was rounded by adding [`ROUND`], -1022 <= n + more <= 1023.
#[inline(always)]
fn power_of_two(n: f64, more: u64) -> f64 {
    f64::from_bits((n.to_bits() << 52).wrapping_add((1023 + more) << 52))
}

/// e^x
#[inline(always)]
pub fn exp<const FUSED: bool>(x: f64) -> f64 {
    let inside = if x < -746.0 { -746.0 } else { x };
    let inside = if inside > 710.0 { 710.0 } else { inside };
    let parts = Exponential::new::<FUSED>(inside);
    parts.value(parts.scales::<FUSED>())
}

/// e^x for x <= 0, in parts.
#[inline(always)]
fn falling<const FUSED: bool>(x: f64) -> Exponential {
    Exponential::new::<FUSED>(if x < -746.0 { -746.0 } else { x })
}

/// e^x - 1 for any x, and e^x.
#[inline(always)]
pub fn expm1<const FUSED: bool>(x: f64) -> (f64, f64) {
    let inside = if x < -746.0 { -746.0 } else { x };
    let inside = if inside > 710.0 { 710.0 } else { inside };
    let parts = Exponential::new::<FUSED>(inside);
    let scales = parts.scales::<FUSED>();
    let e = parts.value(scales);
    (if x > 700.0 { e } else { parts.less_one::<FUSED>(scales) }, e)
}

/// log(x) for positive x, infinity included: an argument may have overflowed.
#[inline(always)]
pub fn log<const FUSED: bool>(x: f64) -> f64 {
    let infinite = x == f64::INFINITY;
    let small = x < f64::MIN_POSITIVE;
    let x = if small { x * 18_014_398_509_481_984.0 } else { x };
    // The mantissa between sqrt(1/2) and sqrt(2).
    let bits = x.to_bits().wrapping_sub(0x3fe6_a09e_667f_3bcd);
    let exponent = ((bits >> 52) ^ 0x800) as i64 - 0x800;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(0x3fe6_a09e_667f_3bcd));
    // An integer below 2^51 as a double, by its place in the bits of one.
    let k = f64::from_bits((exponent.wrapping_add(ROUND.to_bits() as i64)) as u64) - ROUND;
    let k = if small { k - 54.0 } else { k };
    let f = mantissa - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = polynomial::<FUSED, 4>(
        w,
        [1.479_819_860_511_658_6e-1, 1.818_357_216_161_805e-1, 2.857_142_874_366_239_15e-1, 6.666_666_666_666_735_1e-1],
    );
    let odd =
        polynomial::<FUSED, 3>(w, [1.531_383_769_920_937_3e-1, 2.222_219_843_214_978_4e-1, 3.999_999_999_940_941_9e-1]);
    let p = madd::<FUSED>(odd, z, even);
    let half = 0.5 * f * f;
    let lower = madd::<FUSED>(k, LN2_LOW, s * madd::<FUSED>(z, p, half));
    let value = madd::<FUSED>(k, LN2_HIGH, -((half - lower) - f));
    if infinite { f64::INFINITY } else { value }
}

/// log(1 + x) for 0 <= x <= 1.
#[inline(always)]
pub fn log1p_unit<const FUSED: bool>(x: f64) -> f64 {
    let w = 1.0 + x;
    log::<FUSED>(w) + (x - (w - 1.0)) / w
}

/// log(1 + x)
#[inline(always)]
pub fn log1p<const FUSED: bool>(x: f64) -> f64 {
    let w = 1.0 + x;
    let lost = if w == f64::INFINITY { 0.0 } else { (x - (w - 1.0)) / w };
    let value = log::<FUSED>(w) + lost;
    let end = if x == -1.0 { f64::NEG_INFINITY } else { f64::NAN };
    if x > -1.0 { value } else { end }
}

/// e^(-x^2/2), the rounding of the square made good.
#[inline(always)]
pub fn bell<const FUSED: bool>(x: f64) -> f64 {
    // Beyond this it is 0 in doubles.
    let x = if x.abs() > 38.62 { 38.62 } else { x };
    let square = x * x;
    let lost = if FUSED {
        x.mul_add(x, -square)
    } else {
        let split = 134_217_729.0 * x;
        let high = split - (split - x);
        let low = x - high;
        ((high * high - square) + 2.0 * high * low) + low * low
    };
    let parts = Exponential::new::<FUSED>(-0.5 * square);
    let e = parts.value(parts.falling_scales());
    madd::<FUSED>(e, -0.5 * lost, e)
}

/// tanh(x) and 1 - tanh(x)^2.
#[inline(always)]
pub fn tanh<const FUSED: bool>(x: f64) -> (f64, f64) {
    let parts = falling::<FUSED>(-2.0 * x.abs());
    let scales = parts.falling_scales();
    let (e, t) = (parts.less_one::<FUSED>(scales), parts.value(scales));
    let over = 1.0 / (2.0 + e);
    ((-e * over).copysign(x), 4.0 * t * (over * over))
}

/// sigmoid(x) and its derivative.
#[inline(always)]
pub fn sigmoid<const FUSED: bool>(x: f64) -> (f64, f64) {
    let parts = falling::<FUSED>(-x.abs());
    let t = parts.value(parts.falling_scales());
    let over = 1.0 / (1.0 + t);
    let under = t * over;
    (if x >= 0.0 { over } else { under }, under * over)
}

/// log(1 + e^x) and its derivative.
#[inline(always)]
pub fn softplus<const FUSED: bool>(x: f64) -> (f64, f64) {
    let parts = falling::<FUSED>(-x.abs());
    let t = parts.value(parts.falling_scales());
    let over = 1.0 / (1.0 + t);
    (x.max(0.0) + log1p_unit::<FUSED>(t), if x >= 0.0 { over } else { t * over })
}

/// Phi(x) and phi(x), the standard normal distribution function and density.
#[inline(always)]
pub fn normal<const FUSED: bool>(x: f64) -> (f64, f64) {
    let bell = bell::<FUSED>(x);
    let z = x.abs();
    let z = if z > 38.6 { 38.6 } else { z };
    let above = polynomial::<FUSED, 11>(
        z,
        [
            2.197_307_770_638_847_7e-7,
            6.860_134_723_105_527e-6,
            1.050_864_267_527_365_3e-4,
            1.027_584_337_094_146_9e-3,
            7.054_079_398_344_833e-3,
            3.538_787_299_962_272e-2,
            1.312_293_633_406_355_6e-1,
            3.556_909_605_687_11e-1,
            6.774_809_134_622_115e-1,
            8.265_718_234_220_354e-1,
            0.5,
        ],
    );
    let below = polynomial::<FUSED, 12>(
        z,
        [
            5.507_833_785_948_321e-7,
            1.719_580_766_474_706e-5,
            2.639_633_919_534_876e-4,
            2.592_967_761_814_232e-3,
            1.794_426_590_348_869_8e-2,
            9.124_562_369_066_416e-2,
            3.461_038_624_357_866e-1,
            9.753_098_241_549_623e-1,
            1.994_363_198_979_182_4,
            2.810_599_391_898_227,
            2.451_028_207_646_936_5,
            1.0,
        ],
    );
    let tail = bell * (above / below);
    (if x > 0.0 { 1.0 - tail } else { tail }, 0.398_942_280_401_432_7 * bell)
}

/// erf(x) and its derivative.
#[inline(always)]
pub fn erf<const FUSED: bool>(x: f64) -> (f64, f64) {
    // Cody 1969 near 0, where 1 - 2 Phi(-sqrt(2) |x|) would cancel.
    let near = x.clamp(-0.5, 0.5);
    let square = near * near;
    let above = polynomial::<FUSED, 5>(
        square,
        [
            1.857_777_061_846_031_53e-1,
            3.161_123_743_870_565_6,
            1.138_641_541_510_501_56e2,
            3.774_852_376_853_020_2e2,
            3.209_377_589_138_469_47e3,
        ],
    );
    let below = polynomial::<FUSED, 5>(
        square,
        [
            1.0,
            2.360_129_095_234_412_1e1,
            2.440_246_379_344_441_73e2,
            1.282_616_526_077_372_28e3,
            2.844_236_833_439_170_6e3,
        ],
    );
    let (tail, density) = normal::<FUSED>(-std::f64::consts::SQRT_2 * x.abs());
    let value = if x.abs() <= 0.46875 { near * (above / below) } else { (1.0 - 2.0 * tail).copysign(x) };
    (value, 2.0 * std::f64::consts::SQRT_2 * density)
}

/// atan(x)
#[inline(always)]
pub fn atan<const FUSED: bool>(x: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
    // pi/2 and pi/4 are their doubles and these.
    const LOST: f64 = 6.123_233_995_736_766e-17;
    let t = x.abs();
    let (steep, middle) = (t > 2.414_213_562_373_095, t > 0.414_213_562_373_095_1);
    // atan t = pi/2 - atan(1/t) = pi/4 + atan((t - 1)/(t + 1))
    let above = if steep {
        -1.0
    } else if middle {
        t - 1.0
    } else {
        t
    };
    let below = if steep {
        t
    } else if middle {
        t + 1.0
    } else {
        1.0
    };
    let (base, lost) = if steep {
        (FRAC_PI_2, LOST)
    } else if middle {
        (FRAC_PI_4, 0.5 * LOST)
    } else {
        (0.0, 0.0)
    };
    let r = above / below;
    let z = r * r;
    let p = polynomial::<FUSED, 11>(
        z,
        [
            -0.019_175_404_711_104_935,
            0.039_230_447_784_793_09,
            -0.050_854_078_345_894_844,
            0.058_581_409_048_663_28,
            -0.066_645_105_255_089_36,
            0.076_921_831_253_768_92,
            -0.090_909_045_753_064_9,
            0.111_111_110_151_870_18,
            -0.142_857_142_846_656_82,
            0.199_999_999_999_955_16,
            -0.333_333_333_333_333_3,
        ],
    );
    (base + (r + (r * z * p + lost))).copysign(x)
}

/// asinh(x) and its derivative, for |x| < 1e108.
#[inline(always)]
pub fn asinh<const FUSED: bool>(x: f64) -> (f64, f64) {
    let t = x.abs();
    let root = (1.0 + t * t).sqrt();
    (log1p::<FUSED>(t + t * (t / (1.0 + root))).copysign(x), 1.0 / root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::special as sf;

    /// The greatest error in units of the last place over a range.
    fn units(f: impl Fn(f64) -> f64, want: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
        let at = |i: u32| from + (to - from) * f64::from(i) / 200_003.0;
        let off = |x: f64| (f(x) - want(x)).abs() / (want(x).abs() * f64::EPSILON).max(f64::MIN_POSITIVE);
        (0..=200_003).map(at).map(off).fold(0.0, f64::max)
    }

    #[test]
    fn a_few_units_in_the_last_place() {
        units_of::<false>();
        units_of::<true>();
    }

    fn units_of<const FUSED: bool>() {
        let checks = [
            ("exp", units(exp::<FUSED>, f64::exp, -708.0, 709.7), 1.5),
            ("exp near 0", units(exp::<FUSED>, f64::exp, -1.0, 1.0), 1.5),
            ("expm1", units(|x| expm1::<FUSED>(x).0, f64::exp_m1, -40.0, -1e-9), 2.5),
            ("expm1 above 0", units(|x| expm1::<FUSED>(x).0, f64::exp_m1, 1e-9, 705.0), 2.5),
            ("log", units(log::<FUSED>, f64::ln, 1e-300, 1e3), 1.5),
            ("log near 1", units(log::<FUSED>, f64::ln, 0.5, 2.0), 1.5),
            ("log1p", units(log1p_unit::<FUSED>, f64::ln_1p, 1e-9, 1.0), 2.0),
            ("log1p below 0", units(log1p::<FUSED>, f64::ln_1p, -0.999, -1e-9), 3.0),
            ("log1p far out", units(log1p::<FUSED>, f64::ln_1p, 1.0, 1e30), 2.0),
            ("tanh", units(|x| tanh::<FUSED>(x).0, f64::tanh, -20.0, 20.0), 3.5),
            ("sech2", units(|x| tanh::<FUSED>(x).1, sf::sech2, -300.0, 300.0), 4.5),
            ("sigmoid", units(|x| sigmoid::<FUSED>(x).0, sf::sigmoid, -700.0, 40.0), 3.0),
            ("softplus", units(|x| softplus::<FUSED>(x).0, sf::softplus, -700.0, 700.0), 3.0),
            ("Phi", units(|x| normal::<FUSED>(x).0, sf::normal_cdf, -37.0, 9.0), 12.0),
            ("erf", units(|x| erf::<FUSED>(x).0, libm::erf, -7.0, 7.0), 4.0),
            ("erf near 0", units(|x| erf::<FUSED>(x).0, libm::erf, 1e-300, 0.5), 4.0),
            ("atan", units(atan::<FUSED>, f64::atan, -30.0, 30.0), 2.0),
            ("atan far out", units(atan::<FUSED>, f64::atan, 1.0, 1e20), 2.0),
            ("asinh", units(|x| asinh::<FUSED>(x).0, f64::asinh, 1e-12, 40.0), 4.0),
            ("phi", units(|x| normal::<FUSED>(x).1, sf::phi, -37.0, 37.0), 4.0),
        ];
        let failed: Vec<_> = checks.iter().filter(|(_, found, most)| !(found <= most)).collect();
        println!("{checks:?}");
        assert!(failed.is_empty(), "{failed:?}");
    }

    #[test]
    fn the_ends_of_the_range() {
        assert_eq!((exp::<true>(-800.0), exp::<true>(800.0), exp::<true>(-745.0)), (0.0, f64::INFINITY, 5e-324));
        assert_eq!(
            (normal::<true>(-60.0).0, normal::<true>(60.0).0, tanh::<true>(1e9).0, tanh::<true>(-0.0).0),
            (0.0, 1.0, 1.0, 0.0)
        );
        assert_eq!(log::<true>(f64::INFINITY), f64::INFINITY);
        assert_eq!(
            (log1p::<true>(f64::INFINITY), log1p::<true>(-1.0), log1p::<true>(1e-300)),
            (f64::INFINITY, f64::NEG_INFINITY, 1e-300)
        );
        assert!(log1p::<true>(-2.0).is_nan() && log1p::<true>(f64::NAN).is_nan());
        assert!((log::<true>(5e-324) + 744.440_071_921_381_3).abs() < 1e-12);
    }
}
