//! exp and log over slices, by the machine's vector instructions.

// A function handed over by name would be called, not inlined.
#![allow(clippy::redundant_closure)]

use super::lanes;
use pulp::{Arch, Simd, WithSimd};

/// Writes e^x of every x to `out`, which is as long.
pub(crate) fn exp(x: &[f64], out: &mut [f64]) {
    each(
        x,
        out,
        #[inline(always)]
        |x| lanes::exp(x),
    );
}

/// Writes log|x| of every x to `out`, which is as long; of numbers that are not subnormal, 0 or NaN.
pub(crate) fn log_abs(x: &[f64], out: &mut [f64]) {
    each(
        x,
        out,
        #[inline(always)]
        |x| lanes::log(x.abs()),
    );
}

fn each(x: &[f64], out: &mut [f64], f: impl Fn(f64) -> f64) {
    Arch::new().dispatch(Each { x, out, f });
}

/// A type of its own rather than a closure, which the compiler would not inline into the function that has the machine's
/// vector instructions.
struct Each<'a, F> {
    x: &'a [f64],
    out: &'a mut [f64],
    f: F,
}

impl<F: Fn(f64) -> f64> WithSimd for Each<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for (x, out) in self.x.iter().zip(self.out) {
            *out = (self.f)(*x);
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
