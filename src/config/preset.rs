//! What is known of nine providers. A preset gives defaults and nothing else: whatever is written in the file goes before them.

use crate::protocol::logout::LogoutForm;

/// A provider that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Keycloak.
    Keycloak,
    /// Google, with or without Workspace.
    Google,
    /// Okta, the org's own authorization server or a custom one.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// Auth0.
    Auth0,
    /// Amazon Cognito user pools.
    Cognito,
    /// GitLab.
    Gitlab,
    /// authentik.
    Authentik,
    /// Zitadel.
    Zitadel,
}

impl Preset {
    /// Every preset by the name under which it is written.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("keycloak", Self::Keycloak),
        ("google", Self::Google),
        ("okta", Self::Okta),
        ("entra", Self::Entra),
        ("auth0", Self::Auth0),
        ("cognito", Self::Cognito),
        ("gitlab", Self::Gitlab),
        ("authentik", Self::Authentik),
        ("zitadel", Self::Zitadel),
    ];

    /// As written in clients.yaml.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keycloak => "keycloak",
            Self::Google => "google",
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Auth0 => "auth0",
            Self::Cognito => "cognito",
            Self::Gitlab => "gitlab",
            Self::Authentik => "authentik",
            Self::Zitadel => "zitadel",
        }
    }

    /// As the provider writes itself, for sentences.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Keycloak => "Keycloak",
            Self::Google => "Google",
            Self::Okta => "Okta",
            Self::Entra => "Entra ID",
            Self::Auth0 => "Auth0",
            Self::Cognito => "Cognito",
            Self::Gitlab => "GitLab",
            Self::Authentik => "authentik",
            Self::Zitadel => "Zitadel",
        }
    }

    /// What is asked for, so that there are claims and a refresh token.
    pub(super) const fn scopes(self) -> &'static [&'static str] {
        match self {
            // Keycloak gives a refresh token for its own session without it, and with it one that outlives a logout. Google,
            // Cognito and GitLab do not know the scope.
            Self::Keycloak | Self::Google | Self::Cognito | Self::Gitlab => &["openid", "profile", "email"],
            Self::Okta | Self::Entra | Self::Auth0 | Self::Authentik | Self::Zitadel => {
                &["openid", "profile", "email", "offline_access"]
            }
        }
    }

    /// Further parameters of authorization requests.
    pub(super) const fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // Without the first Google gives no refresh token; without the second only at the very first login of a person.
            Self::Google => &[("access_type", "offline"), ("prompt", "consent")],
            _ => &[],
        }
    }

    /// How the provider is asked to end its session. Google and GitLab name no endpoint for it, which comes to
    /// [`LogoutForm::Local`].
    pub(super) const fn logout_form(self) -> LogoutForm {
        match self {
            Self::Cognito => LogoutForm::LogoutUri,
            Self::Auth0 => LogoutForm::ReturnTo,
            _ => LogoutForm::EndSession,
        }
    }

    /// Whether its issuers always end with a slash, or never; none where some do.
    pub(super) const fn has_slash(self) -> Option<bool> {
        match self {
            Self::Auth0 | Self::Authentik => Some(true),
            // Those of tokens of version 1.0 do.
            Self::Entra => None,
            Self::Keycloak | Self::Google | Self::Okta | Self::Cognito | Self::Gitlab | Self::Zitadel => {
                Some(false)
            }
        }
    }

    /// Whether it gives refresh tokens, if it does, without the scope `offline_access`, which it does not know.
    pub(super) const fn refreshes_otherwise(self) -> bool {
        matches!(self, Self::Google | Self::Cognito | Self::Gitlab)
    }

    /// Whether it says of every address that nobody verified it, until its operator changes that.
    pub(super) const fn verifies_no_email(self) -> bool {
        matches!(self, Self::Authentik)
    }

    /// Whether most claims are in userinfo only.
    pub(super) const fn needs_userinfo(self) -> bool {
        matches!(self, Self::Okta | Self::Zitadel)
    }

    /// Whether that claim is an object whose member names are what is meant: Zitadel's roles, each with the organisations that
    /// gave it.
    pub(super) fn means_names(self, claim: &str) -> bool {
        self == Self::Zitadel
            && claim
                .strip_prefix("urn:zitadel:iam:org:project:")
                .is_some_and(|rest| rest == "roles" || rest.ends_with(":roles"))
    }

    /// Whether the provider cannot send that claim, as far as is known; then what to write instead, if anything.
    pub(super) fn lacks(self, claim: &str) -> Option<Option<&'static str>> {
        let owner = OWN_CLAIMS.iter().find(|(_, prefix)| claim.starts_with(prefix)).map(|(owner, _)| *owner);
        let lacks = match (self, owner) {
            (_, Some(owner)) => owner != self,
            // Cognito keeps `cognito:` for them; Google has neither.
            (Self::Cognito | Self::Google, None) => matches!(claim, "groups" | "roles"),
            (_, None) => false,
        };
        lacks.then(|| self.groups_claim())
    }

    /// Where the provider says which groups or roles a person has.
    pub(super) const fn groups_claim(self) -> Option<&'static str> {
        match self {
            Self::Keycloak => Some("realm_access.roles"),
            Self::Google | Self::Auth0 => None,
            Self::Cognito => Some("cognito:groups"),
            Self::Zitadel => Some("urn:zitadel:iam:org:project:roles"),
            Self::Okta | Self::Entra | Self::Gitlab | Self::Authentik => Some("groups"),
        }
    }
}

/// Beginnings of claims that one provider has and no other.
const OWN_CLAIMS: &[(Preset, &str)] = &[
    (Preset::Keycloak, "realm_access"),
    (Preset::Keycloak, "resource_access"),
    (Preset::Cognito, "cognito:"),
    (Preset::Zitadel, "urn:zitadel:"),
    (Preset::Gitlab, "https://gitlab.org/claims/"),
    (Preset::Gitlab, "groups_direct"),
];
