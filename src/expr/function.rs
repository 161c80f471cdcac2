//! The user's functions on blocks: closures of this process, and functions that any process finds by name.
//!
//! A function is pure: the same blocks give the same bits. It is never run to find out what it gives; what is declared is checked
//! block by block. How its blocks lie in the array is a [`Form`], which goes over the wire with a registered function's parameters.

use crate::base::{DType, Error, Region, Result, Scalar};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::expr::call::{BlockInfo, CallOp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_128;

/// What a registered function is: of where a block lies, the blocks, and the numbers of the call.
pub type Run = fn(&BlockInfo, &[Tensor], &[f64]) -> Result<Vec<Tensor>>;

/// A function on blocks under a name: what workers need in their own program. It gets where the block lies, the blocks and numbers
/// that the call was made with, and gives one block for every result that is declared, mostly one.
#[derive(Clone, Copy)]
pub struct BlockFunction {
    /// The name: one function in all processes that work together.
    pub name: &'static str,
    /// The function.
    pub run: Run,
}

impl fmt::Debug for BlockFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

type Local = dyn Fn(&BlockInfo, &[Tensor]) -> Result<Vec<Tensor>> + Send + Sync;

/// A function on blocks, as calls take it.
#[derive(Clone)]
pub struct Function {
    name: String,
    body: Body,
}

#[derive(Clone)]
enum Body {
    /// A closure, and its number: two are never taken for the same.
    Local(Arc<Local>, u64),
    Registered(&'static BlockFunction, Vec<f64>),
    /// A closure that other processes make again: the maker's name and what it needs.
    Made(Arc<Local>, &'static str, Arc<[u8]>),
}

/// Makes a function again from the bytes that it was made of.
pub type Make = fn(&[u8]) -> Result<Function>;

impl Function {
    /// A closure that gives one block. It runs in this process only.
    pub fn new(name: &str, f: impl Fn(&BlockInfo, &[Tensor]) -> Result<Tensor> + Send + Sync + 'static) -> Function {
        Function::several(name, move |info, blocks| Ok(vec![f(info, blocks)?]))
    }

    /// A closure that gives several blocks. It runs in this process only.
    pub fn several(name: &str, f: impl Fn(&BlockInfo, &[Tensor]) -> Result<Vec<Tensor>> + Send + Sync + 'static) -> Function {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Function { name: name.to_string(), body: Body::Local(Arc::new(f), NEXT.fetch_add(1, Ordering::Relaxed)) }
    }

    /// A function that workers find by its name, which their program must have registered, and numbers for it.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::{Function, arange, map_blocks_with}, chunk::Tensor, expr::function::BlockFunction};
    /// static TIMES: BlockFunction = BlockFunction {
    ///     name: "times",
    ///     run: |_, blocks, by| Ok(vec![Tensor::from_ndarray(blocks[0].to_ndarray::<f64>()? * by[0])]),
    /// };
    /// // In the workers' program: `registry.add_function(&TIMES)`. Here, as everywhere:
    /// let y = map_blocks_with(&Function::registered(&TIMES, &[3.0]), &[&arange(0.0, 4.0, 1.0, 3)?], DType::F64, None)?;
    /// assert_eq!(y.compute_as::<f64>()?.into_raw_vec_and_offset().0, [0.0, 3.0, 6.0, 9.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn registered(f: &'static BlockFunction, parameters: &[f64]) -> Function {
        Function { name: f.name.to_string(), body: Body::Registered(f, parameters.to_vec()) }
    }

    /// A closure that was made of some bytes, and gives several blocks. Other processes make it again of the same bytes, by the maker
    /// of this name in their registry ([`add_maker`](crate::format::registry::Registry::add_maker)): a script and its interpreter, say.
    /// Functions of the same maker and bytes are taken for the same.
    pub fn made(
        name: &str,
        maker: &'static str,
        bytes: &[u8],
        f: impl Fn(&BlockInfo, &[Tensor]) -> Result<Vec<Tensor>> + Send + Sync + 'static,
    ) -> Function {
        Function { name: name.to_string(), body: Body::Made(Arc::new(f), maker, bytes.into()) }
    }

    /// The name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The function on blocks that lie as `form` says.
    ///
    /// # Errors
    /// A bug: a form that is no bytes.
    pub fn call(&self, form: Form) -> Result<Arc<dyn CallOp>> {
        let params = match &self.body {
            Body::Made(_, _, bytes) => postcard::to_stdvec(&(bytes, &form)),
            Body::Registered(_, parameters) => postcard::to_stdvec(&(parameters, &form)),
            Body::Local(..) => postcard::to_stdvec(&form),
        };
        let params = params.map_err(|e| Error::bug(format!("{}: {e}", self.name)))?;
        Ok(Arc::new(UserCall { function: self.clone(), form, params }))
    }

    fn run(&self, info: &BlockInfo, blocks: &[Tensor]) -> Result<Vec<Tensor>> {
        match &self.body {
            Body::Local(f, _) | Body::Made(f, ..) => f(info, blocks),
            Body::Registered(f, parameters) => (f.run)(info, blocks, parameters),
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A result that is declared: dtype, and lengths of the axes that follow those of the blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Element type.
    pub dtype: DType,
    /// Lengths of its own axes.
    pub core: Vec<usize>,
}

impl Declared {
    /// Bytes for every element of the axes before.
    pub fn bytes(&self) -> usize {
        self.core.iter().product::<usize>() * self.dtype.size()
    }
}

/// How blocks lie in the array.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Form {
    /// For every input, the axes of the node that the function sees, in its order; None: all as they are.
    pub layouts: Option<Vec<Vec<usize>>>,
    /// Axes of length 1 at the end of the node that the function knows nothing of.
    pub n_extra: usize,
    /// The function gets lanes along this axis of its one input, one by one.
    pub along: Option<usize>,
    /// The results; several are packed into one block of bytes.
    pub results: Vec<Declared>,
    /// Bytes needed beside inputs and result: several results before they are packed.
    pub scratch_bytes: u64,
}

/// A user's function in a node.
#[derive(Debug)]
struct UserCall {
    function: Function,
    form: Form,
    params: Vec<u8>,
}

/// The call of a registered function with parameters as they come over the wire.
///
/// # Errors
/// Parameters that cannot be read.
pub fn open(f: &'static BlockFunction, params: &[u8]) -> Result<Arc<dyn CallOp>> {
    let (parameters, form): (Vec<f64>, Form) =
        postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of {}: {e}", f.name)))?;
    Function::registered(f, &parameters).call(form)
}

/// The call of a function that a maker makes again from parameters as they come over the wire.
///
/// # Errors
/// Parameters that cannot be read; the maker's own.
pub fn remake(make: Make, params: &[u8]) -> Result<Arc<dyn CallOp>> {
    let (bytes, form): (Vec<u8>, Form) =
        postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a function: {e}")))?;
    make(&bytes)?.call(form)
}

impl CallOp for UserCall {
    fn name(&self) -> Option<&'static str> {
        match self.function.body {
            Body::Local(..) => None,
            Body::Registered(f, _) => Some(f.name),
            Body::Made(_, maker, _) => Some(maker),
        }
    }

    fn params(&self) -> Result<Vec<u8>> {
        match self.function.body {
            Body::Registered(..) | Body::Made(..) => Ok(self.params.clone()),
            Body::Local(..) => Err(Error::usage(format!(
                "{} is a closure of this process and cannot be sent to a worker: register it by name (BlockFunction), use ops, or run \
                 on threads",
                self.function.name
            ))),
        }
    }

    fn key(&self) -> u128 {
        let body = match self.function.body {
            Body::Local(_, id) => format!("closure {id}\0"),
            Body::Registered(f, _) => format!("function {}\0", f.name),
            Body::Made(_, maker, _) => format!("made by {maker}\0"),
        };
        xxh3_128(&[body.as_bytes(), &self.params].concat())
    }

    fn label(&self) -> String {
        self.function.name.clone()
    }

    fn bytes(&self, input_bytes: &[u64]) -> (Option<u64>, u64) {
        (None, input_bytes.iter().sum::<u64>().saturating_add(self.form.scratch_bytes))
    }

    fn run(&self, block: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        let tensors: Vec<Tensor> = inputs.iter().map(|c| c.tensor().cloned()).collect::<Result<_>>()?;
        let n = block.region.ndim().saturating_sub(self.form.n_extra);
        let info = BlockInfo { index: block.index, region: Region::new(block.region.ranges()[..n].iter().cloned()) };
        let shape = info.region.shape();
        if info.region.is_empty() && self.form.layouts.is_some() {
            // Axes of length 0 that an input lacks cannot be taken from it.
            let dtype = if let [one] = &self.form.results[..] { one.dtype } else { DType::U8 };
            return Ok(Chunk::Tensor(Tensor::splat(dtype, &block.region.shape(), Scalar::Bool(false))));
        }
        let blocks = self.arranged(tensors)?;
        let results = match self.form.along {
            Some(axis) => vec![self.lanes(&info, axis, &blocks, &shape)?],
            None => self.function.run(&info, &blocks)?,
        };
        let result = match (self.form.results.len(), results.len()) {
            (0 | 1, 1) => results.into_iter().next().ok_or_else(|| Error::bug("no result"))?,
            (n, m) if n != m => {
                return Err(Error::usage(format!("the function gave {m} blocks, but {} were declared", n.max(1))));
            }
            _ => self.packed(&results, &shape[..shape.len().saturating_sub(1)])?,
        };
        if let (true, [one]) = (self.form.n_extra > 0, &self.form.results[..]) {
            // Said here, where the axes are those that the user knows.
            if result.shape() != shape.as_slice() || result.dtype() != one.dtype {
                return Err(Error::usage(format!(
                    "the function gave {} {:?}, but {} {:?} was declared for this block",
                    result.dtype(),
                    result.shape(),
                    one.dtype,
                    shape.as_slice()
                )));
            }
        }
        let extra = (0..self.form.n_extra).fold(result, |t, _| t.insert_axis(t.ndim(), 1));
        Ok(Chunk::Tensor(extra))
    }
}

impl UserCall {
    /// The blocks as the function sees them.
    fn arranged(&self, tensors: Vec<Tensor>) -> Result<Vec<Tensor>> {
        let Some(layouts) = &self.form.layouts else { return Ok(tensors) };
        if layouts.len() != tensors.len() {
            return Err(Error::bug(format!("{} blocks for {} layouts", tensors.len(), layouts.len())));
        }
        let arrange = |(t, axes): (Tensor, &Vec<usize>)| {
            if axes.iter().any(|&a| a >= t.ndim()) {
                return Err(Error::bug(format!("axes {axes:?} of a block of shape {:?}", t.shape())));
            }
            let dropped: Vec<usize> = (0..t.ndim()).rev().filter(|a| !axes.contains(a)).collect();
            let kept: Vec<usize> = (0..t.ndim()).filter(|a| axes.contains(a)).collect();
            let t = dropped.into_iter().fold(t, |t, a| if t.shape()[a] == 0 { t } else { t.index_axis(a, 0) });
            if t.ndim() != axes.len() {
                return Err(Error::bug(format!("a block of shape {:?} for axes {axes:?}", t.shape())));
            }
            let order: Vec<usize> = axes.iter().filter_map(|a| kept.iter().position(|k| k == a)).collect();
            Ok(t.permute(&order))
        };
        tensors.into_iter().zip(layouts).map(arrange).collect()
    }

    /// The function on every lane, the results put together.
    fn lanes(&self, info: &BlockInfo, axis: usize, blocks: &[Tensor], shape: &[usize]) -> Result<Tensor> {
        let (Some(x), [declared]) = (blocks.first(), &self.form.results[..]) else {
            return Err(Error::bug("lanes of no array"));
        };
        let len = declared.core.first().copied();
        let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * declared.dtype.size());
        let others: Vec<usize> = (0..x.ndim()).filter(|&a| a != axis).collect();
        let n_lanes: usize = others.iter().map(|&a| x.shape()[a]).product();
        for lane in 0..n_lanes {
            let (mut rest, mut t, mut at) = (lane, x.clone(), vec![0..len.unwrap_or(1); x.ndim()]);
            for &a in others.iter().rev() {
                at[a] = rest % x.shape()[a]..rest % x.shape()[a] + 1;
                t = t.index_axis(a, rest % x.shape()[a]);
                rest /= x.shape()[a];
            }
            let result = self.function.run(info, &[t])?.into_iter().next();
            let Some(r) = result.filter(|r| r.dtype() == declared.dtype && r.shape() == declared.core) else {
                return Err(Error::usage(format!("a lane must give one {} {:?}, as declared", declared.dtype, declared.core)));
            };
            if len.is_none() {
                at.remove(axis);
            }
            let place = Region::new(at);
            copy_into(&r.reshape(&place.shape()), &mut out, shape, &place);
        }
        Tensor::new(declared.dtype, shape, out.freeze())
    }

    /// Several results as bytes along one last axis.
    fn packed(&self, results: &[Tensor], outer: &[usize]) -> Result<Tensor> {
        let total: usize = self.form.results.iter().map(Declared::bytes).sum();
        let n: usize = outer.iter().product();
        let mut out = vec![0u8; n * total];
        let mut offset = 0;
        for (i, (t, d)) in results.iter().zip(&self.form.results).enumerate() {
            let want: Vec<usize> = outer.iter().chain(&d.core).copied().collect();
            if t.shape() != want || t.dtype() != d.dtype {
                return Err(Error::usage(format!(
                    "result {i} of the function is {} {:?}, but {} {want:?} was declared for this block",
                    t.dtype(),
                    t.shape(),
                    d.dtype
                )));
            }
            let t = t.contiguous();
            let size = d.bytes();
            if size > 0 {
                for (row, bytes) in out.chunks_mut(total).zip(t.as_bytes()?.chunks(size)) {
                    row[offset..offset + size].copy_from_slice(bytes);
                }
            }
            offset += size;
        }
        Tensor::from_vec(&outer.iter().copied().chain([total]).collect::<Vec<_>>(), out)
    }
}
