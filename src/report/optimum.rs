//! What an optimisation adds to a candidate file: of parameters, of a free shape, of a flow.

use super::candidate::{self, Candidate, Estimate, Node};
use super::derivation::{activation, check, estimate, input, name, output_entropy, piece, step};
use super::number::Number;
use super::worst::blank;
use crate::activation::Activation;
use crate::expr::Expr;
use crate::solve::{
    Flow, FlowStatus, Optimum, OptimumStatus, Problem, Regime, ShapeNumeric, ShapeSolution, ShapeStatus,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The account of an optimisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Optimization {
    /// Why there is no optimum, or what to think of the one found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The best parameters by name.
    pub parameters: BTreeMap<String, Number>,
    /// The objective.
    pub objective: ObjectiveValue,
    /// Every constraint at the optimum.
    pub constraints: Vec<Demand>,
    /// The solver.
    pub solver: String,
    /// Where its gradients are from, where it uses any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient: Option<String>,
    /// Iterations of the solver over all starts; steps of a flow.
    pub iterations: u64,
    /// Evaluations of the objective.
    pub evaluations: u64,
    /// Every start and where it led.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<Start>,
    /// The objective over the parameter, where there is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<CurvePoint>,
    /// The free shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<ShapeAccount>,
    /// The flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowAccount>,
}

/// The objective before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveValue {
    /// Functional and sense, `min:entropy`.
    pub name: String,
    /// At the start, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Number>,
    /// At the end.
    pub value: Number,
}

/// A constraint at the optimum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Demand {
    /// The constraint as it is written.
    pub text: String,
    /// The quantity that it constrains.
    pub value: Number,
    /// Whether it holds.
    pub holds: bool,
}

/// What one start led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Start {
    /// Where it started.
    pub start: Vec<Number>,
    /// Where it ended.
    pub end: Vec<Number>,
    /// The objective there.
    pub objective: Number,
}

/// A point of the sensitivity curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// The parameter.
    pub parameter: Number,
    /// The objective.
    pub objective: Number,
    /// Whether the constraints hold.
    pub feasible: bool,
}

/// A free shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShapeAccount {
    /// L0 and L1.
    pub slopes: [Number; 2],
    /// The density at the switches (least entropy), or lambda with f' = p/lambda (greatest).
    pub threshold: Number,
    /// Whether other arrangements have the same entropy.
    pub tied: bool,
    /// The stretches from a to b.
    pub segments: Vec<SegmentAccount>,
    /// The same problem solved numerically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numeric: Option<ShapeNumericAccount>,
}

/// A stretch of a shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentAccount {
    /// Where it begins.
    pub from: Number,
    /// Where it ends.
    pub to: Number,
    /// The beginning as a constant of the grammar, where it is exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_text: Option<String>,
    /// The end as a constant of the grammar, where it is exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_text: Option<String>,
    /// `L0`, `L1` or `p/lambda`.
    pub slope: String,
}

/// A shape solved numerically.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShapeNumericAccount {
    /// The solver.
    pub solver: String,
    /// Cells.
    pub cells: usize,
    /// Iterations from the first start.
    pub iterations: u64,
    /// How far the optimality conditions of the discretised problem are from holding, relative.
    pub kkt_residual: Number,
    /// Starts at random vertices besides equal slopes.
    pub restarts: usize,
    /// How many of them ended at the best value.
    pub agreeing: usize,
    /// The best value the others ended at, where some did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_best: Option<Number>,
    /// The greatest distance to the closed form at the nodes.
    pub max_abs_deviation: Number,
    /// The same for growing numbers of cells.
    pub convergence: Vec<ShapeRefinement>,
    /// At most 65 nodes with finite x and their values.
    pub sample: Vec<Node>,
}

/// One line of a table over the number of cells.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShapeRefinement {
    /// Cells.
    pub cells: usize,
    /// The greatest distance to the closed form at the nodes.
    pub max_abs_deviation: Number,
    /// The objective of the numeric solution less that of the closed form on the same cells, nats.
    pub gap: Number,
    /// The observed order of the deviation; absent where rounding rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Number>,
}

/// A flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowAccount {
    /// The length l of the metric INT g h/|f'| + l^2 s g' h'/f'^2 du, s being the mean of |f'|.
    pub smoothing: Number,
    /// The windows in which the activation moved.
    pub windows: Vec<[Number; 2]>,
    /// The start and every step.
    pub steps: Vec<FlowStepAccount>,
    /// The end with the correction as a rational function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rational: Option<RationalAccount>,
}

/// One step of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowStepAccount {
    /// The number of the step; 0 is the start.
    pub step: usize,
    /// The length along the direction.
    pub length: Number,
    /// dH/dt along the direction at the beginning of the step.
    pub slope: Number,
    /// The entropy of the output's density, nats.
    pub entropy: Number,
    /// A bound on the error of the entropy.
    pub error: Number,
    /// The variance of the output.
    pub variance: Number,
    /// The least slope of the activation where it moves.
    pub least_slope: Number,
    /// The greatest slope of the activation where it moves.
    pub greatest_slope: Number,
}

/// An activation with a rational correction, its denominator positive everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RationalAccount {
    /// The activation, in the grammar.
    pub text: String,
    /// The activation in LaTeX.
    pub latex: String,
    /// The rational correction alone.
    pub correction: String,
    /// The greatest deviation from the spline on the whole line.
    pub error: Number,
    /// Where that is.
    pub at: Number,
    /// The entropy of its output, nats; absent where the fit turns where the spline does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy: Option<Estimate>,
}

fn numbers(values: &[f64]) -> Vec<Number> {
    values.iter().map(|v| Number(*v)).collect()
}

fn improved(f: &Expr, text: String) -> candidate::Improved {
    candidate::Improved { text, latex: f.latex(), parameter: None, orders: vec![], convergence: None }
}

impl Optimum {
    /// The candidate file of the best parameters.
    pub fn candidate(&self, problem: &Problem, started: &Activation) -> Candidate {
        let (status, outcome) = match &self.status {
            OptimumStatus::Solved => (Candidate::SOLVED, None),
            OptimumStatus::Unbounded(why) => ("unbounded", Some(why.clone())),
            OptimumStatus::Infeasible(why) => ("infeasible", Some(why.clone())),
            OptimumStatus::Interrupted => ("interrupted", Some("stopped; this is the best so far".to_owned())),
        };
        let demand = |(c, value, holds): &(crate::solve::Constraint, f64, bool)| Demand {
            text: c.to_string(),
            value: Number(*value),
            holds: *holds,
        };
        let account = Optimization {
            outcome,
            parameters: self.parameters.iter().map(|(name, v)| (name.clone(), Number(*v))).collect(),
            objective: ObjectiveValue {
                name: problem.objective.to_string(),
                start: Some(Number(self.value[0])),
                value: Number(self.value[1]),
            },
            constraints: self.constraints.iter().map(demand).collect(),
            solver: self.solver.name().to_owned(),
            gradient: self.gradient.map(str::to_owned),
            iterations: self.iterations,
            evaluations: self.evaluations,
            starts: (self.runs.iter())
                .map(|r| Start { start: numbers(&r.start), end: numbers(&r.end), objective: Number(r.value) })
                .collect(),
            curve: (self.curve.iter())
                .map(|(t, v, holds)| CurvePoint { parameter: Number(*t), objective: Number(*v), feasible: *holds })
                .collect(),
            shape: None,
            flow: None,
        };
        Candidate {
            status: status.to_owned(),
            input: input(&problem.input),
            improved: Some(improved(&self.formula.expr, self.formula.text())),
            entropies: candidate::Entropies {
                before: self.entropies.first().map(output_entropy),
                after: self.entropies.last().map(output_entropy),
                outcome: None,
            },
            optimum: Some(account),
            notes: self.notes.clone(),
            ..blank(name(&format!("optimize_{}", started.name), &problem.input), activation(started, &[]))
        }
    }
}

impl ShapeSolution {
    /// The candidate file of a free shape, with the numeric solution where there is one.
    pub fn candidate(&self, numeric: Option<&ShapeNumeric>) -> Candidate {
        let problem = &self.problem;
        let ends = problem.interval();
        let shape = self.activation.as_ref().map(|f| candidate::Activation {
            text: f.to_string(),
            latex: f.latex(),
            pieces: if self.pieces.len() <= 64 { self.pieces.iter().map(piece).collect() } else { vec![] },
            parameters: vec![],
            source: Some("free shape between bounds of the slope".to_owned()),
        });
        let (status, outcome) = match &self.status {
            ShapeStatus::Solved => (Candidate::SOLVED, None),
            ShapeStatus::Unbounded(why) => ("unbounded", Some(why.clone())),
            ShapeStatus::NotAttained(why) => ("not attained", Some(why.clone())),
        };
        let objective = if problem.maximize { "max:entropy" } else { "min:entropy" };
        let account = Optimization {
            outcome,
            parameters: BTreeMap::new(),
            objective: ObjectiveValue { name: objective.to_owned(), start: None, value: Number(self.entropy.value) },
            constraints: vec![],
            solver: "closed form".to_owned(),
            gradient: None,
            iterations: numeric.map_or(0, |n| n.iterations),
            evaluations: self.entropy.evaluations,
            starts: vec![],
            curve: vec![],
            shape: Some(self.account(numeric)),
            flow: None,
        };
        let mut notes = self.notes.clone();
        if problem.ends.inside() != &problem.ends.input {
            notes.push(format!(
                "the entropy is that of the output given that {} <= u <= {}; outside f is constant",
                ends.0.text(),
                ends.1.text()
            ));
        }
        let label = if problem.maximize { "shape_max" } else { "shape_min" };
        Candidate {
            status: status.to_owned(),
            input: input(&problem.ends.input),
            boundary: Some(candidate::Boundary {
                from: Number(ends.0.value),
                to: Number(ends.1.value),
                lower: Number(problem.ends.range.0.value),
                upper: Number(problem.ends.range.1.value),
            }),
            entropy: Some(estimate(&self.entropy)),
            optimum: Some(account),
            steps: self.steps.iter().map(step).collect(),
            checks: self.checks.iter().map(check).collect(),
            notes,
            ..blank(name(label, &problem.ends.input), shape.unwrap_or_default())
        }
    }

    fn account(&self, numeric: Option<&ShapeNumeric>) -> ShapeAccount {
        let text = |b: &crate::expr::Bound| b.exact.as_ref().map(Expr::to_string);
        let segment = |s: &crate::solve::Segment| SegmentAccount {
            from: Number(s.from.value),
            to: Number(s.to.value),
            from_text: text(&s.from),
            to_text: text(&s.to),
            slope: match s.regime {
                Regime::Least => "L0",
                Regime::Greatest => "L1",
                Regime::Free => "p/lambda",
            }
            .to_owned(),
        };
        ShapeAccount {
            slopes: [Number(self.problem.slopes.0.value), Number(self.problem.slopes.1.value)],
            threshold: Number(self.threshold),
            tied: self.tied,
            segments: self.segments.iter().map(segment).collect(),
            numeric: numeric.map(shape_numeric),
        }
    }
}

/// Nodes of a numeric solution that the file shows.
const SAMPLE: usize = 65;

fn shape_numeric(n: &ShapeNumeric) -> ShapeNumericAccount {
    let refinement = |l: &crate::solve::ShapeLevel| ShapeRefinement {
        cells: l.cells,
        max_abs_deviation: Number(l.deviation),
        gap: Number(l.gap),
        order: l.order.map(Number),
    };
    let nodes = n.nodes.iter().zip(&n.values).filter(|(x, _)| x.is_finite());
    ShapeNumericAccount {
        solver: n.solver.to_owned(),
        cells: n.cells,
        iterations: n.iterations,
        kkt_residual: Number(n.kkt_residual),
        restarts: n.restarts,
        agreeing: n.agreeing,
        next_best: Some(n.next_best).filter(|v| v.is_finite()).map(Number),
        max_abs_deviation: Number(n.levels.last().map_or(f64::NAN, |l| l.deviation)),
        convergence: n.levels.iter().map(refinement).collect(),
        sample: nodes
            .step_by(n.nodes.len().div_ceil(SAMPLE))
            .map(|(x, v)| Node { x: Number(*x), value: Number(*v) })
            .collect(),
    }
}

impl Flow {
    /// The candidate file of a flow.
    pub fn candidate(&self) -> Candidate {
        let problem = &self.problem;
        let (status, outcome) = match &self.status {
            FlowStatus::Solved => (Candidate::SOLVED, None),
            FlowStatus::Stationary(why) => (Candidate::SOLVED, Some(why.clone())),
            FlowStatus::Infeasible(why) => ("infeasible", Some(why.clone())),
            FlowStatus::Interrupted => ("interrupted", Some("stopped; these are the steps so far".to_owned())),
        };
        let last = self.steps.last();
        let demand = |c: &crate::solve::Constraint| {
            let value = self.quantity(c);
            Demand { text: c.to_string(), value: Number(value), holds: c.holds(value) }
        };
        let account = Optimization {
            outcome,
            parameters: BTreeMap::new(),
            objective: ObjectiveValue {
                name: "min:entropy".to_owned(),
                start: self.steps.first().map(|s| Number(s.entropy.0)),
                value: Number(last.map_or(f64::NAN, |s| s.entropy.0)),
            },
            constraints: problem.constraints.iter().map(demand).collect(),
            solver: "Sobolev gradient steps, line search by argmin (Brent)".to_owned(),
            gradient: Some("quadrature of dH in the spline's values".to_owned()),
            iterations: self.steps.len().saturating_sub(1) as u64,
            evaluations: self.evaluations,
            starts: vec![],
            curve: vec![],
            shape: None,
            flow: Some(self.account()),
        };
        let label = format!("flow_{}", problem.activation.name);
        Candidate {
            status: status.to_owned(),
            input: input(&problem.input),
            improved: Some(improved(&self.activation, self.activation.to_string())),
            entropies: candidate::Entropies {
                before: Some(output_entropy(&self.entropies[0])),
                after: Some(output_entropy(&self.entropies[1])),
                outcome: None,
            },
            optimum: Some(account),
            checks: self.checks.iter().map(check).collect(),
            notes: self.notes.clone(),
            ..blank(name(&label, &problem.input), activation(&problem.activation, &[]))
        }
    }

    fn account(&self) -> FlowAccount {
        let row = |(step, s): (usize, &crate::solve::FlowStep)| FlowStepAccount {
            step,
            length: Number(s.length),
            slope: Number(s.slope),
            entropy: Number(s.entropy.0),
            error: Number(s.entropy.1),
            variance: Number(s.variance),
            least_slope: Number(s.slopes.0),
            greatest_slope: Number(s.slopes.1),
        };
        let rational = self.rational.as_ref().map(|r| RationalAccount {
            text: r.activation.to_string(),
            latex: r.activation.latex(),
            correction: r.correction.to_string(),
            error: Number(r.error),
            at: Number(r.at),
            entropy: r.entropy.as_ref().filter(|e| e.entropy.error.is_finite()).map(|e| estimate(&e.entropy)),
        });
        FlowAccount {
            smoothing: Number(self.smoothing),
            windows: self.windows.iter().map(|(a, b)| [Number(*a), Number(*b)]).collect(),
            steps: self.steps.iter().enumerate().map(row).collect(),
            rational,
        }
    }
}
