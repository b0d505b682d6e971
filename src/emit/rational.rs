//! Rational forms of activations: fitted, checked on a dense grid, written as coefficients in the format of the package
//! `rational-activations`, or as a formula whose coefficients are parameters, for any other target.

use super::Source;
use crate::error::{Error, Result};
use crate::expr::{Expr, Formula, Op, Tape};
use crate::input::Input;
use crate::numeric::bracketed;
use crate::numeric::rational::{Norm, Rational, fit};
use serde_json::{Map, Value, json};
use std::f64::consts::PI;

/// What a rational form is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct RationalSettings {
    /// The degrees of numerator and denominator.
    pub degrees: (usize, usize),
    /// Where it stands in for the activation.
    pub interval: (f64, f64),
    /// The input whose mean square error is least; without one the greatest error is.
    pub input: Option<Input>,
}

impl Default for RationalSettings {
    /// The degrees and the interval that the package `rational-activations` starts from.
    fn default() -> RationalSettings {
        RationalSettings { degrees: (5, 4), interval: (-3.0, 3.0), input: None }
    }
}

/// A rational function that stands in for an activation: P(x)/(1 + |Q(x)|).
#[derive(Debug, Clone, PartialEq)]
pub struct RationalForm {
    /// a_0, a_1, ... of P.
    pub numerator: Vec<f64>,
    /// b_1, b_2, ... of Q.
    pub denominator: Vec<f64>,
    /// The greatest error on 20001 points of the interval and where Q changes its sign.
    pub greatest_error: f64,
    /// Where it is.
    pub at: f64,
    /// The root of the mean square error on them, under the input where there is one.
    pub root_mean_square: f64,
    settings: RationalSettings,
}

/// The highest degrees.
const HIGHEST: usize = 20;
/// How many degrees are tried, from those asked for downwards.
const FEWER: usize = 4;
/// Points of the fit, and intervals between those of the check.
const POINTS: usize = 401;
const DENSE: u32 = 20_000;

/// Fits a rational form.
///
/// # Errors
/// [`Error::OutOfRange`] for degrees and intervals that make no sense, [`Error::NotFinite`] where the activation has no value
/// on the interval.
pub fn rational_form(source: &Source, settings: &RationalSettings) -> Result<RationalForm> {
    let (a, b) = settings.interval;
    let out = |name: &str, value: String, expected: &str| {
        let (owner, name, expected) = ("rational".to_owned(), name.to_owned(), expected.to_owned());
        Err(Error::OutOfRange { owner, name, value, expected })
    };
    if settings.degrees.0 > HIGHEST || settings.degrees.1 > HIGHEST {
        return out("degrees", format!("{},{}", settings.degrees.0, settings.degrees.1), "they go up to 20,20");
    }
    if !(a < b && (b - a).is_finite()) {
        return out("interval", format!("{a},{b}"), "it has two finite ends, the lower one first");
    }
    let tape = Tape::new(&source.formula.bound()?)?;
    let points: Vec<f64> =
        (0..POINTS).map(|i| a + (b - a) * (0.5 - 0.5 * (PI * i as f64 / (POINTS - 1) as f64).cos())).collect();
    let values: Vec<f64> = points.iter().map(|x| tape.eval(*x)).collect();
    let dense: Vec<(f64, f64)> = grid(settings.interval).map(|x| (x, tape.eval(x))).collect();
    let mut all = points.iter().copied().zip(values.iter().copied()).chain(dense.iter().copied());
    if let Some((at, _)) = all.find(|(_, value)| !value.is_finite()) {
        return Err(Error::NotFinite { what: format!("`{}`", source.formula.text()), at });
    }
    // The points lie densely at the ends: each weighs the stretch that is nearest to it.
    let stretch = |i: usize| points[(i + 1).min(POINTS - 1)] - points[i.saturating_sub(1)];
    let density = |x: f64| settings.input.as_ref().map_or(1.0, |input| input.pdf(x));
    let finite = |v: f64| if v.is_finite() { v } else { 0.0 };
    let weights: Vec<f64> = (0..POINTS).map(|i| finite(stretch(i) * density(points[i]))).collect();
    let mass: f64 = weights.iter().sum();
    if !(mass > 0.0) {
        return out("interval", format!("{a},{b}"), "the input has no mass on it");
    }
    let weights: Vec<f64> = weights.iter().map(|w| w / mass).collect();
    let norm = if settings.input.is_some() { Norm::MeanSquare } else { Norm::Greatest };
    let dense: Vec<[f64; 3]> = dense.into_iter().map(|(x, value)| [x, value, density(x)]).collect();
    let forms = lower(settings.degrees).into_iter().map(|degrees| {
        let found = fit(&points, &values, &weights, degrees, norm);
        checked(found, &tape, settings, &dense)
    });
    let error = |form: &RationalForm| match norm {
        Norm::Greatest => form.greatest_error,
        Norm::MeanSquare => form.root_mean_square,
    };
    let usable = |form: &RationalForm| {
        let errors = [form.greatest_error, form.root_mean_square];
        form.numerator.iter().chain(&form.denominator).chain(&errors).all(|c| c.is_finite())
    };
    let best = forms.filter(usable).min_by(|a, b| error(a).total_cmp(&error(b)));
    let narrow = "it is too narrow, or the activation too large on it, for coefficients in doubles";
    best.map_or_else(|| out("interval", format!("{a},{b}"), narrow), Ok)
}

/// The degrees asked for, and lower ones that a fit may settle on: one in higher degrees need not come to the best.
fn lower((p, q): (usize, usize)) -> Vec<(usize, usize)> {
    let fewer = |k: usize| {
        [(p.saturating_sub(k), q.saturating_sub(k)), (p.min(q).saturating_sub(k), p.min(q).saturating_sub(k))]
    };
    let mut all: Vec<_> = (0..FEWER).flat_map(fewer).chain([(0, 0)]).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The points between which nothing of the form is looked for.
fn grid((a, b): (f64, f64)) -> impl Iterator<Item = f64> {
    (0..=DENSE).map(move |i| a + (b - a) * f64::from(i) / f64::from(DENSE))
}

/// The form with its errors on a dense grid, given as place, value of the activation and density.
fn checked(found: Rational, tape: &Tape, settings: &RationalSettings, dense: &[[f64; 3]]) -> RationalForm {
    let error = |x: f64, value: f64| (value - found.eval(x)).abs();
    let errors: Vec<(f64, f64)> = dense.iter().map(|[x, value, _]| (*x, error(*x, *value))).collect();
    // 1 + |Q| has a cusp where Q changes its sign.
    let q = |x: f64| found.denominator.iter().rev().fold(0.0, |sum, b| x * (b + sum));
    let cusps = errors.windows(2).filter_map(|w| bracketed(q, w[0].0, w[1].0)).map(|x| (x, error(x, tape.eval(x))));
    let all = errors.iter().copied().chain(cusps);
    let (at, greatest) = all.fold((settings.interval.0, 0.0), |most: (f64, f64), (x, error)| {
        if error <= most.1 { most } else { (x, if error.is_nan() { f64::INFINITY } else { error }) }
    });
    // In parts of the greatest, whose square may leave the range of a double.
    let weighted = dense
        .iter()
        .zip(&errors)
        .map(|(d, (_, error))| (d[2], error / greatest))
        .filter(|(weight, _)| weight.is_finite());
    let (square, mass) = weighted.fold((0.0, 0.0), |(s, m), (w, e)| (s + w * e * e, m + w));
    let root_mean_square = if greatest > 0.0 { greatest * f64::sqrt(square / mass) } else { 0.0 };
    let padded = |mut coefficients: Vec<f64>, length: usize| {
        coefficients.resize(length, 0.0);
        coefficients
    };
    RationalForm {
        numerator: padded(found.numerator, settings.degrees.0 + 1),
        denominator: padded(found.denominator, settings.degrees.1),
        greatest_error: greatest,
        at,
        root_mean_square,
        settings: settings.clone(),
    }
}

impl RationalForm {
    /// The form as an activation whose coefficients a0, a1, ..., b1, b2, ... are parameters.
    pub fn source(&self, of: &Source) -> Source {
        let x = Expr::x;
        let name = |letter: &str, k: usize| format!("{letter}{k}");
        let mut coefficients = Vec::new();
        let mut coefficient = |letter: &str, k: usize, value: f64| {
            coefficients.push((name(letter, k), value));
            Expr::param(&name(letter, k))
        };
        let mut above = Expr::int(0);
        for (k, value) in self.numerator.iter().enumerate().rev() {
            above = coefficient("a", k, *value) + x() * above;
        }
        let mut below = Expr::int(0);
        for (k, value) in self.denominator.iter().enumerate().rev() {
            below = x() * (coefficient("b", k + 1, *value) + below);
        }
        let expr = if self.denominator.is_empty() { above } else { above / (Expr::int(1) + below.apply(Op::Abs)) };
        let mut formula = Formula { expr, parameters: std::collections::BTreeMap::new() };
        for (name, value) in coefficients {
            if let Some(value) = Expr::float(value).as_num() {
                formula.set(&name, value.clone());
            }
        }
        Source { formula, provenance: format!("{} {}", self.about(of), of.provenance), ..of.clone() }
    }

    /// The coefficients in the format of `rational_activations` (version B, the denominator 1 + |Q|), with a record of the
    /// fit beside them.
    pub fn json(&self, of: &Source) -> String {
        let entry = json!({
            "init_w_numerator": self.numerator,
            "init_w_denominator": self.denominator,
            "ub": self.settings.interval.1,
            "lb": self.settings.interval.0,
        });
        let (p, q) = self.settings.degrees;
        let mut names = Map::new();
        names.insert(of.name.clone(), entry);
        let mut document = Map::new();
        document.insert(format!("Rational_version_B{p}/{q}"), Value::Object(names));
        document.insert(
            "eafo".to_owned(),
            json!({
                "form": "(a0 + a1 x + ...)/(1 + |b1 x + b2 x^2 + ...|)",
                "formula": of.formula.text(),
                "input": self.settings.input.as_ref().map(Input::text),
                "greatest_error": self.greatest_error,
                "at": self.at,
                "root_mean_square_error": self.root_mean_square,
                "version": env!("CARGO_PKG_VERSION"),
                "licence": "MIT-0",
            }),
        );
        format!("{:#}\n", Value::Object(document))
    }

    /// What it stands in for and how well, one line.
    fn about(&self, of: &Source) -> String {
        let (a, b) = self.settings.interval;
        let under = self.settings.input.as_ref().map_or(String::new(), |input| format!(" under {}", input.text()));
        format!(
            "Stands in for {} on [{a:?}, {b:?}]: greatest error {:.3e} (at x = {:.4}), root mean square{under} {:.3e}.",
            of.formula.text(),
            self.greatest_error,
            self.at,
            self.root_mean_square
        )
    }
}
