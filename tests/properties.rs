//! Properties over random expressions and random texts.

use eafo::{Cmp, Expr, Formula, Op};
use proptest::prelude::*;

/// Random trees over every operator of the table.
fn trees() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        Just(Expr::x()),
        Just(Expr::pi()),
        Just(Expr::e()),
        "[a-d][0-9]?".prop_map(|name| Expr::param(&name)),
        (-40i64..40).prop_map(Expr::int),
        (-1000i64..1000, 1i64..60).prop_map(|(p, q)| Expr::ratio(p, q)),
        any::<i64>().prop_map(Expr::int),
        (-1e6..1e6f64).prop_map(Expr::float),
        (any::<i32>(), -60i32..60).prop_map(|(m, n)| Expr::parse(&format!("{m}e{n}")).unwrap_or_else(|_| Expr::int(0))),
        any::<f64>().prop_filter("finite", |v| v.is_finite()).prop_map(Expr::float),
    ];
    leaf.prop_recursive(6, 60, 4, |inner| {
        let op = proptest::sample::select(Op::ALL.to_vec());
        let any_op = (op, prop::collection::vec(inner.clone(), 4)).prop_map(|(op, args)| {
            let (least, most) = op.arity();
            let n = least.max(most.min(3)).min(args.len());
            match op {
                // gamma takes constants only
                Op::Gamma => Expr::call(op, [Expr::ratio(5, 2)]),
                _ => Expr::call(op, args[..n].to_vec()),
            }
        });
        let cmp = proptest::sample::select(vec![Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge]);
        let choice = (cmp, prop::collection::vec(inner, 4)).prop_map(|(cmp, args)| Expr::call(Op::Where(cmp), args));
        prop_oneof![9 => any_op, 1 => choice]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_a_printed_tree_gives_the_tree(e in trees()) {
        let text = e.to_string();
        prop_assert_eq!(Expr::parse(&text).map_err(|e| TestCaseError::fail(e.to_string()))?, e, "{}", text);
    }

    #[test]
    fn latex_has_balanced_braces(e in trees()) {
        let text = e.latex();
        let depth = text.chars().fold(0i64, |d, c| d + i64::from(c == '{') - i64::from(c == '}'));
        prop_assert_eq!(depth, 0, "{}", text);
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = Formula::parse(&String::from_utf8_lossy(&bytes)).map_err(|e| e.to_string());
    }

    #[test]
    fn random_tokens_do_not_panic(tokens in prop::collection::vec(proptest::sample::select(vec![
        "x", "(", ")", ",", ";", "=", "+", "-", "*", "/", "^", "**", "1", "2.5", "1e3", ".5", "1e", "where", "max", "gelu", "eps", "<", ">=",
        "pi", "e", "relu", "gamma", " ", "é", "[", "]", "1e999", "sum_n",
    ]), 0..40)) {
        let _ = Formula::parse(&tokens.concat()).map_err(|e| e.to_string());
    }
}

#[test]
fn nesting_bombs_are_refused() {
    let n = 100_000;
    for bomb in ["(", "exp(", "-", "x+", "x^", "-(", "where(x<", "max(x,", "x*", "2^-", "+"] {
        let text = bomb.repeat(n);
        assert!(Expr::parse(&text).is_err(), "{bomb}");
        assert!(Expr::parse(&(text + "x")).is_err() || bomb == "+", "{bomb}");
    }
    assert!(Expr::parse(&format!("{}x{}", "(".repeat(n), ")".repeat(n))).is_err());
    assert!(Expr::parse(&format!("x{}", "+1".repeat(n))).is_err());
}
