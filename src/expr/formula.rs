//! An expression with values for its parameters, as one text.

use super::parse::{parse_within, spans, trimmed};
use super::{Expr, Node, to_f64};
use crate::error::{Error, Result};
use num_rational::BigRational;
use num_traits::Zero;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

/// An expression with values for its parameters: `max(0,x) + eps*x*exp(-x^2/2); eps=0.01`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// The expression.
    pub expr: Expr,
    /// Values of its parameters.
    pub parameters: BTreeMap<Arc<str>, BigRational>,
}

impl Formula {
    /// Reads an expression and, after semicolons, values of its parameters; a later group of values overrides an earlier one.
    ///
    /// # Errors
    /// [`Error::Syntax`] with the offending span.
    pub fn parse(text: &str) -> Result<Formula> {
        let mut parts = spans(text, ';').into_iter();
        let expr = parse_within(text, parts.next().unwrap_or(0..text.len()))?;
        let mut formula = Formula { expr, parameters: BTreeMap::new() };
        formula.assign(text, parts)?;
        Ok(formula)
    }

    /// Reads groups of values, `a=0.1, b=2`, in parts of a text.
    pub(crate) fn assign(&mut self, text: &str, groups: impl IntoIterator<Item = Range<usize>>) -> Result<()> {
        let known = self.expr.parameters();
        for group in groups {
            let mut given = Vec::new();
            if text[group.clone()].trim().is_empty() {
                return Err(Error::syntax(text, group, "a value is missing after the semicolon; write `; name=0.01`"));
            }
            for span in spans(&text[group.clone()], ',') {
                let span = span.start + group.start..span.end + group.start;
                let (name, value) = assignment(text, span.clone())?;
                if given.contains(&name) {
                    return Err(Error::syntax(text, trimmed(text, span), format!("`{name}` has a value already")));
                }
                given.push(name);
                match known.get(name) {
                    Some(name) => self.parameters.insert(name.clone(), value),
                    None => {
                        return Err(Error::syntax(
                            text,
                            trimmed(text, span),
                            format!("`{name}` is not a parameter of the expression"),
                        ));
                    }
                };
            }
        }
        self.check_numbers(text)
    }

    /// Numbers must be doubles: neither infinite nor 0 there without being it.
    fn check_numbers(&self, text: &str) -> Result<()> {
        let mut numbers: Vec<BigRational> = self.parameters.values().cloned().collect();
        self.expr.visit(&mut |e| numbers.extend(e.as_num().cloned()));
        let bad = |n: &BigRational| to_f64(n).is_infinite() || to_f64(n) == 0.0 && !n.is_zero();
        match numbers.into_iter().find(bad) {
            None => Ok(()),
            Some(n) => Err(Error::OutOfRange {
                owner: text.trim().to_owned(),
                name: "a number".to_owned(),
                value: Expr::num(n).to_string(),
                expected: "its size must lie between 1e-308 and 1e308, as that of doubles does".to_owned(),
            }),
        }
    }

    /// The expression with the values put in.
    ///
    /// # Errors
    /// [`Error::ParameterWithoutValue`].
    pub fn bound(&self) -> Result<Expr> {
        let missing = self.expr.parameters().into_iter().find(|name| !self.parameters.contains_key(name));
        if let Some(name) = missing {
            return Err(Error::ParameterWithoutValue { name: name.to_string() });
        }
        if self.parameters.is_empty() {
            return Ok(self.expr.clone());
        }
        let bound = self.expr.rewrite(&mut |e| match e.node() {
            Node::Param(name) => self.parameters.get(name).cloned().map(Expr::num),
            _ => None,
        });
        Ok(bound.tidy())
    }

    /// The text that reads back as this formula.
    pub fn text(&self) -> String {
        let mut text = self.expr.to_string();
        for (i, (name, value)) in self.parameters.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}{name}={}", if i == 0 { "; " } else { ", " }, Expr::num(value.clone()));
        }
        text
    }

    /// Gives a parameter a value.
    pub fn set(&mut self, name: &str, value: BigRational) {
        self.parameters.insert(name.into(), value);
    }
}

/// `name=constant` as its two sides.
fn assignment(text: &str, span: Range<usize>) -> Result<(&str, BigRational)> {
    let Some(equals) = text[span.clone()].find('=') else {
        return Err(Error::syntax(text, trimmed(text, span), "a value is written `name=0.01`"));
    };
    let name = text[span.start..span.start + equals].trim();
    if name.is_empty() {
        return Err(Error::syntax(text, trimmed(text, span), "a name is missing; a value is written `name=0.01`"));
    }
    let value_span = span.start + equals + 1..span.end;
    let value = parse_within(text, value_span.clone())?;
    match value.fold_rational() {
        Some(value) => Ok((name, value)),
        None => Err(Error::syntax(
            text,
            trimmed(text, value_span),
            "the value of a parameter is a number, like 0.01 or 1/3",
        )),
    }
}
