//! H = -INT p(u) log q(f(u)) du over the part of the line where f is not flat, q being the density of f(U).

mod ends;

use super::branches::{Atom, Branch, Branches, mass};
use super::outside::Outside;
use super::saturation::Saturation;
use super::shape::Shape;
use super::stretch::{Other, Stretch, stretches, too_many, whole};
use super::tails::{Tails, tails};
use super::waves::Waves;
use crate::error::Result;
use crate::expr::Expr;
use crate::input::Input;
use crate::numeric::{Estimate, Point, Points, Quadrature, ROOM, slices};
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
    /// What mean and variance are where they have no finite value: infinite, or NaN where undefined or not computed.
    pub limits: [f64; 2],
    /// log(2 pi e Var)/2 - H >= 0, 0 exactly for normal outputs; none with atoms or without a variance.
    pub negentropy: Option<Estimate>,
    /// log(range) - H >= 0, 0 exactly for uniform outputs; none with atoms or on an infinite range.
    pub deficit: Option<Estimate>,
    /// What is infinite, undefined or not computed, in words.
    pub outcome: Option<String>,
}

/// The functional of one activation under one input.
#[derive(Debug, Clone)]
pub struct Functional {
    branches: Branches,
    stretches: Vec<Stretch>,
    input: Input,
    /// What the activation is made of, where branches of the inner function meet.
    outside: Option<Outside>,
    /// Why the entropy is not computed, in words.
    refusal: Option<String>,
}

/// The entropy of f(U), U distributed as `input`.
///
/// # Errors
/// [`crate::Error::OutsideDomain`] where the input has mass and f no real value.
pub fn entropy(f: &Expr, input: &Input) -> Result<Entropy> {
    Ok(Functional::new(f, input)?.entropy())
}

/// Steps of evaluations of f that the integral over a stretch may take, about a second: what needs more gets no value.
const MOST_STEPS: u64 = 20_000_000;

/// The error of a logarithm of the density whose other branches go through points that are known to rounding.
const PARTNERS: f64 = 32.0 * f64::EPSILON;

/// The relative error by which points on two saturating branches are found, weighed by how the density changes with them.
const SATURATED: f64 = 2e-13;

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
        let refused = |why: String| (whole(&branches), Some(format!("the entropy is not computed: {why}")));
        let activation = shape.activation();
        let (stretches, refusal) = if too_many(&branches.smooth) {
            refused(format!("`{activation}` has {} branches under `{}`", branches.smooth.len(), input.text()))
        } else {
            let stretches = stretches(&branches, input);
            match uncovered(&branches, &stretches, input) {
                None => (stretches, None),
                Some(Branch { from, to, .. }) => {
                    refused(format!("what `{activation}` runs to at the ends of [{from}, {to}] was not found"))
                }
            }
        };
        let folds = stretches.iter().any(|stretch| !stretch.others.is_empty());
        let outside = if folds { Outside::of(activation) } else { None };
        Ok(Functional { branches, stretches, input: input.clone(), outside, refusal })
    }

    /// Whether some values are taken on more than one branch.
    pub fn folds(&self) -> bool {
        self.refusal.is_some() || self.stretches.iter().any(|stretch| !stretch.others.is_empty())
    }

    /// The finite points at which the activation goes to infinity.
    pub fn poles(&self) -> Vec<f64> {
        let ends = self.branches.smooth.iter().flat_map(|b| [(b.from, b.at_from), (b.to, b.at_to)]);
        let mut poles: Vec<f64> = ends.filter(|(u, y)| u.is_finite() && y.is_infinite()).map(|(u, _)| u).collect();
        poles.sort_by(f64::total_cmp);
        poles.dedup();
        poles
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
        let (mut limit, mut limits) = (0.0, [f64::NAN; 2]);
        let names = ["the entropy", "the mean", "the variance"];
        for (i, (tails, what)) in tails(&self.branches, &self.input).into_iter().zip(names).enumerate() {
            wanted[i] = tails == Tails::default();
            if tails.up != tails.down {
                let infinite = if tails.up { f64::INFINITY } else { f64::NEG_INFINITY };
                *if i == 0 { &mut limit } else { &mut limits[i - 1] } = infinite;
            }
            outcomes.extend(tails.outcome(what));
        }
        wanted[2] &= wanted[1];
        if let Some(refusal) = &self.refusal {
            (wanted[0], limit) = (false, 0.0);
            outcomes.push(refusal.clone());
        }
        let reference = self.reference();
        let inside = self.outside.as_ref().filter(|_| wanted[0]);
        let inside = inside.and_then(|outside| outside.entropy(&self.input).ok().flatten());
        let mut asked = wanted;
        asked[0] &= inside.is_none();
        let mut sums = self.integrals(asked, reference).unwrap_or_else(|| {
            // One by one: what has no value does not cost the others theirs.
            let mut sums = [Estimate::exact(0.0); 3];
            for i in (0..3).rev().filter(|i| asked[*i]) {
                match self.integrals(std::array::from_fn(|j| i == j), reference) {
                    Some(found) => sums[i] = found[i],
                    None => {
                        wanted[i] = false;
                        outcomes.push(match self.overflows(i) {
                            true => format!("{} is beyond the range of double precision", names[i]),
                            false => format!("no finite value found for {}", names[i]),
                        });
                    }
                }
            }
            sums
        });
        sums[0] = inside.unwrap_or(sums[0]);
        wanted[2] &= wanted[1];
        for (i, what) in names.into_iter().enumerate() {
            // An error as large as the number says that there is none.
            if wanted[i] && sums[i].error > 0.1 * sums[i].value.abs().max(self.branches.scale.min(1.0)) {
                wanted[i] = false;
                outcomes.push(format!("no finite value found for {what}"));
            }
        }
        wanted[2] &= wanted[1];
        let [entropy, first, second] = sums;
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
            limits,
            negentropy: variance.filter(|v| continuous && v.value > v.error).map(|v| negentropy(v, entropy)),
            deficit: (continuous && (high - low).is_finite()).then(|| deficit((low, high), entropy)),
            outcome: (!outcomes.is_empty()).then(|| outcomes.join("; ")),
        }
    }

    /// Whether the integrand of a moment leaves the range of a double where the input has mass.
    fn overflows(&self, moment: usize) -> bool {
        let value =
            |u: f64| self.branches.smooth.iter().find(|b| b.from < u && u < b.to).map(|b| b.value_and_log_slope(u).0);
        let at = [1e-4, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0 - 1e-4].map(|p| self.input.quantile(p));
        moment > 0 && at.into_iter().filter_map(value).any(|v| v.abs().powi(moment as i32).is_infinite())
    }

    /// A value of f about which moments are taken, so that they do not cancel.
    fn reference(&self) -> f64 {
        let at =
            |c: f64| self.branches.smooth.iter().find(|b| b.from <= c && c <= b.to).map(|b| b.value_and_log_slope(c).0);
        self.branches.cuts.iter().find_map(|c| at(*c)).filter(|v| v.is_finite()).unwrap_or(0.0)
    }

    /// A size of f - r in which moments are computed: 1, but for values that differ by little only.
    fn unit(&self, reference: f64) -> f64 {
        let mut size: f64 = 0.0;
        for u in self.input.quartiles() {
            let Some(branch) = self.branches.smooth.iter().find(|b| b.from < u && u < b.to) else { continue };
            size = size.max((branch.value_and_log_slope(u).0 - reference).abs());
            if size >= 1e-3 {
                return 1.0;
            }
        }
        if size > 0.0 { size } else { 1.0 }
    }

    /// INT -p log q, INT p (f - r), INT p (f - r)^2, each where wanted; none where one of them does not converge.
    fn integrals(&self, wanted: [bool; 3], reference: f64) -> Option<[Estimate; 3]> {
        let mut sum = [Estimate { value: 0.0, error: 0.0, evaluations: 0 }; 3];
        // The density at u is no better known than u relative to the scale.
        let noise = f64::EPSILON * self.branches.centre().abs() / self.branches.scale;
        let unit = self.unit(reference);
        // Values that differ by little are no better known than the values themselves.
        let rounded = (16.0 * f64::EPSILON * reference.abs() / unit).min(1e-2);
        for stretch in &self.stretches {
            let waves = self.waves(stretch);
            let over = |relative: f64| {
                let relative = if wanted[0] { relative } else { relative.max(rounded) };
                self.over(stretch, waves.as_ref(), wanted, (reference, unit), relative.max(16.0 * noise))
            };
            let part = over(1e-12).or_else(|| over(1e-9)).or_else(|| self.negligible(stretch))?;
            let blur = self.blur(stretch, reference);
            let missed = waves.map_or([0.0; 3], |waves| waves.error(reference));
            for (i, s) in sum.iter_mut().enumerate() {
                *s = *s + part[i];
                s.error += blur[i] + missed[i];
            }
            if !stretch.others.is_empty() {
                sum[0].error += PARTNERS * part[0].value.abs().max(1.0);
            }
            if stretch.others.iter().any(|other| other.saturations.is_some()) {
                sum[0].error += SATURATED * part[0].value.abs().max(1.0);
            }
        }
        for (s, unit) in sum.iter_mut().zip([1.0, unit, unit * unit]) {
            s.error += 4.0 * noise * s.value.abs().max(unit);
        }
        // A density that is too large by a share d adds d to its logarithm.
        let mass = self.input.mass_error();
        sum[0].error += mass * (1.0 + sum[0].value.abs());
        let coarse = if unit == 1.0 { 0.0 } else { rounded };
        sum[1..].iter_mut().for_each(|s| s.error += (mass + coarse) * s.value.abs());
        Some(sum)
    }

    /// Whether nothing but the branch itself has the values of a stretch, and no turn is near.
    fn is_alone(&self, stretch: &Stretch) -> bool {
        stretch.others.is_empty() && self.branches.turns.is_empty()
    }

    /// How a stretch oscillates, where it does without end.
    fn waves(&self, stretch: &Stretch) -> Option<Waves> {
        let branch = &self.branches.smooth[stretch.branch];
        let found = || Waves::new(branch, &self.input, stretch.from, stretch.to, self.branches.centre());
        self.is_alone(stretch).then(found).flatten()
    }

    /// The integrals over one stretch to a relative error, moments about a reference in a unit, waves beyond their panels as
    /// their means.
    fn over(
        &self,
        stretch: &Stretch,
        waves: Option<&Waves>,
        wanted: [bool; 3],
        (reference, unit): (f64, f64),
        relative: f64,
    ) -> Option<[Estimate; 3]> {
        let branch = &self.branches.smooth[stretch.branch];
        let plain = wanted == [true; 3] && self.is_alone(stretch);
        let (centre, scale) = (self.branches.centre(), self.branches.scale);
        let mut room = Vec::with_capacity(5 * ROOM);
        let integrand = |points: &Points, out: &mut [[f64; 3]]| {
            let n = points.u.len();
            room.resize(room.len().max(5 * n), 0.0);
            let (log_ps, rest) = room.split_at_mut(n);
            let (ps, rest) = rest.split_at_mut(n);
            let (values, rest) = rest.split_at_mut(n);
            let (slopes, rest) = rest.split_at_mut(n);
            let log_slopes = &mut rest[..n];
            self.input.log_pdfs_at(points, log_ps);
            slices::exp(log_ps, ps);
            branch.values_and_log_slopes(&points.u, ps, values, slopes, log_slopes);
            branch.look_closer(points, values, log_slopes);
            if let Some(waves) = waves {
                waves.smooth(&points.u, values, log_slopes);
            }
            if plain {
                for (i, out) in out[..n].iter_mut().enumerate() {
                    let d = values[i] - reference;
                    *out = [ps[i] * (log_slopes[i] - log_ps[i]), ps[i] * d, ps[i] * d * d];
                }
            }
            for (i, (at, out)) in points.iter().zip(out.iter_mut()).enumerate() {
                if plain && ps[i] >= 1e-300 {
                    continue;
                }
                let (p, value) = (ps[i], values[i]);
                *out = [0.0; 3];
                if p < 1e-300 {
                    // Too little for the entropy, but times a large value it may be what the moments are made of.
                    let log = log_ps[i] + (value - reference).abs().ln();
                    let [first, second] = [log, log + (value - reference).abs().ln()].map(f64::exp);
                    if wanted[1] && first.is_finite() {
                        out[1] = first.copysign(value - reference);
                    }
                    if wanted[2] && second.is_finite() {
                        out[2] = second;
                    }
                    continue;
                }
                let turns = &self.branches.turns;
                let log_slope = branch.log_slope_near_turn(turns, at).unwrap_or(log_slopes[i]);
                let (log_q, share) = self.density_at(stretch, at, value, log_ps[i] - log_slope);
                let (p, d) = (p * share, branch.rise(turns, at.u, value, reference));
                for (out, (wanted, value)) in out.iter_mut().zip(wanted.iter().zip([-p * log_q, p * d, p * d * d])) {
                    *out = if *wanted { value } else { 0.0 };
                }
            }
            if unit != 1.0 {
                out.iter_mut()
                    .for_each(|[_, first, second]| (*first, *second) = (*first / unit, *second / (unit * unit)));
            }
        };
        // A point on another branch is found in a hundred evaluations of f at most, as a rule.
        let work = branch.form_length() * (1 + 100 * stretch.others.len() as u64);
        let most = if waves.is_some() { 1_000_000 } else { 20_000 };
        let max_evaluations = (MOST_STEPS / work).clamp(500, most);
        let quadrature = Quadrature { absolute: 1e-14, relative, max_evaluations, centre, scale };
        // One mode on the whole line is no point to cut at: the density is smooth there.
        let whole = stretch.cuts.len() == 1 && stretch.from.is_infinite() && stretch.to.is_infinite();
        let mut cuts = if whole { vec![] } else { stretch.cuts.clone() };
        cuts.extend(waves.iter().flat_map(|waves| &waves.cuts));
        let [entropy, first, second] = quadrature.integrate_blocks(integrand, stretch.from, stretch.to, &cuts).ok()?;
        let times = |e: Estimate, unit: f64| Estimate { value: e.value * unit, error: e.error * unit, ..e };
        Some([entropy, times(first, unit), times(second, unit * unit)])
    }

    /// Zeros whose error bounds the integrals over a stretch without mass to speak of; none where it has some.
    fn negligible(&self, stretch: &Stretch) -> Option<[Estimate; 3]> {
        let mass = mass(&self.input, stretch.from, stretch.to) * (1 + stretch.others.len()) as f64;
        (mass < 1e-15).then_some([Estimate { value: 0.0, error: 1e3 * mass, evaluations: 0 }; 3])
    }

    /// The logarithm of the density at the value that f has at a point of a stretch, `own` being that of the own branch, and
    /// the mass there relative to that of the own branch, counting the branches that are integrated along.
    pub(super) fn density_at(&self, stretch: &Stretch, at: Point, value: f64, own: f64) -> (f64, f64) {
        if stretch.others.is_empty() {
            return (own, 1.0);
        }
        // The densities of the branches relative to the own one, which may be far smaller than theirs.
        let (mut greatest, mut sum, mut led) = (own, 1.0, 1.0);
        for other in &stretch.others {
            let log = self.through(stretch, other, at, value);
            if log > greatest {
                let factor = (greatest - log).exp();
                (greatest, sum, led) = (log, sum * factor, led * factor);
            }
            let term = (log - greatest).exp();
            sum += term;
            led += if other.led { term } else { 0.0 };
        }
        (greatest + f64::ln(sum), if stretch.leads() { led * (greatest - own).exp() } else { 1.0 })
    }

    /// log(p/|f'|) at the point of another branch with the same value.
    fn through(&self, stretch: &Stretch, other: &Other, at: Point, value: f64) -> f64 {
        let turns = &self.branches.turns;
        let u = at.u;
        let [own, branch] = [stretch.branch, other.branch].map(|i| &self.branches.smooth[i]);
        if let Some(log) = self.beside(own, branch, at) {
            return log;
        }
        for link in &other.links {
            let (here, there) = (&turns[link.own], &turns[link.other]);
            let d = here.distance(at);
            if d.abs() < here.radius
                && let Some((v, slope)) = there.partner(here, d, link.side)
            {
                return self.input.log_pdf_beside(there.at, v) - slope.abs().ln();
            }
        }
        let partner = |[here, there]: [Saturation; 2]| {
            if here.swallows(own, u, value) { there.partner(branch, (here, own), u) } else { None }
        };
        let Some(v) = other.saturations.and_then(partner).or_else(|| branch.inverse(value)) else {
            return f64::NEG_INFINITY;
        };
        self.input.log_pdf(v) - branch.value_and_log_slope(v).1
    }
}

/// A branch with mass of which no stretch is a part.
fn uncovered<'a>(branches: &'a Branches, stretches: &[Stretch], input: &Input) -> Option<&'a Branch> {
    let covers = |stretch: &Stretch, i: usize| {
        stretch.branch == i || stretch.others.iter().any(|other| other.led && other.branch == i)
    };
    let lost =
        |(i, b): &(usize, &Branch)| !stretches.iter().any(|s| covers(s, *i)) && mass(input, b.from, b.to) > 1e-12;
    branches.smooth.iter().enumerate().find(lost).map(|(_, b)| b)
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
        error: second.error
            + 2.0 * first.value.abs() * first.error
            + rounding * (second.value + square + reference.abs() * second.value.sqrt()),
        ..second
    };
    (mean, variance)
}

fn deficit((low, high): (f64, f64), entropy: Estimate) -> Estimate {
    let most = (high - low).ln();
    // Of a narrow range far from 0 the ends are known to rounding only.
    let width = (low.abs() + high.abs()) / (high - low);
    let rounding = 4.0 * f64::EPSILON * (1.0 + width + most.abs() + entropy.value.abs());
    Estimate { value: most - entropy.value, error: entropy.error + rounding, ..entropy }
}

fn negentropy(variance: Estimate, entropy: Estimate) -> Estimate {
    Estimate {
        value: 0.5 * (2.0 * PI * E * variance.value).ln() - entropy.value,
        error: 0.5 * variance.error / variance.value + entropy.error + 4.0 * f64::EPSILON * (1.0 + entropy.value.abs()),
        evaluations: entropy.evaluations,
    }
}
