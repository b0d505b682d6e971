//! The gradient by automatic differentiation through the functional, and slopes at their extrema.

use super::family::Family;
use super::{Constraint, Objective, Problem};
use crate::expr::Formula;
use crate::input::Input;
use std::sync::atomic::AtomicBool;

fn problem(activation: &str, input: &str) -> Problem {
    Problem {
        formula: Formula::parse(activation).unwrap(),
        input: Input::parse(input).unwrap(),
        objective: "min:entropy".parse::<Objective>().unwrap(),
        constraints: vec![],
        bounds: vec![],
    }
}

#[test]
fn the_gradient_by_automatic_differentiation_is_that_by_central_differences() {
    let stop = AtomicBool::new(false);
    for (activation, input) in [
        ("x + a*x^3 + b*tanh(x); a=0.3,b=0.7", "normal(0,1)"),
        ("softplus(a*x) + b*x; a=1.3,b=0.2", "laplace(0,1)"),
        ("x + a*atan(b*x); a=0.5,b=2", "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))"),
        ("where(x < 0,a*x,b*x + x^3/10); a=0.5,b=1.5", "logistic(0.3,1)"),
    ] {
        let problem = problem(activation, input);
        let family = Family::new(&problem, &stop).unwrap();
        let exact = family.gradient(&family.start).expect("a strictly monotone member");
        for i in 0..family.start.len() {
            let at = |step: f64| {
                let mut theta = family.start.clone();
                theta[i] += step;
                let e = family.measure(&theta).unwrap();
                let (variance, mean) = (e.variance.unwrap().value, e.mean.unwrap().value);
                [e.entropy.value, variance, variance + mean * mean]
            };
            // Fourth order: the error is h^4 of truncation and rounding over h.
            let h = 1e-3;
            let [r1, l1, r2, l2] = [at(h), at(-h), at(2.0 * h), at(-2.0 * h)];
            let quotient = |k: usize| (8.0 * (r1[k] - l1[k]) - (r2[k] - l2[k])) / (12.0 * h);
            for (k, found) in [exact.entropy[i], exact.variance[i], exact.second[i]].into_iter().enumerate() {
                let off = (found - quotient(k)).abs() / quotient(k).abs().max(0.1);
                assert!(off < 1e-8, "{activation} under {input}, parameter {i}, functional {k}: {off}");
            }
        }
    }
}

#[test]
fn slopes_are_exact_at_their_extrema() {
    let stop = AtomicBool::new(false);
    // The slope of x*exp(-x^2/2) is (1 - x^2) exp(-x^2/2): 1 at 0 and -2 exp(-3/2) at sqrt(3), which no grid point hits.
    let bump = problem("a*x*exp(-x^2/2); a=1", "normal(0.123,1)");
    let (least, greatest) = Family::new(&bump, &stop).unwrap().slopes(&[1.0]).unwrap();
    assert!((least + 2.0 * (-1.5f64).exp()).abs() < 1e-15 && (greatest - 1.0).abs() < 1e-15, "{least} {greatest}");
    // At a kink each side counts: the slope 2 x + 1 of the right piece is least at the kink itself.
    let kinked = problem("where(x < 1/7,a*x,x^2 + x); a=5", "uniform(-1,1)");
    let (least, greatest) = Family::new(&kinked, &stop).unwrap().slopes(&[5.0]).unwrap();
    assert!((least - 9.0 / 7.0).abs() < 1e-14 && greatest == 5.0, "{least} {greatest}");
    assert!(!Constraint::Slope(1.29).holds(least) && Constraint::Slope(1.285).holds(least));
}
