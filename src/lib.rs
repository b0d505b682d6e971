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
mod input;
mod numeric;
mod properties;
pub mod report;
mod solve;

pub use activation::{Activation, CATALOGUE, Entry};
pub use cli::main_with;
pub use emit::{Source, Target, emit};
pub use entropy::{
    Agreement, Atom, Coefficient, Differential, Direction, Entropy, Expansion, Functional, HIGHEST_ORDER, Kind,
    OutputDensity, PointTerm, Remainder, Shape, Side, Strip, Variation, entropy, expand, variations,
};
pub use error::{Error, Result};
pub use expr::{Batch, Bound, Cmp, Expr, Formula, Node, Op, Piece, Tape, constant, pieces, piecewise};
pub use input::{Component, Input};
pub use numeric::Estimate;
pub use properties::{
    Asymptote, Bounds, Class, Criticality, DeadZone, Defect, End, Extremum, Join, Limit, MeanField, Moments, Parity,
    Place, Properties, Root, Run, Stationary, Turning, VariancePoint, properties, variance_fixed_points,
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
