//! The parser of the closed-form language: text to [`Expr`], with byte spans so that every error points at its cause.
//!
//! Precedence, loosest first: `+ -`, unary minus, `* /`, `^` (right associative). Numbers are exact rationals.

use super::{Cmp, Expr, MAX_DEPTH, Node, Op};
use crate::error::{Error, Result, nearest};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use std::ops::Range;

/// The longest text that is read, in bytes.
pub(crate) const LONGEST: usize = 1 << 20;
/// The deepest nesting of brackets.
const DEEPEST: u32 = 256;
/// The largest decimal exponent of a literal: more than any double needs.
pub(super) const EXPONENT: i64 = 400;
/// The longest literal, and the largest numerator and denominator of a folded one, in digits and in bits.
const DIGITS: usize = 1000;
const BITS: u64 = 8192;

/// The parts of a text between separators outside brackets.
pub(crate) fn spans(text: &str, separator: char) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0i64);
    for (i, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ if c == separator && depth <= 0 => {
                parts.push(start..i);
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(start..text.len());
    parts
}

/// A span without the white space at its ends.
pub(crate) fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let part = &text[span.clone()];
    let start = span.start + (part.len() - part.trim_start().len());
    start..start.max(span.start + part.trim_end().len())
}

impl Expr {
    /// Reads one expression.
    ///
    /// # Errors
    /// [`Error::Syntax`] with the offending span.
    pub fn parse(text: &str) -> Result<Expr> {
        parse_within(text, 0..text.len())
    }

    /// The rational value of a tree of literals and arithmetic.
    pub(crate) fn fold_rational(&self) -> Option<BigRational> {
        match self.node() {
            Node::Num(n) => Some(n.clone()),
            Node::Call(op, args) => {
                let values = args.iter().map(Expr::fold_rational).collect::<Option<Vec<_>>>()?;
                match (op, values.as_slice()) {
                    (Op::Add, [a, b]) => Some(a + b),
                    (Op::Sub, [a, b]) => Some(a - b),
                    (Op::Mul, [a, b]) => Some(a * b),
                    (Op::Div, [a, b]) if *b.numer() != BigInt::ZERO => Some(a / b),
                    (Op::Pow, [a, n]) if n.is_integer() && (*a.numer() != BigInt::ZERO || n.is_positive()) => {
                        let n = n.to_integer().to_i32().filter(|n| n.unsigned_abs() <= EXPONENT as u32)?;
                        Some(num_traits::pow::Pow::pow(a, n))
                    }
                    (Op::Neg, [a]) => Some(-a),
                    _ => None,
                }
                .filter(|value| !is_long(value))
            }
            _ => None,
        }
    }
}

/// Whether a rational has more digits than arithmetic should be asked to carry along.
fn is_long(n: &BigRational) -> bool {
    n.numer().bits().max(n.denom().bits()) > BITS
}

/// Reads the expression in a part of a text; errors point into the whole text.
pub(crate) fn parse_within(text: &str, at: Range<usize>) -> Result<Expr> {
    if at.len() > LONGEST {
        return Err(Error::Unsupported(format!("the text has {} bytes; at most {LONGEST} are read", at.len())));
    }
    let mut parser = Parser { text, end: at.end, at: at.start, brackets: 0 };
    parser.space();
    if parser.at >= parser.end {
        return Err(Error::syntax(text, at.start..at.end, "an expression is missing here"));
    }
    let tree = parser.sum()?;
    match parser.peek() {
        None => Ok(tree.0),
        Some(_) => Err(parser.unexpected()),
    }
}

/// A tree with its depth.
type Tree = (Expr, u32);

struct Parser<'a> {
    text: &'a str,
    end: usize,
    at: usize,
    brackets: u32,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..self.end]
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        self.space();
        self.rest().chars().next()
    }

    /// Takes a symbol if it comes next.
    fn take(&mut self, symbol: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    fn error<T>(&self, at: Range<usize>, message: impl Into<String>) -> Result<T> {
        Err(Error::syntax(self.text, at, message))
    }

    /// What stands where an operator or the end should.
    fn unexpected(&mut self) -> Error {
        let Some(c) = self.peek() else {
            return Error::syntax(self.text, self.end..self.end, "the expression ends too early");
        };
        let at = self.at..self.at + c.len_utf8();
        let message = match c {
            ')' => "this bracket closes nothing".into(),
            ',' => "a comma only separates the arguments of a function".into(),
            '=' => "`=` only gives a parameter its value, after a semicolon: `...; eps=0.01`".into(),
            '(' | 'a'..='z' | 'A'..='Z' | '_' | '0'..='9' | '.' => {
                "an operator is missing here; write a product as 2*x".into()
            }
            _ if c.is_alphabetic() => format!("unexpected `{c}`; names have ASCII letters, digits and underscores"),
            _ if c.is_control() => format!("unexpected character U+{:04X}", u32::from(c)),
            _ => format!("unexpected `{c}`"),
        };
        Error::syntax(self.text, at, message)
    }

    /// One operator applied; refuses trees that are too deep for the recursions that follow.
    fn apply(&self, op: Op, args: Vec<Tree>, from: usize) -> Result<Tree> {
        // n-ary operators count as the chain of binary ones that they stand for.
        let levels = u32::try_from(args.len()).unwrap_or(u32::MAX).saturating_sub(1).max(1);
        let levels = if matches!(op, Op::SumN | Op::ProdN | Op::MaxN | Op::MinN) { levels } else { 1 };
        let depth = args.iter().map(|(_, d)| *d).max().unwrap_or(0).saturating_add(levels);
        if depth > MAX_DEPTH {
            let at = from..self.at.max(from + 1);
            return self.error(at, format!("the expression nests deeper than {MAX_DEPTH} operations"));
        }
        let tree = Expr::call(op, args.into_iter().map(|(e, _)| e).collect::<Vec<_>>());
        if tree.as_num().is_some_and(is_long) {
            return self.error(from..self.at.max(from + 1), "this number has too many digits");
        }
        Ok((tree, depth))
    }

    /// sum := term (('+' | '-') term)*
    fn sum(&mut self) -> Result<Tree> {
        let from = self.at;
        let mut left = self.signed()?;
        loop {
            let op = match self.peek() {
                Some('+') => Op::Add,
                Some('-') => Op::Sub,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.signed()?;
            left = self.apply(op, vec![left, right], from)?;
        }
    }

    /// signed := ('-' | '+')* product; the sign is looser than the product, so -x*y is -(x*y).
    fn signed(&mut self) -> Result<Tree> {
        let from = self.at;
        let mut minus = 0;
        loop {
            match self.peek() {
                Some('-') => minus += 1,
                Some('+') => {}
                _ => break,
            }
            self.at += 1;
        }
        let mut tree = self.product()?;
        for _ in 0..minus {
            tree = self.apply(Op::Neg, vec![tree], from)?;
        }
        Ok(tree)
    }

    /// product := power (('*' | '/') factor)*
    fn product(&mut self) -> Result<Tree> {
        let from = self.at;
        let mut left = self.power()?;
        loop {
            let op = match self.peek() {
                Some('*') => Op::Mul,
                Some('/') => Op::Div,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.factor()?;
            left = self.apply(op, vec![left, right], from)?;
        }
    }

    /// factor := '-'* power, the operand of `*`, `/` and `^`.
    fn factor(&mut self) -> Result<Tree> {
        let from = self.at;
        let mut minus = 0;
        while self.peek() == Some('-') {
            self.at += 1;
            minus += 1;
        }
        let mut tree = self.power()?;
        for _ in 0..minus {
            tree = self.apply(Op::Neg, vec![tree], from)?;
        }
        Ok(tree)
    }

    /// power := atom (('^' | '**') factor)?, right associative.
    fn power(&mut self) -> Result<Tree> {
        let from = self.at;
        let mut operands = vec![self.atom()?];
        while self.take("^") || self.take("**") {
            let at = self.at;
            let mut minus = 0;
            while self.peek() == Some('-') {
                self.at += 1;
                minus += 1;
            }
            if minus > 0 {
                // The rest of the tower belongs under the minus.
                let mut tree = self.nested(|p| p.power())?;
                for _ in 0..minus {
                    tree = self.apply(Op::Neg, vec![tree], at)?;
                }
                operands.push(tree);
                break;
            }
            operands.push(self.atom()?);
        }
        let mut tree = match operands.pop() {
            Some(tree) => tree,
            None => return Err(self.unexpected()),
        };
        while let Some(base) = operands.pop() {
            tree = self.apply(Op::Pow, vec![base, tree], from)?;
        }
        Ok(tree)
    }

    /// Goes one bracket deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.brackets == DEEPEST {
            return self.error(self.at..self.at + 1, format!("brackets nest deeper than {DEEPEST}"));
        }
        self.brackets += 1;
        let result = inner(self);
        self.brackets -= 1;
        result
    }

    /// atom := number | name | name '(' arguments ')' | '(' sum ')'
    fn atom(&mut self) -> Result<Tree> {
        match self.peek() {
            Some('(') => {
                let open = self.at;
                self.at += 1;
                let tree = self.nested(|p| p.sum())?;
                self.close(open)?;
                Ok(tree)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.name(),
            Some(')') if self.brackets > 0 => {
                self.error(self.at..self.at + 1, "an expression is missing before this bracket")
            }
            Some('*' | '/' | '^' | ',' | ';') if self.brackets == 0 || self.peek() != Some(',') => {
                self.error(self.at..self.at + 1, "an expression is missing before this")
            }
            Some(',') => self.error(self.at..self.at + 1, "an argument is missing before this comma"),
            _ => Err(self.unexpected()),
        }
    }

    /// The bracket that closes the one at `open`.
    fn close(&mut self, open: usize) -> Result<()> {
        match self.peek() {
            Some(')') => {
                self.at += 1;
                Ok(())
            }
            None => self.error(open..open + 1, "this bracket is never closed"),
            _ => Err(self.unexpected()),
        }
    }

    /// A decimal literal, exactly.
    fn number(&mut self) -> Result<Tree> {
        let from = self.at;
        let digits = |s: &str| s.len() - s.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let whole = digits(self.rest());
        let mut length = whole;
        let mut fraction = 0;
        if self.rest()[length..].starts_with('.') {
            fraction = digits(&self.rest()[length + 1..]);
            length += 1 + fraction;
        }
        if whole + fraction == 0 {
            return self.error(from..from + 1, "a number needs a digit");
        }
        if length > DIGITS {
            return self.error(from..from + length, format!("a number has at most {DIGITS} digits"));
        }
        let mantissa = &self.rest()[..length];
        let mut exponent = 0;
        let tail = &self.rest()[length..];
        if let Some(power) = tail.strip_prefix(['e', 'E']) {
            let sign = usize::from(power.starts_with(['+', '-']));
            let count = digits(&power[sign..]);
            if count > 0 {
                let text = &power[..sign + count];
                length += 1 + text.len();
                exponent = text.parse::<i64>().unwrap_or(i64::MAX);
            }
        }
        if exponent.unsigned_abs() > EXPONENT as u64 {
            return self
                .error(from..from + length, format!("the exponent of a number is at most {EXPONENT} either way"));
        }
        let value = match Expr::decimal(mantissa).node() {
            Node::Num(n) => n * num_traits::pow::Pow::pow(BigRational::from_integer(BigInt::from(10)), exponent as i32),
            _ => return self.error(from..from + length, "not a number"),
        };
        self.at += length;
        if self.rest().starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            return self.error(self.at..self.at + 1, "an operator is missing here; write a product as 2*x");
        }
        Ok((Expr::num(value), 1))
    }

    /// A constant, the variable, a parameter, or a function with its arguments.
    fn name(&mut self) -> Result<Tree> {
        let from = self.at;
        let rest = self.rest();
        let name = &rest[..rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len()];
        self.at += name.len();
        let at = from..self.at;
        let called = self.peek() == Some('(');
        if called {
            return match name {
                "where" => self.choice(at),
                "x" | "pi" | "e" => self.error(
                    self.at..self.at + 1,
                    format!("an operator is missing here; write a product as {name}*(...)"),
                ),
                _ => self.function(name, at),
            };
        }
        match name {
            "x" => Ok((Expr::x(), 1)),
            "pi" => Ok((Expr::pi(), 1)),
            "e" => Ok((Expr::e(), 1)),
            "inf" | "nan" | "infinity" | "NaN" | "Infinity" => {
                self.error(at, format!("`{name}` is not a number here; expressions have finite numbers only"))
            }
            "where" => self.error(at, "where is a function; write where(x < 0, a, b)"),
            _ if Op::from_name(name).is_some() => self.error(at, format!("{name} is a function; write {name}(x)")),
            _ => Ok((Expr::param(name), 1)),
        }
    }

    /// A function of the operator table.
    fn function(&mut self, name: &str, at: Range<usize>) -> Result<Tree> {
        let Some(op) = Op::from_name(name) else {
            let known = Op::ALL.iter().flat_map(|op| std::iter::once(op.name()).chain(op.aliases().iter().copied()));
            let hint = nearest(name, known).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            return self.error(at, format!("unknown function `{name}`{hint}"));
        };
        let open = self.at;
        self.at += 1;
        let mut args = vec![];
        self.nested(|p| {
            args.push(p.sum()?);
            while p.take(",") {
                args.push(p.sum()?);
            }
            Ok(())
        })?;
        self.close(open)?;
        let op = match op {
            Op::Max if args.len() > 2 => Op::MaxN,
            Op::Min if args.len() > 2 => Op::MinN,
            _ => op,
        };
        let (least, most) = op.arity();
        if args.len() < least || args.len() > most {
            let takes = if least == most { format!("{least}") } else { format!("{least} to {most}") };
            return self.error(at.start..self.at, format!("{name} takes {takes} argument(s), {} given", args.len()));
        }
        if op == Op::Gamma && args.iter().any(|(e, _)| e.has_x() || !e.parameters().is_empty()) {
            return self.error(at.start..self.at, "gamma takes a constant, not x or a parameter");
        }
        self.apply(op, args, at.start)
    }

    /// where(a < b, then, else)
    fn choice(&mut self, at: Range<usize>) -> Result<Tree> {
        let open = self.at;
        self.at += 1;
        let (mut args, mut cmp) = (vec![], Cmp::Lt);
        self.nested(|p| {
            args.push(p.sum()?);
            p.space();
            cmp = match () {
                () if p.take("<=") => Cmp::Le,
                () if p.take(">=") => Cmp::Ge,
                () if p.take("<") => Cmp::Lt,
                () if p.take(">") => Cmp::Gt,
                () if p.take("==") => {
                    return p.error(p.at - 2..p.at, "`==` is no comparison here; write one of < <= > >=");
                }
                () => return p.error(p.at..p.at + 1, "a comparison is missing; write where(x < 0, a, b)"),
            };
            args.push(p.sum()?);
            while p.take(",") {
                args.push(p.sum()?);
            }
            Ok(())
        })?;
        self.close(open)?;
        match args.len() {
            4 => self.apply(Op::Where(cmp), args, at.start),
            n => self.error(at.start..self.at, format!("where takes a comparison and 2 values, {} given", n - 2)),
        }
    }
}
