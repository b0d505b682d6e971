//! What `eafo derive` answers, through the real binary: the closed forms of math.md section 4, zero where it is proved, the
//! exact words for bad input, one valid JSON document, the same bytes twice.

use serde_json::Value;
use std::net::TcpListener;
use std::process::{Command, Output};

fn eafo(args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eafo"));
    command.args(args).envs(environment.iter().copied()).output().unwrap()
}

/// The candidates of one call; the whole of stdout is one document.
fn derive(activations: &[&str], input: &str) -> Vec<Value> {
    let args = [&["derive"], activations, &["--input", input, "--json"]].concat();
    let output = eafo(&args, &[]);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut document: Value = serde_json::from_slice(&output.stdout).unwrap();
    match document.get_mut("candidates").map(Value::take) {
        Some(Value::Array(candidates)) => candidates,
        _ => vec![document],
    }
}

#[test]
fn closed_forms_under_the_standard_normal() {
    let forms = [
        ("identity", "-x*phi(x)", "x + eps*x*exp(-x^2/2); eps=0.01"),
        ("relu", "-x*phi(x)", "max(0,x) + eps*x*exp(-x^2/2); eps=0.01"),
        ("leaky_relu", "-x*phi(x)", "where(x > 0,x,0.01*x) + eps*x*exp(-x^2/2); eps=0.01"),
        ("sigmoid", "phi(x)*(tanh(x/2) - x)", "sigmoid(x) + eps*exp(-x^2/2)*(tanh(x/2) - x); eps=0.01"),
        ("tanh", "phi(x)*(2*tanh(x) - x)", "tanh(x) + eps*exp(-x^2/2)*(2*tanh(x) - x); eps=0.01"),
        ("softplus", "-phi(x)*(x + sigmoid(-x))", "softplus(x) + eps*exp(-x^2/2)*(x + sigmoid(-x)); eps=0.01"),
        ("exp", "-phi(x)*(x + 1)", "exp(x) + eps*exp(-x^2/2)*(x + 1); eps=0.01"),
    ];
    let names: Vec<&str> = forms.iter().map(|(name, ..)| *name).collect();
    let candidates = derive(&names, "normal(0,1)");
    assert_eq!(candidates.len(), forms.len());
    for ((name, correction, improved), found) in forms.iter().zip(&candidates) {
        assert_eq!(found["correction"]["text"], *correction, "{name}");
        assert_eq!(found["improved"]["text"], *improved, "{name}");
        assert_eq!(found["correction"]["zero"], false, "{name}");
    }
}

/// Exponents whose denominators are long cancel like short ones, and the unit of eps does not depend on decimals.
#[test]
fn odd_decimals() {
    let found = &derive(&["relu"], "normal(0.0829,0.752)")[0];
    let improved = "max(0,x) + eps*exp(-15625*(x - 0.0829)^2/17672)*(x - 0.0829); eps=0.01";
    assert_eq!(found["improved"]["text"], improved);
    let found = &derive(&["relu"], "mixture(0.741*normal(0.0829,0.752)+0.259*normal(-1.27,1.1))")[0];
    let correction =
        "-11578125*phi(125*(x - 0.0829)/94)*(x - 0.0829)/6644672 - 259*phi(10*(x + 1.27)/11)*(x + 1.27)/1331";
    assert_eq!(found["correction"]["text"], correction);
    assert!(found["entropy_slope"]["value"]["value"].is_number() || found["entropy_slope"]["value"].is_number());
}

/// The score of a mixture is no sum of scores.
#[test]
fn the_probability_metric_under_mixtures() {
    let input = "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))";
    let output = eafo(&["derive", "tanh", "--input", input, "--metric", "probability", "--json"], &[]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found["checks"].as_array().unwrap().iter().all(|c| c["pass"] == true), "{:?}", found["checks"]);
    let text = found["correction"]["text"].as_str().unwrap();
    let at = eafo(&["eval", text, "--at", "0.3,2,-1.5", "--json"], &[]);
    let values: Value = serde_json::from_slice(&at.stdout).unwrap();
    // mpmath: (p'/p - f''/f')/f'
    for (value, want) in values["values"].as_array().unwrap().iter().zip([1.1698, 13.136, 1.2654]) {
        let value = value.as_f64().or_else(|| value["value"].as_f64()).unwrap();
        assert!((value / want - 1.0).abs() < 1e-4, "{value} {want}");
    }
}

#[test]
fn zero_is_proved_under_the_worst_input() {
    for (name, input) in [
        ("sigmoid", "logistic(0,1)"),
        ("tanh", "logistic(0,1/2)"),
        ("arctan", "cauchy"),
        ("erf", "normal(0,sqrt(1/2))"),
        ("softsign", "softsign(0,1)"),
        ("softsign", "density(1/(2*(1+abs(x))^2),-inf,inf)"),
    ] {
        let found = &derive(&[name], input)[0];
        assert_eq!(found["correction"]["text"], "0", "{name} under {input}");
        assert_eq!(found["correction"]["zero"], true, "{name} under {input}");
        let steps = found["steps"].as_array().unwrap();
        let step = steps.iter().find(|s| s["rule"] == "correction in closed form").unwrap();
        assert_eq!(step["checked"], "proved by algebra: identically 0", "{name} under {input}");
    }
}

/// The message of a run that must end with exit code 2 and print nothing; that it waited for another test is no part of it.
fn refused(args: &[&str], environment: &[(&str, &str)]) -> String {
    let output = eafo(&[&["derive"], args].concat(), environment);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let lines = stderr.split_inclusive('\n').filter(|line| !line.starts_with("eafo: waiting for another eafo"));
    let message: String = lines.collect();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}: {message}");
    message
}

#[test]
fn bad_input_is_named() {
    for (activation, input, message) in [
        ("reul", "normal(0,1)", "unknown activation `reul`; did you mean `relu`?"),
        ("relu", "nromal(0,1)", "unknown input distribution `nromal`; did you mean `normal`?"),
        ("max(0,x", "normal(0,1)", "this bracket is never closed\n  max(0,x\n     ^"),
        ("relu", "normal(0,-1)", "normal: sigma = -1 is out of range; it must be > 0"),
        ("relu", "normal(0,0)", "normal: sigma = 0 is out of range; it must be > 0"),
        ("relu", "density(x,-1,1)", "`x` is not a density: it is negative, down to -0.9995 at x = -0.9995"),
        (
            "relu",
            "density(1/x,1,inf)",
            "`1/x` is not a density: its integral from 1 to inf does not converge; it runs towards x = inf like the power -1 \
             of x",
        ),
        (
            "log(x)",
            "normal(0,1)",
            "the input `normal(0,1)` has mass where the activation `log(x)` is not a finite real number \
             (at x = -2.153874694061456)",
        ),
        ("a*x", "normal(0,1)", "parameter `a` has no value; give it one after a semicolon: `...; a=0.01`"),
    ] {
        assert_eq!(refused(&[activation, "--input", input], &[]), format!("eafo: {message}\n"));
    }
}

#[test]
fn what_the_machine_lacks_is_named() {
    let relu = ["relu", "--input", "normal(0,1)"];
    assert_eq!(
        refused(&[&relu[..], &["-o", "no/where.json"]].concat(), &[]),
        "eafo: cannot write no/where.json: there is no folder no\n"
    );
    assert_eq!(
        refused(&relu, &[("EAFO_LOCK", "/nonexistent/dir/lock")]),
        "eafo: symbolica: cannot lock /nonexistent/dir/lock: No such file or directory (os error 2); \
         set EAFO_LOCK to a file that can be written\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    std::fs::write(&lock, "4711").unwrap();
    let held = std::fs::File::open(&lock).unwrap();
    held.lock().unwrap();
    let path = lock.to_str().unwrap();
    assert_eq!(
        refused(&relu, &[("EAFO_LOCK", path), ("EAFO_LOCK_WAIT", "0")]),
        format!(
            "eafo: symbolica: another eafo (process 4711, says the lock file) has held the lock {path} for 0 s, and without \
             a licence only one process at a time may use it; end that process, wait longer (EAFO_LOCK_WAIT, in seconds), \
             or set SYMBOLICA_LICENSE\n"
        )
    );
    assert_eq!(
        refused(&relu, &[("EAFO_LOCK", path), ("EAFO_LOCK_WAIT", "soon")]),
        "eafo: symbolica: EAFO_LOCK_WAIT = soon must be a whole number of seconds\n"
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_eq!(
        refused(&relu, &[("SYMBOLICA_PORT", &port)]),
        format!(
            "eafo: symbolica: another process uses it on this machine (port {port} is taken), and without a licence only \
             one may; end that process or set SYMBOLICA_LICENSE\n"
        )
    );
}

#[test]
fn every_candidate_fits_the_schema() {
    let schema: Value = serde_json::from_slice(&eafo(&["schema"], &[]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (activations, input) in [
        (&["relu", "gelu", "hard_tanh", "x*sigmoid(x)"][..], "normal(0,1)"),
        (&["sigmoid"], "laplace(0,1)"),
        (&["tanh", "sigmoid"], "logistic(0,1)"),
        (&["x*sigmoid(x)"], "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))"),
        (&["relu"], "truncate(normal(0,1),-1,2)"),
    ] {
        for candidate in derive(activations, input) {
            let name = &candidate["name"];
            assert!(validator.is_valid(&candidate), "{name}: {:?}", validator.iter_errors(&candidate).next());
            assert!(candidate["steps"].as_array().is_some_and(|s| !s.is_empty()), "{name}");
            for check in candidate["checks"].as_array().unwrap() {
                assert_eq!(check["pass"], true, "{name}: {check}");
            }
        }
    }
}

#[test]
fn the_same_question_gives_the_same_bytes_even_at_once() {
    let ask = || eafo(&["derive", "gelu", "--input", "normal(0,1)", "--json", "--order", "2"], &[]);
    let answers: Vec<Output> = std::thread::scope(|scope| {
        let both = [scope.spawn(ask), scope.spawn(ask)];
        both.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for answer in &answers {
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    }
    assert_eq!(answers[0].stdout, answers[1].stdout);
    assert_eq!(ask().stdout, answers[0].stdout);
}

fn number(found: &Value, path: &str) -> f64 {
    found.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}: {:?}", found.pointer(path)))
}

/// T2 = (1/2) d/du[(D/f')^2 f'] with D = (1/p) d/du[p/f'], by mpmath at u = 0.4.
#[test]
fn the_second_order_of_the_probability_metric() {
    let args = ["derive", "tanh", "--input", "normal(0,1)", "--metric", "probability", "--order", "2", "--json"];
    let output = eafo(&args, &[]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let improved = found["improved"]["text"].as_str().unwrap().split(';').next().unwrap().to_owned();
    let at = |eps: &str| {
        let set = format!("eps={eps}");
        let output = eafo(&["eval", &improved, "--set", &set, "--at", "0.4", "--json"], &[]);
        let values: Value = serde_json::from_slice(&output.stdout).unwrap();
        number(&values, "/values/0")
    };
    // The improved activation is a parabola in eps.
    let second = 0.5 * (at("1") + at("-1")) - at("0");
    assert!((second - 0.644_331_841_687_831_2).abs() < 1e-14, "{second}");
}

/// The least and the greatest eps are those of 1 + eps g'/f' >= 0, worked out by hand.
#[test]
fn monotone_intervals_at_finite_ends_and_narrow_peaks() {
    // p = 3 (4 - x^2)/32 and f = x: g = x/16 up to its sign.
    let found = &derive(&["identity"], "affine(beta(2,2),4,-2)")[0];
    assert!((number(found, "/monotone_interval/upper") - 16.0).abs() < 1e-8);
    // 0.5 normal(5, 0.01): g' is greatest at the peak, where it is p''(5) = 0.5/(sqrt(2 pi) 1e-6), and p = 0.5 phi there.
    let found = &derive(&["identity"], "mixture(0.5*normal(-5,0.01)+0.5*normal(5,0.01))")[0];
    let upper = 2.0 * (2.0 * std::f64::consts::PI).sqrt() * 1e-6;
    assert!((number(found, "/monotone_interval/upper") / upper - 1.0).abs() < 1e-6);
    // A pole of the activation itself.
    let found = &derive(&["1/x"], "normal(0,1)")[0];
    assert_eq!(found["monotone_interval"]["upper"], "nan");
    let outcome = found["monotone_interval"]["outcome"].as_str().unwrap();
    assert_eq!(outcome, "the activation itself is not monotone across its pole at x = 0");
}

/// Ends of the interval by mpmath: -1/sup and -1/inf of g'/f' by golden sections of its derivative quotients; at an end where
/// the density vanishes as a power, by hand.
#[test]
fn monotone_intervals_where_slopes_run_over_all_sizes() {
    let interval = |f: &str, input: &str| {
        let found = &derive(&[f], input)[0];
        ["lower", "upper"].map(|side| match &found["monotone_interval"][side] {
            Value::String(s) => s.parse::<f64>().unwrap(),
            value => value.as_f64().unwrap(),
        })
    };
    let infinite = f64::INFINITY;
    for (f, input, lower, upper) in [
        // f' outgrows everything, or falls to nothing, in a heavy tail.
        ("sinh(x)", "student_t(5)", -5.0 / 11.0, 2.815_929_582_693_91),
        ("2*x-exp(-x)", "student_t(5)", -6.580_445_291_111_33, 2.041_937_573_488_83),
        ("exp", "gumbel(0,1)", -0.786_544_706_857_215, 0.923_632_012_366_331),
        ("exp", "student_t(5)", 0.0, 1.836_235_004_187_12),
        // g' = -1/x^2 towards 0, where f' is infinite.
        ("sqrt(x)", "uniform(0,1)", -infinite, 0.0),
        ("log(x)", "uniform(0,1)", -infinite, 0.0),
        // p = x (1 - x)^2 k: g'(0)/f'(0) = -2 (b - 1) + ...: terms in 1/x cancel.
        ("tanh", "beta(2,3)", -0.209_987_170_807_014, 0.25),
        ("tanh", "beta(2,4)", -0.911_824_231_225_222, 1.0 / 6.0),
        ("asinh", "gamma(2,1)", -12.082_074_272_466_6, 0.5),
    ] {
        let found = interval(f, input);
        for (found, want) in found.into_iter().zip([lower, upper]) {
            let near = found == want || (found - want).abs() <= 1e-8 * want.abs();
            assert!(near, "{f} under {input}: {found} for {want}");
        }
    }
}

/// x + a sin(x) has a slope between 1 - a and 1 + a: nothing diverges in a heavy tail.
#[test]
fn an_oscillating_slope_is_no_tail() {
    let found = &derive(&["x+0.3*sin(x)"], "student_t(5)")[0];
    let tail = found["tails"][1]["statement"].as_str().unwrap();
    assert_eq!(tail, "(Delta f)^2/|f'| is integrable and the derivative of Delta f does not outgrow f'");
    assert!(number(found, "/monotone_interval/lower") < -3.2);
}

/// What is constant by algebra has no correction, however it is written.
#[test]
fn a_hidden_constant_is_one() {
    for f in ["x+1-x", "sin(x)^2+cos(x)^2", "x-x", "exp(x)*exp(-x)"] {
        let output = eafo(&["derive", f, "--input", "normal(0,1)", "--json"], &[]);
        assert_eq!(output.status.code(), Some(1), "{f}");
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(found["status"].as_str().unwrap().starts_with("unbounded: the activation is constant"), "{f}");
    }
}

/// p g/f' = -u^(-3/2)/4 and the like: a boundary term without a bound is no number.
#[test]
fn infinite_boundary_terms_are_said_to_be() {
    let found = &derive(&["sqrt(x)"], "exponential(1)")[0];
    assert_eq!(found["entropy_slope"]["boundary_terms"][0]["value"], "-inf");
}

#[test]
fn where_the_slope_is_infinite_or_lost_in_rounding() {
    let root = &derive(&["sign(x)*abs(x)^(1/3)"], "normal(0,1)")[0];
    assert_eq!(root["singular_points"][0]["at"], 0.0);
    assert_eq!(root["entropy_slope"]["rate"]["value"], "-inf");
    // x/(1 + x) is 1 to rounding from 1e16 on; that is no critical point. The rate by mpmath.
    let softsign = &derive(&["softsign"], "student_t(3)")[0];
    assert_eq!(softsign["singular_points"], serde_json::json!([]));
    assert!((number(softsign, "/entropy_slope/rate/value") + 0.380_248).abs() < 1e-6);
    // The boundary term at 0 runs to its limit like a root.
    let power = &derive(&["x^1.5"], "gamma(2,1)")[0];
    assert_eq!(power["status"], "solved");
}

#[test]
fn numbers_beyond_doubles_and_two_outputs_of_one_name() {
    let input = ["--input", "normal(0,1)"];
    for (activation, number) in [("1e400*x", "1e400"), ("1e-400*x", "1e-400"), ("a*x; a=1e400", "1e400")] {
        assert_eq!(
            refused(&[&[activation], &input[..]].concat(), &[]),
            format!(
                "eafo: {activation}: a number = {number} is out of range; its size must lie between 1e-308 and 1e308, as \
                 that of doubles does\n"
            )
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("same.svg");
    let path = path.to_str().unwrap();
    assert_eq!(
        refused(&[&["relu"], &input[..], &["-o", path, "--plot", path]].concat(), &[]),
        format!(
            "eafo: cannot write {path}: the document and the picture have one name; --out and --plot must differ\n"
        )
    );
}

/// Whether f falls is asked of the run of pieces that f goes through without a kink, not of each as it is written.
#[test]
fn the_sign_of_a_falling_branch_does_not_depend_on_the_spelling() {
    let at = |f: &str, input: &str, x: f64| {
        let found = &derive(&[f], input)[0];
        let correction = eafo::Expr::parse(found["correction"]["text"].as_str().unwrap()).unwrap();
        eafo::Tape::new(&correction).unwrap().eval(x)
    };
    // p'(u) - p(u)/u, for p = exp(-|u|)/2 as for any other.
    let laplace = 0.5 * (-1.0f64).exp();
    assert!((at("x^2", "laplace(0,1)", -1.0) - 2.0 * laplace).abs() < 1e-15);
    assert!((at("x^2", "laplace(0,1)", 1.0) + 2.0 * laplace).abs() < 1e-15);
    let whole = at("x^2", "normal(0,1)", -1.5);
    assert_eq!(at("where(x < 0,x^2,2*x^2)", "normal(0,1)", -1.5), whole);
    // Across a kink |f'| stands for f' on the falling side: -p'.
    let normal = (-0.5f64 * 1.5 * 1.5).exp() / std::f64::consts::TAU.sqrt();
    assert!((at("abs(x)", "normal(0,1)", -1.5) + 1.5 * normal).abs() < 1e-15);
}

/// Where f' falls below all doubles under a wide input, logarithms follow the tails. Rates by mpmath at 30 digits:
/// -2 INT_0^inf p^2 (2 a tanh(a u) - u/s^2)^2 cosh(a u)^2/a du.
#[test]
fn tails_beyond_doubles() {
    for (f, input, rate) in
        [("tanh", "normal(0,20)", -3.686_976_479_109_35e171), ("tanh(3*x)", "normal(0,4)", -3.667_221_015_848_65e61)]
    {
        let found = &derive(&[f], input)[0];
        let tail = found["tails"][1]["statement"].as_str().unwrap();
        assert_eq!(
            tail, "(Delta f)^2/|f'| is integrable and the derivative of Delta f does not outgrow f'",
            "{f} under {input}"
        );
        assert!((number(found, "/entropy_slope/rate/value") / rate - 1.0).abs() < 1e-9, "{f} under {input}: {found}");
    }
    // Beyond the range of a double there is no number, and the reason says so.
    let found = &derive(&["tanh"], "normal(0,100)")[0];
    assert!(found["entropy_slope"]["outcome"].as_str().unwrap().ends_with("beyond the range of a double"));
}

/// Rounding is no bound, and the size of g'/f' far out says nothing about that at the centre.
#[test]
fn monotone_intervals_free_of_rounding() {
    let found = &derive(&["sinh(x)"], "laplace(0,1)")[0];
    assert!(found["monotone_interval"]["pieces"].as_array().unwrap().iter().all(|p| p["upper"] == "inf"), "{found}");
    // -1/(g'/f') at 0, by hand: g = exp(-x^2/(2 s^2)) (2 s^2 tanh(x) - x), s = 20.
    let found = &derive(&["tanh"], "normal(0,20)")[0];
    assert!((number(found, "/monotone_interval/lower") + 1.0 / 799.0).abs() < 1e-9, "{found}");
}

/// The mills ratio of a skew normal keeps its digits with the shape on the other side.
#[test]
fn skew_normal_with_a_negative_shape() {
    let found = &derive(&["identity"], "skew_normal(0,1,-2)")[0];
    assert_eq!(found["status"], "solved");
    assert_eq!(found["correction"]["text"], "-2*phi(x)*(x*Phi(-2*x) + 2*phi(2*x))");
}

/// A gap that a limit fills is no end of the domain; a logarithmic pole of f' is a pole.
#[test]
fn gaps_and_slow_poles() {
    for f in ["sin(x)/x", "x/tanh(x)"] {
        assert_eq!(derive(&[f], "normal(0,1)")[0]["status"], "solved", "{f}");
    }
    let found = &derive(&["x*log(abs(x))"], "uniform(-0.2,0.2)")[0];
    assert_eq!(found["singular_points"][0]["at"], 0.0, "{found}");
}

/// An activation that jumps against its direction is not monotone at eps = 0 either; one that jumps along it leaves g as
/// much room to jump.
#[test]
fn jumps_of_the_activation_itself() {
    for (f, words) in [
        ("where(x<0,5,tanh(x))", "it jumps downwards, and rises elsewhere, at x = 0"),
        ("where(x<0,x,-1)", "it jumps downwards, and rises elsewhere, at x = 0"),
        ("where(x<0,-x,1)", "it jumps upwards, and falls elsewhere, at x = 0"),
        ("where(x<0,x,x-9)", "it jumps downwards, and rises elsewhere, at x = 0"),
    ] {
        let found = &derive(&[f], "truncate(normal(0,1),-2,2)")[0];
        assert_eq!(found["monotone_interval"]["lower"], "nan", "{f}");
        let outcome = found["monotone_interval"]["outcome"].as_str().unwrap();
        assert_eq!(outcome, format!("the activation itself is not monotone: {words}"), "{f}");
        assert!(found["kinks"][0]["outcome"].as_str().unwrap().starts_with("the activation itself jumps there"), "{f}");
    }
    // g = x exp(-x^2/2) does not jump; -2 exp(-3/2) and 1 are the extremes of its slope.
    let interval = |input: &str| {
        let found = &derive(&["where(x<0,x,x+1)"], input)[0];
        ["lower", "upper"].map(|side| number(found, &format!("/monotone_interval/{side}")))
    };
    let [lower, upper] = interval("normal(0,1)");
    assert!((lower + 1.0).abs() < 1e-9 && (upper - 0.5 * 1.5f64.exp()).abs() < 1e-8, "{lower} {upper}");
    // g = exp(x) below 0 and -exp(-x) above jumps by -2, f by 1.
    assert_eq!(interval("laplace(0,1)"), [-1.0, 0.5]);
}

/// f' of a high power is too small for a double beside its zero.
#[test]
fn critical_points_beyond_the_range_of_a_double() {
    for (f, residue) in [("x^300", 299.0), ("x^121", 120.0), ("(x-1/2)^400", 399.0)] {
        let found = &derive(&[f], "uniform(-2,2)")[0];
        let points = found["singular_points"].as_array().unwrap();
        assert_eq!(points.len(), 1, "{f}: {points:?}");
        let at = if f.starts_with('x') { 0.0 } else { 0.5 };
        assert!((number(&points[0], "/at") - at).abs() < 1e-12, "{f}: {points:?}");
        assert!((number(&points[0], "/residue") + 0.25 * residue).abs() < 1e-9, "{f}: {points:?}");
        let turns = f != "x^121";
        let outcome = found["monotone_interval"]["outcome"].as_str().unwrap();
        assert_eq!(outcome.contains("turns at its critical points"), turns, "{f}: {outcome}");
    }
}

/// Whether there is a warning with these words.
fn warned(f: &str, input: &str, words: &str) -> bool {
    let found = &derive(&[f], input)[0];
    found["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().contains(words))
}

/// Training starts at 0.01, be that beyond the monotone interval or not.
#[test]
fn a_start_beyond_the_monotone_interval_is_warned_of() {
    assert!(warned("x^0.333", "gamma(2,1)", "start nearer to 0"));
    assert!(!warned("tanh", "normal(0,1)", "start nearer to 0"));
}

/// Where f falls all over the support it folds nothing.
#[test]
fn folds_are_warned_of_where_there_are_any() {
    assert!(warned("x^2", "normal(0,1)", "on every branch"));
    assert!(!warned("1/(1+x^2)", "half_normal(1)", "on every branch"));
}

/// phi(x)
fn phi(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// f' = 0 at the end of a piece is a pole of the correction like any other: the residue is -p times the order of the zero.
#[test]
fn poles_at_the_ends_of_pieces() {
    for (f, at, order) in [
        ("abs(x-1)^3", 1.0, 2.0),
        ("max(relu(x),cosh(elu(x)))", 0.0, 1.0),
        ("where(x<1,x,(x-1)^4+1)", 1.0, 3.0),
        ("where(x<1,x,(x-1)^2+1)", 1.0, 1.0),
    ] {
        let found = &derive(&[f], "normal(0,1)")[0];
        let points = found["singular_points"].as_array().unwrap();
        assert_eq!(points.len(), 1, "{f}: {points:?}");
        assert_eq!(points[0]["at"], at, "{f}");
        if let Some(residue) = points[0]["residue"].as_f64() {
            assert!((residue + order * phi(at)).abs() < 1e-12, "{f}: {residue}");
        }
        assert_eq!(found["improved"]["parameter"]["lowers_entropy"], "unknown", "{f}");
    }
}

/// Across a pole or a jump at which f runs back no eps is monotone.
#[test]
fn nothing_is_monotone_across_a_pole() {
    for (f, input) in [
        ("1/x^3", "normal(0,1)"),
        ("1/x^2", "normal(0,1)"),
        ("atan(1/x)", "normal(0,1)"),
        ("tan(x)", "cauchy(0,1)"),
        ("where(x<0,x,1/x)", "normal(0,1)"),
    ] {
        // Some have no answer that passes its checks.
        let output = eafo(&["derive", f, "--input", input, "--json"], &[]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["monotone_interval"]["lower"], "nan", "{f}");
        let outcome = found["monotone_interval"]["outcome"].as_str().unwrap();
        assert!(outcome.starts_with("the activation itself is not monotone"), "{f}: {outcome}");
    }
    for f in ["sin(x)/x+2*x", "expm1(x)/x", "x/(1+x^2)^(1/4)"] {
        let outcome = &derive(&[f], "normal(0,1)")[0]["monotone_interval"]["outcome"];
        assert!(!outcome.as_str().unwrap_or("").contains("itself is not monotone"), "{f}: {outcome}");
    }
}

/// A branch that falls from a pole is one that falls. INT (Delta f)^2/|f'| du by mpmath.
#[test]
fn a_branch_that_falls_from_a_pole() {
    let found = &derive(&["where(x<0,x,1/x)"], "normal(0,1)")[0];
    assert_eq!(found["correction"]["pieces"][1]["text"], "-phi(x)*(2 - x^2)/x");
    assert!((number(found, "/entropy_slope/rate/value") + 0.458_40).abs() < 1e-5, "{}", found["entropy_slope"]);
}

/// What boundary terms make of the rate of descent: of f = x under p = 2x the correction is constant, and nothing descends.
#[test]
fn the_rate_with_its_boundary_terms() {
    let along = |f: &str, input: &str| {
        let found = &derive(&[f], input)[0];
        (number(found, "/entropy_slope/rate/value"), found["entropy_slope"]["along"].as_f64())
    };
    let (rate, with) = along("x", "density(2*x,0,1)");
    assert!((rate + 4.0).abs() < 1e-12 && with == Some(0.0), "{rate} {with:?}");
    let (rate, with) = along("exp", "uniform(0,1)");
    assert!((rate - (-1.0f64).exp_m1()).abs() < 1e-12 && with == Some(0.0), "{rate} {with:?}");
    assert_eq!(along("tanh", "normal(0,1)").1, None);
    // Minus half the point mass of the kink.
    let found = &derive(&["where(x<0.3,x,2*x-0.3)"], "uniform(0,1)")[0];
    let outcome = found["entropy_slope"]["outcome"].as_str().unwrap();
    assert!(outcome.starts_with("zero on every piece"), "{outcome}");
}

/// Critical points far out, and two that are close to each other.
#[test]
fn critical_points_of_what_turns_often() {
    let points = |f: &str, input: &str| -> Vec<f64> {
        let found = &derive(&[f], input)[0];
        found["singular_points"].as_array().unwrap().iter().map(|p| number(p, "/at")).collect()
    };
    let found = points("x+sin(x)", "laplace(0,1)");
    for k in [1, 3, 5, 7, 9, 11] {
        let at = std::f64::consts::PI * f64::from(k);
        assert!(found.iter().any(|x| (x - at).abs() < 1e-6), "{k} pi is not in {found:?}");
    }
    // cos(x) = -1/1.0001
    let found = points("x+1.0001*sin(x)", "normal(0,4)");
    let near = (-1.0f64 / 1.0001).acos();
    for at in [near, 2.0 * std::f64::consts::PI - near] {
        assert!(found.iter().any(|x| (x - at).abs() < 1e-9), "{at} is not in {found:?}");
    }
    let tails = &derive(&["x+sin(x)"], "cauchy(0,1)")[0]["tails"];
    assert!(tails[1]["statement"].as_str().unwrap().starts_with("f' is 0 again and again"), "{tails}");
}

/// p g/f' has limits at the infinite ends that it comes to like 1/x.
#[test]
fn boundary_terms_of_power_tails() {
    let output = eafo(&["derive", "softsign", "--input", "cauchy(0,1)", "--metric", "probability", "--json"], &[]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["status"], "solved", "{}", found["checks"]);
}

/// x - tanh(x) has one critical point, around which f' is 0 to doubles; a critical point at the end of the support leaves the
/// piece its interval.
#[test]
fn critical_points_that_touch_and_those_at_ends() {
    let points = &derive(&["x-tanh(x)"], "normal(0,1)")[0]["singular_points"];
    assert_eq!(points.as_array().unwrap().len(), 1, "{points}");
    assert_eq!(points[0]["at"], 0.0, "{points}");
    let interval = &derive(&["x^2"], "gamma(0.5,1)")[0]["monotone_interval"];
    assert_eq!((&interval["lower"], interval["upper"].as_f64()), (&"-inf".into(), Some(0.0)), "{interval}");
}
