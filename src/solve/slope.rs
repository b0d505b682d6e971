//! How the entropy changes along the correction, to first order: dH/d eps = E[g'/f'] over the part of the line where f
//! is not flat, and the paper's rate dH/dt = -INT (Delta f)^2/|f'| du (math.md section 4).

use super::curve::{Curve, Curves};
use super::tail;
use super::{Metric, Solution, Status};
use crate::entropy::{Differential, Functional};
use crate::error::{Error, Result};
use crate::expr::{Batch, Expr, Tape, Wide};
use crate::input::Input;
use crate::numeric::{Estimate, Points, Quadrature};

/// What integration by parts leaves at a point: the end of the support, a kink, a jump.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundaryTerm {
    /// The point.
    pub at: f64,
    /// p g/f' left of it less p g/f' right of it, nats per unit of eps.
    pub value: f64,
}

/// The first-order change of the entropy.
#[derive(Debug, Clone, PartialEq)]
pub struct Slope {
    /// dH/d eps at 0 of the output on the active branch (where f is not flat), nats per unit of eps.
    pub value: Estimate,
    /// The same weighted with the probability of the active branch.
    pub unconditional: Estimate,
    /// The probability of the active branch.
    pub mass: f64,
    /// The active branch in words.
    pub branch: String,
    /// dH/dt along the correction itself, over the active branch, unconditional; -INT (Delta f)^2/|f'| du for the
    /// paper's metric.
    pub rate: Estimate,
    /// Terms that integration by parts leaves.
    pub boundary_terms: Vec<BoundaryTerm>,
    /// The slopes towards negative and positive eps. They differ where the correction jumps: the pieces move apart for one
    /// sign of eps, and for the other their values overlap, which lowers the entropy. NaN where unknown.
    pub sides: [f64; 2],
    /// Whether values are taken on more than one branch of the activation, so that it is no mean of g'/f'.
    pub folded: bool,
    /// Poles of the activation inside the support, across which it is not monotone.
    pub poles: Vec<f64>,
    /// Why the slope is zero, infinite or undefined, where it is.
    pub outcome: Option<String>,
}

impl Slope {
    /// No slope to speak of.
    pub fn none() -> Slope {
        let zero = Estimate { value: 0.0, error: 0.0, evaluations: 0 };
        Slope {
            value: zero,
            unconditional: zero,
            mass: 0.0,
            branch: String::new(),
            rate: zero,
            boundary_terms: vec![],
            sides: [0.0; 2],
            folded: false,
            poles: vec![],
            outcome: None,
        }
    }
}

/// The slope of the entropy along the correction of a solution.
pub fn slope(curves: &Curves, solution: &Solution) -> Result<Slope> {
    let input = &solution.input;
    let mut found = Slope { mass: active_mass(curves, input), branch: branch(curves), ..Slope::none() };
    let scale = crate::expr::constant(&solution.scale)?;
    match &solution.status {
        Status::Stationary => {
            let bends = solution.kinks.iter().find(|kink| kink.point_mass != 0.0);
            found.outcome = Some(match bends {
                Some(kink) => format!(
                    "zero on every piece: the activation is stationary there, but not at the kink at x = {}, whose point mass \
                     changes the entropy along directions that do not vanish at it",
                    kink.at.value
                ),
                None => "zero: the activation is stationary under this input".into(),
            });
            return Ok(found);
        }
        Status::Unbounded(why) => {
            set(&mut found, f64::NAN);
            found.outcome = Some(format!("undefined: {why}"));
            return Ok(found);
        }
        Status::Solved => {}
    }
    if found.mass == 0.0 {
        found.outcome = Some("undefined: the activation is constant wherever the input has mass".into());
        set(&mut found, f64::NAN);
        return Ok(found);
    }
    if !solution.singular_points.is_empty() {
        set(&mut found, f64::NAN);
        found.rate.value = f64::NEG_INFINITY;
        found.outcome = Some(
            "undefined: the pointwise correction has poles where f' is 0 or infinite, at which INT (Delta f)^2/|f'| du \
             diverges"
                .into(),
        );
        return Ok(found);
    }
    let f = solution.activation.formula.bound()?;
    if let Ok(functional) = Functional::new(&f, input) {
        found.poles = functional.poles();
        if functional.folds() {
            return folded(found, &f, curves, solution, scale);
        }
    }
    found.boundary_terms = boundary_terms(curves);
    if let Some(end) = diverging_end(curves, input, solution.settings.metric) {
        set(&mut found, -f64::INFINITY * scale.signum());
        found.rate.value = f64::NEG_INFINITY;
        found.outcome = Some(format!(
            "infinite: the integrand of dH/dt does not fall off towards {end}, so the slope at 0 is not finite"
        ));
        return Ok(found);
    }
    match measure(found.clone(), curves, solution) {
        Err(Error::NotFinite { at, .. }) => {
            match infinite_at_end(curves, at) {
                Some((end, value)) => {
                    set(&mut found, value);
                    found.rate.value = f64::NEG_INFINITY;
                    found.outcome = Some(format!("infinite: p g'/f' is not integrable at x = {end}"));
                }
                None => {
                    set(&mut found, f64::NAN);
                    let far =
                        curves.at(at).and_then(|c| c.far_ratio(at, false)).map_or(0.0, |r| r.log + input.log_pdf(at));
                    let ends = curves.cells.iter().flat_map(|c| [(c.from.value, c.width), (c.to.value, c.width)]);
                    let end = ends.into_iter().find(|(end, w)| *end != 0.0 && (end - at).abs() < 1e-9 * w);
                    found.outcome = Some(match end {
                        _ if far > 700.0 => {
                            format!("not computed: p g'/f' is e^{far:.0} at x = {at:.6}, beyond the range of a double")
                        }
                        Some((end, _)) => format!(
                            "not computed: p g'/f' is singular at x = {end}, where doubles do not tell points apart; shift input \
                             and activation so that this point is 0"
                        ),
                        None => format!("not computed: the integral of p g'/f' does not settle near x = {at}"),
                    });
                }
            }
            Ok(found)
        }
        other => other,
    }
}

/// The slope where values are taken on more than one branch: the first variation of the entropy of their summed density.
fn folded(mut found: Slope, f: &Expr, curves: &Curves, solution: &Solution, scale: f64) -> Result<Slope> {
    found.folded = true;
    if let Some(jump) = solution.kinks.iter().find(|kink| kink.correction_jump != 0.0) {
        set(&mut found, f64::NAN);
        found.outcome = Some(format!(
            "not computed: values are taken on more than one branch of the activation, and the correction jumps at x = {}",
            jump.at.value
        ));
        return Ok(found);
    }
    let along = Differential::new(f, &solution.input)?.along(&Tape::new(&solution.direction)?, &curves.cuts());
    match along.ok().filter(|slope| slope.value.is_finite()) {
        Some(slope) => {
            let by = |factor: f64| Estimate { value: slope.value * factor, error: slope.error * factor.abs(), ..slope };
            (found.unconditional, found.value, found.rate) = (slope, by(1.0 / found.mass), by(scale));
            found.sides = [found.value.value; 2];
        }
        None => {
            set(&mut found, f64::NAN);
            found.outcome = Some("not computed: values are taken on more than one branch of the activation".into());
        }
    }
    Ok(found)
}

fn set(slope: &mut Slope, value: f64) {
    slope.value.value = value;
    slope.unconditional.value = value;
    slope.rate.value = value;
    slope.sides = [value; 2];
}

/// The end of a cell near a point, where p g'/f' is too large to integrate, and the infinity that its integral is.
fn infinite_at_end(curves: &Curves, at: f64) -> Option<(f64, f64)> {
    for c in &curves.cells {
        for (end, inwards) in [(c.from.value, c.width), (c.to.value, -c.width)] {
            if !((end - at).abs() < 1e-3 * c.width) {
                continue;
            }
            let mass =
                [1e-3, 1e-6, 1e-9].map(|h| h * weighted(c, end + h * inwards, |c, p| p * c.ratio(end + h * inwards)));
            // A power -1 or steeper: the share of each decade is no smaller than that of the one before.
            if mass[0] != 0.0 && mass[1] / mass[0] > 0.9 && mass[2] / mass[1] > 0.99 {
                return Some((end, f64::INFINITY.copysign(mass[0])));
            }
        }
    }
    None
}

/// What overlapping adds to the slope towards negative and positive eps: where g jumps by J between two cells of the same
/// direction, a width |J eps| of values is taken on both sides, with densities q1 and q2, and
/// H loses |J eps| ((q1 + q2) log(q1 + q2) - q1 log q1 - q2 log q2).
fn overlaps(curves: &Curves) -> [f64; 2] {
    let mut sides = [0.0; 2];
    for pair in curves.cells.windows(2).filter(|pair| pair.iter().all(|c| !c.flat)) {
        let at = pair[0].to.value;
        let slopes = [&pair[0], &pair[1]].map(|c| c.slope_at(at));
        if slopes[0] * slopes[1] <= 0.0 {
            continue;
        }
        let jump = (pair[1].direction.eval(at) - pair[0].direction.eval(at)) * slopes[0].signum();
        let size = pair[0].direction.eval(at).abs() + pair[1].direction.eval(at).abs();
        let step = pair[1].activation.eval(at) - pair[0].activation.eval(at);
        if !(jump.abs() > 1e-12 * size) || step != 0.0 {
            continue;
        }
        let term = |q: f64| if q > 0.0 { q * q.ln() } else { 0.0 };
        let q = [(&pair[0], slopes[0]), (&pair[1], slopes[1])].map(|(c, slope)| c.density.eval(at) / slope.abs());
        let loss = jump.abs() * (term(q[0] + q[1]) - term(q[0]) - term(q[1]));
        if jump < 0.0 { sides[1] -= loss } else { sides[0] += loss }
    }
    sides
}

/// The integrals themselves.
fn measure(mut found: Slope, curves: &Curves, solution: &Solution) -> Result<Slope> {
    let (input, metric) = (&solution.input, solution.settings.metric);
    for curve in curves.cells.iter().filter(|c| !c.flat) {
        let quadrature = Quadrature { centre: curve.centre, scale: curve.width, ..Quadrature::default() };
        let marks = marks(input, curve);
        let (a, b) = (curve.from.value, curve.to.value);
        let (density, correction) = (Batch::of(curve.density.clone()), Batch::of(curve.correction.clone()));
        let integrand = |points: &Points, out: &mut [[f64; 2]]| {
            let u = &points.u;
            let (p, d) = (density.all_values(u), correction.all_values(u));
            let (slope, g1) = curve.slopes(u);
            for (i, out) in out.iter_mut().enumerate() {
                // Far out f' may leave the range of a double before the density does.
                let lost = p[i] < 1e-290 || slope[i].abs() < 1e-290;
                *out = match lost {
                    true if p[i] < 1e-290 && slope[i].abs() > 1e-200 => [0.0; 2],
                    true => far_terms(curve, metric, input, u[i]),
                    false => [p[i] * (g1[i] / slope[i]), -rate_of(metric, d[i], slope[i], p[i])],
                };
            }
        };
        let [change, rate] = quadrature.integrate_blocks(integrand, a, b, &marks)?;
        add(&mut found.unconditional, change);
        add(&mut found.rate, rate);
    }
    let mass = found.mass;
    found.value = Estimate {
        value: found.unconditional.value / mass,
        error: found.unconditional.error / mass,
        evaluations: found.unconditional.evaluations,
    };
    found.sides = overlaps(curves).map(|extra| (found.unconditional.value + extra) / mass);
    if found.sides[0] != found.sides[1] {
        let [left, right] = found.sides;
        found.outcome = Some(format!(
            "one-sided: the correction jumps, for one sign of eps the values of neighbouring pieces overlap, and the slope is \
             {left} towards eps < 0 and {right} towards eps > 0"
        ));
    }
    Ok(found)
}

/// p g'/f' and the rate of descent at a point by logarithms; 0 where they say nothing, or are too large themselves to keep
/// their digits: whether the integrand falls off there has been seen before.
fn far_terms(curve: &Curve, metric: Metric, input: &Input, u: f64) -> [f64; 2] {
    let log_p = input.log_pdf(u);
    if !(log_p > -1e8) {
        return [0.0; 2];
    }
    let change = curve.far_ratio(u, false).map(|ratio| ratio.times(Wide::positive(log_p)));
    let rate = curve.far_descent(metric, input, u, false);
    [change.map_or(0.0, Wide::value), -rate.map_or(0.0, Wide::value)]
}

/// Points that show the quadrature where the mass is.
fn marks(input: &Input, curve: &Curve) -> Vec<f64> {
    let mut marks: Vec<f64> = input.modes();
    marks.extend(input.breakpoints());
    marks.retain(|m| curve.from.value < *m && *m < curve.to.value);
    if marks.is_empty() && curve.from.value.is_infinite() && curve.to.value.is_infinite() {
        marks.push(curve.centre);
    }
    marks
}

/// The integrand where the density is not zero; zero where it is.
fn weighted(curve: &Curve, u: f64, integrand: impl Fn(&Curve, f64) -> f64) -> f64 {
    let p = curve.density.eval(u);
    if p < 1e-290 { 0.0 } else { integrand(curve, p) }
}

/// Minus the rate of descent per du in a metric.
pub(super) fn descent(curve: &Curve, metric: Metric, u: f64, p: f64) -> f64 {
    rate_of(metric, curve.correction.eval(u), curve.slope_at(u), p)
}

/// The same from the correction d, f' and p.
fn rate_of(metric: Metric, d: f64, slope: f64, p: f64) -> f64 {
    match metric {
        Metric::Inverse => d * d / slope.abs(),
        Metric::Forward | Metric::Sobolev => d * d,
        Metric::Probability => p * d * d,
    }
}

fn add(sum: &mut Estimate, term: Estimate) {
    sum.value += term.value;
    sum.error += term.error;
    sum.evaluations += term.evaluations;
}

/// The probability of the cells where f is not flat.
pub(super) fn active_mass(curves: &Curves, input: &Input) -> f64 {
    if curves.cells.iter().all(|c| !c.flat) {
        return 1.0;
    }
    let mass = |c: &Curve| {
        let (a, b) = (c.from.value, c.to.value);
        // The smaller of the two differences keeps its digits in the upper tail.
        if a > input.quantile(0.5) {
            input.survival_at(a) - input.survival_at(b)
        } else {
            input.cdf_at(b) - input.cdf_at(a)
        }
    };
    curves.cells.iter().filter(|c| !c.flat).map(mass).sum()
}

/// The active cells in words.
pub(super) fn branch(curves: &Curves) -> String {
    if curves.cells.iter().all(|c| !c.flat) {
        return "the whole support".into();
    }
    let mut runs: Vec<(f64, f64)> = Vec::new();
    for c in curves.cells.iter().filter(|c| !c.flat) {
        match runs.last_mut() {
            Some(run) if run.1 == c.from.value => run.1 = c.to.value,
            _ => runs.push((c.from.value, c.to.value)),
        }
    }
    let words = |(a, b): &(f64, f64)| match (a.is_finite(), b.is_finite()) {
        (true, true) => format!("{a} < x < {b}"),
        (true, false) => format!("x > {a}"),
        (false, true) => format!("x < {b}"),
        (false, false) => "all x".into(),
    };
    runs.iter().map(words).collect::<Vec<_>>().join(" or ")
}

/// p g/f' at the ends of active cells, left less right; at infinite ends where it has a limit other than 0, as p and f' have
/// that fall off alike.
fn boundary_terms(curves: &Curves) -> Vec<BoundaryTerm> {
    let term = |c: &Curve, x: f64| c.density.eval(x) * c.direction.eval(x) / c.slope_at(x);
    let value = |c: &Curve, x: f64| match term(c, x) {
        _ if c.flat => 0.0,
        // A factor has a pole there: the limit from inside, to which the term runs as a power of the distance.
        limit if limit.is_nan() => {
            let inside = if x == c.from.value { c.width } else { -c.width };
            let distances = if x == 0.0 { [1e-80, 1e-100, 1e-120] } else { [1e-8, 1e-10, 1e-12] };
            let [far, near, nearest] = distances.map(|d| term(c, x + d * inside));
            let ratio = (near - nearest) / (far - near);
            let runs = ratio > 0.0 && ratio < 0.9 && (far - near).abs() > 1e-13 * far.abs();
            if ratio >= 0.9 && near / far > 1.05 && nearest / near > 1.05 {
                return f64::INFINITY.copysign(nearest);
            }
            nearest - if runs { (near - nearest) * ratio / (1.0 - ratio) } else { 0.0 }
        }
        value => value,
    };
    let mut terms: Vec<BoundaryTerm> = Vec::new();
    let mut put = |at: f64, value: f64| match terms.iter_mut().find(|t| t.at == at) {
        Some(term) => term.value += value,
        None => terms.push(BoundaryTerm { at, value }),
    };
    // How large p g/f' is where the input has its mass.
    let inside = |c: &Curve, k: f64| term(c, (c.centre + k * c.width).clamp(c.from.value, c.to.value)).abs();
    let sizes = curves.cells.iter().filter(|c| !c.flat).flat_map(|c| [-0.5, 0.0, 0.5].map(|k| inside(c, k)));
    let size = sizes.filter(|v| v.is_finite()).fold(0.0, f64::max);
    let far = |c: &Curve, side: f64| {
        let [near, middle, last] = [24.0, 28.0, 32.0].map(|k| term(c, c.centre + side * k * c.width));
        let settled = (near - middle).abs().max((middle - last).abs()) < 1e-6 * last.abs();
        // Like a + b/x: the limit from far out.
        let [half, whole] = [1e6, 2e6].map(|k| term(c, c.centre + side * k * c.width));
        let slowly = (whole - half).abs() < 1e-5 * whole.abs() && (last - whole).abs() < 0.5 * whole.abs();
        match (settled, slowly) {
            (true, _) if !c.flat && last.abs() > 1e-8 * size => last,
            (false, true) if !c.flat && whole.abs() > 1e-8 * size => 2.0 * whole - half,
            _ => 0.0,
        }
    };
    for c in &curves.cells {
        for (end, side) in [(c.from.value, -1.0), (c.to.value, 1.0)] {
            put(end, side * if end.is_finite() { value(c, end) } else { far(c, side) });
        }
    }
    terms.retain(|t| t.value.abs() > 1e-14 * size || t.value.is_nan());
    terms
}

/// The end of the support towards which the rate's integrand does not fall off fast enough.
fn diverging_end(curves: &Curves, input: &Input, metric: Metric) -> Option<f64> {
    let ends = [(curves.cells.first(), -1.0), (curves.cells.last(), 1.0)];
    for (curve, side) in ends {
        let Some(curve) = curve else { continue };
        let end = if side < 0.0 { curve.from.value } else { curve.to.value };
        if end.is_infinite() && !curve.flat && tail::rate(curve, input, side, metric).exceeds(tail::INTEGRABLE) {
            return Some(end);
        }
    }
    None
}
