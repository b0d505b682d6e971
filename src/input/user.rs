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
    check_sign(&form, &tape, &grid)?;
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

fn check_sign(form: &Expr, tape: &Tape, grid: &[f64]) -> Result<()> {
    let mut lowest = (0.0, 0.0);
    for &x in grid {
        let p = tape.eval(x);
        if !p.is_finite() {
            let reason =
                format!("it is not finite at x = {x}; where it is infinite can only be an end of the interval");
            return Err(not_a_density(form, reason));
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

fn integral(form: &Expr, tape: &Tape, beside: &[Beside], (a, b): (f64, f64), cuts: &[f64]) -> Result<Estimate> {
    let density = |x: Point| [density_at(tape, beside, x)];
    let whole = Quadrature::default().integrate_points(density, a, b, cuts).map_err(|_| {
        let known = |end: f64| beside.iter().any(|beside| beside.end == end);
        let infinite = |end: f64| end.is_finite() && end != 0.0 && !known(end) && tape.eval(end).is_infinite();
        let advice = match infinite(a) || infinite(b) {
            true => " to 1e-10: doubles are coarse near that end; measure x from there",
            false => "",
        };
        not_a_density(form, format!("its integral from {a} to {b} does not converge{advice}"))
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
