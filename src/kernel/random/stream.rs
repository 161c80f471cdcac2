//! Random words of one element's own, as many as a rejection method may ask for.
//!
//! The words of element `n` are the blocks with counters `(n, 1, 0, 0)`, `(n, 2, 0, 0)`, … of Philox4x64-10. The numbers that take
//! one word for an element ([`crate::kernel::philox`]) use counters whose second word is 0, so that no word is used twice.
//!
//! Invariant: what an element draws depends on its number and the key alone.

use crate::kernel::philox::{block, normal_from, uniform_from};
use crate::kernel::vmath::double::log;

/// The words of an element, drawn one after the other.
#[derive(Clone, Debug)]
pub struct Stream {
    n: u64,
    key: [u64; 2],
    blocks: u64,
    words: [u64; 4],
    next: usize,
}

impl Stream {
    /// The words of element `n`.
    #[inline(always)]
    pub fn new(n: u64, key: [u64; 2]) -> Stream {
        Stream { n, key, blocks: 0, words: [0; 4], next: 4 }
    }

    /// 64 random bits.
    #[inline(always)]
    pub fn word(&mut self) -> u64 {
        if self.next == 4 {
            self.blocks += 1;
            self.words = block([self.n, self.blocks, 0, 0], self.key);
            self.next = 0;
        }
        let w = self.words[self.next];
        self.next += 1;
        w
    }

    /// A number in [0, 1), a multiple of 2^-53.
    #[inline(always)]
    pub fn uniform(&mut self) -> f64 {
        uniform_from(self.word())
    }

    /// A number in (0, 1), an odd multiple of 2^-53.
    #[inline(always)]
    pub fn open(&mut self) -> f64 {
        open_from(self.word())
    }

    /// A number of the exponential distribution of mean 1, by inversion.
    #[inline(always)]
    pub fn exponential(&mut self) -> f64 {
        -log(self.open())
    }

    /// A number of the standard normal distribution.
    #[inline(always)]
    pub fn normal(&mut self) -> f64 {
        normal_from(self.word())
    }

    /// An integer below `count` (of all 2^64 for 0), each with the same probability: Lemire, "Fast random integer generation in an
    /// interval", 2019.
    #[inline(always)]
    pub fn below(&mut self, count: u64) -> u64 {
        let first = self.word();
        below_from(first, count, || self.word())
    }
}

/// The upper 52 bits `m` of a word as `(m + 1/2) 2^-52`.
#[inline(always)]
pub fn open_from(word: u64) -> f64 {
    let one_to_two = f64::from_bits((word >> 12) | 0x3ff0_0000_0000_0000);
    (one_to_two - 1.0) + f64::EPSILON / 2.0
}

/// A word as an integer below `count` (of all 2^64 for 0); `more` gives further words where the first would be biased.
#[inline(always)]
pub fn below_from(word: u64, count: u64, mut more: impl FnMut() -> u64) -> u64 {
    if count == 0 {
        return word;
    }
    let mut product = u128::from(word) * u128::from(count);
    if (product as u64) < count {
        let biased = count.wrapping_neg() % count;
        while (product as u64) < biased {
            product = u128::from(more()) * u128::from(count);
        }
    }
    (product >> 64) as u64
}
