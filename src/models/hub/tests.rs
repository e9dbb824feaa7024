//! Downloads from a hub on this machine that behaves and misbehaves.

#![allow(clippy::disallowed_methods)]

use std::time::Instant;

use super::fake::{COMMIT, Fake, Mood};
use super::*;
use crate::models::folder::tests::tensor_file;

pub(super) const UNET: &str = "unet/diffusion_pytorch_model.safetensors";
pub(super) const INDEX: &[u8] = br#"{"_class_name":"StableDiffusionPipeline",
    "unet":["diffusers","UNet2DConditionModel"],"vae":["diffusers","AutoencoderKL"],
    "text_encoder":["transformers","CLIPTextModel"],"safety_checker":["s","C"]}"#;

/// A hub with one small model and some files that painting does not need.
pub(super) fn fake() -> Fake {
    let small = tensor_file("w", &[1, 2, 3]);
    Fake::new(&[
        ("model_index.json", INDEX),
        ("unet/config.json", b"{}"),
        (UNET, &tensor_file("w", &[7; 300_000])),
        ("vae/diffusion_pytorch_model.safetensors", &small),
        ("text_encoder/model.safetensors", &tensor_file("t", &[4])),
        ("safety_checker/model.safetensors", &small),
        ("README.md", b"words"),
    ])
}

pub(super) fn repo() -> RepoId {
    "acme/tiny".parse().unwrap()
}

pub(super) fn pull(fake: &Fake) -> Result<ModelFolder, ModelError> {
    fake.hub().pull(&repo(), None, &mut ())
}

/// Pulls, expecting an error, and gives its words.
pub(super) fn refused(fake: &Fake) -> String {
    let error = pull(fake).unwrap_err();
    format!("{error} / {}", error.hint())
}

/// Names of whole blobs in the cache.
pub(super) fn blobs(fake: &Fake) -> Vec<String> {
    let folder = fake.config().cache.join("models--acme--tiny/blobs");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.ends_with(".lock")).collect()
}

#[test]
fn a_model_is_pulled_once_and_then_opened_without_the_hub() {
    let fake = fake();
    let hub = Hub::new(HubConfig { token: Some("secret".into()), ..fake.config() });
    let model = hub.open(&repo(), None, &mut ()).unwrap();
    assert_eq!(model.name(), "acme/tiny");
    assert_eq!(model.verify(None).unwrap(), 300_004);
    assert_eq!(fake.state().token.as_deref(), Some("Bearer secret"));
    let log = fake.log();
    assert!(log.iter().all(|line| !line.contains("safety") && !line.contains("README")), "{log:?}");
    assert_eq!(log.iter().filter(|line| line.contains(UNET)).count(), 2, "{log:?}");
    // The layout is the hub's own.
    let path = model.path().unwrap();
    assert!(path.ends_with(format!("models--acme--tiny/snapshots/{COMMIT}")), "{path:?}");
    let refs = fake.config().cache.join("models--acme--tiny/refs/main");
    assert_eq!(std::fs::read_to_string(refs).unwrap(), COMMIT);
    #[cfg(unix)]
    assert!(std::fs::read_link(path.join(UNET)).unwrap().starts_with("../../../blobs"));
    assert_eq!(hub.open(&repo(), None, &mut ()).unwrap().hash().unwrap(), model.hash().unwrap());
    assert_eq!(fake.log(), [""; 0], "the second open asked the hub");
    // A second pull looks, and fetches nothing.
    hub.pull(&repo(), None, &mut ()).unwrap();
    assert!(!fake.log().iter().any(|line| line.starts_with("GET") && line.contains("unet/")));
}

#[test]
fn a_single_network_is_pulled_with_what_feeds_it() {
    let fake = Fake::new(&[
        ("config.json", br#"{"model_type":"clip"}"#),
        ("preprocessor_config.json", b"{}"),
        ("vocab.json", b"{}"),
        ("model.safetensors", &tensor_file("w", &[1, 2, 3])),
        ("flax_model.msgpack", b"words"),
    ]);
    let hub = fake.hub();
    assert!(matches!(hub.pull(&repo(), None, &mut ()), Err(ModelError::NotDiffusers(_))));
    assert!(hub.open_cached_net(&repo()).unwrap().is_none());
    let net = hub.pull_net(&repo(), &mut ()).unwrap();
    assert_eq!(
        (net.name(), net.config().unwrap()["model_type"].as_str()),
        ("acme/tiny", Some("clip"))
    );
    assert!(net.json("preprocessor_config.json").unwrap().is_some());
    assert!(!net.path().unwrap().join("flax_model.msgpack").exists());
    fake.log();
    let again = hub.open_cached_net(&repo()).unwrap().unwrap();
    assert_eq!(again.hash().unwrap(), net.hash().unwrap());
    assert_eq!(fake.log(), [""; 0], "the second open asked the hub");
}

#[test]
fn a_network_that_is_a_pickle_alone_is_refused() {
    let fake = Fake::new(&[("config.json", b"{}"), ("pytorch_model.bin", b"words")]);
    let error = fake.hub().pull_net(&repo(), &mut ()).unwrap_err();
    assert!(matches!(error, ModelError::Pickle(_)), "{error}");
}

#[test]
fn offline_means_offline() {
    let fake = fake();
    let offline = Hub::new(HubConfig { offline: true, ..fake.config() });
    let open = || offline.open(&repo(), None, &mut ());
    let error = open().unwrap_err();
    assert!(matches!(error, ModelError::Hub(HubError::Offline(_))), "{error}");
    assert!(error.hint().contains("HF_HUB_OFFLINE"));
    assert!(fake.log().is_empty());
    pull(&fake).unwrap();
    fake.log();
    assert!(open().is_ok());
    assert!(fake.log().is_empty());
}

#[test]
fn refusals_say_what_to_do() {
    let fake = fake();
    for (status, words) in [
        (404, "the hub has no acme/tiny / check the owner"),
        (401, "does not let us read acme/tiny (status 401)"),
        (403, "set HF_TOKEN"),
        (503, "with status 503"),
    ] {
        fake.state().listing = Some(status);
        assert!(refused(&fake).contains(words), "{}", refused(&fake));
    }
    fake.state().listing = None;
    fake.mood(UNET, Mood::Status(403));
    assert!(refused(&fake).contains("licence"), "{}", refused(&fake));
    let other = "acme/tiny@v2".parse().unwrap();
    let error = fake.hub().pull(&other, None, &mut ()).unwrap_err().to_string();
    assert_eq!(error, "the hub has no acme/tiny@v2");
    assert!(fake.hub().open_cached(&repo(), None).unwrap().is_none(), "half a model was opened");
}

#[test]
fn no_hub_and_a_silent_hub_end_in_time() {
    let fake = fake();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", closed.local_addr().unwrap());
    let silent = Hub::new(HubConfig { endpoint: endpoint.clone(), ..fake.config() });
    let start = Instant::now();
    let error = silent.pull(&repo(), None, &mut ()).unwrap_err();
    assert!(matches!(error, ModelError::Hub(HubError::Network { .. })), "{error}");
    assert!(start.elapsed().as_secs() < 10);
    drop(closed);
    let error = silent.pull(&repo(), None, &mut ()).unwrap_err();
    assert!(error.to_string().contains("cannot be reached for acme/tiny"), "{error}");
}

#[test]
fn a_broken_transfer_goes_on_where_it_stopped() {
    let fake = fake();
    fake.mood(UNET, Mood::CutOnce(100_000));
    let model = pull(&fake).unwrap();
    assert_eq!(model.weights("unet", None).unwrap().get("w").unwrap().data, [7; 300_000]);
    let size = fake.state().files[UNET].len();
    let unet: Vec<_> = fake.log().into_iter().filter(|line| line.contains(UNET)).collect();
    assert_eq!(unet[1..], [format!("GET {UNET}"), format!("GET {UNET} bytes=100000-")]);
    let others: usize = model.verify(None).unwrap() as usize - 300_000;
    assert!(fake.state().sent < size + others + 2000, "bytes were sent twice");
}

#[test]
fn a_half_file_is_kept_for_the_next_run() {
    let fake = fake();
    fake.mood(UNET, Mood::Cut(50_000));
    let text = refused(&fake);
    assert!(text.contains("broke off at 150.0 kB of 300.1 kB"), "{text}");
    assert!(text.contains("goes on where it stopped"), "{text}");
    assert!(fake.hub().open_cached(&repo(), None).unwrap().is_none());
    fake.state().moods.clear();
    fake.log();
    pull(&fake).unwrap();
    assert!(fake.log().contains(&format!("GET {UNET} bytes=150000-")));
}

#[test]
fn variants_and_shards_are_chosen_from_the_listing() {
    let fake = fake();
    let half = "unet/diffusion_pytorch_model.fp16.safetensors";
    fake.state().files.insert(half.into(), tensor_file("w", &[5]));
    let model = fake.hub().pull(&repo(), Some("fp16"), &mut ()).unwrap();
    assert_eq!(model.weights("unet", Some("fp16")).unwrap().get("w").unwrap().data, [5]);
    assert!(!fake.log().iter().any(|line| line.contains(UNET)), "the large variant was fetched");
    fake.state().files.remove(half);
    fake.state().files.remove(UNET);
    let index = br#"{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}"#.to_vec();
    for (name, bytes) in [
        (format!("{UNET}.index.json"), index),
        ("unet/1.safetensors".into(), tensor_file("a", &[1])),
        ("unet/2.safetensors".into(), tensor_file("b", &[2])),
    ] {
        fake.state().files.insert(name, bytes);
    }
    std::fs::remove_dir_all(fake.config().cache).unwrap();
    let weights = pull(&fake).unwrap().weights("unet", None).unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["a", "b"]);
}

/// Counts, and stops at a position.
#[derive(Default)]
struct Watch {
    stop_at: Option<u64>,
    files: usize,
    total: u64,
    at: u64,
    retries: usize,
}

impl Progress for Watch {
    fn begin(&mut self, files: usize, bytes: u64) {
        (self.files, self.total) = (files, bytes);
    }
    fn position(&mut self, bytes: u64) {
        self.at = bytes;
    }
    fn retry(&mut self, name: &str, _: &str) {
        assert_eq!(name, UNET);
        self.retries += 1;
    }
    fn cancelled(&self) -> bool {
        self.stop_at.is_some_and(|stop| self.at >= stop)
    }
}

#[test]
fn progress_reaches_the_end_and_a_stop_is_heard() {
    let fake = fake();
    let mut watch = Watch { stop_at: Some(100_000), ..Watch::default() };
    let error = fake.hub().pull(&repo(), None, &mut watch).unwrap_err();
    assert!(matches!(error, ModelError::Hub(HubError::Cancelled)), "{error}");
    assert!(watch.at < watch.total);
    assert!(blobs(&fake).iter().any(|name| name.ends_with(".part")), "{:?}", blobs(&fake));
    fake.mood(UNET, Mood::CutOnce(100));
    let mut watch = Watch::default();
    fake.hub().pull(&repo(), None, &mut watch).unwrap();
    assert_eq!((watch.files, watch.at, watch.retries), (5, watch.total, 1));
    assert!(!blobs(&fake).iter().any(|name| name.ends_with(".part")));
}

#[test]
fn the_cache_is_listed_and_emptied() {
    let fake = fake();
    let hub = fake.hub();
    assert!(hub.cached().is_empty());
    pull(&fake).unwrap();
    std::fs::create_dir_all(fake.config().cache.join("models--x--y/refs")).unwrap();
    let cached = hub.cached();
    assert_eq!(cached.len(), 1);
    assert_eq!((cached[0].repo.to_string().as_str(), cached[0].complete), ("acme/tiny", true));
    assert!((300_000..302_000).contains(&cached[0].bytes), "{}", cached[0].bytes);
    std::fs::remove_file(cached[0].path.join(UNET)).unwrap();
    assert!(!hub.cached()[0].complete);
    assert!(hub.open_cached(&repo(), None).unwrap().is_none());
    assert!(hub.remove(&repo()).unwrap().is_some_and(|bytes| bytes > 300_000));
    assert!(hub.cached().is_empty());
    assert_eq!(hub.remove(&repo()).unwrap(), None);
}
