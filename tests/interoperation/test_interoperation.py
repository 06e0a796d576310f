"""A token of either face is accepted by the other, and both give the same answers.

Each case is issued in both faces and used in both, over HTTP: four answers, which must be equal and right. Run with
`make test-interoperation`; `make interoperation-table` writes the answers into docs/interoperation.md.
"""

from collections import Counter
from collections.abc import Callable
from typing import get_args

import pytest

from authx.types import AlgorithmType
from tests.interoperation.case import Case, Result, run
from tests.interoperation.configurations import ALGORITHMS, STORED, configurations
from tests.interoperation.exchange import Answer
from tests.interoperation.forging import signed
from tests.interoperation.services import Services
from tests.interoperation.table import CASES, DOCUMENT, USES, Use, written
from tests.sets import UNDECODABLE

Results = Callable[[Case], list[Result]]


@pytest.fixture(scope="session")
def results(services: Services) -> Results:
    """The answers of both faces to a case, which is run only once."""
    known: dict[int, list[Result]] = {}

    def of(case: Case) -> list[Result]:
        if id(case) not in known:
            known[id(case)] = run(case, services)
        return known[id(case)]

    return of


@pytest.mark.parametrize("use", USES, ids=lambda use: use.case.name)
def test_a_token_of_either_face_is_accepted_by_both(use: Use, results: Results) -> None:
    check(use.case, results(use.case))


@pytest.mark.parametrize(("theme", "case"), CASES, ids=lambda part: part.name if isinstance(part, Case) else part)
def test_both_faces_give_the_right_answer_to(theme: str, case: Case, results: Results) -> None:
    check(case, results(case))


def test_every_algorithm_is_used() -> None:
    known = [algorithm for kind in get_args(AlgorithmType) for algorithm in get_args(kind)]
    assert sorted(ALGORITHMS) == sorted(known)


def test_every_error_of_a_token_has_a_case() -> None:
    usual = {"MissingTokenError", "AccessTokenRequiredError", "RefreshTokenRequiredError", "LoginTypeMismatchError"}
    usual |= {"FreshTokenRequiredError", "MissingCSRFTokenError", "CSRFError", "InsufficientScopeError"}
    usual |= {"ForeignOriginError", "UnknownSubjectError"}
    assert {case.error for _, case in CASES} - {None} == usual | UNDECODABLE | {
        "RevokedTokenError",
        "SessionRevoked",
    } | {
        "PolicyDeniedError",
        "PolicyEvaluationError",
        "RateLimitExceeded",
    }


def test_every_configuration_has_a_case() -> None:
    used = {name for _, case in CASES for name in (case.configuration, case.issued_by)}
    assert set(configurations()) - used - set(STORED) == set(ALGORITHMS) - {"HS256", "HS512"}


def test_every_case_has_a_unique_name() -> None:
    names = Counter((theme, case.name, case.configuration) for theme, case in CASES)
    assert [name for name, count in names.items() if count > 1] == []


def test_the_documentation_has_the_answers_of_this_run(
    results: Results, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    before = DOCUMENT.read_text()
    after = written(before, results)
    if request.config.getoption("--write-interoperation-table"):
        DOCUMENT.write_text(after)
    else:
        assert after == before, "docs/interoperation.md is stale: run `make interoperation-table`"
    with capsys.disabled():
        print(
            f"\ninteroperation: {len(USES)} uses of {len(ALGORITHMS)} algorithms and {len(CASES)} other cases,"
            f" {sum(len(results(case)) for case in [*(use.case for use in USES), *(case for _, case in CASES)])} answers"
        )


# The comparison itself: it leaves out random values and the server's headers, and nothing else.


def answer(*headers: tuple[str, str], status: int = 200, body: str = "") -> Answer:
    return Answer(status, list(headers), body.encode())


TOKEN = signed(jti="1b4e28ba-2fa1-41d2-883f-0016d3cca427")
SAME_CLAIMS = signed(jti="6fa459ea-ee8a-4ca4-894e-db77e160355e")
OTHER_CLAIMS = signed(jti="6fa459ea-ee8a-4ca4-894e-db77e160355e", exp=1_893_500_000)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (answer(body=TOKEN), answer(body=SAME_CLAIMS)),
        (answer(("set-cookie", f"a={TOKEN}; Path=/")), answer(("set-cookie", f"a={SAME_CLAIMS}; Path=/"))),
        (answer(("date", "now"), ("server", "one")), answer(("date", "then"))),
        (answer(("a", "1"), ("b", "2")), answer(("b", "2"), ("a", "1"))),
    ],
)
def test_answers_are_equal_but_for_random_values_and_the_server(one: Answer, other: Answer) -> None:
    assert one.comparable() == other.comparable()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (answer(status=401), answer(status=422)),
        (answer(body=TOKEN), answer(body=OTHER_CLAIMS)),
        (answer(body=TOKEN), answer()),
        (answer(body='{"a":1}'), answer(body='{"a": 1}')),
        (answer(("content-type", "application/json")), answer(("content-type", "application/json; charset=utf-8"))),
        (answer(("www-authenticate", "Bearer")), answer()),
        (answer(("set-cookie", "a=; Max-Age=1")), answer(("set-cookie", "a=; Max-Age=2"))),
        (answer(("set-cookie", "a=1"), ("set-cookie", "b=2")), answer(("set-cookie", "b=2"), ("set-cookie", "a=1"))),
        (answer(("x-other", "1")), answer()),
    ],
)
def test_answers_that_differ_in_anything_else_are_not_equal(one: Answer, other: Answer) -> None:
    assert one.comparable() != other.comparable()


def check(case: Case, results: list[Result]) -> None:
    for issuer, face, _, answer in ((result.issuer, result.face, result.request, result.answer) for result in results):
        way = f"issued by {issuer}, used in {face}: {answer}"
        assert answer.status == case.status, way
        assert answer.all("www-authenticate") == ([] if case.challenge is None else [case.challenge]), way
        assert answer.cookies == list(case.cookies), way
        if case.error is not None:
            assert answer.json()["error_type"] == case.error, way
            assert answer.all("content-type") == ["application/json"], way
        if case.body is not None:
            assert case.body in answer.body.decode(), way
    first, *others = results
    for other in others:
        assert first.answer.comparable() == other.answer.comparable(), (
            f"issued by {first.issuer}, used in {first.face} / issued by {other.issuer}, used in {other.face}"
        )
