//! Where a person goes after the login.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use http::header::REFERER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::{Url, form_urlencoded};

use super::forwarded::Forwarded;
use super::login_parameters;
use super::loop_cause::Seen;
use super::refusal::Refusal;
use crate::config::host::Authority;
use crate::config::{Client, OWN_PREFIX, own_path};

/// An absolute address on a host that the client guards, over the client's scheme, as browsers serialise it (WHATWG URL):
/// ASCII, without user information, at most [`MAX_RETURN_TO`] bytes, never under [`OWN_PREFIX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

/// How somebody is led to a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the page where people choose by which client, where the host of the page has a choice; else as [`Self::Client`].
    Choice,
    /// To the provider of this client.
    Client,
    /// There too, to be authenticated better, for the rule of that number.
    StepUp(usize),
}

/// Checks an address that came from outside: an absolute one, or a path, which is taken to be on the host of `home`.
///
/// One that leads to this program's own pages is replaced by the innermost `rd` in it, one that is too long by its path, and
/// if that is too long too by `/`.
///
/// # Errors
/// [`Refusal::ReturnToMalformed`], [`Refusal::ReturnToHost`].
pub fn check(text: &str, client: &Client) -> Result<ReturnTo, Refusal> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..MAX_NESTED {
        let url = parse(&text, client)?;
        if !is_own(&url) {
            let authority = authority_of(&url).ok_or(Refusal::ReturnToHost)?;
            if !client.guards(&authority, client.scheme) {
                return Err(Refusal::ReturnToHost);
            }
            return Ok(shorten(url));
        }
        match url.query().and_then(rd_of) {
            Some(inner) => text = Cow::Owned(inner?),
            None => break,
        }
    }
    Ok(home(client))
}

/// The address of the forwarded request itself, or `home` if it is not one that can be returned to.
pub fn from_forwarded(forwarded: &Forwarded, client: &Client) -> ReturnTo {
    // A backslash in a path is a slash to browsers and none to most applications: encoded, it is the same to all.
    let path = forwarded.path().replace('\\', "%5C");
    let query = &forwarded.target()[forwarded.path().len()..];
    let text = format!("{}://{}{path}{query}", client.scheme.as_str(), forwarded.authority());
    check(&text, client).unwrap_or_else(|_| home(client))
}

/// The page that a background request came from, or `home`: an image or an API is nowhere to return to.
pub fn from_referer(headers: &HeaderMap, client: &Client) -> ReturnTo {
    let mut lines = headers.get_all(REFERER).iter();
    match (lines.next().and_then(|line| line.to_str().ok()), lines.next()) {
        (Some(page), None) => check(page, client).unwrap_or_else(|_| home(client)),
        _ => home(client),
    }
}

/// The address in the query of `/login`: all that follows the first `rd=`, raw, if it is written raw, since nginx cannot
/// encode `$request_uri`; otherwise decoded up to the next `&`. `home` if there is none.
///
/// # Errors
/// As [`check`].
pub fn from_query(query: &str, client: &Client) -> Result<ReturnTo, Refusal> {
    Ok(named_in_query(query, client)?.unwrap_or_else(|| home(client)))
}

/// The same for addresses that lead nowhere by themselves: `None` if the query names no address, whatever else is in it.
///
/// # Errors
/// As [`check`].
pub fn named_in_query(query: &str, client: &Client) -> Result<Option<ReturnTo>, Refusal> {
    rd_of(query).map(|text| check(&text?, client)).transpose()
}

/// Where a person lands who wanted to go nowhere in particular.
pub fn home(client: &Client) -> ReturnTo {
    ReturnTo(client.home.as_str().to_owned())
}

/// The address that starts a login of this client and then leads to `target`.
pub fn login_url(client: &Client, target: &ReturnTo) -> String {
    format!("{}{}?{}", client.origin, own_path(&client.name, "login"), in_query(target))
}

/// The same, and the provider is asked to authenticate the person as that rule wants.
pub fn step_up_url(client: &Client, target: &ReturnTo, rule: usize) -> String {
    let page = own_path(&client.name, "login");
    format!("{}{page}?{}={rule}&{}", client.origin, login_parameters::STEP_UP, in_query(target))
}

/// The address of the way to a sign-in that then leads to `target`.
pub fn url(way: Way, client: &Client, target: &ReturnTo) -> String {
    match way {
        Way::Choice if has_choice(client, target) => {
            format!("{}{}?{}", client.origin, own_path(&client.name, "choose"), in_query(target))
        }
        Way::Choice | Way::Client => login_url(client, target),
        Way::StepUp(rule) => step_up_url(client, target, rule),
    }
}

/// The same, with what the request that leads there was seen to bring.
pub fn url_after(way: Way, client: &Client, target: &ReturnTo, seen: Seen) -> String {
    let url = url(way, client, target);
    match (way, seen.word()) {
        (Way::Choice | Way::Client, Some(word)) => format!("{url}&{}", seen_as(word)),
        (Way::StepUp(_), _) | (_, None) => url,
    }
}

/// The same, and the provider is asked to let the person choose who they are.
pub fn another_account_url(way: Way, client: &Client, target: &ReturnTo) -> String {
    let url = url(way, client, target);
    // `rd` stands last: written raw it takes in all that follows.
    url.replacen('?', &format!("?{}&", login_parameters::SELECT_ACCOUNT), 1)
}

/// The address of a login that somebody chose: with what the chooser was asked to hand on.
pub fn chosen_url(client: &Client, target: &ReturnTo, parameters: &[(String, String)], seen: Seen) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    let query = query.finish();
    let seen = seen.word().map(seen_as).unwrap_or_default();
    // `rd` stands last: written raw it takes in all that follows.
    let parts = [query, seen, in_query(target)];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}{}?{}", client.origin, own_path(&client.name, "login"), parts.join("&"))
}

/// Whether people may choose by which client they sign in for that page.
pub fn has_choice(client: &Client, target: &ReturnTo) -> bool {
    target.authority().is_some_and(|authority| client.has_choice(&authority))
}

fn seen_as(word: &str) -> String {
    format!("{SEEN}={word}")
}

/// What the query of a login address says of the request that led there. Anybody can write it: it names the cause of a loop,
/// and decides nothing.
pub fn seen_in_query(query: &str) -> Seen {
    let mut pairs = beside_return_to(query).flat_map(|part| part.split('&'));
    let word = pairs.find_map(|pair| pair.strip_prefix(SEEN)?.strip_prefix('='));
    word.map_or(Seen::Nothing, Seen::from_word)
}

/// The address as a part of a query, to be read by [`from_query`].
pub fn in_query(target: &ReturnTo) -> String {
    format!("rd={}", utf8_percent_encode(target.as_str(), &COMPONENT))
}

impl ReturnTo {
    /// Its host and port.
    pub fn authority(&self) -> Option<Authority> {
        authority_of(&Url::parse(&self.0).ok()?)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the text strictly, then puts it together anew and lets the parser of the browsers read that.
fn parse(text: &str, client: &Client) -> Result<Url, Refusal> {
    let malformed = |why| Err(Refusal::ReturnToMalformed { why });
    if text.len() > MAX_READ {
        return malformed("it is longer than 32768 bytes");
    }
    // Browsers drop tab and line breaks anywhere and blanks at the ends, so that `/\t/evil` becomes `//evil`.
    if text.chars().any(|c| c <= ' ' || c.is_control()) {
        return malformed("it has a blank or a control character");
    }
    let (authority, rest) = if text.starts_with('/') {
        if text.starts_with("//") {
            return malformed("it begins with two slashes");
        }
        let home = authority_of(&client.home).ok_or(Refusal::ReturnToHost)?;
        (home, text)
    } else {
        let rest = text.strip_prefix(client.scheme.as_str()).and_then(|rest| rest.strip_prefix("://"));
        let Some(rest) = rest else {
            return malformed("it is neither a path nor an address with the scheme of the client");
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let Some(authority) = Authority::parse(&rest[..end]) else {
            return malformed("its host is neither a name nor an address, with or without a port");
        };
        (authority, &rest[end..])
    };
    let path = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    if path.contains('\\') {
        return malformed("its path has a backslash");
    }
    Url::parse(&format!("{}://{authority}{rest}", client.scheme.as_str()))
        .or_else(|_| malformed("browsers cannot read it"))
}

fn authority_of(url: &Url) -> Option<Authority> {
    let host = url.host_str()?;
    match url.port() {
        Some(port) => Authority::parse(&format!("{host}:{port}")),
        None => Authority::parse(host),
    }
}

/// Whether this is one of this program's own pages: to return there would be the start of a loop. Every spelling counts that a
/// proxy may resolve to it on the way: encoded letters and slashes, doubled slashes, dots.
fn is_own(url: &Url) -> bool {
    let path = percent_decode_str(url.path()).collect::<Vec<u8>>();
    let mut resolved = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(resolved.pop()),
            other => resolved.push(other),
        }
    }
    resolved.first().is_some_and(|first| *first == OWN_PREFIX.trim_start_matches('/').as_bytes())
}

/// The parts of a query that do not belong to the return address, each a query of its own.
pub(super) fn beside_return_to(query: &str) -> impl Iterator<Item = &str> {
    let (before, start) = match query.strip_prefix("rd=") {
        Some(rest) => ("", rest),
        None => query.split_once("&rd=").unwrap_or((query, "")),
    };
    // A raw address ends where the query ends: what looks like a parameter behind it is one of the application's.
    let after = if is_raw(start) { "" } else { start.split_once('&').map_or("", |(_, after)| after) };
    [before, after].into_iter()
}

/// Whether an address is written without escapes, since nginx cannot encode `$request_uri`.
fn is_raw(start: &str) -> bool {
    ["/", "http://", "https://"].iter().any(|raw| start.starts_with(raw))
}

/// The text of the first `rd` of a query.
fn rd_of(query: &str) -> Option<Result<String, Refusal>> {
    let start = match query.strip_prefix("rd=") {
        Some(rest) => rest,
        None => query.split_once("&rd=")?.1,
    };
    if is_raw(start) {
        return Some(Ok(start.to_owned()));
    }
    let encoded = start.split('&').next().unwrap_or(start);
    if encoded.is_empty() {
        return None;
    }
    let decoded = percent_decode_str(encoded).decode_utf8().map(Cow::into_owned);
    Some(decoded.map_err(|_| Refusal::ReturnToMalformed { why: "its escapes are no UTF-8" }))
}

/// Never cut in the middle: without the fragment, then without the query, then `/`.
fn shorten(mut url: Url) -> ReturnTo {
    if !fits(&url) {
        url.set_fragment(None);
    }
    if !fits(&url) {
        url.set_query(None);
    }
    if !fits(&url) {
        url.set_path("/");
    }
    ReturnTo(url.into())
}

fn fits(url: &Url) -> bool {
    let text = url.as_str();
    // The state of a login holds it as JSON, where a backslash (browsers leave it in a query) is two.
    text.len() + text.matches('\\').count() <= MAX_RETURN_TO
        && utf8_percent_encode(text, &COMPONENT).map(str::len).sum::<usize>() <= MAX_ENCODED
}

/// The parameter of a login address that says what the request before it brought.
const SEEN: &str = "seen";
/// Bytes of a return address, a backslash counted twice.
pub const MAX_RETURN_TO: usize = 2048;
/// Bytes of a return address inside a login address, so that the head of an answer fits 4096.
const MAX_ENCODED: usize = 3000;
/// Logins inside logins that are looked into; a loop stops long before, and only an attack goes on.
const MAX_NESTED: usize = 16;
/// Bytes that are looked at.
const MAX_READ: usize = 32 * 1024;

/// As `encodeURIComponent`.
const COMPONENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
