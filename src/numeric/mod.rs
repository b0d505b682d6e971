//! Numbers from functions `f64 -> f64`: special functions, quadrature with breakpoints, roots, estimates.

mod estimate;
mod quadrature;
mod roots;
pub mod special;

pub use estimate::Estimate;
pub use quadrature::{Points, Quadrature};
pub use roots::{bracketed, scan};
