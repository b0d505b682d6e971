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

pub use cli::main_with;
pub use error::{Error, Result};
pub use expr::{Cmp, Expr, Formula, Node, Op};
