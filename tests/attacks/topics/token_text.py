"""The token as a string."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.attacks.case import accepted, each, refused
from tests.attacks.encoding import Raw, b64, json_object, unb64
from tests.attacks.request import PLACES
from tests.attacks.tokens import HEADER, HONEST, honest_claims, sealed, signed, token

# fmt: off
# Tables in which a case takes a line or two. The formatter would put each argument on a line.


def add_cases() -> None:
    size_and_segments()
    base64url()
    header_json()
    payload_json()
    around_the_token()


def size_and_segments() -> None:
    """The size of a token, and the number of its segments."""
    empty: Mapping[str, Any] = {"error": "MissingTokenError"}
    refused("size-and-segments", "an empty token in the header is none", b"", **empty)
    for place in ("cookies", "query"):
        refused("size-and-segments", f"an empty token in {place} is none", b"", place=place, **empty)
    refused("size-and-segments", "an empty token in JSON is no token that can be read", b"", place="json")
    for count in range(1, 6):
        refused("size-and-segments", f"only {count} dots", b"." * count)
    refused("size-and-segments", "100,000 dots are over the size bound", b"." * 100_000)
    refused("size-and-segments", "100,000 dots within a raised bound", b"." * 100_000, settings={"JWT_MAX_TOKEN_SIZE": 200_000})
    refused("size-and-segments", "2 MB of a are over the size bound", b"a" * 2_000_000)
    refused("size-and-segments", "2 MB of a within a raised bound", b"a" * 2_000_000, settings={"JWT_MAX_TOKEN_SIZE": 3_000_000})
    refused("size-and-segments", "2 MB of a between two dots within a raised bound",
            b"a." + b"a" * 2_000_000 + b".a", settings={"JWT_MAX_TOKEN_SIZE": 3_000_000})
    header, payload, signature = HONEST.split(b".")
    for name, sent in each({
        "the header alone": header,
        "the signature left out with its dot": header + b"." + payload,
        "the header left out": b"." + payload + b"." + signature,
        "a fourth segment": HONEST + b"." + signature,
        "a fourth segment that is empty": HONEST + b".",
        "an empty segment in front": b"." + HONEST,
        "five segments, as an encrypted token has": b".".join([header, b"a", b"a", payload, signature]),
    }):
        refused("size-and-segments", name, sent)
    refused("size-and-segments", "the payload left out", header + b".." + signature, error="TokenInvalidSignatureError")
    refused("size-and-segments", "an empty header, rightly signed", sealed(b"", b"{}"))
    refused("size-and-segments", "an empty payload, rightly signed", sealed(HEADER, b""))
    for place in PLACES:
        accepted("size-and-segments", f"a token of exactly the size bound in {place}", token_of_size(8192), place=place)
        refused("size-and-segments", f"a token one byte over the size bound in {place}", token_of_size(8193), place=place)
    settings = {"JWT_MAX_TOKEN_SIZE": len(HONEST)}
    accepted("size-and-segments", "a token of exactly a configured bound", HONEST, settings=settings)
    refused("size-and-segments", "a token over a configured bound", token(longer=True), settings=settings)


def token_of_size(size: int) -> bytes:
    # 81 = 36 bytes of header, 43 bytes of signature, two dots.
    payload_bytes, spare = divmod((size - 81) * 3, 4)
    claims = json_object(honest_claims(filler=""))
    claims = claims[:-2] + b"f" * (payload_bytes - len(claims)) + claims[-2:]
    sent = sealed(HEADER, claims)
    assert len(sent) == size, (len(sent), size, spare)
    return sent


def base64url() -> None:
    """Other spellings of base64url."""
    # A payload whose base64url has a character in which the two alphabets differ.
    claims = json_object(honest_claims(odd="\u00fb\u00ef\u00be?>~~~\u00ff\u00fe"))
    header, payload, _ = sealed(HEADER, claims).split(b".")
    assert b"-" in payload or b"_" in payload
    accepted("base64url", "a payload with the alphabet's last two characters", sealed(HEADER, claims))
    other_alphabet = payload.translate(bytes.maketrans(b"-_", b"+/"))
    refused("base64url", "a payload in the alphabet of + and /, rightly signed", signed(header + b"." + other_alphabet))
    signer = token_where(lambda sent: b"-" in sent.split(b".")[2] or b"_" in sent.split(b".")[2])
    left, right = signer.rsplit(b".", 1)
    refused("base64url", "a signature in the alphabet of + and /", left + b"." + right.translate(bytes.maketrans(b"-_", b"+/")))

    # Header, payload and signature have no multiple of three bytes each, so that padding would belong there.
    for segment, name in enumerate(("header", "payload", "signature")):

        def spelled(change: Callable[[bytes], bytes], segment: int = segment) -> bytes:
            header = b'{"alg":"HS256","typ":"JWT","n":"n"}'
            claims = json_object(honest_claims())
            claims = claims[:-1] + b" " * ((1 - len(claims)) % 3) + b"}"
            segments = [b64(header), b64(claims)]
            if segment < 2:
                segments[segment] = change(segments[segment])
                return signed(b".".join(segments))
            left, signature = signed(b".".join(segments)).rsplit(b".", 1)
            return left + b"." + change(signature)

        accepted("base64url", f"the {name} in its one spelling", spelled(lambda part: part))
        refused("base64url", f"the {name} with padding", spelled(padded))
        refused("base64url", f"the {name} with too much padding", spelled(lambda part: part + b"===="))
        refused("base64url", f"the {name} with spare bits that are not zero", spelled(with_spare_bits))
        refused("base64url", f"the {name} of an impossible length", spelled(lambda part: part + b"A" * ((1 - len(part)) % 4)))
        refused("base64url", f"the {name} with padding in percent encoding", spelled(lambda part: part + b"%3D"))
        for what, character in each({
            "a space": b" ", "a tab": b"\t", "a line feed": b"\n", "a carriage return": b"\r", "NUL": b"\0",
            "a byte above 0x7F": b"\xe9", "a backslash": b"\\", "a slash": b"/",
        }):
            refused("base64url", f"{what} inside the {name}", spelled(with_inside(character)))
            if character.isspace() or character == b"\0":
                refused("base64url", f"{what} after the {name}", spelled(with_behind(character)))
                for place in ("query", "json"):
                    refused("base64url", f"{what} inside the {name}, in {place}",
                            spelled(with_inside(character)), place=place)


def token_where(condition: Callable[[bytes], bool]) -> bytes:
    return next(sent for sent in (token(number=number) for number in range(100)) if condition(sent))


def padded(part: bytes) -> bytes:
    assert len(part) % 4
    return part + b"=" * (-len(part) % 4)


def with_spare_bits(part: bytes) -> bytes:
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = part[:-1] + bytes([alphabet[alphabet.index(part[-1]) | 1]])
    assert changed != part
    assert unb64(changed) == unb64(part)
    return changed


def with_inside(character: bytes) -> Callable[[bytes], bytes]:
    return lambda part: part[:8] + character + part[8:]


def with_behind(character: bytes) -> Callable[[bytes], bytes]:
    return lambda part: part + character


def header_json() -> None:
    """A header that is not one JSON object of the right shape."""
    payload = json_object(honest_claims())
    roomy = {"JWT_MAX_TOKEN_SIZE": 300_000}
    for name, pattern in BAD_OBJECTS.items():
        refused("header-json", f"a header that is {name}" if not name.startswith("with ") else f"a header {name}",
                sealed(bad_object(pattern, HEADER), payload), settings=roomy)
    refused("header-json", "a header with 20,000 nested arrays, over the size bound",
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
        "1,000 fields": json_object({"alg": "HS256", **{f"m{index}": 0 for index in range(1_000)}}),
    }):
        refused("header-json", f"a header with {name}", sealed(header, payload), settings=roomy)
    for name, header in each({
        "without typ": b'{"alg":"HS256"}',
        "with another typ": b'{"alg":"HS256","typ":"at+jwt"}',
        "with spaces and line ends in its JSON": b'\n{ "typ" : "JWT",\r\n\t"alg" : "HS256" } ',
        "with alg, key and value, by escape": b'{"\\u0061lg":"\\u0048S256"}',
        "with a surrogate pair": b'{"alg":"HS256","a":"\\ud83d\\ude00"}',
    }):
        accepted("header-json", f"a header {name}", sealed(header, payload))


def payload_json() -> None:
    """A payload that is not one JSON object."""
    roomy = {"JWT_MAX_TOKEN_SIZE": 300_000}
    for name, pattern in BAD_OBJECTS.items():
        payload = bad_object(pattern, json_object(honest_claims()))
        refused("payload-json", f"a payload that is {name}" if not name.startswith("with ") else f"a payload {name}",
                sealed(HEADER, payload), settings=roomy)
    refused("payload-json", "a payload that is an empty object", sealed(HEADER, b"{}"))
    refused("payload-json", "a payload that is the claims as a string",
            sealed(HEADER, json.dumps(json_object(honest_claims()).decode()).encode()))
    refused("payload-json", "a payload that is the claims in an array", sealed(HEADER, b"[" + json_object(honest_claims()) + b"]"))
    for name, value in each({
        "nested custom claims": {"a": [{"b": [[[]]]}]},
        "a surrogate pair": "\U0001f600",
        "a number of 30 digits": Raw("9" * 30),
        "the names of methods": {"__class__": "x", "__init__": 1, "model_config": {}},
    }):
        accepted("payload-json", f"a payload with {name}", token(custom=value))
    accepted("payload-json", "a payload with custom claims named like attributes of its class",
             token(__class__="x", __dict__={"a": 1}, model_config={}, model_extra=1, has_scopes=True))
    accepted("payload-json", "a payload with spaces and line ends in its JSON",
             sealed(HEADER, json.dumps(honest_claims(), indent="\t").encode()))


BAD_OBJECTS: dict[str, bytes] = {
    "not JSON": b"not json at all",
    "an array": b"[]",
    "a string": b'"text"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "of a single space": b" ",
    "cut short": b'{"FIELDS',
    "followed by a second object": b"{FIELDS}{}",
    "followed by a NUL": b"{FIELDS}\0",
    "an object with a comma too many": b"{FIELDS,}",
    "an object with a comment": b"{FIELDS/* */}",
    "in single quotes": b"{FIELDS,'a':1}",
    "in UTF-16": b"UTF-16",
    "behind a byte-order mark": b"\xef\xbb\xbf{FIELDS}",
    "with invalid UTF-8 in a value": b'{FIELDS,"a":"\xff\xfe"}',
    "with invalid UTF-8 in a name": b'{FIELDS,"\xc3\x28":1}',
    "with an overlong UTF-8 sequence": b'{FIELDS,"a":"\xc0\xaf"}',
    "with a surrogate in UTF-8": b'{FIELDS,"a":"\xed\xa0\x80"}',
    "with a lone surrogate escape in a value": b'{FIELDS,"a":"\\ud800"}',
    "with a lone low surrogate escape in a value": b'{FIELDS,"a":"\\udc00 and more"}',
    "with a lone surrogate escape in a name": b'{FIELDS,"\\ud800":1}',
    "with a lone surrogate escape deep inside": b'{FIELDS,"a":[{"b":"\\ud800"}]}',
    "with a raw line feed in a string": b'{FIELDS,"a":"\n"}',
    "with an unknown escape": b'{FIELDS,"a":"\\x41"}',
    "with a field twice": b'{FIELDS,"a":1,"a":1}',
    "with a field twice, once by escape": b'{FIELDS,"a":1,"\\u0061":2}',
    "with a field twice deep inside": b'{FIELDS,"a":[{"b":{"c":1,"c":2}}]}',
    "with NaN": b'{FIELDS,"a":NaN}',
    "with Infinity": b'{FIELDS,"a":-Infinity}',
    "with a number beyond a double": b'{FIELDS,"a":1e400}',
    "with a number beyond a double deep inside": b'{FIELDS,"a":[1e400]}',
    "with a number of 400 digits": b'{FIELDS,"a":' + b"9" * 400 + b"}",
    "with 2,000 nested arrays": b'{FIELDS,"a":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    "with 20,000 nested arrays": b'{FIELDS,"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "with 20,000 nested objects": b'{FIELDS,"a":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    "with 20,000 arrays that are not closed": b'{FIELDS,"a":' + b"[" * 20_000,
}


def bad_object(pattern: bytes, good: bytes) -> bytes:
    if pattern == b"UTF-16":
        return good.decode().encode("utf-16")
    return pattern.replace(b"FIELDS", good[1:-1])


def around_the_token() -> None:
    """A token with something behind it or before it."""
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
        refused("around-the-token", f"a token followed by {name}, in the header", HONEST + tail)
        for place in ("query", "json"):
            refused("around-the-token", f"a token followed by {name}, in {place}", HONEST + tail, place=place)
        if tail[:1] not in b" ;\r":
            refused("around-the-token", f"a token followed by {name}, in a cookie", HONEST + tail, place="cookies")
    for name, front in each({"a dot": b".", "NUL": b"\0", "a tab": b"\t", "a byte-order mark": b"\xef\xbb\xbf"}):
        refused("around-the-token", f"a token behind {name}", front + HONEST)
