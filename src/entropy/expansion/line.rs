//! The support of the input, cut where the activation, the direction or the density stops being smooth, and on it the
//! ratio whose moments the expansion is made of: g'/f' on the forward side, d/du eta(f(u)) on the inverse side.

use super::Side;
use crate::entropy::far;
use crate::error::{Error, Result};
use crate::expr::{Bound, Expr, Tape, pieces};
use crate::input::Input;
use crate::numeric::{Estimate, Point, Quadrature, bracketed, scan};

/// A stretch on which f and the direction are smooth and f' has one sign.
pub(super) struct Stretch {
    pub from: Bound,
    pub to: Bound,
    /// f
    pub form: Expr,
    /// g on the forward side; eta(f(u)) on the inverse side.
    pub direction: Expr,
    f: Tape,
    g: Tape,
    /// Whether f is constant.
    pub flat: bool,
    /// The sign of f'.
    pub sign: f64,
}

/// The support as stretches in ascending order.
pub(super) struct Line<'a> {
    pub stretches: Vec<Stretch>,
    pub input: &'a Input,
    pub side: Side,
    /// Length over which the input varies.
    pub scale: f64,
    centre: f64,
    /// Modes and kinks of the density.
    marks: Vec<f64>,
}

/// The range of the ratio, and where it is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extremes {
    pub least: (f64, f64),
    pub greatest: (f64, f64),
}

/// How an integrand behaves towards an end.
struct Growth {
    /// The power of |u| with which it grows where the end is infinite, of 1/distance where it is finite.
    power: f64,
    /// Its sign; none where it changes on the way.
    sign: Option<f64>,
}

/// Cells per stretch in which extremes are looked for.
const CELLS: usize = 400;
/// Points between the last two that are followed towards an end, at which signs are compared.
const BETWEEN: i32 = 32;

impl Stretch {
    fn ends(&self) -> (f64, f64) {
        (self.from.value, self.to.value)
    }

    /// The values of f between the ends.
    fn range(&self, scale: f64) -> (f64, f64) {
        let (from, to) = self.ends();
        let limit = |end: f64, other: f64| {
            let value = self.f.eval(end);
            let inner = match (end.is_finite(), other.is_finite()) {
                (true, true) => end + 1e-14 * (other - end),
                (true, false) => end + (1e-14 * scale).copysign(other),
                _ => (1e15 * scale).copysign(end),
            };
            if value.is_finite() { value } else { self.f.eval(inner) }
        };
        let (a, b) = (limit(from, to), limit(to, from));
        (a.min(b), a.max(b))
    }

    /// f'(u)
    pub fn slope(&self, u: f64) -> f64 {
        self.f.derivative(u, 1)
    }

    /// log|f'(u)|, right where f' itself underflows.
    pub fn log_slope(&self, u: f64) -> f64 {
        let slope = self.slope(u).abs();
        if (1e-290..1e290).contains(&slope) {
            return slope.ln();
        }
        far::log_slope(&self.form, u).unwrap_or(slope.ln())
    }

    /// f''(u)/f'(u)
    pub fn curvature(&self, u: f64) -> f64 {
        if self.slope(u).abs() < 1e-290 {
            // f' has left the range of doubles, its logarithm has not.
            let h = 1e-4 * u.abs().max(1.0);
            return (self.log_slope(u + h) - self.log_slope(u - h)) / (2.0 * h);
        }
        let second = self.f.derivative(u, 2);
        if second == 0.0 { 0.0 } else { second / self.slope(u) }
    }

    /// The direction and its derivative.
    pub fn direction_at(&self, u: f64) -> (f64, f64) {
        let mut out = [0.0; 2];
        self.g.taylor(u, &mut out);
        (out[0], out[1])
    }

    /// g'/f' or d/du eta(f(u))
    pub fn ratio(&self, u: f64, side: Side) -> f64 {
        let (_, g1) = self.direction_at(u);
        if side == Side::Inverse || g1 == 0.0 {
            return g1;
        }
        let f1 = self.slope(u);
        if f1.abs() > 1e-290 {
            return g1 / f1;
        }
        match far::log_slope(&self.form, u) {
            Some(log) => self.sign * g1.signum() * (g1.abs().ln() - log).exp(),
            None => g1 / f1,
        }
    }
}

impl<'a> Line<'a> {
    /// Cuts the support.
    pub fn new(f: &Expr, direction: &Expr, side: Side, input: &'a Input) -> Result<Line<'a>> {
        let (low, high) = input.support();
        let [first, centre, last] = [0.25, 0.5, 0.75].map(|p| input.quantile(p));
        let scale = if (last - first).is_finite() && last > first { last - first } else { 1.0 };
        let mut marks = input.modes();
        marks.extend(input.breakpoints());
        let mut line = Line { stretches: vec![], input, side, scale, centre, marks };
        let (f, g) = (pieces(f, low, high)?, pieces(direction, low, high)?);
        let mut cuts: Vec<Bound> = Vec::new();
        let inner = input.breakpoints().into_iter().map(|value| Bound { value, exact: None });
        for cut in f.iter().chain(&g).flat_map(|p| [p.from.clone(), p.to.clone()]).chain(inner) {
            if (low..=high).contains(&cut.value) && !cuts.iter().any(|c| c.value == cut.value) {
                cuts.push(cut);
            }
        }
        cuts.sort_by(|a, b| a.value.total_cmp(&b.value));
        for pair in cuts.windows(2) {
            let middle = inside(pair[0].value, pair[1].value, scale);
            let on = |all: &[crate::expr::Piece]| {
                all.iter().find(|p| p.from.value <= middle && middle <= p.to.value).map(|p| p.form.clone())
            };
            if let (Some(f), Some(g)) = (on(&f), on(&g)) {
                line.add(&pair[0], &pair[1], f, g)?;
            }
        }
        Ok(line)
    }

    /// Adds a smooth stretch, cut at the zeros of f'.
    fn add(&mut self, from: &Bound, to: &Bound, form: Expr, direction: Expr) -> Result<()> {
        let (f, g) = (Tape::new(&form)?, Tape::new(&direction)?);
        let mut ends = vec![from.clone()];
        if form.has_x() {
            let zeros = slope_zeros(&f, from.value, to.value, self.input);
            ends.extend(zeros.into_iter().map(|value| Bound { value, exact: None }));
        }
        ends.push(to.clone());
        for pair in ends.windows(2) {
            let middle = f.derivative(inside(pair[0].value, pair[1].value, self.scale), 1);
            self.stretches.push(Stretch {
                from: pair[0].clone(),
                to: pair[1].clone(),
                form: form.clone(),
                direction: direction.clone(),
                f: f.clone(),
                g: g.clone(),
                flat: !form.has_x(),
                sign: if middle < 0.0 { -1.0 } else { 1.0 },
            });
        }
        Ok(())
    }

    /// The stretches on which f is not constant.
    pub fn active(&self) -> impl Iterator<Item = &Stretch> {
        self.stretches.iter().filter(|s| !s.flat)
    }

    /// The point from which on f takes values that it has had before, if any.
    pub fn turn(&self) -> Option<f64> {
        let ranges: Vec<(f64, f64)> = self.active().map(|s| s.range(self.scale)).collect();
        let meet = |a: &(f64, f64), b: &(f64, f64)| {
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            high - low > 1e-12 * (high.abs() + low.abs()).min(1e300)
        };
        let again = |i: &usize| ranges[..*i].iter().any(|earlier| meet(earlier, &ranges[*i]));
        let index = (1..ranges.len()).find(again)?;
        self.active().nth(index).map(|s| s.from.value)
    }

    /// The steps for which the changed function is monotone: 1 + e ratio >= 0, and no jump of the direction outweighs that
    /// of the function; with the points at which the direction jumps.
    pub fn monotone(&self, extremes: &Extremes) -> ((f64, f64), Vec<f64>) {
        let (mut low, mut high) = extremes.allowed();
        let mut places = Vec::new();
        let active: Vec<&Stretch> = self.active().collect();
        for pair in active.windows(2).filter(|pair| pair[0].to.value == pair[1].from.value) {
            let at = pair[0].to.value;
            let jump = |tapes: [&Tape; 2]| {
                // Beside a pole where there is one.
                let near = |t: &Tape, side: f64| match t.eval(at) {
                    value if value.is_finite() => value,
                    _ => t.eval(at + side * 1e-9 * self.scale),
                };
                let (a, b) = (near(tapes[0], -1.0), near(tapes[1], 1.0));
                if (b - a).abs() > 1e-12 * (a.abs() + b.abs()) { b - a } else { 0.0 }
            };
            let step = jump([&pair[0].g, &pair[1].g]);
            // Seen from u, y(f(u)) = u rises without jumps.
            let (step, room) = match self.side {
                Side::Forward => (pair[0].sign * step, (pair[0].sign * jump([&pair[0].f, &pair[1].f])).max(0.0)),
                Side::Inverse => (step, 0.0),
            };
            if step == 0.0 {
                continue;
            }
            places.push(at);
            // + 0 makes 0 of -0.
            if step > 0.0 { low = low.max(-room / step + 0.0) } else { high = high.min(-room / step + 0.0) }
        }
        ((low, high), places)
    }

    /// INT h(stretch, u, log p(u)) du over the stretches on which f is not constant.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where it does not converge.
    pub fn integrate(&self, mut h: impl FnMut(&Stretch, f64, f64) -> f64) -> Result<Estimate> {
        let mut sum = Estimate { value: 0.0, error: 0.0, evaluations: 0 };
        for s in self.active() {
            let (a, b) = s.ends();
            let integrand = |at: Point| [h(s, at.u, self.input.log_pdf_at(at))];
            let quadrature = Quadrature {
                absolute: 1e-13,
                max_evaluations: 20_000,
                centre: self.centre,
                scale: self.scale,
                ..Quadrature::default()
            };
            let [part] = quadrature.integrate_points(integrand, a, b, &self.marks_within(a, b))?;
            sum = sum + part;
        }
        Ok(sum)
    }

    fn marks_within(&self, a: f64, b: f64) -> Vec<f64> {
        let mut marks: Vec<f64> = self.marks.iter().copied().filter(|m| a < *m && *m < b).collect();
        if marks.is_empty() && a < self.centre && self.centre < b {
            marks.push(self.centre);
        }
        marks
    }

    /// Where an integrand given by (log|h|, sign) is not integrable, in words; `what` names the integral.
    pub fn divergence(&self, what: &str, h: impl Fn(&Stretch, f64) -> (f64, f64)) -> Option<String> {
        let (mut up, mut down, mut swings, mut places) = (false, false, false, Vec::new());
        for s in self.active() {
            for (end, other) in [(s.from.value, s.to.value), (s.to.value, s.from.value)] {
                let Some(growth) = self.growth(s, end, other, &h) else { continue };
                let limit = if end.is_infinite() { -1.05 } else { 0.95 };
                if growth.power > limit {
                    match growth.sign {
                        Some(sign) if sign > 0.0 => up = true,
                        Some(_) => down = true,
                        None => swings = true,
                    }
                    if !places.contains(&end) {
                        places.push(end);
                    }
                }
            }
        }
        let place: Vec<String> = places.iter().map(|x| format!("x = {x}")).collect();
        let infinite = match (up, down) {
            _ if swings => format!("{what} does not exist: its integrand swings between both signs"),
            (false, false) => return None,
            (true, false) => format!("{what} is +infinity"),
            (false, true) => format!("{what} is -infinity"),
            (true, true) => format!("{what} is undefined: it is infinite with both signs"),
        };
        Some(format!("{infinite} (the integrand does not fall off fast enough towards {})", place.join(" and ")))
    }

    /// How h grows towards an end; none where it is not finite there.
    fn growth(&self, s: &Stretch, end: f64, other: f64, h: &impl Fn(&Stretch, f64) -> (f64, f64)) -> Option<Growth> {
        let start = if other.is_finite() { other } else { self.centre };
        let width = if other.is_finite() && end.is_finite() { (end - other).abs().min(self.scale) } else { self.scale };
        let at = |power: f64| match end.is_infinite() {
            true => start + (self.scale * power).copysign(end),
            false => end + (width / power).copysign(other - end),
        };
        let mut last: Option<(f64, f64)> = None;
        let mut found = None;
        for j in 2..=48 {
            let power = 10f64.powf(0.25 * f64::from(j));
            if end.is_finite() && j > 26 {
                break;
            }
            let (log, sign) = h(s, at(power));
            if !log.is_finite() {
                break;
            }
            if let Some((p, l)) = last {
                found = Some((Growth { power: (log - l) / (power / p).ln(), sign: Some(sign) }, p, power));
            }
            last = Some((power, log));
        }
        let (growth, near, far) = found?;
        let between = |i: i32| h(s, at(near + (far - near) * f64::from(i) / f64::from(BETWEEN))).1;
        let one = |sign: &f64| (0..BETWEEN).all(|i| between(i) * sign >= 0.0);
        Some(Growth { sign: growth.sign.filter(one), ..growth })
    }

    /// The infimum and the supremum of the ratio where f is not constant; infinite where it has none.
    pub fn extremes(&self) -> Extremes {
        let mut found = Extremes { least: (f64::INFINITY, f64::NAN), greatest: (f64::NEG_INFINITY, f64::NAN) };
        let ratio = |s: &Stretch, u: f64| {
            let r = s.ratio(u, self.side);
            (r.abs().ln(), r)
        };
        for s in self.active() {
            let points = self.grid(s);
            for (i, u) in points.iter().enumerate() {
                // Beyond the outermost points of the grid lies nothing but the limit.
                let at = if i == 0 && s.from.value.is_infinite() {
                    s.from.value
                } else if i + 1 == points.len() && s.to.value.is_infinite() {
                    s.to.value
                } else {
                    *u
                };
                found.see(at, s.ratio(*u, self.side));
            }
            for pair in points.windows(2) {
                let turn = |u: f64| self.ratio_slope(s, u);
                if let Some(u) = bracketed(turn, pair[0], pair[1]) {
                    found.see(u, s.ratio(u, self.side));
                }
            }
            for (end, other) in [(s.from.value, s.to.value), (s.to.value, s.from.value)] {
                if end.is_finite() {
                    found.see(end, s.ratio(end, self.side));
                }
                match self.growth(s, end, other, &ratio).filter(|growth| growth.power > 0.02) {
                    Some(Growth { sign: Some(sign), .. }) => found.unbounded(end, sign),
                    Some(Growth { sign: None, .. }) => {
                        [-1.0, 1.0].into_iter().for_each(|sign| found.unbounded(end, sign))
                    }
                    None => {}
                }
            }
        }
        found
    }

    /// A function with the sign of the derivative of the ratio.
    fn ratio_slope(&self, s: &Stretch, u: f64) -> f64 {
        let g2 = s.g.derivative(u, 2);
        match self.side {
            Side::Inverse => g2,
            Side::Forward => {
                let (f1, f2) = (s.slope(u), s.f.derivative(u, 2));
                g2 / f1 - s.g.derivative(u, 1) / f1 * (f2 / f1)
            }
        }
    }

    /// Points of a stretch, dense where the input has its bulk.
    fn grid(&self, s: &Stretch) -> Vec<f64> {
        let (a, b) = s.ends();
        let bulk = |t: f64| self.centre + 0.5 * self.scale * (14.0 * t).sinh();
        let mut points: Vec<f64> = (0..=CELLS).map(|i| bulk(2.0 * i as f64 / CELLS as f64 - 1.0)).collect();
        points.extend((1..64).map(|i| self.input.quantile(f64::from(i) / 64.0)));
        if a.is_finite() && b.is_finite() {
            points.extend((1..64).map(|i| a + (b - a) * f64::from(i) / 64.0));
        }
        points.retain(|u| a < *u && *u < b);
        points.sort_by(f64::total_cmp);
        points.dedup();
        points
    }
}

impl Extremes {
    fn see(&mut self, at: f64, value: f64) {
        if !value.is_finite() {
            return;
        }
        if value < self.least.0 {
            self.least = (value, at);
        }
        if value > self.greatest.0 {
            self.greatest = (value, at);
        }
    }

    fn unbounded(&mut self, at: f64, sign: f64) {
        let end = if sign < 0.0 { &mut self.least } else { &mut self.greatest };
        *end = (f64::INFINITY.copysign(sign), at);
    }

    /// sup |ratio| and where; NaN for the place where the ratio is constant.
    pub fn steepest(&self) -> (f64, f64) {
        let (low, high) = (self.least.0, self.greatest.0);
        if low > high {
            return (0.0, f64::NAN);
        }
        let (size, at) = if high >= -low { self.greatest } else { (-low, self.least.1) };
        (size, if high - low <= 1e-14 * size { f64::NAN } else { at })
    }

    /// The e with 1 + e ratio >= 0 everywhere.
    pub fn allowed(&self) -> (f64, f64) {
        let low = if self.greatest.0 > 0.0 { -bound(self.greatest.0) } else { f64::NEG_INFINITY };
        let high = if self.least.0 < 0.0 { bound(-self.least.0) } else { f64::INFINITY };
        // + 0 makes 0 of -0.
        (low + 0.0, high + 0.0)
    }
}

/// 1/extreme; 0 for what has been followed to a size at which it has no bound that doubles could show.
pub(super) fn bound(extreme: f64) -> f64 {
    if extreme > 1e100 { 0.0 } else { 1.0 / extreme }
}

/// Zeros of f' between two points where the input has mass, touching ones included.
fn slope_zeros(f: &Tape, a: f64, b: f64, input: &Input) -> Vec<f64> {
    let slope = |u: f64| f.derivative(u, 1);
    let step = |u: f64| 1e-3 * u.abs().max(1.0);
    let genuine = |u: &f64| {
        let (left, right) = (slope(u - step(*u)).abs(), slope(u + step(*u)).abs());
        let inner = a < *u && *u < b && input.log_pdf(*u) > -700.0;
        inner && left > 0.0 && right > 0.0 && slope(*u).abs() < 1e-6 * left.max(right)
    };
    let crossing = scan(slope, a, b, CELLS);
    let touching = scan(|u| f.derivative(u, 2), a, b, CELLS);
    let mut zeros: Vec<f64> = crossing.into_iter().chain(touching).filter(genuine).collect();
    zeros.sort_by(f64::total_cmp);
    zeros.dedup_by(|b, a| (*a - *b).abs() < 1e-9 * a.abs().max(1.0));
    zeros
}

/// A point inside an interval that may be infinite.
fn inside(from: f64, to: f64, scale: f64) -> f64 {
    match (from.is_finite(), to.is_finite()) {
        (true, true) => 0.5 * (from + to),
        (true, false) => from + scale,
        (false, true) => to - scale,
        (false, false) => 0.0,
    }
}

/// The direction must be a finite real number wherever the input has mass.
///
/// # Errors
/// [`Error::Unsupported`] naming the point where it is not.
pub(super) fn check_direction(direction: &Expr, input: &Input) -> Result<()> {
    let tape = Tape::new(direction)?;
    let points = (1..64).map(|i| input.quantile(f64::from(i) / 64.0));
    let tails = [1e-3, 1e-6].into_iter().flat_map(|q| [input.quantile(q), input.quantile(1.0 - q)]);
    match points.chain(tails).find(|u| u.is_finite() && !tape.eval(*u).is_finite()) {
        Some(at) => Err(Error::Unsupported(format!(
            "the direction is not a finite real number at x = {at}, where the input `{}` has mass",
            input.text()
        ))),
        None => Ok(()),
    }
}
