//! Writes a Zarr array, or a part of one that exists: chunks are encoded in parallel, each is stored by one atomic write.
//!
//! On disk all is written in a temporary folder beside the target, metadata last, which then takes the target's name in one step (an
//! old array is exchanged for it, then removed; a part joins the rest of its array, see `publish`). A killed run leaves the old array, or
//! none, and a folder `.<name>.….part` that the next writer of the same name removes. Nothing is synced to the disk. Only whole
//! arrays or groups of Zarr are ever overwritten.
//!
//! Behind URLs nothing can be renamed, so chunks go where they belong at once. A new array becomes visible by its metadata at
//! the end; one that is overwritten vanishes at the start. What is appended becomes visible by the metadata at the end. A region that is
//! written in part has whole chunks, old or new.

use super::group;
use super::layout::{Codecs, Layout};
use super::options::ZarrOptions;
use super::place::{Address, Place};
use super::target::{Change, Target, existing, existing_in};
use super::{pipeline, publish};
use crate::base::{Axis, DType, Error, Grid, Region, Result};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::expr::Sink;
use crate::format::{block, partial};
use crate::store::{FileStore, Store};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::num::NonZeroU64;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// What a request to a store behind a URL holds beside the value.
const REQUEST_BYTES: u64 = 1 << 20;

/// A Zarr array, or a part of one, being written.
#[derive(Debug)]
pub struct ZarrSink {
    target: Target,
    /// Found when it is needed: workers that only encode need no store.
    place: Option<Place>,
    layout: Layout,
    /// Length along each axis of what lies under one key, for the codecs.
    stored: Vec<NonZeroU64>,
    /// Most bytes of that when encoded.
    stored_bound: u64,
    open: Mutex<Option<Open>>,
}

/// What `begin` made.
#[derive(Debug)]
struct Open {
    /// Where chunks go, and the path of the array there.
    store: Arc<dyn Store>,
    path: String,
    /// The folder on disk that will become, or join, the array.
    staged: Option<Staged>,
    /// Chunks of an array that exists which now hold nothing but the fill value.
    erased: BTreeSet<String>,
}

#[derive(Debug)]
struct Staged {
    folder: TempDir,
    _lock: File,
}

impl ZarrSink {
    /// A sink for an array of this dtype and grid, at a path or URL. Nothing is touched yet.
    ///
    /// # Errors
    /// Options that do not fit the array, or a target that exists and may not be overwritten.
    ///
    /// # Example
    /// ```
    /// use tilework::DType;
    /// use tilework::base::Grid;
    /// use tilework::format::zarr::{Codec, ZarrOptions, ZarrSink};
    /// let dir = tempfile::tempdir().unwrap();
    /// let options = ZarrOptions { chunks: Some(vec![64, 64]), codec: Codec::Gzip(5), ..ZarrOptions::default() };
    /// ZarrSink::new(dir.path().join("a.zarr"), DType::F32, &Grid::whole(&[1000, 1000]), &options)?;
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn new(path: impl AsRef<Path>, dtype: DType, grid: &Grid, options: &ZarrOptions) -> Result<ZarrSink> {
        let place = Place::find(Address::of(path.as_ref())?)?;
        let target = Target::create(&place, dtype, grid, options)?;
        target.check(&place)?;
        ZarrSink::of(target, Some(place))
    }

    /// As [`new`](ZarrSink::new), at `path` in a store of this process.
    ///
    /// # Errors
    /// As [`new`](ZarrSink::new).
    pub fn new_in(store: Arc<dyn Store>, path: &str, dtype: DType, grid: &Grid, options: &ZarrOptions) -> Result<ZarrSink> {
        let place = Place::within(store, path);
        let target = Target::create(&place, dtype, grid, options)?;
        target.check(&place)?;
        ZarrSink::of(target, Some(place))
    }

    /// A sink for the box of `shape` from `start` on, in an array that exists. The box must not cut the array's chunks (or shards).
    ///
    /// # Errors
    /// No array there, a box that reaches beyond it or cuts its chunks.
    pub fn region(path: impl AsRef<Path>, start: &[usize], shape: &[usize]) -> Result<ZarrSink> {
        let (place, source) = existing(path.as_ref())?;
        ZarrSink::of(Target::part(&source, &place.address, start, shape)?, Some(place))
    }

    /// As [`region`](ZarrSink::region), in a store of this process.
    ///
    /// # Errors
    /// As [`region`](ZarrSink::region).
    pub fn region_in(store: Arc<dyn Store>, path: &str, start: &[usize], shape: &[usize]) -> Result<ZarrSink> {
        let (place, source) = existing_in(store, path)?;
        ZarrSink::of(Target::part(&source, &place.address, start, shape)?, Some(place))
    }

    /// A sink that makes an array longer along `axis`, up to `to` elements. What is written starts at `from`, which is the start of
    /// a chunk at or before the array's end.
    ///
    /// # Errors
    /// No array there, or no such axis or element.
    pub(crate) fn longer(path: &Path, axis: usize, from: usize, to: usize) -> Result<ZarrSink> {
        let (place, source) = existing(path)?;
        ZarrSink::of(Target::longer(&source, &place.address, axis, from, to)?, Some(place))
    }

    /// The sink that [`params`](Sink::params) speaks of.
    ///
    /// # Errors
    /// Broken parameters.
    pub fn from_params(params: &[u8]) -> Result<ZarrSink> {
        let target: Target = postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a zarr sink: {e}")))?;
        ZarrSink::of(target, None)
    }

    fn of(target: Target, place: Option<Place>) -> Result<ZarrSink> {
        let layout = target.layout()?;
        let stored: Vec<NonZeroU64> = layout.stored.iter().filter_map(|&n| NonZeroU64::new(n as u64)).collect();
        let stored_bound = match &layout.codecs {
            Codecs::Chunk(p) => p.stored_bound(),
            Codecs::Shard(s) => s.stored_bound(),
        };
        Ok(ZarrSink { target, place, layout, stored, stored_bound, open: Mutex::new(None) })
    }

    fn place(&self) -> Result<Place> {
        self.place.clone().map_or_else(|| Place::find(self.target.address.clone()), Ok)
    }

    fn is_new(&self) -> bool {
        matches!(self.target.change, Change::Create { .. })
    }

    fn fail(&self, e: &std::io::Error) -> Error {
        Error::io(format!("writing {}", self.target.address), e)
    }

    /// A box of the write grid as a box of the array.
    fn placed(&self, region: &Region) -> Region {
        region.shifted(&self.target.region.start())
    }

    /// The blocks under one key each that a box of the array holds, in C order.
    fn blocks(&self, placed: &Region) -> impl Iterator<Item = crate::base::Coords> + use<> {
        let blocks = (!placed.is_empty()).then(|| block::over(placed, &self.layout.stored));
        blocks.into_iter().flatten()
    }

    /// Encodes one block; `Unit` stands for one that need not be stored.
    fn encode_block(&self, tensor: &Tensor) -> Result<Chunk> {
        let shape = &self.layout.stored;
        let block = if tensor.shape() == shape.as_slice() {
            tensor.contiguous()
        } else {
            // Blocks at the edge are stored whole: the rest is the fill value.
            let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * self.layout.dtype.size());
            let whole = Region::whole(shape);
            copy_into(&self.layout.fill(shape), &mut out, shape, &whole);
            copy_into(tensor, &mut out, shape, &Region::whole(tensor.shape()));
            Tensor::new(self.layout.dtype, shape, out.freeze())?
        };
        let elements = block.as_bytes()?;
        if self.layout.pipeline().is_fill(elements) {
            return Ok(Chunk::Unit);
        }
        let array = self.layout.array();
        let bytes = pipeline::encode(&array.codecs(), elements, &self.stored, array.data_type(), array.fill_value())?;
        Ok(Chunk::Bytes(bytes.into()))
    }

    /// Makes a part that was written beside its array a part of it.
    fn publish_part(&self, staged: Staged, erased: &BTreeSet<String>, before: &str) -> Result<()> {
        let Address::Folder(path) = &self.target.address else { return Err(Error::bug("a folder that has no path")) };
        let _held = publish::lock(path)?;
        let store = FileStore::new(path);
        let (name, _) = self.metadata()?;
        publish::check_unchanged(store.get(name)?, before, &self.target.address)?;
        publish::link_rest(path, staged.folder.path(), erased).map_err(|e| self.fail(&e))?;
        partial::publish_folder(staged.folder, path, true).map_err(|e| self.fail(&e))
    }

    fn metadata(&self) -> Result<(&str, &str)> {
        let last = self.target.values.last().ok_or_else(|| Error::bug("a zarr sink without metadata"))?;
        Ok((&last.0, &last.1))
    }

    /// Makes what went to a store that cannot rename visible.
    fn finish_in_place(&self, open: &Open) -> Result<()> {
        let key = |name: &str| super::place::key(&open.path, name);
        if let Change::Part(before) = &self.target.change {
            publish::check_unchanged(open.store.get(&key(self.metadata()?.0))?, before, &self.target.address)?;
            for name in &open.erased {
                open.store.erase(&key(name))?;
            }
        }
        for (name, text) in &self.target.values {
            open.store.set(&key(name), text.as_bytes())?;
        }
        Ok(())
    }
}

impl Sink for ZarrSink {
    fn name(&self) -> &'static str {
        "zarr"
    }

    fn params(&self) -> Result<Vec<u8>> {
        postcard::to_stdvec(&self.target).map_err(|e| Error::unsupported(format!("this output cannot be sent: {e}")))
    }

    fn label(&self) -> String {
        self.target.address.label()
    }

    /// Every axis in equal pieces, the multiple of the chunk (or shard) that is nearest to the array's own largest piece.
    fn write_grid(&self, dtype: DType, grid: &Grid) -> Result<Grid> {
        let shape = self.target.region.shape();
        if dtype != self.layout.dtype || grid.shape() != shape {
            return Err(Error::usage(format!(
                "{} takes {} of shape {:?}, not {dtype} of shape {:?}",
                self.target.address,
                self.layout.dtype,
                shape.as_slice(),
                grid.shape().as_slice()
            )));
        }
        Ok(Grid::new(grid.axes().iter().zip(&self.layout.stored).map(|(axis, &unit)| {
            let n = (axis.max_size().saturating_add(unit / 2) / unit).max(1);
            Axis::regular(axis.len(), n.saturating_mul(unit))
        })))
    }

    fn begin(&self) -> Result<()> {
        let place = self.place()?;
        self.target.check(&place)?;
        if let Change::Create { version, .. } = self.target.change {
            place.make_groups(version)?;
        }
        let mut open = Open { store: place.store.clone(), path: place.path.clone(), staged: None, erased: BTreeSet::new() };
        if let Some(folder) = place.folder() {
            // The usual mode of new folders, less the process's umask.
            let mode = Permissions::from_mode(0o777);
            let folder = partial::named(folder, |b, parent| b.permissions(mode).tempdir_in(parent)).map_err(|e| self.fail(&e))?;
            let _lock = partial::lock(folder.path()).map_err(|e| self.fail(&e))?;
            open.store = Arc::new(FileStore::new(folder.path()));
            open.path = String::new();
            open.staged = Some(Staged { folder, _lock });
        } else if self.is_new() {
            // What is overwritten vanishes first, so that nobody reads old chunks among new ones.
            for name in ["zarr.json", ".zarray", ".zgroup"] {
                place.store.erase(&place.key(name))?;
            }
            remove_below(&place)?;
        }
        *self.open.lock() = Some(open);
        Ok(())
    }

    fn encode(&self, _: usize, region: &Region, chunk: &Tensor) -> Result<Chunk> {
        let placed = self.placed(region);
        let aligned = placed
            .ranges()
            .iter()
            .zip(self.layout.stored.iter().zip(&self.layout.shape))
            .all(|(r, (&unit, &n))| r.start % unit == 0 && (r.end % unit == 0 || r.end == n));
        if !aligned || chunk.dtype() != self.layout.dtype || chunk.shape() != region.shape().as_slice() {
            return Err(Error::bug(format!("a chunk {:?} of {} for {region:?}", chunk.shape(), chunk.dtype())));
        }
        let encoded = self.blocks(&placed).map(|at| {
            let part = block::region(&at, &self.layout.stored).intersect(&placed).relative_to(&placed.start());
            self.encode_block(&chunk.slice(&part))
        });
        Ok(Chunk::List(encoded.collect::<Result<Vec<_>>>()?.into()))
    }

    fn encode_bytes(&self, region: &Region) -> (u64, u64) {
        let n = self.blocks(&self.placed(region)).count() as u64;
        let block = self.layout.stored.iter().product::<usize>() as u64 * self.layout.dtype.size() as u64;
        // A block at the edge is padded in a copy.
        let edge = region.shape().iter().zip(&self.layout.stored).any(|(n, unit)| n % unit != 0);
        let padded = if edge { block } else { 0 };
        let scratch = match &self.layout.codecs {
            Codecs::Chunk(p) => p.encode_bytes() + padded,
            // A copy of the shard if it lies strided, an inner chunk being encoded, and the shard before it has just its size.
            Codecs::Shard(s) => padded + block + self.stored_bound + s.inner.encode_bytes(),
        };
        // A store that is far away takes a copy of what it sends. Told by the address alone: every process must plan alike.
        let sent = if matches!(self.target.address, Address::Url(_)) { self.stored_bound + REQUEST_BYTES } else { 0 };
        (n.saturating_mul(self.stored_bound), scratch + sent)
    }

    fn commit(&self, _: usize, region: &Region, encoded: &Chunk) -> Result<()> {
        let open = self.open.lock().as_ref().map(|o| (o.store.clone(), o.path.clone()));
        let (store, path) = open.ok_or_else(|| Error::bug("commit before begin"))?;
        let Chunk::List(items) = encoded else { return Err(Error::bug("a zarr chunk that is no list")) };
        let blocks: Vec<_> = self.blocks(&self.placed(region)).collect();
        if blocks.len() != items.len() {
            return Err(Error::bug(format!("{} encoded blocks for the {} of {region:?}", items.len(), blocks.len())));
        }
        for (at, item) in blocks.iter().zip(items.iter()) {
            let key = self.layout.key(at);
            match item {
                Chunk::Unit if self.is_new() => {}
                Chunk::Unit => {
                    self.open.lock().as_mut().map(|o| o.erased.insert(key));
                }
                Chunk::Bytes(bytes) => {
                    let key = super::place::key(&path, &key);
                    store.set(&key, bytes).map_err(|e| e.at(format!("writing {}", self.target.address)))?;
                }
                _ => return Err(Error::bug("a zarr block that is no bytes")),
            }
        }
        Ok(())
    }

    fn ordered(&self) -> bool {
        false
    }

    fn finish(&self) -> Result<()> {
        let mut open = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        let place = self.place()?;
        let Some(staged) = open.staged.take() else {
            self.finish_in_place(&open)?;
            return group::refresh(&place);
        };
        for (name, text) in &self.target.values {
            open.store.set(name, text.as_bytes())?;
        }
        match (&self.target.change, place.folder()) {
            (Change::Part(before), _) => self.publish_part(staged, &open.erased, before)?,
            (Change::Create { overwrite, .. }, Some(path)) => {
                self.target.check(&place)?;
                partial::publish_folder(staged.folder, path, *overwrite).map_err(|e| self.fail(&e))?;
            }
            (Change::Create { .. }, None) => return Err(Error::bug("a folder that has no path")),
        }
        group::refresh(&place)
    }

    fn abort(&self) {
        // Dropping the temporary folder removes it.
        let open = self.open.lock().take();
        let in_place = open.is_some_and(|o| o.staged.is_none());
        if let (true, true, Ok(place)) = (in_place, self.is_new(), self.place()) {
            // What cannot be removed is no array without its metadata.
            let _ = remove_below(&place);
        }
    }
}

/// Removes all values below a place.
fn remove_below(place: &Place) -> Result<()> {
    let keys = match place.store.list(&place.path) {
        Ok(keys) => keys,
        // A plain web server cannot tell what it has; old chunks are overwritten one by one.
        Err(e) if matches!(e.kind(), crate::base::Kind::Environment | crate::base::Kind::Unsupported) => return Ok(()),
        Err(e) => return Err(e),
    };
    for key in keys {
        place.store.erase(&key)?;
    }
    Ok(())
}
