//! `eafo rank`: activations in the order of their entropies.

use super::Outcome;
use super::console::Output;
use super::pairs::Pairs;
use crate::activation::CATALOGUE;
use crate::error::Result;
use crate::report::{Key, Ranking};
use std::path::PathBuf;

/// Rank activations by the entropy of their output; without names, the whole catalogue
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Names of the catalogue (`gelu`, `leaky_relu(0.2)`) or expressions in x
    #[arg(value_name = "ACTIVATION", value_parser = super::unshielded)]
    activations: Vec<String>,
    /// Distributions of the pre-activation, e.g. `normal(0,1)`
    #[arg(long, required = true, num_args = 1.., value_name = "DISTRIBUTION")]
    input: Vec<String>,
    /// What to rank by; `negentropy` does not change with the scale of the output
    #[arg(long, value_enum, default_value_t)]
    by: By,
    /// Draw the ranking; the ending .svg or .png says the format
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// The keys as typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// log(2 pi e Var)/2 - H, largest first
    #[default]
    Negentropy,
    /// H, smallest first
    Entropy,
    /// log(range) - H, largest first
    Deficit,
}

impl From<By> for Key {
    fn from(by: By) -> Self {
        match by {
            By::Negentropy => Key::Negentropy,
            By::Entropy => Key::Entropy,
            By::Deficit => Key::Deficit,
        }
    }
}

impl Args {
    pub fn run(mut self) -> Result<Outcome> {
        if self.activations.is_empty() {
            self.activations = CATALOGUE.iter().map(|e| e.name.to_owned()).collect();
        }
        let pairs = Pairs::resolve(&self.activations, &self.input)?;
        let (publisher, picture) = self.output.open_with_picture(self.plot.as_deref())?;
        let ranking = Ranking::new(self.by.into(), pairs.inputs(), pairs.evaluate()?);
        if let Some((format, sink)) = picture {
            sink.write(&ranking.picture(format)?)?;
        }
        publisher.publish(&ranking, || ranking.text())?;
        Ok(if ranking.answered() { Outcome::Done } else { Outcome::NoAnswer })
    }
}
