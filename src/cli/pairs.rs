//! Activations and inputs as typed, and the entropies of all their pairs.

use crate::activation::Activation;
use crate::entropy::entropy;
use crate::error::{Error, Result};
use crate::expr::Expr;
use crate::input::Input;
use crate::report::PairEntropy;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is asked: every activation under every input.
pub(super) struct Pairs {
    activations: Vec<(String, Expr)>,
    inputs: Vec<(String, Input)>,
}

impl Pairs {
    /// Reads everything; what is wrong is said before any work.
    pub fn resolve(activations: &[String], inputs: &[String]) -> Result<Pairs> {
        let activation = |text: &String| {
            let activation = Activation::parse(text)?;
            Ok((activation.name, activation.formula.bound()?))
        };
        let input = |text: &String| Ok((text.trim().to_owned(), Input::parse(text)?));
        Ok(Pairs {
            activations: activations.iter().map(activation).collect::<Result<_>>()?,
            inputs: inputs.iter().map(input).collect::<Result<_>>()?,
        })
    }

    /// The inputs as typed.
    pub fn inputs(&self) -> Vec<String> {
        self.inputs.iter().map(|(text, _)| text.clone()).collect()
    }

    /// The entropies, activation by activation, each under the inputs in their order. A pair that does not fit together
    /// (an input with mass outside the domain) is an outcome of its own.
    ///
    /// # Errors
    /// No pair fits together: the first one's error. No thread can be started.
    pub fn evaluate(&self) -> Result<Vec<PairEntropy>> {
        let count = self.activations.len() * self.inputs.len();
        let found: Vec<OnceLock<Result<PairEntropy>>> = (0..count).map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(slot) = found.get(i) else { break };
                slot.get_or_init(|| self.pair(i));
            }
        };
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(count.div_ceil(4)).max(1);
        std::thread::scope(|scope| {
            for _ in 1..workers {
                // As deep a stack as the main thread's; where no thread can be had, this one does the work.
                let _ = std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work);
            }
            work();
        });
        let results: Vec<Result<PairEntropy>> = found.into_iter().filter_map(OnceLock::into_inner).collect();
        if results.iter().all(Result::is_err) {
            return results.into_iter().collect();
        }
        let refused = |i: usize, e: Error| {
            let (activation, input) = self.names(i);
            PairEntropy::refused(activation, input, &e.to_string())
        };
        Ok(results.into_iter().enumerate().map(|(i, r)| r.unwrap_or_else(|e| refused(i, e))).collect())
    }

    fn names(&self, i: usize) -> (&str, &str) {
        let (a, d) = (i / self.inputs.len(), i % self.inputs.len());
        (&self.activations[a].0, &self.inputs[d].0)
    }

    fn pair(&self, i: usize) -> Result<PairEntropy> {
        let (activation, input) = self.names(i);
        let (f, d) = (&self.activations[i / self.inputs.len()].1, &self.inputs[i % self.inputs.len()].1);
        Ok(PairEntropy::new(activation, input, &entropy(f, d)?))
    }
}
