//! A product of words on its way to a text.

use super::field::Poly;
use super::words::Words;
use crate::error::Result;
use crate::expr::{Expr, Op};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};

/// A product on its way to a text.
pub(super) struct Product {
    pub coefficient: BigRational,
    pub roots: Vec<(Expr, bool)>,
    pub above: Vec<Expr>,
    pub below: Vec<Expr>,
    pub sums: Vec<(Poly, i64)>,
}

impl Default for Product {
    fn default() -> Self {
        Product { coefficient: BigRational::one(), roots: vec![], above: vec![], below: vec![], sums: vec![] }
    }
}

impl Product {
    pub fn scale(&mut self, n: BigInt, power: i64) {
        if n.is_one() {
            return;
        }
        let factor = num_traits::pow(n, power.unsigned_abs().to_usize().unwrap_or(0));
        if power > 0 {
            self.coefficient *= factor;
        } else {
            self.coefficient /= factor;
        }
    }

    /// coefficient * roots * words * sums over the same below.
    pub fn finish(mut self, words: &Words) -> Result<Expr> {
        for (factor, power) in std::mem::take(&mut self.sums) {
            let e = words.sum(&factor, 2)?;
            let side = if power > 0 { &mut self.above } else { &mut self.below };
            side.push(e.powi(power.abs()));
        }
        let under_root = |wanted: bool| {
            let product = self.roots.iter().filter(|(_, above)| *above == wanted).map(|(e, _)| e.clone());
            product.reduce(|a, b| a * b).map(|e| e.apply(Op::Sqrt))
        };
        let multiply = |first: Expr, root: Option<Expr>, rest: &[Expr]| {
            root.into_iter().chain(rest.iter().cloned()).fold(first, |product, e| product * e)
        };
        let sign = if self.coefficient.is_negative() { -Expr::int(1) } else { Expr::int(1) };
        let c = self.coefficient.abs();
        let above = multiply(Expr::num(c.numer().clone().into()), under_root(true), &self.above);
        let below = multiply(Expr::num(c.denom().clone().into()), under_root(false), &self.below);
        Ok(sign * (above / below))
    }
}
