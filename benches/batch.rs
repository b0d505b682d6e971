//! Nanoseconds per point of CRReLU, GELU and SiLU with first derivative over 10^7 doubles on one thread, beside those of a
//! copy of three such slices (what memory alone allows). side_by_side_batch.py reads the lines.
//! usage: batch [points] [runs] [activation]

use eafo::{Activation, Batch};
use std::hint::black_box;
use std::time::Instant;

/// The best of so many runs, in nanoseconds per point.
fn nanoseconds(runs: usize, points: usize, mut work: impl FnMut()) -> f64 {
    let mut time = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e9 / points as f64
    };
    (0..runs).map(|_| time()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let number = |i: usize| std::env::args().nth(i).and_then(|n| n.parse().ok());
    let (points, runs) = (number(1).unwrap_or(10_000_000), number(2).unwrap_or(5));
    let only = std::env::args().nth(3);
    let x: Vec<f64> = (0..points).map(|i| 12.0 * i as f64 / points as f64 - 6.0).collect();
    let (mut value, mut slope) = (vec![1.0; points], vec![1.0; points]);
    for name in ["crrelu", "gelu", "silu"] {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let f = Activation::parse(name).and_then(|a| a.formula.bound()).expect("an activation");
        let batch = Batch::new(&f).expect("compiles");
        let time = nanoseconds(runs, points, || {
            batch.values_and_slopes(black_box(&x), &mut value, &mut slope).expect("equal lengths");
        });
        println!("{name} {time}");
    }
    let copy = nanoseconds(runs, points, || {
        value.copy_from_slice(black_box(&x));
        slope.copy_from_slice(black_box(&x));
    });
    println!("memory {copy}");
}
