//! Band math by expression: `where(A+B>0, (B-A)/(A+B), nodata)`.
//!
//! Names are single letters for bands, `nodata` for the output's nodata value, and the names of elementwise ops as functions.
//! Operators bind as in Python: `|`, `^`, `&`, comparisons, `+ -`, `* / // %`, unary `- + ~`, `**`. Integer bands are widened before
//! anything is computed (8 and 16 bits to int32, 32 bits to int64), so that sums and differences of pixels do not wrap; `/`
//! divides as floats.

use crate::array::{DynArray, where_};
use crate::base::{DType, Error, Result, Scalar};
use crate::expr::build::{self, Operand};
use crate::kernel::element::{DTypeRule, ElementOp};
use crate::op::element;
use crate::raster::Raster;
use crate::raster::grid::same_grid;

/// Deepest nesting of an expression.
const MOST_NESTED: usize = 64;

/// Computes an expression over bands (2-D rasters on one grid). `nodata` is what the result has where `masked` and any band used
/// is no data; without it the first band's own nodata value is taken, if a band has one.
///
/// # Errors
/// A syntax error, an unknown name or function (with the place), bands on different grids, a nodata value that does not fit.
pub fn calc(text: &str, bands: &[(char, Raster)], nodata: Option<Scalar>, masked: bool) -> Result<Raster> {
    let nodata = nodata.or_else(|| if masked { bands.iter().find_map(|(_, r)| r.georef().nodata) } else { None });
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, bands, nodata, used: vec![], depth: 0 };
    let value = parser.alternative()?;
    parser.end()?;
    let used = parser.used;
    let Value::Array(mut result) = value else {
        return Err(Error::usage(format!("'{text}' uses no band: name at least one, like A")));
    };
    let first = &bands.iter().find(|(c, _)| used.contains(c)).ok_or_else(|| Error::bug("an expression without bands"))?.1;
    if masked {
        let mut missing: Option<DynArray> = None;
        for (_, r) in bands.iter().filter(|(c, _)| used.contains(c)) {
            if let Some(m) = r.missing()? {
                missing = Some(match missing {
                    None => m,
                    Some(other) => other.logical_or(&m)?,
                });
            }
        }
        if let Some(m) = missing {
            let Some(v) = nodata else {
                return Err(Error::usage(
                    "the bands have a mask, but the result has no nodata value to show it: give one (--nodata), or ignore masks (--ignore-nodata)",
                ));
            };
            result = where_(&m, v, &result)?;
        }
    }
    Ok(first.with(result, nodata, text))
}

/// The dtype in which pixels of `dtype` are computed with.
fn widened(dtype: DType) -> DType {
    match dtype {
        DType::I8 | DType::U8 | DType::I16 | DType::U16 => DType::I32,
        DType::I32 | DType::U32 => DType::I64,
        d => d,
    }
}

#[derive(Clone, Debug)]
enum Value {
    Array(DynArray),
    Number(Scalar),
}

impl Value {
    fn operand(&self) -> Operand {
        match self {
            Value::Array(a) => Operand::Array(a.expr().clone()),
            Value::Number(s) => Operand::Scalar(*s),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(Scalar),
    Name(String),
    Symbol(&'static str),
}

const SYMBOLS: &[&str] = &[
    "**", "//", "<=", ">=", "==", "!=", "<<", ">>", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "(", ")", ",", "&", "|", "^",
    "~", "!",
];

/// Tokens with the byte at which each begins.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit())) {
            let (n, token) = number(rest).ok_or_else(|| place(text, at, "is no number"))?;
            out.push((at, token));
            at += n;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let n = rest.find(|d: char| !(d.is_ascii_alphanumeric() || d == '_')).unwrap_or(rest.len());
            out.push((at, Token::Name(rest[..n].to_string())));
            at += n;
        } else if let Some(s) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
            out.push((at, Token::Symbol(s)));
            at += s.len();
        } else {
            return Err(place(text, at, &format!("'{c}' means nothing here")));
        }
    }
    Ok(out)
}

fn number(rest: &str) -> Option<(usize, Token)> {
    let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let mut n = digits(rest);
    let mut float = false;
    if rest[n..].starts_with('.') {
        float = true;
        n += 1 + digits(&rest[n + 1..]);
    }
    if rest[n..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[n + 1..].starts_with(['+', '-']));
        let d = digits(&rest[n + 1 + sign..]);
        if d > 0 {
            float = true;
            n += 1 + sign + d;
        }
    }
    let text = &rest[..n];
    let value = if float {
        text.parse().ok().map(Scalar::F64)
    } else {
        text.parse().ok().map(Scalar::I64).or(text.parse().ok().map(Scalar::U64)).or(text.parse().ok().map(Scalar::F64))
    };
    value.map(|v| (n, Token::Number(v)))
}

/// Most characters of an expression that an error shows.
const MOST_SHOWN: usize = 200;

/// An error that shows where in the expression.
fn place(text: &str, at: usize, what: &str) -> Error {
    let column = text[..at].chars().count() + 1;
    if text.chars().count() <= MOST_SHOWN {
        return Error::usage(format!("expression '{text}', column {column}: {what}"));
    }
    let near: String = text.chars().skip(column.saturating_sub(MOST_SHOWN / 2)).take(MOST_SHOWN).collect();
    Error::usage(format!("expression '...{near}...', column {column}: {what}"))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token)>,
    at: usize,
    bands: &'a [(char, Raster)],
    nodata: Option<Scalar>,
    used: Vec<char>,
    depth: usize,
}

/// Binary operators by level, loosest first: symbol and the op's name.
const LEVELS: &[&[(&str, &str)]] = &[
    &[("||", "logical_or"), ("|", "bitwise_or")],
    &[("^", "bitwise_xor")],
    &[("&&", "logical_and"), ("&", "bitwise_and")],
    &[("==", "equal"), ("!=", "not_equal"), ("<=", "less_equal"), (">=", "greater_equal"), ("<", "less"), (">", "greater")],
    &[("<<", "left_shift"), (">>", "right_shift")],
    &[("+", "add"), ("-", "subtract")],
    &[("*", "multiply"), ("//", "floor_divide"), ("/", "divide"), ("%", "remainder")],
];

/// The level whose operators are not chained.
const COMPARISONS: usize = 3;

/// What can be written in an expression, for people.
pub fn help() -> String {
    let functions = element::ALL.iter().filter(|op| is_function(op)).map(|op| op.name);
    let mut text = String::from("Operators, loosest first:");
    for ops in LEVELS {
        text += "  ";
        text += &ops.iter().map(|(s, _)| *s).collect::<Vec<_>>().join(" ");
    }
    text += "  - + ~ ! (of one)  **\nNames: nodata, nan, pi, and the bands -A to -Z\nFunctions, as NumPy's of the same names:";
    let mut line = 0;
    for name in functions.chain(["abs", "min", "max", "pow", "ln", "round", "mod"]) {
        if line == 0 || line + name.len() > 110 {
            text += "\n ";
            line = 0;
        }
        text += " ";
        text += name;
        line += name.len() + 1;
    }
    text
}

/// Whether an op is a function of bands.
fn is_function(op: &ElementOp) -> bool {
    !matches!(op.rule, DTypeRule::Generate(_))
}

impl Parser<'_> {
    fn error(&self, what: &str) -> Error {
        place(self.text, self.tokens.get(self.at).map_or(self.text.len(), |t| t.0), what)
    }

    fn symbol(&mut self, s: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some((_, Token::Symbol(t))) if *t == s);
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, s: &str) -> Result<()> {
        if self.symbol(s) { Ok(()) } else { Err(self.error(&format!("'{s}' is expected"))) }
    }

    fn end(&self) -> Result<()> {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.error("the expression should end here")) }
    }

    fn alternative(&mut self) -> Result<Value> {
        self.nested(|p| p.level(0))
    }

    /// One level deeper; too many would overflow the stack.
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Result<Value>) -> Result<Value> {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Err(self.error(&format!("nested more than {MOST_NESTED} deep")));
        }
        let v = parse(self)?;
        self.depth -= 1;
        Ok(v)
    }

    fn level(&mut self, level: usize) -> Result<Value> {
        let Some(ops) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        let mut compared = false;
        while let Some((symbol, name)) = ops.iter().find(|(s, _)| self.symbol(s)) {
            if compared {
                self.at -= 1;
                return Err(self.error(&format!("comparisons are not chained: join two by &, like (0 < A) & (A {symbol} 5)")));
            }
            compared = level == COMPARISONS;
            let right = self.level(level + 1)?;
            left = self.apply(name, &[left, right])?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Value> {
        for (s, name) in [("-", "negative"), ("+", "positive"), ("~", "invert"), ("!", "logical_not")] {
            if self.symbol(s) {
                let v = self.nested(Self::unary)?;
                return match (&v, name) {
                    (Value::Number(Scalar::U64(n)), "negative") if *n == i64::MIN.unsigned_abs() => {
                        Ok(Value::Number(Scalar::I64(i64::MIN)))
                    }
                    (Value::Number(Scalar::U64(n)), "negative") => Ok(Value::Number(Scalar::F64(-(*n as f64)))),
                    (Value::Number(Scalar::I64(n)), "negative") => Ok(Value::Number(Scalar::I64(n.wrapping_neg()))),
                    (Value::Number(Scalar::F64(n)), "negative") => Ok(Value::Number(Scalar::F64(-n))),
                    _ => self.apply(name, &[v]),
                };
            }
        }
        let base = self.atom()?;
        if self.symbol("**") {
            let exponent = self.nested(Self::unary)?;
            return self.apply("power", &[base, exponent]);
        }
        Ok(base)
    }

    fn atom(&mut self) -> Result<Value> {
        if self.symbol("(") {
            let v = self.alternative()?;
            self.expect(")")?;
            return Ok(v);
        }
        match self.tokens.get(self.at).cloned() {
            Some((_, Token::Number(n))) => {
                self.at += 1;
                Ok(Value::Number(n))
            }
            Some((_, Token::Name(name))) => {
                let here = self.at;
                self.at += 1;
                if self.symbol("(") { self.function(&name, here) } else { self.variable(&name, here) }
            }
            _ => Err(self.error("a band, a number or a function is expected")),
        }
    }

    fn variable(&mut self, name: &str, here: usize) -> Result<Value> {
        if let Some((c, r)) = self.bands.iter().find(|(c, _)| name.len() == 1 && name.starts_with(*c)) {
            // Before anything is computed from both, so that the error speaks of grids and not of shapes.
            for (_, other) in self.bands.iter().filter(|(u, _)| self.used.contains(u)) {
                same_grid((other.name(), other.size(), other.georef()), (r.name(), r.size(), r.georef()))?;
            }
            if !self.used.contains(c) {
                self.used.push(*c);
            }
            return Ok(Value::Array(r.array().astype(widened(r.array().dtype()))?));
        }
        self.at = here;
        match (name, self.nodata) {
            ("nodata", Some(v)) => {
                self.at += 1;
                Ok(Value::Number(v))
            }
            ("nodata", None) => Err(self.error("nodata is used, but no value is given (--nodata)")),
            ("nan" | "pi", _) => {
                self.at += 1;
                Ok(Value::Number(Scalar::F64(if name == "pi" { std::f64::consts::PI } else { f64::NAN })))
            }
            _ => {
                let have: Vec<String> = self.bands.iter().map(|(c, _)| c.to_string()).collect();
                Err(self.error(&format!("unknown variable '{name}': the bands given are {}, and nodata", have.join(", "))))
            }
        }
    }

    fn function(&mut self, name: &str, here: usize) -> Result<Value> {
        let mut args = Vec::new();
        if !self.symbol(")") {
            loop {
                args.push(self.alternative()?);
                if !self.symbol(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        let full = match name {
            "abs" => "absolute",
            "min" => "minimum",
            "max" => "maximum",
            "pow" => "power",
            "ln" => "log",
            "mod" => "remainder",
            "round" => "rint",
            other => other,
        };
        if let ("round", [Value::Array(x)]) = (name, args.as_slice()) {
            return Ok(Value::Array(x.round(0)?)); // whole numbers stay what they are
        }
        let known = element::find(full).filter(|op| is_function(op));
        let Some(op) = known else {
            self.at = here;
            return Err(self.error(&format!("unknown function '{name}'{}", near(name))));
        };
        if op.arity != args.len() {
            self.at = here;
            let s = if op.arity == 1 { "" } else { "s" };
            return Err(self.error(&format!("{name} takes {} argument{s}, not {}", op.arity, args.len())));
        }
        self.apply(full, &args)
    }

    /// An op on values; numbers alone are computed with as float64 arrays of no dimension would be, which no band needs.
    fn apply(&self, name: &str, args: &[Value]) -> Result<Value> {
        if let ("power", [base, Value::Number(Scalar::I64(n))]) = (name, args)
            && *n < 0
        {
            // A whole number to a negative power is none: as a float it is what was meant.
            return self.apply(name, &[base.clone(), Value::Number(Scalar::F64(*n as f64))]);
        }
        let op = element::find(name).ok_or_else(|| Error::bug(format!("no op '{name}'")))?;
        if args.iter().all(|a| matches!(a, Value::Number(_))) {
            return constant(op, args);
        }
        let operands: Vec<Operand> = args.iter().map(Value::operand).collect();
        let bools = |o: &Operand| matches!(o, Operand::Array(e) if e.array().is_ok_and(|(d, _)| d == DType::Bool));
        // A condition between numbers and a band is a choice; a plain number as the condition is not.
        if name == "where" && !bools(&operands[0]) {
            if let Operand::Array(e) = &operands[0] {
                let condition = build::cast(e, DType::Bool)?;
                return Ok(Value::Array(DynArray::from_expr(build::elementwise(
                    op,
                    &[Operand::Array(condition), operands[1].clone(), operands[2].clone()],
                )?)?));
            }
            return Err(Error::usage(format!("expression '{}': the first argument of where must depend on a band", self.text)));
        }
        Ok(Value::Array(DynArray::from_expr(
            build::elementwise(op, &operands).map_err(|e| e.at(format!("expression '{}'", self.text)))?,
        )?))
    }
}

/// An op on numbers alone, computed at once by the op's own kernel.
fn constant(op: &'static ElementOp, args: &[Value]) -> Result<Value> {
    use crate::kernel::program::Builder;
    use crate::kernel::run::{Placement, run_once};
    let mut b = Builder::new();
    let values: Vec<_> = args
        .iter()
        .map(|a| match a {
            Value::Number(s) => Ok(b.constant(*s, s.dtype())),
            Value::Array(_) => Err(Error::bug("an array among numbers")),
        })
        .collect::<Result<_>>()?;
    let v = b.apply(op, &values)?;
    let t = run_once(&b.finish(v), &[], &Placement { origin: &[], shape: &[] })?;
    Ok(Value::Number(t.at(&[])))
}

/// A hint of the function that may have been meant.
fn near(name: &str) -> String {
    if crate::op::reduction::ALL.iter().any(|r| r.name == name) {
        return ": an expression works pixel by pixel; reductions are for the library".into();
    }
    let all = element::ALL.iter().map(|o| o.name);
    let best = all.map(|n| (crate::base::near::distance(name, n), n)).min();
    best.filter(|(d, n)| *d <= 1 + n.len() / 4).map_or_else(
        || ": known are NumPy's elementwise functions, like sqrt, log and minimum".to_string(),
        |(_, n)| format!(": did you mean '{n}'?"),
    )
}
