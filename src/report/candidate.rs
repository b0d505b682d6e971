//! The candidate file, `"schema": "eafo.candidate/1"`: one format for everything the solvers find. Every `text` is an
//! expression of the grammar, every [`Number`] reads back the same double, entropies are in nats, and a quantity that is
//! infinite or undefined by nature says so in its `outcome`. The same question gives the same bytes.

use super::number::Number;
use crate::error::{Error, Result};
use crate::solve::Metric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a solver found: the problem, the answer, how it was derived and how it was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// The format and its version.
    pub schema: SchemaVersion,
    /// The name of the result, fit for a file name.
    pub name: String,
    /// `solved`; `unverified` where a check failed; or the reason why there is no answer.
    pub status: String,
    /// The activation started from.
    pub activation: Activation,
    /// The distribution of the pre-activation.
    pub input: Input,
    /// The metric of the descent: `inverse`, `forward`, `probability` or `sobolev`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The length l of the Sobolev metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<Number>,
    /// The order of the expansion in the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// The ends of a worst activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary: Option<Boundary>,
    /// The entropy of the output of a worst activation, nats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy: Option<Estimate>,
    /// The same problem solved numerically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numeric: Option<Numeric>,
    /// The account of an optimisation: parameters, objective, iterations and what belongs to them.
    #[serde(flatten)]
    pub optimum: Option<super::optimum::Optimization>,
    /// The direction in which the entropy falls fastest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
    /// The new activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub improved: Option<Improved>,
    /// What there is to know about a Sobolev gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sobolev: Option<Sobolev>,
    /// Points where the correction is not finite.
    #[serde(default)]
    pub singular_points: Vec<SingularPoint>,
    /// Points where the slope of the activation jumps.
    #[serde(default)]
    pub kinks: Vec<Kink>,
    /// How the entropy changes with the new parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy_slope: Option<EntropySlope>,
    /// Where in the parameter the new activation is monotone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monotone_interval: Option<MonotoneInterval>,
    /// What the tails of the input allow.
    #[serde(default)]
    pub tails: Vec<Tail>,
    /// Entropies of the output.
    #[serde(default)]
    pub entropies: Entropies,
    /// The derivation.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What was checked by an independent route.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What a user of the result has to know.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Further remarks.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Where the file comes from.
    pub provenance: Provenance,
}

/// The version of the format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchemaVersion {
    /// `eafo.candidate/1`
    #[default]
    #[serde(rename = "eafo.candidate/1")]
    V1,
}

/// An activation with its pieces and parameters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activation {
    /// The formula, in the grammar.
    pub text: String,
    /// The formula in LaTeX.
    pub latex: String,
    /// Intervals with one smooth form each, in ascending order.
    #[serde(default)]
    pub pieces: Vec<Piece>,
    /// Named parameters.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Where the activation comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One smooth form on one interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Piece {
    /// The lower end.
    pub from: Number,
    /// The upper end.
    pub to: Number,
    /// The lower end as an exact constant of the grammar, where it is known as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_text: Option<String>,
    /// The upper end as an exact constant of the grammar, where it is known as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_text: Option<String>,
    /// The formula, in the grammar.
    pub text: String,
    /// The formula in LaTeX.
    pub latex: String,
}

/// A named parameter of an activation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Parameter {
    /// The name in the formula.
    pub name: String,
    /// The value, or the value to start training from.
    pub value: Number,
    /// Whether training may change it.
    pub learnable: bool,
}

/// The ends of a worst activation: f(from) = lower, f(to) = upper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Boundary {
    /// The lower end a.
    pub from: Number,
    /// The upper end b.
    pub to: Number,
    /// The value A at a.
    pub lower: Number,
    /// The value B at b.
    pub upper: Number,
}

/// The discretised problem of the worst activation and its solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Numeric {
    /// `converged`, `stalled` or `interrupted`.
    pub status: String,
    /// The solver.
    pub solver: String,
    /// Cells, after joining those without mass.
    pub cells: usize,
    /// Iterations.
    pub iterations: u64,
    /// The greatest element of the gradient in the node values over the greatest multiplier.
    pub gradient_norm: Number,
    /// How far the multipliers of the cells are from equal, relative.
    pub kkt_residual: Number,
    /// The greatest deviation of the node values from the exact discrete solution, over B - A.
    pub discrete_deviation: Number,
    /// The greatest deviation of the node values from A + (B - A) F.
    pub max_abs_deviation: Number,
    /// Nodes that were compared.
    pub compared: usize,
    /// Deviation against the number of cells.
    pub convergence: Vec<Refinement>,
    /// At most 65 nodes with finite x and their values.
    pub sample: Vec<Node>,
}

/// One line of a convergence table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refinement {
    /// The number of cells.
    pub cells: usize,
    /// The greatest deviation.
    pub max_abs_deviation: Number,
    /// The observed order; absent where rounding rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Number>,
}

/// A node of the numeric solution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// Where.
    pub x: Number,
    /// The value there.
    pub value: Number,
}

/// The distribution of the pre-activation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The distribution, in the grammar of inputs.
    pub text: String,
    /// The distribution in LaTeX.
    pub latex: String,
    /// How a density given by the user was normalised, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalised: Option<String>,
}

/// A Sobolev gradient: the weak solution of (1 - l^2 d2/dx2)^m Delta f = -dH as polynomials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sobolev {
    /// The space: `H1` (m = 1), or `H2` (m = 2) where the activation has critical points.
    pub space: String,
    /// How smooth the gradient is, in words.
    pub class: String,
    /// The length l of the norm.
    pub length: Number,
    /// Polynomials of degree 5 between the outermost knots.
    pub pieces: usize,
    /// The lowest knot; below it the gradient is an exponential.
    pub from: Number,
    /// The highest knot; above it the gradient is an exponential.
    pub to: Number,
    /// The greatest absolute value, by which the direction is divided.
    pub greatest: Number,
    /// The deviation of the polynomials from the gradient on the mesh halved, over `greatest`.
    pub deviation: Number,
    /// The square of the norm, the rate of descent.
    pub norm_squared: Estimate,
    /// The critical points of the activation.
    #[serde(default)]
    pub critical_points: Vec<Number>,
    /// The exact entropy along the direction.
    #[serde(default)]
    pub descent: Vec<Descent>,
}

/// The entropy of the output at one value of the parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Descent {
    /// The parameter.
    pub parameter: Number,
    /// The entropy there less that at 0, nats.
    pub change: Estimate,
    /// What the slope alone predicts.
    pub linear: Number,
}

/// The direction in which the entropy falls fastest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// The formula, in the grammar.
    pub text: String,
    /// The formula in LaTeX.
    pub latex: String,
    /// Intervals with one smooth form each, in ascending order.
    #[serde(default)]
    pub pieces: Vec<Piece>,
    /// Whether it is 0 everywhere: the activation is stationary under this input.
    pub zero: bool,
    /// How `zero` was established.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// The new activation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Improved {
    /// The formula, in the grammar.
    pub text: String,
    /// The formula in LaTeX.
    pub latex: String,
    /// The parameter in front of the correction; absent where the correction is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<StepParameter>,
    /// The terms of the expansion in the step, one per order.
    #[serde(default)]
    pub orders: Vec<OrderTerm>,
    /// The expansion against the exact activation, from the second order on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convergence: Option<Convergence>,
}

/// The parameter in front of the correction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepParameter {
    /// The name in the formula.
    pub name: String,
    /// The value to start training from.
    pub value: Number,
    /// Whether training may change it.
    pub learnable: bool,
    /// The sign of the parameter that lowers the entropy.
    pub lowers_entropy: Sign,
}

/// A sign of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// Values below 0.
    Negative,
    /// Values above 0.
    Positive,
    /// Either.
    Both,
    /// No value, to first order.
    Neither,
    /// The entropy has no slope that could tell.
    Unknown,
}

/// The coefficient of one power of the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderTerm {
    /// The power.
    pub n: u32,
    /// The coefficient, in the grammar.
    pub text: String,
    /// The coefficient in LaTeX.
    pub latex: String,
}

/// The expansion to several orders against the exact f_t, the inverse of y + t eta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Convergence {
    /// The step t.
    pub t: Number,
    /// The parameter that belongs to it.
    pub parameter: Number,
    /// The points at which both were computed.
    pub points: Vec<Number>,
    /// The exact values there.
    pub exact: Vec<Number>,
    /// The errors.
    pub rows: Vec<Truncation>,
    /// Which points were left out, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// The error of the expansion to one order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Truncation {
    /// Terms kept.
    pub order: u32,
    /// The greatest deviation from the exact values.
    pub error: Number,
    /// Where it is.
    pub at: Number,
}

/// A point where the correction is not finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SingularPoint {
    /// The point.
    pub at: Number,
    /// The point as an exact constant of the grammar, where it is known as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What it is: `pole`, `branch point`, ...
    pub kind: String,
    /// The coefficient of 1/(x - at), for a simple pole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residue: Option<Number>,
    /// What happens there, in words.
    pub description: String,
}

/// A point where the slope of the activation jumps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kink {
    /// The point.
    pub at: Number,
    /// The point as an exact constant of the grammar, where it is known as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The slope of the activation to the left.
    pub left_slope: Number,
    /// The slope of the activation to the right.
    pub right_slope: Number,
    /// The mass p(k) (1/f'(k+) - 1/f'(k-)) of d/du [p/f'] at the point.
    pub point_mass: Number,
    /// By how much the pointwise correction jumps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction_jump: Option<Number>,
    /// What it means, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// How the entropy changes with the new parameter, to first order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntropySlope {
    /// dH/d(parameter) at 0, nats per unit.
    pub value: Number,
    /// A bound on the error of `value`.
    pub error: Number,
    /// Evaluations of the integrand.
    pub evaluations: u64,
    /// The parameter the slope is per unit of.
    pub per: String,
    /// The part of the line that counts, in words ("x > 0", "the whole line").
    pub branch: String,
    /// The probability of that part; `value` is conditional on it.
    pub mass: Number,
    /// The slope weighted with that probability, where it is less than 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unconditional: Option<Estimate>,
    /// The rate of descent -INT (correction)^2/|f'| du, which is dH/dt along the correction but for boundary terms and what
    /// jumps of the correction add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Estimate>,
    /// dH/dt along the correction with these, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub along: Option<Number>,
    /// What integration by parts leaves at the ends of the support and at kinks.
    #[serde(default)]
    pub boundary_terms: Vec<BoundaryTerm>,
    /// The sign of the parameter that lowers the entropy.
    pub lowers_entropy: Sign,
    /// What it means, in words, where the slope is infinite or undefined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// A number found by an approximation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The value.
    pub value: Number,
    /// A bound on the error of `value`.
    pub error: Number,
    /// Evaluations of the integrand.
    pub evaluations: u64,
}

/// What integration by parts leaves at a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BoundaryTerm {
    /// The point.
    pub at: Number,
    /// The term, nats per unit of the parameter.
    pub value: Number,
    /// What it means, in words.
    pub statement: String,
}

/// The values of the parameter for which the new activation is monotone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MonotoneInterval {
    /// The parameter.
    pub parameter: String,
    /// The least value, for the whole function.
    pub lower: Number,
    /// The greatest value, for the whole function.
    pub upper: Number,
    /// The same, piece by piece.
    #[serde(default)]
    pub pieces: Vec<MonotonePiece>,
    /// What it means, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// The values of the parameter for which one piece is monotone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MonotonePiece {
    /// The lower end of the piece, in x.
    pub from: Number,
    /// The upper end of the piece, in x.
    pub to: Number,
    /// The least value of the parameter.
    pub lower: Number,
    /// The greatest value of the parameter.
    pub upper: Number,
}

/// What one tail of the input allows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tail {
    /// The end of the support.
    pub end: Number,
    /// What holds there, in words.
    pub statement: String,
    /// The limit of correction/f' towards the end, where it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Number>,
    /// The consequence, where the problem is not well posed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// Entropies of the output.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entropies {
    /// Of the activation started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<OutputEntropy>,
    /// Of the new activation at its parameter's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<OutputEntropy>,
    /// Why they are missing, where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// The entropy of one output distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutputEntropy {
    /// The entropy of the part with a density, nats.
    pub value: Number,
    /// A bound on the error of `value`.
    pub error: Number,
    /// Evaluations of the integrand.
    pub evaluations: u64,
    /// `continuous`, `mixed` or `discrete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Values taken with positive probability.
    #[serde(default)]
    pub atoms: Vec<Atom>,
    /// What it means, in words, where the entropy is infinite or undefined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// A value taken with positive probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Atom {
    /// The value.
    pub at: Number,
    /// Its probability.
    pub mass: Number,
}

/// One step of a derivation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The rule, in words ("pull back to the forward side").
    pub rule: String,
    /// The formula, in plain text.
    pub text: String,
    /// The formula in LaTeX.
    pub latex: String,
    /// How the step was checked.
    pub checked: String,
}

/// A check by an independent route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What was checked.
    pub what: String,
    /// By which route.
    pub how: String,
    /// The number found, usually the largest relative error.
    pub number: Number,
    /// Where it was found, where it has a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Number>,
    /// The greatest number that passes.
    pub tolerance: Number,
    /// Whether it passed.
    pub pass: bool,
}

/// Where the file comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// The program, `eafo`.
    pub program: String,
    /// Its version.
    pub version: String,
    /// The command, as one line for a shell.
    pub command: String,
    /// The seed of everything random; 0 where nothing is.
    pub seed: u64,
    /// A hash of the file the input was read from, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_file_hash: Option<String>,
}

impl Provenance {
    /// The provenance of a result of this build, found by `command`.
    pub fn of(command: &str) -> Self {
        Provenance {
            program: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: command.to_owned(),
            seed: 0,
            input_file_hash: None,
        }
    }

    /// The same of a result for an input, which may come from files.
    pub fn with_files_of(self, input: &crate::input::Input) -> Self {
        let hash = |f: crate::input::SampleFile| format!("sha256:{} {}", f.sha256, f.path);
        let mut hashes: Vec<String> = input.files().into_iter().map(hash).collect();
        hashes.dedup();
        let input_file_hash = (!hashes.is_empty()).then(|| hashes.join("\n"));
        Provenance { input_file_hash, ..self }
    }
}

impl Candidate {
    /// The `status` of a question that was answered.
    pub const SOLVED: &'static str = "solved";

    /// Whether the question was answered.
    pub fn solved(&self) -> bool {
        self.status == Self::SOLVED
    }

    /// Whether this is a worst activation.
    pub(super) fn worst(&self) -> bool {
        self.boundary.is_some() && self.optimum.is_none()
    }

    /// The activation that was found: the improved one where there is one.
    pub fn found(&self) -> &str {
        self.improved.as_ref().map_or(&self.activation.text, |improved| &improved.text)
    }

    /// Whether every check passed.
    pub fn checked(&self) -> bool {
        self.checks.iter().all(|c| c.pass)
    }

    /// The file's content: indented JSON with a closing newline.
    pub fn to_json(&self) -> Result<String> {
        to_json(self)
    }

    /// Reads the content of a candidate file; `path` is for messages.
    pub fn from_json(text: &str, path: &Path) -> Result<Self> {
        let wrong = |reason: String| Error::Content { path: path.to_owned(), reason };
        let candidate: Candidate =
            serde_json::from_str(text).map_err(|e| wrong(format!("not a candidate file: {e}")))?;
        let names = || Metric::ALL.iter().map(|(name, _)| *name);
        match &candidate.metric {
            Some(metric) if !names().any(|name| name == metric) => {
                let known = names().collect::<Vec<_>>().join(", ");
                Err(wrong(format!("not a candidate file: metric \"{metric}\", expected one of {known}")))
            }
            _ => Ok(candidate),
        }
    }
}

/// Any of the program's documents as indented JSON with a closing newline.
pub fn to_json(document: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(document).map_err(|e| Error::Unsupported(format!("JSON: {e}")))?;
    Ok(text + "\n")
}

/// The JSON Schema of the candidate file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Candidate).to_value()
}
