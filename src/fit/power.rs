//! The maximum of the likelihood of generalized normal distributions. With S = SUM |x - mu|^beta the best scale is
//! alpha = (beta S/n)^(1/beta); the location, to which scale and shape are orthogonal, and the shape are found in turn.

use super::kernel::trigamma;
use super::newton::thinned;
use crate::numeric::lanes;
use argmin::core::{CostFunction, Executor, State};
use argmin::solver::brent::BrentOpt;
use libm::lgamma;
use nalgebra::{Matrix2, Vector2};
use pulp::{Arch, Simd, WithSimd};
use statrs::function::gamma::digamma;
use std::f64::consts::LN_2;

/// Where the shape is looked for.
pub(super) const RANGE: (f64, f64) = (0.05, 1e4);
/// Values of a first search.
const SAMPLE: usize = 4096;
/// Rounds of location and shape in turn, and the rise in nats that ends them.
const ROUNDS: usize = 60;
const RISE: f64 = 1e-9;
const BLOCK: usize = 64;
/// Neighbours that are tried as location below shape 1, where the likelihood has a cusp at every value.
const NEIGHBOURS: usize = 24;

/// A maximum of the likelihood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Power {
    pub mu: f64,
    pub alpha: f64,
    pub beta: f64,
    pub log_likelihood: f64,
}

/// The sums of y, y L and y L^2 over the values, y = (|x - mu|/r)^beta and L = log(|x - mu|/r), where r is the distance of the
/// farthest value; and log r. So no power leaves the range of a double.
fn sums(x: &[f64], mu: f64, beta: f64) -> ([f64; 3], f64) {
    let end = |x: Option<&f64>| x.map_or(0.0, |x| (x - mu).abs());
    let farthest = end(x.first()).max(end(x.last())).max(f64::MIN_POSITIVE);
    (Arch::new().dispatch(Pass { x, mu, beta, unit: 1.0 / farthest }), farthest.ln())
}

struct Pass<'a> {
    x: &'a [f64],
    mu: f64,
    beta: f64,
    unit: f64,
}

impl WithSimd for Pass<'_> {
    type Output = [f64; 3];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> [f64; 3] {
        if S::IS_SCALAR { self.run::<false>() } else { self.run::<true>() }
    }
}

impl Pass<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) -> [f64; 3] {
        let mut total = [0.0; 3];
        for stretch in self.x.chunks(64 * BLOCK) {
            let mut partial = [[0.0; BLOCK]; 3];
            for block in stretch.chunks(BLOCK) {
                let [y0, y1, y2] = &mut partial;
                for (i, x) in block.iter().enumerate().take(BLOCK) {
                    // A value at the location adds 0 to every sum; 1e-300 stands for it in the logarithm.
                    let distance = (x - self.mu).abs() * self.unit;
                    let distance = if distance > 1e-300 { distance } else { 1e-300 };
                    let log = lanes::log::<FUSED>(distance);
                    let y = lanes::exp::<FUSED>(self.beta * log);
                    let y = if distance > 1e-300 { y } else { 0.0 };
                    y0[i] += y;
                    y1[i] += y * log;
                    y2[i] += y * log * log;
                }
            }
            for (total, partial) in total.iter_mut().zip(&partial) {
                *total += partial.iter().sum::<f64>();
            }
        }
        total
    }
}

/// The log-likelihood of n values at the best scale, and the logarithm of that.
fn profile(n: f64, sum: f64, log_unit: f64, beta: f64) -> (f64, f64) {
    let log_alpha = log_unit + (beta * sum / n).ln() / beta;
    (n * (beta.ln() - LN_2 - log_alpha - lgamma(1.0 / beta) - 1.0 / beta), log_alpha)
}

/// The best scale and shape at a location, by Newton's method in the shape, the scale eliminated.
fn shape(x: &[f64], mu: f64, start: f64) -> Option<Power> {
    let n = x.len() as f64;
    let at = |beta: f64| {
        let (s, log_unit) = sums(x, mu, beta);
        let (value, log_alpha) = profile(n, s[0], log_unit, beta);
        let (gradient, hessian) = derivatives(n, &s, log_alpha - log_unit, beta);
        // The scale maximises: the slope along the profile is the partial one.
        let bend = hessian[(1, 1)] - hessian[(0, 1)].powi(2) / hessian[(0, 0)];
        (value, gradient[1], bend, log_alpha)
    };
    let mut beta = start;
    let mut here = at(beta);
    for _ in 0..80 {
        let (value, slope, bend, log_alpha) = here;
        if !value.is_finite() {
            return None;
        }
        let by_log = (slope * beta, bend * beta * beta + slope * beta);
        let step = if by_log.1 < 0.0 { -by_log.0 / by_log.1 } else { by_log.0.signum() };
        let step = step.clamp(-1.0, 1.0);
        let done = Some(Power { mu, alpha: log_alpha.exp(), beta, log_likelihood: value });
        let next = |length: f64| (beta * (length * step).exp()).clamp(RANGE.0, RANGE.1);
        if (by_log.0 * step).abs() < RISE || next(1.0) == beta {
            return done;
        }
        let tried = (0..30).map(|k| next(0.5f64.powi(k))).map(|beta| (beta, at(beta)));
        let better = tried.into_iter().find(|(_, there)| there.0 >= value - 1e-13 * value.abs());
        let Some((next, there)) = better else { return done };
        (beta, here) = (next, there);
    }
    None
}

/// Gradient and Hessian of the log-likelihood by (log alpha, beta), alpha in the unit of the sums.
fn derivatives(n: f64, s: &[f64; 3], log_alpha: f64, beta: f64) -> (Vector2<f64>, Matrix2<f64>) {
    // In units of alpha: |z|^beta and log |z|.
    let unit = (-beta * log_alpha).exp();
    let y = unit * s[0];
    let yl = unit * (s[1] - log_alpha * s[0]);
    let yll = unit * (s[2] - 2.0 * log_alpha * s[1] + log_alpha * log_alpha * s[0]);
    let i = 1.0 / beta;
    let gradient = Vector2::new(beta * y - n, n * (i + digamma(i) * i * i) - yl);
    let mixed = y + beta * yl;
    let bend = -n * (i * i + 2.0 * digamma(i) * i.powi(3) + trigamma(i) * i.powi(4)) - yll;
    (gradient, Matrix2::new(-beta * beta * y, mixed, mixed, bend))
}

/// The logarithm of (SUM |x - mu|^beta)^(1/beta) as a function of the location.
struct Spread<'a> {
    x: &'a [f64],
    beta: f64,
}

impl Spread<'_> {
    fn at(&self, mu: f64) -> f64 {
        let (s, log_unit) = sums(self.x, mu, self.beta);
        log_unit + s[0].ln() / self.beta
    }
}

impl CostFunction for Spread<'_> {
    type Param = f64;
    type Output = f64;
    fn cost(&self, mu: &f64) -> Result<f64, argmin::core::Error> {
        Ok(self.at(*mu))
    }
}

/// The best location for a shape within `reach` of one; below shape 1 it is one of the values.
fn location(x: &[f64], p: &Power, reach: f64) -> f64 {
    let spread = Spread { x, beta: p.beta };
    let solver = BrentOpt::new(p.mu - reach, p.mu + reach).set_tolerance(1e-9, 1e-9 * p.alpha);
    let run = Executor::new(Spread { x, beta: p.beta }, solver).configure(|s| s.max_iters(60)).run();
    let found = run.ok().and_then(|r| r.state.get_best_param().copied()).unwrap_or(p.mu);
    let mut candidates = vec![p.mu, found];
    if p.beta <= 1.0 {
        let near = x.partition_point(|v| *v < found);
        candidates.extend(&x[near.saturating_sub(NEIGHBOURS)..(near + NEIGHBOURS).min(x.len())]);
    }
    let costs = candidates.into_iter().map(|mu| (spread.at(mu), mu)).filter(|c| c.0.is_finite());
    costs.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(p.mu, |best| best.1)
}

/// Location and shape in turn until the likelihood rises no more.
fn alternate(x: &[f64], start: Power) -> Option<Power> {
    let mut p = shape(x, start.mu, start.beta)?;
    let mut reach = p.alpha;
    for _ in 0..ROUNDS {
        let mu = location(x, &p, reach);
        let next = shape(x, mu, p.beta)?;
        let rise = next.log_likelihood - p.log_likelihood;
        reach = (4.0 * (mu - p.mu).abs()).clamp(1e-6 * p.alpha, p.alpha);
        if !(rise > 0.0) {
            break;
        }
        p = next;
        if rise < RISE {
            break;
        }
    }
    Some(p)
}

/// The highest maximum over ascending values from starts at their median, mean and middle.
pub(super) fn maximum(x: &[f64], warm: Option<(f64, f64)>) -> Option<Power> {
    let few = thinned(x, SAMPLE);
    let middle = few[few.len() / 2];
    let mean = few.iter().sum::<f64>() / few.len() as f64;
    let ends = 0.5 * (few[0] + few[few.len() - 1]);
    let starts = warm.map_or(vec![(middle, 1.0), (mean, 2.0), (ends, 8.0)], |w| vec![w]);
    let begin = |(mu, beta)| alternate(&few, Power { mu, alpha: 1.0, beta, log_likelihood: f64::NAN });
    let found = starts.into_iter().filter_map(begin);
    let best = found.max_by(|a, b| a.log_likelihood.total_cmp(&b.log_likelihood))?;
    if few.len() == x.len() { Some(best) } else { alternate(x, best) }
}

/// Standard errors of (mu, alpha, beta): the expected information of the location, which the observed one has not below
/// shape 2, where its terms have no finite mean or variance; the observed information of scale and shape. The location has
/// none up to shape 1/2.
pub(super) fn standard_errors(x: &[f64], p: &Power) -> [Option<f64>; 3] {
    let n = x.len() as f64;
    let i = 1.0 / p.beta;
    let factor = 2.0 * (p.beta.ln() - p.alpha.ln()) + lgamma(2.0 - i) - lgamma(i);
    let mu = (p.beta > 0.5).then(|| (-0.5 * (factor + n.ln())).exp());
    let (s, log_unit) = sums(x, p.mu, p.beta);
    let (_, hessian) = derivatives(n, &s, p.alpha.ln() - log_unit, p.beta);
    let covariance = (-hessian).try_inverse().filter(|c| c[(0, 0)] > 0.0 && c[(1, 1)] > 0.0);
    let inner = |k: usize| covariance.map(|c| c[(k, k)].sqrt());
    [mu, inner(0).map(|e| e * p.alpha), inner(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_and_shape_derivatives() {
        let x: Vec<f64> = (0..1001).map(|i| ((f64::from(i) + 0.5) / 1001.0 - 0.5) * 5.0).collect();
        let n = x.len() as f64;
        let value = |log_alpha: f64, beta: f64| {
            let (s, log_unit) = sums(&x, 0.1, beta);
            let y = (beta * (log_unit - log_alpha)).exp() * s[0];
            n * (beta.ln() - LN_2 - log_alpha - lgamma(1.0 / beta)) - y
        };
        for (log_alpha, beta) in [(0.2, 0.7), (-0.1, 1.5), (0.4, 3.0)] {
            let at = |a: f64, b: f64| {
                let (s, log_unit) = sums(&x, 0.1, b);
                derivatives(n, &s, a - log_unit, b)
            };
            let (gradient, hessian) = at(log_alpha, beta);
            let h = 1e-5;
            let by_alpha = (value(log_alpha + h, beta) - value(log_alpha - h, beta)) / (2.0 * h);
            let by_beta = (value(log_alpha, beta + h) - value(log_alpha, beta - h)) / (2.0 * h);
            let (up, down) = (at(log_alpha, beta + h).0, at(log_alpha, beta - h).0);
            let bends = (up - down) / (2.0 * h);
            let (up, down) = (at(log_alpha + h, beta).0, at(log_alpha - h, beta).0);
            let along = (up[0] - down[0]) / (2.0 * h);
            for (got, want) in [
                (gradient[0], by_alpha),
                (gradient[1], by_beta),
                (hessian[(0, 1)], bends[0]),
                (hessian[(1, 1)], bends[1]),
                (hessian[(0, 0)], along),
            ] {
                assert!((got - want).abs() < 1e-6 * want.abs() + 1e-4, "{got} {want}");
            }
        }
    }
}
