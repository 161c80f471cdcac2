//! A zone raster: uint16 labels of a Voronoi diagram, 0 = no zone.
//!
//! The raster is cut into squares of one size with one site in the middle half of each; a pixel belongs to the nearest
//! site. A site can then only be nearest to pixels of its own square and the eight around it, so a row is drawn as runs
//! between crossing points instead of pixel by pixel. Squares beyond the number of zones give label 0.

use super::noise::{at, key, row_key};

/// What is drawn: a raster of `height` × `width` with labels 1 to `zones`.
#[derive(Clone, Copy, Debug)]
pub struct Zones {
    /// Chooses the places of the sites.
    pub seed: u64,
    /// Rows of the whole raster.
    pub height: usize,
    /// Columns of the whole raster.
    pub width: usize,
    /// Number of zones, at most 65,535.
    pub zones: u16,
}

/// A site: column, squared distance of the row to it, label.
#[derive(Clone, Copy)]
struct Site {
    x: i64,
    dy2: i64,
    label: u16,
}

impl Zones {
    /// Side of a square: the largest with at least `zones` squares.
    fn side(&self) -> usize {
        let mut side = (self.height * self.width / usize::from(self.zones.max(1))).isqrt().max(1);
        while side > 1 && self.height.div_ceil(side) * self.width.div_ceil(side) < usize::from(self.zones) {
            side -= 1;
        }
        side
    }

    /// Fills `out` (row-major `h` × `w`) with the labels whose upper left corner is (`y0`, `x0`).
    ///
    /// # Panics
    /// When `out` does not hold `h * w` elements.
    pub fn fill(&self, y0: usize, x0: usize, h: usize, w: usize, out: &mut [u16]) {
        assert_eq!(out.len(), h * w, "the block of {h} x {w} pixels and its buffer differ");
        if w == 0 {
            return;
        }
        let side = self.side();
        for (i, row) in out.chunks_exact_mut(w).enumerate() {
            let mut x = x0;
            while x < x0 + w {
                let end = ((x / side + 1) * side).min(x0 + w);
                self.fill_square(side, y0 + i, x, end, &mut row[x - x0..end - x0]);
                x = end;
            }
        }
    }

    /// Draws columns `x..end` of row `y`, which lie in one square.
    fn fill_square(&self, side: usize, y: usize, x: usize, end: usize, out: &mut [u16]) {
        let sites = self.sites_around(side, y, x / side);
        // Runs always start at the square's edge: where the box begins must not decide a tie.
        let mut run = (x / side * side) as i64;
        let distance = |s: &Site, x: i64| (x - s.x) * (x - s.x) + s.dy2;
        let Some(mut nearest) = sites.iter().copied().min_by_key(|s| (distance(s, run), s.label)) else { return };
        while run < end as i64 {
            let (mut next, mut follower) = (end as i64, nearest);
            for s in sites.iter().filter(|s| s.x > nearest.x) {
                let crossing = (s.x * s.x - nearest.x * nearest.x + s.dy2 - nearest.dy2).div_euclid(2 * (s.x - nearest.x)) + 1;
                let crossing = crossing.max(run + 1);
                if crossing < next || (crossing == next && distance(s, next) < distance(&follower, next)) {
                    (next, follower) = (crossing, *s);
                }
            }
            let (from, to) = (run.max(x as i64), next.min(end as i64));
            if from < to {
                out[from as usize - x..to as usize - x].fill(nearest.label);
            }
            (run, nearest) = (next, follower);
        }
    }

    /// The sites of the squares around column `cx` of squares, as seen from row `y`.
    fn sites_around(&self, side: usize, y: usize, cx: usize) -> Vec<Site> {
        let cy = y / side;
        let (rows, columns) = (self.height.div_ceil(side), self.width.div_ceil(side));
        let mut sites = Vec::with_capacity(9);
        for r in cy.saturating_sub(1)..(cy + 2).min(rows) {
            let squares = row_key(key(self.seed, 0), r);
            for c in cx.saturating_sub(1)..(cx + 2).min(columns) {
                let bits = at(squares, c) as usize;
                let jitter = |bits: usize| side / 4 + bits * (side / 2) / (1 << 16);
                let dy = y.abs_diff(r * side + jitter(bits & 0xFFFF)) as i64;
                let index = r * columns + c;
                let label = if index < usize::from(self.zones) { index as u16 + 1 } else { 0 };
                sites.push(Site { x: (c * side + jitter(bits >> 16)) as i64, dy2: dy * dy, label });
            }
        }
        sites
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Zones = Zones { seed: 11, height: 500, width: 640, zones: 40 };

    fn whole(spec: &Zones) -> Vec<u16> {
        let mut out = vec![9; spec.height * spec.width];
        spec.fill(0, 0, spec.height, spec.width, &mut out);
        out
    }

    #[test]
    fn any_tiling_gives_the_same_labels() {
        let (all, w) = (whole(&SPEC), SPEC.width);
        for (th, tw) in [(1, 1), (33, 57), (500, 7)] {
            for y in (0..SPEC.height).step_by(th) {
                for x in (0..w).step_by(tw) {
                    let (bh, bw) = (th.min(SPEC.height - y), tw.min(w - x));
                    let mut tile = vec![9; bh * bw];
                    SPEC.fill(y, x, bh, bw, &mut tile);
                    for r in 0..bh {
                        assert_eq!(tile[r * bw..(r + 1) * bw], all[(y + r) * w + x..(y + r) * w + x + bw], "{y},{x}+{r}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_pixel_belongs_to_its_nearest_site() {
        let side = SPEC.side();
        let (rows, columns) = (SPEC.height.div_ceil(side), SPEC.width.div_ceil(side));
        let all = whole(&SPEC);
        for y in (0..SPEC.height).step_by(3) {
            let sites: Vec<Site> = (0..columns).step_by(3).flat_map(|cx| SPEC.sites_around(side, y, cx)).collect();
            for x in (0..SPEC.width).step_by(3) {
                let d = |s: &Site| (x as i64 - s.x).pow(2) + s.dy2;
                let near = SPEC.sites_around(side, y, x / side);
                let best = sites.iter().chain(&near).map(d).min().expect("there is a site");
                let label = all[y * SPEC.width + x];
                assert!(sites.iter().chain(&near).any(|s| s.label == label && d(s) == best), "pixel {y},{x} label {label}");
            }
        }
        assert!(rows * columns >= usize::from(SPEC.zones));
    }

    #[test]
    fn every_zone_is_there() {
        let mut seen = vec![false; usize::from(SPEC.zones) + 1];
        for label in whole(&SPEC) {
            seen[usize::from(label)] = true;
        }
        assert!(seen[1..].iter().all(|s| *s), "a zone has no pixel");
    }
}
