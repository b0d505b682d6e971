//! `eafo entropy`: the functional and its companions.

use super::Outcome;
use super::console::Output;
use super::pairs::Pairs;
use crate::error::Result;
use crate::report::EntropyFile;

/// Compute the entropy of activations' outputs, with mean, variance, negentropy and deficit, for all pairs
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Names of the catalogue (`gelu`, `leaky_relu(0.2)`) or expressions in x
    #[arg(required = true, value_name = "ACTIVATION", value_parser = super::unshielded)]
    activations: Vec<String>,
    /// Distributions of the pre-activation, e.g. `normal(0,1)`
    #[arg(long, required = true, num_args = 1.., value_name = "DISTRIBUTION")]
    input: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let pairs = Pairs::resolve(&self.activations, &self.input)?;
        let publisher = self.output.open()?;
        let file = EntropyFile::new(pairs.evaluate()?);
        publisher.publish(&file, || file.text())?;
        Ok(if file.answered() { Outcome::Done } else { Outcome::NoAnswer })
    }
}
