//! The names by which other gateways tell applications who somebody is, for those that were written for one of them.

/// A gateway whose names are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderNames {
    /// oauth2-proxy with `--set-xauthrequest`.
    Oauth2Proxy,
    /// Authelia.
    Authelia,
    /// thomseddon's traefik-forward-auth.
    TraefikForwardAuth,
    /// Vouch Proxy.
    Vouch,
    /// mod_auth_openidc, whose names have a `_` where these have a `-`: behind CGI, WSGI and PHP they are the same.
    ModAuthOpenidc,
}

/// Stands for the claim in which a provider says which groups or roles a person has.
pub(super) const GROUPS: &str = "groups";

impl HeaderNames {
    /// Claim and header of each.
    pub(super) const fn pairs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Oauth2Proxy => &[
                ("sub", "X-Auth-Request-User"),
                ("email", "X-Auth-Request-Email"),
                ("preferred_username", "X-Auth-Request-Preferred-Username"),
                (GROUPS, "X-Auth-Request-Groups"),
            ],
            Self::Authelia => &[
                ("preferred_username", "Remote-User"),
                ("name", "Remote-Name"),
                ("email", "Remote-Email"),
                (GROUPS, "Remote-Groups"),
            ],
            Self::TraefikForwardAuth => &[("email", "X-Forwarded-User")],
            Self::Vouch => &[("email", "X-Vouch-User")],
            Self::ModAuthOpenidc => &[
                ("sub", "OIDC-CLAIM-sub"),
                ("iss", "OIDC-CLAIM-iss"),
                ("name", "OIDC-CLAIM-name"),
                ("given_name", "OIDC-CLAIM-given-name"),
                ("family_name", "OIDC-CLAIM-family-name"),
                ("preferred_username", "OIDC-CLAIM-preferred-username"),
                ("email", "OIDC-CLAIM-email"),
                (GROUPS, "OIDC-CLAIM-groups"),
            ],
        }
    }
}
