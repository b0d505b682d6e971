//! Infinite arguments: where a product of 0 and an infinity, or a quotient of infinities, makes a NaN of a function that
//! has a limit, the infinity is replaced by the largest finite number (or one far out), and the limit comes out.

use super::interpret::{Precision, step};
use super::primitive::{Ends, Primitive};
use super::program::{Instruction, Program, Register};
use std::collections::HashMap;

/// The two ends of the line.
pub(super) const SIDES: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

/// The program with its products and quotients mended, and the places of the results in it.
pub(super) fn mended(program: &Program, roots: &[Register], parameters: &[(String, f64)]) -> (Program, Vec<Register>) {
    let mut mender = Mender { program: Program::default(), values: [Vec::new(), Vec::new()], parameters };
    let mut places: Vec<Register> = Vec::with_capacity(program.instructions.len());
    for instruction in &program.instructions {
        let place = match instruction {
            Instruction::Call(p, args) => {
                let args: Vec<Register> = args.iter().map(|a| places[*a]).collect();
                mender.call(*p, &args)
            }
            leaf => mender.push(leaf.clone()),
        };
        places.push(place);
    }
    (mender.program, roots.iter().map(|r| places[*r]).collect())
}

/// A program under construction with the values of its instructions at both ends of the line.
struct Mender<'a> {
    program: Program,
    values: [Vec<f64>; 2],
    parameters: &'a [(String, f64)],
}

impl Mender<'_> {
    fn push(&mut self, instruction: Instruction) -> Register {
        let place = self.program.push(instruction);
        for (values, x) in self.values.iter_mut().zip(SIDES) {
            if let Some(new) = self.program.instructions.get(values.len()) {
                let value = step(new, values, x, self.parameters, Precision::Double);
                values.push(value);
            }
        }
        place
    }

    fn call(&mut self, p: Primitive, args: &[Register]) -> Register {
        match (p, args) {
            (Primitive::Mul, [a, b]) => {
                let (left, right) = (self.infinite_beside_zero(*a, *b), self.infinite_beside_zero(*b, *a));
                let args = [self.finite(*a, left), self.finite(*b, right)];
                self.push(Instruction::Call(p, args.to_vec()))
            }
            (Primitive::Div, [a, b]) => {
                let infinite = |r: Register, side: usize| self.values[side][r].is_infinite();
                let args = match (0..2).any(|side| infinite(*a, side) && infinite(*b, side)) {
                    true => [self.far(*a), self.far(*b)],
                    false => [*a, *b],
                };
                self.push(Instruction::Call(p, args.to_vec()))
            }
            _ => self.push(Instruction::Call(p, args.to_vec())),
        }
    }

    /// Which infinities `a` takes at an end where `b` is 0.
    fn infinite_beside_zero(&self, a: Register, b: Register) -> Ends {
        let takes = |infinity: f64| self.values.iter().any(|v| v[a] == infinity && v[b] == 0.0);
        Ends { low: takes(f64::NEG_INFINITY), high: takes(f64::INFINITY) }
    }

    fn finite(&mut self, a: Register, ends: Ends) -> Register {
        match ends {
            Ends { low: false, high: false } => a,
            _ => self.push(Instruction::Call(Primitive::Finite(ends), vec![a])),
        }
    }

    /// A copy of what leads to a value, with x far out instead of infinite.
    fn far(&mut self, root: Register) -> Register {
        let x = self.push(Instruction::X);
        let far = self.push(Instruction::Call(Primitive::Far, vec![x]));
        let mut copies = HashMap::from([(x, far)]);
        for place in self.program.needed(&[root]) {
            let Instruction::Call(p, args) = self.program.instructions[place].clone() else { continue };
            if p != Primitive::Far && args.iter().any(|a| copies.contains_key(a)) {
                let args: Vec<Register> = args.iter().map(|a| *copies.get(a).unwrap_or(a)).collect();
                let copy = self.call(p, &args);
                copies.insert(place, copy);
            }
        }
        *copies.get(&root).unwrap_or(&root)
    }
}
