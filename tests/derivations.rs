//! The committed results of `derivations/` are what the program derives today, byte for byte.

use std::path::Path;
use std::process::Command;

#[test]
fn every_script_reproduces_its_committed_result() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("plots")).expect("its plots folder");
    let mut scripts: Vec<_> = std::fs::read_dir(root.join("derivations"))
        .expect("derivations/")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    scripts.sort();
    assert!(scripts.len() >= 9, "scripts are missing: {scripts:?}");
    let mut eafo = Command::new(env!("CARGO_BIN_EXE_eafo"));
    let out = eafo.arg("run").args(&scripts).args(["--json", "-o", "all.json"]).current_dir(&folder).output();
    let out = out.expect("eafo");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all = std::fs::read(folder.path().join("all.json")).expect("the document of all");
    assert!(all == out.stdout, "the file of -o and the document on stdout differ");
    let all: serde_json::Value = serde_json::from_slice(&all).expect("JSON");
    assert_eq!(all["candidates"].as_array().map(Vec::len), Some(scripts.len()));
    for script in scripts {
        let name = script.file_stem().expect("a name").to_string_lossy().into_owned();
        let file = format!("plots/{name}.json");
        let (new, old) =
            (std::fs::read_to_string(folder.path().join(&file)), std::fs::read_to_string(root.join(&file)));
        let (new, old) = (new.expect("the new result"), old.expect("the committed result"));
        assert!(new == old, "{file} differs from the committed one; if the change is meant, run the scripts again");
        assert!(!new.contains("\"pass\": false"), "{file}: a check failed");
    }
}
