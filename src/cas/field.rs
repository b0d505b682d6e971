//! The normal form: every smooth expression of the grammar is a rational function over the rationals in a few
//! *generators*: the variable, the parameters, one exponential per independent exponent, square roots, logarithms,
//! and functions that are algebraically independent of these (Phi, erf, atan, ...). sigmoid, tanh, cosh, softplus
//! and their kin are written through the exponentials, so that every algebraic relation among them holds by arithmetic,
//! and an expression is zero exactly when its numerator is. Runs on the worker thread.

use super::convert::{big, integer};
use super::factors::{by_power, factors};
use crate::error::{Error, Result};
use crate::expr::{Expr, Node, Op};
use ahash::AHashMap;
use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::{Arc, Mutex, PoisonError};
use symbolica::domains::rational_polynomial::RationalPolynomial;
use symbolica::poly::PolyVariable;
use symbolica::poly::polynomial::MultivariatePolynomial;
use symbolica::prelude::*;

/// A rational function in the generators.
pub(crate) type Ratio = RationalPolynomial<IntegerRing, u16>;
/// A polynomial in the generators.
pub(crate) type Poly = MultivariatePolynomial<IntegerRing, u16>;

/// The largest integer power that is multiplied out and that an exponential is taken to, and the most terms a polynomial
/// may have: beyond, the expression is left as it stands.
const LARGEST_POWER: i64 = 64;
const MOST_TERMS: usize = 2000;
/// What a generator stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Generator {
    /// The variable.
    X,
    /// The circle constant.
    Pi,
    /// A parameter.
    Parameter(Arc<str>),
    /// exp(base * monomial), the monomial given by its exponents in the other generators, negative below the bar.
    Exp { monomial: Vec<i32>, base: BigRational },
    /// The square root of a polynomial.
    Root { radicand: Ratio },
    /// The logarithm of a rational function.
    Log { argument: Ratio },
    /// An independent function.
    Function { op: Op, argument: Ratio },
}

/// The generators found so far. Building an expression twice settles the bases of the exponentials.
pub(crate) struct Field {
    pub(crate) generators: Vec<Generator>,
    variables: Arc<Vec<PolyVariable>>,
    settled: bool,
    /// The normal forms of calls, which occur again and again in derivatives.
    known: AHashMap<Expr, Ratio>,
}

impl Field {
    /// The normal form of several smooth, lowered expressions over common generators.
    pub(crate) fn over(expressions: &[&Expr]) -> Result<(Field, Vec<Ratio>)> {
        let mut capacity = 8;
        let mut field = Field::with_capacity(capacity);
        for _ in 0..12 {
            field.settled = true;
            field.known.clear();
            let built = expressions.iter().map(|e| field.build(e)).collect::<Result<Vec<_>>>()?;
            if field.generators.len() > capacity {
                capacity = 2 * field.generators.len();
                field = Field::with_capacity(capacity);
            } else if field.settled {
                let reduced = built.iter().map(|r| field.reduced(r)).collect::<Result<Vec<_>>>()?;
                return Ok((field, reduced));
            }
        }
        Err(Error::Algebra("the exponents of the expression have no common measure".into()))
    }

    fn with_capacity(capacity: usize) -> Field {
        // Which symbol names a generator does not matter: they are counted.
        static NAMES: Mutex<Vec<PolyVariable>> = Mutex::new(Vec::new());
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        for i in names.len()..capacity {
            names.push(PolyVariable::Symbol(symbol!(&format!("eafo::g_{i}"))));
        }
        let variables = Arc::new(names[..capacity].to_vec());
        Field { generators: vec![Generator::X, Generator::Pi], variables, settled: true, known: AHashMap::new() }
    }

    /// A constant.
    pub(crate) fn constant(&self, n: &BigRational) -> Result<Ratio> {
        let mut r = Ratio::new(&Z, self.variables.clone());
        let (p, q) = (integer(n.numer())?, integer(n.denom())?);
        r.numerator = r.numerator.constant(p);
        r.denominator = r.denominator.constant(q);
        Ok(r)
    }

    pub(crate) fn int(&self, n: i64) -> Ratio {
        let mut r = Ratio::new(&Z, self.variables.clone());
        r.numerator = r.numerator.constant(Integer::from(n));
        r
    }

    /// The generator with an index, to a power.
    pub(crate) fn generator(&self, index: usize, power: i64) -> Ratio {
        let mut r = self.int(1);
        // A field that outgrows its variables is thrown away and built again with more of them.
        if let (Ok(degree), true) = (u16::try_from(power.unsigned_abs()), index < self.variables.len()) {
            let mut exponents = vec![0; self.variables.len()];
            exponents[index] = degree;
            let m = r.numerator.monomial(Integer::from(1), exponents);
            if power >= 0 { r.numerator = m } else { r.denominator = m }
        }
        r
    }

    /// How many of the generators have a variable of their own.
    fn named(&self) -> usize {
        self.generators.len().min(self.variables.len())
    }

    /// A polynomial over 1.
    pub(crate) fn whole(&self, numerator: Poly) -> Ratio {
        let denominator = numerator.one();
        Ratio { numerator, denominator }
    }

    /// The index of a generator, which is added where it is new.
    fn index(&mut self, generator: Generator) -> usize {
        match self.generators.iter().position(|g| *g == generator) {
            Some(i) => i,
            None => {
                self.generators.push(generator);
                self.generators.len() - 1
            }
        }
    }

    /// The normal form of one expression.
    fn build(&mut self, e: &Expr) -> Result<Ratio> {
        match e.node() {
            Node::Num(n) => self.constant(n),
            Node::Pi => Ok(self.generator(1, 1)),
            Node::E => self.exp(&self.int(1)),
            Node::X => Ok(self.generator(0, 1)),
            Node::Param(name) => {
                let i = self.index(Generator::Parameter(name.clone()));
                Ok(self.generator(i, 1))
            }
            Node::Call(op, args) => {
                if let Some(known) = self.known.get(e) {
                    return Ok(known.clone());
                }
                let r = match args.as_ref() {
                    [base, exponent] if *op == Op::Pow => self.power(base, exponent)?,
                    _ => {
                        let built = args.iter().map(|a| self.build(a)).collect::<Result<Vec<_>>>()?;
                        self.call(*op, &built)?
                    }
                };
                if r.numerator.nterms().max(r.denominator.nterms()) > MOST_TERMS {
                    return Err(Error::Algebra("the expression is too large to bring to normal form".into()));
                }
                self.known.insert(e.clone(), r.clone());
                Ok(r)
            }
        }
    }

    /// An operator applied to normal forms.
    fn call(&mut self, op: Op, args: &[Ratio]) -> Result<Ratio> {
        let one = self.int(1);
        let two = self.int(2);
        match (op, args) {
            (Op::Add, [a, b]) => Ok(a + b),
            (Op::Sub, [a, b]) => Ok(a - b),
            (Op::Mul, [a, b]) => Ok(a * b),
            (Op::Div, [a, b]) => self.quotient(a, b),
            (Op::Neg, [a]) => Ok(-a.clone()),
            (Op::Sqrt, [a]) => self.root(a),
            (Op::Exp, [a]) => self.exp(a),
            (Op::Expm1, [a]) => Ok(&self.exp(a)? - &one),
            (Op::Log, [a]) => self.log(a),
            (Op::Log1p, [a]) => self.log(&(&one + a)),
            (Op::Sinh | Op::Cosh, [a]) => {
                let (up, down) = (self.exp(a)?, self.exp(&-a.clone())?);
                let sum = if op == Op::Sinh { &up - &down } else { &up + &down };
                self.quotient(&sum, &two)
            }
            (Op::Tanh, [a]) => {
                let square = self.exp(&(&two * a))?;
                self.quotient(&(&square - &one), &(&square + &one))
            }
            (Op::Sigmoid, [a]) => {
                let up = self.exp(a)?;
                self.quotient(&up, &(&one + &up))
            }
            (Op::Softplus, [a]) => {
                let up = self.exp(a)?;
                self.log(&(&one + &up))
            }
            (Op::LogSigmoid, [a]) => Ok(a - &self.call(Op::Softplus, std::slice::from_ref(a))?),
            (Op::NormalPdf, [a]) => {
                let bell = self.exp(&-self.quotient(&(a * a), &two)?)?;
                let scale = self.root(&(&two * &self.generator(1, 1)))?;
                self.quotient(&bell, &scale)
            }
            (Op::Erfc, [a]) => Ok(&one - &self.call(Op::Erf, std::slice::from_ref(a))?),
            (Op::Tan, [a]) => {
                let (s, c) =
                    (self.call(Op::Sin, std::slice::from_ref(a))?, self.call(Op::Cos, std::slice::from_ref(a))?);
                self.quotient(&s, &c)
            }
            (Op::NormalCdf, [a]) if self.leads_negative(a) => Ok(&one - &self.call(op, &[-a.clone()])?),
            (Op::Erf | Op::Sin | Op::Asin | Op::Atan | Op::Asinh | Op::Atanh, [a]) if self.leads_negative(a) => {
                Ok(-self.call(op, &[-a.clone()])?)
            }
            (Op::Cos, [a]) if self.leads_negative(a) => self.call(op, &[-a.clone()]),
            (
                Op::Erf
                | Op::NormalCdf
                | Op::Sin
                | Op::Cos
                | Op::Asin
                | Op::Acos
                | Op::Atan
                | Op::Asinh
                | Op::Acosh
                | Op::Atanh
                | Op::BesselI0e
                | Op::BesselI1e
                | Op::Gamma,
                [a],
            ) => {
                let argument = self.canonical(a)?;
                if argument.is_zero() && matches!(op, Op::Erf | Op::Sin | Op::Asin | Op::Atan | Op::Asinh | Op::Atanh) {
                    return Ok(self.int(0));
                }
                let i = self.index(Generator::Function { op, argument });
                Ok(self.generator(i, 1))
            }
            _ => Err(Error::Algebra(format!("`{}` is not smooth", op.name()))),
        }
    }

    /// a/b, b not zero.
    pub(crate) fn quotient(&self, a: &Ratio, b: &Ratio) -> Result<Ratio> {
        match b.is_zero() {
            true => Err(Error::Algebra("division by zero".into())),
            false => Ok(a / b),
        }
    }

    /// a^n for an integer n.
    pub(crate) fn integer_power(&self, a: &Ratio, n: i64) -> Result<Ratio> {
        let terms = a.numerator.nterms().max(a.denominator.nterms());
        if terms > 1 && n.abs() > LARGEST_POWER || n.abs() > 1000 {
            return Err(Error::Algebra(format!("the power {n} is too large to multiply out")));
        }
        let positive = a.pow(n.unsigned_abs());
        if n < 0 { self.quotient(&self.int(1), &positive) } else { Ok(positive) }
    }

    /// base^exponent: integer and half-integer powers by arithmetic, others through exp(exponent log(base)).
    fn power(&mut self, base: &Expr, exponent: &Expr) -> Result<Ratio> {
        let b = self.build(base)?;
        let e = self.build(exponent)?;
        match rational(&e)? {
            Some(n) if n.is_integer() => self.integer_power(&b, small(&n)?),
            Some(n) if (&n + &n).is_integer() => {
                let root = self.root(&b)?;
                self.integer_power(&root, small(&(&n + &n))?)
            }
            _ if matches!(base.node(), Node::E) => self.exp(&e),
            _ => {
                let log = self.log(&b)?;
                self.exp(&(&e * &log))
            }
        }
    }

    /// exp(a): one factor for every term of the exponent.
    fn exp(&mut self, a: &Ratio) -> Result<Ratio> {
        let a = self.canonical(a)?;
        if a.denominator.nterms() != 1 {
            let negative = self.leads_negative(&a);
            let argument = if negative { -a } else { a };
            let i = self.index(Generator::Function { op: Op::Exp, argument });
            return Ok(self.generator(i, if negative { -1 } else { 1 }));
        }
        let scale = big(&a.denominator.lcoeff())?;
        let below = a.denominator.exponents(0).to_vec();
        let mut result = self.int(1);
        for term in &a.numerator {
            let coefficient = BigRational::new(big(term.coefficient)?, scale.clone());
            let degrees = term.exponents.iter().zip(&below).map(|(n, d)| i32::from(*n) - i32::from(*d));
            let factor = self.exp_of_term(coefficient, &degrees.collect::<Vec<_>>())?;
            result = &result * &factor;
        }
        Ok(result)
    }

    /// exp(c m) for one monomial m; exp(n log(r)) is r^n.
    fn exp_of_term(&mut self, c: BigRational, monomial: &[i32]) -> Result<Ratio> {
        let lone = monomial.iter().position(|e| *e == 1).filter(|_| monomial.iter().filter(|e| **e != 0).count() == 1);
        if let Some(Generator::Log { argument }) = lone.and_then(|i| self.generators.get(i)).cloned() {
            let whole = c.floor();
            let rest = &c - &whole;
            let power = self.integer_power(&argument, small(&whole)?)?;
            if rest.is_zero() {
                return Ok(power);
            }
            let fraction =
                if (&rest + &rest).is_integer() { self.root(&argument)? } else { self.exp_power(rest, monomial)? };
            return Ok(&power * &fraction);
        }
        self.exp_power(c, monomial)
    }

    /// The power of an exponential generator of the monomial that equals exp(c m). A coefficient that is no multiple of
    /// the base makes the base their greatest common measure, and the field unsettled. Where that would take powers too
    /// large to compute with, the exponential gets a generator of its own: a relation less is known, none is wrong.
    fn exp_power(&mut self, c: BigRational, monomial: &[i32]) -> Result<Ratio> {
        let within = |power: &BigRational| power.abs() <= BigRational::from_integer(LARGEST_POWER.into());
        for index in 0..self.generators.len() {
            let Some(Generator::Exp { monomial: m, base }) = self.generators.get_mut(index) else { continue };
            let power = &c / &*base;
            if m != monomial || !within(&power) {
                continue;
            }
            if power.is_integer() {
                return Ok(self.generator(index, small(&power)?));
            }
            let measure = common_measure(base, &c);
            if within(&(&c / &measure)) && within(&(&*base / &measure)) {
                *base = measure;
                self.settled = false;
                return Ok(self.int(1));
            }
        }
        let power = if c.is_negative() { -1 } else { 1 };
        let index = self.index(Generator::Exp { monomial: monomial.to_vec(), base: c.abs() });
        Ok(self.generator(index, power))
    }

    /// log(a), the logarithm of a product as a sum where the factors are positive whatever x is.
    fn log(&mut self, a: &Ratio) -> Result<Ratio> {
        let a = self.canonical(a)?;
        if a.is_zero() {
            return Err(Error::Algebra("log(0)".into()));
        }
        let mut sum = self.int(0);
        let mut rest = self.int(1);
        for (factor, power) in factors(&a) {
            if factor.is_one() {
            } else if let Some(i) = self.lone_exponential(&factor) {
                let exponent = self.exponent(i)?;
                sum = &sum + &(&exponent * &self.int(power * i64::from(factor.degree(i))));
            } else if self.is_positive(&factor) {
                let argument = self.whole(factor);
                let i = self.index(Generator::Log { argument });
                sum = &sum + &(&self.generator(i, 1) * &self.int(power));
            } else {
                rest = &rest * &self.integer_power(&self.whole(factor), power)?;
            }
        }
        if !rest.numerator.is_one() || !rest.denominator.is_one() {
            let i = self.index(Generator::Log { argument: rest });
            sum = &sum + &self.generator(i, 1);
        }
        Ok(sum)
    }

    /// sqrt(a), positive factors apart.
    fn root(&mut self, a: &Ratio) -> Result<Ratio> {
        let a = self.canonical(a)?;
        let mut outside = self.int(1);
        let mut rest = self.int(1);
        for (factor, power) in factors(&a) {
            let whole = self.whole(factor.clone());
            if factor.is_one() {
            } else if let Some(i) = self.lone_exponential(&factor) {
                let half = self
                    .quotient(&(&self.exponent(i)? * &self.int(power * i64::from(factor.degree(i)))), &self.int(2))?;
                outside = &outside * &self.exp(&half)?;
            } else if self.is_positive(&factor) {
                outside = &outside * &self.integer_power(&whole, power.div_euclid(2))?;
                if power.rem_euclid(2) == 1 {
                    let i = self.index(Generator::Root { radicand: whole });
                    outside = &outside * &self.generator(i, 1);
                }
            } else {
                rest = &rest * &self.integer_power(&whole, power)?;
            }
        }
        if !rest.numerator.is_one() || !rest.denominator.is_one() {
            let i = self.index(Generator::Root { radicand: rest });
            outside = &outside * &self.generator(i, 1);
        }
        Ok(outside)
    }

    /// The exponent that an exponential generator stands for.
    pub(crate) fn exponent(&self, index: usize) -> Result<Ratio> {
        match self.generators.get(index) {
            Some(Generator::Exp { monomial, base }) => {
                let mut r = self.constant(base)?;
                let side =
                    |sign: i32| -> Vec<u16> { monomial.iter().map(|e| u16::try_from(e * sign).unwrap_or(0)).collect() };
                r.numerator = r.numerator.mul_exp(&side(1));
                r.denominator = r.denominator.mul_exp(&side(-1));
                Ok(r)
            }
            _ => Err(Error::Algebra("not an exponential".into())),
        }
    }

    /// The index, where a polynomial is a power of one exponential generator.
    fn lone_exponential(&self, p: &Poly) -> Option<usize> {
        if p.nterms() != 1 || p.lcoeff() != 1 {
            return None;
        }
        let exponents = p.exponents(0);
        let i = exponents.iter().position(|e| *e > 0)?;
        let alone = exponents.iter().filter(|e| **e > 0).count() == 1;
        (alone && matches!(self.generators.get(i), Some(Generator::Exp { .. }))).then_some(i)
    }

    /// Whether a polynomial is positive for every x because each of its terms is.
    fn is_positive(&self, p: &Poly) -> bool {
        let positive = |i: usize| match self.generators.get(i) {
            Some(Generator::Pi | Generator::Exp { .. } | Generator::Root { .. }) => true,
            Some(Generator::Function { op, .. }) => matches!(op, Op::NormalCdf | Op::Exp | Op::BesselI0e),
            _ => false,
        };
        let plus = p
            .into_iter()
            .all(|t| *t.coefficient > 0 && t.exponents.iter().enumerate().all(|(i, e)| e % 2 == 0 || positive(i)));
        // A sum of even powers may vanish unless some term does not.
        plus && p.into_iter().any(|t| t.exponents.iter().enumerate().all(|(i, e)| *e == 0 || positive(i)))
    }

    /// Whether the leading term is negative, the test by which odd functions get a canonical argument.
    fn leads_negative(&self, a: &Ratio) -> bool {
        !a.is_zero() && a.numerator.lcoeff() < 0
    }

    /// Powers of roots and of sines reduced by their relations: S^2 = r, sin^2 = 1 - cos^2.
    pub(crate) fn reduced(&self, r: &Ratio) -> Result<Ratio> {
        let mut r = r.clone();
        for index in (0..self.named()).rev() {
            if let Some(square) =
                self.square(index).filter(|_| r.numerator.degree(index).max(r.denominator.degree(index)) > 1)
            {
                let (n0, n1) = self.even_odd(&r.numerator, index, &square);
                let (d0, d1) = self.even_odd(&r.denominator, index, &square);
                let s = self.generator(index, 1);
                r = self.quotient(&(&n0 + &(&n1 * &s)), &(&d0 + &(&d1 * &s)))?;
            }
        }
        Ok(r)
    }

    /// [`Field::reduced`], and roots moved out of the denominator: equal functions get equal forms.
    pub(crate) fn canonical(&self, r: &Ratio) -> Result<Ratio> {
        let mut r = self.reduced(r)?;
        for index in (0..self.named()).rev() {
            if let Some(square) = self.square(index).filter(|_| r.denominator.degree(index) > 0) {
                let (d0, d1) = self.even_odd(&r.denominator, index, &square);
                let s = self.generator(index, 1);
                let conjugate = &d0 - &(&d1 * &s);
                let norm = &(&d0 * &d0) - &(&(&d1 * &d1) * &square);
                r = self.quotient(&(&self.whole(r.numerator.clone()) * &conjugate), &norm)?;
                r = self.reduced(&r)?;
            }
        }
        Ok(r)
    }

    /// Whether a normal form is identically zero.
    pub(crate) fn is_zero(&self, r: &Ratio) -> Result<bool> {
        Ok(self.canonical(r)?.is_zero())
    }

    /// The square of a generator, where the others determine it.
    fn square(&self, index: usize) -> Option<Ratio> {
        match self.generators.get(index)? {
            Generator::Root { radicand } => Some(radicand.clone()),
            Generator::Function { op: Op::Sin, argument } => {
                let cos = Generator::Function { op: Op::Cos, argument: argument.clone() };
                let c = self.generators.iter().position(|g| *g == cos)?;
                Some(&self.int(1) - &self.generator(c, 2))
            }
            _ => None,
        }
    }

    /// A polynomial as a + b S, powers of S reduced by S^2 = square.
    fn even_odd(&self, p: &Poly, index: usize, square: &Ratio) -> (Ratio, Ratio) {
        let mut parts = [self.int(0), self.int(0)];
        for (power, coefficient) in by_power(p, index).into_iter().enumerate() {
            if !coefficient.is_zero() {
                let term = &self.whole(coefficient) * &square.pow(power as u64 / 2);
                parts[power % 2] = &parts[power % 2] + &term;
            }
        }
        let [even, odd] = parts;
        (even, odd)
    }
}

/// The rational value of a constant normal form.
pub(crate) fn rational(r: &Ratio) -> Result<Option<BigRational>> {
    if !r.numerator.is_constant() || !r.denominator.is_constant() {
        return Ok(None);
    }
    let numerator = if r.is_zero() { BigInt::zero() } else { big(&r.numerator.lcoeff())? };
    Ok(Some(BigRational::new(numerator, big(&r.denominator.lcoeff())?)))
}

/// A small integer out of a rational that is one.
fn small(n: &BigRational) -> Result<i64> {
    n.numer()
        .to_i64()
        .filter(|_| n.denom().is_one())
        .ok_or_else(|| Error::Algebra(format!("the exponent {n} is too large")))
}

/// The largest positive rational of which both are integer multiples.
fn common_measure(a: &BigRational, b: &BigRational) -> BigRational {
    BigRational::new((a.numer() * b.denom()).gcd(&(b.numer() * a.denom())), a.denom() * b.denom())
}
