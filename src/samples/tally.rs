//! The running summary of one array while its numbers stream by.

use super::moments::BLOCK;
use super::number::Number;
use super::selection::Selection;
use super::{Moments, Reservoir};
use std::io::{self, BufRead};

/// Beyond this the square of a number, or of a distance, leaves the range of a double.
pub(super) const LARGEST: f64 = 1e150;

/// Counts, moments and reservoir. What comes out depends on the numbers and their order, not on how they were cut.
pub(super) struct Tally {
    block: Vec<f64>,
    pub nan: u64,
    pub infinite: u64,
    pub moments: Moments,
    keeper: Keeper,
}

/// What keeps a uniform sample.
enum Keeper {
    /// Of a stream of unknown length.
    Unknown(Reservoir),
    /// Of a stream of known length. What is chosen and not finite is left out after all: the rest is a uniform sample of the
    /// finite numbers.
    Known(Selection, Vec<f64>),
}

impl Tally {
    pub(super) fn new(keep: usize, seed: u64) -> Tally {
        Tally::keeping(Keeper::Unknown(Reservoir::new(keep, seed)))
    }

    /// A tally of an array of known length.
    pub(super) fn of_length(count: u64, keep: usize, seed: u64) -> Tally {
        let selection = Selection::new(keep as u64, count, seed);
        Tally::keeping(Keeper::Known(selection, Vec::new()))
    }

    fn keeping(keeper: Keeper) -> Tally {
        Tally { block: Vec::new(), nan: 0, infinite: 0, moments: Moments::default(), keeper }
    }

    /// The values kept, in ascending order, once all is finished.
    pub(super) fn into_sorted(self) -> Vec<f64> {
        match self.keeper {
            Keeper::Unknown(reservoir) => reservoir.into_sorted(),
            Keeper::Known(_, kept) => kept,
        }
    }

    /// Takes one number in.
    pub(super) fn push(&mut self, x: f64) {
        self.block.push(x);
        if self.block.len() == BLOCK {
            self.flush();
        }
    }

    /// Takes `count` numbers from a source in; an error of the kind `UnexpectedEof` where it ends before.
    pub(super) fn take(&mut self, source: &mut impl BufRead, number: Number, count: u64) -> io::Result<()> {
        let width = number.width();
        let mut left = count;
        while left > 0 {
            let bytes = source.fill_buf()?;
            let whole = (bytes.len() / width).min(BLOCK - self.block.len()).min(usize::try_from(left).unwrap_or(BLOCK));
            if whole == 0 {
                // A number that lies across the end of the buffer.
                let mut one = [0u8; 8];
                let one = &mut one[..width];
                source.read_exact(one)?;
                number.decode(one, &mut self.block);
                left -= 1;
            } else {
                number.decode(&bytes[..whole * width], &mut self.block);
                source.consume(whole * width);
                left -= whole as u64;
            }
            if self.block.len() == BLOCK {
                self.flush();
            }
        }
        Ok(())
    }

    /// Takes the last, partial block in and sorts what is kept. Nothing may come after it.
    pub(super) fn finish(&mut self) {
        self.flush();
        if let Keeper::Known(_, kept) = &mut self.keeper {
            kept.sort_unstable_by(f64::total_cmp);
        }
    }

    fn flush(&mut self) {
        if let Keeper::Known(selection, kept) = &mut self.keeper {
            let before = kept.len();
            selection.extend(&self.block, kept);
            let chosen = kept.split_off(before);
            kept.extend(chosen.into_iter().filter(|x| x.is_finite()));
        }
        if !self.block.iter().fold(true, |all, x| all & x.is_finite()) {
            self.nan += self.block.iter().filter(|x| x.is_nan()).count() as u64;
            self.infinite += self.block.iter().filter(|x| x.is_infinite()).count() as u64;
            self.block.retain(|x| x.is_finite());
        }
        self.moments.merge(&Moments::of(&self.block));
        if let Keeper::Unknown(reservoir) = &mut self.keeper {
            reservoir.extend(&self.block);
        }
        self.block.clear();
    }
}
