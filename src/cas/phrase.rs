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
        if power == 1 && self.coefficient.is_one() {
            self.coefficient = n.into();
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
        let side = |number: &BigInt, root: Option<Expr>, words: &[Expr]| {
            let number = (!number.is_one()).then(|| Expr::num(number.clone().into()));
            number.into_iter().chain(root).chain(words.iter().cloned()).reduce(|product, e| product * e)
        };
        let above = side(&self.coefficient.numer().abs(), under_root(true), &self.above);
        let below = side(self.coefficient.denom(), under_root(false), &self.below);
        let above = above.unwrap_or_else(|| Expr::int(1));
        let quotient = match below {
            Some(below) => above / below,
            None => above,
        };
        Ok(if self.coefficient.is_negative() { Expr::int(-1) * quotient } else { quotient })
    }
}
