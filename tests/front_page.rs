use eafo::{Activation, Input, Settings, derive};

fn main() -> eafo::Result<()> {
    let tanh = Activation::parse("tanh")?;
    let input = Input::parse("normal(0,1)")?;
    let solution = derive(&tanh, &input, &Settings::default())?;
    assert_eq!(solution.correction.to_string(), "phi(x)*(2*tanh(x) - x)");
    assert!(solution.slope.value.value < 0.0); // nats per unit of eps
    assert!(solution.checks.iter().all(|check| check.pass()));
    Ok(())
}
