// Every way in which an issuer of access tokens misbehaves, as in cases.mjs. `settings` is what clients.yaml says of the issuer beside its
// audience, `opaque` whether what is presented is no JWT.

import { bomb, cut, drip, giant, hang, jwk, privateJwk, redirect, says, token } from "./provider.mjs";

export const AUDIENCE = "https://api.example";
const CLIENT = "introspection_client: { client_id: api, client_secret: hostile-client-secret-0123456789abcdef }";

/** The cases. `trap` gives an address that nobody may ever ask. */
export function tokenCases(trap) {
  const now = () => Math.floor(Date.now() / 1000);
  const asked = (about, code, more) => ({ about: `introspection: ${about}`, code, opaque: true, settings: `introspection: opaque, ${CLIENT}`, ...more });
  const active = (about, code, change) => asked(about, code, { introspected: (right) => ({ ...right, ...change(right) }) });
  const signed = (about, code, more) => ({ ...asked(about, code, more), settings: `introspection: opaque, introspection_signed_response_alg: RS256, ${CLIENT}` });
  const person = (about, code, more) => ({ about: `userinfo of a token: ${about}`, code, settings: "userinfo: true", ...more });
  const answer = (claims, jws) => ({ issuer, answer: to }) => {
    const right = { iss: issuer, aud: "api", iat: now(), token_introspection: { active: true, iss: issuer, sub: "somebody", aud: AUDIENCE, client_id: "program", exp: now() + 300 } };
    to.writeHead(200, { "Content-Type": "application/token-introspection+jwt" });
    to.end(token({ ...right, ...claims }, { ...jws, header: { typ: "token-introspection+jwt", ...jws?.header } }));
  };
  return {
    token_right: { about: "a token that is right", code: undefined },
    token_keys_redirect: { about: "keys for tokens: redirect to elsewhere", code: "jwks_redirect", jwks: redirect(302, trap) },
    token_keys_giant: { about: "keys for tokens: 100 MiB", code: "provider_too_large", jwks: giant(100, { announced: true }) },
    token_keys_page: { about: "keys for tokens: a page", code: "jwks_unreadable jwks_content_type", jwks: says(200, "<html>sign in</html>", { "Content-Type": "text/html" }) },
    token_keys_cut: { about: "keys for tokens: the connection is cut", code: "provider_unreachable", jwks: cut },
    token_keys_swapped: { about: "keys for tokens: another key under the same name", code: "bearer_signature", keys: () => [jwk("swapped")] },
    token_keys_private: { about: "keys for tokens: the private key too", code: "jwks_no_usable_key", keys: () => [privateJwk("good")] },
    token_keys_many: { about: "keys for tokens: 10 000", code: "jwks_too_many_keys jwks_too_large", keys: () => Array.from({ length: 10_000 }, (_, at) => ({ kty: "RSA", n: "AQAB", e: "AQAB", kid: `k${at}` })) },
    token_keys_drip: { about: "keys for tokens: a byte a second", code: "provider_timeout", slow: true, jwks: drip },
    token_keys_hang: { about: "keys for tokens: no answer at all", code: "provider_timeout", slow: true, jwks: hang },
    token_alg_none: { about: "a token with alg: none", code: "bearer_algorithm", jws: { header: { alg: "none" }, signature: () => Buffer.alloc(0) } },

    asked_right: asked("a token that is right", undefined),
    asked_redirect: asked("redirect to elsewhere", "introspection_redirect", { introspect: redirect(307, trap) }),
    asked_page: asked("a page for an answer", "introspection_content_type", { introspect: says(200, "<html>sign in</html>", { "Content-Type": "text/html" }) }),
    asked_text: active('active: "true"', "introspection_member_form", () => ({ active: "true" })),
    asked_missing: active("no active", "introspection_member_form", () => ({ active: undefined })),
    asked_twice: asked("active is there twice", "introspection_unreadable", { introspect: says(200, '{"active":false,"active":true}') }),
    asked_giant: asked("100 MiB", "provider_too_large", { introspect: giant(100, { announced: true }) }),
    asked_endless: asked("1 GiB without saying so", "provider_too_large", { introspect: giant(1024) }),
    asked_bomb: asked("gzip of 10 GiB", "introspection_unreadable introspection_content_type provider_too_large", { introspect: bomb }),
    asked_drip: asked("a byte a second", "provider_timeout", { slow: true, introspect: drip }),
    asked_hang: asked("no answer at all", "provider_timeout", { slow: true, introspect: hang }),
    asked_cut: asked("the connection is cut", "provider_unreachable", { introspect: cut }),
    asked_401: asked("401 for our own credentials", "introspection_refused", { introspect: says(401, { error: "invalid_client" }) }),
    asked_500: asked("500", "provider_status", { introspect: says(500, "") }),
    asked_inactive: active("active: false", "bearer_inactive", () => ({ active: false })),
    asked_other_audience: active("active for another audience", "bearer_audience", () => ({ aud: "grafana" })),
    asked_refresh_token: active("a refresh token", "bearer_other_kind", () => ({ token_type: "refresh_token" })),
    asked_expired: active("active, and expired", "bearer_expired", () => ({ exp: now() - 65 })),
    asked_expiry_as_text: active("exp is a text", "bearer_claim_form", (right) => ({ exp: String(right.exp) })),
    asked_expiry_beyond_time: active("exp: 1e300", "bearer_claim_form", () => ({ exp: 1e300 })),
    asked_scope_list: active("scope is a list", "bearer_claim_form", () => ({ scope: ["read"] })),
    asked_other_issuer: active("iss is somebody else", "bearer_issuer", () => ({ iss: "https://elsewhere.example" })),
    asked_unknown_binding: active("cnf with something unknown", "bearer_binding", () => ({ cnf: { "x-new": "1" } })),
    signed_right: signed("a signed answer that is right", undefined, { introspect: answer({}) }),
    signed_replayed: signed("a signed answer that was made for another client", "introspection_token", { introspect: answer({ aud: "grafana" }) }),
    signed_not: signed("not signed, where signed was agreed", "introspection_not_signed"),
    signed_none: signed("alg: none, where signed was agreed", "introspection_token", { introspect: answer({}, { header: { alg: "none" }, signature: () => Buffer.alloc(0) }) }),
    signed_old: signed("a signed answer of yesterday", "introspection_token", { introspect: answer({ iat: Math.floor(Date.now() / 1000) - 86_400 }) }),

    person_right: person("the right person", undefined),
    person_other: person("somebody else", "userinfo_subject", { userinfo: says(200, { sub: "admin" }) }),
    person_401: person("401", "bearer_inactive", { userinfo: says(401, {}) }),
    person_503: person("503", "provider_status", { userinfo: says(503, "") }),
    person_giant: person("100 MiB", "provider_too_large", { userinfo: giant(100) }),
    person_hang: person("no answer at all", "provider_timeout", { slow: true, userinfo: hang }),
    person_nowhere: person("no such endpoint", "userinfo_no_endpoint", { metadata: { userinfo_endpoint: undefined } }),
  };
}
