"""The terminal's report: what is there, what is wrong by concern, what was not read, and what it cost."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from mlops_scan.reports.text import CONCERNS, Text, counts
from mlops_scan.scanner.model import Confidence, Finding, Location, Note, Place, Profile, Severity
from mlops_scan.scanner.result import Coverage, Result, Skipped

STYLE = re.compile(r"\x1b\[[0-9;]*m")


def finding(concern: str, severity: Severity, line: int = 1, **more: Any) -> Finding:
    place = Place(Location("k8s/api.yaml", line, 3))
    told = Finding("some-rule", "Something is wrong.", (place,), severity, Confidence.HIGH, concern, "s")
    return replace(told, **more)


def plain(*findings: Finding, **more: Any) -> str:
    profile = Profile("project", True, True, "online")
    result = Result("name", ".", profile, (), (), findings, (), (), Coverage(9, 7), (), seconds=1.234)
    report = Text()
    report.full = more.pop("full", False)
    return report.render(replace(result, **more))


def test_what_is_told_and_in_which_order(results: dict[str, Result]) -> None:
    text = Text().render(results["fraud-api"])
    first, *_ = text.splitlines()
    assert first.startswith("fraud-api: an ML project that trains (sklearn) and serves online (fastapi).")
    heads = [text.index(head) for head in ("\nWHAT IS THERE\n", "\nFINDINGS  1 error, ", "\nADVICE\n", " rules over ")]
    assert heads == sorted(heads)
    assert re.search(r"\n  serving +fastapi +used +src/serve/app\.py:7, ", text)
    assert re.search(r"\n  drift monitoring +evidently +declared +requirements\.txt:1\n", text)
    assert f"{len(results['fraud-api'].rules)} rules over 7 of 8 files in" in text
    assert text.endswith("The review paper: mlops-scan draft\n")
    assert "\x1b" not in text


def test_a_finding_shows_places_remedy_and_what_was_looked_for(results: dict[str, Result]) -> None:
    lines = Text().render(results["fraud-api"]).splitlines()
    at = next(number for number, line in enumerate(lines) if "training-serving-mismatch" in line)
    assert lines[at].startswith("  error    training-serving-mismatch ")
    assert lines[at].endswith(" requirements/serve.txt:3:1")
    assert "scikit-learn 1.2.2" in lines[at + 1]
    assert "1.4.0" in lines[at + 1]
    shown = "\n".join(lines[at + 2 : at + 9])
    for place in ("requirements.txt:5 ", "src/train.py:19 ", "src/serve/app.py:8 ", "fix: "):
        assert place in shown
    assert "           looked for: " in "\n".join(lines)


def test_a_chain_is_shown_in_full_and_once() -> None:
    seen = Place(Location("src/train.py", 44), "saves the model")
    told = finding("serving", Severity.ERROR, places=(Place(Location("a.txt")), seen), chain=(seen, replace(seen)))
    assert plain(told, full=True).count("src/train.py:44") == 1
    more = (seen, Place(Location("k8s/api.yaml", 14), "runs fraud/api"))
    assert "             k8s/api.yaml:14               runs fraud/api\n" in plain(replace(told, chain=more), full=True)
    assert "runs fraud/api" not in plain(replace(told, chain=more))


def test_concerns_have_an_order() -> None:
    text = plain(*(finding(one, Severity.NOTE) for one in (*reversed(CONCERNS), "a-plugin's")))
    heads = [line for line in text.splitlines() if line in (*CONCERNS, "a-plugin's")]
    assert heads == [*CONCERNS, "a-plugin's"]


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ([], "0 findings"),
        ([Severity.ERROR], "1 error"),
        ([Severity.NOTE, Severity.ERROR, Severity.ERROR], "2 errors, 1 note"),
        ([Severity.WARNING] * 4, "4 warnings"),
    ],
)
def test_counts(levels: list[Severity], words: str) -> None:
    assert counts([finding("serving", level) for level in levels]) == words


def test_ignored_findings_are_counted_not_shown() -> None:
    told = (finding("serving", Severity.ERROR), finding("serving", Severity.NOTE, 7, suppressed="known"))
    assert "FINDINGS  1 error (1 ignored)\n" in plain(*told)
    assert "k8s/api.yaml:7" not in plain(*told)
    assert "0 findings (1 ignored).\n" in plain(told[1])


def test_what_was_not_read_is_named() -> None:
    notes = tuple(Note(Location(f"{n}.yaml", n), "broken") for n in range(1, 12))
    text = plain(coverage=Coverage(20, 15, (Skipped("big.bin", "too large"),), notes))
    assert "\nNOT READ\n  1.yaml:1  broken\n" in text
    assert "  ... and 3 more (--format json lists them all)\n" in text
    assert "0 rules over 15 of 20 files, 1 left out, 11 with unread parts in 1.23 s." in text
    assert "NOT READ" not in plain()


def test_no_ml_is_said(results: dict[str, Result]) -> None:
    text = Text().render(results["web-app"])
    assert text.startswith("web-app: no ML system found: nothing here trains, serves or operates a model (")
    assert "0 findings." in text
    assert "WHAT IS THERE" not in text
    assert "draft" not in text


def test_a_library_is_called_one(results: dict[str, Result]) -> None:
    assert Text().render(results["tabular-library"]).startswith("tabular-library: an ML library for others. ")


@pytest.mark.parametrize("kind", ["project", "library", "template", "platform", "notebooks"])
def test_one_sentence_for_every_kind(kind: str) -> None:
    profile = Profile(kind, True, True, "both", clouds=("aws", "another"))
    first = plain(profile=profile).splitlines()[0]
    assert first.count(" that ") <= 1
    assert "trains and serves online and in batches, AWS, another. 7 files read." in first


def test_color_changes_nothing_but_color(result: Result) -> None:
    colored = Text().render(result, color=True)
    assert STYLE.sub("", colored) == Text().render(result)
    assert STYLE.search(colored)


def test_places_stand_at_the_right_end() -> None:
    for width in (80, 140):
        result = Result("n", ".", Profile(), (), (), (finding("serving", Severity.NOTE),), (), (), Coverage(), ())
        line = next(line for line in Text().render(result, width=width).splitlines() if "some-rule" in line)
        assert len(line) == width
        assert line.endswith("k8s/api.yaml:1:3")
