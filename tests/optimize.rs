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
fn a_singular_objective_is_refused_by_name() {
    // As eps goes to 0 the left half of the output closes up to the atom of ReLU at 0.
    let crrelu = "max(0,x) + eps*x*exp(-x^2/2); eps=0.01";
    let (code, file) =
        json(&[crrelu, "--input", "normal(0,1)", "--objective", "max:negentropy", "--bounds", "eps=-1:2.24"]);
    assert_eq!((code, file["status"].as_str()), (1, Some("unbounded")));
    assert!(file["outcome"].as_str().unwrap().contains("near a singular point, eps near"), "{}", file["outcome"]);
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

#[test]
fn parameters_known_in_closed_form_are_recovered_by_every_solver() {
    for solver in ["bfgs", "lbfgs", "nelder-mead", "particle-swarm", "simulated-annealing"] {
        let args = [
            "erf(a*x+b); a=0.4,b=0.2",
            "--input",
            "normal(0,1)",
            "--objective",
            "min:deficit",
            "--bounds",
            "a=0.2:2,b=-1:1",
            "--solver",
            solver,
            "--restarts",
            "0",
        ];
        let (code, file) = json(&args);
        assert_eq!((code, file["status"].as_str()), (0, Some("solved")), "{solver}");
        // The deficit is quadratic about its minimum 0, so half of the digits determine a and b.
        let (a, b) = (parameter(&file, "a"), parameter(&file, "b"));
        assert!((a - 0.5f64.sqrt()).abs() < 1e-6 && b.abs() < 1e-6, "{solver}: a = {a}, b = {b}");
        assert!(file["objective"]["value"].as_f64().unwrap().abs() < 1e-11, "{solver}");
    }
}

#[test]
fn annealing_and_bfgs_agree_at_an_interior_optimum_under_a_constraint() {
    let found = |solver: &str| {
        let (_, file) = json(&[
            "a*x+b*tanh(x); a=0.5,b=0.5",
            "--input",
            "logistic(0,1)",
            "--objective",
            "min:negentropy",
            "--bounds",
            "a=0.05:2,b=0:4",
            "--subject-to",
            "variance=1",
            "--solver",
            solver,
            "--restarts",
            "0",
        ]);
        assert_eq!(file["status"], "solved", "{solver}: {file}");
        assert_eq!(file["constraints"][0]["holds"], true);
        (parameter(&file, "a"), parameter(&file, "b"), file["objective"]["value"].as_f64().unwrap())
    };
    let (bfgs, annealing) = (found("bfgs"), found("simulated-annealing"));
    assert!((bfgs.0 - annealing.0).abs() < 1e-5 && (bfgs.1 - annealing.1).abs() < 1e-5, "{bfgs:?} {annealing:?}");
    assert!((bfgs.2 - annealing.2).abs() < 1e-6, "{bfgs:?} {annealing:?}");
}

#[test]
fn restarts_that_disagree_are_reported() {
    let (code, file) = json(&[
        "x + a*sin(2*x)/4; a=0.3",
        "--input",
        "normal(0,1)",
        "--objective",
        "max:negentropy",
        "--bounds",
        "a=-1.5:1.5",
        "--solver",
        "nelder-mead",
        "--restarts",
        "4",
        "--seed",
        "3",
    ]);
    assert_eq!(code, 0);
    let ends: Vec<f64> = file["starts"].as_array().unwrap().iter().filter_map(|s| s["objective"].as_f64()).collect();
    let best = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert_eq!(file["objective"]["value"].as_f64().unwrap(), best);
    let apart = ends.iter().filter(|v| best - **v > 1e-6).count();
    assert!(apart > 0, "the problem was chosen for its local optima: {ends:?}");
    let notes = file["notes"].to_string();
    assert!(notes.contains(&format!("{} of 5 starts found this optimum", ends.len() - apart)), "{notes}");
}
