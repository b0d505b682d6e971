//! `eafo plot`: the picture of a candidate file.

use super::Outcome;
use super::console::{Sink, print, read, same_file};
use crate::error::{Error, Result};
use crate::report::{self, Candidate, Format};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

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
            if same_file(&target, file) {
                let reason = "the picture would replace the candidate; name another file with -o".to_owned();
                return Err(Error::File { action: "write", path: target, reason });
            }
            let candidate = Candidate::from_json(&only_candidate(read(file)?, file)?, file)?;
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

/// The candidate of a document `{"candidates": [...]}` with one of them; any other text as it is.
fn only_candidate(text: String, file: &Path) -> Result<String> {
    let document: Option<Value> = serde_json::from_str(&text).ok();
    match document.as_ref().and_then(|d| d.get("candidates")).and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => report::to_json(one),
        Some(all) => Err(Error::Content {
            path: file.to_owned(),
            reason: format!("it holds {} candidates; a picture shows one, so give each a file of its own", all.len()),
        }),
        None => Ok(text),
    }
}
