//! An expression around another point, free of the cancellation that x = c + d has there.

use super::{Expr, Node, Op};
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

impl Expr {
    /// e(c + x) with polynomials in x multiplied out, so that it keeps its digits where x is lost beside c: 1 - x^2 at -1 is
    /// x (2 - x).
    pub(crate) fn shifted(&self, c: &BigRational) -> Expr {
        if let Some(mut p) = polynomial(self) {
            // e(x) = (...(p_n x + p_(n-1)) x + ...) + p_0, and the same in x - c by repeated division.
            for first in 0..p.len() {
                for i in (first..p.len() - 1).rev() {
                    let term = &p[i + 1] * c;
                    p[i] += term;
                }
            }
            let number = |n: &BigRational| Expr::num(n.clone());
            let horner = p.iter().rev().map(number).reduce(|sum, n| sum * Expr::x() + n);
            return horner.unwrap_or(Expr::int(0));
        }
        match self.node() {
            Node::Call(op, args) => Expr::call(*op, args.iter().map(|a| a.shifted(c)).collect::<Vec<_>>()),
            _ => self.clone(),
        }
    }
}

/// The highest degree to which polynomials are multiplied out.
const HIGHEST_DEGREE: usize = 16;

/// The coefficients of a polynomial in x with rational coefficients, the constant first.
fn polynomial(e: &Expr) -> Option<Vec<BigRational>> {
    let times = |p: &[BigRational], q: &[BigRational]| {
        let mut product = vec![BigRational::zero(); p.len() + q.len() - 1];
        for (i, a) in p.iter().enumerate() {
            for (j, b) in q.iter().enumerate() {
                product[i + j] += a * b;
            }
        }
        (product.len() <= HIGHEST_DEGREE + 1).then_some(product)
    };
    let plus = |p: &[BigRational], q: &[BigRational], sign: i32| {
        let at = |p: &[BigRational], i: usize| p.get(i).cloned().unwrap_or_else(BigRational::zero);
        let sign = BigRational::from_integer(sign.into());
        (0..p.len().max(q.len())).map(|i| at(p, i) + at(q, i) * &sign).collect::<Vec<_>>()
    };
    match (e.node(), e.args()) {
        (Node::Num(n), _) => Some(vec![n.clone()]),
        (Node::X, _) => Some(vec![BigRational::zero(), BigRational::one()]),
        (Node::Call(Op::Neg, _), [a]) => Some(plus(&[], &polynomial(a)?, -1)),
        (Node::Call(Op::Add, _), [a, b]) => Some(plus(&polynomial(a)?, &polynomial(b)?, 1)),
        (Node::Call(Op::Sub, _), [a, b]) => Some(plus(&polynomial(a)?, &polynomial(b)?, -1)),
        (Node::Call(Op::Mul, _), [a, b]) => times(&polynomial(a)?, &polynomial(b)?),
        (Node::Call(Op::Div, _), [a, b]) => {
            let below = b.as_num().filter(|n| !n.is_zero())?;
            Some(polynomial(a)?.into_iter().map(|n| n / below).collect())
        }
        (Node::Call(Op::Pow, _), [a, n]) => {
            let base = polynomial(a)?;
            let power = n.as_num().filter(|n| n.is_integer())?.to_integer().to_usize()?;
            let bounded = (power <= HIGHEST_DEGREE).then_some(power)?;
            (0..bounded).try_fold(vec![BigRational::one()], |product, _| times(&product, &base))
        }
        _ => None,
    }
}
