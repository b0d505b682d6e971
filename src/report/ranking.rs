//! Activations in the order of their entropies, as a file, a table and a picture.

use super::bars::{Bar, Bars};
use super::draw::{Format, draw};
use super::entropies::{PairEntropy, Quantity};
use super::text::columns;
use crate::error::Result;
use serde::Serialize;

/// What to rank by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    /// log(2 pi e Var)/2 - H, largest first; the same at every scale of the output.
    Negentropy,
    /// H, smallest first.
    Entropy,
    /// log(range) - H, largest first.
    Deficit,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Key::Negentropy => "negentropy",
            Key::Entropy => "entropy",
            Key::Deficit => "deficit",
        }
    }

    fn order(self) -> &'static str {
        match self {
            Key::Negentropy | Key::Deficit => "largest first",
            Key::Entropy => "smallest first",
        }
    }

    fn of(self, r: &PairEntropy) -> Quantity {
        match self {
            Key::Negentropy => r.negentropy,
            Key::Entropy => r.entropy,
            Key::Deficit => r.deficit,
        }
    }

    /// The value to sort by, ascending.
    fn place(self, r: &PairEntropy) -> f64 {
        let value = self.of(r).finite().unwrap_or(f64::INFINITY);
        match self {
            Key::Negentropy | Key::Deficit => -value,
            Key::Entropy => value,
        }
    }

    /// Why there is no place for a pair among the others; none where there is one.
    fn obstacle(self, r: &PairEntropy) -> Option<String> {
        match (r.atoms.is_empty(), self.of(r).finite()) {
            (false, _) => Some("it has atoms".to_owned()),
            (true, Some(_)) => None,
            (true, None) => Some(match (&r.outcome, self) {
                (Some(why), _) => why.clone(),
                (None, Key::Deficit) => "its range is infinite".to_owned(),
                (None, Key::Negentropy | Key::Entropy) => format!("it has no {}", self.name()),
            }),
        }
    }
}

/// A pair in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Ranked {
    /// From 1 under each input; shared by neighbours that their errors do not tell apart.
    rank: usize,
    #[serde(flatten)]
    pair: PairEntropy,
}

/// A pair that cannot be compared with the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Apart {
    /// Why, in words.
    reason: String,
    #[serde(flatten)]
    pair: PairEntropy,
}

/// A ranking, as `eafo rank --json` prints it: input by input, best first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    schema: &'static str,
    status: &'static str,
    by: Key,
    order: &'static str,
    inputs: Vec<String>,
    ranking: Vec<Ranked>,
    apart: Vec<Apart>,
}

impl Ranking {
    /// Sorts the pairs under each of the inputs.
    pub fn new(by: Key, inputs: Vec<String>, pairs: Vec<PairEntropy>) -> Ranking {
        let (mut ranking, mut apart) = (Vec::new(), Vec::new());
        // `pairs` has the inputs in turn for every activation.
        for i in 0..inputs.len() {
            let (mut placed, mut others) = (Vec::new(), Vec::new());
            for pair in pairs.iter().skip(i).step_by(inputs.len()).cloned() {
                match by.obstacle(&pair) {
                    None => placed.push(pair),
                    Some(reason) => others.push(Apart { reason, pair }),
                }
            }
            ranking.extend(ranked(by, placed));
            apart.extend(others);
        }
        let status = if ranking.is_empty() { "nothing_to_rank" } else { "ranked" };
        Ranking { schema: "eafo.ranking/1", status, by, order: by.order(), inputs, ranking, apart }
    }

    /// Whether anything could be ranked.
    pub fn answered(&self) -> bool {
        !self.ranking.is_empty()
    }

    /// A table of the ranking, and one of what cannot be compared.
    pub fn text(&self) -> String {
        let table = if self.inputs.len() == 1 { self.single() } else { self.side_by_side() };
        let title = format!("Ranking by {}, {}, nats; under {}", self.by.name(), self.order, self.inputs.join(", "));
        let apart = if self.apart.is_empty() { String::new() } else { format!("\nNot comparable\n{}", self.others()) };
        format!("{title}\n{table}{apart}")
    }

    fn single(&self) -> String {
        let header = ["rank", "activation", "entropy", "negentropy", "deficit", "atoms", "kind"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(self.ranking.iter().map(|Ranked { rank, pair }| {
            let mut row = vec![rank.to_string(), pair.activation.clone()];
            row.extend([pair.entropy, pair.negentropy, pair.deficit].map(|q| q.shown()));
            row.extend([pair.shown_atoms(), pair.shown_kind().to_owned()]);
            row
        }));
        columns(&rows)
    }

    /// The key and the rank under every input, in the order of the first in which an activation has a place.
    fn side_by_side(&self) -> String {
        let mut rows = vec![std::iter::once("activation".to_owned()).chain(self.inputs.iter().cloned()).collect()];
        for name in self.names() {
            let cell = |input: &String| {
                let found = self.ranking.iter().find(|r| r.pair.activation == name && r.pair.input == *input);
                found.map_or("-".to_owned(), |r| format!("{}. {}", r.rank, self.by.of(&r.pair).shown()))
            };
            rows.push(std::iter::once(name.to_owned()).chain(self.inputs.iter().map(cell)).collect());
        }
        columns(&rows)
    }

    /// The ranked activations, each once, in order of appearance.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for r in &self.ranking {
            if !names.contains(&&*r.pair.activation) {
                names.push(&r.pair.activation);
            }
        }
        names
    }

    fn others(&self) -> String {
        let header = ["activation", "input", "entropy", "atoms", "atoms' entropy", "kind", "reason"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(self.apart.iter().map(|Apart { reason, pair }| {
            let atoms =
                if pair.atoms.is_empty() { "-".to_owned() } else { Quantity::known(pair.atoms_entropy).shown() };
            vec![
                pair.activation.clone(),
                pair.input.clone(),
                pair.entropy.shown(),
                pair.shown_atoms(),
                atoms,
                pair.shown_kind().to_owned(),
                reason.clone(),
            ]
        }));
        columns(&rows)
    }

    /// A bar for every ranked activation, the inputs in different colours.
    ///
    /// # Errors
    /// The picture cannot be drawn.
    pub fn picture(&self, format: Format) -> Result<Vec<u8>> {
        let value = |name: &str, input: &String| {
            let found = self.ranking.iter().find(|r| r.pair.activation == name && r.pair.input == *input);
            found.and_then(|r| self.by.of(&r.pair).significant())
        };
        let bar =
            |name: &str| Bar { label: name.to_owned(), values: self.inputs.iter().map(|i| value(name, i)).collect() };
        let bars = Bars {
            title: format!("Ranking by {}, {}", self.by.name(), self.order),
            x_label: format!("{} (nats)", self.by.name()),
            series: self.inputs.clone(),
            bars: self.names().into_iter().map(bar).collect(),
        };
        draw(&bars, format)
    }
}

/// Pairs in the order of their ranks; those that share one stay in the order given.
fn ranked(by: Key, mut placed: Vec<PairEntropy>) -> Vec<Ranked> {
    let names: Vec<String> = placed.iter().map(|p| p.activation.clone()).collect();
    placed.sort_by(|a, b| by.place(a).total_cmp(&by.place(b)));
    let mut all: Vec<Ranked> = Vec::new();
    for (i, pair) in placed.into_iter().enumerate() {
        let error = |r: &PairEntropy| by.of(r).error.map_or(0.0, |e| e.0);
        let tied = |last: &&Ranked| by.place(&pair) - by.place(&last.pair) <= error(&pair) + error(&last.pair);
        let rank = all.last().filter(tied).map_or(i + 1, |last| last.rank);
        all.push(Ranked { rank, pair });
    }
    all.sort_by_key(|r| (r.rank, names.iter().position(|name| *name == r.pair.activation)));
    all
}
