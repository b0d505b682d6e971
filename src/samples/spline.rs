//! The logarithm of a kernel density as a spline: polynomials of degree 7 that share value and three derivatives at their
//! ends (Hermite), cut where they are not close enough, and parabolas outside, where one kernel is all there is.

use super::{Kernel, KernelDensity};

/// Places within a piece at which it is compared.
const PROBES: usize = 9;
/// Halvings of the whole until a piece is taken as it is.
const DEEPEST: u32 = 24;
/// e to minus this, and what is smaller, is no density that matters.
const NOTHING: f64 = 350.0;
/// What rounding may take off a coefficient's share of the value.
const ROUNDING: f64 = 1e-15;
/// Knots are decimals this fine against the narrowest kernel.
const GRAIN: f64 = 1e-2;

/// A polynomial SUM c_k (x - origin)^k on [from, to].
#[derive(Debug, Clone, PartialEq)]
pub struct Polynomial {
    /// The lower end, maybe infinite.
    pub from: f64,
    /// The upper end, maybe infinite.
    pub to: f64,
    /// Where the powers are counted from.
    pub origin: f64,
    /// From the constant on.
    pub coefficients: Vec<f64>,
}

impl Polynomial {
    /// Value and derivative.
    fn jet(&self, x: f64) -> [f64; 2] {
        let z = x - self.origin;
        self.coefficients.iter().rev().fold([0.0; 2], |[p, d], c| [p * z + c, d * z + p])
    }
}

impl KernelDensity {
    /// log p as a spline: off by at most `tolerance`, and its derivative by as much of its size plus one over the deviation.
    pub fn log_spline(&self, tolerance: f64) -> Vec<Polynomial> {
        let slopes = 1.0 / self.variance().sqrt();
        let narrowest = self.kernels().iter().map(|k| k.width).fold(f64::INFINITY, f64::min);
        let fit = Fit { density: self, tolerance, slopes, grain: power_of_ten(GRAIN * narrowest) };
        let (Some(left), Some(right)) = (fit.outer(-1.0), fit.outer(1.0)) else { return vec![] };
        let mut pieces = vec![parabola(left.0, f64::NEG_INFINITY, left.1)];
        let ends = [left.1, right.1].map(|x| (x, self.log_jet(x)));
        fit.cut(ends[0], ends[1], DEEPEST, &mut pieces);
        pieces.push(parabola(right.0, right.1, f64::INFINITY));
        pieces
    }
}

fn power_of_ten(x: f64) -> f64 {
    10f64.powf(x.log10().floor())
}

/// log of one weighted kernel.
fn parabola(kernel: &Kernel, from: f64, to: f64) -> Polynomial {
    let curvature = -0.5 / (kernel.width * kernel.width);
    Polynomial { from, to, origin: kernel.at, coefficients: vec![kernel.log_term(kernel.at), 0.0, curvature] }
}

/// A place and the jet of log p there.
type Knot = (f64, [f64; 4]);

struct Fit<'a> {
    density: &'a KernelDensity,
    tolerance: f64,
    slopes: f64,
    grain: f64,
}

impl<'a> Fit<'a> {
    /// A decimal near x.
    fn rounded(&self, x: f64) -> f64 {
        // Dividing by the inverse gives the double nearest to the decimal.
        if self.grain < 1.0 {
            (x / self.grain).round() / (1.0 / self.grain).round()
        } else {
            (x / self.grain).round() * self.grain
        }
    }

    /// Outwards on one side: the kernel that is all there is of the density, and from where on. Where the density is too
    /// small to matter, a wider kernel from the other side may take over again.
    fn outer(&self, side: f64) -> Option<(&'a Kernel, f64)> {
        let kernels = self.density.kernels();
        let edge = if side < 0.0 { kernels.first()? } else { kernels.last()? };
        let peak = kernels.iter().map(|k| k.log_term(k.at)).fold(f64::NEG_INFINITY, f64::max);
        let mut found: Option<(&Kernel, f64)> = None;
        let mut distance = edge.width;
        loop {
            let x = self.rounded(edge.at + side * distance);
            let [p, d, ..] = self.density.log_jet(x);
            if found.is_some() && p < peak - NOTHING {
                return found;
            }
            let alone = kernels.iter().max_by(|a, b| a.log_term(x).total_cmp(&b.log_term(x)))?;
            let slope = -(x - alone.at) / (alone.width * alone.width);
            let close = (p - alone.log_term(x)).abs() < 1e-3 * self.tolerance
                && (d - slope).abs() < 1e-2 * self.tolerance * (slope.abs() + self.slopes);
            found = match found {
                Some((kernel, from)) if close && kernel == alone => Some((kernel, from)),
                _ => close.then_some((alone, x)),
            };
            if distance > 1e9 * edge.width {
                return found.or(Some((alone, x)));
            }
            distance *= 1.125;
        }
    }

    /// One piece from knot to knot, or as many as it takes.
    fn cut(&self, a: Knot, b: Knot, depth: u32, pieces: &mut Vec<Polynomial>) {
        let piece = hermite(a, b);
        let middle = self.rounded(0.5 * (a.0 + b.0));
        if depth == 0 || !(a.0 < middle && middle < b.0) || self.close(&piece) {
            pieces.push(piece);
            return;
        }
        let middle = (middle, self.density.log_jet(middle));
        self.cut(a, middle, depth - 1, pieces);
        self.cut(middle, b, depth - 1, pieces);
    }

    fn close(&self, piece: &Polynomial) -> bool {
        (1..=PROBES).all(|i| {
            let x = piece.from + (piece.to - piece.from) * i as f64 / (PROBES + 1) as f64;
            let [p, d, ..] = self.density.log_jet(x);
            let [q, e] = piece.jet(x);
            (p - q).abs() <= self.tolerance && (d - e).abs() <= self.tolerance * (d.abs() + self.slopes)
        })
    }
}

/// The shortest decimal within a distance of x.
fn decimal(x: f64, within: f64) -> f64 {
    let places = -(within.log10().floor());
    if !(0.0..=300.0).contains(&places) {
        return x;
    }
    format!("{x:.*}", places as usize).parse().unwrap_or(x)
}

/// The polynomial of degree 7 with these values and derivatives at its ends.
fn hermite(a: Knot, b: Knot) -> Polynomial {
    let w = b.0 - a.0;
    let scaled = |[f, d, s, r]: [f64; 4]| [f, d * w, s * w * w, r * w * w * w];
    let ([f0, d0, s0, r0], [f1, d1, s1, r1]) = (scaled(a.1), scaled(b.1));
    let (c2, c3) = (s0 / 2.0, r0 / 6.0);
    let (e0, e1) = (f1 - f0 - d0 - c2 - c3, d1 - d0 - 2.0 * c2 - 3.0 * c3);
    let (e2, e3) = (s1 - s0 - r0, r1 - r0);
    let unit = [
        f0,
        d0,
        c2,
        c3,
        35.0 * e0 - 15.0 * e1 + 2.5 * e2 - e3 / 6.0,
        -84.0 * e0 + 39.0 * e1 - 7.0 * e2 + 0.5 * e3,
        70.0 * e0 - 34.0 * e1 + 6.5 * e2 - 0.5 * e3,
        -20.0 * e0 + 10.0 * e1 - 2.0 * e2 + e3 / 6.0,
    ];
    let coefficients = unit.iter().enumerate().map(|(k, c)| decimal(c / w.powi(k as i32), ROUNDING / w.powi(k as i32)));
    let coefficients = coefficients.collect();
    Polynomial { from: a.0, to: b.0, origin: a.0, coefficients }
}
