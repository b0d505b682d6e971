//! `eafo entropy` and `eafo rank` as processes: the reference table, tables as they are read, errors.

use serde_json::Value;
use std::process::{Command, Output};

fn eafo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eafo")).args(args).output().unwrap()
}

fn text(args: &[&str]) -> String {
    let output = eafo(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&text(&[args, &["--json"]].concat())).unwrap()
}

fn strings<'a>(rows: &'a [Value], key: &str) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for row in rows {
        let name = row[key].as_str().unwrap();
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// The table cuts off the integrals that diverge: E exp(U) is infinite for a tail exp(-u) or heavier, E exp(2 U) for
/// exp(-2u) as well, and without a variance there is no negentropy.
fn exists(key: &str, row: &Value) -> bool {
    let infinite = match row["input"].as_str().unwrap() {
        "logistic(0,1)" | "laplace(0,1)" | "student_t(5)" => &["mean", "variance", "negentropy"] as &[&str],
        "logistic(0,0.5)" => &["variance", "negentropy"],
        _ => &[],
    };
    row["activation"] != "exp" || !infinite.contains(&key)
}

#[test]
fn the_reference_table() {
    let table: Value = serde_json::from_str(include_str!("reference/entropy.json")).unwrap();
    let rows = table["rows"].as_array().unwrap();
    let inputs = strings(rows, "input");
    let mut args = vec!["entropy"];
    args.extend(strings(rows, "activation"));
    args.extend(inputs.iter().flat_map(|d| ["--input", d]));
    let found = json(&args);
    let results = found["results"].as_array().unwrap();
    assert_eq!(results.len(), strings(rows, "activation").len() * inputs.len());
    for row in rows {
        let same = |r: &&Value| r["activation"] == row["activation"] && r["input"] == row["input"];
        let result = results.iter().find(same).unwrap();
        assert_eq!((&result["kind"], &result["status"]), (&"continuous".into(), &"computed".into()));
        for key in ["entropy", "mean", "variance", "negentropy"] {
            if !exists(key, row) {
                // An infinite moment is one; the negentropy beside it is not defined.
                let want = if key == "negentropy" { Value::Null } else { "inf".into() };
                assert_eq!(result[key]["value"], want);
                assert!(result["outcome"].as_str().unwrap().contains("the variance is +infinity"), "{result}");
                continue;
            }
            let expected: f64 = row[key].as_str().unwrap().parse().unwrap();
            let (value, error) = (result[key]["value"].as_f64().unwrap(), result[key]["error"].as_f64().unwrap());
            let deviation = (value - expected).abs();
            let label = format!("{key} of {} under {}: {value} for {expected}", row["activation"], row["input"]);
            assert!(deviation <= 1e-10 * expected.abs().max(1e-2), "{label}");
            // The table itself has 1e-12 for non-monotone activations and 18 digits otherwise.
            assert!(deviation <= error + 1e-12, "{label}, error bound {error}");
            assert!(error <= 1e-10 * expected.abs().max(1.0), "{label}, error bound {error}");
        }
    }
}

#[test]
fn a_table_of_entropies() {
    insta::assert_snapshot!(text(&["entropy", "relu", "tanh", "exp", "--input", "normal(0,1)", "cauchy(0,1)"]));
}

#[test]
fn a_ranking() {
    insta::assert_snapshot!(text(&["rank", "tanh", "relu", "silu", "swish(1)", "x", "--input", "normal(0,1)"]));
}

#[test]
fn a_ranking_side_by_side() {
    let args =
        ["rank", "x", "tanh", "relu", "x/2", "--by", "deficit", "--input", "normal(0,1)", "--input", "uniform(-1,1)"];
    insta::assert_snapshot!(text(&args));
}

#[test]
fn negentropy_does_not_see_the_scale_and_entropy_does() {
    let by = |key: &str| json(&["rank", "1000*tanh(x)", "tanh", "--by", key, "--input", "normal(0,1)"]);
    let negentropy = by("negentropy");
    assert_eq!((&negentropy["ranking"][0]["rank"], &negentropy["ranking"][1]["rank"]), (&1.into(), &1.into()));
    let entropy = by("entropy");
    assert_eq!(entropy["ranking"][0]["activation"], "tanh");
    assert_eq!(entropy["ranking"][1]["rank"], 2);
}

#[test]
fn the_whole_catalogue_is_ranked_or_set_apart() {
    let document = json(&["rank", "--input", "normal(0,1)"]);
    let (ranking, apart) = (document["ranking"].as_array().unwrap(), document["apart"].as_array().unwrap());
    assert_eq!(ranking.len() + apart.len(), eafo::CATALOGUE.len());
    // Values that their errors cannot tell apart share a rank, in the order of the catalogue.
    let value = |r: &serde_json::Value| r["negentropy"]["value"].as_f64().unwrap();
    let falls = |w: &[serde_json::Value]| value(&w[0]) >= value(&w[1]) || w[0]["rank"] == w[1]["rank"];
    assert!(ranking.windows(2).all(falls), "{ranking:?}");
    assert!(ranking.iter().all(|r| r["kind"] == "continuous" && r["atoms"] == serde_json::json!([])));
    let relu = apart.iter().find(|r| r["activation"] == "relu").unwrap();
    assert_eq!((&relu["kind"], &relu["reason"]), (&"mixed".into(), &"it has atoms".into()));
    assert_eq!(relu["atoms"][0]["mass"], 0.5);
}

#[test]
fn a_hidden_constant_is_an_atom() {
    for (f, at) in [("x+1-x", 1.0), ("x-x", 0.0), ("3*x+2-x-2*x", 2.0), ("sin(x)^2+cos(x)^2", 1.0)] {
        let result = &json(&["entropy", f, "--input", "student_t(3)"])["results"][0];
        assert_eq!((&result["kind"], &result["atoms"][0]["mass"]), (&"discrete".into(), &1.0.into()), "{f}: {result}");
        assert!((result["atoms"][0]["at"].as_f64().unwrap() - at).abs() < 1e-14, "{f}: {result}");
    }
    // What changes little is none.
    for f in ["1e12+tanh(x)", "1e14+tanh(x)"] {
        let result = &json(&["entropy", f, "--input", "normal(0,1)"])["results"][0];
        assert_eq!(result["kind"], "continuous", "{f}");
    }
}

#[test]
fn what_is_undefined_is_said_in_words() {
    let output = eafo(&["entropy", "exp", "--input", "cauchy(0,1)", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["status"], "undefined");
    let result = &document["results"][0];
    assert_eq!((&result["status"], &result["entropy"]["value"]), (&"undefined".into(), &"nan".into()));
    assert_eq!((&result["mean"]["value"], &result["mean"]["error"]), (&"inf".into(), &"inf".into()));
    assert!(result["outcome"].as_str().unwrap().contains("the entropy is undefined"), "{result}");
    // With an answer beside it, the same is no failure.
    let both = json(&["entropy", "exp", "arctan", "--input", "cauchy(0,1)"]);
    assert_eq!((&both["status"], &both["results"][1]["status"]), (&"answered".into(), &"computed".into()));
}

#[test]
fn a_pair_that_does_not_fit_stands_beside_those_that_do() {
    let args = ["entropy", "log(x)", "--input", "normal(0,1)", "exponential(1)"];
    let document = json(&args);
    assert_eq!(document["results"][0]["status"], "outside_domain");
    assert_eq!(document["results"][1]["status"], "computed");
    let alone = eafo(&args[..4]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&alone.stderr).contains("`log(x)`"));
}

#[test]
fn what_is_wrong_is_named_before_any_work() {
    for (args, words) in [
        (&["entropy", "gelu", "gellu", "--input", "normal(0,1)"] as &[&str], "`gellu`; did you mean `gelu`?"),
        (&["entropy", "gelu", "--input", "normal(0,1)", "normal(0,-1)"], "sigma = -1"),
        (&["entropy", "a*x", "--input", "normal(0,1)"], "`a` has no value"),
        (&["entropy", "gelu"], "--input"),
        (&["entropy", "--input", "normal(0,1)"], "ACTIVATION"),
        (&["rank", "--input", "norml(0,1)"], "`norml`; did you mean `normal`?"),
        (&["rank", "--by", "beauty", "--input", "normal(0,1)"], "beauty"),
        (&["rank", "gelu", "--input", "normal(0,1)", "--plot", "rank.gif"], ".svg or .png"),
        (&["rank", "gelu", "--input", "normal(0,1)", "-o", "no/such/folder.json"], "no/such"),
    ] {
        let output = eafo(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(words), "{args:?}: {message}");
    }
}

#[test]
fn the_picture_and_the_document_are_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, start) in [("a.svg", b"<svg" as &[u8]), ("a.png", b"\x89PNG")] {
        let (picture, document) = (path(name), path("a.json"));
        text(&["rank", "gelu", "tanh", "--input", "normal(0,1)", "--plot", &picture, "-o", &document]);
        assert!(std::fs::read(picture).unwrap().starts_with(start));
        let read: Value = serde_json::from_slice(&std::fs::read(document).unwrap()).unwrap();
        assert_eq!(read["ranking"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn the_same_question_gives_the_same_bytes() {
    let args = ["rank", "--input", "normal(0,1)", "laplace(0,1)", "--json"];
    assert_eq!(text(&args), text(&args));
}

/// E log(1 + cos(k U - s)) for U normal(0,1), by the Fourier series log(1 + cos t) = -log 2 + 2 SUM (-1)^(n+1) cos(n t)/n.
fn log_touching(k: f64, s: f64) -> f64 {
    let term = |n: u32| {
        let n = f64::from(n);
        -(n * std::f64::consts::PI).cos() / n * (n * s).cos() * (-0.5 * (n * k).powi(2)).exp()
    };
    -std::f64::consts::LN_2 + 2.0 * (1..60).map(term).sum::<f64>()
}

#[test]
fn slopes_that_touch_zero() {
    let normal = 0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E).ln();
    let quarter = -std::f64::consts::FRAC_PI_2;
    for (f, k, s) in [("x+sin(x)", 1.0, 0.0), ("x+sin(x)^2", 2.0, quarter), ("x+sin(5*x)^2/5", 10.0, quarter)] {
        let found = json(&["entropy", f, "--input", "normal(0,1)"])["results"][0]["entropy"].clone();
        let (value, error) = (found["value"].as_f64().unwrap(), found["error"].as_f64().unwrap());
        let off = (value - normal - log_touching(k, s)).abs();
        assert!(off < 1e-12 && off <= error, "{f}: {value} is off by {off:e}, {error:e} said");
    }
    // 0.1 - E cos(10 U)/10, where e^-50 is nothing.
    let mean = json(&["entropy", "x+sin(5*x)^2/5", "--input", "normal(0,1)"])["results"][0]["mean"]["value"].clone();
    assert!((mean.as_f64().unwrap() - 0.1).abs() < 1e-14);
    // The same value and slope one period apart: Var(U + sin(5 U)) = 1 + (1 - e^-50)/2 + 10 e^-12.5.
    let found = json(&["entropy", "x+sin(5*x)", "--input", "normal(0,1)"])["results"][0]["variance"].clone();
    let off = (found["value"].as_f64().unwrap() - 1.5 - 10.0 * (-12.5f64).exp()).abs();
    assert!(off < 1e-13 && off <= found["error"].as_f64().unwrap(), "{off:e}");
}

/// Where activation or density are singular at a point other than 0, near which doubles are coarse; by mpmath in the
/// distance from that point, or in closed form.
#[test]
fn singular_at_an_end_of_the_support_other_than_zero() {
    let ln2 = std::f64::consts::LN_2;
    let arcsine = "density(1/sqrt(1-x^2),-1,1)";
    let (gamma, root) = ("affine(gamma(0.5,1),1,1)", "affine(density(1/sqrt(x),0,1),1,5)");
    let mixture = "mixture(0.5*affine(gamma(0.5,1),1,1)+0.5*normal(0,1))";
    let beside_pi = [0.003_059_105_105_647_284, 0.0, 0.330_890_287_389_367_7];
    let cases = [
        ("log(1-x)", "uniform(0,1)", [1.0, -1.0, 1.0]),
        // The logistic distribution.
        ("log(x/(1-x))", "uniform(0,1)", [2.0, 0.0, std::f64::consts::PI.powi(2) / 3.0]),
        ("atanh(x)", "uniform(-1,1)", [2.0 - ln2, 0.0, std::f64::consts::PI.powi(2) / 12.0]),
        ("x", arcsine, [0.451_582_705_289_454_95, 0.0, 0.5]),
        ("tanh(x)", arcsine, beside_pi),
        ("tanh(x)", "affine(beta(0.5,0.5),2,-1)", beside_pi),
        // Both ends have the value 1: the arcsine distribution on (0, 1).
        ("x^2", arcsine, [-0.241_564_475_270_490_44, 0.5, 0.125]),
        ("x^2", "affine(beta(0.5,0.5),-2,1)", [-0.241_564_475_270_490_44, 0.5, 0.125]),
        // Both ends and the turn at 0 have the value 0.
        ("x^4-x^2", arcsine, [-1.627_858_836_390_381_2, -0.125, 1.0 / 128.0]),
        ("x-x^2", "beta(0.5,0.5)", [-1.627_858_836_390_381_2, 0.125, 1.0 / 128.0]),
        ("x", gamma, [0.090_609_929_913_988_66, 1.5, 0.5]),
        ("x", "density(exp(-x)/sqrt(x),0,inf)", [0.090_609_929_913_988_66, 0.5, 0.5]),
        // What was singular elsewhere is at 0.
        ("x", "affine(affine(gamma(0.5,1),-1,3),1,-3)", [0.090_609_929_913_988_66, -0.5, 0.5]),
        ("x", "affine(beta(0.5,0.5),1,-1)", [-0.241_564_475_270_490_44, -0.5, 0.125]),
        ("x", "affine(gamma(0.5,1),-1,1)", [0.090_609_929_913_988_66, 0.5, 0.5]),
        ("tanh(x)", gamma, [-1.671_750_069_682_172, 0.858_435_812_263_839_3, 0.006_380_978_301_743_134]),
        ("x^2", gamma, [1.114_721_296_809_536_8, 2.75, 14.0]),
        ("x", root, [ln2 - 1.0, 16.0 / 3.0, 4.0 / 45.0]),
        ("x^2", root, [2.058_740_551_483_214_4, 28.533_333_333_333_33, 10.483_809_523_809_524]),
        (
            "x",
            "density(1/sqrt(1-x^3),0,1)",
            [-0.198_360_636_821_328_6, 0.615_019_867_819_833_6, 0.097_199_980_728_647_67],
        ),
        ("x", mixture, [1.230_151_278_658_455, 0.75, 1.3125]),
        // The activation is singular there, too: an exponential distribution, and H\[beta\] + E log|f'| in closed form.
        ("-log(1-x)", "density((1-x)^(-0.5),0,1)", [1.0 + ln2, 2.0, 4.0]),
        ("sqrt(1-x)", "beta(2,0.5)", [-0.125_092_802_561_388_33, 0.375, 0.059_375]),
        ("log(1-x)", "beta(2,0.25)", [2.512_912_941_330_948, -4.8, 16.64]),
        ("(x-1)^2", "beta(2,0.25)", [-6.393_939_878_109_106, 0.042_735_042_735_042_74, 0.012_179_318_363_330_43]),
        ("cos(pi*x)", "beta(2,0.25)", [-4.880_586_768_547_892, -0.837_644_327_703_718_2, 0.130_714_046_868_057_1]),
        ("(x-1)^3", "beta(2,0.0625)", [-45.914_590_847_831_82, -0.005_337_519_623_233_909, 0.001_522_464_264_437_636]),
        ("tanh(x)", mixture, [-0.025_595_928_631_063_484, 0.429_217_906_131_919_6, 0.384_565_745_294_061_5]),
    ];
    for (f, input, expected) in cases {
        let found = json(&["entropy", f, "--input", input])["results"][0].clone();
        for (key, expected) in ["entropy", "mean", "variance"].into_iter().zip(expected) {
            let (value, error) = (found[key]["value"].as_f64().unwrap(), found[key]["error"].as_f64().unwrap());
            let off = (value - expected).abs();
            assert!(off < 1e-11 && off <= error, "{key} of {f}, {input}: {value} is off by {off:e}, {error:e} said");
        }
    }
}

/// Powers whose slopes underflow where the input has mass, in closed form: H\[U\] + E log|f'(U)|, that of the mixture by mpmath.
#[test]
fn slopes_that_underflow() {
    let mirrored = "mixture(0.5*affine(gamma(0.0625,1),-1,0)+0.5*gamma(0.0625,1))";
    for (f, input, expected) in [
        ("x^3", "beta(0.0625,0.5)", -39.646_218_693_618_48),
        ("x^3", "gamma(0.0625,1)", -44.505_888_216_437_24),
        ("x^3", "mixture(0.5*beta(0.0625,0.5)+0.5*normal(0,1))", -18.714_843_758_033_04),
        ("x^2", mirrored, -28.432_499_834_485_3),
        ("abs(x)", mirrored, -12.646_793_524_985_144),
    ] {
        let found = json(&["entropy", f, "--input", input])["results"][0]["entropy"].clone();
        let (value, error) = (found["value"].as_f64().unwrap(), found["error"].as_f64().unwrap());
        let off = (value - expected).abs();
        assert!(off <= error && error < 1e-11, "{f} under {input}: {value} is off by {off:e}, {error:e} said");
    }
}

/// Of values that differ from -1 by 1e-9 the variance is known by what doubles tell of those differences; by mpmath.
#[test]
fn variances_of_rounded_values() {
    let found = json(&["entropy", "tanh", "--input", "affine(density(exp(-x^2)/abs(x)^0.85,0,1),0.01,-10)"]);
    let expected = [-27.301_955_486_395_65, 4.130_587_803_051_61e-9 - 1.0, 2.466_296_795_396_597_6e-22];
    for (key, expected) in ["entropy", "mean", "variance"].into_iter().zip(expected) {
        let found = found["results"][0][key].clone();
        let (value, error) = (found["value"].as_f64().unwrap(), found["error"].as_f64().unwrap());
        let off = (value - expected).abs();
        assert!(off <= error && error < 1e-3 * expected.abs(), "{key}: {value} is off by {off:e}, {error:e} said");
    }
}

/// Digits that an error does not support are not shown.
#[test]
fn errors_that_are_seen() {
    let table = text(&["entropy", "x+0.3*sin(x)", "--input", "cauchy(0,1)", "normal(0,1)"]);
    assert!(table.contains("2.61761494 \u{b1} 1e-8"), "{table}");
    assert!(table.contains("   1.57872378   "), "{table}");
    // Of values that differ by less than their rounding, the variance tells no negentropy.
    let saturated = json(&["entropy", "tanh", "--input", "normal(30,1)"])["results"][0].clone();
    assert_eq!(saturated["negentropy"]["value"], Value::Null, "{saturated}");
}

/// The values differ in their last digits only.
#[test]
fn saturated_nearly_everywhere() {
    let found = json(&["entropy", "sigmoid", "--input", "normal(30,1)"])["results"][0]["mean"]["value"].clone();
    assert!((1.0 - found.as_f64().unwrap() - 1.54e-13).abs() < 1e-15);
}

/// A branch between a pole and a turn, met by one that runs as a logarithm: -INT p log q by mpmath, both branches summed.
#[test]
fn a_pole_that_outgrows_a_logarithm() {
    let found = json(&["entropy", "log(x)+0.01/x", "--input", "exponential(1)"])["results"][0]["entropy"].clone();
    assert!((found["value"].as_f64().unwrap() - 1.496_126_687_151_641_4).abs() < 1e-12);
}

/// Activations that turn, or end, far beyond the mass of the input: -INT p log q by mpmath, both branches summed.
#[test]
fn turns_far_beyond_the_mass() {
    let square = 0.783_757_110_473_934;
    for (f, expected, tolerance) in [
        ("x^2+x^3/1000", 0.783_756_860_463_247_7, 1e-12),
        ("abs(x)-0.0001*x^2", 0.725_631_755_728_310_3, 1e-12),
        ("where(x<-1000,0,x^2)", square, 1e-12),
        ("x^2", square, 1e-12),
    ] {
        let found = json(&["entropy", f, "--input", "normal(0,1)"])["results"][0]["entropy"]["value"].as_f64().unwrap();
        assert!((found - expected).abs() < tolerance, "{f}: {found}");
    }
}

/// cos(x)^2 and (1 + cos(2 x))/2 are one, though the zeros of the first are 0 to the square of rounding only.
#[test]
fn zeros_of_a_square_far_out() {
    for input in ["normal(0,1)", "normal(0.3,1)", "half_normal(1)"] {
        let found = json(&["entropy", "cos(x)^2", "(1+cos(2*x))/2", "--input", input]);
        for quantity in ["entropy", "mean", "variance"] {
            let [a, b] = [0, 1].map(|i| found["results"][i][quantity]["value"].as_f64().unwrap());
            assert!((a - b).abs() < 1e-10, "{quantity} under {input}: {a} and {b}");
        }
    }
    let mean =
        json(&["entropy", "cos(x)^2", "--input", "normal(0,1)"])["results"][0]["mean"]["value"].as_f64().unwrap();
    assert!((mean - 0.5 * (1.0 + (-2.0f64).exp())).abs() < 1e-12, "{mean}");
}
