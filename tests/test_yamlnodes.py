"""YAML nodes: places, types, merges, and what hostile documents may cost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, YamlError
from tests.slowness import in_time


def one(text: str) -> Node:
    (document,) = yamlnodes.parse(text)
    return document


def test_keys_items_and_scalars_know_their_place() -> None:
    root = one("a: 1\nb:\n  - x\n  - c: 'y'\n")
    assert isinstance(root, Mapping)
    assert root.places == {"a": (1, 1), "b": (2, 1)}
    item = yamlnodes.child(root, "b", 1, "c")
    assert isinstance(item, Scalar)
    assert (item, item.line, item.column, item.bare) == ("y", 4, 8, False)
    assert yamlnodes.at("f.yaml", yamlnodes.child(root, "b", 1), "c").line == 4


def test_documents_keep_the_line_of_the_file_and_a_broken_one_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\n---\r\nb: [\r\n---\r\nc: 3\r\n")
    parsed = yamlnodes.documents(SourceFile(tmp_path, "f.yaml"))
    assert [(list(node), node.line) for node in parsed.documents if isinstance(node, Mapping)] == [
        (["a"], 1),
        (["c"], 5),
    ]
    assert [(note.at.path, note.at.line) for note in parsed.notes] == [("f.yaml", 4)]


def test_a_separator_inside_a_block_scalar_ends_the_document() -> None:
    assert [line for line, _ in yamlnodes.split("a: |\n  x\n---\nb: 1\n")] == [1, 3]


def test_a_directive_belongs_to_the_document_that_follows() -> None:
    parts = list(yamlnodes.split("# made by hand\n%YAML 1.1\n---\na: 1\n---\nb: 2\n"))
    assert [line for line, _ in parts] == [1, 5]
    assert [yamlnodes.plain(node) for _, text in parts for node in yamlnodes.parse(text)] == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("off", False),
        ("~", None),
        ("", None),
        ("0755", "0755"),
        ("1.10", 1.1),
        ("1.2.3", "1.2.3"),
        ("2024-01-01", "2024-01-01"),
        ("22:30:00", "22:30:00"),
        ("-12", -12),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("nan", "nan"),
    ],
)
def test_types_are_those_of_go(text: str, value: object) -> None:
    assert yamlnodes.plain(yamlnodes.child(one(f"a: {text}\n"), "a")) == value


def test_merges_keep_own_keys_and_earlier_sources() -> None:
    root = one(
        "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\n"
        "z:\n  <<: [*x, *y]\n  c: 3\nboth:\n  <<: *x\n  <<: *y\nplain: {<<: 5, a: 1}\n"
    )
    assert yamlnodes.plain(yamlnodes.child(root, "z")) == {"c": 3, "a": 1, "b": 1}
    assert yamlnodes.plain(yamlnodes.child(root, "both")) == {"a": 1, "b": 1, "c": 2}
    assert yamlnodes.plain(yamlnodes.child(root, "plain")) == {"a": 1}
    assert yamlnodes.at("f", yamlnodes.child(root, "z"), "a").line == 1


def test_repeated_and_complex_keys_are_no_error() -> None:
    root = one("a: 1\n? [x, y]\n: 2\na: 3\n")
    assert isinstance(root, Mapping)
    assert (root.repeated, yamlnodes.text(root, "a")) == (["a"], "3")


def test_json_with_tabs_slashes_and_surrogates() -> None:
    assert yamlnodes.plain(one('{\n\t"a": "c\\/d", "b": "\\ud83d\\ude00",\n\t"c": [1, null, true]}')) == {
        "a": "c/d",
        "b": "\U0001f600",
        "c": [1, None, True],
    }


def test_block_scalars_are_marked() -> None:
    root = one("a: |\n  x\nb: x\nc: >-\n  y\n")
    assert [getattr(yamlnodes.child(root, key), "block", None) for key in "abc"] == [True, False, True]


BOMBS = {
    "brackets": "[" * 60_000,
    "braces": "{" * 500_000,
    "dashes": "- " * 500_000,
    "keys": "? " * 300_000,
    "aliases": "a: &a [1,1,1,1,1,1,1,1,1]\n"
    + "".join(
        f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "merges": "a: &a {x: 1}\n"
    + "".join(
        f"{new}: &{new} {{{new}1: 1, <<: [{','.join(['*' + old] * 8)}]}}\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "one large merge many times": "a: &a\n"
    + "".join(f"  k{i}: 1\n" for i in range(40_000))
    + "".join(f"b{i}: {{<<: *a}}\n" for i in range(900)),
    "depth by alias": "a0: &a0 x\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(500)),
    "itself": "a: &a [*a]\n",
    "no anchor": "a: *b\n",
    "half a surrogate pair": 'a: "\\ud83d"\n',
    "control character": "a: \x00\n",
    "tab": "a:\n\t- b\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_documents_end_early_with_a_line(name: str) -> None:
    before = time.process_time()
    with pytest.raises(YamlError) as error:
        yamlnodes.parse(BOMBS[name], first_line=10)
    assert in_time(time.process_time() - before, 20)
    assert error.value.line >= 10
    assert error.value.reason


def test_a_walk_over_aliases_is_bounded() -> None:
    root = one("a: &a [1, 2, 3]\nb: [*a, *a]\nc: {d: *a}\n")
    assert yamlnodes.plain(root) == {"a": [1, 2, 3], "b": [[1, 2, 3]] * 2, "c": {"d": [1, 2, 3]}}


def test_the_deepest_allowed_document_is_read() -> None:
    depth = bounds.YAML_DEPTH
    node = yamlnodes.plain(one("[" * depth + "]" * depth))
    for _ in range(depth - 1):
        (node,) = node
    assert node == []


def test_nodes_can_be_made_of_data() -> None:
    data = {"a": [1, None, True, "1", "x\ny", 1.5], "b": {"c": "null"}}
    made = yamlnodes.made(data, 7, 3)
    assert yamlnodes.plain(made) == data
    assert yamlnodes.at("f", made, "b").line == 7


def test_questions_to_odd_nodes_have_empty_answers() -> None:
    root = one("a: [1]\nb: text\n")
    assert yamlnodes.child(root, "a", "x") is None
    assert yamlnodes.child(root, "a", 5) is None
    assert yamlnodes.text(root, "a", default="-") == "-"
    assert yamlnodes.items(root, "b") == ["text"]
    assert yamlnodes.items(root, "c") == []
    assert yamlnodes.plain(None) is None


def test_definitions_of_types_are_no_documents(tmp_path: Path) -> None:
    text = "kind: A\n---\nkind: CustomResourceDefinition\nspec: {a: b}\n---\nkind: B # CustomResourceDefinition\n"
    (tmp_path / "all.yaml").write_text(text)
    source = SourceFile(tmp_path, "all.yaml")
    assert [yamlnodes.text(one, "kind") for one in yamlnodes.documents(source).documents] == ["A", "B"]
