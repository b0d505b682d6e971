//! `eafo optimize`: the best parameters of an activation under constraints, the best shape between bounds of the slope, and
//! the entropy flow.

use super::Outcome;
use super::console::Output;
use super::derive::quoted;
use super::wafbc::{cells, pair};
use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::report::{self, Candidate, Provenance};
use crate::solve::{
    Boundary, Constraint, FlowProblem, Goal, Objective, OptimumSettings, Problem, ShapeProblem, ShapeStatus, Solver,
    WorstProblem, flow, optimize, shape, shape_numeric,
};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Find the best parameters of an activation, the best shape between bounds of the slope, or follow the entropy flow
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Parameters:  eafo optimize 'erf(a*x+b); a=0.4,b=0.2' --input 'normal(0,1)' --objective min:deficit\n\
    A shape:     eafo optimize --shape --input 'normal(0,1)' --between=-2,2 --range 0,1 --slopes 0.1,1 --numeric 1000\n\
    A flow:      eafo optimize tanh --input 'normal(0,1)' --flow 10"
)]
pub(super) struct Args {
    /// An expression in x, for parameters with their starting values: `x*sigmoid(b*x)+a*x; a=0,b=1`
    #[arg(value_name = "ACTIVATION", value_parser = super::unshielded, required_unless_present = "shape", conflicts_with = "shape")]
    activation: Option<String>,
    /// The distribution of the pre-activation, e.g. `normal(0,1)`
    #[arg(long, value_name = "DISTRIBUTION")]
    input: String,
    /// entropy (lowered), negentropy, deficit (raised) or variance; min: or max: in front says otherwise
    #[arg(long, default_value = "entropy")]
    objective: String,
    /// What has to hold: monotone, lipschitz<=L, slope>=S, variance=V, second_moment=M, separated by commas
    #[arg(long, value_name = "LIST")]
    subject_to: Option<String>,
    /// The free shape: no activation to start from, but ends and bounds of the slope
    #[arg(long)]
    shape: bool,
    /// Of a shape: the values A,B at the ends; 0,1 by default
    #[arg(long, value_name = "A,B", allow_hyphen_values = true, requires = "shape")]
    range: Option<String>,
    /// Of a shape: the ends a,b; the support of the input by default
    #[arg(long, value_name = "a,b", allow_hyphen_values = true, requires = "shape")]
    between: Option<String>,
    /// Of a shape: the least and the greatest slope; 0,inf by default
    #[arg(long, value_name = "L0,L1", allow_hyphen_values = true, requires = "shape")]
    slopes: Option<String>,
    /// Of a shape: solve the same on N cells by numerical optimisation
    #[arg(long, value_name = "N", requires = "shape")]
    numeric: Option<String>,
    /// Follow the entropy flow, the correction repeated with a line search, for K steps
    #[arg(long, value_name = "K", value_parser = super::whole(0, usize::MAX),
          conflicts_with_all = ["shape", "solver", "bounds"])]
    flow: Option<usize>,
    /// brent, bfgs, lbfgs, nelder-mead, particle-swarm or simulated-annealing
    #[arg(long, value_name = "NAME", conflicts_with = "shape")]
    solver: Option<String>,
    /// Where to look: `a=0:2,b=-1:1`
    #[arg(long, value_name = "LIST", value_parser = super::unshielded, conflicts_with = "shape")]
    bounds: Option<String>,
    /// The seed of everything random
    #[arg(long, default_value_t = 0, value_parser = super::whole(0, u64::MAX))]
    seed: u64,
    /// Starts at random points besides the given one
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = super::whole(0, usize::MAX))]
    restarts: usize,
    /// Print the result as LaTeX
    #[arg(long, conflicts_with_all = ["markdown", "json"])]
    latex: bool,
    /// Print the result as Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Draw the result; the ending .svg or .png says the format
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// The problem as typed, on the command line or in a script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    activation: Option<String>,
    input: String,
    #[serde(default = "entropy")]
    objective: String,
    subject_to: Option<String>,
    #[serde(default)]
    shape: bool,
    range: Option<String>,
    between: Option<String>,
    slopes: Option<String>,
    numeric: Option<usize>,
    flow: Option<usize>,
    solver: Option<String>,
    bounds: Option<String>,
    #[serde(default)]
    seed: u64,
    #[serde(default = "three")]
    restarts: usize,
    name: Option<String>,
}

fn entropy() -> String {
    "entropy".to_owned()
}

fn three() -> usize {
    3
}

/// A problem, resolved.
pub(super) struct Request {
    problem: Kind,
    command: String,
    seed: u64,
    name: Option<String>,
}

enum Kind {
    Parameters(Box<(Problem, Activation, OptimumSettings)>),
    Shape(Box<ShapeProblem>, Option<usize>),
    Flow(Box<FlowProblem>),
}

impl Kind {
    fn input(&self) -> &Input {
        match self {
            Kind::Parameters(parts) => &parts.0.input,
            Kind::Shape(problem, _) => &problem.ends.input,
            Kind::Flow(problem) => &problem.input,
        }
    }
}

impl Question {
    /// Reads the problem; what is wrong with it is said before any work.
    pub fn resolve(&self) -> Result<Request> {
        let constraints = self.subject_to.as_deref().map_or(Ok(vec![]), Constraint::list)?;
        let input = Input::parse(&self.input)?;
        let objective = self.objective.parse::<Objective>()?;
        let of_a_shape = [
            ("range", self.range.is_some()),
            ("between", self.between.is_some()),
            ("slopes", self.slopes.is_some()),
            ("numeric", self.numeric.is_some()),
        ];
        if let Some((option, _)) = of_a_shape.iter().find(|(_, given)| *given && !self.shape) {
            return Err(Error::Unsupported(format!(
                "`{option}` belongs to a free shape: give `shape` and no activation"
            )));
        }
        let problem = match (&self.activation, self.shape, self.flow) {
            (None, true, None) => {
                let numeric = self.numeric.map(crate::solve::DiscreteSettings::new).transpose()?;
                Kind::Shape(Box::new(self.free(input, objective, &constraints)?), numeric.map(|s| s.cells))
            }
            (Some(activation), false, Some(steps)) => {
                lowered(objective)?;
                let activation = Activation::parse(activation)?;
                Kind::Flow(Box::new(FlowProblem { activation, input, constraints, steps }))
            }
            (Some(activation), false, None) => {
                let activation = Activation::parse(activation)?;
                let settings = OptimumSettings {
                    solver: self.solver.as_deref().map(str::parse::<Solver>).transpose()?,
                    seed: self.seed,
                    restarts: self.restarts.min(1000),
                    ..OptimumSettings::default()
                };
                let bounds = self.bounds.as_deref().map_or(Ok(vec![]), bounds)?;
                let formula = activation.formula.clone();
                let problem = Problem { formula, input, objective, constraints, bounds };
                Kind::Parameters(Box::new((problem, activation, settings)))
            }
            _ => {
                let message = "give an activation, with `flow` for its entropy flow, or `shape` without one";
                return Err(Error::Unsupported(message.to_owned()));
            }
        };
        Ok(Request { problem, command: self.command(), seed: self.seed, name: self.name.clone() })
    }

    /// The free shape; bounds of the slope from `--slopes` or from the constraints.
    fn free(&self, input: Input, objective: Objective, constraints: &[Constraint]) -> Result<ShapeProblem> {
        let range = pair("--range", self.range.as_deref().unwrap_or("0,1"))?;
        let between = self.between.as_deref().map(|text| pair("--between", text)).transpose()?;
        let mut slopes = pair("--slopes", self.slopes.as_deref().unwrap_or("0,inf"))?;
        for constraint in constraints {
            let exact = |value: f64| Boundary { value, exact: Some(crate::expr::Expr::float(value)) };
            match (constraint, &self.slopes) {
                (Constraint::Monotone, _) => {}
                (Constraint::Slope(s), None) => slopes.0 = exact(*s),
                (Constraint::Lipschitz(l), None) => slopes.1 = exact(*l),
                _ => {
                    let message = format!(
                        "a shape has its bounds by `--slopes L0,L1`; `{constraint}` cannot be asked for as well"
                    );
                    return Err(Error::Unsupported(message));
                }
            }
        }
        // The deficit of a shape is log(B - A) - H.
        let maximize = match objective.goal {
            Goal::Entropy => objective.maximize,
            Goal::Deficit => !objective.maximize,
            _ => {
                let message = format!("a free shape has the objective min:entropy or max:entropy, not {objective}");
                return Err(Error::Unsupported(message));
            }
        };
        ShapeProblem::new(WorstProblem::new(input, range, between)?, slopes, maximize)
    }

    /// The command that asks the same question.
    fn command(&self) -> String {
        let mut command = "eafo optimize".to_owned();
        match &self.activation {
            Some(activation) => command.push_str(&format!(" {}", quoted(activation))),
            None => command.push_str(" --shape"),
        }
        command.push_str(&format!(" --input {} --objective {}", quoted(&self.input), quoted(&self.objective)));
        for (option, value) in [("range", &self.range), ("between", &self.between), ("slopes", &self.slopes)] {
            if let Some(value) = value {
                command.push_str(&format!(" --{option}={}", quoted(value.trim())));
            }
        }
        let texts = [("--subject-to", &self.subject_to), ("--solver", &self.solver), ("--bounds", &self.bounds)];
        for (option, value) in texts {
            if let Some(value) = value {
                command.push_str(&format!(" {option} {}", quoted(value)));
            }
        }
        for (option, value) in [("--numeric", self.numeric), ("--flow", self.flow)] {
            if let Some(value) = value {
                command.push_str(&format!(" {option} {value}"));
            }
        }
        if self.flow.is_none() {
            command.push_str(&format!(" --seed {}", self.seed));
        }
        if self.flow.is_none() && !self.shape {
            command.push_str(&format!(" --restarts {}", self.restarts));
        }
        command
    }
}

/// A flow lowers the entropy.
fn lowered(objective: Objective) -> Result<()> {
    if objective.goal == Goal::Entropy && !objective.maximize {
        return Ok(());
    }
    Err(Error::Unsupported(format!("a flow has the objective min:entropy, not {objective}")))
}

impl Request {
    /// Solves it. Raising `stop` ends a search with the best so far.
    pub fn solve(&self, stop: &AtomicBool) -> Result<Candidate> {
        let mut candidate = match &self.problem {
            Kind::Parameters(parts) => {
                let (problem, activation, settings) = &**parts;
                optimize(problem, settings, stop)?.candidate(problem, activation)
            }
            Kind::Shape(problem, cells) => {
                let solution = shape(problem)?;
                let solved = solution.status == ShapeStatus::Solved;
                let numeric = match cells {
                    Some(cells) if solved => Some(shape_numeric(&solution, *cells, self.seed)?),
                    _ => None,
                };
                solution.candidate(numeric.as_ref())
            }
            Kind::Flow(problem) => flow(problem, stop)?.candidate(),
        };
        let seed = if matches!(self.problem, Kind::Flow(_)) { 0 } else { self.seed };
        candidate.provenance = Provenance { seed, ..Provenance::of(&self.command).with_files_of(self.problem.input()) };
        if let Some(name) = &self.name {
            candidate.name.clone_from(name);
        }
        Ok(candidate)
    }
}

impl Args {
    fn question(&self) -> Result<Question> {
        Ok(Question {
            activation: self.activation.clone(),
            input: self.input.clone(),
            objective: self.objective.clone(),
            subject_to: self.subject_to.clone(),
            shape: self.shape,
            range: self.range.clone(),
            between: self.between.clone(),
            slopes: self.slopes.clone(),
            numeric: self.numeric.as_deref().map(cells).transpose()?,
            flow: self.flow,
            solver: self.solver.clone(),
            bounds: self.bounds.clone(),
            seed: self.seed,
            restarts: self.restarts,
            name: None,
        })
    }

    pub fn run(self) -> Result<Outcome> {
        let request = self.question()?.resolve()?;
        let (publisher, picture) = self.output.open_with_picture(self.plot.as_deref())?;
        let stop = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&stop);
        // Without a handler Ctrl-C ends the program at once, as it does everywhere else.
        let _ = ctrlc::set_handler(move || raised.store(true, Ordering::Relaxed));
        let candidate = request.solve(&stop)?;
        if let Some((format, sink)) = picture
            && !candidate.found().is_empty()
        {
            sink.write(&report::picture(&candidate, format)?)?;
        }
        publisher.publish(&candidate, || match (self.latex, self.markdown) {
            (true, _) => report::latex(&candidate),
            (_, true) => report::markdown(&candidate),
            _ => report::text(&candidate),
        })?;
        Ok(if candidate.solved() { Outcome::Done } else { Outcome::NoAnswer })
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
