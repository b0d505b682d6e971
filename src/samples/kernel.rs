//! A kernel density: a smooth density made of samples, as a mixture of at most 200 normal kernels on a grid.
//!
//! Where samples are dense the kernels have the bandwidth h of Sheather and Jones (1991). In the tails, where a bandwidth
//! holds few samples or none, they widen until each spans a fixed number of them (the adaptive kernels of Silverman 1986,
//! section 5.3, by nearest neighbours), so that an outlier is no bump of its own and the tails fall off like a normal
//! density. The grid's spacing d is the local bandwidth; every sample is shared between the two nodes around it in
//! proportion (linear binning, which keeps the mean), and the kernels have the variance h^2 - d^2/6, because sharing adds
//! d^2/6 on average.

use super::Sample;
use super::bandwidth::{scale, sheather_jones, silverman};
use super::ties::{Ties, ties};
use crate::numeric::{bracketed, special};

/// The most kernels.
const MOST: usize = 200;
/// With fewer samples there is no density to speak of.
const FEWEST: usize = 10;
/// How fast the local bandwidth may grow with the distance.
const GROWTH: f64 = 0.25;
/// A kernel in the tails spans n^(1/3) samples, within these bounds.
const SPANNED: (f64, f64) = (4.0, 50.0);
/// Kernels that weigh less than this against the largest one at a point do not count there.
const NEGLIGIBLE: f64 = 46.0;
/// log(2 pi)/2
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_8;

/// One normal kernel of the mixture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kernel {
    /// The share of the samples; all shares sum to 1.
    pub weight: f64,
    /// The centre.
    pub at: f64,
    /// The standard deviation.
    pub width: f64,
    /// log(weight/(width sqrt(2 pi)))
    height: f64,
}

/// The density.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelDensity {
    kernels: Vec<Kernel>,
    /// The bandwidth where samples are dense.
    pub bandwidth: f64,
    /// By which rule it was found.
    pub rule: &'static str,
    /// How many samples it was made of.
    pub count: usize,
}

/// Why there is no kernel density.
#[derive(Debug, Clone, PartialEq)]
pub enum NoDensity {
    /// All values are the same.
    Constant(f64),
    /// Too few values.
    TooFew(usize),
    /// A value has a share of its own.
    Atom {
        /// The value.
        value: f64,
        /// Its share.
        share: f64,
    },
}

impl std::fmt::Display for NoDensity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoDensity::Constant(value) => write!(f, "all values are {value}: a kernel density needs spread"),
            NoDensity::TooFew(n) => {
                write!(f, "{n} values are too few for a kernel density, at least {FEWEST} are needed")
            }
            NoDensity::Atom { value, share } => write!(
                f,
                "{:.3} % of the values equal {value}, more than a density allows: leave them out, or treat them apart",
                100.0 * share
            ),
        }
    }
}

impl KernelDensity {
    /// The kernel density of the values kept of a sample.
    ///
    /// # Errors
    /// [`NoDensity`] of constant or too few values, and where values are equal beyond what their rounding explains.
    pub fn of(sample: &Sample) -> Result<KernelDensity, NoDensity> {
        let sorted = sample.kept.as_slice();
        let n = sorted.len();
        let (Some(first), true) = (sorted.first(), n >= FEWEST) else { return Err(NoDensity::TooFew(n)) };
        let Some(scale) = scale(sample).filter(|_| sorted.last() > Some(first)) else {
            return Err(NoDensity::Constant(*first));
        };
        let step = match ties(sorted) {
            Ties::None => 0.0,
            Ties::Rounding { step, .. } => step,
            Ties::Atom { value, share, .. } => return Err(NoDensity::Atom { value, share }),
        };
        let (found, mut rule) = match sheather_jones(sorted, scale) {
            Some(h) => (h, "Sheather-Jones"),
            None => (silverman(scale, n as f64), "Silverman"),
        };
        let mut bandwidth = found.max(step);
        let mut spanned = (n as f64).cbrt().clamp(SPANNED.0, SPANNED.1);
        loop {
            if let Some(nodes) = nodes(sorted, bandwidth, spanned) {
                if bandwidth > found {
                    rule = "Sheather-Jones, widened to 200 kernels or to the rounding";
                }
                let kernels = weighed(sorted, &nodes);
                return Ok(KernelDensity { kernels, bandwidth, rule, count: n });
            }
            (bandwidth, spanned) = (1.1 * bandwidth, 1.1 * spanned);
        }
    }

    /// The kernels, from left to right.
    pub fn kernels(&self) -> &[Kernel] {
        &self.kernels
    }

    /// The largest of the logarithms log(weight * density) of the kernels at x.
    fn largest(&self, x: f64) -> f64 {
        self.kernels.iter().map(|k| k.log_term(x)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The logarithm of the density.
    pub fn log_density(&self, x: f64) -> f64 {
        let largest = self.largest(x);
        let relative = |k: &Kernel| k.log_term(x) - largest;
        let terms = self.kernels.iter().map(relative).filter(|t| *t > -NEGLIGIBLE);
        if largest.is_finite() { largest + terms.map(f64::exp).sum::<f64>().ln() } else { f64::NEG_INFINITY }
    }

    /// The logarithm of the density and its first three derivatives.
    pub fn log_jet(&self, x: f64) -> [f64; 4] {
        let largest = self.largest(x);
        let mut sums = [0.0; 4];
        for k in &self.kernels {
            let term = k.log_term(x) - largest;
            if term > -NEGLIGIBLE {
                let (e, a) = (term.exp(), 1.0 / k.width);
                let z = (x - k.at) * a;
                let factors = [1.0, -z * a, (z * z - 1.0) * a * a, (3.0 - z * z) * z * a * a * a];
                sums.iter_mut().zip(factors).for_each(|(sum, factor)| *sum += e * factor);
            }
        }
        let [p, p1, p2, p3] = sums;
        let (r1, r2, r3) = (p1 / p, p2 / p, p3 / p);
        [largest + p.ln(), r1, r2 - r1 * r1, r3 - 3.0 * r1 * r2 + 2.0 * r1 * r1 * r1]
    }

    /// P(U <= x).
    pub fn cdf(&self, x: f64) -> f64 {
        self.kernels.iter().map(|k| k.weight * special::normal_cdf((x - k.at) / k.width)).sum()
    }

    /// P(U > x).
    pub fn survival(&self, x: f64) -> f64 {
        self.kernels.iter().map(|k| k.weight * special::normal_cdf((k.at - x) / k.width)).sum()
    }

    /// The x with P(U <= x) = p, for 0 < p < 1.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let each = |k: &Kernel| k.at + k.width * special::normal_quantile(p);
        // Every kernel's own quantile lies on one side or the other.
        let low = self.kernels.iter().map(each).fold(f64::INFINITY, f64::min);
        let high = self.kernels.iter().map(each).fold(f64::NEG_INFINITY, f64::max);
        let excess = |x: f64| if p <= 0.5 { self.cdf(x) - p } else { (1.0 - p) - self.survival(x) };
        bracketed(excess, low, high)
    }

    /// SUM w t, the mean of the samples.
    pub fn mean(&self) -> f64 {
        self.kernels.iter().map(|k| k.weight * k.at).sum()
    }

    /// SUM w (s^2 + (t - mean)^2)
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.kernels.iter().map(|k| k.weight * (k.width * k.width + (k.at - mean).powi(2))).sum()
    }
}

impl Kernel {
    fn new(weight: f64, at: f64, width: f64) -> Kernel {
        Kernel { weight, at, width, height: (weight / width).ln() - HALF_LOG_TAU }
    }

    /// log(weight * density) at x.
    pub fn log_term(&self, x: f64) -> f64 {
        let z = (x - self.at) / self.width;
        self.height - 0.5 * z * z
    }
}

/// The local bandwidth at every sample: h, or what it takes to span so many samples, held to its growth.
fn local(sorted: &[f64], h: f64, spanned: f64) -> Vec<f64> {
    let (last, half) = (sorted.len() - 1, (spanned / 2.0).ceil() as usize);
    let span = |i: usize| {
        let (low, high) = (i.saturating_sub(half), (i + half).min(last));
        // At the ends there is one side only, so that its other side may be as long.
        (sorted[high] - sorted[low]) * (2 * half) as f64 / (high - low) as f64
    };
    let mut widths: Vec<f64> = (0..=last).map(|i| span(i).max(h)).collect();
    for i in 1..=last {
        widths[i] = widths[i].min(widths[i - 1] + GROWTH * (sorted[i] - sorted[i - 1]));
    }
    for i in (0..last).rev() {
        widths[i] = widths[i].min(widths[i + 1] + GROWTH * (sorted[i + 1] - sorted[i]));
    }
    widths
}

/// The grid from the first to beyond the last sample, each node with the local bandwidth; `None` if it has too many.
fn nodes(sorted: &[f64], h: f64, spanned: f64) -> Option<Vec<(f64, f64)>> {
    let widths = local(sorted, h, spanned);
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    let width = |x: f64| {
        let i = sorted.partition_point(|v| *v <= x).clamp(1, sorted.len() - 1);
        let toward = |j: usize| widths[j] + GROWTH * (x - sorted[j]).abs();
        toward(i - 1).min(toward(i))
    };
    let mut nodes = vec![(first, width(first))];
    let mut at = first;
    while at < last {
        // Half a step further the bandwidth is that of the step's middle.
        at += width(at + 0.5 * width(at));
        nodes.push((at, width(at.min(last))));
        if nodes.len() > MOST {
            return None;
        }
    }
    Some(nodes)
}

/// Every sample shared between the nodes around it.
fn weighed(sorted: &[f64], nodes: &[(f64, f64)]) -> Vec<Kernel> {
    let mut weights = vec![0.0; nodes.len()];
    let mut right = 1;
    for x in sorted {
        while right + 1 < nodes.len() && nodes[right].0 < *x {
            right += 1;
        }
        let (a, b) = (nodes[right - 1].0, nodes[right].0);
        let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
        weights[right - 1] += 1.0 - t;
        weights[right] += t;
    }
    let n = sorted.len() as f64;
    let shrink = (1.0f64 - 1.0 / 6.0).sqrt();
    let kernel = |(weight, (at, width)): (f64, &(f64, f64))| Kernel::new(weight / n, *at, width * shrink);
    weights.into_iter().zip(nodes).filter(|(weight, _)| *weight > 0.0).map(kernel).collect()
}
