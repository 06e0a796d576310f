"""A child that is forked while other threads verify, create and change settings never hangs on what they held."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = Path(__file__).parents[1] / "keys"

# In a process of its own: its threads can't be forked along with those of the tests.
PROGRAM = """
import os, sys, threading, time
from authx import AuthX, AuthXConfig, PolicyEngine, PolicyRule, RequestToken
from authx.keys import Key, KeyRing
from authx.policy import PolicyContext
import asyncio

algorithm, private, forks = sys.argv[1], open(sys.argv[2]).read(), int(sys.argv[3])
# All of them at first: the locks of pydantic, which validates settings, are not those of the package.
configs = [
    AuthXConfig(JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=private, JWT_VERIFICATION_CACHE_ENTRIES=4, JWT_DECODE_LEEWAY=leeway)
    for leeway in (0, 1, 2)
]
auth = AuthX(configs[0])
# Such a key can't be built anew in the child: only this object has it.
with_ring = AuthX(AuthXConfig(JWT_ALGORITHM=algorithm), keys=KeyRing([Key.from_private_pem(algorithm, private, kid="a")]))
policy = PolicyEngine([PolicyRule("allow", ["read"], ["reports"])])
question = PolicyContext("user", "read", "reports")
tokens = [RequestToken(token=auth.create_access_token("ada"), location="headers") for _ in range(32)]
ended = threading.Event()

def verify():
    while not ended.is_set():
        for token in tokens:
            auth.verify_token(token)

def create():
    while not ended.is_set():
        auth.create_access_token("ada")
        with_ring.create_access_token("ada")

def change():
    # Each change builds an engine, or compiles the rules, under a lock.
    while not ended.is_set():
        auth.load_config(configs[1])
        auth.keys
        policy.default_allow = False
        asyncio.run(policy.evaluate(question))

def child():
    for token in tokens:
        assert auth.verify_token(token).sub == "ada"
    found = RequestToken(token=auth.create_access_token("eve"), location="headers")
    assert auth.verify_token(found).sub == "eve"
    found = RequestToken(token=with_ring.create_access_token("eve"), location="headers")
    assert with_ring.verify_token(found).sub == "eve"
    auth.load_config(configs[2])
    assert auth.verify_token(found).sub == "eve"
    policy.add_rule(PolicyRule("deny", ["read"], ["reports"]))
    assert not asyncio.run(policy.evaluate(question)).allowed

threads = [threading.Thread(target=work, daemon=True) for work in (verify, verify, create, change)]
for thread in threads:
    thread.start()
for number in range(forks):
    time.sleep(0.003 * (number % 5))
    pid = os.fork()
    if pid == 0:
        try:
            child()
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    until = time.monotonic() + 20
    while (status := os.waitpid(pid, os.WNOHANG)) == (0, 0):
        if time.monotonic() > until:
            os.kill(pid, 9)
            sys.exit(f"child {number} hangs")
        time.sleep(0.001)
    if status[1] != 0:
        sys.exit(f"child {number} ended with {status[1]}")
ended.set()
for thread in threads:
    thread.join()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(("algorithm", "key"), [("ES256", "p256.pkcs8"), ("RS256", "rsa.pkcs8")])
def test_a_child_of_a_process_with_many_threads_verifies_and_creates(algorithm: str, key: str) -> None:
    forked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, algorithm, str(KEYS / f"{key}.pem"), "100"],
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert (forked.returncode, forked.stdout, forked.stderr) == (0, "", "")
