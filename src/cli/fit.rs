//! `eafo fit`: distributions for the values that a network really had.

use super::Outcome;
use super::console::Output;
use crate::error::{Error, Result};
use crate::fit::{Family, FitSettings, Fits, fit, map};
use crate::report::{FitFile, FittedLayer, fit_picture};
use crate::samples::{Reading, Sample, read_all};
use std::path::PathBuf;

/// Fit distributions to samples from .npy, .npz, .safetensors and .csv files, one layer per array
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Files of samples
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Families to fit, separated by commas; all where none is named
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    family: Vec<String>,
    /// Print nothing but the best input distribution, one line per layer
    #[arg(long, conflicts_with = "json")]
    best: bool,
    /// An array, tensor or column to read; repeatable; all floating-point ones where none is named, integers where there are
    /// no others
    #[arg(long, value_name = "NAME")]
    array: Vec<String>,
    /// The seed of everything random
    #[arg(long, default_value_t = 0, value_parser = super::whole(0, u64::MAX))]
    seed: u64,
    /// How many values of an array are kept in memory; larger arrays are sampled
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = super::whole(1, u32::MAX))]
    keep: u32,
    /// Leave out NaN and infinite values instead of refusing them
    #[arg(long)]
    drop_non_finite: bool,
    /// Samples drawn from each model for the p-values; 0 for no p-values
    #[arg(long, default_value_t = 199, value_name = "N", value_parser = super::whole(0, 100_000u32))]
    bootstrap: u32,
    /// Draw histogram, densities and quantiles; the ending .svg or .png says the format
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let settings = self.settings()?;
        let (publisher, picture) = self.output.open_with_picture(self.plot.as_deref())?;
        let samples = read_all(&self.files, &self.reading())?;
        let fits = fit_all(&samples, &settings)?;
        let smoothed = self.family.is_empty() && !self.best;
        let layers = samples.iter().zip(&fits).map(|(s, f)| FittedLayer::new(s, self.seed, f, smoothed)).collect();
        let file = FitFile::new(layers);
        if let Some((format, sink)) = picture {
            let shown: Vec<_> = samples.iter().zip(&fits).map(|(s, f)| (s, f.as_ref().ok())).collect();
            sink.write(&fit_picture(&shown, format)?)?;
        }
        let text = || if self.best { file.best() } else { file.text() };
        publisher.publish(&file, text)?;
        if self.best {
            file.doubts().iter().for_each(|doubt| eprintln!("eafo: warning: {doubt}"));
        }
        Ok(if file.answered() { Outcome::Done } else { Outcome::NoAnswer })
    }

    fn reading(&self) -> Reading {
        Reading {
            arrays: self.array.clone(),
            seed: self.seed,
            keep: self.keep as usize,
            drop_non_finite: self.drop_non_finite,
            progress: true,
            ..Reading::default()
        }
    }

    fn settings(&self) -> Result<FitSettings> {
        let mut families: Vec<Family> = self.family.iter().map(|name| name.parse()).collect::<Result<_>>()?;
        let mut seen = Vec::new();
        families.retain(|family| {
            !seen.contains(family) && {
                seen.push(*family);
                true
            }
        });
        if families.is_empty() {
            families = Family::ALL.to_vec();
        }
        // The p-values are for those who read them.
        let replicates = if self.best && self.output.out.is_none() { 0 } else { self.bootstrap as usize };
        Ok(FitSettings { families, seed: self.seed, replicates, ..FitSettings::default() })
    }
}

/// The fits of every sample, several at once.
///
/// # Errors
/// No sample can be fitted: the reason of the first, with its file.
pub(super) fn fit_all(samples: &[Sample], settings: &FitSettings) -> Result<Vec<Result<Fits>>> {
    let inner = FitSettings { threads: (settings.threads / samples.len().max(1)).max(1), ..settings.clone() };
    let fits = map(samples.len(), settings.threads, |i| fit(&samples[i].kept, &inner));
    if let (Some(first), true) = (samples.first(), fits.iter().all(Result::is_err)) {
        let reason = fits.iter().find_map(|f| f.as_ref().err()).map_or_else(String::new, ToString::to_string);
        return Err(Error::Content { path: first.path.clone(), reason: format!("array `{}`: {reason}", first.name) });
    }
    Ok(fits)
}
