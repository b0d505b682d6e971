//! Student's t distribution: density C (1 + x^2/nu)^(-(nu + 1)/2), C = gamma((nu + 1)/2)/(sqrt(nu pi) gamma(nu/2)).

use super::distribution::Distribution;
use super::form::{factorial, fraction, log, over, small_integer, sqrt};
use super::incomplete;
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use num_bigint::BigInt;
use num_rational::BigRational;
use statrs::function::gamma::digamma;
use std::f64::consts::PI;

pub(super) const ENTRY: Entry = Entry {
    name: "student_t",
    description: "nu degrees of freedom; tails as a power of 1/x",
    aliases: &["student", "t"],
    symbol: r"t",
    parameters: &[Parameter::positive("nu")],
    build,
};

/// Beyond this the gamma functions of the constant leave the range of a double.
const LARGEST_GAMMA: f64 = 300.0;
/// Beyond this the closed form of the CDF is longer than it is worth.
const LARGEST_CLOSED: i64 = 12;

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [nu] = take(&ENTRY, arguments)?;
    boxed(StudentT { nu })
}

/// nu degrees of freedom.
struct StudentT {
    nu: Constant,
}

impl StudentT {
    /// (nu + 1)/2
    fn power(&self) -> Expr {
        over(self.nu.exact.clone() + Expr::int(1), &Expr::int(2))
    }

    /// 1 + x^2/nu
    fn base(&self) -> Expr {
        Expr::int(1) + over(Expr::x().powi(2), &self.nu.exact)
    }

    fn raised(&self) -> Expr {
        match self.power() {
            n if n.is_one() => self.base(),
            n => Expr::call(Op::Pow, [self.base(), n]),
        }
    }

    /// C as rational and irrational factor, C = r/e.
    fn constant(&self) -> (BigRational, Expr) {
        let nu = self.nu.exact.clone();
        let one = BigRational::from_integer(BigInt::from(1));
        if let Some(n) = small_integer(&nu, 40) {
            // gamma(m + 1/2) = (2 m)! sqrt(pi)/(4^m m!)
            let m = n / 2;
            let quarter = BigRational::from_integer(BigInt::from(4).pow(m as u32));
            return match n % 2 {
                0 => (factorial(2 * m) / (quarter * factorial(m) * factorial(m - 1)), sqrt(nu)),
                _ => (factorial(m) * factorial(m) * quarter / factorial(2 * m), sqrt(nu) * Expr::pi()),
            };
        }
        if self.nu.value > LARGEST_GAMMA {
            return (one, Expr::float(1.0 / self.constant_at()));
        }
        let half = over(nu.clone(), &Expr::int(2));
        (one, sqrt(nu * Expr::pi()) * half.apply(Op::Gamma) / self.power().apply(Op::Gamma))
    }

    fn constant_at(&self) -> f64 {
        (-0.5 * self.nu.value.ln() - incomplete::ln_beta(self.nu.value / 2.0, 0.5)).exp()
    }

    /// P(U > |x|)
    fn tail(&self, x: f64) -> f64 {
        let (nu, x) = (self.nu.value, x.abs());
        let root = nu.sqrt();
        // nu/(nu + x^2) and x^2/(nu + x^2) without overflow.
        let r = root.hypot(x);
        let (near, far) = ((root / r).powi(2), (x / r).powi(2));
        if x > 1e100 * root {
            // The leading term of the tail, where x^-nu may still be a double and (root/r)^2 is not.
            return (nu * (root / x).ln() - nu.ln() - incomplete::ln_beta(nu / 2.0, 0.5)).exp();
        }
        0.5 * incomplete::beta(nu / 2.0, 0.5, near, far).0
    }

    /// 2 P(0 < U < x), with t = x/sqrt(nu) (Abramowitz and Stegun 26.7.3, 26.7.4).
    fn central(&self) -> Option<Expr> {
        let n = small_integer(&self.nu.exact, LARGEST_CLOSED)?;
        let cosine_squared = || Expr::int(1) / self.base();
        let t = over(Expr::x(), &sqrt(self.nu.exact.clone()));
        let (mut sum, mut coefficient) = (Expr::int(1), Expr::int(1));
        let mut add = |sum: &mut Expr, k: i64, c: Expr| {
            coefficient = coefficient.clone() * c;
            *sum = sum.clone() + over_power(&coefficient, cosine_squared(), k);
        };
        if n % 2 == 0 {
            (1..n / 2).for_each(|j| add(&mut sum, j, Expr::ratio(2 * j - 1, 2 * j)));
            return Some(Expr::x() / sqrt(self.nu.exact.clone() + Expr::x().powi(2)) * sum);
        }
        let angle = t.clone().apply(Op::Atan);
        if n == 1 {
            return Some(Expr::int(2) * angle / Expr::pi());
        }
        (1..(n - 1) / 2).for_each(|j| add(&mut sum, j, Expr::ratio(2 * j, 2 * j + 1)));
        Some(Expr::int(2) * (angle + t / self.base() * sum) / Expr::pi())
    }
}

/// c e^k
fn over_power(c: &Expr, e: Expr, k: i64) -> Expr {
    c.clone() * e.powi(k)
}

impl Distribution for StudentT {
    fn normaliser(&self) -> Expr {
        let (r, e) = self.constant();
        fraction(&r, e)
    }

    fn kernel(&self) -> Expr {
        Expr::int(1) / self.raised()
    }

    fn density(&self) -> Expr {
        let (r, e) = self.constant();
        fraction(&r, e * self.raised())
    }

    fn log_density(&self) -> Expr {
        let spread = over(Expr::x().powi(2), &self.nu.exact).apply(Op::Log1p);
        log(self.normaliser()) - self.power() * spread
    }

    /// Where x^2 leaves the range of a double.
    fn log_pdf_at(&self, x: f64) -> Option<f64> {
        let nu = self.nu.value;
        (x.abs() > 1e150).then(|| self.constant_at().ln() - (nu + 1.0) * (x.abs().ln() - 0.5 * nu.ln()))
    }

    fn cdf(&self) -> Option<Expr> {
        Some(Expr::ratio(1, 2) + self.central()? / Expr::int(2))
    }

    fn survival(&self) -> Option<Expr> {
        Some(Expr::ratio(1, 2) - self.central()? / Expr::int(2))
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        Some(if x < 0.0 { self.tail(x) } else { 1.0 - self.tail(x) })
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        self.cdf_at(-x)
    }

    fn mean(&self) -> Option<f64> {
        (self.nu.value > 1.0).then_some(0.0)
    }

    fn variance(&self) -> Option<f64> {
        match self.nu.value {
            nu if nu > 2.0 => Some(1.0 / (1.0 - 2.0 / nu)),
            nu if nu > 1.0 => Some(f64::INFINITY),
            _ => None,
        }
    }

    fn entropy(&self) -> Option<f64> {
        let nu = self.nu.value;
        if nu > 1e6 {
            // digamma((nu + 1)/2) - digamma(nu/2) = 1/nu + 1/(2 nu^2) + ..., and the normal limit.
            return Some(0.5 * (2.0 * PI * std::f64::consts::E).ln() + 1.0 / nu);
        }
        let power = (nu + 1.0) / 2.0;
        Some(power * (digamma(power) - digamma(nu / 2.0)) - self.constant_at().ln())
    }

    fn modes(&self) -> Vec<f64> {
        vec![0.0]
    }

    fn tail_index(&self) -> f64 {
        self.nu.value
    }
}
