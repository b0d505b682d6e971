//! The values of f at which the set of branches through them changes: where the ends of the values move with g, what that
//! adds to dH, and where the entropy has no slope.

use super::{Differential, PointTerm, REACH, Strip};
use crate::numeric::Quadrature;

/// An end of a stretch at a finite value of f.
#[derive(Debug, Clone, Copy)]
struct End {
    stretch: usize,
    u: f64,
    /// The value of f.
    y: f64,
    /// Whether the stretch lies below the value.
    below: bool,
    /// Whether it is the upper end in u.
    at_to: bool,
    /// Whether the branch ends there too.
    last: bool,
    /// The turn there.
    turn: Option<usize>,
    /// p/|f'| as a limit from inside.
    density: f64,
}

/// Jumps of the density smaller than this, relative, are rounding.
const JUMP: f64 = 1e-10;
/// A power with which p/|f'| may grow towards a finite end and dH still be bounded for smooth directions.
const STEEPEST: f64 = 0.97;

type Outcome<T> = std::result::Result<T, String>;

impl Differential {
    /// Cuts the stretches into strips and collects the terms outside the integrals.
    ///
    /// # Errors
    /// In words, why the entropy has no slope.
    pub(super) fn arrange(&mut self) -> Outcome<()> {
        let mut ends = self.ends();
        ends.sort_by(|a, b| a.y.total_cmp(&b.y));
        let size = ends.iter().fold(0.0, |m: f64, e| m.max(e.y.abs()));
        let mut cuts: Vec<Vec<f64>> = vec![Vec::new(); self.stretches.len()];
        let mut folds: Vec<(usize, f64, f64)> = Vec::new();
        let mut points = Vec::new();
        for level in ends.chunk_by(|a, b| b.y - a.y <= 1e-11 * size) {
            self.regular(level)?;
            if let Some((fold, other)) = self.fold(level)? {
                let weight = self.zone(level, fold, other, &mut cuts, &mut folds)?;
                points.push(PointTerm { at: fold.u, weight });
            }
            points.extend(self.moving(level)?);
        }
        for (i, stretch) in self.stretches.iter().enumerate() {
            let mut marks = cuts[i].clone();
            marks.extend([stretch.from, stretch.to]);
            marks.sort_by(f64::total_cmp);
            marks.dedup();
            let alone = stretch.others.is_empty();
            for pair in marks.windows(2) {
                let inside = |f: &&(usize, f64, f64)| {
                    f.0 == i && (pair[0] == f.1 && pair[1] == f.2 || pair[0] == f.2 && pair[1] == f.1)
                };
                let fold = folds.iter().find(inside).map(|f| f.1);
                let rough = !alone || self.roughness > 0.0;
                let singular = [rough && pair[0] == stretch.from, rough && pair[1] == stretch.to];
                self.strips.push(Strip { from: pair[0], to: pair[1], fold, alone, singular, stretch: i });
            }
        }
        self.strips.sort_by(|a, b| a.from.total_cmp(&b.from));
        self.points = points.into_iter().filter(|p| p.weight != 0.0).collect();
        Ok(())
    }

    fn ends(&self) -> Vec<End> {
        let mut ends = Vec::new();
        for (i, s) in self.stretches.iter().enumerate() {
            let b = self.branch(i);
            let value = |u: f64| match u {
                _ if u == b.from => b.at_from,
                _ if u == b.to => b.at_to,
                _ => b.value_and_log_slope(u).0,
            };
            let (low, high) = (value(s.from), value(s.to));
            for (u, y, other, at_to) in [(s.from, low, high, false), (s.to, high, low, true)] {
                let last = if at_to { u == b.to } else { u == b.from };
                let turns = |turn: &usize| !self.branches().turns[*turn].touches;
                let turn = if last { b.turns[usize::from(at_to)].filter(turns) } else { None };
                let end = End { stretch: i, u, y, below: y > other, at_to, last, turn, density: f64::NAN };
                if y.is_finite() {
                    ends.push(End { density: self.limit(i, u), ..end });
                }
            }
        }
        ends
    }

    /// p/|f'| at an end of a stretch from inside.
    fn limit(&self, stretch: usize, u: f64) -> f64 {
        let s = &self.stretches[stretch];
        let width = (s.to - s.from).min(self.scale());
        let inward = if u == s.from { width } else { -width };
        if u.is_finite() { self.flux(stretch, u + 1e-13 * inward).0.abs() } else { f64::NAN }
    }

    /// Whether p/|f'| is integrable towards the ends at a level that are no critical points.
    fn regular(&mut self, level: &[End]) -> Outcome<()> {
        for end in level.iter().filter(|e| e.last && e.turn.is_none() && e.u.is_finite()) {
            let s = &self.stretches[end.stretch];
            let width = (s.to - s.from).min(self.scale());
            let inward = if end.at_to { -width } else { width };
            let at = |h: f64| self.flux(end.stretch, end.u + h * inward).0.abs();
            let power = (at(1e-9) / at(1e-6)).ln() / 1e3f64.ln();
            if power.is_nan() || power >= STEEPEST {
                return Err(format!(
                    "p/|f'| is not integrable at x = {}, so the entropy has no finite slope along directions that tilt f there",
                    end.u
                ));
            }
            // Less is a logarithm, or the slope of a density that does not vanish.
            self.roughness = self.roughness.max(if power > 0.01 { power } else { 0.0 });
        }
        Ok(())
    }

    /// The two ends of a critical point at a level.
    fn fold(&self, level: &[End]) -> Outcome<Option<(End, End)>> {
        let turned: Vec<&End> = level.iter().filter(|e| e.turn.is_some()).collect();
        let Some(first) = turned.first() else { return Ok(None) };
        if turned.iter().any(|e| e.turn != first.turn && e.u == first.u) || turned.len() == 1 {
            return Err(format!(
                "f' is 0 on one side of x = {} only, or bends differently on its two sides, so the entropy has no finite \
                 slope along directions that tilt f there",
                first.u
            ));
        }
        match turned.as_slice() {
            [a, b] if a.turn == b.turn && a.below == b.below => Ok(Some((**a, **b))),
            _ => Err(format!(
                "f has the same value at its critical points x = {}: moved apart, they change the entropy like the root of \
                 the distance, so it has no finite slope",
                turned.iter().step_by(2).map(|e| e.u.to_string()).collect::<Vec<_>>().join(" and x = ")
            )),
        }
    }

    /// Sets the neighbourhood of a critical point apart; what the translation of its values changes.
    fn zone(
        &self,
        level: &[End],
        left: End,
        right: End,
        cuts: &mut [Vec<f64>],
        folds: &mut Vec<(usize, f64, f64)>,
    ) -> Outcome<f64> {
        let reach = REACH * self.scale();
        let lost = || format!("the branches at the critical point x = {} could not be followed", left.u);
        // The value up to which both sides go: the nearer of two, and no farther than half way to the next level.
        let mut edge: Option<f64> = None;
        let nearer = |y: f64, edge: &mut Option<f64>| {
            let closer = edge.is_none_or(|e| (y - left.y).abs() < (e - left.y).abs());
            if closer && y != left.y {
                *edge = Some(y);
            }
        };
        for end in [left, right] {
            let s = &self.stretches[end.stretch];
            let far = if end.at_to { s.from } else { s.to };
            let step = reach.min(0.5 * (far - end.u).abs());
            let value = |u: f64| self.branch(end.stretch).value_and_log_slope(u).0;
            nearer(value(if end.at_to { end.u - step } else { end.u + step }), &mut edge);
            let last = if far.is_finite() { value(far) } else { f64::INFINITY };
            if last.is_finite() {
                nearer(0.5 * (left.y + last), &mut edge);
            }
        }
        let edge = edge.ok_or_else(lost)?;
        for end in [left, right] {
            let u = self.branch(end.stretch).inverse(edge).ok_or_else(lost)?;
            cuts[end.stretch].push(u);
            folds.push((end.stretch, end.u, u));
        }
        let at = folds.last().map_or(left.u, |f| f.2);
        let (_, _, value, own) = self.flux(right.stretch, at);
        let q = self.log_density_of_value(right.stretch, at, value, own).exp();
        // Other branches with these values.
        let passing = level.iter().filter(|e| e.below == left.below && e.turn.is_none() && e.u.is_finite());
        let (mut background, mut moved) = (0.0, 0.0);
        for end in passing {
            let u = self.branch(end.stretch).inverse(edge).ok_or_else(lost)?;
            let strip = Strip {
                from: end.u.min(u),
                to: end.u.max(u),
                fold: None,
                alone: false,
                singular: [true; 2],
                stretch: end.stretch,
            };
            let quadrature = Quadrature { relative: 1e-11, ..Quadrature::default() };
            let integral = quadrature.integrate(|u| self.coefficients(&strip, u).0, strip.from, strip.to, &[]);
            moved += integral.map_err(|_| lost())?.value;
            background += end.density;
        }
        let rise = information(q) - information(background);
        Ok(if left.below { -rise } else { rise } - moved)
    }

    /// The terms of a level whose density jumps to a finite value, the jump moving with g at the point that causes it.
    fn moving(&self, level: &[End]) -> Outcome<Vec<PointTerm>> {
        let finite = || level.iter().filter(|e| e.u.is_finite());
        let side = |below: bool| finite().filter(|e| e.below == below).map(|e| e.density).sum::<f64>();
        let folded = level.iter().any(|e| e.turn.is_some());
        let mut causes: Vec<f64> = finite().filter(|e| e.last && e.turn.is_none()).map(|e| e.u).collect();
        causes.sort_by(f64::total_cmp);
        causes.dedup();
        causes.retain(|u| {
            let own = |below: bool| finite().filter(|e| e.u == *u && e.below == below).map(|e| e.density).sum::<f64>();
            (own(true) - own(false)).abs() > JUMP * (own(true) + own(false))
        });
        if causes.len() > 1 || folded && !causes.is_empty() {
            let others = level.iter().filter(|e| e.turn.is_some()).map(|e| e.u);
            let mut at: Vec<f64> = causes.into_iter().chain(others).collect();
            at.sort_by(f64::total_cmp);
            at.dedup();
            return Err(format!(
                "the density of the output jumps at one and the same value for x = {}: moved apart, the jumps change the \
                 entropy by the distance whichever way they go, so it has no slope",
                at.iter().map(f64::to_string).collect::<Vec<_>>().join(" and x = ")
            ));
        }
        let alone = |e: &End| self.stretches[e.stretch].others.is_empty();
        let apart = finite().any(|e| causes.first() != Some(&e.u));
        if !apart && finite().all(alone) {
            return Ok(Vec::new()); // the terms cancel: integrated by parts, E[g'/f'] is all there is
        }
        let mut terms: Vec<PointTerm> = Vec::new();
        for end in finite().filter(|e| alone(e)) {
            // Integration by parts of a branch alone: [p g/f' log(p/|f'|)].
            let rising = end.below == end.at_to;
            let sign = if end.at_to == rising { 1.0 } else { -1.0 };
            terms.push(PointTerm { at: end.u, weight: sign * information(end.density) });
        }
        if let Some(at) = causes.first() {
            terms.push(PointTerm { at: *at, weight: information(side(false)) - information(side(true)) });
        }
        Ok(terms)
    }
}

/// q log q
fn information(q: f64) -> f64 {
    if q > 0.0 { q * q.ln() } else { 0.0 }
}
