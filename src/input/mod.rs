//! Input distributions: one file each, the registry, mixtures, truncations, affine images, user-given densities.
//!
//! Symbolic and numeric come from one definition: a distribution states its density, log-density and CDF as
//! expressions, and numbers are read from tapes compiled from them, save where a tail asks for better.

mod affine;
mod beta;
mod cauchy;
mod distribution;
mod exponential;
mod form;
mod gamma;
mod generalized_normal;
mod gumbel;
mod half_normal;
pub(crate) mod incomplete;
mod laplace;
mod logistic;
mod lognormal;
mod maxima;
mod mixture;
mod moments;
mod normal;
mod parse;
mod registry;
mod samples;
mod sech;
mod skew_normal;
mod softsign;
mod student_t;
mod tail;
mod triangular;
mod truncated;
mod uniform;
mod user;

pub use distribution::Component;
pub use samples::SampleFile;

use crate::error::Result;
use crate::expr::{Batch, Expr, Tape};
use crate::numeric::{Estimate, Point, Points};
use crate::samples::KernelDensity;
use distribution::End;
use num_rational::BigRational;
use registry::{Boxed, Constant, ENTRIES, Entry};
use std::sync::{Arc, OnceLock};

/// A distribution of the pre-activation. Cheap to clone.
#[derive(Clone)]
pub struct Input(Arc<Inner>);

struct Inner {
    label: Label,
    law: Boxed,
    ends: (End, End),
    modes: OnceLock<Vec<f64>>,
    quartiles: OnceLock<[f64; 3]>,
    support: (f64, f64),
    anchors: Vec<f64>,
    density: Expr,
    pdf: Tape,
    log_pdf: OnceLock<Option<Batch>>,
    cdf: OnceLock<Option<Tape>>,
    survival: OnceLock<Option<Tape>>,
}

/// How a distribution is written.
enum Label {
    Named(&'static Entry, Vec<Constant>),
    Compound { text: String, latex: String },
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

/// Two inputs are equal when they are written the same.
impl PartialEq for Input {
    fn eq(&self, other: &Input) -> bool {
        self.text() == other.text()
    }
}

impl Input {
    /// Reads an input: `normal(0,1)`, `mixture(0.3*normal(-1,0.5)+0.7*normal)`, `truncate(cauchy,-1,inf)`,
    /// `affine(logistic,2,1)`, `density(exp(-x^4),-inf,inf)`, `samples(acts.npz,conv1)`.
    ///
    /// # Errors
    /// [`Error::Syntax`](crate::Error::Syntax), `UnknownName`, `Arguments`, `OutOfRange` and `NotADensity`, each naming the offending part.
    pub fn parse(text: &str) -> Result<Input> {
        parse::parse(text)
    }

    /// The names of all named distributions and compound forms, in the order of the catalogue.
    pub fn names() -> Vec<&'static str> {
        ENTRIES.iter().map(|e| e.name).chain(registry::COMPOUND.iter().copied()).collect()
    }

    /// What can be written, each with a description in one line: every named distribution with its parameters and their
    /// standard values, then the compound forms.
    pub fn catalogue() -> Vec<(String, &'static str)> {
        let parameter = |p: &registry::Parameter| p.default.map_or(p.name.to_owned(), |d| format!("{}={d}", p.name));
        let row = |e: &&'static Entry| {
            let parameters: Vec<String> = e.parameters.iter().map(parameter).collect();
            (format!("{}({})", e.name, parameters.join(",")), e.description)
        };
        let compound = [
            ("mixture(w*D+...)", "distributions with weights that sum to 1"),
            ("truncate(D,a,b)", "a distribution given that it lies between a and b"),
            ("affine(D,scale,shift)", "scale times a distribution plus shift"),
            ("density(EXPR,a,b)", "a density of your own between a and b"),
            ("samples(PATH,ARRAY)", "the kernel density of an array in a sample file (.npy, .npz, .safetensors, .csv)"),
        ];
        ENTRIES.iter().map(row).chain(compound.map(|(form, about)| (form.to_owned(), about))).collect()
    }

    fn named(entry: &'static Entry, arguments: Vec<Constant>) -> Result<Input> {
        let law = (entry.build)(&arguments)?;
        Input::new(Label::Named(entry, arguments), law)
    }

    fn compound(text: String, latex: String, law: Boxed) -> Result<Input> {
        Input::new(Label::Compound { text, latex }, law)
    }

    fn new(label: Label, law: Boxed) -> Result<Input> {
        let (low, high) = law.ends();
        let support = (low.value, high.value);
        let density = law.density();
        let mut anchors = law.anchors();
        anchors.retain(|x| x.is_finite() && (low.value..=high.value).contains(x));
        anchors.sort_by(f64::total_cmp);
        anchors.dedup();
        Ok(Input(Arc::new(Inner {
            label,
            ends: (low, high),
            modes: OnceLock::new(),
            quartiles: OnceLock::new(),
            support,
            anchors,
            pdf: Tape::new(&density)?,
            density,
            law,
            log_pdf: OnceLock::new(),
            cdf: OnceLock::new(),
            survival: OnceLock::new(),
        })))
    }

    /// The canonical text, which parses back to the same input.
    pub fn text(&self) -> String {
        match &self.0.label {
            Label::Named(entry, arguments) => call(entry.name, arguments.iter().map(Constant::exact_text)),
            Label::Compound { text, .. } => text.clone(),
        }
    }

    /// The usual notation in LaTeX, with the parameters in the order of the grammar: `\mathcal{N}(0,1)`.
    pub fn latex(&self) -> String {
        match &self.0.label {
            Label::Named(entry, arguments) => call(entry.symbol, arguments.iter().map(Constant::latex)),
            Label::Compound { latex, .. } => latex.clone(),
        }
    }

    /// The LaTeX in brackets where it is a sum.
    fn latex_factor(&self) -> String {
        match self.0.label {
            Label::Named(..) => self.latex(),
            Label::Compound { .. } => format!(r"\left({}\right)", self.latex()),
        }
    }

    /// The smallest closed interval that carries all mass; its ends may be infinite.
    pub fn support(&self) -> (f64, f64) {
        self.0.support
    }

    /// Kinks and jumps of the density strictly inside the support, in order.
    pub fn breakpoints(&self) -> Vec<f64> {
        let (a, b) = self.support();
        let mut points = self.0.law.breakpoints();
        points.retain(|x| a < *x && *x < b);
        points.sort_by(f64::total_cmp);
        points.dedup();
        points
    }

    /// The density on the support, in the field's own words.
    pub fn density(&self) -> Expr {
        self.0.density.clone()
    }

    /// The logarithm of the density on the support.
    pub fn log_density(&self) -> Expr {
        self.0.law.log_density()
    }

    /// P(U <= x) on the support, where it has a closed form.
    pub fn cdf(&self) -> Option<Expr> {
        self.0.law.cdf()
    }

    /// P(U > x) on the support, where it has a closed form.
    pub fn survival(&self) -> Option<Expr> {
        self.0.law.survival()
    }

    /// The parts of the density with one kernel each: one part of weight 1 unless this is built on a mixture. The
    /// density is the sum of weight * density over the parts, each on its own interval.
    pub fn components(&self) -> Vec<Component> {
        self.0.law.components().unwrap_or_else(|| {
            let (from, to) = self.support();
            vec![Component {
                weight: Expr::int(1),
                normaliser: self.normaliser(),
                kernel: self.kernel(),
                density: self.density(),
                from,
                to,
            }]
        })
    }

    /// The density at `x`; 0 outside the support, possibly infinite at an end of it.
    pub fn pdf(&self, x: f64) -> f64 {
        match self.place(x) {
            Place::Inside => zero_for_nan(self.0.pdf.eval(x)),
            Place::Below | Place::Above => 0.0,
            Place::Nowhere => f64::NAN,
        }
    }

    /// The logarithm of the density at `x`, right in the tails far beyond the underflow of the density.
    pub fn log_pdf(&self, x: f64) -> f64 {
        match self.place(x) {
            Place::Inside => {}
            Place::Below | Place::Above => return f64::NEG_INFINITY,
            Place::Nowhere => return f64::NAN,
        }
        let value = match (self.0.law.log_pdf_at(x), self.log_batch()) {
            (Some(value), _) => value,
            (None, Some(batch)) => batch.tape().eval(x),
            (None, None) => self.pdf(x).ln(),
        };
        if value.is_nan() { f64::NEG_INFINITY } else { value }
    }

    /// [`Input::log_pdf`] at every point of `x`, into `out`.
    pub(crate) fn log_pdfs(&self, x: &[f64], out: &mut [f64]) {
        let pointwise = x.first().is_some_and(|x| self.0.law.log_pdf_at(*x).is_some());
        let by_law = self.0.law.log_pdfs(x, out);
        let mut by_batch = || self.log_batch().is_some_and(|batch| batch.values(x, out).is_ok());
        if !by_law && (pointwise || !by_batch()) {
            return x.iter().zip(out).for_each(|(x, out)| *out = self.log_pdf(*x));
        }
        for (x, out) in x.iter().zip(out) {
            match self.place(*x) {
                Place::Inside if by_law => {}
                Place::Inside => *out = self.0.law.log_pdf_at(*x).unwrap_or(*out),
                Place::Below | Place::Above => *out = f64::NEG_INFINITY,
                Place::Nowhere => continue,
            }
            if out.is_nan() {
                *out = f64::NEG_INFINITY;
            }
        }
    }

    fn log_batch(&self) -> Option<&Batch> {
        self.0.log_pdf.get_or_init(|| Batch::new(&self.log_density()).ok()).as_ref()
    }

    /// The points beside which distances matter that are lost when added to them, or where they came from, in order.
    pub(crate) fn anchors(&self) -> &[f64] {
        &self.0.anchors
    }

    /// One of the anchors as the exact number that it is, where it is a rational end of the support.
    pub(crate) fn exact_anchor(&self, anchor: f64) -> Option<BigRational> {
        let (low, high) = self.ends();
        let end = [low, high].into_iter().find(|end| end.value == anchor && self.anchors().contains(&anchor))?;
        end.exact?.as_num().cloned()
    }

    /// The logarithm of the density at anchor + offset, where the offset may be lost in the sum.
    pub(crate) fn log_pdf_beside(&self, anchor: f64, offset: f64) -> f64 {
        let (low, high) = self.support();
        let beyond = anchor == low && offset < 0.0 || anchor == high && offset > 0.0;
        let beside = self.anchors().contains(&anchor) && matches!(self.place(anchor + offset), Place::Inside);
        match beside.then(|| self.0.law.log_pdf_beside(anchor, offset)).flatten() {
            _ if beyond => f64::NEG_INFINITY,
            Some(log) if log.is_nan() => f64::NEG_INFINITY,
            Some(log) => log,
            None => self.log_pdf(anchor + offset),
        }
    }

    /// [`Input::log_pdf`] at a point of a quadrature, by its distance from an anchor where it was counted from one.
    pub(crate) fn log_pdf_at(&self, point: Point) -> f64 {
        match self.anchor_of(point) {
            Some(anchor) => self.log_pdf_beside(anchor, point.offset),
            None => self.log_pdf(point.u),
        }
    }

    /// [`Input::pdf`] at a point of a quadrature, by its distance from an anchor where it was counted from one.
    pub(crate) fn pdf_at(&self, point: Point) -> f64 {
        match self.anchor_of(point) {
            Some(anchor) => self.log_pdf_beside(anchor, point.offset).exp(),
            None => self.pdf(point.u),
        }
    }

    /// [`Input::log_pdf_at`] at every point, into `out`.
    pub(crate) fn log_pdfs_at(&self, points: &Points, out: &mut [f64]) {
        self.log_pdfs(&points.u, out);
        if self.anchors().is_empty() {
            return;
        }
        for (point, out) in points.iter().zip(out) {
            if let Some(anchor) = self.anchor_of(point) {
                *out = self.log_pdf_beside(anchor, point.offset);
            }
        }
    }

    /// The anchor that the offset of a point was counted from, to rounding.
    fn anchor_of(&self, point: Point) -> Option<f64> {
        self.anchors().iter().copied().find(|anchor| point.is_counted_from(*anchor))
    }

    /// The derivative of the density at `x`.
    fn slope(&self, x: f64) -> f64 {
        self.0.pdf.derivative(x, 1)
    }

    /// P(U <= x), with full relative precision in the lower tail.
    pub fn cdf_at(&self, x: f64) -> f64 {
        let (a, b) = self.support();
        match self.place(x) {
            Place::Below => return 0.0,
            Place::Above => return 1.0,
            Place::Nowhere => return f64::NAN,
            Place::Inside if x == a => return 0.0,
            Place::Inside if x == b => return 1.0,
            Place::Inside => {}
        }
        let tape = || self.0.cdf.get_or_init(|| self.cdf().and_then(|e| Tape::new(&e).ok()));
        let value = self.0.law.cdf_at(x).or_else(|| tape().as_ref().map(|t| t.eval(x)));
        value.unwrap_or_else(|| tail::masses(self, x).0).clamp(0.0, 1.0)
    }

    /// P(U > x), with full relative precision in the upper tail.
    pub fn survival_at(&self, x: f64) -> f64 {
        let (a, b) = self.support();
        match self.place(x) {
            Place::Below => return 1.0,
            Place::Above => return 0.0,
            Place::Nowhere => return f64::NAN,
            Place::Inside if x == a => return 1.0,
            Place::Inside if x == b => return 0.0,
            Place::Inside => {}
        }
        let tape = || self.0.survival.get_or_init(|| self.survival().and_then(|e| Tape::new(&e).ok()));
        let value = self.0.law.survival_at(x).or_else(|| tape().as_ref().map(|t| t.eval(x)));
        value.unwrap_or_else(|| tail::masses(self, x).1).clamp(0.0, 1.0)
    }

    /// The smallest x with P(U <= x) >= p, to the last digits; the ends of the support at 0 and 1, NaN outside [0, 1].
    pub fn quantile(&self, p: f64) -> f64 {
        let (a, b) = self.support();
        if p == 0.0 {
            return a;
        }
        if p == 1.0 {
            return b;
        }
        if !(0.0 < p && p < 1.0) {
            return f64::NAN;
        }
        self.0.law.quantile_at(p).unwrap_or_else(|| tail::quantile(self, p)).clamp(a, b)
    }

    /// The quantiles of 1/4, 1/2 and 3/4.
    pub fn quartiles(&self) -> [f64; 3] {
        *self.0.quartiles.get_or_init(|| [0.25, 0.5, 0.75].map(|p| self.quantile(p)))
    }

    /// The mean: `None` where undefined, infinite where it diverges to one side.
    pub fn mean(&self) -> Option<f64> {
        self.0.law.mean()
    }

    /// The variance: `None` where undefined, possibly infinite.
    pub fn variance(&self) -> Option<f64> {
        self.0.law.variance()
    }

    /// The differential entropy in nats, where a closed form is known.
    pub fn entropy(&self) -> Option<f64> {
        self.0.law.entropy()
    }

    /// The local maxima of the density, in order; one point for a plateau.
    pub fn modes(&self) -> Vec<f64> {
        self.0.modes.get_or_init(|| self.0.law.modes()).clone()
    }

    /// The supremum of the orders of the absolute moments that exist: 1 for Cauchy, nu for student_t, infinite for
    /// most.
    pub fn tail_index(&self) -> f64 {
        self.0.law.tail_index()
    }

    /// Points that resolve the bulk, in order: breakpoints, modes, and a few quantiles. An integral against the density
    /// that is split at these finds all of its mass, however narrow or far from 0 that lies.
    pub fn landmarks(&self) -> Vec<f64> {
        let own = self.0.law.landmarks();
        let quantiles = || [1e-3, 0.1, 0.5, 0.9, 0.999].map(|p| self.quantile(p)).to_vec();
        let mut points = own.unwrap_or_else(quantiles);
        points.extend(self.breakpoints());
        points.extend(self.modes());
        points.retain(|x| x.is_finite());
        points.sort_by(f64::total_cmp);
        points.dedup();
        points
    }

    /// The integral by which a user-given density was divided, or which was found to be 1; `None` for all others.
    pub fn normalisation(&self) -> Option<Estimate> {
        self.0.law.normalisation()
    }

    /// How far the integral of the density may be from 1, beyond rounding.
    pub(crate) fn mass_error(&self) -> f64 {
        self.0.law.mass_error()
    }

    /// The mixture of kernels that `samples(PATH)` is; `None` for all others.
    pub fn kernel_density(&self) -> Option<&KernelDensity> {
        self.0.law.kernel_density()
    }

    /// The sample files that went into this input, with their hashes.
    pub fn files(&self) -> Vec<SampleFile> {
        self.0.law.files()
    }

    fn normaliser(&self) -> Expr {
        self.0.law.normaliser()
    }

    fn kernel(&self) -> Expr {
        self.0.law.kernel()
    }

    fn ends(&self) -> (End, End) {
        self.0.ends.clone()
    }

    fn place(&self, x: f64) -> Place {
        let (a, b) = self.support();
        if x.is_nan() {
            Place::Nowhere
        } else if x < a || x == f64::NEG_INFINITY {
            Place::Below
        } else if x > b || x == f64::INFINITY {
            Place::Above
        } else {
            Place::Inside
        }
    }
}

/// Where a point lies relative to the support.
enum Place {
    Below,
    Inside,
    Above,
    Nowhere,
}

/// A density in its tail or at an end of its support, where 0/0 and its kin stand for the limit 0.
fn zero_for_nan(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}

fn call(name: &str, arguments: impl Iterator<Item = String>) -> String {
    format!("{name}({})", arguments.collect::<Vec<_>>().join(","))
}
