//! A hub on this machine, with moods.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use super::{Hub, HubConfig};
use crate::models::hash::hex;

/// The commit that the fake's only revision points to.
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// How the fake treats one file.
#[derive(Clone)]
pub(super) enum Mood {
    /// Sends so many bytes, then goes silent; the next request is answered well.
    CutOnce(usize),
    /// Sends so many bytes and goes silent, every time.
    Cut(usize),
    /// Sends the whole file whatever range was asked for.
    IgnoreRange,
    /// Refuses every range.
    RefuseRange,
    /// Answers every range with the bytes from the first one on.
    WrongStart,
    /// Sends other bytes than it described.
    Send(Vec<u8>),
    /// Describes the file under this etag.
    Etag(&'static str),
    /// Describes the file by a redirection inside the hub first.
    Redirect(&'static str),
    /// Answers with this status.
    Status(u16),
}

#[derive(Default)]
pub(super) struct State {
    pub files: BTreeMap<String, Vec<u8>>,
    pub moods: HashMap<String, Mood>,
    /// Status of the listing, when it is not 200.
    pub listing: Option<u16>,
    /// `METHOD name [range]`, in the order of the requests.
    pub log: Vec<String>,
    /// The last Authorization header.
    pub token: Option<String>,
    /// Bodies' bytes sent.
    pub sent: usize,
}

pub(super) struct Fake {
    server: Arc<Server>,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
    pub cache: tempfile::TempDir,
}

impl Fake {
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
        let state = State { files: files.collect(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let (serving, shared) = (Arc::clone(&server), Arc::clone(&state));
        let thread = std::thread::spawn(move || {
            for request in serving.incoming_requests() {
                answer(&shared, request);
            }
        });
        Self { server, state, thread: Some(thread), cache: tempfile::tempdir().unwrap() }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn mood(&self, name: &str, mood: Mood) {
        self.state().moods.insert(name.to_owned(), mood);
    }

    pub fn config(&self) -> HubConfig {
        let port = self.server.server_addr().to_ip().unwrap().port();
        HubConfig {
            patience: Duration::from_millis(400),
            pause: Duration::from_millis(1),
            retries: 2,
            ..HubConfig::new(&format!("http://127.0.0.1:{port}/"), self.cache.path().join("hub"))
        }
    }

    pub fn hub(&self) -> Hub {
        Hub::new(self.config())
    }

    /// Requests since the last call.
    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(state: &Mutex<State>, request: Request) {
    let head = |name: &'static str| {
        let found = request.headers().iter().find(|h| h.field.equiv(name));
        found.map(|header| header.value.as_str().to_owned())
    };
    let (range, token, url) = (head("range"), head("authorization"), request.url().to_owned());
    let mut state = state.lock().unwrap();
    state.token = token;
    let name = url.split_once(&format!("/resolve/{COMMIT}/")).map(|(_, name)| name.to_owned());
    let name = name.or_else(|| url.strip_prefix("/moved/").map(str::to_owned));
    let shown = name.as_deref().unwrap_or(&url);
    let line = [request.method().as_str(), shown, range.as_deref().unwrap_or("")].join(" ");
    state.log.push(line.trim_end().to_owned());
    let response = match &name {
        None => listing(&state, &url),
        Some(name) if *request.method() == Method::Head => describe(&state, name, &url),
        Some(name) => body(&mut state, name, range.as_deref()),
    };
    drop(state);
    let _ = request.respond(response);
}

type Reply = Response<Cursor<Vec<u8>>>;

fn reply(status: u16, headers: &[(&str, String)], body: Vec<u8>, length: usize) -> Reply {
    let headers = headers
        .iter()
        .map(|(name, value)| Header::from_bytes(name.as_bytes(), value.as_bytes()).unwrap());
    let (status, headers) = (StatusCode(status), headers.collect());
    Response::new(status, headers, Cursor::new(body), Some(length), None)
        .with_chunked_threshold(usize::MAX)
}

fn listing(state: &State, url: &str) -> Reply {
    let status = match url {
        "/api/models/acme/tiny/revision/main" => state.listing.unwrap_or(200),
        _ => 404,
    };
    let names = state.files.keys().map(|name| serde_json::json!({ "rfilename": name }));
    let names: Vec<_> = names.collect();
    let text = serde_json::json!({ "sha": COMMIT, "siblings": names }).to_string().into_bytes();
    let length = text.len();
    reply(status, &[], text, length)
}

fn describe(state: &State, name: &str, url: &str) -> Reply {
    let Some(bytes) = state.files.get(name) else { return reply(404, &[], vec![], 0) };
    let hash = hex(&Sha256::digest(bytes));
    let size = bytes.len().to_string();
    match state.moods.get(name) {
        Some(Mood::Status(status)) => reply(*status, &[], vec![], 0),
        Some(Mood::Redirect(to)) if !url.starts_with("/moved/") => {
            reply(307, &[("Location", (*to).to_owned())], vec![], 0)
        }
        mood => {
            let etag = match mood {
                Some(Mood::Etag(etag)) => (*etag).to_owned(),
                // The hub names small files by a Git hash.
                _ if name.ends_with(".json") => format!("W/\"{}\"", &hash[..40]),
                _ => format!("\"{hash}\""),
            };
            // As the hub does for large files: a redirection that is not to be followed.
            let elsewhere = "https://cdn.invalid/blob".to_owned();
            let headers =
                [("Location", elsewhere), ("X-Linked-Etag", etag), ("X-Linked-Size", size)];
            reply(302, &headers, vec![], 0)
        }
    }
}

fn body(state: &mut State, name: &str, range: Option<&str>) -> Reply {
    let Some(bytes) = state.files.get(name).cloned() else { return reply(404, &[], vec![], 0) };
    let start = range.and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let mood = state.moods.get(name).cloned();
    if matches!(mood, Some(Mood::CutOnce(_))) {
        state.moods.remove(name);
    }
    let (status, start) = match (&mood, start) {
        (Some(Mood::Status(status)), _) => return reply(*status, &[], vec![], 0),
        (Some(Mood::RefuseRange), Some(_)) => return reply(416, &[], vec![], 0),
        (Some(Mood::IgnoreRange), _) | (_, None) => (200, 0),
        (Some(Mood::WrongStart), Some(_)) => (206, 0),
        (_, Some(start)) => (206, start),
    };
    let whole = match &mood {
        Some(Mood::Send(other)) => other.clone(),
        _ => bytes,
    };
    let rest = whole[start..].to_vec();
    let length = rest.len();
    let sent = match mood {
        Some(Mood::CutOnce(n) | Mood::Cut(n)) => rest[..n.min(length)].to_vec(),
        _ => rest,
    };
    state.sent += sent.len();
    let end = whole.len() - 1;
    let range = [("Content-Range", format!("bytes {start}-{end}/{}", whole.len()))];
    reply(status, if status == 206 { &range } else { &[] }, sent, length)
}
