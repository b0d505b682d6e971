//! Lagrange reversion: the improved activation to order N against the exact inverse of y + t eta (math.md section 4).

use eafo::{Activation, Input, Settings, Solution, Tape, derive};

fn solution(f: &str, input: &str, order: u32) -> Solution {
    let settings = Settings { order, ..Settings::default() };
    derive(&Activation::parse(f).unwrap(), &Input::parse(input).unwrap(), &settings).unwrap()
}

#[test]
fn errors_of_order_1_to_8() {
    let s = solution("identity", "normal(0,1)", 8);
    let table = s.convergence_at(0.2, &[1.3]).unwrap();
    assert_eq!(table.outcome, None);
    // math.md gives two digits.
    let want = [1.0e-3, 3.9e-5, 5.9e-6, 2.1e-7, 1.7e-8, 2.5e-9, 8.2e-11, 1.1e-11];
    assert_eq!(table.rows.len(), want.len());
    for (row, want) in table.rows.iter().zip(want) {
        assert!((row.error / want - 1.0).abs() < 0.06, "{row:?} {want}");
    }
    // The exact value solves z = u + t u phi(u) with f(u) = u.
    let phi = |u: f64| (-0.5 * u * u).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let u = table.exact[0];
    assert!((u + 0.2 * u * phi(u) - 1.3).abs() < 1e-15);
}

#[test]
fn every_order_gains_over_the_catalogue() {
    for (f, input) in [
        ("identity", "normal(0,1)"),
        ("sigmoid", "normal(0,1)"),
        ("tanh", "normal(0,1)"),
        ("softplus", "normal(0,1)"),
        ("exp", "normal(0,1)"),
        ("arctan", "normal(0,1)"),
        ("asinh", "normal(0,1)"),
        ("leaky_relu", "normal(0,1)"),
        ("relu", "normal(0,1)"),
        ("softsign", "normal(0,1)"),
        ("identity", "logistic(0,1)"),
        ("softplus", "logistic(0,1)"),
        ("asinh", "logistic(0,1)"),
        ("identity", "laplace(0,1)"),
        ("softplus", "laplace(0,1)"),
        ("exp(-x)", "normal(0,1)"),
    ] {
        let s = solution(f, input, 4);
        let table = s.convergence.as_ref().unwrap_or_else(|| panic!("{f} under {input}: no table"));
        assert!(table.t > 0.0 && table.points.len() >= 3, "{f} under {input}: {table:?}");
        assert_eq!(table.rows.len(), 4, "{f} under {input}");
        let (first, last) = (table.rows[0].error, table.rows[3].error);
        assert!(last < 0.05 * first, "{f} under {input}: {:?}", table.rows);
        for check in &s.checks {
            assert!(check.pass(), "{f} under {input}: {check:?}");
        }
    }
}

/// The terms as algebra leaves them against Taylor coefficients of f_t by the exact inverse: halving t divides the error of
/// order N by 2^(N+1).
#[test]
fn the_error_has_the_order_claimed() {
    for (f, input, at) in [
        ("tanh", "normal(0,1)", 0.4),
        ("sigmoid", "normal(0.3,1)", -0.7),
        ("softplus", "logistic(0,1)", 0.9),
        ("asinh", "mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))", 0.2),
        ("exp(-x)", "normal(0,1)", 0.3),
    ] {
        let s = solution(f, input, 4);
        let steep = s.convergence.as_ref().unwrap().t;
        let errors = |t: f64| s.convergence_at(t, &[at]).unwrap().rows.iter().map(|r| r.error).collect::<Vec<_>>();
        let (wide, narrow) = (errors(0.25 * steep), errors(0.125 * steep));
        for n in 1..=4usize {
            if narrow[n - 1] < 1e-14 {
                continue; // rounding rules
            }
            let order = (wide[n - 1] / narrow[n - 1]).log2();
            // A leading coefficient that is small by accident raises it.
            assert!(order > n as f64 + 0.5, "{f} under {input}, order {n}: {wide:?} {narrow:?}");
        }
    }
}

#[test]
fn steps_too_large_and_places_without_an_inverse_are_named() {
    let s = solution("identity", "normal(0,1)", 2);
    // u + t u phi(u) turns where t (u^2 - 1) phi(u) = 1, which t = 8 reaches.
    let table = s.convergence_at(8.0, &[2.9]).unwrap();
    assert!(table.points.is_empty() && table.rows.is_empty());
    assert!(table.outcome.unwrap().contains("t = 8 is too large: y + t eta takes the value at u = "), "t = 8");
    let s = solution("relu", "normal(0,1)", 2);
    let table = s.convergence_at(0.1, &[-1.0, 1.0]).unwrap();
    assert_eq!(table.points, [1.0]);
    assert_eq!(table.outcome.as_deref(), Some("left out: z = -1: f is constant there"));
}

#[test]
fn the_table_reads_back() {
    let s = solution("tanh", "normal(0,1)", 3);
    let c = s.candidate().improved.unwrap().convergence.unwrap();
    assert_eq!(c.rows.len(), 3);
    let tape = Tape::new(&s.activation.formula.bound().unwrap()).unwrap();
    for (z, exact) in c.points.iter().zip(&c.exact) {
        assert!((tape.eval(z.0) - exact.0).abs() < 0.2, "{} {}", z.0, exact.0);
    }
}
