//! The chunks of a PNG file, without decoding it.

use super::PictureError;

/// What every PNG begins with.
pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// A chunk: four letters and its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub kind: [u8; 4],
    pub data: &'a [u8],
    checksum: u32,
}

impl Chunk<'_> {
    /// Whether the data are those that were written.
    pub fn is_whole(&self) -> bool {
        crc(&[&self.kind, self.data]) == self.checksum
    }
}

/// The chunks of a PNG up to its end chunk.
///
/// # Errors
/// When the bytes are no PNG; from the iterator, when a chunk goes past the end
/// of the file.
pub(super) fn chunks(
    png: &[u8],
) -> Result<impl Iterator<Item = Result<Chunk<'_>, PictureError>>, PictureError> {
    let Some(mut rest) = png.strip_prefix(&SIGNATURE) else {
        return Err(PictureError::Format("this is no PNG file".into()));
    };
    let mut done = false;
    Ok(std::iter::from_fn(move || {
        if done {
            return None;
        }
        let next = split(rest);
        match &next {
            Some((chunk, tail)) => (rest, done) = (tail, &chunk.kind == b"IEND"),
            None => done = true,
        }
        let cut = || PictureError::Damaged("it is cut off".into());
        Some(next.map(|(chunk, _)| chunk).ok_or_else(cut))
    }))
}

/// Length, kind, data, checksum; all numbers big endian.
fn split(bytes: &[u8]) -> Option<(Chunk<'_>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (kind, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (data, rest) = rest.split_at_checked(length)?;
    let (checksum, rest) = rest.split_first_chunk()?;
    Some((Chunk { kind: *kind, data, checksum: u32::from_be_bytes(*checksum) }, rest))
}

/// The checksum of PNG: CRC-32 of ISO 3309, bits in reverse.
fn crc(parts: &[&[u8]]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut n = 0;
        while n < 256 {
            let (mut c, mut bit) = (n as u32, 0);
            while bit < 8 {
                c = if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 };
                bit += 1;
            }
            table[n] = c;
            n += 1;
        }
        table
    };
    let bytes = parts.iter().copied().flatten();
    !bytes.fold(!0, |c: u32, byte| {
        let at = (c ^ u32::from(*byte)) & 0xff;
        TABLE.get(at as usize).copied().unwrap_or_default() ^ (c >> 8)
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The checksum that a chunk of this kind and data needs.
    pub(in crate::imaging) fn checksum(kind_and_data: &[u8]) -> u32 {
        crc(&[kind_and_data])
    }

    #[test]
    fn the_checksum_is_the_standard_one() {
        // The check value of CRC-32/ISO-HDLC, and the end chunk of every PNG.
        assert_eq!(crc(&[b"1234", b"56789"]), 0xcbf4_3926);
        assert_eq!(crc(&[b"IEND", b""]), 0xae42_6082);
    }

    #[test]
    fn chunks_end_with_the_end_chunk() {
        let end = [&[0, 0, 0, 0], &b"IEND"[..], &0xae42_6082_u32.to_be_bytes()].concat();
        let file = [&SIGNATURE[..], &end, b"trailing"].concat();
        let all: Vec<_> = chunks(&file).unwrap().map(Result::unwrap).collect();
        assert_eq!(all.len(), 1);
        assert!(all[0].is_whole());
        assert!(chunks(b"GIF89a").is_err());
        let long = [&SIGNATURE[..], &u32::MAX.to_be_bytes(), b"prEd", &[0; 20]].concat();
        let all: Vec<_> = chunks(&long).unwrap().collect();
        assert!(matches!(all[..], [Err(PictureError::Damaged(_))]), "{all:?}");
    }
}
