//! The beta distribution: density x^(a-1) (1 - x)^(b-1)/B(a, b) on [0, 1].

use super::distribution::{Distribution, End};
use super::form::{self, factorial, log, over, small_integer, sqrt};
use super::incomplete;
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use statrs::function::gamma::digamma;

pub(super) const ENTRY: Entry = Entry {
    name: "beta",
    description: "shapes a and b, between 0 and 1",
    aliases: &[],
    symbol: r"\operatorname{Beta}",
    parameters: &[Parameter::positive("a"), Parameter::positive("b")],
    build,
};

/// Beyond this the powers may leave the range of a double: the density is then written relative to x = a/(a + b).
const LARGEST_SHAPE: f64 = 100.0;
/// Beyond this degree the closed form of the CDF is longer than it is worth.
const LARGEST_CLOSED: i64 = 12;

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [a, b] = take(&ENTRY, arguments)?;
    boxed(Beta { a, b })
}

/// Shapes a and b.
struct Beta {
    a: Constant,
    b: Constant,
}

impl Beta {
    fn large(&self) -> bool {
        self.a.value + self.b.value > LARGEST_SHAPE
    }

    fn powers(&self) -> (Expr, Expr) {
        (self.a.exact.clone() - Expr::int(1), self.b.exact.clone() - Expr::int(1))
    }

    /// B(a, b)
    fn divisor(&self) -> Expr {
        let (a, b) = (self.a.exact.clone(), self.b.exact.clone());
        if let (Some(a), Some(b)) = (small_integer(&a, 50), small_integer(&b, 50)) {
            return Expr::num(factorial(a - 1) * factorial(b - 1) / factorial(a + b - 1));
        }
        over(form::gamma(&a) * form::gamma(&b), &form::gamma(&(a + b)))
    }

    /// (a - 1) log(x/m) + (b - 1) log((1 - x)/(1 - m)) with m = a/(a + b).
    fn relative(&self) -> Expr {
        let (a, b) = (self.a.exact.clone(), self.b.exact.clone());
        let (p, q) = self.powers();
        let sum = a.clone() + b.clone();
        let ratio = |e: Expr, c: Expr| log(over(sum.clone() * e, &c));
        p * ratio(Expr::x(), a) + q * ratio(Expr::int(1) - Expr::x(), b)
    }

    /// log of the density at a/(a + b).
    fn log_peak(&self) -> f64 {
        let (a, b) = (self.a.value, self.b.value);
        let (m, n) = (a / (a + b), b / (a + b));
        (a - 1.0) * m.ln() + (b - 1.0) * n.ln() - incomplete::ln_beta(a, b)
    }

    /// I_x(a, b) where it is elementary, x and 1 - x being given.
    fn elementary(a: &Expr, b: &Expr, x: Expr, y: Expr) -> Option<Expr> {
        let half = Expr::ratio(1, 2);
        if b.is_one() {
            return Some(raised(x, a.clone()));
        }
        if a.is_one() {
            return Some(Expr::int(1) - raised(y, b.clone()));
        }
        if *a == half && *b == half {
            return Some(Expr::int(2) * sqrt(x).apply(Op::Asin) / Expr::pi());
        }
        let (a, b) = (small_integer(a, LARGEST_CLOSED)?, small_integer(b, LARGEST_CLOSED)?);
        let n = a + b - 1;
        let term = |j: i64| {
            let choose = Expr::num(factorial(n) / (factorial(j) * factorial(n - j)));
            choose * x.clone().powi(j) * y.clone().powi(n - j)
        };
        (n <= LARGEST_CLOSED).then(|| (a..=n).map(term).reduce(|s, e| s + e)).flatten()
    }
}

/// a^b with the trivial exponents removed.
fn raised(a: Expr, b: Expr) -> Expr {
    match small_integer(&b, 1) {
        Some(n) => a.powi(n),
        None => Expr::call(Op::Pow, [a, b]),
    }
}

impl Distribution for Beta {
    fn ends(&self) -> (End, End) {
        (End::zero(), End { exact: Some(Expr::int(1)), value: 1.0 })
    }

    fn anchors(&self) -> Vec<f64> {
        vec![1.0]
    }

    fn log_pdf_beside(&self, _anchor: f64, offset: f64) -> Option<f64> {
        let (a, b) = (self.a.value, self.b.value);
        Some((b - 1.0) * (-offset).ln() + (a - 1.0) * offset.ln_1p() - incomplete::ln_beta(a, b))
    }

    fn normaliser(&self) -> Expr {
        match self.large() {
            true => Expr::float(self.log_peak().exp()),
            false => over(Expr::int(1), &self.divisor()),
        }
    }

    fn kernel(&self) -> Expr {
        if self.large() {
            return self.relative().apply(Op::Exp);
        }
        let (p, q) = self.powers();
        raised(Expr::x(), p) * raised(Expr::int(1) - Expr::x(), q)
    }

    fn density(&self) -> Expr {
        match self.large() {
            true => self.normaliser() * self.kernel(),
            false => over(self.kernel(), &self.divisor()),
        }
    }

    fn log_density(&self) -> Expr {
        if self.large() {
            return self.relative() + Expr::float(self.log_peak());
        }
        let (p, q) = self.powers();
        p * log(Expr::x()) + q * (-Expr::x()).apply(Op::Log1p) - log(self.divisor())
    }

    fn cdf(&self) -> Option<Expr> {
        Beta::elementary(&self.a.exact, &self.b.exact, Expr::x(), Expr::int(1) - Expr::x())
    }

    fn survival(&self) -> Option<Expr> {
        Beta::elementary(&self.b.exact, &self.a.exact, Expr::int(1) - Expr::x(), Expr::x())
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        Some(incomplete::beta(self.a.value, self.b.value, x, 1.0 - x).0)
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        Some(incomplete::beta(self.a.value, self.b.value, x, 1.0 - x).1)
    }

    fn mean(&self) -> Option<f64> {
        Some(self.a.value / (self.a.value + self.b.value))
    }

    fn variance(&self) -> Option<f64> {
        let (a, b) = (self.a.value, self.b.value);
        let sum = a + b;
        Some((a / sum) * (b / sum) / (sum + 1.0))
    }

    fn entropy(&self) -> Option<f64> {
        let (a, b) = (self.a.value, self.b.value);
        // The terms cancel to fewer digits than are worth reporting.
        (a + b < 1e4).then(|| {
            incomplete::ln_beta(a, b) - (a - 1.0) * digamma(a) - (b - 1.0) * digamma(b) + (a + b - 2.0) * digamma(a + b)
        })
    }

    fn modes(&self) -> Vec<f64> {
        let (a, b) = (self.a.value, self.b.value);
        match (a < 1.0, b < 1.0) {
            (true, true) => vec![0.0, 1.0],
            _ if a == 1.0 && b == 1.0 => vec![0.5],
            _ if a <= 1.0 && b >= 1.0 => vec![0.0],
            _ if b <= 1.0 => vec![1.0],
            _ => vec![(a - 1.0) / (a + b - 2.0)],
        }
    }
}
