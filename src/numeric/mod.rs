//! Numbers from functions `f64 -> f64`: special functions, quadrature with breakpoints, roots, estimates.

pub mod roots;
pub mod special;
