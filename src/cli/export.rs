//! `eafo export`: an activation as source code for training.

use super::Outcome;
use super::console::{Sink, print, read};
use crate::activation::Activation;
use crate::emit::{Source, Target, emit};
use crate::error::Result;
use crate::expr::Formula;
use crate::report::{Candidate, to_json};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Write an activation as source code: c, rust, jax, flax, latex
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A candidate file (`*.json`), a name of the catalogue, or an expression in x
    #[arg(value_parser = super::unshielded, value_name = "CANDIDATE.json|EXPR")]
    activation: String,
    /// The language or framework: c, rust, jax, flax or latex
    #[arg(long, value_name = "TARGET")]
    to: String,
    /// The name of the function
    #[arg(long)]
    name: Option<String>,
    /// Write to a file
    #[arg(short, long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print one JSON document with the code in it
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let target = Target::parse(&self.to)?;
        let source = self.source()?;
        let code = emit(&source, target)?;
        if let Some(out) = &self.out {
            Sink::create(out)?.write(code.as_bytes())?;
        }
        if self.json {
            print(&to_json(&json!({ "target": target.name(), "formula": source.formula.text(), "code": code }))?)?;
        } else if self.out.is_none() {
            print(&code)?;
        }
        Ok(Outcome::Done)
    }

    fn source(&self) -> Result<Source> {
        if !self.activation.ends_with(".json") {
            let activation = Activation::parse(&self.activation)?;
            let word = activation.name.split(['(', ';']).next().unwrap_or_default();
            let provenance = match activation.entry {
                Some(entry) => format!("From {}.", entry.source),
                None => "From an expression.".to_owned(),
            };
            let name = if activation.entry.is_some() { word } else { "activation" };
            return Ok(self.named(name, activation.formula, provenance));
        }
        let path = Path::new(&self.activation);
        let candidate = Candidate::from_json(&read(path)?, path)?;
        let text = candidate.found();
        let provenance = format!("By eafo {}: {}", candidate.provenance.version, candidate.provenance.command);
        Ok(self.named(&candidate.name, Formula::parse(text)?, provenance))
    }

    fn named(&self, name: &str, formula: Formula, provenance: String) -> Source {
        Source { name: self.name.clone().unwrap_or_else(|| name.to_owned()), formula, provenance }
    }
}
