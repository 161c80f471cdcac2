//! A climate cube: daily near-surface temperature, float32 kelvin, time × latitude × longitude.
//!
//! A seasonal cycle whose size and sign follow latitude, slow weather (value noise in space and time) and a little
//! white noise. Row 0 is the northernmost. No missing values.

use super::noise::{FRACTION_BITS, Octave, add_white, key, row_key};

const DAYS_PER_YEAR: f64 = 365.25;
/// Octaves add hundredths of a kelvin.
const KELVIN: f64 = 0.01 / (1 << FRACTION_BITS) as f64;
/// (log2 of the distance in cells, log2 of the distance in days, amplitude in hundredths of a kelvin).
const WEATHER: [(u32, u32, i32); 3] = [(6, 4, 900), (4, 3, 500), (3, 2, 200)];
const NOISE_BITS: u32 = 5;

/// Fills `out` (row-major, `shape` = days × rows × columns) with the block that begins at `origin`, of a globe with
/// `n_lat` rows from north to south.
///
/// # Panics
/// When `out` does not hold the product of `shape`.
pub fn fill(seed: u64, n_lat: usize, origin: [usize; 3], shape: [usize; 3], out: &mut [f32]) {
    let [days, h, w] = shape;
    assert_eq!(out.len(), days * h * w, "the block {days} x {h} x {w} and its buffer differ");
    if w == 0 || h == 0 {
        return;
    }
    let weather: Vec<_> = (0u32..).zip(WEATHER).map(|(i, (s, t, amp))| (Octave::new(key(seed, 1 + i), s, amp), t)).collect();
    let white = key(seed, 0);
    let mut acc = vec![0i32; w];
    for (i, row) in out.chunks_exact_mut(w).enumerate() {
        let (t, y) = (origin[0] + i / h, origin[1] + i % h);
        let middle = mean_temperature(t, y, n_lat);
        acc.fill(0);
        for (octave, time_log2) in &weather {
            octave.add_row_at(&mut acc, t, *time_log2, y, origin[2]);
        }
        add_white(&mut acc, row_key(white, t), NOISE_BITS, y, origin[2]);
        for (o, a) in row.iter_mut().zip(&acc) {
            *o = (middle + f64::from(*a) * KELVIN) as f32;
        }
    }
}

/// Kelvin at day `t` and row `y`, before weather: colder and more seasonal towards the poles, seasons opposed.
fn mean_temperature(t: usize, y: usize, n_lat: usize) -> f64 {
    let latitude = 1.0 - 2.0 * (y as f64 + 0.5) / n_lat.max(1) as f64;
    let year = ((t as f64 - 110.0) / DAYS_PER_YEAR).rem_euclid(1.0);
    293.0 - 45.0 * latitude * latitude + 18.0 * latitude * wave(year)
}

/// sin(2πu) for 0 ≤ u < 1 by Bhāskara's rational approximation (error below 0.002): the system's sine may differ in the
/// last bit from machine to machine.
fn wave(u: f64) -> f64 {
    let (half, sign) = if u < 0.5 { (2.0 * u, 1.0) } else { (2.0 * u - 1.0, -1.0) };
    let p = half * (1.0 - half);
    sign * 16.0 * p / (5.0 - 4.0 * p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_blocking_gives_the_same_values() {
        let (n_lat, shape) = (90, [20, 30, 50]);
        let mut whole = vec![0.0; 20 * 30 * 50];
        fill(2, n_lat, [355, 10, 70], shape, &mut whole);
        for t in 0..20 {
            for (y, h) in [(0, 11), (11, 19)] {
                for (x, w) in [(0, 33), (33, 17)] {
                    let mut part = vec![0.0; h * w];
                    fill(2, n_lat, [355 + t, 10 + y, 70 + x], [1, h, w], &mut part);
                    for r in 0..h {
                        let at = (t * 30 + y + r) * 50 + x;
                        assert_eq!(part[r * w..(r + 1) * w], whole[at..at + w]);
                    }
                }
            }
        }
    }

    #[test]
    fn seasons_follow_latitude() {
        let n_lat = 60;
        let mean = |day: usize, row: usize| {
            let mut out = vec![0.0f32; 10 * 400];
            fill(8, n_lat, [day, row, 0], [10, 1, 400], &mut out);
            out.iter().map(|v| f64::from(*v)).sum::<f64>() / out.len() as f64
        };
        assert!(mean(196, 10) > mean(14, 10) + 10.0, "northern July is not warmer than January");
        assert!(mean(14, 50) > mean(196, 50) + 10.0, "southern January is not warmer than July");
        assert!(mean(100, 30) > mean(100, 1) + 20.0, "the equator is not warmer than the pole");
        assert!((180.0..340.0).contains(&mean(0, 0)));
    }
}
