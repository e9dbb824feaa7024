//! Records written, read back, moved and damaged.

#![allow(clippy::disallowed_methods)]

use image::Rgb;

use super::super::chunks::tests::checksum;
use super::*;
use crate::recipe::{
    Anchor, ModelRef, Panel, RECIPE_VERSION, Recipe, SchedulerChoice, SchedulerKind, Size, Style,
};

fn record() -> PictureRecord {
    let hash = Some("31e35c80fc4829d14f90153f4c74cd59c90b779f6afe05a74cd6120b893f7e5b".into());
    let scheduler = SchedulerChoice { kind: Some(SchedulerKind::Ddim), ..Default::default() };
    let recipe = Recipe {
        version: RECIPE_VERSION,
        engine: "0.1.0".into(),
        model: ModelRef { name: "mini".into(), hash },
        anchor: Anchor::FirstPanel,
        panels: vec![
            Panel { subject: "a fox".into(), seed: 7 },
            Panel { subject: "ein Bär, 熊".into(), seed: u64::MAX },
        ],
        style_prompt: "watercolour".into(),
        negative_prompt: Some("blurry".into()),
        size: Size { width: 256, height: 256 },
        steps: 20,
        guidance_scale: 5.0,
        scheduler,
        style: Style::default(),
        control: None,
        panorama: None,
    };
    PictureRecord { recipe, panel: 0 }
}

fn image() -> RgbImage {
    RgbImage::from_fn(9, 5, |x, y| Rgb([x as u8 * 20, y as u8 * 30, 77]))
}

/// A chunk as bytes.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [&kind[..], data].concat();
    let length = (data.len() as u32).to_be_bytes();
    [&length[..], &named, &checksum(&named).to_be_bytes()].concat()
}

/// A picture without a record, with these chunks before its end.
fn with(chunks: &[Vec<u8>]) -> Vec<u8> {
    let plain = encode(&image(), None).unwrap();
    let (body, end) = plain.split_at(plain.len() - 12);
    [body, &chunks.concat(), end].concat()
}

fn refused(bytes: &[u8]) -> String {
    PictureInfo::from_bytes(bytes).unwrap_err().to_string()
}

#[test]
fn a_picture_carries_its_record() {
    for panel in [0, 1] {
        let record = PictureRecord { panel, ..record() };
        let bytes = encode(&image(), Some(&record)).unwrap();
        let decoded = crate::imaging::decode_bytes(&bytes, &Default::default()).unwrap();
        assert_eq!(decoded, image());
        let info = PictureInfo::from_bytes(&bytes).unwrap();
        assert_eq!((info.width, info.height), (9, 5));
        assert_eq!(info.record.as_ref(), Some(&record));
        assert_eq!(info.parameters, Some(parameters(&record)));
        assert_eq!(info.is_untouched(&decoded), Some(true));
        assert_eq!(encode(&image(), Some(&record)).unwrap(), bytes, "bytes differ by run");
    }
}

#[test]
fn the_parameters_are_what_other_tools_read() {
    let mut record = record();
    assert_eq!(
        parameters(&record),
        "a fox, watercolour\nNegative prompt: blurry\nSteps: 20, Sampler: DDIM, CFG scale: 5, \
         Seed: 7, Size: 256x256, Model: mini, Model hash: 31e35c80fc, Version: predella 0.1.0"
    );
    record.panel = 1;
    record.recipe.negative_prompt = None;
    record.recipe.guidance_scale = 7.5;
    record.recipe.scheduler.kind = None;
    record.recipe.model = ModelRef { name: "C:\\models, new".into(), hash: None };
    assert_eq!(
        parameters(&record),
        "ein Bär, 熊, watercolour\nSteps: 20, CFG scale: 7.5, Seed: 18446744073709551615, \
         Size: 256x256, Model: \"C:\\\\models, new\", Version: predella 0.1.0"
    );
    record.recipe.panels[1].subject = "two\r\nlines\0".into();
    let bytes = encode(&image(), Some(&record)).unwrap();
    let info = PictureInfo::from_bytes(&bytes).unwrap();
    assert!(info.parameters.unwrap().starts_with("two\nlines, watercolour\n"));
    assert_eq!(info.record, Some(record));
}

#[test]
fn changed_pixels_are_noticed() {
    let info = PictureInfo::from_bytes(&encode(&image(), Some(&record())).unwrap()).unwrap();
    let mut other = image();
    other.get_pixel_mut(8, 4).0[2] ^= 1;
    assert_eq!(info.is_untouched(&other), Some(false));
    // The same bytes in another shape are another picture.
    let turned = RgbImage::from_raw(5, 9, image().into_raw()).unwrap();
    assert_eq!(info.is_untouched(&turned), Some(false));
}

#[test]
fn an_editor_that_moves_the_chunk_does_not_lose_it() {
    let bytes = encode(&image(), Some(&record())).unwrap();
    let ours = chunks(&bytes).unwrap().map(Result::unwrap).find(|c| c.kind == KIND).unwrap();
    let info = PictureInfo::from_bytes(&with(&[chunk(&KIND, ours.data)])).unwrap();
    assert_eq!(info.record, Some(record()));
}

#[test]
fn the_chunk_name_says_ancillary_private_and_safe_to_copy() {
    assert_eq!(KIND.map(|letter| letter & 0x20 != 0), [true, true, false, true]);
    assert!(KIND.iter().all(u8::is_ascii_alphabetic));
}

#[test]
fn pictures_of_other_tools_are_read_too() {
    let text = |kind, data: &[u8]| {
        PictureInfo::from_bytes(&with(&[chunk(kind, data)])).unwrap().parameters
    };
    assert_eq!(text(b"tEXt", b"parameters\0caf\xe9\nSteps: 1").as_deref(), Some("café\nSteps: 1"));
    let utf8 = "parameters\0\0\0en\0x\0日本\nSteps: 1".as_bytes();
    assert_eq!(text(b"iTXt", utf8).as_deref(), Some("日本\nSteps: 1"));
    for (kind, data) in [
        (b"tEXt", &b"Software\0x"[..]),
        (b"tEXt", b"parametersx\0x"),
        (b"iTXt", b"parameters\0\x01\0\0\0compressed"),
        (b"iTXt", b"parameters\0\0\0\0\0\xff\xfe"),
        (b"iTXt", b"parameters\0\0\0no end"),
        (b"iTXt", b""),
    ] {
        assert_eq!(text(kind, data), None, "{data:?}");
    }
    let info = PictureInfo::from_bytes(&with(&[])).unwrap();
    assert_eq!((info.record, info.pixels, info.parameters), (None, None, None));
}

#[test]
fn hostile_records_are_refused_with_a_reason() {
    let good = record().to_yaml("00").unwrap();
    let ours = |text: &str| with(&[chunk(&KIND, text.as_bytes())]);
    assert!(PictureInfo::from_bytes(&ours(&good)).is_ok());
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    let deep = format!("version: 1\nx: {}", "[".repeat(100_000));
    for (text, words) in [
        (String::new(), "version"),
        ("\u{1}".into(), "control characters are not allowed"),
        (good.replace("version: 1\npanel", "version: 2\npanel"), "made by a newer predella"),
        (good.replace("panel: 0", "panel: 2"), "panel 3 of 2 does not exist"),
        (good.replace("panel: 0", "panel: -1"), "panel"),
        (good.replace("steps: 20", "steps: 0"), "steps is 0"),
        (good.replace("width: 256", "width: 4294967295"), "width is 4294967295"),
        (good.replace("steps: 20", "steps: 20\n  \"\\e[2J\": 1"), "␛[2J"),
        (bomb.into(), "missing field"),
        (format!("version: 1\n{bomb}"), "unknown field"),
        (deep, "too many nested brackets"),
        (format!("version: 1\nx: {}", "[".repeat(500)), "cannot be used"),
    ] {
        let error = refused(&ours(&text));
        assert!(error.starts_with("the recipe in the picture cannot be used"), "{error}");
        assert!(error.contains(words), "{error:?} does not say {words:?}");
        assert!(error.len() < 400 && !error.contains('\x1b'), "{error:?}");
    }
    assert!(refused(&with(&[chunk(&KIND, b"\xff\xfe")])).contains("it is not text"));
    let long = chunk(&KIND, &vec![b'#'; MAX_RECORD + 1]);
    assert!(refused(&with(&[long])).contains("longer than 1048576 bytes"));
    let twice = [chunk(&KIND, good.as_bytes()), chunk(&KIND, good.as_bytes())];
    assert!(refused(&with(&twice)).contains("there are two"));
    let mut wrong = chunk(&KIND, good.as_bytes());
    *wrong.last_mut().unwrap() ^= 1;
    assert!(refused(&with(&[wrong])).contains("its checksum is wrong"));
}

#[test]
fn broken_files_are_refused() {
    let bytes = encode(&image(), Some(&record())).unwrap();
    assert!(refused(b"").contains("no PNG"));
    assert!(refused(&bytes[..bytes.len() - 1]).contains("cut off"));
    assert!(refused(&bytes[..40]).contains("cut off"));
    assert!(refused(&bytes[..8]).contains("cut off"));
    let headless = [&bytes[..8], &bytes[33..]].concat();
    assert!(refused(&headless).contains("does not begin with its size"));
}

#[test]
fn a_record_that_would_be_refused_is_not_written() {
    let wrong = PictureRecord { panel: 2, ..record() };
    assert!(matches!(encode(&image(), Some(&wrong)), Err(PictureError::Record(_))));
    let mut long = record();
    long.recipe.panels[0].subject = "x".repeat(MAX_RECORD);
    assert!(matches!(encode(&image(), Some(&long)), Err(PictureError::Make(_))));
    assert!(matches!(encode(&RgbImage::new(0, 0), None), Err(PictureError::Make(_))));
}

#[test]
fn files_are_saved_whole_and_new_ones_never_over_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("1.png");
    save_new(&path, &image(), Some(&record())).unwrap();
    assert!(matches!(save_new(&path, &image(), None), Err(PictureError::Disk(_))));
    assert_eq!(read_info(&path).unwrap().record, Some(record()));
    save(&path, &image(), None).unwrap();
    assert_eq!(read_info(&path).unwrap().record, None);
}

#[test]
fn no_damage_makes_a_picture_lie() {
    let good = encode(&image(), Some(&record())).unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let (mut kept, mut refused) = (0, 0);
    for _ in 0..4000 {
        let mut bytes = good.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] = random(256) as u8,
                1 => bytes[at] ^= 1 << random(8),
                2 => bytes.insert(at, random(256) as u8),
                _ => drop(bytes.remove(at)),
            }
        }
        match PictureInfo::from_bytes(&bytes) {
            // The checksum lets through the record that was written, or none.
            Ok(info) => {
                assert!(info.record.is_none_or(|found| found == record()));
                kept += 1;
            }
            Err(error) => {
                assert!(error.to_string().len() < 400);
                refused += 1;
            }
        }
    }
    assert!(kept > 100 && refused > 100, "{kept} kept, {refused} refused");
}

#[test]
fn no_damage_to_the_text_makes_an_invalid_record() {
    let good = record().to_yaml(&"0".repeat(64)).unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut read = 0;
    for _ in 0..3000 {
        let mut text = good.clone().into_bytes();
        for _ in 0..=random(3) {
            let at = random(text.len());
            match random(3) {
                0 => text[at] = b"0123456789-:{}[]&*!|>'\"#%@ \nabcx"[random(32)],
                1 => text.insert(at, b"0123456789-:{}[]&*!|>'\"#%@ \nabcx"[random(32)]),
                _ => drop(text.remove(at)),
            }
        }
        // The right checksum this time: only the checks of the content are left.
        if let Ok(info) = PictureInfo::from_bytes(&with(&[chunk(&KIND, &text)])) {
            let found = info.record.unwrap();
            assert!(found.recipe.check().is_ok() && found.panel < found.recipe.panels.len());
            read += 1;
        }
    }
    assert!(read > 100, "only {read} of 3000 were read");
}
