//! A cookie jar after RFC 6265bis (draft-ietf-httpbis-rfc6265bis), as strict as the strictest browser: what any of them drops, this
//! one refuses aloud.

use url::{Host, Url};

/// One cookie as the browser keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) domain: String,
    pub(crate) host_only: bool,
    pub(crate) path: String,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    /// Seconds since 1970; none ends with the browser.
    pub(crate) expires: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameSite {
    None,
    Lax,
    Strict,
}

/// On whose behalf a request goes out (section 5.2 of the draft).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// From the same site, or typed by the person.
    SameSite,
    /// A cross-site navigation with a safe method.
    CrossSiteNavigation,
    /// Anything else that another site causes.
    CrossSite,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Jar {
    cookies: Vec<Cookie>,
}

impl Jar {
    /// Takes a `Set-Cookie` line in (section 5.7).
    ///
    /// # Errors
    /// Why a browser would drop it.
    pub(crate) fn store(&mut self, url: &Url, line: &str, now: u64) -> Result<(), String> {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').ok_or("no name")?;
        let host = url.host_str().unwrap().to_owned();
        let mut cookie = Cookie {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            domain: host.clone(),
            host_only: true,
            path: default_path(url),
            secure: false,
            http_only: false,
            same_site: SameSite::Lax,
            expires: None,
        };
        if cookie.name.is_empty() || cookie.name.len() + cookie.value.len() > 4096 {
            return Err("the name is empty, or name and value are over 4096 bytes".to_owned());
        }
        let mut explicit_path = false;
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match key.to_ascii_lowercase().as_str() {
                "domain" => {
                    let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                    if domain.contains(':') || !domain_matches(&host, &domain) {
                        return Err(format!("Domain={value} does not cover {host}"));
                    }
                    if !domain.contains('.') && domain != host {
                        return Err(format!("Domain={value} is a public suffix"));
                    }
                    cookie.host_only = domain == host && !domain.contains('.');
                    cookie.domain = domain;
                }
                "path" if value.starts_with('/') => {
                    cookie.path = value.to_owned();
                    explicit_path = true;
                }
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "samesite" => {
                    cookie.same_site = match value.to_ascii_lowercase().as_str() {
                        "none" => SameSite::None,
                        "lax" => SameSite::Lax,
                        "strict" => SameSite::Strict,
                        other => return Err(format!("SameSite={other}")),
                    };
                }
                "max-age" => {
                    let seconds: i64 = value.parse().map_err(|_| format!("Max-Age={value}"))?;
                    cookie.expires = Some(now.saturating_add_signed(seconds.max(-1)));
                }
                // Only with Max-Age beside it, which wins.
                "expires" => {}
                other => return Err(format!("no browser knows the attribute {other}")),
            }
        }
        // Strict as Safari: http://localhost does not count as secure.
        if cookie.secure && url.scheme() != "https" {
            return Err("Secure, but not over https".to_owned());
        }
        let name = cookie.name.to_ascii_lowercase();
        if name.starts_with("__secure-") && !cookie.secure {
            return Err("__Secure- without Secure".to_owned());
        }
        if name.starts_with("__host-")
            && !(cookie.secure
                && cookie.host_only
                && explicit_path
                && cookie.path == "/"
                && !line.contains("Domain"))
        {
            return Err("__Host- needs Secure, Path=/ and no Domain".to_owned());
        }
        if cookie.same_site == SameSite::None && !cookie.secure {
            return Err("SameSite=None without Secure".to_owned());
        }
        let same = |have: &Cookie| {
            (&have.name, &have.domain, &have.path) == (&cookie.name, &cookie.domain, &cookie.path)
        };
        let expired = cookie.expires.is_some_and(|expires| expires <= now);
        match self.cookies.iter().position(same) {
            Some(at) if expired => drop(self.cookies.remove(at)),
            Some(at) => self.cookies[at] = cookie,
            None if expired => {}
            None => self.cookies.push(cookie),
        }
        Ok(())
    }

    /// The value of the `Cookie` header of a request to `url`, if there is any cookie for it (section 5.8.3).
    pub(crate) fn header(&self, url: &Url, context: Context, now: u64) -> Option<String> {
        let host = url.host_str().unwrap();
        let mut fitting: Vec<&Cookie> = self
            .cookies
            .iter()
            .filter(|cookie| {
                let at_home = if cookie.host_only {
                    cookie.domain == host
                } else {
                    domain_matches(host, &cookie.domain)
                };
                let welcome = match (context, cookie.same_site) {
                    (Context::SameSite, _) | (_, SameSite::None) => true,
                    (Context::CrossSiteNavigation, same_site) => same_site == SameSite::Lax,
                    (Context::CrossSite, _) => false,
                };
                at_home
                    && welcome
                    && path_matches(url.path(), &cookie.path)
                    && (!cookie.secure || url.scheme() == "https")
                    && cookie.expires.is_none_or(|expires| expires > now)
            })
            .collect();
        fitting.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> =
            fitting.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub(crate) fn all(&self) -> &[Cookie] {
        &self.cookies
    }

    /// The cookie of that name, or the first of that name with a dot and a suffix, as flow cookies have them.
    pub(crate) fn get(&self, name: &str) -> Option<&Cookie> {
        let ours = |rest: &str| rest.is_empty() || rest.starts_with('.');
        self.cookies.iter().find(|cookie| cookie.name.strip_prefix(name).is_some_and(ours))
    }

    /// The cookies that last only so long as the browser are gone.
    pub(crate) fn restart(&mut self) {
        self.cookies.retain(|cookie| cookie.expires.is_some());
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.cookies.retain(|cookie| cookie.name != name);
    }

    /// Puts a cookie in as an attacker on a sibling host would.
    pub(crate) fn plant(&mut self, cookie: Cookie) {
        self.cookies.push(cookie);
    }
}

/// Scheme and registrable domain: what "same site" compares. Two labels are enough for the names in these tests.
pub(crate) fn site(url: &Url) -> String {
    let name = match url.host().unwrap() {
        Host::Domain(name) => {
            let labels: Vec<&str> = name.rsplit('.').take(2).collect();
            labels.join(".")
        }
        address => address.to_string(),
    };
    format!("{}://{name}", url.scheme())
}

fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        Some(0) | None => "/".to_owned(),
        Some(last) => url.path()[..last].to_owned(),
    }
}
