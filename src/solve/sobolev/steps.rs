//! The derivation of a Sobolev gradient, step by step.

use super::{Gradient, Space};
use crate::entropy::Differential;
use crate::expr::Expr;
use crate::solve::steps::{in_u, in_u_latex};
use crate::solve::{Solution, Step};

/// A step from its parts.
fn step(rule: &'static str, text: &str, latex: &str, checked: &str) -> Step {
    Step { rule, text: text.to_owned(), latex: latex.to_owned(), checked: checked.to_owned() }
}

/// All steps.
pub(super) fn steps(solution: &Solution, d: &Differential, gradient: &Gradient) -> Vec<Step> {
    let mut all = vec![problem(solution), functional()];
    all.extend(variation(d));
    all.extend([
        weak(solution, gradient.space),
        green(gradient.space),
        discretised(gradient),
        improved(solution, gradient),
    ]);
    all
}

fn problem(solution: &Solution) -> Step {
    let (input, f, p) = (&solution.input, &solution.activation.formula.expr, solution.input.density());
    step(
        "problem",
        &format!("u ~ {}, p(u) = {}, f(u) = {}", input.text(), in_u(&p), in_u(f)),
        &format!("u \\sim {}, \\quad p(u) = {}, \\quad f(u) = {}", input.latex(), in_u_latex(&p), in_u_latex(f)),
        "the density integrates to 1 (law test)",
    )
}

fn functional() -> Step {
    step(
        "functional",
        "H[f] = -INT p(u) log q(f(u)) du, q(x) = SUM p(u)/|f'(u)| over the u with f(u) = x",
        "H[f] = -\\int p(u) \\log q(f(u))\\,du, \\quad q(x) = \\sum_{f(u) = x} \\frac{p(u)}{|f'(u)|}",
        "the same number from both sides (law test)",
    )
}

/// dH, and what it is at critical points.
fn variation(d: &Differential) -> Vec<Step> {
    if d.strips().iter().all(|s| s.alone) {
        return vec![step(
            "first variation",
            "dH[g] = E[g'/f'] = INT (p/f') g' du; kinks and the ends of the support enter through g itself",
            "dH[g] = \\mathrm{E}[g'/f'] = \\int \\frac{p}{f'}\\,g'\\,du",
            "a difference quotient of the exact entropy, see checks",
        )];
    }
    let mut all = vec![step(
        "first variation",
        "dH[g] = INT (1 + log q) d/du [p g/f'] du + moving ends = -PV INT p g (log q)'(f(u)) du",
        "dH[g] = \\int (1 + \\log q)\\,\\frac{d}{du}\\frac{p g}{f'}\\,du + \\text{moving ends} = -\\mathrm{PV}\\!\\int p\\,g\\,(\\log q)'(f(u))\\,du",
        "mpmath by another formula (reference test); a difference quotient of the exact entropy, see checks",
    )];
    let folds = d.folds();
    if !folds.is_empty() {
        let list = folds.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        all.push(step(
            "critical points",
            &format!("f'(u*) = 0 at u* = {list}: H does not change under translation, so g(u*) is subtracted from g near u*; what remains is integrable"),
            &format!("f'(u^*) = 0 \\text{{ at }} u^* = {list}: \\quad g \\to g - g(u^*)"),
            "the finite part of the integral (math.md section 4)",
        ));
    }
    all
}

fn weak(solution: &Solution, space: Space) -> Step {
    let l = solution.sobolev.as_ref().map_or(1.0, |s| s.length);
    match space {
        Space::First => step(
            "metric",
            &format!(
                "H1, l = {l}: INT (Delta f g + l^2 Delta f' g') du = -dH[g] for all g, that is (1 - l^2 d2/du2) Delta f = (p/f')'"
            ),
            &format!(
                "H^1,\\; l = {l}:\\quad \\int (\\Delta f\\, g + l^2\\, \\Delta f'\\, g')\\,du = -dH[g] \\;\\text{{ for all }} g"
            ),
            "dH is bounded on H1: p/f' has no pole and its derivative dies out",
        ),
        Space::Second => step(
            "metric",
            &format!(
                "H2, l = {l}: INT (Delta f g + 2 l^2 Delta f' g' + l^4 Delta f'' g'') du = -dH[g] for all g; in H1 Delta f would \
                 grow like log|u - u*|, here it is (u - u*)^2 log|u - u*|: bounded, with a continuous slope"
            ),
            &format!(
                "H^2,\\; l = {l}:\\quad \\int (\\Delta f\\, g + 2 l^2\\, \\Delta f'\\, g' + l^4\\, \\Delta f''\\, g'')\\,du = -dH[g] \\;\\text{{ for all }} g"
            ),
            "weak form with test functions, see checks",
        ),
    }
}

fn green(space: Space) -> Step {
    let (text, latex) = match space {
        Space::First => (
            "Delta f(u) = -dH[K(u - .)], K(r) = exp(-|r|/l)/(2 l)",
            "\\Delta f(u) = -dH[K(u - \\cdot)], \\quad K(r) = \\frac{e^{-|r|/l}}{2 l}",
        ),
        Space::Second => (
            "Delta f(u) = -dH[K(u - .)], K(r) = (1 + |r|/l) exp(-|r|/l)/(4 l)",
            "\\Delta f(u) = -dH[K(u - \\cdot)], \\quad K(r) = \\frac{(1 + |r|/l)\\, e^{-|r|/l}}{4 l}",
        ),
    };
    step("Green's function", text, latex, "weak form with test functions, see checks")
}

fn discretised(gradient: &Gradient) -> Step {
    let (count, [low, high]) = (gradient.spline.pieces.len(), gradient.spline.ends);
    let (from, to) = (low.at, high.at);
    step(
        "discretisation",
        &format!(
            "{count} polynomials of degree 5 on [{from:.6}, {to:.6}], common values and slopes at the knots, knots ever closer \
             towards critical points, exp(-|u|/l) beyond; dH by Gauss's rule on panels"
        ),
        &format!("\\Delta f|_{{[u_i, u_{{i+1}}]}} \\in P_5, \\quad i < {count}"),
        &format!("on the mesh halved it moves by {:.1e} of its greatest value", gradient.deviation),
    )
}

fn improved(solution: &Solution, gradient: &Gradient) -> Step {
    let f: &Expr = &solution.activation.formula.expr;
    let size = gradient.greatest;
    step(
        "improved activation",
        &format!("f_eps(u) = {} + eps g(u), g = Delta f/{size}, so that max |g| = 1", in_u(f)),
        &format!("f_\\varepsilon(u) = {} + \\varepsilon\\, g(u), \\quad g = \\Delta f/{size}", in_u_latex(f)),
        "eps collects the size of the gradient",
    )
}
