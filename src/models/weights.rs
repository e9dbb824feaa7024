//! A part's weights as checked bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;
use safetensors::Dtype;

use super::ModelError;
use super::header::{Header, HeaderFault};
use crate::util::text::{clip, sanitise};

/// The weights of one part: one file or several shards, mapped or embedded.
///
/// Cheap to clone; clones share the bytes.
#[derive(Clone)]
pub struct Weights(Arc<Inner>);

struct Inner {
    shards: Vec<Shard>,
    /// Which shard holds each tensor.
    places: BTreeMap<String, usize>,
}

/// One safetensors file whose header has been checked against its length.
pub(super) struct Shard {
    file: String,
    header: Header,
    bytes: Bytes,
}

enum Bytes {
    Mapped(Mmap),
    Static(&'static [u8]),
    Owned(Vec<u8>),
}

/// One tensor's bytes, little endian, row-major.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TensorView<'a> {
    /// Type of each number.
    pub dtype: Dtype,
    /// Size of each dimension, outermost first.
    pub shape: &'a [usize],
    /// The numbers; as long as shape and type say. Mapped and embedded files
    /// start on a 64-byte boundary, but a tensor inside may start anywhere.
    pub data: &'a [u8],
}

impl Weights {
    /// Weights from a safetensors file in memory.
    ///
    /// # Errors
    /// When the bytes break the format; `file` names them in the error.
    pub fn from_vec(file: &str, bytes: Vec<u8>) -> Result<Self, ModelError> {
        let header = checked(file, Header::read(&mut &bytes[..], bytes.len() as u64))?;
        Self::new(vec![Shard { file: file.to_owned(), header, bytes: Bytes::Owned(bytes) }])
    }

    /// Puts shards together.
    ///
    /// # Errors
    /// When two shards hold the same tensor.
    pub(super) fn new(shards: Vec<Shard>) -> Result<Self, ModelError> {
        let mut places = BTreeMap::new();
        for (at, shard) in shards.iter().enumerate() {
            for name in shard.header.tensors.keys() {
                if places.insert(name.clone(), at).is_some() {
                    return Err(ModelError::Shards {
                        file: sanitise(&shard.file),
                        message: format!("{} is in another shard too", clip(name, 120)),
                    });
                }
            }
        }
        Ok(Self(Arc::new(Inner { shards, places })))
    }

    /// The tensors' names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.places.keys().map(String::as_str)
    }

    /// One tensor, or `None` when no shard holds it.
    pub fn get(&self, name: &str) -> Option<TensorView<'_>> {
        let shard = self.0.shards.get(*self.0.places.get(name)?)?;
        let info = shard.header.tensors.get(name)?;
        let data = shard.as_slice().get(info.start..info.end)?;
        Some(TensorView { dtype: info.dtype, shape: &info.shape, data })
    }

    /// Bytes of all tensors together, as stored.
    pub fn total_bytes(&self) -> u64 {
        self.0.shards.iter().map(|shard| shard.header.data_bytes).sum()
    }

    /// The files, in the order of the index.
    pub fn files(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.shards.iter().map(|shard| shard.file.as_str())
    }
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        let files: Vec<_> = self.files().collect();
        let tensors = self.0.places.len();
        out.debug_struct("Weights").field("files", &files).field("tensors", &tensors).finish()
    }
}

impl Shard {
    /// Checks a file's header against its length, then maps it.
    pub(super) fn map(file: &str, path: &Path) -> Result<Self, ModelError> {
        let (mut source, length) = open_regular(file, path)?;
        let header = checked(file, Header::read(&mut source, length))?;
        // SAFETY: the mapping is read-only and private to this value. As with
        // every mapped file, another process that cuts the file off while it
        // is mapped ends ours with a bus error; model files are written once
        // under a temporary name and only replaced by a rename, which leaves
        // a mapping whole.
        let bytes = unsafe { Mmap::map(&source) }.map_err(|source| io_error(file, source))?;
        if bytes.len() as u64 != length {
            return Err(fault(file, HeaderFault::Truncated(length.abs_diff(bytes.len() as u64))));
        }
        Ok(Self { file: file.to_owned(), header, bytes: Bytes::Mapped(bytes) })
    }

    /// Checks a file that is part of the program.
    pub(super) fn embedded(file: &str, bytes: &'static [u8]) -> Result<Self, ModelError> {
        let header = checked(file, Header::read(&mut &*bytes, bytes.len() as u64))?;
        Ok(Self { file: file.to_owned(), header, bytes: Bytes::Static(bytes) })
    }

    /// Whether the shard holds a tensor.
    pub(super) fn holds(&self, tensor: &str) -> bool {
        self.header.tensors.contains_key(tensor)
    }

    fn as_slice(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(map) => map,
            Bytes::Static(bytes) => bytes,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

/// Opens a regular file, following links, and gives its length in bytes.
///
/// A pipe would block the open and a device has no end, so both are refused.
pub(super) fn open_regular(file: &str, path: &Path) -> Result<(File, u64), ModelError> {
    let io = |source| io_error(file, source);
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(ModelError::NotAFile(sanitise(file)));
    }
    let source = File::open(path).map_err(io)?;
    let length = source.metadata().map_err(io)?.len();
    Ok((source, length))
}

pub(super) fn io_error(file: &str, source: std::io::Error) -> ModelError {
    ModelError::Io { file: sanitise(file), source }
}

fn fault(file: &str, fault: HeaderFault) -> ModelError {
    ModelError::Weights { file: sanitise(file), fault }
}

fn checked(file: &str, header: Result<Header, HeaderFault>) -> Result<Header, ModelError> {
    header.map_err(|f| fault(file, f))
}
