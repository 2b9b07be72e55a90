"""Nobody asks the catalogue for documents or files in somebody's name without the conditions of `seeing`.

A call that takes a Principal and, by what it calls, reads one of the tables below must by the same ways come to a
function of services.archive.seeing. That every single query has the condition is what tests/leaks.py asks.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = "services.archive"
KEPT_BACK = {(f"{HOUSE}.schema", table) for table in ("documents", "sources", "items", "batches")}
WORKERS = {
    "backup.taking.take",
    "checking.mending.index_again",
    "checking.service.index_again",
    "garbage.collect",
    "indexing.index_failed",
    "indexing.indexed",
    "outdated.confirm",
    "reading.assemble_failed",
    "reading.page_failed",
    "reading.page_read",
    "reading.source_failed",
    "reading.triaged",
    "reading.unpacked",
    "reading.words_lost",
    "sweeping.end_dead_uploads",
    "sweeping.sweep",
}
"""Work on everything there is: their Principal is who the log names, and no answer of theirs shows a document."""

Ref = tuple[str, str]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> dict[str, ast.Module]:
    folder = ROOT / HOUSE.replace(".", "/")
    paths = [path for path in folder.rglob("*.py") if "migrations" not in path.parts]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text()) for path in paths}


class Calls:
    """Who refers to whom, as far as names and imports tell: functions, tables, methods of `self`."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.functions: dict[Ref, list[Function]] = {}
        self._imported: dict[str, dict[str, Ref]] = {module: {} for module in trees}
        for module, tree in trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module:
                    self._imported[module] |= {a.asname or a.name: (node.module, a.name) for a in node.names}
                elif isinstance(node, Function):
                    self.functions.setdefault((module, node.name), []).append(node)

    def reached(self, module: str, function: Function) -> set[Ref]:
        """Return all that a function comes to; what `seeing` itself does is not followed."""
        found: set[Ref] = set()
        todo = [(module, function)]
        while todo:
            here, node = todo.pop()
            new = self._named(here, node) - found
            found |= new
            todo += [(ref[0], n) for ref in new if ref[0] != f"{HOUSE}.seeing" for n in self.functions.get(ref, ())]
        return found

    def _named(self, module: str, function: Function) -> set[Ref]:
        imported, found = self._imported[module], set[Ref]()
        for node in ast.walk(function):
            if isinstance(node, ast.Name):
                found.add(imported.get(node.id, (module, node.id)))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "self":
                    found.add((module, node.attr))
                elif node.value.id in imported:
                    found.add((".".join(imported[node.value.id]), node.attr))
        return found


def asked_in_a_name(trees: Mapping[str, ast.Module]) -> dict[str, bool]:
    """Return the calls in somebody's name that read what may be kept from them, and whether they come to `seeing`."""
    calls, found = Calls(trees), {}
    for (module, name), functions in calls.functions.items():
        for function in functions:
            taken = (*function.args.args, *function.args.kwonlyargs)
            if name.startswith("_") or not any(ast.unparse(a.annotation or ast.Pass()) == "Principal" for a in taken):
                continue
            reached = calls.reached(module, function)
            if reached & KEPT_BACK:
                found[f"{module}.{name}"] = any(ref[0] == f"{HOUSE}.seeing" for ref in reached)
    return found


def test_documents_are_asked_for_in_a_name_under_the_conditions_of_seeing_alone() -> None:
    asked = asked_in_a_name(modules())
    assert len(asked) > 100
    assert {name.removeprefix(f"{HOUSE}.") for name, seeing in asked.items() if not seeing} == WORKERS


def test_a_call_that_forgets_them_is_found() -> None:
    source = """
from services.archive.schema import documents
from services.archive.seeing import seen
async def count(p: Principal, conn): return await _count(conn, p)
async def count_seen(p: Principal, conn): return await _count(conn, p, seen(p))
async def _count(conn, p, *conditions): return await conn.scalar(select(documents).where(*conditions))
"""
    found = asked_in_a_name({"services.archive.new": ast.parse(source)})
    assert found == {"services.archive.new.count": False, "services.archive.new.count_seen": True}
