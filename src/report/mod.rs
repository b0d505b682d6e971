//! Results on paper: the candidate file with its schema, and its renderings.

mod bars;
mod candidate;
mod derivation;
mod document;
mod draw;
mod entropies;
mod expansion;
mod expansion_plot;
mod latex;
mod markdown;
mod number;
mod optimum;
mod plot;
mod ranking;
mod sheet;
mod sheet_text;
mod text;
mod worst;

pub use candidate::{
    Activation, Atom, Boundary, BoundaryTerm, Candidate, Check, Convergence, Correction, Descent, Entropies,
    EntropySlope, Estimate, Improved, Input, Kink, MonotoneInterval, MonotonePiece, Node, Numeric, OrderTerm,
    OutputEntropy, Parameter, Piece, Provenance, Refinement, SchemaVersion, Sign, SingularPoint, Sobolev, Step,
    StepParameter, Tail, Truncation, schema, to_json,
};
pub use draw::Format;
pub use entropies::{EntropyFile, PairEntropy, Quantity};
pub use expansion::{ExpansionFile, ExpansionProblem};
pub use expansion_plot::expansion_picture;
pub use latex::latex;
pub use markdown::markdown;
pub use number::Number;
pub use optimum::{OptimumFile, optimum_picture};
pub use plot::picture;
pub use ranking::{Key, Ranking};
pub use sheet::Sheet;
pub use text::{table, text};
