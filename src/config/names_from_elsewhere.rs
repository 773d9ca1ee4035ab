//! What settings about access tokens and rules are called in other programs and in specifications, and what is written here in their
//! place.

/// What to say of a name that is no setting of the table at that path.
pub(super) fn name_from_elsewhere(key: &str, table: &str) -> Option<&'static str> {
    let name = key.trim_start_matches('-').replace('-', "_").to_ascii_lowercase();
    NAMES
        .iter()
        .find(|(of, names, _)| *of == table && names.contains(&name.as_str()))
        .map(|(_, _, help)| *help)
}

const CLIENT: &str = "clients.<client>";
const ISSUER: &str = "clients.<client>.bearer.<issuer>";
const RESOURCE: &str = "clients.<client>.resource_metadata";
const RULE: &str = "clients.<client>.rules";

const TAKES_TOKENS: &str =
    "Did you mean bearer? Write: bearer: { main: { audiences: [https://api.example.com] } }";
const REQUIRE: &str = "Write it into a rule: require: { groups: { any: [admins] } }";
const PUBLIC: &str = "Write a rule: rules: [{ path: /health, policy: public }]";
const AS_WHOM: &str = "As whom the issuer is asked about tokens: introspection_client: { client_id: my-api, client_secret_file: api.secret }";
const ID_TOKEN: &str = "For the ID token write: id_token_header: X-Auth-ID-Token. For the access token: access_token_header: Authorization";
const ASSERTION: &str = "For a JWT that is signed here write: assertion: { key_file: assertion.pem }";
const MADE: &str = "Leave it out: it is made from what stands under bearer.";

/// The table, names in it, and what to say.
const NAMES: &[(&str, &[&str], &str)] = &[
    (
        CLIENT,
        &[
            "skip_jwt_bearer_tokens",
            "bearer_token_format",
            "bearer_tokens",
            "access_tokens",
            "jwt_bearer",
            "accept_token",
        ],
        TAKES_TOKENS,
    ),
    (
        CLIENT,
        &["extra_jwt_issuers", "identity_providers"],
        "Write each issuer under bearer: other: { issuer: https://id.example.org, audiences: [https://api.example.com] }",
    ),
    (
        CLIENT,
        &["bearer_token_login_fallback"],
        "Leave it out: a token that is not good is 401 here, and never leads to the login.",
    ),
    (CLIENT, &["oidc_extra_audiences"], "Did you mean audiences?"),
    (CLIENT, &["resource_server_only", "oidc_resource_server_only"], "Did you mean bearer_only?"),
    (CLIENT, &["access_control", "accesscontrol"], "Did you mean rules?"),
    (
        CLIENT,
        &["mcp", "protected_resource_metadata", "oauth_protected_resource"],
        "Did you mean resource_metadata?",
    ),
    (CLIENT, &["allowed_groups", "allowed_roles", "groups", "roles", "require", "allowed_emails"], REQUIRE),
    (CLIENT, &["skip_auth_routes", "skip_auth_regex", "public_paths", "whitelist"], PUBLIC),
    (CLIENT, &["pass_access_token", "access_token"], "Write: access_token_header: X-Auth-Access-Token"),
    (CLIENT, &["pass_authorization_header", "set_authorization_header", "id_token"], ID_TOKEN),
    (CLIENT, &["jwt", "signed_jwt", "jwt_claims_headers", "signing_key", "signing_key_file"], ASSERTION),
    (CLIENT, &["strip_cookies", "oidcstripcookies", "oidc_strip_cookies"], "Did you mean strip_cookie?"),
    (CLIENT, &["token"], "Did you mean clients.<client>.bearer_options.token?"),
    (CLIENT, &["introspection"], "Did you mean clients.<client>.bearer.<issuer>.introspection?"),
    (
        CLIENT,
        &["oidcoauthintrospectionendpoint"],
        "Did you mean clients.<client>.bearer.<issuer>.introspection_endpoint?",
    ),
    (
        CLIENT,
        &["oidcoauthtokenintrospectioninterval"],
        "Did you mean clients.<client>.bearer.<issuer>.introspection_cache?",
    ),
    (
        CLIENT,
        &["oidcoauthclientid", "oidcoauthclientsecret", "oidcoauthintrospectionendpointauth"],
        "Did you mean clients.<client>.bearer.<issuer>.introspection_client?",
    ),
    (CLIENT, &["oidcoauthverifyjwksuri"], "Did you mean clients.<client>.bearer.<issuer>.jwks_uri?"),
    (CLIENT, &["oidcoauthverifycertfiles"], "Did you mean clients.<client>.bearer.<issuer>.jwks_file?"),
    (CLIENT, &["oidcoauthverifyissuer"], "Did you mean clients.<client>.bearer.<issuer>.issuer?"),
    (CLIENT, &["oidcoauthverifyaudience"], "Did you mean clients.<client>.bearer.<issuer>.audiences?"),
    (
        CLIENT,
        &["oidcoauthverifysharedkeys", "oidcoauthdecryptsharedkeys"],
        "Leave it out: with a secret that issuer and API share, either could make tokens.",
    ),
    (
        CLIENT,
        &["oidcoauthaccepttokenas"],
        "Leave it out: a token is taken from the header Authorization only.",
    ),
    (ISSUER, &["aud"], "Did you mean audiences?"),
    (ISSUER, &["alg", "algs", "supported_algs", "signing_algorithms"], "Did you mean algorithms?"),
    (ISSUER, &["jwks", "jwks_url", "jwks_endpoint"], "Did you mean jwks_uri?"),
    (ISSUER, &["required_scopes"], "Did you mean scopes?"),
    (
        ISSUER,
        &["azp", "sub", "subjects", "allowed_clients", "authorized_parties"],
        "Did you mean client_ids?",
    ),
    (ISSUER, &["headers", "claims", "claim_headers"], "Did you mean extra_claim_headers?"),
    (ISSUER, &["typ", "type"], "Did you mean profile?"),
    (ISSUER, &["token_file"], "Did you mean provider_token_file?"),
    (
        ISSUER,
        &["bearer_token_file"],
        "Did you mean provider_token_file, or introspection_client: { bearer_token_file: … }?",
    ),
    (
        ISSUER,
        &["client_id"],
        "The clients whose tokens are taken: client_ids: [my-api-client]. As whom the issuer is asked about tokens: \
         introspection_client: { client_id: my-api, client_secret_file: api.secret }",
    ),
    (
        ISSUER,
        &[
            "client_secret",
            "client_secret_file",
            "client_secret_env",
            "introspection_client_id",
            "introspection_client_secret",
        ],
        AS_WHOM,
    ),
    (ISSUER, &["introspection_url", "introspection_uri"], "Did you mean introspection_endpoint?"),
    (ISSUER, &["token"], "Did you mean clients.<client>.bearer_options.token?"),
    (RESOURCE, &["scopes"], "Did you mean scopes_supported?"),
    (RESOURCE, &["name"], "Did you mean resource_name?"),
    (RESOURCE, &["documentation"], "Did you mean resource_documentation?"),
    (RESOURCE, &["authorization_servers", "bearer_methods_supported", "jwks_uri"], MADE),
    (
        RULE,
        &["prefix", "path_prefix", "resources", "url", "uri"],
        "Write the path, and /* behind it for all that is beneath: path: /api/*",
    ),
    (RULE, &["regex", "regexp", "path_regexp"], "Did you mean path_regex?"),
    (RULE, &["host", "domain", "domains"], "Did you mean hosts?"),
    (RULE, &["public", "skip_auth", "bypass"], "Did you mean policy: public?"),
    (RULE, &["groups", "roles", "allowed_groups", "subject", "claims"], REQUIRE),
    (RULE, &["network", "ip", "ips", "client_ip", "source", "cidr"], "Did you mean networks?"),
    (RULE, &["method"], "Did you mean methods?"),
    (RULE, &["step_up"], "Did you mean on_forbidden: step_up, with acr_values or max_age beside it?"),
    (RULE, &["use", "include", "rule_group"], "Did you mean group?"),
    (RULE, &["acr"], "Did you mean acr_values?"),
    (RULE, &["issuer", "issuers"], "Did you mean bearer_issuers?"),
    (RULE, &["audience", "audiences"], "Did you mean clients.<client>.bearer.<issuer>.audiences?"),
];
