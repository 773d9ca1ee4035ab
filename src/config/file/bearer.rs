//! The settings about access tokens, and about what is asked of which requests.

use std::time::Duration;

use super::{
    AuthenticationMethod, Choice, Entry, Finding, Form, List, Node, Pairs, Place, Reader, Secret, Setting,
    Shape, SigningAlgorithm, Table, Texts, TimeOrZero, Value, Written, not_a_table, unknown,
};
use crate::config::bearer::{Ask, Dpop, TokenHandling, WithSession};
use crate::config::kind::Choices;
use crate::protocol::access_token::Profile;

table! {
    /// One issuer of access tokens that a client takes.
    BearerAsWritten {
        /// The issuer, as its tokens name it, to the letter.
        issuer: String, "the client's own", "Write the issuer: issuer: https://id.example.com";
        /// The tenants whose tokens are taken, where `issuer` is a template.
        tenants: List, "none: `issuer` is no template", "Write: tenants: [11111111-2222-3333-4444-555555555555]";
        /// Where vestibule itself reaches the issuer, if that is elsewhere: scheme, host and port. Only with `issuer`, as all that
        /// follows up to `danger_private_endpoints`.
        backchannel_url: String, "the issuer's own host", "Write: backchannel_url: https://keycloak.internal:8443";
        /// A file with the certificates of the authorities that are believed for it, in PEM.
        ca_file: String, "the authorities of this system", "Write the path of a file: ca_file: /etc/ssl/private-ca.pem";
        /// A file with its keys (a JWK set), in place of asking for them. Read again every `keys_refresh`.
        jwks_file: String, "asked for", "Write the path of a file: jwks_file: cluster-keys.json";
        /// Where its keys are, in place of what its metadata say.
        jwks_uri: String, "discovered", "Write: jwks_uri: https://id.example.com/keys";
        /// A file with a bearer token for asking for its metadata and keys, read again each time; the API server of Kubernetes wants one.
        provider_token_file: String, "none", "Write: provider_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token";
        /// The pause between two looks for its new keys, in the background; what is known is kept when a look fails. 1m to 24h.
        keys_refresh: Duration, "`1h`", "Write: keys_refresh: 1h";
        /// Takes an issuer over http that is not on this machine. Anyone on the way can swap the keys.
        danger_http_issuer: bool, "`false`", "Write true or false.";
        /// Lets its metadata name endpoints at private addresses although it is at a public one.
        danger_private_endpoints: bool, "`false`", "Write true or false.";
        /// Whom a token must be for, one of these (`aud`): the names of your own API, never a `client_id`.
        audiences: Texts, "needed", "Write what the issuer calls your API: audiences: [https://api.example.com]";
        /// How a token shows that it is an access token. `rfc9068`: its `typ` is `at+jwt`, and all is there that RFC 9068 asks for. `jwt`:
        /// it has a claim that only access tokens have, and none of other tokens. `workload`: for issuers at which nobody
        /// signs in, as Kubernetes and CI services are.
        profile: Choice<Profile>, "`rfc9068`", "Write rfc9068, jwt or workload.";
        /// By what a token may be signed.
        algorithms: Texts, "every one that is offered, none of which signs with a secret", "Write: algorithms: [RS256, ES256]";
        /// The clients that a token may have been issued to (`client_id`, `azp`; of a workload that has neither, `sub`).
        client_ids: Texts, "any", "Write: client_ids: [my-api-client]";
        /// Scopes that every token needs, all of them.
        scopes: Texts, "none", "Write: scopes: read";
        /// How far the clocks of the issuer and this machine may be apart: 0s to 300s.
        clock_leeway: TimeOrZero, "that of the client", "Write: clock_leeway: 60s";
        /// Claim → header for these tokens. Every header that any issuer fills is empty where another has nothing for it.
        extra_claim_headers: Pairs, "those of the client", "Write: extra_claim_headers: { email: X-User-Email }";
        /// Whether the issuer is asked for the claims of the person (userinfo), with the token that was presented.
        userinfo: bool, "`false`", "Write true or false.";
        /// Whether the issuer is asked about a token (RFC 7662): `opaque` about those that are no JWTs, which are refused otherwise, `all`
        /// about every one, so that a token that was revoked is refused as soon as `introspection_cache` is over.
        introspection: Choice<Ask>, "`off`", "Write off, opaque or all. Where it is asked, and as whom, stands beside it: introspection_endpoint, introspection_client.";
        /// Where it is asked.
        introspection_endpoint: String, "discovered", "Write: introspection_endpoint: https://id.example.com/introspect";
        /// As whom vestibule asks.
        introspection_client: IntrospectionClientAsWritten, "the client itself, at its own issuer", "Write: introspection_client: { client_id: my-api, client_secret_file: api.secret }";
        /// How long its word is believed, at most as long as the token lives: 0s to 1h.
        introspection_cache: TimeOrZero, "`60s`", "Write: introspection_cache: 60s";
        /// The one algorithm that its answers are signed by (RFC 9701). With it they must be signed.
        introspection_signed_response_alg: Choice<SigningAlgorithm>, "answers are not signed", "Write: introspection_signed_response_alg: RS256";
    }
}

table! {
    /// `introspection_client` of an issuer: the same settings as those of a client, and one more.
    IntrospectionClientAsWritten {
        /// The id that the issuer gave this API.
        client_id: String, "needed, but with `bearer_token_file`", "Write the id that the issuer gave this API.";
        /// Its secret.
        client_secret: Secret, "none", "Write the secret, or leave it out.";
        /// A file that holds the secret.
        client_secret_file: String, "none", "Write the path of a file: client_secret_file: /run/secrets/api_secret";
        /// A variable of the environment that holds the secret.
        client_secret_env: String, "none", "Write the name of a variable: client_secret_env: API_SECRET";
        /// A file with the private key that signs for it (`private_key_jwt`).
        client_key_file: String, "none", "Write the path of a file: client_key_file: /run/secrets/api_key.pem";
        /// The `kid` of that key.
        client_key_id: String, "that of the JWK, else the thumbprint (RFC 7638)", "Write the id of the key, or leave it out.";
        /// A file with its certificate and chain in PEM, for `tls_client_auth` and `self_signed_tls_client_auth`.
        client_certificate_file: String, "none", "Write the path of a file: client_certificate_file: /run/secrets/api.pem";
        /// The private key of that certificate.
        client_certificate_key_file: String, "in the same file", "Write the path of a file: client_certificate_key_file: /run/secrets/api.key";
        /// A file with a bearer token by which vestibule may ask, read again for each question.
        bearer_token_file: String, "none", "Write the path of a file: bearer_token_file: /run/secrets/introspection-token";
        /// How it proves itself.
        token_endpoint_auth_method: Choice<AuthenticationMethod>, "as at a client", "Write client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth, self_signed_tls_client_auth or none.";
        /// What it signs by, for `private_key_jwt` and `client_secret_jwt`.
        token_endpoint_auth_signing_alg: Choice<SigningAlgorithm>, "what is usual for the key", "Write: token_endpoint_auth_signing_alg: ES256";
    }
}

table! {
    /// `bearer_options` of a client.
    BearerOptionsAsWritten {
        /// A request with an access token and a session cookie: `refuse` refuses it (`bearer_with_cookie`); with `token` the token
        /// alone decides.
        with_session: Choice<WithSession>, "`refuse`", "Write refuse or token.";
        /// Whether the application gets the token: `pass`, or `remove`. For `remove` the proxy must copy `Authorization` from the answer:
        /// see [bearer tokens](bearer.md).
        token: Choice<TokenHandling>, "`pass`", "Write pass or remove.";
        /// Tokens that are bound to a key of the caller (DPoP, RFC 9449): `off` refuses them, `accepted` takes them beside others,
        /// `required` takes no others.
        dpop: Choice<Dpop>, "`off`", "Write off, accepted or required.";
        /// Whether a DPoP proof needs a nonce of ours, so that none can be made in advance.
        dpop_nonce: bool, "`false`", "Write true or false.";
        /// The header in which the proxy passes the certificate that the caller showed, for tokens that are bound to one (RFC
        /// 8705). The proxy must set it on each request, whatever the caller sent under that name. Without it such tokens are refused.
        certificate_header: String, "none", "Write: certificate_header: X-Client-Cert";
    }
}

table! {
    /// `resource_metadata` of a client (RFC 9728 section 2), served at `/.well-known/oauth-protected-resource` of the resource's host
    /// and at `/oidc/<client>/oauth-protected-resource`.
    ResourceMetadataAsWritten {
        /// The resource's identifier: its address as callers know it, without a query.
        resource: String, "needed", "Write the address of the resource: resource: https://api.example.com";
        /// Scopes that may be asked for.
        scopes_supported: Texts, "left out", "Write: scopes_supported: read write";
        /// What people call it.
        resource_name: String, "left out", "Write: resource_name: Example API";
        /// Where developers read about it.
        resource_documentation: String, "left out", "Write: resource_documentation: https://docs.example.com";
    }
}

impl Choices for Profile {
    const ALL: &'static [(&'static str, Self)] =
        &[("rfc9068", Self::Rfc9068), ("jwt", Self::Jwt), ("workload", Self::Workload)];
}

impl Choices for Ask {
    const ALL: &'static [(&'static str, Self)] =
        &[("off", Self::Never), ("opaque", Self::Opaque), ("all", Self::All)];
}

impl Choices for WithSession {
    const ALL: &'static [(&'static str, Self)] = &[("refuse", Self::Refuse), ("token", Self::TokenDecides)];
}

impl Choices for TokenHandling {
    const ALL: &'static [(&'static str, Self)] = &[("pass", Self::Pass), ("remove", Self::Remove)];
}

impl Choices for Dpop {
    const ALL: &'static [(&'static str, Self)] =
        &[("off", Self::Off), ("accepted", Self::Accepted), ("required", Self::Required)];
}
