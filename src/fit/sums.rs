//! The log-likelihood of location and scale with its gradient and Hessian, summed over the values in one pass by the
//! machine's vector instructions.
//!
//! With z = (x - mu)/s, lambda = log s and g the logarithm of the standard density, l = -lambda + g(z; e) per value, and
//! l_mu = -g_z/s, l_lambda = -1 - z g_z, l_mumu = g_zz/s^2, l_mulambda = (g_z + z g_zz)/s, l_lambdalambda = z g_z + z^2 g_zz,
//! l_mue = -g_ze/s, l_lambdae = -z g_ze.

use super::kernel::Kernel;
use nalgebra::{Matrix3, Vector3};
use pulp::{Arch, Simd, WithSimd};

/// Values per block: as many partial sums run side by side.
const BLOCK: usize = 64;
/// The sums over a block are added up once in so many blocks, which keeps the rounding of long sums small.
const GATHER: usize = 64;
/// g, g_z, z g_z, g_zz, z g_zz, z^2 g_zz, g_e, g_ze, z g_ze, g_ee
const TERMS: usize = 10;

/// Log-likelihood, gradient and Hessian by (mu, log s, e).
#[derive(Debug, Clone, Copy)]
pub(super) struct Likelihood {
    pub value: f64,
    pub gradient: Vector3<f64>,
    pub hessian: Matrix3<f64>,
}

/// At location `mu`, scale e^lambda and the kernel's shape.
pub(super) fn likelihood<K: Kernel>(kernel: K, x: &[f64], mu: f64, lambda: f64) -> Likelihood {
    let inverse = (-lambda).exp();
    let s = Arch::new().dispatch(Pass { kernel, x, mu, inverse });
    let n = x.len() as f64;
    let [g, z, zz1, zz, z_zz, z2_zz, e, ze, z_ze, ee] = s;
    let (mu_e, lambda_e) = (-inverse * ze, -z_ze);
    let mu_lambda = inverse * (z + z_zz);
    Likelihood {
        value: g - n * lambda,
        gradient: Vector3::new(-inverse * z, -n - zz1, e),
        hessian: Matrix3::new(
            inverse * inverse * zz,
            mu_lambda,
            mu_e,
            mu_lambda,
            zz1 + z2_zz,
            lambda_e,
            mu_e,
            lambda_e,
            ee,
        ),
    }
}

struct Pass<'a, K> {
    kernel: K,
    x: &'a [f64],
    mu: f64,
    inverse: f64,
}

type Partial = [[f64; BLOCK]; TERMS];

impl<K: Kernel> WithSimd for Pass<'_, K> {
    type Output = [f64; TERMS];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> [f64; TERMS] {
        if S::IS_SCALAR { self.run::<false>() } else { self.run::<true>() }
    }
}

impl<K: Kernel> Pass<'_, K> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) -> [f64; TERMS] {
        let mut total = [0.0; TERMS];
        for stretch in self.x.chunks(BLOCK * GATHER) {
            let mut partial: Partial = [[0.0; BLOCK]; TERMS];
            let blocks = stretch.chunks_exact(BLOCK);
            let rest = blocks.remainder();
            for block in blocks {
                self.add::<FUSED>(block, &mut partial);
            }
            for (total, partial) in total.iter_mut().zip(&partial) {
                *total += partial.iter().sum::<f64>();
            }
            for x in rest {
                let mut alone: Partial = [[0.0; BLOCK]; TERMS];
                self.add::<FUSED>(std::slice::from_ref(x), &mut alone);
                for (total, alone) in total.iter_mut().zip(&alone) {
                    *total += alone[0];
                }
            }
        }
        total
    }
}

impl<K: Kernel> Pass<'_, K> {
    #[inline(always)]
    fn add<const FUSED: bool>(&self, block: &[f64], partial: &mut Partial) {
        let [g, z1, zz1, zz, z_zz, z2_zz, e, ze, z_ze, ee] = partial;
        for (i, x) in block.iter().enumerate().take(BLOCK) {
            let z = (x - self.mu) * self.inverse;
            let jet = self.kernel.at::<FUSED>(z);
            g[i] += jet.g;
            z1[i] += jet.z;
            zz1[i] += z * jet.z;
            zz[i] += jet.zz;
            z_zz[i] += z * jet.zz;
            z2_zz[i] += z * z * jet.zz;
            if K::SHAPED {
                e[i] += jet.e;
                ze[i] += jet.ze;
                z_ze[i] += z * jet.ze;
                ee[i] += jet.ee;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::{SkewNormal, StudentT};
    use super::*;

    /// Gradient and Hessian against differences, over a number of values that is no multiple of a block.
    #[test]
    fn derivatives() {
        fn check<K: Kernel>(shape: f64) {
            let x: Vec<f64> = (0..5003).map(|i| (f64::from(i) * 0.618).fract() * 6.0 - 2.0).collect();
            let at = |p: [f64; 3]| likelihood(K::of(p[2]), &x, p[0], p[1]);
            let point = [0.3, 0.2, shape];
            let here = at(point);
            for i in 0..3 {
                let h = 1e-5;
                let moved = |step: f64| {
                    let mut p = point;
                    p[i] += step;
                    at(p)
                };
                let (up, down) = (moved(h), moved(-h));
                let slope = (up.value - down.value) / (2.0 * h);
                assert!(
                    (here.gradient[i] - slope).abs() < 1e-6 * slope.abs() + 1e-4,
                    "{i}: {} {slope}",
                    here.gradient[i]
                );
                for j in 0..3 {
                    let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * h);
                    let got = here.hessian[(i, j)];
                    assert!((got - bend).abs() < 1e-6 * bend.abs() + 1e-3, "{i} {j}: {got} {bend}");
                }
            }
        }
        check::<StudentT>(0.3);
        check::<SkewNormal>(2.0);
    }
}
