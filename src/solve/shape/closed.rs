//! The best shape in closed form: its stretches, then its formula as `where` over them.

use super::level::{Span, Terrain, mass};
use super::{Regime, Segment, ShapeProblem, ShapeSolution, number};
use crate::cas;
use crate::error::Result;
use crate::expr::{Bound, Expr, Tape, constant, pieces};
use crate::input::Input;
use crate::numeric::bracketed;
use crate::solve::worst::{interpolated, recognised, selected};

/// Puts stretches, threshold and formula into the solution.
pub(super) fn solve(solution: &mut ShapeSolution) -> Result<()> {
    if solution.problem.maximize {
        water(solution)?
    } else {
        bang_bang(solution)
    }
    let worst = solution.segments.iter().all(|s| s.regime == Regime::Free);
    let known = if worst { crate::solve::worst(&solution.problem.ends)?.activation } else { None };
    let f = known.unwrap_or_else(|| formula(solution));
    solution.pieces = pieces(&f, f64::NEG_INFINITY, f64::INFINITY)?;
    solution.activation = Some(f);
    Ok(())
}

/// The exact forms of the ends and bounds, all finite.
struct Exact {
    a: Expr,
    b: Expr,
    height: Expr,
    l0: Expr,
    l1: Expr,
}

fn exact(problem: &ShapeProblem) -> Option<Exact> {
    let of = |b: &crate::solve::worst::Boundary| b.exact.clone();
    Some(Exact {
        a: of(&problem.interval.0)?,
        b: of(&problem.interval.1)?,
        height: of(&problem.ends.range.1)? - of(&problem.ends.range.0)?,
        l0: of(&problem.slopes.0)?,
        l1: of(&problem.slopes.1)?,
    })
}

/// f' = L0 on the part of [a, b] of length (L1 (b - a) - (B - A))/(L1 - L0) where the density is greatest, L1 elsewhere.
fn bang_bang(solution: &mut ShapeSolution) {
    let problem = &solution.problem;
    let (a, b) = (problem.interval.0.value, problem.interval.1.value);
    let (l0, l1) = (problem.slopes.0.value, problem.slopes.1.value);
    let ends = (
        Bound { value: a, exact: problem.interval.0.exact.clone() },
        Bound { value: b, exact: problem.interval.1.exact.clone() },
    );
    let length = if l1 > l0 { (l1 * (b - a) - problem.height()) / (l1 - l0) } else { b - a };
    let only = |regime| vec![Segment { from: ends.0.clone(), to: ends.1.clone(), regime }];
    if !(length > 1e-14 * (b - a)) || l1 * (b - a) <= problem.height() {
        solution.segments = only(Regime::Greatest);
        solution.notes.push(forced("L1"));
        return;
    }
    if length >= (b - a) * (1.0 - 1e-14) {
        solution.segments = only(Regime::Least);
        solution.notes.push(forced("L0"));
        return;
    }
    let terrain = Terrain::new(&problem.ends.input, a, b);
    let (level, plateau) = terrain.level_of(length);
    solution.threshold = level.exp();
    let mut least = terrain.above(level);
    if !plateau.is_empty() {
        least = filled(&terrain, level, &plateau, length);
        solution.tied = true;
        solution.notes.push(tie(&plateau, least.len() == 1 && plateau == [(a, b)]));
    }
    let bounds: Vec<(Bound, Bound)> = match (&*least, exact(problem)) {
        ([span], Some(exact)) => vec![switches(problem, *span, &exact)],
        _ => least.iter().map(|(from, to)| (Bound::at(*from), Bound::at(*to))).collect(),
    };
    solution.segments = alternating(&ends, &bounds);
}

fn forced(slope: &str) -> String {
    format!("the ends leave one function only: slope {slope} everywhere")
}

fn tie(plateau: &[Span], everywhere: bool) -> String {
    if everywhere {
        return "the density is constant on [a, b]: every arrangement of the slopes has the same entropy, and the steep part \
                is put last"
            .to_owned();
    }
    let parts: Vec<String> = plateau.iter().map(|(a, b)| format!("[{a}, {b}]")).collect();
    format!(
        "the density is constant at the threshold on {}: every arrangement of the slopes there has the same entropy, and \
         the steep part is put last",
        parts.join(" and ")
    )
}

/// The set strictly above a level, and of the plateau at it the first part, up to the length.
fn filled(terrain: &Terrain, level: f64, plateau: &[Span], length: f64) -> Vec<Span> {
    let above = if level == f64::NEG_INFINITY { terrain.above(level) } else { terrain.above(level + 1e-9) };
    let mut left = length - above.iter().map(|(from, to)| to - from).sum::<f64>();
    let mut all = above;
    for &(from, to) in plateau {
        let take = left.clamp(0.0, to - from);
        if take > 0.0 {
            all.push((from, from + take));
        }
        left -= take;
    }
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    let mut joined: Vec<Span> = vec![];
    for span in all {
        match joined.last_mut() {
            Some(last) if last.1 >= span.0 => last.1 = last.1.max(span.1),
            _ => joined.push(span),
        }
    }
    joined
}

/// The ends of the one stretch with slope L0: its length is known exactly, so one end at a or b gives the other, and of a
/// density symmetric about a centre in closed form both lie at half the length from it.
fn switches(problem: &ShapeProblem, (from, to): Span, exact: &Exact) -> (Bound, Bound) {
    let (a, b) = (problem.interval.0.value, problem.interval.1.value);
    let whole = exact.l1.clone() * (exact.b.clone() - exact.a.clone()) - exact.height.clone();
    let length = whole / (exact.l1.clone() - exact.l0.clone());
    let bound = |e: Expr, value: f64| match constant(&e) {
        Ok(v) if (v - value).abs() <= 1e-9 * (b - a) => Bound { value: v, exact: Some(e) },
        _ => Bound::at(value),
    };
    let end = |e: &Expr, value: f64| Bound { value, exact: Some(e.clone()) };
    if from == a {
        return (end(&exact.a, a), bound(exact.a.clone() + length, to));
    }
    if to == b {
        return (bound(exact.b.clone() - length, from), end(&exact.b, b));
    }
    let middle = 0.5 * (from + to);
    let centre = recognised(if middle.abs() < 1e-12 * (b - a) { 0.0 } else { middle });
    let half = Expr::ratio(1, 2) * length;
    if symmetric(&problem.ends.input, &centre) {
        return (bound(centre.clone() - half.clone(), from), bound(centre + half, to));
    }
    (Bound::at(from), Bound::at(to))
}

/// Whether p(c + x) = p(c - x), by algebra.
fn symmetric(input: &Input, centre: &Expr) -> bool {
    let Ok(c) = constant(centre) else { return false };
    let [q1, _, q3] = input.quartiles();
    let near = |k: i32| {
        let d = f64::from(k) * 0.1 * (q3 - q1);
        let (l, r) = (input.pdf(c - d), input.pdf(c + d));
        (l - r).abs() <= 1e-9 * l.max(r)
    };
    if !(1..40).all(near) {
        return false;
    }
    let density = input.density();
    let x = Expr::x;
    let (right, left) = (density.at(&(centre.clone() + x())), density.at(&(centre.clone() - x())));
    // By pieces right of 0; what holds there holds for -x.
    let Ok(parts) = pieces(&(right - left), 0.0, f64::INFINITY) else { return false };
    let forms: Vec<Expr> = parts.into_iter().map(|p| p.form.lowered()).collect();
    let shown = cas::run(move || -> Result<bool> {
        for form in &forms {
            if !cas::is_zero(form)? {
                return Ok(false);
            }
        }
        Ok(true)
    });
    matches!(shown, Ok(Ok(true)))
}

/// L0 inside the spans, L1 outside, from end to end.
fn alternating(ends: &(Bound, Bound), least: &[(Bound, Bound)]) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut at = ends.0.clone();
    let mut push = |from: &Bound, to: &Bound, regime| {
        if from.value < to.value {
            segments.push(Segment { from: from.clone(), to: to.clone(), regime });
        }
    };
    for (from, to) in least {
        push(&at, from, Regime::Greatest);
        push(from, to, Regime::Least);
        at = to.clone();
    }
    push(&at, &ends.1, Regime::Greatest);
    segments
}

/// f' = p/lambda held to [L0, L1], lambda set by the ends.
fn water(solution: &mut ShapeSolution) -> Result<()> {
    let problem = &solution.problem;
    let input = problem.ends.inside();
    let (a, b) = (problem.interval.0.value, problem.interval.1.value);
    let (l0, l1) = (problem.slopes.0.value, problem.slopes.1.value);
    let terrain = Terrain::new(input, a, b);
    // Where the formula interpolates the distribution function, its own masses set lambda, so that the ends meet.
    let distribution = Distribution::of(input);
    let stretches = |log_lambda: f64| {
        let high = if l1.is_finite() { terrain.above(log_lambda + l1.ln()) } else { vec![] };
        let wet = if l0 > 0.0 { terrain.above(log_lambda + l0.ln()) } else { vec![(a, b)] };
        (high, wet)
    };
    let rise = |log_lambda: f64| {
        let (high, wet) = stretches(log_lambda);
        let mass = |spans: &[Span]| spans.iter().map(|(from, to)| distribution.mass(*from, *to)).sum::<f64>();
        let length = |spans: &[Span]| spans.iter().map(|(from, to)| to - from).sum::<f64>();
        let steep = if high.is_empty() { 0.0 } else { l1 * length(&high) };
        let gentle = if l0 > 0.0 { l0 * (b - a - length(&wet)) } else { 0.0 };
        steep + gentle + (mass(&wet) - mass(&high)) / log_lambda.exp()
    };
    let height = problem.height();
    let free = -height.ln();
    let excess = |log_lambda: f64| rise(log_lambda) - height;
    let mut reach = 1.0;
    while reach < 700.0 && (excess(free - reach) > 0.0) == (excess(free + reach) > 0.0) {
        reach *= 2.0;
    }
    // Without bounds that bind, lambda is 1/(B - A) itself.
    let log_lambda = match excess(free) {
        off if off.abs() <= 4.0 * f64::EPSILON * height => free,
        _ => bracketed(excess, free - reach, free + reach).unwrap_or(free),
    };
    solution.threshold = log_lambda.exp();
    let (high, wet) = stretches(log_lambda);
    let at = |x: f64| match x {
        _ if x == a => Bound { value: a, exact: problem.interval.0.exact.clone() },
        _ if x == b => Bound { value: b, exact: problem.interval.1.exact.clone() },
        _ => Bound::at(x),
    };
    let mut cuts: Vec<f64> = [&high[..], &wet[..]].concat().iter().flat_map(|(from, to)| [*from, *to]).collect();
    cuts.extend([a, b]);
    cuts.sort_by(f64::total_cmp);
    cuts.dedup_by(|x, y| x == y || (*x - *y).abs() <= 1e-14 * (1.0 + x.abs()));
    let within = |spans: &[Span], x: f64| spans.iter().any(|(from, to)| *from < x && x < *to);
    let mut segments: Vec<Segment> = vec![];
    for pair in cuts.windows(2) {
        let middle = between(pair[0], pair[1]);
        let regime = match (within(&high, middle), within(&wet, middle)) {
            (true, _) => Regime::Greatest,
            (_, true) => Regime::Free,
            _ => Regime::Least,
        };
        match segments.last_mut() {
            Some(last) if last.regime == regime => last.to = at(pair[1]),
            _ => segments.push(Segment { from: at(pair[0]), to: at(pair[1]), regime }),
        }
    }
    if segments.iter().all(|s| s.regime == Regime::Free) {
        solution.notes.push("no bound of the slope is active: this is the worst activation, f' = (B - A) p".to_owned());
    }
    solution.segments = segments;
    Ok(())
}

/// A point between two, which may be infinite.
fn between(from: f64, to: f64) -> f64 {
    match (from.is_finite(), to.is_finite()) {
        (true, true) => 0.5 * (from + to),
        (true, false) => from + 1.0 + from.abs(),
        (false, true) => to - 1.0 - to.abs(),
        (false, false) => 0.0,
    }
}

/// The shape on the whole line: constant before a and after b.
fn formula(solution: &ShapeSolution) -> Expr {
    let problem = &solution.problem;
    let exact = |b: &crate::solve::worst::Boundary| b.exact.clone().unwrap_or_else(|| Expr::float(b.value));
    let (low, high) = (exact(&problem.ends.range.0), exact(&problem.ends.range.1));
    let mut parts: Vec<(Bound, Expr)> = vec![];
    if problem.interval.0.value.is_finite() {
        parts.push((Bound { value: problem.interval.0.value, exact: problem.interval.0.exact.clone() }, low.clone()));
    }
    let distribution = Distribution::of(problem.ends.inside());
    let mut start = low;
    for (i, segment) in solution.segments.iter().enumerate() {
        let last = i + 1 == solution.segments.len();
        let end = if last { high.clone() } else { risen(solution, &distribution, segment, &start) };
        // The last stretch is hung up at its end, so that f(b) = B to rounding.
        let form = match segment.regime {
            Regime::Free => distribution.stretch(segment, &start, solution.threshold),
            _ if last && i > 0 => line(&slope(problem, segment.regime), &segment.to, &high),
            _ => line(&slope(problem, segment.regime), &segment.from, &start),
        };
        parts.push((segment.to.clone(), form));
        start = end;
    }
    if problem.interval.1.value.is_finite() {
        parts.push((Bound { value: f64::INFINITY, exact: None }, high));
    }
    selected(&parts)
}

fn slope(problem: &ShapeProblem, regime: Regime) -> Expr {
    let bound = if regime == Regime::Least { &problem.slopes.0 } else { &problem.slopes.1 };
    bound.exact.clone().unwrap_or_else(|| Expr::float(bound.value))
}

/// The value at the end of a stretch: exact where everything in it is rational, its double otherwise.
fn risen(solution: &ShapeSolution, distribution: &Distribution, segment: &Segment, start: &Expr) -> Expr {
    let problem = &solution.problem;
    if segment.regime == Regime::Free {
        let mass = distribution.mass(segment.from.value, segment.to.value);
        return Expr::float(number(start) + mass / solution.threshold);
    }
    let rate = slope(problem, segment.regime);
    if let (Some(from), Some(to)) = (&segment.from.exact, &segment.to.exact) {
        let exact = start.clone() + rate.clone() * (to.clone() - from.clone());
        if exact.as_num().is_some() && exact.to_string().len() < 24 {
            return exact;
        }
    }
    Expr::float(number(start) + number(&rate) * (segment.to.value - segment.from.value))
}

/// The line of a slope through a point: `c + s*x` where that is short, `v + s*(x - u)` otherwise.
fn line(slope: &Expr, at: &Bound, value: &Expr) -> Expr {
    let u = at.exact.clone().unwrap_or_else(|| Expr::float(at.value));
    let offset = value.clone() - slope.clone() * u.clone();
    if offset.as_num().is_some() && offset.to_string().len() < 24 {
        return offset + slope.clone() * Expr::x();
    }
    value.clone() + slope.clone() * (Expr::x() - u)
}

/// The distribution function of the input, from which free stretches are made.
struct Distribution {
    input: Input,
    form: Expr,
    /// The form's own values, where it is an interpolation and stretches would not meet otherwise.
    interpolation: Option<Tape>,
}

impl Distribution {
    fn of(input: &Input) -> Distribution {
        let input = input.clone();
        match input.cdf() {
            Some(form) => Distribution { input, form, interpolation: None },
            None => {
                let form = interpolated(&input);
                Distribution { interpolation: Tape::new(&form).ok(), form, input }
            }
        }
    }

    fn at(&self, x: f64) -> f64 {
        match &self.interpolation {
            Some(tape) if x.is_finite() => tape.eval(x),
            _ => self.input.cdf_at(x),
        }
    }

    fn mass(&self, from: f64, to: f64) -> f64 {
        if self.interpolation.is_some() { self.at(to) - self.at(from) } else { mass(&self.input, from, to) }
    }

    /// start + (F(x) - F(from))/lambda
    fn stretch(&self, segment: &Segment, start: &Expr, lambda: f64) -> Expr {
        let below = self.at(segment.from.value);
        let rate = Expr::float(1.0 / lambda);
        let offset = match below == 0.0 {
            true => start.clone(),
            false => Expr::float(number(start) - below / lambda),
        };
        offset + rate * self.form.clone()
    }
}

/// A switch as text.
pub(super) fn cut(at: &Bound) -> String {
    at.exact.as_ref().map_or_else(|| Expr::float(at.value).to_string(), Expr::to_string)
}
