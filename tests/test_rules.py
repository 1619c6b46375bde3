"""Each fixtures/rules/<rule>/<case>/ is a repository; `# expect: <rule>` (or expected.txt) marks its lines."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mlops_scan.engine import all_rules, scan
from mlops_scan.rules.base import Rule
from mlops_scan.scanner.config import Config

RULES = Path(__file__).parent.parent / "fixtures" / "rules"
CASES = sorted(case for case in RULES.glob("*/*") if case.is_dir())
FENCE = re.compile(r'```\w+ title="(?P<path>[^"]+)"\n(?P<text>.*?)```', re.DOTALL)
EXPECT = re.compile(r"(?:#|//)\s*expect:\s*([\w-]+)")
HEADINGS = ["## Why is this bad?", "## Example", "## Use instead", "## When to ignore", "## References"]


def expected(case: Path) -> set[tuple[str, int, str]]:
    found = {
        (path.relative_to(case).as_posix(), number, match[1])
        for path in case.rglob("*")
        if path.is_file()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        for match in EXPECT.finditer(line)
    }
    listing = case / "expected.txt"
    if listing.exists():
        for row in listing.read_text().splitlines():
            place, _, rule = row.partition(" ")
            path, _, line = place.rpartition(":")
            found.add((path, int(line), rule.strip()))
    return found


def found_in(root: Path, rule: str) -> set[tuple[str, int, str]]:
    result = scan(root, Config(select=(rule,), jobs=1))
    return {(one.at.path, one.at.line, one.rule) for one in result.open_findings}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path, tmp_path: Path) -> None:
    """The case is copied out first: inside this repository it would count as a part of one."""
    root = tmp_path / "repository"
    shutil.copytree(case, root, ignore=shutil.ignore_patterns("expected.txt"))
    assert found_in(root, case.parent.name) == expected(case)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name())
@pytest.mark.parametrize(("heading", "fires"), [("## Example", True), ("## Use instead", False)])
def test_page_is_true(rule: type[Rule], heading: str, fires: bool, tmp_path: Path) -> None:
    """The page's example fires, and what it says to use instead does not."""
    _, _, section = rule.info().doc.partition(heading)
    for fence in FENCE.finditer(section.partition("\n## ")[0]):
        target = tmp_path / fence["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(fence["text"])
    assert any(tmp_path.iterdir())
    assert bool(found_in(tmp_path, rule.name())) is fires


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name())
def test_rule_is_whole(rule: type[Rule]) -> None:
    """A page with every heading in order, a class named as its file, a source, one firing and one quiet case."""
    info = rule.info()
    assert [line for line in info.doc.splitlines() if line.startswith("## ")] == HEADINGS
    assert re.sub(r"(?<!^)(?=[A-Z])", "-", rule.__name__).lower() == info.name
    assert info.references
    assert all(one.startswith("https://") for one in info.references)
    assert 10 < len(info.title) <= 120
    cases = {bool(expected(case)) for case in (RULES / info.name).iterdir()}
    assert cases == {True, False}


def test_every_fixture_has_its_rule() -> None:
    assert {folder.name for folder in RULES.iterdir()} == {rule.name() for rule in all_rules()}
