//! Affine images: the distribution of scale U + shift.

use super::Input;
use super::distribution::{Component, Distribution, End};
use super::form::{self, log, over};
use super::registry::{Constant, out_of_range};
use super::samples::SampleFile;
use crate::error::Result;
use crate::expr::Expr;

/// scale U + shift, scale not 0.
pub(super) fn build(of: Input, scale: Constant, shift: Constant) -> Result<Input> {
    if scale.value == 0.0 {
        return Err(out_of_range("affine", "scale", scale.exact.to_string(), "it must not be 0"));
    }
    let text = format!("affine({},{},{})", of.text(), scale.exact, shift.exact);
    let shifted = if shift.exact.is_zero() { String::new() } else { format!(" + {}", shift.latex()) };
    let latex = format!(r"{}\,{}{shifted}", scale.latex(), of.latex_factor());
    let size = if scale.value < 0.0 { -scale.exact.clone() } else { scale.exact.clone() };
    let back = over(Expr::x() - shift.exact.clone(), &scale.exact);
    Input::compound(text, latex, Box::new(Affine { of, scale, shift, size, back }))
}

struct Affine {
    of: Input,
    scale: Constant,
    shift: Constant,
    /// |scale|
    size: Expr,
    /// (x - shift)/scale
    back: Expr,
}

impl Affine {
    fn image(&self, u: f64) -> f64 {
        self.scale.value * u + self.shift.value
    }

    fn preimage(&self, x: f64) -> f64 {
        (x - self.shift.value) / self.scale.value
    }

    fn falling(&self) -> bool {
        self.scale.value < 0.0
    }

    fn image_of_end(&self, end: End) -> End {
        let exact = end.exact.map(|e| self.scale.exact.clone() * e + self.shift.exact.clone());
        End { exact, value: self.image(end.value) }
    }

    fn pulled(&self, e: Expr) -> Expr {
        form::at(&e, &self.back)
    }
}

impl Distribution for Affine {
    fn ends(&self) -> (End, End) {
        let (a, b) = self.of.ends();
        let (a, b) = (self.image_of_end(a), self.image_of_end(b));
        if self.falling() { (b, a) } else { (a, b) }
    }

    fn breakpoints(&self) -> Vec<f64> {
        self.of.breakpoints().into_iter().map(|u| self.image(u)).collect()
    }

    fn normaliser(&self) -> Expr {
        over(self.of.normaliser(), &self.size)
    }

    fn kernel(&self) -> Expr {
        self.pulled(self.of.kernel())
    }

    fn density(&self) -> Expr {
        over(self.pulled(self.of.density()), &self.size)
    }

    fn log_density(&self) -> Expr {
        self.pulled(self.of.log_density()) - log(self.size.clone())
    }

    fn log_pdf_at(&self, x: f64) -> Option<f64> {
        Some(self.of.log_pdf(self.preimage(x)) - self.scale.value.abs().ln())
    }

    fn log_pdfs(&self, x: &[f64], out: &mut [f64]) -> bool {
        let preimages: Vec<f64> = x.iter().map(|x| self.preimage(*x)).collect();
        self.of.log_pdfs(&preimages, out);
        let log_scale = self.scale.value.abs().ln();
        out.iter_mut().for_each(|out| *out -= log_scale);
        true
    }

    fn anchors(&self) -> Vec<f64> {
        // What was 0 has become another point.
        let (low, high) = self.of.support();
        let points = [low, high].into_iter().chain(self.of.breakpoints());
        let origin = points.filter(|x| *x == 0.0).take(1);
        origin.chain(self.of.anchors().iter().copied()).map(|u| self.image(u)).collect()
    }

    fn log_pdf_beside(&self, anchor: f64, offset: f64) -> Option<f64> {
        let of = self.of.anchors().iter().copied().find(|u| self.image(*u) == anchor).unwrap_or(0.0);
        Some(self.of.log_pdf_beside(of, offset / self.scale.value) - self.scale.value.abs().ln())
    }

    fn cdf(&self) -> Option<Expr> {
        let form = if self.falling() { self.of.survival() } else { self.of.cdf() };
        form.map(|e| self.pulled(e))
    }

    fn survival(&self) -> Option<Expr> {
        let form = if self.falling() { self.of.cdf() } else { self.of.survival() };
        form.map(|e| self.pulled(e))
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        let u = self.preimage(x);
        Some(if self.falling() { self.of.survival_at(u) } else { self.of.cdf_at(u) })
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        let u = self.preimage(x);
        Some(if self.falling() { self.of.cdf_at(u) } else { self.of.survival_at(u) })
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        // The upper quantile of a falling image needs 1 - p, which loses the digits of a small p.
        (!self.falling()).then(|| self.image(self.of.quantile(p)))
    }

    fn mean(&self) -> Option<f64> {
        self.of.mean().map(|m| self.image(m))
    }

    fn variance(&self) -> Option<f64> {
        self.of.variance().map(|v| v * self.scale.value * self.scale.value)
    }

    fn entropy(&self) -> Option<f64> {
        self.of.entropy().map(|h| h + self.scale.value.abs().ln())
    }

    fn modes(&self) -> Vec<f64> {
        let mut modes: Vec<f64> = self.of.modes().into_iter().map(|u| self.image(u)).collect();
        modes.sort_by(f64::total_cmp);
        modes
    }

    fn tail_index(&self) -> f64 {
        self.of.tail_index()
    }

    fn mass_error(&self) -> f64 {
        self.of.mass_error()
    }

    fn files(&self) -> Vec<SampleFile> {
        self.of.files()
    }

    fn components(&self) -> Option<Vec<Component>> {
        let image = |c: Component| {
            let (a, b) = (self.image(c.from), self.image(c.to));
            Component {
                weight: c.weight,
                normaliser: over(c.normaliser, &self.size),
                kernel: self.pulled(c.kernel),
                density: over(self.pulled(c.density), &self.size),
                from: a.min(b),
                to: a.max(b),
            }
        };
        Some(self.of.components().into_iter().map(image).collect())
    }
}
