//! In which order many arrays are multiplied: pair by pair, always the pair that leaves the least behind; of chains of matrices the order
//! with the least work.

use std::collections::BTreeMap;

/// Pairs `(i, j)`, `i < j`, of positions in the list of arrays that are left; their product goes to its end.
///
/// The pair is chosen whose product has the fewest elements compared with its factors, of equal ones the one with the least work, of
/// these the first: the greedy rule of opt_einsum (Smith and Gray 2018).
pub(super) fn greedy(labels: &[Vec<usize>], out: &[usize], lengths: &BTreeMap<usize, usize>) -> Vec<(usize, usize)> {
    let mut left: Vec<Vec<usize>> = labels.to_vec();
    let size = |labels: &[usize]| labels.iter().map(|l| lengths.get(l).map_or(1.0, |&n| n as f64)).product::<f64>();
    let mut pairs = Vec::new();
    while left.len() > 1 {
        let mut best: Option<(f64, f64, usize, usize, Vec<usize>)> = None;
        for j in 1..left.len() {
            for i in 0..j {
                let both: Vec<usize> =
                    left[i].iter().copied().chain(left[j].iter().copied().filter(|l| !left[i].contains(l))).collect();
                let others = left.iter().enumerate().filter(|(o, _)| *o != i && *o != j);
                let wanted: Vec<usize> = others.flat_map(|(_, l)| l.iter().copied()).chain(out.iter().copied()).collect();
                let kept: Vec<usize> = both.iter().copied().filter(|l| wanted.contains(l)).collect();
                let (growth, work) = (size(&kept) - size(&left[i]) - size(&left[j]), size(&both));
                if best.as_ref().is_none_or(|b| (growth, work) < (b.0, b.1)) {
                    best = Some((growth, work, i, j, kept));
                }
            }
        }
        let Some((_, _, i, j, kept)) = best else { break };
        left.remove(j);
        left.remove(i);
        left.push(kept);
        pairs.push((i, j));
    }
    pairs
}

/// For the matrices `first` to `last` of a chain, matrix `i` having `lengths[i]` rows and `lengths[i + 1]` columns, the last of the first
/// factor: `result[first][last]`. Of all orders the one with the fewest multiplications (of equal ones the first), by the classical
/// dynamic program over ever longer parts.
pub(super) fn chain(lengths: &[usize]) -> Vec<Vec<usize>> {
    let n = lengths.len().saturating_sub(1);
    let size = |i: usize| lengths[i] as f64;
    let mut work = vec![vec![0.0; n]; n];
    let mut splits = vec![vec![0; n]; n];
    for span in 1..n {
        for first in 0..n - span {
            let last = first + span;
            let with = |k: usize| work[first][k] + work[k + 1][last] + size(first) * size(k + 1) * size(last + 1);
            let best = (first..last).map(|k| (with(k), k)).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            (work[first][last], splits[first][last]) = best.unwrap_or((0.0, first));
        }
    }
    splits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_of_matrices_are_multiplied_where_they_are_thin() {
        // (10 by 1000) (1000 by 2) (2 by 1000): the first pair first.
        let lengths: BTreeMap<usize, usize> = [(0, 10), (1, 1000), (2, 2), (3, 1000)].into();
        assert_eq!(greedy(&[vec![0, 1], vec![1, 2], vec![2, 3]], &[0, 3], &lengths), [(0, 1), (0, 1)]);
        // The other way round the last pair.
        let lengths: BTreeMap<usize, usize> = [(0, 1000), (1, 2), (2, 1000), (3, 10)].into();
        assert_eq!(greedy(&[vec![0, 1], vec![1, 2], vec![2, 3]], &[0, 3], &lengths), [(1, 2), (0, 1)]);
        assert!(greedy(&[vec![0]], &[0], &lengths).is_empty());
    }

    #[test]
    fn chains_take_the_least_work() {
        // The textbook's six matrices (Cormen et al., section 14.2): ((A1 (A2 A3)) ((A4 A5) A6)).
        let splits = chain(&[30, 35, 15, 5, 10, 20, 25]);
        assert_eq!((splits[0][5], splits[0][2], splits[3][5]), (2, 0, 4));
        assert_eq!(chain(&[2, 3]), [[0]]);
        assert!(chain(&[2]).is_empty());
    }
}
