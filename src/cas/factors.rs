//! Polynomials in the generators by their factors.

use super::convert::big;
use super::field::{Poly, Ratio};
use num_traits::Signed;
use symbolica::prelude::*;

/// Positive integers are split into primes up to this bound under a root or a logarithm.
const LARGEST_PRIME: u32 = 1000;

/// The coefficients of the powers 0, 1, 2, ... of one generator.
pub(super) fn by_power(p: &Poly, index: usize) -> Vec<Poly> {
    let mut parts = vec![p.zero(); usize::from(p.degree(index)) + 1];
    for term in p {
        let mut exponents = term.exponents.to_vec();
        let power = usize::from(std::mem::take(&mut exponents[index]));
        parts[power].append_monomial(term.coefficient.clone(), &exponents);
    }
    parts
}

/// Polynomials with their powers.
pub(super) type Factors = Vec<(Poly, i64)>;

/// The irreducible factors of numerator and denominator with their powers, integers split into small primes.
pub(super) fn factors(r: &Ratio) -> Factors {
    let mut all = Vec::new();
    for (poly, sign) in [(&r.numerator, 1), (&r.denominator, -1)] {
        irreducible(poly, sign, &mut all);
    }
    in_order(&mut all);
    all
}

/// Adds the irreducible factors of a polynomial to a power. One that is linear in a generator, a g + b, or quadratic without
/// roots, needs no factoring: beside what its coefficients have in common it is irreducible.
fn irreducible(p: &Poly, power: i64, all: &mut Factors) {
    match p.nterms() {
        0 => return all.push((p.clone(), power)),
        1 => return add_factor(all, p.clone(), power),
        _ => {}
    }
    let of_degree = |degree: u16| (0..p.nvars()).find(|i| p.degree(*i) == degree);
    let parts = of_degree(1).or_else(|| of_degree(2)).map(|index| by_power(p, index));
    let Some(parts) = parts.filter(|parts| parts.len() == 2 || has_no_roots(parts)) else {
        for (factor, k) in p.factor() {
            add_factor(all, factor, k as i64 * power);
        }
        return;
    };
    let common = parts[1..].iter().fold(parts[0].clone(), |common, part| common.gcd(part));
    match p.try_div(&common) {
        Some(rest) if !common.is_constant() => {
            irreducible(&common, power, all);
            add_factor(all, rest, power);
        }
        _ => add_factor(all, p.clone(), power),
    }
}

/// Whether a g^2 + b g + c is seen to have no roots g that are rational functions: with integers for the other generators
/// b^2 - 4 a c is no square.
fn has_no_roots(parts: &[Poly]) -> bool {
    let [c, b, a] = parts else { return false };
    let places: Vec<Integer> = (0..a.nvars() as i64).map(|i| Integer::from(7 * i + 3)).collect();
    let [Ok(a), Ok(b), Ok(c)] = [a, b, c].map(|part| big(&part.replace_all(&places))) else { return false };
    let discriminant: num_bigint::BigInt = &b * &b - a * c * 4;
    discriminant.is_negative() || discriminant.sqrt().pow(2) != discriminant
}

/// Factors in an order that does not depend on how they were found: above the bar first.
pub(super) fn in_order(factors: &mut Factors) {
    let coefficients = |p: &Poly| p.coefficients.iter().map(|c| c.to_string()).collect::<Vec<_>>();
    factors.sort_by(|(p, m), (q, n)| {
        let order = (*m < 0, p.nterms(), &p.exponents).cmp(&(*n < 0, q.nterms(), &q.exponents));
        order.then_with(|| coefficients(p).cmp(&coefficients(q)))
    });
}

/// A constant polynomial as a product of primes (what is left beyond the bound stays together; the sign apart).
pub(super) fn primes(constant: &Poly) -> Vec<(Poly, i64)> {
    let mut rest = constant.lcoeff();
    let mut found = Vec::new();
    if rest < 0 {
        found.push((constant.constant(Integer::from(-1)), 1));
        rest = -rest;
    }
    for p in 2..LARGEST_PRIME {
        if rest.is_one() || rest < i64::from(p * p) {
            break; // a prime, or nothing, is left
        }
        let prime = Integer::from(p);
        let mut power = 0;
        while !rest.is_zero() && (&rest % &prime).is_zero() {
            rest = &rest / &prime;
            power += 1;
        }
        if power > 0 {
            found.push((constant.constant(prime), power));
        }
    }
    if !rest.is_one() {
        found.push((constant.constant(rest), 1));
    }
    found
}

/// The number of terms in the factors of a form.
pub(super) fn terms(form: &Factors) -> usize {
    form.iter().filter(|(factor, _)| !factor.is_constant()).map(|(factor, _)| factor.nterms()).sum()
}

/// A form with above/below put in a generator's place. Both are linear in what replaces the generator, or monomials, and so
/// a factor stays irreducible up to constants and monomials: nothing has to be factored again.
pub(super) fn replaced(form: &Factors, index: usize, above: &Poly, below: &Poly) -> Factors {
    let mut found = Factors::new();
    let mut beneath = 0;
    for (factor, power) in form {
        let parts = by_power(factor, index);
        let degree = parts.len() - 1;
        if degree == 0 {
            add_factor(&mut found, factor.clone(), *power);
            continue;
        }
        let sum = parts
            .into_iter()
            .enumerate()
            .fold(factor.zero(), |sum, (k, part)| &sum + &(&part * &(&above.pow(k) * &below.pow(degree - k))));
        beneath -= degree as i64 * power;
        add_factor(&mut found, sum, *power);
    }
    add_factor(&mut found, below.clone(), beneath);
    found.retain(|(_, power)| *power != 0);
    in_order(&mut found);
    found
}

/// Multiplies with factor^power, where the factor is irreducible up to a constant and a monomial.
fn add_factor(form: &mut Factors, factor: Poly, power: i64) {
    let mut put = |factor: Poly, power: i64| match form.iter_mut().find(|(known, _)| *known == factor) {
        Some(known) => known.1 += power,
        None => form.push((factor, power)),
    };
    let content = if factor.lcoeff() < 0 { -factor.content() } else { factor.content() };
    for (prime, k) in primes(&factor.constant(content.clone())) {
        put(prime, k * power);
    }
    let mut rest = factor.clone().div_coeff(&content);
    for index in 0..factor.nvars() {
        let least = rest.into_iter().map(|t| t.exponents[index]).min().unwrap_or(0);
        if least > 0 {
            let mut exponents = vec![0; factor.nvars()];
            exponents[index] = 1;
            put(factor.monomial(Integer::from(1), exponents.clone()), power * i64::from(least));
            let mut lowered = rest.zero();
            for term in &rest {
                let mut exponents = term.exponents.to_vec();
                exponents[index] -= least;
                lowered.append_monomial(term.coefficient.clone(), &exponents);
            }
            rest = lowered;
        }
    }
    if !rest.is_one() {
        put(rest, power);
    }
}
