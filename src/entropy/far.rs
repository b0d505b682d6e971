//! log|f(x)| and log|f'(x)| where the numbers themselves underflow: forward differentiation in logarithms.
//!
//! gelu'(-50) is 1e-542, but its logarithm is an ordinary number, and under an input with heavy tails the entropy needs it.

use crate::expr::{Expr, Node, Op, Tape, Wide, constant, stable, to_f64};
use crate::numeric::special as sf;
use std::f64::consts::{LN_2, PI};

/// f(x) and log|f'(x)|, `tape` being that of the expression.
pub(super) fn value_and_log_slope(e: &Expr, tape: &Tape, x: f64) -> (f64, f64) {
    let mut out = [0.0; 2];
    tape.taylor(x, &mut out);
    let [value, slope] = out;
    let log = if (1e-290..1e290).contains(&slope.abs()) { None } else { log_slope(e, x) };
    (value, log.unwrap_or(slope.abs().ln()))
}

/// log|f'(x)| of an expression free of branches and parameters; none where an operator has no rule here.
pub(super) fn log_slope(e: &Expr, x: f64) -> Option<f64> {
    let (_, slope) = dual(e, x, false)?;
    (slope.log.is_finite() && slope.sign != 0.0).then_some(slope.log)
}

/// The sign and log|f(x)| of the same; (1, infinity) where an operator has no rule here.
pub(super) fn log_value(e: &Expr, x: f64) -> (f64, f64) {
    dual(e, x, false).map_or((1.0, f64::INFINITY), |(value, _)| (value.sign, value.log))
}

/// The value and the derivative, as far as logarithms go; none where an operator has no rule here. What is `strict` has no
/// logarithm where terms cancel to their last digits.
pub(crate) fn dual(e: &Expr, x: f64, strict: bool) -> Option<(Wide, Wide)> {
    if let Some(n) = e.as_num() {
        return Some((Wide::of(to_f64(n)), Wide::ZERO));
    }
    if !e.has_x() {
        return Some((Wide::of(constant(e).ok()?), Wide::ZERO));
    }
    let Node::Call(op, args) = e.node() else { return Some((Wide::of(x), Wide::of(1.0))) };
    if let Some(other) = stable(*op, args).or_else(|| op.definition(args)) {
        return dual(&other, x, strict);
    }
    if let [inner] = &**args
        && matches!(inner.node(), Node::X)
        && let Some(found) = function(*op, x)
    {
        return Some(found);
    }
    let sum = |a: Wide, b: Wide| {
        let sum = a.plus(b);
        let lost = strict && sum.sign != 0.0 && sum.log < a.log.max(b.log) - LOST;
        if lost { Wide { log: f64::NAN, ..sum } } else { sum }
    };
    let (a, da) = dual(args.first()?, x, strict)?;
    let second = || args.get(1).and_then(|b| dual(b, x, strict));
    Some(match op {
        Op::Neg => (a.neg(), da.neg()),
        Op::Add => second().map(|(b, db)| (sum(a, b), sum(da, db)))?,
        Op::Sub => second().map(|(b, db)| (sum(a, b.neg()), sum(da, db.neg())))?,
        Op::Mul => second().map(|(b, db)| (a.times(b), sum(a.times(db), b.times(da))))?,
        Op::Div => {
            let (b, db) = second()?;
            let (inverse, q) = (b.power(-1.0), a.times(b.power(-1.0)));
            (q, sum(da, q.times(db).neg()).times(inverse))
        }
        Op::Sqrt => (a.power(0.5), da.times(a.power(-0.5)).times(Wide::of(0.5))),
        Op::Pow => {
            let exponent = args.get(1).filter(|b| !b.has_x())?;
            let n = exponent.as_num().map_or_else(|| constant(exponent).ok(), |n| Some(to_f64(n)))?;
            (a.power(n), a.power(n - 1.0).times(Wide::of(n)).times(da))
        }
        _ => {
            let (value, slope) = function(*op, a.value())?;
            (value, slope.times(da))
        }
    })
}

/// e^-30 is 1e-13, a thousand roundings.
const LOST: f64 = 30.0;

/// A function of one argument and its derivative.
fn function(op: Op, u: f64) -> Option<(Wide, Wide)> {
    let log_normal_pdf = || -0.5 * u * u - 0.5 * (2.0 * PI).ln();
    let log_sech = || LN_2 - u.abs() - if u.abs() > FAR { 0.0 } else { (-2.0 * u.abs()).exp().ln_1p() };
    Some(match op {
        Op::Exp => (Wide::positive(u), Wide::positive(u)),
        Op::Expm1 => (Wide::of(u.exp_m1()), Wide::positive(u)),
        Op::Sinh | Op::Cosh => {
            let log = u.abs() - LN_2;
            let (sinh, cosh) = (log + (-(-2.0 * u.abs()).exp()).ln_1p(), log + (-2.0 * u.abs()).exp().ln_1p());
            let (sinh, cosh) = (Wide { sign: u.signum(), log: sinh }, Wide::positive(cosh));
            if op == Op::Sinh { (sinh, cosh) } else { (cosh, sinh) }
        }
        Op::Log => (Wide::of(u.ln()), Wide::of(1.0 / u)),
        Op::Log1p => (Wide::of(u.ln_1p()), Wide::of(1.0 / (1.0 + u))),
        Op::Sin => (Wide::of(u.sin()), Wide::of(u.cos())),
        Op::Cos => (Wide::of(u.cos()), Wide::of(-u.sin())),
        Op::Tanh => (Wide::of(u.tanh()), Wide::positive(2.0 * log_sech())),
        Op::Atan => (Wide::of(u.atan()), Wide::positive(-2.0 * 1.0f64.hypot(u).ln())),
        Op::Asinh => (Wide::of(u.asinh()), Wide::positive(-(1.0f64.hypot(u).ln()))),
        Op::Erf => (Wide::of(libm_erf(u)), Wide::positive(-u * u + (2.0 / PI.sqrt()).ln())),
        Op::Erfc => {
            let value = Wide::positive(LN_2 + sf::log_normal_cdf(-u * std::f64::consts::SQRT_2));
            (value, Wide::positive(-u * u + (2.0 / PI.sqrt()).ln()).neg())
        }
        Op::NormalCdf => (Wide::positive(sf::log_normal_cdf(u)), Wide::positive(log_normal_pdf())),
        Op::NormalPdf => {
            let pdf = Wide::positive(log_normal_pdf());
            (pdf, pdf.times(Wide::of(-u)))
        }
        Op::Sigmoid => {
            let log = log_sigmoid(u);
            (Wide::positive(log), Wide::positive(log + log_sigmoid(-u)))
        }
        Op::LogSigmoid => (softplus(-u).neg(), Wide::positive(log_sigmoid(-u))),
        Op::Softplus => (softplus(u), Wide::positive(log_sigmoid(u))),
        _ => return None,
    })
}

/// e^-u is less than the rounding of u beyond this, and less than any double beyond 745.
const FAR: f64 = 745.0;

fn log_sigmoid(u: f64) -> f64 {
    if u.abs() > FAR { u.min(0.0) } else { sf::log_sigmoid(u) }
}

fn softplus(u: f64) -> Wide {
    if u < -40.0 { Wide::positive(u) } else { Wide::of(sf::softplus(u)) }
}

fn libm_erf(u: f64) -> f64 {
    2.0 * sf::normal_cdf(u * std::f64::consts::SQRT_2) - 1.0
}
