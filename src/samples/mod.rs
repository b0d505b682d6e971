//! Samples: pre-activations that a network really had, read from files of any length.
//!
//! A file is read once, in blocks. Of each array this leaves the moments of all of its values ([`Moments`]), and the
//! values themselves or a seeded uniform sample of them ([`Reservoir`]): memory does not grow with the file.

mod bandwidth;
mod comma;
mod entropy;
mod kernel;
mod moments;
mod npy;
mod number;
mod numpy;
mod progress;
mod reading;
mod reservoir;
mod sample;
mod spline;
mod stream;
mod tally;
mod tensors;
mod ties;

pub use entropy::SampleEntropy;
pub use kernel::{Kernel, KernelDensity, NoDensity};
pub use moments::Moments;
pub use reading::{Reading, read, read_all};
pub use reservoir::Reservoir;
pub use sample::Sample;
pub use spline::Polynomial;
