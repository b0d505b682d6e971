fn main() {
    for a in std::env::args().skip(1) {
        let (f, i) = a.split_once('@').unwrap();
        let t = std::time::Instant::now();
        let act = eafo::Activation::parse(f).unwrap();
        let input = eafo::Input::parse(i).unwrap();
        match eafo::derive(&act, &input, &eafo::Settings::default()) {
            Ok(s) => {
                println!("{a}: {:?}\n  D = {}\n  f = {}", t.elapsed(), s.correction, s.improved.text());
                println!("  scale {} slope {:?}", s.scale, s.slope);
                println!("  mono {:?}", s.monotone);
                println!("  kinks {:?}", s.kinks);
                for c in &s.checks { println!("  {} {} {:?} {}", c.what, c.number, c.at, c.pass()); }
                for c in &s.tails { println!("  {} {} {:?}", c.end, c.statement, c.outcome); }
            }
            Err(e) => println!("{a}: {e}"),
        }
    }
}
