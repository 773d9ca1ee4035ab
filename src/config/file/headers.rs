//! The settings of one header for the application.

use super::{
    Choice, Entry, Finding, Form, Node, Place, Reader, Setting, Shape, Table, Value, Written, not_a_table,
    unknown,
};
use crate::config::claim_header::{Encoding, ListForm, Over};
use crate::config::header_names::HeaderNames;
use crate::config::kind::Choices;
use crate::protocol::claim_source::ClaimSource;

table! {
    /// One of `headers`: what becomes of a claim until it is in the header. The steps are taken in the order in which they stand here.
    HeaderAsWritten {
        /// The claim. One inside another is written with dots: `realm_access.roles`.
        claim: String, "needed", "Write the claim: claim: groups";
        /// Who must say it: `any`, `id_token`, `userinfo` or `access_token`. An access token says something only where it is a JWT that the
        /// provider signed. For a token that a caller presents, it is always that token.
        from: Choice<ClaimSource>, "`any`: the ID token before userinfo, and `access_token_claims` last", "Write any, id_token, userinfo or access_token.";
        /// Only values that begin so count, and they are sent without it.
        strip_prefix: String, "none", "Write: strip_prefix: app-";
        /// Whether letters are sent in lower case.
        lower_case: bool, "`false`", "Write true or false.";
        /// Only values that are of this form as a whole count: a regular expression, as in [rules](rules.md).
        allow: String, "every value", "Write: allow: \"app-.*\"";
        /// What is sent where nothing is left. On a public route, where nobody is known, the header is empty all the same.
        default: String, "empty", "Write: default: guest";
        /// How several values are one: `joined` with commas, or as a `json` array. With `json` an object can be sent too.
        list: Choice<ListForm>, "`joined`", "Write joined or json.";
        /// How text with more than ASCII is written: `percent`, `utf8`, `rfc2047`, `quoted_printable`, `base64` or `ascii_fold`. See
        /// [headers](headers.md#encodings).
        encoding: Choice<Encoding>, "`percent`", "Write percent, utf8, rfc2047, quoted_printable, base64 or ascii_fold.";
        /// Values that are sent at most: 1 to 1000.
        max_items: usize, "what fits", "Write: max_items: 50";
        /// Bytes that are sent at most: 1 to 3000.
        max_bytes: usize, "what fits", "Write: max_bytes: 1000";
        /// What becomes of more than that: `deny` lets nobody in with it, `drop` leaves the header empty, `truncate` sends as many whole
        /// values of a list as fit. The log says so for the last two.
        over: Choice<Over>, "`deny`", "Write deny, drop or truncate.";
    }
}

impl Choices for ClaimSource {
    const ALL: &'static [(&'static str, Self)] = &[
        ("any", Self::Any),
        ("id_token", Self::IdToken),
        ("userinfo", Self::Userinfo),
        ("access_token", Self::AccessToken),
    ];
}

impl Choices for ListForm {
    const ALL: &'static [(&'static str, Self)] = &[("joined", Self::Joined), ("json", Self::Json)];
}

impl Choices for Encoding {
    const ALL: &'static [(&'static str, Self)] = &[
        ("percent", Self::Percent),
        ("utf8", Self::Utf8),
        ("rfc2047", Self::Rfc2047),
        ("quoted_printable", Self::QuotedPrintable),
        ("base64", Self::Base64),
        ("ascii_fold", Self::AsciiFold),
    ];
}

impl Choices for Over {
    const ALL: &'static [(&'static str, Self)] =
        &[("deny", Self::Deny), ("drop", Self::Drop), ("truncate", Self::Truncate)];
}

impl Choices for HeaderNames {
    const ALL: &'static [(&'static str, Self)] = &[
        ("oauth2_proxy", Self::Oauth2Proxy),
        ("authelia", Self::Authelia),
        ("traefik_forward_auth", Self::TraefikForwardAuth),
        ("vouch", Self::Vouch),
        ("mod_auth_openidc", Self::ModAuthOpenidc),
    ];
}
