//! `eafo plot`: the picture of a candidate file.

use super::Outcome;
use super::console::{Sink, print, read};
use crate::error::{Error, Result};
use crate::report::{self, Candidate, Format};
use serde_json::json;
use std::path::PathBuf;

/// Draw candidate files as SVG or PNG
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Candidate files, as `derive -o` writes them
    #[arg(required = true, value_name = "CANDIDATE.json")]
    files: Vec<PathBuf>,
    /// The picture; its ending says the format. By default each file's name with .svg
    #[arg(short, long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print one JSON document that names the pictures
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        if let (Some(out), [_, _, ..]) = (&self.out, &*self.files) {
            return Err(Error::OutOfRange {
                owner: "plot".to_owned(),
                name: "--out".to_owned(),
                value: out.display().to_string(),
                expected: "with several candidate files leave it out; each picture is named after its file".to_owned(),
            });
        }
        let mut pictures = Vec::new();
        for file in &self.files {
            let target = self.out.clone().unwrap_or_else(|| file.with_extension("svg"));
            let format = Format::of(&target)?;
            let candidate = Candidate::from_json(&read(file)?, file)?;
            let sink = Sink::create(&target)?;
            sink.write(&report::picture(&candidate, format)?)?;
            pictures.push(target.display().to_string());
        }
        if self.json {
            print(&report::to_json(&json!({ "pictures": pictures }))?)?;
        }
        Ok(Outcome::Done)
    }
}
