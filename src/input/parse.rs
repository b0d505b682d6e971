//! From text to [`Input`]: `name(arguments)`, nested, with errors that point into the whole text.

use super::registry::{COMPOUND, Constant, ENTRIES, Entry};
use super::{Input, affine, mixture, samples, truncated, user};
use crate::error::{Error, Result};
use crate::expr::{self, Expr};
use num_traits::ToPrimitive;
use std::ops::Range;

/// The deepest nesting of brackets.
const MAX_DEPTH: usize = 100;
/// The deepest nesting of distributions; closed forms grow like a power of it.
const MAX_NESTING: usize = 6;

/// The input that a text describes.
pub(super) fn parse(text: &str) -> Result<Input> {
    check_brackets(text)?;
    Parser { text }.input(0..text.len(), 0)
}

/// Every bracket has its partner, and nesting stays within bounds.
fn check_brackets(text: &str) -> Result<()> {
    let mut open = Vec::new();
    if let Some(at) = unclosed_quote(text) {
        return Err(Error::syntax(text, at..at + 1, "this quote is never closed"));
    }
    for (i, c) in unquoted(text) {
        match c {
            b'(' => open.push(i),
            b')' if open.pop().is_none() => {
                return Err(Error::syntax(text, i..i + 1, "this bracket closes nothing"));
            }
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return Err(Error::syntax(text, i..i + 1, format!("brackets nest deeper than {MAX_DEPTH}")));
        }
    }
    match open.last() {
        Some(&i) => Err(Error::syntax(text, i..i + 1, "this bracket is never closed")),
        None => Ok(()),
    }
}

/// The bytes outside quotes, with their places. Quotes stand around file names and the names of arrays only.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let mut quote = None;
    text.bytes().enumerate().filter(move |(_, c)| match quote {
        Some(open) => {
            if *c == open {
                quote = None;
            }
            false
        }
        None if matches!(c, b'"' | b'\'') => {
            quote = Some(*c);
            false
        }
        None => true,
    })
}

/// The place of a quote without partner.
fn unclosed_quote(text: &str) -> Option<usize> {
    text.bytes().enumerate().fold(None, |open, (i, c)| match open {
        Some(at) if text.as_bytes().get(at) == Some(&c) => None,
        None if matches!(c, b'"' | b'\'') => Some(i),
        open => open,
    })
}

/// The bulk of a distribution has to be wide enough that doubles tell its points apart, and its square a double.
fn check_width(input: &Input) -> Result<()> {
    let [low, centre, high] = input.quartiles();
    let width = high - low;
    let refuse = |name: &str, value: f64, expected: &str| {
        Err(super::registry::out_of_range(&input.text(), name, format!("{value:e}"), expected))
    };
    if width == 0.0 && centre != 0.0 {
        return refuse(
            "median",
            centre,
            "doubles cannot tell the points of the bulk apart so far from zero: measure x from a point nearby",
        );
    }
    if !(1e-150..=1e150).contains(&width) {
        return refuse(
            "distance of the quartiles",
            width,
            "it must lie between 1e-150 and 1e150: measure x in other units",
        );
    }
    if centre.abs() > 1e12 * width {
        return refuse(
            "median",
            centre,
            &format!("it must lie within 1e12 times the distance of the quartiles, {width:e}"),
        );
    }
    Ok(())
}

struct Parser<'a> {
    text: &'a str,
}

impl Parser<'_> {
    /// The range without white space at its ends.
    fn trim(&self, at: Range<usize>) -> Range<usize> {
        let part = self.text.get(at.clone()).unwrap_or_default();
        let start = at.start + part.len() - part.trim_start().len();
        start..start + part.trim().len()
    }

    fn str(&self, at: &Range<usize>) -> &str {
        self.text.get(at.clone()).unwrap_or_default()
    }

    fn input(&self, at: Range<usize>, depth: usize) -> Result<Input> {
        let at = self.trim(at);
        if depth > MAX_NESTING {
            return Err(Error::syntax(self.text, at, format!("distributions nest deeper than {MAX_NESTING}")));
        }
        let part = self.str(&at);
        let end = part.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(part.len());
        let name_at = at.start..at.start + end;
        if end == 0 {
            return Err(Error::syntax(self.text, at, "an input distribution was expected here, such as `normal(0,1)`"));
        }
        let after = self.trim(name_at.end..at.end);
        let rest = self.str(&after);
        let arguments = if rest.is_empty() {
            None
        } else if rest.starts_with('(') {
            let close = self.closing(after.start);
            if close + 1 < after.end {
                let extra = self.trim(close + 1..after.end);
                return Err(Error::syntax(self.text, extra, "nothing was expected after the input distribution"));
            }
            Some(after.start + 1..close)
        } else {
            return Err(Error::syntax(self.text, after, "`(` was expected here"));
        };
        let input = self.named(name_at, arguments, depth + 1)?;
        check_width(&input)?;
        Ok(input)
    }

    /// The place of the bracket that closes the one at `open`.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0usize;
        for (i, c) in unquoted(self.text).skip_while(|(i, _)| *i < open) {
            match c {
                b'(' => depth += 1,
                b')' if depth == 1 => return i,
                b')' => depth -= 1,
                _ => {}
            }
        }
        self.text.len()
    }

    fn named(&self, name_at: Range<usize>, arguments: Option<Range<usize>>, depth: usize) -> Result<Input> {
        let name = self.str(&name_at);
        let parts = arguments.clone().map(|at| self.split(at, b',')).unwrap_or_default();
        match name {
            "mixture" => self.mixture(arguments.unwrap_or(name_at.end..name_at.end), depth),
            "truncate" => match parts.as_slice() {
                [d, a, b] => truncated::build(self.input(d.clone(), depth)?, self.bound(a)?, self.bound(b)?),
                _ => Err(arguments_error("truncate", "3", parts.len())),
            },
            "affine" => match parts.as_slice() {
                [d, scale, shift] => {
                    affine::build(self.input(d.clone(), depth)?, self.constant(scale)?, self.constant(shift)?)
                }
                _ => Err(arguments_error("affine", "3", parts.len())),
            },
            // The expression may hold commas of its own: the last two arguments are the ends.
            "density" => match parts.as_slice() {
                [first, .., a, b] if parts.len() >= 3 => {
                    let form = first.start..a.start - 1;
                    let density = expr::parse_within(self.text, self.trim(form))?;
                    user::build(density, self.bound(a)?, self.bound(b)?)
                }
                _ => Err(arguments_error("density", "3", parts.len())),
            },
            "samples" => match parts.as_slice() {
                [path] => samples::build(self.word(path)?, None),
                [path, array] => samples::build(self.word(path)?, Some(self.word(array)?)),
                _ => Err(arguments_error("samples", "1 to 2", parts.len())),
            },
            _ => {
                let entry = Entry::find(name).ok_or_else(|| {
                    let names = ENTRIES.iter().flat_map(|e| std::iter::once(e.name).chain(e.aliases.iter().copied()));
                    Error::unknown("input distribution", name, names.chain(COMPOUND.iter().copied()))
                })?;
                let given = parts.iter().map(|p| self.constant(p)).collect::<Result<Vec<_>>>()?;
                Input::named(entry, entry.complete(given)?)
            }
        }
    }

    /// The parts of a range between separators outside brackets; none for an empty range.
    fn split(&self, at: Range<usize>, separator: u8) -> Vec<Range<usize>> {
        let (mut depth, mut start, mut parts) = (0usize, at.start, Vec::new());
        if self.trim(at.clone()).is_empty() {
            return parts;
        }
        for (i, c) in unquoted(self.text).filter(|(i, _)| at.contains(i)) {
            match c {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                c if c == separator && depth == 0 && !(c == b'+' && self.is_exponent_sign(i)) => {
                    parts.push(start..i);
                    start = i + 1;
                }
                _ => {}
            }
        }
        parts.push(start..at.end);
        parts
    }

    /// Whether the sign at `i` belongs to a number such as `1e+3`.
    fn is_exponent_sign(&self, i: usize) -> bool {
        let before = self.text.as_bytes().get(..i).unwrap_or_default();
        matches!(before, [.., d, b'e' | b'E'] if d.is_ascii_digit() || *d == b'.')
    }

    /// w1*D1 + w2*D2 + ...; a missing weight is 1.
    fn mixture(&self, at: Range<usize>, depth: usize) -> Result<Input> {
        let terms = self.split(at.clone(), b'+');
        if terms.is_empty() {
            return Err(Error::syntax(
                self.text,
                at,
                "a sum was expected here, such as `0.3*normal(-1,0.5)+0.7*normal(1,1)`",
            ));
        }
        let parts = terms
            .into_iter()
            .map(|term| match self.split(term.clone(), b'*').as_slice() {
                [_, .., last] => {
                    let weight = self.constant(&(term.start..last.start - 1))?;
                    Ok((weight, self.input(last.clone(), depth)?))
                }
                _ => Ok((Constant { exact: Expr::int(1), value: 1.0 }, self.input(term, depth)?)),
            })
            .collect::<Result<Vec<_>>>()?;
        mixture::build(parts)
    }

    /// A file name or the name of an array, in quotes or not.
    fn word(&self, at: &Range<usize>) -> Result<&str> {
        let at = self.trim(at.clone());
        let word = self.str(&at);
        let inside = ['"', '\''].into_iter().find_map(|q| word.strip_prefix(q)?.strip_suffix(q));
        match inside.unwrap_or(word) {
            "" => Err(Error::syntax(self.text, at, "a name was expected here")),
            name => Ok(name),
        }
    }

    /// A constant, or `inf`, `-inf`.
    fn bound(&self, at: &Range<usize>) -> Result<Constant> {
        let value = match self.str(&self.trim(at.clone())) {
            "inf" | "+inf" | "infinity" | "oo" => f64::INFINITY,
            "-inf" | "-infinity" | "-oo" => f64::NEG_INFINITY,
            _ => return self.constant(at),
        };
        Ok(Constant { exact: Expr::int(0), value })
    }

    fn constant(&self, at: &Range<usize>) -> Result<Constant> {
        let at = self.trim(at.clone());
        let exact = expr::parse_within(self.text, at.clone())?;
        let exact = exact.fold_rational().map_or(exact, Expr::num);
        let value = match exact.as_num() {
            Some(n) => n.to_f64().unwrap_or(f64::NAN),
            None if exact.has_x() || !exact.parameters().is_empty() => {
                return Err(Error::syntax(self.text, at, "a constant was expected here, without variables"));
            }
            None => expr::constant(&exact)?,
        };
        match value.is_finite() {
            true => Ok(Constant { exact, value }),
            false => Err(Error::syntax(self.text, at, "this is not a finite number")),
        }
    }
}

fn arguments_error(owner: &str, expected: &str, found: usize) -> Error {
    Error::Arguments { owner: owner.into(), expected: expected.into(), found }
}
