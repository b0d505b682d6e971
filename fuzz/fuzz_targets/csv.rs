//! The reader of .csv files on any bytes: `cargo +nightly fuzz run csv -- -max_len=65536`, beginning with
//! the files in tests/fixtures/samples.
#![no_main]

use eafo::{Reading, read_samples};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("any.csv");
    if std::fs::write(&path, bytes).is_ok() {
        let reading = Reading { drop_non_finite: true, threads: 1, keep: 1000, ..Reading::default() };
        for sample in read_samples(&path, &reading).into_iter().flatten() {
            assert!(sample.kept.iter().all(|x| x.is_finite()));
        }
    }
});
