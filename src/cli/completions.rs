//! `eafo completions`: tab completion for a shell.

use super::console::Output;
use super::{Cli, Outcome};
use crate::error::Result;
use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

/// Print the completion script of a shell
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let publisher = self.output.open()?;
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "eafo", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        let document = json!({ "shell": self.shell.to_string(), "script": script });
        publisher.publish(&document, || script)?;
        Ok(Outcome::Done)
    }
}
