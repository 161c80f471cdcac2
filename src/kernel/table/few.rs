//! Groups of keys of which few differ: every column's values are numbered as they come, and a table by those numbers tells the group.

use polars::prelude::{Column, DataFrame, DataType, IdxSize};
use polars_arrow::array::Array;

/// A column with more different values than this, or groups more than that, are left to hash tables of all keys.
const MOST_VALUES: usize = 256;
const MOST_GROUPS: usize = 1 << 16;
/// Slots for values; a power of two, and more than twice as many as there are values.
const SLOTS: usize = 1 << 10;
/// What stands for null: no value looks like it.
const NULL: u128 = u128::MAX;
/// Strings of so many bytes lie in their views.
const INLINE: u32 = 12;

/// Numbers that values are given as they come.
struct Numbers {
    slots: Vec<(u128, u16)>,
    n: u16,
}

impl Numbers {
    fn new() -> Numbers {
        // A value's number is one less than what its slot says.
        Numbers { slots: vec![(0, 0); SLOTS], n: 0 }
    }

    /// The number of a value; None if there are too many.
    fn of(&mut self, value: u128) -> Option<u16> {
        // The value before is not compared first: where values alternate, that is guessed wrongly half the time.
        let folded = (value as u64) ^ ((value >> 64) as u64).rotate_left(29);
        let mut at = (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize % SLOTS;
        loop {
            let (other, number) = self.slots[at];
            if number > 0 && other == value {
                return Some(number - 1);
            }
            if number == 0 {
                if self.n as usize == MOST_VALUES {
                    return None;
                }
                self.n += 1;
                self.slots[at] = (value, self.n);
                return Some(self.n - 1);
            }
            at = (at + 1) % SLOTS;
        }
    }
}

/// The number of every row's value, and how many there are.
fn numbered(column: &Column) -> Option<(Vec<u16>, usize)> {
    let mut numbers = Numbers::new();
    let mut out = Vec::with_capacity(column.len());
    if column.dtype() == &DataType::String {
        for array in column.str().ok()?.downcast_iter() {
            let inline = |view: &polars_arrow::array::View| (view.length <= INLINE).then(|| view.as_u128());
            match array.validity() {
                None => {
                    for view in array.views().iter() {
                        out.push(numbers.of(inline(view)?)?);
                    }
                }
                Some(valid) => {
                    for (view, valid) in array.views().iter().zip(valid.iter()) {
                        out.push(numbers.of(if valid { inline(view)? } else { NULL })?);
                    }
                }
            }
        }
    } else {
        let wide = column.to_physical_repr().cast(&DataType::Int64).ok().filter(|c| c.null_count() == column.null_count())?;
        for value in wide.i64().ok()?.iter() {
            out.push(numbers.of(value.map_or(NULL, |v| u128::from(v as u64)))?);
        }
    }
    Some((out, numbers.n as usize))
}

/// The group of every row, numbered in order of their first rows; None where many keys differ.
pub(super) fn groups(keys: &DataFrame) -> Option<Vec<IdxSize>> {
    let (mut places, mut n_places): (Vec<u32>, usize) = (vec![0; keys.height()], 1);
    for column in keys.columns() {
        let (numbers, n) = numbered(column)?;
        n_places *= n.max(1);
        if n_places > MOST_GROUPS {
            return None;
        }
        places.iter_mut().zip(&numbers).for_each(|(place, &number)| *place = *place * n as u32 + u32::from(number));
    }
    let mut groups = vec![IdxSize::MAX; n_places];
    let mut n = 0;
    let of = places.into_iter().map(|place| {
        let group = &mut groups[place as usize];
        if *group == IdxSize::MAX {
            *group = n;
            n += 1;
        }
        *group
    });
    Some(of.collect())
}

#[cfg(test)]
mod tests {
    use super::groups;
    use polars::prelude::{DataType, df};

    #[test]
    fn groups_are_numbered_as_they_come() {
        let keys = df!(
            "s" => [Some("b"), Some("a"), None, Some("b"), Some("a"), None, Some("")],
            "i" => [Some(1i64), Some(1), None, Some(1), Some(-1), None, Some(1)],
        )
        .unwrap();
        assert_eq!(groups(&keys).unwrap(), [0, 1, 2, 0, 3, 2, 4]);
        let bools = df!("b" => [Some(true), None, Some(false), Some(true)]).unwrap();
        assert_eq!(groups(&bools).unwrap(), [0, 1, 2, 0]);
        assert_eq!(groups(&keys.clear()).unwrap(), [0u32; 0]);
    }

    #[test]
    fn many_or_long_keys_are_left_alone() {
        assert!(groups(&df!("i" => (0..300i64).collect::<Vec<_>>()).unwrap()).is_none());
        assert!(groups(&df!("i" => (0..3000i64).map(|i| i % 256).collect::<Vec<_>>()).unwrap()).is_some());
        assert!(groups(&df!("s" => ["a text that is longer than a view"]).unwrap()).is_none());
        let large = df!("u" => [u64::MAX, 1]).unwrap();
        assert_eq!(large.column("u").unwrap().dtype(), &DataType::UInt64);
        assert!(groups(&large).is_none());
    }
}
