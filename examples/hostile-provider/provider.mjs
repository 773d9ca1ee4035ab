// An OpenID provider that misbehaves in every way that is listed in cases.mjs, each under an issuer of its own:
// http://127.0.0.1:PORT/<case>. What a case does not spoil is right, so that a refusal is for what it does spoil.

import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const KEYS = {
  good: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  swapped: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  weak: generateKeyPairSync("rsa", { modulusLength: 1024 }),
  curve: generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const SUBJECT = "somebody";

export const base64url = (value) => Buffer.from(value).toString("base64url");
export const publicKey = (name) => KEYS[name].publicKey;
export const jwk = (name, kid = "k1") => ({ ...KEYS[name].publicKey.export({ format: "jwk" }), kid, use: "sig" });

export const privateJwk = (name, kid = "k1") => ({ ...KEYS[name].privateKey.export({ format: "jwk" }), kid, use: "sig" });

/** A token in compact form, signed as the case wants it. */
export function token(claims, { header = {}, key = "good", signature } = {}) {
  const head = { alg: "RS256", kid: "k1", typ: "JWT", ...header };
  for (const [name, value] of Object.entries(head)) if (value === undefined) delete head[name];
  const text = typeof claims === "string" ? claims : JSON.stringify(claims);
  const signed = `${base64url(JSON.stringify(head))}.${base64url(text)}`;
  return `${signed}.${base64url(signature ? signature(signed) : sign("sha256", Buffer.from(signed), KEYS[key].privateKey))}`;
}

/** Starts the provider. `cases` are by name; `trap` is an address that nobody may ever ask. */
export async function start(cases, { port = 0 } = {}) {
  const codes = new Map();
  const asked = new Map();
  const server = createServer({ maxHeaderSize: 64 * 1024 }, async (request, answer) => {
    answer.on("error", () => {});
    const url = new URL(request.url, `http://127.0.0.1:${server.address().port}`);
    const [, name, ...rest] = url.pathname.split("/");
    const known = cases[name];
    if (!known) return send(answer, 404, {});
    const endpoint = { "openid-configuration": "discovery" }[rest.at(-1)] ?? rest.at(-1);
    const seen = asked.get(name) ?? {};
    seen[endpoint] = (seen[endpoint] ?? 0) + 1;
    asked.set(name, seen);
    let body = "";
    for await (const chunk of request) body += chunk;
    const issuer = `http://127.0.0.1:${server.address().port}/${name}`;
    const about = { issuer, request, answer, url, form: new URLSearchParams(body), times: seen[endpoint], name };
    try {
      const own = known[endpoint];
      if (typeof own === "function") {
        const result = await own(about);
        if (result !== undefined) send(answer, 200, result);
      } else {
        await right[endpoint](about, known);
      }
    } catch (error) {
      if (!answer.headersSent) send(answer, 500, { error: "server_error", error_description: String(error) });
      else answer.destroy();
    }
  });

  const right = {
    discovery: ({ issuer, answer }, { metadata = {} }) => {
      const extra = typeof metadata === "function" ? metadata(issuer) : metadata;
      send(answer, 200, { ...rightMetadata(issuer), ...extra });
    },
    jwks: ({ answer }, { keys = () => [jwk("good")] }) => send(answer, 200, { keys: keys() }),
    authorize: ({ url, answer }) => {
      const code = `${codes.size}-${createHash("sha256").update(String(Math.random())).digest("base64url")}`;
      codes.set(code, { nonce: url.searchParams.get("nonce"), client: url.searchParams.get("client_id"), used: false });
      const back = new URL(url.searchParams.get("redirect_uri"));
      back.searchParams.set("state", url.searchParams.get("state"));
      back.searchParams.set("code", code);
      answer.writeHead(302, { Location: back.href }).end();
    },
    token: ({ issuer, form, answer }, { claims = (c) => c, jws = {}, tokens = (t) => t }) => {
      const code = codes.get(form.get("code"));
      if (!code || code.used) return send(answer, 400, { error: "invalid_grant" });
      code.used = true;
      const now = Math.floor(Date.now() / 1000);
      const right = { iss: issuer, sub: SUBJECT, aud: code.client, iat: now, exp: now + 300, nonce: code.nonce };
      const idToken = token(claims(right), typeof jws === "function" ? jws(issuer) : jws);
      send(answer, 200, tokens({ access_token: "an-access-token", token_type: "Bearer", expires_in: 300, id_token: idToken }));
    },
    userinfo: ({ answer }) => send(answer, 200, { sub: SUBJECT, email: "somebody@example.com" }),
    introspect: ({ issuer, answer }, { introspected = (right) => right }) =>
      send(answer, 200, introspected({ active: true, token_type: "Bearer", ...rightClaims(issuer) })),
  };

  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  server.keepAliveTimeout = 1000;
  const close = () => new Promise((closed) => server.close(closed).closeAllConnections());
  return { port: server.address().port, close, asked: (name, endpoint) => asked.get(name)?.[endpoint] ?? 0 };
}

const rightClaims = (issuer) => {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, sub: SUBJECT, aud: "https://api.example", client_id: "program", jti: String(Math.random()), iat: now, exp: now + 300 };
};

/** An access token of an issuer, right but for what the case spoils. */
export const accessToken = (issuer, { jws = {} } = {}) => token(rightClaims(issuer), { ...jws, header: { typ: "at+jwt", ...jws.header } });

const rightMetadata = (issuer) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  userinfo_endpoint: `${issuer}/userinfo`,
  introspection_endpoint: `${issuer}/introspect`,
  token_endpoint_auth_methods_supported: ["client_secret_basic"],
  id_token_signing_alg_values_supported: ["RS256"],
});

export function send(answer, status, body, headers = {}) {
  const text = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  answer.writeHead(status, { "Content-Type": "application/json", ...headers }).end(text);
}

// What an endpoint can do instead of answering.

export const hang = () => new Promise(() => {});

/** A head at once, then one byte a second. */
export function drip({ answer }) {
  answer.writeHead(200, { "Content-Type": "application/json", "Content-Length": 100_000 });
  const timer = setInterval(() => answer.write(" "), 1000);
  answer.on("close", () => clearInterval(timer));
}

const MIB = Buffer.alloc(1024 * 1024, " ");

/** So many MiB of blanks, with or without saying so beforehand. */
export const giant = (mib, { announced } = {}) => async ({ answer }) => {
  answer.writeHead(200, { "Content-Type": "application/json", ...(announced && { "Content-Length": mib * MIB.length }) });
  await pour(answer, MIB, mib);
};

/** 10 GiB of blanks in some MiB of gzip, made of one compressed piece again and again. */
export const bomb = async ({ answer }) => {
  answer.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": "gzip" });
  const piece = gzipSync(Buffer.alloc(64 * MIB.length, " "));
  await pour(answer, piece, 160);
};

/** The same piece again and again, as fast as it is taken, until it is enough or nobody listens any more. */
async function pour(answer, piece, times) {
  let go;
  for (const event of ["drain", "close"]) answer.on(event, () => go?.());
  for (let sent = 0; sent < times && !answer.destroyed; sent += 1) {
    if (!answer.write(piece)) await new Promise((resolve) => (go = resolve));
  }
  answer.end();
}

export const cut = ({ answer }) => answer.destroy();
export const redirect = (status, to) => ({ answer }) => void answer.writeHead(status, { Location: to() }).end();
export const says = (status, body, headers) => ({ answer }) => send(answer, status, body, headers);
