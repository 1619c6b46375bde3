"""Which functions a function comes to call: by name in its file, by the tail of the name in what it imports."""

from __future__ import annotations

from mlops_scan.scanner.graph import Callees, Graph
from mlops_scan.scanner.model import Edge, Fact, Location


def function(path: str, name: str, line: int = 1) -> Fact:
    return Fact("function", name, Location(path, line))


def call(path: str, caller: str, name: str, line: int = 2) -> Fact:
    return Fact("call", name, Location(path, line), {"function": caller})


def graph(*facts: Fact, imports: tuple[tuple[str, str], ...] = ()) -> Graph:
    built = Graph(facts, sorted({fact.at.path for fact in facts}))
    for source, target in imports:
        built.add_edge(Edge(f"file:{source}", "imports", f"file:{target}", Location(source)))
    return built


def test_functions_of_the_same_file_go_by_their_whole_name() -> None:
    callees = Callees(
        graph(
            function("app.py", "handle"),
            function("app.py", "Scorer.run"),
            function("app.py", "Other.run"),
            call("app.py", "handle", "Scorer.run"),
        )
    )
    assert callees.reached("app.py", "handle") == (("app.py", "handle"), ("app.py", "Scorer.run"))


def test_imported_functions_go_by_the_tail_and_only_where_the_file_is_imported() -> None:
    facts = (
        function("app.py", "handle"),
        function("lib/model.py", "Model.ask"),
        function("far/model.py", "Model.ask"),
        call("app.py", "handle", "lib.model.Model.ask"),
    )
    callees = Callees(graph(*facts, imports=(("app.py", "lib/model.py"),)))
    assert callees.reached("app.py", "handle") == (("app.py", "handle"), ("lib/model.py", "Model.ask"))


def test_bare_names_come_from_modules_of_which_all_names_are_taken() -> None:
    facts = (
        function("app.py", "handle"),
        function("lib/model.py", "ask"),
        function("lib/other.py", "tell"),
        Fact("import", "lib.model", Location("app.py", 1), {"names": ["*"]}),
        call("app.py", "handle", "ask"),
        call("app.py", "handle", "tell"),
    )
    callees = Callees(graph(*facts, imports=(("app.py", "lib/model.py"), ("app.py", "lib/other.py"))))
    assert callees.reached("app.py", "handle") == (("app.py", "handle"), ("lib/model.py", "ask"))


def test_calls_in_circles_end() -> None:
    callees = Callees(
        graph(
            function("a.py", "one"),
            function("a.py", "two"),
            call("a.py", "one", "two"),
            call("a.py", "two", "one", 3),
        )
    )
    assert callees.reached("a.py", "one") == (("a.py", "one"), ("a.py", "two"))
    assert [fact.name for fact in callees.calls(("a.py", "two"))] == ["one"]


def test_a_long_chain_is_followed_four_calls_deep() -> None:
    chain = [function("a.py", f"f{number}") for number in range(9)]
    calls = [call("a.py", f"f{number}", f"f{number + 1}", 20 + number) for number in range(8)]
    assert len(Callees(graph(*chain, *calls)).reached("a.py", "f0")) == 5
