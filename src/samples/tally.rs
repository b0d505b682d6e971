//! The running summary of one array while its numbers stream by.

use super::moments::BLOCK;
use super::number::Number;
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
    pub reservoir: Reservoir,
}

impl Tally {
    pub(super) fn new(keep: usize, seed: u64) -> Tally {
        let reservoir = Reservoir::new(keep, seed);
        Tally { block: Vec::new(), nan: 0, infinite: 0, moments: Moments::default(), reservoir }
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

    /// Takes the last, partial block in. Nothing may come after it.
    pub(super) fn finish(&mut self) {
        self.flush();
    }

    fn flush(&mut self) {
        if !self.block.iter().fold(true, |all, x| all & x.is_finite()) {
            self.nan += self.block.iter().filter(|x| x.is_nan()).count() as u64;
            self.infinite += self.block.iter().filter(|x| x.is_infinite()).count() as u64;
            self.block.retain(|x| x.is_finite());
        }
        self.moments.merge(&Moments::of(&self.block));
        self.reservoir.extend(&self.block);
        self.block.clear();
    }
}
