"""The configuration file: which one counts, what it says, and that every complaint comes at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mlops_scan.scanner import configfile
from mlops_scan.scanner.config import Config, ConfigError, selects, unknown_selectors
from mlops_scan.scanner.model import Confidence, Persona, Severity


def load(root: Path, text: str, name: str = "mlops-scan.toml") -> Config:
    (root / name).write_text(text)
    return configfile.load(root / name, root)


def complaints(root: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(root, text)
    return [str(complaint) for complaint in caught.value.complaints]


def test_everything_is_read(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        select = ["serving", "missing-*"]
        ignore = ["single-replica", {rule = "missing-ci", reason = "runs elsewhere"}]
        extend-select = ["x"]
        min-severity = "warning"
        min-confidence = "medium"
        persona = "audit"
        fail-on = "never"
        format = "markdown"
        jobs = 3
        plugins = ["ours"]
        exclude = ["/docs/"]
        strict = true
        [external]
        model-registry = "kept in the platform repository"
        """,
    )
    assert (config.select, config.ignore, config.extend_select) == (
        ("serving", "missing-*"),
        ("single-replica",),
        ("x",),
    )
    assert (config.min_severity, config.min_confidence) == (Severity.WARNING, Confidence.MEDIUM)
    assert (config.persona, config.fail_on, config.format, config.jobs) == (Persona.AUDIT, None, "markdown", 3)
    assert (config.plugins, config.exclude, config.strict) == (("ours",), ("/docs/",), True)
    assert config.external == {"model-registry": "kept in the platform repository"}
    assert [(one.rule, one.reason, one.at.line) for one in config.ignores] == [("missing-ci", "runs elsewhere", 3)]


def test_ignores_as_tables(tmp_path: Path) -> None:
    text = '[[ignore]]\nrule = "a"\nreason = "r"\npath = "k8s/"\nuntil = 2030-01-31\n'
    text += '[[ignore]]\nrule = "b"\nreason = "s"\n'
    first, second = load(tmp_path, text).ignores
    assert (first.path, first.until) == ("k8s/", date(2030, 1, 31))
    assert (second.path, second.until, second.at.line) == ("", None, 6)


def test_every_complaint_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        'selct = ["a"]\nmin-severity = "hihg"\njobs = -1\nstrict = "yes"\noutput = {sarif = "/tmp/x"}\n'
        'persona = "stric"\nselect = "serving"\n[[ignore]]\nrul = "a"\nreason = ""\n[external]\nx = 1\n'
    )
    assert complaints(tmp_path, text) == [
        "mlops-scan.toml:1: selct: unknown key (did you mean 'select'?)",
        "mlops-scan.toml:2: min-severity: 'hihg' is none of error, warning, note",
        "mlops-scan.toml:3: jobs: wants a number from 0 (as many as are worth it), not -1",
        "mlops-scan.toml:4: strict: wants true or false, not 'yes'",
        "mlops-scan.toml:5: output: is taken from the command line only",
        "mlops-scan.toml:6: persona: 'stric' is none of audit, strict, regular (did you mean 'strict'?)",
        "mlops-scan.toml:7: select: wants a list of texts, not 'serving'",
        "mlops-scan.toml:9: ignore[0].rul: unknown key (did you mean 'rule'?)",
        "mlops-scan.toml:10: ignore[0].reason: wants a text, not ''",
        "mlops-scan.toml:8: ignore[0]: has no 'rule'",
        'mlops-scan.toml:11: external: wants a table: capability = "where it lives"',
    ]


def test_broken_toml_is_a_complaint_at_its_line(tmp_path: Path) -> None:
    (one,) = complaints(tmp_path, 'select = ["a"]\nformat = \n')
    assert one.startswith("mlops-scan.toml:2: not TOML")


@pytest.mark.parametrize("value", ['"tomorrow"', "7", "true"])
def test_a_wrong_date_is_a_complaint(tmp_path: Path, value: str) -> None:
    (one,) = complaints(tmp_path, f'ignore = [{{rule = "a", reason = "b", until = {value}}}]\n')
    assert "ignore[0].until" in one


def test_the_nearest_file_wins_and_nothing_is_merged(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "mlops-scan.toml").write_text("jobs = 1\n")
    assert configfile.find(deep) == tmp_path / "mlops-scan.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.mlops-scan]\njobs = 2\n")
    (deep / "pyproject.toml").write_text('[tool.other]\nx = "mlops-scan"\n')
    assert configfile.find(deep) == tmp_path / "a" / "pyproject.toml"
    (tmp_path / "a" / ".mlops-scan.toml").write_text("strict = true\n")
    found = configfile.find(deep)
    assert found == tmp_path / "a" / ".mlops-scan.toml"
    assert configfile.load(found, deep) == Config(strict=True, source=".mlops-scan.toml")


def test_the_search_ends_at_the_top_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "mlops-scan.toml").write_text("jobs = 1\n")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    assert configfile.find(tmp_path / "repo") is None
    (tmp_path / "plain").mkdir()
    assert configfile.find(tmp_path / "plain") is None


def test_pyproject_lines(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n\n[tool.mlops-scan]\njob = 2\n'
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"pyproject\.toml:5: job: unknown key \(did you mean 'jobs'\?\)"):
        configfile.load(tmp_path / "pyproject.toml", tmp_path)


def test_a_missing_file_is_a_complaint(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        configfile.load(tmp_path / "no.toml", tmp_path)


@pytest.mark.parametrize(
    ("selector", "fits"),
    [("missing-ci", True), ("tooling", True), ("missing-*", True), ("serving", False), ("missing", False), ("*", True)],
)
def test_selectors(selector: str, fits: bool) -> None:
    assert selects(selector, "missing-ci", "tooling") is fits


def test_unknown_selectors_are_named() -> None:
    config = Config(select=("missing-c",), ignore=("tooling", "zzz*"), source="mlops-scan.toml")
    assert [str(one) for one in unknown_selectors(config, ["missing-ci"], ["tooling"])] == [
        "mlops-scan.toml: select: no rule or concern 'missing-c' (did you mean 'missing-ci'?)",
        "mlops-scan.toml: ignore: no rule or concern 'zzz*'",
    ]
