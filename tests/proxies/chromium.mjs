// One scenario in a real Chromium, driven over the DevTools protocol with nothing but Node's own WebSocket.
//
//   node chromium.mjs SCENARIO --chromium PATH --profile FOLDER --origin http://app.localhost:PORT
//     --issuer https://localhost:PORT [--seeds FILE] [--cause CODE and more, for the scenario "loop"]
//
// Ends with status 0 when the scenario went as it should; else prints what was seen and ends with 1.

import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

const START_SECONDS = 30;
const TABS = 20;
// As root Chromium needs --no-sandbox; the rest keeps it from talking to anybody but this machine.
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-port=0",
];
// It knows nothing of the authority of a provider's certificate; vestibule is the one that looks.
const ANY_CERTIFICATE = "--ignore-certificate-errors";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    chromium: { type: "string" },
    profile: { type: "string" },
    origin: { type: "string" },
    issuer: { type: "string" },
    seeds: { type: "string" },
    // Of the scenario "loop": the code that must be named, and what is done to the browser.
    cause: { type: "string" },
    "drop-session": { type: "boolean" },
    "block-cookies": { type: "boolean" },
    "second-cookie": { type: "boolean" },
    "slow-page": { type: "string" }, // for so many milliseconds
    "before-login": { type: "boolean" },
    axe: { type: "string" },
    files: { type: "string" },
    pictures: { type: "string" },
  },
});
const { origin, issuer, profile } = options;
// How long a step may take, on a machine that does other things too, and with pages that are held up on the way.
const STEP_SECONDS = 30 + (5 * Number(options["slow-page"] ?? 0)) / 1000;
const own = `${origin}/oidc/quickstart`;

if (options["block-cookies"]) {
  // As somebody who blocks the site in the settings.
  mkdirSync(`${profile}/Default`, { recursive: true });
  const cookies = { [`[*.]${new URL(origin).hostname},*`]: { setting: 2 } };
  writeFileSync(`${profile}/Default/Preferences`, JSON.stringify({ profile: { content_settings: { exceptions: { cookies } } } }));
}

const log = openSync(`${profile}.log`, "a");
const chromium = spawn(options.chromium, [...FLAGS, ...(issuer.startsWith("https:") ? [ANY_CERTIFICATE] : []), `--user-data-dir=${profile}`, "about:blank"], { stdio: ["ignore", log, log] });
const ended = new Promise((resolve) => chromium.on("exit", resolve));

class Failure extends Error {}

/** The DevTools connection of the whole browser. */
class Devtools {
  pending = new Map();
  listeners = [];
  last = 0;

  static async connect() {
    const [port, path] = await until("Chromium to start", START_SECONDS, () => {
      try {
        const lines = readFileSync(`${profile}/DevToolsActivePort`, "utf8").split("\n");
        return lines.length > 1 ? lines : undefined;
      } catch {
        if (chromium.exitCode !== null) throw new Failure(`Chromium ended with ${chromium.exitCode}; see ${profile}.log`);
        return undefined;
      }
    });
    const devtools = new Devtools();
    devtools.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    await new Promise((open, fail) => {
      devtools.socket.onopen = open;
      devtools.socket.onerror = () => fail(new Failure("no DevTools connection"));
    });
    devtools.socket.onmessage = ({ data }) => devtools.hear(JSON.parse(data));
    return devtools;
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.last;
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject, method }));
  }

  hear(message) {
    const waiting = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.error) waiting?.reject(new Failure(`${waiting.method}: ${message.error.message}`));
    else if (waiting) waiting.resolve(message.result);
    else for (const listener of this.listeners) listener(message);
  }
}

/** One tab. */
class Tab {
  static async open(devtools, address = "about:blank") {
    const { targetId } = await devtools.send("Target.createTarget", { url: "about:blank" });
    const tab = await Tab.attach(devtools, targetId);
    if (address !== "about:blank") await tab.go(address);
    return tab;
  }

  /** The tab that a link of a page opens when it is clicked. */
  static async opened(devtools, click) {
    const pages = async () => (await devtools.send("Target.getTargets")).targetInfos.filter(({ type }) => type === "page").map(({ targetId }) => targetId);
    const before = await pages();
    await click();
    const targetId = await until("a new tab", STEP_SECONDS, async () => (await pages()).find((id) => !before.includes(id)));
    return Tab.attach(devtools, targetId);
  }

  static async attach(devtools, targetId) {
    const tab = new Tab();
    tab.devtools = devtools;
    tab.visited = [];
    tab.posts = 0;
    ({ sessionId: tab.session } = await devtools.send("Target.attachToTarget", { targetId, flatten: true }));
    devtools.listeners.push(({ method, params, sessionId }) => {
      if (method !== "Network.requestWillBeSent" || sessionId !== tab.session || params.type !== "Document") return;
      tab.visited.push(params.request.url + (params.request.urlFragment ?? ""));
      seed(params.request.url);
    });
    // Those that were answered: what the browser only has in its history counts as requested to these tools too.
    const sent = new Set();
    devtools.listeners.push(({ method, params, sessionId }) => {
      if (sessionId !== tab.session) return;
      if (method === "Network.requestWillBeSent" && params.request.method === "POST" && params.request.url === `${origin}/save`) sent.add(params.requestId);
      if (method === "Network.responseReceived" && sent.delete(params.requestId)) tab.posts += 1;
    });
    await tab.send("Page.enable");
    await tab.send("Network.enable");
    return tab;
  }

  send(method, params) {
    return this.devtools.send(method, params, this.session);
  }

  /** As if typed into the address bar; does not wait. */
  go(address) {
    return this.send("Page.navigate", { url: address });
  }

  async evaluate(expression) {
    try {
      const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true, userGesture: true, awaitPromise: true });
      return exceptionDetails ? undefined : result.value;
    } catch {
      return undefined; // The page is just being replaced.
    }
  }

  /** Waits until the page is there and the expression is true of it. */
  async waits(what, expression) {
    let seen;
    await until(what, STEP_SECONDS, async () => {
      seen = await this.evaluate(`({ at: location.href.split("?")[0], title: document.title, state: document.readyState,
        text: document.body?.innerText.slice(0, 300), fits: document.readyState === "complete" && Boolean(${expression}) })`);
      return seen?.fits;
    }, () => JSON.stringify(seen));
  }

  signInPage() {
    return this.waits("the provider's sign-in page", 'document.querySelector("#sign-in")');
  }

  fillIn(name) {
    return this.evaluate(`document.querySelector("#name").value = ${JSON.stringify(name)};
      document.querySelector("#password").value = ${JSON.stringify(name)};
      document.querySelector("#sign-in button").click()`);
  }

  /** The application at exactly that address, for that person. */
  landed(address, subject = "user-alice-1") {
    return this.waits(`the application at ${address}`, `location.href === ${JSON.stringify(address)} &&
      document.querySelector("#identity")?.innerText.includes(${JSON.stringify(subject)})`);
  }

  async signIn(address) {
    await this.go(address);
    await this.signInPage();
    await this.fillIn("alice");
    await this.landed(address);
  }

  async picture(name) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(`${profile}-${name}.png`, Buffer.from(data, "base64"));
  }

  /** Hands requests to those addresses, or their answers, to somebody who lets them go on. */
  async intercepts(urlPattern, requestStage, handle) {
    this.devtools.listeners.push(({ method, params, sessionId }) => {
      if (method === "Fetch.requestPaused" && sessionId === this.session) handle(params);
    });
    await this.send("Fetch.enable", { patterns: [{ urlPattern, requestStage }] });
  }

  /** Forgets the guarded host's cookies whose name matches. */
  async forget(pattern) {
    const { cookies } = await this.send("Network.getCookies", { urls: [origin] });
    const named = cookies.filter(({ name }) => pattern.test(name));
    if (named.length === 0) throw new Failure(`no cookie matches ${pattern}: ${cookies.map(({ name }) => name).join(", ")}`);
    for (const { name } of named) await this.send("Network.deleteCookies", { name, url: origin });
  }

  async cookies() {
    const { cookies } = await this.send("Network.getCookies", { urls: [origin] });
    for (const { value } of cookies) seedValue(value);
    return cookies;
  }
}

const scenarios = {
  async login(devtools) {
    const tab = await Tab.open(devtools);
    const address = `${origin}/a%2Fb/caf%C3%A9?x=1&y=%20z&rd=//elsewhere.example#section`;
    await tab.go(address);
    await tab.signInPage();
    await tab.picture("sign-in");
    await tab.fillIn("alice");
    // The fragment never reaches a server; browsers carry it over redirects, but not over the provider's form.
    await tab.landed(address.split("#")[0]);
    await tab.picture("application");
    const cookies = await tab.cookies();
    const session = cookies.find(({ name }) => name === "vestibule_quickstart");
    if (!session) throw new Failure(`no session cookie but ${cookies.map(({ name }) => name).join(", ")}`);
    if (!session.httpOnly || session.sameSite !== "Lax") throw new Failure("the session cookie is not HttpOnly and Lax");
    if (cookies.some(({ name }) => name.startsWith("vestibule") && name !== session.name && !name.startsWith("vestibule_flow"))) {
      throw new Failure(`more cookies than needed: ${cookies.map(({ name }) => name).join(", ")}`);
    }
    const status = await tab.evaluate("(async () => 1)(), 200");
    if (status !== 200) throw new Failure("scripts do not run in the application's page");
  },

  async choice(devtools) {
    const tab = await Tab.open(devtools);
    const address = `${origin}/wanted?x=1&y=%20z`;
    const chooser = async (expected) => {
      const entries = '[...document.querySelectorAll(".choices a")].map((entry) => entry.innerText.replace(/\\s+/g, " ").trim())';
      await tab.waits("the list", 'location.pathname.endsWith("/choose") && document.querySelector(".choices")');
      const shown = await tab.evaluate(entries);
      if (JSON.stringify(shown) !== JSON.stringify(expected)) throw new Failure(`${shown} in place of ${expected}`);
    };
    const remembered = async () => (await tab.cookies()).find(({ name }) => name === "vestibule_choice");
    const seen = () => tab.evaluate(`fetch("/seen", { headers: { accept: "application/json" } }).then((answer) => answer.json())
      .then(({ headers }) => headers.filter(([name, value]) => value !== "" && /^x-(auth|user|guest)-/i.test(name)).map(([name]) => name.toLowerCase()).sort().join(" "))`);
    const press = async (key, code, windowsVirtualKeyCode, text) => {
      await tab.send("Input.dispatchKeyEvent", { type: "keyDown", key, code, windowsVirtualKeyCode, text });
      await tab.send("Input.dispatchKeyEvent", { type: "keyUp", key, code, windowsVirtualKeyCode });
    };

    await tab.go(address);
    await chooser(["Company account", "Guest account"]);
    if ((await tab.cookies()).length > 0) throw new Failure("the list sets a cookie");
    await press("Tab", "Tab", 9);
    await press("Tab", "Tab", 9);
    await press("Enter", "Enter", 13, "\r");
    await tab.signInPage();
    await tab.fillIn("alice");
    await tab.landed(address);
    if (!tab.visited.some((visited) => visited.startsWith(`${origin}/oidc/guests/callback?`))) throw new Failure("the guests' login was not taken");
    const cookie = await remembered();
    if (cookie?.value !== "guests" || !cookie.httpOnly || cookie.sameSite !== "Lax") throw new Failure(`remembered: ${JSON.stringify(cookie)}`);
    const ofGuest = "x-auth-issuer x-auth-subject x-guest-name";
    if ((await seen()) !== ofGuest) throw new Failure(`the application is told ${await seen()} of a guest`);

    await tab.forget(/^vestibule_guests$/);
    await tab.go(address);
    await chooser(["Guest account Used last time", "Company account"]);
    await tab.picture("choice");
    // The provider still knows who it is.
    await tab.evaluate('document.querySelectorAll(".choices a")[1].click()');
    await tab.landed(address);
    if ((await remembered())?.value !== "quickstart") throw new Failure("the second choice is not remembered");
    const ofStaff = "x-auth-issuer x-auth-subject x-user-email x-user-groups x-user-name x-user-preferred-username";
    if ((await seen()) !== ofStaff) throw new Failure(`the application is told ${await seen()} of staff`);
  },

  // Every page as a person sees it, light, dark and on a phone; axe-core finds nothing, and Tab reaches each action in order.
  async pages(devtools) {
    const tab = await Tab.open(devtools);
    const axe = readFileSync(options.axe, "utf8");
    const forwarded = { "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "app.localhost", "X-Forwarded-Method": "GET", "X-Forwarded-Proto": "http", "X-Forwarded-Uri": "/report" };
    const app = `${origin}/oidc/app`;
    // The login leads to the application, which is not there; the session is what counts.
    await tab.send("Network.setExtraHTTPHeaders", { headers: forwarded });
    await tab.go(`${app}/login?rd=/`);
    await until("a session", STEP_SECONDS, async () => (await tab.cookies()).some(({ name }) => name === "vestibule_app") || undefined);
    // As the proxy would ask about a form of a page of the application.
    const form = { "X-Forwarded-Host": "down.localhost", "X-Forwarded-Method": "POST", Origin: "http://down.localhost" };
    const shown = [
      ["error", `${app}/login?rd=http://elsewhere.example/`],
      ["confirm_sign_out", `${app}/logout?scope=everywhere`],
      ["signed_out", `${app}/signed-out`],
      ["expired", `${origin}/oidc/down/new-token?rd=/`],
      ["forbidden", `${app}/auth`, { "X-Forwarded-Uri": "/mfa" }],
      ["forbidden-at_login", `file://${options.files}/forbidden-at_login.html`],
      ["unsent_form", `${origin}/oidc/down/auth`, { ...form }],
      ["frame", `file://${options.files}/frame.html`],
      ["chooser", `file://${options.files}/chooser.html`],
      ["provider_down", `${origin}/oidc/down/login`],
      ["too_many_requests", `${origin}/oidc/down/login`],
      ["forbidden-de", `${app}/auth`, { "X-Forwarded-Uri": "/mfa", "Accept-Language": "de" }],
      ["unsent_form-fr", `${origin}/oidc/down/auth`, { ...form, "Accept-Language": "fr" }],
      ["confirm_sign_out-es", `${app}/logout?scope=everywhere`, { "Accept-Language": "es" }],
    ];
    const views = [["light", "light", 900, 720], ["dark", "dark", 900, 720], ["phone", "light", 360, 740]];
    const problems = [];
    for (const [name, address, headers = {}] of shown) {
      const file = address.startsWith("file:");
      await tab.send("Network.setExtraHTTPHeaders", { headers: file ? {} : { "Accept-Language": "en", ...forwarded, ...headers } });
      if (name === "too_many_requests") for (let at = 0; at < 20; at++) await tab.evaluate(`fetch("${address}", { redirect: "manual" }).catch(() => 0)`), await tab.go(address);
      await tab.go(address);
      await tab.waits(name, `location.href.startsWith(${JSON.stringify(address.split("?")[0])}) && document.querySelector("main h1")`);
      const expected = { too_many_requests: "too_many_logins", provider_down: "provider_unreachable", forbidden: "step_up_needed", expired: "no_session", unsent_form: "no_cookie", error: "return_to_host" }[name];
      const code = await tab.evaluate('document.querySelector("dd")?.innerText');
      if (name.startsWith("unsent_form") && !(await tab.evaluate('document.querySelector("ol")'))) problems.push(`${name}: it does not say what to do`);
      if (expected && code !== expected) problems.push(`${name}: ${code} in place of ${expected}`);
      for (const [view, scheme, width, height] of views) {
        await tab.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }] });
        await tab.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
        const fits = await tab.evaluate("document.documentElement.scrollWidth <= innerWidth");
        if (!fits) problems.push(`${name} ${view}: wider than the window`);
        const found = await tab.evaluate(`(async () => { ${axe};
          const { violations } = await axe.run(document);
          return violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html, failureSummary }) => html + failureSummary).join("; ")); })()`);
        if (!Array.isArray(found)) problems.push(`${name} ${view}: axe-core did not run`);
        else problems.push(...found.map((violation) => `${name} ${view}: ${violation}`));
        const { data } = await tab.send("Page.captureScreenshot", { format: "png" });
        writeFileSync(`${options.pictures}/${name}-${view}.png`, Buffer.from(data, "base64"));
      }
      const actions = await tab.evaluate('[...document.querySelectorAll("a[href], button")].map((action) => action.innerText)');
      const reached = [];
      for (const _ of actions) {
        for (const type of ["keyDown", "keyUp"]) await tab.send("Input.dispatchKeyEvent", { type, key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 });
        reached.push(await tab.evaluate("document.activeElement.innerText"));
      }
      if (actions.length === 0 && name !== "error") problems.push(`${name}: nothing to do`);
      if (JSON.stringify(actions) !== JSON.stringify(reached)) problems.push(`${name}: Tab reaches ${reached}, not ${actions}`);
    }
    if (problems.length > 0) throw new Failure(problems.join("\n"));
  },

  async tabs(devtools) {
    // The browser was closed with twenty tabs open, and the session ended meanwhile: all are restored at once, signed in at
    // the provider.
    const first = await Tab.open(devtools);
    await first.signIn(`${origin}/first`);
    await first.forget(/^vestibule/);
    const addresses = Array.from({ length: TABS }, (_, index) => `${origin}/tab/${index}?n=${index}&rd=/elsewhere`);
    const tabs = await Promise.all(addresses.map(() => Tab.open(devtools)));
    await Promise.all(tabs.map((tab, index) => tab.go(addresses[index])));
    await Promise.all(tabs.map((tab, index) => tab.landed(addresses[index])));

    // Nobody is signed in anywhere: every tab shows the sign-in page, and each that is filled in lands where it wanted.
    await first.cookies();
    await first.send("Network.clearBrowserCookies");
    await Promise.all(tabs.map((tab, index) => tab.go(addresses[index])));
    await Promise.all(tabs.map((tab) => tab.signInPage()));
    for (const [index, tab] of tabs.entries()) {
      await tab.fillIn("alice");
      await tab.landed(addresses[index]);
    }
  },

  async stray(devtools) {
    const tab = await Tab.open(devtools);
    await tab.signIn(`${origin}/wanted`);
    // The provider's site posts an answer that nobody waits for, as a page restored from a history would.
    await tab.go(`${issuer}/.well-known/openid-configuration`);
    await tab.waits("the provider's document", 'location.hostname === "localhost"');
    await tab.evaluate(`{
      const form = document.createElement("form");
      form.method = "post";
      form.action = ${JSON.stringify(`${own}/callback`)};
      form.innerHTML = '<input name="code" value="stray"><input name="state" value="stray"><input name="iss" value="${issuer}">';
      document.body.append(form);
      form.submit();
    }`);
    await tab.landed(`${origin}/`);
    if (!tab.visited.some((visited) => visited.startsWith(`${own}/callback?stray=`))) {
      throw new Failure("the session cookie came with the form of another site");
    }
  },

  async frame(devtools) {
    const tab = await Tab.open(devtools);
    await tab.signIn(`${origin}/`);
    const sid = await tab.evaluate(`fetch("${own}/userinfo").then((answer) => answer.json()).then((claims) => claims.sid)`);
    if (!sid) throw new Failure("the provider does not name its session");
    const signedIn = () => tab.evaluate(`fetch("${own}/session").then((answer) => answer.status === 200)`);
    const other = await Tab.open(devtools);
    // A page at that address shows the frame, which is an error of Chromium's own where it may not.
    const shows = async (page, named) => {
      const address = `${own}/frontchannel-logout?${new URLSearchParams({ iss: issuer, sid: named })}`;
      await other.go(`${page}/.well-known/openid-configuration`);
      await other.waits("the provider's document", `location.origin === ${JSON.stringify(page)}`);
      await other.evaluate(`new Promise((loaded) => {
        const frame = document.createElement("iframe");
        frame.onload = () => loaded(true);
        frame.src = ${JSON.stringify(address)};
        document.body.append(frame);
      })`);
      return until("the frame", STEP_SECONDS, async () => {
        const { targetInfos } = await devtools.send("Target.getTargets", { filter: [{ type: "iframe" }] });
        if (targetInfos.length !== 1) return undefined;
        const { sessionId } = await devtools.send("Target.attachToTarget", { targetId: targetInfos[0].targetId, flatten: true });
        const { result } = await devtools.send("Runtime.evaluate", { expression: "location.href" }, sessionId);
        return { [address]: "shown", "chrome-error://chromewebdata/": "blocked" }[result.value];
      });
    };
    const elsewhere = issuer.replace("localhost", "127.0.0.1");
    if ((await shows(issuer, "another-session")) !== "shown") throw new Failure("the issuer's page does not show the frame");
    if ((await shows(elsewhere, "another-session")) !== "blocked") throw new Failure("a page of another origin shows the frame");
    if (!(await signedIn())) throw new Failure("the session is over though another one was named");
    await shows(issuer, sid);
    if (await signedIn()) throw new Failure("the session goes on");
  },

  async back(devtools) {
    const tab = await Tab.open(devtools, `${origin}/before`);
    await tab.signInPage();
    const address = `${origin}/wanted?x=1`;
    await tab.go(address);
    await tab.signInPage();
    await tab.fillIn("alice");
    await tab.landed(address);
    const callback = tab.visited.findLast((visited) => visited.startsWith(`${own}/callback?`));
    if (!callback) throw new Failure("the browser never came to the callback");

    // Back leads to the provider's form, which it does not know any more; forward leads to the page.
    await tab.evaluate("history.back()");
    await tab.waits("the provider's page", 'location.hostname === "localhost"');
    await tab.evaluate("history.forward()");
    await tab.landed(address);

    // The callback once more, as from a history or a double click: no error, no new login, the page.
    const before = tab.visited.length;
    await tab.go(callback);
    await tab.landed(address);
    if (tab.visited.slice(before).some((visited) => !visited.startsWith(origin))) throw new Failure("it began a new login");
  },

  async logout(devtools) {
    const tab = await Tab.open(devtools);
    await tab.signIn(`${origin}/`);
    await tab.evaluate('document.querySelector("form[action$=logout] button").click()');
    await tab.waits("the signed-out page", `location.href.split("?")[0] === "${own}/signed-out" && document.querySelector("h1")`);
    await tab.picture("signed-out");
    if ((await tab.cookies()).some(({ name }) => name === "vestibule_quickstart")) throw new Failure("the session cookie is still there");

    // Back does not show what the person saw before; nobody is signed in, and the provider asks for the password again.
    await tab.evaluate("history.back()");
    await tab.waits("anything but the application", '!document.querySelector("#identity")');
    await tab.go(`${origin}/`);
    await tab.signInPage();

    // A link on another site: a question, and the session goes on until it is answered.
    await tab.fillIn("alice");
    await tab.landed(`${origin}/`);
    const other = await Tab.open(devtools, "about:blank");
    await other.go(`data:text/html,<a href="${own}/logout">x</a>`);
    await other.waits("the other site", 'document.querySelector("a")');
    await other.evaluate('document.querySelector("a").click()');
    await other.waits("the question", `location.href.startsWith("${own}/logout") && document.querySelector("form[method=post] button")`);
    await other.picture("question");
    await tab.go(`${origin}/`);
    await tab.landed(`${origin}/`);
    await other.evaluate('document.querySelector("form[method=post] button").click()');
    await other.waits("the signed-out page", `location.href.split("?")[0] === "${own}/signed-out"`);
  },

  async loop(devtools) {
    const tab = await Tab.open(devtools);
    const wanted = `${origin}/wanted`;
    if (options["second-cookie"]) {
      await tab.send("Network.setCookie", { name: "vestibule_quickstart", value: "another-program", url: origin, path: "/wanted" });
    }
    // As an extension does that throws cookies away: the browser has it before the answer can be held.
    if (options["drop-session"]) await tab.intercepts(`${own}/callback*`, "Response", async ({ requestId }) => {
      await tab.send("Network.deleteCookies", { name: "vestibule_quickstart", url: origin });
      await tab.send("Network.deleteCookies", { name: "vestibule_quickstart", domain: `.${new URL(origin).hostname}` });
      await tab.send("Fetch.continueResponse", { requestId });
    });
    if (options["slow-page"]) await tab.intercepts(wanted, "Request", async ({ requestId }) => {
      await new Promise((done) => setTimeout(done, Number(options["slow-page"])));
      await tab.send("Fetch.continueRequest", { requestId });
    });
    await tab.go(wanted);
    if (!options["before-login"]) {
      await tab.signInPage();
      await tab.fillIn("alice");
    }
    await tab.waits(`the page that names ${options.cause}`, `document.querySelector("dd")?.innerText === ${JSON.stringify(options.cause)}`);
    await tab.picture(options.cause);
    // It is the end: nothing goes on by itself.
    const visited = tab.visited.length;
    await new Promise((done) => setTimeout(done, 1000));
    if (tab.visited.length !== visited) throw new Failure("the page goes on by itself");
    const logins = tab.visited.filter((address) => address.startsWith(`${own}/login`)).length;
    if (logins > 3) throw new Failure(`${logins} logins before it stopped`);
    if (options["before-login"] && tab.visited.some((address) => !address.startsWith(wanted))) throw new Failure(`it led on: ${tab.visited}`);
  },

  async fragment(devtools) {
    const tab = await Tab.open(devtools);
    const refused = [];
    devtools.listeners.push(({ method, params }) => {
      if (method === "Log.entryAdded" && params.entry.source === "security") refused.push(params.entry.text);
    });
    await tab.send("Log.enable");
    const address = `${origin}/app?x=1&rd=/other#/route/2?tab=%22%3E%3Cscript%3E&b=ä`;
    await tab.go(address);
    await tab.signInPage();
    const leaked = () => tab.visited.filter((visited) => visited.startsWith(issuer) && visited.includes("#"));
    if (leaked().length > 0 || (await tab.evaluate("location.hash")) !== "") throw new Failure("the provider sees the fragment");
    await tab.fillIn("alice");
    await tab.landed(new URL(address).href);
    // Signed in at the provider already: nobody types anything.
    await tab.forget(/^vestibule/);
    const second = `${origin}/app#second`;
    await tab.go("about:blank");
    await tab.go(second);
    await tab.landed(second);
    // A page without a fragment gets none of an earlier login's.
    await tab.forget(/^vestibule/);
    await tab.go(`${origin}/app`);
    await tab.landed(`${origin}/app`);
    if (leaked().length > 0) throw new Failure(`the provider sees the fragment: ${leaked()}`);
    if (refused.length > 0) throw new Failure(`the browser refused something of a page: ${refused}`);
    // Back leads past our pages, not into them.
    await tab.evaluate("history.back()");
    await tab.waits("anything but our own pages", '!location.pathname.startsWith("/oidc/")');

    // Without scripts the login works, and only the fragment is lost.
    await tab.forget(/^vestibule/);
    await tab.send("Emulation.setScriptExecutionDisabled", { value: true });
    await tab.go(`${origin}/plain#lost`);
    await tab.waits("the page without scripts", `location.href.split("#")[0] === ${JSON.stringify(`${origin}/plain`)} && document.querySelector("#identity")`);
  },

  async cors(devtools) {
    const tab = await Tab.open(devtools);
    const reads = (credentials) => tab.evaluate(`fetch(${JSON.stringify(`${origin}/api/items`)}, { credentials: "${credentials}" }).then(
      async (answer) => ({ status: answer.status, login: answer.headers.get("Vestibule-Login"), code: (await answer.json()).code }),
      (fault) => fault.name)`);
    await tab.go(`${issuer}/.well-known/openid-configuration`);
    await tab.waits("the page that is named", `location.origin === ${JSON.stringify(issuer)}`);
    for (const credentials of ["include", "omit"]) {
      const read = await reads(credentials);
      if (read?.status !== 401 || read.code !== "no_cookie" || !read.login?.startsWith(`${own}/login`)) {
        throw new Failure(`the page that is named reads ${JSON.stringify(read)}`);
      }
    }
    const session = await tab.evaluate(`fetch("${own}/session", { credentials: "include", headers: { "X-Requested-With": "x" } }).then(
      (answer) => answer.status, (fault) => fault.name)`);
    if (session !== 401) throw new Failure(`after a preflight the page that is named reads ${session}`);
    const elsewhere = issuer.replace("localhost", "127.0.0.1");
    await tab.go(`${elsewhere}/.well-known/openid-configuration`);
    await tab.waits("the page that is not", `location.origin === ${JSON.stringify(elsewhere)}`);
    const read = await reads("include");
    if (read !== "TypeError") throw new Failure(`the page that is not named reads ${JSON.stringify(read)}`);
  },

  async background(devtools) {
    const tab = await Tab.open(devtools);
    await tab.signIn(`${origin}/`);
    await tab.forget(/^vestibule/);
    const answered = new Map();
    devtools.listeners.push(({ method, params, sessionId }) => {
      if (sessionId !== tab.session) return;
      if (method === "Network.responseReceived") answered.set(new URL(params.response.url).pathname, params.response.status);
      if (method === "Network.webSocketFrameError") answered.set("/r/socket", /^HTTP Authentication failed/.test(params.errorMessage) ? 401 : params.errorMessage);
    });
    await tab.evaluate(`{
      const add = (name, further) => document.body.append(Object.assign(document.createElement(name), further));
      fetch("/r/fetch"); fetch("/r/post", { method: "POST", body: "x" }); navigator.sendBeacon("/r/beacon", "x");
      const request = new XMLHttpRequest(); request.open("GET", "/r/xhr"); request.send();
      new EventSource("/r/events"); new WebSocket("ws://" + location.host + "/r/socket"); new Image().src = "/r/image";
      add("iframe", { src: "/r/frame" }); add("script", { src: "/r/script" });
      add("object", { data: "/r/object" });
    }`);
    const wanted = ["fetch", "post", "xhr", "events", "socket", "image", "frame", "script", "object"];
    const open = () => wanted.filter((name) => answered.get(`/r/${name}`) !== 401);
    await until("a 401 for each", STEP_SECONDS, () => open().length === 0, () => open().map((name) => `${name}: ${answered.get(`/r/${name}`)}`).join(", "));
    if (tab.visited.some((address) => address.includes("/login?") && address.includes("%2Fr%2F"))) throw new Failure("something in the background began a login");
    // The page itself leads to the login and back.
    await tab.go(`${origin}/page?x=1`);
    await tab.landed(`${origin}/page?x=1`);
  },

  // R-8.7: a form that is sent without a session is not lost, and it is the person who sends it again, never the browser by itself.
  async unsent(devtools) {
    const tab = await Tab.open(devtools);
    const page = `${origin}/edit?id=7`;
    const save = (into) => into.evaluate(`{
      const form = document.createElement("form");
      form.method = "post";
      form.action = ${JSON.stringify(`${origin}/save`)};
      form.innerHTML = '<textarea name="text">an hour of work</textarea>';
      document.body.append(form);
      form.submit();
    }`);
    const stays = async (posts, what) => {
      await new Promise((done) => setTimeout(done, 1000));
      if (tab.posts !== posts) throw new Failure(`${what}: the form was sent ${tab.posts} times, not ${posts}`);
    };
    const isUnsent = 'document.querySelector("dd")?.innerText === "no_cookie" && document.querySelector("ol")';
    await tab.signIn(page);
    await tab.forget(/^vestibule/);
    await save(tab);
    await tab.waits("the page that loses nothing", isUnsent);
    await tab.picture("unsent");
    await stays(1, "the page");
    // Back and forward: the form is there as it was, and the browser asks before it sends anything.
    await tab.evaluate("history.back()");
    await tab.waits("the page with the form", `location.href === ${JSON.stringify(page)} && document.querySelector("#identity")`);
    await tab.evaluate("history.forward()");
    await stays(1, "back and forward");
    await tab.go(page);
    await tab.landed(page);
    await tab.forget(/^vestibule/);
    await save(tab);
    await tab.waits("the page that loses nothing", isUnsent);
    // Too early: nobody is signed in yet, and nothing is lost by that.
    await tab.send("Page.reload");
    await until("the form once more", STEP_SECONDS, () => tab.posts === 3);
    await tab.waits("the same page", isUnsent);
    const other = await Tab.opened(devtools, () => tab.evaluate('document.querySelector("a.button").click()'));
    await other.landed(page);
    await stays(3, "the sign-in in another tab");
    await tab.send("Page.reload");
    await tab.waits("the application with the form", 'document.querySelector("h1")?.innerText.includes("POST /save") && document.querySelector("#identity")');
    await stays(4, "the reload that the page asks for");
    await tab.evaluate("history.back()");
    await tab.landed(page);
    await stays(4, "back");

    // Another site's form: nobody is told to send it again.
    await tab.forget(/^vestibule/);
    const elsewhere = await Tab.open(devtools);
    await elsewhere.go(`${issuer}/.well-known/openid-configuration`);
    await elsewhere.waits("another site", `location.origin === ${JSON.stringify(issuer)}`);
    await save(elsewhere);
    await elsewhere.waits("a page without the form", 'document.querySelector("dd")?.innerText === "no_cookie" && !document.querySelector("ol")');
    await elsewhere.picture("another-site");
    await tab.go(page);
    await tab.landed(page);
    await elsewhere.send("Page.reload");
    await until("the reload", STEP_SECONDS, () => elsewhere.posts === 2);
    await elsewhere.waits("the same page, though somebody is signed in by now", 'document.querySelector("dd")?.innerText === "no_cookie" && !document.querySelector("ol")');
  },

  // R-5.4: whoever needs a sign-in inside of another page is led out of it, and the frame itself goes nowhere.
  async inside(devtools) {
    const tab = await Tab.open(devtools);
    const page = `${origin}/outer`;
    const inner = `${origin}/inner?x=1`;
    const shows = () => tab.evaluate(`document.body.append(Object.assign(document.createElement("iframe"), { src: ${JSON.stringify(inner)} }))`);
    const inFrame = (what, selector) => tab.waits(what, `document.querySelector("iframe")?.contentDocument?.querySelector(${JSON.stringify(selector)})`);
    await tab.signIn(page);
    await tab.forget(/^vestibule/);
    await shows();
    await inFrame("the page in the frame", "main.frame h1");
    await tab.picture("inside");
    await new Promise((done) => setTimeout(done, 1500));
    const asked = () => tab.visited.filter((visited) => visited === inner).length;
    if (asked() !== 1) throw new Failure(`the frame was asked for ${asked()} times`);
    if (tab.visited.at(-1) !== inner) throw new Failure(`the frame went on to ${tab.visited.at(-1)}`);
    const other = await Tab.opened(devtools, () => tab.evaluate('document.querySelector("iframe").contentDocument.querySelector("a.button").click()'));
    await other.landed(inner);
    await tab.waits("the page around it", `location.href === ${JSON.stringify(page)}`);
    await tab.send("Page.reload");
    await tab.landed(page);
    await shows();
    await inFrame("the application in the frame", "#identity");

    // A page of another site: the cookie stays behind, the browser shows nothing of ours, and nothing goes on from there.
    const elsewhere = await Tab.open(devtools);
    const requests = [];
    devtools.listeners.push(({ method, params, sessionId }) => {
      if (method === "Target.attachedToTarget") devtools.send("Network.enable", {}, params.sessionId).then(() => devtools.send("Runtime.runIfWaitingForDebugger", {}, params.sessionId)).catch(() => 0);
      if (method === "Network.requestWillBeSent" && sessionId !== tab.session && sessionId !== other.session && !params.request.url.startsWith("data:")) requests.push(params.request.url);
    });
    await elsewhere.go(`${issuer}/.well-known/openid-configuration`);
    await elsewhere.waits("another site", `location.origin === ${JSON.stringify(issuer)}`);
    await elsewhere.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
    requests.length = 0;
    await elsewhere.evaluate(`new Promise((loaded) => document.body.append(Object.assign(document.createElement("iframe"), { src: ${JSON.stringify(inner)}, onload: () => loaded(true) })))`);
    await new Promise((done) => setTimeout(done, 1500));
    const { targetInfos } = await devtools.send("Target.getTargets", { filter: [{ type: "iframe" }] });
    const at = await Promise.all(targetInfos.map(async ({ targetId }) => {
      const { sessionId } = await devtools.send("Target.attachToTarget", { targetId, flatten: true });
      return (await devtools.send("Runtime.evaluate", { expression: "location.href" }, sessionId)).result.value;
    }));
    if (JSON.stringify(at) !== '["chrome-error://chromewebdata/"]') throw new Failure(`a page of another site shows ${at}`);
    if (requests.length !== 1 || requests[0] !== inner) throw new Failure(`the frame of another site asked for ${requests}`);
    await elsewhere.waits("the page around it", `location.origin === ${JSON.stringify(issuer)}`);
  },

  // R-12.1: whoever meets a provider that is away need do nothing, and is at its sign-in page as soon as it is back.
  async down(devtools) {
    const tab = await Tab.open(devtools);
    const login = `${origin}/oidc/down/login?rd=/wanted`;
    await tab.go(login);
    await tab.waits("the page about the provider", 'document.querySelector("dd")?.innerText === "provider_unreachable" && document.querySelector(".retry")');
    await until("a second try by itself", STEP_SECONDS, () => tab.visited.filter((visited) => visited === login).length >= 2);
    await tab.waits("the same page", 'document.querySelector("dd")?.innerText === "provider_unreachable"');
    const endpoint = (name) => `${issuer}/${name}`;
    const document = JSON.stringify({
      issuer, authorization_endpoint: endpoint("authorize"), token_endpoint: endpoint("token"), jwks_uri: endpoint("jwks"),
      response_types_supported: ["code"], subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["RS256"],
    });
    const provider = createServer((request, response) => {
      const isPage = request.url.startsWith("/authorize?");
      response.writeHead(200, { "Content-Type": isPage ? "text/html" : "application/json" });
      response.end(isPage ? "<title>Provider</title><h1>The provider is back</h1>" : request.url === "/jwks" ? '{"keys":[]}' : document);
    });
    await new Promise((ready) => provider.listen(Number(new URL(issuer).port), "127.0.0.1", ready));
    await tab.waits("the provider's page", 'document.querySelector("h1")?.innerText === "The provider is back"');
    provider.closeAllConnections();
    provider.close();
  },

  async expired(devtools) {
    // The flow's cookie is gone when the person comes back: ten minutes passed, or the browser threw it away.
    const tab = await Tab.open(devtools);
    const address = `${origin}/wanted?x=1`;
    await tab.go(address);
    await tab.signInPage();
    await tab.forget(/flow/);
    await tab.fillIn("alice");
    await tab.waits("the page that says why", `location.href.startsWith("${own}/callback") && document.querySelector("dd")?.innerText.length > 3`);
    await tab.picture("expired");
    const visited = tab.visited.length;
    await new Promise((done) => setTimeout(done, 1000));
    if (tab.visited.length !== visited) throw new Failure("the page goes on by itself");

    // It is the person who tries again, and lands where they wanted to go or at the start.
    await tab.evaluate("document.querySelector('a.button').click()");
    await tab.waits("the application", 'document.querySelector("#identity")?.innerText.includes("user-alice-1")');
  },
};

/** Waits until something is so; `seen` adds what was there instead. */
async function until(what, seconds, look, seen = () => "") {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Failure(`waited ${seconds} seconds for ${what}; seen: ${seen()}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Notes what no log may contain. */
function seedValue(value) {
  if (options.seeds && value.length >= 16) appendFileSync(options.seeds, `${value}\n`);
}

function seed(address) {
  if (!URL.canParse(address)) return;
  for (const [name, value] of new URL(address).searchParams) if (/^(code|id_token_hint)$/.test(name)) seedValue(value);
}

let status = 1;
try {
  const scenario = scenarios[positionals[0]];
  if (!scenario) throw new Failure(`no scenario is called ${positionals[0]}`);
  const devtools = await Devtools.connect();
  await scenario(devtools);
  await Promise.race([devtools.send("Browser.close"), new Promise((done) => setTimeout(done, 2000))]);
  status = 0;
} catch (error) {
  console.log(error instanceof Failure ? error.message : error.stack);
} finally {
  // By its own process id; its children end with it.
  const forced = setTimeout(() => chromium.kill("SIGKILL"), 5000);
  chromium.kill("SIGTERM");
  await ended;
  clearTimeout(forced);
}
process.exit(status);
