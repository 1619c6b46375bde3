"""Nothing of a repository is live in a report: no escape sequence, no HTML, no link, no diagram of its own."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from mlops_scan import plugins, reports
from mlops_scan.reports import escape
from mlops_scan.reports.architecture import Architecture
from mlops_scan.reports.base import Report
from mlops_scan.reports.json import Json
from mlops_scan.reports.text import Text
from mlops_scan.scanner.result import Result

LIVE = "\x1b\x07\x9b\u202e\u2066\u200b\ufeff\u2028\U000e0041\r"


@pytest.fixture(scope="session")
def told(results: dict[str, Result]) -> Result:
    return results["hostile"]


def test_the_fixture_is_hostile(told: Result) -> None:
    """Names and contents of every kind reach the result."""
    paths = {finding.at.path for finding in told.findings}
    assert len(paths) > 20
    assert {char for path in paths for char in path} > set('\x1b\x07\u202e`|<[\n\r"$#')
    assert any("\udce9" in path for path in paths)
    said = "".join(finding.message for finding in told.findings)
    for part in ("\x1b[31m", "\u202e", "<img", "](https:", "`code`", "| pipe", "\u2028"):
        assert part in said


@pytest.mark.parametrize("report", plugins.load(reports, Report), ids=lambda report: report.format)
def test_no_report_holds_live_characters(told: Result, report: type[Report]) -> None:
    text = report().render(told)
    unseen = {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert unseen == {"\n"}
    text.encode("utf-8")


def test_lines_of_the_terminal_begin_with_our_words(told: Result) -> None:
    """A newline in a file's name starts no line of its own; GitHub's log commands stand nowhere at the start."""
    text = Text().render(told)
    assert "new\\nline\\r.py" in text
    assert not re.search(r"^(line|::)", text, re.MULTILINE)
    colored = Text().render(told, color=True)
    assert set(re.findall(r"\x1b(?!\[[0-9;]*m)", colored)) == set()
    assert "\x1b[31mred" not in colored


def test_machines_read_the_true_names(told: Result) -> None:
    names = {finding.at.path for finding in told.findings if "\udce9" not in finding.at.path}
    assert names < {finding["path"] for finding in json.loads(Json().render(told))["findings"]}


def test_markdown_shows_it_as_text(told: Result) -> None:
    reader = MarkdownIt("gfm-like")
    assert reader.linkify
    reader.linkify.set({"fuzzy_link": False})  # which makes a link of every 'name.py', as GitHub does not
    tokens = reader.parse(Architecture().render(told))
    children = [child for token in tokens for child in token.children or ()]
    assert not {token.type for token in (*tokens, *children)} & {
        "html_block",
        "html_inline",
        "image",
        "s_open",
        "em_open",
    }
    links = [str(child.attrs["href"]) for child in children if child.type == "link_open"]
    assert len(links) > 50
    assert all(re.fullmatch(r"[^:?]+#L\d+", link) for link in links)
    heads = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert sum("heading" in head for head in heads) == 0
    assert {child.content for child in children if child.type == "code_inline"} <= {rule.name for rule in told.rules}
    shown = "".join(child.content for child in children if child.type in ("text", "code_inline"))
    for part in (
        "**bold**",
        "<img src=x onerror=alert(1)>",
        "[click](https://evil.example/x)",
        "&lt;b&gt;",
        "# heading.py",
    ):
        assert part in shown, part


@pytest.mark.parametrize(
    "text",
    [
        "# a", "- a", "+ a", "* a", "> a", "1. a", "12) a", "=== a", "--- a", "    code", "`a`", "``` a", "~~a~~",
        "_a_", "**a**", "\t# a", "HTTP://evil.example", "WWW.evil.example", "mailto:a@evil.example",
        "<b>", "<!-- a -->", "<https://evil.example>", "https://evil.example", "www.evil.example", "a@evil.example",
        "ftp://evil.example", "[a](b)", "![a](b)", "[a]: b", "[^1]", "a|b", "&amp;", "&#35;", "$a$",
        "a\\", "\\", "a\nb", "a  \n",
    ],
)  # fmt: skip
def test_escaped_markdown_is_one_paragraph_of_text(text: str) -> None:
    tokens = MarkdownIt("gfm-like").parse(escape.markdown(text) + "\n")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text"}
    assert "".join(child.content for child in children) == escape.printable(text).strip()


@pytest.mark.parametrize("text", ["a", "`", "``a`", "a`b``c", "<b>", "a\nb"])
def test_code_spans_hold_any_text(text: str) -> None:
    [child] = MarkdownIt().parse(escape.code(text))[1].children or []
    assert (child.type, child.content) == ("code_inline", escape.printable(text))


def test_links_stay_inside() -> None:
    assert escape.link("a b/c#d.py", 3) == "[a b/c#d.py:3](a%20b/c%23d.py#L3)"
    assert escape.link("javascript:alert(1)", 1).endswith("](javascript%3Aalert%281%29#L1)")


@pytest.mark.parametrize("char", list(LIVE + "\n\t\x00\x7f\ud800\udce9\u061c\u2069\xad\u3164"))
def test_unseen_characters_are_written_out(char: str) -> None:
    shown = escape.printable(f"a{char}b")
    assert shown.isascii()
    assert shown.startswith("a\\")
    assert escape.printable("größe 日本 é 😀") == "größe 日本 é 😀"


def test_mermaid_labels() -> None:
    assert escape.mermaid('a "b" `c` [d] (e) #f; <g> end\n') == (
        "a #34;b#34; #96;c#96; #91;d#93; #40;e#41; #35;f#59; #60;g#62; end#92;n"
    )
    assert len(escape.mermaid("x" * 99)) == 60


def test_json_text_reads_back() -> None:
    data = {"a": LIVE + '"\\\n\t', "é": "😀"}
    text = escape.json_text(json.dumps(data, indent=2, ensure_ascii=False))
    assert json.loads(text) == data
    assert "😀" in text
    assert json.loads(escape.json_text(json.dumps("\udce9", ensure_ascii=False))) == "\ufffd"


def test_nothing_was_touched(systems: dict[str, Path], told: Result) -> None:
    assert not list(systems["hostile"].rglob("owned*"))
