//! Cutting a history into its documents, without reading them.
//!
//! A document goes from a line `---` to a line `...`. Inside, whatever a prompt
//! holds is indented or quoted, so neither mark can stand at the start of a line
//! there. A document without its end mark is never looked into: YAML that is
//! cut off may well parse, and then says something else.

use std::ops::Range;

/// A part of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Bytes with the marks.
    pub whole: Range<usize>,
    /// Bytes between the marks; empty unless it is a document.
    pub body: Range<usize>,
    /// Line of the first byte, from 1.
    pub line: usize,
    pub kind: PieceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// With both marks.
    Document,
    /// Begun, but not ended before the next one.
    Unclosed,
    /// Between documents, and no comment.
    Stray,
}

/// The parts of a history in order, and where its last document ends. What lies
/// behind, save comments and empty lines, is a torn tail.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    pub pieces: Vec<Piece>,
    pub end: usize,
    pub has_tail: bool,
}

/// Most parts of a history. A set of four takes seven.
pub(super) const MAX_ENTRIES: usize = 1_000_000;

/// Cuts a history into its parts; `None` when there are more than
/// [`MAX_ENTRIES`]. A document with a zero byte at the very end
/// belongs to the tail: so a disk fills what it lost in a power cut.
pub(super) fn scan(bytes: &[u8]) -> Option<Scan> {
    let mut pieces = cut(bytes)?;
    let is_whole = |piece: &Piece| {
        let has_zero = bytes.get(piece.whole.clone()).is_none_or(|part| part.contains(&0));
        piece.kind == PieceKind::Document && !has_zero
    };
    let last = pieces.iter().rposition(is_whole).map_or(0, |at| at + 1);
    let has_tail = pieces.len() > last;
    pieces.truncate(last);
    let end = match (has_tail, pieces.last()) {
        (true, last) => last.map_or(0, |piece| piece.whole.end),
        // Comments at the end may stay.
        (false, _) => bytes.len(),
    };
    Some(Scan { pieces, end, has_tail })
}

fn cut(bytes: &[u8]) -> Option<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    // The start of an open document: its first byte and line, and its body.
    let mut open: Option<(usize, usize, usize)> = None;
    let mut at = 0;
    for (line, text) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let (start, end) = (at, at + text.len());
        at = end;
        if pieces.len() > MAX_ENTRIES {
            return None;
        }
        match (mark(text), open) {
            (Some(Mark::Begin), before) => {
                close(&mut pieces, before, start);
                open = Some((start, line, end));
            }
            (Some(Mark::End), Some((first, line, body))) => {
                let kind = PieceKind::Document;
                pieces.push(Piece { whole: first..end, body: body..start, line, kind });
                open = None;
            }
            (_, Some(_)) => {}
            (None, None) if is_blank(text) => {}
            (_, None) => stray(&mut pieces, start..end, line),
        }
    }
    close(&mut pieces, open, at);
    Some(pieces)
}

/// Ends a document that has no end mark.
fn close(pieces: &mut Vec<Piece>, open: Option<(usize, usize, usize)>, end: usize) {
    if let Some((first, line, _)) = open {
        pieces.push(Piece { whole: first..end, body: end..end, line, kind: PieceKind::Unclosed });
    }
}

/// Adds a line that belongs to nothing, to the piece before if that is such too.
fn stray(pieces: &mut Vec<Piece>, whole: Range<usize>, line: usize) {
    match pieces.last_mut() {
        Some(last) if last.kind == PieceKind::Stray => last.whole.end = whole.end,
        _ => {
            let body = whole.end..whole.end;
            pieces.push(Piece { whole, body, line, kind: PieceKind::Stray });
        }
    }
}

enum Mark {
    Begin,
    End,
}

/// A line that is nothing but a mark. The last line of a file may lack its line
/// feed, which an editor may have taken away.
fn mark(line: &[u8]) -> Option<Mark> {
    match line.trim_ascii_end() {
        b"---" => Some(Mark::Begin),
        b"..." => Some(Mark::End),
        _ => None,
    }
}

fn is_blank(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    text.is_empty() || text.starts_with(b"#")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> (Vec<(PieceKind, &str, usize)>, usize, bool) {
        let scan = scan(text.as_bytes()).unwrap();
        let piece = |p: &Piece| (p.kind, &text[p.body.clone()], p.line);
        (scan.pieces.iter().map(piece).collect(), scan.end, scan.has_tail)
    }

    #[test]
    fn documents_end_with_their_mark() {
        use PieceKind::*;
        for (text, pieces, end, has_tail) in [
            ("", vec![], 0, false),
            ("\n# note\n", vec![], 8, false),
            ("---\na\n...\n", vec![(Document, "a\n", 1)], 10, false),
            ("---\r\na\r\n...\r\n", vec![(Document, "a\r\n", 1)], 13, false),
            ("---\na\n...", vec![(Document, "a\n", 1)], 9, false),
            ("---\na\n..", vec![], 0, true),
            ("---\na\n...\n---\nb\n", vec![(Document, "a\n", 1)], 10, true),
            ("---\na\n...\n# end\n", vec![(Document, "a\n", 1)], 16, false),
            ("---\na\n...\n# end\nx", vec![(Document, "a\n", 1)], 10, true),
            ("---\na\0\n...\n", vec![], 0, true),
            ("---\na\n...\n---\n\0\0\n...\n", vec![(Document, "a\n", 1)], 10, true),
            (
                "---\na\0\n...\n---\nb\n...\n",
                vec![(Document, "a\0\n", 1), (Document, "b\n", 4)],
                21,
                false,
            ),
            (
                "x\ny\n---\na\n---\nb\n...\n",
                vec![(Stray, "", 1), (Unclosed, "", 3), (Document, "b\n", 5)],
                20,
                false,
            ),
            ("...\n---\na\n...\n", vec![(Stray, "", 1), (Document, "a\n", 2)], 14, false),
            (
                "---\na: |\n  ---\n  ...\n...\n",
                vec![(Document, "a: |\n  ---\n  ...\n", 1)],
                25,
                false,
            ),
        ] {
            assert_eq!(shape(text), (pieces, end, has_tail), "{text:?}");
        }
    }

    #[test]
    fn there_is_an_end_to_small_parts() {
        assert!(scan("---\n".repeat(MAX_ENTRIES + 3).as_bytes()).is_none());
        assert!(scan("---\n...\n".repeat(1000).as_bytes()).is_some());
        // Strays are one part, however long.
        let strays = "x\n".repeat(MAX_ENTRIES + 2);
        assert!(scan(strays.as_bytes()).is_some_and(|scan| scan.has_tail));
    }
}
