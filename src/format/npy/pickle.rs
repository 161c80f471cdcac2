//! The `info` file of a stack of `.npy` files: a Python pickle of `{"chunks": ((…), …), "dtype": dtype, "axis": n}`, as dask writes it.
//!
//! Nothing is executed: the few opcodes that such a dictionary needs are understood, the only callable that is accepted is `numpy.dtype`,
//! whose result is not looked at (the dtype stands in the files). Anything else is refused.

use crate::base::{DType, Error, Result};
use std::sync::Arc;

/// No `info` is longer: some millions of files.
pub(super) const MAX_BYTES: u64 = 64 << 20;
const NEWER: &str = "the info file holds what a stack does not need: remove it, and name the axis";

/// What an `info` file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackInfo {
    /// Sizes of the chunks along every axis.
    pub chunks: Vec<Vec<usize>>,
    /// The axis that the files follow each other along.
    pub axis: usize,
}

#[derive(Clone, Debug)]
enum Item {
    None,
    Bool,
    Int(i64),
    Text(Arc<str>),
    Tuple(Arc<Vec<Item>>),
    Dict(Arc<Vec<(Item, Item)>>),
    /// `numpy.dtype` itself.
    DtypeClass,
    /// A dtype, which is not looked at.
    Dtype,
    Mark,
}

struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Item>,
    memo: Vec<(usize, Item)>,
}

impl StackInfo {
    /// Reads a pickle.
    ///
    /// # Errors
    /// `Corrupt` for what is no pickle of such a dictionary, `Unsupported` for a pickle that holds more.
    pub fn read(bytes: &[u8]) -> Result<StackInfo> {
        let mut machine = Machine { rest: bytes, stack: Vec::new(), memo: Vec::new() };
        let Item::Dict(items) = machine.run()? else { return Err(broken("it is no dictionary")) };
        let find = |name: &str| items.iter().find(|(k, _)| matches!(k, Item::Text(t) if &**t == name)).map(|(_, v)| v);
        let Some(Item::Tuple(axes)) = find("chunks") else { return Err(broken("it has no chunks")) };
        let sizes = |axis: &Item| match axis {
            Item::Tuple(sizes) => sizes
                .iter()
                .map(|n| match n {
                    Item::Int(n) => usize::try_from(*n).ok(),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        let chunks: Option<Vec<Vec<usize>>> = axes.iter().map(sizes).collect();
        let chunks = chunks.ok_or_else(|| broken("its chunks are no sizes"))?;
        let Some(&Item::Int(axis)) = find("axis") else { return Err(broken("it has no axis")) };
        let axis = usize::try_from(axis).ok().filter(|&a| a < chunks.len());
        Ok(StackInfo { axis: axis.ok_or_else(|| broken("its axis is none of the array"))?, chunks })
    }

    /// The pickle (protocol 4), for a little-endian dtype.
    pub fn write(&self, dtype: DType) -> Vec<u8> {
        let mut out = vec![0x80, 4, b'}', b'('];
        text(&mut out, "chunks");
        out.push(b'(');
        for sizes in &self.chunks {
            out.push(b'(');
            sizes.iter().for_each(|&n| int(&mut out, n));
            out.push(b't');
        }
        out.push(b't');
        text(&mut out, "dtype");
        text(&mut out, "numpy");
        text(&mut out, "dtype");
        out.push(0x93); // the class of that name
        let kind = match dtype {
            DType::Bool => 'b',
            d if d.is_complex() => 'c',
            d if d.is_float() => 'f',
            d if d.is_signed() => 'i',
            _ => 'u',
        };
        text(&mut out, &format!("{kind}{}", dtype.size()));
        out.extend([0x89, 0x88, 0x87, b'R']); // called with (name, False, True)
        // The state that numpy gives a dtype: (3, byte order, None, None, None, -1, -1, 0).
        out.extend([b'(', b'K', 3]);
        text(&mut out, if dtype.size() == 1 { "|" } else { "<" });
        out.extend(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb");
        text(&mut out, "axis");
        int(&mut out, self.axis);
        out.extend(b"u.");
        out
    }
}

fn text(out: &mut Vec<u8>, t: &str) {
    out.extend([0x8c, t.len() as u8]);
    out.extend(t.bytes());
}

fn int(out: &mut Vec<u8>, n: usize) {
    match (u8::try_from(n), i32::try_from(n)) {
        (Ok(n), _) => out.extend([b'K', n]),
        (_, Ok(n)) => {
            out.push(b'J');
            out.extend(n.to_le_bytes());
        }
        _ => {
            // Of nine bytes, so that the sign's is 0.
            out.extend([0x8a, 9]);
            out.extend((n as u64).to_le_bytes());
            out.push(0);
        }
    }
}

fn broken(what: &str) -> Error {
    Error::corrupt(format!("the info file of a stack: {what}"))
}

impl Machine<'_> {
    fn take(&mut self, n: usize) -> Result<&[u8]> {
        let (part, rest) = self.rest.split_at_checked(n).ok_or_else(|| broken("it ends early"))?;
        self.rest = rest;
        Ok(part)
    }

    fn uint(&mut self, n_bytes: usize) -> Result<usize> {
        let bytes = self.take(n_bytes)?;
        let n = bytes.iter().rev().fold(0u64, |n, &b| (n << 8) | u64::from(b));
        usize::try_from(n).map_err(|_| broken("a length beyond reason"))
    }

    fn line(&mut self) -> Result<String> {
        let end = self.rest.iter().position(|&b| b == b'\n').ok_or_else(|| broken("it ends early"))?;
        let line = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest = &self.rest[end + 1..];
        Ok(line)
    }

    fn pop(&mut self) -> Result<Item> {
        self.stack.pop().ok_or_else(|| broken("it takes what it did not put"))
    }

    fn pops(&mut self, n: usize) -> Result<Vec<Item>> {
        let at = self.stack.len().checked_sub(n).ok_or_else(|| broken("it takes what it did not put"))?;
        Ok(self.stack.split_off(at))
    }

    /// All since the last mark, and the mark.
    fn marked(&mut self) -> Result<Vec<Item>> {
        let at = self.stack.iter().rposition(|i| matches!(i, Item::Mark)).ok_or_else(|| broken("it lacks a mark"))?;
        let items = self.stack.split_off(at + 1);
        self.stack.pop();
        Ok(items)
    }

    fn tuple(&mut self, items: Vec<Item>) {
        self.stack.push(Item::Tuple(Arc::new(items)));
    }

    fn memo_put(&mut self, key: usize) -> Result<()> {
        let item = self.stack.last().cloned().ok_or_else(|| broken("it keeps nothing"))?;
        self.memo.push((key, item));
        Ok(())
    }

    fn memo_get(&mut self, key: usize) -> Result<()> {
        // The key is the place unless a writer numbers differently.
        let found = self.memo.get(key).filter(|(k, _)| *k == key).or_else(|| self.memo.iter().rev().find(|(k, _)| *k == key));
        let item = found.map(|(_, i)| i.clone()).ok_or_else(|| broken("it speaks of what it did not keep"))?;
        self.stack.push(item);
        Ok(())
    }

    fn set_items(&mut self, items: Vec<Item>) -> Result<()> {
        let Some(Item::Dict(dict)) = self.stack.last_mut() else { return Err(broken("it fills no dictionary")) };
        let dict = Arc::make_mut(dict);
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            dict.push((key, value));
        }
        Ok(())
    }

    fn class(&mut self, module: &str, name: &str) -> Result<()> {
        if (module, name) != ("numpy", "dtype") {
            return Err(Error::unsupported(format!("{NEWER} ({module}.{name})")));
        }
        self.stack.push(Item::DtypeClass);
        Ok(())
    }

    fn run(&mut self) -> Result<Item> {
        loop {
            match self.take(1)?[0] {
                b'.' => return self.pop(),
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'}' => self.stack.push(Item::Dict(Arc::default())),
                b'(' => self.stack.push(Item::Mark),
                b'N' => self.stack.push(Item::None),
                0x88 | 0x89 => self.stack.push(Item::Bool),
                op @ (b'K' | b'M' | b'J' | 0x8a) => self.number(op)?,
                op @ (0x8c | b'X' | 0x8d) => self.string(op)?,
                op @ (b')' | 0x85 | 0x86 | 0x87 | b't') => {
                    let items = match op {
                        b't' => self.marked()?,
                        b')' => Vec::new(),
                        op => self.pops(usize::from(op - 0x84))?,
                    };
                    self.tuple(items);
                }
                0x94 => self.memo_put(self.memo.len())?,
                op @ (b'q' | b'r') => {
                    let key = self.uint(if op == b'q' { 1 } else { 4 })?;
                    self.memo_put(key)?;
                }
                op @ (b'h' | b'j') => {
                    let key = self.uint(if op == b'h' { 1 } else { 4 })?;
                    self.memo_get(key)?;
                }
                b's' => {
                    let items = self.pops(2)?;
                    self.set_items(items)?;
                }
                b'u' => {
                    let items = self.marked()?;
                    self.set_items(items)?;
                }
                op => self.object(op)?,
            }
        }
    }

    fn number(&mut self, op: u8) -> Result<()> {
        let n = match op {
            b'K' => self.uint(1)? as i64,
            b'M' => self.uint(2)? as i64,
            b'J' => i64::from(self.uint(4)? as u32 as i32),
            _ => {
                let n = self.uint(1)?;
                let bytes = self.take(n)?;
                let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
                if negative || bytes.iter().skip(8).any(|&b| b != 0) {
                    return Err(broken("a number beyond reason"));
                }
                let n = bytes.iter().take(8).rev().fold(0u64, |n, &b| (n << 8) | u64::from(b));
                i64::try_from(n).map_err(|_| broken("a number beyond reason"))?
            }
        };
        self.stack.push(Item::Int(n));
        Ok(())
    }

    fn string(&mut self, op: u8) -> Result<()> {
        let n = self.uint(match op {
            0x8c => 1,
            b'X' => 4,
            _ => 8,
        })?;
        let t = std::str::from_utf8(self.take(n)?).map_err(|_| broken("a text that is none"))?.into();
        self.stack.push(Item::Text(t));
        Ok(())
    }

    /// Opcodes that name, call and fill objects: only `numpy.dtype(…)`.
    fn object(&mut self, op: u8) -> Result<()> {
        match op {
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.class(&module, &name)
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Item::Text(module), Item::Text(name)) = (module, name) else { return Err(broken("a class without a name")) };
                self.class(&module, &name)
            }
            b'R' => {
                let (_, class) = (self.pop()?, self.pop()?);
                if !matches!(class, Item::DtypeClass) {
                    return Err(Error::unsupported(NEWER));
                }
                self.stack.push(Item::Dtype);
                Ok(())
            }
            b'b' => {
                self.pop()?;
                match self.stack.last() {
                    Some(Item::Dtype) => Ok(()),
                    _ => Err(Error::unsupported(NEWER)),
                }
            }
            _ => Err(Error::unsupported(NEWER)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StackInfo;
    use crate::base::{DType, Kind};
    use proptest::prelude::*;

    fn dask() -> Vec<u8> {
        // dask 2026.8 of float32, chunks ((2, 2, 2), (4,)), axis 0.
        let mut out =
            b"\x80\x04\x95c\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x06chunks\x94K\x02K\x02K\x02\x87\x94K\x04\x85\x94\x86\x94"
                .to_vec();
        out.extend(
            b"\x8c\x05dtype\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNN",
        );
        out.extend(b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x8c\x04axis\x94K\x00u.");
        out
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(chunks in prop::collection::vec(prop::collection::vec(0usize..1 << 40, 1..5), 1..5), axis in 0usize..4) {
            let info = StackInfo { axis: axis % chunks.len(), chunks };
            prop_assert_eq!(StackInfo::read(&info.write(DType::U8)).unwrap(), info);
        }

        #[test]
        fn hostile_pickles_are_refused(at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<bool>(), noise in prop::collection::vec(any::<u8>(), 0..60), good in any::<bool>()) {
            let mut bytes = if good { dask() } else { noise };
            if good {
                let i = at.index(bytes.len());
                if cut { bytes.truncate(i) } else { bytes[i] = with }
            }
            if let Err(e) = StackInfo::read(&bytes) {
                prop_assert!(matches!(e.kind(), Kind::Corrupt | Kind::Unsupported), "{:?}", e);
            }
        }
    }

    #[test]
    fn those_of_dask_are_read() {
        let info = StackInfo::read(&dask()).unwrap();
        assert_eq!(info, StackInfo { chunks: vec![vec![2, 2, 2], vec![4]], axis: 0 });
    }

    #[test]
    fn nothing_is_called() {
        let e = StackInfo::read(b"cos\nsystem\n(X\x02\x00\x00\x00lstR.").unwrap_err();
        assert_eq!(e.kind(), Kind::Unsupported);
        assert!(e.to_string().contains("os.system"), "{e}");
    }
}
