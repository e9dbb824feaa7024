//! Reading a history.

use std::io::ErrorKind;
use std::path::Path;

use rayon::prelude::*;

use super::SessionError;
use super::entry::{Entry, MAX_ENTRY};
use super::ids::Seq;
use super::scan::{Piece, PieceKind, scan};
use crate::recipe::yaml::YamlError;
use crate::util::fs::read_regular;
use crate::util::text::clip;

/// Largest history that is read or written, in bytes.
pub const MAX_HISTORY: u64 = 256 * 1024 * 1024;

/// From this length on a history is read by several threads.
const LONG: usize = 256 * 1024;

/// A part of the history that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it is, in lines from 1.
    pub line: usize,
    /// Why, safe to show.
    pub message: String,
}

/// A history, or the part of one behind a known place.
#[derive(Debug, Default)]
pub(super) struct History {
    pub entries: Vec<Entry>,
    pub faults: Vec<Fault>,
    /// Where the last whole document ends, in bytes of the file.
    pub end: u64,
    /// The bytes behind, if they are a torn tail.
    pub tail: Vec<u8>,
    /// Whether the last document lacks its line feed.
    pub needs_newline: bool,
}

impl History {
    /// Reads a whole file.
    pub fn read(path: &Path) -> Result<Self, SessionError> {
        Self::parse(&bytes(path)?, 0, Seq(0))
    }

    /// Reads what stands behind `from` in a file, given the last number before.
    pub fn read_from(path: &Path, from: u64, last: Seq) -> Result<Self, SessionError> {
        Self::parse(&bytes(path)?, from, last)
    }

    fn parse(bytes: &[u8], from: u64, last: Seq) -> Result<Self, SessionError> {
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
        let part = bytes.get(start..).unwrap_or_default();
        let scan = scan(part).ok_or(SessionError::TooMany)?;
        // Threads are worth their start from some length on.
        let read: Vec<_> = match part.len() > LONG {
            true => scan.pieces.par_iter().map(|piece| read_piece(part, piece)).collect(),
            false => scan.pieces.iter().map(|piece| read_piece(part, piece)).collect(),
        };
        let (mut entries, mut faults) = (Vec::with_capacity(read.len()), Vec::new());
        let mut last = last;
        for (piece, read) in scan.pieces.iter().zip(read) {
            match read {
                Ok(entry) if entry.seq > last => {
                    last = entry.seq;
                    entries.push(entry);
                }
                Ok(entry) => faults.push(Fault {
                    line: piece.line,
                    message: format!("entry {} comes after entry {last}", entry.seq),
                }),
                Err(fault) => faults.push(fault),
            }
        }
        let (whole, behind) = part.split_at_checked(scan.end).unwrap_or((part, &[]));
        Ok(Self {
            entries,
            faults,
            end: (start + whole.len()) as u64,
            tail: if scan.has_tail { behind.to_vec() } else { Vec::new() },
            needs_newline: whole.last().is_some_and(|byte| *byte != b'\n'),
        })
    }

    /// The documents that can be used, as they stand, and the rest: what cannot
    /// be read, is out of order, or has one of these numbers.
    pub fn sort(path: &Path, misfits: &[Seq]) -> Result<(Vec<u8>, Vec<u8>), SessionError> {
        let bytes = bytes(path)?;
        let scan = scan(&bytes).ok_or(SessionError::TooMany)?;
        let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
        let (mut good, mut cut, mut last, mut at) = (Vec::new(), Vec::new(), Seq(0), 0);
        for piece in &scan.pieces {
            // Comments stay.
            good.extend_from_slice(part(at, piece.whole.start));
            at = piece.whole.end;
            let is_good = match read_piece(&bytes, piece) {
                Ok(entry) if entry.seq > last => {
                    last = entry.seq;
                    misfits.binary_search(&entry.seq).is_err()
                }
                _ => false,
            };
            let to = if is_good { &mut good } else { &mut cut };
            to.extend_from_slice(part(piece.whole.start, at));
        }
        good.extend_from_slice(part(at, scan.end));
        let tail = bytes.get(scan.end..).filter(|_| scan.has_tail);
        cut.extend_from_slice(tail.unwrap_or_default());
        Ok((good, cut))
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, SessionError> {
    read_regular(path, MAX_HISTORY).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => SessionError::TooLarge {
            what: "history.yaml".into(),
            size: std::fs::metadata(path).map_or(0, |meta| meta.len()),
            limit: MAX_HISTORY,
        },
        _ => SessionError::Read { path: path.to_owned(), source: error },
    })
}

fn read_piece(bytes: &[u8], piece: &Piece) -> Result<Entry, Fault> {
    let fault = |line: usize, message: &str| Fault { line, message: clip(message, 300) };
    match piece.kind {
        PieceKind::Unclosed => return Err(fault(piece.line, "the entry has no end mark")),
        PieceKind::Stray => return Err(fault(piece.line, "this belongs to no entry")),
        PieceKind::Document => {}
    }
    let body = bytes.get(piece.body.clone()).unwrap_or_default();
    if body.len() > MAX_ENTRY {
        return Err(fault(piece.line, "the entry is too large"));
    }
    let text = std::str::from_utf8(body).map_err(|_| fault(piece.line, "this is not text"))?;
    Entry::from_yaml(text).map_err(|YamlError { message, line, .. }| {
        fault(piece.line + line.unwrap_or_default(), &message)
    })
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;

    fn parse(text: &str) -> History {
        History::parse(text.as_bytes(), 0, Seq(0)).unwrap()
    }

    fn document(seq: u64) -> String {
        format!("---\nseq: {seq}\nat: 2026-02-28T09:05:07.250Z\nrun_released:\n  run: 1\n...\n")
    }

    #[test]
    fn an_empty_history_is_one() {
        for text in ["", "\n", "# by hand\n\n"] {
            let read = parse(text);
            assert!(read.entries.is_empty() && read.faults.is_empty() && read.tail.is_empty());
        }
    }

    #[test]
    fn a_tail_is_kept_apart_and_faults_have_lines() {
        let text = document(1) + "junk\n" + &document(3) + &document(2) + "---\nseq: 9";
        let read = parse(&text);
        assert_eq!(read.entries.iter().map(|e| e.seq.0).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(read.faults.iter().map(|f| f.line).collect::<Vec<_>>(), [7, 14]);
        assert_eq!(read.tail, b"---\nseq: 9");
        assert_eq!(read.end as usize, text.len() - read.tail.len());
    }

    #[test]
    fn a_fault_inside_an_entry_is_named_by_its_line_in_the_file() {
        let read = parse(&(document(1) + &document(2).replace("run: 1", "run: x")));
        assert_eq!((read.faults.len(), read.faults[0].line), (1, 11), "{:?}", read.faults);
    }

    #[test]
    fn only_what_is_new_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.yaml");
        let text = document(1) + &document(2);
        std::fs::write(&path, &text).unwrap();
        let read = History::read_from(&path, document(1).len() as u64, Seq(1)).unwrap();
        assert_eq!(read.entries.len(), 1);
        assert_eq!(read.end as usize, text.len());
    }

    #[test]
    fn sorting_keeps_every_byte() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.yaml");
        let bad = document(3).replace("run: 1", "run: x");
        let text = "# by hand\n".to_owned() + &document(1) + "junk\n" + &document(2) + "\n" + &bad;
        let text = text + &document(2) + "---\nx";
        std::fs::write(&path, text).unwrap();
        let (good, cut) = History::sort(&path, &[]).unwrap();
        assert_eq!(
            good,
            ("# by hand\n".to_owned() + &document(1) + &document(2) + "\n").into_bytes()
        );
        assert_eq!(cut, ("junk\n".to_owned() + &bad + &document(2) + "---\nx").into_bytes());
    }

    #[test]
    fn a_huge_file_is_refused_by_its_length() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.yaml");
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).unwrap();
        // Holes take no space on the disk, but would take memory.
        file.set_len(1 << 30).unwrap();
        let error = History::read(&path).unwrap_err();
        assert!(matches!(error, SessionError::TooLarge { size, .. } if size == 1 << 30), "{error}");
    }
}
