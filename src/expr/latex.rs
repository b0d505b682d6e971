//! Expressions typeset in LaTeX, as a paper would have them.

use super::print::{Binding, binding};
use super::{Cmp, Expr, Node, Op};
use num_traits::Signed;

impl Expr {
    /// The expression in LaTeX (math mode).
    pub fn latex(&self) -> String {
        match self.node() {
            Node::Num(n) => match super::print::decimal(&n.abs()) {
                Some(text) if n.is_negative() => format!("-{text}"),
                Some(text) => text,
                None => {
                    let sign = if n.is_negative() { "-" } else { "" };
                    format!("{sign}\\frac{{{}}}{{{}}}", n.numer().abs(), n.denom())
                }
            },
            Node::Pi => "\\pi".into(),
            Node::E => "e".into(),
            Node::X => "x".into(),
            Node::Param(name) => parameter(name),
            Node::Call(op, args) => call(*op, args),
        }
    }
}

/// A parameter's name: Greek letters by name, digits at the end as an index.
fn parameter(name: &str) -> String {
    const GREEK: &[&str] = &[
        "alpha", "beta", "gamma", "delta", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma",
        "tau", "omega",
    ];
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let index = &name[stem.len()..];
    let letter = match stem {
        "eps" | "epsilon" => "\\varepsilon".into(),
        _ if GREEK.contains(&stem) => format!("\\{stem}"),
        _ if stem.chars().count() == 1 => stem.into(),
        _ => format!("\\mathrm{{{}}}", stem.replace('_', "\\_")),
    };
    if index.is_empty() { letter } else { format!("{letter}_{{{index}}}") }
}

fn call(op: Op, args: &[Expr]) -> String {
    match (op, args) {
        (Op::Add, [a, b]) => format!("{} + {}", operand(a, Binding::Sum), operand(b, Binding::Product)),
        (Op::Sub, [a, b]) => format!("{} - {}", operand(a, Binding::Sum), operand(b, Binding::Product)),
        (Op::Mul, [a, b]) => {
            let (left, right) = (operand(a, Binding::Product), operand(b, Binding::Power));
            // Two numbers side by side would read as one.
            let dot = if right.starts_with(|c: char| c.is_ascii_digit()) { " \\cdot " } else { " \\, " };
            format!("{left}{dot}{right}")
        }
        (Op::Div, [a, b]) => format!("\\frac{{{}}}{{{}}}", a.latex(), b.latex()),
        (Op::Pow, [a, b]) => match a.node() {
            Node::Call(inner, arg) if arg.len() == 1 && word(*inner).is_some() => {
                format!("{}^{{{}}}\\left({}\\right)", word(*inner).unwrap_or_default(), b.latex(), arg[0].latex())
            }
            _ => format!("{}^{{{}}}", operand(a, Binding::Atom), b.latex()),
        },
        (Op::Neg, [a]) => format!("-{}", operand(a, Binding::Product)),
        (Op::Exp, [a]) => format!("e^{{{}}}", a.latex()),
        (Op::Sqrt, [a]) => format!("\\sqrt{{{}}}", a.latex()),
        (Op::Square, [a]) => format!("{}^{{2}}", operand(a, Binding::Atom)),
        (Op::Reciprocal, [a]) => format!("\\frac{{1}}{{{}}}", a.latex()),
        (Op::Abs, [a]) => format!("\\left|{}\\right|", a.latex()),
        (Op::Where(cmp), [a, b, then, other]) => {
            let sign = match cmp {
                Cmp::Lt => "<",
                Cmp::Le => "\\le",
                Cmp::Gt => ">",
                Cmp::Ge => "\\ge",
            };
            format!(
                "\\begin{{cases}} {} & {} {sign} {} \\\\ {} & \\text{{otherwise}} \\end{{cases}}",
                then.latex(),
                a.latex(),
                b.latex(),
                other.latex()
            )
        }
        _ => {
            let name =
                word(op).map_or_else(|| format!("\\operatorname{{{}}}", op.name().replace('_', "\\_")), str::to_owned);
            format!("{name}\\left({}\\right)", args.iter().map(Expr::latex).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The symbol of a function that has one.
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
        Op::Max | Op::MaxN => "\\max",
        Op::Min | Op::MinN => "\\min",
        Op::NormalCdf => "\\Phi",
        Op::NormalPdf => "\\varphi",
        Op::Sigmoid => "\\sigma",
        Op::Gamma => "\\Gamma",
        _ => return None,
    })
}

fn operand(e: &Expr, least: Binding) -> String {
    // A fraction typeset upright needs no brackets in a product.
    let upright =
        matches!(e.node(), Node::Call(Op::Div, _)) || e.as_num().is_some_and(|n| !n.is_integer() && !n.is_negative());
    let binding = if upright && least <= Binding::Power { Binding::Atom } else { binding(e) };
    if binding < least { format!("\\left({}\\right)", e.latex()) } else { e.latex() }
}
