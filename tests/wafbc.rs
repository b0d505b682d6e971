//! The worst activation with boundary conditions: math.md sections 2 and 5, and tests/reference/wafbc.json.

use eafo::{
    Activation, Boundary, DiscreteSettings, DiscreteStatus, Error, Expr, Input, Tape, WorstProblem, WorstSolution,
    WorstStatus, input_for, levels, worst,
};

fn pair(text: &str) -> (Boundary, Boundary) {
    let (a, b) = text.split_once(',').unwrap();
    (Boundary::parse(a, false).unwrap(), Boundary::parse(b, true).unwrap())
}

fn problem(input: &str, range: &str) -> WorstProblem {
    WorstProblem::new(Input::parse(input).unwrap(), pair(range), None).unwrap()
}

fn solved(input: &str, range: &str) -> WorstSolution {
    let solution = worst(&problem(input, range)).unwrap();
    for check in &solution.checks {
        assert!(check.pass(), "{input}: {check:?}");
    }
    solution
}

#[test]
fn reference_table() {
    let table: serde_json::Value = serde_json::from_str(include_str!("reference/wafbc.json")).unwrap();
    let texts = |v: &serde_json::Value| -> Vec<f64> {
        v.as_array().unwrap().iter().map(|t| t.as_str().unwrap().parse().unwrap()).collect()
    };
    let mut compared = 0;
    for row in table["rows"].as_array().unwrap() {
        let input = row["input"].as_str().unwrap();
        let f = Tape::new(&solved(input, "0,1").activation.unwrap()).unwrap();
        for (x, want) in texts(&row["points"]).into_iter().zip(texts(&row["cdf"])) {
            assert!((f.eval(x) - want).abs() < 4e-16, "{input} at {x}: {} {want}", f.eval(x));
            compared += 1;
        }
    }
    assert!(compared >= 24);
}

#[test]
fn section_2_closed_forms() {
    for (input, range, text) in [
        ("normal(0,1)", "0,1", "0.5 + erf(x/sqrt(2))/2"),
        ("normal(0,1)", "-1,1", "erf(x/sqrt(2))"),
        ("logistic(0,1)", "0,1", "sigmoid(x)"),
        ("logistic(0,1/2)", "-1,1", "tanh(x)"),
        ("cauchy(0,1)", "0,1", "0.5 + atan(x)/pi"),
        ("sech(1)", "0,1", "2*atan(exp(pi*x/2))/pi"),
        ("uniform(-3,3)", "0,1", "hard_sigmoid(x)"),
        ("uniform(-1,1)", "-1,1", "hard_tanh(x)"),
        ("laplace(0,1)", "0,1", "where(x < 0,exp(x)/2,1 - exp(-x)/2)"),
        ("student_t(2)", "0,1", "0.5 + x/(2*sqrt(2 + x^2))"),
        ("softsign(0,1)", "-1,1", "softsign(x)"),
    ] {
        let solution = solved(input, range);
        assert_eq!(solution.activation.unwrap().to_string(), text, "{input} on {range}");
        let proof = solution.steps.iter().find(|s| s.rule == "closed form").unwrap();
        assert!(proof.checked.starts_with("proved by algebra"), "{input}: {}", proof.checked);
    }
}

#[test]
fn section_2_inverse_problem() {
    for (activation, input) in [
        ("tanh", "logistic(0,0.5)"),
        ("sigmoid", "logistic(0,1)"),
        ("atan(x)", "cauchy(0,1)"),
        ("softsign", "softsign(0,1)"),
        ("hard_sigmoid", "uniform(-3,3)"),
        ("hard_tanh", "uniform(-1,1)"),
        ("Phi(x)", "normal(0,1)"),
    ] {
        let solution = input_for(&Activation::parse(activation).unwrap()).unwrap();
        assert_eq!(solution.input.unwrap().text(), input, "{activation}");
        assert!(solution.checks.iter().all(|check| check.pass()), "{activation}");
    }
    let erf = input_for(&Activation::parse("erf(x)").unwrap()).unwrap().input.unwrap();
    assert!((erf.variance().unwrap() - 0.5).abs() < 1e-15, "{erf}");
    for unanswerable in ["relu", "gelu", "sin(x)", "exp(-x^2)", "log(1 + x^2)"] {
        assert!(input_for(&Activation::parse(unanswerable).unwrap()).unwrap().input.is_err(), "{unanswerable}");
    }
}

#[test]
fn section_2_between_finite_points() {
    let problem = WorstProblem::new(Input::parse("normal(0,1)").unwrap(), pair("2,5"), Some(pair("-1,2"))).unwrap();
    let f = Tape::new(&worst(&problem).unwrap().activation.unwrap()).unwrap();
    let cdf = |x: f64| Tape::new(&Expr::parse("Phi(x)").unwrap()).unwrap().eval(x);
    for x in [-0.9, 0.0, 1.3] {
        let want = 2.0 + 3.0 * (cdf(x) - cdf(-1.0)) / (cdf(2.0) - cdf(-1.0));
        assert!((f.eval(x) - want).abs() < 1e-14, "{x}");
    }
    assert_eq!((f.eval(-1.5), f.eval(2.5)), (2.0, 5.0));
}

#[test]
fn section_2_an_infinite_range_is_unbounded() {
    for range in ["0,inf", "-inf,0", "-inf,inf", "0,free"] {
        let solution = worst(&problem("normal(0,1)", range)).unwrap();
        assert!(matches!(solution.status, WorstStatus::Unbounded(_)), "{range}");
        assert_eq!(solution.entropy.value, f64::INFINITY);
    }
}

#[test]
fn inputs_without_closed_distribution_function_are_interpolated() {
    for input in ["gamma(2.5,1)", "skew_normal(0,1,2)", "density(exp(-x^4),-inf,inf)"] {
        assert!(!solved(input, "0,1").closed, "{input}");
    }
}

#[test]
fn section_5_the_discretised_problem() {
    for (input, order) in [("normal(0,1)", 4.0), ("cauchy(0,1)", 4.0), ("logistic(0,1)", 4.0)] {
        let table = levels(&problem(input, "0,1"), &DiscreteSettings::new(1000).unwrap()).unwrap();
        assert_eq!(table.finest.status, DiscreteStatus::Converged, "{input}");
        assert!(table.finest.from_discrete < 1e-12 && table.finest.kkt_residual < 1e-12, "{input}");
        assert!(table.finest.deviation < 1e-9, "{input}: {}", table.finest.deviation);
        let observed = table.levels[4].order.unwrap();
        assert!((observed - order).abs() < 0.3, "{input}: {:?}", table.levels);
    }
}

#[test]
fn section_5_no_cells_are_refused() {
    assert!(matches!(DiscreteSettings::new(0), Err(Error::OutOfRange { .. })));
}
