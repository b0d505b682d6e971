//! Taylor coefficients: f^(k)(x)/k! for k below any order, each step of a tape being one recurrence on the
//! coefficients of its arguments (Griewank and Walther 2008, chapter 13; Moore 1966). Saturating functions carry the
//! small companion that keeps their relative precision: tanh with sech^2, sigmoid(u) with sigmoid(-u).

use super::tape::{Function, Step, Tape, max_takes_second, min_takes_second, sign};
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

    /// The derivative of order `k` at `x`.
    pub fn derivative(&self, x: f64, k: usize) -> f64 {
        let factorial: f64 = (1..=k).map(|i| i as f64).product();
        match k {
            0..8 => {
                let out = &mut [0.0; 8][..=k];
                self.taylor(x, out);
                out[k] * factorial
            }
            _ => {
                let mut out = vec![0.0; k + 1];
                self.taylor(x, &mut out);
                out[k] * factorial
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

/// The number of scratch registers a step may use.
const SCRATCH: usize = 3;

/// Writes the coefficients of one step to `y`.
fn expand_step(step: Step, x: f64, before: &[f64], y: &mut [f64], scratch: &mut [f64]) {
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
        Step::Const(bits) => {
            y.fill(0.0);
            y[0] = f64::from_bits(bits);
        }
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
    for k in 0..y.len() {
        let known: f64 = (1..=k).map(|j| b[j] * y[k - j]).sum();
        y[k] = (a[k] - known) / b[0];
    }
}

/// The coefficient k of the primitive of w u', without its constant.
fn integral_of(w: &[f64], u: &[f64], k: usize) -> f64 {
    (1..=k).map(|j| j as f64 * u[j] * w[k - j]).sum::<f64>() / k as f64
}

/// y = e^u, its value known.
fn exp(u: &[f64], value: f64, y: &mut [f64]) {
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
            one_plus_square(u, -1.0, s, t, w);
            power(w, -0.5, w[0].powf(-0.5), s);
            primitive(s, u, value, y);
            if f == Function::Acos {
                y[1..].iter_mut().for_each(|c| *c = -*c);
            }
        }
        Function::Acosh => {
            one_plus_square(u, -1.0, s, t, w);
            w.iter_mut().for_each(|c| *c = -*c);
            power(w, -0.5, w[0].powf(-0.5), s);
            primitive(s, u, value, y);
        }
        Function::Asinh => {
            one_plus_square(u, 1.0, s, t, w);
            power(w, -0.5, w[0].powf(-0.5), s);
            primitive(s, u, value, y);
        }
        Function::Atan | Function::Atanh => {
            one_plus_square(u, if f == Function::Atan { 1.0 } else { -1.0 }, s, t, w);
            power(w, -1.0, 1.0 / w[0], s);
            primitive(s, u, value, y);
        }
        Function::BesselI0e => super::bessel::i0e(u, value, y, s, t),
        Function::BesselI1e => super::bessel::i1e(u, value, y, s, t),
        Function::Gamma => {
            // Of constants only, by the compiler.
            y.fill(0.0);
            y[0] = value;
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

/// y with y' = w u', its value known.
fn primitive(w: &[f64], u: &[f64], value: f64, y: &mut [f64]) {
    y[0] = value;
    for k in 1..y.len() {
        y[k] = integral_of(w, u, k);
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
    for k in 1..y.len() {
        product[k - 1] = (0..k).map(|j| y[j] * q[k - 1 - j]).sum();
        (y[k], q[k]) = (integral_of(q, u, k), factor * integral_of(product, u, k));
    }
}

/// s = sigmoid(u) and t = sigmoid(-u) by s' = s t u', t' = -s t u'.
fn sigmoid_pair(u: &[f64], s: &mut [f64], t: &mut [f64], product: &mut [f64]) {
    (s[0], t[0]) = (sf::sigmoid(u[0]), sf::sigmoid(-u[0]));
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

/// w = 1 + u^2 for sign +1, (1 - u)(1 + u) for sign -1.
fn one_plus_square(u: &[f64], sign: f64, s: &mut [f64], t: &mut [f64], w: &mut [f64]) {
    if sign > 0.0 {
        multiply(u, u, w);
        w[0] += 1.0;
        return;
    }
    s.copy_from_slice(u);
    s[0] += 1.0;
    t.iter_mut().zip(u).for_each(|(t, u)| *t = -u);
    t[0] += 1.0;
    multiply(s, t, w);
}
