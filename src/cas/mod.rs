//! The only door to symbolica. One thread owns it ([`run`]); smooth expressions go in and come out in the field's own
//! words. Nothing numeric is asked of it: exact rationals only.

mod convert;
mod factors;
mod field;
mod opaque;
mod phrase;
mod product;
mod rules;
#[cfg(test)]
mod tests;
mod words;
mod worker;

pub(crate) use product::{multiply, product, scaled, split_coefficient, split_scale};
pub(crate) use words::cost;
pub(crate) use worker::{lock_path, run};

use crate::error::Result;
use crate::expr::{Expr, Node, Op};
use symbolica::prelude::AtomCore;

/// With respect to what a derivative is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variable<'a> {
    /// The variable x.
    X,
    /// A named parameter.
    Parameter(&'a str),
}

/// The derivative of a smooth, lowered expression. Call inside [`run`].
pub(crate) fn differentiate(e: &Expr, variable: Variable) -> Result<Expr> {
    let symbol = match variable {
        Variable::X => convert::variable(),
        Variable::Parameter(name) => convert::parameter(name),
    };
    convert::from_atom(convert::to_atom(e)?.derivative(symbol).as_atom_view())
}

/// The first and the second derivative of a smooth, lowered expression in x. Call inside [`run`].
pub(crate) fn derivatives(e: &Expr) -> Result<[Expr; 2]> {
    let first = convert::to_atom(e)?.derivative(convert::variable());
    let second = first.derivative(convert::variable());
    Ok([convert::from_atom(first.as_atom_view())?, convert::from_atom(second.as_atom_view())?])
}

/// The shortest form of a smooth, lowered expression among its numerically best ones, the expression as it stands among
/// them, or 0 where it is identically zero by algebra. `faults` counts the places where a form loses its digits. A normal
/// form of more than `most_terms` terms is not written out: the expression stays as it stands. Call inside [`run`].
pub(crate) fn simplify(e: &Expr, most_terms: usize, faults: &dyn Fn(&Expr) -> usize) -> Result<Expr> {
    if functions(e) > MOST_FUNCTIONS {
        return Ok(e.clone());
    }
    let (hidden, table) = opaque::hidden(e);
    // Where 0 misses the values, algebra need not be asked. What is hidden may be what makes it 0.
    let doubtful = faults(&Expr::int(0)) <= MOST_LOST;
    if doubtful && !table.is_empty() && is_zero(e)? {
        return Ok(Expr::int(0));
    }
    let (field, forms) = field::Field::over(&[&hidden])?;
    let mut best = match forms.first() {
        Some(form) if doubtful && field.is_zero(form)? => return Ok(Expr::int(0)),
        Some(form) if form.numerator.nterms() + form.denominator.nterms() > most_terms => return Ok(e.clone()),
        Some(form) if table.is_empty() => words::shortest(&field, form, faults)?,
        Some(form) => {
            let judged = |form: &Expr| faults(&opaque::put_back(form, &table));
            let short = words::shortest(&field, form, &judged)?.text;
            words::Best::new(product::gathered(&opaque::put_back(&short, &table)), faults)
        }
        None => return Ok(e.clone()),
    };
    best.challenge(product::gathered(&best.text));
    best.challenge(e.clone());
    Ok(best.text)
}

/// The short form of an expression in which everything cancels that can, long decimals included. Call inside [`run`].
pub(crate) fn cancelled(e: &Expr) -> Result<Expr> {
    if functions(e) > MOST_FUNCTIONS {
        return Ok(e.clone());
    }
    let (field, forms) = field::Field::over(&[e])?;
    let short = forms.first().map(|form| words::shortest(&field, form, &|_| 0)).transpose()?;
    Ok(short.map_or_else(|| e.clone(), |short| product::gathered(&short.text)))
}

/// The sum of terms that cancel may be seen by rounding to differ from 0, far out; at more points than these, it does.
const MOST_LOST: usize = 12;

/// Different functions in one expression beyond which its normal form takes minutes.
const MOST_FUNCTIONS: usize = 16;

/// The number of different calls that are no arithmetic.
fn functions(e: &Expr) -> usize {
    let mut found = ahash::AHashSet::new();
    e.visit(&mut |part| {
        if let Node::Call(op, args) = part.node()
            && !matches!(op, Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Neg | Op::Square | Op::Reciprocal)
            && args.iter().any(Expr::has_x)
            && !(*op == Op::Pow && args[1].as_num().is_some_and(|n| n.is_integer()))
        {
            found.insert(part.clone());
        }
    });
    found.len()
}

/// Whether a smooth, lowered expression is identically zero by algebra. Call inside [`run`].
pub(crate) fn is_zero(e: &Expr) -> Result<bool> {
    let (field, forms) = field::Field::over(&[e])?;
    forms.first().map_or(Ok(true), |form| field.is_zero(form))
}

/// Whether a smooth expression is constant by algebra, however it is written: sin(x)^2 + cos(x)^2. What is too large for
/// algebra is not. Not to be called inside [`run`].
pub(crate) fn never_changes(e: &Expr) -> Result<bool> {
    let lowered = e.lowered();
    run(move || differentiate(&lowered, Variable::X).and_then(|slope| is_zero(&slope)).unwrap_or(false))
}
