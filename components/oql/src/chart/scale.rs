//! Axes of numbers: round steps and short texts. It draws nothing.

/// An axis from `low` to `high` with a line every `step`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) step: f64,
}

impl Scale {
    /// A scale over finite numbers, in steps of 1, 2 or 5 times a power of ten, about six of them. Between whole numbers
    /// there is nothing to show: where all are whole, so are the steps.
    pub(crate) fn over(values: impl Iterator<Item = f64>, with_zero: bool) -> Option<Scale> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut whole = true;
        for value in values {
            whole &= value.fract() == 0.0;
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            return None;
        }
        if with_zero {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        // Numbers that a double can hardly tell apart are one number.
        let size = low.abs().max(high.abs());
        if high - low <= size * 1e-9 || high - low < 1e-290 {
            let around = if size < 1e-290 { 1.0 } else { size * 0.5 };
            low -= around;
            high += around;
        }
        let rough = (high - low) / 6.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0].into_iter().find(|f| f * power >= rough * 0.999).unwrap_or(10.0) * power;
        let step = if whole { step.max(1.0) } else { step };
        if !(step.is_finite() && step > 0.0) {
            return None;
        }
        Some(Scale { low: (low / step).floor() * step, high: (high / step).ceil() * step, step })
    }

    /// Where a number is between the ends, from 0 to 1.
    pub(crate) fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// The numbers that get a line.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let count = ((self.high - self.low) / self.step).round().clamp(1.0, 24.0) as usize;
        (0..=count).map(|i| rounded(self.low + self.step * i as f64, self.step)).collect()
    }
}

/// Without what the sum of steps is off by.
fn rounded(value: f64, step: f64) -> f64 {
    if value.abs() < step * 1e-6 { 0.0 } else { value }
}

/// A number as short as a reader wants it: six digits, an exponent for the very large and the very small.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "–".to_owned();
    }
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        let text = format!("{value:.4e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trimmed(digits)).replace('-', "−");
    }
    let places = if size == 0.0 { 0 } else { (5 - size.log10().floor() as i32).clamp(0, 9) as usize };
    trimmed(&format!("{value:.places$}")).replace('-', "−")
}

fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], with_zero: bool, expect: &[&str]) {
        let ticks = Scale::over(values.iter().copied(), with_zero).unwrap().ticks();
        assert_eq!(ticks.into_iter().map(number).collect::<Vec<_>>(), expect, "{values:?}");
    }

    #[test]
    fn steps_are_round() {
        check(&[3.0, 97.0], true, &["0", "20", "40", "60", "80", "100"]);
        check(&[-0.3, 0.2], false, &["−0.3", "−0.2", "−0.1", "0", "0.1", "0.2"]);
        check(&[5.0], false, &["2", "3", "4", "5", "6", "7", "8"]);
        check(&[0.0], true, &["−1", "0", "1"]);
        check(&[31.0, 33.0], false, &["31", "32", "33"]);
        check(&[0.5], true, &["0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        check(&[1e300, -1e300], false, &["−1e300", "−5e299", "0", "5e299", "1e300"]);
        check(&[2e-9, 8e-9], false, &["2e−9", "3e−9", "4e−9", "5e−9", "6e−9", "7e−9", "8e−9"]);
    }

    #[test]
    fn every_range_has_a_scale_of_few_steps() {
        for a in [0.0, 5e-324, 1e-300, 1.0, 1.000_000_000_000_1, 1e15, 1e15 + 0.25, 1e300, -1e300, -3.0] {
            for b in [0.0, 1e-310, 1.0, 1e15, -1e300, 2.5, 1e300] {
                let scale = Scale::over([a, b].into_iter(), false).unwrap();
                let hair = scale.step * 1e-9;
                assert!(scale.low <= a.min(b) + hair && scale.high >= a.max(b) - hair, "{a} {b} {scale:?}");
                assert!((2..=12).contains(&scale.ticks().len()), "{a} {b} {scale:?}");
            }
        }
        assert_eq!(Scale::over(std::iter::empty(), true), None);
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 1.0, -2.5, 0.1 + 0.2, 123_456.789, 1e7, 1.234_567e-8, f64::NAN].map(number);
        assert_eq!(shown, ["0", "1", "−2.5", "0.3", "123457", "1e7", "1.2346e−8", "–"]);
    }
}
