//! A member of a family: fitted to values, with masses on either side of a point, and random draws.

use super::family::Family;
use super::kernel::{self, Kernel};
use super::mixture::{self, Part};
use super::newton::{Maximum, maximum};
use super::owen::skew_normal_masses;
use super::{closed, power};
use crate::input::incomplete;
use crate::numeric::special::{normal_cdf, sigmoid};
use nalgebra::{Matrix2, Matrix3};
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, PI};

/// Where 1/nu of Student's t is looked for; below lies the normal limit.
const STUDENT: (f64, f64) = (1e-5, 10.0);
/// Where the slant of the skew normal is looked for; beyond lies the half normal limit.
const SLANT: (f64, f64) = (-1e3, 1e3);
/// Steps of a refit from the model that the values were drawn from.
const REFIT_STEPS: usize = 400;

/// What a parameter does when the values are moved and stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Location,
    Scale,
    Shape,
}

/// A distribution of a family, its parameters in the family's order; a mixture has (w, mu, sigma) of every part in turn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub family: Family,
    pub at: Vec<f64>,
    pub log_likelihood: f64,
    /// What the search ran into, if anything.
    pub bound: Option<&'static str>,
    /// Standard errors in the order of the parameters; none where the information gives none.
    pub errors: Vec<Option<f64>>,
}

/// The model of greatest likelihood over ascending values around 0 with a spread near 1; from `warm` alone where given, and
/// then without standard errors. None where the search fails.
pub(super) fn fit(family: Family, x: &[f64], seed: u64, warm: Option<&Model>) -> Option<Model> {
    let found = match family {
        Family::Normal | Family::Laplace | Family::Uniform => Some(in_closed_form(family, x)),
        Family::Logistic => location_scale::<kernel::Logistic>(family, x, quartile_start(x, 0.455), warm),
        Family::Sech => location_scale::<kernel::Sech>(family, x, quartile_start(x, 0.891), warm),
        Family::Gumbel => location_scale::<kernel::Gumbel>(family, x, gumbel_start(x), warm),
        Family::StudentT => student_t(x, warm),
        Family::SkewNormal => skew_normal(x, warm),
        Family::GeneralizedNormal => generalized_normal(x, warm),
        Family::Mixture => mixture_of_normals(x, seed, warm),
    };
    found.filter(|m| m.log_likelihood.is_finite() && m.at.iter().all(|v| v.is_finite()))
}

fn in_closed_form(family: Family, x: &[f64]) -> Model {
    let (at, log_likelihood) = match family {
        Family::Laplace => closed::laplace(x),
        Family::Uniform => closed::uniform(x),
        _ => closed::normal(x),
    };
    let root = (x.len() as f64).sqrt();
    let errors = match family {
        Family::Uniform => vec![None, None],
        // Of the Laplace distribution the expected information.
        Family::Laplace => vec![Some(at[1] / root); 2],
        _ => vec![Some(at[1] / root), Some(at[1] / (2f64.sqrt() * root))],
    };
    Model { family, at: at.to_vec(), log_likelihood, bound: None, errors }
}

/// The order statistic nearest to a quantile.
fn quantile(x: &[f64], p: f64) -> f64 {
    x[((p * x.len() as f64) as usize).min(x.len() - 1)]
}

/// The median and the distance of the quartiles times a factor; the standard deviation where the quartiles coincide.
fn quartile_start(x: &[f64], factor: f64) -> [f64; 3] {
    let spread = quantile(x, 0.75) - quantile(x, 0.25);
    let deviation = closed::normal(x).0[1];
    let s = if spread > 0.01 * deviation { factor * spread } else { 0.6 * deviation };
    [quantile(x, 0.5), s.ln(), 0.0]
}

/// By mean and variance.
fn gumbel_start(x: &[f64]) -> [f64; 3] {
    let ([mean, sigma], _) = closed::normal(x);
    let s = sigma * 6f64.sqrt() / PI;
    [mean - 0.577_215_664_9 * s, s.ln(), 0.0]
}

fn location_scale<K: Kernel>(family: Family, x: &[f64], start: [f64; 3], warm: Option<&Model>) -> Option<Model> {
    let start = warm.map_or(start, |m| [m.at[0], m.at[1].ln(), 0.0]);
    let found = maximum::<K>(x, &[start], (0.0, 0.0))?;
    let scale = found.at[1].exp();
    let [mu, lambda, _] = errors_of(&found, false);
    Some(Model {
        family,
        at: vec![found.at[0], scale],
        log_likelihood: found.likelihood.value,
        bound: None,
        errors: vec![mu, lambda.map(|e| e * scale)],
    })
}

/// Square roots of the diagonal of the inverse of the observed information, without the shape where it is bound or absent.
fn errors_of(found: &Maximum, shaped: bool) -> [Option<f64>; 3] {
    let information: Matrix3<f64> = -found.likelihood.hessian;
    let roots = |variances: &[f64]| -> Vec<Option<f64>> {
        variances.iter().map(|v| Some(v.sqrt()).filter(|e| e.is_finite() && *e > 0.0)).collect()
    };
    let all = if shaped {
        // Equilibrated, so that a nearly singular information shows.
        let size = information.diagonal().map(|d| d.abs().sqrt().max(1e-300));
        let scaled = Matrix3::from_fn(|i, j| information[(i, j)] / (size[i] * size[j]));
        let inverse = scaled.cholesky().map(|c| c.inverse()).filter(|c| c.diagonal().max() < 1e10);
        inverse.map(|c| roots(&[0, 1, 2].map(|i| c[(i, i)] / (size[i] * size[i]))))
    } else {
        let inner: Matrix2<f64> = information.fixed_view::<2, 2>(0, 0).into();
        inner.cholesky().map(|c| c.inverse()).map(|c| roots(&[c[(0, 0)], c[(1, 1)]]))
    };
    let all = all.unwrap_or_default();
    [0, 1, 2].map(|i| all.get(i).copied().flatten())
}

fn student_t(x: &[f64], warm: Option<&Model>) -> Option<Model> {
    let [mu, lambda, _] = quartile_start(x, 0.7);
    let starts = warm.map_or(vec![[mu, lambda, 0.2]], |m| vec![[m.at[0], m.at[1].ln(), 1.0 / m.at[2]]]);
    let found = maximum::<kernel::StudentT>(x, &starts, STUDENT)?;
    let (scale, nu) = (found.at[1].exp(), 1.0 / found.at[2]);
    let [mu, lambda, w] = errors_of(&found, !found.bound);
    Some(Model {
        family: Family::StudentT,
        at: vec![found.at[0], scale, nu],
        log_likelihood: found.likelihood.value,
        bound: found.bound.then_some(if nu > 1.0 {
            "nu is at the upper end of its range: the tails are no heavier than those of a normal distribution"
        } else {
            "nu is at the lower end of its range: the values gather at a point"
        }),
        errors: vec![mu, lambda.map(|e| e * scale), w.map(|e| e * nu * nu)],
    })
}

fn skew_normal(x: &[f64], warm: Option<&Model>) -> Option<Model> {
    let starts = warm.map_or_else(|| skew_starts(x), |m| vec![[m.at[0], m.at[1].ln(), m.at[2]]]);
    let found = maximum::<kernel::SkewNormal>(x, &starts, SLANT)?;
    let omega = found.at[1].exp();
    let [xi, lambda, alpha] = errors_of(&found, !found.bound);
    Some(Model {
        family: Family::SkewNormal,
        at: vec![found.at[0], omega, found.at[2]],
        log_likelihood: found.likelihood.value,
        bound: found.bound.then_some("alpha is at the end of its range: half a normal distribution fits as well"),
        errors: vec![xi, lambda.map(|e| e * omega), alpha],
    })
}

/// By the first three moments, slanted to either side: with no slant at all the likelihood is stationary.
fn skew_starts(x: &[f64]) -> Vec<[f64; 3]> {
    let ([mean, sigma], _) = closed::normal(x);
    let third = x.iter().map(|v| ((v - mean) / sigma).powi(3)).sum::<f64>() / x.len() as f64;
    let size = third.abs().clamp(0.02, 0.9).powf(2.0 / 3.0);
    let delta = (FRAC_PI_2 * size / (size + ((4.0 - PI) / 2.0).powf(2.0 / 3.0))).sqrt().min(0.99);
    let start = |delta: f64| {
        let omega = sigma / (1.0 - FRAC_2_PI * delta * delta).sqrt();
        [mean - omega * delta * FRAC_2_PI.sqrt(), omega.ln(), delta / (1.0 - delta * delta).sqrt()]
    };
    vec![start(delta.copysign(third)), start(-delta.copysign(third))]
}

fn generalized_normal(x: &[f64], warm: Option<&Model>) -> Option<Model> {
    let found = power::maximum(x, warm.map(|m| (m.at[0], m.at[2])))?;
    let bound = (found.beta <= power::RANGE.0 || found.beta >= power::RANGE.1).then_some(
        "beta is at the end of its range: the values gather at a point, or a uniform distribution fits as well",
    );
    let errors = if warm.is_some() { [None; 3] } else { power::standard_errors(x, &found) };
    Some(Model {
        family: Family::GeneralizedNormal,
        at: vec![found.mu, found.alpha, found.beta],
        log_likelihood: found.log_likelihood,
        bound,
        errors: if bound.is_some() { vec![errors[0], errors[1], None] } else { errors.to_vec() },
    })
}

fn mixture_of_normals(x: &[f64], seed: u64, warm: Option<&Model>) -> Option<Model> {
    let found = match warm {
        Some(m) => mixture::from_parts(x, &m.parts(), REFIT_STEPS),
        None => mixture::by_bic(x, seed).0,
    };
    let errors = if warm.is_some() || found.bound { None } else { mixture::standard_errors(x, &found.parts) };
    Some(Model {
        family: Family::Mixture,
        at: found.parts.iter().flat_map(|p| [p.weight, p.mu, p.sigma]).collect(),
        log_likelihood: found.log_likelihood,
        bound: found.bound.then_some("a part is as narrow as is allowed: the values gather at a point"),
        errors: match errors {
            Some(all) => all.into_iter().flatten().map(Some).collect(),
            None => vec![None; 3 * found.parts.len()],
        },
    })
}

impl Model {
    fn roles(&self) -> Vec<Role> {
        use Role::{Location, Scale, Shape};
        match self.family {
            Family::Uniform => vec![Location, Location],
            Family::Mixture => (0..self.at.len()).map(|i| [Shape, Location, Scale][i % 3]).collect(),
            _ => [Location, Scale, Shape].into_iter().take(self.at.len()).collect(),
        }
    }

    /// The parts of a mixture.
    pub fn parts(&self) -> Vec<Part> {
        let part = |c: &[f64]| Part { weight: c[0], mu: c[1], sigma: c[2] };
        self.at.chunks_exact(3).map(part).collect()
    }

    /// The model of centre + spread * x, `n` values being behind the likelihood.
    pub fn image(&self, centre: f64, spread: f64, n: usize) -> Model {
        let moved = |(v, role): (&f64, &Role)| match role {
            Role::Location => centre + spread * v,
            Role::Scale => spread * v,
            Role::Shape => *v,
        };
        let stretched = |(e, role): (&Option<f64>, &Role)| match role {
            Role::Location | Role::Scale => e.map(|e| spread * e),
            Role::Shape => *e,
        };
        let roles = self.roles();
        Model {
            at: self.at.iter().zip(&roles).map(moved).collect(),
            errors: self.errors.iter().zip(&roles).map(stretched).collect(),
            log_likelihood: self.log_likelihood - n as f64 * spread.ln(),
            ..self.clone()
        }
    }

    /// How many numbers were chosen: the weights of a mixture sum to 1.
    pub fn freedom(&self) -> usize {
        self.at.len() - usize::from(self.family == Family::Mixture)
    }

    /// P(U <= x) and P(U > x).
    pub fn masses(&self, x: f64) -> (f64, f64) {
        if self.family == Family::Mixture {
            let z = |p: &Part| (x - p.mu) / p.sigma;
            let sum = |sign: f64| self.parts().iter().map(|p| p.weight * normal_cdf(sign * z(p))).sum();
            return (sum(1.0), sum(-1.0));
        }
        let (location, scale) = (self.at[0], self.at[1]);
        let shape = self.at.get(2).copied().unwrap_or(0.0);
        let z = (x - location) / scale;
        let sided = |tail: f64| if z < 0.0 { (tail, 1.0 - tail) } else { (1.0 - tail, tail) };
        match self.family {
            Family::Normal | Family::Mixture => (normal_cdf(z), normal_cdf(-z)),
            Family::Logistic => (sigmoid(z), sigmoid(-z)),
            Family::Laplace => sided(0.5 * (-z.abs()).exp()),
            Family::StudentT => sided(student_tail(z, shape)),
            Family::Sech => sided(FRAC_2_PI * (-FRAC_PI_2 * z.abs()).exp().atan()),
            Family::Gumbel => ((-(-z).exp()).exp(), -(-(-z).exp()).exp_m1()),
            Family::SkewNormal => skew_normal_masses(z, shape),
            Family::Uniform => {
                let share = |v: f64| (v / (self.at[1] - self.at[0])).clamp(0.0, 1.0);
                (share(x - self.at[0]), share(self.at[1] - x))
            }
            Family::GeneralizedNormal => sided(0.5 * incomplete::gamma_of_power(shape, z.abs()).1),
        }
    }
}

/// P(T > |z|) with nu degrees of freedom.
fn student_tail(z: f64, nu: f64) -> f64 {
    let root = nu.sqrt();
    let r = root.hypot(z);
    0.5 * incomplete::beta(0.5 * nu, 0.5, (root / r).powi(2), (z / r).powi(2)).0
}
