//! `eafo optimize`: the best parameters of an activation under constraints.

use super::Outcome;
use super::console::{Output, Sink};
use super::derive::quoted;
use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::report::{Format, OptimumFile, optimum_picture};
use crate::solve::{Constraint, Objective, OptimumSettings, Problem, Solver, optimize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Find the best parameters of an activation for a functional of its output, under constraints
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// An expression in x with parameters and their starting values: `x*sigmoid(b*x)+a*x; a=0,b=1`
    #[arg(value_name = "ACTIVATION", value_parser = super::unshielded)]
    activation: String,
    /// The distribution of the pre-activation, e.g. `normal(0,1)`
    #[arg(long, value_name = "DISTRIBUTION")]
    input: String,
    /// entropy (lowered), negentropy, deficit (raised) or variance; min: or max: in front says otherwise
    #[arg(long, default_value = "entropy")]
    objective: String,
    /// What has to hold: monotone, lipschitz<=L, slope>=S, variance=V, second_moment=M, separated by commas
    #[arg(long, value_name = "LIST")]
    subject_to: Option<String>,
    /// brent, bfgs, lbfgs, nelder-mead, particle-swarm or simulated-annealing
    #[arg(long, value_name = "NAME")]
    solver: Option<String>,
    /// Where to look: `a=0:2,b=-1:1`
    #[arg(long, value_name = "LIST", value_parser = super::unshielded)]
    bounds: Option<String>,
    /// The seed of everything random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Starts at random points besides the given one
    #[arg(long, default_value_t = 3, value_name = "N")]
    restarts: usize,
    /// Draw the result; the ending .svg or .png says the format
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let problem = self.problem()?;
        let settings = OptimumSettings {
            solver: self.solver.as_deref().map(str::parse::<Solver>).transpose()?,
            seed: self.seed,
            restarts: self.restarts.min(1000),
            ..OptimumSettings::default()
        };
        let picture = match &self.plot {
            Some(path) => Some((Format::of(path)?, Sink::create(path)?)),
            None => None,
        };
        let publisher = self.output.open()?;
        let stop = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&stop);
        // Without a handler Ctrl-C ends the program at once, as it does everywhere else.
        let _ = ctrlc::set_handler(move || raised.store(true, Ordering::Relaxed));
        let optimum = optimize(&problem, &settings, &stop)?;
        if let Some((format, sink)) = picture {
            sink.write(&optimum_picture(&problem, &optimum, format)?)?;
        }
        let file = OptimumFile::new(&problem, &optimum, &self.command(), self.seed);
        publisher.publish(&file, || file.text())?;
        Ok(if file.solved() { Outcome::Done } else { Outcome::NoAnswer })
    }

    fn problem(&self) -> Result<Problem> {
        Ok(Problem {
            formula: Activation::parse(&self.activation)?.formula,
            input: Input::parse(&self.input)?,
            objective: self.objective.parse::<Objective>()?,
            constraints: self.subject_to.as_deref().map_or(Ok(vec![]), Constraint::list)?,
            bounds: self.bounds.as_deref().map_or(Ok(vec![]), bounds)?,
        })
    }

    /// The command that asks the same question.
    fn command(&self) -> String {
        let mut command = format!("eafo optimize {} --input {}", quoted(&self.activation), quoted(&self.input));
        command.push_str(&format!(" --objective {}", quoted(&self.objective)));
        for (option, value) in
            [("--subject-to", &self.subject_to), ("--solver", &self.solver), ("--bounds", &self.bounds)]
        {
            if let Some(value) = value {
                command.push_str(&format!(" {option} {}", quoted(value)));
            }
        }
        command.push_str(&format!(" --seed {} --restarts {}", self.seed, self.restarts));
        command
    }
}

/// Reads `a=0:2,b=-1:1`.
fn bounds(text: &str) -> Result<Vec<(String, f64, f64)>> {
    let one = |part: &str| {
        let (name, range) = part.split_once('=')?;
        let (low, high) = range.split_once(':')?;
        let (low, high) = (low.trim().parse::<f64>().ok()?, high.trim().parse::<f64>().ok()?);
        (low < high && low.is_finite() && high.is_finite()).then(|| (name.trim().to_owned(), low, high))
    };
    let wrong =
        |part: &str| Error::Unsupported(format!("bounds `{part}` are not of the form name=LOW:HIGH with LOW < HIGH"));
    text.split(',').map(|part| one(part).ok_or_else(|| wrong(part))).collect()
}
