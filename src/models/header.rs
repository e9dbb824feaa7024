//! The header of a safetensors file, checked before any of its bytes is used.
//!
//! The format (github.com/huggingface/safetensors, "Format"): eight bytes of
//! header length, little endian; a JSON object that gives each tensor its
//! type, shape and span; then the tensors' bytes, in the order of their spans,
//! without overlaps, holes or anything after the last.

use std::collections::BTreeMap;
use std::io::{self, Read};

use safetensors::Dtype;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::util::text::clip;

/// Longest header in bytes, as in the reference implementation.
pub const MAX_HEADER: u64 = 100_000_000;
/// Most tensors in one file; SDXL's UNet has 1,680.
pub const MAX_TENSORS: usize = 200_000;
/// Most dimensions of a tensor.
pub const MAX_RANK: usize = 16;
/// Longest tensor name that is shown in an error.
const SHOWN: usize = 120;

/// What is wrong with a safetensors file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// Nothing in it.
    #[error("is empty")]
    Empty,
    /// The text that Git LFS leaves in place of a file.
    #[error("is a Git LFS pointer, not the file itself")]
    LfsPointer,
    /// Shorter than the length field.
    #[error("has only {0} bytes, too few for a safetensors file")]
    TooShort(u64),
    /// A header beyond [`MAX_HEADER`].
    #[error("claims a header of {0} bytes; at most {MAX_HEADER} are accepted")]
    HeaderTooLong(u64),
    /// A header that ends after the file.
    #[error("claims a header of {header} bytes but has only {file} bytes")]
    HeaderBeyondFile {
        /// Claimed length.
        header: u64,
        /// Length of the whole file.
        file: u64,
    },
    /// Not JSON, or JSON of another shape.
    #[error("has a header that cannot be read: {0}")]
    NotJson(String),
    /// Shape times type does not fit into memory.
    #[error("gives tensor {0:?} a shape beyond any memory")]
    Overflow(String),
    /// Four- or six-bit numbers that do not fill whole bytes.
    #[error("gives tensor {0:?} a size that is no whole number of bytes")]
    PartByte(String),
    /// Shape times type is not the span.
    #[error("gives tensor {name:?} {span} bytes, but its shape and type need {needed}")]
    Span {
        /// The tensor.
        name: String,
        /// Bytes between its offsets.
        span: u64,
        /// Bytes by shape and type.
        needed: u64,
    },
    /// A span that ends before it begins.
    #[error("gives tensor {0:?} a span that ends before it begins")]
    Backwards(String),
    /// Two tensors in the same bytes.
    #[error("puts tensor {0:?} over the bytes of another")]
    Overlap(String),
    /// Bytes that belong to no tensor.
    #[error("leaves {bytes} bytes before tensor {name:?} that belong to none")]
    Hole {
        /// The tensor after the hole.
        name: String,
        /// Size of the hole.
        bytes: u64,
    },
    /// Fewer bytes than the header says.
    #[error("is cut off: {0} bytes are missing")]
    Truncated(u64),
    /// More bytes than the header says.
    #[error("has {0} bytes after its last tensor")]
    Trailing(u64),
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// A tensor's place in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Type of each number.
    pub dtype: Dtype,
    /// Size of each dimension, outermost first.
    pub shape: Vec<usize>,
    /// First byte, counted from the start of the file.
    pub start: usize,
    /// One past the last byte, counted from the start of the file.
    pub end: usize,
}

/// A checked header: every span lies inside the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The tensors by name.
    pub tensors: BTreeMap<String, TensorInfo>,
    /// Bytes of all tensors together.
    pub data_bytes: u64,
}

impl Header {
    /// Reads and checks the header of a file of `file` bytes.
    ///
    /// Only the header is read, and no more memory is taken than the file has
    /// bytes for.
    ///
    /// # Errors
    /// The first fault found; a file that passes can be sliced by its spans.
    pub fn read(source: &mut impl Read, file: u64) -> Result<Self, HeaderFault> {
        let json = header_bytes(source, file)?;
        let raw: Raw = serde_json::from_slice(&json)
            .map_err(|error| HeaderFault::NotJson(clip(&error.to_string(), 2 * SHOWN)))?;
        let data_at = 8 + json.len() as u64;
        let data_bytes = check(&raw.0, file - data_at)?;
        let place = |offset: u64, name: &str| {
            usize::try_from(data_at + offset).map_err(|_| HeaderFault::Overflow(clip(name, SHOWN)))
        };
        let mut tensors = BTreeMap::new();
        for (name, Entry { dtype, shape, data_offsets: (start, end) }) in raw.0 {
            let (start, end) = (place(start, &name)?, place(end, &name)?);
            tensors.insert(name, TensorInfo { dtype, shape: shape.0, start, end });
        }
        Ok(Self { tensors, data_bytes })
    }
}

fn header_bytes(source: &mut impl Read, file: u64) -> Result<Vec<u8>, HeaderFault> {
    let mut length = [0; 8];
    match file {
        0 => return Err(HeaderFault::Empty),
        1..8 => return Err(HeaderFault::TooShort(file)),
        _ => source.read_exact(&mut length)?,
    }
    if &length == b"version " {
        return Err(HeaderFault::LfsPointer);
    }
    let header = u64::from_le_bytes(length);
    if header > MAX_HEADER {
        return Err(HeaderFault::HeaderTooLong(header));
    }
    if header > file - 8 {
        return Err(HeaderFault::HeaderBeyondFile { header, file });
    }
    let mut json = Vec::new();
    let read = source.take(header).read_to_end(&mut json)? as u64;
    if read < header {
        return Err(HeaderFault::Truncated(header - read));
    }
    Ok(json)
}

/// Checks that the spans tile `available` bytes exactly, and returns their sum.
fn check(entries: &[(String, Entry)], available: u64) -> Result<u64, HeaderFault> {
    let mut order: Vec<_> = entries.iter().map(|(name, entry)| (entry, name)).collect();
    // An empty tensor sorts before the tensor that begins at the same byte.
    order.sort_by_key(|(entry, _)| entry.data_offsets);
    let mut at = 0;
    for (entry, name) in order {
        let (start, end) = entry.data_offsets;
        let named = || clip(name, SHOWN);
        if end < start {
            return Err(HeaderFault::Backwards(named()));
        }
        if start < at {
            return Err(HeaderFault::Overlap(named()));
        }
        if start > at {
            return Err(HeaderFault::Hole { name: named(), bytes: start - at });
        }
        let needed = entry.bytes(name)?;
        if end - start != needed {
            return Err(HeaderFault::Span { name: named(), span: end - start, needed });
        }
        at = end;
    }
    match at {
        _ if at > available => Err(HeaderFault::Truncated(at - available)),
        _ if at < available => Err(HeaderFault::Trailing(available - at)),
        _ => Ok(at),
    }
}

/// The header as written, with repeated names kept so that they can be refused.
struct Raw(Vec<(String, Entry)>);

#[derive(Deserialize)]
struct Entry {
    dtype: Dtype,
    shape: Shape,
    data_offsets: (u64, u64),
}

impl Entry {
    /// Bytes by shape and type.
    fn bytes(&self, name: &str) -> Result<u64, HeaderFault> {
        let bits = self
            .shape
            .0
            .iter()
            .try_fold(1_u64, |product, &side| product.checked_mul(side as u64))
            .and_then(|count| count.checked_mul(self.dtype.bitsize() as u64))
            .ok_or_else(|| HeaderFault::Overflow(clip(name, SHOWN)))?;
        match bits % 8 {
            0 => Ok(bits / 8),
            _ => Err(HeaderFault::PartByte(clip(name, SHOWN))),
        }
    }
}

struct Shape(Vec<usize>);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Sides;
        impl<'de> Visitor<'de> for Sides {
            type Value = Shape;
            fn expecting(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
                write!(out, "a shape of at most {MAX_RANK} dimensions")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
                let mut sides = Vec::new();
                while let Some(side) = seq.next_element()? {
                    if sides.len() == MAX_RANK {
                        return Err(A::Error::invalid_length(MAX_RANK + 1, &self));
                    }
                    sides.push(side);
                }
                Ok(Shape(sides))
            }
        }
        source.deserialize_seq(Sides)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Tensors;
        impl<'de> Visitor<'de> for Tensors {
            type Value = Raw;
            fn expecting(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
                out.write_str("an object of tensors")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut seen = std::collections::HashSet::new();
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom(format_args!("{name:?} comes twice")));
                    }
                    if name == "__metadata__" {
                        map.next_value::<BTreeMap<String, String>>()?;
                        continue;
                    }
                    if entries.len() == MAX_TENSORS {
                        return Err(A::Error::custom("too many tensors"));
                    }
                    let entry = map.next_value()?;
                    entries.push((name, entry));
                }
                Ok(Raw(entries))
            }
        }
        source.deserialize_map(Tensors)
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
