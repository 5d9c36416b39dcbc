//! Powers that are the same on every machine: nothing but sums, products and quotients, in a fixed order.

use std::f64::consts::LN_2;

/// The natural logarithm of a positive, normal number.
fn logarithm(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = (bits >> 52) as i64 - 1023;
    let fraction = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 1023 << 52);
    // Into [sqrt(1/2), sqrt(2)), where the series is short.
    let (fraction, exponent) = if fraction > std::f64::consts::SQRT_2 {
        (fraction / 2.0, exponent + 1)
    } else {
        (fraction, exponent)
    };
    // 2 artanh(z) = 2 (z + z^3 / 3 + z^5 / 5 + ..).
    let z = (fraction - 1.0) / (fraction + 1.0);
    let square = z * z;
    let series = (0..16).rev().fold(0.0, |sum, i| sum * square + 1.0 / f64::from(2 * i + 1));
    2.0 * z * series + exponent as f64 * LN_2
}

/// e to the power of a number between -700 and 700.
fn exponential(x: f64) -> f64 {
    let whole = (x / LN_2).round();
    let rest = x - whole * LN_2;
    let series = (1..20).rev().fold(1.0, |sum, i| 1.0 + rest / f64::from(i) * sum);
    series * f64::from_bits(((whole as i64 + 1023) as u64) << 52)
}

/// `base` to the power of `exponent`: of a base from 0 to 1 and an exponent above 0, within 1e-14.
pub(super) fn power(base: f64, exponent: f64) -> f64 {
    if base < 1e-300 {
        return 0.0;
    }
    if base >= 1.0 {
        return 1.0;
    }
    exponential((exponent * logarithm(base)).max(-700.0))
}
