//! The entropy flow: the entropy falls at every step, constraints hold, and with slope bounds it tends to the bang-bang
//! shape from above.

use serde_json::Value;
use std::process::Command;

fn eafo(verb: &str, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_eafo")).arg(verb).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn flow(args: &[&str]) -> Value {
    let (code, out, err) = eafo("optimize", &[args, &["--json"]].concat());
    assert_eq!(code, 0, "{args:?}: {out}{err}");
    let file: Value = serde_json::from_str(&out).unwrap();
    for check in file["checks"].as_array().unwrap() {
        assert_eq!(check["pass"], true, "{args:?}: {check}");
    }
    file
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The entropy of a formula by the verb of that name.
fn entropy(text: &str, input: &str) -> (f64, f64) {
    let (_, out, err) = eafo("entropy", &[text, "--input", input, "--json"]);
    let file: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {err}"));
    let result = &file["results"][0];
    (number(&result["entropy"]["value"]), number(&result["variance"]["value"]))
}

#[test]
fn the_entropy_falls_at_every_step_and_the_variance_stays() {
    for (activation, input, steps) in
        [("relu", "normal(0,1)", "3"), ("tanh", "logistic(0,1)", "3"), ("gelu", "normal(0,1)", "2")]
    {
        let file = flow(&[activation, "--input", input, "--flow", steps]);
        let rows = file["flow"]["steps"].as_array().unwrap();
        assert_eq!(rows.len(), steps.parse::<usize>().unwrap() + 1, "{activation}");
        for pair in rows.windows(2) {
            let value = |row: &Value, sign: f64| number(&row["entropy"]) + sign * number(&row["error"]);
            assert!(value(&pair[1], 1.0) < value(&pair[0], -1.0), "{activation}: {pair:?}");
        }
        let last = rows.last().unwrap();
        let start = entropy(activation, input);
        let end = entropy(file["improved"]["text"].as_str().unwrap(), input);
        assert!((end.0 - number(&last["entropy"])).abs() < 1e-9, "{activation}");
        assert!((end.1 / start.1 - 1.0).abs() < 1e-6, "{activation}: {start:?} {end:?}");
        assert_eq!(number(&file["iterations"]), rows.len() as f64 - 1.0);
    }
}

#[test]
fn with_slope_bounds_the_flow_tends_to_the_bang_bang_shape() {
    let input = "truncate(normal(0,1),-2,2)";
    let file = flow(&["x/4+1/2", "--input", input, "--flow", "25", "--subject-to", "slope>=0.1,lipschitz<=1"]);
    let (_, out, _) = eafo("optimize", &["--shape", "--input", input, "--between=-2,2", "--slopes", "0.1,1", "--json"]);
    let best = number(&serde_json::from_str::<Value>(&out).unwrap()["entropy"]["value"]);
    let (start, end) = (number(&file["objective"]["start"]), number(&file["objective"]["value"]));
    assert!(end >= best, "{end} {best}");
    assert!(end - best < 0.25 * (start - best), "from {start} to {end}, the least is {best}");
    let last = file["flow"]["steps"].as_array().unwrap().last().unwrap();
    assert!(number(&last["least_slope"]) >= 0.1 - 1e-9 && number(&last["greatest_slope"]) <= 1.0 + 1e-9, "{last}");
}

#[test]
fn the_rational_form_has_the_error_that_is_stated() {
    let file = flow(&["tanh", "--input", "normal(0,1)", "--flow", "3"]);
    let rational = &file["flow"]["rational"];
    let stated = number(&rational["error"]);
    assert!(stated < 0.01, "{stated}");
    let points: Vec<String> = (-400..=400).map(|i| format!("{}", f64::from(i) / 40.0)).collect();
    let values = |text: &str| -> Vec<f64> {
        let (_, out, _) = eafo("eval", &[text, "--at", &points.join(","), "--json"]);
        let file: Value = serde_json::from_str(&out).unwrap();
        file["values"].as_array().unwrap().iter().map(number).collect()
    };
    let (spline, fitted) =
        (values(file["improved"]["text"].as_str().unwrap()), values(rational["text"].as_str().unwrap()));
    let largest = spline.iter().zip(&fitted).map(|(s, r)| (s - r).abs()).fold(0.0, f64::max);
    assert!(largest <= 1.02 * stated && largest >= 0.5 * stated, "{largest} {stated}");
}

#[test]
fn the_same_flow_gives_the_same_bytes_and_a_candidate() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.json");
    let name = path.to_str().unwrap();
    let args = ["tanh", "--input", "normal(0,1)", "--flow", "1", "--json"];
    let first = eafo("optimize", &[&args[..], &["-o", name]].concat());
    assert_eq!(first, eafo("optimize", &args));
    let file: Value = serde_json::from_str(&first.1).unwrap();
    let validator = jsonschema::validator_for(&eafo::report::schema()).unwrap();
    assert!(validator.is_valid(&file), "{:?}", validator.iter_errors(&file).next());
    assert_eq!(eafo("plot", &[name]).0, 0);
    assert_eq!(eafo("eval", &[name, "--at", "0.5"]).0, 0);
    assert!(eafo("export", &[name, "--to", "c"]).1.contains("double"));
}

#[test]
fn without_a_finite_entropy_there_is_no_flow() {
    let (code, out, _) = eafo("optimize", &["exp", "--input", "cauchy(0,1)", "--flow", "2", "--json"]);
    assert_eq!(code, 1);
    let file: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(file["status"], "infeasible");
    let outcome = file["outcome"].as_str().unwrap();
    assert!(outcome.starts_with("the flow needs a finite entropy at its start: the entropy is undefined"), "{outcome}");
}

#[test]
fn flows_that_make_no_sense_are_refused_in_words() {
    for (args, message) in [
        (
            &["relu", "--flow", "0"] as &[&str],
            "--flow: K = 0 is out of range; the number of steps must lie between 1 and 200",
        ),
        (
            &["relu", "--flow", "1000"],
            "--flow: K = 1000 is out of range; the number of steps must lie between 1 and 200",
        ),
        (
            &["relu", "--flow", "3", "--objective", "negentropy"],
            "a flow has the objective min:entropy, not max:negentropy",
        ),
        (&["2", "--flow", "3"], "the activation is flat wherever the input has mass: nothing can flow"),
    ] {
        let (code, out, err) = eafo("optimize", &[args, &["--input", "normal(0,1)"]].concat());
        assert_eq!((code, out.as_str(), err.trim_end()), (2, "", &*format!("eafo: {message}")), "{args:?}");
    }
    let (code, _, err) = eafo("optimize", &["x", "--input", "cauchy(0,1)", "--flow", "2"]);
    assert_eq!(code, 2);
    assert!(err.contains("no variance to be fixed: give bounds of the slope"), "{err}");
    let (code, out, _) =
        eafo("optimize", &["x", "--input", "normal(0,1)", "--flow", "2", "--subject-to", "lipschitz<=0.5", "--json"]);
    assert_eq!(code, 1);
    let file: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(file["status"], "infeasible");
}
