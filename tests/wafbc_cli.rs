//! `eafo wafbc` as it is typed. The program has the algebra to itself, so the library is not called here.

use std::process::{Command, Output};

fn eafo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eafo")).arg("wafbc").args(arguments).output().unwrap()
}

#[test]
fn bad_input_is_named() {
    for (arguments, words) in [
        (&["--input", "normal(0,1)", "--range=1,0"] as &[&str], "A = 1"),
        (&["--input", "normal(0,1)", "--range=1,1"], "A = 1"),
        (&["--input", "normal(0,1)", "--range=-1e308,1e308"], "range of a double"),
        (&["--input", "normal(0,1)", "--range=nan,1"], "nan"),
        (&["--input", "normal(0,1)", "--range=1"], "two values"),
        (&["--input", "normal(0,1)", "--between=2,2"], "a = 2"),
        (&["--input", "uniform(0,1)", "--between=2,3"], "has its mass on"),
        (&["--input", "normal(0,1)", "--numeric", "0"], "N = 0"),
        (&["--input", "normal(0,1)", "--numeric", "1e12"], "N = 1000000000000"),
        (&["--input", "normal(0,1)", "--numeric", "ten"], "ten"),
        (&["--input", "normal(0,1)", "--for", "tanh"], "--for"),
        (&[], "--input"),
    ] {
        let out = eafo(arguments);
        let message = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(words), "{arguments:?}: {message}");
        assert!(out.stdout.is_empty());
    }
}

#[test]
fn no_answer_is_exit_code_1() {
    for (arguments, words) in [
        (&["--input", "normal(0,1)", "--range=0,inf", "--json"] as &[&str], "unbounded"),
        (&["--for", "relu", "--json"], "no input"),
    ] {
        let out = eafo(arguments);
        assert_eq!(out.status.code(), Some(1));
        let file: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert!(file["status"].as_str().unwrap().starts_with(words), "{file}");
    }
}

#[test]
fn text_of_a_worst_activation() {
    let out = eafo(&["--input", "logistic(0,1)", "--range=-1,1"]);
    let text = String::from_utf8(out.stdout).unwrap();
    insta::assert_snapshot!(text.split("\nChecks").next().unwrap());
}

#[test]
fn the_candidate_obeys_the_schema() {
    let validator = jsonschema::validator_for(&eafo::report::schema()).unwrap();
    for arguments in
        [&["--input", "normal(0,1)", "--numeric", "1000", "--json"] as &[&str], &["--for", "relu", "--json"]]
    {
        let file: serde_json::Value = serde_json::from_slice(&eafo(arguments).stdout).unwrap();
        assert!(validator.is_valid(&file), "{:?}", validator.iter_errors(&file).next());
    }
}
