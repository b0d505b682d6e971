//! `eafo catalog`: the activations and inputs known by name.

use super::Outcome;
use super::console::Output;
use crate::activation::{CATALOGUE, Entry};
use crate::error::Result;
use crate::input::Input;
use serde_json::{Value, json};

/// List the activations and the input distributions known by name
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let document = json!({ "activations": activations(), "inputs": inputs() });
        self.output.open()?.publish(&document, || {
            let section =
                |title: &str, key: &str, columns: &[&str]| format!("{title}\n{}", rows(&document[key], columns));
            let activations = section("Activations", "activations", &["name", "description", "definition", "source"]);
            let inputs = section("Inputs", "inputs", &["signature", "description"]);
            format!("{activations}\n{inputs}")
        })?;
        Ok(Outcome::Done)
    }
}

fn activations() -> Vec<Value> {
    let row = |e: &Entry| json!({ "name": e.name, "description": e.description, "definition": e.definition, "source": e.source });
    CATALOGUE.iter().map(row).collect()
}

fn inputs() -> Vec<Value> {
    let row = |(signature, description)| json!({ "signature": signature, "description": description });
    Input::catalogue().into_iter().map(row).collect()
}

/// A list of objects as aligned columns.
fn rows(list: &Value, columns: &[&str]) -> String {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let cell = |row: &Value, column: &str| row[column].as_str().unwrap_or_default().to_owned();
    let width = |column: &str| list.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = columns.iter().map(|c| width(c)).collect();
    let line = |row: &Value| {
        let cells = columns.iter().zip(&widths).map(|(c, w)| format!("{:w$}", cell(row, c)));
        format!("  {}\n", cells.collect::<Vec<_>>().join("   ").trim_end())
    };
    list.iter().map(line).collect()
}
