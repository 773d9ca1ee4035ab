//! An ID token before it is signed: what a test may change of it.

use serde_json::{Map, Value};

use crate::keys::{self, EcKey, RsaKey, base64url};

/// An ID token in the making. A test changes what it likes; the rest stays right.
pub(crate) struct Draft {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) signing: Signing,
    /// Bytes in place of `header`, for what is no JSON object.
    pub(crate) raw_header: Option<Vec<u8>>,
    /// Bytes in place of `claims`.
    pub(crate) raw_claims: Option<Vec<u8>>,
    /// The last word on the finished text.
    pub(crate) finish: Option<fn(String) -> String>,
    /// The key that the provider would sign with, for those who would abuse its public half.
    pub(crate) key: &'static RsaKey,
    /// What the client would be known by, for those who would sign with it.
    pub(crate) client_secret: String,
}

/// Who signs.
pub(crate) enum Signing {
    Rs256(&'static RsaKey),
    Es256(&'static EcKey),
    Hs256(Vec<u8>),
    /// The signature part is empty.
    Nothing,
}

impl Draft {
    pub(crate) fn set(&mut self, claim: &str, value: impl Into<Value>) {
        self.claims.insert(claim.to_owned(), value.into());
    }

    pub(crate) fn remove(&mut self, claim: &str) {
        self.claims.remove(claim).unwrap_or_else(|| panic!("{claim} was not there anyway"));
    }

    pub(crate) fn set_header(&mut self, member: &str, value: impl Into<Value>) {
        self.header.insert(member.to_owned(), value.into());
    }

    /// Moves a time claim.
    pub(crate) fn shift(&mut self, claim: &str, seconds: i64) {
        let time = self.claims[claim].as_i64().unwrap();
        self.set(claim, time + seconds);
    }

    pub(crate) fn algorithm(&mut self, alg: &str, signing: Signing) {
        self.set_header("alg", alg);
        self.signing = signing;
    }

    pub(crate) fn sign(&self) -> String {
        let header = self.raw_header.clone().unwrap_or_else(|| serde_json::to_vec(&self.header).unwrap());
        let claims = self.raw_claims.clone().unwrap_or_else(|| serde_json::to_vec(&self.claims).unwrap());
        let signed = format!("{}.{}", base64url(&header), base64url(&claims));
        let signature = match &self.signing {
            Signing::Rs256(key) => key.sign(signed.as_bytes()),
            Signing::Es256(key) => key.sign(signed.as_bytes()),
            Signing::Hs256(key) => keys::hs256(key, signed.as_bytes()),
            Signing::Nothing => Vec::new(),
        };
        let token = format!("{signed}.{}", base64url(&signature));
        self.finish.map_or_else(|| token.clone(), |finish| finish(token.clone()))
    }
}
