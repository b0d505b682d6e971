//! The derivation from the functional to the worst activation. Beltrami's integral and Legendre's condition are derived by
//! algebra on the spot, with p, p' and y' as independent symbols.

use super::{WorstSolution, WorstStatus, proof};
use crate::cas::{self, Variable};
use crate::error::Result;
use crate::expr::{Expr, Op};
use crate::solve::Step;
use crate::solve::steps::density_in_u;

/// y' dG/dy' - G = -p y' and d2G/dy'2 = -p/y', by algebra.
fn general() -> Result<(bool, bool)> {
    cas::run(|| {
        let (p, y1) = (Expr::param("p"), Expr::param("y1"));
        let g = -(p.clone() * y1.clone() * (p.clone() * y1.clone()).apply(Op::Log));
        let momentum = cas::differentiate(&g, Variable::Parameter("y1"))?;
        let beltrami = y1.clone() * momentum.clone() - g + p.clone() * y1.clone();
        let second = cas::differentiate(&momentum, Variable::Parameter("y1"))? + p / y1;
        Ok((cas::is_zero(&beltrami)?, cas::is_zero(&second)?))
    })?
}

/// Puts the steps into the solution.
pub(super) fn derive(solution: &mut WorstSolution) -> Result<()> {
    let (beltrami, legendre) = general()?;
    let word = |holds: bool| if holds { "proved by algebra: the difference is identically 0" } else { "NOT proved" };
    let problem = &solution.problem;
    let input = problem.inside();
    let (low, high) = &problem.range;
    let (a, b) = input.support();
    let ends = |x: f64| {
        if x.is_finite() {
            Expr::float(x).to_string()
        } else if x > 0.0 {
            "inf".into()
        } else {
            "-inf".to_owned()
        }
    };
    let tex = |x: f64| {
        if x.is_finite() {
            Expr::float(x).latex()
        } else if x > 0.0 {
            r"\infty".into()
        } else {
            r"-\infty".to_owned()
        }
    };
    let (density, density_latex) = density_in_u(input);
    let step =
        |rule, text: String, latex: String, checked: &str| Step { rule, text, latex, checked: checked.to_owned() };
    let mut all = vec![
        step(
            "problem",
            format!("u ~ {}, p(u) = {density}, f rises from f({}) = {} to f({}) = {}", input.text(), ends(a), low.text(), ends(b), high.text()),
            format!("u \\sim {}, \\quad p(u) = {}, \\quad f({}) = {}, \\quad f({}) = {}", input.latex(), density_latex, tex(a), low.latex(), tex(b), high.latex()),
            "the density integrates to 1 (law test)",
        ),
        step(
            "Lagrangian",
            "H[y] = INT G(y,y') dx, G = -p(y) y' log(p(y) y'), y = f^-1; G does not contain x".into(),
            "H[y] = \\int G(y, y')\\,dx, \\quad G = -p(y)\\,y' \\log\\bigl(p(y)\\,y'\\bigr), \\quad \\frac{\\partial G}{\\partial x} = 0".into(),
            "definition (arXiv 2405.12954)",
        ),
        step(
            "Beltrami's first integral",
            "y' dG/dy' - G = -p(y) y' = const: the density q(x) = p(y) y' of the output is uniform".into(),
            "y'\\,\\frac{\\partial G}{\\partial y'} - G = -p(y)\\,y' = \\text{const}".into(),
            word(beltrami),
        ),
    ];
    if let WorstStatus::Unbounded(why) = &solution.status {
        all.push(step(
            "boundary conditions",
            format!("no uniform density on an infinite range: {why}"),
            "\\sup H = \\infty".into(),
            "H = log(B - A) for every finite range",
        ));
        solution.steps = all;
        return Ok(());
    }
    let height = high.exact.clone().unwrap_or_else(|| Expr::int(1)) - low.exact.clone().unwrap_or_else(|| Expr::int(0));
    all.extend([
        step(
            "boundary conditions",
            "p(y) y' = 1/(B - A), so f'(u) = (B - A) p(u) and f(u) = A + (B - A)*(F(u) - F(a))/(F(b) - F(a))".into(),
            "p(y)\\,y' = \\frac{1}{B - A} \\;\\Rightarrow\\; f(u) = A + (B - A)\\,\\frac{F(u) - F(a)}{F(b) - F(a)}".into(),
            "f(a) = A and f(b) = B, see checks",
        ),
        step(
            "Legendre's condition",
            "d2G/dy'2 = -p(y)/y' < 0: a maximum".into(),
            "\\frac{\\partial^2 G}{\\partial y'^2} = -\\frac{p(y)}{y'} < 0".into(),
            word(legendre),
        ),
        step(
            "global maximality",
            "H[f] = H[p] + E log f' is concave in f', and H[f] = log(B - A) - KL(q || uniform) <= log(B - A)".into(),
            "H[f] = H[p] + \\mathbb{E}\\log f' = \\log(B - A) - \\mathrm{KL}(q \\,\\|\\, \\text{uniform}) \\le \\log(B - A)".into(),
            "Gibbs' inequality, equality only where q is uniform",
        ),
    ]);
    if let Some(f) = &solution.activation {
        let f_u = f.at(&Expr::param("u"));
        let how = match solution.closed {
            true if proof::proved(f, input, &height) => "proved by algebra: f' = (B - A) p on every piece",
            true => "f' = (B - A) p by automatic differentiation, see checks",
            false => "the distribution function by quadrature, see checks",
        };
        let rule = if solution.closed { "closed form" } else { "numeric form" };
        all.push(step(rule, format!("f(u) = {f_u}"), format!("f(u) = {}", f_u.latex()), how));
    }
    all.push(step(
        "entropy",
        format!("H = log(B - A) = log({height}) = {} nats", solution.entropy.value),
        format!("H = \\log(B - A) = \\log\\left({}\\right)", height.latex()),
        "quadrature of the functional, see checks",
    ));
    solution.steps = all;
    Ok(())
}
