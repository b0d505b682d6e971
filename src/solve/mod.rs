//! The variational problems. So far: the EAFO correction, the direction in which the entropy of an activation's output
//! falls fastest.

mod check;
mod correction;
mod critical;
mod curve;
mod direction;
mod flow;
mod kernels;
mod monotone;
mod optimum;
mod reversion;
mod shape;
mod slope;
mod sobolev;
mod steps;
mod tail;
mod worst;

pub use check::Check;
pub use correction::derive;
pub use flow::{Flow, FlowProblem, FlowRational, FlowStatus, FlowStep, MOST_STEPS, flow};
pub use monotone::{Monotone, MonotonePiece};
pub use optimum::{
    Constraint, Goal, Objective, Optimum, OptimumSettings, OptimumStatus, Problem, Run as OptimumRun, Solver, optimize,
};
pub use reversion::{Convergence, Truncation};
pub use shape::{
    Regime, Segment, ShapeLevel, ShapeNumeric, ShapeProblem, ShapeSolution, ShapeStatus, shape, shape_numeric,
};
pub use slope::{BoundaryTerm, Slope};
pub use sobolev::{Descent, Sobolev, Space};
pub use steps::Step;
pub use tail::Tail;
pub use worst::{
    Boundary, DiscreteSettings, DiscreteSolution, DiscreteStatus, Level, Levels, Worsened, WorstProblem, WorstSolution,
    WorstStatus, input_for, levels, worst,
};

use crate::activation::Activation;
use crate::expr::{Bound, Expr, Formula, Piece};
use crate::input::Input;
use num_rational::BigRational;

/// The metric in which the descent is steepest (math.md section 4). All have the same stationary points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Metric {
    /// L2 in the output of the inverse, the paper's: p' - p f''/f'.
    #[default]
    Inverse,
    /// L2(du) on the forward side: d/du [p/f'].
    Forward,
    /// L2(p): the score of the output, (1/p) d/du [p/f'].
    Probability,
    /// A Sobolev space: the weak solution of (1 - l^2 d2/du2)^m Delta f = the gradient of L2(du), m = 1, or 2 where the
    /// activation has critical points.
    Sobolev,
}

impl Metric {
    /// Every metric with its name.
    pub const ALL: &'static [(&'static str, Metric)] = &[
        ("inverse", Metric::Inverse),
        ("forward", Metric::Forward),
        ("probability", Metric::Probability),
        ("sobolev", Metric::Sobolev),
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Inverse => "inverse",
            Metric::Forward => "forward",
            Metric::Probability => "probability",
            Metric::Sobolev => "sobolev",
        }
    }
}

/// How a derivation is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The metric of the descent.
    pub metric: Metric,
    /// The order of the expansion in the step (1 is the correction itself), by Lagrange reversion.
    pub order: u32,
    /// The length l of the Sobolev metric; by default the width of the input.
    pub length: Option<f64>,
    /// A name for the result; by default made from the activation and the input.
    pub name: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { metric: Metric::Inverse, order: 1, length: None, name: None }
    }
}

/// Whether the question has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The correction was found.
    Solved,
    /// The activation is stationary: its correction is identically zero, by algebra.
    Stationary,
    /// There is no bounded direction, and why.
    Unbounded(String),
}

/// A sign of the parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Below zero.
    Negative,
    /// Above zero.
    Positive,
    /// Either sign.
    Both,
    /// No sign, to first order.
    Neither,
    /// The entropy has no slope there that could tell.
    Unknown,
}

/// A point where the correction is not finite.
#[derive(Debug, Clone, PartialEq)]
pub struct SingularPoint {
    /// The point.
    pub at: Bound,
    /// The coefficient of 1/(x - at) of a simple pole.
    pub residue: Option<f64>,
    /// "pole" or "not finite".
    pub kind: &'static str,
    /// What happens there.
    pub description: String,
}

/// A point where the slope of the activation jumps.
#[derive(Debug, Clone, PartialEq)]
pub struct Kink {
    /// The point.
    pub at: Bound,
    /// Slope to the left.
    pub left_slope: f64,
    /// Slope to the right.
    pub right_slope: f64,
    /// The mass of d/du [p/f'] there: p(k) (1/f'(k+) - 1/f'(k-)).
    pub point_mass: f64,
    /// The jump of the pointwise correction.
    pub correction_jump: f64,
    /// What it means, where it needs saying.
    pub outcome: Option<String>,
}

/// One order of the expansion: the coefficient of eps^n.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderTerm {
    /// The power of eps.
    pub n: u32,
    /// Its coefficient.
    pub term: Expr,
}

/// The result of a derivation.
#[derive(Debug, Clone)]
pub struct Solution {
    /// Whether there is an answer.
    pub status: Status,
    /// The activation started from.
    pub activation: Activation,
    /// Its smooth pieces on the support of the input.
    pub activation_pieces: Vec<Piece>,
    /// The input.
    pub input: Input,
    /// How it was done.
    pub settings: Settings,
    /// The correction, nats-descent direction of the metric, as one formula.
    pub correction: Expr,
    /// The correction piece by piece.
    pub correction_pieces: Vec<Piece>,
    /// The direction that the parameter multiplies: the correction without its constant factor.
    pub direction: Expr,
    /// The constant factor: correction = scale * direction, so eps = scale * t.
    pub scale: Expr,
    /// The improved activation, with the parameter `eps`.
    pub improved: Formula,
    /// The terms of the expansion, from the first order on.
    pub orders: Vec<OrderTerm>,
    /// The expansion against the exact f_t, from the second order on.
    pub convergence: Option<Convergence>,
    /// Whether the activation falls on some piece.
    pub falls: bool,
    /// Poles of the correction.
    pub singular_points: Vec<SingularPoint>,
    /// Kinks of the activation.
    pub kinks: Vec<Kink>,
    /// What there is to know about the Sobolev gradient, where that is the metric.
    pub sobolev: Option<Sobolev>,
    /// How the entropy changes with eps.
    pub slope: Slope,
    /// Where the improved activation is monotone.
    pub monotone: Monotone,
    /// What the tails allow.
    pub tails: Vec<Tail>,
    /// Under a kernel density, where the correction is printed as splines: f''/f' on the pieces of the activation.
    pub curvatures: Vec<Piece>,
    /// The derivation.
    pub steps: Vec<Step>,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What the user has to know.
    pub warnings: Vec<String>,
}

/// The name of the learnable parameter, and the value the paper starts training from.
pub const PARAMETER: &str = "eps";

/// The paper's starting value of the parameter, 1/100.
pub fn starting_value() -> BigRational {
    BigRational::new(1.into(), 100.into())
}
