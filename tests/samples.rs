//! Sample files: every format against NumPy, and every way in which a file can be wrong.

use eafo::{Error, Reading, Reservoir, Sample, SampleMoments, read_samples};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples").join(file)
}

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/samples.json")).unwrap()
}

fn only(array: &str) -> Reading {
    Reading { arrays: vec![array.into()], ..Reading::default() }
}

/// What is wrong with the content of a file.
fn refusal(path: &Path, reading: &Reading) -> String {
    match read_samples(path, reading) {
        Err(Error::Content { path: named, reason }) => {
            assert_eq!(named, path);
            reason
        }
        other => panic!("{}: {other:?}", path.display()),
    }
}

/// NumPy's moments are those of extended precision: ours may differ by the rounding of doubles.
#[test]
fn moments_and_quantiles_as_in_numpy() {
    let rows = reference();
    let rows = rows["arrays"].as_array().unwrap();
    assert!(rows.len() > 12);
    for row in rows {
        let (file, name) = (row["file"].as_str().unwrap(), row["name"].as_str().unwrap());
        let reading = Reading { drop_non_finite: true, ..only(name) };
        let sample = read_samples(&fixture(file), &reading).unwrap().remove(0);
        let label = format!("{file}:{name}");
        assert_eq!(sample.name, name, "{label}");
        assert_eq!(sample.sha256, row["sha256"].as_str().unwrap(), "{label}");
        assert_eq!(sample.dtype, row["dtype"].as_str().unwrap(), "{label}");
        let whole = |key: &str| row[key].as_u64().unwrap();
        assert_eq!((sample.count(), sample.nan, sample.infinite), (whole("count"), whole("nan"), whole("infinite")));
        let m = &sample.moments;
        let close = |key: &str, found: Option<f64>, tolerance: f64| {
            let (found, wanted) = (found.unwrap(), row[key].as_f64().unwrap());
            assert!((found - wanted).abs() <= tolerance, "{label} {key}: {found} against {wanted}");
        };
        let spread = m.deviation().unwrap();
        close("mean", m.mean(), 1e-15 * (spread + m.mean().unwrap().abs()));
        close("variance", m.variance(), 1e-14 * spread * spread);
        close("skewness", m.skewness(), 1e-13);
        close("kurtosis", m.kurtosis(), 1e-13 * m.kurtosis().unwrap());
        assert_eq!((m.min(), m.max()), (row["min"].as_f64(), row["max"].as_f64()), "{label}");
        assert!(sample.complete() && sample.kept.is_sorted());
        for (p, q) in [0.05, 0.5, 0.9].iter().zip(row["quantiles"].as_array().unwrap()) {
            let (found, wanted) = (sample.quantile(*p).unwrap(), q.as_f64().unwrap());
            assert!((found - wanted).abs() <= 4e-16 * wanted.abs(), "{label} quantile {p}: {found} against {wanted}");
        }
    }
}

#[test]
fn all_arrays_are_those_with_fractions() {
    let names = |file: &str| -> Vec<String> {
        read_samples(&fixture(file), &Reading::default()).unwrap().into_iter().map(|s| s.name).collect()
    };
    assert_eq!(names("layers.npz"), ["conv1", "conv2"]);
    assert_eq!(names("stored.npz"), ["conv1", "conv2"]);
    assert_eq!(names("tensors.safetensors"), ["double", "single", "brain", "half"]);
    assert_eq!(names("table.csv"), ["pre", "post"]);
    assert_eq!(names("counts.npy"), ["counts"]);
    let order = Reading { arrays: vec!["half".into(), "double".into()], ..Reading::default() };
    let chosen = read_samples(&fixture("tensors.safetensors"), &order).unwrap();
    assert_eq!(chosen.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["half", "double"]);
}

#[test]
fn what_a_file_may_not_hold() {
    let cases = [
        ("holes.npy", "holes", "`holes` has 2 NaN and 3 infinite values among its 200; `eafo fit --drop-non-finite`"),
        ("pickled.npy", "pickled", "pickled Python objects, which are never loaded"),
        ("complex.npy", "complex", "complex numbers (<c16)"),
        ("bool.npy", "bool", "booleans (|b1)"),
        ("string.npy", "string", "strings (<U3)"),
        ("structured.npy", "structured", "a structured type"),
        ("empty.npy", "empty", "`empty` is empty"),
        ("layers.npz", "names", "`names`: it holds strings (<U5)"),
        ("layers.npz", "conv3", "no array `conv3`; did you mean `conv1`? It holds `conv1`, `conv2`, `steps`, `names`"),
        ("tensors.safetensors", "mask", "`mask`: it holds booleans"),
        ("table.csv", "pot", "did you mean `post`?"),
    ];
    for (file, array, wanted) in cases {
        let reason = refusal(&fixture(file), &only(array));
        assert!(reason.contains(wanted), "{file}: {reason}");
    }
    assert!(matches!(read_samples(&fixture("none.npy"), &Reading::default()), Err(Error::File { action: "read", .. })));
    assert!(refusal(&fixture("../crrelu.json"), &Reading::default()).contains("`json` is none of the known formats"));
    let scalar = read_samples(&fixture("scalar.npy"), &Reading::default()).unwrap().remove(0);
    assert_eq!((scalar.kept.as_slice(), scalar.moments.variance()), (&[2.5][..], Some(0.0)));
}

/// A .npy file with a header of our making.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn described(descr: &str, shape: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
}

fn written(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn hostile_npy_headers() {
    let folder = tempfile::tempdir().unwrap();
    let eight = 1.5f64.to_le_bytes();
    let nested = format!("{}{}", "(".repeat(3000), ")".repeat(3000));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (npy(&described("'<f8'", "(1000000000000000000,)"), &eight), "about 8e18 bytes; no file holds more"),
        (npy(&described("'<f8'", "(99999999999,)"), &eight), "800000000070 bytes with the header"),
        (npy(&described("'<f8'", "(4294967296, 4294967296, 16)"), &eight), "no file holds more than"),
        (npy(&described("'<f8'", "(2,)"), &eight), "it is truncated"),
        (npy(&described("'<f8'", "(1,)"), &[0; 9]), "something else follows"),
        (npy(&described("'<f16'", "(1,)"), &[0; 16]), "numbers of an unusual size (<f16)"),
        (npy(&described("'<f8'", "(-1,)"), &eight), "its header is malformed"),
        (npy(&described("'<é8'", "(1,)"), &eight), "which the header of an array of numbers never has"),
        (npy(&described(r"'\N{DIGIT ONE}'", "(1,)"), &eight), "the byte 0x5c"),
        (npy(&described("'<f8'", &nested), &eight), "nests deeper than 8"),
        (npy("{'descr': '<f8'}", &eight), "missing key"),
        (npy("[1,2]", &eight), "expected a python dict"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), "its header claims 4294967295 bytes"),
        (b"\x93NUMPY\x09\x00\x00\x00\x00\x00\x00".to_vec(), "unsupported version: (9, 0)"),
        (b"\x93NUMPY\x01\x00\x80\x00{'descr".to_vec(), "it ends within the header"),
        (b"GIF89a, as it were".to_vec(), "magic word"),
        (vec![], "it ends within the header"),
        (npy(&described("'<f8'", "(1,)"), &1e200f64.to_le_bytes()), "a number of size 1e200"),
        (npy(&described("'<f8'", "(1,)"), &f64::NAN.to_le_bytes()), "no finite number: 1 NaN and 0 infinite values"),
    ];
    for (i, (bytes, wanted)) in cases.iter().enumerate() {
        let path = written(&folder, &format!("case{i}.npy"), bytes);
        let reason = refusal(&path, &Reading { drop_non_finite: true, ..Reading::default() });
        assert!(reason.contains(wanted), "case {i}: {reason}");
    }
    let folder_as_file = folder.path().join("folder.npy");
    std::fs::create_dir(&folder_as_file).unwrap();
    assert!(read_samples(&folder_as_file, &Reading::default()).is_err());
}

#[test]
fn hostile_tensors_and_archives() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = |length: u64, header: &str, data: usize| {
        [&length.to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat()
    };
    let header = |dtype: &str, shape: &str, to: u64| {
        format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{to}]}}}}"#)
    };
    let good = header("F32", "[2]", 8);
    let n = good.len() as u64;
    let huge = header("F32", "[250000000000000000]", 1_000_000_000_000_000_000);
    let wraps = header("F32", "[4294967296,4294967296,4]", 8);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (tensors(n, &good, 4), "it is truncated"),
        (tensors(n, &good, 12), "something else follows"),
        (tensors(huge.len() as u64, &huge, 8), "claims 1000000000000000000 bytes of numbers"),
        (tensors(wraps.len() as u64, &wraps, 8), "its header is malformed"),
        (tensors(1 << 62, &good, 8), "more than the format allows"),
        (tensors(90_000_000, &good, 8), "more than the file has"),
        (tensors(2, "[]", 0), "its header is malformed"),
        (tensors(2, "{}", 0), "it holds no array of numbers"),
        (vec![1, 0, 0], "it ends within the header"),
    ];
    for (i, (bytes, wanted)) in cases.iter().enumerate() {
        let path = written(&folder, &format!("case{i}.safetensors"), bytes);
        let reason = refusal(&path, &Reading::default());
        assert!(reason.contains(wanted), "case {i}: {reason}");
    }
    let archive = std::fs::read(fixture("layers.npz")).unwrap();
    let cut = written(&folder, "cut.npz", &archive[..archive.len() / 2]);
    assert!(refusal(&cut, &Reading::default()).contains("not an archive that can be read"));
    let mut flipped = archive.clone();
    flipped[200] ^= 0x55;
    let flipped = written(&folder, "flipped.npz", &flipped);
    assert!(read_samples(&flipped, &only("conv1")).is_err(), "a wrong checksum went unnoticed");
}

/// An entry that decompresses to far more than its header says, and one whose header says more than it holds.
#[test]
fn bombs() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let archive = |name: &str, header: &str, zeros: usize| {
        let path = folder.path().join(name);
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        zip.start_file("a.npy", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&npy(header, &vec![0; zeros])).unwrap();
        zip.finish().unwrap();
        path
    };
    let more = archive("more.npz", &described("'<f8'", "(1,)"), 1 << 24);
    assert!(refusal(&more, &Reading::default()).contains("something else follows"));
    let less = archive("less.npz", &described("'<f8'", "(1000000000000,)"), 1 << 10);
    assert!(refusal(&less, &Reading::default()).contains("it is truncated"));
}

#[test]
fn tables_without_names_and_with_other_separators() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str, reading: &Reading| read_samples(&written(&folder, "t.csv", text.as_bytes()), reading);
    let plain = read("1,2\n3,4\r\n5,6", &Reading::default()).unwrap();
    assert_eq!(plain.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["column1", "column2"]);
    assert_eq!((&plain[0].kept, &plain[1].kept), (&vec![1.0, 3.0, 5.0], &vec![2.0, 4.0, 6.0]));
    let one = read("# written by hand\n1\n\n2\n", &Reading::default()).unwrap();
    assert_eq!((one[0].name.as_str(), one[0].kept.as_slice()), ("t", &[1.0, 2.0][..]));
    let german = read("\u{feff}\"a\";b\n1e3;-2\n", &Reading::default()).unwrap();
    assert_eq!((german[0].name.as_str(), german[1].kept.as_slice()), ("a", &[-2.0][..]));
    let gaps = read("a,b\n1,x\n,y\n3,z\n", &Reading { drop_non_finite: true, ..only("a") }).unwrap();
    assert_eq!((gaps[0].nan, gaps[0].kept.as_slice()), (1, &[1.0, 3.0][..]));
    let wrong = |text: &str, wanted: &str| match read(text, &Reading::default()) {
        Err(Error::Content { reason, .. }) => assert!(reason.contains(wanted), "{reason}"),
        other => panic!("{text:?}: {other:?}"),
    };
    wrong("a,b\n1,x\n", "line 2, column `b`: `x` is not a number; --array names the columns to read");
    wrong("1,2\n3\n", "line 2 has 1 fields, the lines before have 2");
    wrong("", "it is empty");
    wrong("a,b\n", "array `a` is empty");
    wrong(&format!("a\n\"{}", "1".repeat(17 << 20)), "longer than 16777216 bytes");
    let wide: String = (0..5000).map(|i| format!("{i},")).collect();
    wrong(&format!("{wide}1\n"), "it holds 5001 arrays of numbers; name those to read, up to 4096");
}

/// The same file, however many threads; another seed keeps other values.
#[test]
fn a_reservoir_depends_on_the_seed_alone() {
    let read = |threads, seed| {
        let reading = Reading { keep: 100, threads, seed, ..Reading::default() };
        read_samples(&fixture("layers.npz"), &reading).unwrap()
    };
    let (one, four, other) = (read(1, 3), read(4, 3), read(1, 4));
    assert_eq!(one, four);
    assert_eq!(one[0].moments, other[0].moments);
    assert_ne!(one[0].kept, other[0].kept);
    assert_eq!((one[0].kept.len(), one[0].complete(), one[0].count()), (100, false, 800));
    let all = read_samples(&fixture("layers.npz"), &Reading::default()).unwrap();
    assert!(one[0].kept.iter().all(|x| all[0].kept.contains(x)));
}

/// The share of [0, 1/4) among 10 000 of 200 000 values is 1/4 within 4 standard deviations.
#[test]
fn a_reservoir_is_uniform() {
    let values: Vec<f64> = (0..200_000).map(|i| f64::from(i) / 200_000.0).collect();
    let mut reservoir = Reservoir::new(10_000, 11);
    values.chunks(977).for_each(|chunk| reservoir.extend(chunk));
    let kept = reservoir.into_sorted();
    let share = kept.iter().filter(|x| **x < 0.25).count() as f64 / 1e4;
    assert!((share - 0.25).abs() < 4.0 * (0.25f64 * 0.75 / 1e4).sqrt(), "{share}");
    let mut distinct = kept.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 10_000);
}

#[test]
fn moments_merge_in_any_cut() {
    let values: Vec<f64> = (0..5000).map(|i| (f64::from(i) * 0.37).sin().powi(3) + 100.0).collect();
    let whole = SampleMoments::of(&values);
    for size in [1, 3, 64, 2049] {
        let mut merged = SampleMoments::default();
        values.chunks(size).for_each(|chunk| merged.merge(&SampleMoments::of(chunk)));
        assert_eq!((merged.count(), merged.min(), merged.max()), (whole.count(), whole.min(), whole.max()));
        let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() / b.unwrap() - 1.0).abs() < 1e-12;
        assert!(near(merged.mean(), whole.mean()) && near(merged.variance(), whole.variance()), "{merged:?}");
        assert!(near(merged.kurtosis(), whole.kurtosis()), "{merged:?} {whole:?}");
        assert!((merged.skewness().unwrap() - whole.skewness().unwrap()).abs() < 1e-12);
    }
}

#[test]
fn histogram_of_known_values() {
    let sample = Sample::of("four", &[0.0, 1.0, 1.5, 4.0, f64::NAN], 10, 0);
    assert_eq!(sample.histogram(4), (vec![0.0, 1.0, 2.0, 3.0, 4.0], vec![0.25, 0.5, 0.0, 0.25]));
    assert_eq!((sample.nan, sample.quantile(0.5), sample.quantile(1.5)), (1, Some(1.25), None));
}
