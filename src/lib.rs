//! `eafo` derives activation functions: the EAFO correction of arXiv 2405.12954 in closed form.
//!
//! For a pre-activation U with density p and an output X = f(U), the entropy (in nats) of a monotone f is
//! H\[f\] = H\[p\] + E log f'(U). Its steepest descent in the paper's metric is
//!
//! Δf(u) = f'(u) d/du \[p/f'\] = p'(u) - p(u) f''(u)/f'(u),
//!
//! and f + ε g, with g proportional to Δf, is the improved activation. [`derive()`] finds it for any activation and input:
#![doc = concat!("```rust\n", include_str!("../tests/front_page.rs"), "```")]
#![deny(unsafe_code, missing_docs)]

mod activation;
mod cas;
mod cli;
mod emit;
mod entropy;
mod error;
mod expr;
mod fit;
mod input;
mod numeric;
mod properties;
pub mod report;
mod samples;
mod solve;

#[doc = include_str!("mathematics.md")]
pub mod mathematics {}

pub use activation::{Activation, CATALOGUE, Entry};
pub use cli::main_with;
pub use emit::{RationalForm, RationalSettings, Source, Target, emit, emit_bytes, rational_form};
pub use entropy::{
    Agreement, Atom, Coefficient, Differential, Direction, Entropy, Expansion, Functional, HIGHEST_ORDER, Kind,
    OutputDensity, PointTerm, Remainder, Shape, Side, Strip, Variation, entropy, expand, variations,
};
pub use error::{Error, Result};
pub use expr::{Batch, Bound, Cmp, Expr, Formula, Node, Op, Piece, Tape, constant, pieces, piecewise};
pub use fit::{Family, Fit, FitSettings, Fits, Fitted, Goodness, Test, Trust, fit, trust};
pub use input::{Component, Input, SampleFile};
pub use numeric::Estimate;
pub use properties::{
    Asymptote, Bounds, Class, Criticality, DeadZone, Defect, End, Extremum, Join, Limit, MeanField, Moments, Parity,
    Place, Properties, Root, Run, Stationary, Turning, VariancePoint, properties, variance_fixed_points,
};
pub use samples::{
    Kernel, KernelDensity, Moments as SampleMoments, NoDensity, Reading, Reservoir, Sample, SampleEntropy,
    read as read_samples, read_all as read_all_samples,
};
pub use solve::{
    Boundary, DiscreteSettings, DiscreteSolution, DiscreteStatus, Level, Levels, Worsened, WorstProblem, WorstSolution,
    WorstStatus, input_for, levels, worst,
};
pub use solve::{
    BoundaryTerm, Check, Constraint, Convergence, Descent, Goal, Kink, Metric, Monotone, MonotonePiece, Objective,
    Optimum, OptimumRun, OptimumSettings, OptimumStatus, OrderTerm, Problem, Settings, Sign, SingularPoint, Slope,
    Sobolev, Solution, Solver, Space, Status, Step, Tail, Truncation, derive, optimize,
};
pub use solve::{
    Flow, FlowProblem, FlowRational, FlowStatus, FlowStep, MOST_STEPS, Regime, Segment, ShapeLevel, ShapeNumeric,
    ShapeProblem, ShapeSolution, ShapeStatus, flow, shape, shape_numeric,
};
