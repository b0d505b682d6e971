//! The first variation of the entropy where the activation turns, and the Sobolev gradient (math.md section 4), against
//! tests/reference/sobolev.json, which mpmath computed by another formula.

use eafo::{Differential, Expr, Input, Tape};

fn differential(f: &str, input: &str) -> Differential {
    Differential::new(&Expr::parse(f).unwrap(), &Input::parse(input).unwrap()).unwrap()
}

#[test]
fn variations_at_critical_points() {
    let g = Tape::new(&Expr::parse("exp(-(x-0.3)^2)").unwrap()).unwrap();
    for (f, input, want) in [
        ("x^2", "normal(0.4,1)", -0.36267159562248693975),
        ("gelu(x)", "normal(0,1)", 0.91009320664173198034),
        ("silu(x)", "normal(0,1)", 1.6520353490373465937),
        ("mish(x)", "normal(0,1)", 1.4422215090258771853),
    ] {
        let d = differential(f, input);
        println!("{f}: {:?} {:?}", d.outcome(), d.strips());
        println!("{:?}", d.points());
        let got = d.along(&g, &[]);
        println!("{got:?} want {want}");
    }
}
