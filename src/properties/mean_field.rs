//! Signal propagation in wide random networks with weights of variance sw2/n and biases of variance sb2.
//!
//! The variance of pre-activations goes from layer to layer as q -> V(q) = sw2 E f(sqrt(q) z)^2 + sb2, z standard normal, and
//! a small difference of two inputs, or a gradient, is multiplied by chi = sw2 E f'(sqrt(q) z)^2 (Poole et al. 2016, arXiv
//! 1606.05340; Schoenholz et al. 2017, arXiv 1611.01232). At a fixed point q* of V the network is ordered for chi < 1,
//! chaotic for chi > 1, and at the edge of chaos for chi = 1. Variance 1 is kept by sw2 = 1/E f(z)^2 forward and by
//! sw2 = 1/E f'(z)^2 backward (He et al. 2015, arXiv 1502.01852: both are 2 for ReLU).

use super::curve::Curve;
use super::moments::{expectation, inside};
use crate::error::{Error, Result};
use crate::expr::Expr;
use crate::input::Input;
use crate::numeric::bracketed;

/// Variances between which fixed points are looked for, and how many are tried.
const LEAST: f64 = 1e-6;
const MOST: f64 = 1e4;
const TRIES: i32 = 41;

/// A fixed point of the variance map, or a point of the edge of chaos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VariancePoint {
    /// The variance q*.
    pub variance: f64,
    /// sw2, the variance of a weight times the number of inputs.
    pub weights: f64,
    /// chi = sw2 E f'(sqrt(q*) z)^2
    pub chi: f64,
}

/// Where V(q) = q and chi = 1 without biases.
#[derive(Debug, Clone, PartialEq)]
pub enum Criticality {
    /// At every q alike, with this sw2: f is homogeneous of degree 1.
    Everywhere(f64),
    /// At these points, none up to q = 1e4 where it is empty.
    At(Vec<VariancePoint>),
}

/// How signals propagate.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanField {
    /// E f(z)^2 and E f'(z)^2, z standard normal.
    pub squares: [f64; 2],
    /// sw2 that keeps the variance 1 without biases: 1/E f(z)^2; infinite for f = 0.
    pub forward: f64,
    /// sw2 that keeps the variance of gradients at q = 1: 1/E f'(z)^2; infinite for f' = 0.
    pub backward: f64,
    /// chi at q = 1 with the forward sw2.
    pub chi: f64,
    /// The edge of chaos without biases.
    pub edge_of_chaos: Criticality,
    /// The fixed points of V with the forward sw2 and without biases; one of them is 1.
    pub fixed_points: Vec<VariancePoint>,
}

/// E f(sqrt(q) z)^2 and E f'(sqrt(q) z)^2.
fn squares(curve: &Curve, q: f64) -> Option<[f64; 2]> {
    let input = Input::parse(&format!("normal(0,{})", q.sqrt())).ok()?;
    if !inside(curve, &input) {
        return None;
    }
    let value = expectation(curve, &input, |s, u| s.form.eval(u).powi(2))?;
    let slope = expectation(curve, &input, |s, u| s.form.derivative(u, 1).powi(2))?;
    (value.value.is_finite() && slope.value.is_finite()).then_some([value.value, slope.value])
}

/// The moments at a range of variances.
fn table(curve: &Curve) -> Vec<(f64, [f64; 2])> {
    let q = |i: i32| LEAST * (MOST / LEAST).powf(f64::from(i) / f64::from(TRIES - 1));
    (0..TRIES).filter_map(|i| Some((q(i), squares(curve, q(i))?))).collect()
}

pub(super) fn mean_field(curve: &Curve) -> Option<MeanField> {
    let [value, slope] = squares(curve, 1.0)?;
    let table = table(curve);
    let forward = 1.0 / value;
    let fixed_points = if forward.is_finite() { fixed_points(curve, &table, forward, 0.0) } else { Vec::new() };
    Some(MeanField {
        squares: [value, slope],
        forward,
        backward: 1.0 / slope,
        chi: if forward.is_finite() { forward * slope } else { 0.0 },
        edge_of_chaos: edge_of_chaos(curve, &table),
        fixed_points,
    })
}

/// The limit of E f'(sqrt(q) z)^2 for q -> 0 where f(0) = 0, so that q = 0 is a fixed point without biases: the mean of the
/// squares of the slopes to the two sides.
fn rest(curve: &Curve) -> Option<f64> {
    let slope = |s: &super::curve::Stretch| match 0.0 {
        x if s.from < x && x < s.to => Some(s.form.derivative(x, 1)),
        x if s.from == x || s.to == x => Some(s.edge(x, 1)),
        _ => None,
    };
    let slopes: Vec<f64> = curve.stretches.iter().filter_map(slope).collect();
    let mean = slopes.iter().map(|s| s * s).sum::<f64>() / slopes.len() as f64;
    (curve.value(0.0) == 0.0 && mean.is_finite()).then_some(mean)
}

/// What of a function of (q, moments) is rounding of the moments.
const ROUNDING: f64 = 1e-11;

/// Roots in log q of a function of (q, moments), found from the table, one at a place of the table among them; none where it
/// is 0 at several places side by side.
fn crossings(curve: &Curve, table: &[(f64, [f64; 2])], h: impl Fn(f64, [f64; 2]) -> f64) -> Vec<f64> {
    let at = |log: f64| squares(curve, log.exp()).map_or(f64::NAN, |m| h(log.exp(), m));
    let sign = |(q, m): &(f64, [f64; 2])| match h(*q, *m) {
        h if h.abs() < ROUNDING => 0.0,
        h => h.signum(),
    };
    let mut found = Vec::new();
    for (i, w) in table.windows(2).enumerate() {
        let signs = [sign(&w[0]), sign(&w[1])];
        if signs[0] * signs[1] < 0.0 {
            found.extend(bracketed(at, w[0].0.ln(), w[1].0.ln()).map(f64::exp));
        }
        let next = table.get(i + 2).map_or(0.0, sign);
        if signs[1] == 0.0 && signs[0] * next != 0.0 {
            found.push(w[1].0);
        }
    }
    found
}

/// q = V(q) and chi = 1 together without biases: q E f'^2 = E f^2, and sw2 = 1/E f'^2.
fn edge_of_chaos(curve: &Curve, table: &[(f64, [f64; 2])]) -> Criticality {
    let h = |q: f64, [value, slope]: [f64; 2]| value / (q * slope) - 1.0;
    let point = |variance: f64, slope: f64| VariancePoint { variance, weights: 1.0 / slope, chi: 1.0 };
    if table.len() > 2 && table.iter().all(|(q, m)| h(*q, *m).abs() < ROUNDING) {
        return Criticality::Everywhere(1.0 / table[0].1[1]);
    }
    let mut found: Vec<VariancePoint> = rest(curve).filter(|s| *s > 0.0).map(|s| point(0.0, s)).into_iter().collect();
    let positive = crossings(curve, table, h);
    found.extend(positive.into_iter().filter_map(|q| Some(point(q, squares(curve, q)?[1]))));
    Criticality::At(found)
}

fn fixed_points(curve: &Curve, table: &[(f64, [f64; 2])], weights: f64, biases: f64) -> Vec<VariancePoint> {
    let h = |q: f64, m: [f64; 2]| (weights * m[0] + biases) / q - 1.0;
    let mut found = Vec::new();
    if let Some(slope) = rest(curve).filter(|_| biases == 0.0) {
        found.push(VariancePoint { variance: 0.0, weights, chi: weights * slope });
    }
    let point = |variance: f64| Some(VariancePoint { variance, weights, chi: weights * squares(curve, variance)?[1] });
    found.extend(crossings(curve, table, h).into_iter().filter_map(point));
    if found.iter().all(|p| p.variance == 0.0) && squares(curve, 1.0).is_some_and(|m| h(1.0, m).abs() < ROUNDING) {
        found.extend(point(1.0));
    }
    found
}

/// The fixed points q* <= 1e4 of q -> sw2 E f(sqrt(q) z)^2 + sb2, each with its chi.
///
/// # Errors
/// [`Error::OutOfRange`] for a negative or infinite variance; those of [`super::properties`].
pub fn variance_fixed_points(f: &Expr, weights: f64, biases: f64) -> Result<Vec<VariancePoint>> {
    for (name, value) in [("the variance of the weights", weights), ("the variance of the biases", biases)] {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(Error::OutOfRange {
                owner: "mean field".into(),
                name: name.into(),
                value: value.to_string(),
                expected: "it must be >= 0 and finite".into(),
            });
        }
    }
    let curve = Curve::new(f, false)?;
    Ok(fixed_points(&curve, &table(&curve), weights, biases))
}
