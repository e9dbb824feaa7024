//! Corrupted headers, one row a fault, then many at random.

use super::*;

/// A file with this header text and this many bytes of data.
fn file(json: &str, data: usize) -> Vec<u8> {
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(json.as_bytes());
    bytes.resize(bytes.len() + data, 7);
    bytes
}

fn read(bytes: &[u8]) -> Result<Header, HeaderFault> {
    Header::read(&mut &bytes[..], bytes.len() as u64)
}

const GOOD: &str = r#"{"__metadata__":{"format":"pt"},
    "b":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},
    "empty":{"dtype":"F32","shape":[0,9],"data_offsets":[4,4]},
    "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;

#[test]
fn a_good_header_gives_spans_in_the_file() {
    let bytes = file(GOOD, 16);
    let header = read(&bytes).unwrap();
    assert_eq!(header.data_bytes, 16);
    let at = bytes.len() - 16;
    let b = &header.tensors["b"];
    assert_eq!((b.dtype, b.shape.as_slice()), (Dtype::F16, &[2, 3][..]));
    assert_eq!((b.start, b.end), (at + 4, at + 16));
    assert!(header.tensors["a"].shape.is_empty());
    assert_eq!(header.tensors.len(), 3);
}

#[test]
fn padding_after_the_header_is_part_of_the_format() {
    assert!(read(&file(&format!("{GOOD}      "), 16)).is_ok());
}

#[test]
fn each_fault_is_named() {
    let one = |dtype: &str, shape: &str, span: &str| {
        format!(r#"{{"w":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{span}}}}}"#)
    };
    let two = |first: &str, second: &str| {
        format!(
            r#"{{"p":{{"dtype":"U8","shape":[4],"data_offsets":{first}}},
                "q":{{"dtype":"U8","shape":[4],"data_offsets":{second}}}}}"#
        )
    };
    let deep = format!(r#"{{"w":{{"x":{}"#, "[".repeat(1_000_000));
    let ranks = format!("[{}1]", "1,".repeat(MAX_RANK));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "is empty"),
        (vec![1, 2, 3], "only 3 bytes"),
        (b"version https://git-lfs.github.com/spec/v1\n".to_vec(), "Git LFS pointer"),
        (vec![0xff; 64], "claims a header of 18446744073709551615 bytes"),
        ([100_000_001_u64.to_le_bytes(), [b' '; 8]].concat(), "at most 100000000"),
        ([9_u64.to_le_bytes(), [b' '; 8]].concat(), "header of 9 bytes but has only 16"),
        (file("", 0), "cannot be read"),
        (file("not json", 0), "cannot be read"),
        (file("[]", 0), "cannot be read"),
        (file("{\"w\":{}}", 0), "missing field"),
        (file(&deep, 0), "cannot be read"),
        (file("{\"\u{fffd}", 0), "cannot be read"),
        (file(&one("F17", "[1]", "[0,2]"), 2), "unknown variant `F17`"),
        (file(&one("U8", &ranks, "[0,1]"), 1), "at most 16 dimensions"),
        (file(&one("U8", "[-1]", "[0,1]"), 1), "cannot be read"),
        (file(&one("U8", "[1.5]", "[0,1]"), 1), "cannot be read"),
        (file(&one("U8", "[1]", "[0,1,2]"), 2), "cannot be read"),
        (file(&one("F32", "[2]", "[0,7]"), 7), "\"w\" 7 bytes, but its shape and type need 8"),
        (file(&one("F32", "[9223372036854775807,3]", "[0,8]"), 8), "beyond any memory"),
        (file(&one("F64", "[4611686018427387904]", "[0,8]"), 8), "beyond any memory"),
        (file(&one("F4", "[3]", "[0,1]"), 1), "no whole number of bytes"),
        (file(&one("U8", "[4]", "[4,0]"), 4), "ends before it begins"),
        (file(&one("U8", "[4]", "[4,8]"), 8), "leaves 4 bytes before tensor \"w\""),
        (file(&one("U8", "[4]", "[0,4]"), 3), "is cut off: 1 bytes are missing"),
        (file(&one("U8", "[4]", "[0,4]"), 9), "has 5 bytes after its last tensor"),
        (file(&one("U8", "[18446744073709551615]", "[0,18446744073709551615]"), 4), "beyond any"),
        (file(&two("[0,4]", "[2,6]"), 6), "puts tensor \"q\" over the bytes"),
        (file(&two("[0,4]", "[0,4]"), 4), "over the bytes of another"),
        (file(&two("[0,4]", "[5,9]"), 9), "leaves 1 bytes before tensor \"q\""),
        (file(&two("[0,4]", "[4,8]").replace("\"q\"", "\"p\""), 8), "\"p\" comes twice"),
        (file(r#"{"__metadata__":{"a":[1]}}"#, 0), "cannot be read"),
        (file(&one("U8", "[4]", "[0,5]").replace('w', "\\u001b[2J"), 5), "␛[2J"),
    ];
    for (bytes, words) in cases {
        let text = read(&bytes).unwrap_err().to_string();
        assert!(text.contains(words), "{text:?} does not say {words:?}");
        assert!(text.len() < 400 && !text.contains('\x1b'), "{text:?}");
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_cut_off() {
    let bytes = file(GOOD, 16);
    let read = Header::read(&mut &bytes[..40], bytes.len() as u64);
    assert!(matches!(read, Err(HeaderFault::Truncated(_))), "{read:?}");
}

#[test]
fn no_damage_makes_a_header_lie() {
    let good = file(GOOD, 16);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(5) {
                0 => bytes[at] = random(256) as u8,
                1 => bytes[at] ^= 1 << random(8),
                2 => bytes.truncate(at.max(1)),
                3 => bytes.insert(at, b"0123456789[]{},:\""[random(17)]),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        // Whatever is accepted must hold every promise of the type.
        let Ok(header) = read(&bytes) else { continue };
        accepted += 1;
        let total: usize = header.tensors.values().map(|t| t.end - t.start).sum();
        assert_eq!(total as u64, header.data_bytes);
        for (name, tensor) in &header.tensors {
            let data = bytes.get(tensor.start..tensor.end);
            let count: usize = tensor.shape.iter().product();
            assert_eq!(data.map(<[u8]>::len), Some(count * tensor.dtype.bitsize() / 8), "{name}");
        }
    }
    // Damage to data bytes alone stays readable, so this cannot be none.
    assert!(accepted > 100, "only {accepted} of 20000 were accepted");
}
