"""What a search of the web may bring: nothing blocked, nothing twice, no page that nobody read."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from typing import Any

import pytest
from tests.engine.agents.language.office import DOWN, Office

from mle_star.agents.ask.request import Answer
from mle_star.agents.language.answers import Finding
from mle_star.agents.language.research import A_ROUND, is_blocked, search

Open = Callable[..., Office]
PAGE = "https://example.org/boosting"


def finding(name: str = "boosting", url: str = PAGE, **other: Any) -> dict[str, Any]:
    given = {"role": "model", "summary": "It works.", "example_code": "fit()"}
    return {"name": name, "url": url, **given, **other}


def found(*findings: dict[str, Any], pages: tuple[str, ...] = (PAGE,)) -> Answer:
    value = {"queries": ["churn models"], "findings": list(findings)}
    return Answer(value=value, cost=0.0, sources=tuple((f"About {url}", url) for url in pages))


def known(*names: str) -> list[Finding]:
    return [Finding.model_validate(finding(name)) for name in names]


def test_techniques_come_with_the_page_where_they_were_read(office: Open) -> None:
    here = office([found(finding())])

    done = search(here.team, 1, [], [])

    assert [one.name for one in done.findings] == ["boosting"]
    assert done.findings[0].url == PAGE
    assert here.steps == ["search round 1"]
    assert here.asked[0].agent == "ml-researcher"
    assert here.asked[0].tools == ("WebSearch",)
    assert here.answered[0].sources == [[f"About {PAGE}", PAGE]]


@pytest.mark.parametrize("pages", [(), ("https://example.org/other",), (PAGE + "/",)])
def test_an_address_that_no_search_gave_is_left_out_and_the_technique_stays(
    office: Open, pages: tuple[str, ...]
) -> None:
    [one] = search(office([found(finding(), pages=pages)]).team, 1, [], []).findings

    assert (one.name, one.url) == ("boosting", "")


def test_the_question_names_what_is_known_and_what_is_blocked(office: Open) -> None:
    here = office([found(), found()])
    search(here.team, 2, known("boosting", "stacking"), ["kaggle.com", "titanic"])
    search(here.team, 3, [], [])

    assert "Round 2 of" in here.prompts[0]
    assert "Known already, find others: boosting, stacking." in here.prompts[0]
    assert "Never open or use pages of: kaggle.com, titanic." in here.prompts[0]
    assert "Known already" not in here.prompts[1]
    assert "Never open" not in here.prompts[1]


def test_nothing_is_found_twice(office: Open) -> None:
    names = ["Boosting", "new", "NEW", " new ", "other"]
    here = office([found(*(finding(name) for name in names[:A_ROUND]))])

    done = search(here.team, 2, known("boosting"), [])

    assert [one.name for one in done.findings] == ["new"]
    assert done.dropped == 0


def test_of_more_than_a_round_asks_for_the_first_are_taken(office: Open) -> None:
    here = office([found(*(finding(f"n{number}") for number in range(9)))])

    assert len(search(here.team, 1, [], []).findings) == A_ROUND


def test_what_stands_on_a_blocked_page_is_left_out_and_counted(office: Open) -> None:
    pages = (PAGE, "https://www.kaggle.com/c/titanic/discussion/1")
    here = office([found(finding(), finding("leaked", pages[1]), pages=pages)])

    done = search(here.team, 1, [], ["kaggle.com"])

    assert [one.name for one in done.findings] == ["boosting"]
    assert done.dropped == 1


def test_no_answer_is_told_with_its_reason(office: Open) -> None:
    done = search(office([DOWN]).team, 1, [], [])

    assert (done.findings, done.failure) == ((), "no connection")


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        ("https://kaggle.com", "kaggle.com"),
        ("https://www.kaggle.com/c/titanic", "kaggle.com"),
        ("https://kaggle.com/c/titanic", "www.kaggle.com"),
        ("HTTPS://WWW.KAGGLE.COM/", "kaggle.com"),
        ("https://kaggle.com/", "Kaggle.COM"),
        ("https://kaggle.com:8443/c", "kaggle.com"),
        ("https://kaggle.com/c", "https://kaggle.com:443/"),
        ("http://user:word@kaggle.com/c", "kaggle.com"),
        ("https://kaggle.com./c", "kaggle.com"),
        ("kaggle.com/a//b", "kaggle.com"),
        ("//kaggle.com/a", "kaggle.com"),
        ("kaggle.com?page=1", "kaggle.com"),
        (" https://kaggle.com/c ", " kaggle.com "),
        ("https://a.b.kaggle.com#top", "kaggle.com"),
        ("https://kaggle.com:443/c/titanic/code", "kaggle.com/c/titanic"),
        ("https://www.kaggle.com/c/Titanic", "https://kaggle.com/c/titanic/"),
        ("https://kaggle.com/c/t%69tanic", "kaggle.com/c/titanic"),
        ("https://other.org/c/titanic", "/c/titanic"),
        ("https://other.org/my-Titanic-notes", "titanic"),
        ("https://titanic.org/", "titanic"),
    ],
)
def test_hosts_with_all_below_them_paths_and_words_are_blocked(url: str, blocked: str) -> None:
    assert is_blocked(url, ["nothing.org", blocked])


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        ("https://notkaggle.com/", "kaggle.com"),
        ("https://kaggle.com.evil.org/", "kaggle.com"),
        ("https://other.org/?from=kaggle.com", "kaggle.com"),
        ("https://other.org/c/titanic", "kaggle.com/c/titanic"),
        ("https://kaggle.com/c/other", "kaggle.com/c/titanic"),
        ("https://other.org/", ""),
        ("https://other.org/", "  "),
        ("", "kaggle.com"),
        ("", "titanic"),
    ],
)
def test_no_other_page_is_blocked(url: str, blocked: str) -> None:
    assert not is_blocked(url, [blocked])


def test_whatever_stands_for_an_address_is_looked_at_without_a_crash(office: Open) -> None:
    drawn = random.Random(0)
    letters = string.printable + "[]:/@%名\u2100\uff0e"
    odd = ["".join(drawn.choices(letters, k=drawn.randrange(30))) for _ in range(500)]

    for url in ["http://[::1", "http://[kaggle.com]/", "https://kaggle\u2100.com/", *odd]:
        assert is_blocked(url, ["kaggle.com", "a/b"]) in (True, False)

    broken = search(office([found(finding(url="http://[::1"))]).team, 1, [], ["kaggle.com"])
    assert [one.url for one in broken.findings] == [""]
