//! The settings of rules: what is asked of which requests.

use std::time::Duration;

use super::{
    Choice, Entry, Finding, Form, Node, Place, Reader, Setting, Shape, Table, Texts, Value, Written,
    not_a_table, unknown,
};
use crate::config::bearer::TokenHandling;
use crate::config::condition_form::ConditionAsWritten;
use crate::config::form::{At, Tables};
use crate::config::kind::Choices;
use crate::config::rule::{BearerPolicy, OnForbidden, OnUnauthenticated, Policy, Preflight};

table! {
    /// What is asked of the requests that it fits, which are those that all of `hosts`, `path`, `methods` and `networks` fit. The first
    /// rule that fits holds, and no other; where none does, whoever is signed in gets in.
    RuleAsWritten {
        /// The hosts, of those that the client guards: `app.example.com` or `*.apps.example.com`.
        hosts: Texts, "every host of the client", "Write: hosts: [app.example.com]";
        /// The path, exactly, or a path and all beneath it: `/health`, `/api/*`. Elsewhere than at the end a `*` stands for one segment
        /// or a part of one (`/users/*/avatar`, `/files/*.pdf`), and `**` for any number of them. A path that could be read in two ways, of which only
        /// one fits, is refused (`path_ambiguous`).
        path: String, "every path", "Write: path: /api/*";
        /// The path by a regular expression in place of `path`. It is held against the whole path, decoded: `/v[0-9]+/.*`.
        path_regex: String, "none", "Write: path_regex: /v[0-9]+/.*";
        /// The methods.
        methods: Texts, "every method", "Write: methods: [POST, PUT, PATCH, DELETE]";
        /// The addresses or networks of the client: the rightmost address of `X-Forwarded-For` that is no trusted proxy. Where the proxy
        /// does not send it, a request that it depends on is refused (`client_address_unknown`).
        networks: Texts, "from everywhere", "Write: networks: [10.0.0.0/8]";
        /// Who is let in. `authenticated`: whoever is signed in or has a token; `public`: everybody, told of nobody; `optional`: everybody,
        /// and the application is told who is signed in; `deny`: nobody. A path that could mean another one to somebody (`//`, dot segments,
        /// `;`, `%2F`, `%5C`, `%00`, a double encoding) never falls under a rule with `public` or `optional`.
        policy: Choice<Policy>, "`authenticated`", "Write public, optional, authenticated or deny.";
        /// What the claims must say of whoever is let in: see [conditions](rules.md#conditions).
        require: ConditionAsWritten, "nothing", "Write: require: { groups: { any: [admins] } }";
        /// Access tokens: `accepted` beside a session, `required` in place of one, `ignored` as if they were none of ours.
        bearer: Choice<BearerPolicy>, "`accepted` where the client has `bearer`", "Write accepted, required or ignored. Audiences stand under bearer of the client, scopes beside this.";
        /// The issuers whose tokens are taken, by their names under `bearer`.
        bearer_issuers: Texts, "all of the client's", "Write: bearer_issuers: [main]";
        /// Scopes that a token needs, all of them. A session has none and is not asked for them.
        scopes: Texts, "none", "Write: scopes: read";
        /// Scopes of which a token needs one.
        any_scope: Texts, "none", "Write: any_scope: read write";
        /// How the person must have been authenticated (`acr`), one of these; of tokens and sessions.
        acr_values: Texts, "any", "Write: acr_values: mfa";
        /// How long ago the person may have been authenticated (`auth_time`); of tokens and sessions.
        max_age: Duration, "any", "Write: max_age: 15m";
        /// How old the claims of a session may be: 10s to 24h. Older ones are refreshed before the decision; a session that cannot be refreshed
        /// is led to the login.
        claims_max_age: Duration, "until they are refreshed anyway", "Write: claims_max_age: 1m";
        /// Whether userinfo is asked for, with the token that was presented.
        userinfo: bool, "as at the issuer", "Write true or false.";
        /// Whether the application gets the token.
        token: Choice<TokenHandling>, "that of `bearer_options`", "Write pass or remove.";
        /// A request without session and token: `auto` leads a person to the login and tells a program 401; `redirect` leads everybody
        /// there, `401` and `403` tell everybody.
        on_unauthenticated: Choice<OnUnauthenticated>, "`auto`", "Write auto, redirect, 401 or 403.";
        /// A session of a person who was not authenticated as `acr_values` and `max_age` ask: `403`, or `step_up`, which leads a person to the
        /// provider, once for a session and rule, and asks it for them. Whom `require` keeps out is always told 403.
        on_forbidden: Choice<OnForbidden>, "`403`", "Write 403 or step_up.";
        /// The request that a browser sends before one of another origin, without cookies (CORS preflight: `OPTIONS`, `Origin` and
        /// `Access-Control-Request-Method`): `pass` lets it through to the application, which answers it; `deny` takes it for a request like any other.
        preflight: Choice<Preflight>, "`deny`", "Write pass or deny.";
        /// The rules of that name under `rule_groups`, in this place. Nothing else stands beside it.
        group: String, "none", "Write the name of a group: group: admins";
    }
}

/// Lists of rules under names of the user's choice.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct RuleGroups(pub(in crate::config) Vec<(String, At<Tables<RuleAsWritten>>)>);

impl Form for RuleGroups {
    fn kind() -> String {
        "lists of tables".to_owned()
    }
    const SHAPE: Shape = Shape::FileOnly;
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        let Value::Table(entries) = &node.value else { return Err(not_a_table(node)) };
        let mut groups: Vec<(String, At<Tables<RuleAsWritten>>)> = Vec::new();
        for entry in entries {
            reader.path.push(entry.key.clone());
            if let Some((_, first)) = groups.iter().find(|(name, _)| *name == entry.key) {
                let first = first.place.clone();
                reader.note(&entry.place, Finding::Twice { first });
            } else {
                match Tables::read(&entry.node, &entry.place, reader) {
                    Ok(value) => {
                        let at = At { value, place: entry.place.clone(), path: reader.path() };
                        groups.push((entry.key.clone(), at));
                    }
                    Err(finding) => reader.note(&entry.place, finding),
                }
            }
            reader.path.pop();
        }
        Ok(Self(groups))
    }
}

impl Choices for Policy {
    const ALL: &'static [(&'static str, Self)] = &[
        ("public", Self::Public),
        ("optional", Self::Optional),
        ("authenticated", Self::Authenticated),
        ("deny", Self::Deny),
    ];
}

impl Choices for BearerPolicy {
    const ALL: &'static [(&'static str, Self)] =
        &[("accepted", Self::Accepted), ("required", Self::Required), ("ignored", Self::Ignored)];
}

impl Choices for OnUnauthenticated {
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("redirect", Self::Redirect),
        ("401", Self::Unauthorized),
        ("403", Self::Forbidden),
    ];
}

impl Choices for OnForbidden {
    const ALL: &'static [(&'static str, Self)] = &[("403", Self::Forbidden), ("step_up", Self::StepUp)];
}

impl Choices for Preflight {
    const ALL: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("pass", Self::Pass)];
}
