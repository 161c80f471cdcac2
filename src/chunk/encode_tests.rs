use super::{MAGIC, decode, encode, encode_to, encoded_len};
use crate::base::{AxisSlice, DType, Element, Kind, Scalar};
use crate::chunk::{Chunk, Object, Tensor};
use crate::for_dtype;
use proptest::prelude::*;
use std::sync::Arc;

fn same(a: &Chunk, b: &Chunk) -> bool {
    match (a, b) {
        (Chunk::Unit, Chunk::Unit) => true,
        (Chunk::Bytes(a), Chunk::Bytes(b)) => a == b,
        (Chunk::List(a), Chunk::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b)),
        (Chunk::Tensor(a), Chunk::Tensor(b)) => {
            a.dtype() == b.dtype()
                && a.shape() == b.shape()
                && a.contiguous().as_bytes().unwrap() == b.contiguous().as_bytes().unwrap()
        }
        _ => false,
    }
}

/// A tensor with gaps, turned around and permuted, its elements a hash of their number.
fn tensor(dtype: DType, shape: &[usize], seed: u64) -> Tensor {
    let n: usize = shape.iter().map(|n| n * 2 + 1).product();
    let big: Vec<usize> = shape.iter().map(|n| n * 2 + 1).collect();
    let mut t = for_dtype!(dtype, T => {
        let v: Vec<T> = (0..n as u64).map(|i| T::from_scalar(Scalar::U64((i ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32))).collect();
        Tensor::from_vec(&big, v).unwrap()
    });
    for (axis, &n) in shape.iter().enumerate() {
        let s = match (seed >> axis) % 3 {
            0 => AxisSlice { start: 0, step: 1, len: n },
            1 => AxisSlice { start: 0, step: 2, len: n },
            _ => AxisSlice { start: n.saturating_sub(1), step: -1, len: n },
        };
        t = t.slice_axis(axis, s);
    }
    if seed.is_multiple_of(2) {
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        t = t.permute(&order);
    }
    t
}

fn any_tensor() -> impl Strategy<Value = Chunk> {
    (0usize..13, prop::collection::vec(prop_oneof![Just(0usize), Just(1), 2usize..7], 0..5), any::<u64>(), 0u8..3).prop_map(
        |(d, shape, seed, kind)| match kind {
            0 => Chunk::Tensor(Tensor::splat(DType::ALL[d], &shape, Scalar::U64(seed))),
            _ => Chunk::Tensor(tensor(DType::ALL[d], &shape, seed)),
        },
    )
}

fn any_chunk() -> impl Strategy<Value = Chunk> {
    let leaf = prop_oneof![
        1 => Just(Chunk::Unit),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(|v| Chunk::Bytes(v.into())),
        4 => any_tensor(),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(|v| Chunk::List(v.into())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn round_trip(chunk in any_chunk()) {
        let bytes = encode(&chunk).unwrap();
        prop_assert_eq!(bytes.len() as u64, encoded_len(&chunk).unwrap());
        let back = decode(Arc::new(bytes.clone())).unwrap();
        prop_assert!(same(&chunk, &back));
        // The same bytes at an odd address.
        let mut odd = vec![0u8];
        odd.extend(&bytes);
        struct Tail(Vec<u8>);
        impl AsRef<[u8]> for Tail { fn as_ref(&self) -> &[u8] { &self.0[1..] } }
        prop_assert!(same(&chunk, &decode(Arc::new(Tail(odd))).unwrap()));
    }

    #[test]
    fn hostile_bytes_are_corrupt(chunk in any_chunk(), at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&chunk).unwrap();
        let mut broken = bytes.clone();
        broken[at.index(bytes.len())] = with;
        // A flipped byte in a payload is another value (checksums are the spill's); everything else must be refused.
        if let Err(e) = decode(Arc::new(broken)) {
            prop_assert!(matches!(e.kind(), Kind::Corrupt | Kind::Unsupported), "{:?}", e);
        }
        let n = cut.index(bytes.len());
        prop_assert_eq!(decode(Arc::new(bytes[..n].to_vec())).unwrap_err().kind(), Kind::Corrupt);
    }

    #[test]
    fn hostile_headers_are_corrupt(words in prop::collection::vec(prop_oneof![
        0u64..6, Just(1 | 2 << 16), Just(1 | 10 << 8 | 3 << 16), Just(1u64 << 63), Just(u64::MAX), Just(u64::MAX / 8), Just(1 << 32), any::<u64>()
    ], 0..24)) {
        let total = (words.len() + 3) * 8;
        let all: Vec<u8> = [MAGIC, words.len() as u64 + 3, total as u64].into_iter().chain(words).flat_map(u64::to_le_bytes).collect();
        if let Err(e) = decode(Arc::new(all)) {
            prop_assert!(matches!(e.kind(), Kind::Corrupt | Kind::Unsupported), "{:?}", e);
        }
    }
}

#[test]
fn large_strided_is_gathered_in_pieces() {
    let v: Vec<f32> = (0..600 * 700).map(|i| i as f32).collect();
    let t = Tensor::from_vec(&[600, 700], v).unwrap().permute(&[1, 0]);
    let deep = t.insert_axis(0, 1);
    for t in [t, deep] {
        let chunk = Chunk::Tensor(t.clone());
        let Chunk::Tensor(back) = decode(Arc::new(encode(&chunk).unwrap())).unwrap() else { panic!("a tensor") };
        assert_eq!(back.view::<f32>().unwrap(), t.view::<f32>().unwrap());
    }
}

#[test]
fn repeated_axes_stay_small() {
    let t = Tensor::splat(DType::F64, &[1 << 30, 1 << 20], Scalar::F64(2.5));
    let bytes = encode(&Chunk::Tensor(t)).unwrap();
    assert!(bytes.len() < 200);
    let Chunk::Tensor(back) = decode(Arc::new(bytes)).unwrap() else { panic!("a tensor") };
    assert_eq!(back.shape(), [1 << 30, 1 << 20]);
    assert_eq!(back.at(&[12345, 678]), Scalar::F64(2.5));
}

#[test]
fn payloads_are_used_in_place() {
    let chunk = Chunk::Tensor(Tensor::from_vec(&[1000], vec![7u8; 1000]).unwrap());
    let bytes = Arc::new(encode(&chunk).unwrap());
    let Chunk::Tensor(t) = decode(bytes.clone()).unwrap() else { panic!("a tensor") };
    assert!(bytes.as_ptr_range().contains(&t.origin()));
    assert_eq!(t.held_bytes(), 1000);
    assert_eq!((t.origin() as usize - bytes.as_ptr() as usize) % 64, 0);
}

#[test]
fn objects_are_refused() {
    #[derive(Debug)]
    struct Secret;
    impl Object for Secret {
        fn n_bytes(&self) -> u64 {
            1
        }
        fn as_any(&self) -> &dyn std::any::Any {
            self
        }
    }
    let list = Chunk::List(vec![Chunk::Unit, Chunk::Object(Arc::new(Secret))].into());
    assert_eq!(encode(&list).unwrap_err().kind(), Kind::Unsupported);
}

#[test]
fn failures_of_the_output_are_told() {
    let mut small = [0u8; 100];
    let chunk = Chunk::Bytes(vec![1; 500].into());
    assert!(encode_to(&chunk, &mut small.as_mut_slice()).is_err());
}

#[cfg(feature = "frame")]
#[test]
fn tables_round_trip() {
    use polars::prelude::df;
    let t = df!("a" => [1i64, 2, 3], "b" => [Some("x"), None, Some("z")]).unwrap();
    let chunk = Chunk::List(vec![Chunk::Unit, Chunk::Table(Arc::new(t.clone()))].into());
    let bytes = encode(&chunk).unwrap();
    let Chunk::List(items) = decode(Arc::new(bytes.clone())).unwrap() else { panic!("a list") };
    let Chunk::Table(back) = &items[1] else { panic!("a table") };
    assert!(back.equals_missing(&t));
    for i in (0..bytes.len()).step_by(3) {
        let mut broken = bytes.clone();
        broken[i] ^= 0x55;
        let _ = decode(Arc::new(broken)); // any answer but a panic
    }
}
