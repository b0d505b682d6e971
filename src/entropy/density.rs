//! The density of f(U).

use super::branches::Atom;
use super::functional::Functional;
use crate::error::Result;
use crate::expr::Expr;
use crate::input::Input;

/// The density q(x) = SUM p(u)/|f'(u)| over the preimages u of x, and the atoms of the flat pieces of f.
#[derive(Debug, Clone)]
pub struct OutputDensity {
    functional: Functional,
    input: Input,
}

impl OutputDensity {
    /// Finds the branches of f under the input.
    ///
    /// # Errors
    /// [`crate::Error::OutsideDomain`] where the input has mass and f no real value.
    pub fn new(f: &Expr, input: &Input) -> Result<OutputDensity> {
        let functional = Functional::new(f, input)?;
        Ok(OutputDensity { functional, input: input.clone() })
    }

    /// q(x); 0 outside the range, infinite at the value of a critical point, the greater limit where q jumps.
    pub fn at(&self, x: f64) -> f64 {
        let branches = self.functional.branches();
        if branches.turns.iter().any(|t| t.height() == x && self.input.pdf(t.at) > 0.0) {
            return f64::INFINITY;
        }
        let [mut below, mut above] = [0.0; 2];
        for b in &branches.smooth {
            let (low, high) = b.range();
            if !(low..=high).contains(&x) {
                continue;
            }
            let at = if low < x && x < high { b.inverse(x) } else { b.end_at(x) };
            let term = at.map_or(0.0, |u| (self.input.log_pdf(u) - b.value_and_log_slope(u).1).exp());
            let term = if term.is_nan() { 0.0 } else { term };
            below += if low < x { term } else { 0.0 };
            above += if x < high { term } else { 0.0 };
        }
        f64::max(below, above)
    }

    /// The least and the greatest value of f on the support.
    pub fn range(&self) -> (f64, f64) {
        self.functional.branches().range
    }

    /// The values taken with positive probability.
    pub fn atoms(&self) -> &[Atom] {
        &self.functional.branches().atoms
    }
}
