//! Branches safe for automatic differentiation: a branch not taken is computed at a point where it is finite (the double
//! `where`), because reverse mode multiplies its slope by 0, and 0 times an infinity is NaN. Frameworks whose
//! derivatives are the formula's own need none of this.

use super::interpret::{Precision, run};
use super::primitive::Primitive;
use super::program::{Instruction, Program, Register};
use crate::expr::Cmp;
use std::collections::HashMap;

/// Points at which a branch may be computed instead.
const SAFE: [f64; 11] = [1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 0.0, 4.0, -4.0, 10.0, -10.0];

/// The program of one value with its branches made safe, and the place of the value in it.
pub(super) fn guarded(program: &Program, root: Register, parameters: &[(String, f64)]) -> (Program, Register) {
    let mut out = Program::default();
    let mut places: Vec<Register> = Vec::with_capacity(program.instructions.len());
    for instruction in &program.instructions {
        let place = match instruction {
            Instruction::Call(p, args) => {
                let mut args: Vec<Register> = args.iter().map(|a| places[*a]).collect();
                guard(&mut out, *p, &mut args, parameters);
                out.push(Instruction::Call(*p, args))
            }
            leaf => out.push(leaf.clone()),
        };
        places.push(place);
    }
    (out, places[root])
}

/// Makes the arguments of one call safe.
fn guard(out: &mut Program, p: Primitive, args: &mut [Register], parameters: &[(String, f64)]) {
    use Primitive as P;
    // When a branch is not taken, as a comparison; one with NaN fails, so that NaN comes through.
    let branches: Vec<(Cmp, Register, Register, usize)> = match (p, &*args) {
        (P::Where(cmp), [a, b, _, _]) => vec![(opposite(cmp), *a, *b, 2), (cmp, *a, *b, 3)],
        (P::Max, [a, b]) => vec![(Cmp::Gt, *b, *a, 0), (Cmp::Ge, *a, *b, 1)],
        (P::Min, [a, b]) => vec![(Cmp::Lt, *b, *a, 0), (Cmp::Le, *a, *b, 1)],
        (P::Tanh | P::Sigmoid | P::Erf | P::Erfc | P::NormalCdf | P::NormalPdf, [a]) => {
            args[0] = substituted(out, *a, &|out, instruction| match instruction {
                Instruction::Call(P::Exp, args) => Some(out.push(Instruction::Call(P::FiniteExp, args.clone()))),
                _ => None,
            });
            return;
        }
        _ => return,
    };
    for (cmp, a, b, branch) in branches {
        if !may_overflow(out, args[branch]) {
            continue;
        }
        let safe = SAFE.into_iter().find(|x| {
            let values = run(out, *x, parameters, Precision::Double);
            !cmp.holds(values[a], values[b]) && values[args[branch]].is_finite()
        });
        let Some(safe) = safe else { continue };
        let x = out.push(Instruction::X);
        let instead = out.push(Instruction::Number(safe.to_bits()));
        let held = out.push(Instruction::Call(P::Where(cmp), vec![a, b, instead, x]));
        args[branch] = substituted(out, args[branch], &|_, instruction| match instruction {
            Instruction::X => Some(held),
            _ => None,
        });
    }
}

fn opposite(cmp: Cmp) -> Cmp {
    match cmp {
        Cmp::Lt => Cmp::Ge,
        Cmp::Le => Cmp::Gt,
        Cmp::Gt => Cmp::Le,
        Cmp::Ge => Cmp::Lt,
    }
}

/// Whether a step on the way to a value, or its slope, may be infinite at a finite x.
fn may_overflow(program: &Program, root: Register) -> bool {
    use Primitive as P;
    program.needed(&[root]).into_iter().any(|place| match &program.instructions[place] {
        Instruction::Call(P::Div, args) => program.literal(args[1]).is_none(),
        Instruction::Call(p, _) => matches!(
            p,
            P::Exp
                | P::Expm1
                | P::Sinh
                | P::Cosh
                | P::Pow
                | P::Log
                | P::Log1p
                | P::Sqrt
                | P::Tan
                | P::Asin
                | P::Acos
                | P::Acosh
                | P::Atanh
        ),
        _ => false,
    })
}

/// A copy of what leads to a value, where `by` gives other registers for some of the instructions.
fn substituted(
    out: &mut Program,
    root: Register,
    by: &impl Fn(&mut Program, &Instruction) -> Option<Register>,
) -> Register {
    let mut copies: HashMap<Register, Register> = HashMap::new();
    for place in 0..=root {
        let instruction = out.instructions[place].clone();
        let copy = match (by(out, &instruction), &instruction) {
            (Some(other), _) => other,
            (None, Instruction::Call(p, args)) if args.iter().any(|a| copies.contains_key(a)) => {
                let args = args.iter().map(|a| *copies.get(a).unwrap_or(a)).collect();
                out.push(Instruction::Call(*p, args))
            }
            _ => continue,
        };
        copies.insert(place, copy);
    }
    *copies.get(&root).unwrap_or(&root)
}
