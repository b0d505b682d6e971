//! Warm derivations inside one process, checks included: the whole catalogue under the standard normal input, with the
//! allocator of the program.

use criterion::{Criterion, criterion_group, criterion_main};
use eafo::{Activation, CATALOGUE, Input, Settings, derive};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn derivations(c: &mut Criterion) {
    let input = Input::parse("normal(0,1)").expect("an input");
    for entry in CATALOGUE {
        let activation = Activation::parse(entry.name).expect("an activation");
        c.bench_function(entry.name, |b| {
            b.iter(|| derive(&activation, &input, &Settings::default()).expect("a solution"));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2)).sample_size(20);
    targets = derivations
}
criterion_main!(benches);
