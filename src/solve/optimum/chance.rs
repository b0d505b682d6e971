//! The solvers that search by chance: a particle swarm (Kennedy and Eberhart 1995, with the constants of Clerc and Kennedy
//! 2002) and annealing (Kirkpatrick, Gelatt and Vecchi 1983). argmin has both behind a feature that brings a second random
//! number generator, seeded by the system; these take their stream from the seed alone.

use super::solver::Function;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Particles, and the rounds they move.
const PARTICLES: usize = 24;
const ROUNDS: u64 = 80;
/// Inertia and pull of the constricted swarm.
const INERTIA: f64 = 0.729_843_788_1;
const PULL: f64 = 1.496_179_765_6;
/// Steps of the annealing.
const STEPS: u64 = 1500;

struct Particle {
    at: Vec<f64>,
    velocity: Vec<f64>,
    best: Vec<f64>,
    least: f64,
}

/// The best point a swarm finds, one of its particles starting from `start`.
pub(super) fn swarm(function: &dyn Function, start: &[f64], seed: u64) -> (Vec<f64>, u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut particles: Vec<Particle> = (0..PARTICLES)
        .map(|i| {
            let random = |chance: &mut ChaCha8Rng| {
                function.bounds().iter().map(|(low, high)| chance.random_range(*low..=*high)).collect()
            };
            let at: Vec<f64> = if i == 0 { start.to_vec() } else { random(&mut chance) };
            let least = function.value(&at);
            Particle { best: at.clone(), velocity: vec![0.0; at.len()], at, least }
        })
        .collect();
    for _ in 0..ROUNDS {
        let Some(leader) = leader(&particles) else { break };
        for p in &mut particles {
            for (i, (low, high)) in function.bounds().iter().enumerate() {
                let own = PULL * chance.random::<f64>() * (p.best[i] - p.at[i]);
                let common = PULL * chance.random::<f64>() * (leader[i] - p.at[i]);
                p.velocity[i] = INERTIA * p.velocity[i] + own + common;
                p.at[i] = (p.at[i] + p.velocity[i]).clamp(*low, *high);
            }
            let value = function.value(&p.at);
            if value < p.least {
                (p.least, p.best) = (value, p.at.clone());
            }
        }
    }
    (leader(&particles).unwrap_or_else(|| start.to_vec()), ROUNDS)
}

fn leader(particles: &[Particle]) -> Option<Vec<f64>> {
    particles.iter().min_by(|a, b| a.least.total_cmp(&b.least)).map(|p| p.best.clone())
}

/// The best point that annealing passes: one coordinate moves at a time, by less the colder it is.
pub(super) fn anneal(function: &dyn Function, start: &[f64], seed: u64) -> (Vec<f64>, u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let (mut at, mut value) = (start.to_vec(), function.value(start));
    let (mut best, mut least) = (at.clone(), value);
    for step in 0..STEPS {
        let temperature = 0.99f64.powi(step as i32);
        let i = chance.random_range(0..at.len());
        let (low, high) = function.bounds()[i];
        let reach = 0.5 * (high - low) * temperature.max(1e-7);
        let mut next = at.clone();
        next[i] = (next[i] + chance.random_range(-reach..=reach)).clamp(low, high);
        let found = function.value(&next);
        if found < value || chance.random::<f64>() < ((value - found) / temperature).exp() {
            (at, value) = (next, found);
        }
        if value < least {
            (best, least) = (at.clone(), value);
        }
    }
    (best, STEPS)
}
