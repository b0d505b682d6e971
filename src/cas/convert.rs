//! Expressions to symbolica's atoms and back. Atoms are built from our own tree, never from text, and hold exact
//! rationals only. Runs on the worker thread.

use super::rules;
use crate::error::{Error, Result};
use crate::expr::{Expr, Node, Op};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};
use std::collections::HashMap;
use std::sync::OnceLock;
use symbolica::prelude::*;

/// Our functions as symbolica knows them.
struct Functions {
    symbol: HashMap<Op, Symbol>,
    op: HashMap<Symbol, Op>,
}

/// Registers every function that has a derivative rule, and those of constants. Properties of a symbol must be given at
/// its first definition, so this is the first thing the worker does.
fn functions() -> &'static Functions {
    static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
    FUNCTIONS.get_or_init(|| {
        let known = Op::ALL.iter().copied().filter(|op| rules::derivative(*op).is_some() || *op == Op::Gamma);
        let symbol: HashMap<Op, Symbol> = known.map(|op| (op, register(op))).collect();
        let op = symbol.iter().map(|(op, symbol)| (*symbol, *op)).collect();
        Functions { symbol, op }
    })
}

/// Tells symbolica a function and its derivative.
fn register(op: Op) -> Symbol {
    let name = format!("eafo::{}_", op.name());
    match rules::derivative(op) {
        Some(rule) => symbol!(
            &name,
            der = move |call, index, out| {
                let inner = call.as_fun_view().map(|f| f.get(index).to_owned());
                // The rule is in our own table and converts; an atom of symbolica always has the argument asked for.
                if let Some(Ok(atom)) = inner.map(|a| to_atom_at(&rule, &a)) {
                    **out = atom;
                }
            }
        ),
        None => symbol!(&name),
    }
}

/// The symbol of the variable.
pub(crate) fn variable() -> Symbol {
    static X: OnceLock<Symbol> = OnceLock::new();
    *X.get_or_init(|| symbol!("eafo::x"))
}

/// The symbol of a parameter.
pub(crate) fn parameter(name: &str) -> Symbol {
    symbol!(&format!("eafo::p_{name}"))
}

/// A smooth, lowered expression as an atom.
pub(crate) fn to_atom(e: &Expr) -> Result<Atom> {
    to_atom_at(e, &Atom::var(variable()))
}

/// A smooth, lowered expression as an atom, with the variable replaced.
fn to_atom_at(e: &Expr, x: &Atom) -> Result<Atom> {
    Ok(match e.node() {
        Node::Num(n) => number(n)?,
        Node::Pi => Atom::var(Symbol::PI),
        Node::E => call(Op::Exp, &[Atom::num(1)])?,
        Node::X => x.clone(),
        Node::Param(name) => Atom::var(parameter(name)),
        Node::Call(op, args) => call(*op, &args.iter().map(|a| to_atom_at(a, x)).collect::<Result<Vec<_>>>()?)?,
    })
}

/// One operator applied to atoms.
fn call(op: Op, args: &[Atom]) -> Result<Atom> {
    let reciprocal = |a: &Atom| match a.is_zero() {
        true => Err(Error::Algebra("division by zero".into())),
        false => Ok(a.pow(Atom::num(-1))),
    };
    Ok(match (op, args) {
        (Op::Add, [a, b]) => a + b,
        (Op::Sub, [a, b]) => a - b,
        (Op::Mul, [a, b]) => a * b,
        (Op::Div, [a, b]) => a * reciprocal(b)?,
        (Op::Pow, [a, b]) if a.is_zero() && !b.is_zero() => reciprocal(&Atom::num(1)).map(|_| Atom::num(0))?,
        (Op::Pow, [a, b]) if *b == Atom::num((1, 2)) => root(a)?,
        (Op::Pow, [a, b]) if fraction(a)?.is_some() && !integral(b) => {
            call(Op::Exp, &[b * &call(Op::Log, std::slice::from_ref(a))?])?
        }
        (Op::Pow, [a, b]) => a.pow(b),
        (Op::Neg, [a]) => -a,
        (Op::Log, [a]) if a.is_zero() => return Err(Error::Algebra("log(0)".into())),
        (Op::Sqrt, [a]) => root(a)?,
        (_, [a]) => match functions().symbol.get(&op) {
            Some(symbol) => FunctionBuilder::new(*symbol).add_arg(a).finish(),
            None => return Err(Error::Algebra(format!("`{}` is not smooth", op.name()))),
        },
        _ => return Err(Error::Algebra(format!("`{}` is not smooth", op.name()))),
    })
}

/// sqrt(a); symbolica 2.2.0 takes sqrt(5/4) for 5/2, so that fractions go in as sqrt(p q)/q.
fn root(a: &Atom) -> Result<Atom> {
    let half = Atom::num((1, 2));
    Ok(match fraction(a)? {
        Some(n) => {
            let whole = BigRational::from_integer(n.numer() * n.denom());
            number(&whole)?.pow(half) * number(&BigRational::new(BigInt::one(), n.denom().clone()))?
        }
        None => a.pow(half),
    })
}

/// The value of an atom that is a number but no integer.
fn fraction(a: &Atom) -> Result<Option<BigRational>> {
    match a.as_view() {
        AtomView::Num(n) => Ok(Some(rational(n.get_coeff_view())?).filter(|n| !n.is_integer())),
        _ => Ok(None),
    }
}

/// Whether an atom is an integer.
fn integral(a: &Atom) -> bool {
    matches!(a.as_view(), AtomView::Num(_)) && fraction(a).is_ok_and(|n| n.is_none())
}

/// An exact rational as an atom.
fn number(n: &BigRational) -> Result<Atom> {
    match (n.numer().to_i64(), n.denom().to_i64()) {
        (Some(p), Some(q)) => Ok(Atom::num((p, q))),
        _ => Ok(Atom::num(Rational::from((integer(n.numer())?, integer(n.denom())?)))),
    }
}

/// An integer of ours as one of symbolica's.
pub(crate) fn integer(n: &BigInt) -> Result<Integer> {
    match n.to_i64() {
        Some(small) => Ok(Integer::from(small)),
        None => n.to_string().parse().map_err(|_| Error::Algebra(format!("cannot read the integer {n}"))),
    }
}

/// An integer of symbolica's as one of ours.
pub(crate) fn big(n: &Integer) -> Result<BigInt> {
    match n {
        Integer::Single(small) => Ok(BigInt::from(*small)),
        Integer::Double(wide) => Ok(BigInt::from(*wide)),
        Integer::Large(_) => n.to_string().parse().map_err(|_| Error::Algebra(format!("cannot read the integer {n}"))),
    }
}

/// An atom as an expression.
pub(crate) fn from_atom(view: AtomView) -> Result<Expr> {
    Ok(match view {
        AtomView::Num(n) => Expr::num(rational(n.get_coeff_view())?),
        AtomView::Var(v) => leaf(v.get_symbol())?,
        AtomView::Pow(p) => {
            let (base, exponent) = p.get_base_exp();
            power(base, from_atom(exponent)?)?
        }
        AtomView::Mul(m) => product(m.iter())?,
        AtomView::Add(a) => {
            let (numbers, mut terms): (Vec<_>, Vec<_>) =
                a.iter().map(from_atom).collect::<Result<Vec<_>>>()?.into_iter().partition(|t| t.as_num().is_some());
            terms.extend(numbers);
            add_up(terms)
        }
        AtomView::Fun(f) => {
            let op = functions().op.get(&f.get_symbol()).copied();
            let args = f.iter().map(from_atom).collect::<Result<Vec<_>>>()?;
            match (op, f.get_symbol() == Symbol::LOG) {
                (Some(op), _) => Expr::call(op, args),
                (None, true) => Expr::call(Op::Log, args),
                _ => return Err(Error::Algebra(format!("unexpected function {}", f.get_symbol().get_name()))),
            }
        }
    })
}

/// A symbol as an expression.
fn leaf(symbol: Symbol) -> Result<Expr> {
    let name = symbol.get_stripped_name();
    match name.strip_prefix("p_") {
        _ if symbol == Symbol::PI => Ok(Expr::pi()),
        _ if symbol == Symbol::E => Ok(Expr::e()),
        _ if symbol == variable() => Ok(Expr::x()),
        Some(parameter) => Ok(Expr::param(parameter)),
        None => Err(Error::Algebra(format!("unexpected symbol {name}"))),
    }
}

/// base^exponent in the grammar's words.
fn power(base: AtomView, exponent: Expr) -> Result<Expr> {
    if matches!(base, AtomView::Var(v) if v.get_symbol() == Symbol::E) {
        return Ok(exponent.apply(Op::Exp));
    }
    let base = from_atom(base)?;
    let half = BigRational::new(BigInt::one(), BigInt::from(2));
    Ok(match exponent.as_num() {
        Some(n) if *n == half => base.apply(Op::Sqrt),
        Some(n) if n.is_negative() => Expr::int(1) / from_power(base, -n),
        Some(n) => from_power(base, n.clone()),
        None => Expr::call(Op::Pow, [base, exponent]),
    })
}

/// base^n for a positive rational n.
fn from_power(base: Expr, n: BigRational) -> Expr {
    match n.is_one() {
        true => base,
        false if n == BigRational::new(BigInt::one(), BigInt::from(2)) => base.apply(Op::Sqrt),
        false => Expr::call(Op::Pow, [base, Expr::num(n)]),
    }
}

/// A product with its negative powers gathered in one denominator.
fn product<'a>(factors: impl Iterator<Item = AtomView<'a>>) -> Result<Expr> {
    let (mut numerator, mut denominator) = (Expr::int(1), Expr::int(1));
    for factor in factors {
        let e = from_atom(factor)?;
        match e.node() {
            Node::Call(Op::Div, quotient) if quotient[0].is_one() => denominator = denominator * quotient[1].clone(),
            _ => numerator = numerator * e,
        }
    }
    Ok(numerator / denominator)
}

/// Terms added up, a positive one first where there is one.
pub(super) fn add_up(mut terms: Vec<Expr>) -> Expr {
    let negative = |e: &Expr| match e.node() {
        Node::Call(Op::Neg, _) => true,
        _ => e.as_num().is_some_and(Signed::is_negative),
    };
    if terms.first().is_some_and(negative)
        && let Some(i) = terms.iter().position(|t| !negative(t))
    {
        let first = terms.remove(i);
        terms.insert(0, first);
    }
    terms.into_iter().reduce(|sum, t| sum + t).unwrap_or_else(|| Expr::int(0))
}

/// The exact rational value of a coefficient.
fn rational(view: CoefficientView) -> Result<BigRational> {
    match view {
        CoefficientView::Natural(p, q, 0, _) => Ok(BigRational::new(p.into(), q.into())),
        CoefficientView::Large(re, im) if im.is_zero() => {
            let re = re.to_rat();
            Ok(BigRational::new(big(&re.numerator())?, big(&re.denominator())?))
        }
        _ => Err(Error::Algebra("a coefficient is not a real rational".into())),
    }
}
