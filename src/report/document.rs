//! A candidate as a document: headings, formulas, tables, in one order for every rendering. The writers of plain text,
//! Markdown and LaTeX only say how each block looks.

use super::candidate::{Candidate, OutputEntropy, Piece, Sign};
use super::number::Number;
use super::optimum_document;

/// A formula in both spellings.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Maths {
    pub text: String,
    pub latex: String,
}

impl Maths {
    pub fn new(text: impl Into<String>, latex: impl Into<String>) -> Self {
        Maths { text: text.into(), latex: latex.into() }
    }
}

/// A stretch of a sentence. Backquotes in words mark code.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Span {
    Words(String),
    Maths(Maths),
}

/// A sentence or the cell of a table.
pub(super) type Phrase = Vec<Span>;

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Title(Phrase),
    Heading(&'static str),
    Formula(Maths),
    Paragraph(Phrase),
    /// Labels and values.
    Rows(Vec<(String, Phrase)>),
    /// A numbered step: rule, formula, how it was checked.
    Step {
        number: usize,
        rule: String,
        formula: Maths,
        checked: String,
    },
    Table {
        header: Vec<&'static str>,
        rows: Vec<Vec<Phrase>>,
    },
    List(Vec<Phrase>),
}

/// How a document looks in one format.
pub(super) trait Writer {
    fn block(&mut self, block: &Block);
}

/// The document of one candidate.
pub(super) fn document(c: &Candidate) -> Vec<Block> {
    let mut blocks = vec![Block::Title(title(c))];
    for section in [
        problem,
        derivation,
        answer,
        sobolev,
        worst,
        optimum_document::optimum,
        entropy,
        monotone,
        local,
        tails,
        checks,
        remarks,
    ] {
        section(c, &mut blocks);
    }
    blocks
}

/// One line per candidate.
pub(super) fn summary(candidates: &[Candidate]) -> Block {
    let header = vec!["name", "input", "correction", "improved activation", "dH per unit", "lowers H", "checks"];
    let rows = candidates.iter().map(summary_row).collect();
    Block::Table { header, rows }
}

fn summary_row(c: &Candidate) -> Vec<Phrase> {
    let formula = |text: Option<&str>, latex: Option<&str>| match (text, latex) {
        (Some(t), Some(_)) if t.len() > LONGEST => words("a spline"),
        (Some(t), Some(_)) if t.len() > WIDEST => words("a long formula; see --json"),
        (Some(t), Some(l)) => maths(t, l),
        _ => words("none"),
    };
    let slope = c.entropy_slope.as_ref();
    let sign = slope.map_or(words(""), |s| match s.lowers_entropy {
        Sign::Negative => maths(&format!("{} < 0", s.per), &format!("{} < 0", symbol(&s.per))),
        Sign::Positive => maths(&format!("{} > 0", s.per), &format!("{} > 0", symbol(&s.per))),
        Sign::Both => words("either sign"),
        Sign::Neither => words("neither"),
        Sign::Unknown => words("unknown"),
    });
    let passed = c.checks.iter().filter(|k| k.pass).count();
    vec![
        words(&c.name),
        maths(&c.input.text, &c.input.latex),
        formula(c.correction.as_ref().map(|f| &*f.text), c.correction.as_ref().map(|f| &*f.latex)),
        match c.boundary.is_some() {
            true => maths(&c.activation.text, &c.activation.latex),
            false => formula(c.improved.as_ref().map(|f| &*f.text), c.improved.as_ref().map(|f| &*f.latex)),
        },
        slope.map_or(words(""), |s| if s.value.0.is_nan() { words("undefined") } else { vec![number(s.value, 6)] }),
        sign,
        words(&format!("{passed}/{}", c.checks.len())),
    ]
}

fn title(c: &Candidate) -> Phrase {
    if let Some(optimum) = &c.optimum {
        return optimum_document::title(c, optimum);
    }
    let (activation, input) = (&c.activation, &c.input);
    if c.worst() && c.input.text.is_empty() {
        let mut phrase = words("The input for which ");
        phrase.extend(maths(&activation.text, &activation.latex));
        phrase.extend(words(" is the worst activation"));
        return phrase;
    }
    if c.worst() {
        let mut phrase = words("The worst activation with boundary conditions under ");
        phrase.extend(maths(&input.text, &input.latex));
        return phrase;
    }
    let mut phrase = words("Entropy-based optimisation of ");
    phrase.extend(maths(&activation.text, &activation.latex));
    phrase.extend(words(" under "));
    phrase.extend(maths(&input.text, &input.latex));
    phrase
}

fn problem(c: &Candidate, out: &mut Vec<Block>) {
    out.push(Block::Heading("Problem"));
    let mut rows = vec![
        ("name".to_owned(), words(&c.name)),
        ("activation".to_owned(), maths(&c.activation.text, &c.activation.latex)),
    ];
    if let Some(source) = &c.activation.source {
        rows.push(("source".into(), words(source)));
    }
    for p in &c.activation.parameters {
        let learnable = if p.learnable { ", learnable" } else { "" };
        rows.push((format!("parameter {}", p.name), vec![number(p.value, 17), Span::Words(learnable.into())]));
    }
    rows.push(("input".into(), maths(&c.input.text, &c.input.latex)));
    if let Some(n) = &c.input.normalised {
        rows.push(("normalised".into(), words(n)));
    }
    if let Some(metric) = &c.metric {
        rows.push(("metric".into(), words(metric)));
    }
    if let Some(length) = c.length {
        rows.push(("length".into(), vec![number(length, 17)]));
    }
    if let Some(order) = c.order {
        rows.push(("order".into(), words(&order.to_string())));
    }
    rows.push(("status".into(), words(&c.status)));
    out.push(Block::Rows(rows));
    pieces(&c.activation.pieces, out);
}

fn derivation(c: &Candidate, out: &mut Vec<Block>) {
    if c.steps.is_empty() {
        return;
    }
    out.push(Block::Heading("Derivation"));
    out.extend(c.steps.iter().enumerate().map(|(i, step)| Block::Step {
        number: i + 1,
        rule: step.rule.clone(),
        formula: Maths::new(&step.text, &step.latex),
        checked: step.checked.clone(),
    }));
}

fn answer(c: &Candidate, out: &mut Vec<Block>) {
    if let Some(f) = &c.correction {
        out.push(Block::Heading("Correction"));
        out.push(formula(&f.text, &f.latex, "correction.text"));
        pieces(&f.pieces, out);
        if f.zero {
            let how = f.proof.as_deref().unwrap_or("shown numerically");
            out.push(Block::Paragraph(words(&format!("Identically zero: {how}."))));
        }
    }
    let Some(f) = c.improved.as_ref().filter(|_| c.optimum.is_none()) else { return };
    out.push(Block::Heading("Improved activation"));
    out.push(formula(&f.text, &f.latex, "improved.text"));
    if let Some(p) = &f.parameter {
        let role = if p.learnable { "a learnable parameter" } else { "a fixed parameter" };
        let mut phrase = maths(&p.name, &symbol(&p.name));
        phrase.extend(words(&format!(" is {role}, ")));
        phrase.push(number(p.value, 17));
        phrase.extend(words(&format!(" at the start; {}.", sign_words(p.lowers_entropy, &p.name))));
        out.push(Block::Paragraph(phrase));
    }
    if f.orders.len() > 1 {
        let rows = f.orders.iter().map(|o| vec![words(&o.n.to_string()), maths(&o.text, &o.latex)]).collect();
        out.push(Block::Table { header: vec!["order", "coefficient"], rows });
    }
    convergence(f, out);
}

/// The expansion against the exact activation.
fn convergence(f: &super::Improved, out: &mut Vec<Block>) {
    let Some(c) = &f.convergence else { return };
    out.push(Block::Heading("Convergence"));
    let name = f.parameter.as_ref().map_or("eps", |p| &p.name);
    let mut phrase = words("against the exact inverse of y + t eta at t = ");
    phrase.push(number(c.t, 6));
    phrase.push(Span::Words(format!(", {name} = ")));
    phrase.push(number(c.parameter, 9));
    phrase.push(Span::Words(format!(", at {} quantiles of the input", c.points.len())));
    out.push(Block::Paragraph(phrase));
    let row =
        |r: &super::Truncation| vec![words(&r.order.to_string()), vec![number(r.error, 2)], vec![number(r.at, 4)]];
    if !c.rows.is_empty() {
        out.push(Block::Table { header: vec!["order", "error", "at x ="], rows: c.rows.iter().map(row).collect() });
    }
    out.extend(c.outcome.iter().map(|o| Block::Paragraph(words(o))));
}

/// A formula; one that no page holds is named by its place in the file.
fn formula(text: &str, latex: &str, place: &str) -> Block {
    if text.len() <= LONGEST {
        return Block::Formula(Maths::new(text, latex));
    }
    let pieces = text.matches("where(").count() + 1;
    Block::Paragraph(words(&format!("{pieces} pieces, written out as `{place}` in the JSON file")))
}

/// Characters of a formula that is printed.
const LONGEST: usize = 4000;
/// Longer formulas would make a table unreadable.
const WIDEST: usize = 120;
/// Pieces of a function that are listed.
const MOST_PIECES: usize = 40;

/// What there is to know about a Sobolev gradient, and the entropy along it.
fn sobolev(c: &Candidate, out: &mut Vec<Block>) {
    let Some(s) = &c.sobolev else { return };
    out.push(Block::Heading("Sobolev gradient"));
    let mut rows = vec![
        ("space".to_owned(), words(&format!("{}, l = {}", s.space, s.length))),
        ("class".to_owned(), words(&s.class)),
        (
            "pieces".to_owned(),
            vec![
                Span::Words(format!("{} polynomials of degree 5 on ", s.pieces)),
                interval(s.from, s.to, None, None),
                Span::Words(", exponentials beyond".to_owned()),
            ],
        ),
        ("greatest value".to_owned(), vec![number(s.greatest, 12)]),
        ("on the mesh halved".to_owned(), vec![number(s.deviation, 2), Span::Words(" of that".to_owned())]),
        ("norm squared".to_owned(), vec![measured(s.norm_squared.value, s.norm_squared.error)]),
    ];
    for at in &s.critical_points {
        rows.push(("critical point".to_owned(), vec![number(*at, 15)]));
    }
    out.push(Block::Rows(rows));
    if s.descent.is_empty() {
        return;
    }
    let row = |d: &super::Descent| {
        vec![vec![number(d.parameter, 6)], vec![measured(d.change.value, d.change.error)], vec![number(d.linear, 9)]]
    };
    let header = vec!["parameter", "H less H at 0, nats", "slope times parameter"];
    out.push(Block::Table { header, rows: s.descent.iter().map(row).collect() });
}

/// The worst activation, its entropy, and the same by numbers.
fn worst(c: &Candidate, out: &mut Vec<Block>) {
    if !c.worst() {
        return;
    }
    if !c.activation.text.is_empty() {
        out.push(Block::Heading("Worst activation"));
        out.push(Block::Formula(Maths::new(&c.activation.text, &c.activation.latex)));
    }
    if let Some(h) = &c.entropy {
        out.push(Block::Rows(vec![("entropy".to_owned(), vec![number(h.value, 12), Span::Words(" nats".to_owned())])]));
    }
    let Some(n) = &c.numeric else { return };
    out.push(Block::Heading("Numeric solution"));
    let count = |n: u64| words(&n.to_string());
    out.push(Block::Rows(vec![
        ("status".to_owned(), words(&n.status)),
        ("solver".to_owned(), words(&n.solver)),
        (
            "cells".to_owned(),
            match n.convergence.last() {
                Some(asked) if asked.cells != n.cells => words(&format!(
                    "{} of {}: those without mass of their own are joined to their neighbours",
                    n.cells, asked.cells
                )),
                _ => count(n.cells as u64),
            },
        ),
        ("iterations".to_owned(), count(n.iterations)),
        ("gradient".to_owned(), vec![number(n.gradient_norm, 2)]),
        ("KKT residual".to_owned(), vec![number(n.kkt_residual, 2)]),
        ("from the exact discrete solution".to_owned(), vec![number(n.discrete_deviation, 2)]),
        ("from the closed form".to_owned(), vec![number(n.max_abs_deviation, 3)]),
    ]));
    let order = |o: Option<Number>| o.map_or(words(""), |o| vec![number(o, 3)]);
    let row = |r: &super::Refinement| vec![count(r.cells as u64), vec![number(r.max_abs_deviation, 3)], order(r.order)];
    let header = vec!["cells", "deviation", "observed order"];
    out.push(Block::Table { header, rows: n.convergence.iter().map(row).collect() });
}

fn entropy(c: &Candidate, out: &mut Vec<Block>) {
    let mut rows = Vec::new();
    if let Some(s) = &c.entropy_slope {
        let mut slope = vec![measured(s.value, s.error)];
        if !s.branch.is_empty() {
            let share =
                if s.mass.0 < 1.0 { format!(" alone, of mass {}", digits(s.mass, 6).text) } else { String::new() };
            slope.extend(words(&format!(" nats per unit of `{}`, on {}{share}", s.per, s.branch)));
        }
        rows.push((format!("slope at {} = 0", s.per), slope));
        if let Some(rate) = &s.rate {
            let mut phrase = vec![measured(rate.value, rate.error)];
            phrase.extend(words(if s.mass.0 < 1.0 { " nats per unit of t, over the whole input" } else { "" }));
            if let Some(along) = s.along {
                phrase.extend(words(" on the pieces alone; dH/dt = "));
                phrase.push(number(along, 12));
                phrase.extend(words(" with boundary terms and jumps"));
            }
            rows.push(("rate of descent".into(), phrase));
        }
        for b in &s.boundary_terms {
            let mut phrase = if b.value.0.is_nan() { words("not determined") } else { vec![number(b.value, 12)] };
            phrase.extend(words(&format!(" ({})", b.statement)));
            rows.push((format!("boundary at {}", b.at), phrase));
        }
        rows.push(("sign".into(), words(&sign_words(s.lowers_entropy, &s.per))));
        rows.extend(s.outcome.iter().map(|o| ("outcome".to_owned(), words(o))));
    }
    entropy_row("before", c.entropies.before.as_ref(), &mut rows);
    entropy_row("after", c.entropies.after.as_ref(), &mut rows);
    rows.extend(c.entropies.outcome.iter().map(|o| ("before, after".to_owned(), words(o))));
    if !rows.is_empty() {
        out.extend([Block::Heading("Entropy of the output"), Block::Rows(rows)]);
    }
}

fn entropy_row(label: &str, entropy: Option<&OutputEntropy>, rows: &mut Vec<(String, Phrase)>) {
    let Some(h) = entropy else { return };
    let mut phrase = vec![measured(h.value, h.error)];
    phrase.extend(words(" nats"));
    if let Some(kind) = &h.kind {
        phrase.extend(words(&format!(", {kind}")));
    }
    for atom in &h.atoms {
        phrase.extend(words("; mass "));
        phrase.push(number(atom.mass, 6));
        phrase.extend(words(" at "));
        phrase.push(number(atom.at, 6));
    }
    if let Some(outcome) = &h.outcome {
        phrase.extend(words(&format!("; {outcome}")));
    }
    rows.push((label.to_owned(), phrase));
}

fn monotone(c: &Candidate, out: &mut Vec<Block>) {
    let Some(m) = &c.monotone_interval else { return };
    out.push(Block::Heading("Monotone for"));
    let mut rows: Vec<_> = (m.pieces.iter())
        .map(|p| vec![vec![interval(p.from, p.to, None, None)], vec![range(p.lower, p.upper, &m.parameter)]])
        .collect();
    rows.push(vec![words("the whole function"), vec![range(m.lower, m.upper, &m.parameter)]]);
    out.push(Block::Table { header: vec!["x in", "parameter"], rows });
    out.extend(m.outcome.iter().map(|o| Block::Paragraph(words(o))));
}

/// Kinks and singular points.
fn local(c: &Candidate, out: &mut Vec<Block>) {
    if !c.kinks.is_empty() {
        out.push(Block::Heading("Kinks"));
        let header = vec!["x", "slope left", "slope right", "point mass", "jump of the correction"];
        let row = |k: &super::Kink| {
            let jump = k.correction_jump.map_or(words(""), |j| vec![number(j, 6)]);
            let numbers = [k.left_slope, k.right_slope, k.point_mass].map(|n| vec![number(n, 6)]);
            [vec![point(k.at, k.text.as_deref())]].into_iter().chain(numbers).chain([jump]).collect()
        };
        out.push(Block::Table { header, rows: c.kinks.iter().map(row).collect() });
        let outcomes = c.kinks.iter().filter_map(|k| k.outcome.as_ref().map(|o| words(&format!("x = {}: {o}", k.at))));
        list(outcomes.collect(), out);
    }
    if !c.singular_points.is_empty() {
        out.push(Block::Heading("Singular points"));
        let row = |p: &super::SingularPoint| {
            let residue = p.residue.map_or(words(""), |r| vec![number(r, 12)]);
            vec![vec![point(p.at, p.text.as_deref())], words(&p.kind), residue, words(&p.description)]
        };
        let rows = c.singular_points.iter().map(row).collect();
        out.push(Block::Table { header: vec!["x", "kind", "residue", "what happens"], rows });
    }
}

fn tails(c: &Candidate, out: &mut Vec<Block>) {
    if c.tails.is_empty() {
        return;
    }
    out.push(Block::Heading("Tails"));
    let row = |t: &super::Tail| {
        let sentence = t.outcome.iter().fold(t.statement.clone(), |s, o| format!("{s}; {o}"));
        (format!("x -> {}", t.end), words(&sentence))
    };
    out.push(Block::Rows(c.tails.iter().map(row).collect()));
}

fn checks(c: &Candidate, out: &mut Vec<Block>) {
    if c.checks.is_empty() {
        return;
    }
    out.push(Block::Heading("Checks"));
    let row = |k: &super::Check| {
        let at = k.at.map_or(words(""), |at| vec![number(at, 4)]);
        let verdict = if k.pass { "pass" } else { "FAIL" };
        vec![words(verdict), words(&k.what), words(&k.how), vec![number(k.number, 2)], at, vec![number(k.tolerance, 2)]]
    };
    let header = vec!["", "what", "how", "found", "at x =", "tolerance"];
    out.push(Block::Table { header, rows: c.checks.iter().map(row).collect() });
}

fn remarks(c: &Candidate, out: &mut Vec<Block>) {
    for (heading, lines) in [("Warnings", &c.warnings), ("Notes", &c.notes)] {
        if !lines.is_empty() {
            out.push(Block::Heading(heading));
            list(lines.iter().map(|line| words(line)).collect(), out);
        }
    }
}

fn list(items: Vec<Phrase>, out: &mut Vec<Block>) {
    if !items.is_empty() {
        out.push(Block::List(items));
    }
}

/// The pieces of a piecewise function; one piece is the formula itself.
pub(super) fn pieces(pieces: &[Piece], out: &mut Vec<Block>) {
    if pieces.len() < 2 || pieces.len() > MOST_PIECES {
        return;
    }
    let row = |p: &Piece| {
        vec![vec![interval(p.from, p.to, p.from_text.as_deref(), p.to_text.as_deref())], maths(&p.text, &p.latex)]
    };
    out.push(Block::Table { header: vec!["x in", "form"], rows: pieces.iter().map(row).collect() });
}

/// What the sign of a parameter does, in words.
fn sign_words(sign: Sign, parameter: &str) -> String {
    match sign {
        Sign::Negative => format!("`{parameter}` < 0 lowers the entropy"),
        Sign::Positive => format!("`{parameter}` > 0 lowers the entropy"),
        Sign::Both => format!("either sign of `{parameter}` lowers the entropy"),
        Sign::Neither => format!("to first order `{parameter}` does not change the entropy"),
        Sign::Unknown => format!("the entropy has no slope at `{parameter}` = 0 that would tell a sign"),
    }
}

pub(super) fn words(text: &str) -> Phrase {
    vec![Span::Words(text.to_owned())]
}

pub(super) fn maths(text: &str, latex: &str) -> Phrase {
    vec![Span::Maths(Maths::new(text, latex))]
}

/// A value with the bound on its error.
pub(super) fn measured(value: Number, error: Number) -> Span {
    if value.0.is_nan() {
        return Span::Words("undefined".to_owned());
    }
    if value.0.is_infinite() {
        return number(value, 12);
    }
    Span::Maths(beside(digits(value, 12), digits(error, 1)))
}

pub(super) fn number(value: Number, significant: usize) -> Span {
    Span::Maths(digits(value, significant))
}

fn point(at: Number, text: Option<&str>) -> Span {
    let Maths { text: shown, latex } = digits(at, 12);
    match text {
        Some(exact) if exact != shown => Span::Maths(Maths::new(format!("{exact} = {shown}"), latex)),
        _ => Span::Maths(Maths::new(shown, latex)),
    }
}

fn interval(from: Number, to: Number, from_text: Option<&str>, to_text: Option<&str>) -> Span {
    let (a, b) = (digits(from, 9), digits(to, 9));
    let open = if from.0.is_finite() { "[" } else { "(" };
    let close = if to.0.is_finite() { "]" } else { ")" };
    Span::Maths(Maths::new(
        format!("{open}{}, {}{close}", from_text.unwrap_or(&a.text), to_text.unwrap_or(&b.text)),
        format!("{open}{},\\, {}{close}", a.latex, b.latex),
    ))
}

/// `lower <= parameter <= upper`; one value where they are equal.
fn range(lower: Number, upper: Number, parameter: &str) -> Span {
    let (a, b, p) = (digits(lower, 9), digits(upper, 9), symbol(parameter));
    Span::Maths(match (lower.0, upper.0) {
        (l, u) if l.is_nan() || u.is_nan() || l > u => Maths::new("none", "\\text{none}"),
        (l, u) if l == u => Maths::new(format!("{parameter} = {}", a.text), format!("{p} = {}", a.latex)),
        (f64::NEG_INFINITY, f64::INFINITY) => Maths::new(format!("every {parameter}"), format!("\\text{{every }} {p}")),
        (f64::NEG_INFINITY, _) => Maths::new(format!("{parameter} <= {}", b.text), format!("{p} \\le {}", b.latex)),
        (_, f64::INFINITY) => Maths::new(format!("{parameter} >= {}", a.text), format!("{p} \\ge {}", a.latex)),
        _ => Maths::new(
            format!("{} <= {parameter} <= {}", a.text, b.text),
            format!("{} \\le {p} \\le {}", a.latex, b.latex),
        ),
    })
}

/// A parameter's name in LaTeX.
fn symbol(name: &str) -> String {
    match name {
        "eps" => "\\varepsilon".into(),
        "alpha" | "beta" | "gamma" | "delta" | "lambda" | "mu" | "sigma" | "tau" | "theta" | "kappa" | "omega"
        | "eta" => {
            format!("\\{name}")
        }
        _ if name.chars().count() == 1 => name.into(),
        _ => format!("\\mathit{{{}}}", name.replace('_', "\\_")),
    }
}

/// A value to at most so many significant digits, and no more than its error supports; with the error where they are fewer.
pub(super) fn supported(Number(value): Number, Number(error): Number, most: i32) -> Maths {
    let decade = |v: f64| v.abs().log10().floor() as i32;
    let told = value.abs() > error || !value.is_finite();
    let value = if told { value } else { 0.0 };
    let last = if told { decade(value) - (most - 1) } else { -most };
    if !value.is_finite() || error <= 0.5 * 10f64.powi(last) {
        return digits(Number(value), most as usize);
    }
    let decimals = if told { (decade(value) - decade(error)).min(most - 1) as usize } else { 0 };
    let shown = format!("{value:.decimals$e}").parse().unwrap_or(value);
    // The error of what is shown, rounded up.
    let error = error + (value - shown).abs();
    let unit = 10f64.powi(decade(error));
    beside(digits(Number(shown), decimals + 1), digits(Number((error / unit).ceil() * unit), 1))
}

/// v +- e
fn beside(v: Maths, e: Maths) -> Maths {
    Maths::new(format!("{} \u{b1} {}", v.text, e.text), format!("{} \\pm {}", v.latex, e.latex))
}

/// A number for people: so many significant digits, no trailing zeros, powers of ten outside 1e-4 .. 1e6.
pub(super) fn digits(Number(value): Number, significant: usize) -> Maths {
    let value = value + 0.0; // 0 of -0
    if !value.is_finite() {
        let latex = match value {
            f64::INFINITY => "\\infty",
            f64::NEG_INFINITY => "-\\infty",
            _ => "\\text{undefined}",
        };
        return Maths::new(Number(value).to_string(), latex);
    }
    let scientific = format!("{value:.*e}", significant.saturating_sub(1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-4..6).contains(&exponent) {
        let decimals = (significant as i32 - 1 - exponent).max(0) as usize;
        let plain = shortest(&format!("{value:.decimals$}"), value);
        return Maths::new(plain.clone(), plain);
    }
    let mantissa = shortest(mantissa, f64::NAN);
    Maths::new(format!("{mantissa}e{exponent}"), format!("{mantissa} \\times 10^{{{exponent}}}"))
}

/// Decimal digits without trailing zeros, and the shortest that read back the same double where those are fewer.
fn shortest(decimal: &str, value: f64) -> String {
    let trimmed = if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal };
    let exact = value.to_string();
    if value.is_finite() && exact.len() < trimmed.len() { exact } else { trimmed.to_owned() }
}
