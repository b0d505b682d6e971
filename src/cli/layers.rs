//! The layers of a derivation script: for each array of samples a distribution is fitted, and the derivation is done under it.

use super::derive::{Metric, Request};
use super::fit::fit_all;
use crate::error::{Error, Result};
use crate::fit::{Family, FitSettings, Fits, trust};
use crate::report::{Candidate, Format, fit_picture, to_json};
use crate::samples::{Reading, Sample, read};
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;

/// `[[layers]]` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layer {
    file: PathBuf,
    /// One array of the file; all of them where none is named.
    array: Option<String>,
    /// Families to choose from, separated by commas; all of them where none is named.
    family: Option<String>,
}

/// What is derived under every layer.
pub(super) struct Problem<'a> {
    pub activation: &'a str,
    pub metric: Metric,
    pub length: Option<f64>,
    pub order: u32,
    pub name: Option<&'a str>,
}

/// Layers with their fits, and a derivation under the best of each.
pub(super) struct Layers {
    samples: Vec<Sample>,
    fits: Vec<Fits>,
    requests: Vec<Request>,
}

impl Layers {
    /// Reads and fits every layer, so that what is wrong with one is said before the first derivation.
    pub fn resolve(problem: &Problem, layers: &[Layer]) -> Result<Layers> {
        let mut all = Layers { samples: Vec::new(), fits: Vec::new(), requests: Vec::new() };
        for layer in layers {
            let settings = layer.settings()?;
            let arrays = layer.array.iter().cloned().collect();
            let samples = read(&layer.file, &Reading { arrays, ..Reading::default() })?;
            let found = fit_all(&samples, &settings)?;
            for (sample, fits) in samples.into_iter().zip(found) {
                let label = |e: Error| Error::Content {
                    path: sample.path.clone(),
                    reason: format!("array `{}`: {e}", sample.name),
                };
                let fits = fits.map_err(label)?;
                let spec = fits.ranking.first().map(|best| best.input.text()).unwrap_or_default();
                let name = format!("{}_{}", problem.name.unwrap_or(problem.activation), sample.name);
                let (metric, order) = (problem.metric, problem.order);
                all.requests.push(Request::resolve(
                    problem.activation,
                    &spec,
                    metric,
                    problem.length,
                    order,
                    Some(name),
                )?);
                all.samples.push(sample);
                all.fits.push(fits);
            }
        }
        Ok(all)
    }

    /// A candidate per layer, with the hash of the file that its input was fitted to.
    pub fn solve(&self) -> Result<Vec<Candidate>> {
        let solve = |((request, sample), fits): ((&Request, &Sample), &Fits)| {
            let mut candidate = request.solve()?;
            let best = fits.ranking.first().map(|best| trust(best, sample.kept.len(), &sample.spacing_entropy()));
            let verdict = best.filter(|best| best.trusted == Some(false)).and_then(|best| best.verdict);
            candidate.warnings.extend(verdict.map(|verdict| format!("the fitted input: {verdict}")));
            let hash = format!("sha256:{} {}", sample.sha256, sample.path.display());
            candidate.provenance.input_file_hash = Some(hash);
            Ok(candidate)
        };
        self.requests.iter().zip(&self.samples).zip(&self.fits).map(solve).collect()
    }

    /// Histograms with the densities that the layers were given.
    pub fn picture(&self, format: Format) -> Result<Vec<u8>> {
        let shown: Vec<_> = self.samples.iter().zip(&self.fits).map(|(s, f)| (s, Some(f))).collect();
        fit_picture(&shown, format)
    }
}

/// The candidates of all layers as one document.
pub(super) fn document(candidates: &[Candidate]) -> Result<Vec<u8>> {
    Ok(to_json(&json!({ "candidates": candidates }))?.into_bytes())
}

impl Layer {
    fn settings(&self) -> Result<FitSettings> {
        let families = match &self.family {
            None => Family::ALL.to_vec(),
            Some(list) => list.split(',').map(str::parse).collect::<Result<_>>()?,
        };
        // A script asks for a distribution, not for p-values.
        Ok(FitSettings { families, replicates: 0, ..FitSettings::default() })
    }
}
