//! The inverse side: integrals over u of the Taylor coefficients of -A log(A/|f'|), A = p(u + e w) (1 + e w').

use super::line::{Line, Stretch};
use super::series::entropy_density;
use super::{Agreement, Coefficient, Route};
use crate::error::{Error, Result};
use crate::expr::{Expr, Piece, Tape, pieces};
use crate::numeric::Estimate;

/// The functional as a function of the step.
pub(super) struct Variations<'a> {
    line: &'a Line<'a>,
    /// log p
    log_p: Tape,
    /// Where the density is not smooth and the direction not 0: the point, and the highest order whose integrand has no
    /// point mass there.
    edge: Option<(f64, usize)>,
}

/// Derivatives that are compared across a kink of the density.
const COMPARED: usize = 6;

impl<'a> Variations<'a> {
    pub fn new(line: &'a Line) -> Result<Variations<'a>> {
        let log_density = line.input.log_density();
        let edge = edge(line, &log_density)?;
        Ok(Variations { line, log_p: Tape::new(&log_density)?, edge })
    }

    /// (p, the coefficients of e^0, ..., e^order of -A log(A/|f'|)/p)
    fn coefficients(&self, s: &Stretch, u: f64, log_p: f64, order: usize) -> Vec<f64> {
        let (w, slope) = s.direction_at(u);
        let mut logs = vec![0.0; order + 1];
        self.log_p.taylor(u, &mut logs);
        let mut power = 1.0;
        for l in &mut logs[1..] {
            power *= w;
            *l *= power;
        }
        entropy_density(&(log_p - s.log_slope(u)), &logs[1..], &slope).into_iter().map(|c| -c).collect()
    }

    /// Whether p continues to an entire function, as far as its first derivatives tell: log p quadratic.
    pub fn entire(&self) -> bool {
        [0.11, 0.37, 0.52, 0.81].iter().all(|p| {
            let mut logs = [0.0; 8];
            self.log_p.taylor(self.line.input.quantile(*p), &mut logs);
            logs[3..].iter().all(|l| l.abs() < 1e-13)
        })
    }

    /// The first coefficient from the forward side: E[g'/f'] for g = -f' w, and -[p w log(p/|f'|)] over the ends of the
    /// stretches.
    pub fn first_order(&self, found: Estimate) -> Option<Agreement> {
        let moment = |s: &Stretch, u: f64, log_p: f64| {
            let (w, slope) = s.direction_at(u);
            if log_p.exp() == 0.0 { 0.0 } else { -log_p.exp() * (slope + w * s.curvature(u)) }
        };
        let moment = self.line.integrate(moment).ok()?;
        let mut sum = moment.value;
        for s in self.line.active() {
            for (end, sign) in [(s.from.value, 1.0), (s.to.value, -1.0)] {
                if end.is_finite() {
                    let (w, log_p) = (s.direction_at(end).0, self.line.input.log_pdf(end));
                    let weight = if w == 0.0 { 0.0 } else { log_p.exp() * w };
                    sum += if weight == 0.0 { 0.0 } else { sign * weight * (log_p - s.log_slope(end)) };
                }
            }
        }
        sum.is_finite().then(|| Agreement {
            what: "the coefficient of e",
            how: "the forward side's E[g'/f'] for g = -f' eta(f), with the terms -[p eta(f) log(p/|f'|)] at kinks and ends",
            number: (sum - found.value).abs() / (1.0 + found.value.abs()),
            tolerance: 1e-10 + (moment.error + found.error) / (1.0 + found.value.abs()),
        })
    }
}

impl Route for Variations<'_> {
    fn coefficient(&self, k: usize) -> Result<Coefficient> {
        if let Some((at, smooth)) = self.edge.filter(|(_, smooth)| k > *smooth) {
            return Ok(Coefficient::none(format!(
                "the density is not smooth at x = {at}, where eta is not 0: beyond order {smooth} the integrand has a point \
                 mass there"
            )));
        }
        let what = format!("the integral of the variation of order {k}");
        let of = |s: &Stretch, u: f64, log_p: f64| self.coefficients(s, u, log_p, k)[k];
        let grown = |s: &Stretch, u: f64| {
            let log_p = self.line.input.log_pdf(u);
            let c = of(s, u, log_p);
            (log_p + c.abs().ln(), c)
        };
        if let Some(outcome) = self.line.divergence(&what, grown) {
            return Ok(Coefficient::none(outcome));
        }
        let weighted = |s: &Stretch, u: f64, log_p: f64| match log_p.exp() {
            0.0 => 0.0,
            p => p * of(s, u, log_p),
        };
        match self.line.integrate(weighted) {
            Ok(value) => Ok(Coefficient::of_integral(value, &what)),
            Err(Error::NotFinite { at, .. }) => {
                Ok(Coefficient::none(format!("no finite value of {what} was found: it does not settle near x = {at}")))
            }
            Err(other) => Err(other),
        }
    }

    fn change(&self, e: f64) -> Option<Estimate> {
        let input = self.line.input;
        let changed = |s: &Stretch, u: f64, log_p: f64| {
            let (w, slope) = s.direction_at(u);
            if log_p.exp() == 0.0 && !(w.is_finite() && slope.is_finite()) {
                return 0.0;
            }
            let log_a = input.log_pdf(u + e * w) + (e * slope).ln_1p();
            let (log_slope, share) = (s.log_slope(u), log_a - log_p);
            if log_p > -50.0 && share.abs() < 1.0 {
                return -log_p.exp() * (share.exp_m1() * (log_p - log_slope) + share.exp() * share);
            }
            let term = |log: f64| if log.exp() == 0.0 { 0.0 } else { -log.exp() * (log - log_slope) };
            term(log_a) - term(log_p)
        };
        self.line.integrate(changed).ok()
    }
}

/// The point at which the density is least smooth where the direction is not 0.
fn edge(line: &Line, log_density: &Expr) -> Result<Option<(f64, usize)>> {
    let (low, high) = line.input.support();
    let forms = pieces(log_density, low, high)?;
    let mut edges: Vec<(f64, usize)> = Vec::new();
    for s in &line.stretches {
        for end in [s.from.value, s.to.value] {
            if end.is_finite() && s.direction_at(end).0.abs() > 1e-14 * line.scale {
                edges.extend(smoothness(&forms, end, (low, high), line.input.pdf(end)).map(|smooth| (end, smooth)));
            }
        }
    }
    Ok(edges.into_iter().min_by_key(|(_, smooth)| *smooth))
}

/// The highest order of the variation that sees no jump of the density or its derivatives at a point.
fn smoothness(forms: &[Piece], at: f64, support: (f64, f64), density: f64) -> Option<usize> {
    if at == support.0 || at == support.1 {
        // Where the density vanishes at the end, the integrals themselves say which of them exist.
        return (density > 0.0).then_some(0);
    }
    let left = forms.iter().find(|p| p.to.value == at)?;
    let right = forms.iter().find(|p| p.from.value == at)?;
    let jets = [left, right].map(|p| {
        let mut out = [0.0; COMPARED];
        if let Ok(tape) = Tape::new(&p.form) {
            tape.taylor(at, &mut out);
        }
        out
    });
    let differ = |(a, b): (&f64, &f64)| !((a - b).abs() <= 1e-12 * (1.0 + a.abs()));
    jets[0].iter().zip(&jets[1]).position(differ)
}
