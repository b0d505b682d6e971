//! Evaluation over slices: the tape of an expression runs over blocks of points, each step a loop that the compiler turns
//! into vector instructions, the derivative carried along forward. Points at which the block's arithmetic leaves the range of
//! a double are done again by the tape itself, so that both agree everywhere to rounding.

mod functions;
mod steps;

use super::Expr;
use super::tape::{Step, Tape};
use crate::error::{Error, Result};
use crate::numeric::prefetch::prefetch;
use functions::call;
use pulp::{Arch, Simd, WithSimd};
use std::cell::Cell;
use std::num::NonZero;
use steps::Before;

/// Points per block: the registers of a tape of ordinary length stay in the first-level cache.
const BLOCK: usize = 128;
/// Blocks ahead of which memory is asked for.
const AHEAD: usize = 2;
/// Points that a thread of its own is worth starting for.
const LARGE: usize = 1 << 16;

type Lanes = [f64; BLOCK];

thread_local! {
    /// Registers for values and for slopes, kept from one call to the next.
    static ROOM: Cell<[Vec<Lanes>; 2]> = const { Cell::new([Vec::new(), Vec::new()]) };
}

/// An expression compiled for evaluation at many points.
///
/// ```
/// let gelu = eafo::Batch::new(&eafo::Expr::parse("gelu(x)")?)?;
/// let x: Vec<f64> = (0..1000).map(|i| 0.01 * f64::from(i) - 5.0).collect();
/// let (mut value, mut slope) = (vec![0.0; 1000], vec![0.0; 1000]);
/// gelu.values_and_slopes(&x, &mut value, &mut slope)?;
/// assert_eq!((value[500], slope[500]), (0.0, 0.5));
/// # Ok::<(), eafo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batch {
    tape: Tape,
    threads: usize,
}

impl Batch {
    /// Compiles an expression in `x`.
    ///
    /// # Errors
    /// As [`Tape::new`].
    pub fn new(e: &Expr) -> Result<Batch> {
        Ok(Batch::of(Tape::new(e)?))
    }

    pub(crate) fn of(tape: Tape) -> Batch {
        Batch { tape, threads: 1 }
    }

    /// The program for one point at a time.
    pub(crate) fn tape(&self) -> &Tape {
        &self.tape
    }

    /// On how many threads large slices are evaluated: 1 unless said otherwise, 0 for as many as the machine has.
    pub fn threads(mut self, threads: usize) -> Batch {
        let all = || std::thread::available_parallelism().map_or(1, NonZero::get);
        self.threads = if threads == 0 { all() } else { threads };
        self
    }

    /// Writes f(x) of every point to `out`.
    ///
    /// # Errors
    /// [`Error::Lengths`] where the slices differ in length.
    pub fn values(&self, x: &[f64], out: &mut [f64]) -> Result<()> {
        same_length(x, out)?;
        self.shared(x, out, &mut [], |part, out, _| self.run(part, out, &mut []));
        Ok(())
    }

    /// Writes f(x) of every point to `out` and f'(x) to `slope`; at a kink the slope is that of the branch that gives the
    /// value.
    ///
    /// # Errors
    /// [`Error::Lengths`] where the slices differ in length.
    pub fn values_and_slopes(&self, x: &[f64], out: &mut [f64], slope: &mut [f64]) -> Result<()> {
        same_length(x, out)?;
        same_length(x, slope)?;
        self.shared(x, out, slope, |part, out, slope| self.run(part, out, slope));
        Ok(())
    }

    /// Cuts the work into one part per thread.
    fn shared(
        &self,
        x: &[f64],
        out: &mut [f64],
        slope: &mut [f64],
        work: impl Fn(&[f64], &mut [f64], &mut [f64]) + Sync,
    ) {
        let threads = self.threads.min(x.len() / LARGE);
        if threads < 2 {
            return work(x, out, slope);
        }
        let part = x.len().div_ceil(threads).next_multiple_of(BLOCK);
        std::thread::scope(|scope| {
            let (mut out, mut slope) = (out, slope);
            for x in x.chunks(part) {
                let (mine, rest) = out.split_at_mut(x.len());
                let (slopes, others) = slope.split_at_mut(if slope.is_empty() { 0 } else { x.len() });
                (out, slope) = (rest, others);
                let work = &work;
                scope.spawn(move || work(x, mine, slopes));
            }
        });
    }

    /// f(x) of every point.
    pub(crate) fn all_values(&self, x: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; x.len()];
        self.run(x, &mut values, &mut []);
        values
    }

    /// f'(x) of every point.
    pub(crate) fn slopes(&self, x: &[f64]) -> Vec<f64> {
        let (mut values, mut slopes) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        if !x.is_empty() {
            self.run(x, &mut values, &mut slopes);
        }
        slopes
    }

    /// One thread's part; without slopes where `slope` is empty.
    fn run(&self, x: &[f64], out: &mut [f64], slope: &mut [f64]) {
        let mut room = ROOM.take();
        self.run_in(&mut room, x, out, slope);
        ROOM.set(room);
    }

    fn run_in(&self, room: &mut [Vec<Lanes>; 2], x: &[f64], out: &mut [f64], slope: &mut [f64]) {
        let steps = &self.tape.steps;
        let [values, derivatives] = room;
        let slopes = !slope.is_empty();
        let last = steps.len().wrapping_sub(1);
        values.resize(values.len().max(steps.len()), [0.0; BLOCK]);
        derivatives.resize(values.len(), [0.0; BLOCK]);
        let derivatives = if slopes { &mut derivatives[..] } else { &mut [] };
        let widest = x.len().min(BLOCK).next_multiple_of(8);
        for (i, step) in steps.iter().enumerate() {
            if let Step::Const(bits) = step {
                values[i][..widest].fill(f64::from_bits(*bits));
                derivatives.get_mut(i).into_iter().for_each(|d| d[..widest].fill(0.0));
            }
        }
        let mut padded = [0.0; BLOCK];
        for (i, part) in x.chunks(BLOCK).enumerate() {
            let count = part.len().next_multiple_of(8);
            let x = part.try_into().unwrap_or_else(|_| {
                padded[part.len()..count].fill(part[0]);
                padded[..part.len()].copy_from_slice(part);
                &padded
            });
            // A store to a line that is not in the cache would wait for it.
            prefetch(block(out, (i + AHEAD) * BLOCK));
            prefetch(block(slope, (i + AHEAD) * BLOCK));
            let place = i * BLOCK..i * BLOCK + part.len();
            let (out, slope) = (&mut out[place.clone()], if slopes { &mut slope[place] } else { &mut [][..] });
            // The last step writes where the results are wanted, if that is a whole number of vectors.
            let direct = part.len() == count;
            let results = if direct { (&mut *out, &mut *slope) } else { (&mut [][..], &mut [][..]) };
            let well = Arch::new().dispatch(Block { steps, x, count, values, slopes: derivatives, results });
            if !direct {
                out.copy_from_slice(&values[last][..part.len()]);
                slope.copy_from_slice(derivatives.get(last).map_or(&[], |d| &d[..part.len()]));
            }
            if !well {
                self.mend(part, out, slope);
            }
        }
    }

    /// Does again by the tape what left the range of a double.
    fn mend(&self, x: &[f64], out: &mut [f64], slope: &mut [f64]) {
        let far = |x: f64| !(x.abs() < 1e108);
        for (i, u) in x.iter().enumerate() {
            if !far(*u) && out[i].is_finite() && slope.get(i).is_none_or(|s| s.is_finite()) {
                continue;
            }
            out[i] = self.tape.eval(*u);
            if let Some(slope) = slope.get_mut(i) {
                *slope = self.tape.derivative(*u, 1);
            }
        }
    }
}

/// The part of a slice from `start` on that a block takes.
fn block(slice: &[f64], start: usize) -> &[f64] {
    slice.get(start..slice.len().min(start + BLOCK)).unwrap_or_default()
}

fn same_length(x: &[f64], other: &[f64]) -> Result<()> {
    if x.len() == other.len() { Ok(()) } else { Err(Error::Lengths { points: x.len(), room: other.len() }) }
}

/// The work on one block. A type of its own rather than a closure, which the compiler would not inline into the function that
/// has the machine's vector instructions.
struct Block<'a> {
    steps: &'a [Step],
    x: &'a Lanes,
    /// How many lanes are wanted, a multiple of 8.
    count: usize,
    values: &'a mut [Lanes],
    slopes: &'a mut [Lanes],
    /// Room for the values and the slopes of the last step; empty where its registers are to keep them.
    results: (&'a mut [f64], &'a mut [f64]),
}

impl WithSimd for Block<'_> {
    /// Whether all is well: no point far out, no value or slope that is not finite.
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> bool {
        // Every vector unit known multiplies and adds in one instruction.
        if S::IS_SCALAR { self.run::<false>() } else { self.run::<true>() }
    }
}

impl Block<'_> {
    /// All steps over the first `count` lanes; without slopes where there is no room for them.
    #[inline(always)]
    fn run<const FUSED: bool>(self) -> bool {
        let (x, count) = (self.x, self.count.min(BLOCK));
        let Some(last) = self.steps.len().checked_sub(1) else { return true };
        let (direct, sloped) = (!self.results.0.is_empty(), !self.slopes.is_empty());
        for (i, step) in self.steps.iter().enumerate() {
            let (known, rest) = self.values.split_at_mut(i);
            let (flown, left) = self.slopes.split_at_mut(i.min(self.slopes.len()));
            let before = Before { steps: self.steps, x, known, flown };
            let (y, dy) = match i == last && direct {
                true => (&mut self.results.0[..count], sloped.then(|| &mut self.results.1[..count])),
                false => (&mut rest[0][..count], left.first_mut().map(|slope| &mut slope[..count])),
            };
            match step {
                // Constants stand in their registers already, and x is read where it is.
                Step::Const(bits) if i == last => {
                    y.fill(f64::from_bits(*bits));
                    if let Some(dy) = dy {
                        dy.fill(0.0);
                    }
                }
                Step::X if i == last => {
                    y.copy_from_slice(&x[..count]);
                    if let Some(dy) = dy {
                        dy.fill(1.0);
                    }
                }
                Step::X | Step::Const(_) => {}
                Step::Call(f, a) => call::<FUSED>(*f, (before.at(*a), before.slope(*a)), y, dy),
                _ => before.step(*step, y, dy),
            }
        }
        let (v, d) = match direct {
            true => (&self.results.0[..count], self.results.1.get(..count).unwrap_or_default()),
            false => (&self.values[last][..count], self.slopes.get(last).map_or(&[][..], |d| &d[..count])),
        };
        is_well(&x[..count], v, if d.is_empty() { v } else { d })
    }
}

/// Whether all points lie within 1e108 and all values and slopes are finite.
#[inline(always)]
fn is_well(x: &[f64], v: &[f64], d: &[f64]) -> bool {
    // 0 for finite numbers, NaN for others and for points beyond.
    let mut sum = [0.0; 8];
    for ((x, v), d) in x.chunks_exact(8).zip(v.chunks_exact(8)).zip(d.chunks_exact(8)) {
        for i in 0..8 {
            sum[i] += 0.0 * (x[i] * 1e200) + 0.0 * v[i] + 0.0 * d[i];
        }
    }
    sum.iter().sum::<f64>() == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_tape() {
        let special =
            [0.0, -0.0, 1.0, -1.0, 1e4, -1e4, 1e-310, -1e-310, 1e150, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        let points = (0..5000).map(|i| 0.016 * f64::from(i) - 40.0).chain(special);
        let x: Vec<f64> = points.collect();
        for text in [
            "max(0,x) + 0.01*x*exp(-x^2/2)",
            "gelu(x)",
            "silu(x)",
            "mish(x)",
            "telu(x)",
            "gelu_tanh(x)",
            "elu(x)",
            "elish(x)",
            "softplus(x)",
            "log_sigmoid(x)",
            "x/sqrt(1+x^2)",
            "atan(x)",
            "asinh(x)",
            "erf(x)",
            "x^3/(1+x^2)",
            "abs(x)",
            "sign(x)",
            "hard_swish(x)",
            "log(1+x^2)",
            "sin(x)",
            "where(x < 1,x^2,2*x-1)",
            "bessel_i0e(x)",
            "min(x,cos(x))",
            "phi(x)",
            "x",
            "2",
            "-x^2/2",
            "2^x",
            "x^(1/3)",
        ] {
            let e = Expr::parse(text).expect("parses");
            let (batch, tape) = (Batch::new(&e).expect("compiles"), Tape::new(&e).expect("compiles"));
            let (mut value, mut slope, mut only) = (vec![0.0; x.len()], vec![0.0; x.len()], vec![0.0; x.len()]);
            batch.values_and_slopes(&x, &mut value, &mut slope).expect("lengths");
            batch.values(&x, &mut only).expect("lengths");
            for (i, u) in x.iter().enumerate() {
                let same = |a: f64, b: f64, size: f64| {
                    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-13 * (b.abs() + size)
                };
                // Sums whose terms cancel agree relative to their terms.
                let size = 1e-3 * u.abs().min(1.0);
                assert!(same(value[i], tape.eval(*u), size), "{text} at {u}: {} {}", value[i], tape.eval(*u));
                assert!(same(only[i], value[i], size), "{text} at {u}: {} {}", only[i], value[i]);
                let want = tape.derivative(*u, 1);
                assert!(same(slope[i], want, size), "{text}' at {u}: {} {want}", slope[i]);
            }
        }
    }

    /// Intermediate results that leave the range of a double where the result itself does not.
    #[test]
    fn overflow_on_the_way() {
        let x: Vec<f64> = (0..1600).map(|i| f64::from(i) - 800.0).collect();
        for text in ["log(exp(x)+2)", "1/log(exp(x)+2)", "exp(x)/sqrt(1+exp(x)^2)", "1/(1+exp(x))"] {
            let e = Expr::parse(text).expect("parses");
            let (batch, tape) = (Batch::new(&e).expect("compiles"), Tape::new(&e).expect("compiles"));
            let mut value = vec![0.0; x.len()];
            batch.values(&x, &mut value).expect("lengths");
            for (u, got) in x.iter().zip(value) {
                let want = tape.eval(*u);
                assert!(got == want || (got - want).abs() <= 4.0 * f64::EPSILON * want, "{text} at {u}: {got} {want}");
            }
        }
    }

    #[test]
    fn threads_and_lengths() {
        let batch = Batch::new(&Expr::parse("x^2 - x").expect("parses")).expect("compiles");
        let x: Vec<f64> = (0..200_001).map(f64::from).collect();
        let (mut one, mut many) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        batch.values(&x, &mut one).expect("lengths");
        batch.clone().threads(3).values(&x, &mut many).expect("lengths");
        assert!(one == many && one[3] == 6.0);
        many.fill(0.0);
        batch.clone().threads(usize::MAX).values(&x, &mut many).expect("lengths");
        assert!(one == many);
        assert!(batch.values(&x, &mut one[1..]).is_err());
        assert!(batch.values(&[], &mut []).is_ok());
    }
}
