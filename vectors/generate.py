#!/usr/bin/env python3
"""Writes keys.json, profiles.json and tokens/*.json.

Shares no code with the implementation that reads them: tokens are put together by hand, signatures come from the
Python package `cryptography` (40 or later). Keys follow from their names, so a second run changes nothing but the
RSASSA-PSS signatures, which are salted.

    target/test-dependencies/venv/bin/python vectors/generate.py
"""
import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

HERE = pathlib.Path(__file__).parent
ISSUER, API = "https://quash.example", "https://api.example"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def number(name, bits):
    """A number of `bits` bits that follows from `name`."""
    data = b"".join(hashlib.sha512(f"{name} {i}".encode()).digest() for i in range(bits // 512 + 1))
    return int.from_bytes(data, "big") % (1 << bits)


def is_prime(n):
    if any(n % p == 0 for p in range(3, 2000, 2)):
        return False
    r = ((n - 1) & -(n - 1)).bit_length() - 1
    for base in range(2, 42):
        x = pow(base, (n - 1) >> r, n)
        if x in (1, n - 1):
            continue
        for _ in range(r - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(name, bits):
    n = number(name, bits) | (3 << bits - 2) | 1
    while not (is_prime(n) and (n - 1) % 65537):
        n += 2
    return n


def rsa_key(name):
    p, q = prime(name + " p", 1024), prime(name + " q", 1024)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


def to_bytes(n, length=None):
    return n.to_bytes(length or (n.bit_length() + 7) // 8, "big")


class Key:
    """A key, what is published of it, and how it signs."""

    def __init__(self, name, alg, kid, private, published):
        self.name, self.alg, self.kid, self.private, self.published = name, alg, kid, private, published

    def sign(self, text):
        data, private = text.encode(), self.private
        if self.alg.startswith("HS"):
            return hmac.new(private, data, "sha" + self.alg[2:]).digest()
        if self.alg == "RS256":
            return private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if self.alg == "PS256":
            return private.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        if self.alg == "EdDSA":
            return private.sign(data)
        hash_, length = (hashes.SHA256(), 32) if self.alg == "ES256" else (hashes.SHA384(), 48)
        r, s = utils.decode_dss_signature(private.sign(data, ec.ECDSA(hash_, deterministic_signing=True)))
        return to_bytes(r, length) + to_bytes(s, length)


def secret(name, alg, data, kid=None, **more):
    return Key(name, alg, kid, data, {"alg": alg, "kid": kid, "secret": b64(data), **more})


def public(name, alg, private, members):
    return Key(name, alg, name, private, {"jwk": {**members, "alg": alg, "use": "sig", "kid": name}})


def elliptic(name, alg, curve, crv, length):
    private = ec.derive_private_key(number(name, length * 8) >> 8, curve)
    point = private.public_key().public_numbers()
    members = {"kty": "EC", "crv": crv, "x": b64(to_bytes(point.x, length)), "y": b64(to_bytes(point.y, length))}
    return public(name, alg, private, members)


def rsa_public(name, alg):
    private = rsa_key(name)
    numbers = private.public_key().public_numbers()
    return public(name, alg, private, {"kty": "RSA", "n": b64(to_bytes(numbers.n)), "e": "AQAB"})


def edwards(name):
    private = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
    x = b64(private.public_key().public_bytes_raw())
    return public(name, "EdDSA", private, {"kty": "OKP", "crv": "Ed25519", "x": x})


KEYS = {key.name: key for key in [
    secret("hs256", "HS256", hashlib.sha256(b"hs256").digest(), "hs256"),
    secret("hs384", "HS384", hashlib.sha384(b"hs384").digest(), "hs384"),
    secret("hs512", "HS512", hashlib.sha512(b"hs512").digest(), "hs512"),
    secret("nameless", "HS256", hashlib.sha256(b"nameless").digest()),
    secret("short", "HS256", b"secret", short_secret=True),
    rsa_public("rs256", "RS256"),
    rsa_public("ps256", "PS256"),
    elliptic("es256", "ES256", ec.SECP256R1(), "P-256", 32),
    elliptic("es384", "ES384", ec.SECP384R1(), "P-384", 48),
    edwards("eddsa"),
]}
NAMED = [name for name, key in KEYS.items() if key.kid]

FOREIGN = {
    "kind": "foreign", "issuer": ISSUER, "issuer_may_be_missing": False,
    "types": ["at+jwt"], "type_may_be_missing": False,
    "audiences": [API], "audience_may_be_missing": False,
    "subject_claim": "sub", "device_claim": "device_id", "client_claim": "client_id", "required": ["sub"],
}
PROFILES = {
    "own": {**FOREIGN, "kind": "own", "required": ["sub", "client_id", "sid", "jti", "iat", "pos"]},
    "foreign": FOREIGN,
    "tutorial": {
        **FOREIGN, "issuer": "shop", "issuer_may_be_missing": True, "types": ["jwt"], "type_may_be_missing": True,
        "audiences": [], "audience_may_be_missing": True, "subject_claim": "id", "device_claim": "deviceId",
    },
    "anything": {**FOREIGN, "types": None, "audiences": None, "client_claim": "azp"},
}

CLAIMS = {
    "iss": ISSUER, "sub": "alice", "aud": API, "client_id": "web", "iat": 1700000000, "exp": 1700000600,
    "jti": "tok_1", "sid": "ses_1", "pos": 1782579200000007, "scope": "read write",
}


def header(key, **more):
    return {"alg": key.alg, "typ": "at+jwt", **({"kid": key.kid} if key.kid else {}), **more}


def text_of(part):
    return part if isinstance(part, (str, bytes)) else compact(part)


def segment(part):
    text = text_of(part)
    return b64(text if isinstance(text, bytes) else text.encode())


def token(key, head=None, payload=CLAIMS):
    signing_input = f"{segment(header(key) if head is None else head)}.{segment(payload)}"
    return f"{signing_input}.{b64(key.sign(signing_input))}"


def digest(token):
    return b64(hashlib.sha256(token.rsplit(".", 1)[0].encode()).digest())


def without(*names):
    return {name: value for name, value in CLAIMS.items() if name not in names}


def raw(name, value):
    """The usual payload with the member `name` spelt as `value`."""
    members = [f'"{n}":{compact(v)}' for n, v in CLAIMS.items() if n != name]
    return "{" + ",".join(members + [f'"{name}":{value}']) + "}"


FILES = {}


def add(file, name, rule, token, expected, profile="own", keys=None):
    FILES.setdefault(file, []).append({
        "name": name, "rule": rule, "profile": profile, **({"keys": keys} if keys else {}),
        "token": token, "expected": {"defect": expected} if isinstance(expected, str) else expected,
    })


def accepted(key, claims, **more):
    return {"claims": claims, "key": KEYS[key].kid, **more}


READ = {**CLAIMS, "aud": [API]}
HS = KEYS["hs256"]

for name in NAMED:
    add("accepted", f"an own token signed with {KEYS[name].alg}", "RFC 7518 section 3", token(KEYS[name]), accepted(name, READ))
add("accepted", "the fully specified name Ed25519 is EdDSA", "RFC 9864",
    token(KEYS["eddsa"], {"alg": "Ed25519", "typ": "at+jwt", "kid": "eddsa"}), accepted("eddsa", READ))
for typ in ["AT+JWT", "application/at+jwt"]:
    add("accepted", f"the type {typ} is at+jwt", "RFC 7515 section 4.1.9", token(HS, header(HS, typ=typ)), accepted("hs256", READ))
add("accepted", "a token without kid gets the only key of its algorithm", "RFC 7515 section 4.1.4",
    token(HS, {"alg": "HS256", "typ": "at+jwt"}), accepted("hs256", READ))
add("accepted", "one audience of several fits", "RFC 7519 section 4.1.3",
    token(HS, payload={**CLAIMS, "aud": ["x", API]}), accepted("hs256", {**READ, "aud": ["x", API]}))
add("accepted", "times are rounded so that no life grows longer", "attack row 16",
    token(HS, payload=compact({**CLAIMS, "exp": 1.5, "iat": 2.5, "auth_time": 3.5, "nbf": 4.5})),
    accepted("hs256", {**READ, "exp": 1, "iat": 2, "auth_time": 3, "nbf": 5}))
add("accepted", "escapes are another spelling of the same text", "RFC 8259 section 7",
    token(HS, payload=raw("sub", r'"\u0061l\u0069ce"')), accepted("hs256", READ))
add("accepted", "composed letters stay composed", "attack row 15",
    token(HS, payload={**CLAIMS, "sub": "caf\u00e9"}), accepted("hs256", {**READ, "sub": "caf\u00e9"}))
add("accepted", "decomposed letters stay decomposed", "attack row 15",
    token(HS, payload={**CLAIMS, "sub": "cafe\u0301"}), accepted("hs256", {**READ, "sub": "cafe\u0301"}))
add("accepted", "white space between members", "RFC 7515 appendix A.1",
    token(HS, '{"alg":"HS256",\r\n "typ":"at+jwt","kid":"hs256"}', json.dumps(CLAIMS, indent=1)), accepted("hs256", READ))
es = KEYS["es256"]
plain = token(es)
front, signature = plain.rsplit(".", 1)
bytes_ = base64.urlsafe_b64decode(signature + "==")
twin = bytes_[:32] + to_bytes(P256_ORDER - int.from_bytes(bytes_[32:], "big"), 32)
add("accepted", "the ECDSA twin (r, n - s) is the same token", "attack row 6, scheme S11", f"{front}.{b64(twin)}", accepted("es256", READ))

tutorial = {"id": 42, "username": "alice", "jti": "j1", "deviceId": "phone", "iat": 1700000000, "exp": 1700000600}
tutorial_read = {"sub": "42", "jti": "j1", "device_id": "phone", "iat": 1700000000, "exp": 1700000600, "aud": []}
for key in ["nameless", "short"]:
    add("foreign", f"a tutorial's token, key {key}", "design section 3",
        token(KEYS[key], {"alg": "HS256", "typ": "JWT"}, tutorial), accepted(key, tutorial_read), "tutorial", [key])
no_jti = token(KEYS["nameless"], {"alg": "HS256"}, {n: v for n, v in tutorial.items() if n != "jti"})
add("foreign", "a token without jti is known by the digest of its signing input", "attack row 18", no_jti,
    accepted("nameless", {n: v for n, v in tutorial_read.items() if n != "jti"}, digest=digest(no_jti)), "tutorial", ["nameless"])
add("foreign", "an integer is no subject under the name sub", "RFC 7519 section 4.1.2",
    token(HS, payload={**CLAIMS, "sub": 42}), "malformed_claim", "foreign")
add("foreign", "a stranger's pos is not read", "design section 2", token(HS),
    accepted("hs256", {n: v for n, v in READ.items() if n != "pos"}), "foreign")
add("foreign", "any type and any audience, the client in azp", "design section 3",
    token(HS, header(HS, typ="x"), {**without("client_id"), "aud": "y", "azp": "spa", "scope": ["a", "b"]}),
    accepted("hs256", {**{n: v for n, v in READ.items() if n != "pos"}, "aud": ["y"], "client_id": "spa", "scope": "a b"}), "anything")
add("foreign", "an issuer that may be missing must still be the right one", "design section 3",
    token(KEYS["nameless"], {"alg": "HS256"}, {**tutorial, "iss": "elsewhere"}), "unknown_issuer", "tutorial", ["nameless"])
add("foreign", "an audience that may be missing must still be ours", "design section 3",
    token(KEYS["nameless"], {"alg": "HS256"}, {**tutorial, "aud": "elsewhere"}), "wrong_audience", "tutorial", ["nameless"])

for name in ["none", "nOnE", "", "hs256", "RS1", "HS256 "]:
    add("header", f"the algorithm {name!r}", "attack row 1", token(HS, header(HS, alg=name)), "wrong_algorithm")
    add("header", f"the algorithm {name!r} and no signature", "attack row 1",
        token(HS, header(HS, alg=name)).rsplit(".", 1)[0] + ".", "wrong_algorithm")
add("header", "no algorithm", "attack row 1", token(HS, {"typ": "at+jwt"}), "wrong_algorithm")
pem_secret = secret("rs256 as a secret", "HS256", compact(KEYS["rs256"].published["jwk"]).encode(), "rs256")
add("header", "HS256 with a public RSA key as the secret", "attack row 2", token(pem_secret), "wrong_algorithm")
add("header", "the same without kid", "attack row 2", token(pem_secret, {"alg": "HS256", "typ": "at+jwt"}), "unknown_key",
    keys=["rs256"])
for kid in ["../../dev/null", "HS256", "hs256 ", "' OR 1=1", "hs256\u0000", "", "k" * 257]:
    add("header", f"the key id {kid[:20]!r}", "attack row 3", token(HS, header(HS, kid=kid)), "unknown_key")
for name, value in [
    ("jwk", KEYS["es256"].published["jwk"]), ("jku", "https://evil.example/"), ("x5u", "https://evil.example/"),
    ("x5c", ["MIIB"]), ("crit", []), ("crit", ["exp"]), ("crit", ["x", "x"]), ("b64", False), ("b64", True),
    ("zip", "DEF"), ("cty", "JWT"), ("enc", "A256GCM"), ("p2c", 2147483647),
]:
    add("header", f"the header {name} = {compact(value)[:30]}", "attack rows 4, 9, 10, 13, 14",
        token(HS, header(HS, **{name: value})), "unsupported_header")
for typ in ["JWT", "logout+jwt", "at+jwt ", ""]:
    add("header", f"the type {typ!r}", "attack row 22", token(HS, header(HS, typ=typ)), "wrong_type")
add("header", "no type", "attack row 22", token(HS, {"alg": "HS256", "kid": "hs256"}), "wrong_type")
add("header", "a header member twice", "attack row 12", token(HS, '{"alg":"HS256","alg":"HS256","typ":"at+jwt"}'), "duplicate_member")
add("header", "a header member twice, once with an escape", "attack row 12",
    token(HS, r'{"alg":"HS256","typ":"at+jwt","\u0061lg":"none"}'), "duplicate_member")
for what, head in [("a byte order mark", '\ufeff{"alg":"HS256"}'), ("an array", '["HS256"]'), ("nothing", ""),
                   ("a lone surrogate", r'{"alg":"HS256","x":"\ud800"}'), ("an invalid byte", b'{"alg":"HS256","x":"\xff"}')]:
    add("header", f"{what} in the header", "attack row 15", token(HS, head), "not_json")

good = token(HS)
head, payload, signature = good.split(".")
for what, text in [("a trailing dot", good + "."), ("two parts", f"{head}.{payload}"), ("five parts", f"{head}.A.A.{payload}.{signature}"),
                   ("no dot", head), ("nothing", "")]:
    add("form", what, "attack row 7", text, "not_compact")
last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
stray = last[last.index(signature[-1]) ^ 1]
for what, text in [("padding", good + "="), ("a line break behind", good + "\n"), ("stray trailing bits", good[:-1] + stray),
                   ("a space inside", f"{head} .{payload}.{signature}"), ("a plus sign", f"{head}.{payload}.+{signature[1:]}")]:
    add("form", what, "attack row 7", text, "not_base64url")
add("form", "longer than 16 KiB", "attack row 11", token(HS, payload={**CLAIMS, "x": "y" * 13000}), "too_long")
for what, text in [
    ("nested 17 deep", raw("x", "[" * 16 + "]" * 16)), ("300 members", compact({f"m{i}": 0 for i in range(300)})),
    ("a byte order mark", "\ufeff" + compact(CLAIMS)), ("a lone surrogate", raw("x", r'"\udc00"')), ("an array", "[]"),
    ("a nested token", good), ("NaN", raw("exp", "NaN")), ("a leading zero", raw("exp", "01700000600")),
    ("a trailing comma", compact(CLAIMS)[:-1] + ",}"), ("an invalid byte", compact(CLAIMS).encode().replace(b"alice", b"\xff")),
]:
    add("form", f"{what} in the payload", "attack rows 11 and 15", token(HS, payload=text), "not_json")
add("form", "16 deep is not too deep", "attack row 11", token(HS, payload=raw("x", "[" * 15 + "]" * 15)), accepted("hs256", READ))
for what, more in [("a claim twice", '"sub":"alice"'), ("a claim twice, once with an escape", r'"\u0073ub":"mallory"'),
                   ("an unknown claim twice", '"x":1,"x":1'), ("a member of an object twice", '"x":{"y":1,"y":1}')]:
    add("form", what, "attack row 12", token(HS, payload=compact(CLAIMS)[:-1] + "," + more + "}"), "duplicate_member")

for claim in ["exp", "iat", "nbf", "auth_time"]:
    for value in ['"1700000600"', "null", "true", "[1]", "{}", "-1", "1e3", "1e300", "9007199254740993"]:
        add("claims", f"{claim} = {value}", "attack row 16", token(HS, payload=raw(claim, value)), "malformed_claim")
for claim in ["iss", "sub", "aud", "client_id", "jti", "sid", "device_id"]:
    for value in ["7", "null", '""', r'"a\u0000"', f'"{"x" * 257}"']:
        add("claims", f"{claim} = {value[:12]}", "attack rows 15 and 21", token(HS, payload=raw(claim, value)), "malformed_claim")
for value in ['"7"', "7.0", "-7", "9007199254740992"]:
    add("claims", f"pos = {value}", "design section 2", token(HS, payload=raw("pos", value)), "malformed_claim")
for claim in ["exp", "sub", "client_id", "jti", "sid", "iat", "pos"]:
    add("claims", f"no {claim}", "RFC 9068 section 2.2", token(HS, payload=without(claim)), "missing_claim")
for what, value in [("a slash more", ISSUER + "/"), ("somebody else", "https://evil.example")]:
    add("claims", f"an issuer with {what}", "RFC 8725 section 3.8", token(HS, payload={**CLAIMS, "iss": value}), "unknown_issuer")
add("claims", "no issuer", "RFC 8725 section 3.8", token(HS, payload=without("iss")), "unknown_issuer")
for what, value in [("a prefix", API[:-1]), ("a longer one", API + ".evil.example"), ("an empty list", []), ("another case", API.upper())]:
    add("claims", f"the audience is {what}", "attack row 23", token(HS, payload={**CLAIMS, "aud": value}), "wrong_audience")
add("claims", "no audience", "attack row 23", token(HS, payload=without("aud")), "wrong_audience")

for name in NAMED:
    key = KEYS[name]
    front, signature = token(key).rsplit(".", 1)
    data = base64.urlsafe_b64decode(signature + "==")
    other = token(key, payload={**CLAIMS, "sub": "mallory"}).rsplit(".", 1)[0]
    for what, text in [
        ("no signature", front + "."), ("zeros", f"{front}.{b64(bytes(len(data)))}"), ("a changed bit", f"{front}.{b64(bytes([data[0] ^ 1]) + data[1:])}"),
        ("a byte less", f"{front}.{b64(data[:-1])}"), ("a byte more", f"{front}.{b64(data + bytes(1))}"), ("another text", f"{other}.{signature}"),
    ]:
        add("signatures", f"{key.alg}: {what}", "attack rows 1 and 5", text, "bad_signature")
front = plain.rsplit(".", 1)[0]
for r in [0, 1, P256_ORDER - 1, P256_ORDER]:
    for s in [0, 1, P256_ORDER - 1, P256_ORDER]:
        forged = b64(to_bytes(r, 32) + to_bytes(s, 32))
        add("signatures", f"r = {hex(r)[:6]}, s = {hex(s)[:6]}", "attack row 5, CVE-2022-21449", f"{front}.{forged}", "bad_signature")
der = utils.encode_dss_signature(int.from_bytes(bytes_[:32], "big"), int.from_bytes(bytes_[32:], "big"))
add("signatures", "a DER signature", "RFC 7518 section 3.4", f"{front}.{b64(der)}", "bad_signature")
stranger = secret("stranger", "HS256", hashlib.sha256(b"stranger").digest(), "hs256")
add("signatures", "another issuer's key of the same name", "attack row 21", token(stranger), "bad_signature")


def write(path, value):
    (HERE / path).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


write("keys.json", {name: key.published for name, key in KEYS.items()})
write("profiles.json", PROFILES)
for file, vectors in FILES.items():
    write(f"tokens/{file}.json", vectors)
    print(f"tokens/{file}.json: {len(vectors)}")
