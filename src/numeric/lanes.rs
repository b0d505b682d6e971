//! exp, log and their kin on blocks of doubles, free of branches so that the compiler makes vectors of them.
//!
//! Each is good to a few units in the last place (the tests say how many) for finite arguments; what is not finite the
//! caller looks after. exp: Cody and Waite's reduction and a Taylor polynomial; log: the fdlibm polynomial; erfc: Cody 1969.

// The coefficients stand as they were published.
#![allow(clippy::excessive_precision)]

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E};

/// 1.5 2^52: adding it rounds to an integer, left in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// (e^r - 1, n) where x = n ln 2 + r, for -745 <= x <= 710.
#[inline(always)]
fn reduced(x: f64) -> (f64, i64) {
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let mut p = 1.0 / 6_227_020_800.0;
    for c in [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
    ] {
        p = p * r + c;
    }
    (r + r * r * p, (shifted.to_bits() as i64).wrapping_sub(ROUND.to_bits() as i64))
}

/// 2^n for -1022 <= n <= 1023.
#[inline(always)]
fn power_of_two(n: i64) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// e^x
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let inside = if x < -746.0 { -746.0 } else { x };
    let inside = if inside > 710.0 { 710.0 } else { inside };
    let (q, n) = reduced(inside);
    // In two steps, for results near both ends of the range.
    let half = ((n + 4096) >> 1) - 2048;
    (1.0 + q) * power_of_two(half) * power_of_two(n - half)
}

/// e^x - 1 for x <= 0.
#[inline(always)]
pub fn expm1_negative(x: f64) -> f64 {
    let inside = if x < -60.0 { -60.0 } else { x };
    let (q, n) = reduced(inside);
    let scale = power_of_two(n);
    scale * q + (scale - 1.0)
}

/// log(x) for positive x, infinity included: an argument may have overflowed.
#[inline(always)]
pub fn log(x: f64) -> f64 {
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
    let mut p = 1.479_819_860_511_658_6e-1;
    for c in [
        1.531_383_769_920_937_3e-1,
        1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1,
        2.857_142_874_366_239_15e-1,
        3.999_999_999_940_941_9e-1,
        6.666_666_666_666_735_1e-1,
    ] {
        p = p * z + c;
    }
    let half = 0.5 * f * f;
    let value = k * LN2_HIGH - ((half - (s * (half + z * p) + k * LN2_LOW)) - f);
    if infinite { f64::INFINITY } else { value }
}

/// log(1 + x) for 0 <= x <= 1.
#[inline(always)]
pub fn log1p_unit(x: f64) -> f64 {
    let w = 1.0 + x;
    log(w) + (x - (w - 1.0)) / w
}

/// log(1 + x)
#[inline(always)]
pub fn log1p(x: f64) -> f64 {
    let w = 1.0 + x;
    let lost = if w == f64::INFINITY { 0.0 } else { (x - (w - 1.0)) / w };
    let value = log(w) + lost;
    let end = if x == -1.0 { f64::NEG_INFINITY } else { f64::NAN };
    if x > -1.0 { value } else { end }
}

/// e^(-x^2/2), the rounding of the square made good.
#[inline(always)]
pub fn bell(x: f64) -> f64 {
    let x = if x.abs() > 40.0 { 40.0 } else { x };
    let square = x * x;
    let split = 134_217_729.0 * x;
    let high = split - (split - x);
    let low = x - high;
    let lost = ((high * high - square) + 2.0 * high * low) + low * low;
    exp(-0.5 * square) * (1.0 - 0.5 * lost)
}

/// tanh(x) and 1 - tanh(x)^2.
#[inline(always)]
pub fn tanh(x: f64) -> (f64, f64) {
    let e = expm1_negative(-2.0 * x.abs());
    let t = exp(-2.0 * x.abs());
    ((-e / (2.0 + e)).copysign(x), 4.0 * t / ((1.0 + t) * (1.0 + t)))
}

/// sigmoid(x) and its derivative.
#[inline(always)]
pub fn sigmoid(x: f64) -> (f64, f64) {
    let t = exp(-x.abs());
    let over = 1.0 / (1.0 + t);
    (if x >= 0.0 { over } else { t * over }, t * over * over)
}

/// log(1 + e^x) and its derivative.
#[inline(always)]
pub fn softplus(x: f64) -> (f64, f64) {
    let t = exp(-x.abs());
    let over = 1.0 / (1.0 + t);
    (x.max(0.0) + log1p_unit(t), if x >= 0.0 { over } else { t * over })
}

#[inline(always)]
fn quotient<const N: usize>(x: f64, above: [f64; N], below: [f64; N]) -> f64 {
    let (mut p, mut q) = (above[0], below[0]);
    for i in 1..N {
        p = p * x + above[i];
        q = q * x + below[i];
    }
    p / q
}

/// Phi(x) and phi(x), the standard normal distribution function and density.
#[inline(always)]
pub fn normal(x: f64) -> (f64, f64) {
    let bell = bell(x);
    let y = (x * FRAC_1_SQRT_2).abs();
    let near = y.min(0.5);
    let square = near * near;
    let erf = near
        * quotient(
            square,
            [
                1.857_777_061_846_031_53e-1,
                3.161_123_743_870_565_6,
                1.138_641_541_510_501_56e2,
                3.774_852_376_853_020_2e2,
                3.209_377_589_138_469_47e3,
            ],
            [
                1.0,
                2.360_129_095_234_412_1e1,
                2.440_246_379_344_441_73e2,
                1.282_616_526_077_372_28e3,
                2.844_236_833_439_170_6e3,
            ],
        );
    let middle = y.clamp(0.46875, 4.0);
    let between = quotient(
        middle,
        [
            2.153_115_354_744_038_46e-8,
            5.641_884_969_886_700_9e-1,
            8.883_149_794_388_375_9,
            6.611_919_063_714_163e1,
            2.986_351_381_974_001_3e2,
            8.819_522_212_417_690_9e2,
            1.712_047_612_634_070_58e3,
            2.051_078_377_826_071_47e3,
            1.230_339_354_797_997_25e3,
        ],
        [
            1.0,
            1.574_492_611_070_983_5e1,
            1.176_939_508_913_124_99e2,
            5.371_811_018_620_098_6e2,
            1.621_389_574_566_690_2e3,
            3.290_799_235_733_459_6e3,
            4.362_619_090_143_247e3,
            3.439_367_674_143_721_6e3,
            1.230_339_354_803_749_4e3,
        ],
    );
    let far = y.max(4.0);
    let inverse = 1.0 / (far * far);
    let rest = inverse
        * quotient(
            inverse,
            [
                1.631_538_713_730_209_8e-2,
                3.053_266_349_612_323_4e-1,
                3.603_448_999_498_044_4e-1,
                1.257_817_261_112_292_5e-1,
                1.608_378_514_874_228e-2,
                6.587_491_615_298_378e-4,
            ],
            [
                1.0,
                2.568_520_192_289_822,
                1.872_952_849_923_460_5,
                5.279_051_029_514_284e-1,
                6.051_834_131_244_132e-2,
                2.335_204_976_268_691_8e-3,
            ],
        );
    let beyond = (5.641_895_835_477_563e-1 - rest) / far;
    let tail = 0.5 * bell * if y <= 4.0 { between } else { beyond };
    let lower = if y <= 0.46875 { 0.5 - 0.5 * erf } else { tail };
    let cdf = if x > 0.0 { if y <= 0.46875 { 0.5 + 0.5 * erf } else { 1.0 - tail } } else { lower };
    (cdf, 0.398_942_280_401_432_7 * bell)
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
        let checks = [
            ("exp", units(exp, f64::exp, -708.0, 709.7), 1.5),
            ("exp near 0", units(exp, f64::exp, -1.0, 1.0), 1.5),
            ("expm1", units(expm1_negative, f64::exp_m1, -40.0, -1e-9), 2.5),
            ("log", units(log, f64::ln, 1e-300, 1e3), 1.5),
            ("log near 1", units(log, f64::ln, 0.5, 2.0), 1.5),
            ("log1p", units(log1p_unit, f64::ln_1p, 1e-9, 1.0), 2.0),
            ("log1p below 0", units(log1p, f64::ln_1p, -0.999, -1e-9), 3.0),
            ("log1p far out", units(log1p, f64::ln_1p, 1.0, 1e30), 2.0),
            ("tanh", units(|x| tanh(x).0, f64::tanh, -20.0, 20.0), 3.5),
            ("sech2", units(|x| tanh(x).1, sf::sech2, -300.0, 300.0), 4.0),
            ("sigmoid", units(|x| sigmoid(x).0, sf::sigmoid, -700.0, 40.0), 3.0),
            ("softplus", units(|x| softplus(x).0, sf::softplus, -700.0, 700.0), 3.0),
            ("Phi", units(|x| normal(x).0, sf::normal_cdf, -37.0, 9.0), 12.0),
            ("phi", units(|x| normal(x).1, sf::phi, -37.0, 37.0), 4.0),
        ];
        let failed: Vec<_> = checks.iter().filter(|(_, found, most)| !(found <= most)).collect();
        println!("{checks:?}");
        assert!(failed.is_empty(), "{failed:?}");
    }

    #[test]
    fn the_ends_of_the_range() {
        assert_eq!((exp(-800.0), exp(800.0), exp(-745.0)), (0.0, f64::INFINITY, 5e-324));
        assert_eq!((normal(-60.0).0, normal(60.0).0, tanh(1e9).0, tanh(-0.0).0), (0.0, 1.0, 1.0, 0.0));
        assert_eq!(log(f64::INFINITY), f64::INFINITY);
        assert_eq!((log1p(f64::INFINITY), log1p(-1.0), log1p(1e-300)), (f64::INFINITY, f64::NEG_INFINITY, 1e-300));
        assert!(log1p(-2.0).is_nan() && log1p(f64::NAN).is_nan());
        assert!((log(5e-324) + 744.440_071_921_381_3).abs() < 1e-12);
    }
}
