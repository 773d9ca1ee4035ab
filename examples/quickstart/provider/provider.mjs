// The development provider: a small OpenID provider for the quickstart and the tests, on npm's certified oidc-provider.
//
// It runs on this machine only, knows its users by heart (users.mjs) and forgets everything when it ends. Tokens rotate, a
// logout with an ID token as hint asks nothing, and the pages are its own (pages.mjs).
//
//   node provider.mjs [--port 8490] [--listen 127.0.0.1] [--issuer http://localhost:8490] [--clients FILE]
//                     [--access-token-seconds 600] [--id-token-claims] [--require-pushed] [--refreshes-late-by 0]
//                     [--registration-token-file FILE] [--resource-server "https://api.example.com RS256"]…
//                     [--tls-port 8491 --tls-certificate FILE --tls-key FILE [--tls-client-authority FILE]]
//
// --clients names a JSON file with a list of client metadata (OpenID Connect Dynamic Client Registration 1.0, section 2) and members
// of our own: "require_pkce" (true), "refresh_tokens" (true: every login gets one, false: none), "access_token_seconds" (of its
// tokens, instead of --access-token-seconds), and with --resource-server those named there. Without the file there is the one client
// of the quickstart. --id-token-claims puts the claims into the ID token, not only into userinfo.
// --refreshes-late-by makes the ID tokens of refreshes by a clock that is so many seconds behind.
// --registration-token-file lets whoever has the token in that file register more clients (RFC 7591).
// --require-pushed takes authorization requests only that were pushed (RFC 9126). --tls-port is for clients that prove themselves
// with a certificate (RFC 8705), by itself or by that authority: the provider answers there too, and announces that address for them.
// With --issuer https://localhost:8491 it is there altogether.
//
// --resource-server names an API, once for each: clients ask for access tokens for it by the parameter "resource" (RFC 8707), with the
// scopes read, write and admin, for a person (authorization code) or for themselves (client credentials). They are JWT (RFC 9068)
// signed by the algorithm behind the name, RS256, PS256, ES256 or EdDSA, or "opaque"; RS256 where nothing is said. Opaque ones can be
// introspected (RFC 7662), JWT cannot. A proof of possession binds a token to a key (RFC 9449); a certificate at --tls-port does so for
// clients with "tls_client_certificate_bound_access_tokens" (RFC 8705, section 3). Members of the clients' file then:
// "resource_scopes" ("read write admin": what the client may have of them) and "introspects" ([]: the APIs for whose tokens the client
// may ask).

import { generateKeyPairSync, randomBytes } from "node:crypto";
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { parseArgs } from "node:util";

import * as pages from "./pages.mjs";
import { account, signIn } from "./users.mjs";

const packages = new URL("../../../target/tools/npm/node_modules/", import.meta.url);
const FORM_BYTES = 4096;
const RESOURCE_SCOPES = "read write admin";
const TOKEN_KINDS = ["RS256", "PS256", "ES256", "EdDSA", "opaque"];

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "8490" },
    listen: { type: "string", default: "127.0.0.1" },
    issuer: { type: "string" },
    clients: { type: "string" },
    "access-token-seconds": { type: "string", default: "600" },
    "id-token-claims": { type: "boolean", default: false },
    "refreshes-late-by": { type: "string", default: "0" },
    "registration-token-file": { type: "string" },
    "require-pushed": { type: "boolean", default: false },
    "resource-server": { type: "string", multiple: true, default: [] },
    "tls-port": { type: "string" },
    "tls-certificate": { type: "string" },
    "tls-key": { type: "string" },
    "tls-client-authority": { type: "string" },
  },
});

// What ends in .localhost is this machine (RFC 6761 section 6.3), which not every resolver knows: it calls clients there.
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest);

// Its users have passwords that everybody knows: no other machine may ever reach it.
if (!/^127\.\d+\.\d+\.\d+$/.test(options.listen) && options.listen !== "::1") {
  stop(`--listen ${options.listen}: this provider listens on loopback only. Write 127.0.0.1.`, 64);
}
const accessTokenSeconds = Number(options["access-token-seconds"]);
if (!Number.isInteger(accessTokenSeconds) || accessTokenSeconds < 1) {
  stop(`--access-token-seconds ${options["access-token-seconds"]}: a whole number of seconds is needed. Write 600.`, 64);
}
const late = Number(options["refreshes-late-by"]);
if (!Number.isInteger(late) || late < 0) {
  stop(`--refreshes-late-by ${options["refreshes-late-by"]}: a whole number of seconds is needed. Write 0.`, 64);
}
// How the tokens for each API are made.
const resources = new Map(options["resource-server"].map(resourceServer));

const { default: Provider, errors } = await load("oidc-provider/lib/index.js");
const { createMemoryAdapter } = await load("oidc-provider/lib/adapters/memory_adapter.js");

// The port may be chosen by the system, and the issuer holds it: listen first.
const server = createServer();
server.on("error", (error) => stop(`cannot listen on ${options.listen}:${options.port}: ${error.message}`, 1));
await new Promise((listening) => server.listen(Number(options.port), options.listen, listening));
const issuer = options.issuer ?? `http://localhost:${server.address().port}`;

const clients = options.clients ? JSON.parse(readFileSync(options.clients, "utf8")) : quickstartClient();
const provider = new Provider(issuer, configuration(clients));
if (late > 0) {
  const { issue } = provider.IdToken.prototype;
  provider.IdToken.prototype.issue = async function (...rest) {
    if (this.ctx.oidc.params.grant_type !== "refresh_token") return issue.apply(this, rest);
    const { now } = Date;
    Date.now = () => now() - late * 1000;
    try {
      return await issue.apply(this, rest);
    } finally {
      Date.now = now;
    }
  };
}
provider.on("server_error", (_ctx, error) => console.error(`provider: ${error.stack}`));
// Who got tokens by which grant: a person wants to see a refresh happen, and the tests count them.
provider.on("grant.success", (ctx) => console.log(`provider: token: ${ctx.oidc.params.grant_type}`));
provider.on("grant.error", (_ctx, error) => console.error(`provider: token: ${error.message}: ${error.error_detail ?? error.error_description}`));
provider.on("backchannel.success", () => console.log("provider: backchannel logout"));
provider.on("backchannel.error", (_ctx, error) => console.error(`provider: backchannel logout: ${error.message}`));
provider.use(async (ctx, next) => {
  await next();
  if (["introspection", "revocation", "pushed_authorization_request", "userinfo"].includes(ctx.oidc?.route)) {
    const revoked = ctx.oidc.route === "revocation" && ctx.oidc.entities.RefreshToken ? " a refresh token" : "";
    console.log(`provider: ${ctx.oidc.route}: ${ctx.status}${revoked}`);
  }
});

const oidc = provider.callback();
server.on("request", answer);
if (options["tls-port"]) {
  // Who shows a certificate is let in, whoever signed it: the one that the client is registered with decides.
  const tls = createTlsServer(
    {
      cert: readFileSync(options["tls-certificate"]),
      key: readFileSync(options["tls-key"]),
      ...(options["tls-client-authority"] && { ca: readFileSync(options["tls-client-authority"]) }),
      requestCert: true,
      rejectUnauthorized: false,
    },
    answer,
  );
  tls.on("error", (error) => stop(`cannot listen on ${options.listen}:${options["tls-port"]}: ${error.message}`, 1));
  await new Promise((listening) => tls.listen(Number(options["tls-port"]), options.listen, listening));
}

function answer(request, response) {
  const interaction = /^\/sign-in\/([A-Za-z0-9_-]{1,64})$/.exec(request.url);
  if (!interaction) return oidc(request, response);
  signInPage(request, response).catch((error) => {
    // The person came without the provider's cookie, or too late.
    const gone = error.name === "SessionNotFound";
    if (!gone) console.error(`provider: ${error.stack}`);
    send(response, gone ? 400 : 500, pages.problem(gone ? "This sign-in is no longer under way. Go back to the application and try again." : "Something went wrong."));
  });
}
console.log(`provider: ready at ${issuer}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

// GET shows the form, POST takes name and password.
async function signInPage(request, response) {
  const { uid, prompt, params } = await provider.interactionDetails(request, response);
  if (prompt.name !== "login") {
    return provider.interactionFinished(request, response, { error: "access_denied" });
  }
  if (request.method !== "POST") {
    return send(response, 200, pages.signIn(uid, params.client_id, params.login_hint ?? "", ""));
  }
  const form = new URLSearchParams(await body(request));
  const sub = signIn(form.get("name") ?? "", form.get("password") ?? "");
  if (!sub) {
    return send(response, 401, pages.signIn(uid, params.client_id, form.get("name") ?? "", "There is no such user with this password."));
  }
  return provider.interactionFinished(request, response, { login: { accountId: sub, amr: ["pwd"] } });
}

function configuration(list) {
  const pkce = new Map(list.map((client) => [client.client_id, client.require_pkce ?? true]));
  const refresh = new Map(list.map((client) => [client.client_id, client.refresh_tokens ?? true]));
  const seconds = new Map(list.map((client) => [client.client_id, client.access_token_seconds ?? accessTokenSeconds]));
  const lifetime = (_ctx, _token, client) => seconds.get(client?.clientId) ?? accessTokenSeconds;
  return {
    adapter: createMemoryAdapter(0),
    clients: list.map(
      ({ require_pkce, refresh_tokens, access_token_seconds, resource_scopes, introspects, ...metadata }) => metadata,
    ),
    // A second RSA key takes its time: only for whoever needs it.
    jwks: {
      keys: [
        rsaKey("rsa-1", "RS256"),
        ecKey("ec-1"),
        edKey("ed-1"),
        ...(list.some((client) => client.id_token_signed_response_alg === "PS256") || [...resources.values()].includes("PS256")
          ? [rsaKey("rsa-2", "PS256")]
          : []),
      ],
    },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    clientAuthMethods: [
      "client_secret_basic",
      "client_secret_post",
      "client_secret_jwt",
      "private_key_jwt",
      "none",
      ...(options["tls-port"] ? ["self_signed_tls_client_auth", "tls_client_auth"] : []),
    ],
    responseTypes: ["code"],
    scopes: ["openid", "offline_access"],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name", "preferred_username"],
      groups: ["groups"],
    },
    conformIdTokenClaims: !options["id-token-claims"],
    findAccount: (_ctx, sub) => account(sub),
    // The clients are on this machine, which oidc-provider would not call on its own.
    fetch: (url, { dispatcher, ...init }) => fetch(url, init),
    ...(options["tls-port"] && {
      discovery: {
        mtls_endpoint_aliases: Object.fromEntries(
          Object.entries({
            token_endpoint: "token",
            revocation_endpoint: "token/revocation",
            pushed_authorization_request_endpoint: "request",
            ...(resources.size > 0 && { introspection_endpoint: "token/introspection" }),
          }).map(([name, path]) => [name, `https://localhost:${options["tls-port"]}/${path}`]),
        ),
      },
    }),
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      ...(options["registration-token-file"] && {
        registration: { enabled: true, initialAccessToken: readFileSync(options["registration-token-file"], "utf8").trim() },
      }),
      encryption: { enabled: true },
      jwtUserinfo: { enabled: true },
      ...(resources.size > 0 && resourceServerFeatures(list)),
      mTLS: {
        enabled: Boolean(options["tls-port"]),
        certificateBoundAccessTokens: Boolean(options["tls-port"]) && resources.size > 0,
        selfSignedTlsClientAuth: Boolean(options["tls-port"]),
        tlsClientAuth: Boolean(options["tls-port"]),
        certificateAuthorized: (ctx) => ctx.socket.authorized,
        certificateSubjectMatches: (ctx, property, expected) =>
          property === "tls_client_auth_subject_dn" && ctx.socket.getPeerX509Certificate().subject === expected,
        getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
      },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: options["require-pushed"],
      },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          // Who shows the ID token of the session asked already; anybody else could have made this link.
          const asked = ctx.oidc.entities.IdTokenHint?.payload.sub === ctx.oidc.session.accountId;
          ctx.body = pages.signOut(form, asked);
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.body = pages.signedOut();
        },
      },
    },
    interactions: { url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
    // Everybody who signs in agrees to everything.
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      const known = session.grantIdFor(client.clientId);
      const grant = known ? await provider.Grant.find(known) : undefined;
      if (grant) return grant;
      const made = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      made.addOIDCScope("openid offline_access email profile groups");
      for (const resource of resources.keys()) made.addResourceScope(resource, RESOURCE_SCOPES);
      await made.save();
      return made;
    },
    issueRefreshToken: async (_ctx, client) => refresh.get(client.clientId) ?? true,
    pkce: { required: (_ctx, client) => pkce.get(client.clientId) ?? true },
    rotateRefreshToken: true,
    renderError: (ctx, out) => {
      ctx.type = "html";
      ctx.body = pages.problem(`${out.error}: ${out.error_description ?? ""}`);
    },
    ttl: {
      AccessToken: lifetime,
      AuthorizationCode: 60,
      ClientCredentials: lifetime,
      Grant: 86400,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 86400,
      Session: 86400,
    },
  };
}

// What follows from there being APIs.
function resourceServerFeatures(list) {
  const scopes = new Map(list.map((client) => [client.client_id, client.resource_scopes ?? RESOURCE_SCOPES]));
  const introspects = new Map(list.map((client) => [client.client_id, client.introspects ?? []]));
  return {
    clientCredentials: { enabled: true },
    // Whoever has no business with a token learns nothing of it, not even that there is one (RFC 7662, section 4).
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => introspects.get(client.clientId)?.includes(token.aud) ?? false,
    },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource, client) => {
        if (!resources.has(resource)) throw new errors.InvalidTarget();
        const kind = resources.get(resource);
        return {
          audience: resource,
          scope: scopes.get(client.clientId) ?? RESOURCE_SCOPES,
          ...(kind === "opaque" ? { accessTokenFormat: "opaque" } : { accessTokenFormat: "jwt", jwt: { sign: { alg: kind } } }),
        };
      },
    },
  };
}

// The name of an API, and how its tokens are made.
function resourceServer(text) {
  const [resource, kind = "RS256", ...rest] = text.split(" ");
  if (!URL.canParse(resource) || !TOKEN_KINDS.includes(kind) || rest.length > 0) {
    stop(`--resource-server ${text}: an address and one of ${TOKEN_KINDS.join(", ")} are needed. Write "https://api.example.com RS256".`, 64);
  }
  return [resource, kind];
}

// The client of clients.yaml at the root of the repository.
function quickstartClient() {
  const origin = process.env.QUICKSTART_ORIGIN ?? "http://app.localhost:8480";
  return [
    {
      client_id: "quickstart",
      client_secret: "quickstart-on-this-machine-only",
      redirect_uris: [`${origin}/oidc/quickstart/callback`],
      post_logout_redirect_uris: [`${origin}/oidc/quickstart/signed-out`],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      introspects: [...resources.keys()],
    },
  ];
}

function rsaKey(kid, alg) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid, alg, use: "sig" };
}

function ecKey(kid) {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" };
}

function edKey(kid) {
  const { privateKey } = generateKeyPairSync("ed25519");
  return { ...privateKey.export({ format: "jwk" }), kid, alg: "EdDSA", use: "sig" };
}

async function body(request) {
  let text = "";
  for await (const part of request) {
    text += part;
    if (text.length > FORM_BYTES) throw new Error("the form is too long");
  }
  return text;
}

function send(response, status, html) {
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
  response.end(html);
}

async function load(path) {
  try {
    return await import(new URL(path, packages));
  } catch (error) {
    stop(`oidc-provider is not installed (${error.code}). Run: tests/tools/install provider`, 1);
  }
}

function stop(sentence, status) {
  console.error(`provider: ${sentence}`);
  process.exit(status);
}
