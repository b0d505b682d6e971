//! Activations as source code for training, one file per target. A formula becomes straight-line code
//! ([`program`]) in the stable forms that evaluation uses, with its derivatives by the chain rule; a target
//! ([`language`]) says how each primitive is written.

mod accuracy;
mod branch;
mod c;
mod candle;
mod interpret;
mod jax;
mod keras;
mod language;
mod mend;
mod onnx;
mod onnx_proto;
mod primitive;
mod program;
mod pytorch;
mod rational;
mod rust;
mod unit;

use crate::error::{Error, Result};
use crate::expr::Formula;
pub use rational::{RationalForm, RationalSettings, rational_form};
use unit::{Parameter, Unit};

/// What is exported, and what its header says.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The name of the functions; what no identifier may hold is replaced.
    pub name: String,
    /// The formula; its parameters are arguments of the functions, their values the defaults.
    pub formula: Formula,
    /// Where it comes from, one line.
    pub provenance: String,
    /// Parameters that training leaves as they are.
    pub frozen: Vec<String>,
    /// Parameters that stay positive in training: what is learned is the inverse softplus of them.
    pub positive: Vec<String>,
}

impl Source {
    /// A formula all of whose parameters are learned, without constraints.
    pub fn new(name: impl Into<String>, formula: Formula, provenance: impl Into<String>) -> Source {
        let (name, provenance) = (name.into(), provenance.into());
        Source { name, formula, provenance, frozen: Vec::new(), positive: Vec::new() }
    }
}

/// A language or framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// C99, header-only, scalar.
    C,
    /// Rust without dependencies, scalar.
    Rust,
    /// The Rust functions with a layer for candle.
    Candle,
    /// A pure JAX function with its own derivative rule.
    Jax,
    /// The JAX function with modules for Flax: nnx and linen.
    Flax,
    /// A PyTorch function with its own derivative rule, and a module around it.
    Pytorch,
    /// A Keras 3 layer, serialisable, for every backend.
    Keras,
    /// A model-local function of ONNX, operator set 17. Binary.
    Onnx,
    /// Coefficients of a rational function that stands in for the activation, as JSON.
    Rational,
    /// The formula typeset.
    Latex,
}

impl Target {
    /// Every target.
    pub const ALL: [Target; 10] = [
        Target::Pytorch,
        Target::Jax,
        Target::Flax,
        Target::Keras,
        Target::Onnx,
        Target::C,
        Target::Rust,
        Target::Candle,
        Target::Rational,
        Target::Latex,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Target::C => "c",
            Target::Rust => "rust",
            Target::Candle => "candle",
            Target::Jax => "jax",
            Target::Flax => "flax",
            Target::Pytorch => "pytorch",
            Target::Keras => "keras",
            Target::Onnx => "onnx",
            Target::Rational => "rational",
            Target::Latex => "latex",
        }
    }

    /// The target of a name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest known one.
    pub fn parse(name: &str) -> Result<Target> {
        let found = Target::ALL.into_iter().find(|t| t.name() == name);
        found.ok_or_else(|| Error::unknown("export target", name, Target::ALL.iter().map(|t| t.name())))
    }
}

/// The file for a target, self-contained.
///
/// # Errors
/// [`Error::ParameterWithoutValue`], [`Error::UnknownName`] and [`Error::OutOfRange`] for what is said of parameters, and
/// [`Error::Unsupported`] where the target cannot express the formula or is not text.
pub fn emit(source: &Source, target: Target) -> Result<String> {
    let unit = Unit::new(source)?;
    match target {
        Target::C => c::file(&unit),
        Target::Rust => rust::file(&unit),
        Target::Candle => candle::file(&unit),
        Target::Jax => jax::file(&unit),
        Target::Flax => jax::flax_file(&unit),
        Target::Pytorch => pytorch::file(&unit),
        Target::Keras => keras::file(&unit),
        Target::Rational => Ok(rational_form(source, &RationalSettings::default())?.json(source)),
        Target::Onnx => Err(Error::Unsupported("an ONNX file is binary; write it to a file with -o".to_owned())),
        Target::Latex => {
            let header = unit.header("%", interpret::Precision::Single);
            Ok(format!("{header}f(x) = {}\n", source.formula.expr.latex()))
        }
    }
}

/// The bytes of the file for a target.
///
/// # Errors
/// As [`emit`], save that binary files are no error.
pub fn emit_bytes(source: &Source, target: Target) -> Result<Vec<u8>> {
    match target {
        Target::Onnx => onnx::file(&Unit::new(source)?),
        _ => emit(source, target).map(String::into_bytes),
    }
}
