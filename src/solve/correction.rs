//! The derivation from the problem to the answer, step by step as the paper has it.

use super::check;
use super::curve;
use super::direction::{self, Cell};
use super::kernels::{self, Forms};
use super::monotone::{self, Monotone};
use super::slope::{self, Slope};
use super::{Kink, Metric, OrderTerm, PARAMETER, Settings, Sign, SingularPoint, Solution, Status, starting_value};
use super::{reversion, steps, tail};
use crate::activation::Activation;
use crate::cas::{multiply, product, split_coefficient, split_scale};
use crate::error::{Error, Result};
use crate::expr::{self, Bound, Expr, Formula, Piece, Tape};
use crate::input::Input;

/// The EAFO correction of an activation under an input, and the activation it leads to.
///
/// The correction of the paper's metric is p'(u) - p(u) f''(u)/f'(u); on flat pieces of f the limit of slope a -> 0,
/// which is p'(u) (math.md section 4).
///
/// # Errors
/// A parameter without value, an activation undefined on the input's support, a symbolica that cannot be started.
pub fn derive(activation: &Activation, input: &Input, settings: &Settings) -> Result<Solution> {
    if !(1..=HIGHEST_ORDER).contains(&settings.order) {
        return Err(Error::OutOfRange {
            owner: "derive".into(),
            name: "order".into(),
            value: settings.order.to_string(),
            expected: format!("it must be between 1 and {HIGHEST_ORDER}"),
        });
    }
    if settings.metric == Metric::Sobolev && settings.order > 1 {
        let message = "--metric sobolev gives the first order only; leave --order out";
        return Err(Error::Unsupported(message.into()));
    }
    if settings.metric == Metric::Probability && settings.order > 1 && input.components().len() > 1 {
        let message = "--metric probability gives the first order only under a mixture; leave --order out";
        return Err(Error::Unsupported(message.into()));
    }
    if settings.metric != Metric::Sobolev && settings.length.is_some() {
        return Err(Error::Unsupported("--length is for --metric sobolev".into()));
    }
    let f = activation.formula.bound()?.tidy();
    check_domain(&f, activation, input)?;
    let (low, high) = input.support();
    let activation_pieces = expr::pieces(&f, low, high)?;
    let cells = direction::cells(&f, input)?;
    let (cells, parts, spelled) = match input.kernel_density() {
        // A Sobolev gradient is no closed form, and asks algebra only whether it is 0.
        _ if settings.metric == Metric::Sobolev => {
            let parts = Parts::of(&cells, settings);
            (cells, parts, None)
        }
        Some(density) => {
            let Forms { exact, printed, curvatures } = kernels::solve(&cells, density, settings, input)?;
            (cells, exact, Some((printed, curvatures)))
        }
        None if input.files().is_empty() => {
            let cells = direction::solve(cells, settings.metric, settings.order, input)?;
            let parts = Parts::of(&cells, settings);
            (cells, parts, None)
        }
        None => return Err(Error::Unsupported(NESTED.into())),
    };
    let (shown, curvatures) = match &spelled {
        Some((printed, curvatures)) => (printed, curvatures.clone()),
        None => (&parts, vec![]),
    };
    // A spline has many pieces: a balanced tree of them is neither deep nor slow.
    let whole = |pieces: &[Piece]| match (&spelled, shown.orders.first()) {
        (Some(_), Some(order)) => order.term.clone(),
        _ => expr::piecewise(pieces),
    };
    let mut solution = Solution {
        status: parts.status(&cells, settings.metric),
        activation: activation.clone(),
        activation_pieces,
        input: input.clone(),
        settings: settings.clone(),
        improved: improved(&activation.formula, &f, shown),
        correction: whole(&shown.correction),
        correction_pieces: shown.correction.clone(),
        direction: whole(&shown.direction),
        scale: parts.scale.clone(),
        orders: shown.orders.clone(),
        convergence: None,
        falls: cells.iter().any(|c| c.falls),
        singular_points: vec![],
        kinks: vec![],
        sobolev: None,
        slope: Slope::none(),
        monotone: Monotone::default(),
        tails: vec![],
        curvatures,
        steps: vec![],
        checks: vec![],
        warnings: vec![],
    };
    warn_of_names(&mut solution);
    if settings.metric == Metric::Sobolev {
        return super::sobolev::derive(solution, &f, cells);
    }
    if settings.order > 1 && cells.iter().any(|c| c.flat) {
        solution.warnings.push(
            "orders above the first have no limit on the flat pieces (they grow like 1/slope); they are left out there"
                .into(),
        );
    }
    examine(&mut solution, &cells, &parts)?;
    Ok(solution)
}

/// Warnings of parameters whose names mean something else in the result.
fn warn_of_names(solution: &mut Solution) {
    let parameters = solution.activation.formula.parameters.clone();
    if parameters.contains_key(PARAMETER) {
        solution.warnings.push(format!(
            "the activation has a parameter {PARAMETER} of its own; it stands at its value, and {PARAMETER} in the result is the new one"
        ));
    }
    for name in ["u", "t", "p", "y", "f"].iter().filter(|name| parameters.contains_key(**name)) {
        solution.warnings.push(format!(
            "the parameter {name} of the activation is named like the {name} of the derivation; in the steps it stands for both"
        ));
    }
}

/// A warning where the value from which training starts is farther out than the improved activation stays monotone.
fn warn_of_the_start(solution: &mut Solution) {
    let (Monotone { lower, upper, .. }, start) = (&solution.monotone, expr::to_f64(&starting_value()));
    if *lower < 0.0 && 0.0 < *upper && *upper < start {
        solution.warnings.push(format!(
            "{PARAMETER} = {start}, the value at the start, is beyond {upper:.2e}, up to which the improved activation stays \
             monotone: its entropy need not be what the slope at 0 says; start nearer to 0"
        ));
    }
}

const FOLDED: &str = "the pointwise correction is p' - p f''/f' on every branch, whatever the sign of f' where f turns smoothly; \
                      where values are taken on more than one branch, the entropy of the output need not fall along it: \
                      --metric sobolev looks for a direction along which it does";

const NESTED: &str = "samples(...) inside another distribution has no spline to print: derive under samples(...) itself, or \
                      under a family fitted to the file";

/// Everything said about the correction: where it is singular, what it does to the entropy, what was checked.
fn examine(solution: &mut Solution, cells: &[Cell], parts: &Parts) -> Result<()> {
    let curves = curve::Curves::new(cells, parts, &solution.input)?;
    solution.singular_points = singular_points(&curves, &solution.input, solution.settings.metric);
    solution.kinks = kinks(&curves, &solution.input);
    solution.tails = tail::tails(&curves, solution);
    solution.slope = slope::slope(&curves, solution)?;
    if solution.slope.folded || curves.turn(&solution.singular_points) {
        solution.warnings.push(FOLDED.into());
    }
    solution.monotone = monotone::monotone(&curves, solution);
    warn_of_the_start(solution);
    solution.convergence = reversion::usual(solution, &curves)?;
    solution.steps = steps::steps(solution)?;
    solution.checks = check::checks(solution, &curves)?;
    warn_of_failures(solution);
    Ok(())
}

/// A warning for each check that failed.
pub(super) fn warn_of_failures(solution: &mut Solution) {
    for failed in solution.checks.iter().filter(|check| !check.pass()) {
        solution.warnings.push(format!(
            "the check \"{}\" failed: {:.3e} found, {:e} allowed; do not rely on this result",
            failed.what, failed.number, failed.tolerance
        ));
    }
}

/// The pieces of the correction and of its direction.
pub(super) struct Parts {
    pub(super) correction: Vec<Piece>,
    pub(super) direction: Vec<Piece>,
    pub(super) scale: Expr,
    pub(super) orders: Vec<OrderTerm>,
}

impl Parts {
    fn of(cells: &[Cell], settings: &Settings) -> Parts {
        let density = |part: &direction::Part| match settings.metric {
            Metric::Probability => Expr::int(1),
            Metric::Inverse | Metric::Forward | Metric::Sobolev => part.density.clone(),
        };
        let total = |terms: &mut dyn Iterator<Item = Expr>| terms.fold(Expr::int(0), |sum, term| sum + term);
        let sum = |cell: &Cell| match (settings.metric, cell.parts.as_slice()) {
            // The score of a mixture is the mean of the scores, weighted with the densities.
            (Metric::Probability, [_, _, ..]) => {
                total(&mut cell.parts.iter().map(|p| product(&p.density, &p.factor)))
                    / total(&mut cell.parts.iter().map(|p| p.density.clone()))
            }
            _ => total(&mut cell.parts.iter().map(|p| product(&density(p), &p.factor))),
        };
        let correction = pieces_of(cells, sum);
        let scale = common_scale(cells, settings.metric);
        let direction = pieces_of(cells, |cell| match (&scale, cell.parts.as_slice()) {
            (Some((rational, _)), [part]) => {
                let (c, rest) = split_scale(&part.factor);
                let kernel = if settings.metric == Metric::Probability { Expr::int(1) } else { part.kernel.clone() };
                product(&kernel, &multiply(Expr::num(c / rational), rest))
            }
            _ => sum(cell),
        });
        let scale = scale.map_or(Expr::int(1), |(rational, constant)| multiply(Expr::num(rational), constant));
        let mut parts = Parts { correction, direction, scale, orders: vec![] };
        let order = |n| OrderTerm { n, term: parts.order(cells, settings.metric, n) };
        parts.orders = (1..=settings.order).map(order).collect();
        parts
    }

    /// The coefficient of eps^n: the n-th Lagrange term over scale^n.
    fn order(&self, cells: &[Cell], metric: Metric, n: u32) -> Expr {
        if n == 1 {
            return expr::piecewise(&self.direction);
        }
        let pieces = pieces_of(cells, |cell| match cell.parts.as_slice() {
            [part] => {
                let (constant, kernel) = match metric {
                    Metric::Probability => (Expr::int(1), Expr::int(1)),
                    _ => (part.constant.clone(), part.kernel.clone()),
                };
                let ratio = constant / self.scale.clone();
                let constant = rational_value(&ratio).map_or(ratio, Expr::num);
                let factor = part.orders.get(n as usize - 2).cloned().unwrap_or(Expr::int(0));
                let kernel = kernel.powi(i64::from(n));
                let power = constant.as_num().map(|c| Expr::num(num_traits::pow(c.clone(), n as usize)));
                multiply(power.unwrap_or(constant.powi(i64::from(n))), product(&kernel, &factor))
            }
            _ => cell.orders.get(n as usize - 2).cloned().unwrap_or(Expr::int(0)),
        });
        expr::piecewise(&pieces)
    }

    fn status(&self, cells: &[Cell], metric: Metric) -> Status {
        if cells.iter().all(|c| c.flat) {
            return Status::Unbounded(
                "the activation is constant wherever the input has mass: its output has no density and no entropy to descend"
                    .into(),
            );
        }
        if metric != Metric::Inverse && cells.iter().any(|c| c.flat) {
            return Status::Unbounded(format!(
                "on its flat pieces the {} metric has no bounded direction (1/f' grows without bound as the slope goes to 0); \
                 use --metric inverse",
                metric.name()
            ));
        }
        match self.correction.iter().all(|p| p.form.is_zero()) {
            true => Status::Stationary,
            false => Status::Solved,
        }
    }
}

/// The exact quotient of two equal constants up to a rational factor.
fn rational_value(ratio: &Expr) -> Option<num_rational::BigRational> {
    let crate::expr::Node::Call(crate::expr::Op::Div, args) = ratio.node() else { return ratio.as_num().cloned() };
    let ((c, a), (d, b)) = (split_coefficient(&args[0]), split_coefficient(&args[1]));
    (a == b).then(|| c / d)
}

/// One piece per cell, neighbours with equal forms merged.
fn pieces_of(cells: &[Cell], form: impl Fn(&Cell) -> Expr) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for cell in cells {
        let form = form(cell);
        match pieces.last_mut() {
            Some(last) if last.form == form => last.to = cell.to.clone(),
            _ => pieces.push(Piece { from: cell.from.clone(), to: cell.to.clone(), form }),
        }
    }
    pieces
}

/// The constant that all cells share, as rational factor times constant; none for mixtures.
fn common_scale(cells: &[Cell], metric: Metric) -> Option<(num_rational::BigRational, Expr)> {
    let mut alive = cells.iter().filter_map(|cell| match cell.parts.as_slice() {
        [part] if !part.factor.is_zero() => Some(part),
        _ => None,
    });
    let first = alive.next()?;
    let single = cells.iter().all(|cell| cell.parts.len() == 1);
    let constant = if metric == Metric::Probability { Expr::int(1) } else { first.constant.clone() };
    let same = alive.all(|part| part.constant == first.constant);
    (single && same).then(|| (split_scale(&first.factor).0, constant))
}

/// f + eps * direction (+ eps^2 ...), the activation's own parameters at their values.
fn improved(original: &Formula, bound: &Expr, parts: &Parts) -> Formula {
    let shown = if original.parameters.is_empty() { original.expr.clone() } else { bound.clone() };
    let eps = Expr::param(PARAMETER);
    let terms = parts.orders.iter().map(|o| multiply(eps.clone().powi(i64::from(o.n)), o.term.clone()));
    let expr = terms.filter(|t| !t.is_zero()).fold(shown, |sum, term| sum + term);
    let mut formula = Formula { expr, parameters: Default::default() };
    if formula.expr.parameters().contains(PARAMETER) {
        formula.set(PARAMETER, starting_value());
    }
    formula
}

/// The centre and the width of the bulk of an input: median and half the interquartile range.
pub(super) fn scale_of(input: &Input) -> (f64, f64) {
    let [low, centre, high] = input.quartiles();
    let width = 0.75 * (high - low);
    (centre, if width.is_finite() && width > 0.0 { width } else { 1.0 })
}

/// The activation must be a finite real number wherever the input has mass.
fn check_domain(f: &Expr, activation: &Activation, input: &Input) -> Result<()> {
    let tape = Tape::new(f)?;
    let quantiles = (1..64).map(|i| input.quantile(f64::from(i) / 64.0));
    let tails = [1e-3, 1e-6].into_iter().flat_map(|q| [input.quantile(q), input.quantile(1.0 - q)]);
    let mut bad = quantiles.chain(tails).filter(|u| u.is_finite() && tape.eval(*u).is_nan() && !tape.has_gap(*u));
    match bad.next() {
        Some(at) => Err(Error::OutsideDomain { activation: activation.name.clone(), input: input.text(), at }),
        None => Ok(()),
    }
}

/// Critical points of the activation, where the correction has its poles.
fn singular_points(curves: &curve::Curves, input: &Input, metric: Metric) -> Vec<SingularPoint> {
    let mut found = Vec::new();
    for curve in curves.cells.iter().filter(|c| !c.flat) {
        for at in curve.critical_points(input) {
            let p = input.pdf(at);
            let order = zero_order(curve, at).filter(|_| metric == Metric::Inverse);
            let residue = order.map(|order| -p * order);
            found.push(SingularPoint {
                at: Bound { value: at, exact: None },
                residue,
                kind: "pole",
                description: format!(
                    "f' = 0 at x = {at:.10}: the pointwise correction has a pole there and is no descent direction; \
                     --metric sobolev looks for one that is bounded"
                ),
            });
        }
    }
    found.dedup_by(|a, b| a.at.value == b.at.value);
    // Where f' is infinite, f''/f' has a pole too.
    for pair in curves.cells.windows(2) {
        let at = pair[0].to.clone();
        // Beside a pole of f itself the rate of descent is integrable.
        let infinite = |curve: &curve::Curve, inward: f64| {
            let steep = curve.slope_at(at.value).is_infinite() || curve.steepens(at.value, inward * curve.width);
            steep && !curve.has_pole_at(at.value, inward)
        };
        if input.pdf(at.value) > 0.0 && (infinite(&pair[0], -1.0) || infinite(&pair[1], 1.0)) {
            let description = format!(
                "f' is infinite at x = {:.10}: the pointwise correction has a pole there and is no descent direction",
                at.value
            );
            found.push(SingularPoint { at, residue: None, kind: "pole", description });
        }
    }
    found.sort_by(|a, b| a.at.value.total_cmp(&b.at.value));
    found
}

/// The order m of a zero of f', near which f''/f' is m/(x - at); none where the two sides do not agree on one.
fn zero_order(curve: &curve::Curve, at: f64) -> Option<f64> {
    let step = 1e-4 * curve.width;
    let [left, right] = [-step, step].map(|d| match curve.slope_at(at + d) {
        // Too small for a double: the power of f' from one distance to another.
        0.0 => (curve.log_steepness(at + 2.0 * d) - curve.log_steepness(at + d)) / 2f64.ln(),
        slope => d * curve.activation.derivative(at + d, 2) / slope,
    });
    let order = (0.5 * (left + right)).round();
    (order >= 1.0 && (left - order).abs().max((right - order).abs()) < 0.05).then_some(order)
}

/// Points where the slope of the activation jumps.
pub(super) fn kinks(curves: &curve::Curves, input: &Input) -> Vec<Kink> {
    let mut found = Vec::new();
    for pair in curves.cells.windows(2) {
        let at = pair[0].to.clone();
        let (left, right) = (pair[0].slope_at(at.value), pair[1].slope_at(at.value));
        let scale = left.abs().max(right.abs());
        let jump = pair[1].correction.eval(at.value) - pair[0].correction.eval(at.value);
        let level = pair[0].correction.eval(at.value).abs() + pair[1].correction.eval(at.value).abs();
        let bends = (left - right).abs() > 1e-12 * scale;
        let breaks = jump.abs() > 1e-12 * level;
        let tears = curve::activation_jump(pair) != 0.0;
        if !bends && !breaks && !tears {
            continue;
        }
        let point_mass = if bends { input.pdf(at.value) * (1.0 / right - 1.0 / left) } else { 0.0 };
        let mut outcomes = Vec::new();
        if tears {
            let [from, to] = [0, 1].map(|side| pair[side].activation.eval(at.value));
            outcomes.push(format!("the activation itself jumps there, from {from} to {to}"));
        }
        if left == 0.0 || right == 0.0 {
            outcomes.push("the point mass is infinite: the slope on one side is 0 (limit of slope a -> 0)".to_owned());
        } else if breaks {
            outcomes.push(format!("the pointwise correction jumps by {jump:.6} there, so f + eps g is discontinuous"));
        }
        let outcome = (!outcomes.is_empty()).then(|| outcomes.join("; "));
        let point_mass = if point_mass.is_nan() { f64::INFINITY } else { point_mass };
        found.push(Kink {
            at,
            left_slope: left,
            right_slope: right,
            point_mass,
            correction_jump: if breaks { jump } else { 0.0 },
            outcome,
        });
    }
    found
}

impl Solution {
    /// dH/dt along the correction, for t > 0, where boundary terms or a jump of the correction make it another number than the
    /// rate of descent.
    pub fn along(&self) -> Option<f64> {
        if self.settings.metric == Metric::Sobolev {
            return None;
        }
        let (slope, scale) = (&self.slope, expr::constant(&self.scale).ok()?);
        let side = slope.sides[usize::from(scale > 0.0)] * slope.mass;
        let along = if side.abs() <= slope.unconditional.error { 0.0 } else { side * scale };
        let differs = !slope.boundary_terms.is_empty() || slope.sides[0] != slope.sides[1];
        (differs && along.is_finite()).then_some(along)
    }

    /// The sign of eps that lowers the entropy, by its measured slopes to either side.
    pub fn descent(&self) -> Sign {
        let [left, right] = self.slope.sides;
        match (left > 0.0, right < 0.0) {
            (true, true) => Sign::Both,
            (true, false) => Sign::Negative,
            (false, true) => Sign::Positive,
            _ if left.is_nan() || right.is_nan() => Sign::Unknown,
            _ => Sign::Neither,
        }
    }
}

/// The highest order of the expansion: the terms grow without end in length.
const HIGHEST_ORDER: u32 = 12;

/// All sign changes and touching zeros of f' are looked for with this many cells.
pub(super) const SCAN: usize = 400;
