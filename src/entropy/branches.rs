//! The monotone branches of an activation under an input, and the atoms of its flat pieces.

use super::far;
use super::search::{MOST_CELLS, POLE, continued, critical_points, is_pole, known, limit, odd_poles, refined};
use super::shape::{Section, Shape};
use super::singular::Singular;
use super::turn::Turn;
use crate::cas;
use crate::error::{Error, Result};
use crate::expr::{Batch, Expr, Tape};
use crate::input::Input;
use crate::numeric::{Point, Points, slices};
use std::sync::OnceLock;

/// A value taken with positive probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Atom {
    /// The value.
    pub at: f64,
    /// Its probability.
    pub mass: f64,
}

/// Cells per piece in which critical points are looked for.
const CELLS: usize = 64;
/// Interquartile ranges from an end to the bulk of the input beyond which the bulk has a grid of its own.
const DISTANT: f64 = 100.0;
/// A stretch of the line on which f is smooth and strictly monotone.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    pub from: f64,
    pub to: f64,
    form: Expr,
    tape: Tape,
    batch: Batch,
    /// The values or limits at `from` and `to`.
    pub at_from: f64,
    pub at_to: f64,
    /// The turns at `from` and `to`, where there are any.
    pub turns: [Option<usize>; 2],
    /// The ends at which the slope and the density may be infinite.
    singular: Vec<Singular>,
    /// Points inside and f there, ascending in u: brackets for the inverse.
    samples: Vec<(f64, f64)>,
}

/// What an activation does to an input.
#[derive(Debug, Clone)]
pub(super) struct Branches {
    pub smooth: Vec<Branch>,
    pub atoms: Vec<Atom>,
    pub turns: Vec<Turn>,
    /// The least and the greatest value of f on the support.
    pub range: (f64, f64),
    /// Length over which the input varies.
    pub scale: f64,
    /// Points of the line at which an integral against the input is to be cut: its modes and kinks.
    pub cuts: Vec<f64>,
}

impl Branch {
    /// The lesser and the greater end of the values.
    pub fn range(&self) -> (f64, f64) {
        (self.at_from.min(self.at_to), self.at_from.max(self.at_to))
    }

    /// The turns at the ends of the branch whose series hold at a point.
    pub fn turns_near<'a>(&self, turns: &'a [Turn], u: f64) -> impl Iterator<Item = &'a Turn> + use<'a> {
        let own = self.turns.into_iter().flatten().map(|i| &turns[i]);
        own.filter(move |t| (u - t.at).abs() < t.radius)
    }

    /// f(u) - reference, without cancellation close to a turn at an end of the branch.
    pub fn rise(&self, turns: &[Turn], u: f64, value: f64, reference: f64) -> f64 {
        match self.turns_near(turns, u).next() {
            Some(t) => (t.height() - reference) + t.value_and_slope(u - t.at).0,
            None => value - reference,
        }
    }

    /// log|f'(u)| where its terms cancel because f' touches 0 nearby, and close to a turn from where distances matter.
    pub fn log_slope_near_turn(&self, turns: &[Turn], at: Point) -> Option<f64> {
        let needed = |t: &&Turn| t.touches || t.anchored && (at.u - t.at).abs() < 1e-3 * t.radius;
        let turn = self.turns_near(turns, at.u).find(needed)?;
        Some(turn.log_slope(turn.distance(at)))
    }

    /// How many steps an evaluation of f takes.
    pub fn form_length(&self) -> u64 {
        self.tape.length() as u64
    }

    /// f on the branch, free of pieces.
    pub fn form(&self) -> &Expr {
        &self.form
    }

    /// f(u) and log|f'(u)|
    pub fn value_and_log_slope(&self, u: f64) -> (f64, f64) {
        far::value_and_log_slope(&self.form, &self.tape, u)
    }

    /// f and log|f'| at the points that are counted from an end where the slope is infinite, by their distance from there.
    pub fn look_closer(&self, points: &Points, values: &mut [f64], log_slopes: &mut [f64]) {
        for end in &self.singular {
            for (i, at) in points.iter().enumerate().filter(|(_, at)| at.is_counted_from(end.at)) {
                (values[i], log_slopes[i]) = end.value_and_log_slope(at.offset);
            }
        }
    }

    /// Whether slopes are told at any distance from an end at which the slope is 0 or infinite.
    pub fn tells_slopes_beside(&self, end: f64) -> bool {
        let turns = [(self.from, self.turns[0]), (self.to, self.turns[1])];
        turns.into_iter().any(|(u, turn)| u == end && turn.is_some()) || self.singular.iter().any(|s| s.at == end)
    }

    /// The first Taylor coefficients of f at a point.
    pub fn series(&self, u: f64) -> [f64; 7] {
        let mut out = [0.0; 7];
        self.tape.taylor(u, &mut out);
        out
    }

    /// f, f' and f''/2.
    pub fn jet(&self, u: f64) -> [f64; 3] {
        let mut out = [0.0; 3];
        self.tape.taylor(u, &mut out);
        out
    }

    /// f and log|f'| at every point of `u` at which the input has a density, into `values` and `log_slopes`.
    /// `slopes` is room for f'. All slices have one length.
    pub fn values_and_log_slopes(
        &self,
        u: &[f64],
        p: &[f64],
        values: &mut [f64],
        slopes: &mut [f64],
        log_slopes: &mut [f64],
    ) {
        if self.batch.values_and_slopes(u, values, slopes).is_err() {
            return;
        }
        slices::log_abs(slopes, log_slopes);
        for (i, slope) in slopes.iter().enumerate() {
            if p[i] > 0.0 && !(1e-290..1e290).contains(&slope.abs()) {
                log_slopes[i] = far::log_slope(&self.form, u[i]).unwrap_or(slope.abs().ln());
            }
        }
    }

    /// The point of the branch at which f is y, y strictly between the ends of the range.
    pub fn inverse(&self, y: f64) -> Option<f64> {
        let rising = self.at_to > self.at_from;
        let i = self.samples.partition_point(|s| if rising { s.1 < y } else { s.1 > y });
        let inside = |i: usize| self.samples.get(i).map(|s| s.0);
        let mut low = i.checked_sub(1).and_then(inside).unwrap_or(self.from);
        let mut high = inside(i).unwrap_or(self.to);
        // Towards an infinite end: steps that double until y is passed.
        let passed = |u: f64| if rising { self.tape.eval(u) >= y } else { self.tape.eval(u) <= y };
        let mut step = 1.0;
        while high.is_infinite() && step < 1e300 {
            let next = low + step;
            if passed(next) { high = next } else { (low, step) = (next, 4.0 * step) }
        }
        step = 1.0;
        while low.is_infinite() && step < 1e300 {
            let next = high - step;
            if passed(next) { (high, step) = (next, 4.0 * step) } else { low = next }
        }
        (low.is_finite() && high.is_finite()).then(|| self.newton(y, low, high, rising))
    }

    /// The finite end of the branch at which f is y.
    pub fn end_at(&self, y: f64) -> Option<f64> {
        self.end_where(|value| value == y)
    }

    /// The pole at an end of the branch at which f has the sign of y.
    fn pole(&self, y: f64) -> Option<f64> {
        self.end_where(|value| value.is_infinite() && (value > 0.0) == (y > 0.0))
    }

    /// The first finite end at which the value of f is such.
    fn end_where(&self, such: impl Fn(f64) -> bool) -> Option<f64> {
        let ends = [(self.from, self.at_from), (self.to, self.at_to)];
        ends.into_iter().find(|(u, value)| u.is_finite() && such(*value)).map(|(u, _)| u)
    }

    /// Newton's method for f(u) = y kept inside a bracket; on log|f| where f has the sign of y, which is where f runs to 0, and
    /// for the logarithm of the distance where it runs to a pole.
    fn newton(&self, y: f64, mut low: f64, mut high: f64, rising: bool) -> f64 {
        let pole = self.pole(y);
        let mut u = 0.5 * (low + high);
        let mut out = [0.0; 2];
        let mut width = f64::INFINITY;
        for _ in 0..200 {
            self.tape.taylor(u, &mut out);
            let [value, slope] = out;
            if value == y {
                return u;
            }
            if (value < y) == rising {
                low = u
            } else {
                high = u
            }
            let ratio = value / y;
            let far = !(0.5..=2.0).contains(&ratio) && ratio > 0.0;
            let mut next = match pole {
                // Close to a pole f is a power of the distance.
                Some(pole) if ratio > 0.0 => pole + (u - pole) * (-ratio.ln() * value / ((u - pole) * slope)).exp(),
                _ if far => u - value * ratio.ln() / slope,
                _ => u - (value - y) / slope,
            };
            let bisect = !(next > low && next < high) || (next - u).abs() > 0.5 * width && pole.is_none();
            if bisect {
                next = 0.5 * (low + high);
            }
            width = (next - u).abs();
            u = next;
            if width <= 2.0 * f64::EPSILON * u.abs() || high - low <= 2.0 * f64::EPSILON * u.abs() {
                return u;
            }
        }
        u
    }
}

impl Branches {
    pub fn new(shape: &Shape, input: &Input) -> Result<Branches> {
        let (a, b) = input.support();
        let [low, median, high] = input.quartiles();
        let scale = (high - low).abs();
        let scale = if scale.is_finite() && scale > 0.0 { scale } else { 1.0 };
        let breakpoints: Vec<f64> = input.breakpoints().into_iter().filter(|c| a < *c && *c < b).collect();
        let mut cuts: Vec<f64> = input.modes().into_iter().filter(|c| a < *c && *c < b).collect();
        if cuts.is_empty() {
            cuts.push(median);
        }
        let range = (f64::INFINITY, f64::NEG_INFINITY);
        let mut found = Branches { smooth: Vec::new(), atoms: Vec::new(), turns: Vec::new(), range, scale, cuts };
        for section in shape.sections(a, b)? {
            found.add(shape.activation(), &section, &breakpoints, input)?;
        }
        let at: Vec<f64> = found.turns.iter().map(|t| t.at).collect();
        for t in &mut found.turns {
            let gaps = at.iter().map(|other| (other - t.at).abs()).filter(|gap| *gap > 0.0);
            t.radius = gaps.fold(t.radius, |r, gap| r.min(0.4 * gap));
            t.anchored = input.anchors().contains(&t.at);
        }
        Ok(found)
    }

    fn add(&mut self, f: &Expr, section: &Section, breakpoints: &[f64], input: &Input) -> Result<()> {
        let Section { from, to, form, tape, monotone } = section;
        let (from, to, batch) = (*from, *to, Batch::of(tape.clone()));
        let (grid, slopes) = match monotone {
            // Nothing is looked for on it; one point tells where it is.
            true => known(tape, self.inner(from, to)),
            false => continued(tape, refined(tape, &self.grid(from, to), input), [from, to]),
        };
        let gap = |(u, s): &(f64, [f64; 3])| s[0].is_nan() && tape.has_gap(*u);
        let (grid, slopes): (Vec<f64>, Vec<[f64; 3]>) = match slopes.iter().any(|s| s[0].is_nan()) {
            true => grid.into_iter().zip(slopes).filter(|point| !gap(point)).unzip(),
            false => (grid, slopes),
        };
        if grid.len() > MOST_CELLS {
            return Err(Error::Unsupported(format!("`{f}` turns too often under `{}`", input.text())));
        }
        let outside = |at: f64| Err(Error::OutsideDomain { activation: f.to_string(), input: input.text(), at });
        for (u, [value, ..]) in grid.iter().zip(&slopes) {
            if !value.is_finite() && input.pdf(*u) > 1e-300 && !tape.eval(*u).is_infinite() {
                return outside(*u);
            }
        }
        let level = match (form.has_x(), monotone) {
            (false, _) => Some(tape.eval(grid[0])),
            (true, true) => None,
            (true, false) => level_of(form, &grid, &slopes, input)?,
        };
        if let Some(level) = level {
            if !level.is_finite() {
                return outside(grid[0]);
            }
            self.atom(level, mass(input, from, to));
            return Ok(());
        }
        let (mut critical, mut poles) = (Vec::new(), Vec::new());
        if !monotone {
            poles = odd_poles(tape, &grid, &slopes);
            // f' changes sign at a pole of even order, too.
            let (even, zeros) = critical_points(tape, &grid, &slopes).into_iter().partition(|u| is_pole(tape, *u));
            critical = zeros;
            poles.extend::<Vec<f64>>(even);
        }
        let mut ends = vec![from];
        ends.extend(&poles);
        ends.extend(breakpoints.iter().copied().filter(|c| from < *c && *c < to));
        ends.extend(&critical);
        ends.push(to);
        ends.sort_by(f64::total_cmp);
        ends.dedup();
        // f' may vanish at the ends of a piece too, as that of cosh(max(0,x)) does.
        let turn = |c: &f64| Turn::new(tape, *c, 0.5 * self.scale.max(1.0));
        let level = |c: &f64, t: &Turn| t.curved() && !poles.contains(c) && (critical.contains(c) || t.is_level());
        let turns: Vec<Option<Turn>> =
            ends.iter().map(|c| c.is_finite().then(|| turn(c)).filter(|t| level(c, t))).collect();
        let first = self.turns.len();
        let mut count = 0..;
        let place: Vec<Option<usize>> =
            turns.iter().map(|t| t.as_ref().and_then(|_| count.next()).map(|i| first + i)).collect();
        self.turns.extend(turns.into_iter().flatten());
        for (pair, turns) in ends.windows(2).zip(place.windows(2)) {
            let (from, to) = (pair[0], pair[1]);
            let inside = grid.iter().zip(&slopes).filter(|(u, s)| from < **u && **u < to && s[0].is_finite());
            let end = |end: f64, other: f64| match poles.contains(&end) {
                true => f64::INFINITY.copysign(limit(tape, end + POLE * (other - end).clamp(-1.0, 1.0), other)),
                false => limit(tape, end, other),
            };
            let (at_from, at_to) = (end(from, to), end(to, from));
            let rising = at_to > at_from;
            let mut samples: Vec<(f64, f64)> = inside.map(|(u, s)| (*u, s[0])).collect();
            samples.dedup_by(|b, a| if rising { b.1 <= a.1 } else { b.1 >= a.1 });
            self.widen(at_from);
            self.widen(at_to);
            // Where f turns without end, the turns far out carry less mass than any error reported.
            let seen = |u: f64| u.is_infinite() || input.log_pdf(u) > -60.0;
            let at_mode = self.cuts.iter().any(|c| from <= *c && *c <= to);
            if !(at_mode || seen(from) || seen(to) || samples.iter().any(|s| seen(s.0))) {
                continue;
            }
            self.smooth.push(Branch {
                from,
                to,
                form: form.clone(),
                tape: tape.clone(),
                batch: batch.clone(),
                at_from,
                at_to,
                turns: [turns[0], turns[1]],
                singular: [from, to].into_iter().filter_map(|end| singular(form, tape, end, input)).collect(),
                samples,
            });
        }
        Ok(())
    }

    /// Where the input has its bulk.
    pub fn centre(&self) -> f64 {
        self.cuts[self.cuts.len() / 2]
    }

    fn atom(&mut self, at: f64, mass: f64) {
        if !(mass > 0.0) {
            return;
        }
        self.widen(at);
        match self.atoms.iter_mut().find(|a| a.at == at) {
            Some(atom) => atom.mass += mass,
            None => self.atoms.push(Atom { at, mass }),
        }
    }

    fn widen(&mut self, value: f64) {
        self.range = (self.range.0.min(value), self.range.1.max(value));
    }

    /// Points in (from, to), denser where the input has its mass; also at the scale of 1, at which activations vary, where
    /// the input has another one.
    fn grid(&self, from: f64, to: f64) -> Vec<f64> {
        let mut grid = self.grid_at(from, to, self.scale);
        // A pole may lie between an end and the first point.
        let close = |end: f64, next: f64| (1..=8).map(move |k| end + (next - end) * 0.1f64.powi(k));
        let (first, last) = (grid[0], grid[grid.len() - 1]);
        let ends = [(from, first), (to, last)].into_iter().filter(|(end, _)| end.is_finite());
        grid.extend(ends.flat_map(|(end, next)| close(end, next)).filter(|u| from < *u && *u < to));
        let wide =
            if from.is_finite() && to.is_finite() { to - from > 20.0 } else { !(0.1..=10.0).contains(&self.scale) };
        if wide {
            let ends = [from, 0.0, to].into_iter().filter(|c| c.is_finite() && from <= *c && *c <= to);
            let near = |c: f64| {
                (0..CELLS).map(move |i| c + (7.5 * (2.0 * i as f64 + 1.0 - CELLS as f64) / CELLS as f64).sinh())
            };
            grid.extend(ends.flat_map(near).filter(|u| from < *u && *u < to));
        }
        // The mass may be far from the ends that a grid begins at.
        let distant = |end: f64| end.is_finite() && (end - self.centre()).abs() > DISTANT * self.scale;
        if distant(from) || distant(to) {
            let bulk = self.grid_at(f64::NEG_INFINITY, f64::INFINITY, self.scale);
            grid.extend(bulk.into_iter().filter(|u| from < *u && *u < to));
        }
        grid.sort_by(f64::total_cmp);
        grid.dedup();
        grid
    }

    /// A point in (from, to), where the input has its mass as far as may be.
    fn inner(&self, from: f64, to: f64) -> f64 {
        let (centre, reach) = (self.centre(), 0.5 * self.scale);
        match (from.is_finite(), to.is_finite()) {
            _ if from < centre && centre < to => centre,
            (true, true) => 0.5 * (from + to),
            (true, false) => (from + reach).max(from.next_up()),
            _ => (to - reach).min(to.next_down()),
        }
    }

    fn grid_at(&self, from: f64, to: f64, scale: f64) -> Vec<f64> {
        if from.is_finite() && to.is_finite() {
            return (0..CELLS).map(|i| from + (to - from) * (i as f64 + 0.5) / CELLS as f64).collect();
        }
        let centre = self.centre();
        let [half, line] = spread();
        let at = |distance: &f64, c: f64| c + 0.5 * scale * distance;
        match (from.is_finite(), to.is_finite()) {
            (true, _) => half.iter().map(|d| at(d, from)).collect(),
            (_, true) => half.iter().rev().map(|d| at(&-d, to)).collect(),
            _ => line.iter().map(|d| at(d, centre)).collect(),
        }
    }
}

/// Distances of the points of a grid on a half line from its end and on the line from its centre, in halves of the
/// interquartile range: sinh of equal steps up to 7.5.
fn spread() -> &'static [[f64; CELLS]; 2] {
    static SPREAD: OnceLock<[[f64; CELLS]; 2]> = OnceLock::new();
    SPREAD.get_or_init(|| {
        let at = |t: f64| (7.5 * t).sinh();
        let share = |i: usize| (i as f64 + 0.5) / CELLS as f64;
        [std::array::from_fn(|i| at(share(i))), std::array::from_fn(|i| at(2.0 * share(i) - 1.0))]
    })
}

/// The activation beside an end at which its slope and the density may be infinite.
fn singular(form: &Expr, tape: &Tape, end: f64, input: &Input) -> Option<Singular> {
    Singular::new(form, tape, end, &input.exact_anchor(end)?)
}

/// P(from < U < to), from the side on which it does not cancel.
pub(super) fn mass(input: &Input, from: f64, to: f64) -> f64 {
    let below = input.cdf_at(from);
    if below > 0.5 {
        return input.survival_at(from) - input.survival_at(to);
    }
    let above = input.survival_at(to);
    if above < 0.25 && below < 0.25 { 1.0 - below - above } else { input.cdf_at(to) - below }
}

/// The value of what never changes: the values are one where the input has mass, and all slopes 0, or by algebra where they
/// are made of rounding, as those of sin(x)^2 + cos(x)^2. Far out the values of x + 1 - x may be made of rounding, too.
fn level_of(form: &Expr, grid: &[f64], slopes: &[[f64; 3]], input: &Input) -> Result<Option<f64>> {
    let steep = |(u, [value, slope, _]): (&f64, &[f64; 3])| {
        slope.abs() * (1.0 + u.abs()) > 1e-6 * (value.abs() + 1.0 + u.abs())
    };
    if grid.iter().zip(slopes).any(steep) {
        return Ok(None);
    }
    let mut points: Vec<(f64, f64, [f64; 3])> =
        grid.iter().zip(slopes).map(|(u, s)| (input.log_pdf(*u), *u, *s)).collect();
    if points.iter().any(|(log_p, ..)| *log_p > -40.0) {
        points.retain(|(log_p, ..)| *log_p > -40.0);
    }
    let Some((.., [level, ..])) = points.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)) else { return Ok(None) };
    let one =
        |(_, u, [value, ..]): &(f64, f64, [f64; 3])| (value - level).abs() <= 1e-13 * level.abs() + 1e-14 * u.abs();
    if !points.iter().all(one) {
        return Ok(None);
    }
    let still = slopes.iter().all(|s| s[1] == 0.0 && s[2] == 0.0);
    Ok((still || cas::never_changes(form)?).then_some(level))
}
