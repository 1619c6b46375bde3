"""Knowledge about products is data: code outside the readers of formats says no name of a tool of the catalogue."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from mlops_scan.scanner import catalog
from mlops_scan.scanner.catalog import CAPABILITIES, ROLES

ROOT = Path(catalog.__file__).parent.parent.parent
# what reads a format may be named for it
READERS = ("scanner/parsers/", "scanner/formats/", "scanner/catalog/", "scanner/releases/")
# words that are said for another reason than the tool
ALLOWED = {
    "platforms and origins of facts, in the words of docs/facts.md": (
        *("helm", "kustomize", "terraform", "cloudformation", "bicep", "databricks"),
    ),
    "where a command stands, in the words of docs/facts.md": ("dvc",),
    "providers of workflows, in the words of docs/facts.md": ("github-actions",),
    "clouds, in the words of the catalogue": ("aws", "azure", "gcp"),
    "kinds of a repository": ("notebooks",),
}
# files that compare libraries by what they do with each other
COMPARING = {
    "rules/reproducibility/training_serving_mismatch.py": "which library reads what which one wrote",
}


def test_code_names_no_tool_of_the_catalogue() -> None:
    shipped = catalog.load().tools()
    names = {name for tool in shipped for name in (tool.id, *tool.pypi, *tool.imports)}
    names -= {word for words in ALLOWED.values() for word in words} | set(ROLES) | set(CAPABILITIES)
    found = {
        f"{path}: {text}"
        for path in sorted(one.relative_to(ROOT).as_posix() for one in ROOT.rglob("*.py"))
        if not path.startswith(READERS) and path not in COMPARING
        for text in _texts(ROOT / path)
        if text.lower() in names
    }
    assert found == set()


def test_what_is_allowed_is_still_said() -> None:
    said = {text.lower() for path in ROOT.rglob("*.py") for text in _texts(path)}
    assert {word for words in ALLOWED.values() for word in words} <= said
    assert all((ROOT / path).is_file() for path in COMPARING)


def _texts(path: Path) -> Iterator[str]:
    """The texts of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pages = {
        id(one.body[0].value)
        for one in ast.walk(tree)
        if isinstance(one, (ast.Module, ast.ClassDef, ast.FunctionDef)) and one.body
        if isinstance(one.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pages:
            yield node.value
