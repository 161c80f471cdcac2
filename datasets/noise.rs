//! Integer lattice noise: smooth octaves, white noise bits and blobs, all addressed by position.
//!
//! Every value is a function of (key, row, column) in 32-bit integer arithmetic, so it is the same on every machine,
//! for every tiling and for every thread. Rows are the unit of work: the inner loops run over contiguous columns
//! without branches. Knows nothing of what the numbers stand for.

/// Fractional bits of the values an [`Octave`] adds: sums stay exact and are rounded once, at the end.
pub const FRACTION_BITS: u32 = 4;

/// Bits of an interpolation weight: 1.0 is `1 << WEIGHT_BITS`.
const WEIGHT_BITS: u32 = 12;
const ROW_STEP: u32 = 0x9E37_79B9;
const COLUMN_STEP: u32 = 0x85EB_CA6B;

/// A 32-bit permutation without visible structure (two multiply-xorshift rounds).
pub fn mix(mut v: u32) -> u32 {
    v ^= v >> 16;
    v = v.wrapping_mul(0x7FEB_352D);
    v ^= v >> 15;
    v = v.wrapping_mul(0x846C_A68B);
    v ^ (v >> 16)
}

/// The key of an independent noise field: `stream` numbers the fields of one data set.
pub fn key(seed: u64, stream: u32) -> u32 {
    mix(mix(seed as u32 ^ stream.wrapping_mul(ROW_STEP)).wrapping_add((seed >> 32) as u32).wrapping_add(stream))
}

/// The key of row `y` of the field `key`.
pub fn row_key(key: u32, y: usize) -> u32 {
    mix(key.wrapping_add((y as u32).wrapping_mul(ROW_STEP)))
}

/// The white-noise value at column `x` of a row: 32 uniform bits.
pub fn at(row_key: u32, x: usize) -> u32 {
    mix(row_key.wrapping_add((x as u32).wrapping_mul(COLUMN_STEP)))
}

/// Adds uniform white noise of `bits` bits (0 ≤ noise < 2^bits, in whole units) to columns `x0..` of row `y`.
pub fn add_white(acc: &mut [i32], key: u32, bits: u32, y: usize, x0: usize) {
    let row = row_key(key, y);
    let shift = 32 - bits;
    for (i, a) in acc.iter_mut().enumerate() {
        *a += ((at(row, x0 + i) >> shift) << FRACTION_BITS) as i32;
    }
}

/// One octave of value noise: random values on a lattice of `1 << log2` cells, smoothly interpolated.
pub struct Octave {
    key: u32,
    log2: u32,
    amplitude: i32,
    weights: Vec<i32>,
}

impl Octave {
    /// An octave with lattice distance `1 << log2` (log2 ≤ 12) whose values run from 0 to `amplitude` (|amplitude| ≤ 4096).
    pub fn new(key: u32, log2: u32, amplitude: i32) -> Self {
        let weights = (0..1usize << log2).map(|i| smooth_step(i, log2)).collect();
        Self { key, log2, amplitude, weights }
    }

    /// Adds columns `x0..x0 + acc.len()` of row `y` to `acc`, with [`FRACTION_BITS`] fractional bits.
    pub fn add_row(&self, acc: &mut [i32], y: usize, x0: usize) {
        let (top, bottom) = (row_key(self.key, y >> self.log2), row_key(self.key, (y >> self.log2) + 1));
        let wy = self.weights[y & (self.weights.len() - 1)];
        self.interpolate(acc, x0, |c| blend(self.node(top, c), self.node(bottom, c), wy));
    }

    /// Adds a row of the three-dimensional field: as [`Octave::add_row`], with time interpolated between lattice planes
    /// `1 << time_log2` steps apart.
    pub fn add_row_at(&self, acc: &mut [i32], t: usize, time_log2: u32, y: usize, x0: usize) {
        let wt = smooth_step(t & ((1 << time_log2) - 1), time_log2);
        let wy = self.weights[y & (self.weights.len() - 1)];
        let plane = |dt: usize| {
            let plane_key = row_key(!self.key, (t >> time_log2) + dt);
            (row_key(plane_key, y >> self.log2), row_key(plane_key, (y >> self.log2) + 1))
        };
        let ((top0, bottom0), (top1, bottom1)) = (plane(0), plane(1));
        self.interpolate(acc, x0, |c| {
            let before = blend(self.node(top0, c), self.node(bottom0, c), wy);
            blend(before, blend(self.node(top1, c), self.node(bottom1, c), wy), wt)
        });
    }

    fn node(&self, row: u32, column: usize) -> i32 {
        ((at(row, column) >> 16) as i32 * self.amplitude) >> (16 - FRACTION_BITS)
    }

    /// Interpolates along a row between the values `node(column)` of its lattice columns.
    fn interpolate(&self, acc: &mut [i32], x0: usize, node: impl Fn(usize) -> i32) {
        let cell = self.weights.len();
        let mut column = x0 >> self.log2;
        let mut from = x0 & (cell - 1);
        let mut left = node(column);
        let mut rest = acc;
        while !rest.is_empty() {
            let right = node(column + 1);
            let n = rest.len().min(cell - from);
            let (now, later) = rest.split_at_mut(n);
            for (a, w) in now.iter_mut().zip(&self.weights[from..from + n]) {
                *a += blend(left, right, *w);
            }
            (rest, left, from, column) = (later, right, 0, column + 1);
        }
    }
}

fn blend(a: i32, b: i32, weight: i32) -> i32 {
    a + (((b - a) * weight) >> WEIGHT_BITS)
}

/// 3t² − 2t³ at t = i / 2^log2, as a weight.
fn smooth_step(i: usize, log2: u32) -> i32 {
    let one = 1i64 << WEIGHT_BITS;
    let t = ((i as i64) << WEIGHT_BITS) >> log2;
    ((t * t * (3 * one - 2 * t)) >> (2 * WEIGHT_BITS)) as i32
}

/// Ragged discs, one somewhere in every square of 512 × 512: about 3 % of the area, and many cross a tile border.
pub struct Blobs {
    key: u32,
}

impl Blobs {
    const CELL_LOG2: u32 = 9;
    const RADIUS_MIN: usize = 32;
    const RADIUS_BITS: u32 = 5;
    /// No blob reaches farther from its centre: largest radius, growth and ragged edge.
    const REACH: usize = 80;

    /// The blobs of the field `key`.
    pub fn new(key: u32) -> Self {
        Self { key }
    }

    /// Sets columns `x0..x0 + row.len()` of row `y` that lie in a blob to `value`; `grow` (≤ 8) widens every blob by pixels.
    pub fn stamp_row<T: Copy>(&self, row: &mut [T], value: T, grow: usize, y: usize, x0: usize) {
        let (x1, reach) = (x0 + row.len(), Self::REACH);
        for cy in y.saturating_sub(reach) >> Self::CELL_LOG2..=(y + reach) >> Self::CELL_LOG2 {
            let cells = row_key(self.key, cy);
            for cx in x0.saturating_sub(reach) >> Self::CELL_LOG2..=(x1 + reach) >> Self::CELL_LOG2 {
                let (from, to) = self.span(at(cells, cx), cy, cx, grow, y);
                let (from, to) = (from.max(x0), to.min(x1));
                if from < to {
                    row[from - x0..to - x0].fill(value);
                }
            }
        }
    }

    /// The columns of row `y` covered by the blob of square (cy, cx), whose random bits are `bits`.
    fn span(&self, bits: u32, cy: usize, cx: usize, grow: usize, y: usize) -> (usize, usize) {
        let mask = (1usize << Self::CELL_LOG2) - 1;
        let centre_y = (cy << Self::CELL_LOG2) + (bits as usize & mask);
        let centre_x = (cx << Self::CELL_LOG2) + ((bits >> Self::CELL_LOG2) as usize & mask);
        let radius = Self::RADIUS_MIN + (bits >> (32 - Self::RADIUS_BITS)) as usize + grow;
        let dy = y.abs_diff(centre_y);
        if dy > radius {
            return (0, 0);
        }
        let half = (radius * radius - dy * dy).isqrt();
        let ragged = at(bits, y);
        let (left, right) = ((ragged & 3) as usize, (ragged >> 2 & 3) as usize);
        (centre_x.saturating_sub(half + left), centre_x + half + right + 1)
    }
}
