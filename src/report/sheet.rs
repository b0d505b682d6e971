//! The property sheet of an activation as JSON, as text, and several as one LaTeX table.

use super::number::Number;
use super::{sheet_text, text};
use crate::numeric::Estimate;
use crate::properties::{
    Asymptote, Bounds, Criticality, Defect, End, Extremum, Join, Limit, Parity, Place, Properties, Root, Run,
    Stationary, Turning, VariancePoint,
};
use serde_json::{Value, json};

/// The property sheet of one activation.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The activation as it was typed.
    pub name: String,
    /// Its formula, parameters at their values.
    pub activation: crate::expr::Expr,
    /// The input of the moments.
    pub input: crate::input::Input,
    /// What was found.
    pub properties: Properties,
    /// Fixed points of the variance map for weights and biases of the caller's choice: sw2, sb2 and the points.
    pub initialisation: Option<(f64, f64, Vec<VariancePoint>)>,
}

impl Sheet {
    /// The document of `eafo analyze`.
    pub fn json(&self) -> Value {
        let p = &self.properties;
        json!({
            "name": self.name,
            "activation": { "text": self.activation.to_string(), "latex": self.activation.latex() },
            "input": { "text": self.input.text(), "latex": self.input.latex() },
            "properties": {
                "domain": p.domain.iter().map(|(a, b)| interval(*a, *b)).collect::<Vec<_>>(),
                "class": p.class.to_string(),
                "joins": p.joins.iter().map(join).collect::<Vec<_>>(),
                "kinks": p.joins.iter().filter(|j| j.defect == Defect::Derivative(1)).map(|j| Number(j.at)).collect::<Vec<_>>(),
                "parity": parity(p.parity),
                "bounded": p.range.bounded(),
                "range": bounds(&p.range),
                "slope": bounds(&p.slope),
                "curvature": bounds(&p.curvature),
                "lipschitz": { "f": extremum(&p.lipschitz), "f'": extremum(&p.lipschitz_slope) },
                "monotone": p.monotone.iter().map(|r| run(r, trend(r))).collect::<Vec<_>>(),
                "convexity": p.convexity.iter().map(|r| run(r, bend(r))).collect::<Vec<_>>(),
                "stationary": p.stationary.iter().map(stationary).collect::<Vec<_>>(),
                "inflections": p.inflections.iter().copied().map(Number).collect::<Vec<_>>(),
                "zeros": p.zeros.iter().map(root).collect::<Vec<_>>(),
                "fixed_points": p.fixed_points.iter().map(fixed_point).collect::<Vec<_>>(),
                "limits": { "-inf": end(p.ends[0].as_ref()), "inf": end(p.ends[1].as_ref()) },
                "dead_zone": p.dead_zone.map(|d| json!({
                    "flat": Number(d.flat), "nearly_flat": Number(d.nearly_flat),
                    "flat_text": "P(f'(U) = 0)", "nearly_flat_text": "P(|f'(U)| < 0.001)",
                })),
                "moments": self.moments(),
                "mean_field": self.mean_field(),
                "notes": p.notes,
            },
        })
    }

    /// As plain text.
    pub fn text(&self) -> String {
        text::page(&sheet_text::blocks(self))
    }

    /// Several as one LaTeX table, for booktabs.
    pub fn latex(sheets: &[Sheet]) -> String {
        sheet_text::latex(sheets)
    }

    fn moments(&self) -> Option<Value> {
        self.properties.moments.map(|m| {
            json!({
                "mean": estimate(m.mean),
                "square": estimate(m.square),
                "variance": estimate(m.variance),
                "slope": estimate(m.slope),
                "slope_square": estimate(m.slope_square),
                "value_curvature": estimate(m.value_curvature),
            })
        })
    }

    fn mean_field(&self) -> Option<Value> {
        let m = self.properties.mean_field.as_ref()?;
        let edge = match &m.edge_of_chaos {
            Criticality::Everywhere(weights) => json!({ "everywhere": true, "weights": Number(*weights) }),
            Criticality::At(points) => {
                json!({ "everywhere": false, "points": points.iter().map(variance_point).collect::<Vec<_>>() })
            }
        };
        let chosen = self.initialisation.as_ref().map(|(weights, biases, points)| {
            json!({
                "weights": Number(*weights), "biases": Number(*biases),
                "fixed_points": points.iter().map(variance_point).collect::<Vec<_>>(),
            })
        });
        Some(json!({
            "map": "V(q) = sw2 E f(sqrt(q) z)^2 + sb2, chi = sw2 E f'(sqrt(q) z)^2, z standard normal",
            "source": "Poole et al. 2016, arXiv 1606.05340; Schoenholz et al. 2017, arXiv 1611.01232; gains: He et al. 2015, arXiv 1502.01852",
            "mean_square": Number(m.squares[0]),
            "mean_slope_square": Number(m.squares[1]),
            "forward": Number(m.forward),
            "backward": Number(m.backward),
            "chi": Number(m.chi),
            "edge_of_chaos": edge,
            "fixed_points": m.fixed_points.iter().map(variance_point).collect::<Vec<_>>(),
            "initialisation": chosen,
        }))
    }
}

fn interval(from: f64, to: f64) -> Value {
    json!({ "from": Number(from), "to": Number(to) })
}

/// An interval, with its finite ends that do not belong to it where there are such.
fn within(from: f64, to: f64, closed: [bool; 2]) -> Value {
    let mut value = interval(from, to);
    let open: Vec<Number> = [from, to]
        .into_iter()
        .zip(closed)
        .filter(|(end, closed)| end.is_finite() && !closed)
        .map(|e| Number(e.0))
        .collect();
    if !open.is_empty() {
        value["open"] = json!(open);
    }
    value
}

/// A number, null where it is none.
fn known(x: f64) -> Option<Number> {
    (!x.is_nan()).then_some(Number(x))
}

fn estimate(e: Option<Estimate>) -> Value {
    match e {
        Some(e) if e.value.is_finite() => {
            json!({ "value": Number(e.value), "error": Number(e.error), "evaluations": e.evaluations })
        }
        Some(e) => json!({ "value": Number(e.value), "error": null, "outcome": "it diverges" }),
        None => json!({ "value": null, "error": null, "outcome": "it does not exist, or no finite value was found" }),
    }
}

fn join(j: &Join) -> Value {
    let (defect, order) = match j.defect {
        Defect::Pole => ("pole", None),
        Defect::Jump => ("jump", None),
        Defect::Hole => ("hole", None),
        Defect::NoLimit => ("limit not found", None),
        Defect::End(n) => ("end", Some(n)),
        Defect::Derivative(1) => ("kink", Some(1)),
        Defect::Derivative(n) => ("derivative", Some(n)),
    };
    json!({ "at": Number(j.at), "defect": defect, "order": order, "left": known(j.sides[0]), "right": known(j.sides[1]) })
}

fn bounds(b: &Bounds) -> Value {
    json!({ "infimum": extremum(&b.low), "supremum": extremum(&b.high) })
}

fn extremum(e: &Extremum) -> Value {
    let (attained, at) = match e.place {
        Place::At(x) => (true, json!(Number(x))),
        Place::On(a, b, closed) => (true, within(a, b, closed)),
        Place::Toward(x) | Place::Jump(x) => (false, json!(Number(x))),
    };
    json!({
        "value": Number(e.value), "error": Number(e.error), "attained": attained, "at": at,
        "text": sheet_text::extremum(e),
    })
}

pub(super) fn parity(p: Parity) -> &'static str {
    match p {
        Parity::Even => "even",
        Parity::Odd => "odd",
        Parity::Both => "even and odd",
        Parity::Neither => "neither",
    }
}

pub(super) fn trend(r: &Run) -> &'static str {
    if r.sign > 0.0 {
        "increasing"
    } else if r.sign < 0.0 {
        "decreasing"
    } else {
        "constant"
    }
}

pub(super) fn bend(r: &Run) -> &'static str {
    if r.sign > 0.0 {
        "convex"
    } else if r.sign < 0.0 {
        "concave"
    } else {
        "linear"
    }
}

fn run(r: &Run, kind: &str) -> Value {
    json!({ "from": Number(r.from), "to": Number(r.to), "kind": kind })
}

pub(super) fn turning(t: Turning) -> &'static str {
    match t {
        Turning::Minimum => "minimum",
        Turning::Maximum => "maximum",
        Turning::Saddle => "saddle",
    }
}

fn stationary(s: &Stationary) -> Value {
    json!({ "at": Number(s.at), "value": Number(s.value), "kind": turning(s.turning), "kink": s.kink })
}

fn root(r: &Root) -> Value {
    let mut value = within(r.from, r.to, r.closed);
    value["slope"] = json!(known(r.slope));
    value
}

/// What iteration of f does near a fixed point.
pub(super) fn stability(slope: f64) -> &'static str {
    match slope.abs() {
        s if (s - 1.0).abs() <= 1e-12 => "neutral",
        s if s < 1.0 => "stable",
        s if s > 1.0 => "unstable",
        _ => "unknown",
    }
}

fn fixed_point(r: &Root) -> Value {
    let mut value = root(r);
    value["stability"] = json!(stability(r.slope));
    value
}

/// A limit in one word or as a number.
pub(super) fn limit_word(limit: &Limit) -> Option<&'static str> {
    match limit {
        Limit::Value(_) | Limit::Infinite(_) => None,
        Limit::Oscillates => Some("oscillates"),
        Limit::Undetermined => Some("not determined"),
    }
}

fn end(end: Option<&End>) -> Value {
    let Some(End { limit, asymptote }) = end else { return Value::Null };
    let value = match limit {
        Limit::Value(e) => json!(Number(e.value)),
        Limit::Infinite(sign) => json!(Number(sign * f64::INFINITY)),
        other => json!(limit_word(other)),
    };
    let error = if let Limit::Value(e) = limit { Some(Number(e.error)) } else { None };
    let line = |a: &Asymptote| {
        json!({
            "slope": Number(a.slope.value), "slope_error": Number(a.slope.error),
            "intercept": Number(a.intercept.value), "intercept_error": Number(a.intercept.error),
        })
    };
    json!({ "limit": value, "error": error, "asymptote": asymptote.as_ref().map(line) })
}

fn variance_point(p: &VariancePoint) -> Value {
    json!({ "variance": Number(p.variance), "weights": Number(p.weights), "chi": Number(p.chi) })
}
