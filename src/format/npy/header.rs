//! The header of a `.npy` file (versions 1.0 to 3.0), after NumPy's description of the format (NEP 1, `numpy.lib.format`).
//!
//! The header is the text of a Python dictionary; only the literals that NumPy writes there are understood. What it says is
//! checked (sizes against overflow) but not compared with the file: that is the source's part.

use crate::base::{Coords, DType, Error, Result};
use std::io::Read;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// NumPy itself refuses headers beyond 10,000 bytes unless told otherwise.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Element type.
    pub dtype: DType,
    /// Whether elements are stored with their highest byte first.
    pub big_endian: bool,
    /// Whether the first axis varies fastest.
    pub fortran_order: bool,
    /// Shape.
    pub shape: Coords,
    /// Where in the file the elements start.
    pub data_start: u64,
}

impl Header {
    /// Reads the header from the start of a file.
    ///
    /// # Errors
    /// `Corrupt` if it is no header of a `.npy` file, `Unsupported` for another version or dtype, named.
    pub fn read(input: &mut impl Read) -> Result<Header> {
        let mut start = [0; 8];
        exactly(input, &mut start)?;
        if &start[..6] != MAGIC {
            return Err(Error::corrupt("the file does not start as a .npy file does"));
        }
        let (major, minor) = (start[6], start[7]);
        let (len, len_bytes) = match (major, minor) {
            (1, 0) => {
                let mut n = [0; 2];
                exactly(input, &mut n)?;
                (usize::from(u16::from_le_bytes(n)), 2)
            }
            (2 | 3, 0) => {
                let mut n = [0; 4];
                exactly(input, &mut n)?;
                (u32::from_le_bytes(n) as usize, 4)
            }
            _ => return Err(Error::unsupported(format!("version {major}.{minor} of the .npy format: 1.0 to 3.0 are read"))),
        };
        if len > MAX_HEADER_BYTES {
            return Err(Error::corrupt(format!("a .npy header of {len} bytes")));
        }
        let mut text = vec![0; len];
        exactly(input, &mut text)?;
        let data_start = (8 + len_bytes + len) as u64;
        let text = String::from_utf8(text).map_err(|_| Error::corrupt("the .npy header is not text"))?;
        Header::parse(&text, data_start)
    }

    fn parse(text: &str, data_start: u64) -> Result<Header> {
        let mut parser = Parser { rest: text };
        let (mut descr, mut order, mut shape) = (None, None, None);
        parser.expect("{")?;
        while !parser.take("}") {
            let key = parser.string()?;
            parser.expect(":")?;
            match key {
                "descr" => descr = Some(parser.descr()?),
                "fortran_order" => order = Some(parser.bool()?),
                "shape" => shape = Some(parser.shape()?),
                other => return Err(Error::corrupt(format!("the .npy header has an unknown key '{other}'"))),
            }
            if !parser.take(",") {
                parser.expect("}")?;
                break;
            }
        }
        let (Some((dtype, big_endian)), Some(fortran_order), Some(shape)) = (descr, order, shape) else {
            return Err(Error::corrupt("the .npy header lacks one of descr, fortran_order and shape"));
        };
        let bytes = shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d.max(1)));
        if bytes.is_none_or(|n| isize::try_from(n).is_err()) {
            return Err(Error::corrupt(format!("the .npy header speaks of {shape:?} elements, beyond 2^63 bytes")));
        }
        Ok(Header { dtype, big_endian, fortran_order, shape, data_start })
    }

    /// The bytes of a header for a little-endian array in C order; their number is a multiple of 64.
    pub fn write(dtype: DType, shape: &[usize]) -> Vec<u8> {
        let kind = match dtype {
            DType::Bool => "|b",
            DType::I8 => "|i",
            DType::U8 => "|u",
            d if d.is_float() => "<f",
            d if d.is_complex() => "<c",
            d if d.is_signed() => "<i",
            _ => "<u",
        };
        let mut axes: Vec<String> = shape.iter().map(usize::to_string).collect();
        if axes.len() == 1 {
            axes.push(String::new()); // Python's tuple of one: (3,)
        }
        let axes = axes.join(", ");
        let dict =
            format!("{{'descr': '{kind}{}', 'fortran_order': False, 'shape': ({}), }}", dtype.size(), axes.trim_end_matches(' '));
        let (version, len_bytes) = if dict.len() + 64 <= usize::from(u16::MAX) { (1u8, 2) } else { (2, 4) };
        let total = (8 + len_bytes + dict.len() + 1).next_multiple_of(64);
        let len = total - 8 - len_bytes;
        let mut out = Vec::with_capacity(total);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[version, 0]);
        out.extend_from_slice(&(len as u32).to_le_bytes()[..len_bytes]);
        out.extend_from_slice(dict.as_bytes());
        out.resize(total - 1, b' ');
        out.push(b'\n');
        out
    }
}

fn exactly(input: &mut impl Read, out: &mut [u8]) -> Result<()> {
    input.read_exact(out).map_err(|e| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::corrupt("the file ends within the .npy header"),
        _ => Error::io("reading the .npy header", &e),
    })
}

/// Reads the literals of a header from its text.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn take(&mut self, token: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let rest = trimmed.strip_prefix(token);
        self.rest = rest.unwrap_or(trimmed);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        if self.take(token) {
            return Ok(());
        }
        let near: String = self.rest.chars().take(20).collect();
        Err(Error::corrupt(format!("the .npy header has no '{token}' before '{near}'")))
    }

    fn string(&mut self) -> Result<&'a str> {
        let quote = if self.take("'") { '\'' } else { self.expect("\"").map(|()| '"')? };
        let (text, rest) = self.rest.split_once(quote).ok_or_else(|| Error::corrupt("an open string in the .npy header"))?;
        self.rest = rest;
        Ok(text)
    }

    fn bool(&mut self) -> Result<bool> {
        if self.take("True") {
            return Ok(true);
        }
        self.expect("False").map(|()| false)
    }

    fn shape(&mut self) -> Result<Coords> {
        let mut out = Coords::new();
        self.expect("(")?;
        while !self.take(")") {
            let rest = self.rest.trim_start();
            let n = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let value = rest[..n].parse().map_err(|_| Error::corrupt(format!("'{}' is no length of an axis", &rest[..n])))?;
            out.push(value);
            self.rest = &rest[n..];
            self.take("L"); // Python 2 wrote long integers so
            if out.len() > 64 {
                return Err(Error::unsupported("a .npy array of more than 64 dimensions"));
            }
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(out)
    }

    fn descr(&mut self) -> Result<(DType, bool)> {
        if self.rest.trim_start().starts_with(['[', '(', '{']) {
            return Err(Error::unsupported("a structured dtype (fields) in a .npy file: save each field as an array of its own"));
        }
        let descr = self.string()?;
        let (order, short) = descr.split_at_checked(1).filter(|(c, _)| "<>|=".contains(c)).unwrap_or(("<", descr));
        let dtype = DType::parse(short).map_err(|_| {
            let what = match short.as_bytes().first() {
                Some(b'O') => "Python objects",
                Some(b'U' | b'S' | b'a') => "text",
                Some(b'c') => "complex numbers of this size",
                Some(b'M' | b'm') => "dates or time differences",
                Some(b'V') => "raw or structured elements",
                Some(b'f') => "floats of this size",
                _ => "elements of this kind",
            };
            Error::unsupported(format!("the .npy dtype '{descr}': {what} are not supported"))
        })?;
        Ok((dtype, order == ">" && dtype.size() > 1))
    }
}
