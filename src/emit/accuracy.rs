//! What single precision costs: the program with every step rounded to a float, against the formula in double precision.

use super::interpret::{Precision, run};
use super::program::{Program, Register};
use crate::error::Result;
use crate::expr::{Expr, Formula, Tape};

/// Half the length of the interval that is looked at.
pub(super) const RANGE: f64 = 20.0;

/// Points per unit of length; the step is none that floats know exactly.
const DENSITY: f64 = 199.9;

/// The greatest error of value and derivative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Accuracy {
    value: Worst,
    slope: Worst,
}

/// The greatest error, in units in the last place of a float of the local size: the largest size of the function within
/// 1 % of x, so that a zero crossing, whose place no float knows exactly, does not count as an infinite error.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Worst {
    ulps: f64,
    at: f64,
    /// Whether there was anything to compare in the range of a float.
    compared: bool,
}

impl Accuracy {
    /// Measures the results of a program against a formula.
    pub fn of(
        program: &Program,
        value: Register,
        slope: Register,
        formula: &Formula,
        parameters: &[(String, f64)],
    ) -> Result<Accuracy> {
        // Parameters are floats too, and that they are is no error of the code.
        let rounded: Vec<(String, f64)> =
            parameters.iter().map(|(name, v)| (name.clone(), Precision::Single.round(*v))).collect();
        let exact = rounded.iter().fold(formula.expr.clone(), |e, (name, v)| e.with_parameter(name, &Expr::float(*v)));
        let tape = Tape::new(&exact)?;
        let mut accuracy = Accuracy { value: Worst::default(), slope: Worst::default() };
        for x in points() {
            let registers = run(program, x, &rounded, Precision::Single);
            accuracy.value.look(x, registers[value], |x| tape.eval(x));
            accuracy.slope.look(x, registers[slope], |x| tape.derivative(x, 1));
        }
        Ok(accuracy)
    }
}

/// Floats over the range, evenly and towards 0 by powers of 2.
fn points() -> impl Iterator<Item = f64> {
    let even = (0..=(RANGE * DENSITY) as u32).map(|i| f64::from(i) / DENSITY);
    let small = (0..80).map(|k| 2f64.powf(-f64::from(k) / 4.0));
    even.chain(small).flat_map(|x| [x, -x]).map(|x| Precision::Single.round(x))
}

impl Worst {
    fn look(&mut self, x: f64, found: f64, exact: impl Fn(f64) -> f64) {
        let expected = exact(x);
        if found.is_nan() && expected.is_finite() {
            *self = Worst { ulps: f64::INFINITY, at: x, compared: true };
            return;
        }
        if found == expected {
            self.compared = true;
            return;
        }
        let size = [0.99, 1.01].iter().map(|s| exact(s * x).abs()).fold(expected.abs(), f64::max);
        // Subnormal floats have fewer digits, and infinities none.
        if !expected.is_finite() || !(f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&size) {
            return;
        }
        let ulp = 2f64.powf(size.log2().floor() - 23.0);
        let ulps = (found - expected).abs() / ulp;
        self.compared = true;
        if ulps > self.ulps {
            (self.ulps, self.at) = (ulps, x);
        }
    }
}

impl std::fmt::Display for Accuracy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "value to {}, derivative to {}", self.value, self.slope)
    }
}

impl std::fmt::Display for Worst {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.ulps {
            0.0 if !self.compared => f.write_str("no digit (beyond the range of a float everywhere)"),
            f64::INFINITY => write!(f, "no digit (NaN at x = {:.4})", self.at + 0.0),
            0.0 => f.write_str("the last bit"),
            u if u < 9.95 => write!(f, "{u:.1} ulp (worst at x = {:.4})", self.at + 0.0),
            u => write!(f, "{u:.0} ulp (worst at x = {:.4})", self.at + 0.0),
        }
    }
}
