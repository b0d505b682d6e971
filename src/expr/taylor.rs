//! Taylor coefficients: f^(k)(x)/k! for k below any order, each step of a tape being one recurrence on the
//! coefficients of its arguments (Griewank and Walther 2008, chapter 13; Moore 1966). Saturating functions carry the
//! small companion that keeps their relative precision: tanh with sech^2, sigmoid(u) with sigmoid(-u).

use super::function::{Function, sign};
use super::tape::{Step, Tape, far_limit, max_takes_second, min_takes_second};
use crate::numeric::special as sf;

impl Tape {
    /// Fills `out[k]` with f^(k)(x)/k!. At a kink the branch that gives the value gives the derivatives; |x| and
    /// sign(x) are flat at 0.
    pub fn taylor(&self, x: f64, out: &mut [f64]) {
        match (self.steps.len() + SCRATCH) * out.len() {
            0..=64 => self.expand(x, out, &mut [0.0; 64]),
            65..=512 => self.expand(x, out, &mut [0.0; 512]),
            n => self.expand(x, out, &mut vec![0.0; n]),
        }
    }

    /// The derivative of order `k` at `x`; at an infinite `x` the limit of the derivative, where there is one.
    pub fn derivative(&self, x: f64, k: usize) -> f64 {
        let derivative = self.derivative_in_doubles(x, k);
        if derivative.is_nan() && x.is_infinite() {
            return far_limit(x, |far| self.derivative_in_doubles(far, k));
        }
        derivative
    }

    fn derivative_in_doubles(&self, x: f64, k: usize) -> f64 {
        // Factor by factor: the factorial alone overflows from 171 on.
        let scaled = |coefficient: f64| (1..=k).fold(coefficient, |product, i| product * i as f64);
        match k {
            0..8 => {
                let out = &mut [0.0; 8][..=k];
                self.taylor(x, out);
                scaled(out[k])
            }
            _ => {
                let mut out = vec![0.0; k + 1];
                self.taylor(x, &mut out);
                scaled(out[k])
            }
        }
    }

    /// The coefficients of register i are at i n, those of the scratch registers at the start.
    fn expand(&self, x: f64, out: &mut [f64], memory: &mut [f64]) {
        let n = out.len();
        if n == 0 {
            return;
        }
        let (scratch, registers) = memory.split_at_mut(SCRATCH * n);
        for (i, step) in self.steps.iter().enumerate() {
            let (before, rest) = registers.split_at_mut(i * n);
            expand_step(*step, x, before, &mut rest[..n], scratch);
        }
        match self.steps.len() {
            0 => out.fill(f64::NAN),
            last => out.copy_from_slice(&registers[(last - 1) * n..last * n]),
        }
    }
}

/// Fills `out[k]` with f^(k)(u)/k! of an elementary function, up to the first order.
pub(super) fn of_function(f: Function, u: f64, out: &mut [f64]) {
    let n = out.len().min(2);
    function(f, &[u, 1.0][..n], &mut out[..n], &mut [0.0; 2 * SCRATCH][..n * SCRATCH]);
}

/// The number of scratch registers a step may use.
pub(super) const SCRATCH: usize = 3;

/// Writes the coefficients of one step to `y`.
pub(super) fn expand_step(step: Step, x: f64, before: &[f64], y: &mut [f64], scratch: &mut [f64]) {
    let n = y.len();
    let at = |r: u32| &before[r as usize * n..][..n];
    match step {
        Step::X => {
            y.fill(0.0);
            y[0] = x;
            if let Some(slope) = y.get_mut(1) {
                *slope = 1.0;
            }
        }
        Step::Const(bits) => constant(f64::from_bits(bits), y),
        Step::Neg(a) => y.iter_mut().zip(at(a)).for_each(|(y, a)| *y = -a),
        Step::Add(a, b) => y.iter_mut().zip(at(a)).zip(at(b)).for_each(|((y, a), b)| *y = a + b),
        Step::Sub(a, b) => y.iter_mut().zip(at(a)).zip(at(b)).for_each(|((y, a), b)| *y = a - b),
        Step::Mul(a, b) => multiply(at(a), at(b), y),
        Step::Div(a, b) => divide(at(a), at(b), y),
        Step::Sqrt(a) => power(at(a), 0.5, at(a)[0].sqrt(), y),
        Step::PowInt(a, p) => integer_power(at(a), p, y, scratch),
        Step::PowReal(a, bits) => {
            let p = f64::from_bits(bits);
            power(at(a), p, at(a)[0].powf(p), y);
        }
        Step::Pow(a, b) => {
            let (logarithm, rest) = scratch.split_at_mut(n);
            let product = &mut rest[..n];
            log(at(a), at(a)[0].ln(), at(a)[0], logarithm);
            multiply(logarithm, at(b), product);
            exp(product, at(a)[0].powf(at(b)[0]), y);
            // A negative base has real powers at single exponents only.
            if at(a)[0] < 0.0 {
                y[1..].fill(f64::NAN);
            }
        }
        Step::Call(f, a) => function(f, at(a), y, scratch),
        Step::Max(a, b) => y.copy_from_slice(at(if max_takes_second(at(a)[0], at(b)[0]) { b } else { a })),
        Step::Min(a, b) => y.copy_from_slice(at(if min_takes_second(at(a)[0], at(b)[0]) { b } else { a })),
        Step::Where(cmp, a, b, then, other) => {
            y.copy_from_slice(at(if cmp.holds(at(a)[0], at(b)[0]) { then } else { other }));
        }
    }
}

fn multiply(a: &[f64], b: &[f64], y: &mut [f64]) {
    for (k, y) in y.iter_mut().enumerate() {
        *y = a[..=k].iter().zip(b[..=k].iter().rev()).map(|(a, b)| a * b).sum();
    }
}

fn divide(a: &[f64], b: &[f64], y: &mut [f64]) {
    if b[0].is_infinite() && a.iter().all(|c| c.is_finite()) {
        return y.fill(0.0);
    }
    for k in 0..y.len() {
        let known: f64 = (1..=k).map(|j| b[j] * y[k - j]).sum();
        y[k] = (a[k] - known) / b[0];
    }
}

/// The coefficient k of the primitive of w u', without its constant.
fn integral_of(w: &[f64], u: &[f64], k: usize) -> f64 {
    (1..=k).map(|j| j as f64 * u[j] * w[k - j]).sum::<f64>() / k as f64
}

/// y = e^u, its value known. Where e^u vanishes in doubles so do its derivatives, however large those of u.
fn exp(u: &[f64], value: f64, y: &mut [f64]) {
    if value == 0.0 {
        return y.fill(0.0);
    }
    y[0] = value;
    for k in 1..y.len() {
        y[k] = integral_of(y, u, k);
    }
}

/// y = log of a series with first coefficient `base` and the others those of `u`.
fn log(u: &[f64], value: f64, base: f64, y: &mut [f64]) {
    y[0] = value;
    for k in 1..y.len() {
        let known: f64 = (1..k).map(|j| j as f64 * y[j] * u[k - j]).sum();
        y[k] = (u[k] - known / k as f64) / base;
    }
}

/// y = u^p, its value known.
fn power(u: &[f64], p: f64, value: f64, y: &mut [f64]) {
    y[0] = value;
    if u[0] == 0.0 {
        // Of the simple zero c t: (c t)^p has vanishing coefficients below order p, and none above.
        let vanishing = u[1..].iter().all(|c| *c == 0.0);
        for (k, y) in y.iter_mut().enumerate().skip(1) {
            *y = if vanishing || (p > k as f64 && u[1] != 0.0) {
                0.0
            } else if u[1] > 0.0 && k == 1 {
                f64::INFINITY
            } else {
                f64::NAN
            };
        }
        return;
    }
    for k in 1..y.len() {
        let sum: f64 = (1..=k).map(|j| (p * j as f64 - (k - j) as f64) * u[j] * y[k - j]).sum();
        y[k] = sum / (k as f64 * u[0]);
    }
}

/// y = u^p by repeated squaring.
fn integer_power(u: &[f64], p: i32, y: &mut [f64], scratch: &mut [f64]) {
    let n = y.len();
    let (square, rest) = scratch.split_at_mut(n);
    let (spare, rest) = rest.split_at_mut(n);
    let product = &mut rest[..n];
    square.copy_from_slice(u);
    product.fill(0.0);
    product[0] = 1.0;
    let mut left = p.unsigned_abs();
    loop {
        if left & 1 == 1 {
            multiply(product, square, spare);
            product.copy_from_slice(spare);
        }
        left >>= 1;
        if left == 0 {
            break;
        }
        multiply(square, square, spare);
        square.copy_from_slice(spare);
    }
    if p < 0 {
        spare.fill(0.0);
        spare[0] = 1.0;
        divide(spare, product, y);
    } else {
        y.copy_from_slice(product);
    }
    y[0] = u[0].powi(p);
}

/// y = f(u)
fn function(f: Function, u: &[f64], y: &mut [f64], scratch: &mut [f64]) {
    let n = y.len();
    let value = f.value(u[0]);
    if n == 1 {
        y[0] = value;
        return;
    }
    let (s, rest) = scratch.split_at_mut(n);
    let (t, w) = rest.split_at_mut(n);
    let w = &mut w[..n];
    match f {
        Function::Exp => exp(u, value, y),
        Function::Expm1 => {
            exp(u, u[0].exp(), y);
            y[0] = value;
        }
        Function::Log => log(u, value, u[0], y),
        Function::Log1p => log(u, value, 1.0 + u[0], y),
        Function::Sin => pair(u, (value, u[0].cos()), -1.0, y, s),
        Function::Cos => pair(u, (u[0].sin(), value), -1.0, s, y),
        Function::Sinh => pair(u, (value, u[0].cosh()), 1.0, y, s),
        Function::Cosh => pair(u, (u[0].sinh(), value), 1.0, s, y),
        Function::Tan => {
            let c = u[0].cos();
            riccati(u, (value, 1.0 / (c * c)), 2.0, y, s, t);
        }
        Function::Tanh => riccati(u, (value, sf::sech2(u[0])), -2.0, y, s, t),
        Function::Sigmoid => sigmoid_pair(u, y, s, t),
        Function::Softplus => {
            sigmoid_pair(u, s, t, w);
            primitive(s, u, value, y);
        }
        Function::LogSigmoid => {
            // sigmoid(-u), the second of the pair
            sigmoid_pair(u, s, t, w);
            primitive(t, u, value, y);
        }
        Function::Erf | Function::Erfc => {
            gaussian(u, 1.0, std::f64::consts::FRAC_2_SQRT_PI * sf::gaussian(u[0]), s, t);
            primitive(t, u, value, y);
            if f == Function::Erfc {
                y[1..].iter_mut().for_each(|c| *c = -*c);
            }
        }
        Function::NormalCdf => {
            gaussian(u, 0.5, sf::phi(u[0]), s, t);
            primitive(t, u, value, y);
        }
        Function::NormalPdf => gaussian(u, 0.5, value, s, y),
        Function::Asin | Function::Acos => {
            one_plus_square(u, -1.0, w);
            power(w, -0.5, w[0].powf(-0.5), s);
            primitive(s, u, value, y);
            if f == Function::Acos {
                y[1..].iter_mut().for_each(|c| *c = -*c);
            }
        }
        Function::Acosh => {
            one_plus_square(u, -1.0, w);
            w.iter_mut().for_each(|c| *c = -*c);
            power(w, -0.5, w[0].powf(-0.5), s);
            primitive(s, u, value, y);
        }
        Function::Asinh => {
            one_plus_square(u, 1.0, w);
            power(w, -0.5, w[0].powf(-0.5), s);
            primitive(s, u, value, y);
        }
        Function::Atan | Function::Atanh => {
            one_plus_square(u, if f == Function::Atan { 1.0 } else { -1.0 }, w);
            power(w, -1.0, 1.0 / w[0], s);
            primitive(s, u, value, y);
        }
        Function::InverseRoot => {
            one_plus_square(u, 1.0, w);
            power(w, -1.5, w[0].powf(-1.5), s);
            primitive(s, u, value, y);
        }
        Function::BesselI0e => super::bessel::i0e(u, value, y, s, t),
        Function::BesselI1e => super::bessel::i1e(u, value, y, s, t),
        Function::Gamma => {
            // Of constants only, by the compiler.
            constant(value, y);
        }
        Function::Abs => {
            let side = sign(u[0]);
            y.iter_mut().zip(u).for_each(|(y, u)| *y = side * u);
        }
        Function::Sign => {
            y.fill(if value.is_nan() { f64::NAN } else { 0.0 });
            y[0] = value;
        }
    }
}

/// y = value, which is where a saturating function ends: its slope vanishes faster than the slope of u grows.
fn constant(value: f64, y: &mut [f64]) {
    y.fill(0.0);
    y[0] = value;
}

/// y with y' = w u', its value known.
fn primitive(w: &[f64], u: &[f64], value: f64, y: &mut [f64]) {
    if w.iter().all(|c| *c == 0.0) {
        return constant(value, y);
    }
    y[0] = value;
    for (k, y) in y.iter_mut().enumerate().skip(1) {
        *y = integral_of(w, u, k);
    }
}

/// s' = c u', c' = sign s u'
fn pair(u: &[f64], values: (f64, f64), sign: f64, s: &mut [f64], c: &mut [f64]) {
    (s[0], c[0]) = values;
    for k in 1..s.len() {
        (s[k], c[k]) = (integral_of(c, u, k), sign * integral_of(s, u, k));
    }
}

/// y' = q u', q' = factor y q u': tan with q = sec^2 and factor 2, tanh with q = sech^2 and factor -2.
fn riccati(u: &[f64], values: (f64, f64), factor: f64, y: &mut [f64], q: &mut [f64], product: &mut [f64]) {
    (y[0], q[0]) = values;
    if q[0] == 0.0 {
        q.fill(0.0);
        return constant(values.0, y);
    }
    for k in 1..y.len() {
        product[k - 1] = (0..k).map(|j| y[j] * q[k - 1 - j]).sum();
        (y[k], q[k]) = (integral_of(q, u, k), factor * integral_of(product, u, k));
    }
}

/// s = sigmoid(u) and t = sigmoid(-u) by s' = s t u', t' = -s t u'.
fn sigmoid_pair(u: &[f64], s: &mut [f64], t: &mut [f64], product: &mut [f64]) {
    (s[0], t[0]) = (sf::sigmoid(u[0]), sf::sigmoid(-u[0]));
    if s[0] == 0.0 || t[0] == 0.0 {
        constant(s[0], s);
        return constant(t[0], t);
    }
    for k in 1..s.len() {
        product[k - 1] = (0..k).map(|j| s[j] * t[k - 1 - j]).sum();
        s[k] = integral_of(product, u, k);
        t[k] = -s[k];
    }
}

/// y = c e^(-factor u^2), its value known; the exponent is left in `exponent`.
fn gaussian(u: &[f64], factor: f64, value: f64, exponent: &mut [f64], y: &mut [f64]) {
    multiply(u, u, exponent);
    exponent.iter_mut().for_each(|c| *c *= -factor);
    exp(exponent, value, y);
}

/// w = 1 + sign u^2, its value as (1 - u)(1 + u) where the sign is -1.
fn one_plus_square(u: &[f64], sign: f64, w: &mut [f64]) {
    multiply(u, u, w);
    w.iter_mut().for_each(|c| *c *= sign);
    w[0] = if sign > 0.0 { 1.0 + u[0] * u[0] } else { (1.0 - u[0]) * (1.0 + u[0]) };
}

#[cfg(test)]
mod tests {
    use crate::expr::reference::TAYLOR;
    use crate::expr::{Expr, Op, Tape};

    fn function(name: &str) -> Expr {
        let x = Expr::x;
        match name {
            "gelu" => x().apply(Op::Gelu),
            "silu" => x().apply(Op::Silu),
            "mish" => x().apply(Op::Mish),
            "telu" => x().apply(Op::Telu),
            "gelu_tanh" => x().apply(Op::GeluTanh),
            "tanh" => x().apply(Op::Tanh),
            "log_sigmoid" => x().apply(Op::LogSigmoid),
            "erf" => x().apply(Op::Erf),
            "erfc" => x().apply(Op::Erfc),
            "isru" => x().apply(Op::Isru),
            "softsign" => x().apply(Op::Softsign),
            "elu" => x().apply(Op::Elu),
            "elish" => x().apply(Op::Elish),
            "atan" => x().apply(Op::Atan),
            "asinh" => x().apply(Op::Asinh),
            "sin" => x().apply(Op::Sin),
            "cosh" => x().apply(Op::Cosh),
            "tan" => x().apply(Op::Tan),
            "i0e" => x().apply(Op::BesselI0e),
            "i1e" => x().apply(Op::BesselI1e),
            "crrelu" => Expr::call(Op::Max, [Expr::int(0), x()]) + x() * (-x().powi(2) / Expr::int(2)).apply(Op::Exp),
            "power" => Expr::call(Op::Pow, [Expr::int(2000) + x(), Expr::ratio(-2, 3)]),
            "inverse_cube" => x().powi(-3),
            "two_to" => Expr::call(Op::Pow, [Expr::int(2), x()]),
            "sigmoid" => x().apply(Op::Sigmoid),
            "softplus" => x().apply(Op::Softplus),
            "Phi" => x().apply(Op::NormalCdf),
            "phi" => x().apply(Op::NormalPdf),
            _ => panic!("{name} has no expression here"),
        }
    }

    /// The scaled Bessel functions lose the digits that e^-x takes from I(x), (2 x)^k units at order k below 20.
    fn tolerance(name: &str, x: f64, k: usize) -> f64 {
        match name {
            "i0e" | "i1e" if x.abs() < 20.0 => 1e-14 * (1.0 + 2.0 * x.abs()).powi(k as i32),
            _ => 2e-13,
        }
    }

    #[test]
    fn coefficients_agree_with_mpmath_in_the_tails_too() {
        let mut wrong = Vec::new();
        for (name, x, want) in TAYLOR {
            let tape = Tape::new(&function(name)).expect("compiles");
            let mut got = [0.0; 5];
            tape.taylor(*x, &mut got);
            if got[0] != tape.eval(*x) {
                wrong.push(format!("{name}({x}): eval {:e}, taylor {:e}", tape.eval(*x), got[0]));
            }
            for (k, (got, want)) in got.iter().zip(want).enumerate() {
                if (got - want).abs() > tolerance(name, *x, k) * want.abs() + 1e-300 {
                    wrong.push(format!(
                        "{name}({x}) order {k}: {got:e}, mpmath {want:e}, relative {:.1e}",
                        (got - want).abs() / want.abs()
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn saturated_functions_of_overflowing_arguments_are_flat() {
        let slope = |text: &str, x: f64| {
            let tape = Tape::new(&Expr::parse(text).expect("parses")).expect("compiles");
            let mut out = [f64::NAN; 4];
            tape.taylor(x, &mut out);
            assert!(out[2] == 0.0 && out[3] == 0.0, "{text} at {x}: {out:?}");
            out[1]
        };
        for (text, x, want) in [
            ("telu(x)", 800.0, 1.0),
            ("x*sigmoid(exp(x))", 800.0, 1.0),
            ("x*Phi(exp(x))", 800.0, 1.0),
            ("log_sigmoid(exp(x))", 800.0, 0.0),
            ("gelu(x)", 1e200, 1.0),
            ("gelu(x)", -1e200, 0.0),
            ("x*exp(-x^2/2)", 1e200, 0.0),
            ("exp(-exp(x))", 800.0, 0.0),
            ("exp(-x - exp(-x))", -800.0, 0.0),
            ("1/cosh(x)", -800.0, 0.0),
            ("x/expm1(x)", 800.0, 0.0),
        ] {
            assert_eq!(slope(text, x), want, "{text} at {x}");
        }
    }

    #[test]
    fn inverse_sines_near_zero() {
        for (op, third) in [(Op::Asin, 1.0 / 2.0), (Op::Atanh, 1.0), (Op::Acos, -1.0 / 2.0)] {
            // f''/2 = third x + ...
            let mut out = [0.0; 3];
            Tape::new(&Expr::x().apply(op)).expect("compiles").taylor(1e-9, &mut out);
            assert!((out[2] / (third * 1e-9) - 1.0).abs() < 1e-14, "{op:?}: {out:?}");
        }
    }

    #[test]
    fn any_order() {
        let mut out = [0.0; 40];
        Tape::new(&Expr::x().apply(Op::Exp)).expect("compiles").taylor(0.0, &mut out);
        let mut factorial = 1.0;
        for (k, c) in out.iter().enumerate() {
            factorial *= k.max(1) as f64;
            assert!((c * factorial - 1.0).abs() < 1e-13, "order {k}: {c:e}");
        }
        assert_eq!(Tape::new(&Expr::x().powi(9)).expect("compiles").derivative(0.0, 9), 362_880.0);
    }

    #[test]
    fn inverse_functions() {
        // f(f^-1(x)) = x to every order
        for (inverse, f, at) in [
            (Op::Asin, Op::Sin, 0.3),
            (Op::Atan, Op::Tan, -5.0),
            (Op::Acos, Op::Cos, 0.3),
            (Op::Acosh, Op::Cosh, 7.0),
            (Op::Asinh, Op::Sinh, -3.0),
            (Op::Atanh, Op::Tanh, 0.9),
            (Op::Log, Op::Exp, 0.2),
            (Op::Log1p, Op::Expm1, -0.8),
        ] {
            // Three thirds between the two, so that no rewriting cancels them.
            let e = Expr::call(Op::Div, [Expr::x().apply(inverse), Expr::int(3)]);
            let e = Expr::call(Op::Mul, [Expr::int(3), e]).apply(f);
            let mut out = [0.0; 5];
            Tape::new(&e).expect("compiles").taylor(at, &mut out);
            for (k, c) in out.iter().enumerate() {
                let want = [at, 1.0, 0.0, 0.0, 0.0][k];
                assert!((c - want).abs() < 1e-10, "{inverse:?} order {k}: {c:e}");
            }
        }
    }
}
