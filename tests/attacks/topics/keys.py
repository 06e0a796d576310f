"""Settings whose keys are invalid or too weak: the error names the setting."""

import base64
from pathlib import Path
from typing import Any

from tests.attacks.signing import KEY_PAIRS, MARKER, public_pem
from tests.attacks.tokens import HONEST

KEYS = Path(__file__).parents[2] / "keys"


def bad_keys() -> list[dict[str, Any]]:
    """Settings, each with the name of the one that the error has to name."""
    small_order = [
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "00" * 32,
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ]
    weak: list[tuple[str, str, str, str, str]] = [
        *(
            ("weak-keys", f"an Ed25519 key of small order, {point[:8]}", "EdDSA", "JWT_PUBLIC_KEY", _ed25519(point))
            for point in small_order
        ),
        ("weak-keys", "an RSA key of 1024 bits", "RS256", "JWT_PUBLIC_KEY", _file("rsa-1024.spki")),
        ("weak-keys", "an RSA key with an exponent of 1", "RS256", "JWT_PUBLIC_KEY", _rsa_with_exponent_1()),
    ]
    for setting, other in (("JWT_PRIVATE_KEY", "p256.spki"), ("JWT_PUBLIC_KEY", "p256.pkcs8")):
        weak += [
            ("no-key", f"{setting} is {title}", "ES256", setting, value)
            for title, value in {
                "empty": "",
                "a string that is no key": f"{MARKER} is no key",
                "a chain of certificates": _file("certificate") + _file("rsa.certificate"),
                "the other half": _file(other),
                "two keys": _file(f"p256.{'pkcs8' if 'PRIVATE' in setting else 'spki'}") * 2,
                "half a key": _file(f"p256.{'pkcs8' if 'PRIVATE' in setting else 'spki'}")[:80],
                "of another curve": _file(f"p384.{'pkcs8' if 'PRIVATE' in setting else 'spki'}"),
                "of another kind": _file(f"rsa.{'pkcs8' if 'PRIVATE' in setting else 'spki'}"),
                "a token": HONEST.decode(),
            }.items()
        ]
    weak += [
        ("no-key", "JWT_PRIVATE_KEY is a certificate", "ES256", "JWT_PRIVATE_KEY", _file("certificate")),
        ("no-key", "JWT_PUBLIC_KEY is for RSA-PSS alone", "RS256", "JWT_PUBLIC_KEY", _file("rsa-pss.spki")),
        ("no-key", "JWT_PUBLIC_KEY is for another PS", "PS512", "JWT_PUBLIC_KEY", _file("rsa-pss-sha256.spki")),
        ("no-key", "JWT_PRIVATE_KEY is encrypted", "ES256", "JWT_PRIVATE_KEY", _file("encrypted.pkcs8")),
        ("no-key", "JWT_SECRET_KEY is empty", "HS256", "JWT_SECRET_KEY", ""),
        ("no-key", "JWT_SECRET_KEY is a public key", "HS256", "JWT_SECRET_KEY", public_pem(KEY_PAIRS["ES256"])),
        ("no-key", "JWT_SECRET_KEY is a private key", "HS512", "JWT_SECRET_KEY", _file("rsa.pkcs8")),
    ]
    cases = [
        {"topic": topic, "name": name, "settings": {"JWT_ALGORITHM": algorithm, setting: value}, "setting": setting}
        for topic, name, algorithm, setting, value in weak
    ]
    short = {"JWT_SECRET_KEY": f"{MARKER} short", "JWT_STRICT_KEYS": True}
    return [
        *cases,
        {
            "topic": "no-key",
            "name": "a short secret, with JWT_STRICT_KEYS",
            "settings": short,
            "setting": "JWT_SECRET_KEY",
        },
    ]


def _file(name: str) -> str:
    return (KEYS / f"{name}.pem").read_text()


def _ed25519(point: str) -> str:
    # RFC 8410 section 4: a SubjectPublicKeyInfo, up to the key.
    return _pem("PUBLIC KEY", bytes.fromhex("302a300506032b6570032100" + point))


def _rsa_with_exponent_1() -> str:
    # RFC 8017 appendix A.1.1: a modulus of 2048 bits, and the number one.
    modulus = KEY_PAIRS["RS256"].public_key().public_numbers().n.to_bytes(256, "big")
    return _pem("RSA PUBLIC KEY", bytes.fromhex("308201080282010100") + modulus + bytes.fromhex("020101"))


def _pem(label: str, der: bytes) -> str:
    encoded = base64.b64encode(der).decode()
    lines = "\n".join(encoded[start : start + 64] for start in range(0, len(encoded), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
