//! The entropy of the output of an activation, and its density.

mod branches;
mod density;
mod far;
mod functional;
mod shape;
mod stretch;
mod tails;
#[cfg(test)]
mod tests;

pub use branches::Atom;
pub use density::OutputDensity;
pub use functional::{Entropy, Functional, Kind, entropy};
pub use shape::Shape;
