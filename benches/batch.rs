//! Nanoseconds per point of CRReLU, GELU and SiLU with first derivative over 10^7 doubles on one thread, beside those of a
//! copy of three such slices (what memory alone allows). side_by_side_batch.py reads the lines.

use eafo::{Activation, Batch};
use std::hint::black_box;
use std::time::Instant;

/// The best of five, in nanoseconds per point.
fn nanoseconds(points: usize, mut work: impl FnMut()) -> f64 {
    let mut time = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e9 / points as f64
    };
    (0..5).map(|_| time()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let points = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let x: Vec<f64> = (0..points).map(|i| 12.0 * i as f64 / points as f64 - 6.0).collect();
    let (mut value, mut slope) = (vec![1.0; points], vec![1.0; points]);
    for (name, text) in [("crrelu", "crrelu"), ("gelu", "gelu"), ("silu", "silu")] {
        let f = Activation::parse(text).and_then(|a| a.formula.bound()).expect("an activation");
        let batch = Batch::new(&f).expect("compiles");
        let time = nanoseconds(points, || {
            batch.values_and_slopes(black_box(&x), &mut value, &mut slope).expect("equal lengths");
        });
        println!("{name} {time}");
    }
    let copy = nanoseconds(points, || {
        value.copy_from_slice(black_box(&x));
        slope.copy_from_slice(black_box(&x));
    });
    println!("memory {copy}");
}
