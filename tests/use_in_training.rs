//! The examples of the README section "Use it in training", run as written.

use eafo::{Activation, Source, Target, emit};
use std::path::Path;
use std::process::Command;

/// The Python examples of the section, in order.
fn examples() -> Vec<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let section = readme.split("## Use it in training\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let found: Vec<String> =
        section.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect();
    assert_eq!(found.len(), 2);
    found
}

/// Runs an example beside the file that its first lines import; the last number it prints is the loss.
fn loss(python: &str, example: &str, file: &str, target: Target) -> (String, f64) {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new("crrelu", Activation::parse("crrelu").unwrap().formula, "The README.");
    std::fs::write(folder.path().join(file), emit(&source, target).unwrap()).unwrap();
    let output = Command::new(python).args(["-c", example]).current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let last = printed.split_whitespace().last().unwrap().parse().unwrap();
    (printed, last)
}

#[test]
fn pytorch_example() {
    let python = std::env::var("EAFO_TORCH_PYTHON").unwrap_or_else(|_| "/usr/bin/python3".to_owned());
    let torch = Command::new(&python).args(["-c", "import torch"]).output();
    if !torch.is_ok_and(|output| output.status.success()) {
        eprintln!("{python} has no torch: the example is not run here; .ci/run installs python3-torch");
        return;
    }
    let (printed, loss) = loss(&python, &examples()[0], "crrelu_torch.py", Target::Pytorch);
    assert!(printed.contains("Crrelu(num_parameters=1, eps="), "{printed}");
    // The norm of 8 normal numbers has mean 2.7: without training the loss is above 7.
    assert!(loss < 2.0, "{printed}");
}

#[test]
fn jax_example() {
    let Ok(python) = std::env::var("EAFO_PYTHON") else {
        eprintln!("EAFO_PYTHON is not set: the example is not run here; .ci/run runs it");
        return;
    };
    let (printed, loss) = loss(&python, &examples()[1], "crrelu_flax.py", Target::Flax);
    assert!(loss < 2.0, "{printed}");
}
