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
    let out =
        Command::new(env!("CARGO_BIN_EXE_eafo")).arg("run").args(&scripts).current_dir(&folder).output().expect("eafo");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
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
