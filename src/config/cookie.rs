//! Cookies of ours.

use std::time::Duration;

/// A cookie of ours (RFC 6265bis).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// With its `__Host-` or `__Secure-` prefix.
    pub name: String,
    /// `Domain`; none makes it host-only.
    pub domain: Option<String>,
    /// `Secure`.
    pub secure: bool,
    /// `SameSite`.
    pub same_site: SameSite,
    /// `Max-Age`; none ends the cookie with the browser.
    pub max_age: Option<Duration>,
}

impl Cookie {
    /// The whole value of the `Set-Cookie` header that gives the cookie this value.
    pub fn line(&self, value: &str) -> String {
        let mut line = format!("{}={value}; Path=/", self.name);
        if let Some(domain) = &self.domain {
            line += "; Domain=";
            line += domain;
        }
        if let Some(age) = self.max_age {
            line += &format!("; Max-Age={}", age.as_secs());
        }
        line += "; HttpOnly";
        if self.secure {
            line += "; Secure";
        }
        line += match self.same_site {
            SameSite::Lax => "; SameSite=Lax",
            SameSite::None => "; SameSite=None",
        };
        line
    }
}

/// `SameSite` (RFC 6265bis section 4.1.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Sent with navigations from other sites, not with their requests in the background.
    Lax,
    /// Sent with the cross-site POST of `response_mode: form_post`; the flow cookie only, and always `Secure`.
    None,
}
