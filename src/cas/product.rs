//! Products and quotients as a reader writes them: flat, coefficients in front, equal factors gathered.

use crate::expr::{Expr, Node, Op};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// a b as one flat product or quotient, so that it prints without brackets: x*(y/z) is x*y/z.
pub(crate) fn multiply(a: Expr, b: Expr) -> Expr {
    match b.node() {
        Node::Call(Op::Neg, inner) => -multiply(a, inner[0].clone()),
        Node::Call(Op::Mul, f) => multiply(multiply(a, f[0].clone()), f[1].clone()),
        Node::Call(Op::Div, f) => divide(multiply(a, f[0].clone()), f[1].clone()),
        _ => match a.node() {
            Node::Call(Op::Neg, inner) => -multiply(inner[0].clone(), b),
            Node::Call(Op::Div, f) => divide(multiply(f[0].clone(), b), f[1].clone()),
            _ => a * b,
        },
    }
}

/// a/b as one quotient: (a/c)/b is a/(c*b), with constant factors joined.
fn divide(a: Expr, b: Expr) -> Expr {
    match a.node() {
        Node::Call(Op::Neg, inner) => -divide(inner[0].clone(), b),
        Node::Call(Op::Div, f) => {
            let (c, d) = (split_coefficient(&f[1]), split_coefficient(&b));
            f[0].clone() / multiply(Expr::num(c.0 * d.0), multiply(c.1, d.1))
        }
        _ => a / b,
    }
}

/// A rational factor in front, and the rest.
pub(crate) fn split_coefficient(e: &Expr) -> (BigRational, Expr) {
    match e.node() {
        Node::Num(n) => (n.clone(), Expr::int(1)),
        Node::Call(Op::Neg, a) => {
            let (c, rest) = split_coefficient(&a[0]);
            (-c, rest)
        }
        Node::Call(Op::Mul, f) => {
            let ((c, a), (d, b)) = (split_coefficient(&f[0]), split_coefficient(&f[1]));
            (times(c, d), multiply(a, b))
        }
        Node::Call(Op::Div, f) => {
            let ((c, a), (d, b)) = (split_coefficient(&f[0]), split_coefficient(&f[1]));
            match d.is_zero() {
                true => (BigRational::one(), e.clone()),
                false => (if d.is_one() { c } else { c / d }, if b.is_one() { a } else { a / b }),
            }
        }
        _ => (BigRational::one(), e.clone()),
    }
}

/// The same with the scale of shifted variables taken out: 10000*x + 893 is 10000 times x + 0.0893.
pub(crate) fn split_scale(e: &Expr) -> (BigRational, Expr) {
    let (c, rest) = split_coefficient(e);
    let (d, shifted) = split_coefficient(&scaled(BigRational::one(), &rest));
    if d.is_one() { (c, rest) } else { (c * d, shifted) }
}

/// density * factor with what reads best in front: -x*phi(x), phi(x)*(tanh(x/2) - x). What stands above and below the
/// bar is cancelled: x^2*exp(-x) times (2 - x)/x is x*(2 - x)*exp(-x).
pub(crate) fn product(density: &Expr, factor: &Expr) -> Expr {
    let sum = |e: &Expr| matches!(e.node(), Node::Call(Op::Add | Op::Sub, _));
    let leads = match split_coefficient(factor).1.node() {
        Node::Call(Op::Div | Op::Mul, f) => !sum(&f[0]),
        _ => !sum(&split_coefficient(factor).1),
    };
    let mut factors = Factors { coefficient: BigRational::one(), bases: vec![] };
    for e in if leads { [factor, density] } else { [density, factor] } {
        factors.take(e, 1);
    }
    factors.written()
}

/// coefficient * e as one product.
pub(crate) fn scaled(coefficient: BigRational, e: &Expr) -> Expr {
    product(&Expr::num(coefficient), e)
}

/// Every product in an expression gathered.
pub(super) fn gathered(e: &Expr) -> Expr {
    match (e.node(), e.args()) {
        (Node::Call(Op::Mul | Op::Div | Op::Neg | Op::Pow, _), _) => {
            let mut factors = Factors { coefficient: BigRational::one(), bases: vec![] };
            factors.take(e, 1);
            factors.bases.iter_mut().for_each(|b| b.text = inner(&b.text));
            factors.written()
        }
        _ => inner(e),
    }
}

fn inner(e: &Expr) -> Expr {
    match (e.node(), e.args()) {
        (Node::Call(Op::Add, _), [a, b]) => gathered(a) + gathered(b),
        (Node::Call(Op::Sub, _), [a, b]) => gathered(a) - gathered(b),
        (Node::Call(op, args), _) => Expr::call(*op, args.iter().map(gathered).collect::<Vec<_>>()),
        _ => e.clone(),
    }
}

/// Powers beyond this make large numbers of small ones.
const LARGE_POWER: i64 = 8;

/// A product taken apart.
struct Factors {
    coefficient: BigRational,
    bases: Vec<Base>,
}

/// A factor that is no product itself.
struct Base {
    text: Expr,
    power: i64,
    /// Its terms in a fixed order, and what they have to be multiplied with to give the text.
    terms: Vec<(Expr, BigRational)>,
    scale: BigRational,
}

impl Factors {
    /// Multiplies with e^power.
    fn take(&mut self, e: &Expr, power: i64) {
        match (e.node(), e.args()) {
            (Node::Num(n), _) if !n.is_zero() || power > 0 => self.scale(n, power),
            (Node::Call(Op::Neg, _), [a]) => {
                self.scale(&-BigRational::one(), power);
                self.take(a, power);
            }
            (Node::Call(Op::Mul, _), [a, b]) => {
                self.take(a, power);
                self.take(b, power);
            }
            (Node::Call(Op::Div, _), [a, b]) if !b.is_zero() => {
                self.take(a, power);
                self.take(b, -power);
            }
            (Node::Call(Op::Pow, _), [a, b]) => match b.as_num().filter(|n| n.is_integer()).and_then(|n| n.to_i64()) {
                Some(n) if (1..=64).contains(&n) => self.take(a, power * n),
                _ => self.push(e, power),
            },
            (Node::Call(Op::Sqrt, _), [a]) if power.abs() > 1 => {
                self.take(a, power / 2);
                if power % 2 != 0 {
                    self.push(e, power % 2);
                }
            }
            (Node::Call(Op::Exp, _), [a]) if power.abs() > 1 => {
                self.push(&scaled(BigRational::from_integer(power.abs().into()), a).apply(Op::Exp), power.signum());
            }
            _ => self.push(e, power),
        }
    }

    fn scale(&mut self, n: &BigRational, power: i64) {
        if !n.is_one() {
            self.coefficient *= rational_power(n, power);
        }
    }

    /// Adds a factor, gathered with an equal one already there: 1 + x^2 is x^2 + 1, 1 - x is -(x - 1).
    fn push(&mut self, text: &Expr, power: i64) {
        let shifted = shifted(text);
        let text = match &shifted {
            Some((text, scale)) => {
                self.scale(scale, power);
                text
            }
            None => text,
        };
        let (terms, scale) = primitive(text);
        match self.bases.iter_mut().find(|b| b.terms == terms) {
            Some(known) if power.abs() > known.power.abs().max(LARGE_POWER) => {
                // The scale to the smaller power: 99^51 is no help to a reader.
                let (ratio, smaller) = (&known.scale / &scale, known.power);
                *known = Base { text: text.clone(), power: power + smaller, terms, scale };
                self.scale(&ratio, smaller);
            }
            Some(known) => {
                known.power += power;
                let ratio = scale / &known.scale;
                self.scale(&ratio, power);
            }
            None => self.bases.push(Base { text: text.clone(), power, terms, scale }),
        }
    }

    /// sin(u)/cos(u) as tan(u).
    fn join_tangents(&mut self) {
        let argument = |b: &Base, op: Op| match (b.text.node(), b.text.args()) {
            (Node::Call(found, _), [u]) if *found == op => Some(u.clone()),
            _ => None,
        };
        for i in 0..self.bases.len() {
            let Some(u) = argument(&self.bases[i], Op::Sin) else { continue };
            let power = self.bases[i].power;
            let opposite = |b: &Base| b.power == -power && argument(b, Op::Cos).as_ref() == Some(&u);
            if let Some(j) = self.bases.iter().position(opposite) {
                self.bases[i].text = u.apply(Op::Tan);
                self.bases.remove(j);
                return self.join_tangents();
            }
        }
    }

    /// The whole as a quotient.
    fn written(mut self) -> Expr {
        self.join_tangents();
        if self.coefficient.is_zero() {
            return Expr::int(0);
        }
        let size = self.coefficient.abs();
        // Weights stay decimals (0.7), other fractions divide (x/2).
        let tenths = (size.denom() % 10u32).is_zero();
        let (above, below) = match tenths {
            true => (Expr::num(size), Expr::int(1)),
            false => (Expr::num(size.numer().clone().into()), Expr::num(size.denom().clone().into())),
        };
        let side = |sign: i64, first: Expr| {
            let bases = self.bases.iter().filter(|b| b.power.signum() == sign);
            bases.fold(first, |product, b| product * b.text.clone().powi(b.power.abs()))
        };
        let quotient = side(1, above) / side(-1, below);
        if self.coefficient.is_negative() { -quotient } else { quotient }
    }
}

/// 10000*x + 893 as x + 0.0893 and the 10000: a shift that was a decimal stays one.
fn shifted(e: &Expr) -> Option<(Expr, BigRational)> {
    let (mut terms, ten) = (Vec::new(), BigRational::from_integer(10.into()));
    addends(e, BigRational::one(), &mut terms);
    let [(a, p), (b, q)] = &terms[..] else { return None };
    let (slope, shift) = match (a.is_one(), b.is_one()) {
        (true, false) if *b == Expr::x() => (q, p),
        (false, true) if *a == Expr::x() => (p, q),
        _ => return None,
    };
    let shift = shift / slope;
    let decimal = (num_traits::pow(ten.clone(), 6) * &shift).is_integer() && !shift.is_integer();
    let size = Expr::num(shift.abs());
    let text = if shift.is_negative() { Expr::x() - size } else { Expr::x() + size };
    (decimal && slope.is_integer() && slope.abs() >= ten).then(|| (text, slope.clone()))
}

/// The terms of a sum in a fixed order, scaled so that the first has the coefficient 1, and the scale taken out.
fn primitive(e: &Expr) -> (Vec<(Expr, BigRational)>, BigRational) {
    let mut terms = Vec::new();
    addends(e, BigRational::one(), &mut terms);
    terms.sort();
    let scale = terms.first().map_or(BigRational::one(), |(_, c)| c.clone());
    if scale.is_zero() {
        return (vec![(e.clone(), BigRational::one())], BigRational::one());
    }
    if !scale.is_one() {
        terms.iter_mut().for_each(|(_, c)| *c /= &scale);
    }
    (terms, scale)
}

fn addends(e: &Expr, sign: BigRational, terms: &mut Vec<(Expr, BigRational)>) {
    match (e.node(), e.args()) {
        (Node::Call(Op::Add, _), [a, b]) => {
            addends(a, sign.clone(), terms);
            addends(b, sign, terms);
        }
        (Node::Call(Op::Sub, _), [a, b]) => {
            addends(a, sign.clone(), terms);
            addends(b, -sign, terms);
        }
        _ => {
            let (c, rest) = split_coefficient(e);
            terms.push((rest, times(c, sign)));
        }
    }
}

/// The product, most often with 1.
fn times(a: BigRational, b: BigRational) -> BigRational {
    if a.is_one() {
        b
    } else if b.is_one() {
        a
    } else {
        a * b
    }
}

fn rational_power(n: &BigRational, power: i64) -> BigRational {
    let positive = num_traits::pow(n.clone(), power.unsigned_abs() as usize);
    if power < 0 { positive.recip() } else { positive }
}
