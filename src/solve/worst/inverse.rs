//! The inverse problem (math.md section 2): the input for which a bounded monotone f is the worst has the density
//! p = |f'|/(B - A). Its name is found by quartiles, then held against the density.

use crate::activation::Activation;
use crate::cas::{self, Variable};
use crate::error::{Error, Result};
use crate::expr::{Expr, Op, Piece, Tape, constant, pieces, piecewise};
use crate::input::Input;
use crate::numeric::bracketed;
use crate::solve::{Check, Step};

/// The input for which an activation is the worst.
#[derive(Debug, Clone)]
pub struct Worsened {
    /// The activation.
    pub activation: Activation,
    /// Its pieces.
    pub pieces: Vec<Piece>,
    /// The input, or why there is none.
    pub input: std::result::Result<Input, String>,
    /// The infimum and the supremum of the activation.
    pub range: (f64, f64),
    /// Whether the input has a name of the catalogue.
    pub named: bool,
    /// The derivation.
    pub steps: Vec<Step>,
    /// What was checked.
    pub checks: Vec<Check>,
}

/// Finds the input.
///
/// # Errors
/// Parameters without value; a derivative that is no density.
pub fn input_for(activation: &Activation) -> Result<Worsened> {
    let f = activation.formula.bound()?;
    let tape = Tape::new(&f)?;
    let forms = pieces(&f, f64::NEG_INFINITY, f64::INFINITY)?;
    let none = |range, why: String| Worsened {
        activation: activation.clone(),
        pieces: forms.clone(),
        input: Err(why),
        range,
        named: false,
        steps: vec![],
        checks: vec![],
    };
    let (Some(left), Some(right)) = (limit(&tape, -1.0), limit(&tape, 1.0)) else {
        let why = "the activation does not settle to a finite value at both ends: it is not bounded, or it oscillates; no \
                   input makes it the worst";
        return Ok(none((f64::NAN, f64::NAN), why.to_owned()));
    };
    let range = (left.min(right), left.max(right));
    if !(range.0 < range.1) {
        return Ok(none(
            range,
            "the activation has equal limits at both ends: it is not monotone, or constant".to_owned(),
        ));
    }
    if let Some(x) = turns(&tape, left < right) {
        return Ok(none(
            range,
            format!("the activation is not monotone (near x = {x}): the worst activation always is"),
        ));
    }
    if let Some(x) = jumps(&forms, right - left)? {
        let why =
            format!("the activation jumps at x = {x}: no input makes its output uniform, as that of the worst is");
        return Ok(none(range, why));
    }
    let height = match exact(right) - exact(left) {
        zero if zero.is_zero() => Expr::float(right) - Expr::float(left),
        height => height,
    };
    let slopes = derivative(&forms, &height)?;
    let unnamed = match unnamed(&slopes) {
        Err(Error::NotADensity { reason, .. }) => {
            return Ok(none(
                range,
                format!("|f'|/(B - A) is not a density: {reason}; the worst activation is monotone"),
            ));
        }
        other => other?,
    };
    let input = named(&tape, left, right, &slopes).unwrap_or_else(|| unnamed.clone());
    let named = input != unnamed;
    let checks = checks(&tape, &input, left, right);
    let steps = steps(activation, &input, &slopes, &height, range, named);
    Ok(Worsened { activation: activation.clone(), pieces: forms, input: Ok(input), range, named, steps, checks })
}

/// A point at which neighbouring pieces differ in value.
fn jumps(forms: &[Piece], height: f64) -> Result<Option<f64>> {
    for pair in forms.windows(2) {
        let at = pair[0].to.value;
        let (before, after) = (Tape::new(&pair[0].form)?.eval(at), Tape::new(&pair[1].form)?.eval(at));
        if (before - after).abs() > 1e-12 * height.abs() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The limit towards an end, where f settles before 2^1000.
fn limit(tape: &Tape, side: f64) -> Option<f64> {
    let at = |k: i32| tape.eval(side * 2f64.powi(k));
    let finite: Vec<f64> = (10..1000).step_by(30).map(at).take_while(|v| v.is_finite()).collect();
    let one = |before: f64, last: f64| (last - before).abs() <= 1e-12 * (1.0 + last.abs());
    // Far out x - (x - 1) is 0: what has settled counts.
    let settled = finite.windows(2).position(|pair| one(pair[0], pair[1]))?;
    finite[settled..].windows(2).take_while(|pair| one(pair[0], pair[1])).last().map(|pair| pair[1])
}

/// A point where f turns.
fn turns(tape: &Tape, rising: bool) -> Option<f64> {
    let points = (-2000..=2000).map(|i| f64::sinh(f64::from(i) / 100.0));
    let sign = if rising { 1.0 } else { -1.0 };
    points.into_iter().find(|&x| {
        let (slope, value) = (sign * tape.derivative(x, 1), tape.eval(x));
        slope < -1e-14 * (1.0 + value.abs())
    })
}

/// A number as a rational, a rational multiple of pi, or a square root of one, where it is that close to it.
pub(in crate::solve) fn exact(value: f64) -> Expr {
    let near = |a: f64| (a - value).abs() <= 4e-15 * value.abs().max(1.0);
    let mut forms = vec![];
    for q in 1..=64i64 {
        for (unit, of) in [
            (1.0, None),
            (std::f64::consts::PI, Some(Expr::pi())),
            (1.0 / std::f64::consts::PI, Some(Expr::int(1) / Expr::pi())),
        ] {
            let p = (value * q as f64 / unit).round();
            if p.abs() < 1e6 && near(p * unit / q as f64) {
                let ratio = Expr::ratio(p as i64, q);
                forms.push(of.map_or(ratio.clone(), |unit| ratio * unit));
            }
        }
        let p = (value * value * q as f64).round();
        if p.abs() < 1e6 && near((p / q as f64).sqrt().copysign(value)) {
            let root = Expr::ratio(p as i64, q).apply(Op::Sqrt);
            forms.push(if value < 0.0 { -root } else { root });
        }
    }
    forms.into_iter().min_by_key(|e| (cas::cost(e), e.to_string().len())).unwrap_or_else(|| Expr::float(value))
}

/// f'/height on every piece that is not flat.
fn derivative(forms: &[Piece], height: &Expr) -> Result<Vec<Piece>> {
    let mut slopes = vec![];
    for piece in forms.iter().filter(|p| p.form.has_x()) {
        let (form, height) = (piece.form.lowered(), height.clone());
        // A shorter form must not overflow where f' is a number.
        let (tape, scale) = (Tape::new(&piece.form)?, constant(&height)?);
        let points = (-40..=40).map(|i| f64::sinh(f64::from(i) / 5.0));
        let inside = points.filter(|x| piece.from.value < *x && *x < piece.to.value);
        let targets: Vec<(f64, f64)> = inside.map(|x| (x, tape.derivative(x, 1) / scale)).collect();
        let form = cas::run(move || -> Result<Expr> {
            let slope = cas::differentiate(&form, Variable::X)? / height;
            let lost = |form: &Expr| {
                let Ok(tape) = Tape::new(form) else { return usize::MAX };
                targets.iter().filter(|(x, slope)| slope.is_finite() && !tape.eval(*x).is_finite()).count()
            };
            cas::simplify(&slope, 40, &lost)
        })??;
        slopes.push(Piece { form, ..piece.clone() });
    }
    Ok(slopes)
}

/// The density in its own words.
fn unnamed(slopes: &[Piece]) -> Result<Input> {
    let (Some(first), Some(last)) = (slopes.first(), slopes.last()) else {
        return Err(Error::Unsupported("the activation jumps and is flat elsewhere: it has no density".to_owned()));
    };
    let end = |b: &crate::expr::Bound| match &b.exact {
        Some(exact) => exact.to_string(),
        None if b.value.is_finite() => Expr::float(b.value).to_string(),
        None => if b.value > 0.0 { "inf" } else { "-inf" }.to_owned(),
    };
    Input::parse(&format!("density({},{},{})", piecewise(slopes), end(&first.from), end(&last.to)))
}

/// Families that shift and scale move through: the standard member, and how the moved one is written.
const FAMILIES: &[(&str, &str)] = &[
    ("uniform(0,1)", "uniform({m},{n})"),
    ("normal(0,1)", "normal({m},{s})"),
    ("logistic(0,1)", "logistic({m},{s})"),
    ("laplace(0,1)", "laplace({m},{s})"),
    ("cauchy(0,1)", "cauchy({m},{s})"),
    ("softsign(0,1)", "softsign({m},{s})"),
    ("sech(1)", "sech({s})"),
    ("gumbel(0,1)", "gumbel({m},{s})"),
    ("exponential(1)", "exponential({r})"),
    ("half_normal(1)", "half_normal({s})"),
    ("student_t(2)", "student_t(2)"),
    ("student_t(2)", "affine(student_t(2),{s},{m})"),
    ("student_t(3)", "affine(student_t(3),{s},{m})"),
    ("sech(1)", "affine(sech(1),{s},{m})"),
];

/// The named distribution whose quartiles and density are those of |f'|/(B - A).
fn named(tape: &Tape, left: f64, right: f64, slopes: &[Piece]) -> Option<Input> {
    let share = |x: f64| (tape.eval(x) - left) / (right - left);
    let quantile = |p: f64| bracketed(|t: f64| share(t.sinh()) - p, -300.0, 300.0).map(f64::sinh);
    let [q1, q2, q3] = [quantile(0.25)?, quantile(0.5)?, quantile(0.75)?];
    let density = Tape::new(&piecewise(slopes)).ok()?;
    let (from, to) = (slopes.first()?.from.value, slopes.last()?.to.value);
    let text = |v: f64| exact(if v.abs() < 1e-13 * (q3 - q1) { 0.0 } else { v }).to_string();
    FAMILIES.iter().find_map(|(standard, moved)| {
        let own = Input::parse(standard).ok()?;
        let [r1, r2, r3] = own.quartiles();
        let s = (q3 - q1) / (r3 - r1);
        let m = q2 - s * r2;
        let written = moved
            .replace("{m}", &text(m))
            .replace("{n}", &text(m + s))
            .replace("{s}", &text(s))
            .replace("{r}", &text(1.0 / s));
        let input = Input::parse(&written).ok()?;
        let (a, b) = input.support();
        let ends = |x: f64, y: f64| x == y || (x - y).abs() < 1e-12 * (1.0 + x.abs());
        let points = (1..64).map(|i| input.quantile(f64::from(i) / 64.0));
        let same = |x: f64| (density.eval(x) / input.pdf(x) - 1.0).abs() < 1e-10;
        (ends(a, from) && ends(b, to) && points.into_iter().all(same)).then_some(input)
    })
}

fn checks(tape: &Tape, input: &Input, left: f64, right: f64) -> Vec<Check> {
    let points: Vec<f64> = (1..200).map(|i| input.quantile(f64::from(i) / 200.0)).collect();
    let largest = |off: &dyn Fn(f64) -> f64| {
        points.iter().map(|&x| (off(x), x)).fold((0.0, None), |best: (f64, Option<f64>), (d, x)| {
            if d > best.0 || d.is_nan() { (if d.is_nan() { f64::INFINITY } else { d }, Some(x)) } else { best }
        })
    };
    let height = right - left;
    let density = largest(&|x| (tape.derivative(x, 1) / height / input.pdf(x) - 1.0).abs());
    let worst = largest(&|x| ((tape.eval(x) - left) / height - input.cdf_at(x)).abs());
    let check = |what, how: &str, (number, at): (f64, Option<f64>), tolerance| Check {
        what,
        how: how.to_owned(),
        number,
        at,
        tolerance,
    };
    vec![
        check("the density is |f'|/(B - A)", "automatic differentiation", density, 1e-10),
        check(
            "the activation is the worst under it",
            "its distribution function against (f - A)/(B - A)",
            worst,
            1e-10,
        ),
    ]
}

fn steps(
    activation: &Activation,
    input: &Input,
    slopes: &[Piece],
    height: &Expr,
    range: (f64, f64),
    named: bool,
) -> Vec<Step> {
    let f = activation.formula.expr.at(&Expr::param("u"));
    let p = piecewise(slopes).at(&Expr::param("u"));
    let (low, high) = (exact(range.0), exact(range.1));
    let size = constant(height).map_or_else(|_| height.to_string(), |h| exact(h.abs()).to_string());
    let step =
        |rule, text: String, latex: String, checked: &str| Step { rule, text, latex, checked: checked.to_owned() };
    vec![
        step("problem", format!("f(u) = {f}"), format!("f(u) = {}", f.latex()), "the activation as given"),
        step(
            "range",
            format!("A = {low}, B = {high}, B - A = {size}"),
            format!("A = {}, \\quad B = {}", low.latex(), high.latex()),
            "the limits at both ends; f is monotone between",
        ),
        step(
            "worst activation",
            "f = A + (B - A) F, so p = |f'|/(B - A)".into(),
            "f = A + (B - A)\\,F \\;\\Rightarrow\\; p = \\frac{|f'|}{B - A}".into(),
            "Beltrami's integral: q is uniform",
        ),
        step(
            "density",
            format!("p(u) = {p}"),
            format!("p(u) = {}", p.latex()),
            "automatic differentiation, see checks",
        ),
        step(
            "input",
            format!("u ~ {}", input.text()),
            format!("u \\sim {}", input.latex()),
            if named {
                "recognised by its quartiles, held against the density at 63 quantiles"
            } else {
                "the density in its own words; no named input has it"
            },
        ),
    ]
}
