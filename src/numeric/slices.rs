//! exp and log over slices, by the machine's vector instructions.

use super::lanes;
use pulp::{Arch, Simd, WithSimd};

/// Writes e^x of every x to `out`, which is as long.
pub(crate) fn exp(x: &[f64], out: &mut [f64]) {
    Arch::new().dispatch(Exp(x, out));
}

/// Writes log|x| of every x to `out`, which is as long; of numbers that are not subnormal, 0 or NaN.
pub(crate) fn log_abs(x: &[f64], out: &mut [f64]) {
    Arch::new().dispatch(LogAbs(x, out));
}

/// Types of their own rather than closures, which the compiler would not inline into the function that has the machine's
/// vector instructions.
struct Exp<'a>(&'a [f64], &'a mut [f64]);
struct LogAbs<'a>(&'a [f64], &'a mut [f64]);

impl WithSimd for Exp<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let pairs = self.0.iter().zip(self.1);
        if S::IS_SCALAR {
            for (x, out) in pairs {
                *out = lanes::exp::<false>(*x);
            }
        } else {
            for (x, out) in pairs {
                *out = lanes::exp::<true>(*x);
            }
        }
    }
}

impl WithSimd for LogAbs<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let pairs = self.0.iter().zip(self.1);
        if S::IS_SCALAR {
            for (x, out) in pairs {
                *out = lanes::log::<false>(x.abs());
            }
        } else {
            for (x, out) in pairs {
                *out = lanes::log::<true>(x.abs());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_one_by_one() {
        let x: Vec<f64> = (0..1001).map(|i| 0.7 * f64::from(i) - 350.3).collect();
        let mut out = vec![f64::NAN; x.len()];
        exp(&x, &mut out);
        assert!(x.iter().zip(&out).all(|(x, y)| (y / x.exp() - 1.0).abs() < 1e-15));
        log_abs(&x, &mut out);
        assert!(x.iter().zip(&out).all(|(x, y)| (y - x.abs().ln()).abs() <= 4e-16 * x.abs().ln().abs()));
    }
}
