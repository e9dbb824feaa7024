//! The few questions that are asked of a hub.

use std::io::Read;

use hf_hub::api::RepoInfo;
use ureq::http::{Response, StatusCode, Uri};
use ureq::{Agent, Body, config::RedirectAuthHeaders};

use super::config::HubConfig;
use super::error::HubError;
use super::repo::RepoId;
use crate::util::text::{clip, sanitise};

/// Longest listing of a repository, in bytes.
const MAX_LISTING: u64 = 32 * 1024 * 1024;
/// Most redirections inside the hub before a file's description.
const MAX_HOPS: usize = 5;

/// A file as the hub describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remote {
    /// Name inside the repository.
    pub name: String,
    /// Where its bytes are asked for.
    pub url: String,
    /// Its name in the cache: the SHA-256 of a large file, another hash of a
    /// small one.
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

/// An HTTP client with the hub's address and token.
pub(super) struct Client {
    agent: Agent,
    endpoint: String,
    token: Option<String>,
}

impl Client {
    pub(super) fn new(config: &HubConfig) -> Result<Self, HubError> {
        let endpoint = config.endpoint.clone();
        let address = endpoint.parse::<Uri>().ok();
        let scheme = address.as_ref().and_then(Uri::scheme_str);
        if !matches!(scheme, Some("http" | "https")) {
            return Err(HubError::Endpoint(clip(&endpoint, 120)));
        }
        let mut settings = Agent::config_builder();
        if config.is_local() {
            // A proxy would look for the address on its own machine.
            settings = settings.proxy(None);
        }
        let agent = settings
            .http_status_as_error(false)
            // What is asked for over https must not be redirected into the clear.
            .https_only(scheme == Some("https"))
            .max_redirects(5)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .timeout_resolve(Some(config.patience))
            .timeout_connect(Some(config.patience))
            .timeout_recv_response(Some(config.patience))
            .timeout_per_read(Some(config.patience))
            .timeout_per_write(Some(config.patience))
            .user_agent(concat!("predella/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self { agent, endpoint, token: config.safe_token().map(|t| format!("Bearer {t}")) })
    }

    /// The commit and the files of a repository's revision.
    pub(super) fn info(&self, repo: &RepoId) -> Result<RepoInfo, HubError> {
        let url = format!("{}/api/{}", self.endpoint, repo.hub_repo().api_url());
        let what = repo.to_string();
        let answer = self.get(&url, &what, 0)?;
        self.succeeded(&answer, &what, repo)?;
        let mut text = Vec::new();
        let mut body = answer.into_body().into_reader().take(MAX_LISTING);
        body.read_to_end(&mut text).map_err(|error| network(&what, &error.to_string()))?;
        let info: RepoInfo = serde_json::from_slice(&text)
            .map_err(|error| HubError::answer(&what, &clip(&error.to_string(), 120)))?;
        match is_hash(&info.sha) {
            true => Ok(info),
            false => Err(HubError::answer(&what, "the commit is no hash")),
        }
    }

    /// Size and cache name of a file at a commit.
    ///
    /// Large files are redirected to a store elsewhere; the hub's own headers
    /// on that redirection describe the file, so it is not followed.
    pub(super) fn head(&self, repo: &RepoId, commit: &str, name: &str) -> Result<Remote, HubError> {
        let url = format!("{}/{}/resolve/{commit}/{}", self.endpoint, repo.id(), escape(name));
        let mut at = url.clone();
        for _ in 0..MAX_HOPS {
            let answer = self.ask_head(&at, name)?;
            if answer.headers().contains_key("x-linked-etag") {
                let (etag, size) = described(&answer, name, "x-linked-etag", "x-linked-size")?;
                return Ok(Remote { name: name.to_owned(), url, etag, size });
            }
            if answer.status().is_redirection() {
                at = self.inside(header(&answer, "location").unwrap_or_default(), name)?;
                continue;
            }
            self.succeeded(&answer, name, repo)?;
            let (etag, size) = described(&answer, name, "etag", "content-length")?;
            return Ok(Remote { name: name.to_owned(), url, etag, size });
        }
        Err(HubError::answer(name, "it redirects in circles"))
    }

    /// A file's bytes from `start` on. The caller looks at the status.
    pub(super) fn get(
        &self,
        url: &str,
        what: &str,
        start: u64,
    ) -> Result<Response<Body>, HubError> {
        let mut request = self.agent.get(url).header("accept-encoding", "identity");
        if let Some(token) = &self.token {
            request = request.header("authorization", token);
        }
        if start > 0 {
            request = request.header("range", format!("bytes={start}-"));
        }
        request.call().map_err(|error| network(what, &error.to_string()))
    }

    /// Turns a status other than success into an error.
    pub(super) fn succeeded(
        &self,
        answer: &Response<Body>,
        what: &str,
        repo: &RepoId,
    ) -> Result<(), HubError> {
        match answer.status() {
            status if status.is_success() => Ok(()),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(HubError::Denied { repo: repo.id().to_owned(), status: status.as_u16() })
            }
            StatusCode::NOT_FOUND => Err(HubError::NotFound(match what == repo.to_string() {
                true => what.to_owned(),
                false => format!("{} in {repo}", sanitise(what)),
            })),
            status => Err(HubError::Status { what: sanitise(what), status: status.as_u16() }),
        }
    }

    fn ask_head(&self, url: &str, what: &str) -> Result<Response<Body>, HubError> {
        let mut request = self
            .agent
            .head(url)
            .config()
            .max_redirects(0)
            .build()
            .header("accept-encoding", "identity");
        if let Some(token) = &self.token {
            request = request.header("authorization", token);
        }
        request.call().map_err(|error| network(what, &error.to_string()))
    }

    /// A redirection that stays at the endpoint, as a full address.
    fn inside(&self, location: &str, what: &str) -> Result<String, HubError> {
        let base: Option<Uri> = self.endpoint.parse().ok();
        let target: Option<Uri> = location.parse().ok();
        let (Some(base), Some(target)) = (base, target) else {
            return Err(HubError::answer(what, "it redirects to no address"));
        };
        let path = target.path_and_query().map_or("/", |path| path.as_str());
        let here = (base.scheme(), base.authority());
        if target.host().is_none() || (target.scheme(), target.authority()) == here {
            let (scheme, host) = (base.scheme_str().unwrap_or("https"), base.authority());
            return Ok(format!("{scheme}://{}{path}", host.map_or("", |host| host.as_str())));
        }
        Err(HubError::answer(what, "it redirects elsewhere without describing the file"))
    }
}

/// The client's words for a failed connection.
pub(super) fn network(what: &str, reason: &str) -> HubError {
    HubError::Network { what: sanitise(what), reason: clip(reason, 160) }
}

/// A header of an answer, if it is text.
pub(super) fn header<'a>(answer: &'a Response<Body>, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// Whether a text can name a file in the cache and nothing else: letters and
/// digits, at least as long as an abbreviated commit.
fn is_hash(text: &str) -> bool {
    (7..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn described(
    answer: &Response<Body>,
    what: &str,
    etag: &str,
    size: &str,
) -> Result<(String, u64), HubError> {
    let etag = header(answer, etag).unwrap_or_default();
    let etag = etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"');
    if !is_hash(etag) {
        return Err(HubError::answer(what, "it has no usable etag"));
    }
    let size = header(answer, size).and_then(|text| text.trim().parse().ok());
    let size =
        size.ok_or_else(|| HubError::answer(what, "it does not say how long the file is"))?;
    Ok((etag.to_owned(), size))
}

/// A path as part of an address.
fn escape(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashes_name_files_in_the_cache() {
        for good in ["0123456", "ABCDEFG-1", &"a".repeat(64)] {
            assert!(is_hash(good), "{good}");
        }
        for bad in ["", "..", "../../x", "a/b/c/d/e", "abc", "C:\\abcdef", &"a".repeat(129)] {
            assert!(!is_hash(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escape("unet/a-1.safetensors"), "unet/a-1.safetensors");
        assert_eq!(escape("a b?c#d%é"), "a%20b%3Fc%23d%25%C3%A9");
    }

    #[test]
    fn an_endpoint_must_be_a_web_address() {
        for bad in ["", "huggingface.co", "ftp://x", "file:///etc", "http//x", "\u{1b}[2J"] {
            let made = Client::new(&HubConfig::new(bad, "/c".into()));
            assert!(matches!(made, Err(HubError::Endpoint(_))), "{bad:?}");
        }
    }

    #[test]
    fn redirections_stay_at_the_endpoint() {
        let client = Client::new(&HubConfig::new("http://h:1/base", "/c".into())).unwrap();
        let inside = |to: &str| client.inside(to, "f").ok();
        assert_eq!(inside("/api/x?y=1").as_deref(), Some("http://h:1/api/x?y=1"));
        assert_eq!(inside("http://h:1/x").as_deref(), Some("http://h:1/x"));
        assert_eq!(inside("http://h:2/x"), None);
        assert_eq!(inside("https://evil.example/x"), None);
        assert_eq!(inside(""), None);
    }
}
