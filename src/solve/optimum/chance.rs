//! The solvers that search by chance, both argmin's: a particle swarm (Kennedy and Eberhart 1995) and annealing
//! (Kirkpatrick, Gelatt and Vecchi 1983). Their random numbers come from the seed alone. What they find is close to a minimum;
//! a simplex search from there, small at the start, brings the digits.

use super::solver::{Function, simplex};
use argmin::core::{CostFunction, Executor, PopulationState, State};
use argmin::solver::particleswarm::{Particle, ParticleSwarm};
use argmin::solver::simulatedannealing::{Anneal, SATempFunc, SimulatedAnnealing};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::cell::RefCell;

/// Particles, and the rounds they move.
const PARTICLES: usize = 24;
const ROUNDS: u64 = 80;
/// Steps of the annealing, and by what the temperature falls at each.
const STEPS: u64 = 1500;
const COOLING: f64 = 0.99;
/// The first simplex of the polish, in shares of the box.
const POLISH: f64 = 1e-3;

type Outcome<T> = std::result::Result<T, argmin::core::Error>;
type Swarm = PopulationState<Particle<Vec<f64>, f64>, f64>;

/// A function to be searched, with the random numbers of its moves.
struct Searched<'a> {
    function: &'a dyn Function,
    chance: RefCell<ChaCha8Rng>,
}

impl CostFunction for Searched<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, theta: &Vec<f64>) -> Outcome<f64> {
        Ok(self.function.value(theta))
    }
}

impl Anneal for Searched<'_> {
    type Param = Vec<f64>;
    type Output = Vec<f64>;
    type Float = f64;

    /// One coordinate moves, by less the colder it is.
    fn anneal(&self, theta: &Vec<f64>, temperature: f64) -> Outcome<Vec<f64>> {
        let mut chance = self.chance.borrow_mut();
        let i = chance.random_range(0..theta.len());
        let (low, high) = self.function.bounds()[i];
        let reach = 0.5 * (high - low) * temperature.clamp(1e-7, 1.0);
        let mut next = theta.clone();
        next[i] = (next[i] + chance.random_range(-reach..=reach)).clamp(low, high);
        Ok(next)
    }
}

/// The best point a swarm finds, one of its particles starting from `start`.
pub(super) fn swarm(function: &dyn Function, start: &[f64], seed: u64) -> (Vec<f64>, u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let (low, high): (Vec<f64>, Vec<f64>) = function.bounds().iter().copied().unzip();
    let particle = |at: Vec<f64>| {
        let still = vec![0.0; at.len()];
        Particle::new(at.clone(), function.value(&at), still)
    };
    let mut population = vec![particle(start.to_vec())];
    for _ in 1..PARTICLES {
        population.push(particle(low.iter().zip(&high).map(|(a, b)| chance.random_range(*a..=*b)).collect()));
    }
    let solver = ParticleSwarm::new((low, high), PARTICLES).with_rng_generator(chance);
    let searched = Searched { function, chance: RefCell::new(ChaCha8Rng::seed_from_u64(seed)) };
    let executor = Executor::new(searched, solver);
    let run = executor.configure(|s: Swarm| s.population(population).max_iters(ROUNDS)).timer(false).run();
    let found = run.ok().and_then(|r| r.state.get_best_param().map(|p| p.position.clone()));
    polished(function, found.unwrap_or_else(|| start.to_vec()), ROUNDS)
}

/// The best point that annealing passes.
pub(super) fn anneal(function: &dyn Function, start: &[f64], seed: u64) -> (Vec<f64>, u64) {
    let searched = Searched { function, chance: RefCell::new(ChaCha8Rng::seed_from_u64(seed)) };
    // The moves and the acceptance draw from streams of their own.
    let mut acceptance = ChaCha8Rng::seed_from_u64(seed);
    acceptance.set_stream(1);
    let found = SimulatedAnnealing::new_with_rng(1.0, acceptance).ok().and_then(|solver| {
        let solver = solver.with_temp_func(SATempFunc::Exponential(COOLING));
        let executor = Executor::new(searched, solver);
        let run = executor.configure(|s| s.param(start.to_vec()).max_iters(STEPS)).timer(false).run();
        run.ok().and_then(|r| r.state.get_best_param().cloned())
    });
    polished(function, found.unwrap_or_else(|| start.to_vec()), STEPS)
}

/// The end of a small simplex search from a point, where it is better.
fn polished(function: &dyn Function, found: Vec<f64>, rounds: u64) -> (Vec<f64>, u64) {
    let (end, steps) = simplex(function, &found, POLISH);
    let better = end.filter(|end| function.value(end) <= function.value(&found));
    (better.unwrap_or(found), rounds + steps)
}
