//! A uniform sample without replacement from a stream whose length is known, by Vitter's Method D (1987).
//!
//! The skip to the next of n places among N has the distribution of the smallest of n places; Method D draws it from the
//! smallest of n uniform numbers and rejects the difference; where more than one place in 13 is kept, his Method A adds up
//! the probabilities of the skips, which are short then. Every place kept is drawn once, where a reservoir would draw it
//! log(N/n) times over.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Where more than one place in so many is kept, skips are found one by one: Method D would reject nearly all of its draws
/// where nearly all places are kept.
const DENSE: u64 = 13;

/// The places to keep, in ascending order.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    random: ChaCha8Rng,
    /// How many places are still to be kept, and how many are still to come.
    wanted: u64,
    left: u64,
    /// A number with the distribution of the largest of `wanted` uniform ones, drawn ahead.
    largest: f64,
    /// How many places to pass over before the next; none when all are kept.
    skip: Option<u64>,
}

impl Selection {
    /// `wanted` of `length` places; all of them where they are fewer.
    pub(super) fn new(wanted: u64, length: u64, seed: u64) -> Selection {
        let random = ChaCha8Rng::seed_from_u64(seed);
        let mut selection = Selection { random, wanted: wanted.min(length), left: length, largest: 1.0, skip: None };
        if selection.wanted > 0 {
            selection.largest = selection.power(1.0 / selection.wanted as f64);
            selection.advance();
        }
        selection
    }

    /// Appends the values of this stretch of the stream that are to be kept.
    pub(super) fn extend(&mut self, mut values: &[f64], kept: &mut Vec<f64>) {
        while let Some(skip) = self.skip {
            match usize::try_from(skip).ok().and_then(|skip| values.get(skip..)?.split_first()) {
                Some((x, after)) => {
                    kept.push(*x);
                    values = after;
                    self.advance();
                }
                None => {
                    self.skip = Some(skip - values.len() as u64);
                    return;
                }
            }
        }
    }

    /// A uniform number above 0 to a power.
    fn power(&mut self, exponent: f64) -> f64 {
        ((1.0 - self.random.random::<f64>()).ln() * exponent).exp()
    }

    /// Draws the next skip and takes its places off those that are left.
    fn advance(&mut self) {
        let skip = match self.wanted {
            0 => {
                self.skip = None;
                return;
            }
            _ if self.wanted.saturating_mul(DENSE) > self.left => self.count(),
            1 => ((self.left as f64 * self.largest) as u64).min(self.left - 1),
            _ => self.draw(),
        };
        self.skip = Some(skip);
        self.left -= skip + 1;
        self.wanted -= 1;
    }

    /// Method A: the skip whose summed probability a uniform number reaches.
    fn count(&mut self) -> u64 {
        let target = self.random.random::<f64>();
        let (mut skip, mut others) = (0, self.left - self.wanted);
        let mut beyond = others as f64 / self.left as f64;
        while others > 0 && beyond > target {
            skip += 1;
            others -= 1;
            beyond *= others as f64 / (self.left - skip) as f64;
        }
        skip
    }

    /// Method D proper, for two places or more.
    fn draw(&mut self) -> u64 {
        let (n, total) = (self.wanted as f64, self.left as f64);
        // The skip is below this: the other places need room.
        let most = self.left - self.wanted + 1;
        let rest = 1.0 / (n - 1.0);
        loop {
            let (x, skip) = loop {
                let x = total * (1.0 - self.largest);
                if (x as u64) < most {
                    break (x, x as u64);
                }
                self.largest = self.power(1.0 / n);
            };
            let s = skip as f64;
            let uniform = 1.0 - self.random.random::<f64>();
            let first = ((uniform * total / most as f64).ln() * rest).exp();
            self.largest = first * (1.0 - x / total) * (most as f64 / (most as f64 - s));
            // The bound that is met nearly always; the number left over serves for the next skip.
            if self.largest <= 1.0 {
                return skip;
            }
            if total / (total - x) >= first * (self.log_ratio(skip) * rest).exp() {
                self.largest = self.power(rest);
                return skip;
            }
            self.largest = self.power(1.0 / n);
        }
    }

    /// The logarithm of the quotient of the two products of Method D, as long as the shorter of skip and the other places.
    fn log_ratio(&self, skip: u64) -> f64 {
        let (n, total) = (self.wanted, self.left);
        let (mut bottom, limit) =
            if n - 1 > skip { (total - n, total - skip) } else { (total - 1 - skip, total - n + 1) };
        let mut product = 1.0;
        for top in (limit..total).rev() {
            product *= top as f64 / bottom as f64;
            bottom = bottom.saturating_sub(1);
        }
        product.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(wanted: u64, length: u64, seed: u64, cut: usize) -> Vec<usize> {
        let stream: Vec<f64> = (0..length).map(|i| i as f64).collect();
        let (mut selection, mut kept) = (Selection::new(wanted, length, seed), vec![]);
        stream.chunks(cut).for_each(|chunk| selection.extend(chunk, &mut kept));
        kept.iter().map(|x| *x as usize).collect()
    }

    #[test]
    fn as_many_as_wanted_in_any_cut() {
        for (wanted, length) in
            [(0, 5), (1, 1), (1, 9), (5, 5), (7, 5), (30, 31), (100, 100_000), (99_999, 100_000), (60_000, 60_000)]
        {
            let whole = places(wanted, length, 3, 1 << 20);
            assert_eq!(whole.len() as u64, wanted.min(length), "{wanted} of {length}");
            assert!(whole.windows(2).all(|p| p[0] < p[1]));
            assert_eq!(whole, places(wanted, length, 3, 13));
        }
    }

    /// Places and pairs of neighbours come as often as they should, over 20 000 seeds, for few and for many of the places.
    #[test]
    fn every_place_and_pair_has_the_same_chance() {
        const SEEDS: u32 = 20_000;
        for (wanted, length) in [(2u64, 30usize), (2, 60), (9, 30), (27, 30)] {
            let (mut single, mut pairs) = (vec![0u32; length], vec![0u32; length - 1]);
            for seed in 0..SEEDS {
                let found = places(wanted, length as u64, u64::from(seed), 64);
                found.iter().for_each(|i| single[*i] += 1);
                found.windows(2).filter(|p| p[1] == p[0] + 1).for_each(|p| pairs[p[0]] += 1);
            }
            let n = length as f64;
            let one = wanted as f64 / n;
            let both = one * (wanted as f64 - 1.0) / (n - 1.0);
            for (hits, chance) in single.iter().map(|h| (h, one)).chain(pairs.iter().map(|h| (h, both))) {
                let (mean, deviation) =
                    (f64::from(SEEDS) * chance, (f64::from(SEEDS) * chance * (1.0 - chance)).sqrt());
                assert!((f64::from(*hits) - mean).abs() < 4.8 * deviation, "{wanted} of {length}: {hits}, {mean}");
            }
        }
    }
}
