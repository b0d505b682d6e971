//! The values of eps for which the improved activation stays monotone, piece by piece: 1 + eps g'/f' >= 0.

mod sample;

use super::curve::{Curve, Curves, activation_jump, direction_jump};
use super::tail::{BOUNDED, step};
use super::{SingularPoint, Solution, Status, direction, starting_value};
use crate::expr::to_f64;
use crate::input::Input;
use crate::numeric::golden;
use sample::{approached, limits, sampled, size};

/// The admissible eps of one piece.
#[derive(Debug, Clone, PartialEq)]
pub struct MonotonePiece {
    /// Lower end of the piece.
    pub from: f64,
    /// Upper end of the piece.
    pub to: f64,
    /// Least eps.
    pub lower: f64,
    /// Greatest eps.
    pub upper: f64,
}

/// The admissible eps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Monotone {
    /// Least eps for the whole function.
    pub lower: f64,
    /// Greatest eps for the whole function.
    pub upper: f64,
    /// Piece by piece.
    pub pieces: Vec<MonotonePiece>,
    /// What needs saying in words.
    pub outcome: Option<String>,
}

/// The interval of eps on which the improved activation of a solution stays monotone.
pub fn monotone(curves: &Curves, solution: &Solution) -> Monotone {
    let unlimited = Monotone { lower: f64::NEG_INFINITY, upper: f64::INFINITY, pieces: vec![], outcome: None };
    if solution.status != Status::Solved {
        let outcome = Some("there is no parameter".into());
        return Monotone { lower: f64::NAN, upper: f64::NAN, outcome, ..unlimited };
    }
    let rising = curves.cells.iter().find(|c| !c.flat).map_or(1.0, turning);
    let jumps = jumps(curves, rising);
    let cuts = jumps.iter().map(|jump| jump.at).chain(turned(curves)).collect::<Vec<_>>();
    // A piece on which the activation itself turns has no interval to speak of.
    let pieces = curves
        .cells
        .iter()
        .filter(|c| c.critical(&solution.singular_points).next().is_none())
        .map(|c| piece(c, &solution.input))
        .collect();
    let mut whole = Monotone { pieces: merged(pieces, &cuts), ..unlimited };
    for p in &whole.pieces {
        whole.lower = whole.lower.max(p.lower);
        whole.upper = whole.upper.min(p.upper);
    }
    for jump in &jumps {
        (whole.lower, whole.upper) = (whole.lower.max(jump.lower), whole.upper.min(jump.upper));
    }
    whole.outcome = match never(curves, solution, &jumps, rising) {
        Some(why) => {
            (whole.lower, whole.upper) = (f64::NAN, f64::NAN);
            Some(why)
        }
        None => words(curves, &whole, solution, &jumps),
    };
    if solution.settings.order > 1 {
        let note = "the interval is that of the first order; the terms of higher order move its ends";
        whole.outcome = Some(whole.outcome.map_or(note.to_owned(), |words| format!("{words}; {note}")));
    }
    whole
}

/// Why there is no eps at which the whole is known to be monotone, where there is none.
fn never(curves: &Curves, solution: &Solution, jumps: &[Jump], rising: f64) -> Option<String> {
    // A pole at an end of the support separates nothing.
    let (from, to) = solution.input.support();
    let points = &solution.singular_points;
    let why = if solution.slope.folded {
        "it takes values more than once".to_owned()
    } else if curves.turn_between_cells() {
        "it rises on one piece and falls on another".to_owned()
    } else if let Some(pole) = solution.slope.poles.iter().find(|pole| from < **pole && **pole < to) {
        return Some(format!("the activation itself is not monotone across its pole at x = {pole}"));
    } else if curves.turn(points) {
        "it turns at its critical points".to_owned()
    } else if curves.cells.iter().any(|c| c.critical(points).next().is_some()) {
        let why = "f' is 0 or infinite at a point near which g'/f' has no bound: no interval of eps is given";
        return Some(why.to_owned());
    } else if let Some(at) = curves.cells.iter().find_map(broken) {
        return Some(format!("the activation itself is not monotone across x = {at}, where it is singular"));
    } else if let Some(jump) = jumps.iter().find(|jump| jump.lower > jump.upper) {
        let way = if rising > 0.0 { "downwards, and rises" } else { "upwards, and falls" };
        format!("it jumps {way} elsewhere, at x = {}", jump.at)
    } else {
        return None;
    };
    Some(format!("the activation itself is not monotone: {why}"))
}

impl Curve {
    /// Those of these points that lie inside.
    fn critical(&self, points: &[SingularPoint]) -> impl Iterator<Item = f64> {
        points.iter().map(|p| p.at.value).filter(|at| self.from.value < *at && *at < self.to.value)
    }

    /// Whether f' changes its sign at one of these points.
    fn turns(&self, points: &[SingularPoint]) -> bool {
        self.critical(points).any(|at| {
            let step = 1e-4 * at.abs().max(self.width);
            self.slope_sign(at - step) * self.slope_sign(at + step) < 0.0
        })
    }
}

impl Curves {
    /// Whether the activation rises somewhere and falls elsewhere, given its critical points.
    pub(super) fn turn(&self, points: &[SingularPoint]) -> bool {
        self.turn_between_cells() || self.cells.iter().any(|c| c.turns(points))
    }

    /// Whether it rises on one cell and falls on another.
    fn turn_between_cells(&self) -> bool {
        let goes = |sign: f64| self.cells.iter().any(|c| !c.flat && turning(c) == sign);
        goes(1.0) && goes(-1.0)
    }
}

/// The sign of f' inside a cell; where f' happens to be 0 at the point looked at, that of f' everywhere.
fn turning(curve: &Curve) -> f64 {
    match curve.slope_sign(direction::interior(curve.from.value, curve.to.value)) {
        0.0 if curve.falls => -1.0,
        0.0 => 1.0,
        sign => sign,
    }
}

/// A point inside a cell at which f, on one side and the other, runs different ways, or jumps back: a pole, the jump of
/// atan(1/x).
fn broken(curve: &Curve) -> Option<f64> {
    let back = |at: &f64| {
        let unit = 1e-5 * at.abs().max(curve.width.min(1.0));
        let [before, left, right, after] = [-100.0, -1.0, 1.0, 100.0].map(|k| at + k * unit);
        let step = |a: f64, b: f64| (curve.activation.eval(b) - curve.activation.eval(a)) * curve.slope_sign(before);
        let jump = step(left, right);
        curve.slope_sign(before) * curve.slope_sign(after) < 0.0
            || jump < 0.0 && jump.abs() > 0.5 * step(before, after).abs()
    };
    curve.singular_inside().into_iter().find(back)
}

/// Where neighbouring cells meet of which the activation rises on one and falls on the other.
fn turned(curves: &Curves) -> impl Iterator<Item = f64> {
    let other = |pair: &&[Curve]| pair.iter().all(|c| !c.flat) && turning(&pair[0]) != turning(&pair[1]);
    curves.cells.windows(2).filter(other).map(|pair| pair[0].to.value)
}

/// A point at which f or g jumps, and the least and the greatest eps that let f + eps g jump there the way f goes; none
/// where f itself jumps the other way, and the least is above the greatest.
struct Jump {
    at: f64,
    lower: f64,
    upper: f64,
}

/// The jumps between neighbouring cells, of an activation that rises (1) or falls (-1).
fn jumps(curves: &Curves, rising: f64) -> Vec<Jump> {
    let jump = |pair: &[Curve]| {
        let at = pair[0].to.value;
        let [f, g] = [activation_jump(pair), direction_jump(pair)].map(|jump| jump * rising);
        let (lower, upper) = match () {
            () if f < 0.0 => (f64::INFINITY, f64::NEG_INFINITY),
            () if g > 0.0 => (-f / g + 0.0, f64::INFINITY),
            () if g < 0.0 => (f64::NEG_INFINITY, -f / g + 0.0),
            () => return None,
        };
        Some(Jump { at, lower, upper })
    };
    curves.cells.windows(2).filter_map(jump).collect()
}

/// Neighbouring pieces with the same limits as one, unless they meet at one of the cuts.
fn merged(pieces: Vec<MonotonePiece>, cuts: &[f64]) -> Vec<MonotonePiece> {
    let mut out: Vec<MonotonePiece> = Vec::new();
    for p in pieces {
        match out.last_mut() {
            Some(last) if last.lower == p.lower && last.upper == p.upper && !cuts.contains(&p.from) => last.to = p.to,
            _ => out.push(p),
        }
    }
    out
}

/// The limits of one cell: -1/sup and -1/inf of g'/f'; on a flat cell the sign of g' alone decides.
fn piece(curve: &Curve, input: &Input) -> MonotonePiece {
    let measure = |x: f64| if curve.flat { curve.direction.derivative(x, 1) } else { curve.ratio(x) };
    let [mut least, mut greatest] = extremes(curve, input, &measure);
    for (end, side) in [(curve.from.value, -1.0), (curve.to.value, 1.0)] {
        if end.is_infinite() && !curve.flat {
            let (far, sign) = step(curve, input, side);
            if far.exceeds(BOUNDED) {
                // A sign of 0 stands for both.
                if sign <= 0.0 {
                    least = f64::NEG_INFINITY;
                }
                if sign >= 0.0 {
                    greatest = f64::INFINITY;
                }
            }
        }
    }
    let limit = |extreme: f64| if curve.flat { 0.0 } else { -1.0 / extreme };
    let lower = if greatest > 0.0 { limit(greatest) } else { f64::NEG_INFINITY };
    let upper = if least < 0.0 { limit(least) } else { f64::INFINITY };
    // -1/infinity is a zero without sign.
    MonotonePiece { from: curve.from.value, to: curve.to.value, lower: lower + 0.0, upper: upper + 0.0 }
}

/// Infimum and supremum over a cell: a grid through bulk and tails, then golden-section refinement of the best points, and
/// the limits at finite ends. What is 0 but for rounding is 0.
fn extremes(curve: &Curve, input: &Input, measure: &dyn Fn(f64) -> f64) -> [f64; 2] {
    let ends = approached(curve, input);
    let (grid, values) = sampled(curve, input, &ends);
    let limits = limits(curve, input, &ends);
    [-1.0, 1.0].map(|sign| {
        let best = (0..grid.len()).max_by(|i, j| (sign * values[*i]).total_cmp(&(sign * values[*j])));
        let inside = best.map(|i| {
            let (a, b) = (grid[i.saturating_sub(1)], grid[(i + 1).min(grid.len() - 1)]);
            // Rounding does not let an extreme be found closer than to 1e-9 of the interval.
            let at = golden(|x| sign * measure(x), a, b, 43);
            let refined = measure(at);
            if sign * refined > sign * values[i] { (at, refined) } else { (grid[i], values[i]) }
        });
        let all = inside.into_iter().chain(limits.iter().copied());
        let (at, extreme) = all.max_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1))).unwrap_or((0.0, 0.0));
        if extreme.abs() <= 1e-12 * size(curve, at) { 0.0 } else { extreme }
    })
}

/// What a reader has to know when no interval around zero is left.
fn words(curves: &Curves, whole: &Monotone, solution: &Solution, jumps: &[Jump]) -> Option<String> {
    if whole.lower < 0.0 && whole.upper > 0.0 {
        return None;
    }
    let flat = curves.cells.iter().any(|c| c.flat);
    let sign = match solution.descent() {
        super::Sign::Negative => -1.0,
        _ if whole.upper <= 0.0 => -1.0,
        _ => 1.0,
    };
    let start = to_f64(&starting_value()) * sign;
    let turning = whole.pieces.iter().any(|p| p.lower == p.upper);
    let one_sided = jumps.iter().find(|jump| !turning && (jump.lower == 0.0 || jump.upper == 0.0));
    let mut text = match (flat, whole.lower == whole.upper, one_sided) {
        (_, true, Some(Jump { at, .. })) => format!(
            "the correction jumps at x = {at}, which only one sign of eps allows, and the pieces allow only the other: \
             the whole function is monotone only at eps = 0"
        ),
        (true, true, None) => {
            "on the flat piece f + eps g is eps g, which turns: the whole function is monotone only at eps = 0"
                .to_owned()
        }
        (false, true, None) => "no eps other than 0 keeps the whole function monotone".to_owned(),
        _ => "only one sign of eps keeps the whole function monotone".to_owned(),
    };
    let (low, high) = solution.input.support();
    let mut within = reach(curves, start).map(|(a, b)| (a.max(low), b.min(high)));
    for Jump { at, .. } in jumps.iter().filter(|jump| start < jump.lower || jump.upper < start) {
        let beyond = curves.cells.first().is_some_and(|c| *at > c.centre);
        within = within.map(|(a, b)| if beyond { (a, b.min(*at)) } else { (a.max(*at), b) });
    }
    // Where the whole is not monotone though no place was found on the way, the place is too narrow to be named.
    let told = |(a, b): &(f64, f64)| *a > low || *b < high || (whole.lower..=whole.upper).contains(&start);
    if let Some((a, b)) = within.filter(|within| !flat && told(within)) {
        text.push_str(&format!("; with eps = {start} it is monotone on {a:.6} < x < {b:.6}"));
    }
    Some(text)
}

/// The largest interval around the centre on which 1 + eps g'/f' > 0 for a given eps.
fn reach(curves: &Curves, eps: f64) -> Option<(f64, f64)> {
    let (centre, width) = curves.cells.first().map(|c| (c.centre, c.width))?;
    let good = |x: f64| curves.at(x).is_none_or(|c| c.flat || !(1.0 + eps * c.ratio(x) < 0.0));
    let walk = |side: f64| {
        let (mut near, mut far) = (0.0, width / 64.0);
        while far < 1e6 * width && good(centre + side * far) {
            (near, far) = (far, far * 1.05 + width / 64.0);
        }
        if far >= 1e6 * width {
            return f64::INFINITY;
        }
        for _ in 0..60 {
            let middle = 0.5 * (near + far);
            if good(centre + side * middle) { near = middle } else { far = middle }
        }
        near
    };
    good(centre).then(|| (centre - walk(-1.0), centre + walk(1.0)))
}
