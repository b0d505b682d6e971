//! The derivation as the paper has it, each step with its formula and how it was checked. The steps that hold for every
//! activation and input are derived by algebra on the spot, with p, p', y', y'' as independent symbols.

use super::{Metric, Solution, Status};
use crate::cas::{self, Variable};
use crate::error::Result;
use crate::expr::{Expr, Op};
use crate::input::Input;
use std::sync::OnceLock;

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The rule.
    pub rule: &'static str,
    /// The formula in plain text.
    pub text: String,
    /// The formula in LaTeX.
    pub latex: String,
    /// How it was checked.
    pub checked: String,
}

/// Whether the two general steps hold by algebra.
#[derive(Debug, Clone, Copy)]
struct General {
    euler_lagrange: bool,
    pull_back: bool,
}

/// G = -p y' log(p y'); dG/dy - d/dx dG/dy' against p' y' + p y''/y', and the same with y' = 1/f', y'' = -f''/f'^3
/// against d/du [p/f'].
fn general() -> Result<General> {
    // They hold for all p and y: once a process is enough.
    static PROVED: OnceLock<Result<General>> = OnceLock::new();
    PROVED.get_or_init(prove).clone()
}

fn prove() -> Result<General> {
    cas::run(|| {
        let s = Expr::param;
        let (p, dp, y1, y2) = (s("p"), s("dp"), s("y1"), s("y2"));
        let g = -(p.clone() * y1.clone() * (p.clone() * y1.clone()).apply(Op::Log));
        // p depends on y, so d/dy acts as dp d/dp, and d/dx as y1 dp d/dp + y2 d/dy1.
        let by_p = |e: &Expr| cas::differentiate(e, Variable::Parameter("p"));
        let by_y1 = |e: &Expr| cas::differentiate(e, Variable::Parameter("y1"));
        let momentum = by_y1(&g)?;
        let total = y1.clone() * dp.clone() * by_p(&momentum)? + y2.clone() * by_y1(&momentum)?;
        let found = dp.clone() * by_p(&g)? - total;
        let claimed = dp.clone() * y1.clone() + p.clone() * y2.clone() / y1.clone();
        let (f1, f2) = (s("f1"), s("f2"));
        let replace = |e: &Expr| {
            e.with_parameter("y2", &-(f2.clone() / f1.clone().powi(3)))
                .with_parameter("y1", &(Expr::int(1) / f1.clone()))
        };
        let pulled = (dp * f1.clone() - p * f2.clone()) / f1.clone().powi(2);
        Ok(General {
            euler_lagrange: cas::is_zero(&(found - claimed.clone()))?,
            pull_back: cas::is_zero(&(replace(&claimed) - pulled))?,
        })
    })?
}

fn proved(holds: bool) -> String {
    if holds { "proved by algebra: the difference is identically 0".into() } else { "NOT proved".into() }
}

/// The steps of a derivation.
pub fn steps(solution: &Solution) -> Result<Vec<Step>> {
    let general = general()?;
    let f = &solution.activation.formula;
    let (density, density_latex) = density_in_u(&solution.input);
    let step =
        |rule, text: String, latex: String, checked: &str| Step { rule, text, latex, checked: checked.to_owned() };
    let mut all = vec![
        step(
            "problem",
            format!("u ~ {}, p(u) = {}, f(u) = {}", solution.input.text(), density, in_u(&f.expr)),
            format!(
                "u \\sim {}, \\quad p(u) = {}, \\quad f(u) = {}",
                solution.input.latex(),
                density_latex,
                in_u_latex(&f.expr)
            ),
            "the density integrates to 1 (law test)",
        ),
        step(
            "functional",
            "H[y] = INT G(y,y') dx, G = -p(y) y' log(p(y) y'), y = f^-1".into(),
            "H[y] = \\int G(y, y')\\,dx, \\quad G = -p(y)\\,y' \\log\\bigl(p(y)\\,y'\\bigr), \\quad y = f^{-1}".into(),
            "definition (arXiv 2405.12954)",
        ),
        step(
            "Euler-Lagrange expression",
            "dG/dy - d/dx dG/dy' = p'(y) y' + p(y) y''/y'".into(),
            "\\frac{\\partial G}{\\partial y} - \\frac{d}{dx}\\frac{\\partial G}{\\partial y'} = p'(y)\\,y' + p(y)\\,\\frac{y''}{y'}".into(),
            &proved(general.euler_lagrange),
        ),
        step(
            "correction of the inverse",
            "eta = -(p'(y) y' + p(y) y''/y')".into(),
            "\\eta = -\\Bigl(p'(y)\\,y' + p(y)\\,\\frac{y''}{y'}\\Bigr)".into(),
            "steepest descent of H in the metric",
        ),
        step(
            "pull-back to the forward side",
            "Delta f(u) = f'(u) d/du [p/f'] = p'(u) - p(u) f''(u)/f'(u)".into(),
            "\\Delta f(u) = f'(u)\\,\\frac{d}{du}\\frac{p}{f'} = p'(u) - p(u)\\,\\frac{f''(u)}{f'(u)}".into(),
            &proved(general.pull_back),
        ),
    ];
    all.extend(metric_step(solution.settings.metric));
    if solution.activation_pieces.iter().any(|p| !p.form.has_x()) {
        all.push(step(
            "flat pieces",
            "limit of slope a -> 0: f''/f' = 0, so Delta f = p'".into(),
            "\\lim_{a \\to 0} f''/f' = 0 \\;\\Rightarrow\\; \\Delta f = p'".into(),
            "f''/f' = 0 for every slope a > 0",
        ));
    }
    if solution.falls && solution.settings.metric == Metric::Inverse {
        all.push(step(
            "falling pieces",
            "where f falls, the metric has |f'|: Delta f = -(p'(u) - p(u) f''(u)/f'(u))".into(),
            "f' < 0: \\quad \\Delta f(u) = |f'(u)|\\,\\frac{d}{du}\\frac{p}{f'}".into(),
            "rate of descent, see checks",
        ));
    }
    if !solution.curvatures.is_empty() {
        all.extend(spline_steps(solution));
        return Ok(all);
    }
    all.push(step(
        "correction in closed form",
        format!("Delta f(u) = {}", in_u(&solution.correction)),
        format!("\\Delta f(u) = {}", in_u_latex(&solution.correction)),
        if solution.status == Status::Stationary {
            "proved by algebra: identically 0"
        } else {
            "automatic differentiation, see checks"
        },
    ));
    if solution.status == Status::Solved {
        let improved = &solution.improved.expr;
        let step_size = cas::product(&Expr::param("t"), &solution.scale);
        all.push(step(
            "improved activation",
            format!("f_eps(u) = {}, eps = {step_size}", in_u(improved)),
            format!("f_\\varepsilon(u) = {}, \\quad \\varepsilon = {}", in_u_latex(improved), step_size.latex()),
            "eps collects the constant factor of the correction",
        ));
    }
    Ok(all)
}

/// The density in a formula; of a kernel density, what it is in words.
pub(super) fn density_in_u(input: &Input) -> (String, String) {
    let Some(k) = input.kernel_density() else {
        return (in_u(&input.density()), in_u_latex(&input.density()));
    };
    let kernels = k.kernels().len();
    let text = format!(
        "SUM w_i phi((u - t_i)/s_i)/s_i, a kernel density of {kernels} normal kernels, bandwidth {:.6} ({}), of {} samples",
        k.bandwidth, k.rule, k.count
    );
    let term = "\\frac{w_i}{s_i}\\,\\varphi\\Bigl(\\frac{u - t_i}{s_i}\\Bigr)";
    (text, format!("\\sum_{{i=1}}^{{{kernels}}} {term}"))
}

/// What stands instead of a closed form under a kernel density.
fn spline_steps(solution: &Solution) -> Vec<Step> {
    let ends = |p: &crate::expr::Piece| format!("{} < u < {}", p.from.value, p.to.value);
    let whole = solution.curvatures.len() == 1;
    let factor = match solution.settings.metric {
        Metric::Inverse | Metric::Sobolev => ("", "Delta f"),
        Metric::Forward => ("f'(u) ", "Delta f"),
        Metric::Probability => ("p(u) f'(u) ", "Delta f"),
    };
    let symbolic = |p: &crate::expr::Piece| {
        let term = if p.form.is_zero() { String::new() } else { format!(" - p(u)*({})", in_u(&p.form)) };
        let place = if whole { String::new() } else { format!(" for {}", ends(p)) };
        format!("{}{}(u) = p'(u){term}{place}", factor.0, factor.1)
    };
    let latex = |p: &crate::expr::Piece| {
        let term =
            if p.form.is_zero() { String::new() } else { format!(" - p(u)\\,\\Bigl({}\\Bigr)", in_u_latex(&p.form)) };
        format!("\\Delta f(u) = p'(u){term}")
    };
    let all = |f: &dyn Fn(&crate::expr::Piece) -> String, between: &str| {
        solution.curvatures.iter().map(f).collect::<Vec<_>>().join(between)
    };
    let pieces = solution.correction_pieces.len();
    vec![
        Step {
            rule: "correction with a free density",
            text: all(&symbolic, "; "),
            latex: all(&latex, " \\quad "),
            checked: "f''/f' by algebra, against automatic differentiation".into(),
        },
        Step {
            rule: "spline",
            text: format!("p = exp(S), p' = S' exp(S), S a spline of degree 7 of log p: {pieces} pieces in all"),
            latex: format!("p = e^S, \\quad p' = S' e^S \\quad ({pieces}\\text{{ pieces of degree 7}})"),
            checked: "against the kernels themselves, see checks".into(),
        },
        Step {
            rule: "improved activation",
            text: format!("f_eps(u) = f(u) + {}*Delta f(u), eps = t", super::PARAMETER),
            latex: "f_\\varepsilon(u) = f(u) + \\varepsilon\\,\\Delta f(u)".into(),
            checked: "the printed text, see checks".into(),
        },
    ]
}

fn metric_step(metric: Metric) -> Option<Step> {
    let (text, latex) = match metric {
        Metric::Inverse => return None,
        Metric::Sobolev => (
            "(1 - l^2 d2/du2)^m Delta f = d/du [p/f']",
            "\\Bigl(1 - l^2 \\frac{d^2}{du^2}\\Bigr)^m \\Delta f = \\frac{d}{du}\\frac{p}{f'}",
        ),
        Metric::Forward => ("L2(du): Delta f = d/du [p/f']", "L^2(du):\\; \\Delta f = \\frac{d}{du}\\frac{p}{f'}"),
        Metric::Probability => {
            ("L2(p): Delta f = (1/p) d/du [p/f']", "L^2(p):\\; \\Delta f = \\frac{1}{p}\\frac{d}{du}\\frac{p}{f'}")
        }
    };
    let checked = "same stationary points: the factor is positive where f rises".to_owned();
    Some(Step { rule: "metric", text: text.into(), latex: latex.into(), checked })
}

/// A formula with its variable called u, as in the paper.
pub(super) fn in_u(e: &Expr) -> String {
    e.at(&Expr::param("u")).to_string()
}

pub(super) fn in_u_latex(e: &Expr) -> String {
    e.at(&Expr::param("u")).latex()
}
