//! An optimum as a file, as text and as a picture.

use super::candidate::{Input, Provenance};
use super::document::digits;
use super::draw::{Curve, Figure, Format, Panel, Style, draw};
use super::number::Number;
use crate::error::Result;
use crate::expr::{Expr, Tape};
use crate::solve::{Optimum, OptimumStatus, Problem};
use serde::Serialize;
use std::collections::BTreeMap;

/// The activation before or after.
#[derive(Debug, Clone, Serialize)]
struct Activation {
    text: String,
    latex: String,
}

/// A constraint at the optimum.
#[derive(Debug, Clone, Serialize)]
struct Demand {
    text: String,
    value: Number,
    holds: bool,
}

/// What one start led to.
#[derive(Debug, Clone, Serialize)]
struct Start {
    start: Vec<Number>,
    end: Vec<Number>,
    objective: Number,
}

/// A point of the sensitivity curve.
#[derive(Debug, Clone, Serialize)]
struct Point {
    parameter: Number,
    objective: Number,
    feasible: bool,
}

/// The objective before and after.
#[derive(Debug, Clone, Serialize)]
struct Objective {
    name: String,
    start: Number,
    value: Number,
}

/// The document of `eafo optimize`.
#[derive(Debug, Clone, Serialize)]
pub struct OptimumFile {
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    activation: Activation,
    optimized: Activation,
    input: Input,
    parameters: BTreeMap<String, Number>,
    objective: Objective,
    constraints: Vec<Demand>,
    solver: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gradient: Option<String>,
    iterations: u64,
    evaluations: u64,
    starts: Vec<Start>,
    curve: Vec<Point>,
    notes: Vec<String>,
    provenance: Provenance,
}

impl OptimumFile {
    /// The document of an optimum, found by `command` with `seed`.
    pub fn new(problem: &Problem, optimum: &Optimum, command: &str, seed: u64) -> OptimumFile {
        let (status, outcome) = match &optimum.status {
            OptimumStatus::Solved => ("solved", None),
            OptimumStatus::Unbounded(why) => ("unbounded", Some(why.clone())),
            OptimumStatus::Infeasible(why) => ("infeasible", Some(why.clone())),
            OptimumStatus::Interrupted => ("interrupted", Some("stopped; this is the best so far".to_owned())),
        };
        let numbers = |values: &[f64]| values.iter().map(|v| Number(*v)).collect();
        let activation = |f: &crate::expr::Formula| Activation { text: f.text(), latex: f.expr.latex() };
        OptimumFile {
            status: status.to_owned(),
            outcome,
            activation: activation(&problem.formula),
            optimized: activation(&optimum.formula),
            input: Input { text: problem.input.text(), latex: problem.input.latex(), normalised: None },
            parameters: optimum.parameters.iter().map(|(name, v)| (name.clone(), Number(*v))).collect(),
            objective: Objective {
                name: problem.objective.to_string(),
                start: Number(optimum.value[0]),
                value: Number(optimum.value[1]),
            },
            constraints: (optimum.constraints.iter())
                .map(|(c, value, holds)| Demand { text: c.to_string(), value: Number(*value), holds: *holds })
                .collect(),
            solver: optimum.solver.name().to_owned(),
            gradient: optimum.gradient.map(str::to_owned),
            iterations: optimum.iterations,
            evaluations: optimum.evaluations,
            starts: (optimum.runs.iter())
                .map(|r| Start { start: numbers(&r.start), end: numbers(&r.end), objective: Number(r.value) })
                .collect(),
            curve: (optimum.curve.iter())
                .map(|(t, v, holds)| Point { parameter: Number(*t), objective: Number(*v), feasible: *holds })
                .collect(),
            notes: optimum.notes.clone(),
            provenance: Provenance { seed, ..Provenance::of(command).with_files_of(&problem.input) },
        }
    }

    /// Whether there is an optimum.
    pub fn solved(&self) -> bool {
        self.status == "solved"
    }

    /// For people.
    pub fn text(&self) -> String {
        let shown = |v: Number, n: usize| digits(v, n).text;
        let mut out = format!("{} of `{}` under {}\n\n", self.objective.name, self.activation.text, self.input.text);
        let mut row = |label: &str, value: String| out.push_str(&format!("  {label:<12}{value}\n"));
        row("status", self.status.clone());
        if let Some(outcome) = &self.outcome {
            row("outcome", outcome.clone());
        }
        for (name, value) in &self.parameters {
            row(name, shown(*value, 10));
        }
        row(
            "objective",
            format!("{} (at the start {})", shown(self.objective.value, 10), shown(self.objective.start, 10)),
        );
        for c in &self.constraints {
            let verdict = if c.holds { "holds" } else { "does not hold" };
            row("constraint", format!("{} {verdict}, found {}", c.text, shown(c.value, 8)));
        }
        let gradient = self.gradient.as_ref().map_or(String::new(), |g| format!(", gradients by {g}"));
        row("solver", format!("{}{gradient}", self.solver));
        row(
            "work",
            format!("{} iterations, {} evaluations, {} starts", self.iterations, self.evaluations, self.starts.len()),
        );
        row("activation", self.optimized.text.clone());
        for note in &self.notes {
            row("note", note.clone());
        }
        if !self.curve.is_empty() {
            out.push_str("\n  parameter     objective     constraints\n");
            for p in self.curve.iter().step_by(4) {
                let holds = if p.feasible { "hold" } else { "do not hold" };
                out.push_str(&format!("  {:<14}{:<14}{holds}\n", shown(p.parameter, 6), shown(p.objective, 8)));
            }
        }
        out
    }
}

/// The activation before and after, and the sensitivity curve where there is one parameter.
///
/// # Errors
/// The picture cannot be drawn.
pub fn optimum_picture(problem: &Problem, optimum: &Optimum, format: Format) -> Result<Vec<u8>> {
    let (low, high) = (problem.input.quantile(1e-4), problem.input.quantile(1.0 - 1e-4));
    let line = |label: &str, style: Style, f: &Expr| -> Result<Curve> {
        let tape = Tape::new(f)?;
        let x = |i: u32| low + (high - low) * f64::from(i) / 400.0;
        let points = (0..=400).map(|i| (x(i), tape.eval(x(i)))).collect();
        Ok(Curve { label: label.to_owned(), style, points, stems: vec![] })
    };
    let mut panels = vec![Panel {
        title: "activation".to_owned(),
        x_label: "x".to_owned(),
        y_label: "f(x)".to_owned(),
        curves: vec![
            line("at the start", Style::Before, &problem.formula.bound()?)?,
            line("at the optimum", Style::After, &optimum.formula.bound()?)?,
        ],
        ..Panel::default()
    }];
    if let (false, [(name, best)]) = (optimum.curve.is_empty(), &*optimum.parameters) {
        let points = |feasible: bool| {
            let keep = |v: f64, holds: bool| if holds || !feasible { v } else { f64::NAN };
            optimum.curve.iter().map(|(t, v, holds)| (*t, keep(*v, *holds))).collect()
        };
        let curve = |label: &str, style, feasible| Curve {
            label: label.to_owned(),
            style,
            points: points(feasible),
            stems: vec![],
        };
        panels.push(Panel {
            title: "sensitivity".to_owned(),
            x_label: name.clone(),
            y_label: problem.objective.to_string(),
            curves: vec![curve("every value", Style::Before, false), curve("constraints hold", Style::After, true)],
            poles: vec![*best],
            ..Panel::default()
        });
    }
    draw(&Figure { title: format!("{} under {}", problem.formula.expr, problem.input.text()), panels }, format)
}
