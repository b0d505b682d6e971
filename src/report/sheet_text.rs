//! How a property sheet reads: blocks for the text, one row of a table for LaTeX.

use super::document::{Block, Phrase, digits, maths, words};
use super::number::Number;
use super::sheet::{Sheet, bend, limit_word, parity, stability, trend, turning};
use crate::numeric::Estimate;
use crate::properties::{
    Bounds, Class, Criticality, Defect, End, Extremum, Join, Limit, MeanField, Place, Root, Run, VariancePoint,
};

/// Digits of numbers for people.
const SHOWN: usize = 10;

fn shown(x: f64) -> String {
    digits(Number(x), SHOWN).text
}

fn interval(from: f64, to: f64, [left, right]: [bool; 2]) -> String {
    let bracket = |end: f64, belongs: bool, pair: [char; 2]| pair[usize::from(!(belongs && end.is_finite()))];
    format!("{}{}, {}{}", bracket(from, left, ['[', '(']), shown(from), shown(to), bracket(to, right, [']', ')']))
}

/// A slope, or what is known of it.
fn slope(x: f64) -> String {
    if x.is_nan() { "not determined".to_owned() } else { shown(x) }
}

/// A bound with where it is reached.
pub(super) fn extremum(e: &Extremum) -> String {
    let place = match e.place {
        Place::At(x) => format!("at x = {}", shown(x)),
        Place::On(a, b, _) if a.is_infinite() && b.is_infinite() => "everywhere".to_owned(),
        Place::On(a, b, closed) => format!("on {}", interval(a, b, closed)),
        Place::Toward(x) if e.value.is_infinite() => format!("as x -> {}", shown(x)),
        Place::Toward(x) => format!("approached as x -> {}", shown(x)),
        Place::Jump(x) => format!("discontinuity at x = {}", shown(x)),
    };
    if e.error.is_infinite() {
        return match e.place {
            Place::Toward(x) if x.is_infinite() => format!("not determined, {} at 1e16", shown(e.value)),
            _ => format!("not determined, {} found {place}", shown(e.value)),
        };
    }
    let error = if e.error > 1e-10 * e.value.abs().max(1.0) {
        format!(" +- {}", digits(Number(e.error), 1).text)
    } else {
        String::new()
    };
    format!("{}{error}, {place}", shown(e.value))
}

/// The whole sheet.
pub(super) fn blocks(sheet: &Sheet) -> Vec<Block> {
    let mut title = words("Property sheet of ");
    title.extend(maths(&sheet.activation.to_string(), &sheet.activation.latex()));
    let p = &sheet.properties;
    let mut blocks = vec![
        Block::Title(title),
        Block::Heading("Shape"),
        Block::Rows(rows(shape(sheet))),
        Block::Heading("Slopes"),
        Block::Rows(rows(slopes(sheet))),
        Block::Heading("Far out"),
        Block::Rows(rows(vec![
            ("x -> -inf", vec![end(p.ends[0].as_ref())]),
            ("x -> inf", vec![end(p.ends[1].as_ref())]),
        ])),
        Block::Heading("Points"),
        Block::Rows(rows(points(sheet))),
    ];
    if p.moments.is_some() {
        blocks.extend([Block::Heading("Moments"), Block::Rows(rows(moments(sheet)))]);
    }
    if let Some(m) = &p.mean_field {
        blocks.push(Block::Heading("Mean field"));
        blocks.push(Block::Paragraph(words(
            "V(q) = sw2 E f(sqrt(q) z)^2 + sb2, chi = sw2 E f'(sqrt(q) z)^2, z standard normal",
        )));
        blocks.push(Block::Rows(rows(mean_field(m, sheet))));
    }
    if !p.notes.is_empty() {
        blocks.push(Block::Heading("Notes"));
        blocks.push(Block::List(p.notes.iter().map(|n| words(n)).collect()));
    }
    blocks
}

type Lines = Vec<(&'static str, Vec<String>)>;

/// Values shown under one label; JSON has them all.
const LINES: usize = 8;

/// Labels with one line for each of their values; "none" where there are none.
fn rows(lines: Lines) -> Vec<(String, Phrase)> {
    let row = |(label, values): (&str, Vec<String>)| -> Vec<(String, Phrase)> {
        let mut values = if values.is_empty() { vec!["none".to_owned()] } else { values };
        if values.len() > LINES {
            let more = format!("... {} more, see --json", values.len() - LINES);
            values.truncate(LINES);
            values.push(more);
        }
        let label = |i: usize| if i == 0 { label.to_owned() } else { String::new() };
        values.iter().enumerate().map(|(i, v)| (label(i), words(v))).collect()
    };
    lines.into_iter().flat_map(row).collect()
}

fn shape(sheet: &Sheet) -> Lines {
    let p = &sheet.properties;
    let runs = |runs: &[Run], kind: fn(&Run) -> &'static str| {
        runs.iter().map(|r| format!("{} from {} to {}", kind(r), shown(r.from), shown(r.to))).collect()
    };
    let domain: Vec<String> =
        p.domain.iter().zip(&p.closed).map(|((a, b), closed)| interval(*a, *b, *closed)).collect();
    vec![
        ("domain", vec![listed(&domain)]),
        ("class", vec![p.class.to_string()]),
        ("not smooth", p.joins.iter().map(join).collect()),
        ("parity", vec![parity(p.parity).to_owned()]),
        ("bounded", vec![bounded(&p.range).to_owned()]),
        ("infimum", vec![extremum(&p.range.low)]),
        ("supremum", vec![extremum(&p.range.high)]),
        ("monotone", runs(&p.monotone, trend)),
        ("convexity", runs(&p.convexity, bend)),
    ]
}

/// Intervals in one line, as many as a table has lines.
fn listed(intervals: &[String]) -> String {
    let more = intervals.len().saturating_sub(LINES);
    let first = intervals[..intervals.len() - more].join(" and ");
    if more == 0 { first } else { format!("{first} and {more} more, see --json") }
}

fn bounded(range: &Bounds) -> &'static str {
    if [range.low, range.high].iter().any(|e| e.error.is_infinite()) {
        return "not determined";
    }
    match (range.low.value.is_finite(), range.high.value.is_finite()) {
        (true, true) => "yes",
        (true, false) => "below",
        (false, true) => "above",
        (false, false) => "no",
    }
}

fn join(j: &Join) -> String {
    let at = shown(j.at);
    let what = match j.defect {
        Defect::Pole if j.sides.iter().any(|side| !side.is_infinite()) => "unbounded on one side".to_owned(),
        Defect::Pole => "pole".to_owned(),
        Defect::Jump => "jump".to_owned(),
        Defect::Hole => return format!("removable singularity at x = {at}: limit {}", shown(j.sides[0])),
        Defect::NoLimit => "no limit found".to_owned(),
        Defect::End(n) => {
            let limit =
                j.sides.iter().find(|side| !side.is_nan()).map_or("no limit found".to_owned(), |side| shown(*side));
            return format!("end of the domain at x = {at}: {} {limit}", derivative(n));
        }
        Defect::Derivative(n) if j.sides.iter().any(|side| side.is_nan()) => {
            format!("no limit found of derivative {n}")
        }
        Defect::Derivative(1) if j.sides.iter().all(|side| side.is_infinite()) => "infinite slope".to_owned(),
        Defect::Derivative(1) => "kink".to_owned(),
        Defect::Derivative(n) => format!("jump of derivative {n}"),
    };
    let of = if let Defect::Derivative(1) = j.defect { "slopes " } else { "" };
    format!("{what} at x = {at}: {of}{} and {}", slope(j.sides[0]), slope(j.sides[1]))
}

fn derivative(order: usize) -> String {
    if order == 1 { "slope".to_owned() } else { format!("derivative {order}") }
}

fn slopes(sheet: &Sheet) -> Lines {
    let p = &sheet.properties;
    vec![
        ("inf f'", vec![extremum(&p.slope.low)]),
        ("sup f'", vec![extremum(&p.slope.high)]),
        ("Lipschitz, f", vec![extremum(&p.lipschitz)]),
        ("Lipschitz, f'", vec![extremum(&p.lipschitz_slope)]),
    ]
}

fn end(end: Option<&End>) -> String {
    let Some(End { limit, asymptote }) = end else { return "outside the domain".to_owned() };
    let line = asymptote.map(|a| {
        let (m, b) = (a.slope.value, a.intercept.value);
        let line = match m {
            0.0 => return format!("asymptote y = {}", shown(b)),
            1.0 => "x".to_owned(),
            -1.0 => "-x".to_owned(),
            m => format!("{}*x", shown(m)),
        };
        let sign = if b < 0.0 { '-' } else { '+' };
        if b == 0.0 {
            format!("asymptote y = {line}")
        } else {
            format!("asymptote y = {line} {sign} {}", shown(b.abs()))
        }
    });
    let limit = match limit {
        Limit::Value(e) => format!("f -> {}", value(Some(*e))),
        Limit::Infinite(sign) => format!("f -> {}", shown(sign * f64::INFINITY)),
        other => format!("f {}", limit_word(other).unwrap_or_default()),
    };
    format!("{limit}, {}", line.unwrap_or_else(|| "no asymptote".to_owned()))
}

fn place(r: &Root) -> String {
    if r.from == r.to {
        format!("x = {}", shown(r.from))
    } else {
        format!("all of {}", interval(r.from, r.to, r.closed))
    }
}

fn points(sheet: &Sheet) -> Lines {
    let p = &sheet.properties;
    let stationary = p.stationary.iter().map(|s| {
        let kink = if s.kink { " (kink)" } else { "" };
        format!("{}{kink} at x = {}, f = {}", turning(s.turning), shown(s.at), shown(s.value))
    });
    let sloping = |r: &Root| format!("{}, f' = {}", place(r), slope(r.slope));
    vec![
        ("stationary", stationary.collect()),
        ("inflections", p.inflections.iter().map(|x| format!("x = {}", shown(*x))).collect()),
        ("f(x) = 0", p.zeros.iter().map(sloping).collect()),
        ("f(x) = x", p.fixed_points.iter().map(|r| format!("{}, {}", sloping(r), stability(r.slope))).collect()),
    ]
}

/// A number, with its error where that is above 1e-10.
fn value(e: Option<Estimate>) -> String {
    match e {
        None => "does not exist, or no finite value was found".to_owned(),
        Some(e) if e.value.is_finite() && e.error > 1e-10 * e.value.abs().max(1.0) => {
            format!("{} +- {}", shown(e.value), digits(Number(e.error), 1).text)
        }
        Some(e) if e.value.abs() <= e.error => shown(0.0),
        Some(e) => shown(e.value),
    }
}

fn moments(sheet: &Sheet) -> Lines {
    let p = &sheet.properties;
    let Some(m) = &p.moments else { return Vec::new() };
    let mut lines = vec![
        ("input", vec![sheet.input.text()]),
        ("E f", vec![value(m.mean)]),
        ("E f^2", vec![value(m.square)]),
        ("Var f", vec![value(m.variance)]),
        ("E f'", vec![value(m.slope)]),
        ("E f'^2", vec![value(m.slope_square)]),
        ("E f f''", vec![value(m.value_curvature)]),
    ];
    if let Some(d) = p.dead_zone {
        lines.push(("P(f' = 0)", vec![shown(d.flat)]));
        lines.push(("P(|f'| < 0.001)", vec![shown(d.nearly_flat)]));
    }
    lines
}

fn fixed(p: &VariancePoint) -> String {
    format!("q* = {}, chi = {}", shown(p.variance), shown(p.chi))
}

fn mean_field(m: &MeanField, sheet: &Sheet) -> Lines {
    let edge = match &m.edge_of_chaos {
        Criticality::Everywhere(weights) => vec![format!("sw2 = {}, at every q", shown(*weights))],
        Criticality::At(points) => {
            points.iter().map(|p| format!("sw2 = {} at q* = {}", shown(p.weights), shown(p.variance))).collect()
        }
    };
    let kept = match m.edge_of_chaos {
        Criticality::Everywhere(_) => vec!["every q".to_owned()],
        Criticality::At(_) => m.fixed_points.iter().map(fixed).collect(),
    };
    let mut lines = vec![
        ("V(1) = 1, sb2 = 0", vec![format!("sw2 = {}, chi = {}", shown(m.forward), shown(m.chi))]),
        ("its fixed points", kept),
        ("chi = 1 at q = 1", vec![format!("sw2 = {}", shown(m.backward))]),
        ("edge of chaos, sb2 = 0", edge),
    ];
    if let Some((weights, biases, points)) = &sheet.initialisation {
        lines.push(("chosen", vec![format!("sw2 = {}, sb2 = {}", shown(*weights), shown(*biases))]));
        lines.push(("its fixed points", points.iter().map(fixed).collect()));
    }
    lines
}

/// One row for each activation.
pub(super) fn latex(sheets: &[Sheet]) -> String {
    let mut page =
        String::from("% Needs \\usepackage{amsmath,amssymb,booktabs}.\n\\begin{tabular}{lllllllll}\n\\toprule\n");
    page.push_str(
        "$f(x)$ & class & range & $\\sup|f'|$ & $\\sup|f''|$ & $\\mathbb{E}f$ & $\\mathbb{E}f^2$ & $\\mathbb{E}f'^2$ & \
         $\\mathbb{P}(f'=0)$ \\\\\n\\midrule\n",
    );
    for sheet in sheets {
        page.push_str(&format!("{} \\\\\n", row(sheet).join(" & ")));
    }
    page.push_str("\\bottomrule\n\\end{tabular}\n");
    page
}

fn row(sheet: &Sheet) -> Vec<String> {
    let p = &sheet.properties;
    let number = |x: f64| format!("${}$", digits(Number(x), 6).latex);
    let moment = |e: Option<Estimate>| match e {
        Some(e) => number(if e.value.abs() <= e.error { 0.0 } else { e.value }),
        None => "--".to_owned(),
    };
    let m = p.moments.as_ref();
    vec![
        format!("${}$", sheet.activation.latex()),
        match p.class {
            Class::Discontinuous => "--".to_owned(),
            Class::Finite(n) => format!("$C^{{{n}}}$"),
            Class::Smooth => "$C^\\infty$".to_owned(),
        },
        range(&p.range),
        number(p.lipschitz.value),
        number(p.lipschitz_slope.value),
        moment(m.and_then(|m| m.mean)),
        moment(m.and_then(|m| m.square)),
        moment(m.and_then(|m| m.slope_square)),
        p.dead_zone.map_or_else(|| "--".to_owned(), |d| number(d.flat)),
    ]
}

fn range(range: &Bounds) -> String {
    let bracket = |e: &Extremum, attained: char, open: char| match e.place {
        Place::At(_) | Place::On(..) => attained,
        Place::Toward(_) | Place::Jump(_) => open,
    };
    let value = |e: &Extremum| digits(Number(e.value), 6).latex;
    let (low, high) = (&range.low, &range.high);
    format!("${}{}, {}{}$", bracket(low, '[', '('), value(low), value(high), bracket(high, ']', ')'))
}
