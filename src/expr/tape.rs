//! Evaluation: an expression compiled once to a flat list of steps, each writing one register, shared subexpressions
//! computed once. Named activations are replaced by their definitions on the way, and a few naive forms by their
//! stable equals (see [`super::stable`]).

use super::stable::stable;
use super::{Cmp, Expr, Node, Op, to_f64};
use crate::error::{Error, Result};
use crate::numeric::special as sf;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use std::collections::HashMap;
use std::sync::Arc;

/// The place of a value: the number of the step that computes it.
pub(super) type Register = u32;

/// A smooth function of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Function {
    Exp,
    Expm1,
    Log,
    Log1p,
    Sin,
    Cos,
    Tan,
    Sinh,
    Cosh,
    Tanh,
    Asin,
    Acos,
    Atan,
    Asinh,
    Acosh,
    Atanh,
    Erf,
    Erfc,
    NormalCdf,
    NormalPdf,
    Sigmoid,
    LogSigmoid,
    Softplus,
    BesselI0e,
    BesselI1e,
    Gamma,
    Abs,
    Sign,
}

impl Function {
    /// The value at a point.
    pub(super) fn value(self, a: f64) -> f64 {
        match self {
            Function::Exp => a.exp(),
            Function::Expm1 => a.exp_m1(),
            Function::Log => a.ln(),
            Function::Log1p => a.ln_1p(),
            Function::Sin => a.sin(),
            Function::Cos => a.cos(),
            Function::Tan => a.tan(),
            Function::Sinh => a.sinh(),
            Function::Cosh => a.cosh(),
            Function::Tanh => a.tanh(),
            Function::Asin => a.asin(),
            Function::Acos => a.acos(),
            Function::Atan => a.atan(),
            Function::Asinh => a.asinh(),
            Function::Acosh => a.acosh(),
            Function::Atanh => a.atanh(),
            Function::Erf => libm::erf(a),
            Function::Erfc => libm::erfc(a),
            Function::NormalCdf => sf::normal_cdf(a),
            Function::NormalPdf => sf::phi(a),
            Function::Sigmoid => sf::sigmoid(a),
            Function::LogSigmoid => sf::log_sigmoid(a),
            Function::Softplus => sf::softplus(a),
            Function::BesselI0e => sf::bessel_i0e(a),
            Function::BesselI1e => sf::bessel_i1e(a),
            Function::Gamma => sf::gamma_fn(a),
            Function::Abs => a.abs(),
            Function::Sign => sign(a),
        }
    }
}

/// -1, 0 or 1; NaN of NaN.
pub(super) fn sign(a: f64) -> f64 {
    if a == 0.0 || a.is_nan() { a } else { a.signum() }
}

/// One step of a tape. Doubles are kept as bits so that equal steps can be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    X,
    Const(u64),
    Neg(Register),
    Add(Register, Register),
    Sub(Register, Register),
    Mul(Register, Register),
    Div(Register, Register),
    Sqrt(Register),
    PowInt(Register, i32),
    PowReal(Register, u64),
    Pow(Register, Register),
    Call(Function, Register),
    Max(Register, Register),
    Min(Register, Register),
    Where(Cmp, Register, Register, Register, Register),
}

/// Whether max(a, b) is its second argument. A tie takes the first; NaN in either comes through.
pub(super) fn max_takes_second(a: f64, b: f64) -> bool {
    b > a || b.is_nan()
}

/// Whether min(a, b) is its second argument.
pub(super) fn min_takes_second(a: f64, b: f64) -> bool {
    b < a || b.is_nan()
}

impl Step {
    /// The value of this step, the values of the steps before it being in `r`.
    #[inline]
    fn value(self, x: f64, r: &[f64]) -> f64 {
        let at = |i: Register| r[i as usize];
        match self {
            Step::X => x,
            Step::Const(bits) => f64::from_bits(bits),
            Step::Neg(a) => -at(a),
            Step::Add(a, b) => at(a) + at(b),
            Step::Sub(a, b) => at(a) - at(b),
            Step::Mul(a, b) => at(a) * at(b),
            Step::Div(a, b) => at(a) / at(b),
            Step::Sqrt(a) => at(a).sqrt(),
            Step::PowInt(a, n) => at(a).powi(n),
            Step::PowReal(a, p) => at(a).powf(f64::from_bits(p)),
            Step::Pow(a, b) => at(a).powf(at(b)),
            Step::Call(f, a) => f.value(at(a)),
            Step::Max(a, b) => at(if max_takes_second(at(a), at(b)) { b } else { a }),
            Step::Min(a, b) => at(if min_takes_second(at(a), at(b)) { b } else { a }),
            Step::Where(cmp, a, b, then, other) => at(if cmp.holds(at(a), at(b)) { then } else { other }),
        }
    }
}

/// An expression ready for evaluation.
#[derive(Debug, Clone)]
pub struct Tape {
    pub(super) steps: Arc<[Step]>,
}

impl Tape {
    /// Compiles an expression.
    ///
    /// # Errors
    /// [`Error::ParameterWithoutValue`] where a parameter is left, [`Error::Unsupported`] for gamma of `x`.
    pub fn new(e: &Expr) -> Result<Tape> {
        let mut compiler = Compiler::default();
        let root = compiler.expr(e)?;
        Ok(Tape { steps: compiler.live(root).into() })
    }

    /// The value at `x`; NaN outside the domain.
    pub fn eval(&self, x: f64) -> f64 {
        match self.steps.len() {
            0..=16 => self.run(x, &mut [0.0; 16]),
            17..=128 => self.run(x, &mut [0.0; 128]),
            n => self.run(x, &mut vec![0.0; n]),
        }
    }

    fn run(&self, x: f64, registers: &mut [f64]) -> f64 {
        let mut last = f64::NAN;
        for (i, step) in self.steps.iter().enumerate() {
            last = step.value(x, registers);
            registers[i] = last;
        }
        last
    }
}

/// The value of an expression without `x`.
///
/// # Errors
/// [`Error::Unsupported`] where `x` occurs, [`Error::ParameterWithoutValue`] where a parameter is left.
pub fn constant(e: &Expr) -> Result<f64> {
    let tape = Tape::new(e)?;
    if tape.steps.iter().any(|s| matches!(s, Step::X)) {
        return Err(Error::Unsupported("a constant was expected here, without x".to_owned()));
    }
    Ok(tape.eval(f64::NAN))
}

/// Lays the steps of an expression out.
#[derive(Default)]
struct Compiler {
    steps: Vec<Step>,
    /// The register of each step already laid out.
    known: HashMap<Step, Register>,
    /// The register of each node already met, by address; the expression is kept so that the address stays its own.
    seen: HashMap<*const Node, (Expr, Register)>,
}

impl Compiler {
    fn expr(&mut self, e: &Expr) -> Result<Register> {
        let key = Arc::as_ptr(&e.0);
        if let Some((_, register)) = self.seen.get(&key) {
            return Ok(*register);
        }
        let register = match e.node() {
            Node::Num(n) => self.number(to_f64(n)),
            Node::Pi => self.number(std::f64::consts::PI),
            Node::E => self.number(std::f64::consts::E),
            Node::X => self.push(Step::X),
            Node::Param(name) => return Err(Error::ParameterWithoutValue { name: name.to_string() }),
            Node::Call(op, args) => match stable(*op, args).or_else(|| op.definition(args)) {
                Some(other) => self.expr(&other)?,
                None => self.call(*op, args)?,
            },
        };
        self.seen.insert(key, (e.clone(), register));
        Ok(register)
    }

    fn call(&mut self, op: Op, args: &[Expr]) -> Result<Register> {
        if let (Op::Pow, [base, exponent]) = (op, args) {
            return self.power(base, exponent);
        }
        let mut r: [Register; 4] = [0; 4];
        for (slot, a) in r.iter_mut().zip(args) {
            *slot = self.expr(a)?;
        }
        let [a, b, c, d] = r;
        let step = match op {
            Op::Add => Step::Add(a, b),
            Op::Sub => Step::Sub(a, b),
            Op::Mul => Step::Mul(a, b),
            Op::Div => Step::Div(a, b),
            Op::Neg => Step::Neg(a),
            Op::Sqrt => Step::Sqrt(a),
            Op::Max => Step::Max(a, b),
            Op::Min => Step::Min(a, b),
            Op::Where(cmp) => Step::Where(cmp, a, b, c, d),
            _ => match function(op) {
                Some(f) => Step::Call(f, a),
                None => return Err(Error::Unsupported(format!("`{}` cannot be evaluated", op.name()))),
            },
        };
        if let Step::Call(Function::Gamma, a) = step {
            if !matches!(self.steps[a as usize], Step::Const(_)) {
                return Err(Error::Unsupported("gamma is for constants, not for functions of x".to_owned()));
            }
        }
        Ok(self.push(step))
    }

    fn power(&mut self, base: &Expr, exponent: &Expr) -> Result<Register> {
        if matches!(base.node(), Node::E) {
            let a = self.expr(exponent)?;
            return Ok(self.push(Step::Call(Function::Exp, a)));
        }
        let a = self.expr(base)?;
        if let Some(n) = exponent.as_num() {
            return Ok(self.rational_power(a, n));
        }
        let b = self.expr(exponent)?;
        Ok(match self.steps[b as usize] {
            Step::Const(p) => match f64::from_bits(p) {
                n if n.fract() == 0.0 && n.abs() < 1e9 => self.push(Step::PowInt(a, n as i32)),
                _ => self.push(Step::PowReal(a, p)),
            },
            _ => self.push(Step::Pow(a, b)),
        })
    }

    fn rational_power(&mut self, a: Register, n: &BigRational) -> Register {
        if *n.denom() == BigInt::from(2) && n.numer().abs() == BigInt::from(1) {
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
        let constants: Option<Vec<f64>> = arguments(step)
            .into_iter()
            .flatten()
            .map(|r| match self.steps[r as usize] {
                Step::Const(bits) => Some(f64::from_bits(bits)),
                _ => None,
            })
            .collect();
        let step = match (step, constants) {
            (Step::X | Step::Const(_), _) | (_, None) => step,
            (_, Some(values)) => {
                let mut places = 0..;
                let local = renumbered(step, |_| places.next().unwrap_or(0));
                Step::Const(local.value(f64::NAN, &values).to_bits())
            }
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
                arguments(self.steps[i]).into_iter().flatten().for_each(|r| needed[r as usize] = true);
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

/// The registers a step reads.
fn arguments(step: Step) -> [Option<Register>; 4] {
    match step {
        Step::X | Step::Const(_) => [None; 4],
        Step::Neg(a) | Step::Sqrt(a) | Step::PowInt(a, _) | Step::PowReal(a, _) | Step::Call(_, a) => {
            [Some(a), None, None, None]
        }
        Step::Add(a, b)
        | Step::Sub(a, b)
        | Step::Mul(a, b)
        | Step::Div(a, b)
        | Step::Pow(a, b)
        | Step::Max(a, b)
        | Step::Min(a, b) => [Some(a), Some(b), None, None],
        Step::Where(_, a, b, c, d) => [Some(a), Some(b), Some(c), Some(d)],
    }
}

/// A step that reads other registers, asked for in the order of [`arguments`].
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

/// The function of an elementary operator of one argument.
fn function(op: Op) -> Option<Function> {
    Some(match op {
        Op::Exp => Function::Exp,
        Op::Expm1 => Function::Expm1,
        Op::Log => Function::Log,
        Op::Log1p => Function::Log1p,
        Op::Sin => Function::Sin,
        Op::Cos => Function::Cos,
        Op::Tan => Function::Tan,
        Op::Sinh => Function::Sinh,
        Op::Cosh => Function::Cosh,
        Op::Tanh => Function::Tanh,
        Op::Asin => Function::Asin,
        Op::Acos => Function::Acos,
        Op::Atan => Function::Atan,
        Op::Asinh => Function::Asinh,
        Op::Acosh => Function::Acosh,
        Op::Atanh => Function::Atanh,
        Op::Erf => Function::Erf,
        Op::Erfc => Function::Erfc,
        Op::NormalCdf => Function::NormalCdf,
        Op::NormalPdf => Function::NormalPdf,
        Op::Sigmoid => Function::Sigmoid,
        Op::LogSigmoid => Function::LogSigmoid,
        Op::Softplus => Function::Softplus,
        Op::BesselI0e => Function::BesselI0e,
        Op::BesselI1e => Function::BesselI1e,
        Op::Gamma => Function::Gamma,
        Op::Abs => Function::Abs,
        Op::Sign => Function::Sign,
        Op::Add
        | Op::Sub
        | Op::Mul
        | Op::Div
        | Op::Pow
        | Op::Neg
        | Op::Sqrt
        | Op::Max
        | Op::Min
        | Op::Where(_)
        | Op::SumN
        | Op::ProdN
        | Op::Square
        | Op::Reciprocal
        | Op::MaxN
        | Op::MinN
        | Op::Identity
        | Op::Zero
        | Op::One
        | Op::Relu
        | Op::LeakyRelu
        | Op::Elu
        | Op::Selu
        | Op::Celu
        | Op::Gelu
        | Op::GeluTanh
        | Op::Silu
        | Op::Mish
        | Op::Telu
        | Op::Softsign
        | Op::HardSigmoid
        | Op::HardTanh
        | Op::HardSwish
        | Op::Elish
        | Op::Isru => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape(e: &Expr) -> Tape {
        Tape::new(e).expect("compiles")
    }

    #[test]
    fn shares_and_folds() {
        let e = Expr::x().apply(Op::Gelu) + Expr::x().apply(Op::NormalCdf) * Expr::pi().apply(Op::Sin);
        let t = tape(&e);
        assert_eq!(t.steps.iter().filter(|s| matches!(s, Step::Call(..))).count(), 1);
        assert!((t.eval(1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
    }

    #[test]
    fn nested_activations_stay_small() {
        let mut e = Expr::x();
        for _ in 0..60 {
            e = e.apply(Op::Mish);
        }
        assert!(tape(&e).steps.len() < 300);
    }

    #[test]
    fn naive_texts_keep_their_digits() {
        let one = || Expr::int(1);
        let x = Expr::x;
        for (e, at, want) in [
            (one() - x().apply(Op::Sigmoid), 40.0, 4.248_354_255_291_589e-18),
            (one() - x().apply(Op::NormalCdf), 10.0, 7.619_853_024_160_526e-24),
            (one() / (one() + (-x()).apply(Op::Exp)), -800.0, 0.0),
            (x().apply(Op::Exp) / (one() + x().apply(Op::Exp)), 800.0, 1.0),
            ((one() + x().apply(Op::Exp)).apply(Op::Log), 800.0, 800.0),
            ((one() - x().apply(Op::Sigmoid)).apply(Op::Log), 800.0, -800.0),
            (one() - x().apply(Op::Tanh).powi(2), 20.0, 1.699_341_702_116_635_5e-17),
        ] {
            let got = tape(&e).eval(at);
            assert!((got - want).abs() <= 4e-15 * want.abs(), "{e:?} at {at}: {got:e} {want:e}");
        }
    }

    #[test]
    fn parameters_and_gamma_are_refused() {
        assert_eq!(
            Tape::new(&(Expr::param("a") * Expr::x())).err(),
            Some(Error::ParameterWithoutValue { name: "a".into() })
        );
        assert!(Tape::new(&Expr::x().apply(Op::Gamma)).is_err());
        assert!(constant(&Expr::x()).is_err());
        assert_eq!(constant(&Expr::int(5).apply(Op::Gamma)), Ok(24.0));
    }

    #[test]
    fn branches() {
        let relu = tape(&Expr::x().apply(Op::Relu));
        assert_eq!((relu.derivative(0.0, 1), relu.eval(f64::NAN).is_nan()), (0.0, true));
        let guarded = Expr::call(Op::Where(Cmp::Gt), [Expr::x(), Expr::int(0), Expr::x().apply(Op::Log), Expr::int(7)]);
        assert_eq!((tape(&guarded).eval(-1.0), tape(&guarded).derivative(-1.0, 2)), (7.0, 0.0));
    }

    #[test]
    #[ignore = "a timing, run by hand"]
    fn timing() {
        for (name, op) in [("gelu", Op::Gelu), ("mish", Op::Mish), ("gelu_tanh", Op::GeluTanh), ("elu", Op::Elu)] {
            let t = tape(&Expr::x().apply(op));
            let clock = std::time::Instant::now();
            let sum: f64 = (0..1_000_000).map(|i| t.eval(i as f64 * 1e-5 - 5.0)).sum();
            let eval = clock.elapsed().as_nanos() as f64 * 1e-6;
            let clock = std::time::Instant::now();
            let mut out = [0.0; 4];
            let mut total = 0.0;
            for i in 0..1_000_000 {
                t.taylor(i as f64 * 1e-5 - 5.0, &mut out);
                total += out[3];
            }
            println!(
                "{name}: eval {eval:.1} ns, taylor to order 3 {:.1} ns ({sum} {total})",
                clock.elapsed().as_nanos() as f64 * 1e-6
            );
        }
    }
}
