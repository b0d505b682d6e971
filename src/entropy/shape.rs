//! An activation made ready for the functional: its smooth pieces, found and compiled once for all inputs.

use super::{Entropy, Functional};
use crate::error::Result;
use crate::expr::{Expr, Piece, Tape, pieces};
use crate::input::Input;
use std::sync::OnceLock;

/// An activation whose pieces are kept, for use under several inputs.
#[derive(Debug)]
pub struct Shape {
    activation: Expr,
    /// The pieces on the whole line; none where they cannot be listed, as for relu(sin(x)).
    whole: OnceLock<Option<Vec<Section>>>,
}

/// A smooth piece and its tape.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub from: f64,
    pub to: f64,
    pub form: Expr,
    pub tape: Tape,
}

impl Shape {
    /// An activation without parameters.
    pub fn new(activation: &Expr) -> Shape {
        Shape { activation: activation.clone(), whole: OnceLock::new() }
    }

    /// The entropy of f(U), U distributed as `input`.
    ///
    /// # Errors
    /// [`crate::Error::OutsideDomain`] where the input has mass and f no real value.
    pub fn entropy(&self, input: &Input) -> Result<Entropy> {
        Ok(Functional::of(self, input)?.entropy())
    }

    /// The activation itself.
    pub fn activation(&self) -> &Expr {
        &self.activation
    }

    /// The pieces between two points.
    pub(super) fn sections(&self, from: f64, to: f64) -> Result<Vec<Section>> {
        let whole = self.whole.get_or_init(|| compiled(&self.activation, f64::NEG_INFINITY, f64::INFINITY).ok());
        let Some(whole) = whole else { return compiled(&self.activation, from, to) };
        let clipped = whole.iter().map(|s| Section { from: s.from.max(from), to: s.to.min(to), ..s.clone() });
        Ok(clipped.filter(|s| s.from < s.to).collect())
    }
}

fn compiled(f: &Expr, from: f64, to: f64) -> Result<Vec<Section>> {
    let section =
        |p: Piece| Ok(Section { from: p.from.value, to: p.to.value, tape: Tape::new(&p.form)?, form: p.form });
    pieces(f, from, to)?.into_iter().map(section).collect()
}
