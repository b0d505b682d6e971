//! Exported code compiled and run for the whole catalogue, beside the program's own values and derivatives.

use eafo::{
    Activation, CATALOGUE, Formula, Input, RationalSettings, Source, Tape, Target, emit, emit_bytes, rational_form,
};
use std::path::Path;
use std::process::Command;

/// Where values are compared: 0, kinks and their neighbours, tails, subnormals, infinities, NaN.
const POINTS: [f64; 25] = [
    -1e4,
    -40.0,
    -6.5,
    -3.0,
    -2.3,
    -1.0,
    -0.5,
    -1e-3,
    -5e-324,
    0.0,
    5e-324,
    1e-310,
    1e-3,
    0.25,
    0.5,
    1.0,
    2.3,
    3.0,
    6.5,
    20.0,
    40.0,
    1e4,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// Relative to the value: the roundings of some ten operations, each magnified by the exponents in it.
const TOLERANCE: f64 = 1e-12;

/// The catalogue, and a derived candidate.
fn subjects() -> Vec<Source> {
    let source = |name: &str, formula: Formula| Source::new(name, formula, "A test.");
    let mut all: Vec<Source> = CATALOGUE
        .iter()
        .map(|e| source(&format!("f_{}", e.name), Activation::parse(e.name).unwrap().formula))
        .collect();
    let formula = |text: &str| Formula::parse(text).unwrap();
    all.push(source("f_derived", formula("x*Phi(x) + eps*x*exp(-x^2/2); eps=0.01")));
    all.push(source("f_keyword", formula("x*sigmoid(if*x) + t1; if=2, t1=0.5")));
    let mut constrained = source("f_constrained", formula("x*sigmoid(b*x) + c*x; b=2, c=0.125"));
    (constrained.positive, constrained.frozen) = (vec!["b".to_owned()], vec!["c".to_owned()]);
    all.push(constrained);
    all.push(source("f_polynomial", formula("where(x < -0.5, x^3/8, exp(min(x,1)) - log(1.25 + abs(x))/2)")));
    let mut names = source(
        "f_names",
        formula(
            "a*x + raw_a*tanh(x) + A*sin(x) + x_*cos(x) + a_*tanh(x/2) + built*x; a=0.25, raw_a=0.125, A=0.25, x_=0.125, a_=0.125, built=0.125",
        ),
    );
    names.positive = vec!["a".to_owned()];
    all.push(names);
    let gelu = source("f_rational", formula("gelu(x)"));
    all.push(rational_form(&gelu, &RationalSettings::default()).unwrap().source(&gelu));
    all
}

/// Writes every subject and returns those that the target can express.
fn write(target: Target, folder: &Path, ending: &str) -> Vec<Source> {
    let mut written = Vec::new();
    for subject in subjects() {
        match emit_bytes(&subject, target) {
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

/// Compares lines `value slope parameter-slopes...`, and what follows a semicolon in single precision with what the header
/// promises.
fn compare(subjects: &[Source], printed: &str, points: [f64; POINTS.len()], header: impl Fn(&Source) -> String) {
    let mut lines = printed.lines();
    let mut wrong = Vec::new();
    for subject in subjects {
        let tape = Tape::new(&subject.formula.bound().unwrap()).unwrap();
        let header = header(subject);
        let promised = promised(&header);
        // Where a limit is missed, the header says so.
        let missed = |x: f64| x.is_infinite() && emit(subject, Target::Latex).unwrap().contains("this code gives");
        for x in points {
            let line = lines.next().unwrap_or_else(|| panic!("no line for {} at {x}", subject.name));
            let (double, single) = line.split_once(';').unwrap_or((line, ""));
            let numbers = |text: &str| -> Vec<f64> { text.split_whitespace().map(|n| n.parse().unwrap()).collect() };
            let mut expected = vec![("value".to_owned(), tape.eval(x)), ("slope".to_owned(), tape.derivative(x, 1))];
            expected
                .extend(subject.formula.expr.parameters().iter().map(|p| (format!("slope by {p}"), by(subject, p, x))));
            let double = numbers(double);
            assert_eq!(double.len(), expected.len(), "{}: {line}", subject.name);
            for (found, (what, expected)) in double.iter().zip(&expected) {
                if !agrees(x, *found, *expected, what == "value") && !missed(x) {
                    wrong.push(format!("{} at {x}: {what} {found:e}, expected {expected:e}", subject.name));
                }
            }
            let x32 = f64::from(x as f32);
            let exact: [&dyn Fn(f64) -> f64; 2] = [&|x| tape.eval(x), &|x| tape.derivative(x, 1)];
            for ((found, exact), ulps) in numbers(single).iter().zip(exact).zip(promised) {
                let error = error_in_ulps(x32, *found, exact);
                if error > 2.0 * ulps + 6.0 {
                    wrong.push(format!("{} at {x32}: {error} ulp, promised {ulps}: {found:e}", subject.name));
                }
            }
        }
    }
    assert!(lines.next().is_none(), "more lines than points");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Relative to the value; the same infinity; NaN for NaN. What has no limit is not compared, and of a NaN only the value.
fn agrees(x: f64, found: f64, expected: f64, value: bool) -> bool {
    if x.is_nan() {
        return found.is_nan() || !value;
    }
    let close = (found - expected).abs() <= TOLERANCE * expected.abs() + f64::MIN_POSITIVE;
    close || found == expected || expected.is_nan()
}

/// The derivative by a parameter: that of the formula as a function of it.
fn by(subject: &Source, parameter: &str, x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let at = |name: &str| eafo::constant(&eafo::Expr::num(subject.formula.parameters[name].clone())).unwrap();
    let fixed = subject.formula.expr.at(&eafo::Expr::float(x)).with_parameter(parameter, &eafo::Expr::x());
    let names = fixed.parameters();
    let bound = names.iter().fold(fixed, |e, p| e.with_parameter(p, &eafo::Expr::float(at(p))));
    Tape::new(&bound).unwrap().derivative(at(parameter), 1)
}

/// Units in the last place of a float of the local size, as headers count them.
fn error_in_ulps(x: f64, found: f64, exact: impl Fn(f64) -> f64) -> f64 {
    let size = [0.99, 1.0, 1.01].iter().map(|s| exact(s * x).abs()).fold(0.0, f64::max);
    if !(x.abs() <= 20.0) || size < f64::from(f32::MIN_POSITIVE) {
        return 0.0;
    }
    (found - exact(x)).abs() / 2f64.powf(size.log2().floor() - 23.0)
}

/// The errors of value and derivative in a header, in ulp.
fn promised(header: &str) -> [f64; 2] {
    let Some(line) = header.lines().find(|l| l.contains("In float32")) else { return [0.0; 2] };
    ["value to ", "derivative to "].map(|what| {
        let number = line.split(what).nth(1).unwrap().split(' ').next().unwrap();
        if number == "the" { 0.0 } else { number.parse().unwrap() }
    })
}

/// The names of the scalar functions: value, derivative by x and by each parameter.
fn functions(subject: &Source) -> Vec<String> {
    let name = &subject.name;
    let parameters = subject.formula.expr.parameters();
    // Words that a language keeps get an underscore, and names that differ too little a number.
    let by = parameters.iter().map(|p| match (&**name, &**p) {
        (_, "if" | "t1" | "built") => format!("{name}_derivative_{p}_"),
        ("f_names", "a") => format!("{name}_derivative_a_2"),
        ("f_names", "a_") => format!("{name}_derivative_a_3"),
        ("f_names", "raw_a") => format!("{name}_derivative_raw_a_4"),
        _ => format!("{name}_derivative_{p}"),
    });
    [name.clone(), format!("{name}_derivative")].into_iter().chain(by).collect()
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
    let mut main = String::from("#include <math.h>\n#include <stdio.h>\n");
    subjects.iter().for_each(|s| main.push_str(&format!("#include \"{}.h\"\n", s.name)));
    main.push_str(&format!("int main(void) {{\n  const double points[] = {{{}}};\n", listed("INFINITY", "NAN")));
    for s in &subjects {
        let args = defaults(s);
        let functions = functions(s);
        let format = vec!["%.17g"; functions.len()].join(" ");
        let calls: String = functions.iter().map(|f| format!(", {f}(points[i]{args})")).collect();
        let count = POINTS.len();
        main.push_str(&format!("  for (int i = 0; i < {count}; i++) printf(\"{format}\\n\"{calls});\n"));
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
    compare(&subjects, &ran(&mut Command::new(folder.path().join("main"))), POINTS, |_| String::new());
}

#[test]
fn rust_compiles_and_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let subjects = write(Target::Rust, folder.path(), "rs");
    let mut main: String = subjects.iter().map(|s| format!("mod {};\n", s.name)).collect();
    main.push_str(&format!(
        "fn main() {{\n    let points: [f64; {}] = [{}];\n",
        POINTS.len(),
        listed("f64::INFINITY", "f64::NAN")
    ));
    for s in &subjects {
        let (name, args) = (&s.name, defaults(s));
        let functions = functions(s);
        let format = vec!["{:e}"; functions.len()].join(" ");
        let calls: String = functions.iter().map(|f| format!(", {name}::{f}(x{args})")).collect();
        main.push_str(&format!("    for x in points {{ println!(\"{format}\"{calls}); }}\n"));
    }
    main.push_str("}\n");
    std::fs::write(folder.path().join("main.rs"), main).unwrap();
    ran(Command::new("rustc").args(["--edition", "2024", "-Adead_code", "main.rs"]).current_dir(&folder));
    compare(&subjects, &ran(&mut Command::new(folder.path().join("main"))), POINTS, |_| String::new());
}

/// The layers in a crate with candle, built below target/.
#[test]
fn candle_agrees() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/candle");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("candle");
    let source = folder.join("src");
    std::fs::create_dir_all(&source).unwrap();
    for file in ["Cargo.toml", "Cargo.lock", "src/main.rs"] {
        std::fs::copy(here.join(file), folder.join(file)).unwrap();
    }
    let subjects = write(Target::Candle, &source, "rs");
    let points = listed("f64::INFINITY", "f64::NAN");
    let mut main = String::from("use crate::{Parameter, show};\n\n");
    for s in &subjects {
        main.push_str(&format!("#[path = \"{0}.rs\"]\nmod {0};\n", s.name));
    }
    main.push_str(&format!("\npub fn all() -> candle_core::Result<()> {{\n    let points = [{points}];\n"));
    for s in &subjects {
        let names = s.formula.expr.parameters();
        let functions = functions(s);
        let args = defaults(s);
        let parameters: Vec<String> = names
            .iter()
            .zip(&functions[2..])
            .map(|(p, f)| {
                let value = eafo::constant(&eafo::Expr::num(s.formula.parameters[p].clone())).unwrap();
                let stored = f.strip_prefix(&format!("{}_derivative_", s.name)).unwrap();
                match (s.frozen.iter().any(|n| **n == **p), s.positive.iter().any(|n| **n == **p)) {
                    (true, _) => format!("Parameter::Fixed(|x| {}::{f}(x{args}))", s.name),
                    // The derivative of a softplus with this value.
                    (_, true) => format!("Parameter::Learned(\"raw_{stored}\", {:?})", -(-value).exp_m1()),
                    _ => format!("Parameter::Learned(\"{stored}\", 1.0)"),
                }
            })
            .collect();
        let class: String = s.name.split('_').map(|w| w[..1].to_uppercase() + &w[1..]).collect();
        let layer = match names.is_empty() {
            true => format!("|_, _| Ok({}::{class})", s.name),
            false => format!("{}::{class}::new", s.name),
        };
        main.push_str(&format!("    show(\"{}\", &points, &[{}], {layer})?;\n", s.name, parameters.join(", ")));
    }
    main.push_str("    Ok(())\n}\n");
    std::fs::write(source.join("subjects.rs"), main).unwrap();
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or("cargo".to_owned()));
    cargo.args(["run", "--quiet", "--locked"]).current_dir(&folder).env("RUSTFLAGS", "-Dwarnings -Adead_code");
    cargo.env("CARGO_TARGET_DIR", folder.join("target"));
    compare(&subjects, &ran(&mut cargo), POINTS, |_| String::new());
}

/// Names of functions that a file could not do with, and parameters that are called like the function.
#[test]
fn names_that_collide_compile() {
    let folder = tempfile::tempdir().unwrap();
    let (mut main, mut header) = (String::new(), String::from("#include <stdio.h>\n"));
    let names = ["x", "self", "None", "Some", "result", "fn", "main", "printf", "DBL_MAX", "q", "a"];
    for name in names {
        let source = Source::new(name, Formula::parse("x*sigmoid(b*x) + q; b=2, q=0.5").unwrap(), "A test.");
        let write = |ending: &str, target| {
            std::fs::write(folder.path().join(format!("m_{name}.{ending}")), emit(&source, target).unwrap()).unwrap();
        };
        write("rs", Target::Rust);
        write("h", Target::C);
        main.push_str(&format!("mod m_{name};\n"));
        header.push_str(&format!("#include \"m_{name}.h\"\n"));
    }
    std::fs::write(folder.path().join("main.rs"), format!("{main}fn main() {{}}\n")).unwrap();
    std::fs::write(folder.path().join("main.c"), format!("{header}int main(void) {{ return 0; }}\n")).unwrap();
    let rustc = ["--edition", "2024", "-Dwarnings", "-Anon_snake_case", "main.rs"];
    ran(Command::new("rustc").args(rustc).current_dir(&folder));
    ran(Command::new("gcc")
        .args(["-std=c99", "-Wall", "-Werror", "-Wno-unused-function", "-fsyntax-only", "main.c"])
        .current_dir(&folder));
}

/// A rational form is no worse than those of lower degrees that were tried, and says its greatest error where the denominator has
/// a cusp, too.
#[test]
fn rational_forms_that_do_not_settle() {
    let form = |text: &str, degrees| {
        let settings = RationalSettings { degrees, ..RationalSettings::default() };
        rational_form(&Source::new("f", Formula::parse(text).unwrap(), "A test."), &settings)
    };
    for (text, degrees, most) in [("sin(5*x)", (3, 3), 1.0), ("abs(x)", (5, 4), 1e-4), ("gelu(x)", (12, 12), 4e-7)] {
        let found = form(text, degrees).unwrap();
        assert_eq!((found.numerator.len(), found.denominator.len()), (degrees.0 + 1, degrees.1), "{text}");
        let tape = Tape::new(&Formula::parse(text).unwrap().expr).unwrap();
        let sum = |c: &[f64], x: f64| c.iter().rev().fold(0.0, |sum, c| c + x * sum);
        let error = |x: f64| {
            let value = sum(&found.numerator, x) / (1.0 + (x * sum(&found.denominator, x)).abs());
            (tape.eval(x) - value).abs()
        };
        let greatest = (0..=100_000).map(|i| error(-3.0 + 6e-5 * f64::from(i))).fold(0.0, f64::max);
        assert!(greatest <= most && greatest <= 1.001 * found.greatest_error, "{text}: {greatest} {found:?}");
    }
    for (text, at) in [("1/x", "0"), ("log(x)", "-3")] {
        let error = form(text, (3, 3)).unwrap_err().to_string();
        assert!(error.contains(&format!("at {at}")), "{error}");
    }
}

/// What a script of `tests/export/` prints of exported files in a folder.
fn script(python: &str, name: &str, subjects: &[Source], folder: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export").join(name);
    let points = POINTS.map(|p| format!("{p:e}")).join(",");
    let names = subjects.iter().map(|s| s.name.as_str());
    ran(Command::new(python).arg(script).arg(points).args(names).current_dir(folder).env("PYTHONPATH", folder))
}

/// The text of an exported file.
fn text(folder: &Path, subject: &Source) -> String {
    std::fs::read_to_string(folder.join(format!("{}.py", subject.name))).unwrap()
}

/// The interpreter that `EAFO_PYTHON` names, as `.ci/run` sets it.
fn python(what: &str) -> Option<String> {
    let python = std::env::var("EAFO_PYTHON").ok();
    if python.is_none() {
        eprintln!("EAFO_PYTHON is not set: {what} not tested here; .ci/run tests it");
    }
    python
}

/// XLA computes with subnormal numbers as if they were 0.
fn flushed() -> [f64; POINTS.len()] {
    POINTS.map(|x| if x.is_subnormal() { 0.0 } else { x })
}

#[test]
fn jax_and_flax_agree() {
    let Some(python) = python("JAX and Flax") else { return };
    let folder = tempfile::tempdir().unwrap();
    let subjects = write(Target::Flax, folder.path(), "py");
    let printed = script(&python, "flax_values.py", &subjects, folder.path());
    compare(&subjects, &printed, flushed(), |s| text(folder.path(), s));
}

#[test]
fn keras_agrees() {
    let Some(python) = python("Keras") else { return };
    let folder = tempfile::tempdir().unwrap();
    let subjects = write(Target::Keras, folder.path(), "py");
    let printed = script(&python, "keras_values.py", &subjects, folder.path());
    compare(&subjects, &printed, flushed(), |s| text(folder.path(), s));
}

/// ONNX computes in single precision: values only, and as many digits as the header promises.
#[test]
fn onnx_agrees() {
    let Some(python) = python("ONNX") else { return };
    let folder = tempfile::tempdir().unwrap();
    let subjects = write(Target::Onnx, folder.path(), "onnx");
    let printed = script(&python, "onnx_values.py", &subjects, folder.path());
    let mut lines = printed.lines();
    let mut wrong = Vec::new();
    for subject in &subjects {
        let tape = Tape::new(&subject.formula.bound().unwrap()).unwrap();
        let header = emit(subject, Target::Latex).unwrap();
        let [ulps, _] = promised(&header);
        let missed = |x: f64| x.is_infinite() && header.contains("this code gives");
        for x in POINTS.map(|x| f64::from(x as f32)) {
            let found: f64 = lines.next().unwrap().parse().unwrap();
            let expected = f64::from(tape.eval(x) as f32);
            let same = found == expected || found.is_nan() && expected.is_nan();
            let error = error_in_ulps(x, found, |x| tape.eval(x));
            if !same && !(error <= 2.0 * ulps + 6.0) || !x.is_finite() && !same && !missed(x) {
                wrong.push(format!("{} at {x}: {error} ulp, promised {ulps}: {found:e} {expected:e}", subject.name));
            }
        }
    }
    assert!(lines.next().is_none(), "more lines than points");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The interpreter for PyTorch: the one that `EAFO_TORCH_PYTHON` names, else Debian's, where it has torch.
fn torch_python() -> Option<String> {
    let python = std::env::var("EAFO_TORCH_PYTHON").unwrap_or_else(|_| "/usr/bin/python3".to_owned());
    let found = Command::new(&python).args(["-c", "import torch"]).output();
    let works = found.is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("{python} has no torch: PyTorch is not tested here; .ci/run installs python3-torch and tests it");
    }
    works.then_some(python)
}

#[test]
fn pytorch_agrees() {
    let Some(python) = torch_python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let subjects = write(Target::Pytorch, folder.path(), "py");
    let printed = script(&python, "torch_values.py", &subjects, folder.path());
    compare(&subjects, &printed, POINTS, |s| text(folder.path(), s));
}

#[test]
fn what_a_target_cannot_express_is_refused() {
    let bessel = Source::new("b", Formula::parse("x*bessel_i0e(x)").unwrap(), "");
    assert!(emit(&bessel, Target::C).unwrap_err().to_string().contains("C has no BesselI0e"));
    assert!(emit(&bessel, Target::Jax).is_ok());
    let refusal = emit_bytes(&bessel, Target::Onnx).unwrap_err().to_string();
    assert!(refusal.contains("ONNX operator set 17 has no BesselI0e, which `x*bessel_i0e(x)` needs"), "{refusal}");
    assert!(emit(&bessel, Target::Keras).is_ok() && emit(&bessel, Target::Pytorch).is_ok());
    let relu = Source::new("r", Formula::parse("relu(x)").unwrap(), "");
    assert!(emit(&relu, Target::Onnx).unwrap_err().to_string().contains("binary"));
    assert!(Target::parse("jaxx").unwrap_err().to_string().contains("did you mean `jax`?"));
}

/// The points in a language, infinities and NaN in its words.
fn listed(infinity: &str, nan: &str) -> String {
    let number = |p: f64| match p {
        f64::INFINITY => infinity.to_owned(),
        f64::NEG_INFINITY => format!("-{infinity}"),
        p if p.is_nan() => nan.to_owned(),
        p => format!("{p:e}"),
    };
    POINTS.map(number).join(", ")
}

/// The hard sigmoid is laid out so that no fused multiply-add moves its kinks; a formula that may be is called so.
#[test]
fn kinks_that_a_fused_sum_may_move_are_named() {
    let header = |text: &str| emit(&Source::new("f", Formula::parse(text).unwrap(), ""), Target::Jax).unwrap();
    assert!(header("max(0, x/6 + 0.5)").contains("at the kink itself"));
    assert!(!header("hard_sigmoid(x)").contains("at the kink itself"));
}

#[test]
fn parameters_are_checked() {
    let source = |frozen: &str, positive: &str| {
        let list = |name: &str| if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
        let formula = Formula::parse("x*sigmoid(a*x); a=-1").unwrap();
        Source { frozen: list(frozen), positive: list(positive), ..Source::new("s", formula, "") }
    };
    assert!(emit(&source("b", ""), Target::Jax).unwrap_err().to_string().contains("unknown parameter `b`"));
    let refusal = emit(&source("", "a"), Target::Jax).unwrap_err().to_string();
    assert!(refusal.contains("a = -1") && refusal.contains("> 0"), "{refusal}");
    assert!(emit(&source("a", ""), Target::Pytorch).unwrap().contains("register_buffer(\"a\""));
}

/// The coefficients in the format of `rational-activations`, evaluated here, are as good as the file says. The coefficients
/// that the package ships for ReLU are off by 0.034 at 0.
#[test]
fn rational_coefficients_are_what_they_say() {
    for (text, input, degrees, most) in [
        ("relu(x)", None, (5, 4), 0.0132),
        ("tanh(x)", None, (5, 4), 1e-5),
        ("gelu(x)", Some("normal(0,1)"), (5, 4), 0.004),
        ("exp(x)", None, (3, 0), 1.0),
    ] {
        let source = Source::new("f", Formula::parse(text).unwrap(), "");
        let input = input.map(|d| Input::parse(d).unwrap());
        let settings = RationalSettings { degrees, input, ..RationalSettings::default() };
        let form = rational_form(&source, &settings).unwrap();
        let document: serde_json::Value = serde_json::from_str(&form.json(&source)).unwrap();
        let entry = &document[format!("Rational_version_B{}/{}", degrees.0, degrees.1)]["f"];
        let list =
            |name: &str| -> Vec<f64> { entry[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect() };
        let (above, below) = (list("init_w_numerator"), list("init_w_denominator"));
        assert_eq!((above.len(), below.len()), (degrees.0 + 1, degrees.1));
        let tape = Tape::new(&source.formula.bound().unwrap()).unwrap();
        let polynomial = |c: &[f64], x: f64| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
        let value = |x: f64| polynomial(&above, x) / (1.0 + (x * polynomial(&below, x)).abs());
        let error = |i: i32| (tape.eval(f64::from(i) * 3e-3) - value(f64::from(i) * 3e-3)).abs();
        let worst = (-1000..=1000).map(error).fold(0.0, f64::max);
        let stated = document["eafo"]["greatest_error"].as_f64().unwrap();
        assert!(worst <= stated * (1.0 + 1e-9) && worst > 0.9 * stated, "{text}: {worst} {stated}");
        assert!(stated < most, "{text}: {stated}");
        // The same function as a formula.
        let bound = Tape::new(&form.source(&source).formula.bound().unwrap()).unwrap();
        assert!((bound.eval(1.3) - value(1.3)).abs() < 1e-14);
    }
}

#[test]
fn binary_files_are_written_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let eafo =
        |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_eafo")).args(args).current_dir(&folder).output().unwrap();
    let piped = eafo(&["export", "gelu", "--to", "onnx"]);
    let written = eafo(&["export", "gelu", "--to", "onnx", "-o", "gelu.onnx"]);
    assert!(piped.status.success() && written.status.success() && written.stdout.is_empty());
    assert_eq!(std::fs::read(folder.path().join("gelu.onnx")).unwrap(), piped.stdout);
    let refused = eafo(&["export", "bessel_i0e(x)", "--to", "onnx", "-o", "none.onnx"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!folder.path().join("none.onnx").exists());
    let json = eafo(&["export", "gelu", "--to", "onnx", "--json"]);
    assert_eq!((json.status.code(), json.stdout.len()), (Some(2), 0));
    let rational = eafo(&["export", "gelu", "--to", "keras", "--rational", "5,4", "--interval=-4,4"]);
    let text = String::from_utf8(rational.stdout).unwrap();
    assert!(text.contains("Stands in for x*Phi(x) on [-4.0, 4.0]: greatest error"), "{text}");
    let learned = eafo(&["export", "x*sigmoid(a*x); a=2", "--to", "flax", "--positive", "a"]);
    assert!(String::from_utf8(learned.stdout).unwrap().contains("jax.nn.softplus(self.raw_a[...])"));
}
