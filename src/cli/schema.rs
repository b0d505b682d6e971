//! `eafo schema`: the JSON Schema of the candidate file.

use super::Outcome;
use super::console::Output;
use crate::error::Result;
use crate::report;

/// Print the JSON Schema of the candidate file
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let schema = report::schema();
        // The schema is JSON whether asked for as such or not.
        self.output.open()?.publish(&schema, || report::to_json(&schema).unwrap_or_default())?;
        Ok(Outcome::Done)
    }
}
