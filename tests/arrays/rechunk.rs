//! Rechunks by every way there is: straight, by pieces through spill files, by chunks between.

use super::material::{Noise, bits, config, cut, least_budget, oracle, run, same_everywhere, shape};
use tilework::array::random::Generator;
use tilework::array::{DynArray, map_blocks};
use tilework::{Chunks, Session};

/// An array whose chunks nothing can be absorbed into.
fn opaque(shape: &[usize], chunks: Chunks) -> DynArray {
    let x = Generator::new(3).random(shape, chunks).unwrap();
    map_blocks("opaque", &[&x], x.dtype(), None, |_, b| Ok(b[0].clone())).unwrap()
}

#[test]
fn any_cut_becomes_any_other() {
    let mut noise = Noise(17);
    for i in 0..60 {
        let shape = shape(&mut noise, 4000);
        let x = opaque(&shape, cut(&mut noise, &shape));
        let y = x.rechunk(cut(&mut noise, &shape)).unwrap();
        let got = same_everywhere(y.expr(), &format!("case {i}: {:?} to {:?}", x.chunks(), y.chunks())).unwrap();
        assert_eq!(bits(&got), bits(&run(&oracle(), x.expr()).unwrap()));
    }
}

#[test]
fn a_transposing_rechunk_runs_in_a_fraction_of_its_data() {
    for (shape, from, to) in [
        ([512, 512], [8, 512], [512, 8]),
        ([500, 300], [7, 300], [500, 11]),
        ([2048, 128], [2048, 1], [1, 128]), // pieces of one element, were it not for chunks between
    ] {
        let x = opaque(&shape, Chunks::Sizes(from.to_vec()));
        let y = x.rechunk(to).unwrap().cumsum(0).unwrap().add(&x.rechunk(to).unwrap()).unwrap();
        let want = bits(&run(&oracle(), y.expr()).unwrap());
        for n_threads in [1, 2] {
            let c = config(n_threads, u64::MAX);
            let least = least_budget(y.expr(), &c);
            for budget in [least, least * 2] {
                let got = run(&Session::new(config(n_threads, budget)), y.expr()).unwrap();
                assert!(bits(&got) == want, "{shape:?} in {budget}");
            }
            let data = (shape[0] * shape[1] * 8) as u64;
            let session = Session::new(config(n_threads, least));
            let explain = session.explain(&[y.expr().clone()]).unwrap();
            assert!(shape[1] == 128 || explain.to_string().contains("rechunk split"), "{explain}");
            assert!(least < 3 * data, "{shape:?}: {least} bytes for data of {data}");
        }
    }
}
