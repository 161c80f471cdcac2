//! A satellite scene: two uint16 bands (0 = red, 1 = near infrared), nodata 0.
//!
//! Smooth octaves plus four bits of noise, so that a lossless codec finds about as much to save as in a real scene
//! (pure noise and pure smoothness both mislead), and blobs of nodata that cross tile borders. The second band's blobs
//! are two pixels wider, so "nodata in either band" differs from "nodata in the first".

use super::noise::{Blobs, FRACTION_BITS, Octave, add_white, key};

/// The value of a pixel without data.
pub const NODATA: u16 = 0;
/// Number of bands; band indices start at 0.
pub const BANDS: usize = 2;

/// (log2 of the lattice distance, amplitude in counts) of the octaves of a band's own brightness.
const OCTAVES: [(u32, i32); 4] = [(11, 1200), (8, 700), (6, 240), (4, 60)];
const COVER_LOG2: u32 = 9;
const NOISE_BITS: u32 = 4;

/// Fills `out` (row-major `h` × `w`) with the pixels of `band` whose upper left corner is (`y0`, `x0`).
///
/// # Panics
/// When `out` does not hold `h * w` elements or `band` is not below [`BANDS`].
pub fn fill(seed: u64, band: usize, y0: usize, x0: usize, h: usize, w: usize, out: &mut [u16]) {
    assert!(band < BANDS, "a scene has bands 0 and 1, not {band}");
    assert_eq!(out.len(), h * w, "the block of {h} x {w} pixels and its buffer differ");
    if w == 0 {
        return;
    }
    // Vegetation darkens red and brightens near infrared.
    let (base, cover) = if band == 0 { (1300, -900) } else { (900, 2200) };
    let mut octaves = vec![Octave::new(key(seed, 1), COVER_LOG2, cover)];
    octaves.extend((0u32..).zip(OCTAVES).map(|(i, (log2, amp))| Octave::new(key(seed, 16 + 16 * band as u32 + i), log2, amp)));
    let white = key(seed, 2 + band as u32);
    let blobs = Blobs::new(key(seed, 0));
    let mut acc = vec![0i32; w];
    for (i, row) in out.chunks_exact_mut(w).enumerate() {
        let y = y0 + i;
        acc.fill(base << FRACTION_BITS);
        for octave in &octaves {
            octave.add_row(&mut acc, y, x0);
        }
        add_white(&mut acc, white, NOISE_BITS, y, x0);
        for (o, a) in row.iter_mut().zip(&acc) {
            *o = (a >> FRACTION_BITS) as u16;
        }
        blobs.stamp_row(row, NODATA, 2 * band, y, x0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(seed: u64, band: usize, y0: usize, x0: usize, h: usize, w: usize) -> Vec<u16> {
        let mut out = vec![7; h * w];
        fill(seed, band, y0, x0, h, w, &mut out);
        out
    }

    #[test]
    fn any_tiling_gives_the_same_pixels() {
        let (h, w) = (700, 1100);
        for band in 0..BANDS {
            let whole = block(5, band, 400, 300, h, w);
            for (th, tw) in [(1, w), (h, 1), (97, 131), (512, 512)] {
                for y in (0..h).step_by(th) {
                    for x in (0..w).step_by(tw) {
                        let (bh, bw) = (th.min(h - y), tw.min(w - x));
                        let tile = block(5, band, 400 + y, 300 + x, bh, bw);
                        for r in 0..bh {
                            let at = (y + r) * w + x;
                            assert_eq!(tile[r * bw..(r + 1) * bw], whole[at..at + bw], "band {band}, tile {y},{x} row {r}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn seeds_and_bands_differ() {
        let base = block(1, 0, 0, 0, 64, 64);
        assert_ne!(base, block(2, 0, 0, 0, 64, 64));
        assert_ne!(base, block(1 << 40 | 1, 0, 0, 0, 64, 64));
        assert_ne!(base, block(1, 1, 0, 0, 64, 64));
    }

    #[test]
    fn about_three_percent_is_nodata_and_blobs_cross_tiles() {
        let n = 4096;
        let (red, nir) = (block(3, 0, 0, 0, n, n), block(3, 1, 0, 0, n, n));
        for band in [&red, &nir] {
            let share = band.iter().filter(|&&v| v == NODATA).count() as f64 / (n * n) as f64;
            assert!((0.02..0.04).contains(&share), "nodata share {share}");
        }
        assert!(red.iter().zip(&nir).any(|(r, n)| *r != NODATA && *n == NODATA));
        let crossing = (0..n).filter(|y| red[y * n + 511] == NODATA && red[y * n + 512] == NODATA).count();
        assert!(crossing > 20, "only {crossing} rows have nodata on both sides of a tile border");
    }

    #[test]
    fn compresses_like_a_real_scene() {
        let n = 512;
        let (red, nir) = (block(3, 0, 2048, 1024, n, n), block(3, 1, 2048, 1024, n, n));
        let mut bytes = Vec::new();
        for y in 0..n {
            let mut last = [0u16; BANDS];
            for x in 0..n {
                let pixel = [red[y * n + x], nir[y * n + x]];
                for (v, l) in pixel.iter().zip(last) {
                    bytes.extend(v.wrapping_sub(l).to_le_bytes());
                }
                last = pixel;
            }
        }
        let packed = zstd::encode_all(bytes.as_slice(), 1).expect("encoding in memory can't fail");
        let ratio = bytes.len() as f64 / packed.len() as f64;
        println!("zstd-1, predictor 2: {ratio:.2}");
        assert!((1.4..3.0).contains(&ratio), "ratio {ratio}");
    }

    #[test]
    #[ignore = "prints the speed; run in release"]
    fn speed() {
        let mut out = vec![0; 2048 * 2048];
        let start = std::time::Instant::now();
        for band in 0..BANDS {
            fill(1, band, 4096, 4096, 2048, 2048, &mut out);
        }
        let mpx = (BANDS * out.len()) as f64 / 1e6;
        println!("{:.0} million pixels a second", mpx / start.elapsed().as_secs_f64());
    }
}
