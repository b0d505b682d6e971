//! The uniform distribution on [a, b].

use super::distribution::{Distribution, End};
use super::form::{inverse, log, over};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, ordered, take};
use crate::error::Result;
use crate::expr::Expr;

pub(super) const ENTRY: Entry = Entry {
    name: "uniform",
    description: "equally likely between a and b",
    aliases: &[],
    symbol: r"\mathcal{U}",
    parameters: &[Parameter::real("a").or(0), Parameter::real("b").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [a, b] = take(&ENTRY, arguments)?;
    ordered("uniform", "a", &a, &b)?;
    boxed(Uniform { a, b })
}

/// On [a, b].
struct Uniform {
    a: Constant,
    b: Constant,
}

impl Uniform {
    fn width(&self) -> Expr {
        self.b.exact.clone() - self.a.exact.clone()
    }

    fn length(&self) -> f64 {
        self.b.value - self.a.value
    }
}

impl Distribution for Uniform {
    fn ends(&self) -> (End, End) {
        ((&self.a).into(), (&self.b).into())
    }

    fn normaliser(&self) -> Expr {
        inverse(&self.width(), Expr::int(1))
    }

    fn kernel(&self) -> Expr {
        Expr::int(1)
    }

    fn log_density(&self) -> Expr {
        -log(self.width())
    }

    fn cdf(&self) -> Option<Expr> {
        Some(over(Expr::x() - self.a.exact.clone(), &self.width()))
    }

    fn survival(&self) -> Option<Expr> {
        Some(over(self.b.exact.clone() - Expr::x(), &self.width()))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        Some(if p < 0.5 { self.a.value + p * self.length() } else { self.b.value - (1.0 - p) * self.length() })
    }

    fn mean(&self) -> Option<f64> {
        Some(self.a.value / 2.0 + self.b.value / 2.0)
    }

    fn variance(&self) -> Option<f64> {
        Some(self.length().powi(2) / 12.0)
    }

    fn entropy(&self) -> Option<f64> {
        Some(self.length().ln())
    }

    /// Every point is one; the middle stands for them.
    fn modes(&self) -> Vec<f64> {
        vec![self.a.value / 2.0 + self.b.value / 2.0]
    }
}
