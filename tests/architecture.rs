//! The layer law of DESIGN.md, read off the `use crate::` lines, and the one door to symbolica.

use std::fs;
use std::path::{Path, PathBuf};

/// A layer may use the layers of a smaller rank, and itself.
const RANKS: [(&str, usize); 14] = [
    ("error", 0),
    ("numeric", 1),
    ("expr", 2),
    ("samples", 2),
    ("cas", 3),
    ("input", 4),
    ("activation", 4),
    ("entropy", 5),
    ("fit", 5),
    ("properties", 6),
    ("solve", 6),
    ("emit", 7),
    ("report", 7),
    ("cli", 8),
];

fn rank(layer: &str) -> Option<usize> {
    RANKS.iter().find(|(name, _)| *name == layer).map(|(_, rank)| *rank)
}

/// Every source file below a folder with its text.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// The files of `src/` that belong to a layer: (layer, path, text). `lib.rs` and `main.rs` stand above the law.
fn layers() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let layer = |path: &Path| {
        let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
        first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
    };
    let named = found.into_iter().map(|(path, text)| (layer(&path), path, text));
    named.filter(|(layer, ..)| layer != "lib" && layer != "main").collect()
}

/// The words right after each `crate::` outside comments (doc links may point anywhere).
fn used(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1)).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn nothing_imports_upward() {
    let files = layers();
    assert!(files.len() > 50, "only {} files were read", files.len());
    for (layer, path, text) in &files {
        let own = rank(layer).unwrap_or_else(|| panic!("{layer} has no place in the layer law"));
        for name in used(text) {
            let theirs = rank(name).unwrap_or_else(|| panic!("{}: crate::{name} is no layer", path.display()));
            assert!(name == layer || theirs < own, "{}: {layer} uses {name}", path.display());
        }
    }
}

#[test]
fn only_cas_names_symbolica() {
    for (layer, path, text) in layers() {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let named = code.into_iter().any(|line| line.contains("symbolica::"));
        assert!(!named || layer == "cas", "{} names symbolica", path.display());
    }
}
