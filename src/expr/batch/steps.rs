//! The steps of a tape that are no calls, on the lanes of a block, with their derivatives.

use super::super::Cmp;
use super::super::tape::{Step, max_takes_second, min_takes_second};
use super::{BLOCK, Lanes};

/// The slope of a register.
#[derive(Clone, Copy)]
pub(super) enum Slope<'a> {
    /// That of a constant.
    Zero,
    /// That of x.
    One,
    Of(&'a Lanes),
}

impl<'a> Slope<'a> {
    #[inline(always)]
    pub fn lanes(self) -> &'a Lanes {
        static ZERO: Lanes = [0.0; BLOCK];
        static ONE: Lanes = [1.0; BLOCK];
        match self {
            Slope::Zero => &ZERO,
            Slope::One => &ONE,
            Slope::Of(lanes) => lanes,
        }
    }
}

/// A register: its values and their slopes.
type Operand<'a> = (&'a Lanes, Slope<'a>);

/// A step of one operand by its value and the factor of the operand's slope, or of two by its value and both factors. What is
/// called from vector code must be inlined into it, closures too, or it is compiled without the vector instructions.
macro_rules! rule {
    ($y:ident, $dy:ident, $a:expr, |$u:ident| $value:expr, |$v:ident| $p:expr) => {{
        let (a, da) = $a;
        rule!($y, $dy, (a, da), (a, Slope::Zero), |$u, w| $value, |$v| ($p, 0.0))
    }};
    ($y:ident, $dy:ident, $a:expr, $b:expr, |$u:ident, $w:ident| $value:expr, |$v:ident| $factors:expr) => {
        flow(
            ($y, $dy),
            ($a, $b),
            #[inline(always)]
            |$u, $w| {
                let _ = $w;
                $value
            },
            #[inline(always)]
            |$u, $w, $v| {
                let _ = ($u, $w, $v);
                $factors
            },
        )
    };
}

/// A step that takes the first or the second of two operands.
macro_rules! choice {
    ($y:ident, $dy:ident, $a:expr, $b:expr, $then:expr, $other:expr, |$u:ident, $w:ident| $first:expr) => {
        choose(
            ($y, $dy),
            ($a, $b),
            ($then, $other),
            #[inline(always)]
            |$u, $w| $first,
        )
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

    /// The slope of a register; 0 where no slopes are wanted.
    #[inline(always)]
    pub fn slope(self, r: u32) -> Slope<'a> {
        match self.steps[r as usize] {
            Step::Const(_) => Slope::Zero,
            Step::X => Slope::One,
            _ => self.flown.get(r as usize).map_or(Slope::Zero, Slope::Of),
        }
    }

    /// The values of one step that is no call and, where there is room for them, its slopes.
    #[inline(always)]
    pub fn step(self, step: Step, y: &mut [f64], dy: Option<&mut [f64]>) {
        let of = |r: u32| (self.at(r), self.slope(r));
        match step {
            Step::X | Step::Const(_) | Step::Call(..) => {}
            Step::Neg(a) => rule!(y, dy, of(a), |u| -u, |v| -1.0),
            Step::Add(a, b) => rule!(y, dy, of(a), of(b), |u, w| u + w, |v| (1.0, 1.0)),
            Step::Sub(a, b) => rule!(y, dy, of(a), of(b), |u, w| u - w, |v| (1.0, -1.0)),
            Step::Mul(a, b) => rule!(y, dy, of(a), of(b), |u, w| u * w, |v| (w, u)),
            Step::Div(a, b) => rule!(y, dy, of(a), of(b), |u, w| u / w, |v| (1.0 / w, -v / w)),
            Step::Sqrt(a) => rule!(y, dy, of(a), |u| u.sqrt(), |v| 0.5 / v),
            Step::PowInt(a, n) => {
                integer_power(self.at(a), n, y);
                if let Some(dy) = dy {
                    integer_power(self.at(a), n - 1, dy);
                    for dy in dy.iter_mut() {
                        *dy *= f64::from(n);
                    }
                    scaled(dy, self.slope(a));
                }
            }
            Step::PowReal(a, bits) => {
                let p = f64::from_bits(bits);
                rule!(y, dy, of(a), |u| u.powf(p), |v| p * u.powf(p - 1.0));
            }
            Step::Pow(a, b) => rule!(y, dy, of(a), of(b), |u, w| u.powf(w), |v| (v * w / u, v * u.ln())),
            Step::Max(a, b) => {
                choice!(y, dy, self.at(a), self.at(b), of(b), of(a), |u, w| max_takes_second(u, w));
            }
            Step::Min(a, b) => {
                choice!(y, dy, self.at(a), self.at(b), of(b), of(a), |u, w| min_takes_second(u, w));
            }
            Step::Where(cmp, a, b, then, other) => {
                let (a, b, then, other) = (self.at(a), self.at(b), of(then), of(other));
                match cmp {
                    Cmp::Lt => choice!(y, dy, a, b, then, other, |u, w| u < w),
                    Cmp::Le => choice!(y, dy, a, b, then, other, |u, w| u <= w),
                    Cmp::Gt => choice!(y, dy, a, b, then, other, |u, w| u > w),
                    Cmp::Ge => choice!(y, dy, a, b, then, other, |u, w| u >= w),
                }
            }
        }
    }
}

/// y = value(a, b) and dy = p da + q db with (p, q) = factors(a, b, y), without the products by 0 and 1.
#[inline(always)]
fn flow(
    (y, dy): (&mut [f64], Option<&mut [f64]>),
    ((a, da), (b, db)): (Operand, Operand),
    value: impl Fn(f64, f64) -> f64,
    factors: impl Fn(f64, f64, f64) -> (f64, f64),
) {
    let Some(dy) = dy else {
        return each(
            y,
            a,
            b,
            a,
            b,
            #[inline(always)]
            |a, b, _, _| value(a, b),
        );
    };
    /// One combination of slopes.
    macro_rules! with {
        ($da:expr, $db:expr, |$p:ident, $q:ident, $du:ident, $dw:ident| $slope:expr) => {
            both(
                y,
                dy,
                a,
                b,
                $da,
                $db,
                #[inline(always)]
                |a, b, $du, $dw| {
                    let value = value(a, b);
                    let ($p, $q) = factors(a, b, value);
                    (value, $slope)
                },
            )
        };
    }
    match (da, db) {
        (Slope::Zero, Slope::Zero) => with!(a, b, |_p, _q, _da, _db| 0.0),
        (Slope::Zero, Slope::One) => with!(a, b, |_p, q, _da, _db| q),
        (Slope::Zero, Slope::Of(db)) => with!(a, db, |_p, q, _da, db| q * db),
        (Slope::One, Slope::Zero) => with!(a, b, |p, _q, _da, _db| p),
        (Slope::One, Slope::One) => with!(a, b, |p, q, _da, _db| p + q),
        (Slope::One, Slope::Of(db)) => with!(a, db, |p, q, _da, db| p + q * db),
        (Slope::Of(da), Slope::Zero) => with!(da, b, |p, _q, da, _db| p * da),
        (Slope::Of(da), Slope::One) => with!(da, b, |p, q, da, _db| p * da + q),
        (Slope::Of(da), Slope::Of(db)) => with!(da, db, |p, q, da, db| p * da + q * db),
    }
}

/// The value and the slope of `then` where first(a, b) holds, those of `other` elsewhere.
#[inline(always)]
fn choose(
    (y, dy): (&mut [f64], Option<&mut [f64]>),
    (a, b): (&Lanes, &Lanes),
    (then, other): (Operand, Operand),
    first: impl Fn(f64, f64) -> bool,
) {
    each(
        y,
        a,
        b,
        then.0,
        other.0,
        #[inline(always)]
        |a, b, then, other| if first(a, b) { then } else { other },
    );
    if let Some(dy) = dy {
        each(
            dy,
            a,
            b,
            then.1.lanes(),
            other.1.lanes(),
            #[inline(always)]
            |a, b, then, other| if first(a, b) { then } else { other },
        );
    }
}

/// y = f(a, b, c, d) in every lane.
#[inline(always)]
fn each(y: &mut [f64], a: &Lanes, b: &Lanes, c: &Lanes, d: &Lanes, f: impl Fn(f64, f64, f64, f64) -> f64) {
    for (i, y) in y.iter_mut().enumerate() {
        *y = f(a[i], b[i], c[i], d[i]);
    }
}

/// (y, dy) = f(a, b, c, d) in every lane.
#[inline(always)]
fn both(
    y: &mut [f64],
    dy: &mut [f64],
    a: &Lanes,
    b: &Lanes,
    c: &Lanes,
    d: &Lanes,
    f: impl Fn(f64, f64, f64, f64) -> (f64, f64),
) {
    for (i, (y, dy)) in y.iter_mut().zip(dy).enumerate() {
        (*y, *dy) = f(a[i], b[i], c[i], d[i]);
    }
}

/// dy = dy da
#[inline(always)]
fn scaled(dy: &mut [f64], da: Slope) {
    for (dy, da) in dy.iter_mut().zip(da.lanes()) {
        *dy *= da;
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
