//! eafo

#![deny(unsafe_code)]

mod activation;
mod cas;
mod cli;
mod entropy;
mod error;
mod expr;
mod input;
mod numeric;
pub mod report;
mod solve;

pub use activation::{Activation, CATALOGUE, Entry};
pub use cli::main_with;
pub use entropy::{Entropy, OutputDensity, entropy};
pub use error::{Error, Result};
pub use expr::{Bound, Cmp, Expr, Formula, Node, Op, Piece, Tape, constant, pieces, piecewise};
pub use input::Input;
pub use numeric::Estimate;
pub use solve::{Metric, Settings, Solution, derive};
