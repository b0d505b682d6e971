//! An activation laid out for the targets: its program, its parameters, and what the comment at the top of a file says.

use super::Source;
use super::accuracy::{Accuracy, RANGE};
use super::interpret::{Precision, run};
use super::language::{identifier, identifiers};
use super::mend::{SIDES, mended};
use super::primitive::Primitive;
use super::program::{Instruction, Program, Register};
use crate::error::{Error, Result};
use crate::expr::{Expr, Tape, constant};

/// A parameter of the functions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    /// As an identifier of every target.
    pub name: String,
    /// The value to start from.
    pub value: f64,
    /// Whether training changes it.
    pub learnable: bool,
    /// Whether it stays positive.
    pub positive: bool,
}

impl Parameter {
    /// What training learns: the parameter itself, or the inverse softplus of one that stays positive.
    pub fn raw(&self) -> f64 {
        // log(e^v - 1) = v + log(1 - e^-v), which keeps its digits at both ends.
        if self.positive { self.value + (-(-self.value).exp_m1()).ln() } else { self.value }
    }

    /// Whether what training learns is not the parameter itself.
    pub fn reparametrised(&self) -> bool {
        self.positive && self.learnable
    }

    /// The name of what training learns.
    pub fn stored(&self) -> String {
        if self.reparametrised() { format!("raw_{}", self.name) } else { self.name.clone() }
    }
}

/// An activation laid out.
pub(super) struct Unit {
    /// The name of the function.
    pub name: String,
    /// In alphabetical order.
    pub parameters: Vec<Parameter>,
    pub program: Program,
    pub value: Register,
    /// The derivative with respect to x, and those with respect to the parameters.
    pub slopes: Vec<Register>,
    pub formula: String,
    provenance: String,
    /// The program before infinities were seen to, for targets that lay it out again.
    pub plain: (Program, Register),
    /// The parameters by their names in the formula.
    pub values: Vec<(String, f64)>,
    accuracy: Accuracy,
    /// What goes wrong at infinite arguments, if something does, and in which precision.
    remarks: Vec<(Precision, String)>,
}

impl Unit {
    pub fn new(source: &Source) -> Result<Unit> {
        let formula = &source.formula;
        // Says which parameter has no value.
        let bound = formula.bound()?;
        let names = formula.expr.parameters();
        if let Some(unknown) = source.frozen.iter().chain(&source.positive).find(|n| !names.contains(n.as_str())) {
            if names.is_empty() {
                let text = formula.text();
                return Err(Error::Unsupported(format!(
                    "there is no parameter `{unknown}`: `{text}` has no parameters"
                )));
            }
            return Err(Error::unknown("parameter", unknown, names.iter().map(|n| &**n)));
        }
        if let Some(both) = source.frozen.iter().find(|n| source.positive.contains(n)) {
            let what = format!(
                "the parameter `{both}` is to be frozen and positive: one that is not learned needs no constraint"
            );
            return Err(Error::Unsupported(what));
        }
        let function = identifier(&source.name);
        let identifiers = identifiers(&function, names.iter().map(|n| &**n));
        let mut program = Program::default();
        let value = program.value(&formula.expr)?;
        let mut roots = vec![value, program.derivative(value, &Instruction::X)];
        let (mut parameters, mut values) = (Vec::new(), Vec::new());
        for (name, identifier) in names.iter().zip(identifiers) {
            let number = formula.parameters.get(name).cloned().map(Expr::num);
            let number = number.ok_or_else(|| Error::ParameterWithoutValue { name: name.to_string() })?;
            parameters.push(parameter(source, name, identifier, constant(&number)?)?);
            values.push((name.to_string(), constant(&number)?));
            roots.push(program.derivative(value, &Instruction::Parameter(name.to_string())));
        }
        let tape = Tape::new(&bound)?;
        let (laid_out, roots, remarks) = with_limits(&program, &roots, &values, &tape);
        let accuracy = Accuracy::of(&laid_out, roots[0], roots[1], formula, &values)?;
        Ok(Unit {
            name: function,
            parameters,
            value: roots[0],
            slopes: roots[1..].to_vec(),
            program: laid_out,
            plain: (program, value),
            values,
            formula: formula.text(),
            provenance: source.provenance.clone(),
            accuracy,
            remarks,
        })
    }

    /// The comment at the top of a file.
    pub fn header(&self, comment: &str, precision: Precision) -> String {
        let mut lines = vec![
            format!("{}: f(x) = {}", self.name, self.formula),
            one_line(&self.provenance),
            format!("Written by eafo {}. Use, change and share it freely (MIT-0).", env!("CARGO_PKG_VERSION")),
        ];
        lines.extend(self.parameters.iter().map(|p| {
            let kind = match (p.learnable, p.positive) {
                (true, true) => "learnable, kept positive by a softplus",
                (true, false) => "learnable",
                (false, _) => "not learned",
            };
            format!("Parameter {} = {:?}: {kind}.", p.name, p.value)
        }));
        lines.push(match precision {
            Precision::Double => "Computed in double precision.".to_owned(),
            Precision::Single => format!(
                "In float32, each step rounded, against the formula in double precision on [-{RANGE}, {RANGE}]: {}.",
                self.accuracy
            ),
        });
        // What is computed in double precision has only what goes wrong there.
        let here = |p: &Precision| precision == Precision::Single || *p == Precision::Double;
        lines.extend(self.remarks.iter().filter(|(p, _)| here(p)).map(|(_, remark)| remark.clone()));
        lines.iter().map(|line| format!("{}\n", format!("{comment} {line}").trim())).collect()
    }

    /// Whether its limits at infinite arguments come out right.
    pub fn mended(&self) -> bool {
        self.remarks.is_empty()
    }

    /// Whether a branch hangs on a sum with a product in it, which a compiler may compute in one rounding: at the kink itself
    /// the other side may then be taken.
    pub fn branches_on_fused_sums(&self) -> bool {
        let call = |r: Register| match &self.program.instructions[r] {
            Instruction::Call(p, args) => Some((*p, args.as_slice())),
            _ => None,
        };
        let product = |r: &Register| matches!(call(*r), Some((Primitive::Mul | Primitive::Div, _)));
        let fused = |r: &Register| match call(*r) {
            Some((Primitive::Add | Primitive::Sub, args)) => args.iter().any(product),
            _ => false,
        };
        self.program.needed(&self.slopes).into_iter().any(|place| match call(place) {
            Some((Primitive::Where(_), args)) => args[..2].iter().any(fused),
            _ => false,
        })
    }

    /// The identifier of a parameter of the formula.
    pub fn identifier_of(&self, name: &str) -> String {
        let place = self.values.iter().position(|(known, _)| known == name);
        place.and_then(|i| self.parameters.get(i)).map_or_else(|| identifier(name), |p| p.name.clone())
    }

    /// The names of the parameters, each written by `f`, one after the other.
    pub fn each(&self, f: impl Fn(&Parameter) -> String) -> String {
        self.parameters.iter().map(f).collect()
    }
}

fn parameter(source: &Source, name: &str, identifier: String, value: f64) -> Result<Parameter> {
    let positive = source.positive.iter().any(|n| n == name);
    if positive && !(value > 0.0) {
        return Err(Error::OutOfRange {
            owner: "--positive".to_owned(),
            name: name.to_owned(),
            value: value.to_string(),
            expected: "a parameter that stays positive has to start from a value > 0".to_owned(),
        });
    }
    let learnable = !source.frozen.iter().any(|n| n == name);
    Ok(Parameter { name: identifier, value, learnable, positive })
}

/// The program with the limits at infinite arguments, where they come out right; otherwise as it is, and in words.
fn with_limits(
    program: &Program,
    roots: &[Register],
    values: &[(String, f64)],
    tape: &Tape,
) -> (Program, Vec<Register>, Vec<(Precision, String)>) {
    let limits: Vec<[f64; 2]> = vec![SIDES.map(|x| tape.eval(x)), SIDES.map(|x| tape.derivative(x, 1))];
    let (better, places) = mended(program, roots, values);
    if wrong(&better, &places, values, &limits).is_empty() {
        return (better, places, Vec::new());
    }
    let missed = wrong(program, roots, values, &limits);
    let remarks = missed.iter().map(|(precision, what, x, found, limit)| {
        (*precision, format!("At x = {x} the {what} tends to {limit:?}; this code gives {found:?} there."))
    });
    let remarks = remarks.collect();
    (copy(program), roots.to_vec(), remarks)
}

/// Where a program differs from the limits: (precision, what, x, found, limit).
fn wrong(
    program: &Program,
    roots: &[Register],
    values: &[(String, f64)],
    limits: &[[f64; 2]],
) -> Vec<(Precision, &'static str, f64, f64, f64)> {
    let mut wrong: Vec<(Precision, &'static str, f64, f64, f64)> = Vec::new();
    // What is finite in double precision may overflow in single.
    let runs = [Precision::Double, Precision::Single].into_iter().flat_map(|p| [(p, 0), (p, 1)]);
    for (precision, i) in runs {
        let x = SIDES[i];
        let registers = run(program, x, values, precision);
        for ((root, limit), what) in roots.iter().zip(limits).zip(["value", "derivative"]) {
            let (found, limit) = (registers[*root], limit[i]);
            let largest = found.abs() == precision.largest() && limit.is_infinite() && found * limit > 0.0;
            let same = found == limit || (found - limit).abs() <= 1e-6 * limit.abs() || largest;
            if !same && !limit.is_nan() && !wrong.iter().any(|(_, w, at, ..)| (*w, *at) == (what, x)) {
                wrong.push((precision, what, x, found, limit));
            }
        }
    }
    wrong
}

fn copy(program: &Program) -> Program {
    let mut copy = Program::default();
    program.instructions.iter().for_each(|i| {
        copy.push(i.clone());
    });
    copy
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
