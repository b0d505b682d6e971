//! `eafo eval`: values of an activation and of its derivatives.

use super::Outcome;
use super::console::{Output, read};
use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::expr::{Expr, Formula, Tape, constant, to_f64};
use crate::report::{Candidate, Number};
use num_rational::BigRational;
use serde_json::json;
use std::path::Path;

/// Evaluate an activation or one of its derivatives
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A name of the catalogue (`gelu`, `leaky_relu(0.2)`), an expression in x (`max(0,x) + a*x; a=0.1`) or a candidate file
    /// (`*.json`)
    #[arg(value_parser = super::unshielded)]
    activation: String,
    /// Where: constants separated by commas (`-2.3,0.4,pi/2`)
    #[arg(long, required = true, allow_hyphen_values = true, value_name = "X,...")]
    at: Vec<String>,
    /// The order of the derivative
    #[arg(long, default_value_t = 0, value_name = "K", value_parser = super::whole(0, HIGHEST))]
    derivative: u16,
    /// The value of a parameter (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    output: Output,
}

/// The highest derivative: 170! is the last factorial that is a double.
const HIGHEST: u16 = 170;

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let mut formula = self.formula()?;
        for setting in &self.set {
            set(&mut formula, setting)?;
        }
        let tape = Tape::new(&formula.bound()?)?;
        let at = self.at.iter().map(|list| numbers_of(list)).collect::<Result<Vec<_>>>()?.concat();
        let publisher = self.output.open()?;
        let order = usize::from(self.derivative);
        let value = |x: &f64| if order == 0 { tape.eval(*x) } else { tape.derivative(*x, order) };
        let values: Vec<f64> = at.iter().map(value).collect();
        let document = json!({
            "activation": formula.text(),
            "derivative": self.derivative,
            "at": numbers(&at),
            "values": numbers(&values),
        });
        for (x, _) in at.iter().zip(&values).filter(|(x, v)| v.is_nan() && !x.is_nan()) {
            let what = if order == 0 { "no real value" } else { "no such derivative" };
            eprintln!("eafo: `{}` has {what} at x = {}", formula.text(), Number(*x));
        }
        publisher.publish(&document, || {
            let at: Vec<String> = at.iter().map(|x| Number(*x).to_string()).collect();
            let width = at.iter().map(String::len).max().unwrap_or(0);
            at.iter().zip(&values).map(|(x, v)| format!("{x:width$}   {}\n", Number(*v))).collect()
        })?;
        Ok(Outcome::Done)
    }
}

impl Args {
    fn formula(&self) -> Result<Formula> {
        if !self.activation.ends_with(".json") {
            return Ok(Activation::parse(&self.activation)?.formula);
        }
        let path = Path::new(&self.activation);
        Formula::parse(Candidate::from_json(&read(path)?, path)?.found())
    }
}

fn numbers(values: &[f64]) -> Vec<Number> {
    values.iter().copied().map(Number).collect()
}

/// The numbers of a list with commas.
fn numbers_of(list: &str) -> Result<Vec<f64>> {
    let mut start = 0;
    let mut found = Vec::new();
    for part in list.split(',') {
        if part.trim().is_empty() {
            return Err(Error::syntax(list, start..start + part.len(), "a number is missing here"));
        }
        found.push(number(part.trim())?);
        start += part.len() + 1;
    }
    Ok(found)
}

/// A decimal number, `inf`, `nan`, or a constant of the grammar.
fn number(text: &str) -> Result<f64> {
    match text.parse() {
        Ok(value) => Ok(value),
        Err(_) => literal(text),
    }
}

/// The value of a constant of the grammar.
fn literal(text: &str) -> Result<f64> {
    let expr = Expr::parse(text)?;
    if expr.has_x() {
        return Err(Error::syntax(text, 0..text.len(), "expected a constant, without x"));
    }
    constant(&expr)
}

/// Gives a parameter of the formula its value.
fn set(formula: &mut Formula, setting: &str) -> Result<()> {
    let Some((name, value)) = setting.split_once('=') else {
        return Err(Error::syntax(setting, 0..setting.len(), "expected NAME=VALUE"));
    };
    let name = name.trim();
    let known = formula.expr.parameters();
    if !known.contains(name) {
        return Err(Error::unknown("parameter", name, known.iter().map(|k| &**k)));
    }
    formula.set(name, exact(value.trim())?);
    Ok(())
}

/// The value as an exact fraction: a literal as it is written, any other constant as its double.
fn exact(text: &str) -> Result<BigRational> {
    let expr = Expr::parse(text)?;
    if let Some(value) = expr.as_num().filter(|n| to_f64(n).is_finite()) {
        return Ok(value.clone());
    }
    if !expr.parameters().is_empty() {
        return Err(Error::syntax(text, 0..text.len(), "the value of a parameter is a number, like 0.01 or 1/3"));
    }
    let value = literal(text)?;
    match (value.is_finite(), Expr::float(value).as_num()) {
        (true, Some(exact)) => Ok(exact.clone()),
        _ => Err(Error::OutOfRange {
            owner: "--set".to_owned(),
            name: "the value of a parameter".to_owned(),
            value: text.to_owned(),
            expected: "it must be a finite number".to_owned(),
        }),
    }
}
