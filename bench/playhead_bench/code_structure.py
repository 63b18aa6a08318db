"""`python -m playhead_bench.code_structure`: how the product's source is built, counted from its files alone.

Prints lines and functions, import circles (imports inside functions included), SQL outside `store/`, broad
`except` clauses, annotated parameters, words of `docs/GLOSSARY.md` that new code does not use, and how often
the path of a question, a video and a query returns to a file that it had left.

A path is walked as it is written: from a function and one of its parameters along the calls that pass on the
value or what is made of it, each function once, both arms of every branch, the nodes of a graph in the
order in which they are added. Calls that cannot be resolved from names and annotations are not followed.
"""

import argparse
import ast
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = ("index", "tools", "agent", "app")
SQL = re.compile(
    r"^\s*(select\s.+\sfrom|insert\s+(or\s+\w+\s+)?into|update\s+\w+\s+set|delete\s+from|create\s+(temp\s+)?"
    r"(table|index|trigger|view|virtual)|drop\s+table|alter\s+table|with\s+\w+.*\sas\s*\()",
    re.IGNORECASE | re.DOTALL,
)
SQL_FOLDERS = ("/store/", "/persistence/")
"""The catalog's statements stand in the first, those of the checkpoints' own database in the second."""
BROAD = {"Exception", "BaseException"}


@dataclass(frozen=True, slots=True)
class Walk:
    """A path through the product.

    Args:
        name: in the table.
        starts: (file, function, parameter) of each of its parts, in the order in which they run.
    """

    name: str
    starts: tuple[tuple[str, str, str], ...]


AGENT = "agent/playhead_agent"
WALKS = (
    Walk(
        "question, by a planner",
        (
            ("app/playhead/library.py", "Library.ask", "question"),
            (f"{AGENT}/run.py", "ask", "question"),
            (f"{AGENT}/planner/strategy.py", "PlannerStrategy.begin", "question"),
            (f"{AGENT}/planner/graph.py", "nodes", "state"),
        ),
    ),
    Walk(
        "question, by rules",
        (
            ("app/playhead/library.py", "Library.ask", "question"),
            (f"{AGENT}/run.py", "ask", "question"),
            (f"{AGENT}/rules/strategy.py", "RulesStrategy.begin", "question"),
            (f"{AGENT}/rules/graph.py", "nodes", "state"),
        ),
    ),
    Walk(
        "video, from path to index",
        (
            ("app/playhead/library.py", "Library.index", "paths"),
            ("index/playhead_index/build.py", "build_video", "path"),
        ),
    ),
    Walk(
        "query, from text to moments",
        (("index/playhead_index/search/engine.py", "Searcher.search", "query"),),
    ),
)


@dataclass(slots=True)
class Module:
    """One source file.

    Args:
        path: relative to the repository.
        name: as it is imported.
        tree: its syntax tree.
        functions: by qualified name, such as `Library.ask`.
        classes: by name, with the annotations of their fields.
        imports: name in this file to (module, name in it); the name is empty for a module.
    """

    path: str
    name: str
    tree: ast.Module
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)
    classes: dict[str, dict[str, str]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_modules(root: Path, packages: Iterable[str] = PACKAGES) -> dict[str, Module]:
    """The source files of some components, by the name under which they are imported.

    Raises:
        OSError: a file cannot be read.
    """
    modules = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root / package).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            modules[name] = _module(str(path.relative_to(root)), name, path.read_text("utf-8"))
    return modules


def _module(path: str, name: str, source: str) -> Module:
    module = Module(path, name, ast.parse(source))
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            module.functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            module.classes[node.name] = {
                one.target.id: _annotated_class(one.annotation)
                for one in node.body
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            }
            for one in node.body:
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                    module.functions[f"{node.name}.{one.name}"] = one
    for found in ast.walk(module.tree):
        if isinstance(found, ast.ImportFrom) and found.module:
            for alias in found.names:
                module.imports[alias.asname or alias.name] = (found.module, alias.name)
        elif isinstance(found, ast.Import):
            for alias in found.names:
                module.imports[alias.asname or alias.name] = (alias.name, "")
    return module


def _annotated_class(node: ast.expr | None) -> str:
    """The class that an annotation names, `Optional` and quotes taken off; empty where it names none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _annotated_class(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.BinOp):
        return _annotated_class(node.left) or _annotated_class(node.right)
    if isinstance(node, ast.Name):
        return node.id
    return ""


# ---- paths ----


class PathWalker:
    """Follows values through calls, in the order in which the code is written.

    Args:
        modules: from `read_modules`.
    """

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self._modules = modules
        self._by_path = {module.path: module for module in modules.values()}
        self._walked: set[tuple[str, str]] = set()
        self.calls: list[tuple[str, str]] = []
        """(file of the caller, file of the function) of each function, in the order of first visits."""

    def walk(self, path: str, function: str, parameter: str) -> None:
        """Follows one parameter of a function; with `nodes` as the function, the nodes of the file's graph.

        Raises:
            LookupError: there is no such file, function or parameter.
        """
        module = self._by_path.get(path)
        if module is None:
            raise LookupError(f"no file {path}")
        if function == "nodes":
            for name in _graph_nodes(module):
                found = self._resolve_name(module, name)
                if found is not None:
                    self._enter(*found, {0})
            return
        node = module.functions.get(function)
        if node is None:
            raise LookupError(f"no function {function} in {path}")
        names = [argument.arg for argument in _arguments(node)]
        if parameter not in names:
            raise LookupError(f"no parameter {parameter} of {function} in {path}")
        self._enter(module, function, {names.index(parameter)})

    def _enter(
        self, module: Module, function: str, passed: set[int], self_passed: bool = False, caller: str = ""
    ) -> None:
        if (module.path, function) in self._walked or function not in module.functions:
            return
        self._walked.add((module.path, function))
        self.calls.append((caller, module.path))
        node = module.functions[function]
        arguments = _arguments(node)
        names = {arguments[at].arg for at in passed if at < len(arguments)}
        names |= {"self"} if self_passed else set()
        classes = {one.arg: _annotated_class(one.annotation) for one in arguments}
        _Body(self, module, function.partition(".")[0] if "." in function else "", names, classes).run(
            node.body
        )

    def _resolve_name(self, module: Module, name: str) -> tuple[Module, str] | None:
        """The module and the function or class that a name stands for; None for one of no product file."""
        if name in module.functions or name in module.classes:
            return module, name
        home, original = module.imports.get(name, ("", ""))
        target = self._modules.get(home)
        if target is None or not original:
            return None
        if original in target.functions or original in target.classes:
            return target, original
        return self._resolve_name(target, original) if original in target.imports else None

    def call(self, body: "_Body", call: ast.Call, passed: set[int]) -> None:
        """Enters what a call calls, as far as it can be resolved."""
        found = self._callee(body, call.func)
        if found is None:
            return
        module, function, is_method = found
        offset = 1 if is_method else 0
        arguments = _arguments(module.functions[function]) if function in module.functions else []
        names = [one.arg for one in arguments]
        positions = {at + offset for at in passed if at < len(call.args)}
        for at, keyword in enumerate(call.keywords, len(call.args)):
            if at in passed and keyword.arg in names:
                positions.add(names.index(keyword.arg))
        self._enter(module, function, positions, is_method and body.is_passed(call.func), body.module.path)

    def _callee(self, body: "_Body", func: ast.expr) -> tuple[Module, str, bool] | None:
        if isinstance(func, ast.Name):
            found = self._resolve_name(body.module, func.id)
            if found is None:
                return None
            module, name = found
            if name in module.classes:
                return module, f"{name}.__post_init__", True
            return module, name, False
        if not isinstance(func, ast.Attribute):
            return None
        if isinstance(func.value, ast.Name):
            home = self._modules.get(body.module.imports.get(func.value.id, ("", ""))[0])
            if home is not None and not body.module.imports[func.value.id][1] and func.attr in home.functions:
                return home, func.attr, False
        owner = body.class_of(func.value)
        found = self._resolve_name(body.module, owner) if owner else None
        if found is None or found[1] not in found[0].classes:
            return None
        module, name = found
        method = f"{name}.{func.attr}"
        return (module, method, True) if method in module.functions else None

    def field_class(self, module: Module, owner: str, name: str) -> str:
        """The class of a field of a class; empty where it is not known."""
        found = self._resolve_name(module, owner)
        return "" if found is None else found[0].classes.get(found[1], {}).get(name, "")


class _Body:
    """The statements of one function: which names hold the value, and which classes names have."""

    def __init__(
        self, walker: PathWalker, module: Module, owner: str, passed: set[str], classes: dict[str, str]
    ) -> None:
        self.walker, self.module, self._passed, self._classes = walker, module, passed, classes
        if owner:
            self._classes["self"] = owner

    def run(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            if node.value is not None:
                self._expression(node.value)
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                self._assign(targets, node.value)
            return
        if isinstance(node, ast.For | ast.AsyncFor):
            self._expression(node.iter)
            self._assign([node.target], node.iter)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr) and not (
                isinstance(node, ast.For) and child in (node.iter, node.target)
            ):
                self._expression(child)
            elif isinstance(child, ast.withitem):
                self._expression(child.context_expr)
                if child.optional_vars is not None:
                    self._assign([child.optional_vars], child.context_expr)
            elif isinstance(child, ast.stmt):
                self._statement(child)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                self.run(child.body)

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
        if self.is_passed(value):
            self._passed.update(names)
        owner = self.class_of(value)
        if owner and len(names) == 1:
            self._classes[names[0]] = owner

    def _expression(self, node: ast.expr) -> None:
        """Calls in the order in which they are evaluated: the arguments before the call."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._expression(child)
            elif isinstance(child, ast.comprehension):
                self._expression(child.iter)
                self._assign([child.target], child.iter)
                for test in child.ifs:
                    self._expression(test)
            elif isinstance(child, ast.keyword):
                self._expression(child.value)
        if isinstance(node, ast.NamedExpr):
            self._assign([node.target], node.value)
        if isinstance(node, ast.Call):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            passed = {at for at, value in enumerate(values) if self.is_passed(value)}
            if passed or self.is_passed(node.func):
                self.walker.call(self, node, passed)

    def is_passed(self, node: ast.expr) -> bool:
        """Whether an expression holds the value that is followed, or what was made of it."""
        return any(isinstance(one, ast.Name) and one.id in self._passed for one in ast.walk(node))

    def class_of(self, node: ast.expr) -> str:
        """The class of an expression as far as annotations tell; empty where they do not."""
        if isinstance(node, ast.Name):
            known = self._classes.get(node.id, "")
            if not known and self.walker._resolve_name(self.module, node.id) is not None:
                return node.id if node.id[:1].isupper() else ""
            return known
        if isinstance(node, ast.Attribute):
            return self.walker.field_class(self.module, self.class_of(node.value), node.attr)
        if isinstance(node, ast.Call):
            found = self.walker._callee(self, node.func)
            if found is None:
                return ""
            module, function, _ = found
            if function.endswith(".__post_init__"):
                return function.partition(".")[0]
            returned = module.functions[function].returns
            return _annotated_class(returned)
        return ""


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _graph_nodes(module: Module) -> list[str]:
    """The functions that a file adds to its graph as nodes, in order."""
    names = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
            if node.func.attr == "add_node":
                names += [one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)]
        elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            pairs = [one.elts for one in node.iter.elts if isinstance(one, ast.Tuple) and len(one.elts) == 2]
            names += [
                two.id for one, two in pairs if isinstance(one, ast.Constant) and isinstance(two, ast.Name)
            ]
    return names


def num_returns(calls: Iterable[tuple[str, str]]) -> int:
    """How often a path comes back to a file that it had left: calls into a file that was visited before.

    A function that calls another one of its own file has not left it.

    Args:
        calls: file of the caller (empty for a start) and file of the function, in order.

    >>> num_returns([("", "a"), ("a", "b"), ("a", "a"), ("a", "c"), ("c", "b")])
    1
    """
    seen: set[str] = set()
    found = 0
    for caller, file in calls:
        found += file != caller and file in seen
        seen.add(file)
    return found


# ---- counts ----


def import_circles(modules: Mapping[str, Module]) -> list[tuple[str, ...]]:
    """Groups of modules that import each other in a loop, imports inside functions and for types included."""
    arrows = {
        name: {target for target in _imported(module, modules) if target != name}
        for name, module in modules.items()
    }
    return [tuple(sorted(group)) for group in _components(arrows) if len(group) > 1]


def _imported(module: Module, modules: Mapping[str, Module]) -> Iterator[str]:
    for home, original in module.imports.values():
        inner = f"{home}.{original}" if original else home
        if inner in modules:
            yield inner
        elif home in modules:
            yield home


def _components(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """Strongly connected components (Tarjan, 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []
    for root in arrows:
        if root in order:
            continue
        work = [(root, iter(sorted(arrows[root])))]
        order[root] = low[root] = len(order)
        stack.append(root)
        while work:
            node, rest = work[-1]
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    at = stack.index(node)
                    found.append(stack[at:])
                    del stack[at:]
            elif following not in order:
                order[following] = low[following] = len(order)
                stack.append(following)
                work.append((following, iter(sorted(arrows[following]))))
            elif following in stack:
                low[node] = min(low[node], order[following])
    return found


def sql_files(modules: Mapping[str, Module]) -> dict[str, int]:
    """Number of SQL statements in each file outside the folders that are for them."""
    found = Counter[str]()
    for module in modules.values():
        if any(folder in module.path for folder in SQL_FOLDERS):
            continue
        docstrings = _docstrings(module.tree)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                found[module.path] += bool(SQL.match(node.value))
    return {path: number for path, number in sorted(found.items()) if number}


def _docstrings(tree: ast.Module) -> set[int]:
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def broad_excepts(modules: Mapping[str, Module]) -> list[tuple[str, int]]:
    """File and line of each `except` clause that catches everything."""
    return [
        (module.path, node.lineno)
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    ]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(name, ast.Name) and name.id in BROAD for name in ast.walk(handler.type))


def function_lines(modules: Mapping[str, Module]) -> list[int]:
    """Lines of each function without its docstring."""
    lines = []
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node, clean=False)
                lines.append((node.end_lineno or 0) - node.lineno + 1 - (text.count("\n") + 1 if text else 0))
    return lines


def typed_share(modules: Mapping[str, Module]) -> float:
    """Share of parameters, `self` and `cls` aside, and returns that are annotated."""
    total = typed = 0
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                annotations = [one.annotation for one in _arguments(node) if one.arg not in ("self", "cls")]
                annotations.append(node.returns)
                total += len(annotations)
                typed += sum(one is not None for one in annotations)
    return typed / total


def unwanted_words(root: Path) -> list[str]:
    """The words that the glossary does not want in identifiers.

    Raises:
        OSError: the glossary cannot be read.
    """
    text = (root / "docs" / "GLOSSARY.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w, ]+) \|", text.partition("## Words not used in new code")[2], re.MULTILINE)
    return sorted({word for row in rows[1:] for word in row.split(", ")})


def num_unwanted(modules: Mapping[str, Module], words: Iterable[str]) -> Counter[str]:
    """How many identifiers that the files define have one of some words in them, by word."""
    found = Counter[str]()
    wanted = set(words)
    for module in modules.values():
        names = set(_defined(module.tree))
        for name in names:
            parts = {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
            found.update(parts & wanted)
    return found


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the counts of a checkout; 0."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="repository; the current folder")
    parser.add_argument("--files", action="store_true", help="also print the files of each path, in order")
    options = parser.parse_args(arguments)
    modules = read_modules(options.root)
    lines = sorted(function_lines(modules))
    p90 = lines[len(lines) * 9 // 10]
    num_lines = sum((options.root / one.path).read_text("utf-8").count("\n") for one in modules.values())
    print(f"files {len(modules)}, lines {num_lines}")
    print(f"functions {len(lines)}: median {statistics.median(lines):.0f} lines, p90 {p90}")
    print(f"typed {typed_share(modules):.1%}; broad excepts {len(broad_excepts(modules))}")
    circles = import_circles(modules)
    print(f"circles {len(circles)}", *(f"  {' '.join(one)}" for one in circles), sep="\n")
    sql = sql_files(modules)
    print(
        f"files with SQL outside store/ {len(sql)}", *(f"  {path} {n}" for path, n in sql.items()), sep="\n"
    )
    unwanted = num_unwanted(modules, unwanted_words(options.root))
    listed = ", ".join(f"{word} {n}" for word, n in unwanted.most_common())
    print(f"identifiers with words that the glossary does not want {sum(unwanted.values())}: {listed}")
    for walk in WALKS:
        walker = PathWalker(modules)
        for start in walk.starts:
            walker.walk(*start)
        own = [call for call in walker.calls if call[1].startswith("agent/")]
        num_files, num_own = (len({path for _, path in calls}) for calls in (walker.calls, own))
        print(
            f"{walk.name}: {num_files} files, returns {num_returns(walker.calls)};"
            f" of agent alone {num_own} files, returns {num_returns(own)}"
        )
        if options.files:
            print(
                *(f"  {caller or '-'} > {path}" for caller, path in walker.calls if caller != path), sep="\n"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
