//! `eafo wafbc`: the worst activation with boundary conditions, and the input for which an activation is the worst.

use super::Outcome;
use super::console::Output;
use super::derive::quoted;
use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::report::{self, Candidate, Provenance};
use crate::solve::{self, Boundary, DiscreteSettings, WorstProblem};
use serde::Deserialize;
use std::path::PathBuf;

/// Find the worst activation with boundary conditions under an input, or the input for which an activation is the worst
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The distribution of the pre-activation, e.g. `normal(0,1)`
    #[arg(long, value_name = "DISTRIBUTION", required_unless_present = "of", conflicts_with = "of")]
    input: Option<String>,
    /// The values A,B at the ends, `inf` or `free` where there is none; 0,1 by default
    #[arg(long, value_name = "A,B", allow_hyphen_values = true, conflicts_with = "of")]
    range: Option<String>,
    /// The ends a,b; the support of the input by default
    #[arg(long, value_name = "a,b", allow_hyphen_values = true, conflicts_with = "of")]
    between: Option<String>,
    /// Solve the same on about N cells by numerical optimisation
    #[arg(long, value_name = "N", conflicts_with = "of")]
    numeric: Option<String>,
    /// The activation whose input is asked for
    #[arg(long = "for", value_name = "ACTIVATION", id = "of", value_parser = super::unshielded)]
    of: Option<String>,
    /// Print the derivation as LaTeX
    #[arg(long, conflicts_with_all = ["markdown", "json"])]
    latex: bool,
    /// Print the derivation as Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Draw the result; the ending .svg or .png says the format
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// The problem as typed, on the command line or in a script.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    input: Option<String>,
    range: Option<String>,
    between: Option<String>,
    numeric: Option<usize>,
    #[serde(rename = "for")]
    of: Option<String>,
    name: Option<String>,
}

/// A problem, resolved.
pub(super) struct Request {
    problem: Kind,
    command: String,
    name: Option<String>,
    progress: bool,
}

enum Kind {
    Worst(Box<WorstProblem>, Option<DiscreteSettings>),
    InputFor(Box<Activation>),
}

impl Question {
    /// Reads the problem; what is wrong with it is said before any work.
    pub fn resolve(&self) -> Result<Request> {
        let (problem, command) = match (&self.input, &self.of) {
            (Some(input), None) => self.worst(input)?,
            (None, Some(of)) if self.range.is_none() && self.between.is_none() && self.numeric.is_none() => {
                let command = format!("eafo wafbc --for {}", quoted(of));
                (Kind::InputFor(Box::new(Activation::parse(of)?)), command)
            }
            _ => {
                let message = "give either `input`, with `range`, `between` and `numeric` as wanted, or `for` alone";
                return Err(Error::Unsupported(message.to_owned()));
            }
        };
        Ok(Request { problem, command, name: self.name.clone(), progress: false })
    }

    fn worst(&self, input: &str) -> Result<(Kind, String)> {
        let range = pair("--range", self.range.as_deref().unwrap_or("0,1"))?;
        let between = self.between.as_deref().map(|text| pair("--between", text)).transpose()?;
        let settings = self.numeric.map(DiscreteSettings::new).transpose()?;
        let mut command = format!("eafo wafbc --input {}", quoted(input));
        for (option, value) in [("range", &self.range), ("between", &self.between)] {
            if let Some(value) = value {
                command.push_str(&format!(" --{option}={}", quoted(value.trim())));
            }
        }
        if let Some(cells) = self.numeric {
            command.push_str(&format!(" --numeric {cells}"));
        }
        let problem = WorstProblem::new(Input::parse(input)?, range, between)?;
        Ok((Kind::Worst(Box::new(problem), settings), command))
    }
}

/// Two ends with a comma between them, outside brackets.
pub(super) fn pair(option: &str, text: &str) -> Result<(Boundary, Boundary)> {
    let parts = crate::expr::spans(text, ',');
    let [low, high] = parts.as_slice() else {
        let message = format!("{option} takes two values with a comma between them, like -1,1");
        return Err(Error::syntax(text, 0..text.len(), message));
    };
    let read = |part: &std::ops::Range<usize>, upper| match Boundary::parse(&text[part.clone()], upper) {
        Err(Error::ParameterWithoutValue { .. }) => {
            Err(Error::syntax(text, part.clone(), format!("{option} takes two constants, like -1,1")))
        }
        other => other,
    };
    Ok((read(low, false)?, read(high, true)?))
}

/// The number of cells as typed.
pub(super) fn cells(text: &str) -> Result<usize> {
    let number = text.trim();
    let refuse = || Error::OutOfRange {
        owner: "--numeric".to_owned(),
        name: "N".to_owned(),
        value: number.to_owned(),
        expected: "a whole number of cells is expected, like 10000".to_owned(),
    };
    if let Ok(n) = number.parse() {
        return Ok(n);
    }
    match number.parse::<f64>() {
        Ok(n) if n.fract() == 0.0 && (0.0..1e15).contains(&n) => Ok(n as usize),
        _ => Err(refuse()),
    }
}

impl Request {
    /// Solves it.
    pub fn solve(&self) -> Result<Candidate> {
        let mut candidate = match &self.problem {
            Kind::Worst(problem, settings) => {
                let solution = solve::worst(problem)?;
                let bounded = solution.status == solve::WorstStatus::Solved;
                let with = |s: &DiscreteSettings| DiscreteSettings { progress: self.progress, ..s.clone() };
                let levels = match settings {
                    Some(settings) if bounded => Some(solve::levels(problem, &with(settings))?),
                    _ => None,
                };
                solution.candidate(levels.as_ref())
            }
            Kind::InputFor(activation) => solve::input_for(activation)?.candidate(),
        };
        let provenance = Provenance::of(&self.command);
        candidate.provenance = match &self.problem {
            Kind::Worst(problem, _) => provenance.with_files_of(&problem.input),
            Kind::InputFor(_) => provenance,
        };
        if let Some(name) = &self.name {
            candidate.name.clone_from(name);
        }
        Ok(candidate)
    }
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let question = Question {
            input: self.input.clone(),
            range: self.range.clone(),
            between: self.between.clone(),
            numeric: self.numeric.as_deref().map(cells).transpose()?,
            of: self.of.clone(),
            name: None,
        };
        let request = Request { progress: true, ..question.resolve()? };
        let (publisher, picture) = self.output.open_with_picture(self.plot.as_deref())?;
        let candidate = request.solve()?;
        if let Some((format, sink)) = picture
            && candidate.solved()
        {
            sink.write(&report::picture(&candidate, format)?)?;
        }
        publisher.publish(&candidate, || match (self.latex, self.markdown) {
            (true, _) => report::latex(&candidate),
            (_, true) => report::markdown(&candidate),
            _ => report::text(&candidate),
        })?;
        let interrupted = candidate.numeric.as_ref().is_some_and(|n| n.status == "interrupted");
        Ok(if candidate.solved() && !interrupted { Outcome::Done } else { Outcome::NoAnswer })
    }
}
