//! Numbers from functions `f64 -> f64`: special functions, quadrature with breakpoints, roots, estimates.

mod estimate;
pub mod lanes;
mod quadrature;
pub mod rational;
mod roots;
pub(crate) mod slices;
pub mod special;

pub use estimate::Estimate;
pub use quadrature::{Points, Quadrature};
pub use roots::{bracketed, grid, scan};
