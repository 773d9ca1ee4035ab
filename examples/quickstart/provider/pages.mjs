// The pages of the development provider: plain HTML, without anything from elsewhere.

import { everybody } from "./users.mjs";

/** The sign-in form; `name` is who it may be, and `wrong` what was wrong with the last try. */
export function signIn(uid, client, name, wrong) {
  const people = everybody.map(({ name, password }) => `<tr><td>${text(name)}</td><td>${text(password)}</td></tr>`).join("");
  return page(
    "Sign in",
    `<p>to <strong>${text(client)}</strong></p>
    ${wrong && `<p class="wrong" role="alert">${text(wrong)}</p>`}
    <form method="post" action="/sign-in/${text(uid)}" id="sign-in">
      <label for="name">Name</label>
      <input id="name" name="name" value="${text(name)}" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required>
      <button type="submit">Sign in</button>
    </form>
    <table><caption>For development: everybody knows these users.</caption>
      <thead><tr><th scope="col">Name</th><th scope="col">Password</th></tr></thead><tbody>${people}</tbody></table>`,
  );
}

/** The question whether to sign out; sends itself when the application `asked` already. */
export function signOut(form, asked) {
  return page(
    "Sign out",
    `<p>Sign out of the development provider?</p>
    ${form.replace("</form>", '<input type="hidden" name="logout" value="yes"><button type="submit">Sign out</button></form>')}
    ${asked ? '<script>document.forms[0].submit()</script>' : ""}`,
  );
}

/** Where a logout ends that has nowhere else to go. */
export function signedOut() {
  return page("Signed out", "<p>You are signed out of the development provider.</p>");
}

/** One sentence about what went wrong. */
export function problem(sentence) {
  return page("This did not work", `<p>${text(sentence)}</p>`);
}

function page(title, content) {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · development provider</title>
  <style>
    :root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
    body { margin: 10vh auto; max-width: 22rem; padding: 0 1rem; }
    small { opacity: .7; }
    h1 { margin: 0; font-size: 1.5rem; }
    label, input, button { display: block; box-sizing: border-box; width: 100%; font: inherit; }
    label { margin-top: 1rem; }
    input { padding: .5rem; border: 1px solid #767676; border-radius: .25rem; }
    button { margin-top: 1.5rem; padding: .6rem; border: 0; border-radius: .25rem; background: #1d4ed8; color: #fff; cursor: pointer; }
    table { margin-top: 2rem; width: 100%; border-collapse: collapse; text-align: left; }
    caption { text-align: left; opacity: .7; }
    th, td { padding: .2rem 0; border-bottom: 1px solid #8884; font-weight: normal; }
    .wrong { padding: .5rem; border-left: .25rem solid #b91c1c; }
  </style>
</head>
<body>
  <small>Development provider</small>
  <h1>${title}</h1>
  ${content}
</body>
</html>
`;
}

function text(value) {
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
