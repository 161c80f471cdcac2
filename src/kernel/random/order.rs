//! Random orders: of few elements by shuffling them, of many by a keyed bijection of their numbers, which needs no memory.
//!
//! The bijection is a Feistel network over the bits of a number, walked until it lands below the count (Black and Rogaway, "Ciphers
//! with arbitrary finite domains", 2002; for shuffling: Mitchell, Stokes, Frank and Holmes, "Bandwidth-optimal random shuffling for
//! GPUs", 2022), then turned by a random distance. It is one of at most 2^128 orders and not any of all, but no pattern is known in it.

use super::stream::Stream;

/// Up to this many elements are shuffled: every order is possible with the same probability, as far as the key tells them apart.
pub const SHUFFLED: u64 = 4096;

/// Rounds of the network.
const ROUNDS: usize = 12;

/// A random order of `n` elements.
#[derive(Clone, Debug)]
pub enum Order {
    /// The elements in their order.
    Shuffled(Vec<u64>),
    /// A function from places to elements.
    Bijection(Bijection),
}

impl Order {
    /// The order of a key.
    pub fn new(n: u64, key: [u64; 2]) -> Order {
        if n > SHUFFLED {
            return Order::Bijection(Bijection::new(n, key));
        }
        let mut all: Vec<u64> = (0..n).collect();
        shuffle(&mut all, &mut Stream::new(0, key));
        Order::Shuffled(all)
    }

    /// The element at a place below `n`.
    pub fn at(&self, place: u64) -> u64 {
        match self {
            Order::Shuffled(all) => all.get(place as usize).copied().unwrap_or(0),
            Order::Bijection(b) => b.at(place),
        }
    }
}

/// Puts the elements into a random order: Fisher and Yates' shuffle (Durstenfeld, "Algorithm 235: random permutation", 1964).
pub fn shuffle<T>(all: &mut [T], s: &mut Stream) {
    for i in (1..all.len()).rev() {
        all.swap(i, s.below(i as u64 + 1) as usize);
    }
}

/// A keyed bijection of the integers below `n`.
#[derive(Clone, Debug)]
pub struct Bijection {
    n: u64,
    turn: u64,
    /// Bits of the lower and of the upper part.
    low: u32,
    high: u32,
    rounds: [u64; ROUNDS],
}

impl Bijection {
    /// Of `n >= 2`, at most 2^63.
    pub fn new(n: u64, key: [u64; 2]) -> Bijection {
        let bits = (64 - (n.max(2) - 1).leading_zeros()).max(2);
        let mut s = Stream::new(1, key);
        let turn = s.below(n);
        Bijection { n, turn, low: bits / 2, high: bits - bits / 2, rounds: std::array::from_fn(|_| s.word()) }
    }

    /// Where `x` goes.
    #[inline]
    pub fn at(&self, x: u64) -> u64 {
        let mut y = x;
        loop {
            y = self.network(y);
            if y < self.n {
                break;
            }
        }
        let room = self.n - self.turn;
        if y < room { y + self.turn } else { y - room }
    }

    #[inline]
    fn network(&self, x: u64) -> u64 {
        let (low_mask, high_mask) = ((1u64 << self.low) - 1, (1u64 << self.high) - 1);
        let (mut low, mut high) = (x & low_mask, x >> self.low);
        for pair in self.rounds.as_chunks::<2>().0 {
            low = (low ^ mixed(high, pair[0])) & low_mask;
            high = (high ^ mixed(low, pair[1])) & high_mask;
        }
        high << self.low | low
    }
}

/// The round function: the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[inline]
fn mixed(x: u64, key: u64) -> u64 {
    let z = x.wrapping_add(key);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
