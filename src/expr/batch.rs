//! Evaluation over slices: the tape of an expression runs over blocks of points, each step a loop that the compiler turns
//! into vector instructions, the derivative carried along forward. Points at which the block's arithmetic leaves the range of
//! a double are done again by the tape itself, so that both agree everywhere to rounding.

use super::function::{Function, sign};
use super::tape::{Step, Tape, max_takes_second, min_takes_second};
use super::{Cmp, Expr};
use crate::error::{Error, Result};
use crate::numeric::lanes;
use pulp::{Arch, Simd, WithSimd};
use std::cell::Cell;
use std::num::NonZero;

/// Points per block: the registers of a tape of ordinary length stay in the first-level cache.
const BLOCK: usize = 128;
/// Points that a thread of its own is worth starting for.
const LARGE: usize = 1 << 16;

/// 2^400
const FLAT: f64 = f64::from_bits((1023 + 400) << 52);

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
            let well = Arch::new().dispatch(Block { steps, x, count, values, slopes: derivatives });
            let place = i * BLOCK..i * BLOCK + part.len();
            if let Some(v) = values.get(last) {
                out[place.clone()].copy_from_slice(&v[..part.len()]);
            }
            if let Some(d) = derivatives.get(last) {
                slope[place.clone()].copy_from_slice(&d[..part.len()]);
            }
            if !well {
                self.mend(part, &mut out[place.clone()], if slopes { &mut slope[place] } else { &mut [] });
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
        for (i, step) in self.steps.iter().enumerate() {
            let (known, rest) = self.values.split_at_mut(i);
            let (flown, left) = self.slopes.split_at_mut(i.min(self.slopes.len()));
            let before = Before { steps: self.steps, x, known, flown };
            let y = &mut rest[0][..count];
            let mut dy = left.first_mut().map(|slope| &mut slope[..count]);
            match step {
                // Constants stand in their registers already.
                Step::Const(_) => {}
                Step::Call(f, a) => {
                    call::<FUSED>(*f, before.at(*a), y, dy.as_deref_mut());
                    if let Some(dy) = dy {
                        scaled(dy, before.slope(*a));
                    }
                }
                _ => {
                    before.value(*step, y);
                    if let Some(dy) = dy {
                        before.derivative(*step, y, dy);
                    }
                }
            }
        }
        self.is_well(count)
    }

    #[inline(always)]
    fn is_well(&self, count: usize) -> bool {
        // 0 for finite numbers, NaN for others and for points beyond 1e108.
        let (Some(v), d) = (self.values.get(self.steps.len().wrapping_sub(1)), &self.slopes) else { return true };
        let d = d.get(self.steps.len() - 1).unwrap_or(v);
        let mut sum = [0.0; 8];
        let eights = self.x[..count].chunks_exact(8);
        for ((x, v), d) in eights.zip(v.chunks_exact(8)).zip(d.chunks_exact(8)) {
            for i in 0..8 {
                sum[i] += 0.0 * (x[i] * 1e200) + 0.0 * v[i] + 0.0 * d[i];
            }
        }
        sum.iter().sum::<f64>() == 0.0
    }
}

/// The slope of a register.
#[derive(Clone, Copy)]
enum Slope<'a> {
    /// That of a constant.
    Zero,
    /// That of x.
    One,
    Of(&'a Lanes),
}

/// Evaluates an expression with `$f` and `$g` as functions of the lane that give two slopes, 0 and 1 as such.
macro_rules! with_slopes {
    ($a:expr, $b:expr, |$f:ident, $g:ident| $body:expr) => {
        with_slopes!(@one $a, $f, with_slopes!(@one $b, $g, $body))
    };
    (@one $a:expr, $f:ident, $body:expr) => {
        match $a {
            Slope::Zero => {
                let $f = |_: usize| 0.0;
                $body
            }
            Slope::One => {
                let $f = |_: usize| 1.0;
                $body
            }
            Slope::Of(d) => {
                let $f = |i: usize| d[i];
                $body
            }
        }
    };
}

/// What the steps before one have found.
#[derive(Clone, Copy)]
struct Before<'a> {
    steps: &'a [Step],
    x: &'a Lanes,
    known: &'a [Lanes],
    flown: &'a [Lanes],
}

impl<'a> Before<'a> {
    #[inline(always)]
    fn at(self, r: u32) -> &'a Lanes {
        &self.known[r as usize]
    }

    #[inline(always)]
    fn slope(self, r: u32) -> Slope<'a> {
        match self.steps[r as usize] {
            Step::Const(_) => Slope::Zero,
            Step::X => Slope::One,
            _ => Slope::Of(&self.flown[r as usize]),
        }
    }

    /// The values of one step that is no call.
    #[inline(always)]
    fn value(self, step: Step, y: &mut [f64]) {
        let at = |r: u32| self.at(r);
        match step {
            Step::X => y.copy_from_slice(&self.x[..y.len()]),
            Step::Const(_) | Step::Call(..) => {}
            Step::Neg(a) => each(
                y,
                #[inline(always)]
                |i| -at(a)[i],
            ),
            Step::Add(a, b) => each(
                y,
                #[inline(always)]
                |i| at(a)[i] + at(b)[i],
            ),
            Step::Sub(a, b) => each(
                y,
                #[inline(always)]
                |i| at(a)[i] - at(b)[i],
            ),
            Step::Mul(a, b) => each(
                y,
                #[inline(always)]
                |i| at(a)[i] * at(b)[i],
            ),
            Step::Div(a, b) => each(
                y,
                #[inline(always)]
                |i| at(a)[i] / at(b)[i],
            ),
            Step::Sqrt(a) => each(
                y,
                #[inline(always)]
                |i| at(a)[i].sqrt(),
            ),
            Step::PowInt(a, n) => integer_power(at(a), n, y),
            Step::PowReal(a, bits) => each(
                y,
                #[inline(always)]
                |i| at(a)[i].powf(f64::from_bits(bits)),
            ),
            Step::Pow(a, b) => each(
                y,
                #[inline(always)]
                |i| at(a)[i].powf(at(b)[i]),
            ),
            Step::Max(a, b) => each(
                y,
                #[inline(always)]
                |i| if max_takes_second(at(a)[i], at(b)[i]) { at(b)[i] } else { at(a)[i] },
            ),
            Step::Min(a, b) => each(
                y,
                #[inline(always)]
                |i| if min_takes_second(at(a)[i], at(b)[i]) { at(b)[i] } else { at(a)[i] },
            ),
            Step::Where(cmp, a, b, then, other) => choose(
                cmp,
                at(a),
                at(b),
                y,
                #[inline(always)]
                |i| at(then)[i],
                #[inline(always)]
                |i| at(other)[i],
            ),
        }
    }

    /// The slopes of one step that is no call, its values being in `y`.
    #[inline(always)]
    fn derivative(self, step: Step, y: &[f64], dy: &mut [f64]) {
        let at = |r: u32| self.at(r);
        let d = |r: u32| self.slope(r);
        match step {
            Step::X => dy.fill(1.0),
            Step::Const(_) | Step::Call(..) => {}
            Step::Neg(a) => combined(
                dy,
                d(a),
                #[inline(always)]
                |_| -1.0,
                Slope::Zero,
                #[inline(always)]
                |_| 0.0,
            ),
            Step::Add(a, b) => combined(
                dy,
                d(a),
                #[inline(always)]
                |_| 1.0,
                d(b),
                #[inline(always)]
                |_| 1.0,
            ),
            Step::Sub(a, b) => combined(
                dy,
                d(a),
                #[inline(always)]
                |_| 1.0,
                d(b),
                #[inline(always)]
                |_| -1.0,
            ),
            Step::Mul(a, b) => combined(
                dy,
                d(a),
                #[inline(always)]
                |i| at(b)[i],
                d(b),
                #[inline(always)]
                |i| at(a)[i],
            ),
            Step::Div(a, b) => combined(
                dy,
                d(a),
                #[inline(always)]
                |i| 1.0 / at(b)[i],
                d(b),
                #[inline(always)]
                |i| -y[i] / at(b)[i],
            ),
            Step::Sqrt(a) => combined(
                dy,
                d(a),
                #[inline(always)]
                |i| 0.5 / y[i],
                Slope::Zero,
                #[inline(always)]
                |_| 0.0,
            ),
            Step::PowInt(a, n) => {
                integer_power(at(a), n - 1, dy);
                for dy in dy.iter_mut() {
                    *dy *= f64::from(n);
                }
                scaled(dy, d(a));
            }
            Step::PowReal(a, bits) => {
                let p = f64::from_bits(bits);
                each(
                    dy,
                    #[inline(always)]
                    |i| p * at(a)[i].powf(p - 1.0),
                );
                scaled(dy, d(a));
            }
            Step::Pow(a, b) => combined(
                dy,
                d(a),
                #[inline(always)]
                |i| y[i] * at(b)[i] / at(a)[i],
                d(b),
                #[inline(always)]
                |i| y[i] * at(a)[i].ln(),
            ),
            Step::Max(a, b) => with_slopes!(d(a), d(b), |da, db| each(
                dy,
                #[inline(always)]
                |i| if max_takes_second(at(a)[i], at(b)[i]) { db(i) } else { da(i) }
            )),
            Step::Min(a, b) => with_slopes!(d(a), d(b), |da, db| each(
                dy,
                #[inline(always)]
                |i| if min_takes_second(at(a)[i], at(b)[i]) { db(i) } else { da(i) }
            )),
            Step::Where(cmp, a, b, then, other) => {
                with_slopes!(d(then), d(other), |yes, no| choose(cmp, at(a), at(b), dy, yes, no))
            }
        }
    }
}

/// y[i] = f(i) for all lanes.
#[inline(always)]
fn each(y: &mut [f64], f: impl Fn(usize) -> f64) {
    for (i, y) in y.iter_mut().enumerate() {
        *y = f(i);
    }
}

/// dy = p da + q db, without the products by 0 and 1.
#[inline(always)]
fn combined(dy: &mut [f64], da: Slope, p: impl Fn(usize) -> f64, db: Slope, q: impl Fn(usize) -> f64) {
    match (da, db) {
        (Slope::Zero, Slope::Zero) => dy.fill(0.0),
        (Slope::Zero, Slope::One) => each(dy, q),
        (Slope::Zero, Slope::Of(db)) => each(
            dy,
            #[inline(always)]
            |i| q(i) * db[i],
        ),
        (Slope::One, Slope::Zero) => each(dy, p),
        (Slope::One, Slope::One) => each(
            dy,
            #[inline(always)]
            |i| p(i) + q(i),
        ),
        (Slope::One, Slope::Of(db)) => each(
            dy,
            #[inline(always)]
            |i| p(i) + q(i) * db[i],
        ),
        (Slope::Of(da), Slope::Zero) => each(
            dy,
            #[inline(always)]
            |i| p(i) * da[i],
        ),
        (Slope::Of(da), Slope::One) => each(
            dy,
            #[inline(always)]
            |i| p(i) * da[i] + q(i),
        ),
        (Slope::Of(da), Slope::Of(db)) => each(
            dy,
            #[inline(always)]
            |i| p(i) * da[i] + q(i) * db[i],
        ),
    }
}

/// dy = dy da
#[inline(always)]
fn scaled(dy: &mut [f64], da: Slope) {
    match da {
        Slope::Zero => dy.fill(0.0),
        Slope::One => {}
        Slope::Of(da) => {
            for (dy, da) in dy.iter_mut().zip(da) {
                *dy *= da;
            }
        }
    }
}

#[inline(always)]
fn choose(cmp: Cmp, a: &Lanes, b: &Lanes, y: &mut [f64], then: impl Fn(usize) -> f64, other: impl Fn(usize) -> f64) {
    match cmp {
        Cmp::Lt => each(
            y,
            #[inline(always)]
            |i| if a[i] < b[i] { then(i) } else { other(i) },
        ),
        Cmp::Le => each(
            y,
            #[inline(always)]
            |i| if a[i] <= b[i] { then(i) } else { other(i) },
        ),
        Cmp::Gt => each(
            y,
            #[inline(always)]
            |i| if a[i] > b[i] { then(i) } else { other(i) },
        ),
        Cmp::Ge => each(
            y,
            #[inline(always)]
            |i| if a[i] >= b[i] { then(i) } else { other(i) },
        ),
    }
}

/// y = a^n by squaring.
#[inline(always)]
fn integer_power(a: &Lanes, n: i32, y: &mut [f64]) {
    let mut square = *a;
    let mut left = n.unsigned_abs();
    y.fill(1.0);
    while left > 0 {
        if left & 1 == 1 {
            for (y, s) in y.iter_mut().zip(&square) {
                *y *= s;
            }
        }
        for s in &mut square {
            *s *= *s;
        }
        left >>= 1;
    }
    if n < 0 {
        for y in y {
            *y = 1.0 / *y;
        }
    }
}

/// f(a) and, where asked for, f'(a).
#[inline(always)]
// A function handed over by name would be called, not inlined, and miss the vector instructions.
#[allow(clippy::redundant_closure)]
fn call<const FUSED: bool>(f: Function, a: &Lanes, y: &mut [f64], dy: Option<&mut [f64]>) {
    let alone = dy.is_none();
    match f {
        Function::Exp => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| {
                let e = lanes::exp::<FUSED>(u);
                (e, e)
            },
        ),
        Function::Log => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| (if u > 0.0 { lanes::log::<FUSED>(u) } else { f64::NAN }, 1.0 / u),
        ),
        Function::Tanh => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| lanes::tanh::<FUSED>(u),
        ),
        Function::Sigmoid => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| lanes::sigmoid::<FUSED>(u),
        ),
        Function::Softplus => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| lanes::softplus::<FUSED>(u),
        ),
        Function::LogSigmoid => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| {
                let (value, slope) = lanes::softplus::<FUSED>(-u);
                (-value, slope)
            },
        ),
        Function::NormalCdf => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| lanes::normal::<FUSED>(u),
        ),
        Function::NormalPdf => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| {
                let value = 0.398_942_280_401_432_7 * lanes::bell::<FUSED>(u);
                (value, -u * value)
            },
        ),
        Function::Erf => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| lanes::erf::<FUSED>(u),
        ),
        Function::Abs => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| (u.abs(), sign(u)),
        ),
        Function::Sign => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| (sign(u), 0.0),
        ),
        Function::InverseRoot => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| {
                // Beyond 2^400 the value is 1 and the slope 0 in doubles, and the square would overflow.
                let u = u.clamp(-FLAT, FLAT);
                let w = 1.0 / (1.0 + u * u);
                (u * w.sqrt(), w * w.sqrt())
            },
        ),
        Function::Atan => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| (lanes::atan::<FUSED>(u), 1.0 / (1.0 + u * u)),
        ),
        Function::Asinh => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| lanes::asinh::<FUSED>(u),
        ),
        Function::Expm1 => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| lanes::expm1::<FUSED>(u),
        ),
        Function::Log1p => pairs(
            a,
            y,
            dy,
            #[inline(always)]
            |u| (lanes::log1p::<FUSED>(u), 1.0 / (1.0 + u)),
        ),
        Function::Sin => pairs(a, y, dy, |u| f64::sin_cos(u)),
        Function::Cos => pairs(a, y, dy, |u| (u.cos(), -u.sin())),
        Function::Sinh => pairs(a, y, dy, |u| (u.sinh(), u.cosh())),
        Function::Cosh => pairs(a, y, dy, |u| (u.cosh(), u.sinh())),
        Function::Tan
        | Function::Asin
        | Function::Acos
        | Function::Acosh
        | Function::Atanh
        | Function::Erfc
        | Function::BesselI0e
        | Function::BesselI1e
        | Function::Gamma => pairs(a, y, dy, |u| {
            let mut out = [0.0; 2];
            super::taylor::of_function(f, u, if alone { &mut out[..1] } else { &mut out });
            (out[0], out[1])
        }),
    }
}

/// Writes the two values of f at every lane, the second where there is room for it.
#[inline(always)]
fn pairs(a: &Lanes, y: &mut [f64], dy: Option<&mut [f64]>, f: impl Fn(f64) -> (f64, f64)) {
    match dy {
        Some(dy) => {
            for ((a, y), dy) in a.iter().zip(y).zip(dy) {
                (*y, *dy) = f(*a);
            }
        }
        // No for_each: the compiler might call it, not inline it, and miss the vector instructions.
        None => {
            for (a, y) in a.iter().zip(y) {
                *y = f(*a).0;
            }
        }
    }
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
