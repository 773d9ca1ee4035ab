// Every way in which the provider misbehaves, what vestibule is to say to it, and where that is written (security catalogue groups
// F and G: tokens and JOSE, outbound calls). `code` is the refusal code, or a list where more than one is right.

import { createHmac } from "node:crypto";

import { base64url, bomb, cut, drip, giant, hang, jwk, publicKey, redirect, says } from "./provider.mjs";

/** The cases. `trap` gives an address that nobody may ever ask. */
export function cases(trap) {
  const now = () => Math.floor(Date.now() / 1000);
  const claims = (change) => ({ claims: (right) => ({ ...right, ...change(right) }) });
  const without = (name) => ({ claims: ({ [name]: _, ...rest }) => rest });
  const hmac = (secret) => (signed) => createHmac("sha256", secret).update(signed).digest();
  const nothing = () => Buffer.alloc(0);
  const flipped = (text) => text.slice(0, -6) + (text.at(-6) === "A" ? "B" : "A") + text.slice(-5);
  const all = {
    nothing_wrong: { about: "the right thing: the login succeeds", code: undefined },

    // F: the signature.
    bad_signature: { about: "one bit of the signature is another", code: "id_token_signature", tokens: (t) => ({ ...t, id_token: flipped(t.id_token) }) },
    no_signature: { about: "the signature is left out", code: "id_token_encoding id_token_signature", jws: { signature: nothing } },
    changed_payload: {
      about: "the payload was changed after it was signed", code: "id_token_signature",
      tokens: (t) => { const [h, p, s] = t.id_token.split("."); const c = JSON.parse(Buffer.from(p, "base64url")); return { ...t, id_token: [h, base64url(JSON.stringify({ ...c, sub: "admin" })), s].join(".") }; },
    },
    swapped_keys: { about: "the key set has another key under the same name", code: "id_token_signature", keys: () => [jwk("swapped")] },
    unknown_key: { about: "the token names a key that the set never has", code: "id_token_key_unknown", jws: { header: { kid: "nobody" } } },
    alg_none: { about: "alg: none", code: "id_token_algorithm", jws: { header: { alg: "none" }, signature: nothing } },
    alg_none_spelt: { about: "alg: nOnE", code: "id_token_algorithm", jws: { header: { alg: "nOnE" }, signature: nothing } },
    alg_missing: { about: "no alg at all", code: "id_token_algorithm", jws: { header: { alg: undefined } } },
    hs256_public_key: {
      about: "HS256 with the public key as the secret", code: "id_token_algorithm",
      jws: { header: { alg: "HS256" }, signature: (signed) => hmac(publicKey("good").export({ format: "pem", type: "spki" }))(signed) },
    },
    hs256_secret: { about: "HS256 with the client secret, which was not agreed", code: "id_token_algorithm", jws: { header: { alg: "HS256" }, signature: (signed) => hmac("hostile-client-secret-0123456789abcdef")(signed) } },
    key_in_the_token: { about: "the token brings its own key (jwk)", code: "id_token_signature", jws: { key: "swapped", header: { jwk: jwk("swapped") } } },
    key_address_in_the_token: { about: "the token names an address of keys (jku)", code: "id_token_signature", jws: () => ({ key: "swapped", header: { jku: trap() } }) },
    critical_header: { about: "crit asks for an unknown extension", code: "id_token_critical", jws: { header: { crit: ["x"], x: 1 } } },
    other_kind: { about: "typ: logout+jwt", code: "id_token_type", jws: { header: { typ: "logout+jwt" } } },
    five_parts: { about: "five parts, encrypted or not, although that was not agreed", code: "id_token_encrypted", tokens: (t) => ({ ...t, id_token: "a.b.c.d.e" }) },
    padded: { about: "base64 with padding", code: "id_token_encoding", tokens: (t) => ({ ...t, id_token: t.id_token + "=" }) },
    weak_key: { about: "the only key is RSA of 1024 bits", code: "jwks_no_usable_key", jws: { key: "weak" }, keys: () => [jwk("weak")] },
    symmetric_key: { about: "the only key is symmetric", code: "jwks_no_usable_key", keys: () => [{ kty: "oct", k: base64url("x".repeat(32)), kid: "k1" }] },

    // F: the claims.
    other_issuer: { about: "iss is somebody else", code: "id_token_issuer", ...claims(() => ({ iss: "https://elsewhere.example" })) },
    issuer_with_slash: { about: "iss has a slash more", code: "id_token_issuer", ...claims((c) => ({ iss: `${c.iss}/` })) },
    other_audience: { about: "aud is another client", code: "id_token_audience", ...claims(() => ({ aud: "grafana" })) },
    further_audience: { about: "aud names another client beside ours", code: "id_token_audience", ...claims((c) => ({ aud: [c.aud, "grafana"] })) },
    other_party: { about: "azp is another client", code: "id_token_authorized_party", ...claims(() => ({ azp: "grafana" })) },
    expired: { about: "expired 61 seconds ago and more", code: "id_token_expired", ...claims(() => ({ iat: now() - 400, exp: now() - 65 })) },
    expiry_as_text: { about: "exp is a text", code: "id_token_claim_form", ...claims((c) => ({ exp: String(c.exp) })) },
    expiry_beyond_time: { about: "exp: 1e300", code: "id_token_claim_form", ...claims(() => ({ exp: 1e300 })) },
    no_expiry: { about: "no exp", code: "id_token_claim_missing", ...without("exp") },
    from_the_future: { about: "issued in two minutes", code: "id_token_issued_in_future", ...claims(() => ({ iat: now() + 125 })) },
    from_yesterday: { about: "issued a day ago", code: "id_token_too_old", ...claims(() => ({ iat: now() - 86_400 })) },
    not_yet_valid: { about: "nbf in two minutes", code: "id_token_not_yet_valid", ...claims(() => ({ nbf: now() + 125 })) },
    no_nonce: { about: "no nonce", code: "id_token_claim_missing", ...without("nonce") },
    other_nonce: { about: "the nonce of another login", code: "id_token_nonce", ...claims(() => ({ nonce: "x".repeat(43) })) },
    no_subject: { about: "no sub", code: "id_token_claim_missing", ...without("sub") },
    long_subject: { about: "sub of 256 characters", code: "id_token_claim_form", ...claims(() => ({ sub: "x".repeat(256) })) },
    wrong_hash: { about: "at_hash is that of another access token", code: "id_token_access_token_hash", ...claims(() => ({ at_hash: base64url("0123456789abcdef") })) },
    security_event: { about: "a logout token in place of the ID token", code: "id_token_other_kind", ...claims(() => ({ events: { "http://schemas.openid.net/event/backchannel-logout": {} } })) },
    member_twice: { about: "sub is there twice", code: "id_token_unreadable", claims: (c) => JSON.stringify(c).replace("{", `{"sub":"admin",`) },
    deep: { about: "5 000 lists inside each other", code: "id_token_unreadable", claims: (c) => JSON.stringify(c).replace("{", `{"x":${"[".repeat(5000)}${"]".repeat(5000)},`) },
    long_token: { about: "an ID token of 1 MiB: more than a token answer may have", code: "provider_too_large", claims: (c) => ({ ...c, x: "x".repeat(1024 * 1024) }) },

    longish_token: { about: "an ID token of 20 KiB: more than a token may have", code: "id_token_too_long", claims: (c) => ({ ...c, x: "x".repeat(20 * 1024) }) },
    huge_key: { about: "the only key is RSA of 16 384 bits", code: "jwks_no_usable_key", keys: () => [{ kty: "RSA", n: base64url(Buffer.alloc(2048, 0xb5)), e: "AQAB", kid: "k1", use: "sig" }] },

    // G: the token endpoint's other words.
    no_id_token: { about: "no ID token", code: "token_member_missing", tokens: ({ id_token, ...rest }) => rest },
    mac_token: { about: "token_type: mac", code: "token_type", tokens: (t) => ({ ...t, token_type: "mac" }) },
    error_with_success: { about: "200 with error", code: "token_error_with_success", token: says(200, { error: "invalid_grant" }) },
    token_is_a_list: { about: "a list for an answer", code: "token_unreadable", token: says(200, []) },
    token_page: { about: "a page for an answer", code: "token_content_type", token: says(200, "<html>sign in</html>", { "Content-Type": "text/html" }) },
    token_500: { about: "500", code: "token_status", token: says(500, "") },
    token_cut: { about: "the connection is cut", code: "provider_unreachable", token: cut },
    userinfo_other_person: { about: "userinfo about somebody else", code: "userinfo_subject", userinfo: says(200, { sub: "admin" }) },
    userinfo_nobody: { about: "userinfo without sub", code: "userinfo_subject_missing", userinfo: says(200, { email: "x@example.com" }) },

    // G: discovery and keys.
    discovery_other_issuer: { about: "the metadata is of another issuer", code: "discovery_issuer", metadata: { issuer: "https://elsewhere.example" } },
    discovery_template: { about: "the metadata's issuer is a template", code: "discovery_issuer", metadata: { issuer: "https://id.example/{tenantid}/v2.0" } },
    discovery_metadata_service: { about: "jwks_uri leads to a cloud's metadata service", code: "discovery_endpoint", metadata: { jwks_uri: "http://169.254.169.254/latest/meta-data/" } },
    discovery_file: { about: "jwks_uri is a file", code: "discovery_endpoint", metadata: { jwks_uri: "file:///etc/passwd" } },
    discovery_user: { about: "token_endpoint has a user name and password", code: "discovery_endpoint", metadata: { token_endpoint: "https://user:password@id.example/" } },
    discovery_number: { about: "token_endpoint is a number", code: "discovery_endpoint", metadata: { token_endpoint: 5 } },
    discovery_empty: { about: "{}", code: "discovery_issuer", discovery: says(200, {}) },
    discovery_truncated: { about: "half a document", code: "discovery_unreadable", discovery: says(200, '{"issuer":') },
    many_keys: { about: "10 000 keys", code: "jwks_too_many_keys jwks_too_large", keys: () => Array.from({ length: 10_000 }, (_, at) => ({ kty: "RSA", n: "AQAB", e: "AQAB", kid: `k${at}` })) },
    keys_missing: { about: "a key set without keys", code: "jwks_keys_missing", jwks: says(200, {}) },
  };
  for (const endpoint of ["discovery", "jwks", "token", "userinfo"]) {
    const unreadable = `${endpoint}_unreadable ${endpoint}_content_type provider_too_large`;
    all[`${endpoint}_giant`] = { about: `${endpoint}: 100 MiB`, code: "provider_too_large", [endpoint]: giant(100, { announced: true }) };
    all[`${endpoint}_endless`] = { about: `${endpoint}: 1 GiB without saying so`, code: "provider_too_large", [endpoint]: giant(1024) };
    all[`${endpoint}_bomb`] = { about: `${endpoint}: gzip of 10 GiB`, code: unreadable, [endpoint]: bomb };
    for (const status of [302, 307, 308]) {
      all[`${endpoint}_${status}`] = { about: `${endpoint}: redirect ${status} to elsewhere`, code: `${endpoint}_redirect`, [endpoint]: redirect(status, trap) };
    }
    all[`${endpoint}_drip`] = { about: `${endpoint}: a byte a second`, code: "provider_timeout", slow: true, [endpoint]: drip };
    all[`${endpoint}_hang`] = { about: `${endpoint}: no answer at all`, code: "provider_timeout", slow: true, [endpoint]: hang };
  }
  return all;
}
