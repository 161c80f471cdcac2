//! Expressions survive the way to bytes and back; bytes that are no expression are refused.

use super::random::{Dice, expression, in_memory};
use super::{ops, registry};
use std::sync::Arc;
use tilework::array::arange;
use tilework::chunk::Tensor;
use tilework::expr::{Expr, build};
use tilework::format::memory::MemorySink;
use tilework::format::npy::NpySource;
use tilework::format::registry::Registry;
use tilework::plan::codec::{decode, encode, registry_hash};
use tilework::plan::lower;
use tilework::{Config, ErrorKind};

#[test]
fn decoded_expressions_have_equal_keys() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..400 {
        let x = expression(seed).unwrap();
        for roots in [vec![x.expr().clone()], tilework::optimize::optimize(&[x.expr().clone()], None).unwrap()] {
            let back = decode(&encode(&roots).unwrap(), &Registry::builtin()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            kinds.extend(Expr::topological(&roots).iter().map(|e| e.kind_name()));
            assert_eq!(back.len(), roots.len());
            for (a, b) in back.iter().zip(&roots) {
                assert_eq!((a.key(), a.meta(), a.label()), (b.key(), b.meta(), b.label()), "seed {seed}");
            }
        }
    }
    for kind in ["Source", "Blockwise", "TreeReduce", "Scan", "Select", "Rechunk"] {
        assert!(kinds.contains(kind), "no expression had a {kind}");
    }
}

#[test]
fn sinks_and_functions_are_found_by_name() {
    let x = super::misbehave(&arange(0, 100, 1, 7).unwrap(), ops::Act::Sleep { ms: 1 }).unwrap();
    let sink = build::sink(x.expr(), Arc::new(MemorySink::new())).unwrap();
    let bytes = encode(&[sink.clone(), x.expr().clone()]).unwrap();
    let back = decode(&bytes, &registry()).unwrap();
    assert_eq!(back[1].key(), x.expr().key());
    let plan = |roots: &[Expr]| {
        let p = lower(roots, &Config::default()).unwrap();
        (p.graph.n_tasks(), p.graph.order().to_vec(), p.layers.iter().map(|l| l.name.clone()).collect::<Vec<_>>())
    };
    assert_eq!(plan(&back), plan(&[sink, x.expr().clone()]));
    let unknown = decode(&bytes, &Registry::builtin()).unwrap_err();
    assert!(unknown.kind() == ErrorKind::Corrupt && unknown.to_string().contains("misbehave"), "{unknown}");
    assert_ne!(registry_hash(&registry()), registry_hash(&Registry::builtin()));
    assert_eq!(registry_hash(&registry()), registry_hash(&registry()));
}

#[test]
fn a_file_that_has_changed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let write = |n: usize| {
        let t = Tensor::from_vec(&[n], vec![1.5f64; n]).unwrap();
        let sink = tilework::format::npy::NpySink::new(&path, t.dtype(), t.shape(), true).unwrap();
        let x = in_memory(t, n).unwrap();
        super::serial().store(&[build::sink(x.expr(), Arc::new(sink)).unwrap()]).unwrap();
    };
    write(10);
    let source = build::source(Arc::new(NpySource::open(&path).unwrap()), &4.into()).unwrap();
    let bytes = encode(&[source]).unwrap();
    assert!(decode(&bytes, &Registry::builtin()).is_ok());
    write(11);
    let e = decode(&bytes, &Registry::builtin()).unwrap_err();
    assert!(e.kind() == ErrorKind::Environment && e.to_string().contains("x.npy"), "{e}");
}

/// Whatever is done to the bytes, the answer is an expression that can be planned, or an error: no panic.
#[test]
fn broken_bytes_are_refused() {
    let mut dice = Dice(7);
    let (mut n_refused, mut n_read) = (0, 0);
    for seed in 0..150 {
        let good = encode(&[expression(seed).unwrap().expr().clone()]).unwrap();
        for _ in 0..40 {
            let mut bytes = good.clone();
            for _ in 0..1 + dice.below(3) {
                let at = dice.below(bytes.len());
                match dice.below(4) {
                    0 => bytes[at] = dice.below(256) as u8,
                    1 => bytes[at] ^= 1 << dice.below(8),
                    2 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, [0, 1, 127, 128, 255][dice.below(5)]),
                }
            }
            match decode(&bytes, &Registry::builtin()) {
                Ok(roots) => {
                    n_read += 1;
                    drop(encode(&roots).unwrap());
                    if roots.iter().map(|r| r.meta().n_chunks()).sum::<usize>() < 10_000 {
                        let _ = lower(&roots, &Config::default()); // may be refused, in words
                    }
                }
                Err(e) => {
                    n_refused += 1;
                    assert_ne!(e.kind(), ErrorKind::Bug, "{e}");
                }
            }
        }
        let noise: Vec<u8> = (0..dice.below(200)).map(|_| dice.below(256) as u8).collect();
        assert!(decode(&noise, &Registry::builtin()).is_err());
        let versioned: Vec<u8> = [1].into_iter().chain(noise).collect();
        assert!(decode(&versioned, &Registry::builtin()).is_err());
    }
    assert!(n_refused > 1000 && n_read > 0, "{n_refused} refused, {n_read} read");
}
