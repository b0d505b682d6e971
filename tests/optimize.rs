//! Optima that are known in closed form, solvers against each other, and refusals.

use std::process::Command;

fn eafo(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_eafo")).arg("optimize").args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(args: &[&str]) -> (i32, serde_json::Value) {
    let (code, out, err) = eafo(&[args, &["--json"]].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

fn parameter(file: &serde_json::Value, name: &str) -> f64 {
    file["parameters"][name].as_f64().unwrap()
}

#[test]
fn the_worst_sigmoid_of_a_logistic_input_is_its_distribution_function() {
    let (code, file) =
        json(&["sigmoid(a*x); a=0.3", "--input", "logistic(0,1)", "--objective", "min:deficit", "--bounds", "a=0.1:4"]);
    assert_eq!(code, 0);
    assert_eq!(file["status"], "solved");
    // The deficit is quadratic about its minimum 0, so half of the digits determine a.
    assert!((parameter(&file, "a") - 1.0).abs() < 1e-5, "{file}");
    assert!(file["objective"]["value"].as_f64().unwrap().abs() < 1e-10);
}

#[test]
fn two_solvers_find_the_odd_member_nearest_to_normal() {
    let found = |solver: &str| {
        let args = [
            "x+a*x^3+b*x; a=0.1,b=0",
            "--input",
            "normal(0,1)",
            "--objective",
            "min:negentropy",
            "--bounds",
            "a=0:0.5,b=-0.5:0.5",
            "--solver",
            solver,
            "--restarts",
            "0",
        ];
        let (_, file) = json(&args);
        (parameter(&file, "a"), file["objective"]["value"].as_f64().unwrap())
    };
    for solver in ["bfgs", "nelder-mead"] {
        let (a, j) = found(solver);
        assert!(a.abs() < 1e-5 && j.abs() < 1e-9, "{solver}: a = {a}, J = {j}");
    }
}

#[test]
fn entropy_alone_is_refused_by_name() {
    let (code, file) = json(&["a*x; a=1", "--input", "normal(0,1)"]);
    assert_eq!((code, file["status"].as_str()), (1, Some("unbounded")));
    assert!(file["outcome"].as_str().unwrap().starts_with("min:entropy has no bound"));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let args = [
        "x+a*x^3; a=0.1",
        "--input",
        "normal(0,1)",
        "--objective",
        "min:negentropy",
        "--bounds",
        "a=0:0.5",
        "--solver",
        "particle-swarm",
        "--seed",
        "7",
        "--restarts",
        "0",
        "--json",
    ];
    assert_eq!(eafo(&args), eafo(&args));
}

#[test]
fn bad_questions_are_refused_in_words() {
    let refused = |args: &[&str], words: &str| {
        let (code, out, err) = eafo(args);
        assert_eq!((code, out.as_str(), err.trim_end()), (2, "", words));
    };
    let normal = ["--input", "normal(0,1)"];
    refused(
        &[&["tanh(x)"], &normal[..]].concat(),
        "eafo: `tanh(x)` has no parameters to optimise; write one with a starting value: `x*sigmoid(b*x); b=1`",
    );
    refused(
        &[&["tanh(a*x); a=1", "--objective", "joy"], &normal[..]].concat(),
        "eafo: unknown objective `joy`; known: entropy, negentropy, deficit, variance, each with min: or max: in front",
    );
    refused(
        &[&["tanh(a*x); a=1", "--subject-to", "slope>=2,lipschitz<=1"], &normal[..]].concat(),
        "eafo: contradictory slope bounds: slope>=2 and lipschitz<=1 leave no function",
    );
    refused(&[&["x*a; a=0"], &normal[..]].concat(), "eafo: the objective min:entropy of `x*a; a=0` is not finite at 0");
    refused(
        &[&["tanh(a*x+b); a=1,b=0", "--solver", "brent"], &normal[..]].concat(),
        "eafo: brent searches one parameter, `tanh(a*x + b)` has 2; use bfgs, lbfgs, nelder-mead, particle-swarm or \
         simulated-annealing",
    );
}
