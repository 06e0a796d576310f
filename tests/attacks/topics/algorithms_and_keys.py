"""Algorithm and key."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.attacks.case import accepted, each, refused
from tests.attacks.encoding import b64, json_object, unb64
from tests.attacks.signing import (
    ATTACKERS_SECRET,
    KEY_PAIRS,
    MARKER,
    ORDERS,
    PREVIOUS_SECRET,
    SECRET,
    Signer,
    ecdsa_signer,
    eddsa_signer,
    hmac_signer,
    pair_signer,
    private_key,
    public_pem,
    rsa_signer,
)
from tests.attacks.tokens import HONEST, NOW, honest_claims, sealed, token

# fmt: off
# Tables in which a case takes a line or two. The formatter would put each argument on a line.


def add_cases() -> None:
    no_algorithm()
    public_key_as_secret()
    another_algorithm()
    key_in_the_header()
    kid()
    crit_b64_zip()
    edited_token()
    rsa_signatures()
    previous_keys()


def no_algorithm() -> None:
    """alg is none, or no algorithm at all."""
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
    } | {"absent": b"{}", "absent, but ALG is there": b'{"ALG":"HS256"}'}
    for name, header in each(variants):
        sent = sealed(header, payload)
        left = sent.rsplit(b".", 1)[0]
        title = f"alg {name}" if name.startswith("absent") else f"alg is {name}"
        refused("no-algorithm", f"{title}, the signature is empty", left + b".")
        refused("no-algorithm", f"{title}, the signature is random", left + b"." + b64(hashlib.sha256(b"random").digest()))
        refused("no-algorithm", f"{title}, the signature is right", sent)
    for algorithm in ("RS256", "ES256", "EdDSA"):
        refused("no-algorithm", f"alg is none where {algorithm} is configured",
                b64(b'{"alg":"none"}') + b"." + b64(payload) + b".", configuration=algorithm)
    accepted("no-algorithm", "alg is HS256, the signature is right", HONEST)
    for algorithm in ("HS384", "HS512"):
        accepted("no-algorithm", f"alg is {algorithm} as configured", token(signer=hmac_signer(algorithm)),
                 settings={"JWT_ALGORITHM": algorithm})


def public_key_as_secret() -> None:
    """A public key used as the secret of an HMAC."""
    for algorithm in ("RS256", "PS256", "ES256", "ES384", "EdDSA"):
        key = KEY_PAIRS[algorithm]
        for form, secret in public_forms(key).items():
            forged = token(signer=hmac_signer("HS256", secret))
            refused("public-key-as-secret", f"the public key of {algorithm} as {form} for HS256", forged, configuration=algorithm)
            renamed = b64(json_object({"alg": algorithm})) + b"." + forged.split(b".")[1]
            refused("public-key-as-secret", f"the public key of {algorithm} as {form} for an HMAC that calls itself {algorithm}",
                    renamed + b"." + b64(hmac.digest(secret, renamed, "sha256")), configuration=algorithm,
                    error="TokenInvalidSignatureError")
            refused("public-key-as-secret", f"the public key of {algorithm} as {form} where HS256 with a secret is allowed as well", forged,
                    configuration=algorithm, error="TokenInvalidSignatureError",
                    settings={"JWT_DECODE_ALGORITHMS": [algorithm, "HS256"], "JWT_SECRET_KEY": SECRET.decode()})
        accepted("public-key-as-secret", f"an honest token of HS256 beside {algorithm}", HONEST, configuration=algorithm,
                 settings={"JWT_DECODE_ALGORITHMS": [algorithm, "HS256"], "JWT_SECRET_KEY": SECRET.decode()})
        accepted("public-key-as-secret", f"an honest token of {algorithm} beside HS256", token(signer=pair_signer(algorithm)),
                 configuration=algorithm,
                 settings={"JWT_DECODE_ALGORITHMS": [algorithm, "HS256"], "JWT_SECRET_KEY": SECRET.decode()})


def public_forms(key: Any) -> dict[str, bytes]:
    """The encodings of a public key that a verifier might take for a secret."""
    pem = public_pem(key).encode()
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {
        "PEM": pem,
        "trimmed PEM": pem.strip(),
        "PEM with other line ends": pem.replace(b"\n", b"\r\n"),
        "the base64 inside the PEM": b"".join(pem.splitlines()[1:-1]),
        "DER": der,
        "JWK": json.dumps(public_jwk(key)).encode(),
        "JWK without spaces": json_object(public_jwk(key)),
    }


def another_algorithm() -> None:
    """Another algorithm than the configured one."""
    for algorithm in KEY_PAIRS:
        accepted("another-algorithm", f"an honest token of {algorithm}", token(signer=pair_signer(algorithm)), configuration=algorithm)
    for algorithm in ("HS384", "HS512"):
        refused("another-algorithm", f"{algorithm} with the right secret where HS256 is configured", token(signer=hmac_signer(algorithm)))
        accepted("another-algorithm", f"{algorithm} where it is allowed besides HS256", token(signer=hmac_signer(algorithm)),
                 settings={"JWT_DECODE_ALGORITHMS": ["HS256", algorithm]})
        refused("another-algorithm", f"HS256's signature under the name {algorithm}, where both are allowed",
                token(signer=hmac_signer("HS256"), header={"alg": algorithm, "typ": "JWT"}),
                settings={"JWT_DECODE_ALGORITHMS": ["HS256", algorithm]}, error="TokenInvalidSignatureError")
    # Signed with another algorithm than the configured one, with `alg` naming either that one or the configured one.
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
            refused("another-algorithm", f"{other} where {configured} is configured", token(signer=pair_signer(other)),
                    configuration=configured)
            refused("another-algorithm", f"{other} under the name of {configured}",
                    token(signer=pair_signer(other), header={"alg": configured, "typ": "JWT"}),
                    configuration=configured, error="TokenInvalidSignatureError")
    for name, key, algorithm in (
        ("the curve of ES384 under the name ES256, its hash too", private_key("p384"), "ES256"),
        ("a key of P-256 under the name ES384, its hash too", private_key("p256"), "ES384"),
        ("the curve of ES256K under the name ES256, its hash too", private_key("secp256k1"), "ES256"),
    ):
        refused("another-algorithm", name, token(signer=ecdsa_signer(algorithm, key)), configuration=algorithm,
                error="TokenInvalidSignatureError")
    refused("another-algorithm", "PS256 with a salt of another length than its hash",
            token(signer=rsa_signer("PS256", private_key("rsa"), salt=b"")), configuration="PS256",
            error="TokenInvalidSignatureError")
    refused("another-algorithm", "EdDSA under its other name Ed25519", token(signer=pair_signer("EdDSA"), header={"alg": "Ed25519"}),
            configuration="EdDSA")


def key_in_the_header() -> None:
    """A key inside the token."""
    rsa_attacker = private_key("rsa-attacker")
    certificate = base64.b64encode(self_signed(rsa_attacker)).decode()
    fields: dict[str, Any] = {
        "jwk": public_jwk(rsa_attacker),
        "jku": "http://127.0.0.1:9/keys.json",
        "x5u": "http://127.0.0.1:9/chain.pem",
        "x5c": [certificate],
    }
    for name, value in fields.items():
        header = {"alg": "RS256", "typ": "JWT", name: value}
        forged = token(signer=rsa_signer("RS256", rsa_attacker), header=header)
        refused("key-in-the-header", f"{name} with the attacker's key", forged, configuration="RS256", error="TokenInvalidSignatureError")
        accepted("key-in-the-header", f"{name} with the attacker's key on a token that our key signed",
                 token(signer=pair_signer("RS256"), header=header), configuration="RS256")
    for name, algorithm, attacker in (
        ("of a curve", "ES256", ecdsa_signer("ES256", private_key("p256-attacker"))),
        ("of Ed25519", "EdDSA", eddsa_signer(private_key("ed25519-attacker"))),
    ):
        header = {"alg": algorithm, "jwk": public_jwk(attacker.key)}
        refused("key-in-the-header", f"jwk {name} with the attacker's key", token(signer=attacker, header=header),
                configuration=algorithm, error="TokenInvalidSignatureError")
    secret = {"kty": "oct", "k": b64(ATTACKERS_SECRET).decode(), "alg": "HS256"}
    refused("key-in-the-header", "jwk with the attacker's secret",
            token(signer=hmac_signer("HS256", ATTACKERS_SECRET), header={"alg": "HS256", "jwk": secret}),
            error="TokenInvalidSignatureError")
    for value in (None, 1, "", [], {}, [[]]):
        refused("key-in-the-header", f"jwk, jku, x5u and x5c are {json.dumps(value)}, the key is the attacker's",
                token(signer=hmac_signer("HS256", ATTACKERS_SECRET),
                      header={"alg": "HS256"} | dict.fromkeys(("jwk", "jku", "x5u", "x5c"), value)),
                error="TokenInvalidSignatureError")


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


def self_signed(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "attacker.example")])
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    )
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=timezone.utc)).not_valid_after(
        datetime(2120, 1, 1, tzinfo=timezone.utc)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def kid() -> None:
    """kid, with keys that have no names and in a ring of named keys."""
    names = {
        "unknown": "unknown", "empty": "", "a path": "../../../../dev/null", "an SQL fragment": "' UNION SELECT 'a' -- ",
        "with NUL": "a\0b", "of 5,000 characters": "k" * 5_000, "a shell fragment": "$(id) | id;`id`", "an address": "http://127.0.0.1:9/",
        "with the marker": MARKER,
    }
    for name, kid in names.items():
        header = {"alg": "HS256", "kid": kid}
        accepted("kid", f"a kid that is {name} means nothing where keys have no names", token(header=header))
        for title, secret in (("the attacker's secret", ATTACKERS_SECRET), ("an empty secret", b""), ("the kid", kid.encode())):
            refused("kid", f"a kid that is {name}, signed with {title}",
                    token(signer=hmac_signer("HS256", secret), header=header), error="TokenInvalidSignatureError")
    for name, bad in each({"a number": 1, "a list": ["a"], "an object": {"a": "b"}, "null": None, "true": True}):
        refused("kid", f"a kid that is {name}", token(header={"alg": "HS256", "kid": bad}))

    public = public_pem(KEY_PAIRS["RS256"])
    ring = [
        {"algorithm": "HS256", "secret": SECRET.decode(), "kid": "new"},
        {"algorithm": "HS256", "secret": PREVIOUS_SECRET.decode(), "kid": "old"},
        {"algorithm": "RS256", "public_pem": public, "kid": "pair"},
    ]
    new, old = hmac_signer("HS256"), hmac_signer("HS256", PREVIOUS_SECRET)

    def named(kid: object, signer: Signer, algorithm: str = "HS256") -> bytes:
        return token(signer=signer, header={"alg": algorithm, "kid": kid})

    for name, sent in each({
        "the name of its key": named("new", new),
        "the name of the previous key": named("old", old),
        "the name of a key pair": named("pair", pair_signer("RS256"), "RS256"),
    }):
        accepted("kid", f"in a ring: {name}", sent, ring=ring)
    accepted("kid", "in a ring: without a kid each key of the algorithm is tried", token(signer=old), ring=ring)
    for name, sent in each({
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
        refused("kid", f"in a ring: {name}", sent, ring=ring, error="TokenInvalidSignatureError")
    for name, bad in each({"a number": 0, "a list": ["new"], "an object": {"new": 1}, "null": None}):
        refused("kid", f"in a ring: a kid that is {name}", named(bad, new), ring=ring)


def crit_b64_zip() -> None:
    """Extensions: crit, b64 and zip."""
    for name, fields in each({
        "crit with an unknown name": {"crit": ["x-unknown"], "x-unknown": 1},
        "crit with an unknown name that is absent": {"crit": ["x-unknown"]},
        "crit with b64": {"crit": ["b64"], "b64": False},
        "crit with b64 that is true": {"crit": ["b64"], "b64": True},
        "crit with a registered name": {"crit": ["exp"], "exp": NOW + 60},
        "crit with alg": {"crit": ["alg"]},
        "crit that is empty": {"crit": []},
        "crit that is a string": {"crit": "exp"},
        "crit that is null": {"crit": None},
        "crit that is an object": {"crit": {}},
        "crit that is false": {"crit": False},
        "crit with numbers": {"crit": [1]},
        "b64 that is false": {"b64": False},
        "b64 that is true": {"b64": True},
        "zip": {"zip": "DEF"},
        "zip that is null": {"zip": None},
    }):
        refused("crit-b64-zip", name, token(header={"alg": "HS256", "typ": "JWT", **fields}))
    header = b64(b'{"alg":"HS256","b64":false,"crit":["b64"]}')
    claims = json_object(honest_claims())
    refused("crit-b64-zip", "a payload that is not encoded, as b64 allows",
            header + b"." + claims + b"." + b64(hmac.digest(SECRET, header + b"." + claims, "sha256")))
    accepted("crit-b64-zip", "names that only look like an extension",
             token(header={"alg": "HS256", "Crit": ["x"], "B64": False, "zip ": "DEF", "exp": 1}))


def edited_token() -> None:
    """A signature or a payload that was edited."""
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
            "with its first bit flipped": bytes([signature[0] ^ 0x80]) + signature[1:],
            "with its last bit flipped": signature[:-1] + bytes([signature[-1] ^ 1]),
            "twice": signature * 2,
        }):
            refused("edited-token", f"{name}: the signature is {title}", left + b"." + b64(changed), error=wrong,
                    configuration=configuration)
        refused("edited-token", f"{name}: a signature longer than that of any algorithm", left + b"." + b64(bytes(1_100)), configuration=configuration)
        header, payload = left.split(b".")
        edited = header + b"." + b64(unb64(payload).replace(b"user123", b"admin45"))
        refused("edited-token", f"{name}: an edited payload", edited + b"." + right, error=wrong, configuration=configuration)
    key = private_key("p256")
    left, right = token(signer=ecdsa_signer("ES256", key)).rsplit(b".", 1)
    r, s = (int.from_bytes(unb64(right)[half : half + 32], "big") for half in (0, 32))
    n = ORDERS["secp256r1"]
    for name, pair in each({
        "r is 0": (0, s), "s is 0": (r, 0), "both are 0": (0, 0), "r is n": (n, s), "s is n": (r, n), "r is n + 1": (n + 1, s),
        "s is n + 1": (r, n + 1), "both are n": (n, n), "r and s are 1": (1, 1), "r and s are exchanged": (s, r),
        "all bits are set": (2**256 - 1, 2**256 - 1),
    }):
        refused("edited-token", f"ES256: {name}", left + b"." + b64(b"".join(part.to_bytes(32, "big") for part in pair)), error=wrong,
                configuration="ES256")
    refused("edited-token", "ES256: the signature in DER", left + b"." + b64(der_of(r, s)), error=wrong, configuration="ES256")


def der_of(*numbers: int) -> bytes:
    parts = b""
    for number in numbers:
        content = number.to_bytes(number.bit_length() // 8 + 1, "big")
        parts += b"\x02" + bytes([len(content)]) + content
    return b"\x30" + bytes([len(parts)]) + parts


def rsa_signatures() -> None:
    """RSA signatures that are nearly right."""
    key = KEY_PAIRS["RS256"]
    numbers = key.private_numbers()
    modulus: int = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    # DigestInfo of SHA-256, RFC 8017 section 9.2.
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420")

    def encoded(data: bytes, *, behind: bytes = b"", filled_with: bytes = b"\xff", null: bool = True) -> bytes:
        info = digest_info if null else bytes.fromhex("302f300b0609608648016503040201" "0420")
        end = b"\0" + info + hashlib.sha256(data).digest() + behind
        return b"\0\1" + filled_with * (size - 2 - len(end)) + end

    def signer(**flaws: Any) -> Signer:
        def sign(data: bytes) -> bytes:
            number: int = pow(int.from_bytes(encoded(data, **flaws), "big"), numbers.d, modulus)
            return number.to_bytes(size, "big")

        return Signer("RS256", key, sign)

    accepted("rsa-signatures", "a correct encoding made by hand", token(signer=signer()), configuration="RS256")
    for title, flaws in each({
        "bytes behind the hash": {"behind": bytes(32)}, "one byte behind the hash": {"behind": b"\1"},
        "zeros as the padding": {"filled_with": b"\0"}, "another padding": {"filled_with": b"\x01"},
        "no NULL behind the algorithm": {"null": False},
    }):
        refused("rsa-signatures", f"an RSA signature with {title}", token(signer=signer(**flaws)), error="TokenInvalidSignatureError",
                configuration="RS256")
    # One signature in 256 begins with a zero byte.
    short = next(sent for sent in (token(signer=pair_signer("RS256"), jti=str(number)) for number in range(5_000))
                 if unb64(sent.rpartition(b".")[2])[0] == 0)
    left, _, signature = short.rpartition(b".")
    accepted("rsa-signatures", "an RSA signature that begins with a zero", short, configuration="RS256")
    refused("rsa-signatures", "an RSA signature without the zero that it begins with", left + b"." + b64(unb64(signature)[1:]),
            error="TokenInvalidSignatureError", configuration="RS256")
    refused("rsa-signatures", "an RSA signature with one more zero", left + b"." + b64(b"\0" + unb64(signature)), error="TokenInvalidSignatureError",
            configuration="RS256")
    larger = (int.from_bytes(unb64(signature), "big") + modulus).to_bytes(size + 1, "big").lstrip(b"\0")
    refused("rsa-signatures", "an RSA signature plus the modulus", left + b"." + b64(larger), error="TokenInvalidSignatureError",
            configuration="RS256")


def previous_keys() -> None:
    """Signed by a previous key."""
    settings = {"JWT_PREVIOUS_SECRET_KEY": PREVIOUS_SECRET.decode()}
    previous = hmac_signer("HS256", PREVIOUS_SECRET)
    accepted("previous-keys", "a token signed by the previous secret", token(signer=previous), settings=settings)
    accepted("previous-keys", "a token signed by the present secret", HONEST, settings=settings)
    refused("previous-keys", "a token signed by a secret that is no longer the previous", token(signer=previous),
            error="TokenInvalidSignatureError")
    refused("previous-keys", "a token signed by neither", token(signer=hmac_signer("HS256", ATTACKERS_SECRET)), settings=settings,
            error="TokenInvalidSignatureError")
    refused("previous-keys", "a token signed by the previous secret, expired", token(signer=previous, exp=NOW - 1), settings=settings,
            error="TokenExpiredError")
    refused("previous-keys", "a token signed by neither, expired", token(signer=hmac_signer("HS256", ATTACKERS_SECRET), exp=NOW - 1),
            settings=settings, error="TokenInvalidSignatureError")
    pem = {"JWT_PREVIOUS_PUBLIC_KEY": public_pem(private_key("rsa-previous"))}
    previous = rsa_signer("RS256", private_key("rsa-previous"))
    accepted("previous-keys", "a token signed by the previous key pair", token(signer=previous), configuration="RS256", settings=pem)
    refused("previous-keys", "a token signed by the previous key pair, expired", token(signer=previous, exp=NOW - 1),
            configuration="RS256", settings=pem, error="TokenExpiredError")
    refused("previous-keys", "a token signed by an unknown key pair", token(signer=rsa_signer("RS256", private_key("rsa-attacker"))),
            configuration="RS256", settings=pem, error="TokenInvalidSignatureError")
