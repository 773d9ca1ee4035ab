//! The issuer identifier (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2).

use std::fmt;

use http::Uri;
use url::{Host, Position, Url};

/// An issuer identifier, kept byte for byte as it was written: it is compared with what the provider calls itself without
/// any normalisation (OpenID Connect Core 1.0 section 3.1.3.7 step 2).
///
/// A provider with many tenants behind one registration calls itself by a template, and each of its tokens is by the issuer of one
/// tenant. Such an identifier cannot be without the list of the tenants whose people are let in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer {
    text: String,
    /// Empty if the identifier is no template.
    tenants: Vec<String>,
}

/// What stands in a template for the tenant.
pub const TENANT: &str = "{tenantid}";

/// Bytes of an issuer identifier.
pub const MAX_BYTES: usize = 1024;

/// Why a text is not an issuer identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerFault {
    /// It is no absolute http or https address with a host.
    NotAnAddress,
    /// It has a query or a fragment, or a user name or password.
    HasExtras,
    /// It is http, and neither on this machine nor allowed by `danger_http_issuer`.
    NotHttps,
    /// It has braces and is no template: [`TENANT`] once, as a whole part of the path, and no other brace; or tenants are missing,
    /// or given for what is no template.
    Template,
}

/// Whether an issuer that anybody on the way could forge is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpIssuer {
    /// Only https, or http on a loopback name or address of this machine.
    OnlyLoopback,
    /// `danger_http_issuer: true`: http anywhere.
    DangerAllowed,
}

impl Issuer {
    /// Takes an issuer identifier as the operator wrote it.
    ///
    /// # Errors
    /// [`IssuerFault`] says which rule it breaks.
    pub fn parse(text: &str, http: HttpIssuer) -> Result<Self, IssuerFault> {
        Self::judge(text, http)?;
        if text.contains(['{', '}']) {
            return Err(IssuerFault::Template);
        }
        Ok(Self { text: text.to_owned(), tenants: Vec::new() })
    }

    /// Takes the template of an issuer with the tenants that are let in, by their ids as [`is_tenant_id`] has them.
    ///
    /// # Errors
    /// [`IssuerFault`] says which rule it breaks.
    pub fn parse_template(text: &str, tenants: Vec<String>, http: HttpIssuer) -> Result<Self, IssuerFault> {
        let one = text.replacen(TENANT, NO_TENANT, 1);
        let path = text.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let whole_part = path.is_some_and(|(_, path)| path.split('/').any(|part| part == TENANT));
        let known = !tenants.is_empty() && tenants.iter().all(|tenant| is_tenant_id(tenant));
        if one.contains(['{', '}']) || !whole_part || !known {
            return Err(IssuerFault::Template);
        }
        Self::judge(&one, http)?;
        Ok(Self { text: text.to_owned(), tenants })
    }

    /// The rules for an identifier without braces.
    fn judge(text: &str, http: HttpIssuer) -> Result<(), IssuerFault> {
        // The URL parser drops blanks and line breaks in silence, but the identifier is compared byte for byte.
        if text.len() > MAX_BYTES || text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(IssuerFault::NotAnAddress);
        }
        let url = Url::parse(text).map_err(|_| IssuerFault::NotAnAddress)?;
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
            return Err(IssuerFault::NotAnAddress);
        }
        if url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(IssuerFault::HasExtras);
        }
        if url.scheme() == "http" && http == HttpIssuer::OnlyLoopback && !is_loopback(&url) {
            return Err(IssuerFault::NotHttps);
        }
        if metadata_uri(&url).is_none() {
            return Err(IssuerFault::NotAnAddress);
        }
        Ok(())
    }

    /// The identifier, or the template, byte for byte as configured.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `iss` is a name of this issuer: itself, or of a template that of a tenant that is let in.
    pub fn is_named(&self, iss: &str) -> bool {
        if self.tenants.is_empty() {
            return iss == self.text;
        }
        self.tenants.iter().any(|tenant| iss == self.of_tenant(tenant))
    }

    /// Whether `tid` is the tenant that `iss` names, which is one of this issuer's ([`Self::is_named`]). Where the issuer is no template
    /// there are no tenants, and nothing is asked.
    pub fn is_tenant_of(&self, iss: &str, tid: Option<&str>) -> bool {
        self.tenants.is_empty() || tid.is_some_and(|tid| iss == self.of_tenant(tid))
    }

    /// Whether a key signs tokens by `iss`, if the key set says for whom it does. One set has the keys of all tenants: one that is kept
    /// to private accounts signs nothing for an organisation. Where there is one issuer only, all keys are its own.
    pub fn takes_key_of(&self, key_issuer: Option<&str>, iss: &str) -> bool {
        self.tenants.is_empty() || key_issuer.is_none_or(|kept_to| kept_to == self.text || kept_to == iss)
    }

    fn of_tenant(&self, tenant: &str) -> String {
        self.text.replacen(TENANT, tenant, 1)
    }

    /// Where the provider's metadata is: a slash at the end is dropped, then the well-known path added (Discovery section 4). Those
    /// of a template are where people of any tenant sign in, those of private accounts only if these are let in.
    pub fn metadata_uri(&self) -> Uri {
        metadata_uri(&self.url()).expect("parse() made this same address")
    }

    /// Whether it is http, which only a test provider on this machine or `danger_http_issuer` makes possible.
    pub fn is_http(&self) -> bool {
        self.url().scheme() == "http"
    }

    /// Whether it names this machine.
    pub fn is_on_this_machine(&self) -> bool {
        is_loopback(&self.url())
    }

    /// The identifier as an address; of a template, where people of any tenant sign in.
    pub fn url(&self) -> Url {
        let any =
            if self.tenants.iter().any(|tenant| tenant == PRIVATE_ACCOUNTS) { COMMON } else { NO_TENANT };
        Url::parse(&self.of_tenant(any)).expect("parse() read this same text")
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether an address is on this machine: `localhost`, a name under it (RFC 6761 section 6.3), 127.0.0.0/8 or `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a text is the id of a tenant as tokens have it in `tid`: a GUID in small letters.
pub fn is_tenant_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hexadecimal = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(hexadecimal))
}

fn metadata_uri(issuer: &Url) -> Option<Uri> {
    let base = &issuer[..Position::AfterPath];
    format!("{}/.well-known/openid-configuration", base.strip_suffix('/').unwrap_or(base)).parse().ok()
}

/// What Microsoft Entra ID takes for the tenant where that of any organisation may sign in. No token has it.
const NO_TENANT: &str = "organizations";

/// The same with private accounts.
const COMMON: &str = "common";

/// The tenant of all private accounts.
const PRIVATE_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
