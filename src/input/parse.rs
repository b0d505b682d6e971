//! Reads the specification of an input: `normal(0,1)`, `mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))`,
//! `truncate(laplace,-2,inf)`, `density(exp(-x^4),-inf,inf)`.

use super::compose;
use super::law::Value;
use super::registry::{COMBINATORS, REGISTRY};
use super::Input;
use crate::error::{Error, Result, nearest};
use crate::expr::{self, parse_within, spans, trimmed};
use std::ops::Range;

/// Specifications nest no deeper.
const DEEPEST: usize = 32;

/// Reads a whole specification.
pub(super) fn input(text: &str) -> Result<Input> {
    balanced(text)?;
    spec(text, trimmed(text, 0..text.len()), 0)
}

/// Every bracket has its partner.
fn balanced(text: &str) -> Result<()> {
    let mut open = Vec::new();
    for (i, c) in text.char_indices() {
        match c {
            '(' => open.push(i),
            ')' if open.pop().is_none() => return Err(Error::syntax(text, i..i + 1, "this bracket closes nothing")),
            _ => {}
        }
    }
    match open.pop() {
        Some(i) => Err(Error::syntax(text, i..i + 1, "this bracket is never closed")),
        None => Ok(()),
    }
}

/// name or name(arguments)
fn spec(text: &str, at: Range<usize>, depth: usize) -> Result<Input> {
    if depth > DEEPEST {
        return Err(Error::syntax(text, at, format!("distributions nest deeper than {DEEPEST}")));
    }
    let part = &text[at.clone()];
    let length = part.len() - part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
    let (name, rest) = part.split_at(length);
    if name.is_empty() {
        return Err(Error::syntax(text, at, "a distribution is expected here, like normal(0,1)"));
    }
    let inside = match rest.trim() {
        "" => None,
        call if call.starts_with('(') && call.ends_with(')') => {
            let start = at.start + length + rest.len() - rest.trim_start().len() + 1;
            Some(start..start + call.len() - 2)
        }
        _ => {
            let from = at.start + length;
            return Err(Error::syntax(text, from..at.end, "arguments in brackets are expected after the name"));
        }
    };
    let args: Vec<Range<usize>> = match inside {
        Some(span) if !text[span.clone()].trim().is_empty() => arguments(text, span),
        _ => vec![],
    };
    match name {
        "mixture" => mixture(text, at, &args, depth),
        "truncate" => {
            let [d, a, b] = exactly(text, name, at, &args)?;
            compose::truncate(&spec(text, d, depth + 1)?, &bound(text, a)?, &bound(text, b)?)
        }
        "affine" => {
            let [d, scale, shift] = exactly(text, name, at, &args)?;
            compose::affine(&spec(text, d, depth + 1)?, &constant(text, scale)?, &constant(text, shift)?)
        }
        "density" => {
            let [e, a, b] = exactly(text, name, at, &args)?;
            let density = parse_within(text, e.clone())?;
            if let Some(parameter) = density.parameters().into_iter().next() {
                return Err(Error::syntax(text, e, format!("a density has no parameters; `{parameter}` needs a value here")));
            }
            compose::density(&density, &bound(text, a)?, &bound(text, b)?)
        }
        _ => match REGISTRY.iter().find(|entry| entry.name == name) {
            Some(entry) => {
                let values = args.into_iter().map(|a| constant(text, a)).collect::<Result<Vec<_>>>()?;
                Input::named(entry, values)
            }
            None => {
                let known = REGISTRY.iter().map(|e| e.name).chain(COMBINATORS.iter().map(|(n, _)| *n));
                Err(Error::UnknownName { kind: "input", name: name.into(), nearest: nearest(name, known) })
            }
        },
    }
}

/// The arguments of a call.
fn arguments(text: &str, inside: Range<usize>) -> Vec<Range<usize>> {
    let shift = |s: Range<usize>| trimmed(text, s.start + inside.start..s.end + inside.start);
    spans(&text[inside.clone()], ',').into_iter().map(shift).collect()
}

/// A fixed number of arguments.
fn exactly<const N: usize>(text: &str, name: &str, at: Range<usize>, args: &[Range<usize>]) -> Result<[Range<usize>; N]> {
    let usage = COMBINATORS.iter().find(|(n, _)| *n == name).map_or("", |(_, usage)| usage);
    let given = args.len();
    <[Range<usize>; N]>::try_from(args.to_vec())
        .map_err(|_| Error::syntax(text, at, format!("{name} takes {N} arguments, {given} given: {usage}")))
}

/// w1*D1 + w2*D2 + ...
fn mixture(text: &str, at: Range<usize>, args: &[Range<usize>], depth: usize) -> Result<Input> {
    let [inside] = args else {
        return Err(Error::syntax(text, at, "a mixture is a weighted sum: mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))"));
    };
    let mut parts = Vec::new();
    for term in spans(&text[inside.clone()], '+') {
        let term = trimmed(text, term.start + inside.start..term.end + inside.start);
        let factors = spans(&text[term.clone()], '*');
        let (Some(last), true) = (factors.last(), factors.len() >= 2) else {
            return Err(Error::syntax(text, term, "a term of a mixture is a weight times a distribution: 0.3*normal(-1,0.5)"));
        };
        let weight = constant(text, trimmed(text, term.start..term.start + last.start - 1))?;
        parts.push((weight, spec(text, trimmed(text, term.start + last.start..term.end), depth + 1)?));
    }
    compose::mixture(parts)
}

/// A constant expression.
pub(super) fn constant(text: &str, at: Range<usize>) -> Result<Value> {
    let e = parse_within(text, at.clone())?;
    if e.has_x() || !e.parameters().is_empty() {
        return Err(Error::syntax(text, at, "a constant is expected here"));
    }
    let value = expr::constant(&e)?;
    if !value.is_finite() {
        return Err(Error::syntax(text, at, format!("this constant is {value}; a finite number is expected")));
    }
    Ok(Value { expr: e.fold_rational().map_or(e, crate::expr::Expr::num), value })
}

/// A constant expression, inf or -inf.
fn bound(text: &str, at: Range<usize>) -> Result<Value> {
    let infinite = |value| Ok(Value { expr: crate::expr::Expr::int(0), value });
    match text[at.clone()].trim() {
        "inf" | "+inf" => infinite(f64::INFINITY),
        "-inf" => infinite(f64::NEG_INFINITY),
        _ => constant(text, at),
    }
}
