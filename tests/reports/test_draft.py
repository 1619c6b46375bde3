"""The draft: the template's sections in order, a place for every claim, a numbered question for what is not known."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mlops_scan.reports.architecture import Architecture
from mlops_scan.reports.diagram import diagram
from mlops_scan.scanner.result import Result

SECTIONS = [
    "Executive summary",
    "Architecture as found",
    "Inference requirements",
    "Recommended serving stack",
    "Monitoring plan",
    "Retraining strategy",
    "A/B testing and rollout plan",
    "Cost estimate",
    "Implementation phases",
    "Risk register",
    "Findings",
    "Open questions",
    "What could not be seen",
]
NODE = re.compile(r'    (n\d+)\["([^"]*)"\]')
EDGE = re.compile(r'  (n\d+) -- "[^"]*" --> (n\d+)')


@pytest.fixture(scope="session")
def draft(results: dict[str, Result]) -> str:
    return Architecture().render(results["fraud-api"])


def parsed(text: str) -> list[Token]:
    """As GitHub reads it: tables, strikethrough, bare addresses as links (but not every 'name.py')."""
    reader = MarkdownIt("gfm-like")
    assert reader.linkify
    reader.linkify.set({"fuzzy_link": False})
    return reader.parse(text)


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def headings(text: str, tag: str) -> list[str]:
    tokens = parsed(text)
    return [
        tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == tag
    ]


def test_sections_stand_in_order(draft: str) -> None:
    assert headings(draft, "h1") == ["MLOps architecture draft: fraud-api"]
    assert headings(draft, "h2") == SECTIONS
    assert [title.split(":")[0] for title in headings(draft, "h3")] == [
        "Infrastructure",
        "Model quality",
        "Business",
        "Phase 1, weeks 1 and 2",
        "Phase 2, weeks 3 and 4",
        "Phase 3, month 2",
    ]
    for title in SECTIONS:
        assert section(draft, title).strip()


def test_the_summary_is_short(draft: str) -> None:
    assert 2 <= len(re.findall(r"\.(?:\s|$)", section(draft, "Executive summary"))) <= 5


def test_the_templates_tables_and_parts(draft: str) -> None:
    for title, words in {
        "Inference requirements": ("Type", "Model", "Latency, p95", "Throughput", "Availability"),
        "Recommended serving stack": ("**Primary:**", "Why:", "Not chosen:", "Trade-offs:"),
        "Retraining strategy": ("**Trigger:**", "**Frequency:**", "**Evaluation gate:**"),
        "A/B testing and rollout plan": ("| shadow |", "| canary |", "| full |", "Rollback:"),
        "Cost estimate": ("| serving compute |", "| storage |", "| monitoring |", "| total |"),
        "Risk register": ("| Risk | Likelihood | Impact | Mitigation |",),
    }.items():
        for word in words:
            assert word in section(draft, title), (title, word)
    assert 3 <= section(draft, "Recommended serving stack").partition("Why:")[2].partition("Not")[0].count("\n- ") <= 5


def test_every_link_leads_to_a_line_that_exists(result: Result) -> None:
    links = [
        str(token.attrs["href"]) for token in inline(parsed(Architecture().render(result))) if token.type == "link_open"
    ]
    assert links or not result.profile.is_ml or not result.capabilities
    for link in links:
        path, _, line = link.partition("#L")
        file = Path(result.root) / unquote_to_bytes(path).decode("utf-8", "surrogateescape")
        assert file.is_file(), link
        assert 1 <= int(line) <= max(1, len(file.read_bytes().splitlines())), link


def test_every_claim_has_its_place(draft: str) -> None:
    """Rows on what is there, what is wrong and what to do cite a line."""
    cited = re.compile(r"\]\([^)]+#L\d+\)")
    rows = [line for line in section(draft, "Architecture as found").splitlines() if line.startswith("| ")][1:]
    for title in ("Findings", "Risk register"):
        rows += [line for line in section(draft, title).splitlines() if line.startswith("| ")][1:]
    rows += [line for line in section(draft, "Implementation phases").splitlines() if line.startswith("- `")]
    rows.remove("| What | Name | Declared | Part of | Leads to |")
    assert len(rows) > 30
    assert [row for row in rows if not cited.search(row)] == []
    for title in (
        "Recommended serving stack",
        "Monitoring plan",
        "Retraining strategy",
        "A/B testing and rollout plan",
    ):
        assert cited.search(section(draft, title))


def test_what_is_not_known_is_a_numbered_question(draft: str, results: dict[str, Result]) -> None:
    asked = re.findall(r"^(\d+)\. \*\*(.+?)\*\*: (.+)", section(draft, "Open questions"), re.MULTILINE)
    assert [int(number) for number, _, _ in asked] == list(range(1, len(results["fraud-api"].questions) + 1))
    about = {number: topic for number, topic, _ in asked}
    known = section(draft, "Inference requirements")
    for row, topic in (("Latency, p95", "latency target"), ("Throughput", "traffic"), ("Availability", "availability")):
        number = re.search(rf"\| {row} \| not in the repository \(question (\d+)\) \|", known)
        assert number, row
        assert about[number[1]] == topic
    assert set(re.findall(r"\(question (\d+)\)", draft)) <= set(about)


def test_every_finding_is_listed(draft: str, results: dict[str, Result]) -> None:
    rows = [
        line for line in section(draft, "Findings").splitlines() if line.startswith(("| note", "| warn", "| error"))
    ]
    assert len(rows) == len(results["fraud-api"].open_findings)


def test_nothing_is_drawn_where_nothing_is_there(results: dict[str, Result]) -> None:
    text = Architecture().render(results["web-app"])
    assert headings(text, "h2") == ["Executive summary"]
    assert "nothing to draw" in text
    assert "```" not in text


def test_the_markdown_is_whole(result: Result) -> None:
    """No HTML, no image, no left-over template, tables with as many cells as heads."""
    text = Architecture().render(result)
    tokens = parsed(text)
    assert {token.type for token in (*tokens, *inline(tokens))} & {"html_block", "html_inline", "image"} == set()
    assert not re.search(r"\{\{|\{%|\bNone\b(?!\.)|\n\n\n\n", text)
    assert text.endswith("\n")
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table
    fences = [token for token in tokens if token.type == "fence"]
    assert [token.info for token in fences if token.info not in ("sh", "yaml")] == ["mermaid"] * result.profile.is_ml


def test_the_diagram_holds_the_limits(result: Result) -> None:
    text = diagram(result)
    assert text.startswith("flowchart LR\n")
    nodes, edges = NODE.findall(text), EDGE.findall(text)
    assert len(nodes) <= 40
    assert len(edges) <= 500
    assert len(text) <= 50_000
    assert len({name for name, _ in nodes}) == len(nodes)
    assert {name for edge in edges for name in edge} <= {name for name, _ in nodes}
    for _, label in nodes:
        assert not re.search(r"[`<>\n(){}\[\]|]|#(?!\d+;)", label), label
    known = re.compile(r'flowchart LR|  subgraph \w+_lane\["\w+"\]|  end|  classDef .*|  class [n\d,]+ faint')
    rest = [line for line in text.splitlines() if not (NODE.fullmatch(line) or EDGE.fullmatch(line))]
    assert [line for line in rest if not known.fullmatch(line)] == []


def test_what_is_switched_off_or_declared_is_faint(results: dict[str, Result]) -> None:
    text = diagram(results["fraud-api"])
    faint = re.search(r"class (n\d+) faint", text)
    assert faint
    assert f'{faint[1]}["drift monitoring: evidently #40;declared#41;"]' in text


def test_one_finding_and_nothing_to_weigh_are_told_as_that(results: dict[str, Result]) -> None:
    result = results["fraud-api"]
    told = tuple(replace(one, trade_offs=()) for one in result.recommendations)
    text = Architecture().render(replace(result, findings=result.findings[:1], recommendations=told))
    assert "1 finding is open" in text
    assert "Trade-offs:" not in text.partition("## Recommended serving stack")[2].partition("\n## ")[0]
