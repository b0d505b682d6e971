//! The first variation of the entropy as a linear functional of the direction g,
//!
//! dH\[g\] = INT (1 + log q) d/du \[p g/f'\] du + moving ends (math.md section 4, weak form),
//!
//! q being the density of f(U) summed over branches. It is -PV INT p g (log q)'(f(u)) du integrated by parts, so that q is
//! never differentiated. Where one branch alone has the values it is E\[g'/f'\]. At a critical point u* both p/f' and log q are
//! singular; the part that g(u*) makes of it moves the values near f(u*) as a whole, which is known in closed form (H does not
//! change under translation), and g - g(u*) leaves an integrand with a logarithm.

mod levels;

use super::branches::{Branch, Branches};
use super::functional::Functional;
use super::stretch::{Stretch, parted};
use super::turn::Turn;
use crate::error::Result;
use crate::expr::{Expr, Tape};
use crate::input::Input;
use crate::numeric::{Estimate, Quadrature};

/// dH at an activation under an input.
#[derive(Debug, Clone)]
pub struct Differential {
    functional: Functional,
    input: Input,
    /// Parts of the branches with the same branches through their values.
    stretches: Vec<Stretch>,
    strips: Vec<Strip>,
    points: Vec<PointTerm>,
    log_density: Option<Tape>,
    density: Tape,
    roughness: f64,
    outcome: Option<String>,
}

/// A part of the line over which dH is an integral of a g + b g'.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strip {
    /// Its lower end.
    pub from: f64,
    /// Its upper end.
    pub to: f64,
    /// The critical point whose value of g is to be subtracted, at one end of the strip.
    pub fold: Option<f64>,
    /// Whether no other branch has the values.
    pub alone: bool,
    /// Whether a or b may be singular or steep at its lower and at its upper end.
    pub singular: [bool; 2],
    stretch: usize,
}

/// A weight times the value of g at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointTerm {
    /// The point.
    pub at: f64,
    /// The weight, nats per unit of g.
    pub weight: f64,
}

/// How far a critical point's neighbourhood reaches at most, in interquartile ranges.
const REACH: f64 = 0.4;
/// Coefficients of g at a critical point, and up to where they stand for it.
const SERIES: usize = 16;
const NEAR: f64 = 0.02;
/// The logarithm of numbers near the least double.
const LEAST: f64 = -650.0;
/// Close to a critical point a (g - g(u*)) and b g' cancel; what is left of their digits.
const CANCELLATION: f64 = 2e-12;

impl Differential {
    /// The first variation at an activation without parameters.
    ///
    /// # Errors
    /// [`crate::Error::OutsideDomain`] where the input has mass and f no real value.
    pub fn new(f: &Expr, input: &Input) -> Result<Differential> {
        let functional = Functional::new(f, input)?;
        let stretches = parted(functional.branches(), input);
        let mut found = Differential {
            input: input.clone(),
            stretches: stretches.clone().unwrap_or_default(),
            strips: Vec::new(),
            points: Vec::new(),
            log_density: Tape::new(&input.log_density()).ok(),
            density: Tape::new(&input.density())?,
            roughness: 0.0,
            outcome: None,
            functional,
        };
        match stretches {
            Some(_) => found.outcome = found.arrange().err(),
            None => found.outcome = Some(format!("`{f}` turns too often under `{}`", input.text())),
        }
        Ok(found)
    }

    /// Why the entropy has no finite slope along some smooth directions, in words.
    pub fn outcome(&self) -> Option<&str> {
        self.outcome.as_deref()
    }

    /// The parts of the line with their integrands, in ascending order.
    pub fn strips(&self) -> &[Strip] {
        &self.strips
    }

    /// The terms outside the integrals.
    pub fn points(&self) -> &[PointTerm] {
        &self.points
    }

    /// The critical points.
    pub fn folds(&self) -> Vec<f64> {
        let mut folds: Vec<f64> = self.strips.iter().filter_map(|s| s.fold).collect();
        folds.sort_by(f64::total_cmp);
        folds.dedup();
        folds
    }

    /// The greatest power with which p/|f'| grows towards a finite end of a strip that is no critical point.
    pub fn roughness(&self) -> f64 {
        self.roughness
    }

    /// The length over which the input varies.
    pub fn scale(&self) -> f64 {
        self.branches().scale
    }

    /// Where the input has its bulk.
    pub fn centre(&self) -> f64 {
        self.branches().centre()
    }

    fn branches(&self) -> &Branches {
        self.functional.branches()
    }

    fn branch(&self, stretch: usize) -> &Branch {
        &self.branches().smooth[self.stretches[stretch].branch]
    }

    /// The turn of a branch close to a point.
    fn turn(&self, branch: &Branch, u: f64) -> Option<&Turn> {
        branch.turns_near(&self.branches().turns, u).next()
    }

    /// p/f', its derivative, f, and log p/|f'| at a point of a stretch.
    fn flux(&self, stretch: usize, u: f64) -> (f64, f64, f64, f64) {
        let branch = self.branch(stretch);
        let log_p = self.input.log_pdf(u);
        let (value, log_slope) = branch.value_and_log_slope(u);
        let (value, slope, bend, log_slope) = match self.turn(branch, u) {
            Some(turn) => {
                let (slope, bend) = turn.slopes(u - turn.at);
                (value, slope, bend, slope.abs().ln())
            }
            None => {
                let [_, slope, half] = branch.jet(u);
                (value, slope, 2.0 * half, log_slope)
            }
        };
        let rising = if branch.at_to > branch.at_from { 1.0 } else { -1.0 };
        let flux = rising * (log_p - log_slope).exp();
        let curvature = match bend / slope {
            ratio if ratio.is_finite() && slope.abs() > 1e-290 => ratio,
            _ => self.curvature_far_out(branch, u),
        };
        (flux, flux * (self.score(u) - curvature), value, log_p - log_slope)
    }

    /// f''/f' where f' underflows.
    fn curvature_far_out(&self, branch: &Branch, u: f64) -> f64 {
        let h = 1e-5 * u.abs();
        let log = |u: f64| branch.value_and_log_slope(u).1;
        (log(u + h) - log(u - h)) / (2.0 * h)
    }

    /// p'/p
    fn score(&self, u: f64) -> f64 {
        let direct = self.log_density.as_ref().map_or(f64::NAN, |t| t.derivative(u, 1));
        if direct.is_finite() { direct } else { self.density.derivative(u, 1) / self.density.eval(u) }
    }

    /// The logarithm of the density at the value that f has at a point of a strip.
    fn log_density_of_value(&self, stretch: usize, u: f64, value: f64, own: f64) -> f64 {
        self.functional.density_at(&self.stretches[stretch], u.into(), value, own).0
    }

    /// a and b at a point of a strip.
    pub fn coefficients(&self, strip: &Strip, u: f64) -> (f64, f64) {
        let (flux, change, value, own) = self.flux(strip.stretch, u);
        let (a, b) = match strip.alone {
            true => (0.0, flux),
            false => {
                let factor = 1.0 + self.log_density_of_value(strip.stretch, u, value, own);
                (factor * change, factor * flux)
            }
        };
        if a.is_finite() && b.is_finite() { (a, b) } else { (0.0, 0.0) }
    }

    /// p (log q)'(f(u)), the density of -dH, roughly: for finding out how far it matters.
    pub fn density_of(&self, strip: &Strip, u: f64) -> f64 {
        let (flux, change, ..) = self.flux(strip.stretch, u);
        let found = match strip.alone {
            true => change,
            false => {
                let h = 1e-5 * self.scale().max(u.abs());
                let log = |u: f64| {
                    let (_, _, value, own) = self.flux(strip.stretch, u);
                    self.log_density_of_value(strip.stretch, u, value, own)
                };
                let inside = |u: f64| strip.from < u && u < strip.to;
                let rise = if inside(u + h) && inside(u - h) { (log(u + h) - log(u - h)) / (2.0 * h) } else { 0.0 };
                flux * rise
            }
        };
        if found.is_finite() { found } else { 0.0 }
    }

    /// log |p/f'| at a point of a strip; NaN so far out that the difference of the logarithms has no digits left.
    pub fn log_flux(&self, strip: &Strip, u: f64) -> f64 {
        let log = self.input.log_pdf(u);
        if log.abs() < 1e10 { log - self.branch(strip.stretch).value_and_log_slope(u).1 } else { f64::NAN }
    }

    /// Whether p, f' and, where other branches are to be found by it, f are far from the least doubles at a point of a strip.
    pub fn is_representable(&self, strip: &Strip, u: f64) -> bool {
        let (value, log_slope) = self.branch(strip.stretch).value_and_log_slope(u);
        self.input.log_pdf(u) > LEAST && log_slope > LEAST && (strip.alone || value.abs().ln() > LEAST)
    }

    /// dH along a smooth direction; NaN where there is no finite slope.
    ///
    /// # Errors
    /// [`crate::Error::NotFinite`] where an integral does not converge.
    pub fn along(&self, g: &Tape, cuts: &[f64]) -> Result<Estimate> {
        let mut sum = Estimate { value: 0.0, error: 0.0, evaluations: 0 };
        if self.outcome.is_some() {
            return Ok(Estimate { value: f64::NAN, error: f64::INFINITY, evaluations: 0 });
        }
        for strip in &self.strips {
            let series = strip.fold.map(|at| {
                let mut series = [0.0; SERIES];
                g.taylor(at, &mut series);
                (at, series)
            });
            let integrand = |u: f64| {
                let mut jet = [0.0; 2];
                g.taylor(u, &mut jet);
                let (a, b) = self.coefficients(strip, u);
                let rise = match &series {
                    Some((at, c)) if (u - at).abs() < NEAR => {
                        c.iter().skip(1).rev().fold(0.0, |sum, c| (sum + c) * (u - at))
                    }
                    Some((_, c)) => jet[0] - c[0],
                    None => jet[0],
                };
                if strip.fold == Some(u) { 0.0 } else { a * rise + b * jet[1] }
            };
            let (centre, scale) = (self.centre(), self.scale());
            let quadrature = Quadrature { centre, scale, absolute: 1e-15, ..Quadrature::default() };
            let cuts: Vec<f64> = self.branches().cuts.iter().chain(cuts).copied().collect();
            let part = quadrature.integrate(integrand, strip.from, strip.to, &cuts)?;
            sum = sum + part;
            sum.error += CANCELLATION * part.value.abs();
        }
        for point in &self.points {
            sum = sum + Estimate::exact(point.weight * g.eval(point.at));
        }
        Ok(sum)
    }
}
