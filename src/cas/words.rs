//! From the normal form back to the field's own words. The same rational function can be written in exp(x), exp(-x),
//! sigmoid(x), sigmoid(-x), tanh(x/2) or phi(x); every way is tried, those that lose digits are set aside, and the
//! shortest of the rest wins.

use super::convert::{add_up, big};
use super::factors::{Factors, by_power, factors, replaced, terms};
use super::field::{Field, Generator, Poly, Ratio, rational};
use super::phrase::Product;
use crate::error::Result;
use crate::expr::{Expr, Node, Op};
use ahash::AHashMap;
use num_traits::Signed;
use std::cell::RefCell;
use std::rc::Rc;
use symbolica::prelude::*;

/// How a generator, mostly an exponential e^a, is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Word {
    /// e^a
    Exp,
    /// e^a = 1/w, w = e^-a
    ExpNegative,
    /// e^a = w/(1 - w), w = sigmoid(a)
    Sigmoid,
    /// e^a = (1 - w)/w, w = sigmoid(-a)
    SigmoidNegative,
    /// e^a = (1 + w)/(1 - w), w = tanh(a/2)
    TanhHalf,
    /// e^a = 1/(sqrt(2 pi) w), w = phi(z), a = z^2/2
    NormalPdf,
    /// Phi(z) = 1 - w, w = Phi(-z)
    UpperCdf,
}

/// The best text found so far: of those that lose the fewest digits the shortest.
pub(crate) struct Best<'a> {
    pub(crate) text: Expr,
    /// The places where it loses its digits, and its length.
    rating: (usize, usize),
    faults: &'a dyn Fn(&Expr) -> usize,
}

impl<'a> Best<'a> {
    pub(crate) fn new(text: Expr, faults: &'a dyn Fn(&Expr) -> usize) -> Best<'a> {
        Best { rating: (faults(&text), cost(&text)), text, faults }
    }

    /// Takes a better text. Faults are dear to count: a longer text can win only by having fewer.
    pub(crate) fn challenge(&mut self, text: Expr) -> bool {
        let length = cost(&text);
        if self.rating.0 == 0 && length >= self.rating.1 {
            return false;
        }
        let rating = ((self.faults)(&text), length);
        let better = rating < self.rating;
        if better {
            (self.text, self.rating) = (text, rating);
        }
        better
    }
}

/// The shortest text among the most accurate ones; `faults` counts the places where a text loses its digits.
pub(crate) fn shortest<'a>(field: &Field, r: &Ratio, faults: &'a dyn Fn(&Expr) -> usize) -> Result<Best<'a>> {
    if let Some(n) = rational(r)? {
        return Ok(Best::new(Expr::num(n), faults));
    }
    let mut words = Words::new(field);
    let mut form = words.joined(r)?;
    let mut best = Best::new(words.render(&form)?, faults);
    for index in 0..field.generators.len() {
        let original = form.clone();
        let rewritten = |word: Word| Ok((word, words.substituted(&original, index, word)?));
        let mut others =
            words.alternatives(index, &original)?.into_iter().map(rewritten).collect::<Result<Vec<_>>>()?;
        others.sort_by_key(|(_, other)| terms(other));
        for (word, other) in others {
            // A text is dear: a form with more terms is tried only while the shorter ones lose digits.
            let accurate = best.rating.0 == 0;
            if terms(&other) > terms(&form) && accurate || terms(&other) > terms(&form) + terms(&form) / 2 + 2 {
                break;
            }
            let before = words.choose(index, word);
            if best.challenge(words.render(&other)?) {
                form = other;
            } else {
                words.choose(index, before);
            }
        }
    }
    Ok(best)
}

/// The length of a text as a reader feels it; a difference costs more than a sum, because it can cancel.
pub(crate) fn cost(e: &Expr) -> usize {
    match e.node() {
        Node::Num(n) => 1 + (n.numer().bits() + n.denom().bits()) as usize / 12,
        Node::Call(op, args) => {
            let own = match op {
                Op::Add | Op::Mul | Op::Div | Op::Pow | Op::Neg => 1,
                _ => 2,
            };
            own + args.iter().map(cost).sum::<usize>()
        }
        _ => 1,
    }
}

/// A generator, its power, and the word chosen for it.
type Spelling = (usize, i64, Option<Word>);

pub(super) struct Words<'a> {
    field: &'a Field,
    chosen: Vec<Word>,
    /// The exponents that generators stand for after [`Words::joined`].
    exponents: Vec<Option<Ratio>>,
    /// Texts of arguments and exponents, rendered once.
    plain: Rc<RefCell<AHashMap<Ratio, Expr>>>,
    /// Forms already factored.
    factored: Rc<RefCell<AHashMap<Ratio, Factors>>>,
    /// Texts of generators to a power, by the word chosen for them.
    words: RefCell<AHashMap<Spelling, Expr>>,
    /// Texts of sums in the words chosen now.
    sums: RefCell<AHashMap<(Poly, usize), Expr>>,
}

impl<'a> Words<'a> {
    fn new(field: &'a Field) -> Words<'a> {
        Words::sharing(field, Rc::default(), Rc::default())
    }

    /// Plain words, with tables that others use as well.
    fn sharing(
        field: &'a Field,
        plain: Rc<RefCell<AHashMap<Ratio, Expr>>>,
        factored: Rc<RefCell<AHashMap<Ratio, Factors>>>,
    ) -> Words<'a> {
        let count = field.generators.len();
        let exponents = (0..count).map(|i| field.exponent(i).ok()).collect();
        let chosen = vec![Word::Exp; count];
        Words { field, chosen, exponents, plain, factored, words: RefCell::default(), sums: RefCell::default() }
    }

    /// Chooses a word for a generator and returns the one before. Texts of sums with that generator are no longer right.
    fn choose(&mut self, index: usize, word: Word) -> Word {
        self.sums.get_mut().retain(|(sum, _), _| sum.degree(index) == 0);
        std::mem::replace(&mut self.chosen[index], word)
    }

    /// The factors of a form. Exponentials that occur together in a factor e^a +- e^b become one generator e^(a - b), so
    /// that the factor can be written as a sigmoid: exp(1) + exp(2x) asks for sigmoid(2x - 1).
    fn joined(&mut self, r: &Ratio) -> Result<Factors> {
        let condensed = self.condensed(r);
        let form = self.factors(&condensed);
        for (factor, _) in &form {
            let Some(degrees) = self.exponential_ratio(factor) else { continue };
            let of_x = |i: &usize| degrees[*i] != 0 && self.exponent(*i).is_ok_and(|e| e.has_x());
            let Some(lead) = (0..degrees.len()).find(of_x) else { continue };
            let others: Vec<usize> = (0..degrees.len()).filter(|i| *i != lead && degrees[*i] != 0).collect();
            if others.is_empty() || others.iter().any(|i| degrees[*i] % degrees[lead] != 0) {
                continue;
            }
            let (mut above, mut exponent) = (self.field.generator(lead, 1), self.exponent_of(lead)?);
            for i in others {
                let power = degrees[i] / degrees[lead];
                above = &above * &self.field.generator(i, -power);
                exponent = &exponent + &(&self.exponent_of(i)? * &self.field.int(power));
            }
            self.exponents[lead] = Some(exponent);
            return Ok(replaced(&form, lead, &above.numerator, &above.denominator));
        }
        Ok(form)
    }

    /// Where only powers of e^(n a) occur, that is the generator: exp(2x) with tanh(x), not tanh(x/2).
    fn condensed(&mut self, r: &Ratio) -> Ratio {
        let mut form = r.clone();
        for index in 0..self.exponents.len() {
            let Some(exponent) = self.exponents[index].clone() else { continue };
            let powers = form.numerator.into_iter().chain(&form.denominator).map(|t| t.exponents[index]);
            let common = powers.fold(0, |a: u16, b| num_integer::gcd(a, b));
            if common > 1 {
                for side in [&mut form.numerator, &mut form.denominator] {
                    let mut condensed = side.zero();
                    for term in &*side {
                        let mut exponents = term.exponents.to_vec();
                        exponents[index] /= common;
                        condensed.append_monomial(term.coefficient.clone(), &exponents);
                    }
                    *side = condensed;
                }
                self.exponents[index] = Some(&exponent * &self.field.int(i64::from(common)));
            }
        }
        form
    }

    /// The factors of a form, found once.
    fn factors(&self, r: &Ratio) -> Factors {
        if let Some(known) = self.factored.borrow().get(r) {
            return known.clone();
        }
        let found = factors(r);
        self.factored.borrow_mut().insert(r.clone(), found.clone());
        found
    }

    /// For e^a + e^b or e^a - e^b in the exponential generators: the powers of each in the quotient of the two.
    fn exponential_ratio(&self, p: &Poly) -> Option<Vec<i64>> {
        if p.nterms() != 2 || p.into_iter().any(|t| *t.coefficient != 1 && *t.coefficient != -1) {
            return None;
        }
        let degrees = p.exponents(0).iter().zip(p.exponents(1)).map(|(a, b)| i64::from(*a) - i64::from(*b));
        let degrees: Vec<i64> = degrees.take(self.exponents.len()).collect();
        degrees.iter().zip(&self.exponents).all(|(d, e)| *d == 0 || e.is_some()).then_some(degrees)
    }

    /// What an exponential generator is the exponential of.
    fn exponent_of(&self, index: usize) -> Result<Ratio> {
        match self.exponents.get(index).cloned().flatten() {
            Some(exponent) => Ok(exponent),
            None => self.field.exponent(index),
        }
    }

    /// The other ways to write a generator that occurs.
    fn alternatives(&self, index: usize, form: &Factors) -> Result<Vec<Word>> {
        if form.iter().all(|(factor, _)| factor.degree(index) == 0) {
            return Ok(vec![]);
        }
        match self.field.generators.get(index) {
            Some(Generator::Exp { .. }) if self.exponent(index)?.has_x() => {}
            Some(Generator::Function { op: Op::NormalCdf, argument }) if self.plain(argument)?.has_x() => {
                return Ok(vec![Word::UpperCdf]);
            }
            _ => return Ok(vec![]),
        }
        let mut words = vec![Word::ExpNegative];
        if self.bell(index)?.is_some() {
            words.push(Word::NormalPdf);
        }
        // An even power of x alone never changes sign: a sigmoid of it would say nothing.
        let even = match self.field.generators.get(index) {
            Some(Generator::Exp { monomial, .. }) => monomial[0] % 2 == 0 && monomial[1..].iter().all(|e| *e == 0),
            _ => true,
        };
        if !even {
            words.extend([Word::Sigmoid, Word::SigmoidNegative, Word::TanhHalf]);
        }
        Ok(words)
    }

    /// z, where the generator is exp(z^2/2) and Phi(z) occurs.
    fn bell(&self, index: usize) -> Result<Option<Expr>> {
        let exponent = self.exponent_of(index)?;
        for g in &self.field.generators {
            if let Generator::Function { op: Op::NormalCdf, argument } = g {
                let half = self.field.quotient(&(argument * argument), &self.field.int(2))?;
                if self.field.is_zero(&(&half - &exponent))? && self.root_two_pi().is_some() {
                    return self.plain(argument).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// sqrt(2) sqrt(pi), where both are generators.
    fn root_two_pi(&self) -> Option<Ratio> {
        let root = |radicand: Ratio| {
            let g = Generator::Root { radicand };
            self.field.generators.iter().position(|known| *known == g).map(|i| self.field.generator(i, 1))
        };
        Some(&root(self.field.int(2))? * &root(self.field.generator(1, 1))?)
    }

    /// A form with a generator written another way; the new word takes the generator's place.
    fn substituted(&self, form: &Factors, index: usize, word: Word) -> Result<Factors> {
        let (one, w) = (self.field.int(1).numerator, self.field.generator(index, 1).numerator);
        let (plus, minus) = (&one + &w, &one - &w);
        let (above, below) = match word {
            Word::Exp => (&w, &one),
            Word::ExpNegative => (&one, &w),
            Word::Sigmoid => (&w, &minus),
            Word::SigmoidNegative => (&minus, &w),
            Word::UpperCdf => (&minus, &one),
            Word::TanhHalf => (&plus, &minus),
            Word::NormalPdf => match self.root_two_pi() {
                Some(root) => return self.in_normal_density(replaced(form, index, &one, &(&root.numerator * &w))),
                None => (&w, &one),
            },
        };
        Ok(replaced(form, index, above, below))
    }

    /// The roots that phi brings with it reduced, which makes new factors.
    fn in_normal_density(&self, form: Factors) -> Result<Factors> {
        let whole = form.iter().try_fold(self.field.int(1), |product, (factor, power)| {
            Ok::<_, crate::error::Error>(
                &product * &self.field.integer_power(&self.field.whole(factor.clone()), *power)?,
            )
        })?;
        Ok(self.factors(&self.field.reduced(&whole)?))
    }

    /// A form in plain words, for the arguments of functions.
    fn plain(&self, r: &Ratio) -> Result<Expr> {
        if let Some(known) = self.plain.borrow().get(r) {
            return Ok(known.clone());
        }
        if let Some(n) = rational(r)? {
            return Ok(Expr::num(n));
        }
        let words = Words::sharing(self.field, self.plain.clone(), self.factored.clone());
        let text = words.render(&self.factors(r))?;
        self.plain.borrow_mut().insert(r.clone(), text.clone());
        Ok(text)
    }

    fn exponent(&self, index: usize) -> Result<Expr> {
        self.plain(&self.exponent_of(index)?)
    }

    /// A generator's word to an integer power (negative for plain exponentials only).
    fn word(&self, index: usize, power: i64) -> Result<Expr> {
        let key = (index, power, self.chosen.get(index).copied());
        if let Some(known) = self.words.borrow().get(&key) {
            return Ok(known.clone());
        }
        let text = self.spelled(index, power)?;
        self.words.borrow_mut().insert(key, text.clone());
        Ok(text)
    }

    fn spelled(&self, index: usize, power: i64) -> Result<Expr> {
        let scaled =
            |factor: i64| -> Result<Expr> { self.plain(&(&self.exponent_of(index)? * &self.field.int(factor))) };
        let base = match self.field.generators.get(index) {
            None => Expr::int(1),
            Some(Generator::X) => Expr::x(),
            Some(Generator::Pi) => Expr::pi(),
            Some(Generator::Parameter(name)) => Expr::param(name),
            Some(Generator::Root { radicand }) => self.plain(radicand)?.apply(Op::Sqrt),
            Some(Generator::Log { argument }) => self.logarithm(argument)?,
            Some(Generator::Function { argument, .. }) if self.chosen.get(index) == Some(&Word::UpperCdf) => {
                self.plain(&-argument.clone())?.apply(Op::NormalCdf)
            }
            Some(Generator::Function { op, argument }) => self.plain(argument)?.apply(*op),
            Some(Generator::Exp { .. }) => match self.chosen.get(index) {
                Some(Word::ExpNegative) => return Ok(scaled(-power)?.apply(Op::Exp)),
                Some(Word::Sigmoid) => scaled(1)?.apply(Op::Sigmoid),
                Some(Word::SigmoidNegative) => scaled(-1)?.apply(Op::Sigmoid),
                Some(Word::TanhHalf) => {
                    let half = self.field.quotient(&self.exponent_of(index)?, &self.field.int(2))?;
                    self.plain(&half)?.apply(Op::Tanh)
                }
                Some(Word::NormalPdf) => self.bell(index)?.unwrap_or(Expr::x()).apply(Op::NormalPdf),
                Some(Word::Exp | Word::UpperCdf) | None => return Ok(scaled(power)?.apply(Op::Exp)),
            },
        };
        Ok(base.powi(power))
    }

    /// log(a), as softplus where a is 1 + e^b.
    fn logarithm(&self, argument: &Ratio) -> Result<Expr> {
        let one = self.field.int(1);
        let rest = argument - &one;
        if rest.denominator.is_one() && rest.numerator.nterms() == 1 && rest.numerator.lcoeff() == 1 {
            let e = self.plain(&rest)?;
            if let Node::Call(Op::Exp, a) = e.node() {
                return Ok(a[0].clone().apply(Op::Softplus));
            }
        }
        Ok(self.plain(argument)?.apply(Op::Log))
    }

    /// A quotient of products of factors.
    fn render(&self, form: &Factors) -> Result<Expr> {
        let mut product = Product::default();
        for (factor, power) in form {
            match (factor.is_constant(), factor.nterms()) {
                (true, _) => product.scale(big(&factor.lcoeff())?, *power),
                (false, 1) => self.monomial(&factor.lcoeff(), factor.exponents(0), *power, &mut product)?,
                _ => product.sums.push((factor.clone(), *power)),
            }
        }
        self.join(&mut product)?;
        self.settle_signs(&mut product)?;
        product.finish(self)
    }

    /// A single term as factors of a product.
    fn monomial(&self, coefficient: &Integer, degrees: &[u16], power: i64, product: &mut Product) -> Result<()> {
        product.scale(big(coefficient)?, power);
        for (index, degree) in degrees.iter().enumerate().filter(|(_, d)| **d > 0) {
            let power = power * i64::from(*degree);
            let plain = matches!(self.chosen.get(index), Some(Word::Exp | Word::ExpNegative));
            match self.field.generators.get(index) {
                Some(Generator::Root { radicand }) if power.abs() == 1 && self.is_constant(radicand) => {
                    product.roots.push((self.plain(radicand)?, power > 0));
                }
                Some(Generator::Exp { .. }) if plain => product.above.push(self.word(index, power)?),
                _ if power > 0 => product.above.push(self.word(index, power)?),
                _ => product.below.push(self.word(index, -power)?),
            }
        }
        Ok(())
    }

    /// Whether a form contains neither the variable nor anything built on it.
    fn is_constant(&self, r: &Ratio) -> bool {
        self.plain(r).is_ok_and(|e| !e.has_x())
    }

    /// Two sums to the same power as one, where their product is shorter: (1 - w)(1 + w) is 1 - w^2.
    fn join(&self, product: &mut Product) -> Result<()> {
        let mut i = 0;
        while i < product.sums.len() {
            let (left, power) = product.sums[i].clone();
            let mut partner = None;
            for (j, (right, other)) in product.sums.iter().enumerate().skip(i + 1) {
                let joined = &left * right;
                if *other == power
                    && cost(&self.sum(&joined, 1)?) <= cost(&self.sum(&left, 1)?) + cost(&self.sum(right, 1)?)
                {
                    partner = Some((j, joined));
                    break;
                }
            }
            match partner {
                Some((j, joined)) => {
                    product.sums.remove(j);
                    product.sums[i].0 = joined;
                }
                None => i += 1,
            }
        }
        Ok(())
    }

    /// Factors that are negative everywhere change sign (w - 1 for a sigmoid, all terms negative), and a minus that
    /// is left goes into a sum that starts with one.
    fn settle_signs(&self, product: &mut Product) -> Result<()> {
        let mut flips = 0;
        for (factor, power) in &mut product.sums {
            let negative = |t: &Integer| *t < 0;
            let complement = factor.nterms() == 2
                && factor.into_iter().any(|t| negative(t.coefficient) && t.exponents.iter().all(|e| *e == 0))
                && factor.into_iter().any(|t| {
                    let bounded = |w: &Word| matches!(w, Word::Sigmoid | Word::SigmoidNegative | Word::TanhHalf);
                    t.exponents.iter().enumerate().any(|(i, e)| *e > 0 && self.chosen.get(i).is_some_and(bounded))
                        && t.exponents
                            .iter()
                            .enumerate()
                            .all(|(i, e)| *e == 0 || self.chosen.get(i).is_some_and(bounded))
                });
            if complement || factor.into_iter().all(|t| negative(t.coefficient)) {
                *factor = -factor.clone();
                flips += *power;
            }
        }
        if flips % 2 != 0 {
            product.coefficient = -product.coefficient.clone();
        }
        if product.coefficient.is_negative() {
            let mixed = |p: &Poly| {
                let signs: Vec<bool> = p.into_iter().map(|t| *t.coefficient < 0).collect();
                signs.iter().any(|s| *s) && signs.iter().any(|s| !s)
            };
            if let Some((factor, _)) = product.sums.iter_mut().find(|(f, power)| power % 2 != 0 && mixed(f)) {
                *factor = -factor.clone();
                product.coefficient = -product.coefficient.clone();
            }
        }
        Ok(())
    }

    /// A sum, expanded or collected in one generator, whichever is shorter.
    pub fn sum(&self, p: &Poly, depth: usize) -> Result<Expr> {
        let depth = if p.nterms() < 3 { 0 } else { depth };
        let key = (p.clone(), depth);
        if let Some(known) = self.sums.borrow().get(&key) {
            return Ok(known.clone());
        }
        let text = self.collected(p, depth)?;
        self.sums.borrow_mut().insert(key, text.clone());
        Ok(text)
    }

    fn collected(&self, p: &Poly, depth: usize) -> Result<Expr> {
        let mut best = self.expanded(p)?;
        if depth == 0 {
            return Ok(best);
        }
        let mut length = cost(&best);
        for index in (0..self.field.generators.len()).filter(|i| p.degree(*i) > 0) {
            let parts = by_power(p, index);
            if parts.iter().all(|part| part.nterms() < 2) {
                continue;
            }
            let mut terms = Vec::new();
            for (power, part) in parts.iter().enumerate().rev().filter(|(_, part)| !part.is_zero()) {
                let word = if power == 0 { Expr::int(1) } else { self.word(index, power as i64)? };
                terms.push(match part.nterms() {
                    1 => self.term(part, 0, &word)?,
                    _ => self.sum(part, depth - 1)? * word,
                });
            }
            let collected = add_up(terms);
            let shorter = cost(&collected);
            if shorter < length {
                (best, length) = (collected, shorter);
            }
        }
        Ok(best)
    }

    /// A sum term by term, by falling degree in x, a positive term first where there is one.
    fn expanded(&self, p: &Poly) -> Result<Expr> {
        let mut order: Vec<usize> = (0..p.nterms()).collect();
        order.sort_by(|i, j| p.exponents(*j).cmp(p.exponents(*i)));
        let terms = order.into_iter().map(|i| self.term(p, i, &Expr::int(1))).collect::<Result<Vec<_>>>()?;
        Ok(add_up(terms))
    }

    /// One term of a polynomial times a word.
    fn term(&self, p: &Poly, index: usize, word: &Expr) -> Result<Expr> {
        let mut product = Product::default();
        self.monomial(&p.coefficients[index], p.exponents(index), 1, &mut product)?;
        if !word.is_one() {
            product.above.push(word.clone());
        }
        product.finish(self)
    }
}
