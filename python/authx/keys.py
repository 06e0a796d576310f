"""Keys and rings of keys, for services that rotate their keys while they run.

```python
from authx import AuthX
from authx.keys import Key, KeyRing

auth = AuthX(keys=KeyRing([Key.from_secret("HS256", secret, kid="2026-12")]))
...
auth.change_keys(lambda ring: ring.signing_with(Key.from_secret("HS256", new_secret, kid="2027-01")))
```

One key, and the one before it, need only the settings: see `docs/keys.md`.
"""

from authx._authx import Key, KeyRing

__all__ = ["Key", "KeyRing"]
