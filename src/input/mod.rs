//! Input distributions: one file each, the registry, mixtures, truncations, affine images, user-given densities. The
//! symbolic and the numeric side come from one definition.

mod beta;
mod cauchy;
mod compose;
mod exponential;
mod gamma;
mod gumbel;
mod half_normal;
mod laplace;
mod law;
mod logistic;
mod lognormal;
mod normal;
mod parse;
mod registry;
mod sech;
mod skew_normal;
mod softsign;
mod student_t;
mod triangular;
mod uniform;

pub use registry::{COMBINATORS, Domain, Entry, REGISTRY};

use crate::error::{Error, Result};
use crate::expr::{Expr, Tape};
use crate::numeric::{Estimate, Quadrature, bracketed};
use law::{Law, Moment, Value};
use std::sync::Arc;

/// A term of a density: weight * normaliser * kernel on [from, to].
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its weight, a constant.
    pub weight: Expr,
    /// Its normalising constant.
    pub normaliser: Expr,
    /// The rest of it.
    pub kernel: Expr,
    /// normaliser * kernel in the field's words.
    pub density: Expr,
    /// Lower end of its support.
    pub from: f64,
    /// Upper end of its support.
    pub to: f64,
}

/// A distribution of pre-activations. Cheap to clone.
#[derive(Clone)]
pub struct Input(Arc<Inner>);

struct Inner {
    text: String,
    latex: String,
    law: Law,
    components: Vec<Component>,
    /// Log weights and components of a mixture.
    parts: Vec<(f64, Input)>,
    normalisation: Option<Estimate>,
    pdf: Tape,
    log_pdf: Tape,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl Input {
    /// Reads a specification such as `normal(0,1)` or `mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))`.
    ///
    /// # Errors
    /// A syntax error with its place, an unknown name, a parameter out of range, a function that is no density.
    pub fn parse(text: &str) -> Result<Input> {
        parse::input(text)
    }

    fn named(entry: &Entry, args: Vec<Value>) -> Result<Input> {
        let (law, args) = entry.build(args)?;
        let list = |of: &dyn Fn(&Expr) -> String, comma: &str| {
            args.iter().map(|a| of(&a.expr)).collect::<Vec<_>>().join(comma)
        };
        let text = format!("{}({})", entry.name, list(&|e| e.to_string(), ","));
        let name = match entry.name {
            "normal" => "\\mathcal{N}".to_owned(),
            "uniform" => "\\mathcal{U}".to_owned(),
            other => format!("\\operatorname{{{}}}", other.replace('_', "\\_")),
        };
        let latex = format!("{name}({})", list(&Expr::latex, ", "));
        let component = Component {
            weight: Expr::int(1),
            normaliser: law.normaliser.clone(),
            kernel: law.kernel.clone(),
            density: law.density.clone(),
            from: law.support.0,
            to: law.support.1,
        };
        Input::new(text, latex, law, vec![component])
    }

    fn new(text: String, latex: String, law: Law, components: Vec<Component>) -> Result<Input> {
        let (pdf, log_pdf) = (Tape::new(&law.density)?, Tape::new(&law.log_density)?);
        Ok(Input(Arc::new(Inner { text, latex, law, components, parts: vec![], normalisation: None, pdf, log_pdf })))
    }

    /// Marks an input as normalised numerically.
    fn normalised(self, integral: Estimate) -> Input {
        self.changed(|inner| inner.normalisation = Some(integral))
    }

    fn with_parts(self, parts: Vec<(f64, Input)>) -> Input {
        self.changed(|inner| inner.parts = parts)
    }

    /// A change while nobody else holds the value yet.
    fn changed(mut self, change: impl FnOnce(&mut Inner)) -> Input {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(inner);
        }
        self
    }

    /// The specification in canonical form, which reads back as this input.
    pub fn text(&self) -> String {
        self.0.text.clone()
    }

    /// The distribution in LaTeX.
    pub fn latex(&self) -> String {
        self.0.latex.clone()
    }

    /// The support, an interval that may be infinite.
    pub fn support(&self) -> (f64, f64) {
        self.0.law.support
    }

    /// Kinks and jumps of the density inside the support.
    pub fn breakpoints(&self) -> Vec<f64> {
        self.0.law.breakpoints.clone()
    }

    /// The density on the support.
    pub fn density(&self) -> Expr {
        self.0.law.density.clone()
    }

    /// The logarithm of the density on the support.
    pub fn log_density(&self) -> Expr {
        self.0.law.log_density.clone()
    }

    /// The distribution function on the support, where it has a closed form.
    pub fn cdf(&self) -> Option<Expr> {
        self.0.law.cdf.clone()
    }

    /// The terms of the density.
    pub fn components(&self) -> Vec<Component> {
        self.0.components.clone()
    }

    /// The integral by which a given density was divided, where it was normalised numerically.
    pub fn normalisation(&self) -> Option<Estimate> {
        self.0.normalisation
    }

    /// An end of the support as a constant.
    fn end_text(&self, value: f64) -> Expr {
        if value.is_finite() { Expr::float(value) } else { Expr::int(0) }
    }

    /// The density at a point; 0 outside the support.
    pub fn pdf(&self, x: f64) -> f64 {
        let (low, high) = self.support();
        if low <= x && x <= high { self.0.pdf.eval(x) } else { 0.0 }
    }

    /// The logarithm of the density at a point, in nats; -infinity outside the support.
    pub fn log_pdf(&self, x: f64) -> f64 {
        let (low, high) = self.support();
        if !(low <= x && x <= high) {
            return f64::NEG_INFINITY;
        }
        if self.0.parts.is_empty() {
            return self.0.log_pdf.eval(x);
        }
        let logs = || self.0.parts.iter().map(|(w, input)| w + input.log_pdf(x));
        let greatest = logs().fold(f64::NEG_INFINITY, f64::max);
        if greatest.is_infinite() { greatest } else { greatest + logs().map(|l| (l - greatest).exp()).sum::<f64>().ln() }
    }

    /// P(U <= x), right in the lower tail.
    pub fn cdf_at(&self, x: f64) -> f64 {
        let (low, high) = self.support();
        match &self.0.law.lower {
            _ if x <= low => 0.0,
            _ if x >= high => 1.0,
            Some(f) => f(x),
            None => self.integral(low, x),
        }
    }

    /// P(U > x), right in the upper tail.
    pub fn survival_at(&self, x: f64) -> f64 {
        let (low, high) = self.support();
        match &self.0.law.upper {
            _ if x <= low => 1.0,
            _ if x >= high => 0.0,
            Some(f) => f(x),
            None => self.integral(x, high),
        }
    }

    /// The integral of the density; a density that was accepted integrates.
    fn integral(&self, a: f64, b: f64) -> f64 {
        let found = Quadrature::default().integrate(|x| self.0.pdf.eval(x), a, b, &self.0.law.breakpoints);
        found.map_or(f64::NAN, |e| e.value.clamp(0.0, 1.0))
    }

    /// The value below which a fraction `p` of the mass lies, 0 <= p <= 1.
    pub fn quantile(&self, p: f64) -> f64 {
        let (low, high) = self.support();
        match &self.0.law.quantile {
            _ if p <= 0.0 => low,
            _ if p >= 1.0 => high,
            Some(f) => f(p),
            None => self.search(p),
        }
    }

    /// The quantile by a root search, on the side whose tail probability keeps its digits.
    fn search(&self, p: f64) -> f64 {
        let excess = |x: f64| if p <= 0.5 { self.cdf_at(x) - p } else { (1.0 - p) - self.survival_at(x) };
        let (low, high) = self.support();
        let start = match (low.is_finite(), high.is_finite()) {
            (true, true) => return bracketed(excess, low, high).unwrap_or(f64::NAN),
            (true, false) => low,
            (false, true) => high,
            (false, false) => self.modes().first().copied().unwrap_or(0.0),
        };
        let (mut a, mut b, mut step) = (start, start, 1.0);
        while b < high && excess(b) < 0.0 && step < 1e300 {
            (a, b) = (b, (start + step).min(high));
            step *= 2.0;
        }
        step = 1.0;
        while a > low && excess(a) > 0.0 && step < 1e300 {
            (b, a) = (a, (start - step).max(low));
            step *= 2.0;
        }
        bracketed(excess, a, b).unwrap_or(f64::NAN)
    }

    /// The mean; none where it does not exist.
    pub fn mean(&self) -> Option<f64> {
        self.moment(self.0.law.mean, |x| x)
    }

    /// The variance; none where it does not exist, infinity where it is infinite.
    pub fn variance(&self) -> Option<f64> {
        match self.0.law.variance {
            Moment::Numeric => {
                let mean = self.mean()?;
                self.moment(Moment::Numeric, |x| (x - mean) * (x - mean))
            }
            known => self.moment(known, |x| x),
        }
    }

    fn moment(&self, moment: Moment, of: impl Fn(f64) -> f64) -> Option<f64> {
        match moment {
            Moment::Known(value) => Some(value),
            Moment::Undefined => None,
            Moment::Numeric => {
                let (low, high) = self.support();
                let weighted = |x: f64| self.0.pdf.eval(x) * of(x);
                Quadrature::default().integrate(weighted, low, high, &self.0.law.breakpoints).ok().map(|e| e.value)
            }
        }
    }

    /// The differential entropy in nats, where a closed form is known.
    pub fn entropy(&self) -> Option<f64> {
        self.0.law.entropy
    }

    /// Modes of the density, where they are known.
    pub fn modes(&self) -> Vec<f64> {
        self.0.law.modes.clone()
    }

    /// Every named distribution, then the ones made of others, as signature and description.
    pub fn catalogue() -> Vec<(String, String)> {
        let named = REGISTRY.iter().map(|e| {
            let args: Vec<String> = e.parameters.iter().map(|(name, standard, _)| format!("{name}={standard}")).collect();
            (format!("{}({})", e.name, args.join(",")), e.description.to_owned())
        });
        named.chain(COMBINATORS.iter().map(|(name, usage)| ((*name).to_owned(), (*usage).to_owned()))).collect()
    }
}

impl PartialEq for Input {
    fn eq(&self, other: &Input) -> bool {
        self.0.text == other.0.text
    }
}

impl std::str::FromStr for Input {
    type Err = Error;
    fn from_str(text: &str) -> Result<Input> {
        Input::parse(text)
    }
}
