//! The only door to symbolica: one thread owns it, expressions go in and come out.

mod convert;
mod field;
mod rules;
mod words;
mod worker;

pub(crate) use worker::lock_path;

use crate::error::Result;
use crate::expr::Expr;
use symbolica::prelude::*;

/// Runs a computation with the algebra system.
pub(crate) fn run<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    worker::run(job)
}

/// d e/dx of a smooth, lowered expression. Must run inside [`run`].
pub(crate) fn differentiate(e: &Expr) -> Result<Expr> {
    let d = convert::to_atom(e)?.derivative(convert::variable());
    convert::from_atom(d.as_atom_view())
}
/// d e/d parameter
pub(crate) fn differentiate_in(e: &Expr, parameter: &str) -> Result<Expr> {
    let d = convert::to_atom(e)?.derivative(convert::parameter(parameter));
    convert::from_atom(d.as_atom_view())
}
/// simplify
pub(crate) fn simplify(e: &Expr, faults: &dyn Fn(&Expr) -> usize) -> Result<Expr> {
    let (field, forms) = field::Field::over(&[e])?;
    words::shortest(&field, &forms[0], faults)
}
/// Whether an expression is identically zero.
pub(crate) fn is_zero(e: &Expr) -> Result<bool> {
    let (field, forms) = field::Field::over(&[e])?;
    field.is_zero(&forms[0])
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Op;
    #[test]
    fn smoke() {
        let x = Expr::x;
        for f in [x().apply(Op::Gelu), x().apply(Op::Sigmoid), x().apply(Op::Tanh), x().apply(Op::Softplus),x().apply(Op::Exp),x().apply(Op::Silu), x().apply(Op::Mish), x().apply(Op::Atan), x().apply(Op::Asinh), x().apply(Op::Erf), x().apply(Op::GeluTanh), x().apply(Op::Telu), x().apply(Op::LogSigmoid)] {
            let g = f.clone();
            let t=std::time::Instant::now();
            let d = run(move || { let f=f.lowered(); let p = x().apply(Op::NormalPdf); let p1=differentiate(&p)?; let f1=differentiate(&f)?; let f2=differentiate(&f1)?; simplify(&(p1/p - f2/f1),&|_|0) }).unwrap();
            let dt=t.elapsed();
            eprintln!("{g:?} {dt:?} {:?}", d);
        }
    }
}
