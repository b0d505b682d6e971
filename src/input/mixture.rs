//! Finite mixtures: density SUM w_i p_i.

use super::distribution::{Component, Distribution, End};
use super::form::scaled;
use super::registry::{Constant, out_of_range};
use super::samples::SampleFile;
use super::{Input, maxima};
use crate::error::Result;
use crate::expr::{Cmp, Expr, Op, Tape};
use num_rational::BigRational;
use num_traits::{One, Zero};

/// Weights that are not rational may miss the sum 1 by their rounding.
const ROUNDING: f64 = 1e-14;

/// The mixture of weighted inputs.
pub(super) fn build(parts: Vec<(Constant, Input)>) -> Result<Input> {
    if let Some((w, _)) = parts.iter().find(|(w, _)| w.value < 0.0) {
        return Err(out_of_range("mixture", "a weight", w.exact.to_string(), "it must be >= 0"));
    }
    check_sum(&parts)?;
    let join = |sign: &str, term: &dyn Fn(&Constant, &Input) -> String| {
        parts.iter().map(|(w, d)| term(w, d)).collect::<Vec<_>>().join(sign)
    };
    let text = format!("mixture({})", join("+", &|w, d| format!("{}*{}", factor(&w.exact), d.text())));
    let latex = join(" + ", &|w, d| format!(r"{}\,{}", w.latex(), d.latex_factor()));
    Input::compound(text, latex, Box::new(Mixture { parts }))
}

/// A weight as the left factor of a product.
fn factor(w: &Expr) -> String {
    match w.node() {
        crate::expr::Node::Call(Op::Add | Op::Sub, _) => format!("({w})"),
        _ => w.to_string(),
    }
}

fn check_sum(parts: &[(Constant, Input)]) -> Result<()> {
    let exact = parts.iter().try_fold(BigRational::zero(), |s, (w, _)| Some(s + w.exact.as_num()?));
    let sum: f64 = parts.iter().map(|(w, _)| w.value).sum();
    let (fits, shown) = match exact {
        // Decimals of doubles sum to 1 as doubles do.
        Some(s) => (s.is_one() || (sum - 1.0).abs() <= ROUNDING, Expr::num(s).to_string()),
        None => ((sum - 1.0).abs() <= ROUNDING, sum.to_string()),
    };
    match fits {
        true => Ok(()),
        false => Err(out_of_range("mixture", "the sum of the weights", shown, "it must be 1")),
    }
}

/// Weights and inputs.
struct Mixture {
    parts: Vec<(Constant, Input)>,
}

impl Mixture {
    /// The parts that carry mass.
    fn live(&self) -> impl Iterator<Item = &(Constant, Input)> {
        self.parts.iter().filter(|(w, _)| w.value > 0.0)
    }

    fn sum(&self, f: impl Fn(&Input) -> f64) -> f64 {
        self.live().map(|(w, d)| w.value * f(d)).sum()
    }

    /// log SUM exp(log w_i + log p_i), the largest term taken out.
    fn log_sum(&self, log_pdf: impl Fn(&Input) -> f64) -> f64 {
        let terms: Vec<f64> = self.live().map(|(w, d)| w.value.ln() + log_pdf(d)).collect();
        let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !largest.is_finite() {
            return largest;
        }
        largest + terms.iter().map(|t| (t - largest).exp()).sum::<f64>().ln()
    }

    /// SUM w_i f(D_i); each f holds on the support of its D_i, and is `below` and `above` beyond its ends.
    fn total(&self, f: impl Fn(&Input) -> Option<Expr>, below: i64, above: i64) -> Option<Expr> {
        let (low, high) = self.ends();
        let mut total: Option<Expr> = None;
        for (w, d) in self.live() {
            let (from, to) = d.ends();
            let mut form = f(d)?;
            if let Some(a) = from.exact.filter(|_| from.value > low.value) {
                form = Expr::call(Op::Where(Cmp::Lt), [Expr::x(), a, Expr::int(below), form]);
            }
            if let Some(b) = to.exact.filter(|_| to.value < high.value) {
                form = Expr::call(Op::Where(Cmp::Gt), [Expr::x(), b, Expr::int(above), form]);
            }
            let term = scaled(&w.exact, form);
            total = Some(match total {
                Some(sum) => sum + term,
                None => term,
            });
        }
        total
    }
}

impl Distribution for Mixture {
    fn ends(&self) -> (End, End) {
        let low = self.live().map(|(_, d)| d.ends().0).min_by(|a, b| a.value.total_cmp(&b.value));
        let high = self.live().map(|(_, d)| d.ends().1).max_by(|a, b| a.value.total_cmp(&b.value));
        (low.unwrap_or(End::BELOW), high.unwrap_or(End::ABOVE))
    }

    fn breakpoints(&self) -> Vec<f64> {
        self.live()
            .flat_map(|(_, d)| {
                let (a, b) = d.support();
                d.breakpoints().into_iter().chain([a, b])
            })
            .collect()
    }

    fn normaliser(&self) -> Expr {
        Expr::int(1)
    }

    fn kernel(&self) -> Expr {
        self.density()
    }

    fn density(&self) -> Expr {
        self.total(|d| Some(d.density()), 0, 0).unwrap_or_else(|| Expr::int(0))
    }

    fn log_pdf_at(&self, x: f64) -> Option<f64> {
        Some(self.log_sum(|d| d.log_pdf(x)))
    }

    fn anchors(&self) -> Vec<f64> {
        self.live().flat_map(|(_, d)| d.anchors().to_vec()).collect()
    }

    fn log_pdf_beside(&self, anchor: f64, offset: f64) -> Option<f64> {
        Some(self.log_sum(|d| d.log_pdf_beside(anchor, offset)))
    }

    fn log_pdfs(&self, x: &[f64], out: &mut [f64]) -> bool {
        let mut part = vec![0.0; x.len()];
        out.fill(f64::NEG_INFINITY);
        for (w, d) in self.live() {
            d.log_pdfs(x, &mut part);
            let log_weight = w.value.ln();
            for (out, log) in out.iter_mut().zip(&part) {
                let (small, large) = (out.min(log + log_weight), out.max(log + log_weight));
                *out = if small == f64::NEG_INFINITY { large } else { large + (small - large).exp().ln_1p() };
            }
        }
        true
    }

    fn cdf(&self) -> Option<Expr> {
        self.total(Input::cdf, 0, 1)
    }

    fn survival(&self) -> Option<Expr> {
        self.total(Input::survival, 1, 0)
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        Some(self.sum(|d| d.cdf_at(x)))
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        Some(self.sum(|d| d.survival_at(x)))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        match self.live().collect::<Vec<_>>().as_slice() {
            [(_, d)] => Some(d.quantile(p)),
            _ => None,
        }
    }

    fn mean(&self) -> Option<f64> {
        let mean = self.live().try_fold(0.0, |s, (w, d)| Some(s + w.value * d.mean()?))?;
        (!mean.is_nan()).then_some(mean)
    }

    /// SUM w_i (v_i + (m_i - m)^2)
    fn variance(&self) -> Option<f64> {
        let mean = self.mean()?;
        if mean.is_infinite() {
            return None;
        }
        self.live().try_fold(0.0, |s, (w, d)| Some(s + w.value * (d.variance()? + (d.mean()? - mean).powi(2))))
    }

    fn entropy(&self) -> Option<f64> {
        match self.live().collect::<Vec<_>>().as_slice() {
            [(_, d)] => d.entropy(),
            _ => None,
        }
    }

    fn modes(&self) -> Vec<f64> {
        let (a, b) = (self.ends().0.value, self.ends().1.value);
        let mut grid = Vec::new();
        for (_, d) in self.live() {
            let points = d.landmarks();
            if let (Some(first), Some(last)) = (points.first(), points.last()) {
                grid.extend((0..=128).map(|i| first + (last - first) * f64::from(i) / 128.0));
            }
            grid.extend(points);
        }
        grid.extend(self.breakpoints());
        let log_pdf = |x: f64| self.log_pdf_at(x).unwrap_or(f64::NEG_INFINITY);
        let tape = Tape::new(&self.density()).ok();
        let slope = |x: f64| tape.as_ref().map_or(f64::NAN, |t| t.derivative(x, 1));
        maxima::local(log_pdf, slope, a, b, grid, &self.breakpoints())
    }

    fn tail_index(&self) -> f64 {
        self.live().map(|(_, d)| d.tail_index()).fold(f64::INFINITY, f64::min)
    }

    fn mass_error(&self) -> f64 {
        self.sum(Input::mass_error)
    }

    fn files(&self) -> Vec<SampleFile> {
        self.parts.iter().flat_map(|(_, d)| d.files()).collect()
    }

    fn components(&self) -> Option<Vec<Component>> {
        let scaled = |(w, d): &(Constant, Input)| {
            let w = w.exact.clone();
            d.components().into_iter().map(move |c| Component { weight: w.clone() * c.weight.clone(), ..c })
        };
        Some(self.live().flat_map(scaled).collect())
    }
}
