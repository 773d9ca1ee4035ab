//! What the application gets beside the headers of claims, as used.

use std::time::Duration;

use http::HeaderName;

use crate::protocol::assertion::ClientKeys;
use crate::protocol::claim_path::ClaimPath;

/// The headers of every 200 of a client that are no headers of claims. Without a setting there are none.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// What we sign of whoever goes through.
    pub assertion: Option<Assertion>,
    /// The header that says when the session ends.
    pub session_expires: Option<HeaderName>,
    names: Box<[HeaderName]>,
}

/// The signed assertion.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The header that carries it.
    pub header: HeaderName,
    /// `iss`: the client's own address here.
    pub issuer: String,
    /// P-256 keys: the one that signs, and those that are published beside it.
    pub keys: ClientKeys,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
    /// The claims of the person in it; none: those of the headers.
    pub claims: Option<Vec<ClaimPath>>,
}

impl Passed {
    /// Those that are set.
    pub fn new(assertion: Option<Assertion>, session_expires: Option<HeaderName>) -> Self {
        let names = assertion.iter().map(|assertion| &assertion.header).chain(&session_expires);
        Self { names: names.cloned().collect(), assertion, session_expires }
    }

    /// Whether there are none.
    pub fn is_nothing(&self) -> bool {
        self.names.is_empty()
    }

    /// The headers that nobody but us may send, in the order in which they are sent.
    pub fn names(&self) -> &[HeaderName] {
        &self.names
    }
}

/// Claims that the assertion says by itself, or that would be taken for such.
pub const OF_THE_ASSERTION: [&str; 9] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "idp", "client_id"];
