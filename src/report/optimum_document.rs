//! The sections of a document that tell of an optimisation.

use super::candidate::Candidate;
use super::document::{Block, Maths, Phrase, Span, maths, measured, number, words};
use super::number::Number;
use super::optimum::{FlowAccount, Optimization, ShapeAccount};

/// The title of an optimisation.
pub(super) fn title(c: &Candidate, optimum: &Optimization) -> Phrase {
    let mut phrase = if optimum.shape.is_some() {
        words(&format!("The free shape of {} under ", optimum.objective.name))
    } else {
        let mut phrase = words(if optimum.flow.is_some() { "The entropy flow of " } else { "The best parameters of " });
        phrase.extend(maths(&c.activation.text, &c.activation.latex));
        phrase.extend(words(" under "));
        phrase
    };
    phrase.extend(maths(&c.input.text, &c.input.latex));
    phrase
}

/// What was found.
pub(super) fn optimum(c: &Candidate, out: &mut Vec<Block>) {
    let Some(o) = &c.optimum else { return };
    out.push(Block::Heading("Optimum"));
    let mut rows = vec![];
    if let Some(outcome) = &o.outcome {
        rows.push(("outcome".to_owned(), words(outcome)));
    }
    rows.extend(o.parameters.iter().map(|(name, v)| (name.clone(), vec![number(*v, 10)])));
    let mut value = vec![number(o.objective.value, 12)];
    if let Some(start) = o.objective.start {
        value.extend(words(" (at the start "));
        value.push(number(start, 12));
        value.extend(words(")"));
    }
    rows.push((o.objective.name.clone(), value));
    for d in &o.constraints {
        let verdict = if d.holds { "holds, found " } else { "does not hold, found " };
        let mut phrase = words(verdict);
        phrase.push(number(d.value, 8));
        rows.push((format!("constraint {}", d.text), phrase));
    }
    let gradient = o.gradient.as_ref().map_or(String::new(), |g| format!(", gradients by {g}"));
    rows.push(("solver".to_owned(), words(&format!("{}{gradient}", o.solver))));
    let starts = if o.starts.is_empty() { String::new() } else { format!(", {} starts", o.starts.len()) };
    let work = format!("{} iterations, {} evaluations{starts}", o.iterations, o.evaluations);
    rows.push(("work".to_owned(), words(&work)));
    out.push(Block::Rows(rows));
    found(c, out);
    if let Some(shape) = &o.shape {
        self::shape(shape, out);
    }
    if let Some(flow) = &o.flow {
        self::flow(flow, out);
    }
    curve(o, out);
}

/// The activation that was found.
fn found(c: &Candidate, out: &mut Vec<Block>) {
    if let Some(f) = &c.improved {
        out.push(Block::Heading("Activation at the optimum"));
        out.push(Block::Formula(Maths::new(&f.text, &f.latex)));
    }
}

fn shape(shape: &ShapeAccount, out: &mut Vec<Block>) {
    if shape.segments.is_empty() {
        return;
    }
    out.push(Block::Heading("Stretches"));
    let end = |at: Number, text: &Option<String>| match text {
        Some(text) => words(text),
        None => vec![number(at, 17)],
    };
    let row =
        |s: &super::optimum::SegmentAccount| vec![end(s.from, &s.from_text), end(s.to, &s.to_text), words(&s.slope)];
    let header = vec!["from", "to", "slope"];
    out.push(Block::Table { header, rows: shape.segments.iter().map(row).collect() });
    let mut rows = vec![(
        "L0, L1".to_owned(),
        vec![number(shape.slopes[0], 12), Span::Words(", ".into()), number(shape.slopes[1], 12)],
    )];
    if shape.threshold.0.is_finite() {
        rows.push(("threshold".to_owned(), vec![number(shape.threshold, 12)]));
    }
    out.push(Block::Rows(rows));
    let Some(n) = &shape.numeric else { return };
    out.push(Block::Heading("Numeric solution"));
    let mut restarts = match n.restarts {
        0 => "none: the problem is concave".to_owned(),
        _ => format!("{} of {} random vertices ended at the same value", n.agreeing, n.restarts),
    };
    if let Some(next) = n.next_best {
        restarts.push_str(&format!(", the best of the others at {next}"));
    }
    out.push(Block::Rows(vec![
        ("solver".to_owned(), words(&n.solver)),
        ("cells".to_owned(), words(&n.cells.to_string())),
        ("iterations".to_owned(), words(&n.iterations.to_string())),
        ("KKT residual".to_owned(), vec![number(n.kkt_residual, 2)]),
        ("restarts".to_owned(), words(&restarts)),
    ]));
    let row = |r: &super::optimum::ShapeRefinement| {
        let order = r.order.map_or(words(""), |o| vec![number(o, 3)]);
        vec![words(&r.cells.to_string()), vec![number(r.max_abs_deviation, 3)], vec![number(r.gap, 3)], order]
    };
    let header = vec!["cells", "from the closed form", "gap in nats", "observed order"];
    out.push(Block::Table { header, rows: n.convergence.iter().map(row).collect() });
}

fn flow(flow: &FlowAccount, out: &mut Vec<Block>) {
    if flow.steps.is_empty() {
        return;
    }
    out.push(Block::Heading("Steps"));
    let row = |s: &super::optimum::FlowStepAccount| {
        let mut row = vec![words(&s.step.to_string())];
        row.push(vec![measured(s.entropy, s.error)]);
        row.extend([s.length, s.slope, s.variance, s.least_slope, s.greatest_slope].map(|v| vec![number(v, 6)]));
        row
    };
    let header = vec!["step", "entropy", "length", "dH/dt", "variance", "least f'", "greatest f'"];
    out.push(Block::Table { header, rows: flow.steps.iter().map(row).collect() });
    out.push(Block::Rows(vec![("length of the metric".to_owned(), vec![number(flow.smoothing, 6)])]));
    let Some(r) = &flow.rational else { return };
    out.push(Block::Heading("Rational form"));
    out.push(Block::Formula(Maths::new(&r.text, &r.latex)));
    let mut error = vec![number(r.error, 3)];
    error.extend(words(" at x = "));
    error.push(number(r.at, 4));
    let mut rows = vec![("greatest deviation from the spline".to_owned(), error)];
    if let Some(h) = &r.entropy {
        rows.push(("entropy".to_owned(), vec![measured(h.value, h.error)]));
    }
    out.push(Block::Rows(rows));
}

fn curve(o: &Optimization, out: &mut Vec<Block>) {
    if o.curve.is_empty() {
        return;
    }
    out.push(Block::Heading("Sensitivity"));
    let row = |p: &super::optimum::CurvePoint| {
        let holds = if p.feasible { "hold" } else { "do not hold" };
        vec![vec![number(p.parameter, 6)], vec![number(p.objective, 8)], words(holds)]
    };
    let header = vec!["parameter", "objective", "constraints"];
    out.push(Block::Table { header, rows: o.curve.iter().step_by(4).map(row).collect() });
}
