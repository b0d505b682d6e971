//! Checks of a shape by routes that know nothing of how it was found, and its derivation in steps.

use super::closed::cut;
use super::level::mass;
use super::{Regime, ShapeProblem, ShapeSolution, ShapeStatus};
use crate::entropy::entropy;
use crate::error::Result;
use crate::expr::{Expr, Tape};
use crate::solve::{Check, Step};

/// Points per stretch.
const POINTS: usize = 101;
/// Two evaluations of one formula.
const CLOSED_FORM: f64 = 1e-12;
/// A switch known to the last digits, where the density is steep.
const THRESHOLD: f64 = 1e-9;
/// A cubic through quantiles instead of the distribution function.
const INTERPOLATED: f64 = 1e-6;
/// Two quadratures.
const ENTROPY: f64 = 1e-9;

type Found = (f64, Option<f64>);

fn largest(points: impl IntoIterator<Item = f64>, off: impl Fn(f64) -> f64) -> Found {
    points.into_iter().fold((0.0, None), |best: Found, x| match off(x) {
        d if d > best.0 || d.is_nan() => (if d.is_nan() { f64::INFINITY } else { d }, Some(x)),
        _ => best,
    })
}

/// Points inside a stretch, towards an infinite end as far as the input has mass.
fn inside(problem: &ShapeProblem, from: f64, to: f64) -> Vec<f64> {
    let input = problem.ends.inside();
    let from = if from.is_finite() { from } else { input.quantile(1e-12) };
    let to = if to.is_finite() { to } else { input.quantile(1.0 - 1e-12) };
    (0..POINTS).map(|i| from + (to - from) * (i as f64 + 0.5) / POINTS as f64).collect()
}

pub(super) fn checks(solution: &ShapeSolution, f: &Expr) -> Result<Vec<Check>> {
    let problem = &solution.problem;
    let tape = Tape::new(f)?;
    let check =
        |what, how: &str, (number, at): Found, tolerance| Check { what, how: how.to_owned(), number, at, tolerance };
    let (low, high) = (problem.ends.range.0.value, problem.ends.range.1.value);
    let scale = problem.height().max(low.abs()).max(high.abs());
    let (a, b) = (problem.interval.0.value, problem.interval.1.value);
    let far = |x: f64, side: f64| if x.is_finite() { x } else { side * 1e150 };
    let ends = [(far(a, -1.0), low), (far(b, 1.0), high)];
    let off = ends.map(|(x, v)| ((tape.eval(x) - v).abs() / scale, Some(x)));
    let exact_form =
        problem.ends.inside().cdf().is_some() || solution.segments.iter().all(|s| s.regime != Regime::Free);
    let form = if exact_form { CLOSED_FORM } else { INTERPOLATED };
    let mut all =
        vec![check("f(a) = A and f(b) = B", "evaluation", if off[0].0 > off[1].0 { off[0] } else { off[1] }, form)];
    let joints: Vec<f64> = solution.segments.iter().skip(1).map(|s| s.from.value).collect();
    let jump = |x: f64| {
        let (left, right) = (tape.eval(x.next_down()), tape.eval(x.next_up()));
        (left - right).abs() / scale
    };
    all.push(check("f is continuous at the switches", "evaluation on both sides", largest(joints, jump), form));
    let read = Tape::new(&Expr::parse(&f.to_string())?)?;
    let grid: Vec<f64> = solution.segments.iter().flat_map(|s| inside(problem, s.from.value, s.to.value)).collect();
    let back = largest(grid.iter().copied(), |x| (read.eval(x) - tape.eval(x)).abs() / scale);
    all.push(check("the printed activation", "read back and evaluated", back, 1e-14));
    all.push(if problem.maximize { filled(solution, &tape, exact_form) } else { ordered(solution) });
    if !problem.maximize {
        all.push(by_masses(solution)?);
    }
    Ok(all)
}

/// Least entropy: p <= threshold where f' = L1, p >= threshold where f' = L0.
fn ordered(solution: &ShapeSolution) -> Check {
    let problem = &solution.problem;
    let input = &problem.ends.input;
    let threshold = solution.threshold;
    let mut worst: Found = (0.0, None);
    for s in solution.segments.iter().filter(|_| threshold.is_finite()) {
        let off = |x: f64| {
            let p = input.pdf(x);
            let excess = if s.regime == Regime::Greatest { p - threshold } else { threshold - p };
            if excess <= 0.0 { 0.0 } else { excess / threshold.max(p) }
        };
        let found = largest(inside(problem, s.from.value, s.to.value), off);
        if found.0 > worst.0 {
            worst = found;
        }
    }
    let (number, at) = worst;
    let how = "the density at 101 points of every stretch, relative excess over the threshold".to_owned();
    Check {
        what: "KKT: p <= threshold where f' = L1, p >= threshold where f' = L0",
        how,
        number,
        at,
        tolerance: THRESHOLD,
    }
}

/// Greatest entropy: f' = p/lambda held to [L0, L1].
fn filled(solution: &ShapeSolution, tape: &Tape, exact_form: bool) -> Check {
    let problem = &solution.problem;
    let input = problem.ends.inside();
    let (l0, l1) = (problem.slopes.0.value, problem.slopes.1.value);
    let wanted = |x: f64| (input.pdf(x) / solution.threshold).clamp(l0, l1);
    let scale = solution
        .segments
        .iter()
        .flat_map(|s| inside(problem, s.from.value, s.to.value))
        .map(wanted)
        .fold(0.0, f64::max);
    let points = solution.segments.iter().flat_map(|s| inside(problem, s.from.value, s.to.value));
    let (number, at) = largest(points, |x| (tape.derivative(x, 1) - wanted(x)).abs() / scale);
    Check {
        what: "KKT: f' = p/lambda held to [L0, L1]",
        how: "automatic differentiation, relative to the greatest slope".to_owned(),
        number,
        at,
        tolerance: if exact_form { THRESHOLD } else { 1e-3 },
    }
}

/// H[p] + P(f' = L0) log L0 + P(f' = L1) log L1 against the functional of the formula.
fn by_masses(solution: &ShapeSolution) -> Result<Check> {
    let problem = &solution.problem;
    let own = entropy(&Expr::x(), problem.ends.inside())?.entropy;
    let log = |regime| if regime == Regime::Least { problem.slopes.0.value.ln() } else { problem.slopes.1.value.ln() };
    let share = |s: &super::Segment| mass(problem.ends.inside(), s.from.value, s.to.value) * log(s.regime);
    let expected = own.value + solution.segments.iter().map(share).sum::<f64>();
    Ok(Check {
        what: "H = H[p] + P(f' = L0) log L0 + P(f' = L1) log L1",
        how: "the functional of the formula against masses of the distribution function".to_owned(),
        number: (solution.entropy.value - expected).abs(),
        at: None,
        tolerance: ENTROPY.max(own.error + solution.entropy.error),
    })
}

pub(super) fn steps(solution: &ShapeSolution) -> Vec<Step> {
    let problem = &solution.problem;
    let ((a, b), (low, high), (l0, l1)) = (&problem.interval, &problem.ends.range, &problem.slopes);
    let step =
        |rule, text: String, latex: String, checked: &str| Step { rule, text, latex, checked: checked.to_owned() };
    let sense = if problem.maximize { "greatest" } else { "least" };
    let input = &problem.ends.input;
    let mut all = vec![
        step(
            "problem",
            format!(
                "u ~ {}, f({}) = {}, f({}) = {}, {} <= f' <= {}, {sense} H[f]",
                input.text(),
                a.text(),
                low.text(),
                b.text(),
                high.text(),
                l0.text(),
                l1.text()
            ),
            format!(
                "u \\sim {}, \\quad f({}) = {}, \\quad f({}) = {}, \\quad {} \\le f' \\le {}",
                input.latex(),
                a.latex(),
                low.latex(),
                b.latex(),
                high.latex(),
                l0.latex(),
                l1.latex()
            ),
            "the bounds admit a shape: L0 (b - a) <= B - A <= L1 (b - a)",
        ),
        step(
            "objective",
            "H[f] = H[p] + E log f'(U): only INT p log f' du depends on f, and it is concave in f'".to_owned(),
            "H[f] = H[p] + \\int p\\,\\log f'\\,du".to_owned(),
            "definition, change of variables",
        ),
    ];
    if let ShapeStatus::Unbounded(why) | ShapeStatus::NotAttained(why) = &solution.status {
        all.push(step("outcome", why.clone(), String::from("\\text{no shape}"), "see the text"));
        return all;
    }
    let switches: Vec<String> = solution.segments.iter().skip(1).map(|s| cut(&s.from)).collect();
    let switches = if switches.is_empty() { "none".to_owned() } else { switches.join(", ") };
    if problem.maximize {
        all.push(step(
            "water-filling",
            format!("p/f' = lambda where f' is free: f' = p/lambda held to [L0, L1], lambda = {}", solution.threshold),
            "f' = \\min\\bigl(\\max(p/\\lambda, L_0), L_1\\bigr)".to_owned(),
            "KKT, see checks; the problem is concave, so this is the global maximum",
        ));
    } else if solution.threshold.is_finite() {
        all.push(step(
            "bang-bang",
            "the minimum of a concave objective lies at an extreme point: f' = L1 where p < threshold, L0 where p > threshold"
                .to_owned(),
            "f' = L_1 \\text{ where } p < \\tau, \\quad f' = L_0 \\text{ where } p > \\tau".to_owned(),
            "exchanging slopes between a stretch of small and one of great density raises E log f'; see checks",
        ));
        all.push(step(
            "the ends",
            format!(
                "L0 |S| + L1 (b - a - |S|) = B - A: |S| = {}, threshold p = {}",
                solution
                    .segments
                    .iter()
                    .filter(|s| s.regime == Regime::Least)
                    .map(|s| s.to.value - s.from.value)
                    .sum::<f64>(),
                solution.threshold
            ),
            "|S| = \\frac{L_1 (b - a) - (B - A)}{L_1 - L_0}".to_owned(),
            "f(b) = B, see checks",
        ));
    }
    all.push(step("switches", switches.clone(), switches, "level sets of the density"));
    if let Some(f) = &solution.activation {
        let f = f.at(&Expr::param("u"));
        all.push(step("closed form", format!("f(u) = {f}"), format!("f(u) = {}", f.latex()), "see checks"));
    }
    all
}
