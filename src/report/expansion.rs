//! A Taylor series of the functional as a file, as text and as LaTeX.

use super::candidate::{Check, Input, Provenance};
use super::document::{Block, Phrase, Span, maths, measured, number, supported, words};
use super::number::Number;
use super::{latex, text};
use crate::entropy::{self, Coefficient, Expansion};
use crate::expr::Expr;
use serde::Serialize;

/// A formula in both spellings.
#[derive(Debug, Clone, Serialize)]
struct Formula {
    text: String,
    latex: String,
}

impl From<&Expr> for Formula {
    fn from(e: &Expr) -> Formula {
        Formula { text: e.to_string(), latex: e.latex() }
    }
}

/// The direction of an expansion.
#[derive(Debug, Clone, Serialize)]
struct Direction {
    text: String,
    latex: String,
    /// "given", or "eafo" for the correction that `derive` finds.
    source: String,
    /// What the formula stands for.
    meaning: String,
}

/// The integrand of delta^n H for free p and y.
#[derive(Debug, Clone, Serialize)]
struct Integrand {
    order: usize,
    text: String,
    latex: String,
}

/// One row of the remainder table.
#[derive(Debug, Clone, Serialize)]
struct Row {
    e: Number,
    exact: Option<Number>,
    error: Option<Number>,
    series: Number,
    difference: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
}

/// An interval of steps.
#[derive(Debug, Clone, Serialize)]
struct Interval {
    lower: Number,
    upper: Number,
}

/// The Taylor series of the entropy of an activation's output along a direction, as `eafo expand --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct ExpansionFile {
    schema: &'static str,
    status: String,
    activation: Formula,
    input: Input,
    side: &'static str,
    direction: Direction,
    order: usize,
    coefficients: Vec<Option<Number>>,
    errors: Vec<Option<Number>>,
    evaluations: Vec<u64>,
    closed_form: Vec<Option<String>>,
    closed_form_latex: Vec<Option<String>>,
    outcomes: Vec<Option<String>>,
    radius: Number,
    radius_at: Option<Number>,
    monotone: Interval,
    mass: Number,
    remainder: Vec<Row>,
    integrand: Vec<Integrand>,
    outcome: Option<String>,
    notes: Vec<String>,
    checks: Vec<Check>,
    provenance: Provenance,
}

/// What an expansion was made of.
pub struct ExpansionProblem<'a> {
    /// The activation, its parameters at their values.
    pub activation: &'a Expr,
    /// The input.
    pub input: &'a crate::input::Input,
    /// The direction as it was given or derived.
    pub direction: &'a Expr,
    /// "given" or "eafo".
    pub source: &'a str,
    /// What the direction stands for.
    pub meaning: &'a str,
    /// The side.
    pub side: entropy::Side,
    /// The command, as one line for a shell.
    pub command: &'a str,
}

impl ExpansionFile {
    /// The file of an expansion.
    pub fn new(problem: &ExpansionProblem, expansion: &Expansion) -> ExpansionFile {
        let of = |f: &dyn Fn(&Coefficient) -> Option<Number>| expansion.coefficients.iter().map(f).collect();
        let closed = |f: &dyn Fn(&Expr) -> String| -> Vec<Option<String>> {
            expansion.coefficients.iter().map(|c| c.closed_form.as_ref().map(f)).collect()
        };
        let missing: Vec<usize> =
            (expansion.coefficients.iter().enumerate()).filter(|(_, c)| c.value.is_none()).map(|(k, _)| k).collect();
        ExpansionFile {
            schema: "eafo.expansion/1",
            status: match (missing.is_empty(), expansion.reach()) {
                (true, _) => "expanded",
                (false, 0) => "no expansion",
                (false, _) => "partly expanded",
            }
            .to_owned(),
            activation: problem.activation.into(),
            input: Input { text: problem.input.text(), latex: problem.input.latex(), normalised: None },
            side: problem.side.name(),
            direction: Direction {
                text: problem.direction.to_string(),
                latex: problem.direction.latex(),
                source: problem.source.to_owned(),
                meaning: problem.meaning.to_owned(),
            },
            order: expansion.coefficients.len() - 1,
            coefficients: of(&|c| c.value.map(|v| Number(v.value))),
            errors: of(&|c| c.value.map(|v| Number(v.error))),
            evaluations: expansion.coefficients.iter().map(|c| c.value.map_or(0, |v| v.evaluations)).collect(),
            closed_form: closed(&Expr::to_string),
            closed_form_latex: closed(&Expr::latex),
            outcomes: expansion.coefficients.iter().map(|c| c.outcome.clone()).collect(),
            radius: Number(expansion.radius),
            radius_at: (!expansion.radius_at.is_nan()).then_some(Number(expansion.radius_at)),
            monotone: Interval { lower: Number(expansion.monotone.0), upper: Number(expansion.monotone.1) },
            mass: Number(expansion.mass),
            remainder: expansion.remainder.iter().map(row).collect(),
            integrand: integrands(expansion.coefficients.len() - 1),
            outcome: outcome(expansion, &missing),
            notes: expansion.notes.clone(),
            checks: expansion.agreements.iter().map(check).collect(),
            provenance: Provenance::of(problem.command).with_files_of(problem.input),
        }
    }

    /// Whether there is a series at all.
    pub fn answered(&self) -> bool {
        self.status != "no expansion"
    }

    /// As plain text.
    pub fn text(&self) -> String {
        text::page(&self.blocks())
    }

    /// What is expanded, as the title of a picture.
    pub(super) fn title(&self) -> String {
        format!("{} under {}, along {}", self.activation.text, self.input.text, self.direction.text)
    }

    /// The steps of the remainder table, the least and the greatest.
    pub fn steps(&self) -> (f64, f64) {
        let all = self.remainder.iter().map(|r| r.e.0);
        all.fold((0.0, 0.0), |(low, high), e| (e.min(low), e.max(high)))
    }

    /// As a LaTeX section.
    pub fn latex(&self) -> String {
        latex::page(&self.blocks())
    }

    fn blocks(&self) -> Vec<Block> {
        let mut title = words("Taylor series of the entropy of ");
        title.extend(maths(&self.activation.text, &self.activation.latex));
        title.extend(words(" under "));
        title.extend(maths(&self.input.text, &self.input.latex));
        let mut blocks = vec![Block::Title(title), Block::Heading("Problem"), Block::Rows(self.problem())];
        blocks.extend([Block::Heading("Coefficients"), self.series()]);
        let said: Vec<Phrase> = self.gaps().into_iter().chain(self.notes.iter().map(|n| words(n))).collect();
        if !said.is_empty() {
            blocks.push(Block::List(said));
        }
        blocks.extend([Block::Heading("Where it holds"), Block::Rows(self.range())]);
        if !self.remainder.is_empty() {
            blocks.push(self.table());
        }
        blocks.push(Block::Heading("Variations for a free density p and inverse y"));
        blocks.push(Block::Paragraph(words(
            "delta^n H = INT (the integrand below) dx, p and its derivatives taken at y(x)",
        )));
        let rows = self.integrand.iter().map(|v| {
            let power = if v.order == 1 { String::new() } else { format!("^{}", v.order) };
            let latex = if v.order == 1 { "\\delta H".to_owned() } else { format!("\\delta^{{{}}} H", v.order) };
            vec![maths(&format!("delta{power} H"), &latex), maths(&v.text, &v.latex)]
        });
        blocks.push(Block::Table { header: vec!["", "integrand"], rows: rows.collect() });
        if !self.checks.is_empty() {
            blocks.extend([
                Block::Heading("Checks"),
                Block::Table {
                    header: vec!["", "what", "how", "found", "tolerance"],
                    rows: self.checks.iter().map(check_row).collect(),
                },
            ]);
        }
        blocks
    }

    /// Why coefficients are missing, powers with the same reason together.
    fn gaps(&self) -> Vec<Phrase> {
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for (k, outcome) in self.outcomes.iter().enumerate() {
            let Some(outcome) = outcome.as_deref() else { continue };
            match reasons.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, powers)) => powers.push(format!("e^{k}")),
                None => reasons.push((outcome, vec![format!("e^{k}")])),
            }
        }
        reasons.into_iter().map(|(why, powers)| words(&format!("{}: {why}", powers.join(", ")))).collect()
    }

    fn problem(&self) -> Vec<(String, Phrase)> {
        let mut direction = maths(&self.direction.text, &self.direction.latex);
        direction.extend(words(&format!(", {}", self.direction.meaning)));
        vec![
            ("activation".into(), maths(&self.activation.text, &self.activation.latex)),
            ("input".into(), maths(&self.input.text, &self.input.latex)),
            ("direction".into(), direction),
            ("side".into(), words(self.side)),
            ("status".into(), words(&self.status)),
        ]
    }

    fn series(&self) -> Block {
        let rows = (0..self.coefficients.len()).map(|k| {
            let value = match (self.coefficients[k], self.errors[k]) {
                (Some(v), Some(e)) => vec![measured(v, e)],
                _ => words("no value"),
            };
            let closed = match (&self.closed_form[k], &self.closed_form_latex[k]) {
                (Some(t), Some(l)) => maths(t, l),
                _ => words(""),
            };
            vec![maths(&format!("e^{k}"), &format!("\\varepsilon^{{{k}}}")), value, closed]
        });
        Block::Table { header: vec!["power", "coefficient (nats)", "closed form"], rows: rows.collect() }
    }

    fn range(&self) -> Vec<(String, Phrase)> {
        let mut radius = vec![number(self.radius, 12)];
        if let Some(at) = self.radius_at {
            radius.extend(words(", set at x = "));
            radius.push(number(at, 6));
        }
        let mut monotone = vec![number(self.monotone.lower, 9)];
        monotone.extend(words(" to "));
        monotone.push(number(self.monotone.upper, 9));
        vec![("radius of convergence".into(), radius), ("monotone for e from".into(), monotone)]
    }

    fn table(&self) -> Block {
        let cell = |value: Option<Number>, digits: usize| value.map_or(words("none"), |v| vec![number(v, digits)]);
        let row = |r: &Row| {
            let exact = r.exact.zip(r.error).map_or(words("none"), |(v, e)| vec![Span::Maths(supported(v, e, 14))]);
            vec![
                vec![number(r.e, 6)],
                exact,
                vec![number(r.series, 14)],
                cell(r.difference, 3),
                words(r.outcome.as_deref().unwrap_or("")),
            ]
        };
        Block::Table {
            header: vec!["e", "functional", "series", "difference", ""],
            rows: self.remainder.iter().map(row).collect(),
        }
    }
}

/// The variations for free p and y, at least four of them; beyond twelve they are too long to be read.
fn integrands(order: usize) -> Vec<Integrand> {
    let integrand = |v: entropy::Variation| Integrand { order: v.order, text: v.text, latex: v.latex };
    entropy::variations(order.clamp(4, 12)).into_iter().map(integrand).collect()
}

/// Why the answer is not whole.
fn outcome(expansion: &Expansion, missing: &[usize]) -> Option<String> {
    let first = *missing.first()?;
    let why = expansion.coefficients[first].outcome.clone()?;
    let orders: Vec<String> = missing.iter().map(usize::to_string).collect();
    Some(format!("no coefficient of e^k for k = {}: {why}", orders.join(", ")))
}

fn row(r: &entropy::Remainder) -> Row {
    Row {
        e: Number(r.e),
        exact: r.exact.map(|h| Number(h.value)),
        error: r.exact.map(|h| Number(h.error)),
        series: Number(r.series),
        difference: r.exact.map(|h| Number(r.series - h.value)),
        outcome: r.outcome.clone(),
    }
}

fn check(a: &entropy::Agreement) -> Check {
    Check {
        what: a.what.to_owned(),
        how: a.how.to_owned(),
        number: Number(a.number),
        at: None,
        tolerance: Number(a.tolerance),
        pass: a.number <= a.tolerance,
    }
}

fn check_row(c: &Check) -> Vec<Phrase> {
    let verdict = if c.pass { "pass" } else { "FAIL" };
    vec![words(verdict), words(&c.what), words(&c.how), vec![number(c.number, 2)], vec![number(c.tolerance, 2)]]
}
