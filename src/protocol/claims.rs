//! What the provider says about a person, once it is believed (OpenID Connect Core 1.0 sections 2, 5.3 and 12.2).

pub mod kept;

use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Value};

use super::claim_path::ClaimPath;
use super::claim_source::ClaimSource;
use super::id_token_fault::IdTokenFault;
use super::login_access_token::ReadAccessToken;
use super::timestamp::Timestamp;
use super::userinfo::Userinfo;

/// The claims of a verified token, with those of the userinfo endpoint added. Only [`super::jwt::verify`] makes one of an ID token and
/// [`super::access_token`] one of an access token (and [`Self::of_testing_profile`] and [`Self::supposed`], where there is nobody to believe); it is read,
/// never written.
#[derive(Clone)]
pub struct Claims {
    members: Map<String, Value>,
    /// Names that the latest token does not give: of userinfo, or of the token before. All others are the token's, and userinfo never
    /// replaces them.
    beside: HashSet<String>,
    /// Those of them that an access token gave, which any other source goes before.
    of_access_token: HashSet<String>,
    apart: Apart,
    expires_at: Timestamp,
}

/// What the sources say each by itself, where somebody asks for that.
#[derive(Clone, Default)]
struct Apart {
    /// There is one source only, and it stands for each.
    is_one: bool,
    /// Of the latest ID token, with what those before said and it leaves out.
    id_token: Option<Map<String, Value>>,
    userinfo: Option<Map<String, Value>>,
    access_token: Option<Map<String, Value>>,
}

impl Claims {
    /// Members that `jwt::verify` has judged; `iss` and `sub` are texts among them.
    pub(super) fn verified(members: Map<String, Value>, expires_at: Timestamp) -> Self {
        Self {
            members,
            beside: HashSet::new(),
            of_access_token: HashSet::new(),
            apart: Apart::default(),
            expires_at,
        }
    }

    /// The same where nothing else will ever say anything of this person: an access token that somebody presents, for one.
    pub(super) fn of_one_source(members: Map<String, Value>, expires_at: Timestamp) -> Self {
        let apart = Apart { is_one: true, ..Apart::default() };
        Self { apart, ..Self::verified(members, expires_at) }
    }

    /// Claims that nobody signed, for `danger_testing_profile` alone. Their issuer is no provider's, so they are never taken for
    /// what one said.
    pub fn of_testing_profile(profile: &Map<String, Value>, now: Timestamp) -> Self {
        let mut members = profile.clone();
        members.insert("iss".to_owned(), TESTING_ISSUER.into());
        Self::of_one_source(members, now)
    }

    /// Claims that somebody supposes, to ask what would become of a request; they never become a session.
    pub fn supposed(members: Map<String, Value>, issuer: &str, now: Timestamp) -> Self {
        let mut members = members;
        members.entry("iss").or_insert_with(|| issuer.into());
        members.entry("sub").or_insert_with(|| SUPPOSED_SUBJECT.into());
        Self::of_one_source(members, now)
    }

    /// Who the person is at this issuer: 1 to 255 printable ASCII characters, never given to another person.
    pub fn sub(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    /// The issuer, equal to the configured one.
    pub fn issuer(&self) -> &str {
        self.text("iss").unwrap_or_default()
    }

    /// The provider's name for its own session (OpenID Connect Back-Channel Logout 1.0 section 2.1).
    pub fn sid(&self) -> Option<&str> {
        self.text("sid")
    }

    /// When the latest ID token expires. That is no limit of a session.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The claim at this place. Of a claim inside another too, what the latest ID token says goes before what was said beside it, and that
    /// before an access token, however each writes it.
    pub fn get(&self, path: &ClaimPath) -> Option<&Value> {
        if self.beside.is_empty() {
            return path.find(&self.members);
        }
        let of = |is_of: &dyn Fn(&str) -> bool| {
            path.find_by(|name| self.members.get(name).filter(|_| is_of(name)))
        };
        of(&|name| !self.beside.contains(name))
            .or_else(|| of(&|name| self.beside.contains(name) && !self.of_access_token.contains(name)))
            .or_else(|| of(&|name| self.of_access_token.contains(name)))
    }

    /// The claim at this place, as that source says it.
    pub fn get_from(&self, source: ClaimSource, path: &ClaimPath) -> Option<&Value> {
        match source {
            _ if self.apart.is_one => self.get(path),
            ClaimSource::Any => self.get(path),
            ClaimSource::IdToken => path.find(self.apart.id_token.as_ref()?),
            ClaimSource::Userinfo => path.find(self.apart.userinfo.as_ref()?),
            ClaimSource::AccessToken => path.find(self.apart.access_token.as_ref()?),
        }
    }

    /// Whether the latest ID token gives this claim.
    pub fn id_token_has(&self, path: &ClaimPath) -> bool {
        path.find_by(|name| self.members.get(name).filter(|_| self.is_of_token(name))).is_some()
    }

    /// Whether the provider says that it keeps this claim elsewhere, and does not send it: a distributed claim (OpenID Connect
    /// Core 1.0 section 5.6.2), or more groups than Entra ID puts into a token (`hasgroups`).
    pub fn keeps_elsewhere(&self, path: &ClaimPath) -> bool {
        let name = path.as_str().split('.').next().unwrap_or_default();
        self.get(path).is_none() && [name, path.as_str()].iter().any(|name| is_elsewhere(&self.members, name))
    }

    /// All claims.
    pub fn as_json(&self) -> &Map<String, Value> {
        &self.members
    }

    /// Keeps what the ID token says also by itself, for whoever asks for [`ClaimSource::IdToken`]. To be called before anything joins it;
    /// later ones are then kept by [`Self::refreshed`].
    pub fn keep_id_token(&mut self) {
        self.apart.id_token = Some(self.members.clone());
    }

    /// Keeps what the userinfo endpoint says also by itself, for whoever asks for [`ClaimSource::Userinfo`].
    pub fn keep_userinfo(&mut self, userinfo: &Userinfo) {
        self.apart.userinfo = Some(userinfo.members().clone());
    }

    /// Keeps what the access token says by itself, for whoever asks for [`ClaimSource::AccessToken`]. One that cannot be read says
    /// nothing.
    pub fn keep_access_token(&mut self, token: Option<&ReadAccessToken>) {
        self.apart.access_token = token.map(|token| token.members().clone());
    }

    /// Adds what the access token says, where neither ID token nor userinfo say anything of it. A later access token takes the
    /// place of the one before as a whole: a role that it no longer names is gone.
    pub fn merge_access_token(&mut self, token: Option<&ReadAccessToken>) {
        let former = std::mem::take(&mut self.of_access_token);
        self.members.retain(|name, _| !former.contains(name));
        self.beside.retain(|name| !former.contains(name));
        let Some(said) = token.map(ReadAccessToken::members) else { return };
        // That a value was verified is said of the token's own.
        let is_of_other = |name: &str| {
            VERIFIED.iter().any(|(what, verified)| {
                *verified == name
                    && self.members.get(*what).is_some_and(|known| said.get(*what) != Some(known))
            })
        };
        let taken: Vec<_> = said
            .iter()
            .filter(|(name, _)| {
                !self.members.contains_key(*name)
                    && !ABOUT_THE_TOKEN.contains(&name.as_str())
                    && !is_of_other(name)
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in taken {
            self.beside.insert(name.clone());
            self.of_access_token.insert(name.clone());
            self.members.insert(name, value);
        }
    }

    /// Adds what the userinfo endpoint says. What the latest ID token says stays (one claim has one source), and so do the
    /// claims that are about a token.
    pub fn merge_userinfo(&mut self, userinfo: Userinfo) {
        let mut said = userinfo.into_members();
        for (what, verified) in VERIFIED {
            let other = said.get(what).is_some_and(|said| self.members.get(what) != Some(said));
            if other && self.is_of_token(what) {
                said.remove(verified);
            } else if other && !self.is_of_token(verified) {
                self.members.remove(verified);
            }
        }
        // As at a refresh: what is said to be elsewhere now is not what it was.
        let beside = &self.beside;
        self.members.retain(|name, _| !beside.contains(name) || !is_elsewhere(&said, name));
        for (name, value) in said {
            if !self.is_of_token(&name) && !ABOUT_THE_TOKEN.contains(&name.as_str()) {
                self.of_access_token.remove(&name);
                self.beside.insert(name.clone());
                self.members.insert(name, value);
            }
        }
    }

    /// The claims after a refresh that brought a new ID token: its members win, members that it lacks stay as they were, for
    /// some providers send less then. To be called after [`judge_refreshed`]; userinfo is merged afterwards.
    #[must_use]
    pub fn refreshed(&self, new: Self) -> Self {
        let mut members = self.members.clone();
        // They belong to the token that is gone.
        for name in ["at_hash", "c_hash", "jti", "nbf", "hasgroups", "_claim_names", "_claim_sources"] {
            members.remove(name);
        }
        // What is said to be elsewhere now is not what it was: a longer list of groups, for one.
        members.retain(|name, _| !is_elsewhere(&new.members, name));
        forget_verified(&mut members, &new.members);
        let mut apart = self.apart.clone();
        if let Some(said) = &mut apart.id_token {
            forget_verified(said, &new.members);
            said.extend(new.members.clone());
        }
        let beside = members.keys().filter(|name| !new.is_of_token(name)).cloned().collect();
        let kept = self.of_access_token.iter().filter(|name| !new.is_of_token(name));
        let of_access_token = kept.cloned().collect();
        members.extend(new.members);
        Self { members, beside, of_access_token, apart, expires_at: new.expires_at }
    }

    fn is_of_token(&self, name: &str) -> bool {
        self.members.contains_key(name) && !self.beside.contains(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }
}

/// Judges the ID token of a refresh against the one of the login (OpenID Connect Core 1.0 section 12.2). The new one has
/// passed [`super::jwt::verify`].
///
/// # Errors
/// [`IdTokenFault::Changed`]; the session ends then.
pub fn judge_refreshed(old: &Claims, new: &Claims) -> Result<(), IdTokenFault> {
    let member = |claims: &Claims, name: &str| claims.members.get(name).cloned();
    let same = |name: &str| member(old, name) == member(new, name);
    let same_if_there = |name: &str| member(new, name).is_none_or(|value| Some(value) == member(old, name));
    let issued_at = |claims: &Claims| member(claims, "iat").and_then(|value| value.as_f64());
    let audiences = |claims: &Claims| match member(claims, "aud") {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let new_audiences = audiences(new);
    let rules = [
        ("iss", same("iss")),
        ("sub", same("sub")),
        // The time of the new token, so not before the old one; the same second may be both.
        ("iat", issued_at(new) >= issued_at(old)),
        ("aud", audiences(old).iter().all(|audience| new_audiences.contains(audience))),
        // Of the login, not of the refresh; a token without it says nothing about it.
        ("auth_time", same_if_there("auth_time")),
        ("azp", same("azp")),
        ("nonce", same_if_there("nonce")),
    ];
    match rules.into_iter().find(|(_, holds)| !holds) {
        Some((claim, _)) => Err(IdTokenFault::Changed { claim }),
        None => Ok(()),
    }
}

impl fmt::Debug for Claims {
    /// Names only: the values are personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.keys()).finish()
    }
}

/// That a value was verified does not go on to another one.
fn forget_verified(known: &mut Map<String, Value>, new: &Map<String, Value>) {
    for (what, verified) in VERIFIED {
        if new.get(what).is_some_and(|said| known.get(what) != Some(said)) {
            known.remove(verified);
        }
    }
}

fn is_elsewhere(members: &Map<String, Value>, name: &str) -> bool {
    let distributed = members.get("_claim_names").and_then(|names| names.get(name)).is_some();
    let too_many = name == "groups" && members.get("hasgroups").is_some_and(is_true);
    (distributed || too_many) && !members.contains_key(name)
}

/// Entra ID has written it both ways.
fn is_true(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || value.as_str() == Some("true")
}

/// `sub` of claims that are supposed and have none.
const SUPPOSED_SUBJECT: &str = "somebody";

/// The issuer of claims that stand in for a sign-in.
pub const TESTING_ISSUER: &str = "urn:vestibule:danger_testing_profile";

/// Claims of which the second is about the value that the first has (OpenID Connect Core 1.0 section 5.1). The provider verified
/// that value: where another one takes its place, from a refresh or from userinfo, what was said does not go on to it.
const VERIFIED: [(&str, &str); 2] = [("email", "email_verified"), ("phone_number", "phone_number_verified")];

/// Claims that mean something only in the token that has them (RFC 7519 section 4.1, OpenID Connect Core 1.0 section 2).
pub const ABOUT_THE_TOKEN: [&str; 16] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "azp",
    "at_hash",
    "c_hash",
    "sid",
    "auth_time",
    "acr",
    "amr",
    "events",
];

/// Claims that make a token one of another kind than those that only carry claims: a logout or event token (RFC 8417 section 2.2), an
/// ID token (OpenID Connect Core 1.0 sections 2 and 3.3.2.11).
pub(super) const OF_OTHER_KINDS: [&str; 4] = ["events", "nonce", "at_hash", "c_hash"];
