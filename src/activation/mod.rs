//! Activation functions: the catalogue, and anything the grammar can say.

mod catalogue;

pub use catalogue::{CATALOGUE, Entry};

use crate::error::{Error, Result};
use crate::expr::{self, Expr, Formula, Op, parse_within, spans, trimmed};
use num_traits::{Signed, Zero};
use std::ops::Range;

/// An activation function with values for its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Activation {
    /// The name or text it was given by.
    pub name: String,
    /// Its formula.
    pub formula: Formula,
    /// Its row of the catalogue, where it was given by name.
    pub entry: Option<&'static Entry>,
}

impl Activation {
    /// Reads a catalogue name (`gelu`), a name with parameters (`leaky_relu(0.2)`, `swish(b); b=2`, `ash(a=2,std=0.5)`), a
    /// rational function (`rational([0,1],[1,0,1])`), or an expression with values of its parameters (`x*sigmoid(b*x); b=2`).
    ///
    /// # Errors
    /// A syntax error with its place, an unknown name with the nearest known one, a parameter out of range.
    pub fn parse(text: &str) -> Result<Activation> {
        let mut parts = spans(text, ';');
        let head = trimmed(text, parts.remove(0));
        let (name, inside) = call(text, head.clone());
        let bare = inside.is_none() && name.len() == head.len();
        let expression = || -> Result<Formula> {
            Ok(Formula { expr: parse_within(text, head.clone())?, parameters: Default::default() })
        };
        let (mut formula, entry) = match (entry(name), inside) {
            (_, Some(inside)) if name == "rational" => (rational(text, inside)?, None),
            (Some(entry), None) if bare => (named(entry, vec![])?, Some(entry)),
            // gelu(x) is an expression of the grammar; crrelu(x) is known to the catalogue only.
            (Some(entry), Some(inside)) if Op::from_name(name).is_none() && text[inside.clone()].trim() == "x" => {
                (named(entry, vec![])?, Some(entry))
            }
            (Some(entry), Some(inside)) => match values(text, inside)? {
                Some(values) if entry.parameters.is_empty() && values.iter().any(Argument::symbolic) => {
                    (expression()?, None)
                }
                Some(values) => (named(entry, values)?, Some(entry)),
                None => (expression()?, None),
            },
            (None, None) if bare && parts.is_empty() && lone_name(name) => {
                let known = CATALOGUE.iter().flat_map(|e| std::iter::once(e.name).chain(e.aliases.iter().copied()));
                return Err(Error::unknown("activation", name, known));
            }
            _ => (expression()?, None),
        };
        formula.assign(text, parts)?;
        Ok(Activation { name: text.trim().to_owned(), formula, entry })
    }
}

/// The word that opens a part of a text, and what is inside the brackets after it where they span the rest.
fn call(text: &str, head: Range<usize>) -> (&str, Option<Range<usize>>) {
    let shown = &text[head.clone()];
    let rest = shown.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let name = &shown[..shown.len() - rest.len()];
    let rest = rest.trim_start();
    let inside = (rest.starts_with('(') && closes_at_end(rest)).then(|| head.end - rest.len() + 1..head.end - 1);
    (name, inside)
}

/// The row of a name or alias.
fn entry(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|e| e.name == name || e.aliases.contains(&name))
}

/// A word that is neither x, a constant nor a function, alone: a misspelt name rather than a parameter.
fn lone_name(name: &str) -> bool {
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    word && !matches!(name, "x" | "pi" | "e" | "inf" | "nan") && Op::from_name(name).is_none()
}

/// Whether the bracket that opens a text closes with its last character.
fn closes_at_end(text: &str) -> bool {
    let mut depth = 0i64;
    for (i, c) in text.char_indices() {
        depth += i64::from(c == '(') - i64::from(c == ')');
        if depth == 0 {
            return i + 1 == text.len();
        }
    }
    false
}

/// An argument without the variable, with the parameter's name where it was given by name.
struct Argument {
    name: Option<String>,
    value: Expr,
}

impl Argument {
    /// Whether it contains parameters of its own, as in `leaky_relu(a); a=0.3`.
    fn symbolic(&self) -> bool {
        self.value.as_num().is_none()
    }
}

/// Arguments without the variable: `0.2`, `a=0.2`, `2*b`; none where one contains it. Constants are numbers.
fn values(text: &str, inside: Range<usize>) -> Result<Option<Vec<Argument>>> {
    let mut found = Vec::new();
    for span in spans(&text[inside.clone()], ',') {
        let span = trimmed(text, span.start + inside.start..span.end + inside.start);
        let part = &text[span.clone()];
        let (name, at) = match part.find('=').filter(|i| !part[..*i].contains(['<', '>'])) {
            Some(i) => (Some(part[..i].trim().to_owned()), span.start + i + 1..span.end),
            None => (None, span),
        };
        let value = parse_within(text, at.clone())?;
        if value.has_x() {
            return Ok(None);
        }
        let value = match value.fold_rational() {
            Some(q) => Expr::num(q),
            None if !value.parameters().is_empty() => value,
            None => match expr::constant(&value)? {
                v if v.is_finite() => Expr::float(v),
                v => return Err(Error::syntax(text, at, format!("this constant is {v}; a finite number is expected"))),
            },
        };
        found.push(Argument { name, value });
    }
    Ok(Some(found))
}

/// A catalogue row with values for its parameters; learnable parameters keep their names, the others are put in.
fn named(entry: &Entry, values: Vec<Argument>) -> Result<Formula> {
    let takes = entry.parameters.len();
    if values.len() > takes {
        let expected = if takes == 0 { "no".to_owned() } else { format!("at most {takes}") };
        return Err(Error::Arguments { owner: entry.name.into(), expected, found: values.len() });
    }
    let mut given: Vec<Option<Expr>> = vec![None; takes];
    for (i, Argument { name, value }) in values.into_iter().enumerate() {
        let index = match &name {
            None => i,
            Some(name) => entry
                .parameters
                .iter()
                .position(|p| p.name == name)
                .ok_or_else(|| Error::unknown("parameter", name, entry.parameters.iter().map(|p| p.name)))?,
        };
        if given[index].replace(value).is_some() {
            let twice = format!("{}: {} is given twice", entry.name, entry.parameters[index].name);
            return Err(Error::Unsupported(twice));
        }
    }
    let mut formula = Formula::parse(entry.definition)?;
    for (parameter, value) in entry.parameters.iter().zip(given) {
        let value = match value {
            Some(value) => match value.as_num() {
                Some(number) => number.clone(),
                None => {
                    formula.parameters.remove(parameter.name);
                    formula.expr = formula.expr.with_parameter(parameter.name, &value);
                    continue;
                }
            },
            None => Expr::parse(parameter.default)?.fold_rational().unwrap_or_default(),
        };
        if parameter.positive && !value.is_positive() {
            return Err(Error::OutOfRange {
                owner: entry.name.into(),
                name: parameter.name.into(),
                value: Expr::num(value).to_string(),
                expected: "it must be > 0".into(),
            });
        }
        if parameter.learnable {
            formula.set(parameter.name, value);
        } else {
            formula.expr = formula.expr.with_parameter(parameter.name, &Expr::num(value)).tidy();
        }
    }
    Ok(formula)
}

/// `[a0,a1,...],[b0,b1,...]` as (a0 + a1 x + ...)/(b0 + b1 x + ...).
fn rational(text: &str, inside: Range<usize>) -> Result<Formula> {
    let usage = "a rational activation is given by coefficients: rational([a0,a1,...],[b0,b1,...])";
    let lists: Vec<Range<usize>> = spans(&text[inside.clone()], ',')
        .into_iter()
        .map(|s| trimmed(text, s.start + inside.start..s.end + inside.start))
        .collect();
    let [above, below] = lists.as_slice() else { return Err(Error::syntax(text, inside, usage)) };
    let polynomial = |at: &Range<usize>| -> Result<Expr> {
        let list = text[at.clone()].strip_prefix('[').and_then(|l| l.strip_suffix(']'));
        let Some(list) = list else { return Err(Error::syntax(text, at.clone(), usage)) };
        let mut sum = Expr::int(0);
        for (power, span) in spans(list, ',').into_iter().enumerate() {
            let span = trimmed(text, span.start + at.start + 1..span.end + at.start + 1);
            let value = parse_within(text, span.clone())?;
            let Some(q) = value.fold_rational() else {
                return Err(Error::syntax(text, span, "a coefficient is a number"));
            };
            let (size, term) = (q.abs(), Expr::x().powi(power as i64));
            let term = Expr::num(size) * term;
            sum = match (q.is_zero(), q.is_negative()) {
                (true, _) => sum,
                (_, true) => sum - term,
                _ => sum + term,
            };
        }
        Ok(sum)
    };
    let (p, q) = (polynomial(above)?, polynomial(below)?);
    if q.is_zero() {
        return Err(Error::syntax(text, below.clone(), "the denominator is zero"));
    }
    Ok(Formula { expr: p / q, parameters: Default::default() })
}
