"""For the tests of an application: a frozen clock, a logged-in client, and tokens that must be refused.

They need neither a server nor a login route:

```python
from authx.testing import FrozenClock, log_in, refused_tokens
from fastapi.testclient import TestClient

def test_only_ada_sees_her_page():
    client = TestClient(app, base_url="https://testserver")
    for fault, token in refused_tokens(auth, "ada").items():
        answer = client.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 422), fault

    with FrozenClock() as clock:
        log_in(client, auth, "ada")
        assert client.get("/me").json() == "ada"
        clock.advance(minutes=15)
        assert client.get("/me").json()["error_type"] == "TokenExpiredError"
```

The pytest fixtures `authx_clock` and `authx_log_in` do the same: see docs/testing.md.
"""

from authx.testing.frozen_clock import FrozenClock
from authx.testing.login import HttpClient, Login, log_in
from authx.testing.tokens import refused_tokens

__all__ = ["FrozenClock", "HttpClient", "Login", "log_in", "refused_tokens"]
