//! The registry: one row per named distribution.

use super::law::{Law, Value};
use super::{
    beta, cauchy, exponential, gamma, gumbel, half_normal, laplace, logistic, lognormal, normal, sech, skew_normal, softsign,
    student_t, triangular, uniform,
};
use crate::error::{Error, Result};

/// What values a parameter may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Any finite number.
    Real,
    /// Greater than zero.
    Positive,
}

/// A row of the registry.
pub struct Entry {
    /// The name in the grammar.
    pub name: &'static str,
    /// Its parameters: name, value in the standard form, domain.
    pub parameters: &'static [(&'static str, &'static str, Domain)],
    /// One line about it.
    pub description: &'static str,
    pub(super) law: fn(&[Value]) -> Result<Law>,
}

use Domain::{Positive, Real};

/// Every named distribution.
pub static REGISTRY: &[Entry] = &[
    Entry { name: "normal", parameters: &[("mu", "0", Real), ("sigma", "1", Positive)], description: "Gaussian", law: normal::law },
    Entry { name: "logistic", parameters: &[("mu", "0", Real), ("s", "1", Positive)], description: "logistic", law: logistic::law },
    Entry { name: "laplace", parameters: &[("mu", "0", Real), ("b", "1", Positive)], description: "two exponentials", law: laplace::law },
    Entry { name: "uniform", parameters: &[("a", "0", Real), ("b", "1", Real)], description: "constant on [a, b]", law: uniform::law },
    Entry { name: "student_t", parameters: &[("nu", "5", Positive)], description: "Student's t with nu degrees of freedom", law: student_t::law },
    Entry { name: "cauchy", parameters: &[("x0", "0", Real), ("g", "1", Positive)], description: "Cauchy, no mean", law: cauchy::law },
    Entry { name: "sech", parameters: &[("sigma", "1", Positive)], description: "hyperbolic secant, standard deviation sigma", law: sech::law },
    Entry { name: "gumbel", parameters: &[("mu", "0", Real), ("beta", "1", Positive)], description: "Gumbel (maxima)", law: gumbel::law },
    Entry { name: "exponential", parameters: &[("rate", "1", Positive)], description: "exponential on [0, inf)", law: exponential::law },
    Entry { name: "half_normal", parameters: &[("sigma", "1", Positive)], description: "|normal(0, sigma)|", law: half_normal::law },
    Entry { name: "gamma", parameters: &[("k", "2", Positive), ("theta", "1", Positive)], description: "gamma, shape k, scale theta", law: gamma::law },
    Entry { name: "beta", parameters: &[("a", "2", Positive), ("b", "2", Positive)], description: "beta on [0, 1]", law: beta::law },
    Entry { name: "lognormal", parameters: &[("mu", "0", Real), ("sigma", "1", Positive)], description: "exp of normal(mu, sigma)", law: lognormal::law },
    Entry { name: "triangular", parameters: &[("a", "-1", Real), ("c", "0", Real), ("b", "1", Real)], description: "triangle from a over c to b", law: triangular::law },
    Entry {
        name: "skew_normal",
        parameters: &[("xi", "0", Real), ("omega", "1", Positive), ("alpha", "1", Real)],
        description: "skew normal (Azzalini 1985)",
        law: skew_normal::law,
    },
    Entry { name: "softsign", parameters: &[("mu", "0", Real), ("s", "1", Positive)], description: "the input for which softsign is the worst activation", law: softsign::law },
];

/// The names that build distributions from others.
pub static COMBINATORS: &[(&str, &str)] = &[
    ("mixture", "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))"),
    ("truncate", "truncate(D,a,b)"),
    ("affine", "affine(D,scale,shift), the distribution of scale*U + shift"),
    ("density", "density(EXPR,a,b), normalised numerically"),
];

/// The error of a law called with the wrong number of arguments.
pub(super) fn arguments(name: &'static str) -> Error {
    Error::Arguments { owner: name.into(), expected: "other".into(), found: 0 }
}

/// Bounds in ascending order.
pub(super) fn ordered(owner: &str, bounds: &[(&str, &Value)]) -> Result<()> {
    for pair in bounds.windows(2) {
        if !(pair[0].1.value < pair[1].1.value) {
            return Err(Error::OutOfRange {
                owner: owner.into(),
                name: pair[1].0.into(),
                value: shown(pair[1].1.value),
                expected: format!("it must be greater than {} = {}", pair[0].0, shown(pair[0].1.value)),
            });
        }
    }
    Ok(())
}

/// A number in a message.
pub(super) fn shown(value: f64) -> String {
    format!("{value}")
}

impl Entry {
    /// The law for given arguments, the missing ones from the standard form.
    pub(super) fn build(&self, mut args: Vec<Value>) -> Result<(Law, Vec<Value>)> {
        let takes = self.parameters.len();
        if args.len() > takes {
            let expected = if takes == 1 { "at most 1".into() } else { format!("at most {takes}") };
            return Err(Error::Arguments { owner: self.name.into(), expected, found: args.len() });
        }
        for (_, standard, _) in &self.parameters[args.len()..] {
            args.push(super::parse::constant(standard, 0..standard.len())?);
        }
        for ((name, _, domain), arg) in self.parameters.iter().zip(&args) {
            let (good, expected) = match domain {
                Real => (arg.value.is_finite(), "it must be a finite number"),
                Positive => (arg.value.is_finite() && arg.value > 0.0, "it must be > 0 and finite"),
            };
            if !good {
                return Err(Error::OutOfRange {
                    owner: self.name.into(),
                    name: (*name).into(),
                    value: shown(arg.value),
                    expected: expected.into(),
                });
            }
        }
        Ok(((self.law)(&args)?, args))
    }
}
