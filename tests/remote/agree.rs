//! Workers give the same bits as this process.

use super::{cluster, serial, session};
use tilework::array::arange;

#[test]
fn two_workers_give_the_sum_that_one_thread_gives() {
    let cluster = cluster(2).unwrap();
    let x = arange(0, 100_000, 1, 1000).unwrap();
    let y = x.multiply(3).unwrap().add(7).unwrap();
    let s = y.sum(None).unwrap();
    for e in [&s, &y] {
        let want = serial().compute(e.expr()).unwrap();
        let got = session(&cluster).compute(e.expr()).unwrap();
        assert_eq!(got.as_bytes().unwrap(), want.as_bytes().unwrap());
    }
}
