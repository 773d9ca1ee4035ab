//! What the tests of access tokens share: a client that takes them, and a program that presents them.

use std::fs;
use std::path::PathBuf;

use crate::provider::AUDIENCE;
use crate::wire::{Answer, Ask};
use crate::world::{PAGE, Setup, World};

/// What a client writes to take the tokens of its own issuer.
pub(crate) const AUDIENCE_LINE: &str = "bearer: { main: { audiences: [https://api.example.test] } }";

/// The client `app`, which takes access tokens of its own issuer.
pub(crate) fn api() -> Setup {
    World::new().line(AUDIENCE_LINE)
}

/// The same with further settings of the issuer.
pub(crate) fn api_with(settings: &str) -> Setup {
    World::new().line(&format!("bearer: {{ main: {{ audiences: [{AUDIENCE}], {settings} }} }}"))
}

/// A file with that content, for this test alone.
pub(crate) fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    fs::write(&path, content).unwrap();
    path
}

impl World {
    /// The question about [`PAGE`] that a program causes: not a word of what browsers say.
    pub(crate) fn program(&self) -> Ask {
        let mut ask = self.base().having("Accept", "*/*").having("User-Agent", "program/1.0");
        ask.headers
            .retain(|(name, _)| !name.starts_with("Sec-Fetch-") && name != "Upgrade-Insecure-Requests");
        ask
    }

    /// The same with an access token.
    pub(crate) fn bearing(&self, token: &str) -> Ask {
        self.program().with("Authorization", format!("Bearer {token}"))
    }

    /// The same about another path of the client.
    pub(crate) fn bearing_at(&self, token: &str, path: &str) -> Ask {
        self.bearing(token).having("X-Forwarded-Uri", path)
    }

    /// A navigation to [`PAGE`], as each proxy asks about it.
    pub(crate) fn in_every_dialect(&self) -> [(&'static str, Ask); 3] {
        [("forwarded", self.base()), ("nginx", self.nginx(PAGE)), ("envoy", self.envoy(PAGE))]
    }
}

impl Answer {
    /// The refusal code; empty for what is let through.
    pub(crate) fn refusal_or_empty(&self) -> &str {
        self.header("Vestibule-Refusal").unwrap_or_default()
    }

    /// The one challenge.
    #[track_caller]
    pub(crate) fn challenge(&self) -> &str {
        let all = self.all("WWW-Authenticate");
        let [challenge] = all[..] else { panic!("{all:?} in {}", self.show()) };
        challenge
    }

    /// Asserts that it refuses an access token, for that reason, as RFC 6750 section 3.1 says, and leads nobody anywhere (F-23).
    #[track_caller]
    pub(crate) fn assert_token_refused(&self, (status, code): (u16, &str), error: &str, case: &str) {
        self.assert_refused(status, code, case);
        let error = format!(", error=\"{error}\"");
        assert!(self.challenge().contains(&error), "{case}: {}", self.show());
        self.assert_leads_nowhere(case);
    }

    /// Asserts that it is no page, and no way to the login.
    #[track_caller]
    pub(crate) fn assert_leads_nowhere(&self, case: &str) {
        for name in ["Location", "Vestibule-Login", "Set-Cookie", "X-Auth-Subject"] {
            assert!(self.all(name).is_empty(), "{case}: {name}: {}", self.show());
        }
        let media = self.header("Content-Type");
        assert!(matches!(media, None | Some("application/problem+json")), "{case}: {}", self.show());
    }
}
