//! Whether a fitted distribution is to be trusted: its entropy and its likelihood against the entropy of the values themselves,
//! which needs no model.
//!
//! -l/n estimates the cross entropy -E log q(U), which exceeds the entropy of the true density by the divergence of the model
//! q from it. Where the excess is more than the sample's entropy is uncertain by, the model misses something.

use super::Fit;
use crate::numeric::Estimate;
use crate::samples::SampleEntropy;

/// So many standard errors of the sample's entropy are taken for chance.
const CHANCE: f64 = 3.0;

/// A model beside the values that it was fitted to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trust {
    /// Entropy of the model less that of the values, nats, with the standard error of the latter.
    pub gap: Option<Estimate>,
    /// -l/n less the entropy of the values: an estimate of the divergence of the model from their density, nats.
    pub divergence: Option<Estimate>,
    /// Whether both can be chance; none where the values have no entropy to compare with, being too few.
    pub trusted: Option<bool>,
    /// Why the model is not to be trusted, or why that cannot be said.
    pub verdict: Option<String>,
}

/// A fit to `n` values beside the entropy of the values.
pub fn trust(fit: &Fit, n: usize, sample: &SampleEntropy) -> Trust {
    let Some(own) = sample.estimate() else {
        let trusted = matches!(sample, SampleEntropy::Atom { .. }).then_some(false);
        let verdict =
            sample.outcome().map(|why| format!("cannot be held against the entropy of the values, which is {why}"));
        return Trust { gap: None, divergence: None, trusted, verdict };
    };
    let less = |value: f64, error: f64| Estimate { value: value - own.value, error: own.error + error, evaluations: 0 };
    let gap = fit.entropy.map(|h| less(h.value, h.error));
    let divergence = less(-fit.log_likelihood / n as f64, 0.0);
    let mut reasons = Vec::new();
    if let Some(gap) = gap.filter(|g| g.value.abs() > CHANCE * g.error) {
        reasons.push(apart("its entropy differs from that of the values by", &gap));
    }
    if divergence.value > CHANCE * divergence.error {
        reasons.push(apart("its divergence from their density is", &divergence));
    }
    let verdict = (!reasons.is_empty()).then(|| format!("not to be trusted: {}", reasons.join("; ")));
    Trust { gap, divergence: Some(divergence), trusted: Some(reasons.is_empty()), verdict }
}

fn apart(what: &str, e: &Estimate) -> String {
    format!("{what} {:.2e} nats, {:.1} standard errors", e.value, e.value.abs() / e.error)
}
