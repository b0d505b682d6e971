//! The free shape (math.md section 5): among the rising f with f(a) = A, f(b) = B and L0 <= f' <= L1 the one whose output has
//! the least or the greatest entropy, H[f] = H[p] + E log f'.
//!
//! E log f' is concave in f'. Its least value is taken at an extreme point of the slopes: f' = L1 where p is below a
//! threshold, L0 where it is above, the threshold set by the ends; since |{f' = L0}| = (L1 (b - a) - (B - A))/(L1 - L0) is
//! known beforehand, a switch is exact where the density's level sets are. The greatest value fills water:
//! f' = p/lambda held to [L0, L1], which without bounds is the worst activation.

mod closed;
mod discrete;
mod level;
mod proof;

pub use discrete::{ShapeLevel, ShapeNumeric};
pub(super) use level::mass;

use super::worst::{Boundary, WorstProblem};
use super::{Check, Step};
use crate::entropy::entropy;
use crate::error::{Error, Result};
use crate::expr::{Bound, Expr, Piece, constant};
use crate::numeric::Estimate;

/// The problem: input, ends and range as for the worst activation, bounds of the slope, and the sense.
#[derive(Debug, Clone)]
pub struct ShapeProblem {
    /// The input, the values A < B and the ends a < b.
    pub ends: WorstProblem,
    /// The least slope L0 >= 0 and the greatest L1, maybe infinite.
    pub slopes: (Boundary, Boundary),
    /// Whether the greatest entropy is asked for, not the least.
    pub maximize: bool,
    /// a and b.
    interval: (Boundary, Boundary),
}

impl ShapeProblem {
    /// The problem of these ends and slopes.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for L0 < 0 or L0 > L1; [`Error::Unsupported`] where no f with these slopes joins the ends.
    pub fn new(ends: WorstProblem, slopes: (Boundary, Boundary), maximize: bool) -> Result<ShapeProblem> {
        let out = |name: &str, value: &Boundary, expected: String| Error::OutOfRange {
            owner: "--slopes".to_owned(),
            name: name.to_owned(),
            value: value.text(),
            expected,
        };
        if !(slopes.0.value >= 0.0 && slopes.0.value.is_finite()) {
            return Err(out("L0", &slopes.0, "it must be a finite number >= 0: the shape rises".to_owned()));
        }
        if !(slopes.1.value > 0.0) {
            return Err(out("L1", &slopes.1, "it must be > 0, or inf".to_owned()));
        }
        if slopes.0.value > slopes.1.value {
            return Err(out("L0", &slopes.0, format!("it must not exceed L1 = {}", slopes.1.text())));
        }
        let (low, high) = ends.input.support();
        let support = |value: f64| Boundary { value, exact: value.is_finite().then(|| Expr::float(value)) };
        let interval = ends.between.clone().unwrap_or_else(|| (support(low), support(high)));
        let problem = ShapeProblem { ends, slopes, maximize, interval };
        problem.joined()?;
        Ok(problem)
    }

    /// a and b.
    pub fn interval(&self) -> &(Boundary, Boundary) {
        &self.interval
    }

    /// b - a.
    pub fn width(&self) -> f64 {
        self.interval.1.value - self.interval.0.value
    }

    /// B - A.
    pub fn height(&self) -> f64 {
        self.ends.height()
    }

    /// Whether some f with these slopes joins the ends.
    fn joined(&self) -> Result<()> {
        let ((l0, l1), (a, b)) = (&self.slopes, &self.interval);
        let (width, height) = (self.width(), self.height());
        let rise = |slope: f64| if slope == 0.0 { 0.0 } else { slope * width };
        let (least, most) = (rise(l0.value), rise(l1.value));
        let (range, between) = (format!("B - A = {height}"), format!("[{}, {}]", a.text(), b.text()));
        let contradiction = |text: String| Err(Error::Unsupported(format!("contradictory slope bounds: {text}")));
        if least > height * (1.0 + 1e-14) {
            return contradiction(format!(
                "with slopes of at least L0 = {} f rises by at least {least} over {between}, more than {range}",
                l0.text()
            ));
        }
        if most < height * (1.0 - 1e-14) {
            return contradiction(format!(
                "with slopes of at most L1 = {} f rises by at most {most} over {between}, less than {range}",
                l1.text()
            ));
        }
        Ok(())
    }
}

/// Whether the problem has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShapeStatus {
    /// The shape was found.
    Solved,
    /// The entropy has no bound, and why.
    Unbounded(String),
    /// The entropy has a bound that no shape attains, and why.
    NotAttained(String),
}

/// A stretch of the shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Where it begins.
    pub from: Bound,
    /// Where it ends.
    pub to: Bound,
    /// What its slope is.
    pub regime: Regime,
}

/// What the slope is on a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// L0
    Least,
    /// L1
    Greatest,
    /// p/lambda
    Free,
}

/// The best shape.
#[derive(Debug, Clone)]
pub struct ShapeSolution {
    /// Whether there is an answer.
    pub status: ShapeStatus,
    /// The problem.
    pub problem: ShapeProblem,
    /// The activation on the whole line.
    pub activation: Option<Expr>,
    /// Its smooth pieces.
    pub pieces: Vec<Piece>,
    /// The stretches from a to b.
    pub segments: Vec<Segment>,
    /// The density at the switches (least entropy), or lambda with f' = p/lambda (greatest); NaN where there is none.
    pub threshold: f64,
    /// The entropy of the output given that the input lies between the ends; a bound of it where there is no answer.
    pub entropy: Estimate,
    /// Whether other arrangements have the same entropy.
    pub tied: bool,
    /// The derivation.
    pub steps: Vec<Step>,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What the user has to know.
    pub notes: Vec<String>,
}

/// Solves the problem in closed form.
///
/// # Errors
/// Formulas that the grammar cannot hold.
pub fn shape(problem: &ShapeProblem) -> Result<ShapeSolution> {
    let mut solution = ShapeSolution {
        status: status(problem)?,
        problem: problem.clone(),
        activation: None,
        pieces: vec![],
        segments: vec![],
        threshold: f64::NAN,
        entropy: Estimate { value: f64::NAN, error: f64::INFINITY, evaluations: 0 },
        tied: false,
        steps: vec![],
        checks: vec![],
        notes: vec![],
    };
    match &solution.status {
        ShapeStatus::Solved => closed::solve(&mut solution)?,
        ShapeStatus::Unbounded(_) => {
            solution.entropy.value = if problem.maximize { f64::INFINITY } else { f64::NEG_INFINITY };
        }
        ShapeStatus::NotAttained(_) => {
            let own = entropy(&Expr::x(), problem.ends.inside())?.entropy;
            solution.entropy = Estimate { value: own.value + problem.slopes.0.value.ln(), ..own };
        }
    }
    if let Some(f) = solution.activation.clone() {
        solution.entropy = entropy(&f, problem.ends.inside())?.entropy;
        solution.checks = proof::checks(&solution, &f)?;
    }
    solution.steps = proof::steps(&solution);
    Ok(solution)
}

/// Solves the discretised problem on about N cells, the last of a table of N, and compares it with the closed form.
///
/// # Errors
/// [`Error::OutOfRange`] for too few or too many cells; [`Error::Unsupported`] where there is no closed form.
pub fn shape_numeric(solution: &ShapeSolution, cells: usize, seed: u64) -> Result<ShapeNumeric> {
    discrete::compared(solution, cells, seed)
}

fn status(problem: &ShapeProblem) -> Result<ShapeStatus> {
    let ((l0, l1), (width, height)) = (&problem.slopes, (problem.width(), problem.height()));
    if !height.is_finite() {
        return Ok(ShapeStatus::Unbounded(
            "an end of the range is infinite: the entropy log f' grows without limit with the slopes".to_owned(),
        ));
    }
    if problem.maximize || l1.value * width <= height * (1.0 + 1e-14) || l0.value * width >= height * (1.0 - 1e-14) {
        return Ok(ShapeStatus::Solved);
    }
    if l0.value == 0.0 {
        let more = if width.is_finite() { "" } else { "; a finite interval is needed too, `--between a,b`" };
        return Ok(ShapeStatus::Unbounded(format!(
            "without a least slope L0 > 0 the shape may become flat where the input has mass, and E log f' falls \
             without limit: its infimum is -infinity; give `--slopes L0,L1` with L0 > 0{more}"
        )));
    }
    if l1.value.is_infinite() {
        let own = entropy(&Expr::x(), problem.ends.inside())?.entropy;
        return Ok(ShapeStatus::NotAttained(format!(
            "without a greatest slope L1 the shape may rise with slope L0 everywhere and make up the rest by a jump where \
             the input has no mass: the infimum of the entropy, {:.12} nats, is approached and not attained",
            own.value + l0.value.ln()
        )));
    }
    Ok(ShapeStatus::Solved)
}

/// The value of a closed form that has no x.
fn number(e: &Expr) -> f64 {
    constant(e).unwrap_or(f64::NAN)
}
