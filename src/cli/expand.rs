//! `eafo expand`: the Taylor series of the entropy along a direction.

use super::Outcome;
use super::console::Output;
use super::derive::quoted;
use crate::activation::Activation;
use crate::entropy::{self, Direction};
use crate::error::{Error, Result};
use crate::expr::{Expr, Formula, constant};
use crate::input::Input;
use crate::report::{ExpansionFile, ExpansionProblem, expansion_picture};
use crate::solve::{self, Metric, Settings};
use std::path::PathBuf;

/// Expand the entropy of an activation's output in powers of a step along a direction
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A name of the catalogue (`gelu`, `leaky_relu(0.2)`) or an expression in x
    #[arg(value_name = "ACTIVATION", value_parser = super::unshielded)]
    activation: String,
    /// The distribution of the pre-activation, e.g. `normal(0,1)`
    #[arg(long, value_name = "DISTRIBUTION")]
    input: String,
    /// An expression in x, or `eafo` for the correction that `derive` finds
    #[arg(long, value_name = "EXPR|eafo", value_parser = super::unshielded, allow_hyphen_values = true)]
    direction: String,
    /// The highest power of e
    #[arg(long, default_value_t = 6, value_name = "N", value_parser = super::whole(0, usize::MAX))]
    order: usize,
    /// What the direction is added to: the activation, or its inverse (x is then the value of the activation)
    #[arg(long, value_enum, default_value_t)]
    side: Side,
    /// The steps of the remainder table, constants separated by commas
    #[arg(long, value_name = "E,...", allow_hyphen_values = true)]
    at: Vec<String>,
    /// Print the series as LaTeX
    #[arg(long, conflicts_with = "json")]
    latex: bool,
    /// Draw the series of every order beside the functional; the ending .svg or .png says the format
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// Points of the functional in a picture.
const POINTS: usize = 121;

/// The sides as typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Side {
    /// f + e g
    #[default]
    Forward,
    /// y + e eta, y the inverse of f
    Inverse,
}

impl From<Side> for entropy::Side {
    fn from(side: Side) -> Self {
        match side {
            Side::Forward => entropy::Side::Forward,
            Side::Inverse => entropy::Side::Inverse,
        }
    }
}

/// A direction with what is shown of it.
struct Resolved {
    direction: Direction,
    shown: Expr,
    source: &'static str,
    meaning: String,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let activation = Activation::parse(&self.activation)?;
        let f = activation.formula.bound()?;
        let input = Input::parse(&self.input)?;
        let given =
            if self.direction.trim() == "eafo" { None } else { Some(Formula::parse(&self.direction)?.bound()?) };
        let steps = self.at.iter().flat_map(|list| list.split(',')).map(step).collect::<Result<Vec<f64>>>()?;
        let (publisher, picture) = self.output.open_with_picture(self.plot.as_deref())?;
        let resolved = match given {
            Some(given) => self.given(given, &f),
            None => self.derived(&activation, &input)?,
        };
        let expansion = entropy::expand(&f, &input, &resolved.direction, self.order, &steps)?;
        let problem = ExpansionProblem {
            activation: &f,
            input: &input,
            direction: &resolved.shown,
            source: resolved.source,
            meaning: &resolved.meaning,
            side: self.side.into(),
            command: &self.command(),
        };
        let file = ExpansionFile::new(&problem, &expansion);
        if let Some((format, sink)) = picture {
            let (low, high) = file.steps();
            let grid: Vec<f64> = (0..POINTS).map(|i| low + (high - low) * i as f64 / (POINTS - 1) as f64).collect();
            let dense = entropy::expand(&f, &input, &resolved.direction, self.order, &grid)?;
            sink.write(&expansion_picture(&file, &dense, format)?)?;
        }
        publisher.publish(&file, || if self.latex { file.latex() } else { file.text() })?;
        Ok(if file.answered() { Outcome::Done } else { Outcome::NoAnswer })
    }

    /// A direction as it was typed.
    fn given(&self, shown: Expr, f: &Expr) -> Resolved {
        let (direction, meaning) = match self.side {
            Side::Forward => (Direction::forward(shown.clone()), "g in f + e g"),
            Side::Inverse => (Direction::inverse(&shown, f), "eta in y + e eta, x the value of f"),
        };
        Resolved { direction, shown, source: "given", meaning: meaning.to_owned() }
    }

    /// The direction that `derive` finds; on the inverse side -d/du [p/f'], which is eta = -(p' y' + p y''/y') at f(u).
    fn derived(&self, activation: &Activation, input: &Input) -> Result<Resolved> {
        let metric = match self.side {
            Side::Forward => Metric::Inverse,
            Side::Inverse => Metric::Forward,
        };
        let solution = solve::derive(activation, input, &Settings { metric, ..Settings::default() })?;
        if let solve::Status::Unbounded(why) = &solution.status {
            return Err(Error::Unsupported(format!("the inverse side has no eafo direction: {why}")));
        }
        let (shown, meaning) = match self.side {
            Side::Forward => {
                let scale = constant(&solution.scale)?;
                let meaning = format!("the correction: e here is the t of the descent, derive's eps is {scale:.6} e");
                (solution.correction, meaning)
            }
            Side::Inverse => {
                (-solution.correction, "eta(f(u)) as a function of u, eta = -(p'(y) y' + p(y) y''/y')".to_owned())
            }
        };
        let pole = solution.singular_points.first().map(|point| point.at.value);
        let direction = match self.side {
            Side::Forward => Direction { pole, ..Direction::forward(shown.clone()) },
            Side::Inverse => Direction { pole, ..Direction::pulled_back(shown.clone()) },
        };
        Ok(Resolved { direction, shown, source: "eafo", meaning })
    }

    /// The command as one line for a shell, without where its results go.
    fn command(&self) -> String {
        let mut command = format!(
            "eafo expand {} --input {} --direction {} --order {}",
            quoted(&self.activation),
            quoted(&self.input),
            quoted(self.direction.trim()),
            self.order
        );
        if self.side == Side::Inverse {
            command.push_str(" --side inverse");
        }
        if !self.at.is_empty() {
            command.push_str(&format!(" --at={}", quoted(&self.at.join(","))));
        }
        command
    }
}

/// A step of the remainder table.
fn step(text: &str) -> Result<f64> {
    let expr = Expr::parse(text)?;
    match constant(&expr) {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Error::syntax(text, 0..text.len(), "expected a finite number")),
    }
}
