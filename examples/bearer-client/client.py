"""Calls an API that vestibule guards, with access tokens of several kinds, and prints what came of it.

    client.py --api http://api.localhost:8480 --issuer http://localhost:8490

Ends with status 0 when every call was answered as it should be, else with 1. BEARER_CLIENT_SEEDS names a file that every token and
code is noted in, for those who look whether any log has one.
"""

import argparse
import os
import re
import socket
import sys
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

API = "https://api.example.com"
OPAQUE_API = "https://opaque.example.com"
OTHER_API = "https://other.example.com"
# Where a program on a person's own machine would listen. Nobody does here: the code is taken out of the redirect.
CALLBACK = "http://127.0.0.1/callback"
# clock_leeway in clients.yaml.
LEEWAY_SECONDS = 1
STEP_SECONDS = 20


@dataclass
class Answer:
    """What is looked at in an answer. A refusal of None is any."""

    status: int
    error: str = ""
    refusal: str | None = ""
    subject: str = ""
    client: str = ""

    def fits(self, found):
        refusal = found.refusal if self.refusal is None else self.refusal
        return found == Answer(self.status, self.error, refusal, self.subject, self.client)

    def row(self):
        who = f"person {self.subject or '-'}, by {self.client}" if self.status == 200 else ""
        return [str(self.status), self.error, "any" if self.refusal is None else self.refusal, who]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--api", required=True)
    arguments.add_argument("--issuer", required=True)
    options = arguments.parse_args()
    provider = Provider(options.issuer)

    # The first one must have ended when its turn comes.
    short, seconds = provider.token_of_program("hasty", API, "read")
    ended = time.monotonic() + seconds + LEEWAY_SECONDS + 1
    reader, _ = provider.token_of_program("reporting", API, "read")
    opaque, _ = provider.token_of_program("reporting", OPAQUE_API, "read")
    other, _ = provider.token_of_program("reporting", OTHER_API, "read")
    alice = provider.token_of_person("alice", "desktop", API, "read")
    admin = provider.token_of_person("alice", "desktop", API, "read admin")

    calls = [
        ("a program", reader, "/api/report", Answer(200, client="reporting")),
        ("a person", alice, "/api/report", Answer(200, subject="user-alice-1", client="desktop")),
        ("a person with the scope", admin, "/api/admin/users", Answer(200, subject="user-alice-1", client="desktop")),
        ("a program without it", reader, "/api/admin/users", Answer(403, "insufficient_scope", "bearer_scope")),
        ("an opaque token", opaque, "/api/report", Answer(200, client="reporting")),
        ("a token for another API", other, "/api/report", Answer(401, "invalid_token", "bearer_audience")),
        ("a token, signature altered", altered(reader), "/api/report", Answer(401, "invalid_token", "bearer_signature")),
        # What is no JWT is an opaque token, about which the provider is asked.
        ("garbage", "not.a.token", "/api/report", Answer(401, "invalid_token", "bearer_inactive")),
        # RFC 6750 section 3.1: who sends no token is told no error.
        ("nothing", None, "/api/report", Answer(401, refusal=None)),
        ("an expired token", short, "/api/report", Answer(401, "invalid_token", "bearer_expired")),
    ]
    table = [["", "who comes with", "asks for", "status", "error", "refusal", "who it is to the application"]]
    failed = 0
    for name, token, path, expected in calls:
        if token == short:
            time.sleep(max(0, ended - time.monotonic()))
        found = call(options.api + path, token, options.issuer)
        fits = expected.fits(found)
        failed += not fits
        table.append(["ok" if fits else "FAILED", name, path, *found.row()])
        if not fits:
            table.append(["", "", "expected", *expected.row()])

    widths = [max(map(len, column)) for column in zip(*table)]
    for row in table:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
    return 1 if failed else 0


def call(address, token, issuer):
    """Asks for a page of the API, as any program would. Who it is to the application must be of that issuer."""
    headers = {"Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    answer = requests.get(address, headers=headers, allow_redirects=False, timeout=STEP_SECONDS)
    if "X-Application" in answer.headers:
        # The application says which headers reached it.
        seen = {name.lower(): value for name, value in answer.json()["headers"]}
        subject, client = seen.get("x-auth-subject", ""), seen.get("x-auth-client", "")
        error = "" if seen.get("x-auth-issuer") == issuer else f"X-Auth-Issuer: {seen.get('x-auth-issuer')}"
        return Answer(answer.status_code, error, subject=subject, client=client)
    challenge = answer.headers.get("WWW-Authenticate", "no WWW-Authenticate")
    error = (re.findall(r'\berror="([^"]*)"', challenge) or [""])[0] if challenge.startswith("Bearer") else challenge
    return Answer(answer.status_code, error, answer.headers.get("Vestibule-Refusal", ""))


class Provider:
    """Where the tokens come from."""

    def __init__(self, issuer):
        answer = requests.get(issuer + "/.well-known/openid-configuration", timeout=STEP_SECONDS)
        answer.raise_for_status()
        self.metadata = answer.json()

    def token_of_program(self, client, api, scope):
        """RFC 6749 section 4.4: a program asks for itself. Gives the seconds that the token lasts, too."""
        session = OAuth2Session(client, f"{client}-on-this-machine-only", scope=scope)
        token = session.fetch_token(
            self.metadata["token_endpoint"], grant_type="client_credentials", resource=api, timeout=STEP_SECONDS
        )
        return noted(token["access_token"]), token["expires_in"]

    def token_of_person(self, name, client, api, scope):
        """RFC 6749 section 4.1 and RFC 8252: a person signs in for a program on their own machine."""
        session = OAuth2Session(client, scope=scope, redirect_uri=CALLBACK, code_challenge_method="S256")
        verifier = generate_token(48)
        address, state = session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, resource=api
        )
        token = session.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=signed_in(address, name),
            state=state,
            code_verifier=verifier,
            resource=api,
            timeout=STEP_SECONDS,
        )
        return noted(token["access_token"])


def signed_in(address, name):
    """What a person does in the browser: gives name and password, and is sent back. Returns the address with the code."""
    browser = requests.Session()
    page = browser.get(address, timeout=STEP_SECONDS)
    page.raise_for_status()
    form = urljoin(page.url, re.search(r'<form[^>]* action="([^"]*)"', page.text)[1])
    answer = browser.post(form, {"name": name, "password": name}, allow_redirects=False, timeout=STEP_SECONDS)
    while answer.is_redirect:
        address = urljoin(answer.url, answer.headers["Location"])
        if address.startswith(CALLBACK):
            noted(parse_qs(urlsplit(address).query)["code"][0])
            return address
        answer = browser.get(address, allow_redirects=False, timeout=STEP_SECONDS)
    sys.exit(f"{name} could not sign in: {answer.status_code} from {answer.url.split('?')[0]}")


def altered(token):
    """The same token with another signature, and nothing else about it wrong."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def noted(secret):
    """Notes a secret, and of a JWT the signature, too: without it the rest is no key to anything."""
    if path := os.environ.get("BEARER_CLIENT_SEEDS"):
        with open(path, "a", encoding="ascii") as seeds:
            print(secret, secret.rpartition(".")[2], sep="\n", file=seeds)
    return secret


def on_this_machine(resolve=socket.getaddrinfo):
    """What ends in .localhost is this machine (RFC 6761 section 6.3), which not every resolver knows."""
    return lambda host, *rest, **more: resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)


if __name__ == "__main__":
    socket.getaddrinfo = on_this_machine()
    sys.exit(main())
