//! The integrands of the variations for a free density p and a free inverse y: polynomials in p, p', ..., y', eta, eta' and
//! their reciprocals, and the logarithm of p y'.
//!
//! With log p(y + t eta)/p(y) = SUM l_k t^k found from the Taylor coefficients p^(k) eta^k/k! of p, the series of
//! -A log A for A = p(y + t eta)(y' + t eta') is -p y' times that of [`super::series::entropy_density`]. In it log(p y')
//! stands next to 1 always: with M = log(p y') + 1, delta^n A M is one part, and the rest is free of the logarithm.

use super::series::{Ring, entropy_density, log};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

/// The integrand of delta^n H for free p and y.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variation {
    /// n
    pub order: usize,
    /// In plain text: `p''` is the second derivative of p at y, `eta'` the first of eta.
    pub text: String,
    /// In LaTeX.
    pub latex: String,
}

/// The integrands of delta H, delta^2 H, ... to an order.
pub fn variations(order: usize) -> Vec<Variation> {
    series(order).into_iter().enumerate().skip(1).map(|(n, integrand)| variation(n, &integrand)).collect()
}

/// A letter: p and its derivatives by order, y', eta, eta', log(p y') + 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    Density(usize),
    Eta,
    EtaSlope,
    InverseSlope,
    Logarithm,
}

/// Letters with their exponents, none of them 0.
type Monomial = BTreeMap<Letter, i32>;

/// A polynomial in letters and their reciprocals.
#[derive(Debug, Clone, PartialEq, Default)]
struct Polynomial(BTreeMap<Monomial, BigRational>);

impl Polynomial {
    fn letter(letter: Letter, exponent: i32) -> Polynomial {
        Polynomial(BTreeMap::from([(Monomial::from([(letter, exponent)]), BigRational::one())]))
    }

    fn add(&mut self, monomial: Monomial, coefficient: BigRational) {
        let sum = self.0.remove(&monomial).unwrap_or_else(BigRational::zero) + coefficient;
        if !sum.is_zero() {
            self.0.insert(monomial, sum);
        }
    }
}

impl Ring for Polynomial {
    fn ratio(p: i64, q: i64) -> Polynomial {
        let mut constant = Polynomial::default();
        constant.add(Monomial::new(), BigRational::new(p.into(), q.into()));
        constant
    }

    fn plus(&self, other: &Polynomial) -> Polynomial {
        let mut sum = self.clone();
        other.0.iter().for_each(|(monomial, c)| sum.add(monomial.clone(), c.clone()));
        sum
    }

    fn times(&self, other: &Polynomial) -> Polynomial {
        let mut product = Polynomial::default();
        for (a, c) in &self.0 {
            for (b, d) in &other.0 {
                let mut monomial = a.clone();
                for (letter, exponent) in b {
                    let total = monomial.remove(letter).unwrap_or(0) + exponent;
                    if total != 0 {
                        monomial.insert(*letter, total);
                    }
                }
                product.add(monomial, c * d);
            }
        }
        product
    }

    fn scaled(&self, p: i64, q: i64) -> Polynomial {
        self.times(&Polynomial::ratio(p, q))
    }
}

/// The integrands of delta^0 H, ..., delta^order H.
fn series(order: usize) -> Vec<Polynomial> {
    let letter = Polynomial::letter;
    let mut density = Vec::new();
    let mut factorial = 1;
    for k in 1..=order {
        factorial *= k as i64;
        let power = letter(Letter::Density(k), 1).times(&letter(Letter::Eta, k as i32));
        density.push(power.times(&letter(Letter::Density(0), -1)).scaled(1, factorial));
    }
    let slope = letter(Letter::EtaSlope, 1).times(&letter(Letter::InverseSlope, -1));
    let level = letter(Letter::Logarithm, 1).plus(&Polynomial::ratio(-1, 1));
    let before = letter(Letter::Density(0), 1).times(&letter(Letter::InverseSlope, 1));
    let mut factorial = 1;
    let mut found = Vec::new();
    for (n, c) in entropy_density(&level, &log(&density), &slope).into_iter().enumerate() {
        factorial *= n.max(1) as i64;
        found.push(c.times(&before).scaled(-factorial, 1));
    }
    found
}

/// Both spellings of an integrand: -(delta^n A)(log(p y') + 1) and the rest.
fn variation(order: usize, integrand: &Polynomial) -> Variation {
    let mut with_logarithm = Polynomial::default();
    let mut rest = Polynomial::default();
    for (monomial, c) in &integrand.0 {
        let mut monomial = monomial.clone();
        match monomial.remove(&Letter::Logarithm) {
            Some(_) => with_logarithm.add(monomial, -c),
            None => rest.add(monomial, c.clone()),
        }
    }
    let spelled = |style: Style| {
        let mut text = match style {
            Style::Text => format!("-({})*(log(p*y') + 1)", sum(&with_logarithm, style)),
            Style::Latex => format!("-\\left({}\\right)\\left(\\log(p\\,y') + 1\\right)", sum(&with_logarithm, style)),
        };
        if !rest.0.is_empty() {
            let rest = sum(&rest, style);
            text.push_str(&match rest.strip_prefix('-') {
                Some(rest) => format!(" - {rest}"),
                None => format!(" + {rest}"),
            });
        }
        text
    };
    Variation { order, text: spelled(Style::Text), latex: spelled(Style::Latex) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Text,
    Latex,
}

/// The terms with signs between them, by rising power of eta'.
fn sum(polynomial: &Polynomial, style: Style) -> String {
    let mut terms: Vec<(&Monomial, &BigRational)> = polynomial.0.iter().collect();
    let slope = |m: &Monomial| m.get(&Letter::EtaSlope).copied().unwrap_or(0);
    terms.sort_by_key(|(m, _)| (slope(m), m.get(&Letter::Density(0)).map_or(0, |e| -e)));
    let mut text = String::new();
    for (i, (monomial, c)) in terms.into_iter().enumerate() {
        text.push_str(match (i, c.is_negative()) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => " + ",
            (_, true) => " - ",
        });
        text.push_str(&term(monomial, &c.abs(), style));
    }
    text
}

/// c times letters over letters.
fn term(monomial: &Monomial, c: &BigRational, style: Style) -> String {
    let side = |number: &BigInt, sign: i32| {
        let letters = monomial.iter().filter(|(_, e)| e.signum() == sign).map(|(l, e)| power(*l, e.abs(), style));
        let mut factors: Vec<String> = letters.collect();
        if !number.is_one() {
            factors.insert(0, number.to_string());
        }
        factors
    };
    let (above, below) = (side(c.numer(), 1), side(c.denom(), -1));
    let product = |factors: &[String], dot: &str| if factors.is_empty() { "1".to_owned() } else { factors.join(dot) };
    match style {
        Style::Text => {
            let above = product(&above, "*");
            match below.as_slice() {
                [] => above,
                [single] => format!("{above}/{single}"),
                several => format!("{above}/({})", several.join("*")),
            }
        }
        Style::Latex => {
            let above = product(&above, "\\,");
            if below.is_empty() { above } else { format!("\\frac{{{above}}}{{{}}}", below.join("\\,")) }
        }
    }
}

/// A letter with its exponent: p''^2, {p''}^{2}.
fn power(letter: Letter, exponent: i32, style: Style) -> String {
    let name = match (letter, style) {
        (Letter::Density(k), _) if k <= 3 => format!("p{}", "'".repeat(k)),
        (Letter::Density(k), Style::Text) => format!("p^({k})"),
        (Letter::Density(k), Style::Latex) => format!("p^{{({k})}}"),
        (Letter::Eta, Style::Text) => "eta".into(),
        (Letter::Eta, Style::Latex) => "\\eta".into(),
        (Letter::EtaSlope, Style::Text) => "eta'".into(),
        (Letter::EtaSlope, Style::Latex) => "\\eta'".into(),
        (Letter::InverseSlope, _) => "y'".into(),
        (Letter::Logarithm, Style::Text) => "(log(p*y') + 1)".into(),
        (Letter::Logarithm, Style::Latex) => "\\left(\\log(p\\,y') + 1\\right)".into(),
    };
    match (exponent, style) {
        (1, _) => name,
        (n, Style::Text) if name.ends_with(')') => format!("({name})^{n}"),
        (n, Style::Text) => format!("{name}^{n}"),
        (n, Style::Latex) if name.contains(['\'', '^']) => format!("{{{name}}}^{{{n}}}"),
        (n, Style::Latex) => format!("{name}^{{{n}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::{self, Variable};
    use crate::expr::{Expr, Op};

    #[test]
    fn the_first_two_variations() {
        let found = variations(2);
        assert_eq!(found[0].text, "-(p'*eta*y' + p*eta')*(log(p*y') + 1)");
        assert_eq!(
            found[1].text,
            "-(p''*eta^2*y' + 2*p'*eta*eta')*(log(p*y') + 1) - p'^2*eta^2*y'/p - 2*p'*eta*eta' - p*eta'^2/y'"
        );
        assert_eq!(found[0].latex, "-\\left(p'\\,\\eta\\,y' + p\\,\\eta'\\right)\\left(\\log(p\\,y') + 1\\right)");
    }

    /// A polynomial as an expression in parameters.
    fn expression(polynomial: &Polynomial) -> Expr {
        let name = |letter: &Letter| match letter {
            Letter::Density(k) => Expr::param(&format!("p{k}")),
            Letter::Eta => Expr::param("h"),
            Letter::EtaSlope => Expr::param("h1"),
            Letter::InverseSlope => Expr::param("y1"),
            Letter::Logarithm => (Expr::param("p0") * Expr::param("y1")).apply(Op::Log) + Expr::int(1),
        };
        let term = |(m, c): (&Monomial, &BigRational)| {
            m.iter().fold(Expr::num(c.clone()), |e, (l, n)| match n {
                n if *n < 0 => e / name(l).powi(i64::from(-n)),
                n => e * name(l).powi(i64::from(*n)),
            })
        };
        polynomial.0.iter().map(term).fold(Expr::int(0), |sum, t| sum + t)
    }

    #[test]
    fn the_variations_are_derivatives_by_algebra() {
        const ORDER: usize = 5;
        let wrong = cas::run(|| {
            let s = Expr::param;
            let taylor = (0..=ORDER).fold((Expr::int(0), 1), |(sum, factorial), k| {
                let factorial = factorial * (k as i64).max(1);
                let term = s(&format!("p{k}")) * (s("t") * s("h")).powi(k as i64) / Expr::int(factorial);
                (sum + term, factorial)
            });
            let a = taylor.0 * (s("y1") + s("t") * s("h1"));
            let mut derivative = -(a.clone() * a.apply(Op::Log));
            let mut wrong = Vec::new();
            for (n, integrand) in series(ORDER).iter().enumerate() {
                // A small t instead of 0: the algebra does not take 0^0 for 1.
                let at_zero = derivative.rewrite(&mut |e| match (e.node(), e.args()) {
                    (crate::expr::Node::Param(name), _) if &**name == "t" => Some(Expr::int(0)),
                    (crate::expr::Node::Call(Op::Mul, _), [a, b]) if a.is_zero() || b.is_zero() => Some(Expr::int(0)),
                    (crate::expr::Node::Call(Op::Pow, _), [a, _]) if a.is_zero() => Some(Expr::int(0)),
                    (crate::expr::Node::Call(Op::Add, _), [a, b]) => Some(a.clone() + b.clone()),
                    _ => None,
                });
                if cas::is_zero(&(at_zero - expression(integrand))) != Ok(true) {
                    wrong.push(n);
                }
                derivative = cas::differentiate(&derivative, Variable::Parameter("t")).expect("a derivative");
            }
            wrong
        });
        assert_eq!(wrong, Ok(vec![]));
    }
}
