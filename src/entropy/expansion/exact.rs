//! Exact constants: sums of rationals times powers of primes, pi, e and named constants. 1/(2 sqrt 2) is 1/4 2^(1/2).

use crate::expr::{Expr, Node, Op};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;

/// What stands under a fractional power, or has no other name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Atom {
    /// A prime, or a number too large to be split, with an exponent between 0 and 1.
    Root(BigInt),
    Pi,
    /// Euler's number.
    E,
    /// A constant of the grammar that is none of these, log(2) or Phi(1).
    Named(Expr),
}

/// Atoms with their exponents, none of them 0.
type Monomial = BTreeMap<Atom, BigRational>;

/// An exact constant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Exact(BTreeMap<Monomial, BigRational>);

/// Trial division stops here.
const LARGEST_DIVISOR: u32 = 10_000;

impl Exact {
    pub fn rational(value: BigRational) -> Exact {
        let mut found = Exact::default();
        found.add(Monomial::new(), value);
        found
    }

    pub fn int(value: i64) -> Exact {
        Exact::rational(BigRational::from_integer(value.into()))
    }

    fn atom(atom: Atom, exponent: BigRational) -> Exact {
        if exponent.is_zero() {
            return Exact::int(1);
        }
        Exact(BTreeMap::from([(Monomial::from([(atom, exponent)]), BigRational::one())]))
    }

    pub fn pi() -> Exact {
        Exact::atom(Atom::Pi, BigRational::one())
    }

    /// e^q
    pub fn exp(exponent: &BigRational) -> Exact {
        Exact::atom(Atom::E, exponent.clone())
    }

    /// A constant of the grammar as it stands.
    pub fn named(e: Expr) -> Exact {
        Exact::atom(Atom::Named(e), BigRational::one())
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a rational.
    pub fn as_rational(&self) -> Option<BigRational> {
        match self.0.iter().next() {
            None => Some(BigRational::zero()),
            Some((monomial, c)) if self.0.len() == 1 && monomial.is_empty() => Some(c.clone()),
            Some(_) => None,
        }
    }

    fn add(&mut self, monomial: Monomial, coefficient: BigRational) {
        let sum = self.0.remove(&monomial).unwrap_or_else(BigRational::zero) + coefficient;
        if !sum.is_zero() {
            self.0.insert(monomial, sum);
        }
    }

    pub fn plus(&self, other: &Exact) -> Exact {
        let mut sum = self.clone();
        other.0.iter().for_each(|(monomial, c)| sum.add(monomial.clone(), c.clone()));
        sum
    }

    pub fn scaled(&self, factor: &BigRational) -> Exact {
        self.times(&Exact::rational(factor.clone()))
    }

    pub fn times(&self, other: &Exact) -> Exact {
        let mut product = Exact::default();
        for (a, c) in &self.0 {
            for (b, d) in &other.0 {
                let (mut monomial, mut coefficient) = (a.clone(), c * d);
                for (atom, exponent) in b {
                    let mut total = monomial.remove(atom).unwrap_or_else(BigRational::zero) + exponent;
                    if let Atom::Root(base) = atom {
                        let whole = total.floor();
                        coefficient *= power_of(base, &whole);
                        total -= whole;
                    }
                    if !total.is_zero() {
                        monomial.insert(atom.clone(), total);
                    }
                }
                product.add(monomial, coefficient);
            }
        }
        product
    }

    /// A rational power of a constant of one term; none for sums, and for fractional powers of negative ones.
    pub fn power(&self, exponent: &BigRational) -> Option<Exact> {
        let (monomial, c) = self.0.iter().next().filter(|_| self.0.len() == 1)?;
        let mut found = rational_power(c, exponent)?;
        for (atom, e) in monomial {
            let total = e * exponent;
            found = found.times(&match atom {
                Atom::Root(base) => rational_power(&BigRational::from_integer(base.clone()), &total)?,
                Atom::Pi | Atom::E | Atom::Named(_) => Exact::atom(atom.clone(), total),
            });
        }
        Some(found)
    }

    /// 1/self, by name where this is a sum; none for 0.
    fn reciprocal(&self) -> Option<Exact> {
        let minus = -BigRational::one();
        let named = || Exact::atom(Atom::Named(self.expr()), minus.clone());
        (!self.is_zero()).then(|| self.power(&minus).unwrap_or_else(named))
    }

    /// Reads an expression without x or parameters.
    pub fn of(e: &Expr) -> Option<Exact> {
        let args = || e.args().iter().map(Exact::of).collect::<Option<Vec<Exact>>>();
        Some(match e.node() {
            Node::Num(n) => Exact::rational(n.clone()),
            Node::Pi => Exact::pi(),
            Node::E => Exact::exp(&BigRational::one()),
            Node::X | Node::Param(_) => return None,
            Node::Call(op, inner) => match (op, args()?.as_slice()) {
                (Op::Add, [a, b]) => a.plus(b),
                (Op::Sub, [a, b]) => a.plus(&b.scaled(&-BigRational::one())),
                (Op::Mul, [a, b]) => a.times(b),
                (Op::Div, [a, b]) => a.times(&b.reciprocal()?),
                (Op::Neg, [a]) => a.scaled(&-BigRational::one()),
                (Op::Sqrt, [a]) if a.power(&half()).is_some() => a.power(&half())?,
                (Op::Pow, [a, b]) if b.as_rational().is_some_and(|b| a.power(&b).is_some()) => {
                    a.power(&b.as_rational()?)?
                }
                (Op::Exp, [a]) if a.as_rational().is_some() => Exact::exp(&a.as_rational()?),
                _ => match op.definition(inner) {
                    Some(definition) => Exact::of(&definition)?,
                    None => Exact::named(e.clone()),
                },
            },
        })
    }

    /// The constant in the grammar's words, 2*sqrt(3)/9: terms without atoms last, unless a sum would start with a minus.
    pub fn expr(&self) -> Expr {
        let (above, below): (Vec<_>, Vec<_>) = self.0.iter().rev().partition(|(_, c)| c.is_positive());
        let terms = above.into_iter().chain(below).map(|(monomial, c)| term(monomial, c));
        terms.fold(Expr::int(0), |sum, term| sum + term)
    }
}

pub(super) fn half() -> BigRational {
    BigRational::new(1.into(), 2.into())
}

/// base^n for an integer n given as a rational.
fn power_of(base: &BigInt, n: &BigRational) -> BigRational {
    match n.to_integer().to_i32() {
        Some(n) => Pow::pow(BigRational::from_integer(base.clone()), n),
        None => BigRational::one(),
    }
}

/// q^exponent with everything rational taken out of the roots.
fn rational_power(q: &BigRational, exponent: &BigRational) -> Option<Exact> {
    if exponent.is_integer() {
        let n = exponent.to_integer().to_i32().filter(|n| n.abs() < 4096)?;
        return (!q.is_zero() || n >= 0).then(|| Exact::rational(Pow::pow(q.clone(), n)));
    }
    if !q.is_positive() || exponent.abs() > BigRational::from_integer(4096.into()) {
        return None;
    }
    let mut found = Exact::int(1);
    for (number, sign) in [(q.numer(), 1), (q.denom(), -1)] {
        for (base, n) in factors(number) {
            let total = exponent * BigRational::from_integer((sign * n).into());
            let whole = total.floor();
            let rest = &total - &whole;
            found = found.scaled(&power_of(&base, &whole)).times(&Exact::atom(Atom::Root(base), rest));
        }
    }
    Some(found)
}

/// The prime factors of a positive integer; what trial division leaves counts as one.
fn factors(number: &BigInt) -> Vec<(BigInt, i64)> {
    let (mut rest, mut found) = (number.clone(), Vec::new());
    for d in 2..LARGEST_DIVISOR {
        let divisor = BigInt::from(d);
        if &divisor * &divisor > rest {
            break;
        }
        let mut n = 0;
        while (&rest % &divisor).is_zero() {
            rest /= &divisor;
            n += 1;
        }
        if n > 0 {
            found.push((divisor, n));
        }
    }
    if !rest.is_one() {
        found.push((rest, 1));
    }
    found
}

/// c times its atoms, those of negative exponent below: square roots in one, then the others in the order of their kinds.
fn term(monomial: &Monomial, c: &BigRational) -> Expr {
    let (mut above, mut below, mut radicand) = (vec![], vec![], BigInt::one());
    for (atom, exponent) in monomial {
        let whole = |n: &BigInt| Expr::num(BigRational::from_integer(n.clone()));
        let factor = match atom {
            Atom::Root(base) if *exponent == half() => {
                radicand *= base;
                continue;
            }
            Atom::Root(base) => raised(whole(base), &exponent.abs()),
            Atom::Pi => raised(Expr::pi(), &exponent.abs()),
            Atom::Named(e) => raised(e.clone(), &exponent.abs()),
            // exp(-1/2) reads better than 1/exp(1/2).
            Atom::E if exponent.is_one() => Expr::e(),
            Atom::E => Expr::num(exponent.clone()).apply(Op::Exp),
        };
        let over = exponent.is_negative() && !matches!(atom, Atom::E);
        if over { &mut below } else { &mut above }.push(factor);
    }
    let number = |n: &BigInt| Expr::num(BigRational::from_integer(n.clone()));
    if !radicand.is_one() {
        above.insert(0, number(&radicand).apply(Op::Sqrt));
    }
    let size = c.abs();
    let value = match above.is_empty() && below.is_empty() {
        true => Expr::num(size),
        false => {
            let product =
                |first: &BigInt, rest: Vec<Expr>| rest.into_iter().fold(number(first), |p, factor| p * factor);
            product(size.numer(), above) / product(size.denom(), below)
        }
    };
    if c.is_negative() { -value } else { value }
}

fn raised(base: Expr, exponent: &BigRational) -> Expr {
    match exponent {
        q if q.is_one() => base,
        q if *q == half() => base.apply(Op::Sqrt),
        q => Expr::call(Op::Pow, [base, Expr::num(q.clone())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::constant;

    #[test]
    fn constants_in_shortest_terms() {
        for (text, want) in [
            ("1/(2*sqrt(2))", "sqrt(2)/4"),
            ("sqrt(8)*sqrt(2)", "4"),
            ("2/(3*sqrt(3))", "2*sqrt(3)/9"),
            ("sqrt(2*pi)/sqrt(pi)", "sqrt(2)"),
            ("1/sqrt(2*pi)", "sqrt(2)/(2*sqrt(pi))"),
            ("exp(1/2)*e", "exp(1.5)"),
            ("(log(2*pi) + 1)/2", "log(2*pi)/2 + 0.5"),
            ("8^(1/3)", "2"),
            ("sqrt(6)/sqrt(10)", "sqrt(15)/5"),
            ("Phi(1) - Phi(1)", "0"),
            ("2*e/sqrt(3)*Phi(1)/4", "sqrt(3)*e*Phi(1)/6"),
            ("3/(1 - Phi(1))", "3/(1 - Phi(1))"),
        ] {
            let e = Expr::parse(text).expect("parses");
            let found = Exact::of(&e).expect("a constant").expr();
            assert_eq!(found.to_string(), want, "{text}");
            assert!((constant(&found).expect("a value") - constant(&e).expect("a value")).abs() < 1e-15, "{text}");
        }
    }
}
