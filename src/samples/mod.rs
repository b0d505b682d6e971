//! Samples: pre-activations that a network really had, read from files of any length.
//!
//! A file is read once, in blocks. Of each array this leaves the moments of all of its values ([`Moments`]), and the
//! values themselves or a seeded uniform sample of them: by Vitter's Method D where a header tells the length, by
//! [`Reservoir`] where none does. Memory does not grow with the file.
//!
//! On these stand the entropy without a model ([`Sample::spacing_entropy`], [`Sample::neighbour_entropy`]) and the kernel
//! density ([`KernelDensity`]) that `samples(PATH)` means.

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
mod selection;
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
