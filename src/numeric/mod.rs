//! Numbers from functions `f64 -> f64`: special functions, quadrature with breakpoints, roots, maxima, estimates.

mod difference;
mod estimate;
pub mod lanes;
pub(crate) mod prefetch;
mod quadrature;
pub mod rational;
mod roots;
pub(crate) mod slices;
pub mod special;

pub use difference::{golden, richardson, slope_at_zero};
pub use estimate::Estimate;
pub(crate) use quadrature::ROOM;
pub use quadrature::{Points, Quadrature};
pub use roots::{bracketed, grid, scan};
