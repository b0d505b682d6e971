//! `eafo derive`: the EAFO correction of activations under an input.

use super::Outcome;
use super::console::Output;
use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::report::{self, Candidate, Provenance};
use crate::solve::{self, Settings};
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;

/// Derive the entropy-lowering correction of activations and the improved activation, step by step
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Names of the catalogue (`gelu`, `leaky_relu(0.2)`) or expressions in x
    #[arg(required = true, value_name = "ACTIVATION", value_parser = super::unshielded)]
    activations: Vec<String>,
    /// The distribution of the pre-activation, e.g. `normal(0,1)`
    #[arg(long, value_name = "DISTRIBUTION")]
    input: String,
    /// The metric of the descent; `inverse` is the paper's
    #[arg(long, value_enum, default_value_t)]
    metric: Metric,
    /// The length of the Sobolev metric; by default the width of the input
    #[arg(long, value_name = "L", allow_negative_numbers = true)]
    length: Option<f64>,
    /// The order of the expansion in the step
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = super::whole(0, u32::MAX))]
    order: u32,
    /// The name of the result
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
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

/// The metrics as typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Metric {
    /// L2 in the inverse, the paper's
    #[default]
    Inverse,
    /// L2 in the activation
    Forward,
    /// L2 weighted by the input
    Probability,
    /// A Sobolev space: bounded where the activation has critical points
    Sobolev,
}

impl From<Metric> for crate::solve::Metric {
    fn from(metric: Metric) -> Self {
        match metric {
            Metric::Inverse => crate::solve::Metric::Inverse,
            Metric::Forward => crate::solve::Metric::Forward,
            Metric::Probability => crate::solve::Metric::Probability,
            Metric::Sobolev => crate::solve::Metric::Sobolev,
        }
    }
}

/// One derivation, resolved.
pub(super) struct Request {
    activation: Activation,
    input: Input,
    settings: Settings,
    name: Option<String>,
    command: String,
}

impl Request {
    /// Reads the problem; what is wrong with it is said before any work.
    pub fn resolve(
        activation: &str,
        input: &str,
        metric: Metric,
        length: Option<f64>,
        order: u32,
        name: Option<String>,
    ) -> Result<Request> {
        let mut command = format!("eafo derive {} --input {}", quoted(activation), quoted(input));
        if metric != Metric::default() {
            command += &format!(" --metric {}", format!("{metric:?}").to_lowercase());
        }
        if let Some(length) = length {
            command += &format!(" --length {length}");
        }
        if order != 1 {
            command += &format!(" --order {order}");
        }
        if let Some(name) = &name {
            if name.trim().is_empty() || name.chars().any(char::is_control) {
                return Err(Error::OutOfRange {
                    owner: "derive".to_owned(),
                    name: "name".to_owned(),
                    value: format!("{name:?}"),
                    expected: "it must be one line with at least one letter".to_owned(),
                });
            }
            command += &format!(" --name {}", quoted(name));
        }
        let settings = Settings { metric: metric.into(), order, length, ..Settings::default() };
        Ok(Request { activation: Activation::parse(activation)?, input: Input::parse(input)?, settings, name, command })
    }

    /// Solves it. The command in the result names the problem only, so that the file's bytes do not depend on where
    /// it is written.
    pub fn solve(&self) -> Result<Candidate> {
        let mut candidate = solve::derive(&self.activation, &self.input, &self.settings)?.candidate();
        candidate.provenance = Provenance::of(&self.command).with_files_of(&self.input);
        if let Some(name) = &self.name {
            candidate.name.clone_from(name);
        }
        Ok(candidate)
    }
}

/// An argument as one word for a shell.
pub(super) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.,:/+=%@".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', "'\\''"))
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let several = self.activations.len() > 1;
        for (option, given) in [("--name", self.name.is_some()), ("--plot", self.plot.is_some())] {
            if several && given {
                let message = format!("{option} is for one activation, {} given", self.activations.len());
                return Err(Error::Unsupported(message));
            }
        }
        let resolve =
            |a: &String| Request::resolve(a, &self.input, self.metric, self.length, self.order, self.name.clone());
        let requests = self.activations.iter().map(resolve).collect::<Result<Vec<_>>>()?;
        let (publisher, picture) = self.output.open_with_picture(self.plot.as_deref())?;
        let candidates = requests.iter().map(Request::solve).collect::<Result<Vec<_>>>()?;
        if let (Some((format, sink)), Some(candidate)) = (picture, candidates.first()) {
            sink.write(&report::picture(candidate, format)?)?;
        }
        let render = || self.render(&candidates);
        match &*candidates {
            [candidate] => publisher.publish(candidate, render)?,
            _ => publisher.publish(&json!({ "candidates": candidates }), render)?,
        }
        Ok(if candidates.iter().all(Candidate::solved) { Outcome::Done } else { Outcome::NoAnswer })
    }

    /// The derivations one after the other, and a table of several.
    fn render(&self, candidates: &[Candidate]) -> String {
        let one = if self.latex {
            report::latex
        } else if self.markdown {
            report::markdown
        } else {
            report::text
        };
        let mut pages: Vec<String> = candidates.iter().map(one).collect();
        if candidates.len() > 1 && !self.latex && !self.markdown {
            pages.push(report::table(candidates));
        }
        pages.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn arguments_are_quoted_for_a_shell() {
        assert_eq!(quoted("relu"), "relu");
        assert_eq!(quoted("normal(0,1)"), "'normal(0,1)'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
