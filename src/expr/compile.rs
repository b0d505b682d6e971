//! From an expression to the steps of a tape: shared subexpressions laid out once, constants folded, named activations replaced
//! by their definitions and a few naive forms by their stable equals (see [`super::stable`]).

use super::function::Function;
use super::stable::stable;
use super::tape::{Register, Step};
use super::{Expr, Node, Op, to_f64};
use crate::error::{Error, Result};
use ahash::AHashMap;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};
use std::sync::Arc;

/// The steps of an expression, the last of which gives its value.
pub(super) fn compile(e: &Expr) -> Result<Arc<[Step]>> {
    let mut compiler = Compiler::default();
    let root = compiler.expr(e)?;
    Ok(compiler.live(root).into())
}

/// An expression whose arguments are being laid out, and the stable form or definition that stands for it.
struct Pending {
    expr: Expr,
    other: Option<Expr>,
}

impl Pending {
    fn new(expr: Expr) -> Pending {
        let other = match expr.node() {
            Node::Call(op, args) => stable(*op, args).or_else(|| op.definition(args)),
            _ => None,
        };
        Pending { expr, other }
    }

    /// What must be laid out before it.
    fn needs(&self) -> &[Expr] {
        match &self.other {
            Some(other) => std::slice::from_ref(other),
            None => self.expr.args(),
        }
    }
}

/// Lays the steps of an expression out.
#[derive(Default)]
struct Compiler {
    steps: Vec<Step>,
    /// The register of each step already laid out.
    known: AHashMap<Step, Register>,
    /// The register of each node already met, by address; the expression is kept so that the address stays its own.
    seen: AHashMap<*const Node, (Expr, Register)>,
}

impl Compiler {
    /// Lays out an expression, with its own stack: the definitions of nested activations are deeper than the text.
    fn expr(&mut self, e: &Expr) -> Result<Register> {
        let mut stack = vec![Pending::new(e.clone())];
        while let Some(top) = stack.last() {
            let missing: Vec<Pending> =
                top.needs().iter().filter(|a| self.place(a).is_none()).cloned().map(Pending::new).collect();
            if !missing.is_empty() {
                stack.extend(missing);
                continue;
            }
            let Some(done) = stack.pop() else { break };
            if self.place(&done.expr).is_none() {
                let register = match &done.other {
                    Some(other) => self.known_place(other)?,
                    None => self.node(&done.expr)?,
                };
                self.seen.insert(Arc::as_ptr(&done.expr.0), (done.expr, register));
            }
        }
        self.known_place(e)
    }

    /// The register of what is laid out, as leaves are when first asked for.
    fn place(&mut self, e: &Expr) -> Option<Register> {
        match e.node() {
            Node::Num(n) => Some(self.number(to_f64(n))),
            Node::Pi => Some(self.number(std::f64::consts::PI)),
            Node::E => Some(self.number(std::f64::consts::E)),
            Node::X => Some(self.push(Step::X)),
            Node::Param(_) | Node::Call(..) => self.seen.get(&Arc::as_ptr(&e.0)).map(|(_, register)| *register),
        }
    }

    fn known_place(&mut self, e: &Expr) -> Result<Register> {
        self.place(e).ok_or_else(|| Error::Unsupported("an argument is missing".to_owned()))
    }

    /// Lays out a node whose arguments are laid out.
    fn node(&mut self, e: &Expr) -> Result<Register> {
        match e.node() {
            Node::Param(name) => Err(Error::ParameterWithoutValue { name: name.to_string() }),
            Node::Call(op, args) => self.call(*op, args),
            _ => self.known_place(e),
        }
    }

    fn call(&mut self, op: Op, args: &[Expr]) -> Result<Register> {
        if let (Op::Pow, [base, exponent]) = (op, args) {
            return self.power(base, exponent);
        }
        let mut r: [Register; 4] = [0; 4];
        for (slot, a) in r.iter_mut().zip(args) {
            *slot = self.known_place(a)?;
        }
        let [a, b, c, d] = r;
        let step = match op {
            Op::Add => Step::Add(a, b),
            Op::Sub => Step::Sub(a, b),
            Op::Mul => Step::Mul(a, b),
            Op::Div => match self.divided_by_root(a, b) {
                Some(register) => return Ok(register),
                None => match self.exact_reciprocal(b) {
                    // -a/2 is a times -1/2.
                    Some(factor) => match self.steps[a as usize] {
                        Step::Neg(a) => Step::Mul(a, self.number(-factor)),
                        _ => Step::Mul(a, self.number(factor)),
                    },
                    None => Step::Div(a, b),
                },
            },
            Op::Neg => Step::Neg(a),
            Op::Sqrt => Step::Sqrt(a),
            Op::Max => Step::Max(a, b),
            Op::Min => Step::Min(a, b),
            Op::Where(cmp) => Step::Where(cmp, a, b, c, d),
            _ => match Function::of(op) {
                Some(f) => Step::Call(f, a),
                None => return Err(Error::Unsupported(format!("`{}` cannot be evaluated", op.name()))),
            },
        };
        if let Step::Call(Function::Gamma, a) = step
            && !matches!(self.steps[a as usize], Step::Const(_))
        {
            return Err(Error::Unsupported("gamma is for constants, not for functions of x".to_owned()));
        }
        Ok(self.push(step))
    }

    /// a/b where b is sqrt(1 + c u^2), c > 0, and a is u or has it as a factor: neither overflows alone.
    fn divided_by_root(&mut self, a: Register, b: Register) -> Option<Register> {
        if let Some(scale) = self.inverse_root(a, b) {
            return Some(self.over_root(a, scale));
        }
        let Step::Mul(p, q) = self.steps[a as usize] else { return None };
        let (u, rest) = if self.inverse_root(p, b).is_some() { (p, q) } else { (q, p) };
        let scale = self.inverse_root(u, b)?;
        let quotient = self.over_root(u, scale);
        Some(self.push(Step::Mul(quotient, rest)))
    }

    /// c where b is sqrt(1 + c a^2), c > 0.
    fn inverse_root(&self, a: Register, b: Register) -> Option<f64> {
        let step = |r: Register| self.steps[r as usize];
        let constant = |r: Register| if let Step::Const(bits) = step(r) { Some(f64::from_bits(bits)) } else { None };
        let Step::Sqrt(sum) = step(b) else { return None };
        let Step::Add(p, q) = step(sum) else { return None };
        let square = if constant(p) == Some(1.0) { q } else { p };
        if constant(p) != Some(1.0) && constant(q) != Some(1.0) {
            return None;
        }
        let is_square = |r: Register| step(r) == Step::Mul(a, a);
        match step(square) {
            Step::Mul(c, r) if is_square(r) => constant(c).filter(|c| *c > 0.0),
            _ => is_square(square).then_some(1.0),
        }
    }

    /// 1/b where b is a power of two, by which multiplying is dividing, and faster.
    fn exact_reciprocal(&self, b: Register) -> Option<f64> {
        let Step::Const(bits) = self.steps[b as usize] else { return None };
        let power = bits.trailing_zeros() >= 52 && f64::from_bits(bits).is_normal();
        Some(1.0 / f64::from_bits(bits)).filter(|inverse| power && inverse.is_normal())
    }

    /// a/sqrt(1 + c a^2)
    fn over_root(&mut self, a: Register, c: f64) -> Register {
        if c == 1.0 {
            return self.push(Step::Call(Function::InverseRoot, a));
        }
        let root = self.number(c.sqrt());
        let scaled = self.push(Step::Mul(root, a));
        let value = self.push(Step::Call(Function::InverseRoot, scaled));
        self.push(Step::Div(value, root))
    }

    fn power(&mut self, base: &Expr, exponent: &Expr) -> Result<Register> {
        let (a, b) = (self.known_place(base)?, self.known_place(exponent)?);
        if matches!(base.node(), Node::E) {
            return Ok(self.push(Step::Call(Function::Exp, b)));
        }
        if let Some(n) = exponent.as_num() {
            return Ok(self.rational_power(a, n));
        }
        Ok(match self.steps[b as usize] {
            Step::Const(p) => match f64::from_bits(p) {
                n if n.fract() == 0.0 && n.abs() < 1e9 => self.push(Step::PowInt(a, n as i32)),
                _ => self.push(Step::PowReal(a, p)),
            },
            _ => self.push(Step::Pow(a, b)),
        })
    }

    fn rational_power(&mut self, a: Register, n: &BigRational) -> Register {
        if n.denom().to_i32() == Some(2) && n.numer().abs().is_one() {
            let root = self.push(Step::Sqrt(a));
            if n.is_positive() {
                return root;
            }
            let one = self.number(1.0);
            return self.push(Step::Div(one, root));
        }
        match n.is_integer().then(|| n.numer().to_i32()).flatten() {
            Some(0) => self.number(1.0),
            Some(1) => a,
            Some(2) => self.push(Step::Mul(a, a)),
            Some(n) => self.push(Step::PowInt(a, n)),
            None => self.push(Step::PowReal(a, to_f64(n).to_bits())),
        }
    }

    fn number(&mut self, value: f64) -> Register {
        self.push(Step::Const(value.to_bits()))
    }

    /// Adds a step, folded to a constant where all its arguments are, shared with an equal one already there.
    fn push(&mut self, step: Step) -> Register {
        let constant = |r: Register| match self.steps[r as usize] {
            Step::Const(bits) => Some(f64::from_bits(bits)),
            _ => None,
        };
        let varies = |r: &Register| constant(*r).is_none();
        let leaf = matches!(step, Step::X | Step::Const(_));
        let step = if leaf || step.arguments().iter().flatten().any(varies) {
            step
        } else {
            let values = step.arguments().map(|r| r.and_then(constant).unwrap_or(f64::NAN));
            let mut places = 0..;
            let local = renumbered(step, |_| places.next().unwrap_or(0));
            Step::Const(local.value(f64::NAN, &values).to_bits())
        };
        if let Some(register) = self.known.get(&step) {
            return *register;
        }
        let register = self.steps.len() as Register;
        self.steps.push(step);
        self.known.insert(step, register);
        register
    }

    /// The steps that the value at `root` needs, `root` last.
    fn live(&self, root: Register) -> Vec<Step> {
        let mut needed = vec![false; root as usize + 1];
        needed[root as usize] = true;
        for i in (0..needed.len()).rev() {
            if needed[i] {
                self.steps[i].arguments().into_iter().flatten().for_each(|r| needed[r as usize] = true);
            }
        }
        let mut place = vec![0; needed.len()];
        let mut steps = Vec::new();
        for i in (0..needed.len()).filter(|i| needed[*i]) {
            place[i] = steps.len() as Register;
            steps.push(renumbered(self.steps[i], |r| place[r as usize]));
        }
        steps
    }
}

/// A step that reads other registers, asked for in the order of [`Step::arguments`].
fn renumbered(step: Step, mut f: impl FnMut(Register) -> Register) -> Step {
    match step {
        Step::X | Step::Const(_) => step,
        Step::Neg(a) => Step::Neg(f(a)),
        Step::Sqrt(a) => Step::Sqrt(f(a)),
        Step::PowInt(a, n) => Step::PowInt(f(a), n),
        Step::PowReal(a, p) => Step::PowReal(f(a), p),
        Step::Call(g, a) => Step::Call(g, f(a)),
        Step::Add(a, b) => Step::Add(f(a), f(b)),
        Step::Sub(a, b) => Step::Sub(f(a), f(b)),
        Step::Mul(a, b) => Step::Mul(f(a), f(b)),
        Step::Div(a, b) => Step::Div(f(a), f(b)),
        Step::Pow(a, b) => Step::Pow(f(a), f(b)),
        Step::Max(a, b) => Step::Max(f(a), f(b)),
        Step::Min(a, b) => Step::Min(f(a), f(b)),
        Step::Where(cmp, a, b, c, d) => Step::Where(cmp, f(a), f(b), f(c), f(d)),
    }
}
