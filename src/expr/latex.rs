//! Expressions typeset in LaTeX, as a paper would have them: few brackets, fractions upright, exponents in one line.

use super::print::decimal;
use super::{Cmp, Expr, Node, Op};
use num_rational::BigRational;
use num_traits::Signed;

/// How tightly typeset text binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Sign,
    Product,
    /// A fraction: needs no brackets in a product, but does under an exponent.
    Fraction,
    /// Something with an exponent, which cannot take another one.
    Power,
    Atom,
}

impl Expr {
    /// The expression in LaTeX (math mode).
    pub fn latex(&self) -> String {
        typeset(self).0
    }
}

/// The text of a tree and how tightly it binds.
fn typeset(e: &Expr) -> (String, Binding) {
    match e.node() {
        Node::Num(n) => number(n),
        Node::Pi => ("\\pi".into(), Binding::Atom),
        Node::E => ("e".into(), Binding::Atom),
        Node::X => ("x".into(), Binding::Atom),
        Node::Param(name) => (parameter(name), Binding::Atom),
        Node::Call(op, args) => call(*op, args),
    }
}

fn number(n: &BigRational) -> (String, Binding) {
    let (text, binding) = match decimal(&n.abs()) {
        Some(text) => match text.split_once('e') {
            Some(("1", exponent)) => (format!("10^{{{exponent}}}"), Binding::Power),
            Some((mantissa, exponent)) => (format!("{mantissa} \\cdot 10^{{{exponent}}}"), Binding::Product),
            None => (text, Binding::Atom),
        },
        None => (format!("\\frac{{{}}}{{{}}}", n.numer().abs(), n.denom()), Binding::Fraction),
    };
    if n.is_negative() { (format!("-{text}"), Binding::Sign) } else { (text, binding) }
}

/// A parameter's name: Greek letters by name, what follows an underscore and digits at the end as an index.
fn parameter(name: &str) -> String {
    const GREEK: &[&str] = &[
        "alpha", "beta", "gamma", "delta", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho",
        "sigma", "tau", "upsilon", "chi", "psi", "omega",
    ];
    let digits = name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (stem, index) = name.split_once('_').unwrap_or_else(|| name.split_at(digits));
    let letter = match stem {
        "eps" | "epsilon" => "\\varepsilon".into(),
        _ if GREEK.contains(&stem) => format!("\\{stem}"),
        _ if stem.len() == 1 => stem.into(),
        _ => format!("\\mathrm{{{}}}", name.replace('_', "\\_")),
    };
    match index {
        "" => letter,
        _ if letter.starts_with("\\mathrm") => letter,
        _ if index.len() == 1 || index.bytes().all(|b| b.is_ascii_digit()) => format!("{letter}_{{{index}}}"),
        _ => format!("{letter}_{{\\mathrm{{{}}}}}", index.replace('_', "\\_")),
    }
}

fn call(op: Op, args: &[Expr]) -> (String, Binding) {
    match (op, args) {
        (Op::Add, [a, b]) => (sum(&[a, b]), Binding::Sum),
        (Op::SumN, args) => (sum(&args.iter().collect::<Vec<_>>()), Binding::Sum),
        (Op::Sub, [a, b]) => (format!("{} - {}", operand(a, Binding::Sum), operand(b, Binding::Product)), Binding::Sum),
        (Op::Mul, [a, b]) => (product(&[a, b]), Binding::Product),
        (Op::ProdN, args) => (product(&args.iter().collect::<Vec<_>>()), Binding::Product),
        (Op::Div, [a, b]) => (format!("\\frac{{{}}}{{{}}}", a.latex(), b.latex()), Binding::Fraction),
        (Op::Reciprocal, [a]) => (format!("\\frac{{1}}{{{}}}", a.latex()), Binding::Fraction),
        (Op::Pow, [a, b]) => (power(a, &exponent(b)), Binding::Power),
        (Op::Square, [a]) => (power(a, "2"), Binding::Power),
        (Op::Exp, [a]) if a.is_one() => ("e".into(), Binding::Atom),
        (Op::Exp, [a]) => (format!("e^{{{}}}", exponent(a)), Binding::Power),
        (Op::Neg, [a]) => (format!("-{}", operand(a, Binding::Product)), Binding::Sign),
        (Op::Sqrt, [a]) => (format!("\\sqrt{{{}}}", a.latex()), Binding::Atom),
        (Op::Abs, [a]) => (fenced("|", &a.latex(), "|"), Binding::Atom),
        (Op::Where(_), _) => (cases(op, args), Binding::Sum),
        (Op::Identity, [a]) => typeset(a),
        (Op::Zero, _) => ("0".into(), Binding::Atom),
        (Op::One, _) => ("1".into(), Binding::Atom),
        (Op::Expm1, [a]) => (format!("e^{{{}}} - 1", exponent(a)), Binding::Sum),
        (Op::Log1p, [a]) => {
            (format!("\\log{}", fenced("(", &format!("1 + {}", operand(a, Binding::Product)), ")")), Binding::Product)
        }
        (Op::LogSigmoid, _) => (format!("\\log \\sigma{}", arguments(args)), Binding::Product),
        (Op::BesselI0e | Op::BesselI1e, [a]) => {
            let order = if op == Op::BesselI0e { 0 } else { 1 };
            (format!("e^{{-|{}|}} I_{{{order}}}{}", exponent(a), arguments(args)), Binding::Product)
        }
        _ => (format!("{}{}", word(op).unwrap_or_default(), arguments(args)), Binding::Atom),
    }
}

fn sum(terms: &[&Expr]) -> String {
    let text = |(i, e): (usize, &&Expr)| operand(e, if i == 0 { Binding::Sum } else { Binding::Product });
    terms.iter().enumerate().map(text).collect::<Vec<_>>().join(" + ")
}

fn product(factors: &[&Expr]) -> String {
    let mut text = String::new();
    for (i, e) in factors.iter().enumerate() {
        let factor = operand(e, if i == 0 { Binding::Product } else { Binding::Fraction });
        let digit = |c: char| c.is_ascii_digit();
        text += match i {
            0 => "",
            // Numbers side by side would read as one.
            _ if factor.starts_with(digit) || (text.ends_with(digit) && factor.starts_with("\\frac")) => " \\cdot ",
            _ => " ",
        };
        text += &factor;
    }
    text
}

/// A base with an exponent; of a function, the exponent goes to its name.
fn power(base: &Expr, exponent: &str) -> String {
    match base.node() {
        Node::Call(op, args) if args.len() == 1 && word(*op).is_some() && exponent.parse::<u32>().is_ok() => {
            format!("{}^{{{exponent}}}{}", word(*op).unwrap_or_default(), arguments(args))
        }
        _ => format!("{}^{{{exponent}}}", operand(base, Binding::Atom)),
    }
}

/// An exponent in one line: -x^2/2 rather than a fraction.
fn exponent(e: &Expr) -> String {
    match e.node() {
        Node::Call(Op::Neg, a) if matches!(a[0].node(), Node::Call(Op::Div, _)) => format!("-{}", exponent(&a[0])),
        Node::Call(Op::Div, args) => {
            let (above, below) = (operand(&args[0], Binding::Product), operand(&args[1], Binding::Power));
            format!("{above}/{below}")
        }
        Node::Num(n) if decimal(&n.abs()).is_none() => format!("{}/{}", n.numer(), n.denom()),
        _ => e.latex(),
    }
}

/// where(a cmp b, then, other), a chain of them as one list of cases.
fn cases(op: Op, args: &[Expr]) -> String {
    let (mut op, mut args, mut rows) = (op, args, Vec::new());
    while let (Op::Where(cmp), [a, b, then, other]) = (op, args) {
        rows.push(format!("{} & {} {} {}", then.latex(), a.latex(), comparison(cmp), b.latex()));
        match other.node() {
            Node::Call(next @ Op::Where(_), inner) => (op, args) = (*next, inner),
            _ => {
                rows.push(format!("{} & \\text{{otherwise}}", other.latex()));
                break;
            }
        }
    }
    format!("\\begin{{cases}} {} \\end{{cases}}", rows.join(" \\\\ "))
}

fn comparison(cmp: Cmp) -> &'static str {
    match cmp {
        Cmp::Lt => "<",
        Cmp::Le => "\\le",
        Cmp::Gt => ">",
        Cmp::Ge => "\\ge",
    }
}

fn arguments(args: &[Expr]) -> String {
    fenced("(", &args.iter().map(Expr::latex).collect::<Vec<_>>().join(", "), ")")
}

/// Brackets, grown only around what is higher than a line.
fn fenced(open: &str, text: &str, close: &str) -> String {
    match ["\\frac", "\\begin", "\\sqrt", "\\left"].iter().any(|tall| text.contains(tall)) {
        true => format!("\\left{open}{text}\\right{close}"),
        false => format!("{open}{text}{close}"),
    }
}

fn operand(e: &Expr, least: Binding) -> String {
    let (text, binding) = typeset(e);
    if binding < least { fenced("(", &text, ")") } else { text }
}

/// The name of a function typeset before bracketed arguments; none for what has a notation of its own.
fn word(op: Op) -> Option<&'static str> {
    Some(match op {
        Op::Log => "\\log",
        Op::Sin => "\\sin",
        Op::Cos => "\\cos",
        Op::Tan => "\\tan",
        Op::Sinh => "\\sinh",
        Op::Cosh => "\\cosh",
        Op::Tanh => "\\tanh",
        Op::Asin => "\\arcsin",
        Op::Acos => "\\arccos",
        Op::Atan => "\\arctan",
        Op::Asinh => "\\operatorname{arsinh}",
        Op::Acosh => "\\operatorname{arcosh}",
        Op::Atanh => "\\operatorname{artanh}",
        Op::Erf => "\\operatorname{erf}",
        Op::Erfc => "\\operatorname{erfc}",
        Op::NormalCdf => "\\Phi",
        Op::NormalPdf => "\\varphi",
        Op::Sigmoid => "\\sigma",
        Op::Softplus => "\\operatorname{softplus}",
        Op::Gamma => "\\Gamma",
        Op::Sign => "\\operatorname{sgn}",
        Op::Max | Op::MaxN => "\\max",
        Op::Min | Op::MinN => "\\min",
        Op::Relu => "\\operatorname{ReLU}",
        Op::LeakyRelu => "\\operatorname{LeakyReLU}",
        Op::Elu => "\\operatorname{ELU}",
        Op::Selu => "\\operatorname{SELU}",
        Op::Celu => "\\operatorname{CELU}",
        Op::Gelu => "\\operatorname{GELU}",
        Op::GeluTanh => "\\operatorname{GELU}_{\\tanh}",
        Op::Silu => "\\operatorname{SiLU}",
        Op::Mish => "\\operatorname{Mish}",
        Op::Telu => "\\operatorname{TeLU}",
        Op::Softsign => "\\operatorname{softsign}",
        Op::HardSigmoid => "\\operatorname{HardSigmoid}",
        Op::HardTanh => "\\operatorname{HardTanh}",
        Op::HardSwish => "\\operatorname{HardSwish}",
        Op::Elish => "\\operatorname{ELiSH}",
        Op::Isru => "\\operatorname{ISRU}",
        Op::Add
        | Op::Sub
        | Op::Mul
        | Op::Div
        | Op::Pow
        | Op::Neg
        | Op::SumN
        | Op::ProdN
        | Op::Exp
        | Op::Expm1
        | Op::Log1p
        | Op::Sqrt
        | Op::Square
        | Op::Reciprocal
        | Op::LogSigmoid
        | Op::BesselI0e
        | Op::BesselI1e
        | Op::Abs
        | Op::Identity
        | Op::Zero
        | Op::One
        | Op::Where(_) => return None,
    })
}
