//! The correction under a kernel density. Its hundred or so kernels are no matter for algebra, so p stays a free symbol in
//! p' - p f''/f', and algebra brings f''/f' alone to its short form. Numbers (slope, limits of eps, checks) come from the
//! kernels themselves; what is printed has log p as a spline S, so that
//!
//! Delta f = exp(S) (S' - f''/f'),
//!
//! piece by piece, positive, smooth and with the tails of a normal density.

use super::correction::{Parts, scale_of};
use super::direction::{Cell, faults, kept};
use super::worst::selected;
use super::{Metric, OrderTerm, Settings};
use crate::cas::{self, Variable};
use crate::error::{Error, Result};
use crate::expr::{Bound, Expr, Op, Piece, Tape};
use crate::input::Input;
use crate::samples::{Kernel, KernelDensity, Polynomial};

/// The spline's error in log p, and in its derivative relative to |S'| + 1/deviation: less than half of what the printed
/// correction may be off.
const SPLINE: f64 = 4e-7;

/// What algebra knows of a cell.
struct Shape {
    slope: Expr,
    curvature: Expr,
}

/// The correction twice: in exact terms for the numbers, and as splines to print.
pub(super) struct Forms {
    /// Over the kernels.
    pub exact: Parts,
    /// Over the splines.
    pub printed: Parts,
    /// f''/f' on each cell, for the derivation.
    pub curvatures: Vec<Piece>,
}

/// Solves on all cells.
///
/// # Errors
/// [`Error::Unsupported`] for orders above the first; [`Error::Algebra`].
pub(super) fn solve(cells: &[Cell], density: &KernelDensity, settings: &Settings, input: &Input) -> Result<Forms> {
    if settings.order > 1 {
        let message = "orders above the first need a closed form of the density, which samples(...) has not: fit a family, or \
                       use --order 1";
        return Err(Error::Unsupported(message.into()));
    }
    let shapes = shapes(cells, input)?;
    let spline = density.log_spline(SPLINE);
    let (p, slope) = (sum(density.kernels(), &value), sum(density.kernels(), &derivative));
    let metric = settings.metric;
    let mut exact = Vec::new();
    let mut printed = Vec::new();
    for (cell, shape) in cells.iter().zip(&shapes) {
        let sign = cell.falls && metric == Metric::Inverse;
        let score = match metric {
            Metric::Probability => slope.clone() / p.clone() - shape.curvature.clone(),
            Metric::Inverse | Metric::Forward | Metric::Sobolev => slope.clone() - p.clone() * shape.curvature.clone(),
        };
        exact.push(on(&cell.from, &cell.to, signed(divided(score, shape, metric), sign)));
        for piece in &spline {
            let (from, to) = (later(&cell.from, piece.from), sooner(&cell.to, piece.to));
            if from.value < to.value {
                printed.push(on(&from, &to, spelled(piece, shape, metric, sign)));
            }
        }
    }
    let curvature = |(cell, shape): (&Cell, &Shape)| on(&cell.from, &cell.to, shape.curvature.clone());
    let curvatures = cells.iter().zip(&shapes).map(curvature).collect();
    Ok(Forms { exact: parts(exact), printed: parts(printed), curvatures })
}

fn on(from: &Bound, to: &Bound, form: Expr) -> Piece {
    Piece { from: from.clone(), to: to.clone(), form }
}

fn later(bound: &Bound, x: f64) -> Bound {
    if bound.value >= x { bound.clone() } else { Bound::at(x) }
}

fn sooner(bound: &Bound, x: f64) -> Bound {
    if bound.value <= x { bound.clone() } else { Bound::at(x) }
}

/// Pieces as parts: there is no common constant to take out.
fn parts(pieces: Vec<Piece>) -> Parts {
    let ends: Vec<(Bound, Expr)> = pieces.iter().map(|p| (p.to.clone(), p.form.clone())).collect();
    let orders = vec![OrderTerm { n: 1, term: selected(&ends) }];
    Parts { direction: pieces.clone(), correction: pieces, scale: Expr::int(1), orders }
}

fn signed(form: Expr, negative: bool) -> Expr {
    if negative { -form } else { form }
}

fn divided(form: Expr, shape: &Shape, metric: Metric) -> Expr {
    if metric == Metric::Inverse { form } else { form / shape.slope.clone() }
}

/// exp(S) (S' - f''/f') of one piece of the spline.
fn spelled(piece: &Polynomial, shape: &Shape, metric: Metric, negative: bool) -> Expr {
    let coefficients: Vec<Expr> = piece.coefficients.iter().map(|c| Expr::float(*c)).collect();
    // Products of an integer and a decimal are exact, so S' is the derivative of S to the last digit.
    let derivative: Vec<Expr> = coefficients.iter().zip(0..).skip(1).map(|(c, k)| Expr::int(k) * c.clone()).collect();
    let origin = Expr::x() - Expr::float(piece.origin);
    let (log_density, score) = (horner(&coefficients, &origin), horner(&derivative, &origin));
    let difference = match (shape.curvature.is_zero(), negative) {
        (true, _) => signed(score, negative),
        (false, true) => shape.curvature.clone() - score,
        (false, false) => score - shape.curvature.clone(),
    };
    match metric {
        Metric::Probability => divided(difference, shape, metric),
        Metric::Inverse | Metric::Forward | Metric::Sobolev => {
            divided(log_density.apply(Op::Exp) * difference, shape, metric)
        }
    }
}

/// c0 + z (c1 + z (c2 + ...))
fn horner(coefficients: &[Expr], z: &Expr) -> Expr {
    let mut terms = coefficients.iter().rev().cloned();
    let last = terms.next().unwrap_or(Expr::int(0));
    terms.fold(last, |rest, c| c + z.clone() * rest)
}

/// A sum over the kernels as a balanced tree.
fn sum(kernels: &[Kernel], term: &dyn Fn(&Kernel) -> Expr) -> Expr {
    match kernels {
        [] => Expr::int(0),
        [one] => term(one),
        _ => {
            let (left, right) = kernels.split_at(kernels.len() / 2);
            sum(left, term) + sum(right, term)
        }
    }
}

fn standardised(kernel: &Kernel) -> Expr {
    (Expr::x() - Expr::float(kernel.at)) / Expr::float(kernel.width)
}

fn value(kernel: &Kernel) -> Expr {
    Expr::float(kernel.weight / kernel.width) * standardised(kernel).apply(Op::NormalPdf)
}

fn derivative(kernel: &Kernel) -> Expr {
    let z = standardised(kernel);
    Expr::float(-kernel.weight / (kernel.width * kernel.width)) * (z.clone() * z.apply(Op::NormalPdf))
}

/// f' and f''/f' of every cell by algebra.
fn shapes(cells: &[Cell], input: &Input) -> Result<Vec<Shape>> {
    let (centre, width) = scale_of(input);
    let places = [0.0, 0.03, 0.3, 1.0, 2.3, 5.0, 9.0, 17.0, 31.0];
    let points: Vec<f64> = places.iter().flat_map(|z| [centre - width * z, centre + width * z]).collect();
    let cells: Vec<(bool, Expr, Vec<f64>)> = cells
        .iter()
        .map(|c| {
            let inside = points.iter().copied().filter(|x| c.from.value < *x && *x < c.to.value).collect();
            (c.flat, c.activation.clone(), inside)
        })
        .collect();
    cas::run(move || cells.iter().map(|(flat, f, points)| shape(*flat, f, points)).collect::<Result<Vec<_>>>())?
}

fn shape(flat: bool, activation: &Expr, points: &[f64]) -> Result<Shape> {
    if flat {
        return Ok(Shape { slope: Expr::int(0), curvature: Expr::int(0) });
    }
    let slope = cas::differentiate(&activation.lowered(), Variable::X)?;
    let second = cas::differentiate(&slope, Variable::X)?;
    if second.is_zero() {
        return Ok(Shape { slope, curvature: Expr::int(0) });
    }
    let tape = Tape::new(activation)?;
    let by_differentiation = |x: f64| {
        let mut jet = [0.0; 3];
        tape.taylor(x, &mut jet);
        let ratio = 2.0 * jet[2] / jet[1];
        (x, if ratio.is_finite() { ratio } else { f64::NAN })
    };
    let targets: Vec<(f64, f64)> = points.iter().map(|x| by_differentiation(*x)).collect();
    let raw = second / slope.clone();
    let curvature = kept(cas::simplify(&raw, usize::MAX, &|form| faults(form, &targets)), &raw)?;
    Ok(Shape { slope, curvature })
}
