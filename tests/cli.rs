//! The program as a process: exit codes, one JSON document on stdout, messages on stderr, files whole or absent.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn eafo(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eafo")).args(args).current_dir(folder).output().unwrap()
}

fn here(args: &[&str]) -> Output {
    eafo(Path::new("."), args)
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The message of a run that must end with exit code 2 and print nothing.
fn refused(folder: &Path, args: &[&str]) -> String {
    let output = eafo(folder, args);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {}", err(&output));
    assert_eq!(out(&output), "", "{args:?}");
    err(&output)
}

#[test]
fn help_and_version_are_answers() {
    for args in [["--help"], ["--version"]] {
        let output = here(&args);
        assert_eq!(output.status.code(), Some(0));
        assert!(out(&output).contains("eafo") && err(&output).is_empty());
    }
    assert_eq!(out(&here(&["--version"])), format!("eafo {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_arguments_exit_with_2() {
    for args in [&[] as &[&str], &["nonsense"], &["schema", "--nonsense"], &["completions", "nonsense"]] {
        assert_eq!(here(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn json_is_one_document() {
    for args in
        [&["schema"] as &[&str], &["schema", "--json"], &["doctor", "--json"], &["completions", "bash", "--json"]]
    {
        let output = here(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
        assert_eq!(err(&output), "", "{args:?}");
    }
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(out(&here(&["completions", shell])).contains("eafo"), "{shell}");
    }
}

#[test]
fn a_file_is_written_whole_beside_what_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schema.json"), "old").unwrap();
    let output = eafo(folder.path(), &["schema", "--json", "-o", "schema.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(std::fs::read(folder.path().join("schema.json")).unwrap(), output.stdout);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn an_unwritable_path_is_said_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let message = |path: &str| refused(folder.path(), &["schema", "-o", path]);
    assert_eq!(message("no/where.json"), "eafo: cannot write no/where.json: there is no folder no\n");
    assert_eq!(message("."), "eafo: cannot write .: it is a folder\n");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_eafo"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), err(&output)), (Some(0), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_error() {
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_eafo")).arg("schema").stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).starts_with("eafo: cannot write stdout: "));
}

#[test]
fn doctor_sees_who_holds_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    let doctor = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eafo"));
        let output = command.arg("doctor").env("EAFO_LOCK", &lock).env_remove("SYMBOLICA_LICENSE").output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(out(&output).contains("SYMBOLICA_LICENSE") && out(&output).contains(lock.to_str().unwrap()));
        out(&output)
    };
    assert!(doctor().contains("lock        free"));
    let held = std::fs::File::create(&lock).unwrap();
    held.lock().unwrap();
    assert!(doctor().contains("lock        held by another eafo"));
}

#[test]
fn a_formula_may_start_with_a_minus() {
    let value = |args: &[&str]| {
        let output = here(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", err(&output));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    assert_eq!(value(&["eval", "-x", "--at", "-2.5,1", "--json"])["values"], serde_json::json!([2.5, -1.0]));
    assert_eq!(value(&["eval", "--at", "-2", "-2*x^2", "--json"])["values"], serde_json::json!([-8.0]));
    let derived = value(&["derive", "-x", "-2*x", "--input", "normal(0,1)", "--json"]);
    assert_eq!(derived["candidates"][1]["activation"]["text"], "-2*x");
    assert!(
        refused(Path::new("."), &["eval", "-(x", "--at", "1"]).contains("\n  -(x\n   ^"),
        "carets stay under their span"
    );
}

#[test]
fn the_catalogue_describes_every_row_in_one_line() {
    let document: serde_json::Value = serde_json::from_slice(&here(&["catalog", "--json"]).stdout).unwrap();
    let text = out(&here(&["catalog"]));
    for list in ["activations", "inputs"] {
        for row in document[list].as_array().unwrap() {
            let description = row["description"].as_str().unwrap();
            assert!(!description.is_empty() && !description.contains('\n'), "{row}");
            assert!(text.contains(description), "{row}");
        }
    }
}

/// A script or a candidate is not replaced by what was made of it.
#[test]
fn outputs_do_not_replace_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("k.toml");
    let text = "[derive]\nactivation = \"relu\"\ninput = \"normal(0,1)\"\n[output]\njson = \"k.toml\"\n";
    std::fs::write(&script, text).unwrap();
    let message = refused(folder.path(), &["run", "k.toml"]);
    assert!(message.contains("it would be lost"), "{message}");
    assert_eq!(std::fs::read_to_string(&script).unwrap(), text);
}
