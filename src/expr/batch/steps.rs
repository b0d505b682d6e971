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
        &self.known[r as usize]
    }

    #[inline(always)]
    pub fn slope(self, r: u32) -> Slope<'a> {
        match self.steps[r as usize] {
            Step::Const(_) => Slope::Zero,
            Step::X => Slope::One,
            _ => Slope::Of(&self.flown[r as usize]),
        }
    }

    /// The values of one step that is no call.
    #[inline(always)]
    pub fn value(self, step: Step, y: &mut [f64]) {
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
    pub fn derivative(self, step: Step, y: &[f64], dy: &mut [f64]) {
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
