"""Keys, and signatures that are the same in every run."""

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

MARKER = "never-to-be-seen-5f2c81"
SECRET = f"{MARKER} is in the secret that signs, long enough for HS512 as well".encode()
PREVIOUS_SECRET = f"{MARKER} is in the secret before, and it is long enough too, for HS512".encode()
ATTACKERS_SECRET = b"what the attacker made up, and it is of a length that nobody objects to"

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


class Signer(NamedTuple):
    algorithm: str
    key: Any
    sign: Callable[[bytes], bytes]


def hmac_signer(algorithm: str, secret: bytes = SECRET) -> Signer:
    name = HASHES[algorithm[2:5]][0]
    return Signer(algorithm, secret, lambda data: hmac.digest(secret, data, name))


def pair_signer(algorithm: str) -> Signer:
    key = KEY_PAIRS[algorithm]
    if algorithm == "EdDSA":
        return eddsa_signer(key)
    return ecdsa_signer(algorithm, key) if algorithm.startswith("ES") else rsa_signer(algorithm, key)


def rsa_signer(algorithm: str, key: rsa.RSAPrivateKey, *, salt: bytes | None = None) -> Signer:
    name, hashing = HASHES[algorithm[2:5]]
    if algorithm.startswith("RS"):
        return Signer(algorithm, key, lambda data: key.sign(data, padding.PKCS1v15(), hashing))

    def sign(data: bytes) -> bytes:
        # RSASSA-PSS (RFC 8017 section 8.1.1) with a salt that is always the same.
        numbers = key.private_numbers()
        modulus = numbers.public_numbers.n
        digest = hashlib.new(name, data).digest()
        used_salt = bytes(range(len(digest))) if salt is None else salt
        seed = hashlib.new(name, bytes(8) + digest + used_salt).digest()
        length = (modulus.bit_length() + 6) // 8
        block = bytes(length - len(used_salt) - len(seed) - 2) + b"\x01" + used_salt
        mask = b"".join(hashlib.new(name, seed + counter.to_bytes(4, "big")).digest() for counter in range(length))
        masked = bytearray(a ^ b for a, b in zip(block, mask, strict=False))
        masked[0] &= 0xFF >> (8 * length - modulus.bit_length() + 1)
        encoded = int.from_bytes(bytes(masked) + seed + b"\xbc", "big")
        return pow(encoded, numbers.d, modulus).to_bytes((modulus.bit_length() + 7) // 8, "big")

    return Signer(algorithm, key, sign)


def ecdsa_signer(algorithm: str, key: ec.EllipticCurvePrivateKey) -> Signer:
    name = HASHES[algorithm[2:5]][0]

    def sign(data: bytes) -> bytes:
        # FIPS 186-5 section 6.4.1, with the secret number of each signature derived from the key and the signed data.
        order = ORDERS[key.curve.name]
        size = (order.bit_length() + 7) // 8
        secret = key.private_numbers().private_value
        digest = hashlib.new(name, data).digest()
        number = (
            int.from_bytes(hashlib.sha512(secret.to_bytes(66, "big") + digest).digest() * 2, "big") % (order - 1) + 1
        )
        e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - order.bit_length())
        r = ec.derive_private_key(number, key.curve).public_key().public_numbers().x % order
        s = pow(number, -1, order) * (e + r * secret) % order
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return Signer(algorithm, key, sign)


def eddsa_signer(key: ed25519.Ed25519PrivateKey) -> Signer:
    return Signer("EdDSA", key, key.sign)


def private_key(name: str) -> Any:
    return serialization.load_pem_private_key((Path(__file__).parent / "keys" / f"{name}.pem").read_bytes(), None)


def public_pem(key: Any) -> str:
    pem: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()


KEY_PAIRS: dict[str, Any] = {
    **{f"{kind}{size}": private_key("rsa") for kind in ("RS", "PS") for size in HASHES},
    "ES256": private_key("p256"),
    "ES256K": private_key("secp256k1"),
    "ES384": private_key("p384"),
    "ES512": private_key("p521"),
    "EdDSA": private_key("ed25519"),
}
