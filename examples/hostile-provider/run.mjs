// Lets vestibule sign in at a provider that misbehaves, and take its access tokens, once in each way, and says what came of it: the answer, the refusal code, and
// how much memory the process took at most meanwhile.
//
//   node run.mjs --binary PATH --work FOLDER
//
// Ends with status 0 when each case was refused for its own reason, nobody asked an address that nobody may ask, and memory stayed
// within the limit; else with 1.

import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { parseArgs } from "node:util";

import { cases } from "./cases.mjs";
import { accessToken, base64url, start } from "./provider.mjs";
import { AUDIENCE, tokenCases } from "./tokens.mjs";

const MORE_MIB = 32;
const DEADLINE_SECONDS = 20;
const FLOOD = 300;
const STRANGERS = 10_000;
// Tokens of one address that an issuer is asked about in a minute; some come back while the flood lasts.
const ASKED_A_MINUTE = 600;

const { values: options } = parseArgs({ options: { binary: { type: "string" }, work: { type: "string" } } });
mkdirSync(options.work, { recursive: true });

let trapped = 0;
const trap = createServer((_, answer) => answer.end()).on("connection", () => (trapped += 1));
await new Promise((ready) => trap.listen(0, "127.0.0.1", ready));
// That it would be noticed.
await exchange(trap.address().port, "/", "localhost", {});
if (trapped !== 1) throw new Error("the trap does not notice who asks");
trapped = 0;

const all = cases(() => `http://127.0.0.1:${trap.address().port}/keys`);
const tokens = tokenCases(() => `http://127.0.0.1:${trap.address().port}/keys`);
const provider = await start({ ...all, ...tokens });
const port = await freePort();
const host = (name) => `${name.replaceAll("_", "-")}.localhost:${port}`;
writeFileSync(`${options.work}/clients.yaml`, configuration());
const log = openSync(`${options.work}/vestibule.log`, "w");
const vestibule = spawn(options.binary, ["serve", `${options.work}/clients.yaml`], { stdio: ["ignore", log, log], env: { PATH: process.env.PATH } });
process.on("exit", () => vestibule.kill());
vestibule.on("exit", (status) => {
  console.error(`vestibule ended by itself with status ${status}: see ${options.work}/vestibule.log`);
  process.exit(1);
});
await listens();

let failed = 0;
const wrong = [];
await login("nothing_wrong", new Map());
const before = memory();
let highest = before;
console.log(`${"way to misbehave".padEnd(72)} answer  ${"refusal code".padEnd(28)} memory, at most`);

const quick = Object.entries(all).filter(([, known]) => !known.slow);
for (const [name, known] of quick) await tried(known.about, known.code, () => login(name, new Map()));

await tried("a callback that comes a second time", "flow_replayed", async () => {
  const browser = new Map();
  const address = await authorized("nothing_wrong", browser);
  const first = await back("nothing_wrong", browser, address);
  if (first.status !== 303) return first;
  dropSession(browser);
  return back("nothing_wrong", browser, address);
});
await tried("the same callback 100 times at once: one session", "flow_replayed", async () => {
  const browser = new Map();
  const address = await authorized("nothing_wrong", browser);
  const asked = provider.asked("nothing_wrong", "token");
  const answers = await Promise.all(Array.from({ length: 100 }, () => back("nothing_wrong", new Map(browser), address)));
  const signedIn = answers.filter((answer) => answer.status === 303).length;
  if (signedIn !== 1) return { status: 0, code: `${signedIn} sessions` };
  const calls = provider.asked("nothing_wrong", "token") - asked;
  return calls === 1 ? answers.find((answer) => answer.status !== 303) : { status: 0, code: `${calls} token requests` };
});
await tried("a code that was redeemed before, in a login of its own", "token_invalid_grant", async () => {
  const [old, fresh] = [new Map(), new Map()];
  const used = await authorized("nothing_wrong", old);
  await back("nothing_wrong", old, used);
  const address = new URL(await authorized("nothing_wrong", fresh));
  address.searchParams.set("code", new URL(used).searchParams.get("code"));
  return back("nothing_wrong", fresh, address.href);
});
await tried("the callback of another browser", "callback_no_flow_cookie callback_other_browser", async () => {
  const address = await authorized("nothing_wrong", new Map());
  const other = new Map();
  await authorized("nothing_wrong", other);
  return back("nothing_wrong", other, address);
});
await tried("the callback of another client (mix-up)", "callback_state_other_client", async () => {
  const browser = new Map();
  const address = await authorized("nothing_wrong", browser);
  return back("other_audience", browser, address.replace(host("nothing_wrong"), host("other_audience")).replace("/nothing_wrong/", "/other_audience/"));
});
await tried(`${FLOOD} logins with a key that nobody knows: at most 2 requests for keys`, "id_token_key_unknown", async () => {
  const asked = provider.asked("unknown_key", "jwks");
  let last;
  for (let done = 0; done < FLOOD; done += 20) {
    const some = await Promise.all(Array.from({ length: 20 }, () => login("unknown_key", new Map())));
    last = some.find((answer) => answer.code !== "id_token_key_unknown") ?? some[0];
    if (last.code !== "id_token_key_unknown") break;
  }
  const calls = provider.asked("unknown_key", "jwks") - asked;
  return calls <= 2 ? last : { status: 0, code: `${calls} requests for keys` };
});

for (const [name, known] of Object.entries(tokens).filter(([, known]) => !known.slow)) await tried(known.about, known.code, () => present(name));
await tried(`${STRANGERS} tokens with a key that nobody knows: at most 2 requests for keys`, "bearer_unknown_key", async () => {
  const asked = provider.asked("token_right", "jwks");
  const [, payload] = accessToken(issuerOf("token_right")).split(".");
  const strange = (at) => `${base64url(JSON.stringify({ alg: "RS256", typ: "at+jwt", kid: `random-${at}` }))}.${payload}.AAAA`;
  const { answers, meanwhile } = await flood("token_right", strange);
  if (meanwhile) return meanwhile;
  const calls = provider.asked("token_right", "jwks") - asked;
  return calls <= 2 ? (answers.find(({ code }) => code !== "bearer_unknown_key") ?? answers[0]) : { status: 0, code: `${calls} requests for keys` };
});
await tried(`${STRANGERS} tokens of one address that an issuer is asked about: 429`, "too_many_tokens", async () => {
  const asked = provider.asked("asked_inactive", "introspect");
  const [began, { answers, meanwhile }] = [Date.now(), await flood("asked_inactive", (at) => `random-${at}`)];
  if (meanwhile) return meanwhile;
  const calls = provider.asked("asked_inactive", "introspect") - asked;
  const may = ASKED_A_MINUTE * (1 + (Date.now() - began) / 60_000) + 10;
  if (calls > may) return { status: 0, code: `${calls} questions` };
  return answers.filter(({ status }) => status === 429).length >= STRANGERS - may ? answers.at(-1) : { status: 0, code: "few were told to wait" };
});

// The slow ones end at the deadline, all at once; meanwhile a provider that is well is served.
const slow = Object.entries(all).filter(([, known]) => known.slow);
resetPeak();
const waiting = slow.map(([name, known]) => login(name, new Map()).then((answer) => [known, answer]));
const slowTokens = Object.entries(tokens).filter(([, known]) => known.slow);
waiting.push(...slowTokens.map(([name, known]) => present(name).then((answer) => [known, answer])));
const before300 = provider.asked("asked_hang", "introspect");
const same = Array.from({ length: FLOOD }, () => present("asked_hang", "one-token"));
const crowd = Array.from({ length: FLOOD }, () => login("token_hang", new Map()));
await tried("meanwhile, at a provider that is well", undefined, () => login("nothing_wrong", new Map()));
await tried("meanwhile, a token of an issuer that is well", undefined, () => present("token_right"));
await tried("meanwhile, a token that an issuer is asked about that is well", undefined, () => present("asked_right"));
for (const [known, answer] of await Promise.all(waiting)) report(known.about, known.code, answer);
const flooded = await Promise.all(crowd);
report(`${FLOOD} logins at once at a provider that hangs`, "provider_timeout", flooded.find(({ code }) => code !== "provider_timeout") ?? flooded[0]);

const shared = await Promise.all(same);
// One for the case itself, and one for all of these.
const calls = provider.asked("asked_hang", "introspect") - before300;
report(
  `${FLOOD} requests with one token at an endpoint that hangs: one question`,
  "provider_timeout",
  calls === 2 ? (shared.find(({ code }) => code !== "provider_timeout") ?? shared[0]) : { status: 0, code: `${calls} questions` },
);

await tried("after all of it, at a provider that is well", undefined, () => login("nothing_wrong", new Map()));
await tried("after all of it, a token of an issuer that is well", undefined, () => present("token_right"));
const after = memory();
if (trapped > 0) {
  failed += 1;
  console.log(`an address that nobody may ask was asked ${trapped} times`);
}
const more = highest - before;
if (more > MORE_MIB) failed += 1;
console.log(
  `\nmemory: ${before.toFixed(1)} MiB before, ${after.toFixed(1)} MiB after, ${highest.toFixed(1)} MiB at most, which is ` +
    `${more.toFixed(1)} MiB more (allowed: ${MORE_MIB}); requests to addresses that nobody may ask: ${trapped}`,
);
console.log(failed === 0 ? "every misbehaviour was refused for its own reason" : `${failed} were not as they should be`);
// Once more, for whoever sees only the end.
for (const line of wrong) console.log(line);
process.exit(failed === 0 ? 0 : 1);

/** Runs one case and reports it. */
async function tried(about, code, what) {
  resetPeak();
  report(about, code, await what());
}

function report(about, wanted, { status, code }) {
  const peak = peakMemory();
  highest = Math.max(highest, peak);
  const right = wanted === undefined ? status === 303 || status === 200 : status >= 400 && wanted.split(" ").includes(code);
  if (!right) failed += 1;
  const told = right ? "" : `   NOT AS IT SHOULD BE: ${wanted ?? "a session, or a token that is taken"}`;
  const line = `${about.padEnd(72)} ${String(status).padEnd(7)} ${(code ?? "—").padEnd(28)} ${peak < before ? "" : "+"}${(peak - before).toFixed(1)} MiB${told}`;
  console.log(line);
  if (!right) wrong.push(line);
}

/** A whole login: what it ends with. */
async function login(name, browser) {
  const sent = await ask(name, browser, `/oidc/${name}/login?rd=/`);
  if (sent.status !== 302) return sent;
  return back(name, browser, await toCallback(sent.location));
}

/** A program presents a token: what a proxy is told. */
function present(name, token, address = "192.0.2.1", agent = false) {
  const known = tokens[name];
  const shown = token ?? (known.opaque ? `opaque-${Math.random()}` : accessToken(issuerOf(name), known));
  const forwarded = { "X-Forwarded-Method": "GET", "X-Forwarded-Proto": "http", "X-Forwarded-Host": host(name), "X-Forwarded-Uri": "/", "X-Forwarded-For": address };
  return exchange(port, `/oidc/${name}/auth`, host(name), { ...forwarded, Authorization: `Bearer ${shown}` }, agent);
}

function issuerOf(name) {
  return `http://127.0.0.1:${provider.port}/${name}`;
}

/** Many tokens of one stranger, while a session begins and a good token is presented now and then: their answers, or what went wrong meanwhile. */
async function flood(name, strange) {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const answers = [];
  for (let done = 0; done < STRANGERS; done += 500) {
    const some = Array.from({ length: 500 }, (_, at) => present(name, strange(done + at), "198.51.100.9", agent));
    const good = [login("nothing_wrong", new Map()), present("token_right"), present("asked_right")];
    answers.push(...(await Promise.all(some)));
    const meanwhile = (await Promise.all(good)).find(({ status }) => status !== 303 && status !== 200);
    if (meanwhile) return { answers, meanwhile: { status: 0, code: `${meanwhile.code} meanwhile` } };
  }
  agent.destroy();
  return { answers };
}

/** A login up to the address of its callback. */
async function authorized(name, browser) {
  const sent = await ask(name, browser, `/oidc/${name}/login?rd=/`);
  if (sent.status !== 302) throw new Error(`no login could be begun: ${sent.status} ${sent.code}`);
  return toCallback(sent.location);
}

async function toCallback(address) {
  const url = new URL(address);
  return (await exchange(Number(url.port), url.pathname + url.search, url.host, {})).location;
}

function back(name, browser, address) {
  const url = new URL(address);
  return ask(name, browser, url.pathname + url.search);
}

async function ask(name, browser, path) {
  const cookie = [...browser].map(([key, value]) => `${key}=${value}`).join("; ");
  const answer = await exchange(port, path, host(name), { ...(cookie && { Cookie: cookie }), Accept: "text/html" });
  for (const line of answer.cookies) {
    const [pair] = line.split(";");
    browser.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
  }
  return answer;
}

function dropSession(browser) {
  for (const key of browser.keys()) if (!key.includes("flow")) browser.delete(key);
}

function exchange(to, path, hostName, headers, agent = false) {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port: to, path, headers: { Host: hostName, ...headers }, agent, signal: AbortSignal.timeout(DEADLINE_SECONDS * 1000) },
      (answer) => {
        answer.resume();
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode, code: answer.headers["vestibule-refusal"], location: answer.headers.location, cookies: answer.headers["set-cookie"] ?? [] }),
        );
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

function configuration() {
  const client = (name) => `  ${name}:
    issuer: http://127.0.0.1:${provider.port}/${name}
    client_id: hostile
    client_secret: hostile-client-secret-0123456789abcdef
    redirect_uri: http://${host(name)}/oidc/${name}/callback
    hosts: ["${host(name)}"]
`;
  const api = (name) => `  ${name}:
    bearer_only: true
    hosts: ["${host(name)}"]
    bearer: { main: { ${[`issuer: ${issuerOf(name)}`, `audiences: [${AUDIENCE}]`, tokens[name].settings].filter(Boolean).join(", ")} } }
`;
  return `server: { listen: "127.0.0.1:${port}", admin_listen: "127.0.0.1:0" }\nclients:\n${Object.keys(all).map(client).join("")}${Object.keys(tokens).map(api).join("")}`;
}

async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const { port: free } = server.address();
  await new Promise((closed) => server.close(closed));
  return free;
}

async function listens() {
  for (let tenths = 0; ; tenths += 1) {
    try {
      return await exchange(port, "/", host("nothing_wrong"), {});
    } catch (error) {
      if (tenths > 100) throw error;
      await new Promise((go) => setTimeout(go, 100));
    }
  }
}

// What the kernel says of the process (proc(5)): resident now, and at most since the mark was reset.
function figure(name) {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${vestibule.pid}/status`, "utf8"));
  return Number(line[1]) / 1024;
}
function memory() {
  return figure("VmRSS");
}
function peakMemory() {
  return figure("VmHWM");
}
function resetPeak() {
  writeFileSync(`/proc/${vestibule.pid}/clear_refs`, "5");
}
