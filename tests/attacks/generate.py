"""Writes cases.json: hostile requests, and their honest neighbours, with the one right answer to each.

Run it after a change and commit both files: `python tests/attacks/generate.py`. Every face runs the same table.
Keys, clock and identifiers are fixed, and so are the random parts of ECDSA and PSS, so that the file changes only
where a case does. The keys are for this table alone.

The file's head holds what the cases share:

- `now`: the clock, in seconds since 1970, unless a case has its own;
- `marker`: a text that is in every payload and every secret, and must be in no answer and no log;
- `configurations`: settings by name; a case's `settings` come on top;
- `routes`: what a route asks for, by name;
- `reserved_claims`: claims that nobody can give a new token as data of their own.

A case has a `row` of the list of attacks and a `name`, unique together; then `configuration`, `settings`,
`login_type`, `route`, `now`, `request` and `expect`. A `ring` of named keys can't be made from settings, so such a
case is for the engine alone. In `request`, every character is one byte (Latin-1); the header names are as a browser
writes them. `fields` are those of a form, as a parser gives them. An `endless` body goes on for ever.
A text is a string, or a list of strings and `{"repeat": [text, times]}`.

`expect` is the `sub` of an accepted token; or an `error_type`, with status and `WWW-Authenticate` as they are with
JWT_INVALID_TOKEN_STATUS=401 and with 422.
"""

import base64
import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent
NOW = 1_700_000_000
MARKER = "never-to-be-seen-5f2c81"
CSRF = "1f0e9c64-6d0a-4c37-9b1e-c5a1d2e3f405"
OTHER_CSRF = "7d93ab52-0b8e-4f6d-8f3a-2f6f4f0a9e11"
SECRET = f"{MARKER} is in the secret that signs, long enough for HS512 as well".encode()
PREVIOUS_SECRET = f"{MARKER} is in the secret before, and it is long enough too, for HS512".encode()
ATTACKERS_SECRET = b"what the attacker made up, and it is of a length that nobody objects to"

UNDECODABLE = {
    "JWTDecodeError",
    "TokenInvalidSignatureError",
    "TokenExpiredError",
    "TokenInvalidIssuerError",
    "TokenInvalidAudienceError",
}
RESERVED_CLAIMS = [
    *("sub", "type", "jti", "exp", "nbf", "iat", "iss", "aud", "fresh", "csrf"),
    *("scopes", "scope", "login_type", "auth_time"),
]


def main() -> None:
    """Write the table."""
    (HERE / "cases.json").write_text(table(), encoding="ascii")


def table() -> str:
    """The text of cases.json."""
    for row in ROWS:
        row()
    configurations: dict[str, dict[str, Any]] = {
        "headers": {},
        **{place: {"JWT_TOKEN_LOCATION": [place]} for place in ("cookies", "json", "query")},
    }
    configurations["everywhere"] = {"JWT_TOKEN_LOCATION": ["headers", "cookies", "json", "query"]}
    configurations |= {
        name: {"JWT_ALGORITHM": name, "JWT_PUBLIC_KEY": public_pem(key)} for name, key in KEY_PAIRS.items()
    }
    for name in ("headers", "cookies", "json", "query", "everywhere"):
        configurations[name]["JWT_SECRET_KEY"] = SECRET.decode()
    head = {
        "about": "Written by generate.py, which says what is what. Don't edit.",
        "now": NOW,
        "marker": MARKER,
        "reserved_claims": RESERVED_CLAIMS,
        "configurations": configurations,
        "routes": ROUTES,
    }
    lines = ",\n".join(json.dumps(case) for case in CASES)
    CASES.clear()
    return f'{json.dumps(head, indent=1)[:-2]},\n "cases": [\n{lines}\n ]\n}}\n'


ROUTES: dict[str, dict[str, Any]] = {
    "access": {},
    "refresh": {"type": "refresh"},
    "fresh": {"fresh": True},
    "any-type": {"any_type": True},
    "any-type-fresh": {"any_type": True, "fresh": True},
    "csrf-always": {"csrf": True},
    "csrf-never": {"csrf": False},
    "headers-only": {"locations": ["headers"]},
    "users-read": {"scopes": ["users:read"]},
    "users-read-and-delete": {"scopes": ["users:read", "users:delete"]},
    "users-read-or-delete": {"scopes": ["users:read", "users:delete"], "all_required": False},
    "admin-any": {"scopes": ["admin:*"]},
    "administrator": {"scopes": ["administrator"]},
    "a-x-b": {"scopes": ["a:x:b"]},
    "a-xb": {"scopes": ["a:xb"]},
}


# fmt: off
# Tables, where a case is a line or two.

# The token's text


def row_1() -> None:
    empty: Mapping[str, Any] = {"error": "MissingTokenError"}
    refused(1, "an empty token in the header is none", b"", **empty)
    for place in ("cookies", "query"):
        refused(1, f"an empty token in {place} is none", b"", place=place, **empty)
    refused(1, "an empty token in JSON is no token that can be read", b"", place="json")
    for count in range(1, 6):
        refused(1, f"only {count} dots", b"." * count)
    refused(1, "100,000 dots are over the size bound", b"." * 100_000)
    refused(1, "100,000 dots within a raised bound", b"." * 100_000, settings={"JWT_MAX_TOKEN_SIZE": 200_000})
    refused(1, "2 MB of a are over the size bound", b"a" * 2_000_000)
    refused(1, "2 MB of a within a raised bound", b"a" * 2_000_000, settings={"JWT_MAX_TOKEN_SIZE": 3_000_000})
    refused(1, "2 MB of a between two dots within a raised bound",
            b"a." + b"a" * 2_000_000 + b".a", settings={"JWT_MAX_TOKEN_SIZE": 3_000_000})
    header, payload, signature = HONEST.split(b".")
    for name, text in each({
        "the header alone": header,
        "the signature left out with its dot": header + b"." + payload,
        "the header left out": b"." + payload + b"." + signature,
        "a fourth segment": HONEST + b"." + signature,
        "a fourth segment that is empty": HONEST + b".",
        "an empty segment in front": b"." + HONEST,
        "five segments, as an encrypted token has": b".".join([header, b"a", b"a", payload, signature]),
    }):
        refused(1, name, text)
    refused(1, "the payload left out", header + b".." + signature, error="TokenInvalidSignatureError")
    refused(1, "an empty header, rightly signed", sealed(b"", b"{}"))
    refused(1, "an empty payload, rightly signed", sealed(HEADER, b""))
    for place in PLACES:
        accepted(1, f"a token of exactly the size bound in {place}", token_of_size(8192), place=place)
        refused(1, f"a token one byte over the size bound in {place}", token_of_size(8193), place=place)
    settings = {"JWT_MAX_TOKEN_SIZE": len(HONEST)}
    accepted(1, "a token of exactly a bound of one's own", HONEST, settings=settings)
    refused(1, "a token over a bound of one's own", token(longer=True), settings=settings)


def row_2() -> None:
    # A payload whose text has both characters in which the two alphabets differ.
    claims = json_object(honest_claims(odd="\u00fb\u00ef\u00be?>~~~\u00ff\u00fe"))
    header, payload, _ = sealed(HEADER, claims).split(b".")
    assert b"-" in payload or b"_" in payload
    accepted(2, "a payload with the alphabet's last two characters", sealed(HEADER, claims))
    other_alphabet = payload.translate(bytes.maketrans(b"-_", b"+/"))
    refused(2, "a payload in the alphabet of + and /, rightly signed", signed(header + b"." + other_alphabet))
    signer = token_where(lambda text: b"-" in text.split(b".")[2] or b"_" in text.split(b".")[2])
    left, right = signer.rsplit(b".", 1)
    refused(2, "a signature in the alphabet of + and /", left + b"." + right.translate(bytes.maketrans(b"-_", b"+/")))

    # Header, payload and signature, each one byte short of a multiple of three, so that padding belongs there.
    for segment, name in enumerate(("header", "payload", "signature")):

        def spelled(change: Callable[[bytes], bytes], segment: int = segment) -> bytes:
            header = b'{"alg":"HS256","typ":"JWT","n":"n"}'
            claims = json_object(honest_claims())
            claims = claims[:-1] + b" " * ((1 - len(claims)) % 3) + b"}"
            texts = [b64(header), b64(claims)]
            if segment < 2:
                texts[segment] = change(texts[segment])
                return signed(b".".join(texts))
            left, signature = signed(b".".join(texts)).rsplit(b".", 1)
            return left + b"." + change(signature)

        accepted(2, f"the {name} in its one spelling", spelled(lambda text: text))
        refused(2, f"the {name} with padding", spelled(padded))
        refused(2, f"the {name} with too much padding", spelled(lambda text: text + b"===="))
        refused(2, f"the {name} with spare bits that are not zero", spelled(with_spare_bits))
        refused(2, f"the {name} of an impossible length", spelled(lambda text: text + b"A" * ((1 - len(text)) % 4)))
        refused(2, f"the {name} with padding in percent encoding", spelled(lambda text: text + b"%3D"))
        for what, character in each({
            "a space": b" ", "a tab": b"\t", "a line feed": b"\n", "a carriage return": b"\r", "NUL": b"\0",
            "a byte above 0x7F": b"\xe9", "a backslash": b"\\", "a slash": b"/",
        }):
            refused(2, f"{what} inside the {name}", spelled(with_inside(character)))
            if character.isspace() or character == b"\0":
                refused(2, f"{what} after the {name}", spelled(with_behind(character)))
                for place in ("query", "json"):
                    refused(2, f"{what} inside the {name}, in {place}",
                            spelled(with_inside(character)), place=place)


BAD_OBJECTS: dict[str, bytes] = {
    "not JSON": b"not json at all",
    "an array": b"[]",
    "a string": b'"text"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "of a single space": b" ",
    "cut short": b'{"MEMBERS',
    "followed by a second object": b"{MEMBERS}{}",
    "followed by a NUL": b"{MEMBERS}\0",
    "an object with a comma too many": b"{MEMBERS,}",
    "an object with a comment": b"{MEMBERS/* */}",
    "in single quotes": b"{MEMBERS,'a':1}",
    "in UTF-16": b"UTF-16",
    "behind a byte-order mark": b"\xef\xbb\xbf{MEMBERS}",
    "with invalid UTF-8 in a value": b'{MEMBERS,"a":"\xff\xfe"}',
    "with invalid UTF-8 in a name": b'{MEMBERS,"\xc3\x28":1}',
    "with an overlong UTF-8 sequence": b'{MEMBERS,"a":"\xc0\xaf"}',
    "with a surrogate in UTF-8": b'{MEMBERS,"a":"\xed\xa0\x80"}',
    "with a lone surrogate escape in a value": b'{MEMBERS,"a":"\\ud800"}',
    "with a lone low surrogate escape in a value": b'{MEMBERS,"a":"\\udc00 and more"}',
    "with a lone surrogate escape in a name": b'{MEMBERS,"\\ud800":1}',
    "with a lone surrogate escape deep inside": b'{MEMBERS,"a":[{"b":"\\ud800"}]}',
    "with a raw line feed in a string": b'{MEMBERS,"a":"\n"}',
    "with an unknown escape": b'{MEMBERS,"a":"\\x41"}',
    "with a member twice": b'{MEMBERS,"a":1,"a":1}',
    "with a member twice, once by escape": b'{MEMBERS,"a":1,"\\u0061":2}',
    "with a member twice deep inside": b'{MEMBERS,"a":[{"b":{"c":1,"c":2}}]}',
    "with NaN": b'{MEMBERS,"a":NaN}',
    "with Infinity": b'{MEMBERS,"a":-Infinity}',
    "with a number of no double": b'{MEMBERS,"a":1e400}',
    "with a number of no double deep inside": b'{MEMBERS,"a":[1e400]}',
    "with a number of 400 digits": b'{MEMBERS,"a":' + b"9" * 400 + b"}",
    "with 2,000 nested arrays": b'{MEMBERS,"a":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    "with 20,000 nested arrays": b'{MEMBERS,"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "with 20,000 nested objects": b'{MEMBERS,"a":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    "with 20,000 arrays that nobody closes": b'{MEMBERS,"a":' + b"[" * 20_000,
}


def bad_object(pattern: bytes, good: bytes) -> bytes:
    if pattern == b"UTF-16":
        return good.decode().encode("utf-16")
    return pattern.replace(b"MEMBERS", good[1:-1])


def row_3() -> None:
    payload = json_object(honest_claims())
    roomy = {"JWT_MAX_TOKEN_SIZE": 300_000}
    for name, pattern in BAD_OBJECTS.items():
        refused(3, f"a header that is {name}" if not name.startswith("with ") else f"a header {name}",
                sealed(bad_object(pattern, HEADER), payload), settings=roomy)
    refused(3, "a header with 20,000 nested arrays, over the size bound",
            sealed(bad_object(BAD_OBJECTS["with 20,000 nested arrays"], HEADER), payload))
    for name, header in each({
        "alg twice, alike": b'{"alg":"HS256","alg":"HS256"}',
        "alg twice, the bad one first": b'{"alg":"none","alg":"HS256"}',
        "alg twice, the bad one last": b'{"alg":"HS256","alg":"none"}',
        "alg twice, once by escape": b'{"alg":"HS256","\\u0061lg":"none"}',
        "kid twice": b'{"alg":"HS256","kid":"a","kid":"b"}',
        "typ twice": b'{"alg":"HS256","typ":"JWT","typ":"JWT"}',
        "a lone surrogate in alg": b'{"alg":"\\ud800"}',
        "a lone surrogate in kid": b'{"alg":"HS256","kid":"\\ud800"}',
        "a lone surrogate in typ": b'{"alg":"HS256","typ":"\\ud800"}',
        "a number as typ": b'{"alg":"HS256","typ":1}',
        "a list as typ": b'{"alg":"HS256","typ":["JWT"]}',
        "1,000 members": json_object({"alg": "HS256", **{f"m{index}": 0 for index in range(1_000)}}),
    }):
        refused(3, f"a header with {name}", sealed(header, payload), settings=roomy)
    for name, header in each({
        "without typ": b'{"alg":"HS256"}',
        "with another typ": b'{"alg":"HS256","typ":"at+jwt"}',
        "with spaces and line ends in its JSON": b'\n{ "typ" : "JWT",\r\n\t"alg" : "HS256" } ',
        "with its name and its alg by escape": b'{"\\u0061lg":"\\u0048S256"}',
        "with a surrogate pair": b'{"alg":"HS256","a":"\\ud83d\\ude00"}',
    }):
        accepted(3, f"a header {name}", sealed(header, payload))


def row_4() -> None:
    roomy = {"JWT_MAX_TOKEN_SIZE": 300_000}
    for name, pattern in BAD_OBJECTS.items():
        payload = bad_object(pattern, json_object(honest_claims()))
        refused(4, f"a payload that is {name}" if not name.startswith("with ") else f"a payload {name}",
                sealed(HEADER, payload), settings=roomy)
    refused(4, "a payload that is an object without members", sealed(HEADER, b"{}"))
    refused(4, "a payload that is the claims as a string",
            sealed(HEADER, json.dumps(json_object(honest_claims()).decode()).encode()))
    refused(4, "a payload that is the claims in an array", sealed(HEADER, b"[" + json_object(honest_claims()) + b"]"))
    for name, value in each({
        "nested custom claims": {"a": [{"b": [[[]]]}]},
        "a surrogate pair": "\U0001f600",
        "a number of 30 digits": Raw("9" * 30),
        "the names of methods": {"__class__": "x", "__init__": 1, "model_config": {}},
    }):
        accepted(4, f"a payload with {name}", token(custom=value))
    accepted(4, "a payload with custom claims named like attributes of its class",
             token(__class__="x", __dict__={"a": 1}, model_config={}, model_extra=1, has_scopes=True))
    accepted(4, "a payload with spaces and line ends in its JSON",
             sealed(HEADER, json.dumps(honest_claims(), indent="\t").encode()))


def row_5() -> None:
    other = token(sub="admin")
    for name, tail in each({
        "a space": b" ",
        "a comma and a second token": b"," + other,
        "a comma, a space and a second token": b", " + other,
        "a space and a second token": b" " + other,
        "a semicolon": b";",
        "=": b"=",
        ".": b".",
        "a dot and a second token": b"." + other,
        "%00": b"%00",
        "NUL": b"\0",
        "a line end": b"\r\n",
        "a quotation mark": b'"',
        "#": b"#",
    }):
        refused(5, f"a token followed by {name}, in the header", HONEST + tail)
        for place in ("query", "json"):
            refused(5, f"a token followed by {name}, in {place}", HONEST + tail, place=place)
        if tail[:1] not in b" ;\r":
            refused(5, f"a token followed by {name}, in a cookie", HONEST + tail, place="cookies")
    for name, front in each({"a dot": b".", "NUL": b"\0", "a tab": b"\t", "a byte-order mark": b"\xef\xbb\xbf"}):
        refused(5, f"a token behind {name}", front + HONEST)


# Algorithm and key


def row_6() -> None:
    payload = json_object(honest_claims())
    variants: dict[str, bytes] = {
        f"{name}": json_object({"alg": alg})
        for name, alg in each({
            "none": "none", "None": "None", "NONE": "NONE", "nOnE": "nOnE", "empty": "", "null": None, "a number": 256,
            "true": True, "a list": ["HS256"], "an object": {"name": "HS256"}, "HS256 and a space": "HS256 ",
            "a space and HS256": " HS256", "HS256 and NUL": "HS256\0", "hs256": "hs256", "Hs256": "Hs256",
            "HS256 with a Greek Eta": "\u0397S256", "HS1": "HS1", "HS256,none": "HS256,none", "dir": "dir",
            "of 5,000 characters": "H" * 5_000,
        })
    } | {"absent": b"{}", "in upper case as a name": b'{"ALG":"HS256"}'}
    for name, header in each(variants):
        text = sealed(header, payload)
        left = text.rsplit(b".", 1)[0]
        title = f"alg {name}" if name in ("absent", "in upper case as a name") else f"alg is {name}"
        refused(6, f"{title}, the signature is empty", left + b".")
        refused(6, f"{title}, the signature is random", left + b"." + b64(hashlib.sha256(b"random").digest()))
        refused(6, f"{title}, the signature is right", text)
    for algorithm in ("RS256", "ES256", "EdDSA"):
        refused(6, f"alg is none where {algorithm} is configured",
                b64(b'{"alg":"none"}') + b"." + b64(payload) + b".", configuration=algorithm)
    accepted(6, "alg is HS256, the signature is right", HONEST)
    for algorithm in ("HS384", "HS512"):
        accepted(6, f"alg is {algorithm} as configured", token(signer=hmac_signer(algorithm)),
                 settings={"JWT_ALGORITHM": algorithm})


def row_7() -> None:
    for algorithm in ("RS256", "PS256", "ES256", "ES384", "EdDSA"):
        key = KEY_PAIRS[algorithm]
        for form, secret in public_forms(key).items():
            forged = token(signer=hmac_signer("HS256", secret))
            refused(7, f"the public key of {algorithm} as {form} for HS256", forged, configuration=algorithm)
            renamed = b64(json_object({"alg": algorithm})) + b"." + forged.split(b".")[1]
            refused(7, f"the public key of {algorithm} as {form} for an HMAC under its own name",
                    renamed + b"." + b64(hmac.digest(secret, renamed, "sha256")), configuration=algorithm,
                    error="TokenInvalidSignatureError")
            refused(7, f"the public key of {algorithm} as {form} where HS256 with a secret is allowed as well", forged,
                    configuration=algorithm, error="TokenInvalidSignatureError",
                    settings={"JWT_DECODE_ALGORITHMS": [algorithm, "HS256"], "JWT_SECRET_KEY": SECRET.decode()})
        accepted(7, f"an honest token of HS256 beside {algorithm}", HONEST, configuration=algorithm,
                 settings={"JWT_DECODE_ALGORITHMS": [algorithm, "HS256"], "JWT_SECRET_KEY": SECRET.decode()})
        accepted(7, f"an honest token of {algorithm} beside HS256", token(signer=pair_signer(algorithm)),
                 configuration=algorithm,
                 settings={"JWT_DECODE_ALGORITHMS": [algorithm, "HS256"], "JWT_SECRET_KEY": SECRET.decode()})


def row_8() -> None:
    for algorithm in KEY_PAIRS:
        accepted(8, f"an honest token of {algorithm}", token(signer=pair_signer(algorithm)), configuration=algorithm)
    for algorithm in ("HS384", "HS512"):
        refused(8, f"{algorithm} with the right secret where HS256 is configured", token(signer=hmac_signer(algorithm)))
        accepted(8, f"{algorithm} where it is allowed besides HS256", token(signer=hmac_signer(algorithm)),
                 settings={"JWT_DECODE_ALGORITHMS": ["HS256", algorithm]})
        refused(8, f"HS256's signature under the name {algorithm}, where both are allowed",
                token(signer=hmac_signer("HS256"), header={"alg": algorithm, "typ": "JWT"}),
                settings={"JWT_DECODE_ALGORITHMS": ["HS256", algorithm]}, error="TokenInvalidSignatureError")
    # By the same key, but another algorithm than the key's; under its own name, and under the configured one.
    for configured, others in each({
        "RS256": ("RS384", "RS512", "PS256", "PS384", "PS512"),
        "PS256": ("PS384", "PS512", "RS256", "RS384", "RS512"),
        "RS512": ("RS256", "PS512"),
        "ES256": ("ES256K", "ES384", "ES512", "EdDSA"),
        "ES256K": ("ES256", "ES384"),
        "ES384": ("ES256", "ES512"),
        "ES512": ("ES384",),
        "EdDSA": ("ES256", "RS256"),
    }):
        for other in others:
            refused(8, f"{other} where {configured} is configured", token(signer=pair_signer(other)),
                    configuration=configured)
            refused(8, f"{other} under the name of {configured}",
                    token(signer=pair_signer(other), header={"alg": configured, "typ": "JWT"}),
                    configuration=configured, error="TokenInvalidSignatureError")
    for name, key, algorithm in (
        ("the curve of ES384 under the name ES256, its hash too", private_key("p384"), "ES256"),
        ("a key of P-256 under the name ES384, its hash too", private_key("p256"), "ES384"),
        ("the curve of ES256K under the name ES256, its hash too", private_key("secp256k1"), "ES256"),
    ):
        refused(8, name, token(signer=ecdsa_signer(algorithm, key)), configuration=algorithm,
                error="TokenInvalidSignatureError")
    refused(8, "PS256 with a salt of another length than its hash",
            token(signer=rsa_signer("PS256", private_key("rsa"), salt=b"")), configuration="PS256",
            error="TokenInvalidSignatureError")
    refused(8, "EdDSA under its other name Ed25519", token(signer=pair_signer("EdDSA"), header={"alg": "Ed25519"}),
            configuration="EdDSA")


def row_9() -> None:
    rsa_attacker = private_key("rsa-attacker")
    certificate = base64.b64encode(self_signed(rsa_attacker)).decode()
    members: dict[str, Any] = {
        "jwk": public_jwk(rsa_attacker),
        "jku": "http://127.0.0.1:9/keys.json",
        "x5u": "http://127.0.0.1:9/chain.pem",
        "x5c": [certificate],
    }
    for name, value in members.items():
        header = {"alg": "RS256", "typ": "JWT", name: value}
        forged = token(signer=rsa_signer("RS256", rsa_attacker), header=header)
        refused(9, f"{name} with the attacker's key", forged, configuration="RS256", error="TokenInvalidSignatureError")
        accepted(9, f"{name} with the attacker's key on a token that our key signed",
                 token(signer=pair_signer("RS256"), header=header), configuration="RS256")
    for name, algorithm, attacker in (
        ("of a curve", "ES256", ecdsa_signer("ES256", private_key("p256-attacker"))),
        ("of Ed25519", "EdDSA", eddsa_signer(private_key("ed25519-attacker"))),
    ):
        header = {"alg": algorithm, "jwk": public_jwk(attacker.key)}
        refused(9, f"jwk {name} with the attacker's key", token(signer=attacker, header=header),
                configuration=algorithm, error="TokenInvalidSignatureError")
    secret = {"kty": "oct", "k": b64(ATTACKERS_SECRET).decode(), "alg": "HS256"}
    refused(9, "jwk with the attacker's secret",
            token(signer=hmac_signer("HS256", ATTACKERS_SECRET), header={"alg": "HS256", "jwk": secret}),
            error="TokenInvalidSignatureError")
    for value in (None, 1, "", [], {}, [[]]):
        refused(9, f"jwk, jku, x5u and x5c are {json.dumps(value)}, the key is the attacker's",
                token(signer=hmac_signer("HS256", ATTACKERS_SECRET),
                      header={"alg": "HS256"} | dict.fromkeys(("jwk", "jku", "x5u", "x5c"), value)),
                error="TokenInvalidSignatureError")


def row_10() -> None:
    names = {
        "unknown": "unknown", "empty": "", "a path": "../../../../dev/null", "an SQL fragment": "' UNION SELECT 'a' -- ",
        "with NUL": "a\0b", "of 5,000 characters": "k" * 5_000, "a shell fragment": "$(id) | id;`id`", "an address": "http://127.0.0.1:9/",
        "with the marker": MARKER,
    }
    for name, kid in names.items():
        header = {"alg": "HS256", "kid": kid}
        accepted(10, f"a kid that is {name} means nothing where keys have no names", token(header=header))
        for title, secret in (("the attacker's secret", ATTACKERS_SECRET), ("an empty secret", b""), ("the kid", kid.encode())):
            refused(10, f"a kid that is {name}, signed with {title}",
                    token(signer=hmac_signer("HS256", secret), header=header), error="TokenInvalidSignatureError")
    for name, bad in each({"a number": 1, "a list": ["a"], "an object": {"a": "b"}, "null": None, "true": True}):
        refused(10, f"a kid that is {name}", token(header={"alg": "HS256", "kid": bad}))

    public = public_pem(KEY_PAIRS["RS256"])
    ring = [
        {"algorithm": "HS256", "secret": SECRET.decode(), "kid": "new"},
        {"algorithm": "HS256", "secret": PREVIOUS_SECRET.decode(), "kid": "old"},
        {"algorithm": "RS256", "public_pem": public, "kid": "pair"},
    ]
    new, old = hmac_signer("HS256"), hmac_signer("HS256", PREVIOUS_SECRET)

    def named(kid: object, signer: Signer, algorithm: str = "HS256") -> bytes:
        return token(signer=signer, header={"alg": algorithm, "kid": kid})

    for name, text in each({
        "the name of its key": named("new", new),
        "the name of the previous key": named("old", old),
        "the name of a key pair": named("pair", pair_signer("RS256"), "RS256"),
    }):
        accepted(10, f"in a ring: {name}", text, ring=ring)
    accepted(10, "in a ring: without a kid each key of the algorithm is tried", token(signer=old), ring=ring)
    for name, text in each({
        "the name of another key of the algorithm": named("old", new),
        "the name of a key of another algorithm": named("pair", new),
        "the name of a key of another algorithm, its public key as the secret":
            named("pair", hmac_signer("HS256", public.encode())),
        "the name of a secret for RS256": named("new", pair_signer("RS256"), "RS256"),
        "an unknown name": named("unknown", new),
        "an empty name": named("", new),
        "a name in upper case": named("NEW", new),
        "a name with a space after it": named("new ", new),
        "a name with NUL after it": named("new\0", new),
        "a path": named("../new", new),
        "a name of 5,000 characters": named("n" * 5_000, new),
    }):
        refused(10, f"in a ring: {name}", text, ring=ring, error="TokenInvalidSignatureError")
    for name, bad in each({"a number": 0, "a list": ["new"], "an object": {"new": 1}, "null": None}):
        refused(10, f"in a ring: a kid that is {name}", named(bad, new), ring=ring)


def row_11() -> None:
    for name, members in each({
        "crit with an unknown name": {"crit": ["x-unknown"], "x-unknown": 1},
        "crit with an unknown name that is absent": {"crit": ["x-unknown"]},
        "crit with b64": {"crit": ["b64"], "b64": False},
        "crit with b64 that is true": {"crit": ["b64"], "b64": True},
        "crit with a registered name": {"crit": ["exp"], "exp": NOW + 60},
        "crit with alg": {"crit": ["alg"]},
        "crit that is empty": {"crit": []},
        "crit that is a text": {"crit": "exp"},
        "crit that is null": {"crit": None},
        "crit that is an object": {"crit": {}},
        "crit that is false": {"crit": False},
        "crit with numbers": {"crit": [1]},
        "b64 that is false": {"b64": False},
        "b64 that is true": {"b64": True},
        "zip": {"zip": "DEF"},
        "zip that is null": {"zip": None},
    }):
        refused(11, name, token(header={"alg": "HS256", "typ": "JWT", **members}))
    header = b64(b'{"alg":"HS256","b64":false,"crit":["b64"]}')
    claims = json_object(honest_claims())
    refused(11, "a payload that is not encoded, as b64 allows",
            header + b"." + claims + b"." + b64(hmac.digest(SECRET, header + b"." + claims, "sha256")))
    accepted(11, "names that only look like an extension",
             token(header={"alg": "HS256", "Crit": ["x"], "B64": False, "zip ": "DEF", "exp": 1}))


def row_12() -> None:
    wrong = "TokenInvalidSignatureError"
    for name, configuration, signer in (
        ("HS256", "headers", hmac_signer("HS256")),
        *((algorithm, algorithm, pair_signer(algorithm)) for algorithm in ("RS256", "PS256", "ES256", "ES384", "EdDSA")),
    ):
        left, right = token(signer=signer).rsplit(b".", 1)
        signature = unb64(right)
        for title, changed in each({
            "cut by one byte": signature[:-1],
            "one byte longer": signature + b"\0",
            "one zero byte longer in front": b"\0" + signature,
            "all zero": bytes(len(signature)),
            "empty": b"",
            "with its first bit turned": bytes([signature[0] ^ 0x80]) + signature[1:],
            "with its last bit turned": signature[:-1] + bytes([signature[-1] ^ 1]),
            "twice": signature * 2,
        }):
            refused(12, f"{name}: the signature is {title}", left + b"." + b64(changed), error=wrong,
                    configuration=configuration)
        refused(12, f"{name}: a signature longer than any", left + b"." + b64(bytes(1_100)), configuration=configuration)
        header, payload = left.split(b".")
        edited = header + b"." + b64(unb64(payload).replace(b"user123", b"admin45"))
        refused(12, f"{name}: an edited payload", edited + b"." + right, error=wrong, configuration=configuration)
    key = private_key("p256")
    left, right = token(signer=ecdsa_signer("ES256", key)).rsplit(b".", 1)
    r, s = (int.from_bytes(unb64(right)[half : half + 32], "big") for half in (0, 32))
    n = ORDERS["secp256r1"]
    for name, pair in each({
        "r is 0": (0, s), "s is 0": (r, 0), "both are 0": (0, 0), "r is n": (n, s), "s is n": (r, n), "r is n + 1": (n + 1, s),
        "s is n + 1": (r, n + 1), "both are n": (n, n), "r and s are 1": (1, 1), "r and s are exchanged": (s, r),
        "all bits are set": (2**256 - 1, 2**256 - 1),
    }):
        refused(12, f"ES256: {name}", left + b"." + b64(b"".join(part.to_bytes(32, "big") for part in pair)), error=wrong,
                configuration="ES256")
    refused(12, "ES256: the signature in DER", left + b"." + b64(der_of(r, s)), error=wrong, configuration="ES256")


def row_14() -> None:
    settings = {"JWT_PREVIOUS_SECRET_KEY": PREVIOUS_SECRET.decode()}
    previous = hmac_signer("HS256", PREVIOUS_SECRET)
    accepted(14, "a token signed by the previous secret", token(signer=previous), settings=settings)
    accepted(14, "a token signed by the present secret", HONEST, settings=settings)
    refused(14, "a token signed by a secret that is no longer the previous", token(signer=previous),
            error="TokenInvalidSignatureError")
    refused(14, "a token signed by neither", token(signer=hmac_signer("HS256", ATTACKERS_SECRET)), settings=settings,
            error="TokenInvalidSignatureError")
    refused(14, "a token signed by the previous secret, expired", token(signer=previous, exp=NOW - 1), settings=settings,
            error="TokenExpiredError")
    refused(14, "a token signed by neither, expired", token(signer=hmac_signer("HS256", ATTACKERS_SECRET), exp=NOW - 1),
            settings=settings, error="TokenInvalidSignatureError")
    pem = {"JWT_PREVIOUS_PUBLIC_KEY": public_pem(private_key("rsa-previous"))}
    previous = rsa_signer("RS256", private_key("rsa-previous"))
    accepted(14, "a token signed by the previous key pair", token(signer=previous), configuration="RS256", settings=pem)
    refused(14, "a token signed by the previous key pair, expired", token(signer=previous, exp=NOW - 1),
            configuration="RS256", settings=pem, error="TokenExpiredError")
    refused(14, "a token signed by an unknown key pair", token(signer=rsa_signer("RS256", private_key("rsa-attacker"))),
            configuration="RS256", settings=pem, error="TokenInvalidSignatureError")


# Claims


def row_16() -> None:
    for claim in ("exp", "nbf", "iat"):
        for name, value in each({
            "a string": str(NOW), "the marker": MARKER, "an empty string": "", "true": True, "false": False, "a list": [NOW + 60],
            "an empty list": [], "an object": {"seconds": NOW}, "null": None, "1e400": Raw("1e400"), "-1e400": Raw("-1e400"),
            "NaN": Raw("NaN"), "Infinity": Raw("Infinity"), "-Infinity": Raw("-Infinity"), "of 30 digits": Raw("1" * 30),
            "of 400 digits": Raw("1" * 400), "of 30 digits and negative": Raw("-" + "1" * 30), "in milliseconds": NOW * 1000,
            "after the year 9999": 253_402_300_800, "before the year 1": -62_135_596_801, "with a zero in front": Raw("01700000900"),
            "with a plus": Raw("+1700000900"), "hexadecimal": Raw("0x6553f100"), "a bare fraction": Raw(".5"),
            "18446744073709551616": 2**64, "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
        }):
            refused(16, f"{claim} is {name}", token(**{claim: value}))
    for name, value in each({"negative": -1, "0": 0, "-0.0": Raw("-0.0"), "the first second of the year 1": -62_135_596_800}):
        refused(16, f"exp is {name}", token(exp=value), error="TokenExpiredError")
        for claim in ("nbf", "iat"):
            accepted(16, f"{claim} is {name}", token(**{claim: value}))
    accepted(16, "exp is the last second of the year 9999", token(exp=253_402_300_799))
    accepted(16, "exp with an exponent", token(exp=Raw("1.7000009e9")))
    accepted(16, "nbf and iat are absent", token(drop=("nbf", "iat")))
    refused(16, "auth_time is a string", token(auth_time=str(NOW)))

    refused(16, "exp is absent", token(drop=("exp",)))
    never = {"JWT_ACCESS_TOKEN_EXPIRES": None}
    accepted(16, "exp is absent where access tokens never expire", token(drop=("exp",)), settings=never)
    refused(16, "exp is absent of a refresh token where access tokens never expire",
            token(drop=("exp",), type="refresh"), settings=never, route="refresh")
    refused(16, "exp is absent of an access token where refresh tokens never expire", token(drop=("exp",)),
            settings={"JWT_REFRESH_TOKEN_EXPIRES": None})
    refused(16, "exp has passed where access tokens never expire", token(exp=NOW - 1), settings=never,
            error="TokenExpiredError")

    for leeway in (0, 10):
        settings = {"JWT_DECODE_LEEWAY": leeway}
        title = f"with a leeway of {leeway}: "
        for offset in (-1, -0.5, -0.001):
            accepted(16, f"{title}{-offset} seconds before the end", token(exp=NOW), now=NOW + leeway + offset, settings=settings)
        for offset in (0, 0.001, 1, 100_000):
            refused(16, f"{title}{offset} seconds after the end", token(exp=NOW), now=NOW + leeway + offset, settings=settings,
                    error="TokenExpiredError")
        for claim in ("nbf", "iat"):
            dates: dict[str, Any] = {"nbf": NOW, "iat": NOW, "exp": NOW + 10_000} | {claim: NOW + 100}
            for offset in (0, 0.001, 1):
                accepted(16, f"{title}{offset} seconds after {claim}", token(**dates), now=NOW + 100 - leeway + offset,
                         settings=settings)
            for offset in (0.001, 1, 50):
                refused(16, f"{title}{offset} seconds before {claim}", token(**dates), now=NOW + 100 - leeway - offset,
                        settings=settings)
    accepted(16, "exp with a fraction, before it", token(exp=NOW + 0.5), now=NOW + 0.499)
    refused(16, "exp with a fraction, at it", token(exp=NOW + 0.5), now=NOW + 0.5, error="TokenExpiredError")
    refused(16, "nbf with a fraction, before it", token(nbf=NOW + 0.5), now=NOW + 0.499)
    accepted(16, "nbf with a fraction, at it", token(nbf=NOW + 0.5), now=NOW + 0.5)
    refused(16, "a year in the future is beyond any leeway", token(iat=NOW + 31_536_000, exp=NOW + 63_072_000),
            settings={"JWT_DECODE_LEEWAY": 60})


def row_17() -> None:
    for name, value in each({
        "null": None, "a number": 123, "true": True, "a list": ["user123"], "an object": {"id": "user123"}, "empty": "",
    }):
        refused(17, f"sub is {name}", token(sub=value))
    refused(17, "sub is absent", token(drop=("sub",)))
    megabyte = "a" * 2**20
    refused(17, "sub of 1 MB is over the size bound", token(sub=megabyte))
    accepted(17, "sub of 1 MB within a raised bound", token(sub=megabyte), sub=megabyte,
             settings={"JWT_MAX_TOKEN_SIZE": 2_000_000})
    for name, sub in each({
        "NUL": "user\0admin", "right-to-left marks": "user\u202e123\u200f", "a line end": "user\r\nSet-Cookie: a=b",
        "markup": "<script>alert(1)</script>", "an emoji": "\U0001f600", "a quotation mark": "user'\"--", "a space at its end": "user123 ",
    }):
        accepted(17, f"sub with {name} stays as it is", token(sub=sub), sub=sub)
    settings = {"JWT_IDENTITY_CLAIM": "uid"}
    accepted(17, "the identity claim instead of sub", token(uid="user123", drop=("sub",)), settings=settings)
    accepted(17, "the identity claim wins over sub", token(uid="user123", sub="admin"), settings=settings)
    refused(17, "sub where another claim names the user", token(), settings=settings)


def row_18() -> None:
    for name, value in each({
        "null": None, "in upper case": "ACCESS", "a list": ["access"], "unknown": "id", "empty": "", "true": True, "an object": {},
        "a number": 1, "followed by a space": "access ",
    }):
        for route in ("access", "refresh", "any-type"):
            refused(18, f"type is {name}, on the route {route}", token(type=value), route=route)
    for route in ("access", "refresh", "any-type"):
        refused(18, f"type is absent, on the route {route}", token(drop=("type",)), route=route)

    refresh = token(type="refresh", drop=("fresh",))
    for place in PLACES:
        refused(18, f"a refresh token for an access token in {place}", refresh, place=place,
                error="AccessTokenRequiredError")
        refused(18, f"an access token for a refresh token in {place}", HONEST, place=place, route="refresh",
                error="RefreshTokenRequiredError")
        accepted(18, f"a refresh token on its route in {place}", refresh, place=place, route="refresh")
        accepted(18, f"an access token on a route for any type in {place}", HONEST, place=place, route="any-type")
        accepted(18, f"a refresh token on a route for any type in {place}", refresh, place=place, route="any-type")
    for place in ("cookies", "json"):
        refused(18, f"a refresh token in its own {place} is not looked for on an access route", None,
                request=carrying(refresh, place, type="refresh"), configuration=place, error="MissingTokenError")
        refused(18, f"an access token in its own {place} is not looked for on a refresh route", None, route="refresh",
                request=carrying(HONEST, place), configuration=place, error="MissingTokenError")
    fresh_refresh = token(type="refresh", fresh=True)
    refused(18, "a fresh refresh token on a fresh route", fresh_refresh, route="fresh", error="AccessTokenRequiredError")
    refused(18, "a fresh refresh token on a fresh route for any type", fresh_refresh, route="any-type-fresh",
            error="FreshTokenRequiredError")
    accepted(18, "a fresh token on a fresh route", token(fresh=True), route="fresh")
    refused(18, "a token that is not fresh on a fresh route", HONEST, route="fresh", error="FreshTokenRequiredError")
    refused(18, "fresh is absent on a fresh route", token(drop=("fresh",)), route="fresh", error="FreshTokenRequiredError")
    accepted(18, "fresh is absent on an access route", token(drop=("fresh",)))
    for name, value in each({"1": 1, "a string": "true", "null": None, "a list": [True], "0": 0}):
        for route in ("fresh", "access"):
            refused(18, f"fresh is {name}, on the route {route}", token(fresh=value), route=route)


def row_19() -> None:
    ours = {"JWT_DECODE_AUDIENCE": "our-service"}
    several = {"JWT_DECODE_AUDIENCE": ["our-service", "our-other-service"]}
    wrong = "TokenInvalidAudienceError"
    for settings, title in ((ours, "one audience"), (several, "several audiences")):
        for name, value in each({
            "another": "their-service", "a list without ours": ["a", "b"], "an empty list": [], "a prefix of ours": "our-",
            "ours with more behind it": "our-service2", "ours in upper case": "OUR-SERVICE", "empty": "", "ours with a space": "our-service ",
            "ours and another in one text": "our-service their-service", "the list of ours as a text": '["our-service"]', "*": "*",
        }):
            refused(19, f"{title}: aud is {name}", token(aud=value), settings=settings, error=wrong)
        for name, bad in each({"a number": 1, "null": None, "true": True, "an object": {"our-service": 1}, "a list of numbers": [1],
                          "a list with ours and a number": ["our-service", 1], "a list in a list": [["our-service"]]}):
            refused(19, f"{title}: aud is {name}", token(aud=bad), settings=settings)
        refused(19, f"{title}: aud is absent", token(), settings=settings, error=wrong)
        for name, good in each({"ours": "our-service", "a list with ours": ["a", "our-service"], "a list of ours alone": ["our-service"]}):
            accepted(19, f"{title}: aud is {name}", token(aud=good), settings=settings)
    accepted(19, "several audiences: aud is the last of them", token(aud="our-other-service"), settings=several)
    for name, other in each({"a text": "our-service", "a list": ["our-service"], "an empty list": []}):
        refused(19, f"aud is {name} where no audience is configured", token(aud=other), error=wrong)
    accepted(19, "the audience of new tokens is that of accepted ones", token(aud="our-service"),
             settings={"JWT_ENCODE_AUDIENCE": "our-service"})

    issuer = {"JWT_DECODE_ISSUER": "https://us.example"}
    for name, value in each({
        "another": "https://them.example", "a prefix of ours": "https://us.exampl", "ours with more behind it": "https://us.example/",
        "ours in upper case": "HTTPS://US.EXAMPLE", "empty": "",
    }):
        refused(19, f"iss is {name}", token(iss=value), settings=issuer, error="TokenInvalidIssuerError")
    refused(19, "iss is absent", token(), settings=issuer, error="TokenInvalidIssuerError")
    for name, bad in each({"a list with ours": ["https://us.example"], "null": None, "a number": 1, "an object": {}}):
        refused(19, f"iss is {name}", token(iss=bad), settings=issuer)
        refused(19, f"iss is {name} where no issuer is configured", token(iss=bad))
    accepted(19, "iss is ours", token(iss="https://us.example"), settings=issuer)
    accepted(19, "iss is anyone's where no issuer is configured", token(iss="https://them.example"))
    refused(19, "iss is checked before aud", token(iss="a", aud="b"), settings=issuer | ours, error="TokenInvalidIssuerError")
    refused(19, "exp is checked before iss and aud", token(iss="a", aud="b", exp=NOW), settings=issuer | ours,
            error="TokenExpiredError")


def row_20() -> None:
    short = "InsufficientScopeError"
    for name, value in each({
        "a string": "users:read", "a number": 1, "true": True, "null": None, "an object": {"users:read": True}, "a list of numbers": [1],
        "a list with a number in it": ["users:read", 1], "a list with null in it": ["users:read", None], "a list of lists": [["users:read"]],
    }):
        refused(20, f"scopes is {name}", token(scopes=value), route="users-read")
        refused(20, f"scopes is {name}, where none is asked for", token(scopes=value))
    for name, value in each({"a list": ["users:read"], "a number": 1, "null": None}):
        refused(20, f"scope is {name}", token(scope=value), route="users-read")
    for granted, route in (
        (["users:read"], "users-read"), (["", "users:read"], "users-read"), (["users:*"], "users-read"),
        (["a", "b", "users:read"], "users-read"), (["users:read", "users:delete"], "users-read-and-delete"),
        (["users:*"], "users-read-and-delete"), (["users:delete"], "users-read-or-delete"),
        (["admin:users"], "admin-any"), (["admin:users:read"], "admin-any"), (["admin:*"], "admin-any"),
        (["administrator"], "administrator"), (["a:*"], "a-x-b"), (["a:x:*"], "a-x-b"), ([], "access"),
    ):
        accepted(20, f"{json.dumps(granted)} for {route}", token(scopes=granted), route=route)
    for granted, route in (
        ([], "users-read"), ([""], "users-read"), (["*"], "users-read"), ([":*"], "users-read"), (["users"], "users-read"),
        (["users:"], "users-read"), (["users:read "], "users-read"), ([" users:read"], "users-read"), (["users:read\0"], "users-read"),
        (["USERS:READ"], "users-read"), (["Users:read"], "users-read"), (["USERS:*"], "users-read"), (["user:*"], "users-read"),
        (["users:readonly"], "users-read"), (["users:read:own"], "users-read"), (["users:re*"], "users-read"), (["users:read*"], "users-read"),
        (["users*"], "users-read"), (["users:read users:write"], "users-read"), (["users:read,users:write"], "users-read"),
        (["users:read\u200b"], "users-read"), (["**"], "users-read"), (["*:*"], "users-read"), (["*:read"], "users-read"),
        (["users:read"], "users-read-and-delete"), (["users:write"], "users-read-or-delete"), (["admin:*"], "administrator"),
        (["administrator"], "admin-any"), (["admin"], "admin-any"), (["admin:"], "admin-any"), (["*"], "admin-any"),
        (["Admin:users"], "admin-any"), (["admins:users"], "admin-any"), (["a:*:b"], "a-x-b"), (["a:*b"], "a-xb"), (["*:x:b"], "a-x-b"),
    ):
        refused(20, f"{json.dumps(granted)} for {route}", token(scopes=granted), route=route, error=short)
    refused(20, "no scopes at all", HONEST, route="users-read", error=short)
    accepted(20, "scope as a text of several", token(scope="a users:read b"), route="users-read")
    accepted(20, "scope and scopes are both read", token(scope="users:read", scopes=["users:delete"]), route="users-read-and-delete")
    refused(20, "scope with a tab between names", token(scope="a\tusers:read"), route="users-read", error=short)
    refused(20, "scope that only contains the name", token(scope="xusers:readx"), route="users-read", error=short)
    roomy = {"JWT_MAX_TOKEN_SIZE": 300_000}
    accepted(20, "10,000 scopes with the right one last", token(scopes=["a:b:c"] * 10_000 + ["users:read"]), route="users-read",
             settings=roomy)
    refused(20, "10,000 scopes without the right one", token(scopes=["a:b:c"] * 10_000), route="users-read", settings=roomy,
            error=short)
    refused(20, "scopes are checked after freshness and type", token(type="refresh", scopes=["users:read"]), route="users-read",
            error="AccessTokenRequiredError")


def row_21() -> None:
    wrong = "LoginTypeMismatchError"
    accepted(21, "a token of the route's login", token(login_type="admin"), login_type="admin")
    refused(21, "a token of another login", token(login_type="customer"), login_type="admin", error=wrong)
    refused(21, "a token of no login", HONEST, login_type="admin", error=wrong)
    for name, value in each({"in upper case": "ADMIN", "empty": "", "followed by a space": "admin ", "a list as a text": '["admin"]'}):
        refused(21, f"the login type is {name}", token(login_type=value), login_type="admin", error=wrong)
    for name, bad in each({"a list": ["admin"], "null": None, "true": True, "a number": 1}):
        refused(21, f"the login type is {name}", token(login_type=bad), login_type="admin")
    refused(21, "a refresh token of another login", token(type="refresh", login_type="customer"), login_type="admin",
            route="refresh", error=wrong)
    refused(21, "the type is checked before the login", token(type="refresh", login_type="customer"), login_type="admin",
            error="AccessTokenRequiredError")
    accepted(21, "a token of a login where the route has none", token(login_type="admin"))


def row_22() -> None:
    claims = json_object(honest_claims(iss="a", aud="a", scopes=[], scope="", login_type="a", auth_time=NOW))
    first_values: dict[str, Any] = {
        "sub": "admin", "type": "refresh", "exp": NOW + 100_000, "nbf": 0, "iat": 0, "jti": "a", "iss": "b", "aud": "b",
        "fresh": True, "csrf": "a", "scopes": ["a"], "scope": "a", "login_type": "b", "auth_time": 0,
    }
    settings = {"JWT_DECODE_AUDIENCE": "a"}
    accepted(22, "each member once", sealed(HEADER, claims), settings=settings)
    for claim, value in first_values.items():
        member = json.dumps(claim).encode() + b":" + json.dumps(value).encode()
        escaped = f'"\\u{ord(claim[0]):04x}{claim[1:]}":{json.dumps(value)}'.encode()
        refused(22, f"{claim} twice, the false one first", sealed(HEADER, b"{" + member + b"," + claims[1:]), settings=settings)
        refused(22, f"{claim} twice, the false one last", sealed(HEADER, claims[:-1] + b"," + member + b"}"), settings=settings)
        refused(22, f"{claim} twice, once by escape", sealed(HEADER, claims[:-1] + b"," + escaped + b"}"), settings=settings)
        own = json.dumps(claim).encode() + b":" + json.dumps(json.loads(claims)[claim]).encode()
        refused(22, f"{claim} twice, alike", sealed(HEADER, claims[:-1] + b"," + own + b"}"), settings=settings)


# Requests


def row_23() -> None:
    other = token(sub="admin")
    bad = HONEST[:-4] + b"AAAA"

    def with_headers(*values: bytes, name: str = "Authorization") -> dict[str, Any]:
        return request(headers=[(name, value) for value in values])

    for name, values in each({
        "a good and a bad token": (HONEST, bad), "a bad and a good token": (bad, HONEST), "two good ones": (HONEST, other),
    }):
        refused(23, f"two Authorization headers with {name}", None, request=with_headers(*(b"Bearer " + text for text in values)))
    accepted(23, "two Authorization headers, alike", None, request=with_headers(b"Bearer " + HONEST, b"Bearer " + HONEST))
    accepted(23, "two Authorization headers with one token, in other letter case", None,
             request=with_headers(b"Bearer " + HONEST, b"bearer  " + HONEST))
    accepted(23, "an Authorization header of another scheme beside it", None,
             request=with_headers(b"Basic dXNlcjpwYXNz", b"Bearer " + HONEST))
    accepted(23, "an empty Authorization header beside it", None, request=with_headers(b"", b"Bearer " + HONEST))
    for name, value in each({
        "one with two values": b"Bearer " + HONEST + b", Bearer " + other,
        "one with two equal values": b"Bearer " + HONEST + b", Bearer " + HONEST,
        "a token in quotes": b'Bearer "' + HONEST + b'"',
        "a token in angle brackets": b"Bearer <" + HONEST + b">",
        "a token after two schemes": b"Bearer Bearer " + HONEST,
        "a tab after the space": b"Bearer \t" + HONEST,
        "64 KB of one token": b"Bearer " + b"a" * 65_536,
        "bytes above 0x7F for a token": b"Bearer \xe9\xff\x80",
        "UTF-8 for a token": "Bearer \u2713\u2713".encode(),
        "a space that doesn't break before the token": b"Bearer \xa0" + HONEST,
        "the marker": b"Bearer " + MARKER.encode(),
        "token68 of another kind": b"Bearer abc=",
    }):
        refused(23, f"Authorization with {name}", None, request=with_headers(value))
    for name, value in each({
        "Basic credentials": b"Basic dXNlcjpwYXNz",
        "a token as Basic": b"Basic " + HONEST,
        "no scheme": HONEST,
        "no scheme after a space": b" " + HONEST,
        "nothing": b"",
        "Bearer alone": b"Bearer",
        "Bearer and a space": b"Bearer ",
        "Bearer and many spaces": b"Bearer" + b" " * 1_000,
        "a tab after the scheme": b"Bearer\t" + HONEST,
        "a line end after the scheme": b"Bearer\r\n " + HONEST,
        "NUL after the scheme": b"Bearer\0" + HONEST,
        "a colon after the scheme": b"Bearer: " + HONEST,
        "= after the scheme": b"Bearer=" + HONEST,
        "nothing between scheme and token": b"Bearer" + HONEST,
        "a longer scheme": b"Bearers " + HONEST,
        "a shorter scheme": b"Beare " + HONEST,
        "a scheme with a byte above 0x7F": b"Bear\xe9r " + HONEST,
        "a space that doesn't break after the scheme": b"Bearer\xa0" + HONEST,
        "a byte-order mark before the scheme": b"\xef\xbb\xbfBearer " + HONEST,
        "the scheme in quotes": b'"Bearer" ' + HONEST,
        "64 KB of something": b"a" * 65_536,
        "Digest with a token inside": b'Digest token="Bearer ' + HONEST + b'"',
    }):
        refused(23, f"Authorization with {name} is no token", None, request=with_headers(value), error="MissingTokenError")
    for scheme in (b"Bearer", b"bearer", b"BEARER", b"bEaReR"):
        accepted(23, f"the scheme {scheme.decode()}", None, request=with_headers(scheme + b" " + HONEST))
    accepted(23, "two spaces after the scheme", None, request=with_headers(b"Bearer  " + HONEST))
    accepted(23, "64 KB of spaces after the scheme", None, request=with_headers(b"Bearer" + b" " * 65_536 + HONEST))
    for name in ("authorization", "AUTHORIZATION"):
        accepted(23, f"the header's name as {name}", None, request=with_headers(b"Bearer " + HONEST, name=name))
    for name in ("Proxy-Authorization", "Authorization2", "X-Authorization", "Authorizatio", "X-Forwarded-Authorization"):
        refused(23, f"a token in {name}", None, request=with_headers(b"Bearer " + HONEST, name=name), error="MissingTokenError")
    refused(23, "no header at all", None, request=request(), error="MissingTokenError")
    raw = {"JWT_HEADER_TYPE": ""}
    accepted(23, "no scheme where none is configured", None, request=with_headers(HONEST), settings=raw)
    refused(23, "Bearer where no scheme is configured", None, request=with_headers(b"Bearer " + HONEST), settings=raw)
    refused(23, "nothing where no scheme is configured", None, request=with_headers(b""), settings=raw, error="MissingTokenError")
    own = {"JWT_HEADER_NAME": "X-Token", "JWT_HEADER_TYPE": "JWT"}
    accepted(23, "a name and a scheme of one's own", None, request=with_headers(b"JWT " + HONEST, name="x-token"), settings=own)
    refused(23, "Bearer where another scheme is configured", None, request=with_headers(b"Bearer " + HONEST, name="X-Token"),
            settings=own, error="MissingTokenError")
    refused(23, "Authorization where another header is configured", None, request=with_headers(b"JWT " + HONEST),
            settings=own, error="MissingTokenError")


def row_24() -> None:
    name = b"access_token_cookie="
    other = token(sub="admin")
    bad = HONEST[:-4] + b"AAAA"

    def cookies(*headers: bytes) -> dict[str, Any]:
        return request(headers=[("Cookie", header) for header in headers])

    for title, pair in each({"good and bad": (HONEST, bad), "bad and good": (bad, HONEST), "both good": (HONEST, other)}):
        refused(24, f"two cookies of one name, {title}", None, request=cookies(name + pair[0] + b"; " + name + pair[1]))
        refused(24, f"two Cookie headers with one name, {title}", None, request=cookies(name + pair[0], name + pair[1]))
    refused(24, "200 cookies of one name", None,
            request=cookies(b"; ".join(name + b"text%d" % index for index in range(199)) + b"; " + name + HONEST))
    for title, value in each({
        "two cookies of one name, alike": name + HONEST + b"; " + name + HONEST,
        "a quoted value": name + b'"' + HONEST + b'"',
        "one quoted and one not, of one token": name + b'"' + HONEST + b'"; ' + name + HONEST,
        "an empty cookie of the name before it": name + b"; " + name + HONEST,
        "no space after the semicolon": b"a=b;" + name + HONEST,
        "many spaces after the semicolon": b"a=b;     " + name + HONEST,
        "a space behind the value": name + HONEST + b" ; a=b",
        "199 other cookies before it": b"; ".join(f"cookie{index}=value{index}".encode() for index in range(199)) + b"; " + name + HONEST,
        "a broken header around it": b";;=; ; =a; b; c==;\x80\xff;" + name + HONEST + b";;",
        "a cookie named alike with a digit": b"access_token_cookie2=" + bad + b"; " + name + HONEST,
        "a cookie named alike in upper case": b"ACCESS_TOKEN_COOKIE=" + bad + b"; " + name + HONEST,
        "a cookie named alike behind a space that doesn't break": b"\xa0access_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie named alike behind a form feed": b"\x0caccess_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie named alike behind a vertical tab": b"\x0baccess_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie named alike behind a control character": b"\x01access_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie whose value has the name": b"a=access_token_cookie; " + name + HONEST,
        "bytes above 0x7F in another cookie": b"a=\xe9\xff; " + name + HONEST,
        "the version of the old standard before it": b"$Version=1; " + name + HONEST + b"; $Path=/",
    }):
        accepted(24, title, None, request=cookies(value))
    accepted(24, "a second Cookie header with other cookies", None, request=cookies(b"a=b", name + HONEST, b"c=d"))
    for title, value in each({
        "a quotation mark before the value alone": name + b'"' + HONEST,
        "a quotation mark behind the value alone": name + HONEST + b'"',
        "two pairs of quotation marks": name + b'""' + HONEST + b'""',
        "a cookie that hides in another's quotes": b'a="x; ' + name + HONEST + b'"; b=c',
        "a cookie named alike behind a space is of that name": b"a=b;  access_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie named alike before a space is of that name": b"access_token_cookie =" + bad + b"; " + name + HONEST,
        "= twice": b"access_token_cookie==" + HONEST,
        "a value in percent encoding": name + b"%65" + HONEST[1:],
        "a comma instead of a semicolon": name + HONEST + b", a=b",
        "bytes above 0x7F for a value": name + b"\xe9\xff\x80",
        "a form feed behind the value": name + HONEST + b"\x0c",
        "NUL behind the value": name + HONEST + b"\0",
        "the scheme before the value": name + b"Bearer " + HONEST,
        "64 KB for a value": name + b"a" * 65_536,
    }):
        refused(24, title, None, request=cookies(value))
    for title, value in each({
        "an empty header": b"",
        "only semicolons": b";" * 1_000,
        "only equals signs": b"=" * 1_000,
        "the name alone": b"access_token_cookie",
        "the name with an empty value": name,
        "the name with an empty value in quotes": name + b'""',
        "the name with a digit behind it": b"access_token_cookie2=" + HONEST,
        "the name with a letter before it": b"xaccess_token_cookie=" + HONEST,
        "the name in upper case": b"ACCESS_TOKEN_COOKIE=" + HONEST,
        "the name with a prefix": b"__Host-access_token_cookie=" + HONEST,
        "the name in percent encoding": b"%61ccess_token_cookie=" + HONEST,
        "the name behind a form feed": b"\x0caccess_token_cookie=" + HONEST,
        "the name behind a space that doesn't break": b"\xa0access_token_cookie=" + HONEST,
        "the name in quotes": b'"access_token_cookie"=' + HONEST,
        "the name with a colon": b"access_token_cookie:" + HONEST,
        "the name behind a comma": b"a=b, " + name + HONEST,
        "the refresh token's name": b"refresh_token_cookie=" + HONEST,
        "the CSRF cookie alone": b"csrf_access_token=" + CSRF.encode(),
        "200 other cookies": b"; ".join(f"cookie{index}=value{index}".encode() for index in range(200)),
    }):
        refused(24, f"{title} is no token", None, request=cookies(value), error="MissingTokenError")
    refused(24, "a cookie where cookies are no configured location", None, configuration="headers",
            request=cookies(name + HONEST), error="MissingTokenError")
    refused(24, "a token in Set-Cookie", None, request=request(headers=[("Set-Cookie", name + HONEST)]), error="MissingTokenError")
    accepted(24, "a cookie of a name of one's own", None, settings={"JWT_ACCESS_COOKIE_NAME": "__Host-session"},
             request=cookies(b"__Host-session=" + HONEST + b"; " + name + bad))


def row_25() -> None:
    missing, mismatch = "MissingCSRFTokenError", "CSRFError"

    def post(*values: bytes, method: str = "POST", text: bytes = HONEST, **parts: Any) -> dict[str, Any]:
        headers = [("Cookie", b"access_token_cookie=" + text), *(("X-CSRF-TOKEN", value) for value in values)]
        return request(method=method, headers=headers + parts.pop("headers", []), **parts)

    csrf = CSRF.encode()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused(25, f"{method} without the value", None, request=post(method=method), error=missing)
        accepted(25, f"{method} with the value", None, request=post(csrf, method=method))
    for method in ("GET", "HEAD", "OPTIONS"):
        accepted(25, f"{method} without the value", None, request=post(method=method))
        accepted(25, f"{method} with a false value", None, request=post(b"false", method=method))
        accepted(25, f"{method} with two different values", None, request=post(csrf, b"false", method=method))
    for name, value in each({
        "an empty value": b"", "of another token": OTHER_CSRF.encode(), "one character short": csrf[:-1], "one character short in front": csrf[1:],
        "one character long": csrf + b"0", "in upper case": csrf.upper(), "bytes above 0x7F": b"\xe9\xff\x80", "an accent in UTF-8": "caf\u00e9".encode(),
        "NUL behind it": csrf + b"\0", "in quotes": b'"' + csrf + b'"', "twice in one header": csrf + b", " + csrf, "64 KB": b"a" * 65_536,
        "null": b"null", "undefined": b"undefined", "the token itself": HONEST, "without its hyphens": csrf.replace(b"-", b""),
    }):
        refused(25, f"the value is wrong: {name}", None, request=post(value), error=mismatch)
    refused(25, "two CSRF headers, right and wrong", None, request=post(csrf, b"wrong"), error=mismatch)
    refused(25, "two CSRF headers, wrong and right", None, request=post(b"wrong", csrf), error=mismatch)
    accepted(25, "two CSRF headers, alike", None, request=post(csrf, csrf))
    for name, parts in each({
        "the query": {"query": b"csrf_token=" + csrf}, "another header": {"headers": [("X-XSRF-TOKEN", csrf)]},
    }):
        refused(25, f"the value is in {name} only", None, request=post(**parts), error=missing)
    refused(25, "the value is in the cookie only", None, error=missing, request=request(
        method="POST", headers=[("Cookie", b"access_token_cookie=" + HONEST + b"; csrf_access_token=" + csrf)]))

    refresh = token(type="refresh", csrf=OTHER_CSRF)
    both = b"access_token_cookie=" + HONEST + b"; refresh_token_cookie=" + refresh
    for route, good, bad in (("access", csrf, OTHER_CSRF.encode()), ("refresh", OTHER_CSRF.encode(), csrf)):
        parts = [("Cookie", both), ("X-CSRF-TOKEN", bad)]
        refused(25, f"the other token's value on the route {route}", None, route=route, error=mismatch,
                request=request(method="POST", headers=parts))
        accepted(25, f"the right one of two values on the route {route}", None, route=route,
                 request=request(method="POST", headers=[("Cookie", both), ("X-CSRF-TOKEN", good)]))
    own = {"JWT_ACCESS_CSRF_HEADER_NAME": "X-Access-CSRF", "JWT_REFRESH_CSRF_HEADER_NAME": "X-Refresh-CSRF"}
    refused(25, "the value in the refresh token's own header", None, settings=own, error=missing,
            request=post(headers=[("X-Refresh-CSRF", csrf)]))
    accepted(25, "the value in a header of one's own", None, settings=own, request=post(headers=[("X-Access-CSRF", csrf)]))

    for name, claims in each({"absent": {"drop": ("csrf",)}, "empty": {"csrf": ""}}):
        for title, value in each({"absent": (), "empty": (b"",), "something": (b"a",)}):
            refused(25, f"the token's value is {name}, the request's is {title}", None, request=post(*value, text=token(**claims)),
                    error=mismatch if value else missing)
    for name, bad_claim in each({"a number": 1, "null": None, "a list": [CSRF]}):
        refused(25, f"the token's value is {name}", None, request=post(csrf, text=token(csrf=bad_claim)))

    settings = {"JWT_CSRF_CHECK_FORM": True}

    def form(text: bytes, *values: bytes, name: str = "csrf_token", content_type: str = FORM) -> dict[str, Any]:
        return post(*values, headers=[("Content-Type", content_type.encode())], body=name.encode() + b"=" + text,
                    fields=[(name, text.decode())])

    refused(25, "the value in a form where forms are switched off", None, request=form(csrf), error=missing)
    accepted(25, "the value in a form where forms are switched on", None, request=form(csrf), settings=settings)
    accepted(25, "a form with parameters of its content type", None, request=form(csrf, content_type=f"{FORM}; charset=utf-8"),
             settings=settings)
    refused(25, "a false value in a form", None, request=form(OTHER_CSRF.encode()), settings=settings, error=mismatch)
    refused(25, "an empty value in a form", None, request=form(b""), settings=settings, error=mismatch)
    refused(25, "another field of a form", None, request=form(csrf, name="csrf"), settings=settings, error=missing)
    refused(25, "a form of another content type", None, request=form(csrf, content_type="text/plain"), settings=settings,
            error=missing)
    refused(25, "a false header is not mended by the form", None, request=form(csrf, b"false"), settings=settings, error=mismatch)
    accepted(25, "a right header needs no form", None, request=form(b"false", csrf), settings=settings)
    for name, values in each({"right and wrong": (CSRF, "wrong"), "wrong and right": ("wrong", CSRF)}):
        refused(25, f"the field twice, {name}", None, settings=settings, error=mismatch, request=post(
            headers=[("Content-Type", FORM.encode())], body="&".join(f"csrf_token={value}" for value in values).encode(),
            fields=[("csrf_token", value) for value in values]))
    boundary = "multipart/form-data; boundary=xyz"
    accepted(25, "the value in a form of parts", None, settings=settings, request=post(
        headers=[("Content-Type", boundary.encode())], fields=[("csrf_token", CSRF)],
        body=b'--xyz\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + csrf + b"\r\n--xyz--\r\n"))

    accepted(25, "switched off", None, request=post(), settings={"JWT_COOKIE_CSRF_PROTECT": False})
    only_delete = {"JWT_CSRF_METHODS": ["DELETE"]}
    accepted(25, "a method that is not among the configured ones", None, request=post(), settings=only_delete)
    refused(25, "a method that is among the configured ones", None, request=post(method="DELETE"), settings=only_delete, error=missing)
    refused(25, "a route that always asks for it, with GET", None, request=post(method="GET"), route="csrf-always", error=missing)
    accepted(25, "a route that never asks for it, with POST", None, request=post(), route="csrf-never")
    headers = [("Authorization", b"Bearer " + HONEST)]
    accepted(25, "a token from the header needs none", None, configuration="everywhere", request=request(method="POST", headers=headers))
    accepted(25, "a token from the header needs none, with a cookie beside it", None, configuration="everywhere",
             request=request(method="POST", headers=[*headers, ("Cookie", b"access_token_cookie=" + token(sub="admin"))]))
    accepted(25, "a token from the query needs none", HONEST, place="query", method="POST")
    refused(25, "the end is checked before the value", None, request=post(text=token(exp=NOW)), error="TokenExpiredError")
    refused(25, "the signature is checked before the value", None, request=post(text=HONEST[:-4] + b"AAAA"),
            error="TokenInvalidSignatureError")
    refused(25, "the signature is checked before two different values", None, request=post(csrf, b"a", text=HONEST[:-4] + b"AAAA"),
            error="TokenInvalidSignatureError")
    refused(25, "the value is checked before scopes", None, request=post(), route="users-read", error=missing)


def row_26() -> None:
    good = b'{"access_token":"' + HONEST + b'"}'
    other = token(sub="admin")

    def post(body: bytes, content_type: str | None = "application/json", **parts: Any) -> dict[str, Any]:
        headers = [] if content_type is None else [("Content-Type", content_type.encode())]
        return request(method=parts.pop("method", "POST"), headers=headers + parts.pop("headers", []), body=body, **parts)

    for name, body in each({
        "empty": b"", "no JSON": b"access_token=" + HONEST, "an array": b"[]", "an array with the object": b"[" + good + b"]", "null": b"null",
        "a string": b'"' + HONEST + b'"', "a number": b"1", "an empty object": b"{}", "cut short": good[:-1], "followed by more": good + b"x",
        "followed by a second object": good + good, "behind a byte-order mark": b"\xef\xbb\xbf" + good, "in UTF-16": good.decode().encode("utf-16"),
        "an object with invalid UTF-8": good[:-1] + b',"a":"\xff"}', "in single quotes": good.replace(b'"', b"'"), "NUL": b"\0",
        "an object with the key in upper case": good.replace(b"access", b"ACCESS"), "an object with the key deeper": b'{"data":' + good + b"}",
        "an object with the refresh token's key": good.replace(b"access", b"refresh"), "20,000 arrays that nobody closes": b"[" * 20_000,
        "a lone surrogate for a token": b'{"access_token":"\\ud800"}', "an object with NaN": good[:-1] + b',"a":NaN}',
    }):
        refused(26, f"a body that is {name} has no token", None, request=post(body), error="MissingTokenError")
    for name, value in each({
        "a number": b"1", "a list": b'["' + HONEST + b'"]', "an object": b'{"token":"' + HONEST + b'"}', "null": b"null", "true": b"true",
        "no token": b'"text"', "the marker": b'"' + MARKER.encode() + b'"', "a token with the scheme": b'"Bearer ' + HONEST + b'"',
        "text above 0x7F": '"\u00e9\u2713"'.encode(), "2 MB of a, in a raised bound": b'"' + b"a" * 2_000_000 + b'"',
    }):
        refused(26, f"the member is {name}", None, request=post(b'{"access_token":' + value + b"}"),
                settings={"JWT_MAX_BODY_SIZE": 3_000_000})
    for name, pair in each({"alike": (HONEST, HONEST), "good and bad": (HONEST, b"a"), "bad and good": (b"a", HONEST), "both good": (HONEST, other)}):
        refused(26, f"the key twice, {name}", None,
                request=post(b'{"access_token":"' + pair[0] + b'","access_token":"' + pair[1] + b'"}'))
    refused(26, "the key twice, once by escape", None, request=post(good[:-1] + b',"access\\u005ftoken":"' + other + b'"}'))
    refused(26, "the key twice, a number and a token", None, request=post(b'{"access_token":1,' + good[1:]))

    def of_size(size: int) -> bytes:
        return good + b" " * (size - len(good))

    refused(26, "10 MB with the token in front are over the bound", None, request=post(of_size(10_000_000)), error="MissingTokenError")
    refused(26, "one byte over the bound", None, request=post(of_size(2**20 + 1)), error="MissingTokenError")
    accepted(26, "exactly at the bound", None, request=post(of_size(2**20)))
    own = {"JWT_MAX_BODY_SIZE": len(good)}
    accepted(26, "exactly at a bound of one's own", None, request=post(good), settings=own)
    refused(26, "over a bound of one's own", None, request=post(good + b" "), settings=own, error="MissingTokenError")
    refused(26, "a body that never ends", None, request=post(good, endless=True), error="MissingTokenError")
    refused(26, "a body that never begins to be JSON and never ends", None, request=post(b" " * 65_536, endless=True),
            error="MissingTokenError")
    for name, length in each({"more than the bound": b"99999999999", "5,000 digits": b"9" * 5_000}):
        refused(26, f"a length that lies: {name}", None, request=post(good, headers=[("Content-Length", length)]),
                error="MissingTokenError")
    refused(26, "a length that lies: shorter than a body over the bound", None, error="MissingTokenError",
            request=post(of_size(2**20 + 1), headers=[("Content-Length", b"5")]))
    for name, length in each({"shorter": b"5", "negative": b"-1", "no number": b"abc", "empty": b"", "above 0x7F": b"\xb2"}):
        accepted(26, f"a length that lies doesn't matter: {name}", None, request=post(good, headers=[("Content-Length", length)]))

    for content_type in (
        "application/json; charset=utf-8", "application/json;charset=utf-8", "Application/JSON", "application/json ; a=b", "application/json;",
    ):
        accepted(26, f"the content type {content_type}", None, request=post(good, content_type))
    for content_type in (
        "application/problem+json", "text/plain", "text/json", "application/jsonp", "application/x-json", "application/json, text/plain", "",
        "application", "json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain; a=application/json", "application /json",
        "\xe9/json",
    ):
        refused(26, f"the content type {content_type!a}" if content_type else "an empty content type", None, error="MissingTokenError",
                request=post(good, None, headers=[("Content-Type", content_type.encode("latin-1"))]))
    refused(26, "no content type", None, request=post(good, None), error="MissingTokenError")
    refused(26, "two content types", None, request=post(good, headers=[("Content-Type", b"text/plain")]), error="MissingTokenError")
    for name, body in each({
        "the token by escapes": b'{"access_token":"\\u0065' + HONEST[1:] + b'"}',
        "the key by escapes": b'{"access\\u005ftoken":"' + HONEST + b'"}',
        "other members around it": b'{"a":[1,{"b":null}],"access_token":"' + HONEST + b'","access_token2":1}',
        "spaces and line ends": b'\r\n{ "access_token" :\t"' + HONEST + b'" }\n',
        "another member twice": b'{"a":1,"a":2,' + good[1:],
    }):
        accepted(26, name, None, request=post(body))
    accepted(26, "a body of JSON with GET", None, request=post(good, method="GET"))
    accepted(26, "a refresh token under its own key", None, route="refresh", request=post(json_object(
        {"access_token": HONEST.decode(), "refresh_token": token(type="refresh").decode()})))
    refused(26, "a body where JSON is no configured location", None, configuration="headers", request=post(good), error="MissingTokenError")


def row_27() -> None:
    other = token(sub="admin")
    bad = HONEST[:-4] + b"AAAA"

    def get(query: bytes) -> dict[str, Any]:
        return request(query=query)

    for name, query in each({
        "the key twice, good and bad": b"token=" + HONEST + b"&token=" + bad,
        "the key twice, bad and good": b"token=" + bad + b"&token=" + HONEST,
        "the key twice, both good": b"token=" + HONEST + b"&token=" + other,
        "the key twice, once in percent encoding": b"token=" + HONEST + b"&%74oken=" + other,
        "percent encoding twice": b"token=%2565" + HONEST[1:],
        "a + for a space behind it": b"token=" + HONEST + b"+",
        "a + for a space before it": b"token=+" + HONEST,
        "a + inside": b"token=" + HONEST[:9] + b"+" + HONEST[9:],
        "the scheme before it": b"token=Bearer+" + HONEST,
        "a broken percent sign behind it": b"token=" + HONEST + b"%",
        "a percent sign before no digits": b"token=%zz" + HONEST,
        "NUL behind it": b"token=" + HONEST + b"%00",
        "invalid UTF-8": b"token=%ff%fe" + HONEST,
        "raw bytes above 0x7F": b"token=\xe9\xff\x80",
        "a fragment behind it": b"token=" + HONEST + b"#a",
        "a semicolon behind it": b"token=" + HONEST + b";a=b",
        "a second question mark": b"token=?token=" + HONEST,
        "1 MB of a": b"token=" + b"a" * 1_000_000,
        "the marker": b"token=" + MARKER.encode(),
    }):
        refused(27, name, None, request=get(query))
    for name, query in each({
        "nothing": b"",
        "an empty value": b"token=",
        "the name alone": b"token",
        "many empty values": b"token=&" * 1_000,
        "the name in upper case": b"TOKEN=" + HONEST,
        "the name as a list": b"token[]=" + HONEST,
        "a name that begins alike": b"token2=" + HONEST,
        "a semicolon before it": b"a=b;token=" + HONEST,
        "the name in percent encoding twice": b"%2574oken=" + HONEST,
        "the name after a space": b"+token=" + HONEST,
        "the refresh token's JSON key": b"refresh_token=" + HONEST,
        "OAuth's name": b"access_token=" + HONEST,
    }):
        refused(27, f"{name} is no token", None, request=get(query), error="MissingTokenError")
    for name, query in each({
        "a token": b"token=" + HONEST,
        "percent encoding": b"token=" + b"".join(b"%%%02x" % byte for byte in HONEST),
        "the name in percent encoding": b"%74oken=" + HONEST,
        "the key twice, alike": b"token=" + HONEST + b"&token=" + HONEST,
        "an empty value before it": b"token=&token=" + HONEST,
        "1,000 other members": b"a=b&" * 1_000 + b"token=" + HONEST,
        "broken members around it": b"&&=&%&%zz=%ff&token=" + HONEST + b"&&",
    }):
        accepted(27, name, None, request=get(query))
    for configuration in ("headers", "cookies", "json"):
        refused(27, f"a token in the query where only {configuration} is configured", None, configuration=configuration,
                request=get(b"token=" + HONEST), error="MissingTokenError")
    accepted(27, "a name of one's own", None, request=get(b"t=" + HONEST + b"&token=" + bad), settings={"JWT_QUERY_STRING_NAME": "t"})


def row_28() -> None:
    places = ("headers", "cookies", "json", "query")
    texts = {place: token(sub=f"user of {place}", scopes=["admin:all"] if place != "headers" else []) for place in places}

    def several(*tokens: tuple[str, bytes], method: str = "POST", csrf: bool = True) -> dict[str, Any]:
        parts: dict[str, Any] = {"method": method, "headers": [("X-CSRF-TOKEN", CSRF.encode())] if csrf else []}
        for place, text in tokens:
            own = carrying(text, place)
            parts["headers"] += [(name, value.encode("latin-1")) for name, value in own.get("headers", [])]
            parts |= {part: own[part].encode("latin-1") for part in ("query", "body") if part in own}
        return request(**parts)

    def order(*names: str) -> dict[str, Any]:
        return {"configuration": "headers", "settings": {"JWT_TOKEN_LOCATION": list(names)}}

    for names in (places, places[::-1], ("cookies", "headers"), ("json", "cookies"), ("query", "headers"), ("query", "json")):
        title = " before ".join(names)
        every = [(place, texts[place]) for place in places]
        accepted(28, f"{title}: the first wins", None, request=several(*every), sub=f"user of {names[0]}", **order(*names))
        for first, second in itertools.pairwise(names):
            pair = order(first, second)
            forged = texts[first][:-4] + b"AAAA"
            for name, bad, error in (
                ("a forged token", forged, "TokenInvalidSignatureError"),
                ("an expired token", token(exp=NOW), "TokenExpiredError"),
                ("a refresh token", token(type="refresh", csrf=CSRF), "AccessTokenRequiredError"),
                ("no token at all", b"text", "JWTDecodeError"),
                ("a token over the size bound", b"a" * 8_193, "JWTDecodeError"),
            ):
                refused(28, f"{title}: {name} in {first} is no way to the one in {second}", None, error=error,
                        request=several((first, bad), (second, texts[second])), **pair)
            accepted(28, f"{title}: none in {first}, so the one in {second}", None, request=several((second, texts[second])),
                     sub=f"user of {second}", **pair)
    cookie, header, body = (("cookies", texts["cookies"]), ("headers", texts["headers"]), ("json", texts["json"]))
    refused(28, "scopes are those of the token that decides", None, request=several(header, cookie), route="admin-any",
            error="InsufficientScopeError", **order("headers", "cookies"))
    refused(28, "a missing CSRF value in a cookie is no way to the query", None, error="MissingCSRFTokenError",
            request=several(cookie, ("query", texts["query"]), csrf=False), **order("cookies", "query"))
    refused(28, "a wrong type in JSON is no way to the query", None, **order("json", "query"),
            request=request(method="POST", headers=[("Content-Type", b"application/json")], body=b'{"access_token":1}',
                            query=b"token=" + texts["query"]))
    refused(28, "two different headers are no way to a cookie", None, **order("headers", "cookies"), request=request(headers=[
        ("Authorization", b"Bearer " + HONEST), ("Authorization", b"Bearer " + texts["headers"]),
        ("Cookie", b"access_token_cookie=" + texts["cookies"])]))
    refused(28, "two different cookies are no way to the query", None, **order("cookies", "query"), request=request(
        headers=[("Cookie", b"access_token_cookie=a; access_token_cookie=b")], query=b"token=" + texts["query"]))
    for name, value in each({"another scheme": b"Basic abc", "the scheme alone": b"Bearer", "nothing": b""}):
        accepted(28, f"a header with {name} is none, so the cookie decides", None, sub="user of cookies", **order("headers", "cookies"),
                 request=request(headers=[("Authorization", value), ("Cookie", b"access_token_cookie=" + texts["cookies"])]))
    for name, text in each({"is no JSON": b"text", "has no token": b"{}"}):
        accepted(28, f"a body that {name} is none, so the query decides", None, sub="user of query", **order("json", "query"),
                 request=request(method="POST", headers=[("Content-Type", b"application/json")], body=text,
                                 query=b"token=" + texts["query"]))
    form = [("Cookie", b"access_token_cookie=" + texts["cookies"]), ("Content-Type", FORM.encode())]
    for name, value in (("right", CSRF), ("false", OTHER_CSRF)):
        case = order("json", "cookies")
        case["settings"]["JWT_CSRF_CHECK_FORM"] = True
        case["request"] = request(method="POST", headers=form, body=f"csrf_token={value}".encode(), fields=[("csrf_token", value)])
        title = f"a body that is a form is no JSON, and has the {name} CSRF value of the cookie"
        if name == "right":
            accepted(28, title, None, sub="user of cookies", **case)
        else:
            refused(28, title, None, error="CSRFError", **case)
    for place in ("cookies", "json", "query"):
        refused(28, f"a route for headers only doesn't look into {place}", None, configuration="everywhere", route="headers-only",
                request=several((place, texts[place])), error="MissingTokenError")
    accepted(28, "a route for headers only goes by the header", None, configuration="everywhere", route="headers-only",
             request=several(header, cookie, body), sub="user of headers")
    own: dict[str, Any] = {"configuration": "headers", "settings": {"JWT_ACCESS_TOKEN_LOCATION": ["headers"], "JWT_REFRESH_TOKEN_LOCATION": ["cookies"]}}
    refresh = token(type="refresh")
    refused(28, "locations by type: an access token in a cookie", None, request=several(cookie), error="MissingTokenError", **own)
    refused(28, "locations by type: a refresh token in the header", None, request=several(("headers", refresh)), route="refresh",
            error="MissingTokenError", **own)
    accepted(28, "locations by type: an access token in the header", None, request=several(header), sub="user of headers", **own)
    both = [("Cookie", b"refresh_token_cookie=" + refresh), ("Authorization", b"Bearer " + HONEST)]
    accepted(28, "locations by type: a refresh token in a cookie", None, route="refresh", **own,
             request=request(method="POST", headers=[*both, ("X-CSRF-TOKEN", CSRF.encode())]))
    refused(28, "locations by type: a refresh token in a cookie needs its CSRF value", None, route="refresh", error="MissingCSRFTokenError",
            request=request(method="POST", headers=both), **own)


ROWS = (
    *(row_1, row_2, row_3, row_4, row_5, row_6, row_7, row_8, row_9, row_10, row_11, row_12, row_14),
    *(row_16, row_17, row_18, row_19, row_20, row_21, row_22, row_23, row_24, row_25, row_26, row_27, row_28),
)


# fmt: on
# Cases

CASES: list[dict[str, Any]] = []
PLACES = ("headers", "cookies", "json", "query")
FORM = "application/x-www-form-urlencoded"
# The rows whose cases are about one location.
CONFIGURATION_OF_ROW = {24: "cookies", 25: "cookies", 26: "json", 27: "query"}


def each(table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Names and whatever they stand for."""
    return table.items()


def accepted(row: int, name: str, text: bytes | None, *, sub: str = "user123", **case: Any) -> None:
    """A request that must pass, as this subject."""
    add(row, name, text, {"sub": compact(sub)}, **case)


def refused(row: int, name: str, text: bytes | None, *, error: str = "JWTDecodeError", **case: Any) -> None:
    """A request that must be refused, with this error."""
    status = 403 if error == "InsufficientScopeError" else 401
    challenge = {"MissingTokenError": "Bearer", "InsufficientScopeError": 'Bearer error="insufficient_scope"'}.get(
        error, 'Bearer error="invalid_token"'
    )
    expect: dict[str, Any] = {
        "error_type": error,
        "status": {"401": status, "422": 422 if error in UNDECODABLE else status},
        "www_authenticate": {"401": challenge, "422": None if error in UNDECODABLE else challenge},
    }
    add(row, name, text, expect, **case)


def add(
    row: int,
    name: str,
    text: bytes | None,
    expect: dict[str, Any],
    *,
    place: str | None = None,
    configuration: str | None = None,
    settings: Mapping[str, Any] | None = None,
    login_type: str | None = None,
    ring: list[dict[str, str]] | None = None,
    route: str = "access",
    now: float | None = None,
    method: str = "GET",
    request: dict[str, Any] | None = None,
) -> None:
    place = place or "headers"
    if text is not None:
        request = carrying(text, place, type=ROUTES[route].get("type", "access"), method=method)
        configuration = configuration or place
    case: dict[str, Any] = {
        "row": row,
        "name": name,
        "configuration": configuration or CONFIGURATION_OF_ROW.get(row, "headers"),
        "settings": settings and dict(settings),
        "login_type": login_type,
        "ring": ring,
        "route": route,
        "now": now,
        "request": request,
        "expect": expect,
    }
    CASES.append({member: folded(value) for member, value in case.items() if value is not None})


def carrying(text: bytes, place: str, *, type: str = "access", method: str = "GET") -> dict[str, Any]:
    """A request that carries this token in this place."""
    if place == "headers":
        return request(method=method, headers=[("Authorization", b"Bearer " + text)])
    if place == "cookies":
        return request(method=method, headers=[("Cookie", f"{type}_token_cookie=".encode() + text)])
    if place == "query":
        # As a browser writes it: what is not safe, in percent encoding.
        safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
        return request(
            method=method,
            query=b"token=" + b"".join(b"%c" % byte if byte in safe else b"%%%02X" % byte for byte in text),
        )
    body = json.dumps({f"{type}_token": text.decode("latin-1")}).encode()
    return request(method="POST", headers=[("Content-Type", b"application/json")], body=body)


def request(
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, bytes]] = (),
    query: bytes = b"",
    body: bytes = b"",
    fields: Iterable[tuple[str, str]] = (),
    endless: bool = False,
) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "method": method,
        "headers": [[name, _Latin(value.decode("latin-1"))] for name, value in headers],
        "query": _Latin(query.decode("latin-1")),
        "body": _Latin(body.decode("latin-1")),
        "fields": [list(field) for field in fields],
        "endless": endless,
    }
    return {part: value for part, value in parts.items() if value}


class _Latin(str):
    """Bytes as a string, which is written with its repetitions folded."""


def folded(value: Any) -> Any:
    """The value with each long text of a request folded."""
    if isinstance(value, _Latin):
        return compact(value)
    if isinstance(value, dict):
        return {name: folded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [folded(item) for item in value]
    return value


REPETITION = re.compile(r"(.{1,32}?)\1{30,}", re.DOTALL)


def compact(text: str) -> str | list[Any]:
    """The text with its long repetitions as `{"repeat": [text, times]}`."""
    if len(text) < 1_000:
        return str(text)
    parts: list[Any] = []
    end = 0
    for match in REPETITION.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()])
        parts.append({"repeat": [match[1], len(match[0]) // len(match[1])]})
        end = match.end()
    if end < len(text):
        parts.append(text[end:])
    return parts if len(parts) > 1 or isinstance(parts[0], dict) else str(text)


# Tokens


class Raw(NamedTuple):
    """A claim's value as JSON text, for what Python can't say."""

    text: str


def honest_claims(**changes: Any) -> dict[str, Any]:
    claims = {
        "sub": "user123",
        "jti": "0b54b8fb-5b5c-4d52-9d4b-7f4f6f0a1c11",
        "type": "access",
        "fresh": False,
        "csrf": CSRF,
        "iat": NOW - 60,
        "nbf": NOW - 60,
        "exp": NOW + 840,
        "note": MARKER,
    }
    return claims | changes


def json_object(members: Mapping[str, Any]) -> bytes:
    def written(value: Any) -> str:
        return value.text if isinstance(value, Raw) else json.dumps(value, separators=(",", ":"))

    return ("{" + ",".join(f"{json.dumps(name)}:{written(value)}" for name, value in members.items()) + "}").encode()


class Signer(NamedTuple):
    algorithm: str
    key: Any
    sign: Callable[[bytes], bytes]


def token(
    *, signer: Signer | None = None, header: Mapping[str, Any] | None = None, drop: tuple[str, ...] = (), **claims: Any
) -> bytes:
    """A token of these claims on top of honest ones."""
    signer = signer or hmac_signer("HS256")
    members = {name: value for name, value in honest_claims(**claims).items() if name not in drop}
    header = {"alg": signer.algorithm, "typ": "JWT"} if header is None else header
    text = b64(json_object(header)) + b"." + b64(json_object(members))
    return text + b"." + b64(signer.sign(text))


def sealed(header: bytes, payload: bytes) -> bytes:
    """Any header and any payload, rightly signed."""
    return signed(b64(header) + b"." + b64(payload))


def signed(text: bytes) -> bytes:
    """Any text, rightly signed."""
    return text + b"." + b64(hmac.digest(SECRET, text, "sha256"))


def token_of_size(size: int) -> bytes:
    # 36 of the header, 43 of the signature, two dots.
    payload_bytes, spare = divmod((size - 81) * 3, 4)
    claims = json_object(honest_claims(filler=""))
    claims = claims[:-2] + b"f" * (payload_bytes - len(claims)) + claims[-2:]
    text = sealed(HEADER, claims)
    assert len(text) == size, (len(text), size, spare)
    return text


def token_where(condition: Callable[[bytes], bool]) -> bytes:
    return next(text for text in (token(number=number) for number in range(100)) if condition(text))


def b64(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def unb64(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def with_inside(character: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text[:8] + character + text[8:]


def with_behind(character: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text + character


def padded(text: bytes) -> bytes:
    assert len(text) % 4
    return text + b"=" * (-len(text) % 4)


def with_spare_bits(text: bytes) -> bytes:
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = text[:-1] + bytes([alphabet[alphabet.index(text[-1]) | 1]])
    assert changed != text
    assert unb64(changed) == unb64(text)
    return changed


# Keys and signatures

HASHES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "256": ("sha256", hashes.SHA256()),
    "384": ("sha384", hashes.SHA384()),
    "512": ("sha512", hashes.SHA512()),
}
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    "secp384r1": int("f" * 48 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16),
    "secp521r1": int("1" + "f" * 65 + "a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", 16),
}


def hmac_signer(algorithm: str, secret: bytes = SECRET) -> Signer:
    name = HASHES[algorithm[2:5]][0]
    return Signer(algorithm, secret, lambda text: hmac.digest(secret, text, name))


def pair_signer(algorithm: str) -> Signer:
    key = KEY_PAIRS[algorithm]
    if algorithm == "EdDSA":
        return eddsa_signer(key)
    return ecdsa_signer(algorithm, key) if algorithm.startswith("ES") else rsa_signer(algorithm, key)


def eddsa_signer(key: ed25519.Ed25519PrivateKey) -> Signer:
    return Signer("EdDSA", key, key.sign)


def rsa_signer(algorithm: str, key: rsa.RSAPrivateKey, *, salt: bytes | None = None) -> Signer:
    name, hashing = HASHES[algorithm[2:5]]
    if algorithm.startswith("RS"):
        return Signer(algorithm, key, lambda text: key.sign(text, padding.PKCS1v15(), hashing))

    def sign(text: bytes) -> bytes:
        # RSASSA-PSS (RFC 8017 section 8.1.1) with a salt that is always the same.
        numbers = key.private_numbers()
        modulus = numbers.public_numbers.n
        digest = hashlib.new(name, text).digest()
        own_salt = bytes(range(len(digest))) if salt is None else salt
        seed = hashlib.new(name, bytes(8) + digest + own_salt).digest()
        length = (modulus.bit_length() + 6) // 8
        block = bytes(length - len(own_salt) - len(seed) - 2) + b"\x01" + own_salt
        mask = b"".join(hashlib.new(name, seed + counter.to_bytes(4, "big")).digest() for counter in range(length))
        masked = bytearray(a ^ b for a, b in zip(block, mask, strict=False))
        masked[0] &= 0xFF >> (8 * length - modulus.bit_length() + 1)
        encoded = int.from_bytes(bytes(masked) + seed + b"\xbc", "big")
        return pow(encoded, numbers.d, modulus).to_bytes((modulus.bit_length() + 7) // 8, "big")

    return Signer(algorithm, key, sign)


def ecdsa_signer(algorithm: str, key: ec.EllipticCurvePrivateKey) -> Signer:
    name = HASHES[algorithm[2:5]][0]

    def sign(text: bytes) -> bytes:
        # FIPS 186-5 section 6.4.1, with the secret number of each signature from the key and the text.
        order = ORDERS[key.curve.name]
        size = (order.bit_length() + 7) // 8
        secret = key.private_numbers().private_value
        digest = hashlib.new(name, text).digest()
        number = (
            int.from_bytes(hashlib.sha512(secret.to_bytes(66, "big") + digest).digest() * 2, "big") % (order - 1) + 1
        )
        e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - order.bit_length())
        r = ec.derive_private_key(number, key.curve).public_key().public_numbers().x % order
        s = pow(number, -1, order) * (e + r * secret) % order
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return Signer(algorithm, key, sign)


def der_of(*numbers: int) -> bytes:
    parts = b""
    for number in numbers:
        content = number.to_bytes(number.bit_length() // 8 + 1, "big")
        parts += b"\x02" + bytes([len(content)]) + content
    return b"\x30" + bytes([len(parts)]) + parts


def private_key(name: str) -> Any:
    return serialization.load_pem_private_key((HERE / "keys" / f"{name}.pem").read_bytes(), None)


def public_pem(key: Any) -> str:
    pem: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()


def public_jwk(key: Any) -> dict[str, str]:
    def number(value: int) -> str:
        return b64(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()

    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_numbers()
        return {"kty": "EC", "crv": f"P-{public.curve.key_size}", "x": number(point.x), "y": number(point.y)}
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(public.public_bytes_raw()).decode()}


def public_forms(key: Any) -> dict[str, bytes]:
    """Every way in which somebody has written a public key into a verifier's memory."""
    pem = public_pem(key).encode()
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {
        "PEM": pem,
        "trimmed PEM": pem.strip(),
        "PEM with other line ends": pem.replace(b"\n", b"\r\n"),
        "the text inside the PEM": b"".join(pem.splitlines()[1:-1]),
        "DER": der,
        "JWK": json.dumps(public_jwk(key)).encode(),
        "JWK without spaces": json_object(public_jwk(key)),
    }


def self_signed(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "attacker.example")])
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    )
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=timezone.utc)).not_valid_after(
        datetime(2120, 1, 1, tzinfo=timezone.utc)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


KEY_PAIRS: dict[str, Any] = {
    **{f"{kind}{size}": private_key("rsa") for kind in ("RS", "PS") for size in HASHES},
    "ES256": private_key("p256"),
    "ES256K": private_key("secp256k1"),
    "ES384": private_key("p384"),
    "ES512": private_key("p521"),
    "EdDSA": private_key("ed25519"),
}
HEADER = b'{"alg":"HS256","typ":"JWT"}'
HONEST = token()


if __name__ == "__main__":
    main()
