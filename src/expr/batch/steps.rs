//! The steps of a tape that are no calls, on the lanes of a block, with their derivatives.

use super::super::Cmp;
use super::super::tape::{Step, max_takes_second, min_takes_second};
use super::Lanes;

/// The slope of a register.
#[derive(Clone, Copy)]
pub(super) enum Slope<'a> {
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
pub(super) struct Before<'a> {
    pub steps: &'a [Step],
    pub x: &'a Lanes,
    pub known: &'a [Lanes],
    pub flown: &'a [Lanes],
}

impl<'a> Before<'a> {
    #[inline(always)]
    pub fn at(self, r: u32) -> &'a Lanes {
        match self.steps[r as usize] {
            Step::X => self.x,
            _ => &self.known[r as usize],
        }
    }

    #[inline(always)]
    pub fn slope(self, r: u32) -> Slope<'a> {
        match self.steps[r as usize] {
            Step::Const(_) => Slope::Zero,
            Step::X => Slope::One,
            _ => Slope::Of(&self.flown[r as usize]),
        }
    }

    /// dy = y times the slope of a register.
    #[inline(always)]
    pub fn times_slope(self, r: u32, y: &[f64], dy: &mut [f64]) {
        combined(
            dy,
            self.slope(r),
            #[inline(always)]
            |i| y[i],
            Slope::Zero,
            #[inline(always)]
            |_| 0.0,
        );
    }

    /// The values of one step that is no call.
    #[inline(always)]
    pub fn value(self, step: Step, y: &mut [f64]) {
        let one = |a: u32| self.at(a);
        let two = |a: u32, b: u32| (self.at(a), self.at(b));
        match step {
            Step::X | Step::Const(_) | Step::Call(..) => {}
            Step::Neg(a) => {
                let a = one(a);
                each(
                    y,
                    #[inline(always)]
                    |i| -a[i],
                );
            }
            Step::Add(a, b) => {
                let (a, b) = two(a, b);
                each(
                    y,
                    #[inline(always)]
                    |i| a[i] + b[i],
                );
            }
            Step::Sub(a, b) => {
                let (a, b) = two(a, b);
                each(
                    y,
                    #[inline(always)]
                    |i| a[i] - b[i],
                );
            }
            Step::Mul(a, b) => {
                let (a, b) = two(a, b);
                each(
                    y,
                    #[inline(always)]
                    |i| a[i] * b[i],
                );
            }
            Step::Div(a, b) => {
                let (a, b) = two(a, b);
                each(
                    y,
                    #[inline(always)]
                    |i| a[i] / b[i],
                );
            }
            Step::Sqrt(a) => {
                let a = one(a);
                each(
                    y,
                    #[inline(always)]
                    |i| a[i].sqrt(),
                );
            }
            Step::PowInt(a, n) => integer_power(one(a), n, y),
            Step::PowReal(a, bits) => {
                let (a, p) = (one(a), f64::from_bits(bits));
                each(
                    y,
                    #[inline(always)]
                    |i| a[i].powf(p),
                );
            }
            Step::Pow(a, b) => {
                let (a, b) = two(a, b);
                each(
                    y,
                    #[inline(always)]
                    |i| a[i].powf(b[i]),
                );
            }
            Step::Max(a, b) => {
                let (a, b) = two(a, b);
                each(
                    y,
                    #[inline(always)]
                    |i| if max_takes_second(a[i], b[i]) { b[i] } else { a[i] },
                );
            }
            Step::Min(a, b) => {
                let (a, b) = two(a, b);
                each(
                    y,
                    #[inline(always)]
                    |i| if min_takes_second(a[i], b[i]) { b[i] } else { a[i] },
                );
            }
            Step::Where(cmp, a, b, then, other) => {
                let ((a, b), (then, other)) = (two(a, b), two(then, other));
                choose(
                    cmp,
                    a,
                    b,
                    y,
                    #[inline(always)]
                    |i| then[i],
                    #[inline(always)]
                    |i| other[i],
                );
            }
        }
    }

    /// The slopes of one step that is no call, its values being in `y`.
    #[inline(always)]
    pub fn derivative(self, step: Step, y: &[f64], dy: &mut [f64]) {
        let one = |a: u32| (self.at(a), self.slope(a));
        let two = |a: u32, b: u32| (self.at(a), self.at(b), self.slope(a), self.slope(b));
        match step {
            Step::X | Step::Const(_) | Step::Call(..) => {}
            Step::Neg(a) => combined(
                dy,
                self.slope(a),
                #[inline(always)]
                |_| -1.0,
                Slope::Zero,
                #[inline(always)]
                |_| 0.0,
            ),
            Step::Add(a, b) => combined(
                dy,
                self.slope(a),
                #[inline(always)]
                |_| 1.0,
                self.slope(b),
                #[inline(always)]
                |_| 1.0,
            ),
            Step::Sub(a, b) => combined(
                dy,
                self.slope(a),
                #[inline(always)]
                |_| 1.0,
                self.slope(b),
                #[inline(always)]
                |_| -1.0,
            ),
            Step::Mul(a, b) => {
                let (a, b, da, db) = two(a, b);
                combined(
                    dy,
                    da,
                    #[inline(always)]
                    |i| b[i],
                    db,
                    #[inline(always)]
                    |i| a[i],
                );
            }
            Step::Div(a, b) => {
                let (_, b, da, db) = two(a, b);
                combined(
                    dy,
                    da,
                    #[inline(always)]
                    |i| 1.0 / b[i],
                    db,
                    #[inline(always)]
                    |i| -y[i] / b[i],
                );
            }
            Step::Sqrt(a) => combined(
                dy,
                self.slope(a),
                #[inline(always)]
                |i| 0.5 / y[i],
                Slope::Zero,
                #[inline(always)]
                |_| 0.0,
            ),
            Step::PowInt(a, n) => {
                let (a, da) = one(a);
                integer_power(a, n - 1, dy);
                for dy in dy.iter_mut() {
                    *dy *= f64::from(n);
                }
                scaled(dy, da);
            }
            Step::PowReal(a, bits) => {
                let ((a, da), p) = (one(a), f64::from_bits(bits));
                each(
                    dy,
                    #[inline(always)]
                    |i| p * a[i].powf(p - 1.0),
                );
                scaled(dy, da);
            }
            Step::Pow(a, b) => {
                let (a, b, da, db) = two(a, b);
                combined(
                    dy,
                    da,
                    #[inline(always)]
                    |i| y[i] * b[i] / a[i],
                    db,
                    #[inline(always)]
                    |i| y[i] * a[i].ln(),
                );
            }
            Step::Max(a, b) => {
                let (a, b, da, db) = two(a, b);
                with_slopes!(da, db, |da, db| each(
                    dy,
                    #[inline(always)]
                    |i| if max_takes_second(a[i], b[i]) { db(i) } else { da(i) }
                ));
            }
            Step::Min(a, b) => {
                let (a, b, da, db) = two(a, b);
                with_slopes!(da, db, |da, db| each(
                    dy,
                    #[inline(always)]
                    |i| if min_takes_second(a[i], b[i]) { db(i) } else { da(i) }
                ));
            }
            Step::Where(cmp, a, b, then, other) => {
                let (a, b) = (self.at(a), self.at(b));
                with_slopes!(self.slope(then), self.slope(other), |yes, no| choose(cmp, a, b, dy, yes, no));
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
pub(super) fn scaled(dy: &mut [f64], da: Slope) {
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
