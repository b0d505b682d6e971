//! Activations as source code for training, one file per target. A formula becomes straight-line code
//! ([`program`]) in the stable forms that evaluation uses, with its derivatives by the chain rule; a target
//! ([`language`]) says how each primitive is written.

mod c;
mod jax;
mod language;
mod primitive;
mod program;
mod rust;

use crate::error::{Error, Result};
use crate::expr::{Expr, Formula, constant};
use language::identifier;
use program::{Instruction, Program, Register};

/// What is exported, and what its header says.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The name of the functions; what no identifier may hold is replaced.
    pub name: String,
    /// The formula; its parameters are arguments of the functions, their values the defaults.
    pub formula: Formula,
    /// Where it comes from, one line.
    pub provenance: String,
}

/// A language or framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// C99, header-only, scalar.
    C,
    /// Rust without dependencies, scalar.
    Rust,
    /// A pure JAX function with its own derivative rule.
    Jax,
    /// The JAX function with modules for Flax: nnx and linen.
    Flax,
    /// The formula typeset.
    Latex,
}

impl Target {
    /// Every target.
    pub const ALL: [Target; 5] = [Target::C, Target::Rust, Target::Jax, Target::Flax, Target::Latex];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Target::C => "c",
            Target::Rust => "rust",
            Target::Jax => "jax",
            Target::Flax => "flax",
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
/// [`Error::ParameterWithoutValue`], and [`Error::Unsupported`] where the target cannot express the formula.
pub fn emit(source: &Source, target: Target) -> Result<String> {
    let unit = Unit::new(source)?;
    match target {
        Target::C => c::file(&unit),
        Target::Rust => rust::file(&unit),
        Target::Jax => jax::file(&unit),
        Target::Flax => jax::flax_file(&unit),
        Target::Latex => Ok(format!("{}f(x) = {}\n", unit.header("%"), source.formula.expr.latex())),
    }
}

/// An activation laid out for the targets.
struct Unit {
    /// The name of the function.
    name: String,
    /// Parameters as identifiers with their values, in alphabetical order.
    parameters: Vec<(String, f64)>,
    program: Program,
    value: Register,
    /// The derivative with respect to x, and those with respect to the parameters.
    slopes: Vec<Register>,
    formula: String,
    provenance: String,
}

impl Unit {
    fn new(source: &Source) -> Result<Unit> {
        // Says which parameter has no value.
        source.formula.bound()?;
        let mut program = Program::default();
        let value = program.value(&source.formula.expr)?;
        let (mut parameters, mut slopes) = (Vec::new(), vec![program.derivative(value, &Instruction::X)]);
        for name in source.formula.expr.parameters() {
            let number = source.formula.parameters.get(&name).cloned().map(Expr::num);
            let number = number.ok_or_else(|| Error::ParameterWithoutValue { name: name.to_string() })?;
            parameters.push((identifier(&name), constant(&number)?));
            slopes.push(program.derivative(value, &Instruction::Parameter(name.to_string())));
        }
        let (formula, provenance) = (source.formula.text(), source.provenance.clone());
        Ok(Unit { name: identifier(&source.name), parameters, program, value, slopes, formula, provenance })
    }

    /// The comment at the top of a file.
    fn header(&self, comment: &str) -> String {
        let lines = [
            format!("{}: f(x) = {}", self.name, self.formula),
            one_line(&self.provenance),
            format!("Written by eafo {}. Use, change and share it freely (MIT-0).", env!("CARGO_PKG_VERSION")),
        ];
        lines.iter().map(|line| format!("{comment} {line}\n")).collect()
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
