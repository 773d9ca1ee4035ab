// Does by itself what a person would do in the quickstart, and says what it saw: asks for a page, signs in at the provider,
// lands on that page, tries to forge an identity, signs out.
//
//   node check.mjs --origin http://app.localhost:8480 [--client quickstart]
//
// Ends with status 0 when everything was as it should be, else with 1 and the step that was not. QUICKSTART_SEEDS names a file that
// every cookie and code is noted in, for those who look whether any log has one.

import { appendFileSync } from "node:fs";
import { request } from "node:http";
import { parseArgs } from "node:util";

const STEP_SECONDS = 10;
const HOPS = 10;
const PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const NAVIGATION = { Accept: PAGE, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none" };
const JSON_FETCH = { Accept: "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin" };

const { values: options } = parseArgs({
  options: { origin: { type: "string", default: "http://app.localhost:8480" }, client: { type: "string", default: "quickstart" } },
});
const origin = options.origin;
const own = `${origin}/oidc/${options.client}`;
// Path and query that must come back byte for byte: an encoded slash, a semicolon, non-ASCII, two parameters, a stray percent sign.
const DEEP = `${origin}/a%2Fb/c;d=1/caf%C3%A9?x=1&y=%20z&rd=//elsewhere.example&p=100%25&%zz`;

/** Cookies as a browser keeps them, as far as it matters here: by host, ended by Max-Age=0 or an Expires that is past. */
class Browser {
  cookies = new Map();

  /** One request; no redirect is followed. */
  async ask(address, { method = "GET", headers = {}, body } = {}) {
    const url = new URL(address);
    const cookie = [...(this.cookies.get(url.hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await exchange(url, address, method, { ...(cookie && { Cookie: cookie }), ...headers }, body);
    for (const line of answer.headers["set-cookie"] ?? []) this.keep(url.hostname, line);
    note(url.searchParams.get("code"));
    note(url.searchParams.get("id_token_hint"));
    return { address, ...answer };
  }

  /** A navigation that goes wherever it is sent, as far as `until` lets it. */
  async visit(address, { until = () => false, ...first } = {}) {
    let answer = await this.ask(address, { ...first, headers: { ...NAVIGATION, ...first.headers } });
    for (let hop = 0; [301, 302, 303].includes(answer.status) && !until(answer); hop += 1) {
      if (hop === HOPS) throw new Failure(`more than ${HOPS} redirects, the last to ${where(answer.headers.location)}`);
      answer = await this.ask(new URL(answer.headers.location, answer.address).href, { headers: NAVIGATION });
    }
    return answer;
  }

  /** Sends the first form of a page, with its hidden fields and what is given. */
  async submit(page, fields) {
    const form = /<form\b[^>]*>[\s\S]*?<\/form>/.exec(page.body)?.[0];
    if (!form) throw new Failure(`a page without a form came from ${where(page.address)}: ${page.status}`);
    const action = unescape(/\baction="([^"]*)"/.exec(form)?.[1] ?? page.address);
    const values = new URLSearchParams();
    for (const [input] of form.matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)) {
      values.set(unescape(/\bname="([^"]*)"/.exec(input)[1]), unescape(/\bvalue="([^"]*)"/.exec(input)?.[1] ?? ""));
    }
    for (const [name, value] of Object.entries(fields)) values.set(name, value);
    const target = new URL(action, page.address);
    return this.visit(target.href, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: target.origin, "Sec-Fetch-Site": "same-origin" },
      body: values.toString(),
    });
  }

  keep(host, line) {
    const [pair, ...attributes] = line.split(";").map((part) => part.trim());
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    const jar = this.cookies.get(host) ?? new Map();
    const over = attributes.some((attribute) => {
      const [key, text] = attribute.split("=");
      return (/^max-age$/i.test(key) && Number(text) <= 0) || (/^expires$/i.test(key) && Date.parse(text) <= Date.now());
    });
    if (over) jar.delete(name);
    else jar.set(name, value);
    note(value);
    this.cookies.set(host, jar);
  }
}

class Failure extends Error {}

/** Notes a secret. */
function note(secret) {
  if (process.env.QUICKSTART_SEEDS && secret?.length >= 16) appendFileSync(process.env.QUICKSTART_SEEDS, `${secret}\n`);
}

/** An address without its query, which may carry a code. */
function where(address) {
  return String(address).split("?")[0];
}

function unescape(text) {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, digits) => String.fromCodePoint(parseInt(digits, 16)))
    .replace(/&#(\d+);/g, (_, digits) => String.fromCodePoint(Number(digits)))
    .replace(/&(quot|lt|gt|amp);/g, (_, name) => ({ quot: '"', lt: "<", gt: ">", amp: "&" })[name]);
}

// The path is sent as it was written, without the URL parser's tidying; every *.localhost is this machine (RFC 6761, section 6.3).
function exchange(url, address, method, headers, body) {
  const path = address.slice(address.indexOf("/", address.indexOf("//") + 2)) || "/";
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        path,
        method,
        headers: { ...headers, ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }) },
        lookup: (_name, { all }, done) => (all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)),
        agent: false,
        signal: AbortSignal.timeout(STEP_SECONDS * 1000),
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part) => (text += part));
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: text }));
        answer.on("error", reject);
      },
    );
    sent.on("error", (error) => reject(new Failure(`${method} ${where(address)}: ${error.message}`)));
    sent.end(body);
  });
}

function expect(what, found, wanted) {
  if (found !== wanted) throw new Failure(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
}

/** The one value of a header that the application got; fails when it came more than once. */
function header(seen, name) {
  const values = seen.headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
  if (values.length > 1) throw new Failure(`the application got ${name} ${values.length} times`);
  return values[0] ?? "";
}

/** Asks for a page, signs in and returns the page that the person lands on. */
async function login(browser, name, address) {
  const form = await browser.visit(address);
  expect(`the sign-in page, at ${where(form.address)}`, form.status, 200);
  if (!form.body.includes('id="sign-in"')) throw new Failure(`no sign-in form at ${where(form.address)}`);
  return browser.submit(form, { name, password: name });
}

async function seenBy(browser, address, headers = {}) {
  const answer = await browser.ask(address, { headers: { ...JSON_FETCH, ...headers } });
  return { answer, seen: answer.headers["x-application"] ? JSON.parse(answer.body) : undefined };
}

const alice = new Browser();
const bob = new Browser();
const steps = {
  "a script without a session gets 401": async () => {
    const { answer, seen } = await seenBy(new Browser(), `${origin}/api`);
    expect("status", answer.status, 401);
    expect("the application was asked", seen !== undefined, false);
  },
  "a page leads to the login, and back to exactly that page": async () => {
    const page = await login(alice, "alice", DEEP);
    expect("status", page.status, 200);
    expect("address", page.address, DEEP);
    if (!page.headers["x-application"]) throw new Failure("the page is not the application's");
  },
  "the application knows who it is": async () => {
    const { seen } = await seenBy(alice, DEEP);
    expect("address", seen?.url, DEEP.slice(origin.length));
    expect("X-Auth-Subject", header(seen, "x-auth-subject"), "user-alice-1");
    expect("X-User-Email", header(seen, "x-user-email"), "alice@example.com");
    expect("X-User-Name", header(seen, "x-user-name"), "Alice Liddell");
    expect("X-User-Groups", header(seen, "x-user-groups"), "admins,readers");
  },
  "names from anywhere in the world arrive encoded": async () => {
    await login(bob, "bob", `${origin}/`);
    const { seen } = await seenBy(bob, `${origin}/`);
    expect("X-User-Name", decodeURIComponent(header(seen, "x-user-name")), "Bøb Müller 鮑勃");
    expect("X-User-Groups", header(seen, "x-user-groups").split(",").map(decodeURIComponent).join("|"), "readers|R&D, Oslo");
  },
  "a forged identity never reaches the application": async () => {
    for (const name of ["X-Auth-Subject", "x-user-email", "X_Auth_Subject", "X.Auth.Subject", "X-User_Groups"]) {
      for (const browser of [alice, new Browser()]) {
        const { answer, seen } = await seenBy(browser, `${origin}/`, { [name]: "forged" });
        if (seen && JSON.stringify(seen).includes("forged")) throw new Failure(`${name}: forged reached the application`);
        if (!seen && ![400, 401, 403].includes(answer.status)) throw new Failure(`${name}: status ${answer.status}`);
      }
    }
  },
  "the decision itself cannot be asked from outside": async () => {
    for (const path of ["auth", "auth/nginx", "auth/envoy/", "%61uth", "auth/envoy/../../login", "x/../auth"]) {
      const answer = await alice.ask(`${own}/${path}`, { headers: NAVIGATION });
      if (!answer.headers["x-application"] && "x-auth-subject" in answer.headers) throw new Failure(`/${path} shows who is signed in`);
    }
  },
  "signing out ends the session, here and at the provider": async () => {
    const question = await alice.visit(`${own}/logout`, {
      method: "POST",
      headers: { Origin: origin, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded" },
      body: "",
    });
    const end = question.body.includes("op.logoutForm") ? await alice.submit(question, {}) : question;
    expect("status", end.status, 200);
    expect("address", where(end.address), `${own}/signed-out`);
    const { answer } = await seenBy(alice, `${origin}/`);
    expect("status of the next request", answer.status, 401);
    const again = await alice.visit(`${origin}/`);
    expect("the provider asks for name and password again", again.body.includes('id="sign-in"'), true);
  },
};

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`ok      ${name}`);
  } catch (error) {
    console.log(`FAILED  ${name}\n        ${error instanceof Failure ? error.message : error.stack}`);
    process.exit(1);
  }
}
