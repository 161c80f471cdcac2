//! The file being written: tiles appended under a temporary name, the directories at the end, then the name.

use super::assemble::{Table, directories, ghost_area, header, header_len};
use super::encode::{Encoder, Packed};
use super::georef::Georef;
use super::options::{Design, WriteOptions};
use super::pyramid::Pyramid;
use crate::base::{Error, Region, Result};
use crate::format::partial;
use crate::store::folder;
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{File, Permissions};
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What is inserted before the tiles of a COG is a multiple of this many bytes: the blocks of file systems.
const BLOCK: u64 = 4096;
/// Bytes copied at a time.
const COPY: usize = 1 << 20;

/// A file on its way.
pub(super) struct Output {
    path: PathBuf,
    design: Design,
    cog: bool,
    overwrite: bool,
    sync: bool,
    /// Gone once it has its name.
    file: Option<NamedTempFile>,
    /// Tells other runs that the temporary file is in use.
    #[allow(dead_code, reason = "held, not read")]
    lock: File,
    /// Tiles of overviews, in the order they became whole.
    spool: Option<File>,
    end: u64,
    spool_end: u64,
    /// Per level; offsets of overviews are positions in the spool until the end.
    tables: Vec<Table>,
    /// Tiles that came (or were left out), per level.
    seen: Vec<usize>,
    pyramid: Pyramid,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Output({}, {} bytes)", self.path.display(), self.end)
    }
}

/// A temporary file beside `path`, and the lock that shows it is in use; what killed runs left there is swept.
fn temporary(path: &Path) -> std::io::Result<(NamedTempFile, File)> {
    let target = std::path::absolute(path)?;
    let file = partial::named(&target, |b, folder| b.permissions(Permissions::from_mode(0o666)).tempfile_in(folder))?;
    let lock = partial::lock(file.path())?;
    Ok((file, lock))
}

impl Output {
    /// Creates the temporary file.
    ///
    /// # Errors
    /// When the output exists and may not be replaced, or its folder cannot be written to.
    pub(super) fn begin(path: &Path, design: Design, georef: &Georef, options: &WriteOptions) -> Result<Output> {
        partial::check_file(path, options.overwrite)?;
        let target = if path.is_symlink() { partial::resolved(path)? } else { path.to_path_buf() };
        let path = target.as_path();
        let folder = folder(path);
        let (file, lock) =
            temporary(path).map_err(|e| Error::io(format_args!("{}: cannot create a file in its folder", path.display()), &e))?;
        let spool =
            if options.cog { Some(tempfile::tempfile_in(folder).map_err(|e| Error::io(path.display(), &e))?) } else { None };
        Ok(Output {
            path: path.to_path_buf(),
            cog: options.cog,
            overwrite: options.overwrite,
            sync: options.sync,
            file: Some(file),
            lock,
            spool,
            // A COG's tiles are staged from 0; else the header comes first.
            end: if options.cog { 0 } else { header_len(design.big_tiff).next_multiple_of(8) },
            spool_end: 0,
            tables: (0..design.levels.len()).map(|l| vec![(0, 0); design.n_tiles(l)]).collect(),
            seen: vec![0; design.levels.len()],
            pyramid: Pyramid::new(options.resampling, georef.nodata),
            design,
        })
    }

    /// Elements of overview tiles that are not whole yet.
    #[cfg(test)]
    pub(super) fn open_elements(&self) -> u64 {
        self.pyramid.open_elements()
    }

    fn io(&self, e: &std::io::Error) -> Error {
        Error::io(self.path.display(), e)
    }

    fn file(&self) -> Result<&File> {
        self.file
            .as_ref()
            .map(NamedTempFile::as_file)
            .ok_or_else(|| Error::bug(format!("{}: written after its end", self.path.display())))
    }

    /// Appends an encoded chunk.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub(super) fn append(&mut self, encoder: &Encoder, region: &Region, packed: &Packed) -> Result<()> {
        let (full, overviews) = (packed.full.as_slice::<u8>()?, packed.overviews.as_slice::<u8>()?);
        self.file()?.write_all_at(full, self.end).map_err(|e| self.io(&e))?;
        crate::base::iostat::written((full.len() + overviews.len()) as u64);
        if let Some(spool) = &self.spool {
            spool.write_all_at(overviews, self.spool_end).map_err(|e| self.io(&e))?;
        }
        for r in &packed.records {
            let base = if r.level == 0 { self.end } else { self.spool_end };
            self.seen[r.level] += 1;
            if r.len > 0 {
                self.tables[r.level][r.tile] = (base + r.start, r.len);
            }
        }
        self.end += full.len() as u64;
        self.spool_end += overviews.len() as u64;
        if let Some((level, pixels)) = &packed.rest {
            self.add_rest(encoder, *level, region, pixels)?;
        }
        Ok(())
    }

    /// Puts the pixels of an overview to those of other chunks, and spools the tiles that are whole now.
    fn add_rest(&mut self, encoder: &Encoder, level: usize, region: &Region, pixels: &crate::chunk::Tensor) -> Result<()> {
        let start = region.start();
        let origin = [start[0], start[1] >> level, start[2] >> level];
        let Some(spool) = &self.spool else { return Err(Error::bug("an overview without a spool")) };
        let (tables, seen, end) = (&mut self.tables, &mut self.seen, &mut self.spool_end);
        let path = &self.path;
        let mut bytes = Vec::new();
        self.pyramid.add(&self.design, level, origin, pixels, &mut |(level, tile, pixels)| {
            bytes.clear();
            let r = encoder.tile(level, tile, &pixels, &mut bytes)?;
            spool.write_all_at(&bytes, *end).map_err(|e| Error::io(path.display(), &e))?;
            seen[level] += 1;
            if r.len > 0 {
                tables[level][tile] = (*end + r.start, r.len);
            }
            *end += bytes.len() as u64;
            Ok(())
        })
    }

    /// Writes the directories and gives the file its name.
    ///
    /// # Errors
    /// When tiles are missing (a bug), the disk fails or is full, or a file of that name has appeared meanwhile.
    pub(super) fn finish(&mut self, georef: &Georef) -> Result<()> {
        let complete = (0..self.seen.len()).all(|l| self.seen[l] == self.design.n_tiles(l));
        if !complete || !self.pyramid.is_empty() {
            return Err(Error::bug(format!("{}: tiles are missing ({:?})", self.path.display(), self.seen)));
        }
        if self.cog {
            self.finish_cog(georef)?
        } else {
            self.finish_plain(georef)?
        }
        let file = self.file()?;
        if self.sync {
            file.sync_all().map_err(|e| self.io(&e))?;
        }
        let Some(file) = self.file.take() else { return Err(Error::bug("finished twice")) };
        let named = if self.overwrite { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
        match named {
            Ok(_) => {}
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => return Err(partial::exists(&self.path)),
            Err(e) => return Err(self.io(&e.error)),
        }
        if self.sync {
            // The name itself is on disk once the folder is; not all file systems can say so.
            let _ = File::open(folder(&self.path)).and_then(|f| f.sync_all());
        }
        Ok(())
    }

    fn finish_plain(&mut self, georef: &Georef) -> Result<()> {
        let at = self.end.next_multiple_of(8);
        let bytes = directories(&self.design, georef, &self.tables, at)?;
        let file = self.file()?;
        file.write_all_at(&bytes, at).map_err(|e| self.io(&e))?;
        file.write_all_at(&header(self.design.big_tiff, at), 0).map_err(|e| self.io(&e))?;
        self.end = at + bytes.len() as u64;
        Ok(())
    }

    fn finish_cog(&mut self, georef: &Georef) -> Result<()> {
        let big = self.design.big_tiff;
        let mut front = header(big, 0);
        let in_order = self.tables[0].iter().filter(|t| t.1 > 0).is_sorted_by_key(|t| t.0);
        front.extend(ghost_area(in_order && (self.design.pixel_interleave || self.design.bands == 1)));
        front.resize(front.len().next_multiple_of(8), 0);
        let first = front.len() as u64;
        front[..header_len(big) as usize].copy_from_slice(&header(big, first));
        // Offsets do not change the size of the directories.
        let data = first + directories(&self.design, georef, &self.tables, first)?.len() as u64;
        let spooled = std::mem::take(&mut self.tables);
        let mut tables = spooled.clone();
        let mut end = data;
        let mut order = Vec::new();
        for level in (1..tables.len()).rev() {
            for (tile, &(offset, len)) in spooled[level].iter().enumerate().filter(|(_, t)| t.1 > 0) {
                tables[level][tile] = (end + 4, len);
                let whole = len + 4 + len.min(4);
                order.push((offset - 4, whole));
                end += whole;
            }
        }
        let shift = end.next_multiple_of(BLOCK);
        tables[0].iter_mut().filter(|t| t.1 > 0).for_each(|t| t.0 += shift);
        front.extend(directories(&self.design, georef, &tables, first)?);
        self.tables = tables;
        self.make_room(shift)?;
        let file = self.file()?;
        file.write_all_at(&front, 0).map_err(|e| self.io(&e))?;
        self.copy_overviews(&order, data)?;
        self.end += shift;
        self.spool_end = 0;
        Ok(())
    }

    /// Moves all tiles back by `shift` bytes: by the file system, or else by a copy.
    fn make_room(&mut self, shift: u64) -> Result<()> {
        let file = self.file()?;
        if self.end > 0 && fallocate(file, FallocateFlags::INSERT_RANGE, 0, shift).is_ok() {
            return Ok(());
        }
        let (copy, lock) = temporary(&self.path).map_err(|e| self.io(&e))?;
        let (mut from, mut to) = (file, copy.as_file());
        let moved = from
            .seek(SeekFrom::Start(0))
            .and_then(|_| to.seek(SeekFrom::Start(shift)))
            .and_then(|_| std::io::copy(&mut from, &mut to));
        moved.map_err(|e| self.io(&e))?;
        (self.file, self.lock) = (Some(copy), lock);
        Ok(())
    }

    /// Writes the spooled tiles `(offset, length)` one after the other from `at`.
    fn copy_overviews(&self, order: &[(u64, u64)], mut at: u64) -> Result<()> {
        let (file, Some(spool)) = (self.file()?, &self.spool) else { return Ok(()) };
        let mut buffer: Vec<u8> = Vec::new();
        for (i, &(offset, len)) in order.iter().enumerate() {
            let have = buffer.len();
            buffer.resize(have + len as usize, 0);
            spool.read_exact_at(&mut buffer[have..], offset).map_err(|e| self.io(&e))?;
            if buffer.len() >= COPY || i + 1 == order.len() {
                file.write_all_at(&buffer, at).map_err(|e| self.io(&e))?;
                at += buffer.len() as u64;
                buffer.clear();
            }
        }
        Ok(())
    }
}
