//! `eafo analyze`: property sheets.

use super::Outcome;
use super::console::Output;
use crate::activation::Activation;
use crate::error::Result;
use crate::input::Input;
use crate::properties::{properties, variance_fixed_points};
use crate::report::Sheet;
use serde_json::json;

/// Say how smooth, steep, bounded and convex activations are, and what an input makes of them
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Names of the catalogue (`gelu`, `leaky_relu(0.2)`) or expressions in x
    #[arg(required = true, value_name = "ACTIVATION", value_parser = super::unshielded)]
    activations: Vec<String>,
    /// The distribution of the pre-activation
    #[arg(long, default_value = "normal(0,1)", value_name = "DISTRIBUTION")]
    input: String,
    /// Find the fixed points of the variance map for this variance of the weights (times their number)
    #[arg(long, value_name = "SW2", value_parser = number)]
    weights: Option<f64>,
    /// The variance of the biases that goes with --weights
    #[arg(long, default_value_t = 0.0, requires = "weights", value_name = "SB2", value_parser = number)]
    biases: f64,
    /// Print one LaTeX table of all activations (booktabs)
    #[arg(long, conflicts_with = "json")]
    latex: bool,
    #[command(flatten)]
    output: Output,
}

/// A number, negative ones with the space that tells them from options.
fn number(text: &str) -> std::result::Result<f64, std::num::ParseFloatError> {
    text.trim_start().parse()
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let input = Input::parse(&self.input)?;
        let resolve = |text: &String| {
            let activation = Activation::parse(text)?;
            Ok((activation.name, activation.formula.bound()?))
        };
        let activations = self.activations.iter().map(resolve).collect::<Result<Vec<_>>>()?;
        let publisher = self.output.open()?;
        let sheet = |(name, activation)| {
            let chosen =
                |weights| Ok((weights, self.biases, variance_fixed_points(&activation, weights, self.biases)?));
            let initialisation = self.weights.map(chosen).transpose()?;
            let properties = properties(&activation, &input)?;
            Ok(Sheet { name, activation, input: input.clone(), properties, initialisation })
        };
        let sheets = activations.into_iter().map(sheet).collect::<Result<Vec<_>>>()?;
        let render = || match self.latex {
            true => Sheet::latex(&sheets),
            false => sheets.iter().map(Sheet::text).collect::<Vec<_>>().join("\n"),
        };
        match &*sheets {
            [sheet] => publisher.publish(&sheet.json(), render)?,
            _ => publisher.publish(&json!({ "sheets": sheets.iter().map(Sheet::json).collect::<Vec<_>>() }), render)?,
        }
        Ok(Outcome::Done)
    }
}
