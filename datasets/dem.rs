//! A digital elevation model: float32 metres, nodata −9999.
//!
//! Fractal terrain from octaves of halving height plus a little noise, and the same kind of nodata blobs as a scene.

use super::noise::{Blobs, FRACTION_BITS, Octave, add_white, key};

/// The value of a cell without data.
pub const NODATA: f32 = -9999.0;

/// Octaves add units of one eighth of a metre.
const METRES: f32 = 0.125 / (1 << FRACTION_BITS) as f32;
const OCTAVES: [(u32, i32); 7] = [(12, 4096), (11, 4096), (9, 2400), (7, 900), (6, 420), (5, 180), (3, 30)];
const NOISE_BITS: u32 = 1;

/// Fills `out` (row-major `h` × `w`) with the heights whose upper left corner is (`y0`, `x0`): 0 to about 1500 m.
///
/// # Panics
/// When `out` does not hold `h * w` elements.
pub fn fill(seed: u64, y0: usize, x0: usize, h: usize, w: usize, out: &mut [f32]) {
    assert_eq!(out.len(), h * w, "the block of {h} x {w} cells and its buffer differ");
    if w == 0 {
        return;
    }
    let octaves: Vec<_> = (0u32..).zip(OCTAVES).map(|(i, (log2, amp))| Octave::new(key(seed, 64 + i), log2, amp)).collect();
    let (white, blobs) = (key(seed, 1), Blobs::new(key(seed, 0)));
    let mut acc = vec![0i32; w];
    for (i, row) in out.chunks_exact_mut(w).enumerate() {
        let y = y0 + i;
        acc.fill(0);
        for octave in &octaves {
            octave.add_row(&mut acc, y, x0);
        }
        add_white(&mut acc, white, NOISE_BITS, y, x0);
        for (o, a) in row.iter_mut().zip(&acc) {
            *o = *a as f32 * METRES;
        }
        blobs.stamp_row(row, NODATA, 0, y, x0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_tiling_gives_the_same_heights() {
        let (h, w) = (300, 650);
        let mut whole = vec![0.0; h * w];
        fill(9, 100, 200, h, w, &mut whole);
        let mut tile = vec![0.0; 50 * 65];
        for y in (0..h).step_by(50) {
            for x in (0..w).step_by(65) {
                fill(9, 100 + y, 200 + x, 50, 65, &mut tile);
                for r in 0..50 {
                    assert_eq!(tile[r * 65..(r + 1) * 65], whole[(y + r) * w + x..(y + r) * w + x + 65]);
                }
            }
        }
    }

    #[test]
    fn heights_are_terrain() {
        let n = 2048;
        let mut out = vec![0.0; n * n];
        fill(4, 0, 0, n, n, &mut out);
        let valid: Vec<f32> = out.iter().copied().filter(|v| *v != NODATA).collect();
        let share = 1.0 - valid.len() as f64 / out.len() as f64;
        assert!((0.02..0.04).contains(&share), "nodata share {share}");
        assert!(valid.iter().all(|v| (0.0..1600.0).contains(v)));
        let steps = out.windows(2).filter(|p| p[0] != NODATA && p[1] != NODATA && (p[0] - p[1]).abs() > 20.0).count();
        assert!(steps < n + n / 10, "{steps} steps above 20 m between neighbours: not smooth");
        let lowest = valid.iter().copied().fold(f32::MAX, f32::min);
        let highest = valid.iter().copied().fold(f32::MIN, f32::max);
        assert!(highest - lowest > 300.0, "flat: {lowest} to {highest}");
    }
}
