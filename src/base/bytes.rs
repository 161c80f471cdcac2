//! Byte sizes as people write them: `512MiB`, `1.5 GB`, `400M`.

use crate::base::error::{Error, Result};

/// Parses a size. Binary units are `KiB MiB GiB TiB` and, as GDAL and most tools read them, the bare letters `K M G T`;
/// `KB MB GB TB` are powers of ten. A bare number is bytes.
///
/// ```
/// assert_eq!(tilework::parse_bytes("512MiB").unwrap(), 512 << 20);
/// assert_eq!(tilework::parse_bytes("1.5 GB").unwrap(), 1_500_000_000);
/// assert!(tilework::parse_bytes("12 parsecs").is_err());
/// ```
///
/// # Errors
/// A text that is no number with a unit, or a size that is negative or beyond 2^63.
pub fn parse_bytes(text: &str) -> Result<u64> {
    let t = text.trim();
    let split = t.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(t.len());
    let (number, unit) = (&t[..split], t[split..].trim().to_ascii_lowercase());
    let factor: f64 = match unit.as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1024.0 * 1024.0,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "t" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        _ => f64::NAN,
    };
    match number.parse::<f64>() {
        Ok(n) if (n * factor) < 9.2e18 => Ok((n * factor) as u64),
        _ => Err(Error::usage(format!("'{text}' is not a size in bytes: write it like 512MiB or 2GB"))),
    }
}

/// A size for people: `1.5 GiB`.
///
/// ```
/// assert_eq!(tilework::format_bytes(1536 << 20), "1.5 GiB");
/// ```
pub fn format_bytes(n: u64) -> String {
    let mut v = n as f64;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
        if v < 1024.0 || unit == "TiB" {
            let digits = usize::from(unit != "B" && v < 100.0 && v.fract() >= 0.05);
            return format!("{v:.digits$} {unit}");
        }
        v /= 1024.0;
    }
    format!("{n} B")
}
