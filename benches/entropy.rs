//! Microseconds per pair of activation and input, branches and moments included, and all pairs of the reference table. An
//! activation is cut into pieces and compiled once for all its inputs, as in a table; the peer's are written out by hand.
//! The pairs are those of peers/entropy_scipy.py; side_by_side_entropy.py reads the lines.

use eafo::{Expr, Input, Shape, entropy};
use std::hint::black_box;
use std::time::Instant;

const MONOTONE: [&str; 9] =
    ["identity", "leaky_relu(0.01)", "elu(1)", "softplus", "sigmoid", "tanh", "arctan", "asinh", "softsign"];
const INPUTS: [&str; 4] = ["normal(0,1)", "logistic(0,1)", "laplace(0,1)", "student_t(5)"];
const NON_MONOTONE: [&str; 2] = ["gelu", "silu"];
const REPETITIONS: usize = 401;

fn activation(text: &str) -> Expr {
    eafo::Activation::parse(text).and_then(|a| a.formula.bound()).expect("an activation")
}

fn input(text: &str) -> Input {
    Input::parse(text).expect("an input")
}

/// The median of many runs, in microseconds.
fn microseconds(repetitions: usize, mut work: impl FnMut()) -> f64 {
    let mut time = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e6
    };
    let mut times: Vec<f64> = (0..repetitions).map(|_| time()).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn pair(kind: &str, activation_text: &str, input_text: &str) {
    let (f, d) = (activation(activation_text), input(input_text));
    let shape = Shape::new(&f);
    let value = shape.entropy(&d).expect("an entropy").entropy.value;
    let time = microseconds(REPETITIONS, || drop(black_box(black_box(&shape).entropy(black_box(&d)))));
    println!("{kind} {activation_text} {input_text} {value:?} {time:.2}");
}

/// The distinct values of a column, in order of appearance.
fn distinct(rows: &[serde_json::Value], key: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in rows.iter().filter_map(|row| row[key].as_str()) {
        if !all.iter().any(|known| known == text) {
            all.push(text.to_owned());
        }
    }
    all
}

/// All activations of the reference table under all its inputs, one after the other on one thread, texts parsed anew.
fn table() {
    let table: serde_json::Value =
        serde_json::from_str(include_str!("../tests/reference/entropy.json")).expect("the table");
    let rows = table["rows"].as_array().expect("rows");
    let (names, laws) = (distinct(rows, "activation"), distinct(rows, "input"));
    let time = microseconds(21, || {
        let fs: Vec<Expr> = names.iter().map(|a| activation(a)).collect();
        let ds: Vec<Input> = laws.iter().map(|d| input(d)).collect();
        for f in &fs {
            for d in &ds {
                drop(black_box(entropy(f, d)));
            }
        }
    });
    println!("table {}x{} {:.3} ms", names.len(), laws.len(), time / 1e3);
}

fn main() {
    // With a word, the monotone pairs of the inputs that contain it, for a profiler.
    let word = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    for d in INPUTS.into_iter().filter(|d| word.as_ref().is_none_or(|word| d.contains(word.as_str()))) {
        for a in MONOTONE {
            pair("monotone", a, d);
        }
    }
    if word.is_some() {
        return;
    }
    for a in NON_MONOTONE {
        pair("non_monotone", a, "normal(0,1)");
    }
    table();
}
