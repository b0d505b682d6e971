//! How the entropy changes along the correction, to first order: dH/d eps = E[g'/f'] over the part of the line where f
//! is not flat, and the paper's rate dH/dt = -INT (Delta f)^2/|f'| du (math.md section 4).

use super::correction::{self, SCAN};
use super::direction::{self, Cell};
use super::tail::{self, Growth};
use super::{Metric, Solution, Status};
use crate::entropy::{Differential, Functional, dual};
use crate::error::{Error, Result};
use crate::expr::{Batch, Bound, Expr, Node, Op, Piece, Tape, Wide, singular_candidates};
use crate::input::Input;
use crate::numeric::{self, Estimate, Points, Quadrature, bracketed};
use std::ops::RangeInclusive;
use std::sync::OnceLock;

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

/// The numeric side of a cell.
pub struct Curve {
    /// Its lower end.
    pub from: Bound,
    /// Its upper end.
    pub to: Bound,
    /// Whether f is constant on it.
    pub flat: bool,
    /// Whether f falls on it.
    pub falls: bool,
    /// f
    pub activation: Tape,
    /// p
    pub density: Tape,
    /// The correction.
    pub correction: Tape,
    /// The direction g that eps multiplies.
    pub direction: Tape,
    /// f, the correction and g, for what leaves the range of a double.
    forms: [Expr; 3],
    /// How the rate of descent and g'/f' grow towards the two ends, the latter with its sign, once asked for.
    pub(super) rates: [OnceLock<Growth>; 2],
    pub(super) ratios: [OnceLock<(Growth, f64)>; 2],
    /// Where the input has its bulk.
    pub centre: f64,
    /// How wide that is.
    pub width: f64,
}

impl Curve {
    /// f' at a point, from inside the cell.
    pub fn slope_at(&self, x: f64) -> f64 {
        if self.flat { 0.0 } else { self.activation.derivative(x, 1) }
    }

    /// The sign of f' at a point, if it is too small for a double.
    pub fn slope_sign(&self, x: f64) -> f64 {
        match self.slope_at(x) {
            0.0 => self.far_slope(x).map_or(0.0, |slope| slope.sign),
            slope => slope.signum(),
        }
    }

    /// log |f'| at a point; minus infinity where it is 0, or too small to be known.
    pub fn log_steepness(&self, x: f64) -> f64 {
        match self.slope_at(x) {
            0.0 => self.far_slope(x).filter(|slope| slope.sign != 0.0).map_or(f64::NEG_INFINITY, |slope| slope.log),
            slope => slope.abs().ln(),
        }
    }

    /// f' at a point, where that is no double; none where logarithms are no way either.
    fn far_slope(&self, x: f64) -> Option<Wide> {
        dual(&self.forms[0], x, false).map(|(_, slope)| slope).filter(|slope| !slope.log.is_nan())
    }

    /// Points inside at which f may be infinite or jump.
    pub fn singular_inside(&self) -> Vec<f64> {
        let reach = 9.0 * self.width;
        let (low, high) = (self.from.value.max(self.centre - reach), self.to.value.min(self.centre + reach));
        let quotient = self.forms[0].rewrite(&mut |e| match (e.node(), e.args()) {
            (Node::Call(Op::Tan, _), [a]) => Some(Expr::call(Op::Sin, [a.clone()]) / Expr::call(Op::Cos, [a.clone()])),
            _ => None,
        });
        if low < high { singular_candidates(&quotient, low, high, f64::INFINITY) } else { vec![] }
    }

    /// Whether |f| grows like a power towards an end.
    pub fn has_pole_at(&self, end: f64, inward: f64) -> bool {
        let size = |distance: f64| self.activation.eval(end + inward * distance * self.width).abs();
        size(1e-9) > 2.0 * size(1e-6)
    }

    /// The value of something at an end of the cell, at a pole that of its inner side.
    pub fn beside(&self, tape: &Tape, end: f64, inward: f64) -> f64 {
        let value = tape.eval(end);
        if value.is_finite() { value } else { tape.eval(end + inward * 1e-9 * self.width) }
    }

    /// Whether |f'| grows without end towards an end, if as slowly as a logarithm: f''/f' is about 1/distance then.
    pub fn steepens(&self, end: f64, inward: f64) -> bool {
        let at = |k: i32| {
            let u = end + inward * 10f64.powi(-k);
            (self.slope_at(u).abs(), self.activation.derivative(u, 2).abs())
        };
        let [far, near, nearest] = [3, 5, 7].map(at);
        let grows = |a: (f64, f64), b: (f64, f64)| b.0 > 1.01 * a.0 && b.1 / b.0 > 10.0 * a.1 / a.0;
        !self.flat && grows(far, near) && grows(near, nearest)
    }

    /// The width of the cell, or of the bulk where that is narrower.
    pub fn breadth(&self) -> f64 {
        self.width.min(self.to.value - self.from.value)
    }

    /// g'/f' at a point.
    pub fn ratio(&self, x: f64) -> f64 {
        self.direction.derivative(x, 1) / self.slope_at(x)
    }

    /// g'/f' at a point where one of them leaves the range of a double; none where logarithms are no way either.
    pub fn far_ratio(&self, x: f64, strict: bool) -> Option<Wide> {
        let [f, _, g] = &self.forms;
        let (slope, change) = (dual(f, x, strict)?.1, dual(g, x, strict)?.1);
        Some(change.times(slope.power(-1.0))).filter(|ratio| slope.sign != 0.0 && !ratio.log.is_nan())
    }

    /// Minus the rate of descent per du in a metric, there.
    pub fn far_descent(&self, metric: Metric, input: &Input, x: f64, strict: bool) -> Option<Wide> {
        let [f, correction, _] = &self.forms;
        let square = dual(correction, x, strict)?.0.power(2.0);
        let rate = match metric {
            Metric::Inverse => {
                let slope = dual(f, x, strict)?.1;
                Wide::positive(square.log - slope.log)
            }
            Metric::Forward | Metric::Sobolev => square,
            Metric::Probability => square.times(Wide::positive(input.log_pdf(x))),
        };
        Some(rate).filter(|rate| !rate.log.is_nan())
    }

    /// f' and g' at many points.
    pub fn slopes(&self, u: &[f64]) -> (Vec<f64>, Vec<f64>) {
        (Batch::of(self.activation.clone()).slopes(u), Batch::of(self.direction.clone()).slopes(u))
    }

    /// Zeros of f' where the input has mass: sign changes, and points where f' touches zero.
    pub fn critical_points(&self, input: &Input) -> Vec<f64> {
        // What is too small for a double has its sign still.
        let f1 = |x: f64| match self.activation.derivative(x, 1) {
            0.0 => f64::MIN_POSITIVE * self.slope_sign(x),
            slope => slope,
        };
        let f2 = |x: f64| self.activation.derivative(x, 2);
        let step = |x: f64| 1e-3 * x.abs().max(1.0);
        let ends = [self.from.value, self.to.value].into_iter().filter(|x| x.is_finite());
        let at_ends = ends.filter(|x| input.pdf(*x) > 0.0 && self.slope_at(*x) == 0.0);
        let genuine = |x: &f64| {
            let [left, here, right] = [x - step(*x), *x, x + step(*x)].map(|x| self.log_steepness(x));
            let inside = self.from.value < *x && *x < self.to.value;
            let steepest = left.max(right);
            // Where f is a constant to rounding, f' may be anything.
            let varies = steepest + x.abs().max(1.0).ln() > 1e-12f64.ln() + self.activation.eval(*x).abs().ln();
            let known = [left, right].iter().all(|slope| *slope > f64::NEG_INFINITY);
            inside && varies && known && input.pdf(*x) > 0.0 && here < 1e-6f64.ln() + steepest
        };
        // The whole cell, and once more where the input has its mass: an activation may turn often there.
        let (low, high) = (self.centre - 9.0 * self.width, self.centre + 9.0 * self.width);
        let bulk = (self.from.value.max(low), self.to.value.min(high));
        let whole = (self.from.value, self.to.value);
        let mut spans = if whole == bulk { vec![whole] } else { vec![whole, bulk] };
        // One that turns often goes on doing so: octave by octave, as far as there is mass to speak of.
        for side in [-1.0, 1.0] {
            let reach = |octave: i32| self.centre + side * 9.0 * self.width * 2f64.powi(octave);
            let seen = (0..OCTAVES).take_while(|octave| self.width * input.pdf(reach(*octave)) > 1e-12);
            let octaves = seen.map(|octave| (reach(octave), reach(octave + 1)));
            spans.extend(octaves.map(|(a, b)| (self.from.value.max(a.min(b)), self.to.value.min(a.max(b)))));
        }
        let batch = Batch::of(self.activation.clone());
        let mut all: Vec<f64> = Vec::new();
        for (i, (a, b)) in spans.into_iter().filter(|(a, b)| a < b).enumerate() {
            if i >= 2 && !(OFTEN..MOST).contains(&all.len()) {
                break;
            }
            let known = all.len();
            let x: Vec<f64> = (0..=SCAN).map(numeric::grid(a, b, SCAN)).collect();
            let slopes = batch.slopes(&x);
            let crosses = |i: &usize| slopes[i - 1] * slopes[*i] < 0.0;
            all.extend((1..=SCAN).filter(crosses).filter_map(|i| bracketed(f1, x[i - 1], x[i])));
            // |f'| is least where it touches 0.
            let touches = |i: &usize| {
                let [before, here, after] = [slopes[i - 1], slopes[*i], slopes[i + 1]];
                !crosses(i) && here * after > 0.0 && here.abs() <= before.abs() && here.abs() < after.abs()
            };
            for i in (1..SCAN).filter(touches) {
                let Some(least) = bracketed(f2, x[i - 1], x[i + 1]) else { continue };
                // Maybe it passes through 0 there, and back.
                match [(x[i - 1], least), (least, x[i + 1])].map(|(a, b)| bracketed(f1, a, b)) {
                    [Some(there), Some(back)] => all.extend([there, back]),
                    _ => all.push(least),
                }
            }
            for run in runs(&slopes).filter(|run| 0 < *run.start() && *run.end() < SCAN) {
                let (before, after) = (x[run.start() - 1], x[run.end() + 1]);
                let exact = run.map(|i| x[i]).find(|x| self.log_steepness(*x) == f64::NEG_INFINITY);
                let turn = || bracketed(f1, before, after);
                let touch = || numeric::golden(|x| -self.log_steepness(x), before, after, 80);
                all.push(exact.or_else(turn).unwrap_or_else(touch));
            }
            let found = all.split_off(known);
            all.extend(found.into_iter().filter(genuine));
        }
        all.extend(at_ends);
        all.sort_by(f64::total_cmp);
        all.dedup_by(|a, b| (*a - *b).abs() < 1e-9 * b.abs().max(1.0));
        all
    }
}

/// Critical points from which on an activation is taken to turn often, and beyond which no more are looked for.
const OFTEN: usize = 3;
const MOST: usize = 60;
/// Octaves beyond the bulk in which they are looked for.
const OCTAVES: i32 = 5;

/// Where zeros stand side by side.
fn runs(values: &[f64]) -> impl Iterator<Item = RangeInclusive<usize>> {
    let mut places = (0..values.len()).filter(|i| values[*i] == 0.0).peekable();
    std::iter::from_fn(move || {
        let start = places.next()?;
        let end = std::iter::successors(Some(start), |end| places.next_if_eq(&(end + 1))).last();
        end.map(|end| start..=end)
    })
}

/// All cells in numbers.
pub struct Curves {
    /// In ascending order.
    pub cells: Vec<Curve>,
}

impl Curves {
    /// Compiles the cells of a derivation.
    pub(super) fn new(cells: &[Cell], parts: &correction::Parts, input: &Input) -> Result<Curves> {
        let (centre, width) = correction::scale_of(input);
        let on = |pieces: &[Piece], cell: &Cell| {
            let overlaps = |p: &&Piece| p.from.value < cell.to.value && cell.from.value < p.to.value;
            let within: Vec<Piece> = pieces.iter().filter(overlaps).cloned().collect();
            crate::expr::piecewise(&within)
        };
        let compile = |cell: &Cell| -> Result<Curve> {
            let density = cell.parts.iter().map(|p| p.density.clone()).fold(Expr::int(0), |sum, p| sum + p);
            let (correction, direction) = (on(&parts.correction, cell), on(&parts.direction, cell));
            Ok(Curve {
                from: cell.from.clone(),
                to: cell.to.clone(),
                flat: cell.flat,
                falls: cell.falls,
                activation: Tape::new(&cell.activation)?,
                density: Tape::new(&density)?,
                correction: Tape::new(&correction)?,
                direction: Tape::new(&direction)?,
                forms: [cell.activation.clone(), correction, direction],
                rates: Default::default(),
                ratios: Default::default(),
                centre,
                width,
            })
        };
        Ok(Curves { cells: cells.iter().map(compile).collect::<Result<_>>()? })
    }

    /// The cells of a finished solution, whose forms are its pieces.
    pub(super) fn of_solution(solution: &Solution) -> Result<Curves> {
        let cells = super::direction::cells(&solution.activation.formula.bound()?, &solution.input)?;
        let direction = crate::expr::pieces(&solution.direction, f64::NEG_INFINITY, f64::INFINITY)?;
        let parts = correction::Parts {
            correction: solution.correction_pieces.clone(),
            direction,
            scale: solution.scale.clone(),
            orders: vec![],
        };
        Curves::new(&cells, &parts, &solution.input)
    }

    /// The cell around a point.
    pub fn at(&self, x: f64) -> Option<&Curve> {
        self.cells.iter().find(|c| c.from.value <= x && x <= c.to.value)
    }

    /// The ends of all cells.
    pub fn cuts(&self) -> Vec<f64> {
        self.cells.iter().map(|c| c.from.value).filter(|b| b.is_finite()).collect()
    }
}

/// How much f jumps from one cell to the next, beyond the rounding of its values inside them.
pub(super) fn activation_jump(pair: &[Curve]) -> f64 {
    let at = pair[0].to.value;
    let side = |curve: &Curve, inward: f64| curve.beside(&curve.activation, at, inward);
    let inside = |curve: &Curve| curve.activation.eval(direction::interior(curve.from.value, curve.to.value)).abs();
    let (left, right) = (side(&pair[0], -1.0), side(&pair[1], 1.0));
    let sizes = [left.abs(), right.abs(), inside(&pair[0]), inside(&pair[1])];
    let size: f64 = sizes.into_iter().filter(|size| size.is_finite()).sum();
    let jump = right - left;
    if jump.abs() > 1e-12 * size { jump } else { 0.0 }
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
