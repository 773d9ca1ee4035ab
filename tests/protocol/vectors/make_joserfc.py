"""Writes joserfc.json: access tokens (RFC 9068) made by joserfc, good ones and one for each way to be wrong.

Run by hand, when a case is added or its code changes:

    tests/tools/install python
    target/tools/bin/python tests/protocol/vectors/make_joserfc.py

Keys and tokens are new each time, and no private key is written.
"""

import base64
import hmac
import json
import pathlib
import warnings

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwe, jwk, jws, jwt

NOW = 1_800_000_000
LEEWAY = 60
ISSUER = "https://idp.example/realms/main"
AUDIENCE = "https://api.example.com"
MAX_TOKEN_BYTES = 16 * 1024
MAX_KEY_NAME_BYTES = 256
MAX_DEPTH = 32

# joserfc warns of what is wrong on purpose here, and of EdDSA, which has another name since RFC 9864.
warnings.simplefilter("ignore")

RSA = jwk.RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
P256 = jwk.ECKey.generate_key("P-256", {"kid": "p256", "use": "sig", "alg": "ES256"})
P384 = jwk.ECKey.generate_key("P-384", {"kid": "p384", "use": "sig", "alg": "ES384"})
ED25519 = jwk.OKPKey.generate_key("Ed25519", {"kid": "ed25519", "use": "sig", "alg": "EdDSA"})
STRANGER = jwk.RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
KEYS = {
    **dict.fromkeys(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], RSA),
    "ES256": P256,
    "ES384": P384,
    "EdDSA": ED25519,
}
CLAIMS = {
    "iss": ISSUER,
    "sub": "a1",
    "aud": AUDIENCE,
    "exp": NOW + 300,
    "iat": NOW,
    "jti": "j-1",
    "client_id": "reporting",
    "scope": "read write",
}
PAYLOAD = json.dumps(CLAIMS)
EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}
ID_TOKEN = {"iss": ISSUER, "sub": "a1", "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW, "nonce": "n-0S6_WzA2Mj"}
LOGOUT_TOKEN = {"iss": ISSUER, "sub": "a1", "aud": AUDIENCE, "exp": NOW + 120, "iat": NOW, "jti": "j", "events": EVENTS}


def sign(claims=CLAIMS, alg="RS256", key=None, **header):
    """A token; a member of the header that is None is left out."""
    key = key or KEYS[alg]
    header = {"alg": alg, "typ": "at+jwt", "kid": key.kid, **header}
    header = {name: value for name, value in header.items() if value is not None}
    return jwt.encode(header, claims, key, algorithms=[alg], default_type=None)


def sign_text(header, payload=PAYLOAD, alg="RS256", key=None):
    """The same of a header and a payload that joserfc would not write."""
    return sign_parts(encode(header), encode(payload), alg, key)


def sign_parts(header, payload, alg="RS256", key=None):
    """The same of two parts that are encoded already."""
    signed = header + "." + payload
    return signed + "." + encode(jws.JWSRegistry.algorithms[alg].sign(signed.encode(), key or KEYS[alg]))


def header(**members):
    """The usual header as text."""
    return json.dumps({"alg": "RS256", "typ": "at+jwt", "kid": "rsa", **members})


def changed(**claims):
    """The usual claims with others; one that is None is left out."""
    return {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}


def encode(text):
    data = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def with_unused_bits(text):
    """The same bytes, with a bit set that none of them has (RFC 4648 section 3.5)."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(text) % 4 in (2, 3), "there are no unused bits"
    other = text[:-1] + alphabet[alphabet.index(text[-1]) | 1]
    assert other != text and decode(other) == decode(text)
    return other


def flipped(data, at):
    """The last bit of that byte is another."""
    other = bytearray(data)
    other[at] ^= 1
    return bytes(other)


def der(signature):
    """A signature of ECDSA as everybody but JWS writes it."""
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def with_uneven(claims):
    """Those claims as text that leaves unused bits when it is encoded."""
    text = json.dumps(claims)
    return text + " " if len(text) % 3 == 0 else text


GOOD = []
REFUSED = []


def good(name, token, claims=CLAIMS, profile="rfc9068"):
    expected = {"sub": claims["sub"], "client_id": claims.get("client_id"), "scope": claims.get("scope")}
    GOOD.append({"name": name, "profile": profile, "token": token, **expected})


def refused(code, name, token, profile="rfc9068"):
    REFUSED.append({"name": name, "profile": profile, "token": token, "refused": code})


for algorithm in KEYS:
    good(algorithm, sign(alg=algorithm))
good("no kid", sign(kid=None))
good("typ by its full name", sign(typ="application/at+jwt"))
good("typ in other letters", sign(typ="AT+JWT"))
for name, claims in {
    "several audiences, one of them ours": changed(aud=["https://other.example", AUDIENCE]),
    "a machine's own": changed(sub="reporting"),
    "no scope": changed(scope=None),
    "times with fractions": changed(exp=NOW + 300.5, iat=NOW - 0.25),
    "expired within the leeway": changed(exp=NOW - LEEWAY + 1),
    "issued in the future within the leeway": changed(iat=NOW + LEEWAY),
    "good from the end of the leeway on": changed(nbf=NOW + LEEWAY),
    "claims that nobody asked for": changed(email="a@example.com", groups=["readers", "R&D, Oslo"], auth_time=NOW - 5),
}.items():
    good(name, sign(claims), claims)
good("typ JWT", sign(typ="JWT"), profile="jwt")
good("no typ", sign(typ=None), profile="jwt")
good("typ at+jwt", sign(), profile="jwt")
WORKLOAD = {
    "iss": ISSUER,
    "sub": "system:serviceaccount:shop:cart",
    "aud": [AUDIENCE],
    "exp": NOW + 300,
    "iat": NOW,
    "nbf": NOW,
    "jti": "j-1",
    "kubernetes.io": {"namespace": "shop", "serviceaccount": {"name": "cart", "uid": "u-1"}},
}
# A workload is its own client.
good("of a workload", sign(WORKLOAD, typ=None), {**WORKLOAD, "client_id": WORKLOAD["sub"]}, profile="workload")

# What does not look like a token, or like a JWT.
PARTS = sign().split(".")
# What is no JWT is opaque: where an issuer is asked about such tokens, it may know it.
refused("bearer_opaque", "one part", PARTS[0])
refused("bearer_opaque", "two parts", ".".join(PARTS[:2]))
refused("bearer_opaque", "four parts", ".".join([*PARTS, PARTS[2]]))
refused("bearer_opaque", "an empty header", sign_parts("", PARTS[1]))
refused("bearer_opaque", "the header is a list", sign_text("[" + header() + "]"))
refused(
    "bearer_unreadable",
    "unused bits in the header, signed",
    sign_parts(with_unused_bits(encode(with_uneven(json.loads(header())))), encode(PAYLOAD)),
)
refused("bearer_malformed", "padding in the middle", ".".join([PARTS[0] + "=", *PARTS[1:]]))
refused("bearer_malformed", "a space in the middle", ".".join([PARTS[0], " " + PARTS[1], PARTS[2]]))
refused("bearer_malformed", "a letter outside ASCII", ".".join([*PARTS[:2], "é" + PARTS[2]]))
refused("bearer_malformed", "two tokens", sign() + "," + sign())
refused(
    "bearer_malformed",
    "JSON serialization",
    json.dumps(jws.serialize_json({"protected": json.loads(header())}, PAYLOAD, RSA)),
)
refused("bearer_too_long", "longer than 16 KiB", sign(changed(groups=["g" * MAX_TOKEN_BYTES])))
ENCRYPTION = ["RSA-OAEP-256", "A256GCM"]
RECIPIENT = jwk.RSAKey.generate_key(2048, {"kid": "encryption", "use": "enc"})
encrypted = jwe.encrypt_compact(
    {"alg": ENCRYPTION[0], "enc": ENCRYPTION[1], "cty": "at+jwt", "kid": RECIPIENT.kid}, sign(), RECIPIENT, ENCRYPTION
)
refused("bearer_encrypted", "encrypted", encrypted)

# What cannot be read.
refused("bearer_unreadable", "padding at the end", sign() + "=")
refused("bearer_unreadable", "unused bits in the signature", ".".join([*PARTS[:2], with_unused_bits(PARTS[2])]))
refused(
    "bearer_unreadable",
    "unused bits in the payload, signed",
    sign_parts(encode(header()), with_unused_bits(encode(with_uneven(CLAIMS)))),
)
refused("bearer_unreadable", "the other base64 alphabet", ".".join([*PARTS[:2], "+/" + PARTS[2][2:]]))
refused("bearer_unreadable", "an empty payload, signed", sign_parts(PARTS[0], ""))
refused("bearer_unreadable", "something after the header", sign_text(header() + "{}"))
refused("bearer_unreadable", "the payload is a list", sign_text(header(), json.dumps([CLAIMS])))
refused("bearer_unreadable", "the payload is no JSON", sign_text(header(), "sub=a1"))
refused("bearer_unreadable", "something after the payload", sign_text(header(), PAYLOAD + "{}"))
refused("bearer_unreadable", "the payload is not UTF-8", sign_text(header(), PAYLOAD.encode().replace(b"a1", b"\xff1")))
refused("bearer_unreadable", "alg twice", sign_text('{"alg":"RS256",' + header()[1:]))
refused("bearer_unreadable", "sub twice", sign_text(header(), '{"sub":"admin",' + PAYLOAD[1:]))
refused("bearer_unreadable", "a member twice deep inside", sign_text(header(), PAYLOAD[:-1] + ',"act":{"sub":"a","sub":"b"}}'))
DEEP = "[" * MAX_DEPTH + "]" * MAX_DEPTH
refused("bearer_unreadable", "nested too deep", sign_text(header(), PAYLOAD[:-1] + ',"x":' + DEEP + "}"))

# By which algorithm.
PUBLIC_PEM = RSA.as_pem(private=False)
for name, secret in {
    "the public key in PEM": PUBLIC_PEM,
    "the public key in PEM without its last line break": PUBLIC_PEM.rstrip(b"\n"),
    "the modulus": decode(RSA.as_dict(private=False)["n"]),
}.items():
    # joserfc takes no public key for a secret.
    signed = encode(header(alg="HS256")) + "." + PARTS[1]
    mac = hmac.digest(secret, signed.encode(), "sha256")
    refused("bearer_algorithm", "HS256 with " + name, signed + "." + encode(mac))
for name in ["none", "None", "nOnE", ""]:
    refused("bearer_algorithm", f"alg {name!r} without a signature", encode(header(alg=name)) + "." + PARTS[1] + ".")
refused("bearer_algorithm", "alg none with a signature", sign_text(header(alg="none")))
refused("bearer_algorithm", "alg in small letters", sign_text(header(alg="rs256")))
refused("bearer_algorithm", "alg is a list", sign_text(header(alg=["RS256"])))
refused("bearer_algorithm", "no alg", sign_text(header().replace('"alg": "RS256", ', "")))
P521 = jwk.ECKey.generate_key("P-521", {"kid": "p521"})
refused("bearer_algorithm", "an algorithm that is not taken", sign(alg="ES512", key=P521))

# What the header asks for.
refused("bearer_critical", "crit of an unknown extension", sign_text(header(crit=["exp"], exp=NOW + 300)))
refused("bearer_critical", "crit of b64", sign_text(header(crit=["b64"], b64=True)))
refused("bearer_critical", "crit is empty", sign_text(header(crit=[])))
refused("bearer_key_name", "kid is a number", sign_text(header(kid=1)))
refused("bearer_key_name", "kid is longer than 256 bytes", sign(kid="k" * (MAX_KEY_NAME_BYTES + 1)))
refused("bearer_unknown_key", "kid of no key", sign(kid="other"))
refused("bearer_unknown_key", "kid in other letters", sign(kid="RSA"))
refused("bearer_unknown_key", "kid of a key for another algorithm", sign(kid="p256"))

# Of which kind.
for typ in ["JWT", None, "logout+jwt", "dpop+jwt", "secevent+jwt", "oauth-authz-req+jwt", "token-introspection+jwt", "at+jwt ", ""]:
    refused("bearer_type", "no typ" if typ is None else f"typ {typ!r}", sign(typ=typ))
refused("bearer_type", "typ is a list", sign_text(header(typ=["at+jwt"])))
refused("bearer_type", "an ID token", sign(ID_TOKEN, typ=None))
refused("bearer_type", "a logout token", sign(LOGOUT_TOKEN, typ="logout+jwt"))
for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt"]:
    refused("bearer_type", f"typ {typ!r}", sign(typ=typ), "jwt")
refused("bearer_other_kind", "an ID token", sign(ID_TOKEN, typ="JWT"), "jwt")
refused("bearer_other_kind", "an ID token without typ", sign(ID_TOKEN, typ=None), "jwt")
refused("bearer_other_kind", "an ID token that has all that an access token has", sign({**CLAIMS, **ID_TOKEN}, typ="JWT"), "jwt")
WITHOUT_NONCE = {name: value for name, value in ID_TOKEN.items() if name != "nonce"}
refused("bearer_type", "an ID token without nonce", sign(WITHOUT_NONCE, typ="JWT"), "jwt")
refused("bearer_type", "a workload's token", sign(WORKLOAD, typ=None), "jwt")
refused("bearer_type", "a workload's token", sign(WORKLOAD, typ=None))
refused("bearer_other_kind", "an ID token", sign(ID_TOKEN, typ="JWT"), "workload")
NOBODYS = {name: value for name, value in WORKLOAD.items() if name != "sub"}
refused("bearer_claim_missing", "no sub", sign(NOBODYS, typ=None), "workload")
refused("bearer_other_kind", "a logout token without its type", sign(LOGOUT_TOKEN, typ=None), "jwt")
refused("bearer_other_kind", "a logout token that has all that an access token has", sign({**CLAIMS, "events": EVENTS}), "rfc9068")

# By whose key.
SIGNATURE = decode(PARTS[2])
refused("bearer_signature", "signed by another key", sign(key=STRANGER))
refused("bearer_signature", "signed by another key, without kid", sign(key=STRANGER, kid=None))
refused("bearer_signature", "the key comes along", sign_text(header(jwk=STRANGER.as_dict(private=False)), key=STRANGER))
ELSEWHERE = header(jku="https://elsewhere.example/keys")
refused("bearer_signature", "the address of the key comes along", sign_text(ELSEWHERE, key=STRANGER))
refused("bearer_signature", "one bit of the signature is another", ".".join([*PARTS[:2], encode(flipped(SIGNATURE, 0))]))
refused("bearer_signature", "the last bit of the signature is another", ".".join([*PARTS[:2], encode(flipped(SIGNATURE, -1))]))
refused("bearer_signature", "the signature is cut short", ".".join([*PARTS[:2], encode(SIGNATURE[:-1])]))
refused("bearer_signature", "the signature is empty", ".".join([*PARTS[:2], ""]))
refused("bearer_signature", "the payload is another", ".".join([PARTS[0], encode(json.dumps(changed(sub="admin"))), PARTS[2]]))
refused("bearer_signature", "the header is another", ".".join([encode(header(typ="application/at+jwt")), *PARTS[1:]]))
refused("bearer_signature", "signed by RS256, but alg PS256", sign_text(header(alg="PS256"), alg="RS256"))
refused("bearer_signature", "ES256 with zeros", ".".join([*sign(alg="ES256").split(".")[:2], encode(bytes(64))]))
ES256 = sign(alg="ES256").split(".")
refused("bearer_signature", "ES256 as DER", ".".join([*ES256[:2], encode(der(decode(ES256[2])))]))

# What is claimed. The rows of one claim differ from a good token in that claim only.
for claim in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]:
    refused("bearer_claim_missing", f"no {claim}", sign(changed(**{claim: None})))
for claim, values in {
    "iss": [1, [ISSUER]],
    "sub": [1, ["a1"]],
    "aud": [1, {"a": AUDIENCE}, [AUDIENCE, 1]],
    "exp": [str(NOW + 300), 1e300, -1, True, [NOW + 300]],
    "iat": [str(NOW), 1e300, -1],
    "nbf": [str(NOW), 1e300],
    "jti": [1],
    "client_id": [1, ["reporting"]],
    "scope": [["read", "write"], 1],
}.items():
    for value in values:
        claims = changed(**{claim: value})
        refused("bearer_claim_form", f"{claim} is {json.dumps(value)}", sign_text(header(), json.dumps(claims)))
refused("bearer_claim_form", "exp is null", sign_text(header(), json.dumps({**CLAIMS, "exp": None})))
for name, issuer in {
    "another issuer": "https://elsewhere.example",
    "the issuer with a slash": ISSUER + "/",
    "the issuer in other letters": ISSUER.replace("idp", "IDP"),
    "the issuer's beginning": ISSUER.removesuffix("/main"),
    "the issuer by http": ISSUER.replace("https", "http"),
    "the issuer with its port": ISSUER.replace("idp.example", "idp.example:443"),
}.items():
    refused("bearer_issuer", name, sign(changed(iss=issuer)))
for name, audience in {
    "another audience": "https://other.example",
    "the audience with a slash": AUDIENCE + "/",
    "the audience's beginning": AUDIENCE.removesuffix(".com"),
    "the audience is a beginning": AUDIENCE + ".elsewhere.example",
    "the audience in other letters": AUDIENCE.replace("api", "API"),
    "the client that it was issued to": "reporting",
    "a list without ours": ["https://other.example", AUDIENCE + "/v1"],
    "an empty list": [],
    "ours among others in one text": f"https://other.example {AUDIENCE}",
}.items():
    refused("bearer_audience", name, sign(changed(aud=audience)))
refused("bearer_expired", "expired an hour ago", sign(changed(exp=NOW - 3600, iat=NOW - 7200)))
refused("bearer_expired", "expired as long ago as the leeway", sign(changed(exp=NOW - LEEWAY)))
refused("bearer_issued_in_future", "issued in an hour", sign(changed(iat=NOW + 3600, exp=NOW + 7200)))
refused("bearer_issued_in_future", "issued a second after the leeway", sign(changed(iat=NOW + LEEWAY + 1)))
refused("bearer_not_yet_valid", "good in an hour", sign(changed(nbf=NOW + 3600, exp=NOW + 7200)))
refused("bearer_not_yet_valid", "good a second after the leeway", sign(changed(nbf=NOW + LEEWAY + 1)))

PUBLIC = [key.as_dict(private=False) for key in (RSA, P256, P384, ED25519)]
ALL = jwk.KeySet([jwk.import_key(key) for key in PUBLIC])
for row in GOOD:
    assert jwt.decode(row["token"], ALL if row["name"] != "no kid" else RSA, algorithms=list(KEYS)).claims["sub"] == row["sub"]
names = [(row["profile"], row["name"]) for row in GOOD + REFUSED]
assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)

# Bound to a key that whoever sends it must prove to have: good for nothing where only the token comes.
BOUND = [
    {"name": name, "profile": "rfc9068", "token": sign(changed(cnf=cnf))}
    for name, cnf in {
        "to a key (RFC 9449)": {"jkt": P256.thumbprint()},
        "to a certificate (RFC 8705)": {"x5t#S256": encode(bytes(32))},
    }.items()
]
vectors = {
    "now": NOW,
    "leeway": LEEWAY,
    "issuer": ISSUER,
    "audience": AUDIENCE,
    "keys": {"keys": PUBLIC},
    "good": GOOD,
    "bound": BOUND,
    "refused": REFUSED,
}
path = pathlib.Path(__file__).with_name("joserfc.json")
path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n")
print(f"{path.name}: {len(GOOD)} good, {len(BOUND)} bound, {len(REFUSED)} refused")
