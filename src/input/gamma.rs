//! The gamma distribution: density x^(k-1) exp(-x/theta)/(gamma(k) theta^k) for x >= 0.

use super::distribution::{Distribution, End};
use super::form::{self, exp, log, over};
use super::incomplete;
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use libm::lgamma;
use statrs::function::gamma::digamma;

pub(super) const ENTRY: Entry = Entry {
    name: "gamma",
    description: "shape k, scale theta, from 0 on",
    aliases: &[],
    symbol: r"\operatorname{Gamma}",
    parameters: &[Parameter::positive("k"), Parameter::positive("theta").or(1)],
    build,
};

/// Beyond this gamma(k) or theta^k may leave the range of a double: the density is then written relative to x = k theta.
const LARGEST_SHAPE: f64 = 100.0;
/// Beyond this the closed form of the CDF is longer than it is worth.
const LARGEST_CLOSED: i64 = 12;

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [k, theta] = take(&ENTRY, arguments)?;
    boxed(Gamma { k, theta })
}

/// Shape k, scale theta.
struct Gamma {
    k: Constant,
    theta: Constant,
}

impl Gamma {
    fn large(&self) -> bool {
        self.k.value > LARGEST_SHAPE
    }

    fn z(&self) -> Expr {
        over(Expr::x(), &self.theta.exact)
    }

    fn power(&self) -> Expr {
        self.k.exact.clone() - Expr::int(1)
    }

    /// gamma(k) theta^k
    fn divisor(&self) -> Expr {
        form::gamma(&self.k.exact) * raised(self.theta.exact.clone(), self.k.exact.clone())
    }

    /// (k - 1) log(x/m) - (x - m)/theta with m = k theta.
    fn relative(&self) -> Expr {
        let m = self.k.exact.clone() * self.theta.exact.clone();
        self.power() * log(over(Expr::x(), &m)) - over(Expr::x() - m, &self.theta.exact)
    }

    /// log of the density at k theta.
    fn log_peak(&self) -> f64 {
        incomplete::log_gamma_factor(self.k.value, self.k.value) - (self.k.value * self.theta.value).ln()
    }

    /// exp(-x/theta) SUM_{j<k} (x/theta)^j/j! for integer k.
    fn erlang(&self) -> Option<Expr> {
        let k = form::small_integer(&self.k.exact, LARGEST_CLOSED)?;
        let sum = (1..k).fold(Expr::int(1), |s, j| s + over(self.z().powi(j), &Expr::num(form::factorial(j))));
        Some(exp(-self.z()) * sum)
    }
}

/// a^b, the trivial cases in short.
fn raised(a: Expr, b: Expr) -> Expr {
    match (a.is_one(), form::small_integer(&b, 100)) {
        (true, _) => a,
        (_, Some(0)) => Expr::int(1),
        (_, Some(n)) => match a.as_num() {
            Some(r) => Expr::num(num_traits::pow(r.clone(), n as usize)),
            None => a.powi(n),
        },
        _ => Expr::call(Op::Pow, [a, b]),
    }
}

impl Distribution for Gamma {
    fn ends(&self) -> (End, End) {
        (End::zero(), End::ABOVE)
    }

    fn normaliser(&self) -> Expr {
        match self.large() {
            true => Expr::float(self.log_peak().exp()),
            false => over(Expr::int(1), &self.divisor()),
        }
    }

    fn kernel(&self) -> Expr {
        match self.large() {
            true => exp(self.relative()),
            false => raised(Expr::x(), self.power()) * exp(-self.z()),
        }
    }

    fn density(&self) -> Expr {
        match self.large() {
            true => self.normaliser() * self.kernel(),
            false => over(self.kernel(), &self.divisor()),
        }
    }

    fn log_density(&self) -> Expr {
        match self.large() {
            true => self.relative() + Expr::float(self.log_peak()),
            false => self.power() * log(Expr::x()) - self.z() - log(self.divisor()),
        }
    }

    fn cdf(&self) -> Option<Expr> {
        Some(Expr::int(1) - self.erlang()?)
    }

    fn survival(&self) -> Option<Expr> {
        self.erlang()
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        Some(incomplete::gamma(self.k.value, x / self.theta.value).0)
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        Some(incomplete::gamma(self.k.value, x / self.theta.value).1)
    }

    fn mean(&self) -> Option<f64> {
        Some(self.k.value * self.theta.value)
    }

    fn variance(&self) -> Option<f64> {
        Some(self.k.value * self.theta.value * self.theta.value)
    }

    fn entropy(&self) -> Option<f64> {
        let k = self.k.value;
        if k > 1e4 {
            // k + lgamma(k) + (1 - k) digamma(k), its large terms cancelled by Stirling's series.
            let normal = 0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E * k).ln();
            return Some(normal - 1.0 / (3.0 * k) + self.theta.value.ln());
        }
        Some(k + self.theta.value.ln() + lgamma(k) + (1.0 - k) * digamma(k))
    }

    fn modes(&self) -> Vec<f64> {
        vec![(self.k.value - 1.0).max(0.0) * self.theta.value]
    }
}
