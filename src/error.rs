//! The one public error type. Every variant names the offending value; outcomes of a solve ("unbounded",
//! "no finite slope") are data and live in [`crate::solve::Status`], not here.

use std::path::PathBuf;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can be wrong with a question put to the program.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not in the grammar. `at` is the byte range of the offending part of `text`.
    #[error("{message}\n{}", caret(text, at))]
    Syntax {
        /// The whole text.
        text: String,
        /// Byte range of the offending part.
        at: std::ops::Range<usize>,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A name that no table knows.
    #[error("unknown {kind} `{name}`{}", hint(kind, nearest.as_deref()))]
    UnknownName {
        /// What was looked for ("activation", "input", ...).
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The closest known name, where one is close.
        nearest: Option<String>,
    },
    /// A parameter without a value.
    #[error("parameter `{name}` has no value; give it one after a semicolon: `...; {name}=0.01`")]
    ParameterWithoutValue {
        /// The parameter.
        name: String,
    },
    /// Slices that belong together and differ in length.
    #[error("{points} points need room for {points} values, not {room}")]
    Lengths {
        /// How many points there are.
        points: usize,
        /// The length of the slice for their values.
        room: usize,
    },
    /// A parameter of a distribution, an activation or an option outside its domain.
    #[error("{owner}: {name} = {value} is out of range; {expected}")]
    OutOfRange {
        /// The distribution, activation or option.
        owner: String,
        /// The parameter.
        name: String,
        /// The value as given.
        value: String,
        /// What would be right ("it must be > 0").
        expected: String,
    },
    /// The wrong number of arguments.
    #[error("{owner} takes {expected} argument(s), {found} given")]
    Arguments {
        /// Who was called.
        owner: String,
        /// How many it takes, in words ("1", "0 to 2").
        expected: String,
        /// How many were given.
        found: usize,
    },
    /// A density that is negative, not finite, or does not integrate.
    #[error("`{density}` is not a density: {reason}")]
    NotADensity {
        /// The expression.
        density: String,
        /// Why.
        reason: String,
    },
    /// The input puts mass where the activation has no real value.
    #[error(
        "the input `{input}` has mass where the activation `{activation}` is not a finite real number (at x = {at})"
    )]
    OutsideDomain {
        /// The activation.
        activation: String,
        /// The input.
        input: String,
        /// A point of the support where it is undefined.
        at: f64,
    },
    /// A numerical routine met a value that is not finite, or could not reach its tolerance.
    #[error("{what} is not finite at {at}")]
    NotFinite {
        /// The quantity.
        what: String,
        /// The argument.
        at: f64,
    },
    /// A question that this form of the activation or input does not admit.
    #[error("{0}")]
    Unsupported(String),
    /// The algebra system refused or failed.
    #[error("symbolica: {0}")]
    Algebra(String),
    /// A file could not be read or written.
    #[error("cannot {action} {}: {reason}", path.display())]
    File {
        /// "read" or "write".
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A file was read but its content is not what it should be.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The path.
        path: PathBuf,
        /// What is wrong, where, and what would be right.
        reason: String,
    },
}

impl Error {
    /// A syntax error at a byte range of a text.
    pub fn syntax(text: &str, at: std::ops::Range<usize>, message: impl Into<String>) -> Self {
        Error::Syntax { text: text.to_owned(), at, message: message.into() }
    }

    /// An unknown name, with the nearest of the known ones.
    pub fn unknown<'a>(kind: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let nearest = nearest(name, known.iter().copied());
        if nearest.is_none() && known.len() <= FEW {
            return Error::Unsupported(format!("unknown {kind} `{name}`; known: {}", known.join(", ")));
        }
        Error::UnknownName { kind, name: name.to_owned(), nearest }
    }
}

/// What to do about an unknown name.
fn hint(kind: &str, nearest: Option<&str>) -> String {
    match (nearest, kind) {
        (Some(name), _) => format!("; did you mean `{name}`?"),
        (None, "activation" | "input distribution") => "; `eafo catalog` lists the known ones".to_owned(),
        (None, _) => String::new(),
    }
}

/// As many names as these are listed to those who give another.
const FEW: usize = 12;

/// The closest known name, if at most a third of its letters differ.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&lower, k), k))
        .filter(|(d, k)| *d <= 1 + k.len() / 4 && *d < k.len())
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k.to_owned())
}

/// The text with carets under a byte range; long texts are cut to a window around it.
fn caret(text: &str, at: &std::ops::Range<usize>) -> String {
    let clean: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let column = |byte: usize| text.char_indices().take_while(|(i, _)| *i < byte).count();
    let (start, end) = (column(at.start), column(at.end).max(column(at.start) + 1));
    let (from, to) = (start.saturating_sub(40), (start + 40).min(clean.len()));
    let shown: String = clean[from..to].iter().collect();
    let carets = "^".repeat((end.min(to.max(start + 1)) - start).max(1));
    format!("  {shown}\n  {}{carets}", " ".repeat(start - from))
}
