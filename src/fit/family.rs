//! The table of families: name, aliases, parameters.

use crate::error::{Error, Result};
use std::str::FromStr;

/// A family of distributions with free parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `normal(mu,sigma)`
    Normal,
    /// `logistic(mu,s)`
    Logistic,
    /// `laplace(mu,b)`
    Laplace,
    /// `affine(student_t(nu),scale,location)`
    StudentT,
    /// `affine(sech(sigma),1,mu)`
    Sech,
    /// `gumbel(mu,beta)`
    Gumbel,
    /// `skew_normal(xi,omega,alpha)`
    SkewNormal,
    /// `uniform(a,b)`
    Uniform,
    /// `generalized_normal(mu,alpha,beta)`
    GeneralizedNormal,
    /// `mixture(w1*normal(mu1,sigma1)+...)`, the number of parts chosen by BIC
    Mixture,
}

/// One row of the table.
struct Row {
    family: Family,
    name: &'static str,
    aliases: &'static [&'static str],
    /// Of a mixture those of one part.
    parameters: &'static [&'static str],
}

const ROWS: [Row; 10] = [
    row(Family::Normal, "normal", &["gaussian"], &["mu", "sigma"]),
    row(Family::Logistic, "logistic", &[], &["mu", "s"]),
    row(Family::Laplace, "laplace", &["double_exponential"], &["mu", "b"]),
    row(Family::StudentT, "student_t", &["student", "t"], &["location", "scale", "nu"]),
    row(Family::Sech, "sech", &["hyperbolic_secant", "hypsecant"], &["mu", "sigma"]),
    row(Family::Gumbel, "gumbel", &[], &["mu", "beta"]),
    row(Family::SkewNormal, "skew_normal", &["skewnormal"], &["xi", "omega", "alpha"]),
    row(Family::Uniform, "uniform", &[], &["a", "b"]),
    row(
        Family::GeneralizedNormal,
        "generalized_normal",
        &["generalised_normal", "gennorm", "exponential_power"],
        &["mu", "alpha", "beta"],
    ),
    row(Family::Mixture, "mixture", &["normal_mixture"], &["w", "mu", "sigma"]),
];

const fn row(
    family: Family,
    name: &'static str,
    aliases: &'static [&'static str],
    parameters: &'static [&'static str],
) -> Row {
    Row { family, name, aliases, parameters }
}

impl Family {
    /// Every family, in the order of the table.
    pub const ALL: [Family; 10] = {
        let mut all = [Family::Normal; 10];
        let mut i = 0;
        while i < all.len() {
            all[i] = ROWS[i].family;
            i += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The names of the parameters in their order, of a mixture those of one part.
    pub fn parameters(self) -> &'static [&'static str] {
        self.row().parameters
    }

    /// The least number of values that a fit is made from: one more than the parameters, so that the fit is no copy of the
    /// values. A mixture has two parts at the least, and 5 parameters.
    pub fn least_values(self) -> usize {
        match self {
            Family::Mixture => 6,
            _ => self.parameters().len() + 1,
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Family {
    type Err = Error;

    fn from_str(text: &str) -> Result<Family> {
        let name = text.trim();
        let known = ROWS.iter().find(|row| row.name == name || row.aliases.contains(&name));
        let names = || ROWS.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied()));
        known.map(|row| row.family).ok_or_else(|| Error::unknown("family", name, names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_their_family_says() {
        for (i, family) in Family::ALL.into_iter().enumerate() {
            assert_eq!(family as usize, i);
            assert_eq!(family.name().parse(), Ok(family));
            for alias in family.row().aliases {
                assert_eq!(alias.parse(), Ok(family));
            }
        }
    }
}
