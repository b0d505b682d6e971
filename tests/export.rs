//! Exported code compiled and run for the whole catalogue, beside the program's own values and derivatives.

use eafo::{Activation, CATALOGUE, Formula, Source, Tape, Target, emit};
use std::path::Path;
use std::process::Command;

/// Where values are compared: 0, kinks and their neighbours, tails, subnormals.
const POINTS: [f64; 22] = [
    -1e4, -40.0, -6.5, -3.0, -2.3, -1.0, -0.5, -1e-3, -5e-324, 0.0, 5e-324, 1e-310, 1e-3, 0.25, 0.5, 1.0, 2.3, 3.0,
    6.5, 20.0, 40.0, 1e4,
];

/// Relative to the value: the roundings of some ten operations, each magnified by the exponents in it.
const TOLERANCE: f64 = 1e-12;

/// The catalogue, and a derived candidate.
fn subjects() -> Vec<Source> {
    let source =
        |name: &str, formula: Formula| Source { name: name.to_owned(), formula, provenance: "A test.".to_owned() };
    let mut all: Vec<Source> = CATALOGUE
        .iter()
        .map(|e| source(&format!("f_{}", e.name), Activation::parse(e.name).unwrap().formula))
        .collect();
    let formula = |text: &str| Formula::parse(text).unwrap();
    all.push(source("f_derived", formula("x*Phi(x) + eps*x*exp(-x^2/2); eps=0.01")));
    all.push(source("f_keyword", formula("x*sigmoid(if*x) + t1; if=2, t1=0.5")));
    all
}

/// Writes every subject and returns those that the target can express.
fn write(target: Target, folder: &Path, ending: &str) -> Vec<Source> {
    let mut written = Vec::new();
    for subject in subjects() {
        match emit(&subject, target) {
            Ok(code) => {
                std::fs::write(folder.join(format!("{}.{ending}", subject.name)), code).unwrap();
                written.push(subject);
            }
            Err(e) => panic!("{}: {e}", subject.name),
        }
    }
    written
}

/// The output of a program that must succeed.
fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Compares lines `value derivative`, subject by subject and point by point.
fn compare(subjects: &[Source], printed: &str, points: [f64; POINTS.len()]) {
    let mut lines = printed.lines();
    let mut wrong = Vec::new();
    for subject in subjects {
        let tape = Tape::new(&subject.formula.bound().unwrap()).unwrap();
        for x in points {
            let line = lines.next().unwrap_or_else(|| panic!("no line for {} at {x}", subject.name));
            let found: Vec<f64> = line.split_whitespace().map(|n| n.parse().unwrap()).collect();
            for (found, expected, what) in
                [(found[0], tape.eval(x), "value"), (found[1], tape.derivative(x, 1), "slope")]
            {
                let close = (found - expected).abs() <= TOLERANCE * expected.abs() + f64::MIN_POSITIVE;
                if expected.is_finite() && !close {
                    wrong.push(format!("{} at {x}: {what} {found:e}, expected {expected:e}", subject.name));
                }
            }
        }
    }
    assert!(lines.next().is_none(), "more lines than points");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The values of the parameters as further arguments.
fn defaults(subject: &Source) -> String {
    let value = |p| eafo::constant(&eafo::Expr::num(subject.formula.parameters[p].clone())).unwrap();
    subject.formula.expr.parameters().iter().map(|p| format!(", {:?}", value(p))).collect()
}

#[test]
fn c_compiles_without_warnings_and_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let subjects = write(Target::C, folder.path(), "h");
    let mut main = String::from("#include <stdio.h>\n");
    subjects.iter().for_each(|s| main.push_str(&format!("#include \"{}.h\"\n", s.name)));
    main.push_str(&format!("int main(void) {{\n  const double points[] = {{{}}};\n", listed()));
    for s in &subjects {
        let (name, args) = (&s.name, defaults(s));
        main.push_str(&format!("  for (int i = 0; i < {}; i++) printf(\"%.17g %.17g\\n\", {name}(points[i]{args}), {name}_derivative(points[i]{args}));\n", POINTS.len()));
    }
    main.push_str("  return 0;\n}\n");
    std::fs::write(folder.path().join("main.c"), main).unwrap();
    let flags = [
        "-std=c99",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Wno-unused-function",
        "-Wno-unused-variable",
        "-Werror",
        "main.c",
        "-o",
        "main",
        "-lm",
    ];
    ran(Command::new("gcc").args(flags).current_dir(&folder));
    compare(&subjects, &ran(&mut Command::new(folder.path().join("main"))), POINTS);
}

#[test]
fn rust_compiles_and_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let subjects = write(Target::Rust, folder.path(), "rs");
    let mut main: String = subjects.iter().map(|s| format!("mod {};\n", s.name)).collect();
    main.push_str(&format!("fn main() {{\n    let points: [f64; {}] = [{}];\n", POINTS.len(), listed()));
    for s in &subjects {
        let (name, args) = (&s.name, defaults(s));
        main.push_str(&format!("    for x in points {{ println!(\"{{:e}} {{:e}}\", {name}::{name}(x{args}), {name}::{name}_derivative(x{args})); }}\n"));
    }
    main.push_str("}\n");
    std::fs::write(folder.path().join("main.rs"), main).unwrap();
    ran(Command::new("rustc").args(["--edition", "2024", "-Adead_code", "main.rs"]).current_dir(&folder));
    compare(&subjects, &ran(&mut Command::new(folder.path().join("main"))), POINTS);
}

/// JAX and Flax in the interpreter that `EAFO_PYTHON` names, as `.ci/run` sets it.
#[test]
fn jax_and_flax_agree() {
    let Ok(python) = std::env::var("EAFO_PYTHON") else {
        eprintln!("EAFO_PYTHON is not set: JAX and Flax are not tested here; .ci/run tests them");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let subjects = write(Target::Flax, folder.path(), "py");
    let names: Vec<&str> = subjects.iter().map(|s| s.name.as_str()).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/flax_values.py");
    let points = POINTS.map(|p| format!("{p:e}")).join(",");
    let printed = ran(Command::new(python)
        .arg(script)
        .arg(points)
        .args(names)
        .current_dir(&folder)
        .env("PYTHONPATH", folder.path()));
    // XLA computes with subnormal numbers as if they were 0.
    compare(&subjects, &printed, POINTS.map(|x| if x.is_normal() { x } else { 0.0 }));
}

#[test]
fn what_a_target_cannot_express_is_refused() {
    let bessel =
        Source { name: "b".into(), formula: Formula::parse("x*bessel_i0e(x)").unwrap(), provenance: String::new() };
    assert!(emit(&bessel, Target::C).unwrap_err().to_string().contains("C has no BesselI0e"));
    assert!(emit(&bessel, Target::Jax).is_ok());
    assert!(Target::parse("jaxx").unwrap_err().to_string().contains("did you mean `jax`?"));
}

fn listed() -> String {
    POINTS.map(|p| format!("{p:e}")).join(", ")
}
