//! The correction and its second-order term against mpmath (reference/correction.json), every row, through the program:
//! the text of `eafo derive --json` goes back into `eafo eval`.

use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// The table is good to 1e-13 relative.
const RELATIVE: f64 = 1e-10;
/// Where the expected value is 0 or close to it.
const ABSOLUTE: f64 = 1e-14;

fn eafo(args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_eafo")).args(args).arg("--json").output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The values of an expression, given as text, at points.
fn values(text: &str, points: &str) -> Vec<f64> {
    let document = eafo(&["eval", text, "--at", points]);
    document["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

/// A list of decimal texts.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect()
}

/// What deviates from the expected values, in words.
fn deviations(what: &str, points: &[&str], found: &[f64], expected: &Value, failures: &mut Vec<String>) {
    let expected: Vec<f64> = texts(expected).iter().map(|t| t.parse().unwrap()).collect();
    assert_eq!((found.len(), expected.len()), (points.len(), points.len()), "{what}");
    for ((point, found), expected) in points.iter().zip(found).zip(expected) {
        let right = (found - expected).abs() <= ABSOLUTE + RELATIVE * expected.abs();
        if !right {
            failures.push(format!("{what} at {point}: {found:e}, expected {expected:e}"));
        }
    }
}

fn first_order(row: &Value, candidate: &Value, failures: &mut Vec<String>) {
    let (points, text) = (texts(&row["points"]), candidate["correction"]["text"].as_str().unwrap());
    let what = format!("{} under {}: {text}", row["activation"], row["input"]);
    deviations(&what, &points, &values(text, &points.join(",")), &row["correction"], failures);
}

/// `orders[n].text` is the factor of eps^n, and eps = scale t, so the second Lagrange term is orders[2] scale^2 with
/// scale = correction / orders[1]. Rows of non-monotone activations have none: their other branches are not in the table.
fn second_order(row: &Value, candidate: &Value, failures: &mut Vec<String>) {
    if row["order2_term"].is_null() {
        return;
    }
    let what = format!("{} under {}, order 2", row["activation"], row["input"]);
    let points = texts(&row["points"]);
    let at = points.join(",");
    let order = |n: u64| {
        let orders = candidate["improved"]["orders"].as_array().unwrap();
        orders.iter().find(|o| o["n"] == n).map(|o| values(o["text"].as_str().unwrap(), &at))
    };
    let terms = match (order(1), order(2)) {
        (Some(first), Some(second)) => {
            let correction = values(candidate["correction"]["text"].as_str().unwrap(), &at);
            // The scale is one number; it is taken where the direction is largest.
            let pairs = correction.iter().zip(&first).filter(|(_, f)| **f != 0.0);
            let scale = pairs.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).map_or(0.0, |(c, f)| c / f);
            second.iter().map(|s| s * scale * scale).collect()
        }
        _ if candidate["correction"]["zero"] == true => vec![0.0; points.len()],
        _ => return failures.push(format!("{what}: absent")),
    };
    deviations(&what, &points, &terms, &row["order2_term"], failures);
}

/// Derives every row whose input is wanted, the rows of one input in one process, and hands each to a comparison.
fn compare(wanted: fn(&str) -> bool, comparison: fn(&Value, &Value, &mut Vec<String>)) {
    let table: Value = serde_json::from_str(include_str!("reference/correction.json")).unwrap();
    let mut inputs: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in table["rows"].as_array().unwrap() {
        inputs.entry(row["input"].as_str().unwrap()).or_default().push(row);
    }
    let mut failures = Vec::new();
    for (input, rows) in inputs.into_iter().filter(|(input, _)| wanted(input)) {
        let names: Vec<&str> = rows.iter().map(|row| row["activation"].as_str().unwrap()).collect();
        let document = eafo(&[&["derive"], &names[..], &["--input", input, "--order", "2"]].concat());
        let candidates = match document.get("candidates") {
            Some(several) => several.as_array().unwrap().clone(),
            None => vec![document],
        };
        assert_eq!(candidates.len(), rows.len(), "{input}");
        for (row, candidate) in rows.iter().zip(&candidates) {
            comparison(row, candidate, &mut failures);
        }
    }
    assert!(failures.is_empty(), "{} deviations:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn corrections_agree_with_mpmath() {
    compare(|_| true, first_order);
}

#[test]
fn second_orders_agree_with_mpmath() {
    compare(|input| !input.starts_with("mixture"), second_order);
}

/// Under a mixture the terms are derivatives of a sum, by another route of the program.
#[test]
fn second_orders_under_mixtures_agree_with_mpmath() {
    compare(|input| input.starts_with("mixture"), second_order);
}
