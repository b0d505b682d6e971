//! A density given as an expression: checked to be finite and not negative, normalised numerically where it must be.

use super::distribution::{Distribution, End};
use super::form::log;
use super::moments::Moments;
use super::registry::{Constant, ordered};
use super::{Input, maxima};
use crate::error::{Error, Result};
use crate::expr::{Expr, Node, Op, Tape};
use crate::numeric::{Estimate, Point, Quadrature};
use std::sync::OnceLock;

/// The number of points at which the sign is checked.
const CHECKS: usize = 4000;
/// An integral this close to 1 is 1.
const NORMALISED: f64 = 1e-12;

/// The distribution with density proportional to `form` on [a, b].
pub(super) fn build(form: Expr, a: Constant, b: Constant) -> Result<Input> {
    ordered("density", "a", &a, &b)?;
    let text = format!("density({form},{},{})", a.exact_text(), b.exact_text());
    let latex = format!(r"\operatorname{{density}}\left({}\right)_{{[{},{}]}}", form.latex(), a.latex(), b.latex());
    let (from, to) = (End::from(&a), End::from(&b));
    let tape = Tape::new(&form)?;
    let grid = grid(from.value, to.value);
    check_sign(&form, &tape, &grid, (from.value, to.value))?;
    let kinks = kinks(&form, from.value, to.value);
    let mut points = grid;
    points.extend(&kinks);
    let modes = maxima::local(|x| tape.eval(x), |x| tape.derivative(x, 1), from.value, to.value, points, &kinks);
    let mut cuts = [kinks.clone(), modes.clone()].concat();
    cuts.sort_by(f64::total_cmp);
    let beside = beside(&form, &tape, &from, &to);
    let integral = integral(&form, &tape, &beside, (from.value, to.value), &cuts)?;
    let normaliser = match (integral.value - 1.0).abs() <= NORMALISED {
        true => Expr::int(1),
        false => Expr::float(1.0 / integral.value),
    };
    let law = UserDensity {
        form,
        tape,
        beside,
        from,
        to,
        kinks,
        modes,
        cuts,
        integral,
        normaliser,
        moments: OnceLock::new(),
    };
    Input::compound(text, latex, Box::new(law))
}

/// Points inside (a, b): evenly spaced where it is finite, like sinh towards an infinite end.
fn grid(a: f64, b: f64) -> Vec<f64> {
    let t = |i: usize| i as f64 / CHECKS as f64;
    let at = |i: usize| match (a.is_finite(), b.is_finite()) {
        (true, true) => a + t(i) * (b - a),
        (true, false) => a + (20.0 * t(i)).sinh(),
        (false, true) => b - (20.0 * t(i)).sinh(),
        (false, false) => (40.0 * t(i) - 20.0).sinh(),
    };
    (1..CHECKS).map(at).collect()
}

fn not_a_density(form: &Expr, reason: String) -> Error {
    Error::NotADensity { density: form.to_string(), reason }
}

fn check_sign(form: &Expr, tape: &Tape, grid: &[f64], ends: (f64, f64)) -> Result<()> {
    let mut lowest = (0.0, 0.0);
    for &x in grid {
        let p = tape.eval(x);
        if !p.is_finite() {
            let step = 1e-6 * x.abs().max(1.0);
            let pole = p.is_infinite() && tape.eval(x - step).is_finite() && tape.eval(x + step).is_finite();
            let advice = if pole { format!("; {}", inside(form, ends, x)) } else { String::new() };
            return Err(not_a_density(form, format!("it is not finite at x = {x}{advice}")));
        }
        if p < lowest.0 {
            lowest = (p, x);
        }
    }
    match lowest {
        (p, x) if p < 0.0 => Err(not_a_density(form, format!("it is negative, down to {p} at x = {x}"))),
        _ => Ok(()),
    }
}

/// The constants at which a piecewise operator inside the expression may switch.
fn kinks(form: &Expr, a: f64, b: f64) -> Vec<f64> {
    let mut found = Vec::new();
    form.lowered().visit(&mut |e| {
        let switch = match (e.node(), e.args()) {
            (Node::Call(Op::Abs | Op::Sign, _), [u]) => u.clone(),
            (Node::Call(Op::Max | Op::Min, _), [u, v]) => u.clone() - v.clone(),
            (Node::Call(Op::Where(_), _), [u, v, _, _]) => u.clone() - v.clone(),
            _ => return,
        };
        if let Ok(tape) = Tape::new(&switch) {
            found.extend(crate::numeric::scan(|x| tape.eval(x), a, b, CHECKS));
        }
    });
    found.retain(|x| a < *x && *x < b);
    found.sort_by(f64::total_cmp);
    found.dedup();
    found
}

/// The logarithm of a form as a function of the distance from an end.
struct Beside {
    end: f64,
    log: Tape,
}

/// The form beside each rational end other than 0 at which it is infinite.
fn beside(form: &Expr, tape: &Tape, from: &End, to: &End) -> Vec<Beside> {
    let beside = |(end, above): (&End, bool)| {
        if end.value == 0.0 || tape.eval(end.value).is_finite() {
            return None;
        }
        let shifted = form.shifted(end.exact.as_ref()?.as_num()?);
        Some(Beside { end: end.value, log: Tape::new(&log_of(&shifted, above)).ok()? })
    };
    [(from, true), (to, false)].into_iter().filter_map(beside).collect()
}

/// The form at a point of a quadrature, by its distance from an end at which it is infinite.
fn density_at(tape: &Tape, beside: &[Beside], at: Point) -> f64 {
    match beside.iter().find(|beside| at.is_counted_from(beside.end)) {
        Some(beside) => beside.log.eval(at.offset).exp(),
        None => tape.eval(at.u),
    }
}

/// What to do about a density that is infinite inside its interval.
fn inside(form: &Expr, (a, b): (f64, f64), x: f64) -> String {
    format!(
        "where it is infinite can only be an end of the interval: write \
         mixture(w*density({form},{a},{x})+(1-w)*density({form},{x},{b})), w being the mass below {x}"
    )
}

/// A power this close to -1 leaves mass beyond the range of doubles.
const SLOW: f64 = 0.05;

/// Why the integral was not found; `at` is where it did not settle.
fn not_integrated(form: &Expr, tape: &Tape, beside: &[Beside], ends: (f64, f64), cuts: &[f64], at: f64) -> Error {
    let (a, b) = ends;
    let integral = format!("its integral from {a} to {b}");
    let unknown = |why: String| {
        Error::Unsupported(format!("`{form}` cannot be used as a density: {integral} was not found; {why}"))
    };
    let here = |c: &&f64| a < **c && **c < b && (at - **c).abs() <= 1e-9 * c.abs() && tape.eval(**c).is_infinite();
    if let Some(c) = cuts.iter().find(here) {
        return unknown(inside(form, ends, *c));
    }
    for (end, inward) in [(a, 1.0), (b, -1.0)] {
        let known = end.is_infinite() || end == 0.0 || beside.iter().any(|beside| beside.end == end);
        if !known && tape.eval(end).is_infinite() {
            return unknown(format!("doubles are coarse near x = {end}, where it is infinite; measure x from there"));
        }
        let power = power_towards(tape, beside, end, inward);
        let (of, beyond) = if end.is_infinite() { ("x", "beyond") } else { ("the distance", "closer to there than") };
        let spare = if end.is_infinite() { -1.0 - power } else { power + 1.0 };
        let runs = format!("it runs towards x = {end} like the power {} of {of}", (power * 1e4).round() / 1e4);
        if spare < 1e-9 {
            return not_a_density(form, format!("{integral} does not converge; {runs}"));
        }
        if spare < SLOW {
            return unknown(format!("{runs}, so that too much of its mass lies {beyond} what doubles reach"));
        }
    }
    unknown(format!("it does not settle near x = {at}"))
}

/// The power of |x|, or of the distance from a finite end, like which the form runs towards an end.
fn power_towards(tape: &Tape, beside: &[Beside], end: f64, inward: f64) -> f64 {
    let log = |d: f64| {
        let at = match end.is_infinite() {
            true => Point::from(d.copysign(end)),
            false => Point { u: end + inward * d, offset: inward * d },
        };
        density_at(tape, beside, at).ln()
    };
    let (near, far) = if end.is_infinite() { (1e30, 1e60) } else { (1e-30, 1e-60) };
    (log(far) - log(near)) / f64::ln(far / near)
}

fn integral(form: &Expr, tape: &Tape, beside: &[Beside], (a, b): (f64, f64), cuts: &[f64]) -> Result<Estimate> {
    let density = |x: Point| [density_at(tape, beside, x)];
    let whole = Quadrature::default().integrate_points(density, a, b, cuts).map_err(|e| match e {
        Error::NotFinite { at, .. } => not_integrated(form, tape, beside, (a, b), cuts, at),
        other => other,
    })?;
    let [whole] = whole;
    match whole.value {
        z if z.is_finite() && z > 0.0 => Ok(whole),
        0.0 => Err(not_a_density(
            form,
            format!("no mass of it was found from {a} to {b}; if it is narrow, give ends around its bulk"),
        )),
        z => Err(not_a_density(form, format!("its integral from {a} to {b} is {z}"))),
    }
}

struct UserDensity {
    form: Expr,
    tape: Tape,
    beside: Vec<Beside>,
    from: End,
    to: End,
    kinks: Vec<f64>,
    modes: Vec<f64>,
    cuts: Vec<f64>,
    integral: Estimate,
    normaliser: Expr,
    moments: OnceLock<Moments>,
}

impl UserDensity {
    fn scale(&self) -> f64 {
        if self.normaliser.is_one() { 1.0 } else { self.integral.value }
    }

    fn moments(&self) -> &Moments {
        self.moments
            .get_or_init(|| Moments::of(self, |x| density_at(&self.tape, &self.beside, x) / self.scale(), &self.cuts))
    }

    /// -d log p/d log |x| - 1 far out, the order beyond which moments diverge.
    fn index_towards(&self, sign: f64) -> f64 {
        let (near, far) = (self.tape.eval(sign * 1e6), self.tape.eval(sign * 1e8));
        if far > 0.0 && near > 0.0 { (near / far).ln() / 100f64.ln() - 1.0 } else { f64::INFINITY }
    }
}

/// log(e) as a sum over the factors that are positive for certain, so that it outlives the underflow of e.
fn log_of(e: &Expr, positive_x: bool) -> Expr {
    let mut sum = Expr::int(0);
    let rest = without_positive_factors(e, positive_x, &mut sum, false);
    sum + log(rest)
}

/// Takes exponentials, positive constants and, where x is positive, its powers out of products and quotients, adding their
/// logarithms to `sum`.
fn without_positive_factors(e: &Expr, positive_x: bool, sum: &mut Expr, below: bool) -> Expr {
    let mut taken = |log: Expr| {
        *sum = if below { sum.clone() - log } else { sum.clone() + log };
        Expr::int(1)
    };
    match (e.node(), e.args()) {
        (Node::Call(Op::Exp, _), [u]) => taken(u.clone()),
        (Node::Call(Op::Pow, _), [x, n]) if positive_x && *x == Expr::x() && !n.has_x() => {
            taken(n.clone() * log(Expr::x()))
        }
        (Node::Call(Op::Mul, _), [a, b]) => {
            without_positive_factors(a, positive_x, sum, below) * without_positive_factors(b, positive_x, sum, below)
        }
        (Node::Call(Op::Div, _), [a, b]) => {
            without_positive_factors(a, positive_x, sum, below) / without_positive_factors(b, positive_x, sum, !below)
        }
        _ if !e.has_x() && crate::expr::constant(e).is_ok_and(|c| c > 0.0) => taken(log(e.clone())),
        _ => e.clone(),
    }
}

impl Distribution for UserDensity {
    fn ends(&self) -> (End, End) {
        (self.from.clone(), self.to.clone())
    }

    fn breakpoints(&self) -> Vec<f64> {
        self.kinks.clone()
    }

    fn normaliser(&self) -> Expr {
        self.normaliser.clone()
    }

    fn kernel(&self) -> Expr {
        self.form.clone()
    }

    fn log_density(&self) -> Expr {
        log_of(&self.form, self.from.value >= 0.0) + log(self.normaliser.clone())
    }

    fn anchors(&self) -> Vec<f64> {
        self.beside.iter().map(|beside| beside.end).collect()
    }

    fn log_pdf_beside(&self, anchor: f64, offset: f64) -> Option<f64> {
        let beside = self.beside.iter().find(|beside| beside.end == anchor)?;
        Some(beside.log.eval(offset) - self.scale().ln())
    }

    fn mean(&self) -> Option<f64> {
        self.moments().mean
    }

    fn variance(&self) -> Option<f64> {
        self.moments().variance
    }

    fn modes(&self) -> Vec<f64> {
        self.modes.clone()
    }

    fn landmarks(&self) -> Option<Vec<f64>> {
        Some(self.cuts.clone())
    }

    fn tail_index(&self) -> f64 {
        // Power tails are told by their slope to about 1e-6.
        let towards = |end: &End, sign| if end.value.is_finite() { f64::INFINITY } else { self.index_towards(sign) };
        let index = towards(&self.from, -1.0).min(towards(&self.to, 1.0));
        (index * 1e4).round() / 1e4
    }

    fn mass_error(&self) -> f64 {
        if self.normaliser.is_one() { 0.0 } else { self.integral.error / self.integral.value }
    }

    fn normalisation(&self) -> Option<Estimate> {
        Some(self.integral)
    }
}
