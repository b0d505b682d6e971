//! Maxima of the likelihood in closed form: normal, Laplace, uniform. Values ascend.

use crate::samples::Moments;
use std::f64::consts::{E, TAU};

/// (mu, sigma) of the normal distribution and the log-likelihood.
pub(super) fn normal(x: &[f64]) -> ([f64; 2], f64) {
    let n = x.len() as f64;
    let moments = Moments::of(x);
    let (mean, variance) = (moments.mean().unwrap_or(f64::NAN), moments.variance().unwrap_or(f64::NAN));
    ([mean, variance.sqrt()], -0.5 * n * (TAU * E * variance).ln())
}

/// (mu, b) of the Laplace distribution, the median and the mean distance from it, and the log-likelihood.
pub(super) fn laplace(x: &[f64]) -> ([f64; 2], f64) {
    let n = x.len();
    let middle = 0.5 * (x[(n - 1) / 2] + x[n / 2]);
    let b = x.iter().map(|v| (v - middle).abs()).sum::<f64>() / n as f64;
    ([middle, b], -(n as f64) * (2.0 * E * b).ln())
}

/// (a, b) of the uniform distribution, the least and the greatest value, and the log-likelihood.
pub(super) fn uniform(x: &[f64]) -> ([f64; 2], f64) {
    let (a, b) = (x[0], x[x.len() - 1]);
    ([a, b], -(x.len() as f64) * (b - a).ln())
}
