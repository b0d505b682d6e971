//! Evaluation: an expression compiled once to a flat list of steps, each writing one register, shared subexpressions
//! computed once. Named activations are replaced by their definitions on the way, and a few naive forms by their
//! stable equals (see [`super::stable`]).

use super::compile::compile;
use super::function::Function;
use super::{Cmp, Expr};
use crate::error::{Error, Result};
use std::sync::Arc;

/// The place of a value: the number of the step that computes it.
pub(super) type Register = u32;

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
    /// The registers it reads.
    pub(super) fn arguments(self) -> [Option<Register>; 4] {
        match self {
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

    /// The value of this step, the values of the steps before it being in `r`.
    #[inline]
    pub(super) fn value(self, x: f64, r: &[f64]) -> f64 {
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
        Ok(Tape { steps: compile(e)? })
    }

    /// How many steps an evaluation takes, at least 1.
    pub(crate) fn length(&self) -> usize {
        self.steps.len().max(1)
    }

    /// The value at `x`; NaN outside the domain. Where parts leave the range of a double, logarithms take over; at an
    /// infinite `x` what is NaN in doubles is the limit, where there is one.
    pub fn eval(&self, x: f64) -> f64 {
        let value = self.in_doubles(x);
        match value.is_nan() {
            true if x.is_infinite() => far_limit(x, |far| self.eval(far)),
            true if x.is_finite() => self.value_in_logarithms(x),
            _ => value,
        }
    }

    /// The value as any program would compute it step by step, NaN where a part leaves the range of a double.
    pub(crate) fn in_doubles(&self, x: f64) -> f64 {
        match self.steps.len() {
            0..=16 => self.run(x, &mut [0.0; 16]),
            17..=128 => self.run(x, &mut [0.0; 128]),
            n => self.run(x, &mut vec![0.0; n]),
        }
    }

    /// Whether there is no value at `x` while there are close by, as that of sin(x)/x at 0.
    pub(crate) fn has_gap(&self, x: f64) -> bool {
        let step = 1e-9 * x.abs().max(1e-3);
        self.eval(x).is_nan() && self.eval(x - step).is_finite() && self.eval(x + step).is_finite()
    }

    /// The value of one register at `x`.
    pub(super) fn register(&self, r: Register, x: f64) -> f64 {
        let mut registers = vec![0.0; self.steps.len()];
        self.run(x, &mut registers);
        registers[r as usize]
    }

    /// Whether something on the way to the value at `x` is infinite, so that the value may be off.
    pub(crate) fn overflows(&self, x: f64) -> bool {
        let mut registers = vec![0.0; self.steps.len()];
        self.run(x, &mut registers);
        registers.iter().any(|r| r.is_infinite())
    }

    /// Whether f has a value at `x` as its formula says: no step on the way is infinite or undefined, branches of `where` that
    /// are not taken left aside.
    pub(crate) fn defined(&self, x: f64) -> bool {
        let mut registers = vec![0.0; self.steps.len()];
        self.run(x, &mut registers);
        let mut open: Vec<Register> = (self.steps.len() as Register).checked_sub(1).into_iter().collect();
        let mut seen = vec![false; self.steps.len()];
        while let Some(r) = open.pop() {
            let at = |i: Register| registers[i as usize];
            if std::mem::replace(&mut seen[r as usize], true) {
                continue;
            }
            if !at(r).is_finite() {
                return false;
            }
            match self.steps[r as usize] {
                Step::Where(cmp, a, b, then, other) => {
                    open.extend([a, b, if cmp.holds(at(a), at(b)) { then } else { other }]);
                }
                step => open.extend(step.arguments().into_iter().flatten()),
            }
        }
        !self.steps.is_empty()
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

/// The limit of `f` at an infinite `end`, read off points far out; NaN where they do not agree on one.
pub(super) fn far_limit(end: f64, f: impl Fn(f64) -> f64) -> f64 {
    let far = [1e10, 3e20, 7e50, 1.3e100, 2.9e150, 1.7e200, 1.1e250, 1e300, 1.7e308];
    let values = far.map(|x: f64| f(x.copysign(end)));
    let [.., before, last] = values;
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
    let all = |holds: fn(&[f64]) -> bool| values.windows(2).all(holds);
    if values.iter().any(|v| v.is_nan()) {
        f64::NAN
    } else if near(before, last) && near(values[6], last) {
        last
    } else if all(|w| w[0] * w[1] > 0.0 && w[1].abs() > 1e3 * w[0].abs() || w[0] == w[1] && w[0].is_infinite()) {
        f64::INFINITY.copysign(last)
    } else if all(|w| 1e3 * w[1].abs() < w[0].abs() || w == [0.0; 2]) {
        0.0
    } else {
        f64::NAN
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Op;

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
    fn quotients_of_exponentials_do_not_overflow() {
        for (text, at, want) in [
            ("x*exp(x)/(1 + exp(x))", 1000.0, 1000.0),
            ("exp(x)*x/(exp(x) + 1)", 1000.0, 1000.0),
            ("-2*exp(x)/(1 + exp(x))", 1000.0, -2.0),
            ("x*exp(x)/(1 + exp(x))^2", 1000.0, 0.0),
            ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", -800.0, -1.0),
            ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", 1e-9, 1e-9),
            ("(exp(2*x) - 1)/(exp(2*x) + 1)", 800.0, 1.0),
            ("expm1(2*x)/(1 + exp(2*x))", 800.0, 1.0),
            ("(1 - exp(-2*x))/(1 + exp(-2*x))", -800.0, -1.0),
            ("(1 - exp(-2*x))/(1 + exp(-2*x))", 1e-9, 1e-9),
            ("1/(1 + exp(-1.702*x))", -800.0, 0.0),
        ] {
            let got = tape(&Expr::parse(text).expect("parses")).eval(at);
            assert!((got - want).abs() <= 4e-15 * want.abs(), "{text} at {at}: {got:e} {want:e}");
        }
    }

    #[test]
    fn infinite_arguments_give_limits() {
        let inf = f64::INFINITY;
        for (text, at, want, slope) in [
            ("x*exp(-x^2/2)", inf, 0.0, 0.0),
            ("x*exp(-x^2/2)", -inf, 0.0, 0.0),
            ("max(0,x) + 0.01*x*exp(-x^2/2)", inf, inf, 1.0),
            ("gelu(x)", -inf, 0.0, 0.0),
            ("mish(x)", -inf, 0.0, 0.0),
            ("x/(1 + abs(x))", -inf, -1.0, 0.0),
            ("x/sqrt(1 + 4*x^2)", inf, 0.5, 0.0),
            ("x*exp(x)", inf, inf, inf),
        ] {
            let t = tape(&Expr::parse(text).expect("parses"));
            assert_eq!((t.eval(at), t.derivative(at, 1)), (want, slope), "{text} at {at}");
        }
        for text in ["sin(x)", "x*sin(x)", "sin(x)/x + cos(x)"] {
            assert!(tape(&Expr::parse(text).expect("parses")).eval(inf).is_nan(), "{text}");
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
    fn deep_trees() {
        for op in [Op::Exp, Op::Tanh, Op::Mish, Op::Relu, Op::HardSwish, Op::Elish] {
            let mut e = Expr::x();
            for _ in 0..crate::expr::MAX_DEPTH {
                e = e.apply(op);
            }
            assert!(!tape(&e).steps.is_empty());
        }
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
