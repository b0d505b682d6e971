//! Every reader on thousands of valid files with bytes changed, cut out, doubled and put in: an answer or an error, never a
//! panic. The same in endless form, steered by coverage, is in `fuzz/`.

use eafo::{Reading, read_samples};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// Mutated files per fixture.
const ROUNDS: u64 = 600;
/// Numbers, signs and brackets that headers are made of, and the ends of the integers.
const TOKENS: &[&[u8]] = &[
    b"0",
    b"9",
    b"1000000000000000000",
    b"-1",
    b"(",
    b")",
    b"{",
    b"[",
    b"'<f8'",
    b"'|O'",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\0\0\0\0\0\0\0\x80",
    b"PK\x05\x06",
    b"PK\x01\x02",
    b"\x7f\xf0",
    b"NaN",
    b"inf",
    b"\"",
    b",",
    b"\n",
    b"e999",
    b"\xc3",
];

fn mutate(bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    for _ in 0..random.random_range(1..6) {
        // Headers are at the front, the directory of an archive at the back.
        let near = random.random_range(0..3);
        let length = bytes.len();
        let at = match near {
            0 => random.random_range(0..=length.min(160)),
            1 => length - random.random_range(0..=length.min(400)),
            _ => random.random_range(0..=length),
        };
        match random.random_range(0..6) {
            0 => bytes.truncate(at),
            1 if at < length => bytes[at] ^= 1 << random.random_range(0..8),
            2 if at < length => bytes[at] = random.random(),
            3 => {
                let end = (at + random.random_range(0..40)).min(length);
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + random.random_range(0..40)).min(length);
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let token = *TOKENS.choose(random).unwrap_or(&TOKENS[0]);
                let end = (at + random.random_range(0..=token.len())).min(length);
                bytes.splice(at..end, token.iter().copied());
            }
        }
    }
}

fn survives(file: &str) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples").join(file);
    let valid = std::fs::read(&fixture).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    let mut random = ChaCha8Rng::seed_from_u64(99);
    let (mut read, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let mut bytes = valid.clone();
        mutate(&mut bytes, &mut random);
        std::fs::write(&path, &bytes).unwrap();
        let reading = Reading { drop_non_finite: round % 2 == 0, threads: 1, keep: 500, ..Reading::default() };
        match read_samples(&path, &reading) {
            Ok(samples) => {
                read += 1;
                for sample in samples {
                    assert!(sample.count() > 0 && sample.kept.iter().all(|x| x.is_finite()), "round {round}");
                    assert!(sample.moments.mean().is_some_and(f64::is_finite), "round {round}");
                    assert!(sample.moments.variance().is_some_and(|v| v >= 0.0 && v.is_finite()), "round {round}");
                }
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(read > 0 && refused > 0, "{file}: {read} read, {refused} refused: the mutations test one side only");
}

macro_rules! fixtures {
    ($($name:ident $file:literal;)*) => { $(#[test] fn $name() { survives($file); })* };
}

fixtures! {
    npy "fortran.npy";
    npy_of_integers "counts.npy";
    npz "layers.npz";
    npz_stored "stored.npz";
    safetensors "tensors.safetensors";
    csv "table.csv";
}
