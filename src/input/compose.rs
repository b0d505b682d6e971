//! Distributions made of others: mixtures, truncations, affine images, and densities given by the user.

use super::law::{Law, Moment, Value, function};
use super::{Component, Input};
use super::registry::{ordered, shown};
use crate::error::{Error, Result};
use crate::expr::{self, Cmp, Expr, Op, Tape};
use crate::numeric::{Estimate, Quadrature};

/// The text of a value.
fn text(v: &Value) -> String {
    match v.value {
        f64::INFINITY => "inf".into(),
        f64::NEG_INFINITY => "-inf".into(),
        _ => v.expr.to_string(),
    }
}

fn latex(v: &Value) -> String {
    match v.value {
        f64::INFINITY => "\\infty".into(),
        f64::NEG_INFINITY => "-\\infty".into(),
        _ => v.expr.latex(),
    }
}

/// An expression inside [a, b], 0 outside; without the `where`s that an infinite end does not need.
fn within(e: Expr, from: &Value, to: &Value) -> Expr {
    let mut e = e;
    if to.value.is_finite() {
        e = Expr::call(Op::Where(Cmp::Gt), [Expr::x(), to.expr.clone(), Expr::int(0), e]);
    }
    if from.value.is_finite() {
        e = Expr::call(Op::Where(Cmp::Lt), [Expr::x(), from.expr.clone(), Expr::int(0), e]);
    }
    e
}

/// The mixture of weighted inputs; the weights are positive and sum to 1.
pub fn mixture(parts: Vec<(Value, Input)>) -> Result<Input> {
    for (weight, input) in &parts {
        if !(weight.value > 0.0) {
            return Err(Error::OutOfRange {
                owner: "mixture".into(),
                name: format!("the weight of {}", input.text()),
                value: shown(weight.value),
                expected: "it must be > 0".into(),
            });
        }
    }
    let sum: f64 = parts.iter().map(|(w, _)| w.value).sum();
    if (sum - 1.0).abs() > 1e-12 {
        return Err(Error::OutOfRange {
            owner: "mixture".into(),
            name: "the sum of the weights".into(),
            value: shown(sum),
            expected: "it must be 1".into(),
        });
    }
    let weighted = |of: &dyn Fn(&Input) -> Option<Expr>| -> Option<Expr> {
        parts.iter().map(|(w, input)| Some(w.expr.clone() * of(input)?)).reduce(|a, b| Some(a? + b?)).flatten()
    };
    let low = parts.iter().map(|(_, i)| i.support().0).fold(f64::INFINITY, f64::min);
    let high = parts.iter().map(|(_, i)| i.support().1).fold(f64::NEG_INFINITY, f64::max);
    let masked = |input: &Input, e: Expr| {
        let end = |value: f64, whole: f64| {
            let infinite = if value == whole { f64::INFINITY } else { value };
            Value { expr: input.end_text(value), value: infinite }
        };
        within(e, &end(input.support().0, low), &end(input.support().1, high))
    };
    let density = weighted(&|i| Some(masked(i, i.density()))).unwrap_or(Expr::int(0));
    let mut components = Vec::new();
    for (w, input) in &parts {
        for c in input.components() {
            components.push(Component { weight: w.expr.clone() * c.weight, density: c.density, ..c });
        }
    }
    let mean = parts.iter().try_fold(0.0, |sum, (w, i)| Some(sum + w.value * i.mean()?));
    let second = parts.iter().try_fold(0.0, |sum, (w, i)| Some(sum + w.value * (i.variance()? + i.mean()?.powi(2))));
    let variance = mean.zip(second).map(|(m, s)| s - m * m);
    let ends = |i: &Input| [i.support().0, i.support().1];
    let mut breakpoints: Vec<f64> = parts.iter().flat_map(|(_, i)| i.breakpoints().into_iter().chain(ends(i))).collect();
    breakpoints.retain(|b| low < *b && *b < high);
    breakpoints.sort_by(f64::total_cmp);
    breakpoints.dedup();
    let (lower, upper) = (parts.clone(), parts.clone());
    let law = Law {
        cdf: weighted(&|i| if i.support() == (f64::NEG_INFINITY, f64::INFINITY) { i.cdf() } else { None }),
        lower: function(move |x| lower.iter().map(|(w, i)| w.value * i.cdf_at(x)).sum()),
        upper: function(move |x| upper.iter().map(|(w, i)| w.value * i.survival_at(x)).sum()),
        support: (low, high),
        breakpoints,
        modes: parts.iter().flat_map(|(_, i)| i.modes()).collect(),
        mean: mean.map_or(Moment::Undefined, Moment::Known),
        variance: variance.map_or(Moment::Undefined, Moment::Known),
        ..Law::new(Expr::int(1), density.clone(), density.apply(Op::Log))
    };
    let join = |of: &dyn Fn(&Value, &Input) -> String| parts.iter().map(|(w, i)| of(w, i)).collect::<Vec<_>>().join("+");
    let text = format!("mixture({})", join(&|w, i| format!("{}*{}", bracketed(&w.expr), i.text())));
    let latex = join(&|w, i| format!("{}\\,{}", w.expr.latex(), i.latex()));
    let logs: Vec<(f64, Input)> = parts.into_iter().map(|(w, i)| (w.value.ln(), i)).collect();
    Ok(Input::new(text, latex, law, components)?.with_parts(logs))
}

/// A weight that reads back as one factor.
fn bracketed(e: &Expr) -> String {
    match e.as_num().map(|n| n.is_integer()) {
        Some(_) | None if e.to_string().chars().all(|c| c.is_ascii_digit() || c == '.') => e.to_string(),
        _ => format!("({e})"),
    }
}

/// The input restricted to [a, b].
pub fn truncate(base: &Input, a: &Value, b: &Value) -> Result<Input> {
    ordered("truncate", &[("a", a), ("b", b)])?;
    let (low, high) = (base.support().0.max(a.value), base.support().1.min(b.value));
    let middle = base.quantile(0.5);
    let mass = if low > middle { base.survival_at(low) - base.survival_at(high) } else { base.cdf_at(high) - base.cdf_at(low) };
    if !(low < high && mass > 1e-300) {
        return Err(Error::OutOfRange {
            owner: "truncate".into(),
            name: "the mass between a and b".into(),
            value: shown(mass.max(0.0)),
            expected: format!("{} must have mass there", base.text()),
        });
    }
    let edge = |v: &Value, infinite: i64| base.cdf().map(|f| if v.value.is_finite() { f.at(&v.expr) } else { Expr::int(infinite) });
    let inside = |v: f64| v.is_infinite() || base.support().0 <= v && v <= base.support().1;
    let edges = edge(a, 0).zip(edge(b, 1)).filter(|_| inside(a.value) && inside(b.value));
    let share = edges.as_ref().map_or_else(|| Expr::float(mass), |(fa, fb)| fb.clone() - fa.clone());
    let components: Vec<Component> = base
        .components()
        .into_iter()
        .filter(|c| c.from < high && low < c.to)
        .map(|c| Component { weight: c.weight / share.clone(), from: c.from.max(low), to: c.to.min(high), ..c })
        .collect();
    let (of_lower, of_upper, start, end) = (base.clone(), base.clone(), base.cdf_at(low), base.survival_at(high));
    let mut breakpoints = base.breakpoints();
    breakpoints.retain(|x| low < *x && *x < high);
    let log = base.log_density() - Expr::float(mass.ln());
    let law = Law {
        cdf: edges.map(|(fa, fb)| (base.cdf().unwrap_or(Expr::int(0)) - fa.clone()) / (fb - fa)),
        lower: function(move |x| (of_lower.cdf_at(x) - start) / mass),
        upper: function(move |x| (of_upper.survival_at(x) - end) / mass),
        support: (low, high),
        breakpoints,
        modes: base.modes().into_iter().map(|m| m.clamp(low, high)).collect(),
        ..Law::new(Expr::int(1) / share, base.density(), log)
    };
    let shown_text = format!("truncate({},{},{})", base.text(), text(a), text(b));
    let typeset = format!("{}\\big|_{{[{}, {}]}}", base.latex(), latex(a), latex(b));
    Ok(Input::new(shown_text, typeset, law, components)?.normalised(Estimate::exact(mass)))
}

/// The distribution of scale*U + shift.
pub fn affine(base: &Input, scale: &Value, shift: &Value) -> Result<Input> {
    if scale.value == 0.0 {
        return Err(Error::OutOfRange {
            owner: "affine".into(),
            name: "scale".into(),
            value: "0".into(),
            expected: "it must not be 0".into(),
        });
    }
    let (s, t) = (scale.value, shift.value);
    let pull = (Expr::x() - shift.expr.clone()) / scale.expr.clone();
    let size = if s < 0.0 { -scale.expr.clone() } else { scale.expr.clone() };
    let push = move |x: f64| s * x + t;
    let order = move |a: f64, b: f64| if s < 0.0 { (push(b), push(a)) } else { (push(a), push(b)) };
    let components = base.components().into_iter().map(|c| {
        let (from, to) = order(c.from, c.to);
        Component {
            normaliser: c.normaliser / size.clone(),
            kernel: c.kernel.at(&pull),
            density: c.density.at(&pull) / size.clone(),
            from,
            to,
            ..c
        }
    });
    let (of_lower, of_upper, of_quantile) = (base.clone(), base.clone(), base.clone());
    let back = move |x: f64| (x - t) / s;
    let moved = |points: Vec<f64>| points.into_iter().map(push).collect::<Vec<_>>();
    let cdf = base.cdf().map(|f| if s < 0.0 { Expr::int(1) - f.at(&pull) } else { f.at(&pull) });
    let law = Law {
        cdf,
        lower: function(move |x| if s < 0.0 { of_lower.survival_at(back(x)) } else { of_lower.cdf_at(back(x)) }),
        upper: function(move |x| if s < 0.0 { of_upper.cdf_at(back(x)) } else { of_upper.survival_at(back(x)) }),
        quantile: function(move |p| push(of_quantile.quantile(if s < 0.0 { 1.0 - p } else { p }))),
        support: order(base.support().0, base.support().1),
        breakpoints: moved(base.breakpoints()),
        modes: moved(base.modes()),
        mean: base.mean().map_or(Moment::Undefined, |m| Moment::Known(push(m))),
        variance: base.variance().map_or(Moment::Undefined, |v| Moment::Known(v * s * s)),
        entropy: base.entropy().map(|h| h + s.abs().ln()),
        ..Law::new(Expr::int(1) / size.clone(), base.density().at(&pull), base.log_density().at(&pull) - size.clone().apply(Op::Log))
    };
    let shown_text = format!("affine({},{},{})", base.text(), text(scale), text(shift));
    let typeset = format!("{}\\,{} + {}", scale.expr.latex(), base.latex(), shift.expr.latex());
    Input::new(shown_text, typeset, law, components.collect())
}

/// A density given as an expression on [a, b].
pub fn density(e: &Expr, a: &Value, b: &Value) -> Result<Input> {
    ordered("density", &[("a", a), ("b", b)])?;
    let shown_text = format!("density({e},{},{})", text(a), text(b));
    let refuse = |reason: String| Error::NotADensity { density: e.to_string(), reason };
    let tape = Tape::new(e)?;
    for x in grid(a.value, b.value) {
        let p = tape.eval(x);
        if p.is_nan() || p < 0.0 {
            return Err(refuse(format!("it is {} at x = {x}", shown(p))));
        }
    }
    let pieces = expr::pieces(e, a.value, b.value)?;
    let mut breakpoints: Vec<f64> = pieces.iter().map(|p| p.from.value).filter(|x| a.value < *x && x.is_finite()).collect();
    breakpoints.dedup();
    let quadrature = Quadrature::default();
    let total = quadrature.integrate(|x| tape.eval(x), a.value, b.value, &breakpoints);
    let total = total.map_err(|_| refuse(format!("its integral from {} to {} does not converge", text(a), text(b))))?;
    if !(total.value.is_finite() && total.value > 0.0) {
        return Err(refuse(format!("its integral is {}", shown(total.value))));
    }
    let unit = (total.value - 1.0).abs() <= 1e-12;
    let normaliser = if unit { Expr::int(1) } else { Expr::float(1.0 / total.value) };
    let log = if unit { e.clone().apply(Op::Log) } else { e.clone().apply(Op::Log) - Expr::float(total.value.ln()) };
    let law = Law { support: (a.value, b.value), breakpoints, ..Law::new(normaliser.clone(), e.clone(), log) };
    let component = Component {
        weight: Expr::int(1),
        density: law.density.clone(),
        normaliser,
        kernel: e.clone(),
        from: a.value,
        to: b.value,
    };
    let typeset = format!("p(x) \\propto {}", e.latex());
    let input = Input::new(shown_text, typeset, law, vec![component])?;
    Ok(if unit { input } else { input.normalised(total) })
}

/// Points at which a density is looked at.
fn grid(a: f64, b: f64) -> Vec<f64> {
    let inner = |i: i32| match (a.is_finite(), b.is_finite()) {
        (true, true) => a + (b - a) * (f64::from(i) + 200.5) / 401.0,
        (true, false) => a + (f64::from(i + 201) / 40.0).sinh(),
        (false, true) => b - (f64::from(i + 201) / 40.0).sinh(),
        (false, false) => (f64::from(i) / 30.0).sinh(),
    };
    (-200..=200).map(inner).collect()
}
