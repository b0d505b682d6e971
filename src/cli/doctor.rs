//! `eafo doctor`: versions, the licence of the algebra system, and what else decides whether the program can work here.

use super::Outcome;
use super::console::Output;
use crate::cas;
use crate::error::Result;
use serde_json::{Value, json};
use std::fs::{File, TryLockError};

/// Show versions, the state of symbolica's licence and lock, and the machine
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    output: Output,
}

/// What symbolica permits without a key.
const UNLICENSED: &str = "no key set: non-commercial use only, one process at a time on a machine, on one thread";
const HOW: &str = "set the environment variable SYMBOLICA_LICENSE (https://symbolica.io/license)";

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let key = std::env::var_os("SYMBOLICA_LICENSE").is_some_and(|k| !k.is_empty());
        let document = json!({
            "program": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "symbolica": {
                "licence": if key { "a key is set in SYMBOLICA_LICENSE" } else { UNLICENSED },
                "licence_key": HOW,
                "key_set": key,
                "lock_file": cas::lock_path().display().to_string(),
                "lock": lock_state(),
            },
            "font": "DejaVu Sans, shipped in the program",
            "threads": std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        });
        self.output.open()?.publish(&document, || text(&document))?;
        Ok(Outcome::Done)
    }
}

/// Whether another process holds the lock; looking does not take it.
fn lock_state() -> &'static str {
    match File::open(cas::lock_path()).map(|file| file.try_lock_shared()) {
        Err(_) | Ok(Ok(())) => "free",
        Ok(Err(TryLockError::WouldBlock)) => "held by another eafo",
        Ok(Err(TryLockError::Error(_))) => "unknown",
    }
}

fn text(document: &Value) -> String {
    let symbolica = &document["symbolica"];
    let rows = [
        ("eafo", &document["version"]),
        ("licence", &symbolica["licence"]),
        ("to set one", &symbolica["licence_key"]),
        ("lock file", &symbolica["lock_file"]),
        ("lock", &symbolica["lock"]),
        ("font", &document["font"]),
        ("threads", &document["threads"]),
    ];
    let value = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    rows.iter().map(|(label, v)| format!("{label:<12}{}\n", value(v))).collect()
}
