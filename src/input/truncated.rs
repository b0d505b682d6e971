//! Truncations: the distribution of U given a <= U <= b.

use super::Input;
use super::distribution::{Component, Distribution, End};
use super::form::{self, log, over};
use super::moments::Moments;
use super::registry::{Constant, ordered, out_of_range};
use super::samples::SampleFile;
use crate::error::Result;
use crate::expr::Expr;
use crate::numeric::Quadrature;
use std::sync::OnceLock;

/// U given a <= U <= b.
pub(super) fn build(of: Input, a: Constant, b: Constant) -> Result<Input> {
    ordered("truncate", "a", &a, &b)?;
    let text = format!("truncate({},{},{})", of.text(), a.exact_text(), b.exact_text());
    let latex = format!(r"\left.{}\right|_{{[{},{}]}}", of.latex_factor(), a.latex(), b.latex());
    let (low, high) = of.ends();
    let low = if a.value > low.value { End::from(&a) } else { low };
    let high = if b.value < high.value { End::from(&b) } else { high };
    // Differences are taken on the side of the median where the numbers are small.
    let right = of.cdf_at(low.value) > 0.5;
    let side = |x: f64| if right { of.survival_at(x) } else { of.cdf_at(x) };
    let (at_low, at_high) = (side(low.value), side(high.value));
    let mass = (at_high - at_low).abs();
    // The difference of two numbers close together has lost its digits: the density between them has not.
    let narrow = mass < 1e-2 * at_low.max(at_high) && low.value.is_finite() && high.value.is_finite();
    let quadrature = Quadrature { relative: 1e-15, ..Quadrature::default() };
    let integral = || quadrature.integrate_points(|x| [of.pdf_at(x)], low.value, high.value, &of.landmarks());
    let mass = if narrow { integral().map_or(mass, |[integral]| integral.value) } else { mass };
    if !(low.value < high.value && mass > 0.0) {
        let expected = format!("{} must have mass between the ends", of.text());
        return Err(out_of_range("truncate", "the mass kept", "0".into(), &expected));
    }
    let mut law = Truncated {
        at_low,
        at_high,
        of,
        low,
        high,
        right,
        mass: Expr::float(mass),
        mass_at: mass,
        moments: OnceLock::new(),
    };
    law.mass = law.exact_mass().unwrap_or(law.mass);
    Input::compound(text, latex, Box::new(law))
}

struct Truncated {
    of: Input,
    low: End,
    high: End,
    /// Whether the interval lies to the right of the median, so that survival functions are subtracted.
    right: bool,
    /// The survival function (to the right of the median) or the CDF (to the left) at the two ends.
    at_low: f64,
    at_high: f64,
    mass: Expr,
    mass_at: f64,
    moments: OnceLock<Moments>,
}

impl Truncated {
    /// P(a <= U <= b) in closed form.
    fn exact_mass(&self) -> Option<Expr> {
        let (start, end) = self.of.support();
        let at = |f: &Expr, end: &End| end.exact.as_ref().map(|x| form::at(f, x));
        let mass = if self.right {
            let survival = self.of.survival()?;
            let beyond = if self.high.value < end { at(&survival, &self.high)? } else { Expr::int(0) };
            at(&survival, &self.low)? - beyond
        } else {
            let cdf = self.of.cdf()?;
            let below = if self.low.value > start { at(&cdf, &self.low)? } else { Expr::int(0) };
            let up_to = if self.high.value < end { at(&cdf, &self.high)? } else { Expr::int(1) };
            up_to - below
        };
        // A closed form that loses its digits is no use.
        let value = crate::expr::constant(&mass).ok()?;
        ((value - self.mass_at).abs() <= 1e-12 * self.mass_at).then_some(mass)
    }

    /// The mass between `x` and an end, of all.
    fn share(&self, x: f64, at_end: f64) -> f64 {
        let here = if self.right { self.of.survival_at(x) } else { self.of.cdf_at(x) };
        ((here - at_end).abs() / self.mass_at).min(1.0)
    }

    fn moments(&self) -> &Moments {
        self.moments.get_or_init(|| {
            let mut cuts: Vec<f64> = self.of.landmarks().into_iter().filter(|x| self.inside(*x)).collect();
            cuts.extend([self.low.value, self.high.value].iter().filter(|x| x.is_finite()));
            Moments::of(self, |x| self.of.pdf_at(x) / self.mass_at, &cuts)
        })
    }

    fn inside(&self, x: f64) -> bool {
        self.low.value < x && x < self.high.value
    }
}

impl Distribution for Truncated {
    fn ends(&self) -> (End, End) {
        (self.low.clone(), self.high.clone())
    }

    fn breakpoints(&self) -> Vec<f64> {
        self.of.breakpoints()
    }

    fn normaliser(&self) -> Expr {
        over(self.of.normaliser(), &self.mass)
    }

    fn kernel(&self) -> Expr {
        self.of.kernel()
    }

    fn density(&self) -> Expr {
        over(self.of.density(), &self.mass)
    }

    fn log_density(&self) -> Expr {
        self.of.log_density() - log(self.mass.clone())
    }

    fn log_pdf_at(&self, x: f64) -> Option<f64> {
        Some(self.of.log_pdf(x) - self.mass_at.ln())
    }

    fn log_pdfs(&self, x: &[f64], out: &mut [f64]) -> bool {
        self.of.log_pdfs(x, out);
        let log_mass = self.mass_at.ln();
        out.iter_mut().for_each(|out| *out -= log_mass);
        true
    }

    fn anchors(&self) -> Vec<f64> {
        self.of.anchors().to_vec()
    }

    fn log_pdf_beside(&self, anchor: f64, offset: f64) -> Option<f64> {
        Some(self.of.log_pdf_beside(anchor, offset) - self.mass_at.ln())
    }

    fn cdf(&self) -> Option<Expr> {
        let below = match (&self.low.exact, self.right) {
            (Some(a), true) => {
                let survival = self.of.survival()?;
                return Some(over(form::at(&survival, a) - survival, &self.mass));
            }
            (Some(a), false) if self.low.value > self.of.support().0 => form::at(&self.of.cdf()?, a),
            _ => Expr::int(0),
        };
        Some(over(self.of.cdf()? - below, &self.mass))
    }

    fn survival(&self) -> Option<Expr> {
        let beyond = |f: Expr, rest: i64| match &self.high.exact {
            Some(b) if self.high.value < self.of.support().1 => form::at(&f, b),
            _ => Expr::int(rest),
        };
        if self.high.value >= self.of.support().1 {
            return Some(over(self.of.survival()?, &self.mass));
        }
        Some(match self.right {
            true => {
                let survival = self.of.survival()?;
                over(survival.clone() - beyond(survival, 0), &self.mass)
            }
            false => {
                let cdf = self.of.cdf()?;
                over(beyond(cdf.clone(), 1) - cdf, &self.mass)
            }
        })
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        Some(self.share(x, self.at_low))
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        if self.high.value >= self.of.support().1 {
            return Some((self.of.survival_at(x) / self.mass_at).min(1.0));
        }
        Some(self.share(x, self.at_high))
    }

    fn mean(&self) -> Option<f64> {
        self.moments().mean
    }

    fn variance(&self) -> Option<f64> {
        self.moments().variance
    }

    fn modes(&self) -> Vec<f64> {
        let whole = self.of.modes();
        let mut modes: Vec<f64> = whole.iter().copied().filter(|m| self.inside(*m)).collect();
        let rises = |x: f64| self.of.slope(x) > 0.0;
        let falls = |x: f64| self.of.slope(x) < 0.0;
        if self.low.value.is_finite() && (falls(self.low.value) || whole.contains(&self.low.value)) {
            modes.insert(0, self.low.value);
        }
        if self.high.value.is_finite() && (rises(self.high.value) || whole.contains(&self.high.value)) {
            modes.push(self.high.value);
        }
        if modes.is_empty() {
            modes.push(0.5 * (self.low.value + self.high.value));
        }
        modes
    }

    fn tail_index(&self) -> f64 {
        match self.low.value.is_finite() && self.high.value.is_finite() {
            true => f64::INFINITY,
            false => self.of.tail_index(),
        }
    }

    fn mass_error(&self) -> f64 {
        self.of.mass_error() / self.mass_at
    }

    fn files(&self) -> Vec<SampleFile> {
        self.of.files()
    }

    fn components(&self) -> Option<Vec<Component>> {
        let cut = |c: Component| Component {
            normaliser: over(c.normaliser, &self.mass),
            density: over(c.density, &self.mass),
            from: c.from.max(self.low.value),
            to: c.to.min(self.high.value),
            ..c
        };
        Some(self.of.components().into_iter().map(cut).filter(|c| c.from < c.to).collect())
    }
}
