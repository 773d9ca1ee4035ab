//! Where a claim is taken from.

/// Which of the things that a provider hands out says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClaimSource {
    /// Any: the ID token goes before userinfo, and that before an access token whose claims are taken.
    #[default]
    Any,
    /// The latest ID token, and nothing else.
    IdToken,
    /// The latest answer of the userinfo endpoint.
    Userinfo,
    /// The latest access token, where it is a JWT that the provider signed.
    AccessToken,
}
