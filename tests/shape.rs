//! Free shapes between bounds of the slope: math.md section 5, "best activation with boundary conditions". The program has
//! the algebra to itself, so the library is not called here.

use serde_json::Value;
use std::process::Command;

fn eafo(verb: &str, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_eafo")).arg(verb).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn shape(args: &[&str]) -> (i32, Value) {
    let (code, out, err) = eafo("optimize", &[&["--shape", "--json"], args].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

fn solved(args: &[&str]) -> Value {
    let (code, file) = shape(args);
    assert_eq!((code, file["status"].as_str()), (0, Some("solved")), "{args:?}: {file}");
    for check in file["checks"].as_array().unwrap() {
        assert_eq!(check["pass"], true, "{args:?}: {check}");
    }
    file
}

fn text(file: &Value) -> &str {
    file["activation"]["text"].as_str().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn section_5_bang_bang_with_exact_switches() {
    for (input, between, slopes, want) in [
        (
            "normal(0,1)",
            "-2,2",
            "0.1,1",
            "where(x < -5/3,where(x < -2,0,2 + x),where(x < 5/3,0.5 + 0.1*x,where(x < 2,-1 + x,1)))",
        ),
        (
            "laplace(0,1)",
            "-2,2",
            "0.1,1",
            "where(x < -5/3,where(x < -2,0,2 + x),where(x < 5/3,0.5 + 0.1*x,where(x < 2,-1 + x,1)))",
        ),
        // The level set reaches the end at -1, so the other switch is -1 + |S|.
        ("normal(0,1)", "-1,3", "0.1,1", "where(x < 7/3,where(x < -1,0,0.1 + 0.1*x),where(x < 3,-2 + x,1))"),
        ("exponential(1)", "0,4", "0.1,1", "where(x < 10/3,where(x < 0,0,0.1*x),where(x < 4,-3 + x,1))"),
        ("triangular(0,2,2)", "0,2", "0.25,1", "where(x < 2/3,where(x < 0,0,x),where(x < 2,0.5 + 0.25*x,1))"),
    ] {
        let file = solved(&["--input", input, "--between", between, "--slopes", slopes]);
        assert_eq!(text(&file), want, "{input} on {between}");
    }
}

#[test]
fn no_other_arrangement_has_less_entropy() {
    // |S| = 10/3 for every shape with these ends and slopes; moved to one side it costs entropy.
    let best = number(&solved(&["--input", "normal(0,1)", "--between=-2,2", "--slopes", "0.1,1"])["entropy"]["value"]);
    let inside = "truncate(normal(0,1),-2,2)";
    for other in [
        "where(x < 4/3,(x + 2)/10,x - 1)",
        "where(x < -2/3-1,x + 2,where(x < 2-1/3,0.5 + 0.1*x,x - 1)) + 0*x",
        "where(x < -1.9,x + 2,where(x < 1.4333333333333333,0.1 + 0.1*(x + 1.9),0.43333333333333335 + x - 1.4333333333333333))",
        "(x + 2)/4",
    ] {
        let (_, out, _) = eafo("entropy", &[other, "--input", inside, "--json"]);
        let file: Value = serde_json::from_str(&out).unwrap();
        let value = number(&file["results"][0]["entropy"]["value"]);
        assert!(value >= best - 1e-12, "{other}: {value} < {best}");
    }
}

#[test]
fn two_modes_have_two_gentle_stretches_at_one_level() {
    let input = "mixture(0.5*normal(-2,0.5)+0.5*normal(2,0.5))";
    let file = solved(&["--input", input, "--between=-4,4", "--slopes", "0.05,0.5", "--numeric", "2000"]);
    let gentle: Vec<&Value> =
        (file["shape"]["segments"].as_array().unwrap().iter()).filter(|s| s["slope"] == "L0").collect();
    assert_eq!(gentle.len(), 2);
    let ends: Vec<f64> = gentle.iter().flat_map(|s| [number(&s["from"]), number(&s["to"])]).collect();
    assert!((ends[0] + ends[3]).abs() < 1e-9 && (ends[1] + ends[2]).abs() < 1e-9, "{ends:?}");
    let length = ends[1] - ends[0] + ends[3] - ends[2];
    assert!((length - (0.5 * 8.0 - 1.0) / 0.45).abs() < 1e-9, "{length}");
}

#[test]
fn the_numeric_solution_converges_to_the_closed_form() {
    for objective in ["min:entropy", "max:entropy"] {
        for input in ["normal(0.3,1)", "truncate(logistic(0,1),-2,2)", "gumbel(0,1)"] {
            let args = ["--input", input, "--between=-2,2", "--slopes", "0.1,0.6", "--numeric", "16384"];
            let file = solved(&[&args[..], &["--objective", objective]].concat());
            let numeric = &file["shape"]["numeric"];
            let rows = numeric["convergence"].as_array().unwrap();
            let deviation = |i: usize| number(&rows[i]["max_abs_deviation"]);
            assert!(deviation(rows.len() - 1) < 3e-4, "{objective} {input}: {rows:?}");
            assert!(deviation(rows.len() - 1) < 0.05 * deviation(0), "{objective} {input}: {rows:?}");
            assert!(number(&rows[rows.len() - 1]["gap"]).abs() < 1e-3, "{objective} {input}: {rows:?}");
            assert!(number(&numeric["kkt_residual"]) < 1e-9, "{objective} {input}: {numeric}");
        }
    }
}

#[test]
fn without_active_bounds_the_greatest_entropy_is_the_worst_activation() {
    let file = solved(&["--input", "normal(0,1)", "--objective", "max:entropy"]);
    assert_eq!(text(&file), "0.5 + erf(x/sqrt(2))/2");
    assert!(number(&file["entropy"]["value"]).abs() < 1e-9);
    let file = solved(&["--input", "logistic(0,1)", "--range=-1,1", "--objective", "min:deficit"]);
    assert_eq!(text(&file), "tanh(x/2)");
}

#[test]
fn bounds_cost_entropy_of_the_worst_activation() {
    let args = ["--input", "normal(0,1)", "--between=-2,2", "--objective", "max:entropy"];
    let free = number(&solved(&args)["entropy"]["value"]);
    let held = number(&solved(&[&args[..], &["--slopes", "0.1,0.3"]].concat())["entropy"]["value"]);
    let even = number(&solved(&[&args[..], &["--slopes", "0.25,0.25"]].concat())["entropy"]["value"]);
    assert!(free.abs() < 1e-9 && even < held - 1e-3 && held < free - 1e-3, "{free} {held} {even}");
}

#[test]
fn a_constant_density_ties_and_says_so() {
    let file = solved(&["--input", "uniform(-1,1)", "--slopes", "0.25,1", "--range", "0,1"]);
    assert_eq!(file["shape"]["tied"], true);
    assert!(file["notes"][0].as_str().unwrap().starts_with("the density is constant on [a, b]: every arrangement"));
    assert_eq!(text(&file), "where(x < 1/3,where(x < -1,0,0.25 + 0.25*x),where(x < 1,x,1))");
    let forced = solved(&["--input", "normal(0,1)", "--between=-1,1", "--slopes", "0.1,0.5"]);
    assert_eq!(text(&forced), "where(x < -1,0,where(x < 1,0.5 + 0.5*x,1))");
    assert!(forced["notes"][0].as_str().unwrap().starts_with("the ends leave one function only"));
}

#[test]
fn unbounded_problems_are_refused_by_name() {
    for (args, status, words) in [
        (&["--input", "normal(0,1)"] as &[&str], "unbounded", "without a least slope L0 > 0"),
        (&["--input", "normal(0,1)", "--between=-2,2"], "unbounded", "without a least slope L0 > 0"),
        (&["--input", "normal(0,1)", "--between=-2,2", "--slopes", "0,1"], "unbounded", "its infimum is -infinity"),
        (
            &["--input", "normal(0,1)", "--between=-2,2", "--slopes", "0.1,inf"],
            "not attained",
            "without a greatest slope L1",
        ),
        (
            &["--input", "normal(0,1)", "--range", "0,inf", "--objective", "max:entropy"],
            "unbounded",
            "an end of the range",
        ),
    ] {
        let (code, file) = shape(args);
        assert_eq!((code, file["status"].as_str()), (1, Some(status)), "{args:?}");
        assert!(file["outcome"].as_str().unwrap().contains(words), "{args:?}: {}", file["outcome"]);
    }
}

#[test]
fn bad_questions_have_exact_answers() {
    for (args, message) in [
        (
            &["--between=-2,2", "--slopes", "0.5,1"] as &[&str],
            "contradictory slope bounds: with slopes of at least L0 = 0.5 f rises by at least 2 over [-2, 2], more than \
             B - A = 1",
        ),
        (
            &["--between=-2,2", "--slopes", "0.1,0.2"],
            "contradictory slope bounds: with slopes of at most L1 = 0.2 f rises by at most 0.8 over [-2, 2], less than \
             B - A = 1",
        ),
        (
            &["--slopes", "0.1,1"],
            "contradictory slope bounds: with slopes of at least L0 = 0.1 f rises by at least inf over [-inf, inf], more \
             than B - A = 1",
        ),
        (&["--slopes", "2,1", "--between=-1,1"], "--slopes: L0 = 2 is out of range; it must not exceed L1 = 1"),
        (
            &["--slopes=-1,1", "--between=-1,1"],
            "--slopes: L0 = -1 is out of range; it must be a finite number >= 0: the shape rises",
        ),
        (&["--slopes", "0,0", "--between=-1,1"], "--slopes: L1 = 0 is out of range; it must be > 0, or inf"),
        (&["--range", "1,1"], "--range: A = 1 is out of range; it must lie below B = 1"),
        (&["--range", "2,1"], "--range: A = 2 is out of range; it must lie below B = 1"),
        (&["--between=2,2"], "--between: a = 2 is out of range; it must lie below b = 2"),
        (&["--between=2,-2"], "--between: a = 2 is out of range; it must lie below b = -2"),
        (&["--objective", "variance"], "a free shape has the objective min:entropy or max:entropy, not min:variance"),
        (&["--numeric", "0"], "--numeric: N = 0 is out of range; the number of cells must lie between 2 and 20000000"),
        (
            &["--subject-to", "slope>=2,lipschitz<=1"],
            "contradictory slope bounds: slope>=2 and lipschitz<=1 leave no function",
        ),
        (
            &["--subject-to", "variance=1"],
            "a shape has its bounds by `--slopes L0,L1`; `variance=1` cannot be asked for as well",
        ),
    ] {
        let (code, out, err) = eafo("optimize", &[&["--shape", "--input", "normal(0,1)"], args].concat());
        assert_eq!((code, out.as_str(), err.trim_end()), (2, "", &*format!("eafo: {message}")), "{args:?}");
    }
}

#[test]
fn many_inputs_pass_their_checks() {
    for (input, between) in [
        ("student_t(2)", "-3,3"),
        ("cauchy(0,1)", "-50,50"),
        ("gamma(0.5,1)", "0,4"),
        ("beta(0.5,0.5)", "0,1"),
        ("lognormal(0,1)", "0,5"),
        ("skew_normal(0,1,4)", "-2,3"),
        ("truncate(normal(0,1),-1,2)", "-1,2"),
        ("uniform(0,1)", "-1,2"),
        ("density(exp(-x^4),-inf,inf)", "-2,2"),
        ("mixture(0.2*normal(-3,0.3)+0.5*normal(0,1)+0.3*uniform(1,2))", "-5,4"),
    ] {
        let (a, b) = between.split_once(',').unwrap();
        let mean = 1.0 / (b.parse::<f64>().unwrap() - a.parse::<f64>().unwrap());
        let slopes = format!("{},{}", 0.2 * mean, 3.0 * mean);
        for objective in ["min:entropy", "max:entropy"] {
            let between = format!("--between={between}");
            let file = solved(&[
                "--input",
                input,
                &between,
                "--slopes",
                &slopes,
                "--objective",
                objective,
                "--numeric",
                "500",
            ]);
            // Where arrangements tie, the numeric solution may have another one.
            let near = number(&file["shape"]["numeric"]["max_abs_deviation"]) < 0.02;
            assert!(near || file["shape"]["tied"] == true, "{input} {objective}");
        }
    }
}

#[test]
fn a_shape_obeys_the_schema_and_is_taken_by_other_verbs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.json");
    let name = path.to_str().unwrap();
    let args =
        ["--shape", "--input", "normal(0,1)", "--between=-2,2", "--slopes", "0.1,1", "--numeric", "100", "-o", name];
    assert_eq!(eafo("optimize", &args).0, 0);
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&eafo::report::schema()).unwrap();
    assert!(validator.is_valid(&file), "{:?}", validator.iter_errors(&file).next());
    let again = eafo::report::Candidate::from_json(&file.to_string(), &path).unwrap().to_json().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&again).unwrap(), file);
    assert_eq!(eafo("eval", &[name, "--at", "-5,0,1.8,9"]).1, "-5    0\n0     0.5\n1.8   0.8\n9     1\n");
    assert_eq!(eafo("plot", &[name]).0, 0);
    assert!(std::fs::read_to_string(path.with_extension("svg")).unwrap().starts_with("<svg"));
    assert!(eafo("export", &[name, "--to", "c"]).1.contains("double"));
}
