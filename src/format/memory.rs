//! Arrays in this process's memory, as a source (the user's own array) and as a sink (a result being gathered).

use crate::base::{DType, Error, Grid, Region, Result};
use crate::chunk::{Buffer, Chunk, Output, Tensor};
use crate::expr::{Sink, Source};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::Xxh3;

/// Largest array that is told from others by its elements, not by where it lies, in bytes.
const MOST_HASHED_BYTES: usize = 1 << 20;

/// An array of the user's. Reads are views: its memory is the user's, not the run's.
#[derive(Debug)]
pub struct MemorySource {
    tensor: Tensor,
    key: u128,
}

impl MemorySource {
    /// The source of `tensor`'s elements.
    pub fn new(tensor: Tensor) -> MemorySource {
        let mut h = Xxh3::new();
        h.update(format!("memory {:?} {}", tensor.shape(), tensor.dtype()).as_bytes());
        if tensor.len() * tensor.dtype().size() <= MOST_HASHED_BYTES {
            // Small arrays by content, so that equal ones are one.
            match tensor.contiguous().as_bytes() {
                Ok(bytes) => h.update(bytes),
                // Contiguous elements always lie in order; by address no two are taken for one by mistake.
                Err(_) => h.update(format!("{:p}", tensor.origin()).as_bytes()),
            }
        } else {
            // Large ones by address: the source keeps the buffer, so no other array can have it.
            h.update(format!("{:?} {:p}", tensor.strides(), tensor.origin()).as_bytes());
        }
        MemorySource { key: h.digest128(), tensor: tensor.lent() }
    }

    /// The source that [`params`](Source::params) describes.
    ///
    /// # Errors
    /// When the description is broken.
    pub fn from_params(params: &[u8]) -> Result<MemorySource> {
        let (dtype, shape, bytes): (DType, Vec<usize>, &[u8]) =
            postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("memory source: {e}")))?;
        let need = shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d));
        if need != Some(bytes.len()) {
            return Err(Error::corrupt(format!("memory source: {} bytes for shape {shape:?} of {dtype}", bytes.len())));
        }
        Ok(MemorySource::new(Tensor::new(dtype, &shape, Buffer::copied(bytes))?))
    }
}

impl Source for MemorySource {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn params(&self) -> Result<Vec<u8>> {
        let t = self.tensor.contiguous();
        let content = (t.dtype(), t.shape(), t.as_bytes()?);
        postcard::to_stdvec(&content).map_err(|e| Error::bug(format!("memory source: {e}")))
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        "array in memory".into()
    }

    fn dtype(&self) -> DType {
        self.tensor.dtype()
    }

    fn in_memory(&self) -> bool {
        true
    }

    fn storage_grid(&self) -> Grid {
        Grid::whole(self.tensor.shape())
    }

    fn read(&self, region: &Region) -> Result<Tensor> {
        Ok(self.tensor.slice(region))
    }

    fn result_bytes(&self, _: &Region) -> u64 {
        0
    }

    fn scratch_bytes(&self, _: &Region) -> u64 {
        0
    }

    fn stored_bytes(&self, _: &Region) -> u64 {
        0
    }

    fn cost_ns(&self, _: &Region) -> u64 {
        100
    }
}

/// A result being gathered into one array.
#[derive(Debug, Default)]
pub struct MemorySink {
    output: Mutex<Option<Arc<Output>>>,
    result: Mutex<Option<Tensor>>,
    bytes: AtomicU64,
    spec: Mutex<Option<(DType, Grid)>>,
    in_place: bool,
    /// Memory of the caller's is written, and is the result.
    lent: bool,
    /// Whether that memory counts as the run's.
    counted: bool,
}

impl MemorySink {
    /// An empty one.
    pub fn new() -> MemorySink {
        MemorySink::default()
    }

    /// An empty one that kernels of this process write into.
    pub fn in_place() -> MemorySink {
        MemorySink { in_place: true, ..MemorySink::default() }
    }

    /// One that fills memory of the caller's: that which `output` was made of.
    pub fn over(output: Output, in_place: bool) -> MemorySink {
        MemorySink { output: Mutex::new(Some(Arc::new(output))), in_place, lent: true, ..MemorySink::default() }
    }

    /// The same, but what it fills counts in the budget: it was allocated for this run.
    #[must_use]
    pub fn counted(self) -> MemorySink {
        MemorySink { counted: true, ..self }
    }

    /// The array, after a run.
    ///
    /// # Errors
    /// A bug of the caller: nothing was run.
    pub fn take(&self) -> Result<Tensor> {
        self.result.lock().take().ok_or_else(|| Error::bug("the result was not computed"))
    }
}

impl Sink for MemorySink {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Ok(vec![])
    }

    fn label(&self) -> String {
        "result in memory".into()
    }

    fn write_grid(&self, dtype: DType, grid: &Grid) -> Result<Grid> {
        self.bytes.store((grid.n_elements()? as u64).saturating_mul(dtype.size() as u64), Ordering::Relaxed);
        *self.spec.lock() = Some((dtype, grid.clone()));
        Ok(grid.clone())
    }

    fn begin(&self) -> Result<()> {
        if self.lent {
            return self.output().map(drop);
        }
        let (dtype, grid) = self.spec.lock().clone().ok_or_else(|| Error::bug("a result without a shape"))?;
        *self.output.lock() = Some(Arc::new(Output::new(dtype, &grid)?));
        Ok(())
    }

    fn encode(&self, _: usize, _: &Region, chunk: &Tensor) -> Result<Chunk> {
        Ok(Chunk::Tensor(chunk.clone()))
    }

    fn encode_bytes(&self, _: &Region) -> (u64, u64) {
        (0, 0)
    }

    fn held_bytes(&self) -> u64 {
        if self.lent && !self.counted { 0 } else { self.bytes.load(Ordering::Relaxed) }
    }

    fn commit(&self, i: usize, _: &Region, encoded: &Chunk) -> Result<()> {
        self.output()?.write(i, encoded.tensor()?)
    }

    fn ordered(&self) -> bool {
        false
    }

    fn in_place(&self) -> bool {
        self.in_place
    }

    fn output(&self) -> Result<Arc<Output>> {
        self.output.lock().clone().ok_or_else(|| Error::bug("a chunk came before the result was begun"))
    }

    fn finish(&self) -> Result<()> {
        let output = self.output.lock().take().and_then(Arc::into_inner).ok_or_else(|| Error::bug("the result is still in use"))?;
        if self.lent {
            return output.complete();
        }
        *self.result.lock() = Some(output.into_tensor()?);
        Ok(())
    }

    fn abort(&self) {
        *self.output.lock() = None;
    }
}

/// An array that is kept in memory chunk by chunk (what `persist` leaves).
pub struct ChunkedSource {
    dtype: DType,
    grid: Grid,
    chunks: Vec<Tensor>,
    key: u128,
}

impl ChunkedSource {
    /// The source of these chunks, in C order of the grid; `key` tells their content from any other's.
    pub fn new(dtype: DType, grid: Grid, chunks: Vec<Tensor>, key: u128) -> ChunkedSource {
        let chunks = chunks.iter().map(Tensor::lent).collect();
        ChunkedSource { dtype, grid, chunks, key: key ^ 0x7065_7273_6973_7400 }
    }
}

impl std::fmt::Debug for ChunkedSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChunkedSource({} {:?})", self.dtype, self.grid.shape())
    }
}

impl Source for ChunkedSource {
    fn name(&self) -> &'static str {
        "persisted"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(Error::usage(
            "a persisted array is in this process's memory and is not sent to workers: store it (npy, Zarr) and read it from there",
        ))
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        "persisted".into()
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn storage_grid(&self) -> Grid {
        self.grid.clone()
    }

    fn read(&self, region: &Region) -> Result<Tensor> {
        let shape = region.shape();
        let spans: Vec<_> = self.grid.axes().iter().zip(region.ranges()).map(|(a, r)| a.chunks_over(r)).collect();
        if spans.iter().all(|s| s.len() == 1) {
            let coords: Vec<usize> = spans.iter().map(|s| s.start).collect();
            return Ok(self.chunks[self.grid.index(&coords)].slice(&region.relative_to(&self.grid.region(&coords).start())));
        }
        let mut out = crate::chunk::BufferMut::for_overwrite(region.n_elements() * self.dtype.size());
        let counts: Vec<usize> = spans.iter().map(ExactSizeIterator::len).collect();
        for i in 0..counts.iter().product() {
            let within = Grid::new(counts.iter().map(|&n| crate::base::Axis::regular(n, 1))).coords(i);
            let coords: Vec<usize> = within.iter().zip(&spans).map(|(c, s)| c + s.start).collect();
            let chunk = self.grid.region(&coords);
            let part = chunk.intersect(region);
            let piece = self.chunks[self.grid.index(&coords)].slice(&part.relative_to(&chunk.start()));
            crate::chunk::tensor::copy_into(&piece, &mut out, &shape, &part.relative_to(&region.start()));
        }
        Tensor::new(self.dtype, &shape, out.freeze())
    }

    fn result_bytes(&self, region: &Region) -> u64 {
        // A piece of one chunk is a view of what is held anyway.
        let joined = self.grid.axes().iter().zip(region.ranges()).any(|(a, r)| a.chunks_over(r).len() > 1);
        if joined { (region.n_elements() * self.dtype.size()) as u64 } else { 0 }
    }

    fn scratch_bytes(&self, _: &Region) -> u64 {
        0
    }

    fn stored_bytes(&self, _: &Region) -> u64 {
        0
    }
}
