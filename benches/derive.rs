//! Warm derivations inside one process, checks included.

use criterion::{Criterion, criterion_group, criterion_main};
use eafo::{Activation, Input, Settings, derive};

fn derivations(c: &mut Criterion) {
    let input = Input::parse("normal(0,1)").expect("an input");
    for name in ["relu", "sigmoid", "tanh", "softplus", "silu", "gelu", "mish"] {
        let activation = Activation::parse(name).expect("an activation");
        c.bench_function(name, |b| b.iter(|| derive(&activation, &input, &Settings::default()).expect("a solution")));
    }
}

criterion_group!(benches, derivations);
criterion_main!(benches);
