"""The tests of the service for notes, as written for `authx` 1.7.1."""

import unittest
import warnings
from datetime import timedelta
from unittest.mock import patch

warnings.simplefilter("ignore")

import notes
from authx import AuthX, AuthXConfig
from fastapi.testclient import TestClient


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Case(unittest.TestCase):
    def setUp(self) -> None:
        # The client keeps cookies as a browser does; a new one has none.
        self.client = TestClient(notes.app)
        notes.REVOKED.clear()
        notes.NOTES.update({"1": ["the first note"], "2": []})

    def login(self, name: str = "ada", password: str = "engine") -> dict[str, str]:
        answer = self.client.post("/login", json={"name": name, "password": password})
        self.assertEqual(answer.status_code, 200)
        tokens: dict[str, str] = answer.json()
        return tokens

    def refused(self, answer, status: int, kind: str, message: str | None = None) -> None:
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.json()["error_type"], kind)
        if message is not None:
            self.assertEqual(answer.json()["message"], message)


class WithHeaders(Case):
    def setUp(self) -> None:
        super().setUp()
        self.tokens = self.login()
        self.client.cookies.clear()
        self.headers = bearer(self.tokens["access_token"])

    def test_access_token_opens_routes(self) -> None:
        self.assertEqual(self.client.get("/notes", headers=self.headers).json(), ["the first note"])
        self.assertEqual(self.client.get("/me", headers=self.headers).json(), {"name": "ada"})

    def test_no_token_is_answered_by_the_services_own_handler(self) -> None:
        answer = self.client.get("/notes")
        self.assertEqual((answer.status_code, answer.json()), (401, {"detail": "log in first"}))

    def test_refresh_token_opens_no_routes(self) -> None:
        answer = self.client.get("/notes", headers=bearer(self.tokens["refresh_token"]))
        self.refused(answer, 401, "AccessTokenRequiredError", "Access token required")

    def test_access_token_does_not_refresh(self) -> None:
        answer = self.client.post("/session/refresh", headers=self.headers)
        self.refused(answer, 401, "RefreshTokenRequiredError", "Refresh token required")

    def test_refreshed_token_is_not_fresh(self) -> None:
        answer = self.client.post("/session/refresh", headers=bearer(self.tokens["refresh_token"]))
        headers = bearer(answer.json()["access_token"])
        self.assertEqual(self.client.get("/notes", headers=headers).status_code, 200)
        self.refused(self.client.post("/password", headers=headers), 401, "FreshTokenRequiredError")
        self.assertEqual(self.client.post("/password", headers=self.headers).json(), {"changed": "1"})

    def test_scopes_decide(self) -> None:
        bob = bearer(self.login("bob", "builder")["access_token"])
        self.client.cookies.clear()
        self.assertEqual(self.client.post("/notes", json={"text": "mine"}, headers=self.headers).status_code, 201)
        answer = self.client.post("/notes", json={"text": "mine"}, headers=bob)
        self.refused(answer, 403, "InsufficientScopeError")
        self.assertIn("notes:write", answer.json()["message"])

    def test_a_scope_with_a_star_grants_what_is_under_it(self) -> None:
        eve = bearer(self.login("eve", "listener")["access_token"])
        self.client.cookies.clear()
        self.assertEqual(self.client.get("/admin/users", headers=eve).json(), ["ada", "bob", "eve"])
        self.refused(self.client.get("/admin/users", headers=self.headers), 403, "InsufficientScopeError")

    def test_logout_revokes(self) -> None:
        self.assertEqual(self.client.post("/session/logout", headers=self.headers).json(), {"logged_out": True})
        self.refused(self.client.get("/notes", headers=self.headers), 401, "RevokedTokenError", "Invalid token")

    def test_expired_forged_and_broken_tokens_are_refused(self) -> None:
        expired = notes.auth.create_access_token("1", expiry=timedelta(seconds=-10))
        self.refused(self.client.get("/notes", headers=bearer(expired)), 422, "TokenExpiredError")
        another = AuthX(AuthXConfig(JWT_SECRET_KEY="a secret of somebody else, 32 bytes and more"))
        forged = another.create_access_token("1")
        self.refused(self.client.get("/notes", headers=bearer(forged)), 422, "TokenInvalidSignatureError")
        self.refused(self.client.get("/notes", headers=bearer("no token")), 422, "JWTDecodeError", "Invalid Token")

    def test_token_is_shown_with_its_own_claims(self) -> None:
        self.assertEqual(
            self.client.get("/token", headers=self.headers).json(),
            {"location": "headers", "type": "access", "sub": "1", "name": "ada"},
        )

    def test_an_unknown_subject_is_none(self) -> None:
        with patch.dict(notes.USERS, clear=True):
            with self.assertRaises(TypeError):
                self.client.get("/me", headers=self.headers)

    def test_dependencies_can_be_overridden(self) -> None:
        payload = notes.TokenPayload(sub="2", scopes=["notes:read"])
        notes.app.dependency_overrides[notes.auth.access_token_required] = lambda: payload
        self.addCleanup(notes.app.dependency_overrides.clear)
        answer = self.client.get("/notes", headers=self.headers)
        self.assertEqual(answer.json(), ["the first note"])


class WithCookies(Case):
    def test_login_sets_cookies(self) -> None:
        answer = self.client.post("/login", json={"name": "ada", "password": "engine"})
        cookies = {line.split("=", 1)[0]: line for line in answer.headers.get_list("set-cookie")}
        self.assertEqual(
            sorted(cookies), ["csrf_access_token", "csrf_refresh_token", "notes_access", "refresh_token_cookie"]
        )
        self.assertIn("HttpOnly", cookies["notes_access"])
        self.assertNotIn("HttpOnly", cookies["csrf_access_token"])
        self.assertIn("Path=/session", cookies["refresh_token_cookie"])
        self.assertIn("samesite=strict", cookies["notes_access"].lower())

    def test_reading_needs_no_csrf_value(self) -> None:
        self.login()
        self.assertEqual(self.client.get("/notes").json(), ["the first note"])

    def test_writing_needs_the_csrf_value(self) -> None:
        self.login()
        note = {"text": "mine"}
        self.assertEqual(self.client.post("/notes", json=note).status_code, 401)
        self.refused(self.client.post("/notes", json=note, headers={"X-CSRF-TOKEN": "guess"}), 401, "CSRFError")
        csrf = {"X-CSRF-TOKEN": self.client.cookies["csrf_access_token"]}
        self.assertEqual(self.client.post("/notes", json=note, headers=csrf).json(), ["the first note", "mine"])

    def test_refresh_replaces_the_access_cookie(self) -> None:
        before = self.login()["access_token"]
        csrf = {"X-CSRF-TOKEN": self.client.cookies["csrf_refresh_token"]}
        answer = self.client.post("/session/refresh", headers=csrf)
        self.assertEqual(answer.status_code, 200)
        self.assertNotEqual(self.client.cookies["notes_access"], before)
        self.assertEqual(self.client.get("/notes").status_code, 200)

    def test_logout_deletes_cookies(self) -> None:
        self.login()
        csrf = {"X-CSRF-TOKEN": self.client.cookies["csrf_access_token"]}
        self.assertEqual(self.client.post("/session/logout", headers=csrf).status_code, 200)
        self.assertNotIn("notes_access", self.client.cookies)
        self.assertEqual(self.client.get("/notes").status_code, 401)

    def test_a_token_near_its_end_is_replaced(self) -> None:
        self.login()
        near = notes.auth.create_access_token("1", scopes=["notes:read"], expiry=timedelta(minutes=5))
        self.client.cookies.clear()
        self.client.cookies.set("notes_access", near)
        answer = self.client.get("/notes")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("notes_access", answer.cookies)


if __name__ == "__main__":
    unittest.main()
