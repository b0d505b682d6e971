//! A formula as straight-line code: each instruction is computed once, derivatives included. Derivatives are taken by the
//! chain rule, instruction by instruction; where the formula picks a branch, its derivative picks the same one, so that
//! nothing from the other branch (0 times infinity) gets in.

use super::interpret::{Precision, apply};
use super::primitive::Primitive;
use crate::error::{Error, Result};
use crate::expr::{Cmp, Expr, Node, Op, constant, stable, to_f64};
use std::collections::HashMap;
use std::f64::consts::{E, PI};

/// The place of an instruction.
pub(super) type Register = usize;

/// One instruction; a number is kept as its bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Instruction {
    X,
    Parameter(String),
    Number(u64),
    Call(Primitive, Vec<Register>),
}

/// Instructions in the order of computation.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub instructions: Vec<Instruction>,
    known: HashMap<Instruction, Register>,
    /// By address; the expression is kept so that the address stays its own.
    seen: HashMap<*const Node, (Expr, Register)>,
}

impl Program {
    /// Lays out the value of an expression, in the stable forms that evaluation uses, and returns its place.
    pub fn value(&mut self, e: &Expr) -> Result<Register> {
        let address = std::ptr::from_ref(e.node());
        if let Some((_, register)) = self.seen.get(&address) {
            return Ok(*register);
        }
        let register = match e.node() {
            Node::Num(n) => self.number(to_f64(n)),
            Node::Pi => self.number(PI),
            Node::E => self.number(E),
            Node::X => self.push(Instruction::X),
            Node::Param(name) => self.push(Instruction::Parameter(name.to_string())),
            Node::Call(_, _) if !e.has_x() && e.parameters().is_empty() => self.number(finite(e)?),
            Node::Call(Op::Pow, args) if args[1].is_zero() => self.number(1.0),
            Node::Call(Op::HardSigmoid, args) => self.value(&hard_sigmoid(&args[0]))?,
            Node::Call(Op::HardSwish, args) => self.value(&(args[0].clone() * hard_sigmoid(&args[0])))?,
            Node::Call(op, args) => match (stable(*op, args).or_else(|| op.definition(args)), Primitive::of(*op)) {
                (Some(other), _) => self.value(&other)?,
                (None, Some(Primitive::Gamma)) => {
                    return Err(Error::Unsupported("gamma is for constants, not for functions of x".to_owned()));
                }
                (None, Some(primitive)) => {
                    let args = args.iter().map(|a| self.value(a)).collect::<Result<Vec<_>>>()?;
                    self.call(primitive, &args)
                }
                (None, None) => return Err(Error::Unsupported(format!("`{}` cannot be exported", op.name()))),
            },
        };
        self.seen.insert(address, (e.clone(), register));
        Ok(register)
    }

    /// The derivative of `root` with respect to an instruction (`x` or a parameter), laid out as well.
    pub fn derivative(&mut self, root: Register, by: &Instruction) -> Register {
        let mut slopes: Vec<Option<Register>> = Vec::with_capacity(root + 1);
        for place in 0..=root {
            let slope = match self.instructions[place].clone() {
                instruction if instruction == *by => Some(self.number(1.0)),
                Instruction::Call(primitive, args) => {
                    let inner: Vec<Option<Register>> = args.iter().map(|a| slopes[*a]).collect();
                    match inner.iter().all(Option::is_none) {
                        true => None,
                        false => self.chain(primitive, &args, &inner, place),
                    }
                }
                _ => None,
            };
            slopes.push(slope);
        }
        slopes[root].unwrap_or_else(|| self.number(0.0))
    }

    /// The slope of one instruction at `place`; `d` are the slopes of its arguments, none for 0.
    fn chain(&mut self, p: Primitive, args: &[Register], d: &[Option<Register>], place: Register) -> Option<Register> {
        match (p, args, d) {
            (Primitive::Add, _, [da, db]) => self.sum(*da, *db),
            (Primitive::Sub, _, [da, db]) => {
                let db = db.map(|db| self.call(Primitive::Neg, &[db]));
                self.sum(*da, db)
            }
            (Primitive::Mul, [a, b], [da, db]) => {
                let (left, right) = (da.map(|da| self.mul(da, *b)), db.map(|db| self.mul(*a, db)));
                self.sum(left, right)
            }
            (Primitive::Div, [a, b], [Some(da), _]) if self.over_root(*a, *b) => {
                // a/sqrt(1 + c a^2), whose derivative by the rule for quotients cancels far out.
                let root = self.unbounded(*a, *b);
                let square = self.mul(root, root);
                let cube = self.mul(square, root);
                Some(self.call(Primitive::Div, &[*da, cube]))
            }
            (Primitive::Div, [a, b], [Some(da), _]) if self.over_size(*a, *b) => {
                // a/(1 + |a|), for the same reason.
                let square = self.mul(*b, *b);
                Some(self.call(Primitive::Div, &[*da, square]))
            }
            (Primitive::Div, [_, b], [da, db]) => {
                let right = db.map(|db| {
                    let product = self.mul(place, db);
                    self.call(Primitive::Neg, &[product])
                });
                let above = self.sum(*da, right)?;
                Some(self.call(Primitive::Div, &[above, *b]))
            }
            (Primitive::Pow, [a, b], [da, db]) => {
                let base = da.map(|da| {
                    let one = self.number(1.0);
                    let less = self.call(Primitive::Sub, &[*b, one]);
                    let power = self.call(Primitive::Pow, &[*a, less]);
                    let slope = self.mul(*b, power);
                    self.mul(slope, da)
                });
                let exponent = db.map(|db| {
                    let log = self.call(Primitive::Log, &[*a]);
                    let slope = self.mul(place, log);
                    self.mul(slope, db)
                });
                self.sum(base, exponent)
            }
            (Primitive::Max, [a, b], [da, db]) => self.choice(Cmp::Gt, *b, *a, *db, *da),
            (Primitive::Min, [a, b], [da, db]) => self.choice(Cmp::Lt, *b, *a, *db, *da),
            (Primitive::Where(cmp), [a, b, _, _], [_, _, then, other]) => self.choice(cmp, *a, *b, *then, *other),
            (_, [a], [Some(da)]) => {
                let slope = self.slope(p, *a, place)?;
                let product = self.mul(slope, *da);
                Some(if saturates(p) && self.literal(*da).is_none() {
                    // Where the slope has died out its argument may be infinite, and so may da.
                    let (zero, size) = (self.number(0.0), self.call(Primitive::Abs, &[slope]));
                    self.call(Primitive::Where(Cmp::Le), &[size, zero, zero, product])
                } else {
                    product
                })
            }
            _ => None,
        }
    }

    /// The arguments of a register that calls this primitive.
    fn args(&self, r: Register, p: Primitive) -> Option<&[Register]> {
        match &self.instructions[r] {
            Instruction::Call(q, args) if *q == p => Some(args),
            _ => None,
        }
    }

    /// Whether b is sqrt(1 + a^2) or sqrt(1 + c a^2) with a number c.
    fn over_root(&self, a: Register, b: Register) -> bool {
        let Some([sum]) = self.args(b, Primitive::Sqrt) else { return false };
        let Some([one, term]) = self.args(*sum, Primitive::Add) else { return false };
        let square = |r: Register| self.args(r, Primitive::Mul) == Some(&[a, a]);
        let scaled =
            matches!(self.args(*term, Primitive::Mul), Some([c, s]) if self.literal(*c).is_some() && square(*s));
        self.literal(*one) == Some(1.0) && (square(*term) || scaled)
    }

    /// Whether b is 1 + |a|.
    fn over_size(&self, a: Register, b: Register) -> bool {
        let Some([one, size]) = self.args(b, Primitive::Add) else { return false };
        self.literal(*one) == Some(1.0) && self.args(*size, Primitive::Abs) == Some(&[a])
    }

    /// The root b = sqrt(1 + a^2) of an argument that is held within bounds, without the bounds.
    fn unbounded(&mut self, a: Register, b: Register) -> Register {
        match self.args(a, Primitive::Bounded) {
            Some([free]) => self.root_of_square(*free),
            _ => b,
        }
    }

    /// sqrt(1 + a^2)
    fn root_of_square(&mut self, a: Register) -> Register {
        let one = self.number(1.0);
        let square = self.mul(a, a);
        let sum = self.call(Primitive::Add, &[one, square]);
        self.call(Primitive::Sqrt, &[sum])
    }

    /// a/sqrt(1 + c a^2), with a held where its square is finite; none where b is no such root.
    fn inverse_root(&mut self, a: Register, b: Register) -> Option<Register> {
        if !self.over_root(a, b) || self.args(a, Primitive::Bounded).is_some() {
            return None;
        }
        let sum = self.args(b, Primitive::Sqrt)?[0];
        let term = self.args(sum, Primitive::Add)?[1];
        let scale = self.args(term, Primitive::Mul).and_then(|args| self.literal(args[0])).filter(|c| *c > 0.0);
        let root = scale.map(|c| self.number(c.sqrt()));
        let scaled = root.map_or(a, |root| self.mul(root, a));
        let bounded = self.call(Primitive::Bounded, &[scaled]);
        let below = self.root_of_square(bounded);
        let quotient = self.push(Instruction::Call(Primitive::Div, vec![bounded, below]));
        Some(root.map_or(quotient, |root| self.call(Primitive::Div, &[quotient, root])))
    }

    /// The derivative of a function of one argument `a` whose value is at `value`; none where it is 0.
    fn slope(&mut self, p: Primitive, a: Register, value: Register) -> Option<Register> {
        use Primitive as P;
        let one = self.number(1.0);
        Some(match p {
            P::Neg => self.number(-1.0),
            P::Exp => value,
            P::Expm1 => self.call(P::Exp, &[a]),
            P::Log => self.call(P::Div, &[one, a]),
            P::Log1p => {
                let below = self.call(P::Add, &[one, a]);
                self.call(P::Div, &[one, below])
            }
            P::Sqrt => {
                let half = self.number(0.5);
                self.call(P::Div, &[half, value])
            }
            P::Sin => self.call(P::Cos, &[a]),
            P::Cos => {
                let sine = self.call(P::Sin, &[a]);
                self.call(P::Neg, &[sine])
            }
            P::Tan => {
                let square = self.mul(value, value);
                self.call(P::Add, &[one, square])
            }
            P::Sinh => self.call(P::Cosh, &[a]),
            P::Cosh => self.call(P::Sinh, &[a]),
            P::Tanh => {
                let (two, four) = (self.number(2.0), self.number(4.0));
                let twice = self.mul(two, a);
                let logistic = self.logistic_slope(twice);
                self.mul(four, logistic)
            }
            P::Asin | P::Acos => {
                let (below, above) = (self.call(P::Sub, &[one, a]), self.call(P::Add, &[one, a]));
                let product = self.mul(below, above);
                let root = self.call(P::Sqrt, &[product]);
                let sign = if p == P::Asin { one } else { self.number(-1.0) };
                self.call(P::Div, &[sign, root])
            }
            P::Atan => {
                let square = self.mul(a, a);
                let below = self.call(P::Add, &[one, square]);
                self.call(P::Div, &[one, below])
            }
            P::Asinh => {
                let square = self.mul(a, a);
                let below = self.call(P::Add, &[one, square]);
                let root = self.call(P::Sqrt, &[below]);
                self.call(P::Div, &[one, root])
            }
            P::Acosh => {
                let (left, right) = (self.call(P::Sub, &[a, one]), self.call(P::Add, &[a, one]));
                let (left, right) = (self.call(P::Sqrt, &[left]), self.call(P::Sqrt, &[right]));
                let root = self.mul(left, right);
                self.call(P::Div, &[one, root])
            }
            P::Atanh => {
                let (left, right) = (self.call(P::Sub, &[one, a]), self.call(P::Add, &[one, a]));
                let product = self.mul(left, right);
                self.call(P::Div, &[one, product])
            }
            P::Erf | P::Erfc => {
                let scale = self.number(if p == P::Erf { 1.0 } else { -1.0 } * std::f64::consts::FRAC_2_SQRT_PI);
                let square = self.mul(a, a);
                let minus = self.call(P::Neg, &[square]);
                let bell = self.call(P::Exp, &[minus]);
                self.mul(scale, bell)
            }
            P::NormalCdf => self.call(P::NormalPdf, &[a]),
            P::NormalPdf => {
                let product = self.mul(a, value);
                self.call(P::Neg, &[product])
            }
            P::Sigmoid => self.logistic_slope(a),
            P::Softplus => self.call(P::Sigmoid, &[a]),
            P::LogSigmoid => {
                let minus = self.call(P::Neg, &[a]);
                self.call(P::Sigmoid, &[minus])
            }
            // I0' = I1 and I1' = I0 - I1/a, each less sign(a) times the function because of the factor e^-|a|.
            P::BesselI0e => {
                let (i1, sign) = (self.call(P::BesselI1e, &[a]), self.call(P::Sign, &[a]));
                let scaled = self.mul(sign, value);
                self.call(P::Sub, &[i1, scaled])
            }
            P::BesselI1e => {
                let (zero, half) = (self.number(0.0), self.number(0.5));
                let (i0, sign) = (self.call(P::BesselI0e, &[a]), self.call(P::Sign, &[a]));
                let (ratio, scaled) = (self.call(P::Div, &[value, a]), self.mul(sign, value));
                let left = self.call(P::Sub, &[i0, ratio]);
                let slope = self.call(P::Sub, &[left, scaled]);
                let size = self.call(P::Abs, &[a]);
                // At 0 the ratio tends to 1/2, and so does the slope.
                self.call(P::Where(Cmp::Gt), &[size, zero, slope, half])
            }
            P::Abs => self.call(P::Sign, &[a]),
            P::Bounded | P::Finite(_) | P::Far => one,
            P::FiniteExp => value,
            P::Sign | P::Gamma => return None,
            P::Add | P::Sub | P::Mul | P::Div | P::Pow | P::Max | P::Min | P::Where(_) => return None,
        })
    }

    /// sigmoid(a) sigmoid(-a), which keeps its digits in both tails.
    fn logistic_slope(&mut self, a: Register) -> Register {
        let minus = self.call(Primitive::Neg, &[a]);
        let (up, down) = (self.call(Primitive::Sigmoid, &[a]), self.call(Primitive::Sigmoid, &[minus]));
        self.mul(up, down)
    }

    fn choice(
        &mut self,
        cmp: Cmp,
        a: Register,
        b: Register,
        then: Option<Register>,
        other: Option<Register>,
    ) -> Option<Register> {
        if then == other {
            return then;
        }
        let zero = self.number(0.0);
        Some(self.call(Primitive::Where(cmp), &[a, b, then.unwrap_or(zero), other.unwrap_or(zero)]))
    }

    fn sum(&mut self, a: Option<Register>, b: Option<Register>) -> Option<Register> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.call(Primitive::Add, &[a, b])),
            (a, b) => a.or(b),
        }
    }

    fn mul(&mut self, a: Register, b: Register) -> Register {
        // c (b + b) is (2 c) b, exactly.
        if let (Some(factor), Some(&[left, right])) = (self.literal(a), self.args(b, Primitive::Add))
            && left == right
        {
            let twice = self.number(2.0 * factor);
            return self.mul(twice, left);
        }
        match (self.literal(a), self.literal(b)) {
            (Some(1.0), _) => b,
            (_, Some(1.0)) => a,
            (Some(-1.0), _) => self.call(Primitive::Neg, &[b]),
            (_, Some(-1.0)) => self.call(Primitive::Neg, &[a]),
            _ => self.call(Primitive::Mul, &[a, b]),
        }
    }

    /// Adds a call, in a simpler form where one is exact.
    fn call(&mut self, p: Primitive, args: &[Register]) -> Register {
        if let (Primitive::Div, [a, b]) = (p, args)
            && let Some(quotient) = self.inverse_root(*a, *b)
        {
            return quotient;
        }
        let literals: Vec<Option<f64>> = args.iter().map(|a| self.literal(*a)).collect();
        if let Some(numbers) = literals.iter().copied().collect::<Option<Vec<f64>>>()
            && let value @ f64::MIN..=f64::MAX = apply(p, &numbers, Precision::Double)
        {
            return self.number(value);
        }
        match (p, args, literals.as_slice()) {
            (Primitive::Neg, [a], _) => match self.instructions[*a].clone() {
                Instruction::Call(Primitive::Neg, inner) => return inner[0],
                Instruction::Call(Primitive::Mul, inner) => {
                    if let Some(factor) = self.literal(inner[0]) {
                        let factor = self.number(-factor);
                        return self.mul(factor, inner[1]);
                    }
                }
                _ => {}
            },
            // Exact, and a step less.
            (Primitive::Div, [a, _], [None, Some(2.0)]) => {
                if let Some(&[left, right]) = self.args(*a, Primitive::Add)
                    && left == right
                {
                    return left;
                }
                let half = self.number(0.5);
                return self.call(Primitive::Mul, &[half, *a]);
            }
            (Primitive::Pow, [_, b], [Some(E), None]) => return self.call(Primitive::Exp, &[*b]),
            (Primitive::Pow, [a, _], [_, Some(1.0)]) => return *a,
            (Primitive::Pow, [a, _], [_, Some(2.0)]) => return self.call(Primitive::Mul, &[*a, *a]),
            (Primitive::Pow, [a, _], [_, Some(0.5)]) => return self.call(Primitive::Sqrt, &[*a]),
            _ => {}
        }
        self.push(Instruction::Call(p, args.to_vec()))
    }

    /// The number at a place, if it is one.
    pub fn literal(&self, a: Register) -> Option<f64> {
        match self.instructions[a] {
            Instruction::Number(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    fn number(&mut self, value: f64) -> Register {
        self.push(Instruction::Number(value.to_bits()))
    }

    /// Adds an instruction, or finds an equal one.
    pub fn push(&mut self, instruction: Instruction) -> Register {
        if let Some(register) = self.known.get(&instruction) {
            return *register;
        }
        self.instructions.push(instruction.clone());
        self.known.insert(instruction, self.instructions.len() - 1);
        self.instructions.len() - 1
    }

    /// The calls that these results need, in the order of computation.
    pub fn needed(&self, roots: &[Register]) -> Vec<Register> {
        let mut needed = vec![false; self.instructions.len()];
        roots.iter().for_each(|r| needed[*r] = true);
        for i in (0..needed.len()).rev() {
            if let (true, Instruction::Call(_, args)) = (needed[i], &self.instructions[i]) {
                args.iter().for_each(|a| needed[*a] = true);
            }
        }
        let call = |i: &Register| needed[*i] && matches!(self.instructions[*i], Instruction::Call(_, _));
        (0..needed.len()).filter(call).collect()
    }
}

/// The hard sigmoid with x + 3 clipped, which is exact at both kinks: x/6 + 1/2 computed with a fused multiply-add is not,
/// and would take the wrong side.
fn hard_sigmoid(a: &Expr) -> Expr {
    let raised = Expr::call(Op::Min, [Expr::int(6), a.clone() + Expr::int(3)]);
    Expr::call(Op::Max, [Expr::int(0), raised]) / Expr::int(6)
}

/// The value of a constant part.
fn finite(e: &Expr) -> Result<f64> {
    match constant(e)? {
        v if v.is_finite() => Ok(v),
        at => Err(Error::NotFinite { what: format!("the constant `{e}`"), at }),
    }
}

/// Whether the derivative dies out so fast that it is 0 before its argument overflows.
fn saturates(p: Primitive) -> bool {
    use Primitive as P;
    matches!(p, P::Tanh | P::Sigmoid | P::Erf | P::Erfc | P::NormalCdf | P::NormalPdf)
}
