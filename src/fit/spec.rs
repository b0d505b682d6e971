//! A model as text of the input grammar. Numbers are rounded to a hundredth of their standard error, which changes the
//! log-likelihood by less than 1e-4 and keeps closed forms readable; those without an error keep all digits.

use super::family::Family;
use super::model::Model;

/// A rounding in units of the standard error.
const GRAIN: f64 = 1e-2;
/// Decimals that a number is never cut below, and those that a weight is never printed beyond.
const WEIGHT_DECIMALS: usize = 15;

/// A number of the grammar. Display prints every double without an exponent, which reads back as the same.
fn number(value: f64, error: Option<f64>) -> String {
    let Some(decimals) = error.and_then(decimals) else { return format!("{value}") };
    let text = format!("{value:.decimals$}");
    // A scale rounded to nothing would be none.
    let zero = text.parse::<f64>().is_ok_and(|v| v == 0.0) && value != 0.0;
    if zero { format!("{value}") } else { trimmed(&text).to_owned() }
}

/// Without zeros at the end of decimals.
fn trimmed(text: &str) -> &str {
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.')
}

/// How many decimals hold a [`GRAIN`] of a standard error.
fn decimals(error: f64) -> Option<usize> {
    let digits = -(GRAIN * error).log10().floor();
    (digits.is_finite() && digits < 300.0).then_some(digits.max(0.0) as usize)
}

/// The text of the input distribution.
pub(super) fn text(model: &Model) -> String {
    let at = |i: usize| number(model.at[i], model.errors.get(i).copied().flatten());
    let name = model.family.name();
    match model.family {
        Family::Normal | Family::Logistic | Family::Laplace | Family::Gumbel | Family::Uniform => {
            format!("{name}({},{})", at(0), at(1))
        }
        Family::SkewNormal | Family::GeneralizedNormal => format!("{name}({},{},{})", at(0), at(1), at(2)),
        Family::StudentT => format!("affine({name}({}),{},{})", at(2), at(1), at(0)),
        Family::Sech => format!("affine({name}({}),1,{})", at(1), at(0)),
        Family::Mixture => mixture(model),
    }
}

fn mixture(model: &Model) -> String {
    let count = model.at.len() / 3;
    let error = |i: usize| model.errors.get(i).copied().flatten();
    // The printed weights sum to 1 exactly: all are whole numbers of one unit, and the last is the rest.
    let finest = (0..count).filter_map(|i| error(3 * i)).fold(f64::INFINITY, f64::min);
    let places = decimals(finest).unwrap_or(WEIGHT_DECIMALS).min(WEIGHT_DECIMALS);
    let one = 10u64.pow(places as u32);
    let mut left = one;
    let term = |i: usize| {
        let whole = (model.at[3 * i] * one as f64).round() as u64;
        let share = if i + 1 == count { left } else { whole.min(left) };
        left -= share;
        let weight = if share == one { "1".to_owned() } else { trimmed(&format!("0.{share:0>places$}")).to_owned() };
        let (mu, sigma) =
            (number(model.at[3 * i + 1], error(3 * i + 1)), number(model.at[3 * i + 2], error(3 * i + 2)));
        format!("{weight}*normal({mu},{sigma})")
    };
    format!("mixture({})", (0..count).map(term).collect::<Vec<_>>().join("+"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;

    fn model(family: Family, at: &[f64], errors: &[Option<f64>]) -> Model {
        Model { family, at: at.to_vec(), errors: errors.to_vec(), log_likelihood: 0.0, bound: None }
    }

    #[test]
    fn rounded_to_their_errors() {
        let normal = model(Family::Normal, &[-0.123_456_789, 1.500_000_04], &[Some(0.01), Some(0.02)]);
        assert_eq!(text(&normal), "normal(-0.1235,1.5)");
        let wide = model(Family::Normal, &[123_456.789, 1e7], &[Some(1e6), Some(1e6)]);
        assert_eq!(text(&wide), "normal(123457,10000000)");
        let tiny = model(Family::Laplace, &[0.0, 1.234_567e-20], &[Some(1e-22), Some(1e-22)]);
        assert_eq!(text(&tiny), "laplace(0,0.000000000000000000012346)");
        let student = model(Family::StudentT, &[0.25, 2.0, 4.5], &[None, None, None]);
        assert_eq!(text(&student), "affine(student_t(4.5),2,0.25)");
    }

    #[test]
    fn weights_sum_to_one() {
        let third = 1.0 / 3.0;
        let at = [third, -1.0, 1.0, third, 0.0, 1.0, third, 1.0, 1.0];
        for errors in [[None; 9], [Some(0.01); 9], [Some(1e-40); 9]] {
            let text = text(&model(Family::Mixture, &at, &errors));
            Input::parse(&text).expect(&text);
        }
        let one = text(&model(Family::Mixture, &[1.0, 0.5, 2.0], &[None; 3]));
        assert_eq!(one, "mixture(1*normal(0.5,2))");
    }
}
