"""Go templates: syntax, functions as Go and sprig have them, tolerance, bounds, and the line behind every output."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.gotemplate.automaton import Automaton
from mlops_scan.scanner.formats.gotemplate.budget import Budget
from mlops_scan.scanner.formats.gotemplate.evaluator import Evaluator
from mlops_scan.scanner.formats.gotemplate.functions import table
from mlops_scan.scanner.formats.gotemplate.goprint import float_text, printf
from mlops_scan.scanner.formats.gotemplate.goyaml import read_yaml, to_yaml
from mlops_scan.scanner.formats.gotemplate.goyamltext import in_order
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, TemplateError
from mlops_scan.scanner.formats.gotemplate.objects import glob_pattern
from mlops_scan.scanner.formats.gotemplate.parser import parse
from mlops_scan.scanner.formats.gotemplate.values import Values, from_node, origin
from mlops_scan.scanner.formats.gotemplate.writer import LineMap
from tests.slowness import in_time

VALUES = """\
name: web
count: 3
big: 1500000
empty: ""
on: yes
image:
  repository: reg/app
  tag: latest
list: [a, b, c]
nested:
  deep:
    leaf: 1
"""


def evaluator(source: str, *, force: bool = False, strict: bool = False) -> tuple[Evaluator, Any]:
    template = parse(source, "t.yaml")
    budget = Budget()
    made = Evaluator(template.definitions, table(budget.take), budget, force=force, strict=strict)
    return made, template


def values(text: str = VALUES) -> Values:
    made = from_node(yamlnodes.parse(text)[0], "values.yaml")
    assert isinstance(made, Values)
    return made


def render(source: str, *, text: str = VALUES) -> str:
    made, template = evaluator(source, strict=True)
    return made.render(template, {"Values": values(text)}).text()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a {{- /* gone */ -}} b", "ab"),
        ("a\n  {{- .Values.name }}\nb", "aweb\nb"),
        ('{{ `raw "x"` }}{{ "t\\tb" }}{{ \'a\' }}', 'raw "x"t\tb97'),
        ('{{ if .Values.empty }}1{{ else if eq .Values.name "web" }}2{{ else }}3{{ end }}', "2"),
        ("{{ with .Values.image }}{{ .tag }}{{ $.Values.name }}{{ end }}", "latestweb"),
        ("{{ with .Values.empty }}x{{ else }}none{{ end }}", "none"),
        ("{{ range $i, $v := .Values.list }}{{ $i }}{{ $v }}{{ end }}", "0a1b2c"),
        ("{{ range .Values.image }}{{ . }} {{ end }}", "reg/app latest "),
        ("{{ range .Values.empty }}x{{ else }}none{{ end }}", "none"),
        ('{{ range .Values.list }}{{ if eq . "b" }}{{ continue }}{{ end }}{{ . }}{{ end }}', "ac"),
        ('{{ range .Values.list }}{{ if eq . "b" }}{{ break }}{{ end }}{{ . }}{{ end }}', "a"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2"),
        ('{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" .Values.name }}{{ include "t" 1 | upper }}', "<web><1>"),
        ('{{ block "b" .Values.image }}{{ .tag }}{{ end }}', "latest"),
        ("{{ (index .Values.list 1) }}{{ (.Values.image).tag }}{{ .Values.nested.deep.leaf }}", "blatest1"),
        ('{{ tpl "{{ .Values.name }}-{{ .Values.count }}" . }}', "web-3"),
        ('{{ "a" | printf "%s-%s" "b" }}', "b-a"),
        ("{{ ((.Values.absent).more).again }}", ""),
        ('{{ and 1 0 2 }}{{ or 0 "" "x" }}{{ not 0 }}', "0xtrue"),
        ('{{ and .Values.empty (fail "never evaluated") }}', ""),
        ("{{ .Values.big }} {{ int .Values.big }} {{ toYaml .Values.big }}", "1.5e+06 1500000 1500000"),
    ],
)
def test_constructs(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('trunc -3 "abcdef"', "def"),
        ('"a-b_c" | camelcase', "ABC"),
        ('"HTTPServer" | snakecase', "http_server"),
        ('quote nil "x"', '"x"'),
        ('squote "x" 1', "'x' '1'"),
        ('list 1 "a" nil | join ","', "1,a"),
        ("default 5 0", "5"),
        ('ternary "y" "n" true', "y"),
        ('dict "a" 1 "b" (list 1 2) | toJson', '{"a":1,"b":[1,2]}'),
        ('"<&>" | toJson', '"\\u003c\\u0026\\u003e"'),
        ("max 1 5 3 | add 1", "6"),
        ("div -7 2", "-3"),
        ("mod 7 3", "1"),
        ("round 2.345 2", "2.35"),
        ("seq 1 2 7", "1 3 5 7"),
        ("untilStep 6 0 -2", "[6 4 2]"),
        ('semverCompare ">=1.19-0" "v1.36.2"', "true"),
        ('semverCompare "^1.2.3 || ~2.1" "2.1.9"', "true"),
        ('semverCompare "^0.2.3" "0.3.0"', "false"),
        ('semverCompare "1.2 - 1.4" "1.3.7"', "true"),
        ('(semver "1.2.3-rc.1").Prerelease', "rc.1"),
        ('regexReplaceAll "(a)(b)?" "abac" "${1}x"', "axaxc"),
        ('regexFindAll "[a-z]+" "ab1cd" -1', "[ab cd]"),
        ('regexSplit "-+" "a--b-c" -1', "[a b c]"),
        ('b64enc "x" | b64dec', "x"),
        ('"abc" | sha256sum | trunc 8', "ba7816bf"),
        ('(urlParse "https://u@h.io:8/p?q=1").host', "h.io:8"),
        ('dig "a" "b" "no" (dict "a" (dict "b" "yes"))', "yes"),
        ('merge (dict "a" 1) (dict "a" 2 "b" 3) | toJson', '{"a":1,"b":3}'),
        ('mergeOverwrite (dict "a" 1) (dict "a" 2) | toJson', '{"a":2}'),
        ('omit (dict "a" 1 "b" 2) "a" | keys | first', "b"),
        ("kindOf .Values.count", "float64"),
        ("typeOf (int .Values.count)", "int"),
        ('kindIs "map" .Values.image', "true"),
        ('splitList "," "a,b" | last', "b"),
        ('(split "." "x.y")._1', "y"),
        ('"k: [1, yes]" | fromYaml | toJson', '{"k":[1,true]}'),
        ('lookup "v1" "Secret" "" "x" | empty', "true"),
        ("randAlphaNum 4 | len", "4"),
        ('printf "%05.1f|%-4s|%q|%d|%v" 2.25 "a" "b" 3 nil', '002.2|a   |"b"|3|<nil>'),
        ("has 3.0 (list 1 2 3)", "true"),
        ('without (list "a" "b") "a"', "[b]"),
    ],
)
def test_functions(expression: str, expected: str) -> None:
    assert render("{{ " + expression + " }}") == expected


def test_numbers_print_as_go_prints_them() -> None:
    assert [float_text(one) for one in (1e6, 999999.0, 0.0001, 0.00001, 1.5, 1e21, -2.0)] == [
        "1e+06", "999999", "0.0001", "1e-05", "1.5", "1e+21", "-2",
    ]  # fmt: skip
    assert printf("%d %s", 1.5, 2) == "%!d(float64=1.5) %!s(int=2)"


@pytest.mark.parametrize(
    "value",
    [
        {"a": {"b": [1.0, {"c": "x"}], "e": [], "m": {}}, "t": "true", "n": "1.20", "s": "a: b", "nil": None},
        {"text": "line\nnext\n", "kept": "x\n\n", "lead": "  x\ny", "quote": "it's: {{ .x }}", "tab": "a\tb\n c"},
        [["a", ["b"]], {"k": "#no"}, "- dash", "", "0x1f", "2024-01-01", "on", "~", "*star", "a #b", "end:"],
    ],
)
def test_yaml_round_trip(value: Any) -> None:
    assert read_yaml(to_yaml(value) + "\n") == value  # toYaml drops the last newline, as Helm's does


@pytest.mark.parametrize(
    "keys",
    [
        ["", "a", "a1", "a2", "a9", "a10", "b"],
        ["a1-", "a01-", "a12", "a012"],
        ["a", "a-", "a0", "a0 1", "a00", "a000", "ab"],
        ["-", "1", "2", "11", "A", "B", "a"],
        ["a12", "a1b", "v1", "v1beta", "v2beta"],
    ],
)
def test_keys_stand_in_the_order_of_their_numbers(keys: list[str]) -> None:
    assert in_order(reversed(keys)) == keys


def test_so_many_keys_that_their_order_is_not_worth_it_stand_in_that_of_their_numbers() -> None:
    keys = [f"k{number}k" for number in range(3000)]
    assert in_order(keys[::-1]) == keys


def test_yaml_is_typed_as_go_does() -> None:
    assert read_yaml("{a: 0755, b: 1_000, c: yes, d: 'yes', e: 1e3, f: ~, g: 1.2.3, h: 0b11}") == {
        "a": 493.0, "b": 1000.0, "c": True, "d": "yes", "e": 1000.0, "f": None, "g": "1.2.3", "h": 3.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "line"),
    [("a\n{{ if }}", 2), ("{{ end }}", 1), ("\n\n{{ if 1 }}\n", 3), ("{{ (1 }}", 1), ("{{ \x00 }}", 1), ("{{ /* x", 1)],
)
def test_broken_templates_name_their_line(source: str, line: int) -> None:
    with pytest.raises(TemplateError) as error:
        parse(source, "t.yaml")
    assert error.value.line == line


def test_faults_cost_their_action_only() -> None:
    made, template = evaluator('a: {{ .Values.no.such }}\nb: {{ required "no b" .Values.none }}\nc: {{ 1 }}\n')
    assert made.render(template, {"Values": values()}).text() == "a: \nb: \nc: 1\n"
    assert made.faults.problems["t.yaml"][0] == 1


def test_missing_templates_count_once_and_as_empty() -> None:
    made, template = evaluator('{{ include "x" . }}{{ include "x" . | trunc 63 }}{{ template "y" . }}!')
    assert made.render(template, {}).text() == "!"
    assert sorted(made.faults.missing) == ["x", "y"]


def test_every_line_knows_its_template_line_and_its_values() -> None:
    source = (
        "kind: A\n"
        "{{- with .Values.image }}\n"
        'image: "{{ .repository }}:{{ .tag }}"\n'
        "{{- end }}\n"
        "spec:\n"
        "  {{- toYaml .Values.nested | nindent 2 }}\n"
        "{{- $n := .Values.name }}\n"
        "{{- range .Values.list }}\n"
        "- {{ . }}-{{ $n }}\n"
        "{{- end }}\n"
    )
    made, template = evaluator(source)
    writer = made.render(template, {"Values": values()})
    lines = writer.text().split("\n")
    found = LineMap(writer)

    def behind(text: str) -> tuple[int, list[str]]:
        source = found.source(lines.index(text) + 1)
        assert source is not None
        return source.line, [where.trail for read in source.reads if (where := origin(read))]

    assert behind('image: "reg/app:latest"') == (3, ["image.repository", "image.tag"])
    assert behind("    leaf: 1") == (6, ["nested"])
    assert behind("- b-web") == (9, ["list[1]", "name"])
    assert behind("spec:") == (5, [])


def test_included_lines_keep_their_own_place() -> None:
    made, template = evaluator(
        '{{ define "c" -}}\nname: x\nimage: {{ .Values.name }}\n{{- end }}spec:\n  {{- include "c" . | nindent 2 }}\n'
    )
    writer = made.render(template, {"Values": values()})
    assert writer.text() == "spec:\n  name: x\n  image: web\n"
    source = LineMap(writer).source(3)
    assert source is not None and source.line == 3 and [one[1] for one in source.reads] == ["name"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ range until 99999 }}{{ range until 99999 }}x{{ end }}{{ end }}",
        '{{ repeat 1000000000000 "a" }}',
        '{{ $x := "aaaaaaaa" }}{{ range until 99999 }}{{ $x = printf "%s%s" $x $x }}{{ end }}',
        "{{ $x := list 1 }}{{ range until 99 }}{{ $x = list $x $x }}{{ end }}{{ toYaml $x }}",
        '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d | toJson }}',
        '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
        '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
        '{{ range until 99999 }}{{ regexMatch "(a+)+$" (printf "%s!" (repeat 400 "a")) }}{{ end }}',
        "{{ untilStep 0 999999999 1 }}",
    ],
)
def test_bombs_hit_a_bound(source: str) -> None:
    made, template = evaluator(source)
    started = time.process_time()
    with pytest.raises(BoundError):
        made.render(template, {})
    assert in_time(time.process_time() - started, 20)


def test_deep_nesting_is_refused() -> None:
    for source in ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{{ if 1 }}" * 5000 + "{{ end }}" * 5000):
        with pytest.raises(TemplateError):
            parse(source, "t.yaml")


def test_objects_show_no_python() -> None:
    made, template = evaluator("{{ .Files.__class__ }}{{ .Values.__class__ }}{{ .name.format }}x")
    assert made.render(template, {"Values": values(), "name": "n"}).text() == "x"
    assert bounds.TEMPLATE_STEPS - made.budget.left < 20


PATTERNS = [
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    r"(a|b)*c",
    r"([a-z]+)-(\d{1,3})+x?",
    r"a{2,4}?b|(?:ab|a)(c|bcd)(d*)",
    r"(?i)(FOO|bar)+",
    r"x*",
    r"\bfoo\b|(z)",
    r"^(v?)(\d+\.){1,2}(\*|\d+)$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_automaton_agrees_with_re(pattern: str) -> None:
    compiled = re.compile(pattern, re.ASCII)
    for text in (
        "a.b-c.d",
        "aaab",
        "abababc",
        "foo-12x bar-7",
        "abcd",
        "fOObar Foo",
        "xxaxx",
        "v1.2.3",
        "foo zfoo",
        "",
    ):
        wanted = [tuple(match.span(index) for index in range(compiled.groups + 1)) for match in compiled.finditer(text)]
        assert [span.groups for span in Automaton(pattern, compiled.groupindex).spans(text)] == wanted


def test_globs() -> None:
    names = ["a.yaml", "d/a.yaml", "d/e/a.yml"]
    assert [name for name in names if glob_pattern("*.yaml").match(name)] == ["a.yaml"]
    assert [name for name in names if glob_pattern("**/*.{yaml,yml}").match(name)] == names


def test_keys_sort_as_go_sorts_them() -> None:
    keys = ["a100", "a16", "b", "a-1", "a1b", "a10", "A", "a_1", "a01", "a"]
    made = to_yaml(dict.fromkeys(keys, 1))
    assert [line.partition(":")[0] for line in made.split("\n")] == [
        "A", "a", "a-1", "a_1", "a1b", "a01", "a10", "a16", "a100", "b",
    ]  # fmt: skip


def test_long_lines_wrap_as_go_wraps_them() -> None:
    words = " ".join(["word"] * 30)
    plain, quoted = to_yaml({"a": {"key": words}}).split("\n")[1:], to_yaml({"key": f"{words}: {words}"}).split("\n")
    assert [len(line) for line in plain] == [81, 78] and plain[1].startswith("    word")
    assert (
        len(quoted) == 4
        and quoted[1].startswith("  word")
        and read_yaml("\n".join(quoted)) == {"key": f"{words}: {words}"}
    )
    apart = "  ".join(["word"] * 30)
    assert to_yaml({"key": apart}) == f"key: {apart}"  # only single spaces can be broken


def test_only_times_are_quoted_as_times() -> None:
    times = {
        "2024-01-02": True,
        "2024-1-2T3:4:5Z": True,
        "2024-01-02 03:04:05.5": True,
        "2006-01-02T15:04:05Z07:00": False,
    }
    assert {one: to_yaml(one).startswith('"') for one in times} == times


def test_values_as_a_map() -> None:
    assert render('{{ dig "a" "b" "none" .Values.AsMap }}', text="a: {b: 1}\n") == "1"


def test_what_overwrites_wins_even_empty() -> None:
    text = "c: {a: false, b: 0, e: [], f: {}, g: {h: false}}\n"
    base = '(dict "a" true "b" 5 "e" (list 1) "f" (dict "z" 1) "g" (dict "h" true))'
    assert render(f"{{{{ mergeOverwrite {base} .Values.c | toJson }}}}", text=text) == (
        '{"a":false,"b":0,"e":[],"f":{"z":1},"g":{"h":false}}'
    )
    assert render(f"{{{{ (merge .Values.c {base}).a }}}}", text=text) == "true"
