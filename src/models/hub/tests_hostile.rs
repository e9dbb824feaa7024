//! A hub that lies, misleads or cannot resume.

#![allow(clippy::disallowed_methods)]

use std::path::Path;

use super::fake::{Fake, Mood};
use super::tests::{INDEX, UNET, blobs, fake, pull, refused};
use crate::models::folder::tests::tensor_file;

#[test]
fn damaged_content_never_enters_the_cache() {
    let good = tensor_file("w", &[7; 300_000]);
    let mut flipped = good.clone();
    flipped[200_000] ^= 1;
    let longer = [&good[..], b"!"].concat();
    for (sent, words) in [(flipped, "its SHA-256 is not"), (longer, "longer than announced")] {
        let fake = fake();
        fake.mood(UNET, Mood::Send(sent));
        let text = refused(&fake);
        assert!(
            text.contains(&format!("{UNET} arrived damaged")) && text.contains(words),
            "{text}"
        );
        let hash = crate::models::hash::hex(&crate::models::hash::digest(&good[..]).unwrap().1);
        assert!(!blobs(&fake).iter().any(|name| name == &hash), "{:?}", blobs(&fake));
        fake.state().moods.clear();
        assert!(pull(&fake).is_ok(), "an honest hub could not mend it");
    }
    // Honest about a file that is itself broken: nothing to mend.
    let fake = fake();
    fake.state().files.insert(UNET.into(), good[..good.len() - 5].to_vec());
    assert!(refused(&fake).contains("is cut off: 5 bytes are missing"), "{}", refused(&fake));
    fake.state().files.insert("unet/config.json".into(), b"<html>".to_vec());
    assert!(refused(&fake).contains("unet/config.json arrived damaged: it is no JSON"));
}

#[test]
fn a_blob_that_another_tool_left_damaged_is_fetched_again() {
    let fake = fake();
    let model = pull(&fake).unwrap();
    let blob = model.path().unwrap().join(UNET).canonicalize().unwrap();
    let size = std::fs::metadata(&blob).unwrap().len();
    std::fs::write(&blob, vec![0xff; size as usize]).unwrap();
    assert!(model.weights("unet", None).is_err());
    assert_eq!(pull(&fake).unwrap().verify(None).unwrap(), 300_004);
}

#[test]
fn no_answer_of_the_hub_names_a_file_outside_the_cache() {
    for etag in ["../../../../escaped", "/escaped", "..", "", "a/b/c/d/e/f/g"] {
        let fake = fake();
        fake.mood(UNET, Mood::Etag(etag));
        assert!(refused(&fake).contains("no usable etag"), "{etag:?}");
        let there: Vec<_> = std::fs::read_dir(fake.cache.path()).unwrap().collect();
        assert_eq!(there.len(), 1, "{etag:?} left {there:?}");
        assert!(!Path::new("/escaped").exists());
    }
    let fake = fake();
    let index = br#"{"weight_map":{"w":"../../../x.safetensors"}}"#.to_vec();
    fake.state().files.remove(UNET);
    fake.state().files.insert(format!("{UNET}.index.json"), index);
    assert!(refused(&fake).contains("not a plain name"));
}

#[test]
fn redirections_are_followed_inside_the_hub_only() {
    let name = "unet/config.json";
    let fake = fake();
    fake.mood(name, Mood::Redirect("/moved/unet/config.json"));
    assert!(pull(&fake).is_ok());
    fake.mood(name, Mood::Redirect("http://localhost.invalid/x"));
    assert!(refused(&fake).contains("redirects elsewhere"));
    fake.mood(
        name,
        Mood::Redirect(
            "/acme/tiny/resolve/0123456789abcdef0123456789abcdef01234567/unet/config.json",
        ),
    );
    assert!(refused(&fake).contains("redirects in circles"));
}

#[test]
fn what_cannot_be_used_is_refused_before_its_weights_are_fetched() {
    let asked = |fake: &Fake| fake.log().iter().any(|line| line.contains(UNET));
    let fake = fake();
    let other = br#"{"_class_name":"FluxPipeline","unet":["d","U"]}"#.to_vec();
    fake.state().files.insert("model_index.json".into(), other);
    assert!(refused(&fake).contains("is a FluxPipeline"));
    let less = String::from_utf8(INDEX.to_vec()).unwrap().replace("\"vae\"", "\"eva\"");
    fake.state().files.insert("model_index.json".into(), less.into_bytes());
    assert!(refused(&fake).contains("acme/tiny has no vae"), "{}", refused(&fake));
    fake.state().files.remove("model_index.json");
    assert!(refused(&fake).contains("no model_index.json"));
    fake.state().files.insert("model_index.json".into(), INDEX.to_vec());
    let weights = fake.state().files.remove("vae/diffusion_pytorch_model.safetensors").unwrap();
    assert!(refused(&fake).contains("has no weights for vae"));
    fake.state().files.insert("vae/diffusion_pytorch_model.bin".into(), weights);
    assert!(refused(&fake).contains("vae/diffusion_pytorch_model.bin is a pickle"));
    assert!(!asked(&fake));
}

#[test]
fn a_hub_that_cannot_resume_sends_the_whole_again() {
    for mood in [Mood::IgnoreRange, Mood::RefuseRange, Mood::WrongStart] {
        let fake = fake();
        fake.mood(UNET, Mood::Cut(1000));
        refused(&fake);
        fake.mood(UNET, mood);
        let model = pull(&fake).unwrap();
        assert_eq!(model.weights("unet", None).unwrap().total_bytes(), 300_000);
    }
}
