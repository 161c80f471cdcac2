//! Turns a [`Program`] into a list of block-function calls on a small file of block registers.
//!
//! Every value of a program becomes a slot of a pointer table: an input, a generated number, a constant or a register.
//! Inputs and generated numbers have a register each, used only when the memory cannot be read where it is; the results of
//! operations share registers by liveness, and no call writes a register it reads. What a program means is checked here, so
//! that running it cannot go wrong. This knows nothing of shapes.

use crate::base::{DType, Error, Result, Scalar};
use crate::chunk::BufferMut;
use crate::for_dtype;
use crate::kernel::cast;
use crate::kernel::lanes::{Block, BlockFn, Isa, MAX_ARITY};
use crate::kernel::program::{Instr, Line, Program, Value};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Elements of a piece (see [`Compiled::for_each_piece`]): the same for every program, so that fusion does not move the
/// boundaries between pieces.
pub const PIECE: usize = 1024;

/// Bytes the registers of one program should fit in: most of a first-level cache, which inputs and output pass through too.
const CACHE_BYTES: usize = 32 << 10;
/// Fewest elements of a block: below this the calls cost more than the cache misses they avoid.
const MIN_BLOCK: usize = 256;
/// Most elements of a block.
const MAX_BLOCK: usize = 2048;
/// Space between registers, so that they don't all start in one cache set.
const PAD_BYTES: usize = 128;

/// A slot of the pointer table.
pub(super) type Slot = u16;

/// What a slot that is not computed holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The elements of an input.
    Input(u32),
    /// Numbers by where elements are.
    Number(Line),
}

/// A slot that is brought in before the calls of a block.
#[derive(Clone, Debug)]
pub(super) struct FeedSpec {
    pub(super) origin: Origin,
    pub(super) dtype: DType,
    /// Byte offset of its register in the scratch memory.
    pub(super) register: usize,
}

/// One call of a block function.
pub(super) struct Step {
    pub(super) f: BlockFn,
    pub(super) args: [Slot; MAX_ARITY],
    pub(super) out: Slot,
}

/// A program that is ready to run on chunks. It can be shared between threads.
pub struct Compiled {
    pub(super) inputs: Vec<DType>,
    pub(super) dtype: DType,
    /// Elements per block.
    pub(super) block: usize,
    /// The first slots, brought in from outside.
    pub(super) feeds: Vec<FeedSpec>,
    /// The slots after the feeds: one block of each constant.
    pub(super) constants: Vec<BufferMut>,
    pub(super) constant_ptrs: Vec<*const u8>,
    /// The slots after the constants: byte offsets of the registers in the scratch memory.
    pub(super) registers: Vec<usize>,
    pub(super) steps: Vec<Step>,
    /// The slot of the result; the one after the registers when the last step writes it.
    pub(super) result: Slot,
    /// Bytes of scratch memory for the registers.
    pub(super) register_bytes: usize,
    /// Which inputs mostly lie transposed.
    pub(super) transposed: SmallVec<[bool; 4]>,
}

// SAFETY: the pointers point into `constants`, which is never written after compilation.
unsafe impl Send for Compiled {}
// SAFETY: as above.
unsafe impl Sync for Compiled {}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Compiled({} steps, {} feeds, {} constants, {} registers, blocks of {})",
            self.steps.len(),
            self.feeds.len(),
            self.constants.len(),
            self.registers.len(),
            self.block
        )
    }
}

impl Compiled {
    /// Compiles for the best instruction set of this machine.
    ///
    /// # Errors
    /// A program that is not well formed (a value used before it is made, arguments of other dtypes than the op takes).
    pub fn new(program: &Program) -> Result<Compiled> {
        Compiled::with_isa(program, Isa::detect())
    }

    /// Compiles for an instruction set; the results are the same bits on each.
    ///
    /// # Errors
    /// As [`Compiled::new`].
    pub fn with_isa(program: &Program, isa: Isa) -> Result<Compiled> {
        let used = check(program)?;
        Maker { program, isa, used, ..Maker::default_for(program) }.make()
    }

    /// Dtype of the result.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Dtypes of the inputs.
    pub fn inputs(&self) -> &[DType] {
        &self.inputs
    }

    /// Most bytes that one thread holds while it runs this, beside inputs and output.
    pub fn scratch_bytes(&self) -> u64 {
        let constants: usize = self.constants.iter().map(|c| c.len().max(self.block * 8) + PAD_BYTES).sum();
        (self.register_bytes + PIECE * self.dtype.size().max(8) + PAD_BYTES + constants) as u64
    }
}

fn operands(instr: &Instr) -> &[Value] {
    match instr {
        Instr::Cast(v) => std::slice::from_ref(v),
        Instr::Apply(_, args) => args,
        _ => &[],
    }
}

/// Checks that the program is well formed; gives which values the result needs.
fn check(p: &Program) -> Result<Vec<bool>> {
    let bad = |i: usize, what: &str| Err(Error::bug(format!("value {i} of an elementwise program: {what}")));
    if p.result as usize >= p.values.len() || p.values.len() > usize::from(Slot::MAX) / 4 {
        return Err(Error::bug(format!("an elementwise program of {} values with result {}", p.values.len(), p.result)));
    }
    for (i, (instr, dtype)) in p.values.iter().enumerate() {
        if operands(instr).iter().any(|&v| v as usize >= i) {
            return bad(i, "it uses a value that is made later");
        }
        let right = match instr {
            Instr::Input(s) => p.inputs.get(*s as usize) == Some(dtype),
            Instr::Number(_) => matches!(dtype, DType::I64 | DType::U64),
            Instr::Const(_) => true,
            Instr::Cast(v) => p.values[*v as usize].1.converts(*dtype),
            Instr::Apply(op, args) => {
                let given: SmallVec<[DType; 3]> = args.iter().map(|&a| p.values[a as usize].1).collect();
                let (wanted, out) = op.resolve(&given)?;
                wanted == given && out == *dtype
            }
        };
        if !right {
            return bad(i, "its dtypes do not fit together");
        }
    }
    let mut used = vec![false; p.values.len()];
    used[p.result as usize] = true;
    for i in (0..=p.result as usize).rev().filter(|&i| i < p.values.len()) {
        if used[i] {
            operands(&p.values[i].0).iter().for_each(|&v| used[v as usize] = true);
        }
    }
    Ok(used)
}

struct Maker<'a> {
    program: &'a Program,
    isa: Isa,
    used: Vec<bool>,
    /// The slot of each value, once it has one. Registers are numbered from 0 until all feeds and constants are known.
    places: Vec<Place>,
    feeds: Vec<(Origin, DType)>,
    constants: Vec<(Scalar, DType)>,
    /// Element size of each register, and the free ones by size.
    registers: Vec<usize>,
    free: BTreeMap<usize, Vec<usize>>,
    calls: Vec<(Block, SmallVec<[Place; 4]>, Place)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Feed(usize),
    Constant(usize),
    Register(usize),
    Result,
}

impl<'a> Maker<'a> {
    fn default_for(program: &'a Program) -> Maker<'a> {
        Maker {
            program,
            isa: Isa::Baseline,
            used: Vec::new(),
            places: vec![Place::Nowhere; program.values.len()],
            feeds: Vec::new(),
            constants: Vec::new(),
            registers: Vec::new(),
            free: BTreeMap::new(),
            calls: Vec::new(),
        }
    }

    fn make(mut self) -> Result<Compiled> {
        let last_use = self.last_uses();
        for i in 0..=self.program.result as usize {
            if self.used[i] {
                self.places[i] = self.value(i)?;
                self.release(i, &last_use);
            }
        }
        Ok(self.finish())
    }

    /// The value that uses each value last; a cast to the same dtype is the value itself and lives as long.
    fn last_uses(&self) -> Vec<usize> {
        let mut last: Vec<usize> = (0..self.used.len()).collect();
        for i in (0..self.used.len()).filter(|&i| self.used[i]) {
            operands(&self.program.values[i].0).iter().for_each(|&v| last[v as usize] = i);
        }
        for i in (0..self.used.len()).rev().filter(|&i| self.used[i]) {
            if let Some(v) = self.same_as(i) {
                last[v] = last[v].max(last[i]);
            }
        }
        last
    }

    /// The earlier value that this one merely repeats.
    fn same_as(&self, i: usize) -> Option<usize> {
        match &self.program.values[i] {
            (Instr::Cast(v), dtype) if self.program.values[*v as usize].1 == *dtype => Some(*v as usize),
            _ => None,
        }
    }

    fn value(&mut self, i: usize) -> Result<Place> {
        let (instr, dtype) = &self.program.values[i];
        let dtype = *dtype;
        if let Some(v) = self.same_as(i) {
            return Ok(self.places[v]);
        }
        Ok(match instr {
            Instr::Input(s) => self.feed(Origin::Input(*s), dtype),
            Instr::Number(line) => self.feed(Origin::Number(line.clone()), dtype),
            Instr::Const(s) => {
                self.constants.push((*s, dtype));
                Place::Constant(self.constants.len() - 1)
            }
            Instr::Cast(v) => self.call(i, cast::block(self.program.values[*v as usize].1, dtype, self.isa), &[*v])?,
            Instr::Apply(op, args) => {
                // The dtype that the table is asked for is the last argument's, but for generators, whose first counts.
                let key = match op.rule {
                    crate::kernel::element::DTypeRule::Generate(_) => 0,
                    _ => args.len() - 1,
                };
                let asked = self.program.values[args[key] as usize].1;
                let Some(block) = (op.block)(asked, self.isa) else {
                    return Err(Error::dtype(format!("{} does not take {asked}", op.name)));
                };
                self.call(i, block, args)?
            }
        })
    }

    fn feed(&mut self, origin: Origin, dtype: DType) -> Place {
        let at = self.feeds.iter().position(|f| f.0 == origin).unwrap_or_else(|| {
            self.feeds.push((origin, dtype));
            self.feeds.len() - 1
        });
        Place::Feed(at)
    }

    fn call(&mut self, i: usize, block: Block, args: &[Value]) -> Result<Place> {
        let dtype = self.program.values[i].1;
        let given: SmallVec<[DType; 4]> = args.iter().map(|&a| self.program.values[a as usize].1).collect();
        if block.args() != given.as_slice() || block.out() != dtype {
            return Err(Error::bug(format!(
                "value {i} of an elementwise program: a kernel of {:?} -> {} got {given:?} -> {dtype}",
                block.args(),
                block.out()
            )));
        }
        let out = if i == self.program.result as usize { Place::Result } else { Place::Register(self.register(dtype.size())) };
        self.calls.push((block, args.iter().map(|&a| self.places[a as usize]).collect(), out));
        Ok(out)
    }

    fn register(&mut self, size: usize) -> usize {
        if let Some(r) = self.free.get_mut(&size).and_then(Vec::pop) {
            return r;
        }
        self.registers.push(size);
        self.registers.len() - 1
    }

    /// Frees the registers of the arguments that value `i` uses last, and its own if nobody uses it.
    fn release(&mut self, i: usize, last_use: &[usize]) {
        let mut done: SmallVec<[usize; 4]> = SmallVec::new();
        for &v in operands(&self.program.values[i].0) {
            let mut v = v as usize;
            while let Some(w) = self.same_as(v) {
                v = w;
            }
            if let (true, Place::Register(r)) = (last_use[v] == i, self.places[v])
                && !done.contains(&r)
            {
                done.push(r);
                self.free.entry(self.registers[r]).or_default().push(r);
            }
        }
    }

    fn finish(self) -> Compiled {
        let per_element: usize = self.feeds.iter().map(|f| f.1.size()).sum::<usize>()
            + self.constants.iter().map(|c| c.1.size()).sum::<usize>()
            + self.registers.iter().sum::<usize>()
            + self.program.dtype().size();
        let block = (1 << (CACHE_BYTES / per_element.max(1)).max(1).ilog2()).clamp(MIN_BLOCK, MAX_BLOCK);
        let mut bytes = 0;
        let mut place = |size: usize| {
            let at = bytes;
            bytes += (block * size).next_multiple_of(64) + PAD_BYTES;
            at
        };
        let feeds: Vec<FeedSpec> = self
            .feeds
            .iter()
            .map(|(origin, dtype)| FeedSpec { origin: origin.clone(), dtype: *dtype, register: place(dtype.size()) })
            .collect();
        let registers: Vec<usize> = self.registers.iter().map(|&size| place(size)).collect();
        let mut constants: Vec<BufferMut> = self.constants.iter().map(|&(s, d)| filled(s, d, block)).collect();
        let constant_ptrs = constants.iter_mut().map(|c| c.bytes_mut().as_ptr()).collect();
        let (n_feeds, n_constants) = (feeds.len(), constants.len());
        let slot = |p: Place| -> Slot {
            // `check` bounds the number of values, so every slot fits.
            (match p {
                Place::Feed(k) => k,
                Place::Constant(k) => n_feeds + k,
                Place::Register(k) => n_feeds + n_constants + k,
                Place::Result | Place::Nowhere => n_feeds + n_constants + registers.len(),
            }) as Slot
        };
        let step = |(block, args, out): &(Block, SmallVec<[Place; 4]>, Place)| {
            let mut slots = [0; MAX_ARITY];
            slots.iter_mut().zip(args).for_each(|(s, &a)| *s = slot(a));
            Step { f: block.function(), args: slots, out: slot(*out) }
        };
        Compiled {
            inputs: self.program.inputs.clone(),
            dtype: self.program.dtype(),
            block,
            steps: self.calls.iter().map(step).collect(),
            result: slot(self.places[self.program.result as usize]),
            feeds,
            constants,
            constant_ptrs,
            registers,
            register_bytes: bytes,
            transposed: SmallVec::new(),
        }
    }
}

fn filled(s: Scalar, dtype: DType, n: usize) -> BufferMut {
    let mut b = BufferMut::zeroed(n * dtype.size());
    for_dtype!(dtype, T => b.elements_mut::<T>().fill(<T as crate::base::Element>::from_scalar(s)));
    b
}
