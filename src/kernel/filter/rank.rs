//! The element of a given rank in each window.
//!
//! Small windows are sorted by a network of comparators, many windows side by side; of the network only what the wanted rank depends on
//! is kept. Larger ones are selected from one by one.

use crate::kernel::isa::{Job, run};
use crate::kernel::lanes::Isa;

/// Windows that are sorted side by side.
const LANES: usize = 32;

/// Windows of more elements are selected from one by one.
const MOST: usize = 128;

/// Finds elements of a rank in windows of a size.
pub struct Ranker<K> {
    rank: usize,
    /// Pairs of places, to be put in order one pair after the other; none for large windows.
    network: Vec<(usize, usize)>,
    rows: Vec<[K; LANES]>,
    one: Vec<K>,
}

impl<K: Copy + Ord + Default> Ranker<K> {
    /// For the element number `rank` of `n` when sorted.
    pub fn new(n: usize, rank: usize) -> Ranker<K> {
        let small = n <= MOST;
        let network = if small { pruned(network(n), rank) } else { vec![] };
        Ranker { rank, network, rows: vec![[K::default(); LANES]; if small { n } else { 0 }], one: vec![] }
    }

    /// At most so many bytes are held for windows of `n` elements.
    pub fn bytes(n: usize) -> u64 {
        // A network of 128 has less than 2048 comparators.
        (n.min(MOST) * LANES * 8 + 16 * 2048 + n * 8) as u64
    }

    /// `out[i]` becomes the element of the rank among those at the given distances from `x[i]`.
    pub fn run<T>(&mut self, x: &[K], places: &[usize], out: &mut [T], put: impl Fn(K) -> T) {
        if places.len() > MOST {
            for (i, o) in out.iter_mut().enumerate() {
                self.one.clear();
                self.one.extend(places.iter().map(|p| x[i + p]));
                *o = put(*self.one.select_nth_unstable(self.rank).1);
            }
            return;
        }
        run(Isa::detect(), Sorted { ranker: self, x, places, out, put });
    }
}

struct Sorted<'a, K, T, F> {
    ranker: &'a mut Ranker<K>,
    x: &'a [K],
    places: &'a [usize],
    out: &'a mut [T],
    put: F,
}

impl<K: Copy + Ord, T, F: Fn(K) -> T> Job for Sorted<'_, K, T, F> {
    #[inline(always)]
    fn run(self) {
        let Ranker { rank, network, rows, .. } = self.ranker;
        for (b, out) in self.out.chunks_mut(LANES).enumerate() {
            let x = &self.x[b * LANES..];
            for (row, &at) in rows.iter_mut().zip(self.places) {
                match x[at..].first_chunk::<LANES>() {
                    Some(all) if out.len() == LANES => *row = *all,
                    // The last few: what is behind them in the row does not matter.
                    _ => row[..out.len()].copy_from_slice(&x[at..][..out.len()]),
                }
            }
            for &(i, j) in network.iter() {
                let (low, high) = rows.split_at_mut(j);
                let (Some(a), Some(b)) = (low.get_mut(i), high.first_mut()) else { return };
                for l in 0..LANES {
                    let (p, q) = (a[l], b[l]);
                    (a[l], b[l]) = (if q < p { q } else { p }, if q < p { p } else { q });
                }
            }
            out.iter_mut().zip(&rows[*rank]).for_each(|(o, &k)| *o = (self.put)(k));
        }
    }
}

/// Batcher's merge exchange (Knuth, The Art of Computer Programming 3, algorithm 5.2.2M) for `n` elements.
fn network(n: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    if n < 2 {
        return out;
    }
    let top = n.next_power_of_two() / 2;
    let mut p = top;
    while p > 0 {
        let (mut q, mut r, mut d) = (top, 0, p);
        loop {
            out.extend((0..n - d).filter(|i| i & p == r).map(|i| (i, i + d)));
            if q == p {
                break;
            }
            d = q - p;
            q /= 2;
            r = p;
        }
        p /= 2;
    }
    out
}

/// The comparators that the element of a rank depends on.
fn pruned(network: Vec<(usize, usize)>, rank: usize) -> Vec<(usize, usize)> {
    let mut needed = std::collections::BTreeSet::from([rank]);
    let mut out: Vec<_> = network
        .into_iter()
        .rev()
        .filter(|(i, j)| {
            let live = needed.contains(i) || needed.contains(j);
            if live {
                needed.extend([*i, *j]);
            }
            live
        })
        .collect();
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::Ranker;

    #[test]
    fn ranks_of_all_windows() {
        let x: Vec<i32> = (0..400).map(|i| (i * 7919) % 113 - 50).collect();
        for n in (1..30).chain([64, 100, 128, 129, 150]) {
            let places: Vec<usize> = (0..n).map(|i| i * 3 / 2).collect();
            for rank in [0, n / 3, n / 2, n - 1] {
                let mut out = vec![0; 400 - places[n - 1]];
                Ranker::new(n, rank).run(&x, &places, &mut out, |k| k);
                for (i, o) in out.iter().enumerate() {
                    let mut window: Vec<i32> = places.iter().map(|p| x[i + p]).collect();
                    window.sort_unstable();
                    assert_eq!(*o, window[rank], "rank {rank} of {n} at {i}");
                }
            }
        }
    }
}
