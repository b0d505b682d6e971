//! Worst activations, and inputs for which an activation is the worst, as candidate files.

use super::candidate::{self, Candidate};
use super::derivation::{activation, check, estimate, input, name, piece, step};
use super::number::Number;
use crate::solve::{DiscreteStatus, Levels, Worsened, WorstSolution, WorstStatus};

/// Nodes of a numeric solution that the file shows.
const SAMPLE: usize = 65;

impl WorstSolution {
    /// The candidate file of this solution.
    pub fn candidate(&self, levels: Option<&Levels>) -> Candidate {
        let (problem, (from, to)) = (&self.problem, self.problem.inside().support());
        let mut notes = self.notes.clone();
        if problem.inside() != &problem.input {
            notes.push(format!(
                "the entropy is that of the output given that {from} <= u <= {to}; outside f is constant"
            ));
        }
        let shape = self.activation.as_ref().map(|f| candidate::Activation {
            text: f.to_string(),
            latex: f.latex(),
            pieces: if self.closed { self.pieces.iter().map(piece).collect() } else { vec![] },
            parameters: vec![],
            source: Some("worst activation with boundary conditions, arXiv 2405.12954".to_owned()),
        });
        Candidate {
            boundary: Some(candidate::Boundary {
                from: Number(from),
                to: Number(to),
                lower: Number(problem.range.0.value),
                upper: Number(problem.range.1.value),
            }),
            entropy: Some(estimate(&self.entropy)),
            numeric: levels.map(numeric),
            input: input(&problem.input),
            status: match &self.status {
                WorstStatus::Solved => Candidate::SOLVED.to_owned(),
                WorstStatus::Unbounded(why) => format!("unbounded: {why}"),
            },
            steps: self.steps.iter().map(step).collect(),
            checks: self.checks.iter().map(check).collect(),
            notes,
            ..blank(name("wafbc", &problem.input), shape.unwrap_or_default())
        }
    }
}

impl Worsened {
    /// The candidate file of this solution.
    pub fn candidate(&self) -> Candidate {
        let shape = activation(&self.activation, &self.pieces);
        let (status, found) = match &self.input {
            Ok(found) => (Candidate::SOLVED.to_owned(), input(found)),
            Err(why) => (format!("no input: {why}"), candidate::Input::default()),
        };
        let ends = self.input.as_ref().map_or((f64::NAN, f64::NAN), |input| input.support());
        let height = self.range.1 - self.range.0;
        Candidate {
            boundary: Some(candidate::Boundary {
                from: Number(ends.0),
                to: Number(ends.1),
                lower: Number(self.range.0),
                upper: Number(self.range.1),
            }),
            entropy: self.input.is_ok().then_some(candidate::Estimate {
                value: Number(height.ln()),
                error: Number(0.0),
                evaluations: 0,
            }),
            input: found,
            status,
            steps: self.steps.iter().map(step).collect(),
            checks: self.checks.iter().map(check).collect(),
            ..blank(format!("wafbc_for_{}", slug(&self.activation.name)), shape)
        }
    }
}

pub(super) fn slug(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    plain.trim_matches('_').chars().take(60).collect()
}

/// A candidate with a name and an activation, and nothing else yet.
pub(super) fn blank(name: String, activation: candidate::Activation) -> Candidate {
    Candidate {
        schema: candidate::SchemaVersion::V1,
        name,
        status: String::new(),
        activation,
        input: candidate::Input::default(),
        metric: None,
        length: None,
        order: None,
        boundary: None,
        entropy: None,
        numeric: None,
        sobolev: None,
        optimum: None,
        correction: None,
        improved: None,
        singular_points: vec![],
        kinks: vec![],
        entropy_slope: None,
        monotone_interval: None,
        tails: vec![],
        entropies: candidate::Entropies::default(),
        steps: vec![],
        checks: vec![],
        warnings: vec![],
        notes: vec![],
        provenance: candidate::Provenance::of("eafo::worst"),
    }
}

fn numeric(levels: &Levels) -> candidate::Numeric {
    let finest = &levels.finest;
    let status = match finest.status {
        DiscreteStatus::Converged => "converged",
        DiscreteStatus::Stalled => "stalled",
        DiscreteStatus::Interrupted => "interrupted",
    };
    let nodes = finest.nodes.iter().zip(&finest.values).filter(|(x, _)| x.is_finite());
    let refinement = |l: &crate::solve::Level| candidate::Refinement {
        cells: l.cells,
        max_abs_deviation: Number(l.deviation),
        order: l.order.map(Number),
    };
    candidate::Numeric {
        status: status.to_owned(),
        solver: "Newton's method on node values, tridiagonal Hessian, run by argmin".to_owned(),
        cells: finest.cells,
        iterations: finest.iterations,
        gradient_norm: Number(finest.gradient_norm),
        kkt_residual: Number(finest.kkt_residual),
        discrete_deviation: Number(finest.from_discrete),
        max_abs_deviation: Number(finest.deviation),
        compared: finest.compared,
        convergence: levels.levels.iter().map(refinement).collect(),
        sample: nodes
            .step_by(finest.nodes.len().div_ceil(SAMPLE))
            .map(|(x, v)| candidate::Node { x: Number(*x), value: Number(*v) })
            .collect(),
    }
}
