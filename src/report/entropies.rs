//! The entropies of pairs of activation and input, as a file and as a table.

use super::candidate::Atom;
use super::document::{digits, supported};
use super::number::Number;
use super::text::columns;
use crate::entropy::{Entropy, Kind};
use crate::numeric::Estimate;
use serde::Serialize;

/// A number with the bound on its error; nulls where the quantity is not defined for its kind of output.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantity {
    /// The value; infinite where it is so by nature, NaN where it is undefined or not found.
    pub value: Option<Number>,
    /// A bound on the absolute error; infinite where `value` is not finite.
    pub error: Option<Number>,
    /// Evaluations of the integrand.
    pub evaluations: u64,
}

impl Quantity {
    const NONE: Quantity = Quantity { value: None, error: None, evaluations: 0 };

    fn of(e: Option<Estimate>) -> Quantity {
        let Some(Estimate { value, error, evaluations }) = e else { return Quantity::NONE };
        // The library says "undefined or not computed" by an infinite error.
        let known = value.is_infinite() || value.is_finite() && error.is_finite();
        Quantity {
            value: Some(Number(if known { value } else { f64::NAN })),
            error: Some(Number(if value.is_finite() { error } else { f64::INFINITY })),
            evaluations,
        }
    }

    /// A moment, or what it is where it has no finite value.
    fn moment(e: Option<Estimate>, limit: f64) -> Quantity {
        Quantity::of(Some(e.unwrap_or(Estimate { value: limit, error: f64::INFINITY, evaluations: 0 })))
    }

    /// A value known to rounding.
    pub(super) fn known(value: Number) -> Quantity {
        Quantity { value: Some(value), error: Some(Number(0.0)), evaluations: 0 }
    }

    /// The value where it is finite.
    pub fn finite(&self) -> Option<f64> {
        self.value.map(|v| v.0).filter(|v| v.is_finite())
    }

    /// The finite value, 0 where its error does not tell it from 0.
    pub(super) fn significant(&self) -> Option<f64> {
        let error = self.error.map_or(0.0, |e| e.0);
        self.finite().map(|v| if v.abs() <= error { 0.0 } else { v })
    }

    /// For people; a dash for nothing.
    pub(super) fn shown(&self) -> String {
        let value = self.value.filter(|v| !v.0.is_nan());
        value.map_or("-".to_owned(), |v| supported(v, self.error.unwrap_or(Number(0.0)), 9).text)
    }
}

/// The entropy of an activation's output under an input, nats, with its companions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairEntropy {
    /// The activation as it was typed.
    pub activation: String,
    /// The input as it was typed.
    pub input: String,
    /// `computed`; `infinite` or `undefined`, which `outcome` explains; `outside_domain` where the pair does not fit together.
    pub status: &'static str,
    /// `continuous`, `mixed` or `discrete`; null where the pair does not fit together.
    pub kind: Option<&'static str>,
    /// The values taken with positive probability, ascending.
    pub atoms: Vec<Atom>,
    /// -SUM m log m over the atoms.
    pub atoms_entropy: Number,
    /// -INT q log q over the part with a density.
    pub entropy: Quantity,
    /// E f(U), atoms included.
    pub mean: Quantity,
    /// Var f(U), atoms included.
    pub variance: Quantity,
    /// log(2 pi e Var)/2 - H; none with atoms or without a variance.
    pub negentropy: Quantity,
    /// log(range) - H; none with atoms or on an infinite range.
    pub deficit: Quantity,
    /// What is infinite, undefined or not computed, in words.
    pub outcome: Option<String>,
}

impl PairEntropy {
    /// The entropy found for a pair, by the names that it was asked for.
    pub fn new(activation: &str, input: &str, e: &Entropy) -> PairEntropy {
        let entropy = Quantity::of(Some(e.entropy));
        let atom = |a: &crate::entropy::Atom| Atom { at: Number(a.at), mass: Number(a.mass) };
        PairEntropy {
            activation: activation.to_owned(),
            input: input.to_owned(),
            status: match entropy.value {
                Some(v) if v.0.is_infinite() => "infinite",
                Some(v) if v.0.is_finite() => "computed",
                _ => "undefined",
            },
            kind: Some(match e.kind {
                Kind::Continuous => "continuous",
                Kind::Mixed => "mixed",
                Kind::Discrete => "discrete",
            }),
            atoms: e.atoms.iter().map(atom).collect(),
            atoms_entropy: Number(e.atoms_entropy),
            entropy,
            mean: Quantity::moment(e.mean, e.limits[0]),
            variance: Quantity::moment(e.variance, e.limits[1]),
            negentropy: Quantity::of(e.negentropy),
            deficit: Quantity::of(e.deficit),
            outcome: e.outcome.clone(),
        }
    }

    /// A pair that does not fit together, and why.
    pub fn refused(activation: &str, input: &str, reason: &str) -> PairEntropy {
        PairEntropy {
            activation: activation.to_owned(),
            input: input.to_owned(),
            status: "outside_domain",
            kind: None,
            atoms: Vec::new(),
            atoms_entropy: Number(0.0),
            entropy: Quantity::NONE,
            mean: Quantity::NONE,
            variance: Quantity::NONE,
            negentropy: Quantity::NONE,
            deficit: Quantity::NONE,
            outcome: Some(reason.to_owned()),
        }
    }

    /// Whether the entropy is known, as a number or as an infinity.
    pub fn answered(&self) -> bool {
        self.entropy.value.is_some_and(|v| !v.0.is_nan())
    }

    pub(super) fn shown_kind(&self) -> &'static str {
        self.kind.unwrap_or("-")
    }

    /// How much probability is in atoms, for people.
    pub(super) fn shown_atoms(&self) -> String {
        let mass: f64 = self.atoms.iter().map(|a| a.mass.0).sum();
        match &*self.atoms {
            [] => "-".to_owned(),
            [a] => format!("{} at {}", digits(a.mass, 6).text, digits(a.at, 6).text),
            several => format!("{} at {} values", digits(Number(mass), 6).text, several.len()),
        }
    }
}

/// The entropies of all pairs, as `eafo entropy --json` prints them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntropyFile {
    schema: &'static str,
    status: &'static str,
    results: Vec<PairEntropy>,
}

impl EntropyFile {
    /// The file of these pairs. Its status is `answered` where the entropy of one of them is known; otherwise that of
    /// the first.
    pub fn new(results: Vec<PairEntropy>) -> EntropyFile {
        let answered = results.iter().any(PairEntropy::answered);
        let first = results.first().map_or("answered", |r| r.status);
        EntropyFile { schema: "eafo.entropy/1", status: if answered { "answered" } else { first }, results }
    }

    /// Whether one of the questions has an answer.
    pub fn answered(&self) -> bool {
        self.status == "answered"
    }

    /// A table, and below it the entropies of atoms and what is infinite or undefined.
    pub fn text(&self) -> String {
        let header = ["activation", "input", "entropy", "mean", "variance", "negentropy", "deficit", "atoms", "kind"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(self.results.iter().map(|r| {
            let numbers = [r.entropy, r.mean, r.variance, r.negentropy, r.deficit].map(|q| q.shown());
            let names = [r.activation.clone(), r.input.clone()];
            names.into_iter().chain(numbers).chain([r.shown_atoms(), r.shown_kind().to_owned()]).collect()
        }));
        let notes: String = self.results.iter().flat_map(notes).collect();
        let gap = if notes.is_empty() { "" } else { "\n" };
        format!("Entropy of the output, nats\n{}{gap}{notes}", columns(&rows))
    }
}

fn notes(r: &PairEntropy) -> impl Iterator<Item = String> {
    let atoms = (!r.atoms.is_empty()).then(|| {
        let entropy = Quantity::known(r.atoms_entropy).shown();
        format!("the column is the entropy of the density part; that of the atoms is {entropy}")
    });
    atoms.into_iter().chain(r.outcome.clone()).map(|what| format!("  {} under {}: {what}\n", r.activation, r.input))
}
