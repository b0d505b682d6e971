//! The triangular distribution on [a, b] with its mode at c.

use super::distribution::{Distribution, End};
use super::form::{inverse, over};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, ordered, take};
use crate::error::{Error, Result};
use crate::expr::{Cmp, Expr, Op};

pub(super) const ENTRY: Entry = Entry {
    name: "triangular",
    description: "rising from a to the mode c, falling to b",
    aliases: &["triangle"],
    symbol: r"\operatorname{Triangular}",
    parameters: &[Parameter::real("a").or(-1), Parameter::real("c").or(0), Parameter::real("b").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [a, c, b] = take(&ENTRY, arguments)?;
    ordered("triangular", "a", &a, &b)?;
    if c.value < a.value || c.value > b.value {
        return Err(Error::OutOfRange {
            owner: "triangular".into(),
            name: "c".into(),
            value: c.exact.to_string(),
            expected: format!("it must lie between a = {} and b = {}", a.exact, b.exact),
        });
    }
    boxed(Triangular { a, c, b })
}

/// Rising from a to c, falling from c to b.
struct Triangular {
    a: Constant,
    c: Constant,
    b: Constant,
}

impl Triangular {
    fn rise(&self) -> Expr {
        Expr::x() - self.a.exact.clone()
    }

    fn fall(&self) -> Expr {
        self.b.exact.clone() - Expr::x()
    }

    fn width(&self) -> Expr {
        self.b.exact.clone() - self.a.exact.clone()
    }

    fn left(&self) -> Expr {
        self.c.exact.clone() - self.a.exact.clone()
    }

    fn right(&self) -> Expr {
        self.b.exact.clone() - self.c.exact.clone()
    }

    /// One form below c, another above; a side without width is left out.
    fn pieces(&self, below: impl Fn() -> Expr, above: impl Fn() -> Expr) -> Expr {
        if self.c.value <= self.a.value {
            above()
        } else if self.c.value >= self.b.value {
            below()
        } else {
            Expr::call(Op::Where(Cmp::Lt), [Expr::x(), self.c.exact.clone(), below(), above()])
        }
    }
}

impl Distribution for Triangular {
    fn ends(&self) -> (End, End) {
        ((&self.a).into(), (&self.b).into())
    }

    fn breakpoints(&self) -> Vec<f64> {
        vec![self.c.value]
    }

    fn normaliser(&self) -> Expr {
        over(inverse(&self.width(), Expr::int(1)), &Expr::ratio(1, 2))
    }

    fn kernel(&self) -> Expr {
        self.pieces(|| over(self.rise(), &self.left()), || over(self.fall(), &self.right()))
    }

    fn density(&self) -> Expr {
        let side = |e: Expr, width: Expr| over(Expr::int(2) * e, &(self.width() * width));
        self.pieces(|| side(self.rise(), self.left()), || side(self.fall(), self.right()))
    }

    fn cdf(&self) -> Option<Expr> {
        let side = |e: Expr, width: Expr| over(e.powi(2), &(self.width() * width));
        Some(self.pieces(|| side(self.rise(), self.left()), || Expr::int(1) - side(self.fall(), self.right())))
    }

    fn survival(&self) -> Option<Expr> {
        let side = |e: Expr, width: Expr| over(e.powi(2), &(self.width() * width));
        Some(self.pieces(|| Expr::int(1) - side(self.rise(), self.left()), || side(self.fall(), self.right())))
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        let (a, c, b) = (self.a.value, self.c.value, self.b.value);
        Some(match x < c {
            true => (x - a).powi(2) / ((b - a) * (c - a)),
            false => ((c - a) + (x - c) * ((b - c) + (b - x)) / (b - c)) / (b - a),
        })
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        let (a, c, b) = (self.a.value, self.c.value, self.b.value);
        Some(match x < c {
            true => ((b - c) + (c - x) * ((c - a) + (x - a)) / (c - a)) / (b - a),
            false => (b - x).powi(2) / ((b - a) * (b - c)),
        })
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        let (a, c, b) = (self.a.value, self.c.value, self.b.value);
        let at_mode = (c - a) / (b - a);
        let (left, right, width, q) = (c - a, b - c, b - a, 1.0 - p);
        let (rise, fall) = ((p * width * left).sqrt(), (q * width * right).sqrt());
        // On the far side of the median the distance is taken from c, so that neither end is reached by cancellation.
        Some(match (p < at_mode, p < 0.5) {
            (true, true) => a + rise,
            (true, false) => c - left * (q * width - right) / (left + rise),
            (false, true) => c + right * (p * width - left) / (right + fall),
            (false, false) => b - fall,
        })
    }

    fn mean(&self) -> Option<f64> {
        Some((self.a.value + self.b.value + self.c.value) / 3.0)
    }

    fn variance(&self) -> Option<f64> {
        let (left, right) = (self.c.value - self.a.value, self.b.value - self.c.value);
        Some((left * left + left * right + right * right) / 18.0)
    }

    fn entropy(&self) -> Option<f64> {
        Some(0.5 + ((self.b.value - self.a.value) / 2.0).ln())
    }

    fn modes(&self) -> Vec<f64> {
        vec![self.c.value]
    }
}
