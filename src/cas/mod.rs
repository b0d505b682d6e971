//! The only door to symbolica. One thread owns it ([`run`]); smooth expressions go in and come out in the field's own
//! words. Nothing numeric is asked of it: exact rationals only.

mod convert;
mod field;
mod rules;
mod words;
mod worker;

pub(crate) use worker::{lock_path, run};

use crate::error::Result;
use crate::expr::Expr;
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

/// The shortest form of a smooth, lowered expression among its numerically best ones, the expression as it stands among
/// them, or 0 where it is identically zero by algebra. `faults` counts the places where a form loses its digits. Call
/// inside [`run`].
pub(crate) fn simplify(e: &Expr, faults: &dyn Fn(&Expr) -> usize) -> Result<Expr> {
    let (field, forms) = field::Field::over(&[e])?;
    let short = match forms.first() {
        Some(form) if !field.is_zero(form)? => words::shortest(&field, form, faults)?,
        _ => return Ok(Expr::int(0)),
    };
    let rating = |form: &Expr| (faults(form), words::cost(form));
    Ok(if rating(e) < rating(&short) { e.clone() } else { short })
}

/// Whether a smooth, lowered expression is identically zero by algebra. Call inside [`run`].
pub(crate) fn is_zero(e: &Expr) -> Result<bool> {
    let (field, forms) = field::Field::over(&[e])?;
    forms.first().map_or(Ok(true), |form| field.is_zero(form))
}
