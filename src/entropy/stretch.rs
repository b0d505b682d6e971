//! The values of f cut where the set of branches through them changes.

use super::branches::{Branch, Branches};
use super::saturation::Saturation;
use crate::input::Input;

/// Part of a branch over which the same branches share its values.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub from: f64,
    pub to: f64,
    pub branch: usize,
    pub others: Vec<Other>,
    /// Where the input has a mode, at these points or at points of the same value on other branches.
    pub cuts: Vec<f64>,
}

impl Stretch {
    /// Whether the parts of other branches are integrated along.
    pub fn leads(&self) -> bool {
        self.others.iter().any(|o| o.led)
    }
}

/// Another branch through the values of a stretch.
#[derive(Debug, Clone)]
pub(super) struct Other {
    pub branch: usize,
    /// Whether its part of the integral is taken together with that of the stretch.
    pub led: bool,
    pub links: Vec<Link>,
    /// Where the branch of the stretch and this one run to one level.
    pub saturations: Option<[Saturation; 2]>,
}

/// A turn at an end of one branch and one of the same height at an end of another; near them f itself no longer tells points
/// apart, its Taylor series do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub own: usize,
    pub other: usize,
    /// On which side of its turn the other branch lies.
    pub side: f64,
}

/// Pairs of branches with values in common beyond which the entropy is not computed: every evaluation on one branch of a
/// pair looks for a point on the other, and the work grows with the square of the number of turns.
const MOST_PAIRS: usize = 4000;
/// Branches with values in common from which on one of them leads: each takes two integrals more.
const LED: usize = 3;
/// The least logarithm of the density of the one that leads.
const LEAST: f64 = -300.0;

/// Whether too many branches have values in common.
pub(super) fn too_many(smooth: &[Branch]) -> bool {
    let meet = |a: &Branch, b: &Branch| a.range().0.max(b.range().0) < a.range().1.min(b.range().1);
    let others = |i: usize, a: &Branch| smooth.iter().enumerate().filter(|(j, b)| *j != i && meet(a, b)).count();
    smooth.iter().enumerate().map(|(i, a)| others(i, a)).sum::<usize>() > MOST_PAIRS
}

/// The branches as they are, which is all that moments need.
pub(super) fn whole(branches: &Branches) -> Vec<Stretch> {
    let stretch = |(branch, b): (usize, &Branch)| {
        let cuts = inside(&branches.cuts, b.from, b.to);
        Stretch { from: b.from, to: b.to, branch, others: Vec::new(), cuts }
    };
    branches.smooth.iter().enumerate().map(stretch).collect()
}

fn inside(cuts: &[f64], from: f64, to: f64) -> Vec<f64> {
    cuts.iter().copied().filter(|c| from < *c && *c < to).collect()
}

/// The branches cut at the values at which another begins or ends.
pub(super) fn stretches(branches: &Branches, input: &Input) -> Vec<Stretch> {
    cut(branches, input, true)
}

/// The same with every part a stretch of its own; none where there are too many.
pub(super) fn parted(branches: &Branches, input: &Input) -> Option<Vec<Stretch>> {
    (!too_many(&branches.smooth)).then(|| cut(branches, input, false))
}

fn cut(branches: &Branches, input: &Input, leading: bool) -> Vec<Stretch> {
    let smooth = &branches.smooth;
    if smooth.len() < 2 {
        return whole(branches);
    }
    let levels = halved(levels(smooth), smooth);
    let level = |y: f64| levels.partition_point(|l| *l < y && !same(*l, y));
    let ends: Vec<[usize; 2]> = smooth.iter().map(|b| [level(b.at_from), level(b.at_to)]).collect();
    let point = |j: usize, k: usize| match ends[j] {
        [from, _] if from == k => Some(smooth[j].from),
        [_, to] if to == k => Some(smooth[j].to),
        // A value that is taken beyond all doubles is taken at the end.
        _ => smooth[j].inverse(levels[k]).or_else(|| {
            let b = &smooth[j];
            [(b.from, b.at_from), (b.to, b.at_to)]
                .into_iter()
                .find(|(u, y)| u.is_infinite() && y.is_infinite())
                .map(|e| e.0)
        }),
    };
    let mut all = Vec::new();
    for k in 0..levels.len().saturating_sub(1) {
        let through =
            (0..smooth.len()).filter(|j| ends[*j].iter().min() <= Some(&k) && ends[*j].iter().max() > Some(&k));
        let part = |j: usize| {
            let (a, b) = (point(j, k)?, point(j, k + 1)?);
            let turns = |u: f64| {
                let here = |(end, turn): (f64, Option<usize>)| end == u && turn.is_some();
                [(smooth[j].from, smooth[j].turns[0]), (smooth[j].to, smooth[j].turns[1])].into_iter().any(here)
            };
            Some(Part { branch: j, from: a.min(b), to: a.max(b), turns: [turns(a), turns(b)] })
        };
        let parts: Vec<Part> = through.filter_map(part).collect();
        all.extend(shared(branches, input, &parts, leading));
    }
    all
}

/// The part of a branch between two levels.
struct Part {
    branch: usize,
    from: f64,
    to: f64,
    /// Whether the branch turns at the lower and at the upper level.
    turns: [bool; 2],
}

/// The stretches of parts with the same values. Where many are finite and free of modes, one of them leads the others: they
/// are integrated together, over the one with the greatest density among those that turn where any does, so that the density
/// of the values is singular at ends of its own only.
fn shared(branches: &Branches, input: &Input, parts: &[Part], leading: bool) -> Vec<Stretch> {
    let plain = |p: &&Part| p.from.is_finite() && p.to.is_finite() && inside(&branches.cuts, p.from, p.to).is_empty();
    let mut group: Vec<&Part> = parts.iter().filter(plain).collect();
    let turns = |p: &Part| p.turns.iter().filter(|t| **t).count();
    let height = |p: &Part| input.log_pdf(0.5 * (p.from + p.to));
    group.sort_by(|a, b| turns(b).cmp(&turns(a)).then(height(b).total_cmp(&height(a))));
    let covered = group.first().is_some_and(|g| (0..2).all(|i| g.turns[i] || parts.iter().all(|p| !p.turns[i])));
    // Where the density of the one that leads is too small for a double, that of the others would be lost with it.
    let dense = |p: &&Part| [p.from, p.to].iter().all(|u| input.log_pdf(*u) > LEAST);
    if !leading || group.len() < LED || !covered || !group.first().is_some_and(dense) {
        group.clear();
    }
    let led = |p: &Part| group.iter().skip(1).any(|g| g.branch == p.branch);
    let smooth = &branches.smooth;
    let mut all = Vec::new();
    for p in parts.iter().filter(|p| !led(p)) {
        let leads = group.first().is_some_and(|g| g.branch == p.branch);
        let other = |o: &Part| Other {
            branch: o.branch,
            led: leads && led(o),
            links: links(branches, &smooth[p.branch], &smooth[o.branch]),
            saturations: Saturation::common(&smooth[p.branch], &smooth[o.branch]),
        };
        let mut cuts = inside(&branches.cuts, p.from, p.to);
        for o in parts.iter().filter(|o| o.branch != p.branch) {
            let modes = inside(&branches.cuts, o.from, o.to);
            cuts.extend(
                modes.iter().filter_map(|c| smooth[p.branch].inverse(smooth[o.branch].value_and_log_slope(*c).0)),
            );
        }
        let others = parts.iter().filter(|o| o.branch != p.branch).map(other).collect();
        all.push(Stretch { from: p.from, to: p.to, branch: p.branch, others, cuts });
    }
    all
}

/// The values at the ends of branches, ascending, each once.
fn levels(smooth: &[Branch]) -> Vec<f64> {
    let mut levels: Vec<f64> = smooth.iter().flat_map(|b| [b.at_from, b.at_to]).filter(|y| !y.is_nan()).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup_by(|b, a| same(*a, *b));
    levels
}

/// The levels, with one more between two where many branches pass: each half has a turn of one branch at one end only.
fn halved(levels: Vec<f64>, smooth: &[Branch]) -> Vec<f64> {
    let passing = |y: f64| smooth.iter().filter(|b| b.range().0 < y && y < b.range().1).count();
    let middles = levels.windows(2).map(|l| 0.5 * (l[0] + l[1])).filter(|m| m.is_finite() && passing(*m) >= LED);
    let mut all: Vec<f64> = levels.iter().copied().chain(middles).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// Whether two values are one to rounding: a critical point is known to 1e-16, its value to the square of that.
pub(super) fn same(a: f64, b: f64) -> bool {
    let rounding = 1e-28 + 16.0 * f64::EPSILON * a.abs().max(b.abs());
    a == b || a.is_finite() && b.is_finite() && (a - b).abs() <= rounding
}

/// The pairs of turns of equal height at the ends of two branches.
fn links(branches: &Branches, a: &Branch, b: &Branch) -> Vec<Link> {
    let mut found = Vec::new();
    for own in a.turns.into_iter().flatten() {
        for (other, side) in [(b.turns[0], 1.0), (b.turns[1], -1.0)] {
            let Some(other) = other else { continue };
            let (here, there) = (&branches.turns[own], &branches.turns[other]);
            let turns = !here.touches && !there.touches;
            if turns && (here.height() - there.height()).abs() <= here.rounding() {
                found.push(Link { own, other, side });
            }
        }
    }
    found
}
