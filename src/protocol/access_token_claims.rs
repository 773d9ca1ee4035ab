//! What an access token says, by the names that issuers give it. All that it is judged by is found in one pass over its claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::access_token_fault::AccessTokenFault;
use super::claim_form::{self, ClaimFault};
use super::claims::OF_OTHER_KINDS;
use super::timestamp::Timestamp;

/// Whom an access token is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A person who let the client act.
    Person,
    /// The client itself, or a workload: nobody signed in. Its `sub` may be the same text as that of a person (RFC 9068 section 5).
    Machine,
}

/// What the sender of a token must show beside it (`cnf`, RFC 7800 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// The thumbprint of the key of a DPoP proof (RFC 9449 section 6.1).
    pub key: Option<[u8; 32]>,
    /// The SHA-256 of a client certificate (RFC 8705 section 3.1).
    pub certificate: Option<[u8; 32]>,
    /// Something that is not known here: such a token is refused.
    pub unknown: bool,
}

/// The claims that an access token is judged by, each with the name it has there.
macro_rules! claims {
    ($($claim:ident = $name:literal,)*) => {
        /// A claim that an access token is judged by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Claim {
            $($claim,)*
        }

        impl Claim {
            const COUNT: usize = [$($name),*].len();

            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$claim => $name,)*
                }
            }

            fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$claim),)*
                    _ => None,
                }
            }
        }
    };
}

claims! {
    // RFC 7519 section 4.1.
    Iss = "iss",
    Sub = "sub",
    Aud = "aud",
    Exp = "exp",
    Nbf = "nbf",
    Iat = "iat",
    Jti = "jti",
    // RFC 9068 section 2.2.
    ClientId = "client_id",
    Scope = "scope",
    Acr = "acr",
    AuthTime = "auth_time",
    // RFC 7800 section 3.1.
    Cnf = "cnf",
    // RFC 7662 section 2.2.
    TokenType = "token_type",
    // Of OpenID Connect, of Okta, of Entra ID's first version: who it was issued to.
    Azp = "azp",
    Cid = "cid",
    Appid = "appid",
    // Of Okta and Entra ID.
    Scp = "scp",
    // Of Keycloak, of Cognito, of Entra ID, of Auth0: what kind of token it is.
    Typ = "typ",
    TokenUse = "token_use",
    Idtyp = "idtyp",
    Gty = "gty",
    // Of Entra ID, of Keycloak: whom it is about.
    Tid = "tid",
    Oid = "oid",
    PreferredUsername = "preferred_username",
}

/// What the claims of a token say.
pub(super) struct Said<'a> {
    found: [Option<&'a Value>; Claim::COUNT],
    /// A claim that access tokens do not have.
    of_other_kind: Option<&'static str>,
}

impl<'a> Said<'a> {
    pub(super) fn of(claims: &'a Map<String, Value>) -> Self {
        let mut said = Self { found: [None; Claim::COUNT], of_other_kind: None };
        for (name, value) in claims {
            let other = OF_OTHER_KINDS.iter().chain(&OF_NO_ACCESS_TOKEN).find(|other| *other == name);
            said.of_other_kind = said.of_other_kind.or(other.copied());
            if let Some(claim) = Claim::named(name) {
                said.found[claim as usize] = Some(value);
            }
        }
        said
    }

    pub(super) const fn value(&self, claim: Claim) -> Option<&'a Value> {
        self.found[claim as usize]
    }

    pub(super) fn has_any(&self, claims: &[Claim]) -> bool {
        claims.iter().any(|claim| self.value(*claim).is_some())
    }

    pub(super) fn text(&self, claim: Claim) -> Result<Option<&'a str>, ClaimFault> {
        claim_form::text(self.value(claim), claim.name())
    }

    pub(super) fn required_text(&self, claim: Claim) -> Result<&'a str, ClaimFault> {
        claim_form::needed(self.text(claim)?, claim.name())
    }

    pub(super) fn time(&self, claim: Claim) -> Result<Option<Timestamp>, ClaimFault> {
        claim_form::seconds(self.value(claim), claim.name())
    }

    pub(super) fn required_time(&self, claim: Claim) -> Result<Timestamp, ClaimFault> {
        self.time(claim)?.ok_or(ClaimFault::Missing { claim: claim.name() })
    }

    pub(super) fn audiences(&self) -> Result<Vec<&'a str>, ClaimFault> {
        claim_form::texts(self.value(Claim::Aud), Claim::Aud.name())
    }

    /// RFC 8725 section 3.12: what other tokens of the same issuer, signed by the same keys, have and access tokens have not.
    pub(super) fn judge_kind(&self) -> Result<(), AccessTokenFault> {
        if let Some(claim) = self.of_other_kind {
            return Err(AccessTokenFault::OtherKind { claim });
        }
        // Keycloak and Cognito say it in a claim.
        for (claim, taken) in SAYS_KIND {
            let is_taken = |kind: &str| taken.iter().any(|taken| kind.eq_ignore_ascii_case(taken));
            if self.value(claim).is_some_and(|kind| !kind.as_str().is_some_and(is_taken)) {
                return Err(AccessTokenFault::OtherKind { claim: claim.name() });
            }
        }
        Ok(())
    }

    /// `scope` is one text with single spaces between (RFC 6749 section 3.3, RFC 9068 section 2.2.3); `scp` is what Okta (a list) and
    /// Entra ID (a text) write instead.
    pub(super) fn scopes(&self) -> Result<Vec<String>, AccessTokenFault> {
        let split =
            |text: &str| text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        if let Some(scope) = self.text(Claim::Scope)? {
            return Ok(split(scope));
        }
        let unfit = AccessTokenFault::Form { claim: Claim::Scp.name(), needed: "a text or a list of texts" };
        match self.value(Claim::Scp) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(split(text)),
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or(unfit)
            }
            Some(_) => Err(unfit),
        }
    }

    /// RFC 7800 section 3.1. A confirmation that cannot be read is one that cannot be given; neither can one that is not named, of a
    /// token that its issuer calls one for DPoP (RFC 9449 section 5): it is bound to a key, and not one for whoever has it.
    pub(super) fn binding(&self) -> Result<Binding, AccessTokenFault> {
        let mut kinds = SAYS_ACCESS_WHEN_ASKED.iter().filter_map(|claim| self.value(*claim)?.as_str());
        let needs_key = kinds.any(|kind| kind.eq_ignore_ascii_case("DPoP"));
        let binding = self.value(Claim::Cnf).map_or_else(|| Ok(Binding::default()), confirmation)?;
        Ok(Binding { unknown: binding.unknown || needs_key && binding.key.is_none(), ..binding })
    }

    /// Nobody signed in where the token is about the client that it was issued to (RFC 9068 section 2.2), or its issuer says so in a way
    /// of its own. In doubt it is no person: who is taken for a machine is nobody, and not somebody else.
    pub(super) fn bearer(&self) -> Bearer {
        let text = |claim| self.value(claim).and_then(Value::as_str);
        let is_client =
            |fits: &dyn Fn(&str) -> bool| CLIENT.iter().any(|claim| text(*claim).is_some_and(fits));
        let sub = text(Claim::Sub);
        let says_so = sub.is_none_or(|sub| is_client(&|client| client == sub))
            // Auth0.
            || text(Claim::Gty) == Some("client-credentials")
            // Entra ID, with and without the optional claim: of a program the two ids are one.
            || text(Claim::Idtyp) == Some("app")
            || text(Claim::Tid).is_some() && sub == text(Claim::Oid)
            // Keycloak, which has a user of that name for each client.
            || text(Claim::PreferredUsername)
                .and_then(|name| name.strip_prefix("service-account-"))
                .is_some_and(|name| is_client(&|client| client.eq_ignore_ascii_case(name)));
        if says_so { Bearer::Machine } else { Bearer::Person }
    }
}

fn confirmation(said: &Value) -> Result<Binding, AccessTokenFault> {
    let claim = Claim::Cnf.name();
    let methods = said.as_object().ok_or(AccessTokenFault::Form { claim, needed: "an object" })?;
    let mut binding = Binding { unknown: methods.is_empty(), ..Binding::default() };
    for (method, value) in methods {
        let hash = || {
            let bytes = URL_SAFE_NO_PAD.decode(value.as_str()?).ok()?;
            <[u8; 32]>::try_from(bytes).ok()
        };
        let unfit = AccessTokenFault::Form { claim, needed: "a SHA-256 in base64url" };
        match method.as_str() {
            "jkt" => binding.key = Some(hash().ok_or(unfit)?),
            "x5t#S256" => binding.certificate = Some(hash().ok_or(unfit)?),
            _ => binding.unknown = true,
        }
    }
    Ok(binding)
}

/// Claims that ID tokens do not have: one of them must be in a JWT that does not say in `typ` what it is. `idtyp` is Entra ID's, whose
/// tokens for a program have no other.
pub(super) const SAYS_ACCESS: [Claim; 7] =
    [Claim::Scope, Claim::Scp, Claim::ClientId, Claim::Cid, Claim::TokenUse, Claim::Typ, Claim::Idtyp];

/// What tells in the answer about a token that it is an access token, where that has no audience, and of which kind.
pub(super) const SAYS_ACCESS_WHEN_ASKED: [Claim; 3] = [Claim::TokenType, Claim::TokenUse, Claim::Typ];

/// The names of `client_id`: of RFC 9068, of OpenID Connect, of Okta, of Entra ID's first version.
pub(super) const CLIENT: [Claim; 4] = [Claim::ClientId, Claim::Azp, Claim::Cid, Claim::Appid];

/// Claims of DPoP proofs (RFC 9449 section 4.2), signed answers about tokens (RFC 9701 section 5) and ID tokens of the hybrid flow.
const OF_NO_ACCESS_TOKEN: [&str; 4] = ["htm", "htu", "token_introspection", "s_hash"];

/// Claims that name the kind of a token, and what an access token is called there: by Keycloak, by Cognito.
const SAYS_KIND: [(Claim, &[&str]); 2] = [
    (Claim::Typ, &["Bearer", "DPoP", "at+jwt", "access_token"]),
    (Claim::TokenUse, &["access", "access_token", "at+jwt", "DPoP"]),
];
