//! Who the person is, as headers for the application.

use std::fmt;

use http::{HeaderName, HeaderValue};

use super::refusal::Refusal;
use super::{admission, encode, render};
use crate::config::bearer::{BearerIssuer, Whose};
use crate::config::claim_header::{ClaimHeader, Encoding};
use crate::config::{CLIENT_HEADER, Client, ISSUER_HEADER, SUBJECT_HEADER};
use crate::protocol::access_token::{AccessToken, Bearer};
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::claims::Claims;

/// Every identity header of a client exactly once, in the order of the configuration, ready to be sent. Its `Debug` names
/// the headers and hides the values.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    headers: Box<[(HeaderName, HeaderValue)]>,
    cut: Box<[HeaderName]>,
}

impl Identity {
    /// The headers of nobody: all of them, empty.
    pub fn blank(client: &Client) -> Self {
        let empty = |name: &HeaderName| (name.clone(), HeaderValue::from_static(""));
        Self { headers: client.identity_headers().map(empty).collect(), cut: Box::default() }
    }

    /// Name and value of every header, in order. A value is cloned without copying it.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// The headers of which something was left out because it was too long, as the configuration wants it.
    pub fn cut(&self) -> &[HeaderName] {
        &self.cut
    }

    /// Bytes that all of them take in an answer, names and separators included.
    pub fn bytes(&self) -> usize {
        self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
    }

    /// Where nothing else is configured text, numbers and booleans are sent as text, a list as its items joined with `,`, nothing as the
    /// empty value. Bytes outside ASCII and `%` are percent-encoded (the UTF-8 of the text), and so is what a reader would trim or split
    /// at: blanks at the ends, and in items `,`, `;` and blanks.
    ///
    /// # Errors
    /// [`Refusal::HostedDomain`] and [`Refusal::EmailNotVerified`] for whom the client does not let in; [`Refusal::ClaimUnfit`] for a control character, an object or what else does not fit, never a value that is shortened or missing unless
    /// the configuration wants that;
    /// [`Refusal::IdentityTooLarge`] beyond [`MAX_IDENTITY`].
    pub fn from_claims(claims: &Claims, client: &Client) -> Result<Self, Refusal> {
        admission::check(claims, client)?;
        Self::of(
            client,
            &Who { claims, client_id: "", headers: &client.claim_headers, bearer: Bearer::Person },
        )
    }

    /// Who an access token is about, by the mapping of its issuer. A machine has no subject, and nothing of what describes a person
    /// (OpenID Connect Core 1.0 section 5.1): the texts may be those of one (RFC 9068 section 5).
    ///
    /// # Errors
    /// As [`Self::from_claims`]; whom the client lets in counts for the persons of its own issuer.
    pub fn from_token(token: &AccessToken, client: &Client, issuer: &BearerIssuer) -> Result<Self, Refusal> {
        if token.bearer == Bearer::Person {
            if issuer.whose == Whose::OwnOfClient {
                admission::hosted_domain(&token.claims, client)?;
            }
            admission::email(&token.claims, client, &issuer.claim_headers)?;
        }
        let client_id = token.client_id.as_deref().unwrap_or_default();
        let headers = &issuer.claim_headers;
        Self::of(client, &Who { claims: &token.claims, client_id, headers, bearer: token.bearer })
    }

    fn of(client: &Client, who: &Who<'_>) -> Result<Self, Refusal> {
        let unfit = |claim: &str, why| Refusal::ClaimUnfit { claim: claim.into(), why };
        let plain =
            |claim, value: &str| encode::whole(value, Encoding::Percent).map_err(|why| unfit(claim, why));
        let mut cut = Vec::new();
        let mut headers = Vec::with_capacity(3 + client.claim_headers.len());
        // Those of others that guard the same host are empty, and beside them.
        let others = client.login_choice.iter().flat_map(|choice| &choice.headers);
        let mut bytes: usize = others.map(|name| name.as_str().len() + ": \r\n".len()).sum();
        for name in client.identity_headers() {
            let rendered = if *name == SUBJECT_HEADER {
                match who.bearer {
                    Bearer::Person => plain("sub", who.claims.sub())?,
                    Bearer::Machine => String::new(),
                }
            } else if client.tells_issuer() && *name == ISSUER_HEADER {
                plain("iss", who.claims.issuer())?
            } else if client.bearer.is_some() && *name == CLIENT_HEADER {
                plain("client_id", who.client_id)?
            } else {
                let mapping = who.headers.iter().find(|mapping| mapping.header == *name);
                match mapping.filter(|mapping| who.may_have(&mapping.claim)) {
                    Some(mapping) => {
                        let value = who.claims.get_from(mapping.source, &mapping.claim);
                        let rendered = render::claim(
                            value,
                            mapping,
                            mapping.form.default.as_deref().filter(|_| who.bearer == Bearer::Person),
                        )
                        .map_err(|why| unfit(mapping.claim.as_str(), why))?;
                        if rendered.is_cut {
                            cut.push(name.clone());
                        }
                        rendered.text
                    }
                    None => String::new(),
                }
            };
            bytes += name.as_str().len() + rendered.len() + ": \r\n".len();
            let value = HeaderValue::try_from(rendered)
                .map_err(|_| unfit(name.as_str(), "it does not fit a header"))?;
            headers.push((name.clone(), value));
        }
        if bytes > MAX_IDENTITY {
            return Err(Refusal::IdentityTooLarge { bytes });
        }
        Ok(Self { headers: headers.into(), cut: cut.into() })
    }
}

/// Of whom the headers tell, and by which mapping.
struct Who<'a> {
    claims: &'a Claims,
    /// Whom an access token was issued to; empty for a session.
    client_id: &'a str,
    headers: &'a [ClaimHeader],
    bearer: Bearer,
}

impl Who<'_> {
    fn may_have(&self, claim: &ClaimPath) -> bool {
        let name = claim.as_str().split('.').next().unwrap_or_default();
        self.bearer == Bearer::Person || !is_of_person(name)
    }
}

/// Whether a claim of that name describes a person, so that the token of a machine does not have it.
pub(super) fn is_of_person(name: &str) -> bool {
    OF_PERSONS.contains(&name)
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.headers.iter().map(|(name, _)| name)).finish()
    }
}

/// Bytes of all identity headers, names and separators included: with the rest of the head they fit 4096, nginx's default.
pub const MAX_IDENTITY: usize = 3000;

/// Claims that describe a person: those of OpenID Connect Core 1.0 section 5.1, and what Entra ID, AD FS and RFC 7662 call the name of an
/// account.
const OF_PERSONS: [&str; 23] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "upn",
    "unique_name",
    "username",
    "oid",
];
