//! The table of distributions: one row each, with aliases, parameters, their domains and defaults.

use super::distribution::Distribution;
use super::{
    beta, cauchy, exponential, gamma, generalized_normal, gumbel, half_normal, laplace, logistic, lognormal, normal,
    sech, skew_normal, softsign, student_t, triangular, uniform,
};
use crate::error::{Error, Result};
use crate::expr::Expr;

/// Every named distribution. `mixture`, `truncate`, `affine`, `density` and `samples` build on these.
pub(super) const ENTRIES: &[&Entry] = &[
    &normal::ENTRY,
    &logistic::ENTRY,
    &laplace::ENTRY,
    &uniform::ENTRY,
    &student_t::ENTRY,
    &cauchy::ENTRY,
    &sech::ENTRY,
    &gumbel::ENTRY,
    &exponential::ENTRY,
    &half_normal::ENTRY,
    &gamma::ENTRY,
    &beta::ENTRY,
    &lognormal::ENTRY,
    &triangular::ENTRY,
    &skew_normal::ENTRY,
    &generalized_normal::ENTRY,
    &softsign::ENTRY,
];

/// The names of the compound forms.
pub(super) const COMPOUND: &[&str] = &["mixture", "truncate", "affine", "density", "samples"];

/// A constant argument: exact, with its double beside.
#[derive(Debug, Clone)]
pub(super) struct Constant {
    pub exact: Expr,
    pub value: f64,
}

/// A distribution behind its trait.
pub(super) type Boxed = Box<dyn Distribution>;

/// One row of the table.
pub(super) struct Entry {
    pub name: &'static str,
    /// What it is, in one line.
    pub description: &'static str,
    pub aliases: &'static [&'static str],
    /// In LaTeX, written before the arguments.
    pub symbol: &'static str,
    pub parameters: &'static [Parameter],
    pub build: fn(&[Constant]) -> Result<Boxed>,
}

/// One parameter of a distribution.
pub(super) struct Parameter {
    pub name: &'static str,
    pub positive: bool,
    /// The value of the standard form.
    pub default: Option<i64>,
}

impl Parameter {
    /// Any finite real number.
    pub(super) const fn real(name: &'static str) -> Parameter {
        Parameter { name, positive: false, default: None }
    }

    /// A number above 0.
    pub(super) const fn positive(name: &'static str) -> Parameter {
        Parameter { name, positive: true, default: None }
    }

    /// With a default.
    pub(super) const fn or(self, default: i64) -> Parameter {
        Parameter { default: Some(default), ..self }
    }

    fn check(&self, owner: &str, value: &Constant) -> Result<()> {
        let expected = match value.value {
            v if !v.is_finite() => "it must be a finite number",
            v if self.positive && v <= 0.0 => "it must be > 0",
            _ => return Ok(()),
        };
        Err(out_of_range(owner, self.name, value.exact.to_string(), expected))
    }
}

impl Entry {
    /// The row of a name or alias.
    pub(super) fn find(name: &str) -> Option<&'static Entry> {
        ENTRIES.iter().copied().find(|e| e.name == name || e.aliases.contains(&name))
    }

    /// How many arguments must be given.
    pub(super) fn required(&self) -> usize {
        self.parameters.iter().filter(|p| p.default.is_none()).count()
    }

    /// All arguments in order, defaults filled in and domains checked.
    pub(super) fn complete(&self, mut given: Vec<Constant>) -> Result<Vec<Constant>> {
        let (least, most) = (self.required(), self.parameters.len());
        if given.len() < least || given.len() > most {
            let expected = if least == most { most.to_string() } else { format!("{least} to {most}") };
            return Err(Error::Arguments { owner: self.name.into(), expected, found: given.len() });
        }
        for parameter in self.parameters.iter().skip(given.len()) {
            let value = parameter.default.unwrap_or_default();
            given.push(Constant { exact: Expr::int(value), value: value as f64 });
        }
        for (parameter, value) in self.parameters.iter().zip(&given) {
            parameter.check(self.name, value)?;
        }
        Ok(given)
    }
}

/// The arguments as an array.
pub(super) fn take<const N: usize>(entry: &Entry, arguments: &[Constant]) -> Result<[Constant; N]> {
    <[Constant; N]>::try_from(arguments.to_vec()).map_err(|given| Error::Arguments {
        owner: entry.name.into(),
        expected: N.to_string(),
        found: given.len(),
    })
}

/// A distribution behind its trait, from a builder.
pub(super) fn boxed(law: impl Distribution + 'static) -> Result<Boxed> {
    Ok(Box::new(law))
}

/// a < b, or an error that names both.
pub(super) fn ordered(owner: &str, name: &str, a: &Constant, b: &Constant) -> Result<()> {
    if a.value < b.value {
        return Ok(());
    }
    Err(out_of_range(owner, name, a.exact_text(), &format!("it must lie below the other end, {}", b.exact_text())))
}

/// A parameter outside its domain.
pub(super) fn out_of_range(owner: &str, name: &str, value: String, expected: &str) -> Error {
    Error::OutOfRange { owner: owner.into(), name: name.into(), value, expected: expected.into() }
}

impl Constant {
    /// The canonical text; infinite bounds are `inf` and `-inf`.
    pub(super) fn exact_text(&self) -> String {
        match self.value {
            f64::INFINITY => "inf".into(),
            f64::NEG_INFINITY => "-inf".into(),
            _ => self.exact.to_string(),
        }
    }

    /// The same in LaTeX.
    pub(super) fn latex(&self) -> String {
        match self.value {
            f64::INFINITY => r"\infty".into(),
            f64::NEG_INFINITY => r"-\infty".into(),
            _ => self.exact.latex(),
        }
    }
}
