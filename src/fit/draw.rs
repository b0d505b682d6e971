//! Random values of a model. `rand_distr` has most of these, but brings a feature of `num-traits` for which the whole algebra
//! system would be built anew; transformations of uniform numbers do.

use super::family::Family;
use super::model::Model;
use crate::numeric::special::normal_quantile;
use rand::Rng;
use rand::distr::Open01;
use rand_chacha::ChaCha8Rng;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, TAU};

/// Uniform between 0 and 1, the ends left out.
fn open(chance: &mut ChaCha8Rng) -> f64 {
    chance.sample(Open01)
}

/// Standard normal, by its quantile function.
fn normal(chance: &mut ChaCha8Rng) -> f64 {
    normal_quantile(open(chance))
}

/// Student's t with nu degrees of freedom: sqrt(nu (U^(-2/nu) - 1)) cos(2 pi V) (Bailey 1994).
fn student_t(nu: f64, chance: &mut ChaCha8Rng) -> f64 {
    let radius = (nu * (-2.0 / nu * open(chance).ln()).exp_m1()).sqrt();
    radius * (TAU * open(chance)).cos()
}

/// The logarithm of a gamma variable of shape k (Marsaglia and Tsang 2000), below shape 1 by that of shape k + 1.
fn log_gamma(k: f64, chance: &mut ChaCha8Rng) -> f64 {
    if k < 1.0 {
        return log_gamma(k + 1.0, chance) + open(chance).ln() / k;
    }
    let d = k - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = normal(chance);
        let v = (1.0 + c * z).powi(3);
        if v > 0.0 && open(chance).ln() < 0.5 * z * z + d * (1.0 - v + v.ln()) {
            return (d * v).ln();
        }
    }
}

/// With a random sign.
fn signed(size: f64, chance: &mut ChaCha8Rng) -> f64 {
    if chance.random::<bool>() { size } else { -size }
}

impl Model {
    /// A random value.
    pub fn draw(&self, chance: &mut ChaCha8Rng) -> f64 {
        if self.family == Family::Mixture {
            return self.draw_of_mixture(chance);
        }
        let (location, scale) = (self.at[0], self.at[1]);
        let shape = self.at.get(2).copied().unwrap_or(0.0);
        let z = match self.family {
            Family::Uniform => return location + (scale - location) * open(chance),
            Family::Logistic => {
                let u = open(chance);
                (u / (1.0 - u)).ln()
            }
            Family::Sech => FRAC_2_PI * (FRAC_PI_2 * open(chance)).tan().ln(),
            Family::Normal | Family::Mixture => normal(chance),
            Family::Laplace => signed(-open(chance).ln(), chance),
            Family::Gumbel => -(-open(chance).ln()).ln(),
            Family::StudentT => student_t(shape, chance),
            Family::SkewNormal => {
                let delta = shape / 1f64.hypot(shape);
                delta * normal(chance).abs() + (1.0 - delta * delta).max(0.0).sqrt() * normal(chance)
            }
            Family::GeneralizedNormal => signed((log_gamma(1.0 / shape, chance) / shape).exp(), chance),
        };
        location + scale * z
    }

    fn draw_of_mixture(&self, chance: &mut ChaCha8Rng) -> f64 {
        let mut left: f64 = chance.random();
        let mut drawn = 0.0;
        for part in self.parts() {
            drawn = part.mu + part.sigma * normal(chance);
            left -= part.weight;
            if left < 0.0 {
                break;
            }
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// Draws have the distribution that the model says: the distance of the distribution functions stays below the 1e-4
    /// quantile of Kolmogorov's distribution.
    #[test]
    fn draws_follow_the_masses() {
        let n = 20_000;
        for (family, at) in [
            (Family::Normal, vec![0.5, 2.0]),
            (Family::Logistic, vec![0.5, 2.0]),
            (Family::Laplace, vec![0.5, 2.0]),
            (Family::StudentT, vec![0.5, 2.0, 0.7]),
            (Family::StudentT, vec![0.5, 2.0, 60.0]),
            (Family::Sech, vec![0.5, 2.0]),
            (Family::Gumbel, vec![0.5, 2.0]),
            (Family::SkewNormal, vec![0.5, 2.0, -3.0]),
            (Family::Uniform, vec![0.5, 2.0]),
            (Family::GeneralizedNormal, vec![0.5, 2.0, 0.6]),
            (Family::GeneralizedNormal, vec![0.5, 2.0, 5.0]),
            (Family::Mixture, vec![0.3, -1.0, 0.5, 0.7, 1.0, 1.0]),
        ] {
            let model = Model { family, at, log_likelihood: 0.0, bound: None, errors: vec![] };
            let mut chance = ChaCha8Rng::seed_from_u64(5);
            let mut x: Vec<f64> = (0..n).map(|_| model.draw(&mut chance)).collect();
            x.sort_by(f64::total_cmp);
            let apart = |(i, v): (usize, &f64)| {
                let (below, above) = model.masses(*v);
                assert!((below + above - 1.0).abs() < 1e-12, "{family} at {v}");
                (below - (i as f64 + 0.5) / f64::from(n)).abs()
            };
            let distance = x.iter().enumerate().map(apart).fold(0.0, f64::max);
            assert!(distance * f64::from(n).sqrt() < 2.2, "{family}: {distance}");
        }
    }
}
