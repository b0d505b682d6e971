//! A solution of the correction problem as a candidate file.

use super::candidate::{self, Candidate};
use super::number::Number;
use crate::activation::Activation;
use crate::entropy::{self, Entropy, Kind};
use crate::expr::{Expr, Formula, Piece, to_f64};
use crate::input::Input;
use crate::numeric::Estimate;
use crate::solve::{self, Slope, Solution, Status, starting_value};

/// The most critical points for which the entropy of the output is computed along with a derivation.
const MOST_TURNS: usize = 24;

impl Solution {
    /// The candidate file of this solution; the entropies before and after are computed here.
    pub fn candidate(&self) -> Candidate {
        let solved = self.status == Status::Solved;
        let unbounded = matches!(self.status, Status::Unbounded(_));
        Candidate {
            schema: candidate::SchemaVersion::V1,
            name: self.settings.name.clone().unwrap_or_else(|| name(&self.activation.name, &self.input)),
            status: match &self.status {
                Status::Unbounded(why) => format!("unbounded: {why}"),
                Status::Solved | Status::Stationary => match self.checks.iter().find(|check| !check.pass()) {
                    Some(failed) => format!("unverified: the check \"{}\" failed", failed.what),
                    None => Candidate::SOLVED.to_owned(),
                },
            },
            activation: activation(&self.activation, &self.activation_pieces),
            input: input(&self.input),
            metric: Some(self.settings.metric.name().to_owned()),
            length: self.settings.length.map(Number),
            order: Some(self.settings.order),
            boundary: None,
            entropy: None,
            numeric: None,
            optimum: None,
            correction: (!unbounded).then(|| self.correction_record()),
            improved: (!unbounded).then(|| self.improved_record()),
            sobolev: self.sobolev.as_ref().map(sobolev),
            singular_points: self.singular_points.iter().map(singular_point).collect(),
            kinks: self.kinks.iter().map(kink).collect(),
            entropy_slope: (!unbounded).then(|| self.slope_record(&self.slope)),
            monotone_interval: Some(self.monotone_record()),
            tails: if solved { self.tails.iter().map(tail).collect() } else { vec![] },
            entropies: self.entropies(solved),
            steps: self.steps.iter().map(step).collect(),
            checks: self.checks.iter().map(check).collect(),
            warnings: self.warnings.clone(),
            notes: vec![],
            provenance: candidate::Provenance::of("eafo::derive").with_files_of(&self.input),
        }
    }

    fn correction_record(&self) -> candidate::Correction {
        let zero = self.status == Status::Stationary;
        candidate::Correction {
            text: self.correction.to_string(),
            latex: self.correction.latex(),
            pieces: self.correction_pieces.iter().map(piece).collect(),
            zero,
            proof: zero.then(|| "by algebra: the numerator of its normal form is 0".to_owned()),
        }
    }

    fn improved_record(&self) -> candidate::Improved {
        let parameter = candidate::StepParameter {
            name: solve::PARAMETER.to_owned(),
            value: Number(to_f64(&starting_value())),
            learnable: true,
            lowers_entropy: sign(self.descent()),
        };
        let order =
            |o: &solve::OrderTerm| candidate::OrderTerm { n: o.n, text: o.term.to_string(), latex: o.term.latex() };
        candidate::Improved {
            text: self.improved.text(),
            latex: self.improved.expr.latex(),
            parameter: (self.status == Status::Solved).then_some(parameter),
            orders: self.orders.iter().map(order).collect(),
            convergence: self.convergence.as_ref().map(convergence),
        }
    }

    fn slope_record(&self, slope: &Slope) -> candidate::EntropySlope {
        let boundary = |t: &solve::BoundaryTerm| candidate::BoundaryTerm {
            at: Number(t.at),
            value: Number(t.value),
            statement: "p g/f' to the left less p g/f' to the right".to_owned(),
        };
        let whole = slope.mass == 1.0;
        candidate::EntropySlope {
            value: Number(slope.value.value),
            error: Number(slope.value.error),
            evaluations: slope.value.evaluations,
            per: solve::PARAMETER.to_owned(),
            branch: slope.branch.clone(),
            mass: Number(slope.mass),
            unconditional: (!whole).then(|| estimate(&slope.unconditional)),
            rate: Some(estimate(&slope.rate)),
            along: self.along().map(Number),
            boundary_terms: slope.boundary_terms.iter().map(boundary).collect(),
            lowers_entropy: sign(self.descent()),
            outcome: slope.outcome.clone(),
        }
    }

    fn monotone_record(&self) -> candidate::MonotoneInterval {
        let piece = |p: &solve::MonotonePiece| candidate::MonotonePiece {
            from: Number(p.from),
            to: Number(p.to),
            lower: Number(p.lower),
            upper: Number(p.upper),
        };
        candidate::MonotoneInterval {
            parameter: solve::PARAMETER.to_owned(),
            lower: Number(self.monotone.lower),
            upper: Number(self.monotone.upper),
            pieces: self.monotone.pieces.iter().map(piece).collect(),
            outcome: self.monotone.outcome.clone(),
        }
    }

    /// Entropies before and after; there is none after where the improved activation has poles, and none at all where
    /// it oscillates so often that summing over its branches is out of reach.
    fn entropies(&self, solved: bool) -> candidate::Entropies {
        if self.singular_points.len() > MOST_TURNS {
            let outcome =
                format!("not computed: the activation turns {} times under this input", self.singular_points.len());
            return candidate::Entropies { before: None, after: None, outcome: Some(outcome) };
        }
        let of = |formula: &Formula| Some(output_entropy(&entropy::entropy(&formula.bound().ok()?, &self.input).ok()?));
        let after = solved && self.singular_points.is_empty();
        let (before, after) = (of(&self.activation.formula), after.then(|| of(&self.improved)).flatten());
        let kinds = [&before, &after].map(|e| e.as_ref().and_then(|e| e.kind.clone()));
        let outcome = match kinds {
            [Some(a), Some(b)] if a != b => Some(format!(
                "before and after are not on one scale: the output before is {a}, after it is {b}; where there are atoms the \
                 number is that of the part with a density"
            )),
            _ => None,
        };
        candidate::Entropies { before, after, outcome }
    }
}

fn convergence(c: &solve::Convergence) -> candidate::Convergence {
    let numbers = |values: &[f64]| values.iter().map(|v| Number(*v)).collect();
    let row =
        |r: &solve::Truncation| candidate::Truncation { order: r.order, error: Number(r.error), at: Number(r.at) };
    candidate::Convergence {
        t: Number(c.t),
        parameter: Number(c.eps),
        points: numbers(&c.points),
        exact: numbers(&c.exact),
        rows: c.rows.iter().map(row).collect(),
        outcome: c.outcome.clone(),
    }
}

fn sobolev(s: &solve::Sobolev) -> candidate::Sobolev {
    let class = match (s.space, s.critical_points.is_empty()) {
        (solve::Space::First, _) => "continuous, with a square integrable slope; the slope jumps at kinks",
        (solve::Space::Second, true) => "continuously differentiable, with a square integrable second derivative",
        (solve::Space::Second, false) => {
            "continuously differentiable, with a square integrable second derivative; like (x - c)^2 log|x - c| at critical points c"
        }
    };
    let row = |d: &solve::Descent| candidate::Descent {
        parameter: Number(d.eps),
        change: estimate(&d.change),
        linear: Number(d.linear),
    };
    candidate::Sobolev {
        space: s.space.name().to_owned(),
        class: class.to_owned(),
        length: Number(s.length),
        pieces: s.pieces,
        from: Number(s.knots[0]),
        to: Number(s.knots[1]),
        greatest: Number(s.greatest),
        deviation: Number(s.deviation),
        norm_squared: estimate(&s.norm_squared),
        critical_points: s.critical_points.iter().map(|c| Number(*c)).collect(),
        descent: s.descent.iter().map(row).collect(),
    }
}

/// A name fit for a file: letters and digits, the rest as single underscores.
pub(super) fn name(activation: &str, input: &Input) -> String {
    let text = format!("{activation}_{}", input.text());
    let mut name = String::new();
    for c in text.chars() {
        match c {
            _ if c.is_ascii_alphanumeric() || c == '.' => name.push(c),
            '-' if name.ends_with('_') => name.push_str("minus"),
            _ if !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    name.trim_matches('_').chars().take(80).collect()
}

pub(super) fn activation(a: &Activation, pieces: &[Piece]) -> candidate::Activation {
    let parameter = |(name, value): (&std::sync::Arc<str>, &num_rational::BigRational)| candidate::Parameter {
        name: name.to_string(),
        value: Number(to_f64(value)),
        learnable: true,
    };
    candidate::Activation {
        text: a.formula.text(),
        latex: a.formula.expr.latex(),
        pieces: pieces.iter().map(piece).collect(),
        parameters: a.formula.parameters.iter().map(parameter).collect(),
        source: a.entry.map(|e| e.source.to_owned()),
    }
}

pub(super) fn input(i: &Input) -> candidate::Input {
    let normalised = i.normalisation().map(|e| format!("numerically: divided by {} +- {:.1e}", e.value, e.error));
    candidate::Input { text: i.text(), latex: i.latex(), normalised }
}

pub(super) fn piece(p: &Piece) -> candidate::Piece {
    let text = |e: &Option<Expr>| e.as_ref().map(Expr::to_string);
    candidate::Piece {
        from: Number(p.from.value),
        to: Number(p.to.value),
        from_text: text(&p.from.exact),
        to_text: text(&p.to.exact),
        text: p.form.to_string(),
        latex: p.form.latex(),
    }
}

pub(super) fn estimate(e: &Estimate) -> candidate::Estimate {
    candidate::Estimate { value: Number(e.value), error: Number(e.error), evaluations: e.evaluations }
}

fn sign(s: solve::Sign) -> candidate::Sign {
    match s {
        solve::Sign::Negative => candidate::Sign::Negative,
        solve::Sign::Positive => candidate::Sign::Positive,
        solve::Sign::Both => candidate::Sign::Both,
        solve::Sign::Neither => candidate::Sign::Neither,
        solve::Sign::Unknown => candidate::Sign::Unknown,
    }
}

fn singular_point(s: &solve::SingularPoint) -> candidate::SingularPoint {
    candidate::SingularPoint {
        at: Number(s.at.value),
        text: s.at.exact.as_ref().map(Expr::to_string),
        kind: s.kind.to_owned(),
        residue: s.residue.map(Number),
        description: s.description.clone(),
    }
}

fn kink(k: &solve::Kink) -> candidate::Kink {
    candidate::Kink {
        at: Number(k.at.value),
        text: k.at.exact.as_ref().map(Expr::to_string),
        left_slope: Number(k.left_slope),
        right_slope: Number(k.right_slope),
        point_mass: Number(k.point_mass),
        correction_jump: (k.correction_jump != 0.0).then_some(Number(k.correction_jump)),
        outcome: k.outcome.clone(),
    }
}

fn tail(t: &solve::Tail) -> candidate::Tail {
    candidate::Tail { end: Number(t.end), statement: t.statement.clone(), ratio: None, outcome: t.outcome.clone() }
}

pub(super) fn step(s: &solve::Step) -> candidate::Step {
    candidate::Step {
        rule: s.rule.to_owned(),
        text: s.text.clone(),
        latex: s.latex.clone(),
        checked: s.checked.clone(),
    }
}

pub(super) fn check(c: &solve::Check) -> candidate::Check {
    candidate::Check {
        what: c.what.to_owned(),
        how: c.how.clone(),
        number: Number(c.number),
        at: c.at.map(Number),
        tolerance: Number(c.tolerance),
        pass: c.pass(),
    }
}

pub(super) fn output_entropy(e: &Entropy) -> candidate::OutputEntropy {
    let kind = match e.kind {
        Kind::Continuous => "continuous",
        Kind::Mixed => "mixed",
        Kind::Discrete => "discrete",
    };
    // An undefined entropy has an infinite error; its value is no number.
    let value = if e.entropy.error.is_finite() || e.entropy.value.is_infinite() { e.entropy.value } else { f64::NAN };
    candidate::OutputEntropy {
        value: Number(value),
        error: Number(e.entropy.error),
        evaluations: e.entropy.evaluations,
        kind: Some(kind.to_owned()),
        atoms: e.atoms.iter().map(|a| candidate::Atom { at: Number(a.at), mass: Number(a.mass) }).collect(),
        outcome: e.outcome.clone(),
    }
}
