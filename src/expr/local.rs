//! An expression around one point p: of each step its Laurent series in t = x - p, where it has one. Differences that vanish
//! at p do so in the series and not by rounding, so that sin(x)/x has its value and all its derivatives beside 0 and at 0,
//! and log|x - 1| can be followed to t = 1e-300. What has no series (log t, exp(1/t), sqrt t) is evaluated at p + t, from
//! the series of its arguments.

use super::Tape;
use super::function::Function;
use super::tape::Step;
use super::taylor::{SCRATCH, expand_step};

/// Coefficients of a series.
const TERMS: usize = 32;
/// A sum this much smaller than its terms, and a value this much smaller than the rounding of its argument makes it, is 0.
const NOTHING: f64 = 16.0 * f64::EPSILON;
/// Of the largest term, what those left out may be.
const NEGLIGIBLE: f64 = 1e-18;

/// t^low (c0 + c1 t + ...), c0 not 0; without coefficients the function 0.
#[derive(Debug, Clone)]
struct Series {
    low: i32,
    c: Vec<f64>,
}

/// An expression around a point.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    at: f64,
    steps: std::sync::Arc<[Step]>,
    series: Vec<Option<Series>>,
    radius: f64,
    singular: bool,
    undefined: bool,
}

impl Series {
    fn new(low: i32, c: Vec<f64>) -> Series {
        match c.iter().position(|c| *c != 0.0) {
            Some(zeros) => Series { low: low + zeros as i32, c: c[zeros..].to_vec() },
            None => Series { low: 0, c: Vec::new() },
        }
    }

    fn constant(value: f64) -> Series {
        let mut c = vec![0.0; TERMS];
        c[0] = value;
        Series::new(0, c)
    }

    fn plus(&self, other: &Series, sign: f64) -> Series {
        let signed = || Series { low: other.low, c: other.c.iter().map(|c| sign * c).collect() };
        if self.c.is_empty() || other.c.is_empty() {
            return if self.c.is_empty() { signed() } else { self.clone() };
        }
        let low = self.low.min(other.low);
        let end = (self.low + self.c.len() as i32).min(other.low + other.c.len() as i32);
        let term =
            |s: &Series, k: i32| usize::try_from(k - s.low).ok().and_then(|k| s.c.get(k)).copied().unwrap_or(0.0);
        let sum = |k: i32| {
            let (a, b) = (term(self, k), sign * term(other, k));
            if (a + b).abs() <= NOTHING * (a.abs() + b.abs()) { 0.0 } else { a + b }
        };
        Series::new(low, (low..end).map(sum).collect())
    }

    fn times(&self, other: &Series) -> Series {
        let n = self.c.len().min(other.c.len());
        let term = |k: usize| (0..=k).map(|j| self.c[j] * other.c[k - j]).sum();
        Series::new(self.low + other.low, (0..n).map(term).collect())
    }

    /// None by 0.
    fn over(&self, other: &Series) -> Option<Series> {
        let lead = *other.c.first()?;
        let n = self.c.len().min(other.c.len());
        let mut c = vec![0.0; n];
        for k in 0..n {
            let known: f64 = (1..=k).map(|j| other.c[j] * c[k - j]).sum();
            c[k] = (self.c[k] - known) / lead;
        }
        Some(Series::new(self.low - other.low, c))
    }

    fn power(&self, p: i32) -> Option<Series> {
        let factor = if p < 0 { Series::constant(1.0).over(self)? } else { self.clone() };
        let (mut square, mut product, mut left) = (factor, Series::constant(1.0), p.unsigned_abs());
        while left > 0 {
            if left & 1 == 1 {
                product = product.times(&square);
            }
            square = square.times(&square);
            left >>= 1;
        }
        Some(product)
    }

    /// As Taylor coefficients, where there is no pole.
    fn taylor(&self) -> Option<Vec<f64>> {
        if self.c.is_empty() {
            return Some(vec![0.0; TERMS]);
        }
        let zeros = usize::try_from(self.low).ok()?;
        Some([vec![0.0; zeros], self.c.clone()].concat())
    }

    /// The Taylor coefficients at t.
    fn expand(&self, t: f64, out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (k, c) in self.c.iter().enumerate().rev().filter(|(_, c)| **c != 0.0) {
                let power = self.low + k as i32;
                let binomial: f64 = (0..j as i32).map(|i| f64::from(power - i) / f64::from(i + 1)).product();
                if binomial != 0.0 {
                    sum += c * binomial * t.powi(power - j as i32);
                }
            }
            *out = sum;
        }
    }

    /// The largest 2^-k at which the terms left out do not count.
    fn radius(&self) -> f64 {
        let size = |r: f64, k: usize| self.c[k].abs() * r.powi(k as i32);
        let good = |r: &f64| {
            let all = (0..self.c.len()).map(|k| size(*r, k)).fold(0.0, f64::max);
            let last = (self.c.len().saturating_sub(4)..self.c.len()).map(|k| size(*r, k)).fold(0.0, f64::max);
            self.c.len() > TERMS / 2 && last <= NEGLIGIBLE * all || self.c.is_empty()
        };
        std::iter::successors(Some(1.0), |r| Some(0.5 * r)).take(40).find(good).unwrap_or(0.0)
    }
}

impl Local {
    /// The series of each step around a point.
    pub(crate) fn new(tape: &Tape, at: f64) -> Local {
        let mut local =
            Local { at, steps: tape.steps.clone(), series: Vec::new(), radius: 1.0, singular: false, undefined: false };
        for step in tape.steps.iter() {
            let series = local.step(*step);
            let series = series.filter(|s| s.c.iter().all(|c| c.is_finite()));
            local.undefined |= local.no_value(*step);
            local.singular |= series.is_none() || local.undefined;
            local.radius = local.radius.min(series.as_ref().map_or(1.0, Series::radius));
            local.series.push(series);
        }
        local
    }

    /// Where it is.
    pub(crate) fn at(&self) -> f64 {
        self.at
    }

    /// How far the series reach.
    pub(crate) fn radius(&self) -> f64 {
        self.radius
    }

    /// Whether a step has no value or no Taylor series at the point.
    pub(crate) fn singular(&self) -> bool {
        self.singular
    }

    /// Whether a step has no value at the point.
    pub(crate) fn undefined(&self) -> bool {
        self.undefined
    }

    /// The lowest power of t and its coefficient, where the whole has a Laurent series.
    pub(crate) fn leading(&self) -> Option<(i32, f64)> {
        let series = self.series.last()?.as_ref()?;
        Some((series.low, series.c.first().copied().unwrap_or(0.0)))
    }

    /// Whether the whole has a Taylor series.
    pub(crate) fn analytic(&self) -> bool {
        self.radius > 0.0 && self.leading().is_some_and(|(low, _)| low >= 0)
    }

    fn no_value(&self, step: Step) -> bool {
        let vanishes = |r: u32| self.series[r as usize].as_ref().is_some_and(|s| s.low > 0 || s.c.is_empty());
        match step {
            Step::Div(_, b) => vanishes(b),
            Step::PowInt(a, p) => p < 0 && vanishes(a),
            Step::PowReal(a, p) => f64::from_bits(p) < 0.0 && vanishes(a),
            Step::Call(Function::Log, a) => vanishes(a),
            _ => false,
        }
    }

    fn step(&self, step: Step) -> Option<Series> {
        let at = |r: u32| self.series[r as usize].as_ref();
        match step {
            Step::X => {
                let mut c = vec![0.0; TERMS];
                (c[0], c[1]) = (self.at, 1.0);
                Some(Series::new(0, c))
            }
            Step::Const(bits) => Some(Series::constant(f64::from_bits(bits))),
            Step::Neg(a) => Some(Series { low: at(a)?.low, c: at(a)?.c.iter().map(|c| -c).collect() }),
            Step::Add(a, b) => Some(at(a)?.plus(at(b)?, 1.0)),
            Step::Sub(a, b) => Some(at(a)?.plus(at(b)?, -1.0)),
            Step::Mul(a, b) => Some(at(a)?.times(at(b)?)),
            Step::Div(a, b) => at(a)?.over(at(b)?),
            Step::PowInt(a, p) => at(a)?.power(p),
            Step::Sqrt(a) | Step::PowReal(a, _) => self.composed(step, &[a]),
            Step::Call(function, a) => {
                let mut composed = self.composed(step, &[a])?;
                let inner = at(a)?.taylor()?[0];
                let mut values = [0.0; 2];
                super::taylor::of_function(function, inner, &mut values);
                if composed.low == 0 && values[0].abs() <= NOTHING * (inner * values[1]).abs() {
                    composed.c[0] = 0.0;
                    composed = Series::new(0, composed.c);
                }
                Some(composed)
            }
            Step::Pow(a, b) => self.composed(step, &[a, b]),
            Step::Max(..) | Step::Min(..) | Step::Where(..) => None,
        }
    }

    /// A step by its recurrence, of arguments that have Taylor series.
    fn composed(&self, step: Step, arguments: &[u32]) -> Option<Series> {
        let taylor = |r: &u32| self.series[*r as usize].as_ref()?.taylor();
        let inner = arguments.iter().map(taylor).collect::<Option<Vec<_>>>()?;
        let n = inner.iter().map(Vec::len).min()?.min(TERMS);
        let mut before = vec![0.0; self.series.len() * n];
        for (r, c) in arguments.iter().zip(&inner) {
            before[*r as usize * n..][..n].copy_from_slice(&c[..n]);
        }
        let mut y = vec![0.0; n];
        expand_step(step, self.at, &before, &mut y, &mut vec![0.0; SCRATCH * n]);
        y.iter().all(|c| c.is_finite()).then(|| Series::new(0, y))
    }

    /// Fills `out[k]` with f^(k)/k! at p + t, at p itself where there is a Taylor series.
    pub(crate) fn taylor(&self, t: f64, out: &mut [f64]) {
        if let Some(Some(series)) = self.series.last() {
            return series.expand(t, out);
        }
        let n = out.len();
        let mut registers = vec![0.0; self.steps.len() * n];
        let mut scratch = vec![0.0; SCRATCH * n];
        for (i, (step, series)) in self.steps.iter().zip(&self.series).enumerate() {
            let (before, rest) = registers.split_at_mut(i * n);
            match series {
                Some(series) => series.expand(t, &mut rest[..n]),
                None => expand_step(*step, self.at + t, before, &mut rest[..n], &mut scratch),
            }
        }
        out.copy_from_slice(&registers[(self.steps.len() - 1) * n..]);
    }
}

#[cfg(test)]
mod tests {
    use super::Local;
    use crate::expr::{Expr, Tape};

    fn local(text: &str, at: f64) -> Local {
        Local::new(&Tape::new(&Expr::parse(text).expect("parses")).expect("compiles"), at)
    }

    #[test]
    fn series_through_removable_singularities() {
        for (text, at, want) in [
            ("sin(x)/x", 0.0, [1.0, 0.0, -1.0 / 6.0, 0.0, 1.0 / 120.0]),
            ("expm1(x)/x", 0.0, [1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0]),
            ("x/tanh(x)", 0.0, [1.0, 0.0, 1.0 / 3.0, 0.0, -1.0 / 45.0]),
            ("(x^2 - 1)/(x - 1)", 1.0, [2.0, 1.0, 0.0, 0.0, 0.0]),
            ("(x^2 - 2)/(x - sqrt(2))", 2f64.sqrt(), [8f64.sqrt(), 1.0, 0.0, 0.0, 0.0]),
            ("sin(x)/(x - pi)", std::f64::consts::PI, [-1.0, 0.0, 1.0 / 6.0, 0.0, -1.0 / 120.0]),
            ("(1 - cos(x))/x^2", 0.0, [0.5, 0.0, -1.0 / 24.0, 0.0, 1.0 / 720.0]),
        ] {
            let local = local(text, at);
            assert!(local.singular() && local.analytic() && local.radius() > 0.01, "{text}: {}", local.radius());
            let mut got = [0.0; 5];
            local.taylor(0.0, &mut got);
            for (k, (got, want)) in got.iter().zip(want).enumerate() {
                assert!((got - want).abs() < 1e-14, "{text}, order {k}: {got}, not {want}");
            }
        }
        assert_eq!(local("1/(x - 1)^3", 1.0).leading(), Some((-3, 1.0)));
        assert!(!local("exp(x)/(2 + x)", 0.0).singular());
    }

    #[test]
    fn values_beside_a_point() {
        let value = |text: &str, at: f64, t: f64| {
            let mut out = [0.0; 2];
            local(text, at).taylor(t, &mut out);
            out
        };
        let [f, slope] = value("(x - 1)*log(x - 1)", 1.0, 1e-200);
        assert!((f / (1e-200 * 1e-200f64.ln()) - 1.0).abs() < 1e-14 && (slope - 1e-200f64.ln() - 1.0).abs() < 1e-10);
        assert_eq!(value("tanh(1/(x - 1))", 1.0, -1e-100)[0], -1.0);
    }
}
