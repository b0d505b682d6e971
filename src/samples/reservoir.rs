//! A uniform sample without replacement of fixed size from a stream of unknown length, by Algorithm L (Li 1994).
//!
//! With k kept of n values seen, the number of values to pass over until the next is taken is geometric with a chance of
//! success W that shrinks like the largest of k uniforms. So only about k log(n/k) values are looked at one by one.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The reservoir. What it keeps depends on the seed and on the stream alone.
#[derive(Debug, Clone)]
pub struct Reservoir {
    capacity: usize,
    kept: Vec<f64>,
    random: ChaCha8Rng,
    /// log W
    log_chance: f64,
    /// How many values to pass over before the next is taken.
    skip: u64,
    seen: u64,
}

impl Reservoir {
    /// An empty reservoir for `capacity` values; room is made as values come.
    pub fn new(capacity: usize, seed: u64) -> Reservoir {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Reservoir { capacity, kept: Vec::new(), random, log_chance: 0.0, skip: 0, seen: 0 }
    }

    /// Takes the next values of the stream in.
    pub fn extend(&mut self, values: &[f64]) {
        self.seen += values.len() as u64;
        let room = self.capacity - self.kept.len();
        let (first, mut rest) = values.split_at(room.min(values.len()));
        self.kept.extend_from_slice(first);
        if !first.is_empty() && self.kept.len() == self.capacity {
            self.advance();
        }
        if self.capacity == 0 {
            return;
        }
        while let Some((x, after)) = usize::try_from(self.skip).ok().and_then(|skip| rest.get(skip..)?.split_first()) {
            let slot = self.random.random_range(0..self.capacity as u64) as usize;
            self.kept[slot] = *x;
            rest = after;
            self.advance();
        }
        self.skip -= rest.len() as u64;
    }

    /// Draws the next skip.
    fn advance(&mut self) {
        self.log_chance += self.log_uniform() / self.capacity as f64;
        // log(1 - W) = 0 would never take a value again: then the skip is beyond any stream.
        let miss = (-self.log_chance.exp()).ln_1p();
        self.skip = (self.log_uniform() / miss).min(1e18) as u64;
    }

    /// The logarithm of a uniform number above 0.
    fn log_uniform(&mut self) -> f64 {
        (1.0 - self.random.random::<f64>()).ln()
    }

    /// How many values have come.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The values kept, in ascending order.
    pub fn into_sorted(mut self) -> Vec<f64> {
        self.kept.sort_unstable_by(f64::total_cmp);
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_of_the_stream_does_not_matter() {
        let stream: Vec<f64> = (0..50_000).map(f64::from).collect();
        let whole = {
            let mut r = Reservoir::new(100, 7);
            r.extend(&stream);
            r.into_sorted()
        };
        let mut r = Reservoir::new(100, 7);
        for chunk in stream.chunks(37) {
            r.extend(chunk);
        }
        assert_eq!((r.seen(), r.into_sorted()), (50_000, whole));
    }

    /// Each of 40 values is kept with chance 1/4; over 20 000 seeds the counts scatter like binomials.
    #[test]
    fn every_place_has_the_same_chance() {
        let stream: Vec<f64> = (0..40).map(f64::from).collect();
        let mut hits = [0u32; 40];
        for seed in 0..20_000 {
            let mut r = Reservoir::new(10, seed);
            r.extend(&stream);
            r.into_sorted().iter().for_each(|x| hits[*x as usize] += 1);
        }
        let deviation = (20_000.0f64 * 0.25 * 0.75).sqrt();
        for (place, hits) in hits.iter().enumerate() {
            assert!((f64::from(*hits) - 5_000.0).abs() < 4.5 * deviation, "{place}: {hits}");
        }
    }
}
