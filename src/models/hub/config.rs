//! Which hub, which cache, which token: the variables of huggingface_hub.

use std::path::PathBuf;
use std::time::Duration;

use super::HubError;

/// Settings of a hub.
#[derive(Clone)]
pub struct HubConfig {
    /// The folder that holds `models--owner--name`.
    pub cache: PathBuf,
    /// Address of the server, without a slash at the end.
    pub endpoint: String,
    /// Access token. It is sent to the endpoint's host only, and only over
    /// https or to this machine.
    pub token: Option<String>,
    /// Never ask the server.
    pub offline: bool,
    /// How long a connection may be silent.
    pub patience: Duration,
    /// How often a broken transfer is taken up again.
    pub retries: u32,
    /// Wait before the first retry; doubles each time.
    pub pause: Duration,
}

impl HubConfig {
    /// Settings for a server and a cache folder, without a token.
    pub fn new(endpoint: &str, cache: PathBuf) -> Self {
        Self {
            cache,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: None,
            offline: false,
            patience: Duration::from_secs(30),
            retries: 5,
            pause: Duration::from_millis(500),
        }
    }

    /// Reads `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_ENDPOINT`,
    /// `HF_TOKEN`, `HF_TOKEN_PATH` and `HF_HUB_OFFLINE`, with the meaning that
    /// they have for huggingface_hub.
    ///
    /// # Errors
    /// [`HubError::NoHome`] when nothing says where the cache is.
    pub fn from_env() -> Result<Self, HubError> {
        let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        Self::from_vars(|name| std::env::var(name).ok(), home)
    }

    fn from_vars(
        var: impl Fn(&str) -> Option<String>,
        home: Option<PathBuf>,
    ) -> Result<Self, HubError> {
        let var = |name: &str| var(name).filter(|value| !value.trim().is_empty());
        let hf_home = var("HF_HOME")
            .map(PathBuf::from)
            .or_else(|| var("XDG_CACHE_HOME").map(|dir| PathBuf::from(dir).join("huggingface")))
            .or_else(|| home.map(|dir| dir.join(".cache").join("huggingface")));
        let cache = var("HF_HUB_CACHE")
            .or_else(|| var("HUGGINGFACE_HUB_CACHE"))
            .map(PathBuf::from)
            .or_else(|| hf_home.as_ref().map(|dir| dir.join("hub")))
            .ok_or(HubError::NoHome)?;
        let endpoint = var("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        let token_file = var("HF_TOKEN_PATH")
            .map(PathBuf::from)
            .or_else(|| hf_home.as_ref().map(|dir| dir.join("token")));
        let token = var("HF_TOKEN").or_else(|| std::fs::read_to_string(token_file?).ok());
        let offline = var("HF_HUB_OFFLINE").is_some_and(|value| {
            matches!(value.trim().to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE")
        });
        Ok(Self {
            token: token.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()),
            offline,
            ..Self::new(endpoint.trim(), cache)
        })
    }

    /// The token, if it may be sent to the endpoint.
    pub(super) fn safe_token(&self) -> Option<&str> {
        let secure = self.endpoint.starts_with("https://") || self.is_local();
        self.token.as_deref().filter(|_| secure)
    }

    /// Whether the endpoint is on this machine.
    pub(super) fn is_local(&self) -> bool {
        let rest = self.endpoint.strip_prefix("http://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        };
        let address = host.trim_start_matches('[').trim_end_matches(']');
        address.eq_ignore_ascii_case("localhost")
            || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// The token is not shown.
impl std::fmt::Debug for HubConfig {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.debug_struct("HubConfig")
            .field("cache", &self.cache)
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "hidden"))
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods)]

    use std::path::Path;

    use super::*;

    fn from(vars: &[(&str, &str)]) -> HubConfig {
        let find = |name: &str| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        HubConfig::from_vars(find, Some("/home/me".into())).unwrap()
    }

    #[test]
    fn the_variables_mean_what_they_mean_elsewhere() {
        let cache = |vars: &[(&str, &str)]| from(vars).cache;
        assert_eq!(cache(&[]), Path::new("/home/me/.cache/huggingface/hub"));
        assert_eq!(cache(&[("XDG_CACHE_HOME", "/x")]), Path::new("/x/huggingface/hub"));
        assert_eq!(cache(&[("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/h")]), Path::new("/h/hub"));
        assert_eq!(cache(&[("HF_HUB_CACHE", "/c"), ("HF_HOME", "/h")]), Path::new("/c"));
        assert_eq!(cache(&[("HF_HUB_CACHE", " ")]), Path::new("/home/me/.cache/huggingface/hub"));
        assert_eq!(from(&[]).endpoint, "https://huggingface.co");
        assert_eq!(from(&[("HF_ENDPOINT", "http://127.0.0.1:9/")]).endpoint, "http://127.0.0.1:9");
        for (value, offline) in
            [("1", true), ("yes", true), ("True", true), ("0", false), ("", false)]
        {
            assert_eq!(from(&[("HF_HUB_OFFLINE", value)]).offline, offline, "{value:?}");
        }
        assert!(matches!(HubConfig::from_vars(|_| None, None), Err(HubError::NoHome)));
    }

    #[test]
    fn the_token_comes_from_the_variable_or_the_file_and_is_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), "from-file\n").unwrap();
        let home = dir.path().to_str().unwrap();
        assert_eq!(from(&[("HF_HOME", home)]).token.as_deref(), Some("from-file"));
        let config = from(&[("HF_HOME", home), ("HF_TOKEN", "secret")]);
        assert_eq!(config.token.as_deref(), Some("secret"));
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn the_token_never_travels_in_the_clear() {
        for (endpoint, sent) in [
            ("https://huggingface.co", true),
            ("http://127.0.0.1:8080", true),
            ("http://localhost", true),
            ("http://[::1]:80", true),
            ("http://huggingface.co", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://localhost.example:80/a", false),
            ("ftp://localhost", false),
        ] {
            let mut config = HubConfig::new(endpoint, "/c".into());
            config.token = Some("secret".into());
            assert_eq!(config.safe_token().is_some(), sent, "{endpoint}");
        }
    }
}
