//! The maximum of a likelihood in location, logarithm of the scale and shape by Newton's method, kept in bounds of the shape
//! and made to rise at every step.

use super::kernel::Kernel;
use super::sums::{Likelihood, likelihood};
use nalgebra::{Matrix3, Vector3};

/// Newton's decrement, in nats, below which a point is the maximum.
const DECREMENT: f64 = 1e-10;
const MOST_STEPS: usize = 200;
/// The longest step of log s and the shortest fraction of a step tried.
const LONGEST: f64 = 2.0;
const SHORTEST: f64 = 1e-9;
/// Values of a first search; the rest only polishes what it found.
const SAMPLE: usize = 8192;

/// A maximum: (mu, log s, shape), the likelihood there, and whether the shape lies at an end of its range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maximum {
    pub at: Vector3<f64>,
    pub likelihood: Likelihood,
    pub bound: bool,
}

/// From each start in turn, the highest maximum over ascending values. A large sample is first thinned: evenly spaced order
/// statistics have nearly its maximum.
pub(super) fn maximum<K: Kernel>(x: &[f64], starts: &[[f64; 3]], range: (f64, f64)) -> Option<Maximum> {
    let climb = |x: &[f64], start: &[f64; 3]| ascend::<K>(x, Vector3::from(*start), range);
    let best = |x: &[f64], starts: &[[f64; 3]]| {
        let found = starts.iter().filter_map(|start| climb(x, start));
        found.max_by(|a, b| a.likelihood.value.total_cmp(&b.likelihood.value))
    };
    if x.len() <= 2 * SAMPLE {
        return best(x, starts);
    }
    let first = best(&thinned(x, SAMPLE), starts)?;
    climb(x, &first.at.into()).or_else(|| best(x, starts))
}

/// About `most` evenly spaced order statistics.
pub(super) fn thinned(x: &[f64], most: usize) -> Vec<f64> {
    if x.len() <= most {
        return x.to_vec();
    }
    // The middle of each of `most` equal stretches.
    (0..most).map(|i| x[(2 * i + 1) * x.len() / (2 * most)]).collect()
}

fn ascend<K: Kernel>(x: &[f64], start: Vector3<f64>, range: (f64, f64)) -> Option<Maximum> {
    let at = |p: &Vector3<f64>| likelihood(K::of(p[2]), x, p[0], p[1]);
    let mut point = start;
    point[2] = point[2].clamp(range.0, range.1);
    let mut here = at(&point);
    if !finite(&here) {
        return None;
    }
    for _ in 0..MOST_STEPS {
        let bound = pushed_out(&point, &here, range);
        let (step, slope) = direction(&here, K::SHAPED && !bound);
        if slope < DECREMENT {
            return Some(Maximum { at: point, likelihood: here, bound });
        }
        let mut length = (LONGEST / step[1].abs()).min(1.0);
        // A step of the location by many scales tells nothing: the quadratic model is of the neighbourhood.
        length = length.min(4.0 * point[1].exp() / step[0].abs());
        let next = loop {
            let mut next = point + length * step;
            next[2] = next[2].clamp(range.0, range.1);
            let there = at(&next);
            // Rounding of the sum alone can hide a rise next to the maximum.
            let least = here.value + 1e-4 * length * slope - 1e-13 * here.value.abs();
            if finite(&there) && there.value >= least {
                break Some((next, there));
            }
            length *= 0.3;
            if length < SHORTEST {
                break None;
            }
        };
        let Some((next, there)) = next else {
            // No step rises any more: this is the maximum to rounding, or there is none.
            let flat = slope < 1e-6 * here.value.abs().max(1.0);
            return flat.then_some(Maximum { at: point, likelihood: here, bound });
        };
        (point, here) = (next, there);
    }
    None
}

fn finite(l: &Likelihood) -> bool {
    l.value.is_finite() && l.gradient.iter().chain(l.hessian.iter()).all(|v| v.is_finite())
}

/// Whether the shape is at an end of its range and the likelihood rises beyond.
fn pushed_out(point: &Vector3<f64>, l: &Likelihood, range: (f64, f64)) -> bool {
    point[2] <= range.0 && l.gradient[2] <= 0.0 || point[2] >= range.1 && l.gradient[2] >= 0.0
}

/// Newton's step, the Hessian made definite where it is not by a multiple of its diagonal, and the rise that it promises.
fn direction(l: &Likelihood, shaped: bool) -> (Vector3<f64>, f64) {
    let (mut information, mut gradient) = (-l.hessian, l.gradient);
    if !shaped {
        for i in 0..3 {
            (information[(2, i)], information[(i, 2)]) = (0.0, 0.0);
        }
        (information[(2, 2)], gradient[2]) = (1.0, 0.0);
    }
    let size = |i: usize| information[(i, i)].abs().max(1e-300);
    let scale = Vector3::new(size(0), size(1), size(2));
    let mut damping = 0.0;
    for _ in 0..60 {
        let damped = information + Matrix3::from_diagonal(&(damping * scale));
        if let Some(cholesky) = damped.cholesky() {
            let step = cholesky.solve(&gradient);
            let slope = step.dot(&gradient);
            if step.iter().all(|v| v.is_finite()) && slope >= 0.0 {
                return (step, slope);
            }
        }
        damping = if damping == 0.0 { 1e-3 } else { 3.0 * damping };
    }
    (gradient.component_div(&scale), gradient.component_div(&scale).dot(&gradient))
}
