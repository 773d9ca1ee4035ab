//! A browser as far as logins need one: cookies by host, redirects, forms.

use std::collections::BTreeMap;

use crate::http::{Answer, Request};
use crate::seeds;

/// Redirects followed in one go.
const HOPS: usize = 12;

/// A browser with its cookies. All hosts are on this machine.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<(String, String), String>,
}

/// A page and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) address: String,
    pub(crate) answer: Answer,
}

impl Browser {
    /// One request, with the cookies of its host; what the answer sets is kept. No redirect is followed.
    pub(crate) fn ask(&mut self, address: &str, build: impl FnOnce(Vec<u8>) -> Request) -> Answer {
        let (authority, target) = split(address);
        let (host, port) = authority.rsplit_once(':').unwrap();
        let mut request = build(target.as_bytes().to_vec());
        let cookies = self.cookie_header(host);
        if !cookies.is_empty() {
            request = request.header("Cookie", &cookies);
        }
        let answer = request
            .send(authority, port.parse().unwrap())
            .unwrap_or_else(|error| panic!("{} {}: {error}", request.method, without_query(address)));
        for line in answer.all("set-cookie") {
            self.keep(host, line);
        }
        answer
    }

    /// Opens an address as a person does, and follows every redirect.
    pub(crate) fn open(&mut self, address: &str) -> Page {
        self.follow(address, |target| Request::get(target).navigation())
    }

    /// Asks for JSON, as a page's script does.
    pub(crate) fn fetch(&mut self, address: &str) -> Answer {
        self.ask(address, |target| Request::get(target).fetch())
    }

    /// Sends a request and follows every redirect, each as a navigation with GET.
    pub(crate) fn follow(&mut self, address: &str, build: impl FnOnce(Vec<u8>) -> Request) -> Page {
        let mut page = Page { address: address.to_owned(), answer: self.ask(address, build) };
        for _ in 0..HOPS {
            let Some(next) = page.redirect() else { return page };
            seeds::address(&next);
            let answer = self.ask(&next, |target| Request::get(target).navigation());
            page = Page { address: next, answer };
        }
        panic!("more than {HOPS} redirects, the last to {}", without_query(&page.address));
    }

    /// Sends the first form of a page with its hidden fields and those given, as that page would.
    pub(crate) fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let (action, mut values) = form(page);
        values.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&values);
        let body = body.finish();
        let origin = format!("http://{}", split(&page.address).0);
        let same = if action.starts_with(&origin) { "same-origin" } else { "cross-site" };
        self.follow(&action, |target| {
            Request::post(target, &body)
                .header("Accept", "text/html")
                .header("Origin", &origin)
                .header("Sec-Fetch-Mode", "navigate")
                .header("Sec-Fetch-Dest", "document")
                .header("Sec-Fetch-Site", same)
        })
    }

    /// Opens an address, signs in at the provider, and returns the page that it ends on.
    pub(crate) fn sign_in(&mut self, address: &str, name: &str) -> Page {
        let form = self.open(address);
        assert!(
            form.is_sign_in(),
            "no sign-in form but {} at {}: {}",
            form.answer.status,
            form.place(),
            form.answer.body
        );
        let field = if form.is_keycloak() { "username" } else { "name" };
        let page = self.submit(&form, &[(field, name), ("password", name)]);
        // A provider that answers by form post hands the code over in a form that sends itself.
        if page.answer.body.contains("name=\"code\"") { self.submit(&page, &[]) } else { page }
    }

    /// `Cookie` for a host; empty where there is none.
    pub(crate) fn cookie_header(&self, host: &str) -> String {
        let pairs = self.cookies.iter().filter(|((at, _), _)| at == host);
        pairs.map(|((_, name), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Loses the cookies of a host, as somebody who clears one site's data.
    pub(crate) fn forget(&mut self, host: &str) {
        self.cookies.retain(|(at, _), _| at != host);
    }

    fn keep(&mut self, host: &str, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let key = (host.to_owned(), name.to_owned());
        let over = parts.any(|part| {
            let part = part.to_ascii_lowercase();
            part == "max-age=0" || part.starts_with("expires=thu, 01 jan 1970")
        });
        if over || value.is_empty() {
            self.cookies.remove(&key);
        } else {
            seeds::value(value);
            self.cookies.insert(key, value.to_owned());
        }
    }
}

impl Page {
    /// Where the page sends its reader, absolute.
    pub(crate) fn redirect(&self) -> Option<String> {
        if !matches!(self.answer.status, 301..=303) {
            return None;
        }
        let location = self.answer.header("location").unwrap();
        Some(absolute(&self.address, location))
    }

    /// Whether it is the sign-in page of the development provider, or Keycloak's.
    pub(crate) fn is_sign_in(&self) -> bool {
        self.answer.status == 200 && (self.answer.body.contains("id=\"sign-in\"") || self.is_keycloak())
    }

    fn is_keycloak(&self) -> bool {
        self.answer.body.contains("id=\"kc-form-login\"")
    }

    /// Its address without the query, which may carry a code.
    pub(crate) fn place(&self) -> &str {
        without_query(&self.address)
    }
}

/// Scheme-less authority and the rest of an http address, byte for byte.
pub(crate) fn split(address: &str) -> (&str, &str) {
    let rest = address
        .strip_prefix("http://")
        .unwrap_or_else(|| panic!("not on this machine: {}", without_query(address)));
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

fn without_query(address: &str) -> &str {
    address.split('?').next().unwrap()
}

fn absolute(base: &str, reference: &str) -> String {
    if reference.starts_with('/') {
        return format!("http://{}{reference}", split(base).0);
    }
    assert!(
        reference.starts_with("http://"),
        "a reference that is neither absolute nor a path: {}",
        without_query(reference)
    );
    reference.to_owned()
}

/// Action and hidden fields of the first form of a page.
fn form(page: &Page) -> (String, Vec<(String, String)>) {
    let body = &page.answer.body;
    let start =
        body.find("<form").unwrap_or_else(|| panic!("no form at {}: {}", page.place(), page.answer.status));
    let form = &body[start..start + body[start..].find("</form>").unwrap()];
    let action = attribute(form, "action").unwrap_or_else(|| page.address.clone());
    let hidden = form.match_indices("<input").filter_map(|(at, _)| {
        let input = &form[at..at + form[at..].find('>').unwrap()];
        (attribute(input, "type")? == "hidden")
            .then(|| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap_or_default()))
    });
    (absolute(&page.address, &action), hidden.collect())
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next().unwrap();
    Some(unescape(value))
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let Some((entity, tail)) = after.split_once(';') else {
            plain.push('&');
            rest = after;
            continue;
        };
        let code = match entity {
            "amp" => Some(u32::from('&')),
            "lt" => Some(u32::from('<')),
            "gt" => Some(u32::from('>')),
            "quot" => Some(u32::from('"')),
            _ => match entity.strip_prefix("#x") {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => entity.strip_prefix('#').and_then(|decimal| decimal.parse().ok()),
            },
        };
        plain.push(code.and_then(char::from_u32).unwrap_or_else(|| panic!("unknown entity &{entity};")));
        rest = tail;
    }
    plain.push_str(rest);
    plain
}
