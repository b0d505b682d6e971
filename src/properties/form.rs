//! A smooth form with its singular points: where a step on the way to the value is not defined, the form is followed by its
//! series around the point, and has one-sided limits.

use super::Limit;
use super::curve::{ORDER, WINDOW};
use super::limits::keeps_turning;
use super::roots::sign;
use crate::error::Result;
use crate::expr::{Expr, Local, Tape, singular_candidates};
use crate::numeric::Estimate;

/// Derivatives whose limits are kept.
pub(super) const LIMITS: usize = 9;
/// Distances 4^-i at which a limit is looked for, down to 1e-48, where t^6 is still a double.
const CLOSEST: i32 = 80;
/// Distances at which the size of a function beside a point is judged.
const NEAR: usize = 12;
/// Singular points of one form beyond which none is looked at.
const MOST: usize = 100;

/// A form without kinks, evaluated.
#[derive(Debug, Clone)]
pub(super) struct Form {
    tape: Tape,
    near: Vec<Local>,
}

impl Form {
    /// The form with its singular points in [from, to]: where its denominators change their signs, where its logarithms and
    /// roots begin, and those of `probes` at which it has no value though it has beside them.
    pub fn new(form: &Expr, from: f64, to: f64, probes: &[f64]) -> Result<Form> {
        let tape = Tape::new(form)?;
        let mut points = singular_candidates(form, from, to, WINDOW);
        points.extend([from, to].into_iter().filter(|end| end.is_finite()));
        points.extend(probes.iter().filter(|x| tape.has_gap(**x)));
        points.sort_by(f64::total_cmp);
        points.dedup();
        let near: Vec<Local> = points.iter().map(|p| Local::new(&tape, *p)).filter(Local::singular).collect();
        Ok(Form { near: if near.len() > MOST { Vec::new() } else { near }, tape })
    }

    /// The singular points.
    pub fn singular(&self) -> &[Local] {
        &self.near
    }

    /// The singular point at this place, where there is one.
    pub fn at(&self, x: f64) -> Option<&Local> {
        self.near.iter().find(|l| l.at() == x)
    }

    fn local(&self, x: f64) -> Option<&Local> {
        let reaches = |l: &&Local| (x - l.at()).abs() <= l.radius() && (x != l.at() || l.analytic());
        self.near.iter().filter(reaches).min_by(|a, b| (x - a.at()).abs().total_cmp(&(x - b.at()).abs()))
    }

    pub fn taylor(&self, x: f64, out: &mut [f64]) {
        match self.local(x) {
            Some(local) => local.taylor(x - local.at(), out),
            None => self.tape.taylor(x, out),
        }
    }

    pub fn eval(&self, x: f64) -> f64 {
        match self.local(x) {
            Some(_) => self.derivative(x, 0),
            None => self.tape.eval(x),
        }
    }

    /// The derivative of order k, less than [`LIMITS`].
    pub fn derivative(&self, x: f64, k: usize) -> f64 {
        let Some(local) = self.local(x) else { return self.tape.derivative(x, k) };
        let out = &mut [0.0; LIMITS][..=k];
        local.taylor(x - local.at(), out);
        out[k] * factorial(k)
    }

    /// Whether something on the way to the value is infinite though f is not.
    pub fn overflows(&self, x: f64) -> bool {
        self.tape.overflows(x) && !self.local(x).is_some_and(Local::analytic)
    }
}

pub(super) fn factorial(k: usize) -> f64 {
    (1..=k).map(|i| i as f64).product()
}

/// The limits of f and its derivatives at a singular point from one side.
pub(super) fn limits(local: &Local, side: f64, width: f64) -> Vec<Limit> {
    if local.analytic() {
        let mut c = [0.0; LIMITS];
        local.taylor(0.0, &mut c);
        return (0..LIMITS).map(|k| value(c[k] * factorial(k), 0.0)).collect();
    }
    if let Some((low, c)) = local.leading().filter(|(low, _)| *low < 0) {
        let sign = |k: i32| c.signum() * side.powi(low - k) * if k % 2 == 0 { 1.0 } else { -1.0 };
        return (0..LIMITS as i32).map(|k| Limit::Infinite(sign(k))).collect();
    }
    let jets: Vec<[f64; LIMITS]> = distances(width)
        .map(|t| {
            let mut jet = [0.0; LIMITS];
            local.taylor(side * t, &mut jet);
            jet
        })
        .collect();
    let order = |k: usize| limit(&jets.iter().map(|jet| jet[k] * factorial(k)).collect::<Vec<_>>());
    (0..LIMITS).map(order).collect()
}

/// Distances at which a limit is looked for in an interval of this width.
fn distances(width: f64) -> impl Iterator<Item = f64> {
    (0..CLOSEST).map(move |i| 0.25 * width.min(1.0) * 0.25f64.powi(i))
}

/// The limit at distance 0 of what is given at distances, in an interval of this width.
pub(super) fn approached(g: impl Fn(f64) -> f64, width: f64) -> Limit {
    limit(&distances(width).map(g).collect::<Vec<_>>())
}

fn value(value: f64, error: f64) -> Limit {
    Limit::Value(Estimate { value, error, evaluations: CLOSEST as u64 })
}

/// The limit of values at distances each a quarter of the one before: by extrapolation where it settles, infinite where it
/// grows and does not settle.
pub(super) fn limit(values: &[f64]) -> Limit {
    let end = values.iter().position(|v| !v.is_finite()).unwrap_or(values.len());
    let (finite, rest) = values.split_at(end);
    if finite.len() < 4 {
        return match rest {
            [first, ..] if first.is_infinite() && rest.iter().all(|v| v == first) => Limit::Infinite(first.signum()),
            _ => Limit::Undetermined,
        };
    }
    let last = finite[finite.len() - 1];
    let grows = |w: &[f64]| w.windows(2).all(|w| w[0] * w[1] > 0.0 && w[1].abs() > w[0].abs());
    let tail = &finite[finite.len().saturating_sub(20)..];
    if !rest.is_empty() && grows(&tail[tail.len().saturating_sub(3)..]) && last.abs() > 1e100 {
        return Limit::Infinite(last.signum());
    }
    if let Some(found) = settled(finite) {
        return found;
    }
    let part = |share: usize| finite[finite.len() / share - 1];
    let steps = [part(1) - part(2), part(2) - part(4)];
    if grows(tail) && steps[0].abs() > 0.9 * steps[1].abs() {
        return Limit::Infinite(last.signum());
    }
    // Like a power of log t: by the same factor each time that log t doubles.
    let falls = [part(1) / part(2), part(2) / part(4)];
    if falls.iter().all(|f| (0.0..0.6).contains(f)) && (falls[0] - falls[1]).abs() <= 0.2 * falls[1] {
        return value(0.0, 0.0);
    }
    let turns = tail.windows(3).filter(|w| (w[1] - w[0]) * (w[2] - w[1]) < 0.0).count();
    if turns >= 5 { Limit::Oscillates } else { Limit::Undetermined }
}

/// What second-order extrapolation comes to where it changes least, closer in the values being made of rounding.
fn settled(values: &[f64]) -> Option<Limit> {
    let once = |v: &[f64], p: f64| v.windows(2).map(|w| (p * w[1] - w[0]) / (p - 1.0)).collect::<Vec<_>>();
    let guesses = once(&once(values, 4.0), 16.0);
    let change = |w: &[f64]| (w[2] - w[1]).abs().max((w[1] - w[0]).abs());
    let (error, guess) = guesses.windows(3).map(|w| (change(w), w[2])).min_by(|a, b| a.0.total_cmp(&b.0))?;
    let size = values.iter().take(NEAR).fold(0.0, |all: f64, v| all.max(v.abs()));
    let settles = error <= 1e-9 * size.min(1e3 * guess.abs().max(1e-6 * size));
    let rounding = error + 4.0 * f64::EPSILON * guess.abs();
    let nothing = guess.abs() <= (16.0 * error).max(1e-30 * size);
    settles.then(|| value(if nothing { 0.0 } else { guess }, rounding))
}

/// Whether f'' changes its sign again and again towards a singular point from one side, as a function of 1/t.
pub(super) fn oscillates(local: &Local, side: f64) -> bool {
    let sign_at = |far: f64| {
        let mut jet = [0.0; ORDER];
        local.taylor(side / far, &mut jet);
        sign(side / far, &jet, 2, false)
    };
    local.leading().is_none() && keeps_turning(sign_at)
}
