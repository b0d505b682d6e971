//! Sums of c x^n e^(a x^2 + b x) with exact c and rational a, b, n, and their integrals in closed form: the densities of
//! normal, laplace, exponential, gamma, half_normal, uniform, triangular and beta inputs are such sums, and so are the
//! ratios g'/f' of many directions.
//!
//! Integration by parts gives every integer n from n = 0 (m_n = INT x^n e^(a x^2 + b x)):
//! 2 a m_{n+1} = [x^n e^(...)] - b m_n - n m_{n-1}, and for a = 0: b m_n = [x^n e^(b x)] - n m_{n-1}. On (0, inf) with one of
//! a, b zero, gamma functions serve every n > -1.

use super::exact::{Exact, half};
use super::series::Ring;
use crate::expr::{Bound, Expr, Node, Op};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;

/// x^n e^(a x^2 + b x)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Term {
    square: BigRational,
    linear: BigRational,
    power: BigRational,
}

/// A sum of such terms with exact coefficients.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sum(BTreeMap<Term, Exact>);

/// Beyond this many terms no closed form is looked for.
const MOST_TERMS: usize = 600;

impl Term {
    fn one() -> Term {
        Term { square: BigRational::zero(), linear: BigRational::zero(), power: BigRational::zero() }
    }

    fn times(&self, other: &Term) -> Term {
        Term {
            square: &self.square + &other.square,
            linear: &self.linear + &other.linear,
            power: &self.power + &other.power,
        }
    }

    fn raised(&self, n: &BigRational) -> Term {
        Term { square: &self.square * n, linear: &self.linear * n, power: &self.power * n }
    }
}

impl Sum {
    fn of_term(term: Term, c: Exact) -> Sum {
        let mut sum = Sum::default();
        sum.add(term, &c);
        sum
    }

    fn constant(c: Exact) -> Sum {
        Sum::of_term(Term::one(), c)
    }

    fn add(&mut self, term: Term, c: &Exact) {
        let sum = self.0.remove(&term).unwrap_or_default().plus(c);
        if !sum.is_zero() {
            self.0.insert(term, sum);
        }
    }

    /// Whether it has grown beyond what is worth integrating.
    pub fn is_long(&self) -> bool {
        self.0.len() > MOST_TERMS
    }

    pub fn negated(&self) -> Sum {
        self.times(&Sum::constant(Exact::int(-1)))
    }

    /// Reads a smooth expression in x; none where it is no such sum.
    pub fn of(e: &Expr) -> Option<Sum> {
        if !e.has_x() {
            return Exact::of(e).map(Sum::constant);
        }
        let Node::Call(op, args) = e.node() else {
            return Some(Sum::of_term(Term { power: BigRational::one(), ..Term::one() }, Exact::int(1)));
        };
        let of = |i: usize| args.get(i).and_then(Sum::of);
        let half_of = |sum: Sum| sum.times(&Sum::constant(Exact::rational(half())));
        Some(match op {
            Op::Add => of(0)?.plus(&of(1)?),
            Op::Sub => of(0)?.plus(&of(1)?.negated()),
            Op::Neg => of(0)?.negated(),
            Op::Mul => of(0)?.times(&of(1)?),
            Op::Div => of(0)?.times(&of(1)?.raised(&-BigRational::one())?),
            Op::Sqrt => of(0)?.raised(&half())?,
            Op::Pow => of(0)?.raised(args.get(1)?.as_num()?)?,
            Op::Exp => of(0)?.exp()?,
            Op::Expm1 => of(0)?.exp()?.plus(&Sum::constant(Exact::int(-1))),
            Op::Sinh => half_of(of(0)?.exp()?.plus(&of(0)?.negated().exp()?.negated())),
            Op::Cosh => half_of(of(0)?.exp()?.plus(&of(0)?.negated().exp()?)),
            Op::NormalPdf => {
                let square = half_of(of(0)?.times(&of(0)?)).negated().exp()?;
                let circle = Exact::pi().times(&Exact::int(2)).power(&-half())?;
                square.times(&Sum::constant(circle))
            }
            _ => Sum::of(&op.definition(args)?)?,
        })
    }

    /// A rational power of one term, a positive integer power of any sum.
    fn raised(&self, exponent: &BigRational) -> Option<Sum> {
        if let (Some((term, c)), 1) = (self.0.iter().next(), self.0.len()) {
            return Some(Sum::of_term(term.raised(exponent), c.power(exponent)?));
        }
        let n = exponent.to_integer().to_u32().filter(|n| exponent.is_integer() && *n <= 64)?;
        (0..n).try_fold(Sum::constant(Exact::int(1)), |product, _| {
            let product = product.times(self);
            (!product.is_long()).then_some(product)
        })
    }

    /// e to this, where this is a polynomial of degree two with rational coefficients, the constant apart.
    fn exp(&self) -> Option<Sum> {
        let (mut term, mut factor) = (Term::one(), Exact::int(1));
        for (t, c) in &self.0 {
            if !t.square.is_zero() || !t.linear.is_zero() {
                return None;
            }
            match t.power.to_integer().to_u8().filter(|_| t.power.is_integer())? {
                0 => factor = Exact::of(&c.expr().apply(Op::Exp))?,
                1 => term.linear = c.as_rational()?,
                2 => term.square = c.as_rational()?,
                _ => return None,
            }
        }
        Some(Sum::of_term(term, factor))
    }

    pub fn derivative(&self) -> Sum {
        let mut found = Sum::default();
        for (t, c) in &self.0 {
            let shifted = |by: i64, factor: BigRational| {
                let power = &t.power + BigRational::from_integer(by.into());
                (Term { power, ..t.clone() }, c.scaled(&factor))
            };
            let two = BigRational::from_integer(2.into());
            for (term, c) in [shifted(-1, t.power.clone()), shifted(0, t.linear.clone()), shifted(1, &t.square * two)] {
                found.add(term, &c);
            }
        }
        found
    }

    /// self/other, where other is one term.
    pub fn over(&self, other: &Sum) -> Option<Sum> {
        Some(self.times(&other.raised(&-BigRational::one())?))
    }

    /// log|self|, where self is one term without a power of x.
    pub fn log(&self) -> Option<Sum> {
        let (t, c) = self.0.iter().next().filter(|(t, _)| self.0.len() == 1 && t.power.is_zero())?;
        let size = c.expr();
        let size = match size.node() {
            Node::Call(Op::Neg, a) => a[0].clone(),
            Node::Num(n) => Expr::num(n.abs()),
            _ => size,
        };
        let log = if size.is_one() { Exact::int(0) } else { Exact::named(size.apply(Op::Log)) };
        let power = |n: i64| Term { power: BigRational::from_integer(n.into()), ..Term::one() };
        let mut found = Sum::constant(log);
        found.add(power(1), &Exact::rational(t.linear.clone()));
        found.add(power(2), &Exact::rational(t.square.clone()));
        Some(found)
    }

    /// The integral between two points; none where it has no closed form here or a term of it diverges.
    pub fn integral(&self, from: &Bound, to: &Bound) -> Option<Exact> {
        let ends = [End::of(from)?, End::of(to)?];
        let mut total = Exact::default();
        for (t, c) in &self.0 {
            total = total.plus(&t.integral(&ends)?.times(c));
        }
        Some(total)
    }
}

impl Ring for Sum {
    fn ratio(p: i64, q: i64) -> Sum {
        Sum::constant(Exact::rational(BigRational::new(p.into(), q.into())))
    }

    fn plus(&self, other: &Sum) -> Sum {
        let mut sum = self.clone();
        other.0.iter().for_each(|(t, c)| sum.add(t.clone(), c));
        sum
    }

    fn times(&self, other: &Sum) -> Sum {
        let mut product = Sum::default();
        for (s, c) in &self.0 {
            for (t, d) in &other.0 {
                product.add(s.times(t), &c.times(d));
            }
        }
        product
    }

    fn scaled(&self, p: i64, q: i64) -> Sum {
        self.times(&Sum::ratio(p, q))
    }
}

/// An end of an interval.
#[derive(Debug, Clone, PartialEq)]
enum End {
    Below,
    At(BigRational),
    Above,
}

impl End {
    /// Ends that are no rational numbers are not dealt with.
    fn of(bound: &Bound) -> Option<End> {
        match (bound.value, &bound.exact) {
            (f64::NEG_INFINITY, _) => Some(End::Below),
            (f64::INFINITY, _) => Some(End::Above),
            (_, Some(exact)) => Exact::of(exact)?.as_rational().map(End::At),
            (value, None) => fraction(value).map(End::At),
        }
    }

    fn is_zero(&self) -> bool {
        matches!(self, End::At(x) if x.is_zero())
    }
}

/// The fraction of small denominator, or the short decimal, that a double stands for.
fn fraction(value: f64) -> Option<BigRational> {
    let small = (1..=360).find_map(|q| {
        let p = (value * f64::from(q)).round();
        (p.abs() < 1e9 && p / f64::from(q) == value).then(|| BigRational::new((p as i64).into(), q.into()))
    });
    small.or_else(|| Expr::float(value).as_num().filter(|_| value.to_string().len() < 12).cloned())
}

impl Term {
    fn integral(&self, ends: &[End; 2]) -> Option<Exact> {
        match ends {
            [a, End::Above] if a.is_zero() && (self.square.is_zero() || self.linear.is_zero()) => self.gamma(),
            [End::Below, b] if b.is_zero() && (self.square.is_zero() || self.linear.is_zero()) => {
                let sign = if self.whole_power()? % 2 == 0 { 1 } else { -1 };
                let mirrored = Term { linear: -&self.linear, ..self.clone() };
                Some(mirrored.gamma()?.times(&Exact::int(sign)))
            }
            _ => self.by_parts(self.whole_power()?, ends),
        }
    }

    fn whole_power(&self) -> Option<u32> {
        self.power.to_integer().to_u32().filter(|n| self.power.is_integer() && *n <= 4096)
    }

    /// Over (0, inf), with one of the exponents zero: Gamma(n + 1)/(-b)^(n+1), Gamma((n+1)/2)/(2 (-a)^((n+1)/2)).
    fn gamma(&self) -> Option<Exact> {
        let next = &self.power + BigRational::one();
        if !next.is_positive() {
            return None;
        }
        let (rate, s, front) = match self.square.is_zero() {
            true => (-&self.linear, next, BigRational::one()),
            false => (-&self.square, next * half(), half()),
        };
        if !rate.is_positive() {
            return None;
        }
        Some(gamma(&s).times(&Exact::rational(rate).power(&-s)?).scaled(&front))
    }

    /// The recurrence in n.
    fn by_parts(&self, n: u32, ends: &[End; 2]) -> Option<Exact> {
        let (a, b) = (&self.square, &self.linear);
        if a.is_zero() && b.is_zero() {
            let step = BigRational::from_integer((i64::from(n) + 1).into());
            return Some(self.between(n + 1, ends)?.scaled(&step.recip()));
        }
        let mut previous = Exact::default();
        let mut current = if a.is_zero() { self.between(0, ends)?.scaled(&b.recip()) } else { self.bell(ends)? };
        for k in 0..n {
            let order = BigRational::from_integer(i64::from(k + if a.is_zero() { 1 } else { 0 }).into());
            let next = match a.is_zero() {
                // b m_{k+1} = [x^(k+1) e^(b x)] - (k+1) m_k
                true => self.between(k + 1, ends)?.plus(&current.scaled(&-order)).scaled(&b.recip()),
                // 2 a m_{k+1} = [x^k e^(...)] - b m_k - k m_{k-1}
                false => {
                    let known = current.scaled(&-b).plus(&previous.scaled(&-order));
                    self.between(k, ends)?.plus(&known).scaled(&(a + a).recip())
                }
            };
            previous = std::mem::replace(&mut current, next);
        }
        Some(current)
    }

    /// x^k e^(a x^2 + b x) at the upper end less that at the lower.
    fn between(&self, k: u32, ends: &[End; 2]) -> Option<Exact> {
        let at = |x: &BigRational| {
            Exact::exp(&(&self.square * x * x + &self.linear * x)).scaled(&num_traits::pow(x.clone(), k as usize))
        };
        let value =
            |end: &End| match end {
                End::At(x) => Some(at(x)),
                // It vanishes there, or the integral diverges.
                End::Above => (self.square.is_negative() || self.square.is_zero() && self.linear.is_negative())
                    .then(Exact::default),
                End::Below => (self.square.is_negative() || self.square.is_zero() && self.linear.is_positive())
                    .then(Exact::default),
            };
        Some(value(&ends[1])?.plus(&value(&ends[0])?.scaled(&-BigRational::one())))
    }

    /// INT e^(a x^2 + b x) for a < 0: e^(-b^2/4a) sqrt(pi/-a) times the normal probability between the ends.
    fn bell(&self, ends: &[End; 2]) -> Option<Exact> {
        let (a, b) = (&self.square, &self.linear);
        if !a.is_negative() {
            return None;
        }
        let two = BigRational::from_integer(2.into());
        let centre = -b / (a * &two);
        let inverse_width = Exact::rational(-a * &two).power(&half())?;
        let probability = |end: &End| match end {
            End::Below => Exact::default(),
            End::Above => Exact::int(1),
            End::At(x) if *x == centre => Exact::rational(half()),
            End::At(x) => Exact::named(inverse_width.scaled(&(x - &centre)).expr().apply(Op::NormalCdf)),
        };
        let share = probability(&ends[1]).plus(&probability(&ends[0]).scaled(&-BigRational::one()));
        let width = Exact::pi().scaled(&(-a).recip()).power(&half())?;
        Some(Exact::exp(&(-b * b / (a * &two * &two))).times(&width).times(&share))
    }
}

/// Gamma(s), s > 0: factorials, half-integers by sqrt(pi), the rest by name.
fn gamma(s: &BigRational) -> Exact {
    let (mut s, mut factor) = (s.clone(), BigRational::one());
    while s > BigRational::one() && factor.numer().bits() < 1 << 16 {
        s -= BigRational::one();
        factor *= &s;
    }
    let rest = match &s {
        s if s.is_one() => Exact::int(1),
        s if *s == half() => Exact::pi().power(&half()).unwrap_or_default(),
        s => Exact::named(Expr::num(s.clone()).apply(Op::Gamma)),
    };
    rest.scaled(&factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integral(text: &str, from: f64, to: f64) -> Option<String> {
        let bound = |value: f64| Bound { value, exact: None };
        let sum = Sum::of(&Expr::parse(text).expect("parses"))?;
        sum.integral(&bound(from), &bound(to)).map(|i| i.expr().to_string())
    }

    #[test]
    fn integrals_in_closed_form() {
        let inf = f64::INFINITY;
        for (text, from, to, want) in [
            ("phi(x)", -inf, inf, "1"),
            ("x^4*phi(x)", -inf, inf, "3"),
            ("exp(-x^2 + x)", -inf, inf, "sqrt(pi)*exp(0.25)"),
            ("x*exp(-x^2 + 2*x)", -inf, inf, "sqrt(pi)*e"),
            ("x^3*exp(-2*x)", 0.0, inf, "0.375"),
            ("x^3*exp(2*x)", -inf, 0.0, "-0.375"),
            ("x*exp(-x)", 1.0, inf, "2*exp(-1)"),
            ("sqrt(x)*exp(-x)", 0.0, inf, "sqrt(pi)/2"),
            ("x^(1/3)*exp(-x)", 0.0, inf, "gamma(1/3)/3"),
            ("x^2*exp(-x^2)", 0.0, inf, "sqrt(pi)/4"),
            ("(1 - x)^2*x", 0.0, 1.0, "1/12"),
            ("x*cosh(x)*phi(x)", -inf, inf, "0"),
            ("cosh(x)*phi(x)", -inf, inf, "exp(0.5)"),
            ("phi(x)", 0.0, 1.0, "Phi(1) - 0.5"),
        ] {
            assert_eq!(integral(text, from, to).as_deref(), Some(want), "{text}");
        }
        for (text, from, to) in
            [("exp(x)", 0.0, inf), ("1/x", 0.0, inf), ("exp(x^2)", -inf, inf), ("tanh(x)", 0.0, 1.0)]
        {
            assert_eq!(integral(text, from, to), None, "{text}");
        }
    }
}
