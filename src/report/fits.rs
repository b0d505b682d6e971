//! Distributions fitted to samples, as a file and as tables.

use super::document::digits;
use super::number::Number;
use super::text::columns;
use crate::fit::{Fit, Fits, Test, Trust, trust};
use crate::numeric::Estimate;
use crate::samples::{KernelDensity, Sample, SampleEntropy};
use serde::{Serialize, Serializer};

/// A number with its error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Uncertain {
    value: Number,
    error: Number,
}

impl From<Estimate> for Uncertain {
    fn from(e: Estimate) -> Uncertain {
        Uncertain { value: Number(e.value), error: Number(e.error) }
    }
}

impl Uncertain {
    fn shown(&self) -> String {
        format!("{} +- {}", digits(self.value, 6).text, digits(self.error, 2).text)
    }
}

/// A fitted number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Parameter {
    value: Number,
    /// Null where the information gives none.
    standard_error: Option<Number>,
}

/// Parameters by name, in their order.
#[derive(Debug, Clone, PartialEq)]
struct Parameters(Vec<(String, Parameter)>);

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, parameter)| (name, parameter)))
    }
}

/// A statistic with its p-value, null where no samples were drawn for it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Tested {
    statistic: Number,
    p_value: Option<Number>,
}

impl From<Test> for Tested {
    fn from(t: Test) -> Tested {
        Tested { statistic: Number(t.statistic), p_value: t.p_value.map(Number) }
    }
}

/// A family fitted to the values.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Candidate {
    family: &'static str,
    input: String,
    latex: String,
    parameters: Parameters,
    log_likelihood: Number,
    aic: Number,
    bic: Number,
    ks: Tested,
    ad: Tested,
    /// Samples behind the p-values.
    replicates: usize,
    entropy: Option<Uncertain>,
    entropy_gap: Option<Uncertain>,
    divergence: Option<Uncertain>,
    trusted: Option<bool>,
    verdict: Option<String>,
    notes: Vec<String>,
}

impl Candidate {
    fn new(fit: &Fit, trust: Trust) -> Candidate {
        let parameter = |p: &crate::fit::Fitted| {
            let standard_error = p.standard_error.map(Number);
            (p.name.clone(), Parameter { value: Number(p.value), standard_error })
        };
        Candidate {
            family: fit.family.name(),
            input: fit.input.text(),
            latex: fit.input.latex(),
            parameters: Parameters(fit.parameters.iter().map(parameter).collect()),
            log_likelihood: Number(fit.log_likelihood),
            aic: Number(fit.aic),
            bic: Number(fit.bic),
            ks: fit.goodness.kolmogorov_smirnov.into(),
            ad: fit.goodness.anderson_darling.into(),
            replicates: fit.goodness.replicates,
            entropy: fit.entropy.map(Uncertain::from),
            entropy_gap: trust.gap.map(Uncertain::from),
            divergence: trust.divergence.map(Uncertain::from),
            trusted: trust.trusted,
            verdict: trust.verdict,
            notes: fit.notes.clone(),
        }
    }

    fn row(&self, place: usize, best: f64) -> Vec<String> {
        let number = |v: Number, n: usize| digits(v, n).text;
        let test = |t: &Tested| [number(t.statistic, 3), t.p_value.map_or("-".to_owned(), |p| number(p, 3))];
        let mut row = vec![place.to_string(), self.family.to_owned(), number(self.log_likelihood, 9)];
        row.extend([number(self.aic, 8), number(Number(self.bic.0 - best), 4)]);
        row.extend(test(&self.ks));
        row.extend(test(&self.ad));
        row.push(self.entropy.map_or("-".to_owned(), |h| number(h.value, 5)));
        row.push(self.divergence.map_or("-".to_owned(), |d| number(d.value, 2)));
        row.push(match self.trusted {
            Some(true) => "yes".to_owned(),
            Some(false) => "no".to_owned(),
            None => "-".to_owned(),
        });
        row
    }
}

/// The moments of all finite values.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Moments {
    mean: Option<Number>,
    variance: Option<Number>,
    standard_deviation: Option<Number>,
    skewness: Option<Number>,
    kurtosis: Option<Number>,
    min: Option<Number>,
    max: Option<Number>,
}

/// An entropy of the values by themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct OwnEntropy {
    value: Option<Number>,
    error: Option<Number>,
    outcome: Option<String>,
}

impl From<&SampleEntropy> for OwnEntropy {
    fn from(e: &SampleEntropy) -> OwnEntropy {
        let estimate = e.estimate();
        OwnEntropy {
            value: estimate.map(|e| Number(e.value)),
            error: estimate.map(|e| Number(e.error)),
            outcome: e.outcome(),
        }
    }
}

impl OwnEntropy {
    fn shown(&self) -> String {
        match (self.value, self.error) {
            (Some(value), Some(error)) => Uncertain { value, error }.shown(),
            _ => self.outcome.clone().unwrap_or_else(|| "-".to_owned()),
        }
    }
}

/// Both of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct OwnEntropies {
    vasicek: OwnEntropy,
    kozachenko_leonenko: OwnEntropy,
}

/// A family that could not be fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Skipped {
    family: &'static str,
    reason: String,
}

/// The density of the values themselves, for comparison: it has no parameters to rank it by.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Smoothed {
    /// Null where there is none, which `outcome` explains.
    input: Option<String>,
    kernels: usize,
    /// The mean logarithm of the density at the values that it was made from.
    mean_log_likelihood: Option<Number>,
    /// So many of the values, evenly spaced in their order.
    values: usize,
    outcome: Option<String>,
}

/// Values at which a kernel density is evaluated.
const EVALUATED: usize = 4096;

impl Smoothed {
    fn of(sample: &Sample) -> Smoothed {
        let density = match KernelDensity::of(sample) {
            Ok(density) => density,
            Err(why) => {
                let outcome = Some(why.to_string());
                return Smoothed { input: None, kernels: 0, mean_log_likelihood: None, values: 0, outcome };
            }
        };
        let step = sample.kept.len().div_ceil(EVALUATED).max(1);
        let logs: Vec<f64> = sample.kept.iter().skip(step / 2).step_by(step).map(|x| density.log_density(*x)).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let path = sample.path.display().to_string();
        let quote = if path.contains('"') || sample.name.contains('"') { '\'' } else { '"' };
        Smoothed {
            input: Some(format!("samples({quote}{path}{quote},{quote}{}{quote})", sample.name)),
            kernels: density.kernels().len(),
            mean_log_likelihood: Some(Number(mean)),
            values: logs.len(),
            outcome: None,
        }
    }

    fn shown(&self) -> String {
        match (&self.input, self.mean_log_likelihood) {
            (Some(input), Some(mean)) => {
                let per_value = digits(mean, 6).text;
                format!("{input}: {} kernels, mean log-likelihood {per_value}", self.kernels)
            }
            _ => self.outcome.clone().unwrap_or_default(),
        }
    }
}

/// What was fitted to the values of one array.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedLayer {
    name: String,
    file: String,
    sha256: String,
    dtype: &'static str,
    seed: u64,
    status: &'static str,
    outcome: Option<String>,
    count: u64,
    nan: u64,
    infinite: u64,
    /// Values that the fits were made from: all, or a uniform sample of them.
    kept: usize,
    /// Values that the tests were made on, which are those.
    tested: usize,
    /// Values of each of the samples behind the p-values.
    drawn: usize,
    moments: Moments,
    sample_entropy: OwnEntropies,
    best: Option<Candidate>,
    candidates: Vec<Candidate>,
    skipped: Vec<Skipped>,
    /// Null where families were named.
    kernel_density: Option<Smoothed>,
}

impl FittedLayer {
    /// The fits to a sample, made with `seed`, or why there are none; with the kernel density beside where it is wanted.
    pub fn new(sample: &Sample, seed: u64, fits: &crate::error::Result<Fits>, smoothed: bool) -> FittedLayer {
        let spacing = sample.spacing_entropy();
        let beside = |fit: &Fit| Candidate::new(fit, trust(fit, sample.kept.len(), &spacing));
        let found = fits.as_ref().ok();
        let candidates: Vec<Candidate> = found.iter().flat_map(|f| &f.ranking).map(beside).collect();
        let skipped = found.iter().flat_map(|f| &f.skipped);
        let m = &sample.moments;
        let number = |v: Option<f64>| v.map(Number);
        FittedLayer {
            name: sample.name.clone(),
            file: sample.path.display().to_string(),
            sha256: sample.sha256.clone(),
            dtype: sample.dtype,
            seed,
            status: if candidates.is_empty() { "not_fitted" } else { "fitted" },
            outcome: fits.as_ref().err().map(ToString::to_string),
            count: sample.count(),
            nan: sample.nan,
            infinite: sample.infinite,
            kept: sample.kept.len(),
            tested: found.map_or(0, |_| sample.kept.len()),
            drawn: found.map_or(0, |f| f.drawn),
            moments: Moments {
                mean: number(m.mean()),
                variance: number(m.variance()),
                standard_deviation: number(m.deviation()),
                skewness: number(m.skewness()),
                kurtosis: number(m.kurtosis()),
                min: number(m.min()),
                max: number(m.max()),
            },
            sample_entropy: OwnEntropies {
                vasicek: (&spacing).into(),
                kozachenko_leonenko: (&sample.neighbour_entropy()).into(),
            },
            best: candidates.first().cloned(),
            candidates,
            skipped: skipped.map(|(f, reason)| Skipped { family: f.name(), reason: reason.clone() }).collect(),
            kernel_density: smoothed.then(|| Smoothed::of(sample)),
        }
    }

    /// The best input distribution as text of the grammar.
    pub fn best(&self) -> Option<&str> {
        self.best.as_ref().map(|b| b.input.as_str())
    }

    fn text(&self) -> String {
        let number = |v: Option<Number>| v.map_or("-".to_owned(), |v| digits(v, 6).text);
        let m = &self.moments;
        let mut head = vec![vec!["values".to_owned(), self.counts()]];
        let mut row = |label: &str, value: String| head.push(vec![label.to_owned(), value]);
        row("mean, standard deviation", format!("{}, {}", number(m.mean), number(m.standard_deviation)));
        row("skewness, kurtosis", format!("{}, {} (normal: 0, 3)", number(m.skewness), number(m.kurtosis)));
        row("least, greatest", format!("{}, {}", number(m.min), number(m.max)));
        row("entropy by spacings", self.sample_entropy.vasicek.shown());
        row("entropy by nearest neighbours", self.sample_entropy.kozachenko_leonenko.shown());
        let title = format!("{} of {}\n", self.name, self.file);
        let rest = match &self.outcome {
            Some(why) => format!("\n  not fitted: {why}\n"),
            None => format!("\n{}{}{}", self.ranking(), self.details(), self.remarks()),
        };
        format!("{title}{}{rest}", columns(&head))
    }

    fn counts(&self) -> String {
        let dropped = match (self.nan, self.infinite) {
            (0, 0) => String::new(),
            (nan, infinite) => format!(", {nan} NaN and {infinite} infinite dropped"),
        };
        let kept = if self.kept as u64 == self.count { String::new() } else { format!(", fitted to {}", self.kept) };
        format!("{} ({}){dropped}{kept}", self.count, self.dtype)
    }

    fn ranking(&self) -> String {
        let header = [
            "rank",
            "family",
            "log-likelihood",
            "AIC",
            "BIC - best",
            "KS",
            "p",
            "AD",
            "p",
            "entropy",
            "divergence",
            "trusted",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        let best = self.best.as_ref().map_or(0.0, |b| b.bic.0);
        rows.extend(self.candidates.iter().enumerate().map(|(i, c)| c.row(i + 1, best)));
        columns(&rows)
    }

    fn details(&self) -> String {
        let Some(best) = &self.best else { return String::new() };
        let mut rows = vec![vec!["best".to_owned(), best.input.clone()]];
        rows.extend(best.parameters.0.iter().map(|(name, p)| {
            let error = p.standard_error.map_or(String::new(), |e| format!(" +- {}", digits(e, 2).text));
            vec![format!("  {name}"), format!("{}{error}", digits(p.value, 8).text)]
        }));
        format!("\n{}", columns(&rows))
    }

    fn remarks(&self) -> String {
        let mut lines = Vec::new();
        let replicates = self.candidates.iter().map(|c| c.replicates).max().unwrap_or(0);
        if replicates > 0 {
            let FittedLayer { tested, drawn, seed, .. } = self;
            lines.push(format!(
                "KS and AD of {tested} values; p-values: {replicates} samples of {drawn} from each model, fitted anew; seed {seed}"
            ));
        }
        for (i, c) in self.candidates.iter().enumerate() {
            let verdict = c.verdict.iter().filter(|_| i == 0);
            lines.extend(verdict.chain(&c.notes).map(|note| format!("{}: {note}", c.family)));
        }
        lines.extend(self.skipped.iter().map(|s| s.reason.clone()));
        lines.extend(self.kernel_density.iter().map(|k| format!("for comparison: {}", k.shown())));
        lines.iter().map(|line| format!("  {line}\n")).collect()
    }
}

/// The document of `eafo fit`: of one layer the layer itself, of several a list of them.
#[derive(Debug, Clone, PartialEq)]
pub struct FitFile {
    layers: Vec<FittedLayer>,
}

#[derive(Serialize)]
struct One<'a> {
    schema: &'static str,
    #[serde(flatten)]
    layer: &'a FittedLayer,
}

#[derive(Serialize)]
struct Several<'a> {
    schema: &'static str,
    layers: &'a [FittedLayer],
}

const SCHEMA: &str = "eafo.fit/1";

impl Serialize for FitFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &*self.layers {
            [layer] => One { schema: SCHEMA, layer }.serialize(serializer),
            layers => Several { schema: SCHEMA, layers }.serialize(serializer),
        }
    }
}

impl FitFile {
    /// The file of these layers.
    pub fn new(layers: Vec<FittedLayer>) -> FitFile {
        FitFile { layers }
    }

    /// Whether every layer has a distribution.
    pub fn answered(&self) -> bool {
        self.layers.iter().all(|layer| layer.best.is_some())
    }

    /// The best input distribution of every layer, one a line; a dash where there is none.
    pub fn best(&self) -> String {
        self.layers.iter().map(|layer| format!("{}\n", layer.best().unwrap_or("-"))).collect()
    }

    /// Which of the best ones are not to be trusted, and why, a sentence each.
    pub fn doubts(&self) -> Vec<String> {
        let doubt = |layer: &FittedLayer| {
            let best = layer.best.as_ref().filter(|b| b.trusted == Some(false))?;
            let verdict = best.verdict.as_deref().unwrap_or("not to be trusted");
            let verb = if verdict.starts_with("not ") { "is " } else { "" };
            Some(format!("{}: {} {verb}{verdict}", layer.name, best.input))
        };
        self.layers.iter().filter_map(doubt).collect()
    }

    /// For people.
    pub fn text(&self) -> String {
        let tables: Vec<String> = self.layers.iter().map(FittedLayer::text).collect();
        if self.layers.len() == 1 {
            return tables.concat();
        }
        let mut rows = vec![["layer", "values", "best", "divergence", "trusted"].map(str::to_owned).to_vec()];
        rows.extend(self.layers.iter().map(|layer| {
            let best = layer.best.as_ref();
            let divergence = best.and_then(|b| b.divergence).map_or("-".to_owned(), |d| digits(d.value, 2).text);
            let trusted = match best.and_then(|b| b.trusted) {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            };
            let spec = layer.best().unwrap_or("-").to_owned();
            vec![layer.name.clone(), layer.count.to_string(), spec, divergence, trusted.to_owned()]
        }));
        format!("{}\n{}", tables.join("\n"), columns(&rows))
    }
}
