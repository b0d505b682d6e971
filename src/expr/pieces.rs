//! An expression cut at its kinks and jumps into smooth forms.

use super::zeros::zeros;
use super::{Cmp, Expr, Node, Op, Tape};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// The most pieces an expression may have.
const MAX_PIECES: usize = 4096;

/// The most operations of an expression with its named activations written out.
const LARGEST: u64 = 100_000;

/// Steps from which a tree may be too deep for the stack at hand, and the stack that one step may take.
const DEEP: usize = 200;
const FRAME: usize = 1 << 14;

/// An end of a piece: its value, infinite at the ends of the line, and its closed form where one is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The value, maybe infinite.
    pub value: f64,
    /// The closed form.
    pub exact: Option<Expr>,
}

impl Bound {
    /// A bound at this number.
    pub fn at(value: f64) -> Bound {
        Bound { value, exact: value.is_finite().then(|| Expr::float(value)) }
    }
}

/// A smooth form and where it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The left end.
    pub from: Bound,
    /// The right end.
    pub to: Bound,
    /// The form, without abs, sign, max, min, where and named activations.
    pub form: Expr,
}

/// The smooth forms of an expression on [from, to]: ordered, adjacent, covering the interval, neighbours different.
/// Kinks at roots of affine and quadratic functions, and of what reduces to them, have closed forms.
///
/// # Errors
/// [`Error::Unsupported`] for infinitely many kinks or more than 4096; [`Error::ParameterWithoutValue`].
pub fn pieces(e: &Expr, from: f64, to: f64) -> Result<Vec<Piece>> {
    if e.lowered_size() > LARGEST {
        return Err(Error::Unsupported(format!("the expression has more than {LARGEST} operations when written out")));
    }
    let size = Tape::new(e)?.steps.len();
    if from.partial_cmp(&to) != Some(std::cmp::Ordering::Less) {
        return Err(Error::Unsupported(format!("the interval from {from} to {to} is empty")));
    }
    let cut = || Cutter::default().cut(e, &Bound::at(from), &Bound::at(to));
    if size < DEEP {
        return cut();
    }
    // A tree may be as deep as it has steps: recurse on a stack of that size.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(size.min(1 << 16) * FRAME).spawn_scoped(scope, cut);
        let result = thread.ok().and_then(|t| t.join().ok());
        result.unwrap_or_else(|| Err(Error::Unsupported("the expression is nested too deeply".to_owned())))
    })
}

/// The expression whose smooth forms these are: where(x < a, first, where(x < b, second, ...)). Bounds without a closed
/// form enter as the shortest decimals of their values.
pub fn piecewise(pieces: &[Piece]) -> Expr {
    let Some((last, before)) = pieces.split_last() else { return Expr::int(0) };
    before.iter().rev().fold(last.form.clone(), |rest, piece| {
        let end = piece.to.exact.clone().unwrap_or_else(|| Expr::float(piece.to.value));
        Expr::call(Op::Where(Cmp::Lt), [Expr::x(), end, piece.form.clone(), rest])
    })
}

/// A node by address, and an interval by the bits of its ends.
type Key = (*const Node, u64, u64);

/// Cuts expressions, remembering those already cut; each is kept so that its address stays its own.
#[derive(Default)]
struct Cutter {
    known: HashMap<Key, (Expr, Vec<Piece>)>,
}

impl Cutter {
    fn cut(&mut self, e: &Expr, from: &Bound, to: &Bound) -> Result<Vec<Piece>> {
        let Node::Call(op, args) = e.node() else { return Ok(vec![whole(e.clone(), from, to)]) };
        let key = (Arc::as_ptr(&e.0), from.value.to_bits(), to.value.to_bits());
        if let Some((_, pieces)) = self.known.get(&key) {
            return Ok(pieces.clone());
        }
        let pieces = match op.definition(args) {
            Some(definition) => self.cut(&definition, from, to)?,
            None => merged(self.call(e, *op, args, from, to)?),
        };
        if pieces.len() > MAX_PIECES {
            return Err(Error::Unsupported(format!(
                "more than {MAX_PIECES} kinks between {} and {}",
                from.value, to.value
            )));
        }
        self.known.insert(key, (e.clone(), pieces.clone()));
        Ok(pieces)
    }

    fn call(&mut self, e: &Expr, op: Op, args: &[Expr], from: &Bound, to: &Bound) -> Result<Vec<Piece>> {
        // Only the chosen branch of `where` is looked at on each part, so the first two arguments come first.
        let deciding = if let Op::Where(_) = op { &args[..args.len().min(2)] } else { args };
        let cuts = deciding.iter().map(|a| self.cut(a, from, to)).collect::<Result<Vec<_>>>()?;
        let mut pieces = Vec::new();
        for (from, to) in cells(&cuts, from, to) {
            let forms: Vec<Expr> = cuts.iter().map(|cut| form_at(cut, &from, &to)).collect();
            match kink(op, &forms) {
                None if forms == args => pieces.push(whole(e.clone(), &from, &to)),
                None => pieces.push(whole(rebuilt(op, forms), &from, &to)),
                Some(difference) => {
                    for (from, to) in split(&difference, &from, &to)? {
                        match (decide(op, &forms, &from, &to)?, args) {
                            (Choice::Form(form), _) => pieces.push(whole(form, &from, &to)),
                            (Choice::Then, [_, _, then, _]) => pieces.extend(self.cut(then, &from, &to)?),
                            (Choice::Else, [_, _, _, other]) => pieces.extend(self.cut(other, &from, &to)?),
                            (Choice::Then | Choice::Else, _) => {}
                        }
                    }
                }
            }
            if pieces.len() > 4 * MAX_PIECES {
                break;
            }
        }
        Ok(pieces)
    }
}

fn whole(form: Expr, from: &Bound, to: &Bound) -> Piece {
    Piece { from: from.clone(), to: to.clone(), form }
}

/// The intervals between all inner bounds of these cuts.
fn cells(cuts: &[Vec<Piece>], from: &Bound, to: &Bound) -> Vec<(Bound, Bound)> {
    let inner = cuts.iter().flat_map(|cut| cut.iter().skip(1).map(|p| p.from.clone())).collect();
    between(inner, from, to)
}

/// The intervals into which these points cut [from, to]. Of points a few roundings apart, one with a closed form stays.
fn between(mut points: Vec<Bound>, from: &Bound, to: &Bound) -> Vec<(Bound, Bound)> {
    points.retain(|p| {
        !same(p.value, from.value) && !same(p.value, to.value) && from.value < p.value && p.value < to.value
    });
    points.sort_by(|a, b| a.value.total_cmp(&b.value));
    points.dedup_by(|next, kept| {
        let close = same(next.value, kept.value);
        if close && kept.exact.is_none() && next.exact.is_some() {
            std::mem::swap(next, kept);
        }
        close
    });
    let mut intervals = Vec::with_capacity(points.len() + 1);
    let mut left = from.clone();
    for point in points {
        intervals.push((std::mem::replace(&mut left, point.clone()), point));
    }
    intervals.push((left, to.clone()));
    intervals
}

/// Whether two bounds differ by no more than their rounding.
fn same(a: f64, b: f64) -> bool {
    a == b || a.is_finite() && b.is_finite() && (a - b).abs() <= 8.0 * f64::EPSILON * a.abs().max(b.abs())
}

/// The form that holds on a cell that no bound of the cut divides.
fn form_at(cut: &[Piece], from: &Bound, to: &Bound) -> Expr {
    let x = inside(from.value, to.value, 0.5);
    let piece = cut.iter().find(|p| x < p.to.value).or(cut.last());
    piece.map_or_else(|| Expr::int(0), |p| p.form.clone())
}

/// A point between two bounds, at this fraction of the way.
fn inside(from: f64, to: f64, t: f64) -> f64 {
    let away = t / (1.0 - t);
    match (from.is_finite(), to.is_finite()) {
        (true, true) => from + t * (to - from),
        (true, false) => from + away * from.abs().max(1.0),
        (false, true) => to - away * to.abs().max(1.0),
        (false, false) => (2.0 * t - 1.0) / (t * (1.0 - t)),
    }
}

/// The function whose sign decides the form of a kinked operator; `None` for the smooth ones.
fn kink(op: Op, args: &[Expr]) -> Option<Expr> {
    match (op, args) {
        (Op::Abs | Op::Sign | Op::BesselI0e | Op::BesselI1e, [a]) => Some(a.clone()),
        (Op::Max | Op::Min | Op::Where(_), [a, b, ..]) => Some(a.clone() - b.clone()),
        _ => None,
    }
}

/// The parts of a cell on which the deciding difference has one sign.
fn split(difference: &Expr, from: &Bound, to: &Bound) -> Result<Vec<(Bound, Bound)>> {
    let points = zeros(difference, from.value, to.value)?;
    if points.len() > MAX_PIECES {
        return Err(Error::Unsupported(format!(
            "more than {MAX_PIECES} kinks between {} and {}",
            from.value, to.value
        )));
    }
    Ok(between(points, from, to))
}

/// What a kinked operator is on a part.
enum Choice {
    Form(Expr),
    Then,
    Else,
}

/// What a kinked operator is on a part where its deciding difference has one sign.
fn decide(op: Op, args: &[Expr], from: &Bound, to: &Bound) -> Result<Choice> {
    let (a, b) = match args {
        [a] => (a.clone(), Expr::int(0)),
        [a, b, ..] => (a.clone(), b.clone()),
        [] => (Expr::int(0), Expr::int(0)),
    };
    let (left, right) = sample(&a, &b, from, to)?;
    let negative = left < 0.0;
    let minus = || negated(&a);
    Ok(Choice::Form(match op {
        Op::Abs if negative => minus(),
        Op::Abs => a,
        Op::Sign => Expr::int(i64::from(left > 0.0) - i64::from(negative)),
        Op::BesselI0e if negative => minus().apply(op),
        Op::BesselI1e if negative => -minus().apply(op),
        Op::Max if right > left || right.is_nan() => b,
        Op::Min if right < left || right.is_nan() => b,
        Op::Max | Op::Min => a,
        Op::Where(cmp) => return Ok(if cmp.holds(left, right) { Choice::Then } else { Choice::Else }),
        _ => a.apply(op),
    }))
}

/// The values of both at a point of a part where they differ and are numbers, if one of several is such.
fn sample(a: &Expr, b: &Expr, from: &Bound, to: &Bound) -> Result<(f64, f64)> {
    let (a, b) = (Tape::new(a)?, Tape::new(b)?);
    let values = |t| {
        let x = inside(from.value, to.value, t);
        (a.eval(x), b.eval(x))
    };
    let tries = [0.4871, 0.2132, 0.7719, 0.0513, 0.9402, 0.001, 0.999];
    let apart = |(l, r): &(f64, f64)| l != r && !l.is_nan() && !r.is_nan();
    Ok(tries.iter().map(|t| values(*t)).find(apart).unwrap_or_else(|| values(0.4871)))
}

/// -a, with a difference turned round.
fn negated(a: &Expr) -> Expr {
    match (a.node(), a.args()) {
        (Node::Call(Op::Sub, _), [p, q]) => q.clone() - p.clone(),
        _ => -a.clone(),
    }
}

/// An operator on arguments of which some have lost their kinks, trivial cases removed.
fn rebuilt(op: Op, args: Vec<Expr>) -> Expr {
    match (op, args.as_slice()) {
        (Op::Add, [a, b]) => a.clone() + b.clone(),
        (Op::Sub, [a, b]) => a.clone() - b.clone(),
        (Op::Mul, [a, b]) => a.clone() * b.clone(),
        (Op::Div, [a, b]) if !b.is_zero() => a.clone() / b.clone(),
        (Op::Neg, [a]) => negated(a),
        (Op::Exp | Op::Cos | Op::Cosh, [a]) if a.is_zero() => Expr::int(1),
        (
            Op::Expm1
            | Op::Log1p
            | Op::Sqrt
            | Op::Sin
            | Op::Tan
            | Op::Sinh
            | Op::Tanh
            | Op::Asin
            | Op::Atan
            | Op::Asinh
            | Op::Atanh
            | Op::Erf,
            [a],
        ) if a.is_zero() => Expr::int(0),
        (Op::Pow, [a, n]) if a.is_zero() && n.as_num().is_some_and(num_traits::Signed::is_positive) => Expr::int(0),
        (Op::Pow, [a, n]) if a.is_one() && n.as_num().is_some() => Expr::int(1),
        _ => Expr::call(op, args),
    }
}

/// Neighbours of equal form made one.
fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match out.last_mut() {
            Some(last) if last.form == piece.form => last.to = piece.to,
            _ => out.push(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    fn cut(text: &str) -> Vec<Piece> {
        pieces(&Expr::parse(text).expect("parses"), -INF, INF).expect("cuts")
    }

    /// The pieces of an expression on the line, written `form | bound | form ...`; numeric bounds are marked.
    fn shown(text: &str) -> String {
        let mut out = String::new();
        for piece in cut(text) {
            if piece.from.value.is_finite() {
                match &piece.from.exact {
                    Some(e) => out += &format!(" | {e} | "),
                    None => out += &format!(" | ~{:.12} | ", piece.from.value),
                }
            }
            out += &piece.form.to_string();
        }
        out
    }

    #[test]
    fn forms_and_bounds() {
        let mut wrong = Vec::new();
        for (text, want) in [
            ("relu(x)", "0 | 0 | x"),
            ("max(0,x) + x*exp(-x^2/2)/100", "x*exp(-x^2/2)/100 | 0 | x + x*exp(-x^2/2)/100"),
            ("leaky_relu(x)", "0.01*x | 0 | x"),
            ("elu(x)", "expm1(x) | 0 | x"),
            ("hard_swish(x)", "0 | -3 | x*(x/6 + 0.5) | 3 | x"),
            ("softsign(x)", "x/(1 - x) | 0 | x/(1 + x)"),
            ("abs(x - 2)", "2 - x | 2 | x - 2"),
            ("abs(x^2 - 2)", "x^2 - 2 | -sqrt(8)/2 | 2 - x^2 | sqrt(8)/2 | x^2 - 2"),
            ("abs(x^2)", "x^2"),
            ("max(x, 2*x - 1)", "x | 1 | 2*x - 1"),
            ("max(0, tanh(x - 1/3))", "0 | 1/3 | tanh(x - 1/3)"),
            ("sign(x)", "-1 | 0 | 1"),
            ("abs(abs(x) - 1)", "-x - 1 | -1 | 1 + x | 0 | 1 - x | 1 | x - 1"),
            ("where(x < 1, 1, relu(x - 2))", "1 | 1 | 0 | 2 | x - 2"),
            ("where(abs(x) < 1, abs(sin(x)), 0)", "0 | -1 | -sin(x) | 0 | sin(x) | 1 | 0"),
            ("bessel_i1e(x)", "-bessel_i1e(-x) | 0 | bessel_i1e(x)"),
            ("max(1, exp(x))", "1 | 0 | exp(x)"),
            ("max(2, exp(-x))", "exp(-x) | -log(2) | 2"),
            ("gelu(x)", "x*Phi(x)"),
            ("where(x < 0, x, x)", "x"),
            ("min(max(x,-pi),pi)", "-pi | -pi | x | pi | pi"),
        ] {
            if shown(text) != want {
                wrong.push(format!("{text}: {}", shown(text)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn pieces_are_the_expression() {
        for text in [
            "relu(x) - relu(-x^3 + x - 1)",
            "max(sin(x), where(abs(x) < 30, cos(x), sin(x) + 1))",
            "elish(x) + hard_tanh(x)*abs(log(x^2 + 1) - 1)",
            "max_n(x, x^2, exp(x) - 3, 1/2)",
            "abs(x*exp(-x) - 1/5)",
            "where(1/x > 0, x, -x)",
            "selu(celu(x - 1)) + abs(gelu(x) + 1/10)",
            "abs(x^2 - 10^-4)*min(x, tan(x/100))*0 + mish(relu(x))",
        ] {
            let e = Expr::parse(text).expect("parses");
            let all = pieces(&e, -50.0, 50.0).expect("cuts");
            let (whole, chain) = (Tape::new(&e).expect("compiles"), Tape::new(&piecewise(&all)).expect("compiles"));
            assert!((all[0].from.value, all[all.len() - 1].to.value) == (-50.0, 50.0), "{text}");
            assert!(all.windows(2).all(|w| w[0].to == w[1].from && w[0].form != w[1].form), "{text}");
            for piece in &all {
                let kinked = |op: &Op| matches!(op, Op::Abs | Op::Sign | Op::Max | Op::Min | Op::Where(_));
                piece.form.visit(&mut |e| {
                    assert!(
                        !matches!(e.node(), Node::Call(op, a) if kinked(op) || op.definition(a).is_some()),
                        "{text}"
                    );
                });
                let form = Tape::new(&piece.form).expect("compiles");
                for t in [0.01, 0.3, 0.5, 0.8, 0.99] {
                    let x = inside(piece.from.value, piece.to.value, t);
                    for (got, want) in [(form.eval(x), whole.eval(x)), (chain.eval(x), whole.eval(x))] {
                        assert!((got - want).abs() <= 1e-12 * want.abs().max(1e-3), "{text} at {x}: {got} {want}");
                    }
                }
            }
        }
    }

    #[test]
    fn deep_trees() {
        // mish names its argument twice, so that written out this has 2^depth operations.
        for (op, refused) in [(Op::Tanh, false), (Op::Mish, true), (Op::Relu, false), (Op::HardTanh, false)] {
            let mut e = Expr::x();
            for _ in 0..crate::expr::MAX_DEPTH {
                e = e.apply(op);
            }
            let found = pieces(&e, -INF, INF).map(|p| p.len());
            match found {
                Ok(n) => assert!(!refused && n <= 3, "{op:?}: {n}"),
                Err(e) => assert!(refused && matches!(e, Error::Unsupported(_)), "{op:?}: {e}"),
            }
        }
    }

    #[test]
    fn infinitely_many_kinks_are_refused() {
        for text in ["abs(sin(x))", "max(0, x*cos(x))", "relu(tan(x) - x)", "abs(sin(x)*exp(-x^2))"] {
            let refused = pieces(&Expr::parse(text).expect("parses"), -INF, INF);
            assert!(matches!(refused, Err(Error::Unsupported(_))), "{text}: {:?}", refused.map(|p| p.len()));
        }
        assert_eq!(pieces(&Expr::parse("abs(sin(x))").expect("parses"), -10.0, 10.0).map(|p| p.len()), Ok(8));
        assert_eq!(cut("max(0, x + sin(x)/2)").len(), 2);
        assert!(pieces(&Expr::parse("abs(sin(1000*x))").expect("parses"), -10.0, 10.0).is_err());
        assert!(pieces(&Expr::param("a").apply(Op::Abs), -1.0, 1.0).is_err());
    }
}
