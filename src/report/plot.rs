//! The picture of a candidate: the activation before and after, the correction, the density of the output before and
//! after. Everything is computed from the formulas in the candidate, so its file alone is enough.

use super::candidate::{Candidate, Sign};
use super::document::digits;
use super::draw::{Curve, Figure, Format, Panel, Style, draw};
use super::number::Number;
use super::optimum::Optimization;
use crate::entropy::OutputDensity;
use crate::error::Result;
use crate::expr::{Expr, Formula, Tape};
use crate::input::Input;

/// Points per curve.
const POINTS: usize = 801;

/// The picture of a candidate.
///
/// # Errors
/// A formula of the candidate is not in the grammar, or the input is unknown.
pub fn picture(candidate: &Candidate, format: Format) -> Result<Vec<u8>> {
    draw(&figure(candidate)?, format)
}

/// An activation with its value for every parameter.
struct Shape {
    label: String,
    style: Style,
    form: Expr,
    tape: Tape,
}

impl Shape {
    fn new(label: String, style: Style, form: Expr) -> Result<Shape> {
        Ok(Shape { label, style, tape: Tape::new(&form)?, form })
    }

    fn curve(&self, grid: &[f64]) -> Curve {
        let points = grid.iter().map(|&x| (x, self.tape.eval(x))).collect();
        Curve { label: self.label.clone(), style: self.style, points, stems: Vec::new() }
    }
}

fn figure(c: &Candidate) -> Result<Figure> {
    let input = Input::parse(&c.input.text)?;
    let grid = grid(&input);
    let shapes = shapes(c, &grid)?;
    let curves: Vec<Curve> = shapes.iter().map(|s| s.curve(&grid)).collect();
    let activation = Panel {
        title: "activation".to_owned(),
        x_label: "x".to_owned(),
        y_label: "f(x)".to_owned(),
        curves: curves.clone(),
        ..Panel::default()
    };
    let middle = match &c.optimum {
        Some(optimum) => account(c, optimum, &input, &grid),
        None if c.worst() => input_density(&input, &grid),
        None => correction(c, &grid)?,
    };
    let panels = vec![activation, middle, density(&shapes, &curves, &input)];
    Ok(Figure { title: format!("{} under {}", c.activation.text, c.input.text), panels })
}

/// Where the input has nearly all of its mass; heavy tails are cut at six quartile distances.
fn grid(input: &Input) -> Vec<f64> {
    let (low, high) = input.support();
    let quantile = |p| Some(input.quantile(p)).filter(|q: &f64| q.is_finite());
    let middle = quantile(0.5).unwrap_or(0.0);
    let reach = match (quantile(0.25), quantile(0.75)) {
        (Some(a), Some(b)) if b > a => 6.0 * (b - a),
        _ => 4.0,
    };
    let from = quantile(5e-4).unwrap_or(middle - reach).max(middle - reach);
    let to = quantile(1.0 - 5e-4).unwrap_or(middle + reach).min(middle + reach);
    let pad = 0.15 * (to - from);
    steps((from - pad).max(low), (to + pad).min(high))
}

fn steps(from: f64, to: f64) -> Vec<f64> {
    let width = to - from;
    (0..POINTS).map(|i| from + width * (i as f64 / (POINTS - 1) as f64)).collect()
}

/// The activation, the improved one as it starts, and, where that cannot be told apart, one with a larger step.
fn shapes(c: &Candidate, grid: &[f64]) -> Result<Vec<Shape>> {
    let before = Formula::parse(&c.activation.text)?;
    let before = bind(before.expr, &before.parameters, &c.activation.parameters);
    let mut shapes = vec![Shape::new(format!("f = {}", c.activation.text), Style::Before, before)?];
    let Some(improved) = &c.improved else { return Ok(shapes) };
    if let Some(optimum) = &c.optimum {
        let label = if optimum.flow.is_some() { "at the end of the flow" } else { "at the optimum" };
        shapes.push(Shape::new(label.to_owned(), Style::After, Formula::parse(&improved.text)?.bound()?)?);
        return Ok(shapes);
    }
    let Some(parameter) = &improved.parameter else { return Ok(shapes) };
    let formula = Formula::parse(&improved.text)?;
    let at = |value: f64| {
        let with = formula.expr.with_parameter(&parameter.name, &Expr::float(value));
        bind(with, &formula.parameters, &c.activation.parameters)
    };
    let name = &parameter.name;
    let label = |value: f64| format!("improved, {name} = {}", digits(Number(value), 3).text);
    shapes.push(Shape::new(label(parameter.value.0), Style::After, at(parameter.value.0))?);
    let sign = if parameter.lowers_entropy == Sign::Positive { 1.0 } else { -1.0 };
    let step = visible_step(&shapes[0].tape, &Tape::new(&at(1.0))?, grid);
    let step = allowed(sign * step, c);
    if step.abs() > 2.0 * parameter.value.0.abs() {
        shapes.push(Shape::new(label(step), Style::Enlarged, at(step))?);
    }
    Ok(shapes)
}

/// A formula with its own values, then the candidate's, put in for the parameters.
fn bind(
    form: Expr,
    own: &std::collections::BTreeMap<std::sync::Arc<str>, num_rational::BigRational>,
    given: &[super::candidate::Parameter],
) -> Expr {
    let form = own.iter().fold(form, |e, (name, value)| e.with_parameter(name, &Expr::num(value.clone())));
    given.iter().filter(|p| p.value.0.is_finite()).fold(form, |e, p| e.with_parameter(&p.name, &Expr::float(p.value.0)))
}

/// The step (1, 2 or 5 times a power of ten) that moves the activation by about a sixth of its range.
fn visible_step(before: &Tape, after_one: &Tape, grid: &[f64]) -> f64 {
    let middle = &grid[grid.len() / 8..grid.len() - grid.len() / 8];
    let values =
        middle.iter().map(|&x| (before.eval(x), after_one.eval(x))).filter(|v| v.0.is_finite() && v.1.is_finite());
    let (low, high, moved) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY, 0.0), |(a, b, m): (f64, f64, f64), (f, g)| {
            (a.min(f), b.max(f), m.max((g - f).abs()))
        });
    let step = (high - low) / (6.0 * moved);
    if !(1e-12..1e12).contains(&step) {
        return 0.0;
    }
    let power = 10f64.powf(step.log10().floor());
    let digit = [5.0, 2.0, 1.0].into_iter().find(|d| d * power <= step).unwrap_or(1.0);
    digit * power
}

/// The step held inside the interval where the pieces that can be monotone are.
fn allowed(step: f64, c: &Candidate) -> f64 {
    let Some(m) = &c.monotone_interval else { return step };
    let proper = m.pieces.iter().filter(|p| p.lower.0 < p.upper.0);
    let (low, high) = proper.fold((f64::NEG_INFINITY, f64::INFINITY), |(a, b), p| (a.max(p.lower.0), b.min(p.upper.0)));
    if low < high { step.clamp((0.8 * low).min(0.0), (0.8 * high).max(0.0)) } else { step }
}

/// What belongs to an optimisation: the entropy over the steps of a flow, the sensitivity to the parameter, or the density of
/// the input, with the switches of a shape.
fn account(c: &Candidate, optimum: &Optimization, input: &Input, grid: &[f64]) -> Panel {
    let line = |label: &str, style, points| Curve { label: label.to_owned(), style, points, stems: Vec::new() };
    if let Some(flow) = &optimum.flow {
        let points = flow.steps.iter().map(|s| (s.step as f64, s.entropy.0)).collect();
        return Panel {
            title: "entropy of the output".to_owned(),
            x_label: "step".to_owned(),
            y_label: "H, nats".to_owned(),
            curves: vec![line("exact functional", Style::Enlarged, points)],
            ..Panel::default()
        };
    }
    if let (false, Some((name, best))) = (optimum.curve.is_empty(), optimum.parameters.first_key_value()) {
        let points = |held: bool| {
            let value = |p: &super::optimum::CurvePoint| if p.feasible || !held { p.objective.0 } else { f64::NAN };
            optimum.curve.iter().map(|p| (p.parameter.0, value(p))).collect()
        };
        return Panel {
            title: "sensitivity".to_owned(),
            x_label: name.clone(),
            y_label: optimum.objective.name.clone(),
            curves: vec![
                line("every value", Style::Before, points(false)),
                line("constraints hold", Style::After, points(true)),
            ],
            poles: vec![best.0],
            ..Panel::default()
        };
    }
    let switches = optimum.shape.iter().flat_map(|s| s.segments.iter().skip(1).map(|s| s.from.0));
    let poles = if c.boundary.is_some() { switches.collect() } else { vec![] };
    Panel { poles, ..input_density(input, grid) }
}

/// The density of the input, to which the slope of a worst activation is proportional.
fn input_density(input: &Input, grid: &[f64]) -> Panel {
    let points = grid.iter().map(|&x| (x, input.pdf(x))).collect();
    Panel {
        title: "density of the input".to_owned(),
        x_label: "x".to_owned(),
        y_label: "p(x)".to_owned(),
        curves: vec![Curve { label: input.text(), style: Style::Enlarged, points, stems: Vec::new() }],
        ..Panel::default()
    }
}

fn correction(c: &Candidate, grid: &[f64]) -> Result<Panel> {
    let mut panel = Panel {
        title: "correction".to_owned(),
        x_label: "x".to_owned(),
        y_label: "\u{394}f(x)".to_owned(),
        poles: c.singular_points.iter().map(|p| p.at.0).filter(|at| at.is_finite()).collect(),
        ..Panel::default()
    };
    match &c.correction {
        None => panel.note = Some("none".to_owned()),
        Some(f) => {
            let formula = Formula::parse(&f.text)?;
            let form = bind(formula.expr, &formula.parameters, &c.activation.parameters);
            panel.curves = vec![Shape::new(format!("\u{394}f = {}", f.text), Style::Enlarged, form)?.curve(grid)];
            panel.note = f.zero.then(|| "identically 0".to_owned());
        }
    }
    Ok(panel)
}

/// The output's density for each shape, over the values that the shapes take; atoms as stems of their mass.
fn density(shapes: &[Shape], curves: &[Curve], input: &Input) -> Panel {
    let mut panel = Panel {
        title: "density of the output".to_owned(),
        x_label: "y = f(x)".to_owned(),
        y_label: "q(y)".to_owned(),
        ..Panel::default()
    };
    let values = || curves.iter().flat_map(|c| c.points.iter().map(|p| p.1)).filter(|v| v.is_finite());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let pad = if high > low { 0.02 * (high - low) } else { 1.0 };
    let grid = steps(low - pad, high + pad);
    for shape in shapes {
        match OutputDensity::new(&shape.form, input) {
            Ok(density) => panel.curves.push(Curve {
                label: with_atoms(&shape.label, &density),
                style: shape.style,
                points: grid.iter().map(|&y| (y, density.at(y))).collect(),
                stems: density.atoms().iter().map(|a| (a.at, a.mass)).collect(),
            }),
            Err(reason) => panel.note = Some(reason.to_string()),
        }
    }
    panel
}

fn with_atoms(label: &str, density: &OutputDensity) -> String {
    match density.atoms().first() {
        Some(atom) => format!("{label}; stem: mass {}", digits(Number(atom.mass), 3).text),
        None => label.to_owned(),
    }
}
