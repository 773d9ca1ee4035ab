// The application's side of a signed assertion, as docs/headers.md has it, by another implementation than ours: npm jose, which oidc-provider
// brings. Reads { jwt, keys, issuer, audience } and writes { payload } or { code }.
//
//   node verify_assertion.mjs NODE_MODULES

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.argv[2]}/`);
const { createLocalJWKSet, jwtVerify } = await import(pathToFileURL(require.resolve("jose")));

let text = "";
for await (const chunk of process.stdin) text += chunk;
const { jwt, keys, issuer, audience } = JSON.parse(text);
try {
  const { payload } = await jwtVerify(jwt, createLocalJWKSet(keys), {
    algorithms: ["ES256"], issuer, audience, requiredClaims: ["sub", "exp"], typ: "JWT",
  });
  console.log(JSON.stringify({ payload }));
} catch (error) {
  console.log(JSON.stringify({ code: `${error.code} ${error.claim ?? ""}`.trim() }));
}
