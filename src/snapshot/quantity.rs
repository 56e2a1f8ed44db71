//! Kubernetes quantities (`500m`, `2Gi`, `1e3`) as numbers. Ready-made readers are tied to one version of the API types.

/// The value of a quantity: cores for `cpu`, bytes for `memory` and `storage`, pieces for the rest.
pub fn value(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = text.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-')).count();
    let (digits, suffix) = text.split_at(number);
    let digits: f64 = digits.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0_f64.powi(4),
        "Pi" => 1024.0_f64.powi(5),
        "Ei" => 1024.0_f64.powi(6),
        _ => 10f64.powi(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    Some(digits * factor)
}
