//! The worst activation with boundary conditions (WAFBC, math.md section 2): among the rising f with f(a) = A, f(b) = B the
//! one whose output has the greatest entropy, f = A + (B - A) F, F the distribution function of the input; its
//! discretisation; and the inverse problem, the input for which a given f is the worst.

mod closed;
mod discrete;
mod inverse;
mod mesh;
mod proof;
mod steps;

pub(super) use closed::{interpolated, selected};
pub use discrete::{DiscreteSettings, DiscreteSolution, DiscreteStatus, Level, Levels, levels};
pub(super) use inverse::exact as recognised;
pub use inverse::{Worsened, input_for};
pub(super) use mesh::Mesh;

use super::{Check, Step};
use crate::error::{Error, Result};
use crate::expr::{Expr, Piece, constant};
use crate::input::Input;
use crate::numeric::Estimate;

/// An end of a range or an interval: its value, maybe infinite, and its closed form where it is finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    /// The value.
    pub value: f64,
    /// The closed form.
    pub exact: Option<Expr>,
}

impl Boundary {
    /// Reads a constant of the grammar, `inf`, `-inf`; `free` is `inf` above and `-inf` below.
    ///
    /// # Errors
    /// A syntax error, or NaN.
    pub fn parse(text: &str, upper: bool) -> Result<Boundary> {
        let infinite = |value| Ok(Boundary { value, exact: None });
        match text.trim() {
            "inf" | "+inf" => return infinite(f64::INFINITY),
            "-inf" => return infinite(f64::NEG_INFINITY),
            "free" => return infinite(if upper { f64::INFINITY } else { f64::NEG_INFINITY }),
            _ => {}
        }
        let exact = Expr::parse(text)?;
        match constant(&exact)? {
            value if value.is_finite() => Ok(Boundary { value, exact: Some(exact) }),
            value => {
                Err(Error::syntax(text, 0..text.len(), format!("this is {value}; a number, inf or -inf is expected")))
            }
        }
    }

    /// The canonical text.
    pub fn text(&self) -> String {
        match &self.exact {
            Some(exact) => exact.to_string(),
            None => if self.value > 0.0 { "inf" } else { "-inf" }.to_owned(),
        }
    }

    /// The same in LaTeX.
    pub fn latex(&self) -> String {
        match &self.exact {
            Some(exact) => exact.latex(),
            None => if self.value > 0.0 { r"\infty" } else { r"-\infty" }.to_owned(),
        }
    }
}

/// The problem: the input, the values at the ends, and where these ends are.
#[derive(Debug, Clone)]
pub struct WorstProblem {
    /// The distribution of the pre-activation.
    pub input: Input,
    /// The values A < B at the ends.
    pub range: (Boundary, Boundary),
    /// The ends a < b where f(a) = A and f(b) = B; the support of the input where none are given.
    pub between: Option<(Boundary, Boundary)>,
    /// The input given that it lies between the ends.
    inside: Input,
}

impl WorstProblem {
    /// The problem of these ends.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] where A >= B or a >= b, or where the input has no mass between a and b.
    pub fn new(
        input: Input,
        range: (Boundary, Boundary),
        between: Option<(Boundary, Boundary)>,
    ) -> Result<WorstProblem> {
        ordered("--range", ("A", "B"), &range)?;
        if range.0.value.is_finite() && range.1.value.is_finite() && !(range.1.value - range.0.value).is_finite() {
            return Err(Error::OutOfRange {
                owner: "--range".to_owned(),
                name: "A,B".to_owned(),
                value: format!("{},{}", range.0.text(), range.1.text()),
                expected: "B - A must be within the range of a double".to_owned(),
            });
        }
        let inside = match &between {
            None => input.clone(),
            Some(ends) => {
                ordered("--between", ("a", "b"), ends)?;
                conditional(&input, ends)?
            }
        };
        Ok(WorstProblem { input, range, between, inside })
    }

    /// The input given that it lies between the ends.
    pub fn inside(&self) -> &Input {
        &self.inside
    }

    /// B - A, infinite where an end of the range is.
    pub fn height(&self) -> f64 {
        self.range.1.value - self.range.0.value
    }
}

fn ordered(owner: &str, names: (&str, &str), ends: &(Boundary, Boundary)) -> Result<()> {
    if ends.0.value < ends.1.value {
        return Ok(());
    }
    Err(Error::OutOfRange {
        owner: owner.to_owned(),
        name: names.0.to_owned(),
        value: ends.0.text(),
        expected: format!("it must lie below {} = {}", names.1, ends.1.text()),
    })
}

/// The input between two ends; the input itself where they enclose its support.
fn conditional(input: &Input, (a, b): &(Boundary, Boundary)) -> Result<Input> {
    let (low, high) = input.support();
    if a.value <= low && high <= b.value {
        return Ok(input.clone());
    }
    if b.value <= low || high <= a.value {
        return Err(Error::OutOfRange {
            owner: "--between".to_owned(),
            name: "a,b".to_owned(),
            value: format!("{},{}", a.text(), b.text()),
            expected: format!("the input {} has its mass on [{low}, {high}]", input.text()),
        });
    }
    let a = if a.value <= low { "-inf".to_owned() } else { a.text() };
    let b = if b.value >= high { "inf".to_owned() } else { b.text() };
    Input::parse(&format!("truncate({},{a},{b})", input.text()))
}

/// Whether the problem has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorstStatus {
    /// The worst activation was found.
    Solved,
    /// The supremum of the entropy is infinite, and why.
    Unbounded(String),
}

/// The worst activation.
#[derive(Debug, Clone)]
pub struct WorstSolution {
    /// Whether there is an answer.
    pub status: WorstStatus,
    /// The problem.
    pub problem: WorstProblem,
    /// The activation on the whole line; absent where the problem is unbounded.
    pub activation: Option<Expr>,
    /// Its smooth pieces.
    pub pieces: Vec<Piece>,
    /// Whether the activation is the exact closed form, not an interpolation of the distribution function.
    pub closed: bool,
    /// The entropy of the output given that the input lies between the ends: log(B - A) nats, or infinity.
    pub entropy: Estimate,
    /// The derivation.
    pub steps: Vec<Step>,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What the user has to know.
    pub notes: Vec<String>,
}

/// Solves the problem.
///
/// # Errors
/// Formulas that the grammar cannot hold.
pub fn worst(problem: &WorstProblem) -> Result<WorstSolution> {
    let mut solution = WorstSolution {
        status: WorstStatus::Solved,
        problem: problem.clone(),
        activation: None,
        pieces: vec![],
        closed: true,
        entropy: Estimate { value: problem.height().ln(), error: 0.0, evaluations: 0 },
        steps: vec![],
        checks: vec![],
        notes: vec![],
    };
    if problem.height().is_finite() {
        closed::solve(&mut solution)?;
    } else {
        solution.status = WorstStatus::Unbounded(unbounded(problem));
    }
    steps::derive(&mut solution)?;
    Ok(solution)
}

fn unbounded(problem: &WorstProblem) -> String {
    let (lower, upper) = (problem.range.0.value.is_finite(), problem.range.1.value.is_finite());
    let end = match (lower, upper) {
        (true, _) => "the upper end of the range is infinite",
        (_, true) => "the lower end of the range is infinite",
        _ => "both ends of the range are infinite",
    };
    format!("{end}, and the entropy log(B - A) grows without limit with the range: its supremum is +infinity")
}
