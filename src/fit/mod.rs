//! Distributions fitted to values by maximum likelihood.
//!
//! Families of location and scale have the log-likelihood SUM -log s + g((x - mu)/s; e), whose gradient and Hessian are
//! summed exactly in one pass (`sums`), and Newton's method climbs it; normal, Laplace and uniform distributions have closed
//! forms, generalized normals are found by location and shape in turn, normal mixtures by the EM algorithm. Standard errors
//! come from the observed information, goodness of fit from a parametric bootstrap that fits anew. Everything is done on the
//! values moved and stretched to quartiles near -0.67 and 0.67, so that units do not matter.

mod closed;
mod draw;
mod family;
mod goodness;
mod kernel;
mod mixture;
mod model;
mod newton;
mod owen;
mod pool;
mod power;
mod spec;
mod sums;
mod trust;

pub use family::Family;
pub use goodness::{Goodness, Test};
pub(crate) use pool::map;
pub use trust::{Trust, trust};

use crate::error::{Error, Result};
use crate::input::Input;
use crate::numeric::{Estimate, Quadrature};
use model::Model;

/// How distributions are to be fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct FitSettings {
    /// The families to fit.
    pub families: Vec<Family>,
    /// The seed of starts, choices and draws.
    pub seed: u64,
    /// Samples drawn for the p-values; without any there are no p-values.
    pub replicates: usize,
    /// The most values of each of these samples. The statistics are those of all values.
    pub drawn: usize,
    /// On how many threads.
    pub threads: usize,
}

impl Default for FitSettings {
    fn default() -> FitSettings {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        FitSettings { families: Family::ALL.to_vec(), seed: 0, replicates: 199, drawn: 1000, threads }
    }
}

/// A fitted number.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The name, of a mixture with the number of the part: `mu2`.
    pub name: String,
    /// The value of greatest likelihood.
    pub value: f64,
    /// Its standard error; none where the information gives none.
    pub standard_error: Option<f64>,
}

/// A distribution fitted to values.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The family.
    pub family: Family,
    /// The distribution, its numbers rounded to a hundredth of their standard errors.
    pub input: Input,
    /// The numbers.
    pub parameters: Vec<Fitted>,
    /// The sum of the logarithms of the density at the values.
    pub log_likelihood: f64,
    /// 2 k - 2 l with k numbers chosen.
    pub aic: f64,
    /// k log n - 2 l.
    pub bic: f64,
    /// The tests.
    pub goodness: Goodness,
    /// The entropy of the distribution, nats; none where its integral is not found.
    pub entropy: Option<Estimate>,
    /// What the search ran into, and what the standard errors rest on.
    pub notes: Vec<String>,
}

/// Fits in the order of their BIC, least first.
#[derive(Debug, Clone, PartialEq)]
pub struct Fits {
    /// The fits.
    pub ranking: Vec<Fit>,
    /// Families that could not be fitted, and why.
    pub skipped: Vec<(Family, String)>,
    /// How many values each of the samples behind the p-values has.
    pub drawn: usize,
}

/// Fits families to values in ascending order.
///
/// # Errors
/// [`Error::Unsupported`] where the values are none, too few, constant, not finite or not in order, or where no family can be
/// fitted.
pub fn fit(values: &[f64], settings: &FitSettings) -> Result<Fits> {
    check(values, settings)?;
    let frame = Frame::of(values);
    let x: Vec<f64> = values.iter().map(|v| (v - frame.centre) / frame.spread).collect();
    let drawn = settings.drawn.max(3).min(x.len());
    let found =
        map(settings.families.len(), settings.threads, |i| one(settings.families[i], values, &x, &frame, settings));
    let (mut ranking, mut skipped) = (Vec::new(), Vec::new());
    for (family, result) in settings.families.iter().zip(found) {
        match result {
            Ok(fit) => ranking.push(fit),
            Err(reason) => skipped.push((*family, reason)),
        }
    }
    if let (true, Some((_, reason))) = (ranking.is_empty(), skipped.first()) {
        return Err(Error::Unsupported(reason.clone()));
    }
    let FitSettings { replicates, seed, threads, .. } = *settings;
    let bootstrap = goodness::Bootstrap { replicates, most: drawn, seed, threads };
    let tested = |(fit, model): (Fit, Model)| {
        let goodness = goodness::tested(fit.goodness, &model, x.len(), &bootstrap);
        Fit { goodness, ..fit }
    };
    let mut ranking: Vec<Fit> = ranking.into_iter().map(tested).collect();
    ranking.sort_by(|a, b| a.bic.total_cmp(&b.bic));
    Ok(Fits { ranking, skipped, drawn })
}

fn check(values: &[f64], settings: &FitSettings) -> Result<()> {
    let refuse = |reason: String| Err(Error::Unsupported(reason));
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return refuse("there are no values to fit a distribution to".to_owned());
    };
    if settings.families.is_empty() {
        return refuse("no family was asked for".to_owned());
    }
    if values.len() == 1 {
        return refuse(format!("there is only 1 value, {first}; a distribution is fitted to at least 3"));
    }
    if values.iter().any(|v| !v.is_finite()) {
        return refuse("values to fit a distribution to must be finite".to_owned());
    }
    if values.windows(2).any(|w| w[0] > w[1]) {
        return refuse("values to fit a distribution to must be in ascending order".to_owned());
    }
    if first == last {
        return refuse(format!("all {} values are {first}; no distribution with a density fits", values.len()));
    }
    Ok(())
}

/// The unit in which the values are fitted.
struct Frame {
    centre: f64,
    spread: f64,
}

impl Frame {
    /// Median and distance of the quartiles, the standard deviation where these coincide.
    fn of(values: &[f64]) -> Frame {
        let at = |p: f64| values[(p * (values.len() - 1) as f64).round() as usize];
        let centre = at(0.5);
        let quartiles = (at(0.75) - at(0.25)) / 1.349;
        let n = values.len() as f64;
        let deviation = || {
            let largest = values.iter().map(|v| (v - centre).abs()).fold(0.0, f64::max);
            largest * (values.iter().map(|v| ((v - centre) / largest).powi(2)).sum::<f64>() / n).sqrt()
        };
        let range = values[values.len() - 1] - values[0];
        let spread = if quartiles > 1e-9 * range { quartiles } else { deviation() };
        Frame { centre, spread }
    }
}

/// A fit still without p-values and its model in the unit of `x`, or why there is none.
fn one(
    family: Family,
    values: &[f64],
    x: &[f64],
    frame: &Frame,
    settings: &FitSettings,
) -> std::result::Result<(Fit, Model), String> {
    let n = values.len();
    if n < family.least_values() {
        let least = family.least_values();
        let count = least - 1;
        return Err(format!("{family} has {count} parameters and is fitted to at least {least} values, not {n}"));
    }
    let found = model::fit(family, x, settings.seed, None)
        .ok_or_else(|| format!("{family}: the likelihood has no maximum that could be found"))?;
    let mut model = found.image(frame.centre, frame.spread, n);
    if family == Family::Uniform {
        // The ends to the last digit.
        model.at = vec![values[0], values[n - 1]];
    }
    let input = Input::parse(&spec::text(&model)).map_err(|e| e.to_string())?;
    let freedom = model.freedom() as f64;
    let fit = Fit {
        family,
        parameters: parameters(&model),
        log_likelihood: model.log_likelihood,
        aic: 2.0 * freedom - 2.0 * model.log_likelihood,
        bic: freedom * (n as f64).ln() - 2.0 * model.log_likelihood,
        goodness: goodness::observed(&found, x),
        entropy: entropy(&input),
        notes: notes(&model),
        input,
    };
    Ok((fit, found))
}

fn parameters(model: &Model) -> Vec<Fitted> {
    let names = model.family.parameters();
    let name = |i: usize| match model.family {
        Family::Mixture => format!("{}{}", names[i % names.len()], i / names.len() + 1),
        _ => names[i].to_owned(),
    };
    let all = model.at.iter().zip(&model.errors).enumerate();
    all.map(|(i, (value, error))| Fitted { name: name(i), value: *value, standard_error: *error }).collect()
}

fn notes(model: &Model) -> Vec<String> {
    let mut notes: Vec<String> = model.bound.iter().map(|b| (*b).to_owned()).collect();
    let missing = model.errors.iter().any(Option::is_none);
    match model.family {
        Family::Uniform => notes.push(
            "the likelihood is greatest at a jump, the least and the greatest value: it gives no standard errors"
                .to_owned(),
        ),
        Family::Laplace => notes.push("standard errors by the expected information".to_owned()),
        Family::GeneralizedNormal if model.errors.first().is_some_and(Option::is_none) => {
            notes.push("up to shape 1/2 the information on mu is infinite: no standard error".to_owned());
        }
        Family::GeneralizedNormal => {
            notes.push("standard error of mu by the expected information, the others by the observed".to_owned());
        }
        _ if missing && model.bound.is_none() => {
            notes.push("the observed information is singular: standard errors are missing".to_owned())
        }
        _ => {}
    }
    notes
}

/// The entropy in closed form, or -INT p log p.
fn entropy(input: &Input) -> Option<Estimate> {
    if let Some(value) = input.entropy() {
        return Some(Estimate::exact(value));
    }
    let (a, b) = input.support();
    let term = |u: f64| {
        let log = input.log_pdf(u);
        if log > -700.0 { -log * log.exp() } else { 0.0 }
    };
    let [low, middle, high] = input.quartiles();
    // Far from 0 the density is no better known than its argument.
    let relative = 1e-12f64.max(16.0 * f64::EPSILON * middle.abs() / (high - low));
    let rule = Quadrature { centre: middle, scale: high - low, relative, ..Quadrature::default() };
    rule.integrate(term, a, b, &input.landmarks()).ok()
}
