//! Normal mixtures by the EM algorithm (Dempster, Laird and Rubin 1977), started by k-means++ (Arthur and Vassilvitskii
//! 2007). Standard deviations are kept above a floor, without which the likelihood has no maximum; the step that maximises
//! under the floor is the step without it, cut off there, so that the likelihood still never falls.

use super::closed;
use super::newton::thinned;
use crate::numeric::lanes;
use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Most parts that BIC chooses from.
pub(super) const MOST_PARTS: usize = 5;
/// Values of the first search.
const SAMPLE: usize = 4096;
const BLOCK: usize = 64;
/// The least standard deviation, in units of that of all values.
const FLOOR: f64 = 1e-3;
/// Starts of either kind for every number of parts.
const STARTS: usize = 4;
/// Steps of a start, of the search from the best one, and of the polish on all values.
const STEPS: (usize, usize, usize) = (60, 3000, 300);
/// The rise in nats, and in nats per value, below which EM is taken to have arrived.
const RISE: f64 = 1e-7;
const RISE_PER_VALUE: f64 = 1e-11;
/// log(2 pi)/2
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_8;

/// A part of a mixture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub weight: f64,
    pub mu: f64,
    pub sigma: f64,
}

/// A mixture with its likelihood.
#[derive(Debug, Clone)]
pub(super) struct Mixed {
    pub parts: Vec<Part>,
    pub log_likelihood: f64,
    /// Whether a standard deviation lies at the floor.
    pub bound: bool,
}

/// The log-likelihood of the parts, and per part SUM r, SUM r d, SUM r d^2 with the responsibility r and d = x - mu.
struct Expectation {
    log_likelihood: f64,
    sums: Vec<[f64; 3]>,
}

fn expectation(x: &[f64], parts: &[Part]) -> Expectation {
    Arch::new().dispatch(Pass { x, parts })
}

struct Pass<'a> {
    x: &'a [f64],
    parts: &'a [Part],
}

impl WithSimd for Pass<'_> {
    type Output = Expectation;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Expectation {
        if S::IS_SCALAR { self.run::<false>() } else { self.run::<true>() }
    }
}

impl Pass<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) -> Expectation {
        let parts = self.parts;
        let constants: Vec<(f64, f64)> =
            parts.iter().map(|p| (p.weight.ln() - p.sigma.ln() - HALF_LOG_TAU, 1.0 / p.sigma)).collect();
        let mut logs = vec![[0.0; BLOCK]; parts.len()];
        let mut sums = vec![[[0.0; BLOCK]; 3]; parts.len()];
        let mut value = 0.0;
        for block in self.x.chunks(BLOCK) {
            let n = block.len();
            let mut largest = [f64::NEG_INFINITY; BLOCK];
            for ((log, p), (constant, inverse)) in logs.iter_mut().zip(parts).zip(&constants) {
                for i in 0..n {
                    let z = (block[i] - p.mu) * inverse;
                    log[i] = constant - 0.5 * z * z;
                    largest[i] = if log[i] > largest[i] { log[i] } else { largest[i] };
                }
            }
            let mut total = [0.0; BLOCK];
            for log in &mut logs {
                for i in 0..n {
                    log[i] = lanes::exp::<FUSED>(log[i] - largest[i]);
                    total[i] += log[i];
                }
            }
            for ((log, sum), p) in logs.iter().zip(&mut sums).zip(parts) {
                let [s0, s1, s2] = sum;
                for i in 0..n {
                    let r = log[i] / total[i];
                    let d = block[i] - p.mu;
                    s0[i] += r;
                    s1[i] += r * d;
                    s2[i] += r * d * d;
                }
            }
            let mut rise = [0.0; BLOCK];
            for i in 0..n {
                rise[i] = largest[i] + lanes::log::<FUSED>(total[i]);
            }
            value += rise[..n].iter().sum::<f64>();
        }
        let sums = sums.iter().map(|s| [0, 1, 2].map(|k| s[k].iter().sum())).collect();
        Expectation { log_likelihood: value, sums }
    }
}

/// The parts that maximise the expected likelihood, their standard deviations at least `floor`.
fn maximisation(e: &Expectation, parts: &[Part], n: f64, floor: f64) -> Vec<Part> {
    let total: f64 = e.sums.iter().map(|s| s[0]).sum();
    let update = |(p, [s0, s1, s2]): (&Part, &[f64; 3])| {
        // A part without values stays where it is, without weight.
        if !(*s0 > 1e-12 * n) {
            return Part { weight: (s0 / total).max(1e-300), ..*p };
        }
        let shift = s1 / s0;
        let variance = (s2 / s0 - shift * shift).max(0.0);
        Part { weight: s0 / total, mu: p.mu + shift, sigma: variance.sqrt().max(floor) }
    };
    parts.iter().zip(&e.sums).map(update).collect()
}

/// EM steps until the likelihood rises no more; `seen` is told the likelihood before each step.
pub(super) fn climb(x: &[f64], parts: &[Part], floor: f64, most: usize, mut seen: impl FnMut(f64)) -> Mixed {
    let n = x.len() as f64;
    let enough = RISE.max(RISE_PER_VALUE * n);
    let mut parts = parts.to_vec();
    let mut before = f64::NEG_INFINITY;
    for _ in 0..most {
        let e = expectation(x, &parts);
        seen(e.log_likelihood);
        if !(e.log_likelihood - before > enough) {
            before = e.log_likelihood;
            break;
        }
        before = e.log_likelihood;
        parts = maximisation(&e, &parts, n, floor);
    }
    // The value of the parts as they are now, whichever way the loop ended.
    let log_likelihood = expectation(x, &parts).log_likelihood.max(before);
    parts.sort_by(|a, b| a.mu.total_cmp(&b.mu).then(a.sigma.total_cmp(&b.sigma)));
    let bound = parts.iter().any(|p| p.sigma <= floor);
    Mixed { parts, log_likelihood, bound }
}

/// Stretches of the ascending values, equal ones or cut at random: of heavy tails k-means++ picks the outermost values.
fn start_by_rank(x: &[f64], k: usize, equal: bool, floor: f64, chance: &mut ChaCha8Rng) -> Vec<Part> {
    let (n, least) = (x.len(), (x.len() / (4 * k)).max(1));
    let mut cuts: Vec<usize> = (1..k).map(|i| if equal { i * n / k } else { chance.random_range(0..n) }).collect();
    cuts.sort_unstable();
    // Every stretch has some values.
    for i in 0..cuts.len() {
        let before = if i == 0 { 0 } else { cuts[i - 1] };
        cuts[i] = cuts[i].max(before + least).min(n - (k - 1 - i) * least);
    }
    let ends: Vec<usize> = std::iter::once(0).chain(cuts).chain([n]).collect();
    let part = |pair: &[usize]| {
        let values = &x[pair[0]..pair[1]];
        let ([mu, sigma], _) = closed::normal(values);
        Part { weight: values.len() as f64 / n as f64, mu, sigma: sigma.max(floor) }
    };
    ends.windows(2).map(part).collect()
}

/// Centres by k-means++, then equal weights and the spread of the values next to each.
fn start(x: &[f64], k: usize, floor: f64, chance: &mut ChaCha8Rng) -> Vec<Part> {
    let mut centres = vec![x[chance.random_range(0..x.len())]];
    while centres.len() < k {
        let square = |v: f64| centres.iter().map(|c| (v - c) * (v - c)).fold(f64::INFINITY, f64::min);
        let squares: Vec<f64> = x.iter().map(|v| square(*v)).collect();
        let total: f64 = squares.iter().sum();
        let mut left = chance.random::<f64>() * total;
        let chosen = squares.iter().position(|s| {
            left -= s;
            left < 0.0
        });
        centres.push(x[chosen.unwrap_or_else(|| chance.random_range(0..x.len()))]);
    }
    centres.sort_by(f64::total_cmp);
    let mut groups = vec![[0.0; 3]; k];
    for v in x {
        let nearest = (0..k).min_by(|a, b| (v - centres[*a]).abs().total_cmp(&(v - centres[*b]).abs())).unwrap_or(0);
        let d = v - centres[nearest];
        groups[nearest] = [groups[nearest][0] + 1.0, groups[nearest][1] + d, groups[nearest][2] + d * d];
    }
    let total = x.len() as f64;
    let part = |(centre, [n, d, dd]): (&f64, &[f64; 3])| {
        let n = n.max(1.0);
        let variance = dd / n - (d / n).powi(2);
        Part { weight: n / total, mu: centre + d / n, sigma: variance.max(0.0).sqrt().max(0.05 * floor / FLOOR) }
    };
    let mut parts: Vec<Part> = centres.iter().zip(&groups).map(part).collect();
    let sum: f64 = parts.iter().map(|p| p.weight).sum();
    parts.iter_mut().for_each(|p| p.weight /= sum);
    parts
}

/// The least standard deviation of a part of these values.
pub(super) fn floor(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    FLOOR * (x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt()
}

/// The best mixture of `k` parts from several seeded starts.
pub(super) fn of_parts(x: &[f64], k: usize, seed: u64) -> Mixed {
    let few = thinned(x, SAMPLE);
    let floor = floor(x);
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    chance.set_stream(k as u64);
    let mut starts: Vec<Vec<Part>> = (0..STARTS).map(|_| start(&few, k, floor, &mut chance)).collect();
    starts.extend((0..STARTS).map(|i| start_by_rank(&few, k, i == 0, floor, &mut chance)));
    let tried = starts.iter().map(|parts| climb(&few, parts, floor, STEPS.0, |_| {}));
    let best = tried.max_by(|a, b| a.log_likelihood.total_cmp(&b.log_likelihood));
    let parts = best.map_or_else(Vec::new, |b| b.parts);
    let arrived = climb(&few, &parts, floor, STEPS.1, |_| {});
    if few.len() == x.len() { arrived } else { climb(x, &arrived.parts, floor, STEPS.2, |_| {}) }
}

/// From given parts on.
pub(super) fn from_parts(x: &[f64], parts: &[Part], steps: usize) -> Mixed {
    climb(x, parts, floor(x), steps, |_| {})
}

/// The mixture of least BIC with 2 to [`MOST_PARTS`] parts, and the BIC of each.
pub(super) fn by_bic(x: &[f64], seed: u64) -> (Mixed, Vec<(usize, f64)>) {
    let n = x.len() as f64;
    let mut tried: Vec<(f64, Mixed)> = Vec::new();
    for k in 2..=MOST_PARTS.min(x.len() / 3).max(2) {
        let found = of_parts(x, k, seed);
        let bic = (3 * k - 1) as f64 * n.ln() - 2.0 * found.log_likelihood;
        // Two parts more than the best so far that bring nothing end the search.
        let best = tried.iter().map(|t| t.0).fold(f64::INFINITY, f64::min);
        let stalled = tried.last().is_some_and(|last| last.0 > best) && bic > best;
        tried.push((bic, found));
        if stalled {
            break;
        }
    }
    let all = tried.iter().map(|(bic, m)| (m.parts.len(), *bic)).collect();
    let mut best = tried.remove(0);
    for other in tried {
        if other.0 < best.0 {
            best = other;
        }
    }
    (best.1, all)
}

/// Standard errors of (weight, mu, sigma) of every part, by the observed information: central differences of the exact score
/// in (w_1 ... w_{k-1}, mu, sigma), the last weight being 1 less the others. None where the information is not definite.
pub(super) fn standard_errors(x: &[f64], parts: &[Part]) -> Option<Vec<[f64; 3]>> {
    let (k, size) = (parts.len(), 3 * parts.len() - 1);
    let scale = |i: usize| match i {
        i if i < k - 1 => parts[i].weight.min(parts[k - 1].weight),
        i if i < 2 * k - 1 => parts[i - (k - 1)].sigma,
        i => parts[i - (2 * k - 1)].sigma,
    };
    let moved = |i: usize, step: f64| {
        let mut parts = parts.to_vec();
        match i {
            i if i < k - 1 => {
                parts[i].weight += step;
                parts[k - 1].weight -= step;
            }
            i if i < 2 * k - 1 => parts[i - (k - 1)].mu += step,
            i => parts[i - (2 * k - 1)].sigma += step,
        }
        score(x, &parts)
    };
    let mut information = DMatrix::zeros(size, size);
    for i in 0..size {
        let h = 1e-4 * scale(i);
        let (up, down) = (moved(i, h), moved(i, -h));
        for j in 0..size {
            information[(i, j)] = (down[j] - up[j]) / (2.0 * h);
        }
    }
    let symmetric = 0.5 * (&information + information.transpose());
    let covariance = symmetric.cholesky()?.inverse();
    let error = |i: usize| covariance[(i, i)].sqrt();
    let last: f64 = (0..k - 1).flat_map(|i| (0..k - 1).map(move |j| (i, j))).map(|at| covariance[at]).sum();
    let weight = |i: usize| if i < k - 1 { error(i) } else { last.sqrt() };
    let all: Vec<[f64; 3]> = (0..k).map(|i| [weight(i), error(k - 1 + i), error(2 * k - 1 + i)]).collect();
    all.iter().flatten().all(|e| e.is_finite()).then_some(all)
}

/// The gradient of the log-likelihood by (w_1 ... w_{k-1}, mu_1 ... mu_k, sigma_1 ... sigma_k).
fn score(x: &[f64], parts: &[Part]) -> Vec<f64> {
    let e = expectation(x, parts);
    let k = parts.len();
    let by_weight = |i: usize| e.sums[i][0] / parts[i].weight;
    let weights = (0..k - 1).map(|i| by_weight(i) - by_weight(k - 1));
    let means = parts.iter().zip(&e.sums).map(|(p, s)| s[1] / (p.sigma * p.sigma));
    let spreads = parts.iter().zip(&e.sums).map(|(p, s)| s[2] / p.sigma.powi(3) - s[0] / p.sigma);
    weights.chain(means).chain(spreads).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1003 values of two bells, one narrow, by evenly spaced quantiles with a little noise.
    fn values(seed: u64) -> Vec<f64> {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let normal = |p: f64| crate::numeric::special::normal_quantile(p);
        let mut x: Vec<f64> = (0..1003)
            .map(|i| {
                let z = normal(chance.random::<f64>());
                if i % 3 == 0 { -1.5 + 0.4 * z } else { 1.0 + z }
            })
            .collect();
        x.sort_by(f64::total_cmp);
        x
    }

    #[test]
    fn the_likelihood_never_falls() {
        for seed in 0..8 {
            let x = values(seed);
            let mut chance = ChaCha8Rng::seed_from_u64(seed);
            for k in 1..=5 {
                let parts = start(&x, k, floor(&x), &mut chance);
                let mut before = f64::NEG_INFINITY;
                let mut steps = 0;
                let found = climb(&x, &parts, floor(&x), 400, |value| {
                    assert!(value >= before - 1e-12 * value.abs(), "seed {seed}, {k} parts: {before} then {value}");
                    (before, steps) = (value, steps + 1);
                });
                assert!(steps > 1 && found.log_likelihood >= before, "seed {seed}, {k} parts");
                let sum: f64 = found.parts.iter().map(|p| p.weight).sum();
                assert!((sum - 1.0).abs() < 1e-12);
            }
        }
    }

    /// Values of which many are equal draw a part to a point; the floor holds it, and the likelihood still rises.
    #[test]
    fn the_floor_holds() {
        let mut x = values(1);
        x[100..400].fill(0.25);
        x.sort_by(f64::total_cmp);
        let mut before = f64::NEG_INFINITY;
        let mut chance = ChaCha8Rng::seed_from_u64(3);
        let found = climb(&x, &start(&x, 4, floor(&x), &mut chance), floor(&x), 500, |value| {
            assert!(value >= before - 1e-12 * value.abs(), "{before} then {value}");
            before = value;
        });
        assert!(found.bound && found.log_likelihood.is_finite());
        assert!(found.parts.iter().all(|p| p.sigma >= floor(&x)));
    }

    #[test]
    fn the_score_is_the_slope_of_the_likelihood() {
        let x = values(2);
        let parts = [Part { weight: 0.4, mu: -1.4, sigma: 0.5 }, Part { weight: 0.6, mu: 1.1, sigma: 0.9 }];
        let found = score(&x, &parts);
        let value = |p: &[Part]| expectation(&x, p).log_likelihood;
        let h = 1e-5;
        for i in 0..5 {
            let moved = |step: f64| {
                let mut p = parts;
                match i {
                    0 => (p[0].weight, p[1].weight) = (p[0].weight + step, p[1].weight - step),
                    1 | 2 => p[i - 1].mu += step,
                    _ => p[i - 3].sigma += step,
                }
                value(&p)
            };
            let slope = (moved(h) - moved(-h)) / (2.0 * h);
            assert!((found[i] - slope).abs() < 1e-6 * slope.abs() + 1e-4, "{i}: {} {slope}", found[i]);
        }
    }
}
