//! Numbers from functions `f64 -> f64`: special functions, quadrature with breakpoints, roots, maxima, estimates.

mod difference;
mod estimate;
pub mod lanes;
mod points;
pub(crate) mod prefetch;
mod quadrature;
pub mod rational;
mod roots;
pub(crate) mod slices;
pub mod special;

pub use difference::{golden, richardson, slope_at_zero};
pub use estimate::Estimate;
pub use points::{Point, Points};
pub use quadrature::Quadrature;
pub(crate) use quadrature::ROOM;
pub use roots::{bracketed, grid, scan};
