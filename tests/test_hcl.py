"""The HCL reader and its evaluation: nodes with places, values, and input that means harm."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.scanner import files
from mlops_scan.scanner.formats.hcl import modules, reader, uses
from mlops_scan.scanner.formats.hcl.values import Unknown, plain
from tests.slowness import in_time


def tree_of(root: Path, texts: dict[str, str | bytes]) -> files.Tree:
    for path, text in texts.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return files.Tree(root, files.walk(root))


def local_values(root: Path, text: str | bytes, **others: str) -> dict[str, Any]:
    """The locals of a module, evaluated."""
    tree = tree_of(root, {"main.tf": text, **others})
    used = uses.uses(tree, "")[0]
    return {name: plain(used.local(name, name)) for name in used.module.locals}


def value(root: Path, expression: str, more: str = "", **others: str) -> Any:
    return local_values(root, f"locals {{\n  v = {expression}\n}}\n{more}", **others)["v"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"a\\n\\"q\\" $${x} \\u00e9"', 'a\n"q" ${x} é'),
        ("1.5", 1.5),
        ("-2 + 3 * 2", 4),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3.5),
        ('"" == "" && !false', True),
        ("null", None),
        ('{ a = 1, "b" : [true, null], (upper("c")) = "${1 + 1}" }', {"a": 1, "b": [True, None], "C": 2}),
        ('[for k, v in { b = 2, a = 1 } : "${k}${v}" if v > 1]', ["b2"]),
        ('{ for x in ["p", "q"] : x => upper(x) }', {"p": "P", "q": "Q"}),
        ('{ for x in ["ab", "ac", "b"] : substr(x, 0, 1) => x... }', {"a": ["ab", "ac"], "b": ["b"]}),
        ("[{ id = 1 }, { id = 2 }][*].id", [1, 2]),
        ("[{ id = 1 }, { id = 2 }].*.id[1]", 2),
        ('try({ a = 1 }.b, "none")', "none"),
        ('can({ a = 1 }.a) ? "yes" : "no"', "yes"),
        ('merge({ a = 1, b = 1 }, { b = 2 })', {"a": 1, "b": 2}),
        ('coalesce(null, "", "x")', "x"),
        ('format("%s-%03d %q", "a", 7, "b")', 'a-007 "b"'),
        ('join(",", sort(toset(["b", "a", "b"])))', "a,b"),
        ('concat([1], [2, 3])', [1, 2, 3]),
        ('lookup({ a = 1 }, "z", 9)', 9),
        ('jsondecode(jsonencode({ a = [1] })).a[0]', 1),
        ('yamldecode("a: [1, x]")', {"a": [1, "x"]}),
        ('replace("a-b-c", "-", "_")', "a_b_c"),
        ('flatten([[1], [[2]]])', [1, 2]),
        ('element(["a", "b"], 3)', "b"),
        ('compact(["a", "", null])', ["a"]),
        ('"%{ if true }on%{ else }off%{ endif }"', "on"),
        ('"%{ for x in ["a", "b"] ~} ${x}, %{ endfor ~}"', "a, b, "),
        ('length({ a = 1 })', 1),
        ('provider::x::y(1)', {"expr": "provider::x::y(1)", "call": "provider::x::y"}),
        ('replace("aaa", "/a+/", "b")', {"expr": 'replace("aaa", "/a+/", "b")', "call": "replace"}),
    ],
)  # fmt: skip
def test_expressions(tmp_path: Path, expression: str, expected: Any) -> None:
    assert value(tmp_path, expression) == expected


def test_heredocs(tmp_path: Path) -> None:
    text = 'locals {\n  a = <<-EOT\n    x ${upper("y")}\n\n      deep\n  EOT\n  b = <<EOT\n  kept \\n\nEOT\n}\n'
    found = local_values(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert found == {"a": "x Y\n\n  deep\n", "b": "  kept \\n\n"}


def test_strip_markers_leave_the_indent_of_the_next_line(tmp_path: Path) -> None:
    text = "<<EOT\nlist:\n%{ for x in [1, 2] ~}\n  - ${x}\n%{ endfor ~}\n  - last\nEOT"
    assert value(tmp_path, text) == "list:\n  - 1\n  - 2\n  - last\n"


def test_unknown_values_keep_what_is_known(tmp_path: Path) -> None:
    text = """
variable "open" {}
variable "region" { default = "eu" }
resource "aws_x" "y" { name = "n-${var.region}" }
locals {
  none   = var.open.deep
  mixed  = "${var.region}-${var.open}-end"
  ref    = aws_x.y.arn
  told   = aws_x.y.name
  inside = "endpoint/${aws_x.y.name}/all"
  data   = data.aws_z.w.id
  either = var.open ? "a" : "b"
  same   = var.open ? "a" : "a"
  bound  = merge({ a = 1 }, var.open)
}
"""
    found = local_values(tmp_path, text)
    assert found["none"] == {"expr": "var.open.deep", "name": "var.open.deep"}
    assert found["mixed"]["parts"] == ["eu-", "-end"]
    assert found["ref"] == {"expr": "aws_x.y.arn", "ref": "aws_x.y"}
    assert found["told"] == {"expr": "aws_x.y.name", "ref": "aws_x.y", "const": "n-eu"}
    assert (found["inside"]["ref"], found["inside"]["const"]) == ("aws_x.y", "endpoint/n-eu/all")
    assert found["data"]["ref"] == "data.aws_z.w"
    assert found["either"]["parts"] == ["a", "b"]
    assert found["same"] == "a"
    assert found["bound"] == {"a": 1}


def test_variables_take_defaults_settings_and_types(tmp_path: Path) -> None:
    text = """
variable "a" { default = "default" }
variable "b" { default = "default" }
variable "c" {
  type = object({ size = optional(number, 3), name = string, tags = optional(map(string)) })
  default = { name = "n" }
}
variable "d" {
  type    = number
  default = "7"
}
locals {
  a = var.a
  b = var.b
  c = var.c.size
  d = var.d
  t = var.c.tags == null
}
"""
    tfvars = {"terraform.tfvars": 'a = "file"\n', "other.tfvars": 'b = "never"\n'}
    assert local_values(tmp_path, text, **tfvars) == {"a": "file", "b": "default", "c": 3, "d": 7, "t": True}


def test_files_are_read_inside_the_repository_only(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("never")
    root = tmp_path / "repo"
    found = local_values(
        root,
        """
locals {
  own   = file("${path.module}/files/a.txt")
  set   = fileset("files", "*.txt")
  tpl   = templatefile("files/b.tftpl", { name = "x", items = ["1", "2"] })
  away  = file("../outside.txt")
  abs   = file("/etc/hostname")
}
""",
        **{"files/a.txt": "hello", "files/b.tftpl": "n: ${name}\n%{ for i in items ~}\n- ${i}\n%{ endfor ~}\n"},
    )
    assert found["own"] == "hello"
    assert found["set"] == ["a.txt"]
    assert found["tpl"] == "n: x\n- 1\n- 2\n"
    assert found["away"]["call"] == found["abs"]["call"] == "file"


def test_a_broken_block_costs_itself(tmp_path: Path) -> None:
    text = 'resource "a" "x" {\n  b = 1\n}\n\nresource "a" "y" {\n  c = = [\n}\n\nresource "a" "z" {\n  d = 2\n}\n'
    tree = tree_of(tmp_path, {"main.tf": text})
    own = modules.module(tree, "")
    assert {name for _, name in own.resources} >= {"x", "z"}
    assert [(note.at.line, note.at.path) for note in own.notes] == [(6, "main.tf")]
    assert own.resources["a", "z"].spot == (9, 1)
    assert own.resources["a", "z"].end_line == 11


def test_columns_count_characters(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"main.tf": 'locals { a = ["é", 2] }\n'})
    source = tree.get("main.tf")
    assert source is not None
    block = reader.document(source).body.blocks[0]
    items = block.body.attributes["a"].value
    assert [item.spot for item in items.items] == [(1, 15), (1, 20)]  # type: ignore[union-attr]


HOSTILE = {
    "brackets": "locals {\n a = " + "[" * 4000 + "]" * 4000 + "\n}",
    "open brackets": "locals {\n a = " + "[" * 4000,
    "parentheses": "locals {\n a = " + "(" * 4000 + "1" + ")" * 4000 + "\n}",
    "objects": "locals {\n a = " + "{ b = " * 2000 + "1" + " }" * 2000 + "\n}",
    "templates": "locals {\n a = " + '"${' * 1500 + "1" + '}"' * 1500 + "\n}",
    "calls": "locals {\n a = " + "upper(" * 3000 + '"x"' + ")" * 3000 + "\n}",
    "sum": "locals {\n a = " + "1 + " * 20000 + "1\n}",
    "negation": "locals {\n a = " + "!" * 20000 + "true\n}",
    "conditionals": "locals {\n a = " + "true ? 1 : " * 5000 + "1\n}",
    "steps": "locals {\n a = x" + ".y" * 20000 + "\n}",
    "splats": "locals {\n a = x" + "[*]" * 3000 + "\n}",
    "blocks": "a {\n" * 5000 + "}\n" * 5000,
    "directives": 'locals {\n a = "' + "%{ if true }" * 1000 + "x" + "%{ endif }" * 1000 + '"\n}',
    "chain": "locals {\n" + "".join(f" a{i} = local.a{i + 1}\n" for i in range(3000)) + " a3000 = 1\n}",
    "cycle": "locals {\n a = local.b\n b = local.a\n}",
    "doubled text": "locals {\n a0 = \"xxxxxxxx\"\n"
    + "".join(f' a{i + 1} = "${{local.a{i}}}${{local.a{i}}}"\n' for i in range(60))
    + "}",
    "doubled list": "locals {\n a0 = [1]\n"
    + "".join(f" a{i + 1} = [local.a{i}, local.a{i}]\n" for i in range(60))
    + "}",
    "doubled object": "locals {\n a0 = {}\n"
    + "".join(f" a{i + 1} = {{ x = local.a{i}, y = local.a{i} }}\n" for i in range(60))
    + " j = jsonencode(local.a60)\n e = local.a60 == local.a59\n}",
    "range": "locals {\n a = range(1000000000)\n b = [for x in range(4000) : [for y in range(4000) : x * y]]\n}",
    "width": 'locals {\n a = format("%999999999d", 1)\n b = pow(9, 999999999)\n}',
    "yaml": "locals {\n a = yamldecode(\"" + "[" * 3000 + "\")\n}",
    "power": "locals {\n a0 = 9\n" + "".join(f" a{i + 1} = local.a{i} * local.a{i}\n" for i in range(60)) + "}",
    "nothing": "",
    "binary": "\x00\x01\x02" * 1000,
    "not hcl": "{{ jinja }}\n<html>\n",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_input_is_survived(tmp_path: Path, name: str) -> None:
    started = time.process_time()
    local_values(tmp_path, HOSTILE[name])
    assert in_time(time.process_time() - started, 20)


def test_a_cycle_is_unknown_and_named(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"main.tf": HOSTILE["cycle"]})
    used = uses.uses(tree, "")[0]
    assert isinstance(used.local("a", "a"), Unknown)
    assert used.budget.cycles == {("", "local.a")}


def test_modules_that_call_each_other_end(tmp_path: Path) -> None:
    tree = tree_of(
        tmp_path,
        {
            "a/main.tf": 'module "b" {\n  source = "../b"\n  x = module.b.y\n}\noutput "y" {\n value = module.b.y\n}\n',
            "b/main.tf": 'module "a" {\n  source = "../a"\n}\nvariable "x" {}\noutput "y" {\n value = module.a.y\n}\n',
        },
    )
    for folder in ("a", "b"):
        for used in uses.uses(tree, folder):
            assert isinstance(used.output("y", "y"), Unknown)
