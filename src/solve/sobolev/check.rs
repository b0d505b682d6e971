//! Checks of a Sobolev gradient by routes that know nothing of the kernel or of the spline.

use super::{Descent, Gradient, Space, norm_density};
use crate::entropy::{self, Differential};
use crate::error::Result;
use crate::expr::{Expr, Op, Tape};
use crate::numeric::{Estimate, Quadrature};
use crate::solve::check::least_error;
use crate::solve::curve::Curves;
use crate::solve::{Check, PARAMETER, Solution};

/// Test functions against adaptive quadrature of dH.
const WEAK: f64 = 1e-7;
/// The spline follows the gradient to this share of its greatest value.
const HALVED: f64 = 1e-8;
/// dH along the spline against its norm: the second derivative is a logarithm at critical points, which polynomials follow
/// badly.
const NORM: [f64; 2] = [1e-7, 1e-4];
/// A difference quotient of the exact entropy, which is differentiable but once where density jumps or turns of one branch
/// lie at values of another: the quotient is off by the step times a logarithm, and the narrowest steps lose digits.
const QUOTIENT: f64 = 1e-4;
const QUOTIENT_STEPS: [f64; 3] = [5e-5, 5e-6, 5e-7];
/// Where the direction reaches far beyond f', the quotients of the two sides meet no faster than 1/sqrt(-log h): half their
/// difference is allowed, up to this.
const SIDES: f64 = 1e-2;
/// The parameters of the table of the entropy's fall.
const STEPS: [f64; 4] = [0.001, 0.01, 0.03, 0.1];
/// Up to here the entropy has to fall.
const SMALL: f64 = 0.001;

/// All of them.
pub(super) fn checks(
    solution: &Solution,
    d: &Differential,
    gradient: &Gradient,
    curves: &Curves,
) -> Result<Vec<Check>> {
    let mut all = vec![weak_form(d, gradient)?];
    all.push(Check {
        what: "mesh halved",
        how: "the polynomials against -dH[K(u - .)] at eight points of each, by rules with twice the panels; over the \
              greatest value"
            .into(),
        number: gradient.deviation,
        at: None,
        tolerance: HALVED,
    });
    let rate = gradient.slope.value;
    all.push(Check {
        what: "rate of descent",
        how: "dH[Delta f] against -||Delta f||^2 of the polynomials".into(),
        number: (rate + gradient.energy).abs() / gradient.energy.max(f64::MIN_POSITIVE),
        at: None,
        tolerance: NORM[usize::from(gradient.space == Space::Second)],
    });
    all.extend(quotient(solution, curves));
    all.extend(falls(solution));
    Ok(all)
}

/// <Delta f, g> against -dH[g] for bells g of several widths, among them one on each critical point.
fn weak_form(d: &Differential, gradient: &Gradient) -> Result<Check> {
    let (centre, scale) = (d.centre(), d.scale());
    let mut centres = vec![centre, centre - scale, centre + 0.7 * scale];
    centres.extend(d.folds().into_iter().take(3));
    let mut worst = (0.0, None);
    let mut size = 0.0f64;
    let mut differences = Vec::new();
    for c in centres {
        for width in [scale, 0.6 * scale] {
            let z = (Expr::x() - Expr::float(c)) / Expr::float(width);
            let bell = Tape::new(&(-z.powi(2)).apply(Op::Exp))?;
            let variation = d.along(&bell, &[c])?;
            let product = product(gradient, &bell, c, width)?;
            size = size.max(variation.value.abs());
            differences.push((c, (product + variation.value).abs()));
        }
    }
    for (c, difference) in differences {
        if !(difference / size <= worst.0) {
            worst = (difference / size, Some(c));
        }
    }
    let how =
        "<Delta f, g> against -dH[g] by adaptive quadrature, for bells g = exp(-((x - c)/w)^2) of several c and w"
            .into();
    Ok(Check { what: "weak form", how, number: worst.0, at: worst.1, tolerance: WEAK })
}

/// <Delta f, g>
fn product(gradient: &Gradient, g: &Tape, centre: f64, width: f64) -> Result<f64> {
    let spline = &gradient.spline;
    let mut knots: Vec<f64> = spline.pieces.iter().map(|p| p.from).collect();
    knots.push(spline.ends[1].at);
    let integrand = |u: f64| {
        let mut t = [0.0; 3];
        g.taylor(u, &mut t);
        norm_density(gradient.space, spline.length, spline.jet(u), [t[0], t[1], 2.0 * t[2]])
    };
    // The bell is rounding outside.
    let (low, high) = (centre - 7.0 * width, centre + 7.0 * width);
    let quadrature = Quadrature { relative: 1e-9, absolute: 1e-13, ..Quadrature::default() };
    Ok(quadrature.integrate(integrand, low, high, &knots)?.value)
}

/// H(eps) - H(0) of the exact functional on the part where f is not flat; none where it is not finite.
pub(super) fn change(solution: &Solution, curves: &Curves, eps: f64) -> Option<Estimate> {
    if curves.cells.iter().all(|c| !c.flat) {
        let of = |f: &Expr| {
            let h = entropy::entropy(f, &solution.input).ok()?.entropy;
            (h.error.is_finite() && h.value.is_finite()).then_some(h)
        };
        let before = of(&solution.activation.formula.bound().ok()?)?;
        let after = of(&solution.improved.expr.with_parameter(PARAMETER, &Expr::float(eps)))?;
        let evaluations = after.evaluations + before.evaluations;
        return Some(Estimate { value: after.value - before.value, error: after.error + before.error, evaluations });
    }
    let mut sum = Estimate { value: 0.0, error: 0.0, evaluations: 0 };
    for c in curves.cells.iter().filter(|c| !c.flat) {
        let quadrature = Quadrature { centre: c.centre, scale: c.width, ..Quadrature::default() };
        let log = |u: f64| {
            let p = c.density.eval(u);
            if p < 1e-290 { 0.0 } else { p * (eps * c.ratio(u)).ln_1p() }
        };
        let mut knots = solution.correction_pieces.iter().map(|p| p.from.value).collect::<Vec<_>>();
        knots.retain(|u| u.is_finite());
        sum = sum + quadrature.integrate(log, c.from.value, c.to.value, &knots).ok()?;
    }
    let mass = solution.slope.mass;
    Some(Estimate { value: sum.value / mass, error: sum.error / mass, ..sum })
}

/// The entropy at several parameters of the descending sign.
pub(super) fn descent(solution: &Solution, curves: &Curves) -> Vec<Descent> {
    let linear = solution.slope.value.value;
    let row = |eps: f64| Some(Descent { eps, change: change(solution, curves, eps)?, linear: linear * eps });
    STEPS.into_iter().filter_map(row).collect()
}

/// dH/d eps against a difference of the exact entropy.
fn quotient(solution: &Solution, curves: &Curves) -> Option<Check> {
    let slope = solution.slope.value.value;
    let change = |h: f64| change(solution, curves, h).map_or(f64::NAN, |change| change.value / h / slope.abs());
    let tried = QUOTIENT_STEPS.into_iter().map(|h| {
        let (right, left) = (change(h), change(-h));
        ((0.5 * (right + left) - slope.signum()).abs(), (h, 0.5 * (right - left).abs()))
    });
    let (number, (h, sides)) = least_error(tried, QUOTIENT)?;
    Some(Check {
        what: "entropy slope against a difference quotient",
        how: format!("exact entropy at eps = +-{h:e}; {QUOTIENT:e} or half the difference of the two sides allowed"),
        number,
        at: None,
        tolerance: sides.clamp(QUOTIENT, SIDES),
    })
}

/// Whether the entropy falls at every small step of the table.
fn falls(solution: &Solution) -> Option<Check> {
    let rows = &solution.sobolev.as_ref()?.descent;
    let share = |r: &Descent| (r.change.value + r.change.error) / r.linear.abs();
    let most = rows.iter().filter(|r| r.eps <= SMALL).map(share).max_by(f64::total_cmp)?;
    Some(Check {
        what: "the entropy falls",
        how: format!("change of the exact entropy over that of the slope, greatest of eps up to {SMALL}"),
        number: most,
        at: None,
        tolerance: 0.0,
    })
}
