//! The settings as written: every table and key of clients.yaml, with what it is for, what kind of value it takes and what
//! holds where it is left out. docs/configuration.md is made from this file (see [`mod@super::reference`]).

use std::net::SocketAddr;
use std::time::Duration;

use super::claims::RequestedClaims;
use super::form::{Form, List, Named, Pairs, Reader, Shape, Table, Tables, Texts, Written};
use super::form::{not_a_table, unknown};
use super::header_names::HeaderNames;
use super::kind::{Choice, Choices, TimeOrZero};
use super::node::{Entry, Node, Value};
use super::place::Place;
use super::preset::Preset;
use super::problem::Finding;
use super::tree::Tree;
use super::{AskUserinfo, EmailVerified, LogFormat, LogLevel};
use crate::protocol::authorize::Pushing;
use crate::protocol::logout::LogoutForm;
use crate::protocol::registration::{ContentEncryption, KeyManagement, ResponseMode, SigningAlgorithm};
use crate::protocol::secret::Secret;

/// One key of one table.
pub(super) struct Setting {
    /// As written.
    pub(super) key: &'static str,
    /// What it is for.
    pub(super) doc: &'static [&'static str],
    /// What kind of value it takes.
    pub(super) kind: fn() -> String,
    /// How the environment reaches it.
    pub(super) shape: Shape,
    /// What holds where it is left out, in Markdown.
    pub(super) default: &'static str,
    /// What to write where it is empty or missing.
    pub(super) hint: &'static str,
}

/// A table of clients.yaml: one declaration gives the type, its reader and its documentation.
macro_rules! table {
    ($(#[doc = $about:literal])+ $table:ident {
        $($(#[doc = $doc:literal])+ $key:ident: $form:ty, $default:literal, $hint:literal;)+
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Default)]
        pub(in crate::config) struct $table {
            $($(#[doc = $doc])+ pub(in crate::config) $key: Written<$form>,)+
        }

        impl Table for $table {
            const SETTINGS: &'static [Setting] = &[$(Setting {
                key: stringify!($key),
                doc: &[$($doc),+],
                kind: <$form as Form>::kind,
                shape: <$form as Form>::SHAPE,
                default: $default,
                hint: $hint,
            }),+];

            fn read_table(entries: &[Entry], reader: &mut Reader) -> Self {
                let mut table = Self::default();
                for (index, entry) in entries.iter().enumerate() {
                    if let Some(first) = entries[..index].iter().find(|other| other.key == entry.key) {
                        reader.path.push(entry.key.clone());
                        reader.note(&entry.place, Finding::Twice { first: first.place.clone() });
                        reader.path.pop();
                        continue;
                    }
                    let setting = Self::SETTINGS.iter().find(|setting| setting.key == entry.key);
                    match (entry.key.as_str(), setting) {
                        $((stringify!($key), Some(setting)) => {
                            table.$key = reader.setting(setting, &entry.place, &entry.node);
                        })+
                        _ => {
                            reader.path.push(entry.key.clone());
                            reader.note(&entry.place, unknown(&entry.key, Self::SETTINGS));
                            reader.path.pop();
                        }
                    }
                }
                table
            }

            fn written(&self) -> usize {
                [$(self.$key.is_absent()),+].iter().filter(|is_absent| !**is_absent).count()
            }
        }

        impl Form for $table {
            fn kind() -> String {
                "table".to_owned()
            }
            const SHAPE: Shape = Shape::Table(Self::SETTINGS);
            fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
                match &node.value {
                    Value::Table(entries) => Ok(Self::read_table(entries, reader)),
                    _ => Err(not_a_table(node)),
                }
            }
        }
    };
}

mod bearer;

mod headers;
mod passed;

mod rules;

pub(super) use bearer::{
    BearerAsWritten, BearerOptionsAsWritten, IntrospectionClientAsWritten, ResourceMetadataAsWritten,
};
pub(super) use headers::HeaderAsWritten;
pub(super) use passed::AssertionAsWritten;
pub(super) use rules::{RuleAsWritten, RuleGroups};

table! {
    /// The whole file.
    FileAsWritten {
        /// What is guarded: one table for each client, under a name of your choice (1 to 32 of `A-Z a-z 0-9 _ -`). The name is
        /// part of its addresses: `/oidc/<client>/callback`.
        clients: Named<ClientAsWritten>, "needed", "Write one: clients: { my_app: { issuer: …, client_id: …, hosts: … } }";
        /// Lists of rules that several clients share, each under a name of your choice: a rule `{ group: <name> }` of a client stands for
        /// all rules of the list.
        rule_groups: RuleGroups, "none", "Write: rule_groups: { health: [{ path: /health, policy: public }] }";
        /// Listeners, trust and limits.
        server: ServerAsWritten, "see below", "Write settings under it, or leave it out.";
        /// Where sessions are kept.
        store: StoreAsWritten, "`{ kind: memory }`", "Write: store: { kind: memory }";
    }
}

table! {
    /// One registration at one provider, with its hosts, cookie and lifetimes.
    ClientAsWritten {
        /// The provider, as it names itself: the `issuer` of its discovery document, to the letter. https, or http on this
        /// machine.
        issuer: String, "needed", "Write the provider's issuer: issuer: https://id.example.com";
        /// The tenants whose people are let in, by their ids, where `issuer` is a template, as that of an application for several
        /// organisations at Microsoft Entra ID is: `https://login.microsoftonline.com/{tenantid}/v2.0`.
        tenants: List, "none: `issuer` is no template", "Write: tenants: [11111111-2222-3333-4444-555555555555]";
        /// The provider by name, for defaults that fit it: see [providers](providers.md). Whatever is written goes before them.
        preset: Choice<Preset>, "none", "Write the name of the provider, or leave it out.";
        /// Where vestibule itself reaches the provider, if that is not where browsers do: scheme, host and port, such as
        /// `https://keycloak.internal:8443`. What is for the issuer's own scheme, host and port is asked there, with the issuer's
        /// host in `Host`; a certificate must be for the host that is written here.
        backchannel_url: String, "the issuer's own host", "Write: backchannel_url: https://keycloak.internal:8443";
        /// A file with the certificates of the authorities that are believed for this provider, in PEM, in place of the system's. It is read
        /// again when it changes. A relative path is meant from the folder of clients.yaml.
        ca_file: String, "the authorities of this system", "Write the path of a file: ca_file: /etc/ssl/private-ca.pem";
        /// The provider's addresses, for one without a discovery document. With it nothing is discovered.
        endpoints: EndpointsAsWritten, "discovered", "Write: endpoints: { authorization: …, token: …, jwks: … }";
        /// The id that the provider gave this client.
        client_id: String, "needed", "Write the id that the provider gave for {subject}.";
        /// The secret that the provider gave this client. Without it or another proof the client is public.
        client_secret: Secret, "none", "Write the secret that the provider gave for {subject}, or leave it out for a public client.";
        /// A file that holds the secret. A relative path is meant from the folder of clients.yaml.
        client_secret_file: String, "none", "Write the path of a file: client_secret_file: /run/secrets/client_secret";
        /// A variable of the environment that holds the secret.
        client_secret_env: String, "none", "Write the name of a variable: client_secret_env: CLIENT_SECRET";
        /// A file with the private key that signs for this client (`private_key_jwt`): PEM (PKCS#8, PKCS#1 or SEC1) or a JWK; RSA
        /// of 2048 bits or more, P-256, P-384 or Ed25519. The public half is at `/oidc/<client>/jwks.json`. A relative path is meant
        /// from the folder of clients.yaml, here and for each file below.
        client_key_file: String, "none", "Write the path of a file: client_key_file: /run/secrets/client_key.pem";
        /// The `kid` of that key, where the provider gave it one.
        client_key_id: String, "that of the JWK, else the thumbprint (RFC 7638)", "Write the id of the key, or leave it out.";
        /// Further private keys of this client. They are published and sign nothing: the next key, until the provider knows it, or
        /// the last one, until nobody asks for it.
        client_further_key_files: List, "none", "Write: client_further_key_files: [next.pem]";
        /// A file with the certificate of this client and its chain in PEM, its own first, for `tls_client_auth` and
        /// `self_signed_tls_client_auth`. Read at the start.
        client_certificate_file: String, "none", "Write the path of a file: client_certificate_file: /run/secrets/client.pem";
        /// The private key of that certificate in PEM.
        client_certificate_key_file: String, "in the same file", "Write the path of a file: client_certificate_key_file: /run/secrets/client.key";
        /// A file in which the platform keeps a signed JWT for this client (workload identity, such as a Kubernetes service account
        /// token). Read again for each request.
        client_assertion_file: String, "none", "Write the path of a file: client_assertion_file: /var/run/secrets/tokens/provider";
        /// How the client proves itself wherever it asks the provider directly: for tokens, refreshes and all else.
        token_endpoint_auth_method: Choice<AuthenticationMethod>, "with a secret: what discovery announces, `client_secret_basic` before `client_secret_post`; with a key or an assertion: `private_key_jwt`; with a certificate: `tls_client_auth`; else `none`", "Write client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth, self_signed_tls_client_auth or none.";
        /// What the client signs by, for `private_key_jwt` and `client_secret_jwt`.
        token_endpoint_auth_signing_alg: Choice<SigningAlgorithm>, "what is usual for the key: RS256, ES256, ES384 or EdDSA; HS256 for a secret", "Write: token_endpoint_auth_signing_alg: ES256";
        /// The pause between two looks for new signing keys of the provider, in the background; what is known is kept when a look
        /// fails. 1m to 24h.
        keys_refresh: Duration, "`1h`", "Write: keys_refresh: 1h";
        /// Where the provider sends people back to: `<origin>/oidc/<client>/callback`, exactly. Register it at the provider. The
        /// origin is where browsers reach vestibule: https, or http on this machine.
        redirect_uri: String, "from `AUTH_DOMAIN`", "Write: redirect_uri: https://auth.example.com/oidc/<client>/callback";
        /// The forwarded hosts that this client guards, which are also those that a login may return to: `app.example.com`,
        /// `app.example.com:8443` or `*.apps.example.com` (one label or more, never the name itself). Each host has one client, or several
        /// with a `login_choice` each.
        hosts: Texts, "needed", "Write the hosts that this client guards: hosts: [app.example.com]";
        /// What people read in the list where they choose how to sign in: `Company account`. Clients that all have one may guard the same
        /// hosts, if browsers reach vestibule for all of them at one origin. See [rules](rules.md#several-providers-for-one-host).
        login_choice: String, "none: the host has this client alone", "Write what people know the account by: login_choice: Company account";
        /// What the provider is asked for. `openid` must be among them; `offline_access` asks for a refresh token.
        scopes: Texts, "`openid profile email`", "Write: scopes: openid profile email";
        /// What else the provider is asked when somebody signs in.
        authorization: AuthorizationAsWritten, "see below", "Write: authorization: { prompt: login }";
        /// How the provider hands the code back. `form_post` needs an https origin or one on this machine.
        response_mode: Choice<ResponseMode>, "`query`", "Write query or form_post.";
        /// Further parameters of every token request, name and value: `{ resource: "https://api.example.com" }`. They are no place
        /// for secrets.
        token_parameters: Pairs, "none", "Write: token_parameters: { resource: \"https://api.example.com\" }";
        /// Whether the provider or a portal may start a login: `/oidc/<client>/initiate-login` with `iss`, `target_link_uri` and
        /// `login_hint` (OpenID Connect Core section 4). Register it there as `initiate_login_uri`.
        initiate_login: bool, "`false`", "Write true or false.";
        /// The one algorithm that an ID token may be signed with. HS256, HS384 and HS512 sign with the client secret, which then needs
        /// 32, 48 or 64 bytes.
        id_token_signed_response_alg: Choice<SigningAlgorithm>, "`RS256`", "Write: id_token_signed_response_alg: RS256";
        /// How ID tokens are encrypted besides: how the key comes. With it every ID token must be encrypted. ECDH-ES is agreed directly.
        id_token_encrypted_response_alg: Choice<KeyManagement>, "ID tokens are not encrypted", "Write RSA-OAEP-256 or ECDH-ES.";
        /// How ID tokens are encrypted besides: how the content is.
        id_token_encrypted_response_enc: Choice<ContentEncryption>, "needed with `id_token_encrypted_response_alg`", "Write what the client is registered with at the provider: id_token_encrypted_response_enc: A256GCM";
        /// Audiences that an ID token may name beside `client_id`. The token must then say in `azp` that it was made for this client.
        /// One that names any other is refused (`id_token_audience`).
        audiences: List, "none", "Write: audiences: [other-client]";
        /// How far the clocks of the provider and this machine may be apart: 0s to 300s.
        clock_leeway: TimeOrZero, "`60s`", "Write: clock_leeway: 60s";
        /// Whether the provider's userinfo endpoint is asked at each login and refresh: `if_missing` asks where the ID token lacks a claim
        /// of `extra_claim_headers`, `hd` for `hosted_domain`, or `email_verified` where that counts. A claim of the ID token always
        /// goes before the same claim of userinfo.
        userinfo: Choice<AskUserinfo>, "`on`", "Write on, off or if_missing.";
        /// The one algorithm that userinfo is signed with. With it userinfo must be signed, with `iss` and `aud`.
        userinfo_signed_response_alg: Choice<SigningAlgorithm>, "userinfo is not signed", "Write: userinfo_signed_response_alg: RS256";
        /// How signed userinfo is encrypted besides: how the key comes. With it all userinfo must be encrypted.
        userinfo_encrypted_response_alg: Choice<KeyManagement>, "userinfo is not encrypted", "Write RSA-OAEP-256 or ECDH-ES.";
        /// How signed userinfo is encrypted besides: how the content is.
        userinfo_encrypted_response_enc: Choice<ContentEncryption>, "needed with `userinfo_encrypted_response_alg`", "Write what the client is registered with at the provider: userinfo_encrypted_response_enc: A256GCM";
        /// Files with the private keys for what is encrypted: PEM, or one JWK each. RSA of 2048 bits or more for RSA-OAEP-256, P-256 or P-384
        /// for ECDH-ES; at most 4, so that the old key can stay while the provider learns the new one. The public halves are at
        /// `/oidc/<client>/jwks.json`.
        decryption_key_files: List, "none", "Write: decryption_key_files: [decryption.pem]";
        /// Claim → header that tells the application. A claim inside another is written with dots: `realm_access.roles`. The
        /// header `X-Auth-Subject` (the claim `sub`) is always sent.
        extra_claim_headers: Pairs, "none", "Write: extra_claim_headers: { email: X-User-Email }";
        /// Header → how a claim gets into it, where `extra_claim_headers` is not enough. See [headers](headers.md).
        headers: Named<HeaderAsWritten>, "none", "Write: headers: { X-User-Groups: { claim: groups, list: json } }";
        /// Further headers by the names of another gateway, for applications that were written for one: `oauth2_proxy`, `authelia`,
        /// `traefik_forward_auth`, `vouch` or `mod_auth_openidc`. One that is written above goes before that of its name.
        header_names: Choice<HeaderNames>, "none", "Write oauth2_proxy, authelia, traefik_forward_auth, vouch or mod_auth_openidc.";
        /// Whether the claims of the provider's access token count where neither ID token nor userinfo have them, for headers and for
        /// rules: of one that is a JWT, signed by the provider and about the same person.
        access_token_claims: bool, "`false`", "Write true or false.";
        /// A JWT about whoever goes through, signed here: see [headers](headers.md#signed-assertion).
        assertion: AssertionAsWritten, "none", "Write: assertion: { key_file: assertion.pem }";
        /// A header that tells the application when the session ends if it is not used again, in seconds since 1970; of an access token, when
        /// that does. For nobody it is empty.
        session_expires_header: String, "none", "Write the name of a header: session_expires_header: X-Auth-Session-Expires";
        /// A header that gives the application the access token of the session, empty when it has expired, or `Authorization`, where it is
        /// `Bearer` and the token, in place of whatever the caller sent. Whoever can read the application's requests can then act for its users:
        /// see [headers](headers.md#tokens).
        access_token_header: String, "none: the access token is not kept", "Write the name of a header: access_token_header: X-Auth-Access-Token";
        /// A header that gives the application the ID token of the session, as the provider signed it.
        id_token_header: String, "none", "Write the name of a header: id_token_header: X-Auth-ID-Token";
        /// Whether every 200 says which cookies the application gets: those of the request without vestibule's own. The proxy must copy
        /// `Cookie` from the answer then, and must not otherwise: see [headers](headers.md#vestibules-own-cookies).
        strip_cookie: bool, "`false`", "Write true or false.";
        /// The access tokens that are taken in place of a session: one table for each issuer, under a name of your choice, which the
        /// log has. Without it `Authorization` means nothing here. See [bearer tokens](bearer.md).
        bearer: Named<BearerAsWritten>, "none: no access token is taken", "Write: bearer: { main: { audiences: [https://api.example.com] } }";
        /// Whether there is no sign-in at this client, only access tokens. It needs no `client_id` then, no `redirect_uri` and no
        /// cookie, and `issuer` only where a table of `bearer` has none.
        bearer_only: bool, "`false`", "Write true or false.";
        /// How access tokens are presented, and what becomes of them.
        bearer_options: BearerOptionsAsWritten, "see below", "Write: bearer_options: { token: remove }";
        /// What callers may read about this resource (RFC 9728), and are led to by a refusal.
        resource_metadata: ResourceMetadataAsWritten, "none", "Write: resource_metadata: { resource: https://api.example.com }";
        /// What holds for which requests: the first rule that fits counts. Where none fits, a session or an access token is
        /// enough.
        rules: Tables<RuleAsWritten>, "none", "Write: rules: [{ path: /api/*, bearer: required, scopes: [read] }]";
        /// Whether a person may sign in whose e-mail address the provider has not verified (claim `email_verified`). `require`: only
        /// where it says `true`. `if_present`: not where it says something else, if a header or the assertion hands on `email`. `ignore`:
        /// whatever it says.
        email_verified: Choice<EmailVerified>, "`if_present`", "Write require, if_present or ignore.";
        /// Lets in only people of these Google Workspace domains: the claim `hd` must be one of them, at the login and at each
        /// refresh.
        hosted_domain: Texts, "none: everybody", "Write: hosted_domain: example.com";
        /// Whether what stands behind `#` in the address of a page is kept over a login. A page with a small script of vestibule's own
        /// then stands before the provider and after it.
        preserve_fragment: bool, "`false`", "Write true or false.";
        /// Pages of other origins that may read vestibule's own answers.
        cors: CorsAsWritten, "none", "Write: cors: { origins: [https://spa.example.com] }";
        /// The session cookie.
        cookie: CookieAsWritten, "see below", "Write: cookie: { domain: example.com }";
        /// How long a session lives.
        session: SessionAsWritten, "see below", "Write: session: { idle: 8h, absolute: 7d }";
        /// How sessions are ended.
        logout: LogoutAsWritten, "see below", "Write: logout: { frontchannel: true }";
        /// Where the provider sends people after a logout; `none` leaves the parameter out. Register it at the provider.
        post_logout_redirect_uri: String, "`<origin>/oidc/<client>/signed-out`", "Write an address, or none.";
        /// Takes an issuer or a `backchannel_url` over http that is not on this machine. Anyone on the way can swap the signing keys.
        danger_http_issuer: bool, "`false`", "Write true or false.";
        /// Lets the discovery document of a provider at a public address name endpoints at private ones. Whoever can change the document
        /// can then make vestibule ask services of your own network.
        danger_private_endpoints: bool, "`false`", "Write true or false.";
        /// Claims that stand in for a sign-in: whoever asks is this person, and no provider is asked. Only on this machine: see
        /// below. Not from the environment.
        danger_testing_profile: Tree, "none", "Write: danger_testing_profile: { sub: alice, email: alice@example.com }";
    }
}

table! {
    /// `endpoints` of a client: https, or http if the issuer is.
    EndpointsAsWritten {
        /// Where the browser is sent to sign in.
        authorization: String, "needed", "Write: authorization: https://id.example.com/authorize";
        /// Where codes and refresh tokens are redeemed.
        token: String, "needed", "Write: token: https://id.example.com/token";
        /// Where the signing keys are.
        jwks: String, "needed", "Write: jwks: https://id.example.com/keys";
        /// Where further claims are.
        userinfo: String, "none", "Write: userinfo: https://id.example.com/userinfo";
        /// Where the browser is sent to sign out.
        end_session: String, "none", "Write: end_session: https://id.example.com/logout";
        /// Where tokens are given up (RFC 7009).
        revocation: String, "none", "Write: revocation: https://id.example.com/revoke";
        /// Where tokens are asked about (RFC 7662).
        introspection: String, "none", "Write: introspection: https://id.example.com/introspect";
        /// Where authorization requests are pushed to (RFC 9126).
        pushed_authorization_request: String, "none", "Write: pushed_authorization_request: https://id.example.com/par";
    }
}

table! {
    /// `authorization` of a client.
    AuthorizationAsWritten {
        /// What the provider is to ask the person, whether it has to or not: `login`, `consent`, `select_account`.
        prompt: Texts, "none", "Write: prompt: login";
        /// The person must have signed in at the provider within this time, else the provider asks anew; with `0s` it asks at each
        /// login. `auth_time` of the ID token is held against it.
        max_age: TimeOrZero, "none", "Write: max_age: 12h";
        /// Ways of authentication (`acr`), the best first. One of them must be `acr` of the ID token.
        acr_values: Texts, "none", "Write: acr_values: mfa";
        /// Who will probably sign in, as the provider knows people.
        login_hint: String, "none", "Write: login_hint: \"@example.com\"";
        /// Languages for the provider's pages, the preferred first.
        ui_locales: Texts, "none", "Write: ui_locales: [de, en]";
        /// Single claims (OpenID Connect Core section 5.5). `acr` and `auth_time` of `id_token` are held against the ID token where
        /// they are `essential: true`; true, false and nothing are what they are in JSON, all else is text.
        claims: RequestedClaims, "none", "Write: claims: { id_token: { acr: { essential: true, values: [mfa] } } }";
        /// Any other parameters, name and value: `{ kc_idp_hint: github }`. None that vestibule itself sends.
        parameters: Pairs, "none", "Write: parameters: { kc_idp_hint: github }";
        /// Parameters that `/oidc/<client>/login` hands on from its own address: `login_hint`, `ui_locales`, `prompt`, `max_age`,
        /// `acr_values`, `kc_idp_hint` or others that the provider knows. Anybody can write such an address: none that this table sets, and
        /// never `scope`, `redirect_uri` or `claims`.
        from_login_url: Texts, "none", "Write: from_login_url: [login_hint, ui_locales]";
        /// Whether the request goes to the provider straight and the browser brings a reference only (PAR, RFC 9126): `auto` does where
        /// the provider takes no others.
        pushed: Choice<Pushing>, "`auto`", "Write auto, always or never.";
    }
}

table! {
    /// `cors` of a client.
    CorsAsWritten {
        /// Their origins, as browsers write them: scheme, host and, where it is not the usual one, port; no `*`. What they may read: a
        /// 401, 403 or other refusal, with its headers, `userinfo` and `session`. What the application answers is its own business.
        origins: List, "needed", "Write: origins: [https://spa.example.com]";
    }
}

table! {
    /// `cookie` of a client.
    CookieAsWritten {
        /// The domain for which the browser keeps the cookie: a parent of every host of the client and of the host of
        /// `redirect_uri`. Every host under it gets the cookie and can set another of its name: see below.
        domain: String, "none: only the host of `redirect_uri`", "Write: domain: example.com";
        /// The name, without the prefix `__Host-` or `__Secure-`, which is put before it on https.
        name: String, "`vestibule_<client>`", "Write: name: my_session";
        /// Whether the browser keeps the cookie when it is closed, for as long as `session.absolute`.
        persistent: bool, "`false`", "Write true or false.";
    }
}

table! {
    /// `session` of a client.
    SessionAsWritten {
        /// Ends a session that nobody used for so long.
        idle: Duration, "`8h`", "Write: idle: 8h";
        /// Ends every session after so long, used or not. At most 400d, which is what browsers keep a cookie.
        absolute: Duration, "`7d`", "Write: absolute: 7d";
        /// How long a session goes on when the provider cannot be reached to refresh it.
        refresh_grace: Duration, "`5m`", "Write: refresh_grace: 5m";
        /// How long an access token is taken to live where the provider sends no `expires_in`.
        access_token: Duration, "`5m`", "Write: access_token: 5m";
    }
}

table! {
    /// `logout` of a client.
    LogoutAsWritten {
        /// `end_session` as OpenID Connect says; `logout_uri` with Cognito's parameters; `return_to` with Auth0's, where the provider
        /// announces no `end_session_endpoint`; `local` not at all: the person stays signed in at the provider.
        form: Choice<LogoutForm>, "`end_session`, or what the preset says", "Write end_session, logout_uri, return_to or local.";
        /// Where the browser is sent for it.
        endpoint: String, "what discovery announces; for `logout_uri` and `return_to` otherwise `/logout` and `/v2/logout` at the host of the authorization endpoint", "Write: endpoint: https://id.example.com/logout";
        /// Whether a logout token is taken only if its header says `typ: logout+jwt`. One that says another kind never is.
        require_typ: bool, "`false`", "Write true or false.";
        /// Takes front-channel logouts at `/oidc/<client>/frontchannel-logout`. Whoever knows the name of a session of the
        /// provider (`sid`) can then end it here.
        frontchannel: bool, "`false`", "Write true or false.";
        /// Whether the refresh token of a session that its person ends is revoked at the provider, where it has an endpoint
        /// for that, and then the access token, if it is kept for `access_token_header`. At some providers that ends the person's other sessions too.
        revoke: bool, "`true`", "Write true or false.";
        /// What the browser is told to clear of the origin of `redirect_uri` when somebody signs out: `cache`, `storage` or both
        /// (`Clear-Site-Data`). Not for an origin that other applications share.
        clear_site_data: Texts, "nothing", "Write: clear_site_data: [cache, storage]";
    }
}

table! {
    /// `server`.
    ServerAsWritten {
        /// Where proxies ask and browsers sign in.
        listen: SocketAddr, "`127.0.0.1:8000`", "Write: listen: 127.0.0.1:8000";
        /// Where the operator looks: `/live`, `/ready`, `/metrics`.
        admin_listen: SocketAddr, "`127.0.0.1:9100`", "Write: admin_listen: 127.0.0.1:9100";
        /// The proxies whose word is taken for what the forwarded request was: addresses or networks.
        trusted_proxies: List, "`[127.0.0.0/8, \"::1\"]`", "Write the addresses of your proxies: trusted_proxies: [10.0.0.0/8]";
        /// Takes networks in `trusted_proxies` so large that strangers are in them. Whoever reaches the port can then claim to be
        /// anybody's proxy.
        danger_trust_every_peer: bool, "`false`", "Write true or false.";
        /// Connections held open at once on `listen`: 1 to 1000000. Peers that are not in `trusted_proxies` have a quarter of them.
        max_connections: usize, "`10000`", "Write: max_connections: 10000";
        /// How long requests under way may take to finish after SIGTERM: at most 1h.
        shutdown_grace: Duration, "`20s`", "Write: shutdown_grace: 20s";
        /// Log lines.
        log: LogAsWritten, "see below", "Write: log: { format: json, level: info }";
        /// Files with a key of at least 32 bytes each, for what is sealed: the first seals, all open. Make one with
        /// `vestibule keygen session.key`. A relative path is meant from the folder of clients.yaml.
        key_files: List, "a random key at each start: logins under way do not survive a restart", "Write: key_files: [session.key]";
        /// Logins that may begin a minute from one address of a client (for IPv6 one /64, and sixteen times as many from one /48), as the trusted proxies give it in
        /// `X-Forwarded-For`: 1 to 1000000. Without that header only the next setting holds.
        logins_per_minute_per_address: usize, "`600`", "Write: logins_per_minute_per_address: 600";
        /// Logins that may begin a minute in all: 1 to 1000000.
        logins_per_minute: usize, "`60000`", "Write: logins_per_minute: 60000";
        /// Sessions kept in memory at once: 1 to 100000000. A login beyond that is refused.
        max_sessions: usize, "`1000000`", "Write: max_sessions: 1000000";
        /// A folder with templates in place of those of the [pages that people see](pages.md): whichever it has. They are tried out at
        /// the start. A relative path is meant from the folder of clients.yaml.
        pages_folder: String, "none: the built-in pages", "Write the path of a folder: pages_folder: pages";
    }
}

table! {
    /// `log` of `server`.
    LogAsWritten {
        /// One JSON object a line, which log collectors read as it is, or one line of text for people.
        format: Choice<LogFormat>, "`json`", "Write json or text.";
        /// The least that is worth a line.
        level: Choice<LogLevel>, "`info`", "Write error, warn, info or debug.";
    }
}

table! {
    /// `store`.
    StoreAsWritten {
        /// Where sessions are kept: in the memory of the process, or in a file that outlives it ([sessions](sessions.md)). With a file
        /// `server.key_files` must name a key.
        kind: Choice<StoreKind>, "`memory`", "Write memory or file.";
        /// The file, for `kind: file`, in a folder that vestibule can write to. A relative path is meant from the folder of clients.yaml.
        path: String, "needed with `kind: file`", "Write: store: { kind: file, path: sessions.redb }";
    }
}

/// The tables by the path under which they stand, in the order of the documentation.
pub(super) const TABLES: &[(&str, &[Setting])] = &[
    ("", FileAsWritten::SETTINGS),
    ("clients.<client>", ClientAsWritten::SETTINGS),
    ("clients.<client>.endpoints", EndpointsAsWritten::SETTINGS),
    ("clients.<client>.headers.<header>", HeaderAsWritten::SETTINGS),
    ("clients.<client>.authorization", AuthorizationAsWritten::SETTINGS),
    ("clients.<client>.cors", CorsAsWritten::SETTINGS),
    ("clients.<client>.cookie", CookieAsWritten::SETTINGS),
    ("clients.<client>.session", SessionAsWritten::SETTINGS),
    ("clients.<client>.logout", LogoutAsWritten::SETTINGS),
    ("clients.<client>.assertion", AssertionAsWritten::SETTINGS),
    ("clients.<client>.bearer.<issuer>", BearerAsWritten::SETTINGS),
    ("clients.<client>.bearer.<issuer>.introspection_client", IntrospectionClientAsWritten::SETTINGS),
    ("clients.<client>.bearer_options", BearerOptionsAsWritten::SETTINGS),
    ("clients.<client>.resource_metadata", ResourceMetadataAsWritten::SETTINGS),
    ("clients.<client>.rules", RuleAsWritten::SETTINGS),
    ("server", ServerAsWritten::SETTINGS),
    ("server.log", LogAsWritten::SETTINGS),
    ("store", StoreAsWritten::SETTINGS),
];

/// The path under which a table stands.
pub(super) fn path_of(table: &'static [Setting]) -> &'static str {
    let keys = |settings: &'static [Setting]| settings.iter().map(|setting| setting.key);
    TABLES.iter().find(|(_, settings)| keys(settings).eq(keys(table))).map_or("", |(path, _)| path)
}

/// The path of a setting of that name in another table, for a key that was written in the wrong one.
pub(super) fn elsewhere(key: &str) -> Option<String> {
    let (table, _) = TABLES.iter().find(|(_, settings)| settings.iter().any(|setting| setting.key == key))?;
    Some(if table.is_empty() {
        format!("{key} at the beginning of a line")
    } else {
        format!("{table}.{key}")
    })
}

/// The path of a setting whose table was written into its name: `cookie_domain` for `cookie.domain`.
pub(super) fn flattened(key: &str) -> Option<String> {
    // What the client's registration calls it.
    if key.starts_with("frontchannel_logout") {
        return Some("clients.<client>.logout.frontchannel".to_owned());
    }
    TABLES.iter().find_map(|(table, settings)| {
        let (_, name) = table.rsplit_once('.').unwrap_or(("", table));
        let inner = key.strip_prefix(name)?.strip_prefix('_')?;
        settings.iter().find(|setting| setting.key == inner).map(|_| format!("{table}.{inner}"))
    })
}

/// How a client proves itself, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthenticationMethod {
    Basic,
    Post,
    SecretJwt,
    PrivateKeyJwt,
    Tls,
    SelfSignedTls,
    None,
}

impl Choices for AuthenticationMethod {
    const ALL: &'static [(&'static str, Self)] = &[
        ("client_secret_basic", Self::Basic),
        ("client_secret_post", Self::Post),
        ("client_secret_jwt", Self::SecretJwt),
        ("private_key_jwt", Self::PrivateKeyJwt),
        ("tls_client_auth", Self::Tls),
        ("self_signed_tls_client_auth", Self::SelfSignedTls),
        ("none", Self::None),
    ];
}

impl AuthenticationMethod {
    /// What must be given for it.
    pub(super) const fn needs(self) -> &'static str {
        match self {
            Self::Basic | Self::Post | Self::SecretJwt => {
                "client_secret, client_secret_file or client_secret_env"
            }
            Self::PrivateKeyJwt => "client_key_file or client_assertion_file",
            Self::Tls | Self::SelfSignedTls => "client_certificate_file",
            Self::None => "nothing",
        }
    }
}

impl Choices for ResponseMode {
    const ALL: &'static [(&'static str, Self)] = &[("query", Self::Query), ("form_post", Self::FormPost)];
}

impl Choices for Pushing {
    const ALL: &'static [(&'static str, Self)] =
        &[("auto", Self::WhereRequired), ("always", Self::Always), ("never", Self::Never)];
}

impl Choices for AskUserinfo {
    const ALL: &'static [(&'static str, Self)] =
        &[("on", Self::On), ("off", Self::Off), ("if_missing", Self::IfMissing)];
}

impl Choices for SigningAlgorithm {
    const ALL: &'static [(&'static str, Self)] = &{
        let mut names = [("", Self::Rs256); Self::ALL.len()];
        let mut index = 0;
        while index < names.len() {
            names[index] = (Self::ALL[index].name(), Self::ALL[index]);
            index += 1;
        }
        names
    };
}

impl Choices for Preset {
    const ALL: &'static [(&'static str, Self)] = Self::ALL;
}

impl Choices for LogoutForm {
    const ALL: &'static [(&'static str, Self)] = Self::ALL;
}

impl Choices for EmailVerified {
    const ALL: &'static [(&'static str, Self)] =
        &[("require", Self::Require), ("if_present", Self::IfPresent), ("ignore", Self::Ignore)];
}

impl Choices for KeyManagement {
    const ALL: &'static [(&'static str, Self)] =
        &[(Self::RsaOaep256.name(), Self::RsaOaep256), (Self::EcdhEs.name(), Self::EcdhEs)];
}

impl Choices for ContentEncryption {
    const ALL: &'static [(&'static str, Self)] =
        &[(Self::A128Gcm.name(), Self::A128Gcm), (Self::A256Gcm.name(), Self::A256Gcm)];
}

impl Choices for LogFormat {
    const ALL: &'static [(&'static str, Self)] = &[("json", Self::Json), ("text", Self::Text)];
}

impl Choices for LogLevel {
    const ALL: &'static [(&'static str, Self)] =
        &[("error", Self::Error), ("warn", Self::Warn), ("info", Self::Info), ("debug", Self::Debug)];
}

/// The kinds of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreKind {
    Memory,
    File,
}

impl Choices for StoreKind {
    const ALL: &'static [(&'static str, Self)] = &[("memory", Self::Memory), ("file", Self::File)];
}
