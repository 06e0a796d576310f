"""The demo's page in a real browser: what a person sees from login to logout."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chromium import WAIT_SECONDS, chromium
from tests.browser.demo_page import ADA, GRACE, DemoPage
from tests.browser.demo_service import Demo, Face, free_port, running_service

pytestmark = pytest.mark.browser


def test_login_shows_the_decoded_token_and_its_remaining_time(page: DemoPage) -> None:
    page.log_in(ADA)

    assert page.token().count(".") == 2
    assert page.claim("alg") == "HS256"
    assert page.claim("sub") == "ada"
    assert page.claim("type") == "access"
    assert page.claim("fresh") == "true"
    assert page.claim("scopes").split() == ["admin:*", "users:read", "users:delete"]
    assert page.shown("#clock-cookie .remaining").text.startswith("0:")


def test_wrong_password_is_refused_in_words(page: DemoPage) -> None:
    page.type_credentials("ada", "difference-engine")

    WebDriverWait(page.browser, WAIT_SECONDS).until(lambda _: page.shown("#login-error").text)
    assert page.shown("#login-error").text == "The name or the password is wrong"
    assert page.shown("#welcome").is_displayed()


def test_access_cookie_is_replaced_before_it_expires(page: DemoPage) -> None:
    page.log_in(ADA)
    page.press("#tab-cookie")
    first = page.claim("jti")

    event = page.shown(".event.renewed").text
    assert "Access cookie replaced: valid until" in event
    assert page.claim("jti") != first
    assert page.claim("fresh") == "false"
    assert page.try_out("me")[0] == 200


def test_after_expiry_the_cards_say_so_without_a_request(page: DemoPage) -> None:
    page.log_in(ADA)
    page.press("#tab-memory")
    # Nothing is asked any more, so that nothing renews the cookie.
    page.browser.execute_script("document.getElementById('keep-asking').click()")
    assert page.browser.find_element("id", "token-expired").text == ""

    words = "every route refuses it. Refresh gets a new one."
    assert words in page.shown("#token-expired:not(:empty)").text
    page.press("#tab-cookie")
    page.shown("#clock-cookie[data-state=expired]")
    assert page.shown("#clock-cookie .note").text == f"Expired: {words}"
    assert words in page.shown("#token-expired:not(:empty)").text
    page.press("#tab-memory")
    assert page.try_out("in-header")[1].count("TokenExpiredError") > 0

    page.press("#refresh")
    page.shown(".event.refresh")
    assert page.browser.find_element("id", "token-expired").text == ""


def test_refresh_gives_an_access_token_that_is_not_fresh(page: DemoPage) -> None:
    page.log_in(ADA)
    assert page.try_out("change-password")[0] == 200
    first = page.token()

    page.press("#refresh")
    assert "not fresh" in page.shown(".event.refresh").text
    assert page.token() != first
    assert page.claim("fresh") == "false"
    assert page.try_out("admin-users")[0] == 200
    status, answer = page.try_out("change-password")
    assert status == 401
    assert "FreshTokenRequiredError" in answer


def test_cookie_without_its_csrf_value_is_refused(page: DemoPage) -> None:
    page.log_in(ADA)

    assert page.try_out("csrf-missing")[0] == 401
    status, answer = page.try_out("csrf-wrong")
    assert status == 401
    assert "CSRFError" in answer
    assert page.try_out("csrf-right")[0] == 200


def test_token_is_found_in_each_place(page: DemoPage) -> None:
    page.log_in(GRACE)

    for place in ("in-header", "in-cookie", "in-query", "in-json"):
        status, answer = page.try_out(place)
        assert status == 200, answer
        assert '"subject": "grace"' in answer


def test_scopes_open_to_ada_what_they_refuse_to_grace(page: DemoPage) -> None:
    page.log_in(GRACE)
    statuses = {name: page.try_out(name)[0] for name in ("users", "users-delete", "admin", "admin-users")}
    assert statuses == {"users": 200, "users-delete": 403, "admin": 403, "admin-users": 403}

    page.press("#logout")
    page.log_in(ADA)
    statuses = {name: page.try_out(name)[0] for name in statuses}
    assert statuses == {"users": 200, "users-delete": 200, "admin": 200, "admin-users": 200}


def test_requests_beyond_the_limit_are_told_when_to_ask_again(page: DemoPage) -> None:
    page.log_in(GRACE)
    assert page.try_out("limited")[0] == 200

    # More than the limit, for a machine that is so slow that the window ends meanwhile.
    answers = (page.try_out("limited") for _ in range(12))
    refused = next(answer for status, answer in answers if status == 429)
    assert "RateLimitExceeded" in refused
    assert "retry-after" in refused


def test_operator_has_another_login_with_sessions(page: DemoPage) -> None:
    page.log_in(GRACE)
    page.press("#try-operator")
    assert "Log in as an operator first" in page.shown("#answer").text

    assert page.try_out("operator-login")[0] == 200
    assert page.try_out("operator")[0] == 200
    status, answer = page.try_out("user-as-operator")
    assert (status, "LoginTypeMismatchError" in answer) == (401, True)

    assert '"uid": "grace"' in page.try_out("sessions")[1]
    assert page.try_out("sessions-end")[0] == 200
    assert "SessionRevoked" in page.try_out("operator")[1]


def test_a_stolen_refresh_token_is_found_out(page: DemoPage) -> None:
    page.log_in(ADA)
    page.press("#try-stored-theft")
    assert "Begin a login in the store" in page.shown("#answer").text

    assert page.try_out("stored-login")[0] == 200
    assert '"uid": "ada"' in page.try_out("stored-list")[1]
    assert page.try_out("stored-refresh")[0] == 200
    status, answer = page.try_out("stored-theft")
    assert (status, "RefreshReusedError" in answer) == (401, True)
    # The login has ended, for the thief and for the victim.
    for name in ("stored-refresh", "stored-list"):
        status, answer = page.try_out(name)
        assert (status, "RevokedTokenError" in answer) == (401, True)


def test_other_logins_are_ended(page: DemoPage) -> None:
    page.log_in(ADA)
    page.try_out("stored-login")
    assert page.try_out("stored-login")[0] == 200
    assert page.try_out("stored-end")[0] == 200
    assert page.try_out("stored-list")[1].count('"session_id"') == 1


def test_policy_decides_by_scopes_and_by_the_document(page: DemoPage) -> None:
    tried = ("document-read", "document-write", "document-archived")
    page.log_in(GRACE)
    page.try_out("operator-login")
    assert [page.try_out(name)[0] for name in tried] == [200, 403, 403]

    page.press("#logout")
    page.log_in(ADA)
    page.try_out("operator-login")
    assert [page.try_out(name)[0] for name in tried] == [200, 200, 403]
    assert "The document is archived" in page.shown("#answer").text


def test_websocket_is_closed_when_its_token_is_revoked(page: DemoPage) -> None:
    page.log_in(ADA)
    status, answer = page.try_out("socket")
    assert (status, "hello, ada" in answer) == (101, True)
    assert page.try_out("socket-forged")[0] == 1006

    assert page.try_out("socket")[0] == 101
    assert page.try_out("revoke")[0] == 200
    WebDriverWait(page.browser, WAIT_SECONDS).until(
        lambda _: any("WebSocket was closed: RevokedTokenError" in event for event in page.events("refused"))
    )


def test_forged_and_misplaced_tokens_are_refused(page: DemoPage) -> None:
    page.log_in(GRACE)

    for forgery in ("tampered", "unsigned"):
        assert page.try_out(forgery)[0] in (401, 422)
    for misplaced in ("refresh-in-header", "refresh-in-query", "refresh-in-json"):
        status, answer = page.try_out(misplaced)
        assert status == 401
        assert "AccessTokenRequiredError" in answer


def test_revoked_token_is_refused_while_its_login_can_go_on(page: DemoPage) -> None:
    page.log_in(ADA)

    assert page.try_out("revoke")[0] == 200
    status, answer = page.try_out("revoked")
    assert status == 401
    assert "RevokedTokenError" in answer

    page.press("#refresh")
    page.shown(".event.refresh")
    assert page.try_out("me")[0] == 200


def test_logout_ends_every_token_of_the_login(page: DemoPage, demo_url: str) -> None:
    page.log_in(ADA)
    token = page.token()
    page.press("#refresh")
    page.shown(".event.refresh")

    page.press("#logout")
    assert page.shown("#login-note").text == "Logged out"
    everywhere = {"urls": [demo_url, f"{demo_url}/auth"]}
    assert page.browser.execute_cdp_cmd("Network.getCookies", everywhere)["cookies"] == []
    assert page.ask_me(token) == (401, "RevokedTokenError")


def test_login_is_kept_on_the_other_service(page: DemoPage, face: Face, other: Face) -> None:
    assert page.served_by() == face
    page.log_in(ADA)
    token = page.token()

    page.switch_to(other)
    assert "Still logged in as ada" in page.shown("#bench .event.login").text
    assert page.try_out("admin-users")[0] == 200
    assert page.ask_me(token) == (200, "ada")


def test_refresh_on_the_other_service_counts_on_both(page: DemoPage, face: Face, other: Face) -> None:
    page.log_in(ADA)
    page.switch_to(other)
    page.shown("#bench")

    page.press("#refresh")
    assert "not fresh" in page.shown(".event.refresh").text
    token = page.token()
    assert page.try_out("in-header")[0] == 200
    page.switch_to(face)
    page.shown("#bench")
    assert page.ask_me(token) == (200, "ada")


def test_logout_on_the_other_service_ends_the_login_on_both(page: DemoPage, demo: Demo, other: Face) -> None:
    page.log_in(ADA)
    token = page.token()
    first = page.browser.current_window_handle
    page.browser.switch_to.new_window("tab")
    try:
        page.browser.get(demo.url(other))
        page.shown("#bench")
        page.press("#logout")
        assert page.shown("#login-note").text == "Logged out"
        assert page.ask_me(token) == (401, "RevokedTokenError")
    finally:
        page.browser.close()
        page.browser.switch_to.window(first)

    WebDriverWait(page.browser, WAIT_SECONDS).until(
        lambda _: page.shown("#login-note").text == "This login was ended elsewhere"
    )
    assert page.ask_me(token) == (401, "RevokedTokenError")


def test_token_revoked_on_one_service_is_refused_on_the_other(page: DemoPage, other: Face) -> None:
    page.log_in(GRACE)
    token = page.token()
    assert page.try_out("revoke")[0] == 200

    page.switch_to(other)
    assert page.ask_me(token) == (401, "RevokedTokenError")


def test_service_that_is_alone_shows_its_name_only(browser: Chrome, face: Face) -> None:
    with running_service(face, free_port(), {}) as url:
        page = DemoPage(browser, url)
        assert [link.text for link in page.services()] == [face]
        assert page.complaints() == []


@pytest.mark.parametrize("width", [360, 560])
def test_page_fits_a_narrow_screen(demo_url: str, width: int) -> None:
    with chromium(width=width, height=760) as browser:
        page = DemoPage(browser, demo_url)
        widest = "return document.documentElement.scrollWidth"
        assert browser.execute_script(widest) <= width
        page.log_in(ADA)
        assert page.try_out("in-query")[0] == 200
        assert browser.execute_script(widest) <= width
