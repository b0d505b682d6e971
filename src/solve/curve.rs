//! The cells of a derivation in numbers: the activation, the density, the correction and the direction on each.

use super::direction::{self, Cell};
use super::tail::Growth;
use super::{Metric, Solution, correction};
use crate::entropy::dual;
use crate::error::Result;
use crate::expr::{Batch, Bound, Expr, Node, Op, Piece, Tape, Wide, singular_candidates};
use crate::input::Input;
use std::sync::OnceLock;

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
    let [left, right] = sides(pair, |curve| &curve.activation);
    let inside = |curve: &Curve| curve.activation.eval(direction::interior(curve.from.value, curve.to.value));
    let sizes = [left, right, inside(&pair[0]), inside(&pair[1])].map(f64::abs);
    let size: f64 = sizes.into_iter().filter(|size| size.is_finite()).sum();
    beyond_rounding(right - left, size)
}

/// How much g jumps from one cell to the next.
pub(super) fn direction_jump(pair: &[Curve]) -> f64 {
    let [left, right] = sides(pair, |curve| &curve.direction);
    beyond_rounding(right - left, left.abs() + right.abs())
}

/// The values of something on both sides of the point at which two cells meet.
fn sides(pair: &[Curve], of: impl Fn(&Curve) -> &Tape) -> [f64; 2] {
    let at = pair[0].to.value;
    [(&pair[0], -1.0), (&pair[1], 1.0)].map(|(curve, inward)| curve.beside(of(curve), at, inward))
}

fn beyond_rounding(jump: f64, size: f64) -> f64 {
    if jump.abs() > 1e-12 * size { jump } else { 0.0 }
}
