// An application that shows what reached it: a page for people, JSON for programs, an echo for WebSockets.
//
// It stands for anything behind a proxy that vestibule guards: it knows nothing of OpenID Connect and believes the identity
// headers, since only the proxy can reach it.
//
//   node app.mjs [--port 8460] [--listen 127.0.0.1] [--client quickstart]

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

const WEBSOCKET_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, section 1.3
const SMALL_FRAME_BYTES = 125; // RFC 6455, section 5.2: the length fits the second byte

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "8460" },
    listen: { type: "string", default: "127.0.0.1" },
    client: { type: "string", default: "quickstart" },
  },
});

let served = 0;
const server = createServer((request, response) => {
  served += 1;
  request.resume();
  const seen = {
    served,
    method: request.method,
    url: request.url,
    headers: pairs(request.rawHeaders).map(([name, value]) => [name, shown(name, value)]),
  };
  const json = /\bapplication\/json\b/.test(request.headers.accept ?? "");
  response.writeHead(200, {
    "Content-Type": json ? "application/json" : "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Application": "quickstart",
  });
  response.end(json ? JSON.stringify(seen) : page(seen));
});

// Longer than any proxy keeps an idle connection, so that no request meets one that is just being closed.
server.keepAliveTimeout = 120_000;

// RFC 6455, section 4.2.2; after it every small text frame comes back as it was.
server.on("upgrade", (request, socket) => {
  served += 1;
  socket.on("error", () => socket.destroy());
  const key = request.headers["sec-websocket-key"];
  if (request.headers.upgrade?.toLowerCase() !== "websocket" || !key) return socket.destroy();
  const accept = createHash("sha1").update(key + WEBSOCKET_KEY).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let pending = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    for (let frame = readFrame(pending); frame; frame = readFrame(pending)) {
      pending = pending.subarray(frame.length);
      if (frame.opcode === 8) return socket.end(Buffer.from([0x88, 0]));
      socket.write(Buffer.concat([Buffer.from([0x80 | frame.opcode, frame.data.length]), frame.data]));
    }
  });
});

server.on("error", (error) => {
  console.error(`application: cannot listen on ${options.listen}:${options.port}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(options.port), options.listen, () => {
  console.log(`application: ready at http://${options.listen}:${server.address().port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

// A masked frame of a client with at most 125 bytes (RFC 6455, section 5.2); undefined while it is not all there.
function readFrame(bytes) {
  if (bytes.length < 6) return undefined;
  const size = bytes[1] & 0x7f;
  if (size > SMALL_FRAME_BYTES || bytes.length < 6 + size) return undefined;
  const mask = bytes.subarray(2, 6);
  const data = Buffer.from(bytes.subarray(6, 6 + size).map((byte, index) => byte ^ mask[index % 4]));
  return { opcode: bytes[0] & 0x0f, data, length: 6 + size };
}

function pairs(list) {
  const all = [];
  for (let at = 0; at < list.length; at += 2) all.push([list[at], list[at + 1]]);
  return all;
}

// A session cookie is a key: its name is shown, never its value.
function shown(name, value) {
  if (name.toLowerCase() !== "cookie") return value;
  return value.replace(/((?:__Host-|__Secure-)?vestibule_[^=;]*)=[^;]*/g, "$1=…");
}

function page({ method, url, headers }) {
  const identity = headers.filter(([name]) => /^x-(auth|user)-/i.test(name));
  const others = headers.filter(([name]) => !/^x-(auth|user)-/i.test(name));
  const rows = (list) => list.map(([name, value]) => `<tr><th scope="row">${text(name)}</th><td>${text(value)}</td></tr>`).join("");
  const own = `/oidc/${options.client}`;
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>The application</title>
  <style>
    :root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
    body { margin: 8vh auto; max-width: 46rem; padding: 0 1rem; }
    h1 { font-size: 1.5rem; }
    h2 { margin-top: 2rem; font-size: 1.1rem; }
    table { width: 100%; border-collapse: collapse; }
    th, td { padding: .3rem .5rem .3rem 0; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
    th { width: 14rem; font-weight: normal; opacity: .8; }
    nav { display: flex; gap: 1rem; margin: 1.5rem 0; align-items: center; }
    form { margin: 0; }
    button { padding: .4rem .9rem; border: 1px solid #767676; border-radius: .25rem; font: inherit; cursor: pointer; }
  </style>
</head>
<body>
  <h1>The application was asked for <code>${text(method)} ${text(url)}</code></h1>
  <nav>
    <form method="post" action="${own}/logout"><button type="submit">Sign out</button></form>
    <a href="${own}/userinfo">Claims</a>
    <a href="${own}/session">Session</a>
    <a href="/deep/lïnk?q=a%2Fb&amp;r=ü">A deep link</a>
  </nav>
  <h2>Who it is, as the proxy says</h2>
  <table id="identity">${identity.length > 0 ? rows(identity) : "<tr><td>Nobody: there is no identity header.</td></tr>"}</table>
  <h2>All other headers</h2>
  <table>${rows(others)}</table>
</body>
</html>
`;
}

function text(value) {
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
