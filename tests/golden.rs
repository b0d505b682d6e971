//! Renderings of a committed candidate, as they are read. `INSTA_UPDATE=always cargo test --release --test golden`
//! rewrites the snapshots; read their difference before committing it.

use eafo::report::{self, Candidate};
use std::path::Path;

fn crrelu() -> Candidate {
    Candidate::from_json(include_str!("fixtures/crrelu.json"), Path::new("crrelu.json")).unwrap()
}

#[test]
fn text() {
    insta::assert_snapshot!(report::text(&crrelu()));
}

#[test]
fn table() {
    insta::assert_snapshot!(report::table(&[crrelu(), crrelu()]));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(report::markdown(&crrelu()));
}

#[test]
fn latex() {
    insta::assert_snapshot!(report::latex(&crrelu()));
}

#[test]
fn a_candidate_read_and_written_is_the_same() {
    let json = crrelu().to_json().unwrap();
    assert_eq!(Candidate::from_json(&json, Path::new("again")).unwrap().to_json().unwrap(), json);
}

#[test]
fn the_schema_accepts_candidates_and_refuses_others() {
    let validator = jsonschema::validator_for(&report::schema()).unwrap();
    let good: serde_json::Value = serde_json::from_str(&crrelu().to_json().unwrap()).unwrap();
    assert!(validator.is_valid(&good), "{:?}", validator.iter_errors(&good).next());
    for (pointer, wrong) in [
        ("/schema", serde_json::json!("eafo.candidate/2")),
        ("/improved/parameter/value", serde_json::json!("Infinity")),
        ("/improved/parameter/lowers_entropy", serde_json::json!("up")),
        ("/checks/0/pass", serde_json::json!(1)),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
}
