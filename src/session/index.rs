//! What a provider can call a session when it ends it, and which sessions are called so (OpenID Connect Back-Channel Logout 1.0
//! sections 2.1 and 2.7).

use std::collections::HashSet;
use std::fmt;

use aws_lc_rs::digest;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::key::SessionKey;
use super::record::Session;

/// One name of a session at one client and issuer. It is a hash, so whoever reads the index learns no subject.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name([u8; 32]);

/// What the value of a name is.
#[derive(Clone, Copy)]
enum Kind {
    /// `sub`, of every session of a person.
    Subject = 0,
    /// `sid`.
    Sid = 1,
    /// `sub`, of a session whose ID tokens had no `sid`.
    SubjectWithoutSid = 2,
}

impl Name {
    fn new(kind: Kind, client: &str, issuer: &str, value: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&[kind as u8]);
        for text in [client, issuer, value] {
            // With its length, so that no two triples are one text.
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        }
        let mut name = [0; 32];
        name.copy_from_slice(context.finish().as_ref());
        Self(name)
    }

    /// One that was kept.
    pub(in crate::session) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For a store.
    pub(in crate::session) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// All names of a session, that of its person first.
    pub fn all_of(session: &Session) -> Vec<Self> {
        let (client, issuer, sub) = (&session.client, session.claims.issuer(), session.claims.sub());
        let mut names = vec![Self::new(Kind::Subject, client, issuer, sub)];
        names.extend(session.sids().map(|sid| Self::new(Kind::Sid, client, issuer, sid)));
        if session.sids().next().is_none() {
            names.push(Self::new(Kind::SubjectWithoutSid, client, issuer, sub));
        }
        names
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name")
    }
}

/// What is to end at one client.
#[derive(Clone, Copy, Debug)]
pub struct Logout<'a> {
    /// The client's name.
    pub client: &'a str,
    /// The issuer.
    pub issuer: &'a str,
    /// Whose sessions.
    pub whose: Whose<'a>,
}

/// Whose sessions are to end.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// All of this `sub`.
    Person(&'a str),
    /// Those of this `sid`.
    ProviderSession(&'a str),
    /// Those of this `sid`, if they are of this `sub`; and those of this `sub` that cannot be told apart, for their ID tokens
    /// had no `sid`: better one session too many ends than one too few.
    SessionOfPerson {
        /// `sid`
        sid: &'a str,
        /// `sub`
        sub: &'a str,
    },
}

impl Logout<'_> {
    /// The names by which its sessions are known.
    pub fn ending(&self) -> Ending {
        let name = |kind, value| Name::new(kind, self.client, self.issuer, value);
        let (any_of, of_person) = match self.whose {
            Whose::Person(sub) => (vec![name(Kind::Subject, sub)], None),
            Whose::ProviderSession(sid) => (vec![name(Kind::Sid, sid)], None),
            Whose::SessionOfPerson { sid, sub } => {
                let any_of = vec![name(Kind::Sid, sid), name(Kind::SubjectWithoutSid, sub)];
                (any_of, Some(name(Kind::Subject, sub)))
            }
        };
        Ending { any_of, of_person }
    }
}

/// Whose sessions are to end, by their names alone.
#[derive(Clone, Debug)]
pub struct Ending {
    any_of: Vec<Name>,
    of_person: Option<Name>,
}

impl Ending {
    /// The names under which its sessions are found.
    pub fn names(&self) -> &[Name] {
        &self.any_of
    }

    /// Whether it ends a session that has these names.
    pub fn ends(&self, names: &[Name]) -> bool {
        self.any_of.iter().any(|name| names.contains(name))
            && self.of_person.is_none_or(|name| names.contains(&name))
    }
}

/// Which sessions have a name. A session is in it from before it is kept until after it is ended, so that nobody who looks for
/// a session that is kept can miss it; what is found here is looked up again in the store.
#[derive(Debug, Default)]
pub(super) struct Index {
    keys: DashMap<Name, HashSet<SessionKey>>,
}

impl Index {
    /// Adds a session under these names.
    pub(super) fn add(&self, names: &[Name], key: SessionKey) {
        for name in names {
            self.keys.entry(*name).or_default().insert(key);
        }
    }

    /// Takes one session out from under these names, and no other.
    pub(super) fn remove(&self, names: &[Name], key: &SessionKey) {
        for name in names {
            if let Entry::Occupied(mut entry) = self.keys.entry(*name) {
                entry.get_mut().remove(key);
                if entry.get().is_empty() {
                    entry.remove();
                }
            }
        }
    }

    /// The sessions of that name, as they are now. No lock outlives the call.
    pub(super) fn of(&self, name: &Name) -> Vec<SessionKey> {
        self.keys.get(name).map(|keys| keys.iter().copied().collect()).unwrap_or_default()
    }

    /// Names that any session has.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}
