//! `eafo export`: an activation as source code for training.

use super::Outcome;
use super::console::{Sink, print, print_bytes, read};
use crate::activation::Activation;
use crate::emit::{RationalSettings, Source, Target, emit, emit_bytes, rational_form};
use crate::error::{Error, Result};
use crate::expr::{Expr, Formula, constant};
use crate::input::Input;
use crate::report::{Candidate, to_json};
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Write an activation as source code: pytorch, jax, flax, keras, onnx, c, rust, candle, rational, latex
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A candidate file (`*.json`), a name of the catalogue, or an expression in x
    #[arg(value_parser = super::unshielded, value_name = "CANDIDATE.json|EXPR")]
    activation: String,
    /// The framework or language: pytorch, jax, flax, keras, onnx, c, rust, candle, rational or latex
    #[arg(long, value_name = "TARGET")]
    to: String,
    /// The name of the function
    #[arg(long)]
    name: Option<String>,
    /// A parameter that training leaves as it is (repeatable)
    #[arg(long, value_name = "NAME")]
    frozen: Vec<String>,
    /// A parameter that stays positive in training, by a softplus (repeatable)
    #[arg(long, value_name = "NAME")]
    positive: Vec<String>,
    /// Export a rational function of these degrees that stands in for the activation, its coefficients learnable
    #[arg(long, visible_alias = "degrees", value_name = "P,Q", value_parser = degrees)]
    rational: Option<(usize, usize)>,
    /// Where the rational function stands in, by default -3,3
    #[arg(long, value_name = "A,B", value_parser = interval, allow_hyphen_values = true)]
    interval: Option<(f64, f64)>,
    /// The input under which the mean square error of the rational function is least; without one the greatest error is
    #[arg(long, value_name = "D")]
    input: Option<String>,
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
        let mut source = self.source()?;
        let rational = self.rational_settings(target)?;
        if let (Some(settings), true) = (&rational, target != Target::Rational) {
            source = rational_form(&source, settings)?.source(&source);
        }
        // All that can go wrong goes wrong before anything is written.
        let binary = target == Target::Onnx;
        if self.json && binary {
            emit(&source, target)?;
        }
        let code = match (&rational, target) {
            (Some(settings), Target::Rational) => rational_form(&source, settings)?.json(&source).into_bytes(),
            _ => emit_bytes(&source, target)?,
        };
        if let Some(out) = &self.out {
            Sink::create(out)?.write(&code)?;
        }
        if self.json {
            let code = String::from_utf8_lossy(&code);
            print(&to_json(&json!({ "target": target.name(), "formula": source.formula.text(), "code": code }))?)?;
        } else if self.out.is_none() {
            if binary && std::io::stdout().is_terminal() {
                emit(&source, target)?;
            }
            print_bytes(&code)?;
        }
        Ok(Outcome::Done)
    }

    /// What a rational function is asked for, if one is.
    fn rational_settings(&self, target: Target) -> Result<Option<RationalSettings>> {
        if target != Target::Rational && self.rational.is_none() {
            return match (&self.interval, &self.input) {
                (None, None) => Ok(None),
                _ => Err(Error::Unsupported(
                    "--interval and --input are for rational functions: add --rational P,Q".to_owned(),
                )),
            };
        }
        let standard = RationalSettings::default();
        Ok(Some(RationalSettings {
            degrees: self.rational.unwrap_or(standard.degrees),
            interval: self.interval.unwrap_or(standard.interval),
            input: self.input.as_deref().map(Input::parse).transpose()?,
        }))
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
            return Ok(self.named(name, activation.formula, provenance, &[]));
        }
        let path = Path::new(&self.activation);
        let candidate = Candidate::from_json(&read(path)?, path)?;
        let text = candidate.found();
        let provenance = format!("By eafo {}: {}", candidate.provenance.version, candidate.provenance.command);
        let step = candidate.improved.iter().filter_map(|i| i.parameter.as_ref()).map(|p| (&p.name, p.learnable));
        let named = candidate.activation.parameters.iter().map(|p| (&p.name, p.learnable));
        let frozen: Vec<String> =
            named.chain(step).filter(|(_, learnable)| !learnable).map(|(n, _)| n.clone()).collect();
        Ok(self.named(&candidate.name, Formula::parse(text)?, provenance, &frozen))
    }

    fn named(&self, name: &str, formula: Formula, provenance: String, frozen: &[String]) -> Source {
        let known = formula.expr.parameters();
        let mut source = Source::new(self.name.as_deref().unwrap_or(name), formula, provenance);
        source.frozen = frozen.iter().filter(|n| known.contains(n.as_str())).chain(&self.frozen).cloned().collect();
        source.positive.clone_from(&self.positive);
        source
    }
}

/// Two degrees.
fn degrees(text: &str) -> std::result::Result<(usize, usize), String> {
    let parts = text.split_once(',').map(|(p, q)| (p.trim().parse(), q.trim().parse()));
    match parts {
        Some((Ok(p), Ok(q))) => Ok((p, q)),
        _ => Err("expected two degrees, numerator and denominator, like 5,4".to_owned()),
    }
}

/// Two ends, constants of the grammar.
fn interval(text: &str) -> std::result::Result<(f64, f64), String> {
    let number = |text: &str| Expr::parse(text.trim()).and_then(|e| constant(&e)).map_err(|e| e.to_string());
    match text.split_once(',') {
        Some((a, b)) => Ok((number(a)?, number(b)?)),
        None => Err("expected two ends, like -3,3".to_owned()),
    }
}
