//! Numbers kept as sign and logarithm, for values whose parts leave the range of a double: phi(-40)/Phi(-40) is 0/0 in
//! doubles and 40.02 here.

use super::function::Function;
use super::tape::{Step, Tape, max_takes_second, min_takes_second};
use crate::numeric::special as sf;
use std::f64::consts::{LN_2, PI};

/// sign e^log, sign being -1, 0 or 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wide {
    pub sign: f64,
    pub log: f64,
}

impl Wide {
    pub const ZERO: Wide = Wide { sign: 0.0, log: f64::NEG_INFINITY };

    pub fn of(value: f64) -> Wide {
        if value == 0.0 { Wide::ZERO } else { Wide { sign: value.signum(), log: value.abs().ln() } }
    }

    pub fn positive(log: f64) -> Wide {
        Wide { sign: 1.0, log }
    }

    pub fn value(self) -> f64 {
        if self.sign == 0.0 { 0.0 } else { self.sign * self.log.exp() }
    }

    pub fn neg(self) -> Wide {
        Wide { sign: -self.sign, ..self }
    }

    pub fn times(self, other: Wide) -> Wide {
        let sign = self.sign * other.sign;
        if sign == 0.0 { Wide::ZERO } else { Wide { sign, log: self.log + other.log } }
    }

    pub fn power(self, n: f64) -> Wide {
        let odd = n.fract() == 0.0 && n % 2.0 != 0.0;
        let sign = if self.sign < 0.0 && !odd { 1.0 } else { self.sign };
        Wide { sign, log: n * self.log }
    }

    pub fn plus(self, other: Wide) -> Wide {
        if self.log.is_nan() || other.log.is_nan() {
            return NAN;
        }
        let (a, b) = if self.log >= other.log { (self, other) } else { (other, self) };
        if b.sign == 0.0 || a.sign == 0.0 {
            return a;
        }
        let ratio = a.sign * b.sign * (b.log - a.log).exp();
        // Terms that cancel leave at most the last bit: -37 is log(2^-53).
        Wide { sign: a.sign, log: a.log + ratio.ln_1p().max(-37.0) }
    }
}

const NAN: Wide = Wide { sign: f64::NAN, log: f64::NAN };

impl Tape {
    /// The value at `x`, what is NaN in doubles by way of logarithms; NaN where that is no way.
    pub(super) fn value_in_logarithms(&self, x: f64) -> f64 {
        let mut wides: Vec<Wide> = Vec::with_capacity(self.steps.len());
        let mut values: Vec<f64> = Vec::with_capacity(self.steps.len());
        for step in self.steps.iter() {
            let wide = wide(*step, x, &wides);
            let value = step.value(x, &values);
            values.push(if value.is_nan() { wide.value() } else { value });
            wides.push(wide);
        }
        values.last().copied().unwrap_or(f64::NAN)
    }
}

fn wide(step: Step, x: f64, registers: &[Wide]) -> Wide {
    let at = |r: u32| registers[r as usize];
    match step {
        Step::X => Wide::of(x),
        Step::Const(bits) => Wide::of(f64::from_bits(bits)),
        Step::Neg(a) => at(a).neg(),
        Step::Add(a, b) => at(a).plus(at(b)),
        Step::Sub(a, b) => at(a).plus(at(b).neg()),
        Step::Mul(a, b) => at(a).times(at(b)),
        Step::Div(_, b) if at(b).sign == 0.0 => NAN,
        Step::Div(a, b) => at(a).times(at(b).power(-1.0)),
        Step::Sqrt(a) if at(a).sign < 0.0 => NAN,
        Step::Sqrt(a) => at(a).power(0.5),
        Step::PowInt(a, n) if at(a).sign != 0.0 => at(a).power(f64::from(n)),
        Step::PowInt(a, n) => Wide::of(at(a).value().powi(n)),
        Step::PowReal(a, bits) if at(a).sign > 0.0 => at(a).power(f64::from_bits(bits)),
        Step::PowReal(a, bits) => Wide::of(at(a).value().powf(f64::from_bits(bits))),
        Step::Pow(a, b) if at(a).sign > 0.0 => Wide::positive(at(a).log * at(b).value()),
        Step::Pow(a, b) => Wide::of(at(a).value().powf(at(b).value())),
        Step::Call(f, a) => function(f, at(a)),
        Step::Max(a, b) => at(if max_takes_second(at(a).value(), at(b).value()) { b } else { a }),
        Step::Min(a, b) => at(if min_takes_second(at(a).value(), at(b).value()) { b } else { a }),
        Step::Where(cmp, a, b, then, other) => at(if cmp.holds(at(a).value(), at(b).value()) { then } else { other }),
    }
}

/// A function whose value may leave the range of a double; for the others the double itself will do.
fn function(f: Function, a: Wide) -> Wide {
    let u = a.value();
    match f {
        Function::Exp => Wide::positive(u),
        Function::Log if a.sign > 0.0 => Wide::of(a.log),
        Function::Abs => Wide { sign: a.sign.abs(), ..a },
        Function::NormalPdf => Wide::positive(-0.5 * u * u - 0.5 * (2.0 * PI).ln()),
        Function::NormalCdf => Wide::positive(sf::log_normal_cdf(u)),
        Function::Erfc => Wide::positive(LN_2 + sf::log_normal_cdf(-u * std::f64::consts::SQRT_2)),
        Function::Sigmoid => Wide::positive(sf::log_sigmoid(u)),
        Function::Softplus if u < -40.0 => Wide::positive(u),
        Function::Expm1 if u > 40.0 => Wide::positive(u),
        Function::Sinh | Function::Cosh if u.abs() > 40.0 => {
            let sign = if f == Function::Sinh { u.signum() } else { 1.0 };
            Wide { sign, log: u.abs() - LN_2 }
        }
        // Of an argument too small for a double, the first term of the series.
        Function::Expm1 | Function::Log1p | Function::Tanh | Function::Sinh | Function::Atan | Function::Sin
            if u == 0.0 =>
        {
            a
        }
        _ => Wide::of(f.value(u)),
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::{Expr, Tape};

    #[test]
    fn quotients_of_what_underflows_or_overflows() {
        for (text, at, want) in [
            ("phi(x)/Phi(x)", -40.0, 40.024_968_847_207_26),
            ("phi(x)*(2*phi(x) + x*Phi(x))/(x*phi(x) + Phi(x))", -50.0, 0.0),
            ("exp(2*x)/(exp(x) + 3)^2", 800.0, 1.0),
            ("x*exp(-x^2)/exp(-x^2)", 60.0, 60.0),
            ("x^5/(1 + abs(x^4))", 1e100, 1e100),
        ] {
            let got = Tape::new(&Expr::parse(text).expect("parses")).expect("compiles").eval(at);
            assert!((got - want).abs() <= 1e-12 * want.abs(), "{text} at {at}: {got:e} {want:e}");
        }
        let beside =
            [("sqrt(x) + x", -4.0), ("sqrt(x) - 1", -1.0), ("x^0.5 + exp(-x^2/2)", -1.0), ("max(log(x) + x, 0)", -1.0)];
        let alone = [("sin(x)/x", 0.0), ("log(x)", -1.0), ("sqrt(x)", -1.0), ("0/x", 0.0)];
        for (text, at) in alone.into_iter().chain(beside) {
            let got = Tape::new(&Expr::parse(text).expect("parses")).expect("compiles").eval(at);
            assert!(got.is_nan(), "{text} at {at}: {got:e}");
        }
    }
}
