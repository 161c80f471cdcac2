//! Memory that chunks share: owned and 64-byte aligned, or borrowed from what keeps it alive (a file mapping, a vector).
//!
//! A [`Buffer`] never changes once it is shared; it is filled as a [`BufferMut`], which has one owner.

use crate::base::Element;
use crate::chunk::pages;
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, handle_alloc_error};
use std::any::Any;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

/// Alignment of owned buffers: a cache line, and the widest vector register.
pub const ALIGN: usize = 64;

enum Owner {
    Heap(Layout),
    /// Pages of the buffer's own: what is large. None only while it is dropped.
    Pages(Option<memmap2::MmapMut>),
    /// A read-only file mapping, whose pages the system takes back when it needs them.
    Mapped(#[allow(dead_code, reason = "kept only to keep the memory alive")] memmap2::Mmap),
    Other(#[allow(dead_code, reason = "kept only to keep the memory alive")] Arc<dyn Any + Send + Sync>),
    /// Another buffer's bytes, which count where that one is held.
    Lent(#[allow(dead_code, reason = "kept only to keep the memory alive")] Arc<Buffer>),
}

/// Read-only bytes, shared by whoever needs them.
pub struct Buffer {
    ptr: NonNull<u8>,
    len: usize,
    owner: Owner,
}

// SAFETY: the bytes are never written while a `Buffer` exists, and the owner is itself Send + Sync.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// The elements of a vector, without copying (but for complex numbers at an odd address).
    pub fn from_vec<T: Element>(v: Vec<T>) -> Buffer {
        if !v.is_empty() && v.as_ptr().cast::<u8>().align_offset(size_of::<T>()) != 0 {
            // Tensors are aligned to their elements' size, which Rust does not promise where an element has two parts.
            let mut copy = BufferMut::for_overwrite(size_of_val(v.as_slice()));
            copy.elements_mut::<T>().copy_from_slice(&v);
            return copy.0;
        }
        let v: Arc<Vec<T>> = Arc::new(v);
        let ptr = NonNull::new(v.as_ptr() as *mut u8).unwrap_or(NonNull::dangling());
        Buffer { ptr, len: std::mem::size_of_val(v.as_slice()), owner: Owner::Other(v) }
    }

    /// A copy of the bytes. What an allocator gave, on a thread that will not free it, is better copied than kept: see
    /// `chunk::pages`.
    pub fn copied(bytes: &[u8]) -> Arc<Buffer> {
        let mut copy = BufferMut::for_overwrite(bytes.len());
        copy.bytes_mut().copy_from_slice(bytes);
        copy.freeze()
    }

    /// Bytes that `owner` keeps alive and unchanged at one address (a file mapping, say).
    pub fn borrowed<O: AsRef<[u8]> + Send + Sync + 'static>(owner: Arc<O>) -> Buffer {
        let bytes: &[u8] = (*owner).as_ref();
        let ptr = NonNull::new(bytes.as_ptr() as *mut u8).unwrap_or(NonNull::dangling());
        Buffer { ptr, len: bytes.len(), owner: Owner::Other(owner) }
    }

    /// The bytes of a buffer that is held outside of a run (the user's own array): views of it count as no memory.
    pub fn lent(owner: Arc<Buffer>) -> Buffer {
        Buffer { ptr: owner.ptr, len: owner.len, owner: Owner::Lent(owner) }
    }

    /// Bytes `range` of a file, mapped read-only. What is mapped counts as no memory: the system drops clean pages when it must.
    ///
    /// The file must be neither changed nor shortened while the buffer lives; files that are replaced by renaming never are.
    ///
    /// # Errors
    /// When the range does not lie in the file (`Corrupt`, with both sizes), or the system refuses to map it.
    pub fn map_file(file: &std::fs::File, range: std::ops::Range<u64>) -> crate::base::Result<Buffer> {
        use crate::base::Error;
        let file_len = file.metadata().map_err(|e| Error::io("file to map", &e))?.len();
        if range.start > range.end || range.end > file_len {
            return Err(Error::corrupt(format!("bytes {}..{} are needed, but the file has {file_len}", range.start, range.end)));
        }
        let len = usize::try_from(range.end - range.start).map_err(|_| Error::unsupported("a mapping beyond the address space"))?;
        if len == 0 {
            return Ok(Buffer::from_vec::<u8>(Vec::new()));
        }
        // SAFETY: the mapping is private to this buffer and read-only; that nobody shortens the file is the documented demand.
        let map = unsafe { memmap2::MmapOptions::new().offset(range.start).len(len).map(file) };
        let map = map.map_err(|e| Error::io("mapping a file", &e))?;
        let ptr = NonNull::new(map.as_ptr().cast_mut()).unwrap_or(NonNull::dangling());
        Ok(Buffer { ptr, len, owner: Owner::Mapped(map) })
    }

    /// Bytes of memory this buffer keeps: none if it is mapped from a file or lent.
    pub fn held_bytes(&self) -> u64 {
        if matches!(self.owner, Owner::Mapped(_) | Owner::Lent(_)) { 0 } else { self.len as u64 }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `ptr` is valid for `len` bytes while the owner lives, and nothing writes to them.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }

    /// Whether this buffer owns its memory (a file mapping does not).
    pub fn is_owned(&self) -> bool {
        matches!(self.owner, Owner::Heap(_) | Owner::Pages(_))
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        match &mut self.owner {
            // SAFETY: allocated in `BufferMut` with this layout, freed only here.
            Owner::Heap(layout) => unsafe { dealloc(self.ptr.as_ptr(), *layout) },
            Owner::Pages(map) => map.take().into_iter().for_each(pages::give_back),
            Owner::Mapped(_) | Owner::Other(_) | Owner::Lent(_) => {}
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len)
    }
}

/// Bytes being filled by their one owner.
pub struct BufferMut(Buffer);

impl BufferMut {
    /// `len` bytes of zeros.
    pub fn zeroed(len: usize) -> BufferMut {
        BufferMut::with(len, true)
    }

    /// `len` bytes of unspecified value, for a kernel that will write them all.
    ///
    /// The bytes are initialised memory only once written: the caller must write every element it will expose.
    pub fn for_overwrite(len: usize) -> BufferMut {
        BufferMut::with(len, false)
    }

    fn with(len: usize, zeroed: bool) -> BufferMut {
        // A length near isize::MAX cannot come from a checked shape; the layout error would be an allocation failure anyway.
        let layout = Layout::from_size_align(len.max(1), ALIGN).unwrap_or(Layout::new::<[u64; 8]>());
        assert!(layout.size() >= len, "buffer of {len} bytes");
        if len >= pages::LARGE {
            let Some(mut map) = pages::take(len, zeroed) else { handle_alloc_error(layout) };
            let ptr = NonNull::from(&mut map[..]).cast();
            return BufferMut(Buffer { ptr, len, owner: Owner::Pages(Some(map)) });
        }
        // SAFETY: the layout has a size of at least 1.
        let ptr = unsafe { if zeroed { alloc_zeroed(layout) } else { alloc(layout) } };
        let Some(ptr) = NonNull::new(ptr) else { handle_alloc_error(layout) };
        BufferMut(Buffer { ptr, len, owner: Owner::Heap(layout) })
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// The bytes, to write.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: this is the only owner, and the memory is valid for `len` bytes.
        unsafe { std::slice::from_raw_parts_mut(self.0.ptr.as_ptr(), self.0.len) }
    }

    /// The bytes as elements, to write. A buffer of bool must have been zeroed or written as bool.
    pub fn elements_mut<T: Element>(&mut self) -> &mut [T] {
        let n = self.0.len / std::mem::size_of::<T>();
        // SAFETY: 64-byte aligned, long enough, one owner; every element type is valid for any bits but bool (see above).
        unsafe { std::slice::from_raw_parts_mut(self.0.ptr.as_ptr().cast::<T>(), n) }
    }

    /// Done writing: shares the bytes.
    pub fn freeze(self) -> Arc<Buffer> {
        Arc::new(self.0)
    }
}
