//! The entropy of the output of an activation, and its density.

mod branches;
mod density;
mod differential;
mod expansion;
mod far;
mod functional;
mod outside;
mod saturation;
mod search;
mod shape;
mod singular;
mod stretch;
mod tails;
#[cfg(test)]
mod tests;
mod turn;
mod waves;

pub use branches::Atom;
pub use density::OutputDensity;
pub use differential::{Differential, PointTerm, Strip};
pub use expansion::{
    Agreement, Coefficient, Direction, Expansion, HIGHEST_ORDER, Remainder, Side, Variation, expand, variations,
};
pub(crate) use far::dual;
pub use functional::{Entropy, Functional, Kind, entropy};
pub use shape::Shape;
