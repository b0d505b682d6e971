//! H = -INT p(u) log q(f(u)) du over the part of the line where f is not flat, q being the density of f(U).

use super::branches::{Atom, Branch, Branches, Turn};
use super::shape::Shape;
use crate::error::Result;
use crate::expr::Expr;
use crate::input::Input;
use crate::numeric::{Estimate, Quadrature};
use std::f64::consts::{E, PI};

/// What the values of f(U) are distributed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A density.
    Continuous,
    /// A density and atoms.
    Mixed,
    /// Atoms only.
    Discrete,
}

/// The entropy of f(U) in nats, and what makes it comparable between activations.
#[derive(Debug, Clone)]
pub struct Entropy {
    /// Whether there is a density, atoms, or both.
    pub kind: Kind,
    /// -INT q log q over the density part. Infinite where `outcome` says so; 0 with an infinite error where it is undefined
    /// or not computed; 0 where there is no density.
    pub entropy: Estimate,
    /// The values taken with positive probability, ascending.
    pub atoms: Vec<Atom>,
    /// -SUM m log m over the atoms.
    pub atoms_entropy: f64,
    /// E f(U), atoms included; none where it is infinite or undefined.
    pub mean: Option<Estimate>,
    /// Var f(U), atoms included; none where it is infinite or undefined.
    pub variance: Option<Estimate>,
    /// log(2 pi e Var)/2 - H >= 0, 0 exactly for normal outputs; none with atoms or without a variance.
    pub negentropy: Option<Estimate>,
    /// log(range) - H >= 0, 0 exactly for uniform outputs; none with atoms or on an infinite range.
    pub deficit: Option<Estimate>,
    /// What is infinite, undefined or not computed, in words.
    pub outcome: Option<String>,
}

/// Part of a branch over which the same branches share its values.
#[derive(Debug, Clone)]
struct Stretch {
    from: f64,
    to: f64,
    branch: usize,
    others: Vec<Other>,
}

/// Another branch through the values of a stretch.
#[derive(Debug, Clone)]
struct Other {
    branch: usize,
    links: Vec<Link>,
}

/// A turn at an end of one branch and one of the same height at an end of another; near them f itself no longer tells points
/// apart, its Taylor series do.
#[derive(Debug, Clone, Copy)]
struct Link {
    own: usize,
    other: usize,
    /// On which side of its turn the other branch lies.
    side: f64,
}

/// The functional of one activation under one input.
#[derive(Debug, Clone)]
pub struct Functional {
    branches: Branches,
    stretches: Vec<Stretch>,
    input: Input,
    /// Why the entropy is not computed, in words.
    refusal: Option<String>,
}

/// Pairs of branches with values in common beyond which the entropy is not computed: every evaluation on one branch of a
/// pair looks for a point on the other, and the work grows with the square of the number of turns.
const MOST_PAIRS: usize = 4000;

/// The entropy of f(U), U distributed as `input`.
///
/// # Errors
/// [`crate::Error::OutsideDomain`] where the input has mass and f no real value.
pub fn entropy(f: &Expr, input: &Input) -> Result<Entropy> {
    Ok(Functional::new(f, input)?.entropy())
}

/// What an integrand does at an infinite end.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Tails {
    up: bool,
    down: bool,
}

impl Tails {
    /// The integral in words where it does not exist.
    fn outcome(self, what: &str) -> Option<String> {
        match (self.up, self.down) {
            (false, false) => None,
            (true, false) => Some(format!("{what} is +infinity")),
            (false, true) => Some(format!("{what} is -infinity")),
            (true, true) => Some(format!("{what} is undefined: it is infinite with both signs")),
        }
    }
}

impl Functional {
    /// Finds the branches of f under the input.
    ///
    /// # Errors
    /// [`crate::Error::OutsideDomain`] where the input has mass and f no real value.
    pub fn new(f: &Expr, input: &Input) -> Result<Functional> {
        Functional::of(&Shape::new(f), input)
    }

    /// Finds the branches of an activation that is used under several inputs.
    pub(super) fn of(shape: &Shape, input: &Input) -> Result<Functional> {
        let branches = Branches::new(shape, input)?;
        let refusal = (pairs(&branches.smooth) > MOST_PAIRS).then(|| {
            format!(
                "the entropy is not computed: `{}` has {} branches under `{}`",
                shape.activation(),
                branches.smooth.len(),
                input.text()
            )
        });
        let stretches = if refusal.is_some() { whole(&branches.smooth) } else { stretches(&branches) };
        Ok(Functional { branches, stretches, input: input.clone(), refusal })
    }

    pub(super) fn branches(&self) -> &Branches {
        &self.branches
    }

    /// The entropy with its companions.
    pub fn entropy(&self) -> Entropy {
        let smooth = &self.branches.smooth;
        let mut atoms = self.branches.atoms.clone();
        atoms.sort_by(|a, b| a.at.total_cmp(&b.at));
        let kind = match (smooth.is_empty(), atoms.is_empty()) {
            (false, true) => Kind::Continuous,
            (false, false) => Kind::Mixed,
            (true, _) => Kind::Discrete,
        };
        let mut wanted = [true; 3];
        let mut outcomes = Vec::new();
        let mut limit = 0.0;
        let names = ["the entropy", "the mean", "the variance"];
        for (i, (tails, what)) in self.tails().into_iter().zip(names).enumerate() {
            wanted[i] = tails == Tails::default();
            if i == 0 && tails.up != tails.down {
                limit = if tails.up { f64::INFINITY } else { f64::NEG_INFINITY };
            }
            outcomes.extend(tails.outcome(what));
        }
        wanted[2] &= wanted[1];
        if let Some(refusal) = &self.refusal {
            (wanted[0], limit) = (false, 0.0);
            outcomes.push(refusal.clone());
        }
        let reference = self.reference();
        let mut sums = self.integrals(wanted, reference);
        for (i, what) in [(2, "the variance"), (1, "the mean"), (0, "the entropy")] {
            if sums.is_none() && wanted[i] {
                wanted[i] = false;
                outcomes.push(format!("no finite value found for {what}"));
                sums = self.integrals(wanted, reference);
            }
        }
        let [entropy, first, second] = sums.unwrap_or([Estimate::exact(0.0); 3]);
        let entropy = if wanted[0] { entropy } else { Estimate { value: limit, error: f64::INFINITY, ..entropy } };
        let (mean, variance) = moments(first, second, &atoms, reference);
        let (mean, variance) = (wanted[1].then_some(mean), wanted[2].then_some(variance));
        let continuous = wanted[0] && kind == Kind::Continuous;
        let (low, high) = self.branches.range;
        Entropy {
            kind,
            entropy,
            atoms_entropy: atoms.iter().fold(0.0, |sum, a| sum - a.mass * a.mass.ln()),
            atoms,
            mean,
            variance,
            negentropy: variance.filter(|v| continuous && v.value > 0.0).map(|v| negentropy(v, entropy)),
            deficit: (continuous && (high - low).is_finite()).then(|| deficit(high - low, entropy)),
            outcome: (!outcomes.is_empty()).then(|| outcomes.join("; ")),
        }
    }

    /// A value of f about which moments are taken, so that they do not cancel.
    fn reference(&self) -> f64 {
        let at =
            |c: f64| self.branches.smooth.iter().find(|b| b.from <= c && c <= b.to).map(|b| b.value_and_log_slope(c).0);
        self.branches.cuts.iter().find_map(|c| at(*c)).filter(|v| v.is_finite()).unwrap_or(0.0)
    }

    /// INT -p log q, INT p (f - r), INT p (f - r)^2, each where wanted; none where one of them does not converge.
    fn integrals(&self, wanted: [bool; 3], reference: f64) -> Option<[Estimate; 3]> {
        let mut sum = [Estimate { value: 0.0, error: 0.0, evaluations: 0 }; 3];
        for stretch in &self.stretches {
            let mut log_p = Vec::new();
            let integrand = |u: &[f64], out: &mut [[f64; 3]]| {
                log_p.resize(u.len(), 0.0);
                self.input.log_pdfs(u, &mut log_p);
                for ((u, log_p), out) in u.iter().zip(&log_p).zip(out) {
                    let p = log_p.exp();
                    if p == 0.0 {
                        *out = [0.0; 3];
                        continue;
                    }
                    let (log_q, value) = self.log_density(stretch, *u, *log_p);
                    let d = value - reference;
                    let all = [-p * log_q, p * d, p * d * d];
                    *out = std::array::from_fn(|i| if wanted[i] { all[i] } else { 0.0 });
                }
            };
            let quadrature = Quadrature {
                absolute: 1e-14,
                max_evaluations: 20_000,
                centre: self.branches.centre(),
                scale: self.branches.scale,
                ..Quadrature::default()
            };
            // One mode on the whole line is no point to cut at: the density is smooth there.
            let cuts = &self.branches.cuts;
            let cuts =
                if cuts.len() == 1 && stretch.from.is_infinite() && stretch.to.is_infinite() { &[] } else { &cuts[..] };
            let part = quadrature.integrate_blocks(integrand, stretch.from, stretch.to, cuts).ok()?;
            for (s, p) in sum.iter_mut().zip(part) {
                *s = *s + p;
            }
        }
        Some(sum)
    }

    /// (log q(f(u)), f(u)) on a stretch.
    fn log_density(&self, stretch: &Stretch, u: f64, log_p: f64) -> (f64, f64) {
        let (value, log_slope) = self.branches.smooth[stretch.branch].value_and_log_slope(u);
        let own = log_p - log_slope;
        if stretch.others.is_empty() {
            return (own, value);
        }
        let (mut greatest, mut sum) = (own, 1.0);
        for other in &stretch.others {
            let log = self.through(other, u, value);
            if log <= greatest {
                sum += (log - greatest).exp();
            } else {
                (greatest, sum) = (log, 1.0 + sum * (greatest - log).exp());
            }
        }
        (greatest + sum.ln(), value)
    }

    /// log(p/|f'|) at the point of another branch with the same value.
    fn through(&self, other: &Other, u: f64, value: f64) -> f64 {
        let turns = &self.branches.turns;
        for link in &other.links {
            let (here, there) = (&turns[link.own], &turns[link.other]);
            let d = u - here.at;
            if d.abs() < here.radius
                && let Some((v, slope)) = there.displacement(here.value_and_slope(d).0, link.side)
            {
                return self.input.log_pdf(there.at + v) - slope.abs().ln();
            }
        }
        let branch = &self.branches.smooth[other.branch];
        let Some(v) = branch.inverse(value) else { return f64::NEG_INFINITY };
        self.input.log_pdf(v) - branch.value_and_log_slope(v).1
    }

    /// At which infinite ends the integrands of the entropy and of the two moments fall no faster than 1/u.
    fn tails(&self) -> [Tails; 3] {
        let mut tails = [Tails::default(); 3];
        for b in &self.branches.smooth {
            for (end, start) in [(b.from, b.to), (b.to, b.from)] {
                if end.is_infinite() {
                    self.tail(b, end, if start.is_finite() { start } else { 0.0 }, &mut tails);
                }
            }
        }
        tails
    }

    fn tail(&self, b: &Branch, end: f64, start: f64, tails: &mut [Tails; 3]) {
        let mut falls = [Fall::default(); 3];
        for j in 2..=24 {
            let distance = self.branches.scale * 10f64.powf(0.5 * f64::from(j));
            let u = start + distance.copysign(end);
            let log_p = self.input.log_pdf(u);
            if log_p < -1e5 {
                return;
            }
            let (value, log_slope) = b.value_and_log_slope(u);
            for (fall, g) in falls.iter_mut().zip([log_slope - log_p, value, value * value]) {
                fall.see(distance.ln(), log_p, g);
            }
        }
        for (fall, tails) in falls.iter().zip(tails) {
            if fall.exponent > -1.05 {
                if fall.sign > 0.0 { tails.up = true } else { tails.down = true }
            }
        }
    }
}

/// The power of the distance with which p g falls, from points ever farther out.
#[derive(Debug, Clone, Copy)]
struct Fall {
    last: Option<(f64, f64)>,
    exponent: f64,
    sign: f64,
    ended: bool,
}

impl Default for Fall {
    fn default() -> Fall {
        Fall { last: None, exponent: f64::NEG_INFINITY, sign: 1.0, ended: false }
    }
}

impl Fall {
    fn see(&mut self, log_distance: f64, log_p: f64, g: f64) {
        self.ended |= !g.is_finite() || g == 0.0;
        if self.ended {
            return;
        }
        let log = log_p + g.abs().ln();
        if let Some((d, l)) = self.last {
            self.exponent = (log - l) / (log_distance - d);
        }
        (self.last, self.sign) = (Some((log_distance, log)), g);
    }
}

/// Mean and variance from the moments about a reference and the atoms.
fn moments(mut first: Estimate, mut second: Estimate, atoms: &[Atom], reference: f64) -> (Estimate, Estimate) {
    for a in atoms {
        let d = a.at - reference;
        first.value += a.mass * d;
        second.value += a.mass * d * d;
    }
    let rounding = 4.0 * f64::EPSILON;
    let mean = Estimate {
        value: reference + first.value,
        error: first.error + rounding * (reference.abs() + first.value.abs()),
        ..first
    };
    let square = first.value * first.value;
    let variance = Estimate {
        value: (second.value - square).max(0.0),
        error: second.error + 2.0 * first.value.abs() * first.error + rounding * (second.value + square),
        ..second
    };
    (mean, variance)
}

fn deficit(range: f64, entropy: Estimate) -> Estimate {
    let most = range.ln();
    let rounding = 4.0 * f64::EPSILON * (1.0 + most.abs() + entropy.value.abs());
    Estimate { value: most - entropy.value, error: entropy.error + rounding, ..entropy }
}

fn negentropy(variance: Estimate, entropy: Estimate) -> Estimate {
    Estimate {
        value: 0.5 * (2.0 * PI * E * variance.value).ln() - entropy.value,
        error: 0.5 * variance.error / variance.value + entropy.error + 4.0 * f64::EPSILON * (1.0 + entropy.value.abs()),
        evaluations: entropy.evaluations,
    }
}

/// How many ordered pairs of branches have values in common.
fn pairs(smooth: &[Branch]) -> usize {
    let meet = |a: &Branch, b: &Branch| a.range().0.max(b.range().0) < a.range().1.min(b.range().1);
    let others = |i: usize, a: &Branch| smooth.iter().enumerate().filter(|(j, b)| *j != i && meet(a, b)).count();
    smooth.iter().enumerate().map(|(i, a)| others(i, a)).sum()
}

/// The branches as they are, which is all that moments need.
fn whole(smooth: &[Branch]) -> Vec<Stretch> {
    let stretch = |(branch, b): (usize, &Branch)| Stretch { from: b.from, to: b.to, branch, others: Vec::new() };
    smooth.iter().enumerate().map(stretch).collect()
}

/// The branches cut where the set of branches through their values changes.
fn stretches(branches: &Branches) -> Vec<Stretch> {
    let smooth = &branches.smooth;
    let mut all = Vec::new();
    for (i, b) in smooth.iter().enumerate() {
        let mut cuts = vec![b.from, b.to];
        for other in smooth.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, other)| other) {
            let inside = [other.at_from, other.at_to].into_iter().filter(|y| between(*y, b.range()));
            cuts.extend(inside.filter_map(|y| b.inverse(y)));
        }
        cuts.sort_by(f64::total_cmp);
        cuts.dedup_by(|b, a| *b == *a || a.is_finite() && (*b - *a).abs() <= 4.0 * f64::EPSILON * a.abs());
        for pair in cuts.windows(2) {
            let middle = b.value_and_log_slope(inside(pair[0], pair[1], branches.scale)).0;
            let through = |j: &usize| *j != i && between(middle, smooth[*j].range());
            let other = |j: usize| Other { branch: j, links: links(&branches.turns, b, &smooth[j]) };
            let others = (0..smooth.len()).filter(through).map(other).collect();
            all.push(Stretch { from: pair[0], to: pair[1], branch: i, others });
        }
    }
    all
}

/// Whether a value lies inside a range and is not one of its ends to rounding.
fn between(y: f64, (low, high): (f64, f64)) -> bool {
    // A critical point is known to 1e-16, its value to the square of that.
    let least = 1e-28 * if (high - low).is_finite() { high - low } else { 1.0 };
    let rounding = |end: f64| if end.is_finite() { least + 16.0 * f64::EPSILON * end.abs() } else { 0.0 };
    y - low > rounding(low) && high - y > rounding(high)
}

/// The pairs of turns of equal height at the ends of two branches.
fn links(turns: &[Turn], a: &Branch, b: &Branch) -> Vec<Link> {
    let mut found = Vec::new();
    for (own, here) in turns.iter().enumerate().filter(|(_, t)| t.at == a.from || t.at == a.to) {
        for (other, there) in turns.iter().enumerate().filter(|(_, t)| t.at == b.from || t.at == b.to) {
            if (here.height() - there.height()).abs() <= here.rounding() {
                found.push(Link { own, other, side: if there.at == b.from { 1.0 } else { -1.0 } });
            }
        }
    }
    found
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
