//! The login transaction: nothing of it is kept on the server.
//!
//! One flow cookie a browser, shared by all tabs that begin when it has one. Tabs that begin at the same moment without one get
//! one each, under a name of its own, so that none takes another's place. `state` is sealed and carries the rest. Nonce and
//! PKCE verifier are derived from key, flow id and flow cookie, so neither stands in a cookie or in the state.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::key::SessionKey;
use super::sealing::{Derived, KeyRing, Opener, Purpose};
use crate::gate::loop_cause::Seen;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;

/// What binds logins to the browser that began them: 32 random bytes in a cookie that lives ten minutes.
#[derive(Clone, PartialEq, Eq)]
pub struct FlowCookie([u8; 32]);

impl FlowCookie {
    /// A new one, of fresh entropy.
    pub const fn new(entropy: [u8; 32]) -> Self {
        Self(entropy)
    }

    /// The value of the cookie: 43 characters of base64url.
    pub fn value(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What follows the dot in the name of the cookie: it comes from the value, so that the cookie of a state is found by the
    /// state's binding, and a value that somebody put under another name is none of ours.
    pub fn suffix(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.binding()[..SUFFIX_BYTES])
    }

    /// What a state holds of the browser it was made for; does not open anything.
    pub fn binding(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"vestibule flow cookie\0");
        context.update(&self.0);
        let mut binding = [0; 32];
        binding.copy_from_slice(context.finish().as_ref());
        binding
    }
}

impl fmt::Debug for FlowCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FlowCookie")
    }
}

/// One login under way, as its `state` carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Names the flow, so that it is good only once.
    pub id: [u8; 16],
    /// The client it was begun for.
    pub client: String,
    /// [`FlowCookie::binding`] of the browser it was begun in.
    pub binding: [u8; 32],
    /// When it was begun.
    pub begun: Timestamp,
    /// Where the person wanted to go, an address that `return_to::check` allowed when the flow began.
    pub return_to: String,
    /// How many logins this browser had finished in vain before ([`super::loops`]).
    pub in_vain: u8,
    /// What became of the session cookie by the request that led to the login, and when it began; only where `in_vain` wants it.
    pub seen: [Seen; 2],
    /// What the address of the login asked of the provider beyond the configuration.
    pub asked: Vec<(String, String)>,
    /// The session that the browser had when it began, where its cookie will not come with the answer: a form post comes from
    /// another site. It opens nothing.
    pub before: Option<SessionKey>,
    /// The number of the rule for which the person is to be authenticated better.
    pub step_up: Option<usize>,
}

/// A flow together with what the authorization request and the token request say of it.
#[derive(Debug)]
pub struct Begun {
    /// `state`.
    pub state: String,
    /// `nonce`.
    pub nonce: Secret,
    /// `code_verifier`; only its S256 challenge leaves the process before the token request.
    pub code_verifier: Secret,
}

/// Begins a flow. `nonce` is fresh entropy for the seal.
pub fn begin(ring: &KeyRing, flow: &Flow, cookie: &FlowCookie, nonce: [u8; 12]) -> Begun {
    let sealed = Sealed {
        i: URL_SAFE_NO_PAD.encode(flow.id),
        c: flow.client.clone(),
        b: URL_SAFE_NO_PAD.encode(flow.binding),
        t: flow.begun.seconds(),
        r: flow.return_to.clone(),
        v: flow.in_vain,
        w: flow.seen.map(Seen::number),
        a: flow.asked.clone(),
        s: flow.before.map(|key| URL_SAFE_NO_PAD.encode(key.as_bytes())),
        u: flow.step_up,
    };
    let plain = serde_json::to_vec(&sealed).expect("texts and a number always become JSON");
    let key = ring.sealer();
    Begun {
        state: ring.seal(Purpose::LoginState, &plain, nonce),
        nonce: key.derive(Derived::Nonce, &flow.id, &cookie.0),
        code_verifier: key.derive(Derived::CodeVerifier, &flow.id, &cookie.0),
    }
}

/// A flow that was read back from its state.
#[derive(Debug)]
pub struct Opened<'a> {
    /// The flow.
    pub flow: Flow,
    key: Opener<'a>,
}

impl Opened<'_> {
    /// The nonce that the ID token must hold.
    pub fn nonce(&self, cookie: &FlowCookie) -> Secret {
        self.key.derive(Derived::Nonce, &self.flow.id, &cookie.0)
    }

    /// The verifier of the challenge that the authorization request held.
    pub fn code_verifier(&self, cookie: &FlowCookie) -> Secret {
        self.key.derive(Derived::CodeVerifier, &self.flow.id, &cookie.0)
    }
}

/// Reads a flow back from its `state`. `None` if no key of the ring sealed it for this.
pub fn open<'a>(ring: &'a KeyRing, state: &str) -> Option<Opened<'a>> {
    let (plain, key) = ring.open(Purpose::LoginState, state)?;
    let sealed: Sealed = serde_json::from_slice(&plain).ok()?;
    let flow = Flow {
        id: URL_SAFE_NO_PAD.decode(sealed.i).ok()?.try_into().ok()?,
        client: sealed.c,
        binding: URL_SAFE_NO_PAD.decode(sealed.b).ok()?.try_into().ok()?,
        begun: Timestamp::from_seconds(sealed.t),
        return_to: sealed.r,
        in_vain: sealed.v,
        seen: sealed.w.map(Seen::from_number),
        asked: sealed.a,
        before: match sealed.s {
            None => None,
            Some(key) => Some(SessionKey::from_bytes(URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?)),
        },
        step_up: sealed.u,
    };
    Some(Opened { flow, key })
}

/// The payload; short names, since it travels in an address.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    i: String,
    c: String,
    b: String,
    t: u64,
    r: String,
    v: u8,
    #[serde(default, skip_serializing_if = "says_nothing")]
    w: [u8; 2],
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    a: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    u: Option<usize>,
}

const fn says_nothing(seen: &[u8; 2]) -> bool {
    matches!(seen, [0, 0])
}

/// Bytes of the binding in the name of a flow cookie: 8 characters.
const SUFFIX_BYTES: usize = 6;
