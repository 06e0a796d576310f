"""Finds modules that import each other in a cycle: `python scripts/import_cycles.py FOLDER...`, exit code 1 if any do.

A folder with an `__init__.py` is a package of Python, one with a `lib.rs` or a `main.rs` is the source of a crate.

In Python each import counts, also within functions and under `TYPE_CHECKING`. It does not count that Python imports a
package before any module in it. Nor do imports in stubs count, because the compiled module doesn't run them.

In Rust the modules are those that the crate's root declares, each together with its submodules. One imports another if
it names it by `crate::` or by `super::`, outside of tests and documentation. The root itself does not count, because it
names all of them: a name that it re-exports by `pub use` counts as one of the module that it comes from.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Graph = Mapping[str, Mapping[str, str]]
"""For each module those that it imports, each with the position of an import."""


def main() -> int:
    """Prints the cycles of each folder, with the imports that make them, and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    found = False
    for folder in parser.parse_args().folders:
        graph = imports(folder)
        in_folder = cycles(graph)
        found = found or bool(in_folder)
        print(f"{folder}: {len(graph)} modules, {len(in_folder) or 'no'} cycle{'s' * (len(in_folder) != 1)}")
        for cycle in in_folder:
            print(f"  {' and '.join(cycle)}:")
            for module in cycle:
                for imported, place in graph[module].items():
                    if imported in cycle:
                        print(f"    {module} -> {imported}  ({place})")
    return int(found)


def imports(folder: Path) -> Graph:
    """Read the imports of a package or a crate.

    Raises:
        SystemExit: The folder is neither.
    """
    if (folder / "__init__.py").exists():
        return python_imports(folder)
    roots = [root for name in ("lib.rs", "main.rs") if (root := folder / name).exists()]
    if not roots:
        sys.exit(f"{folder} has neither an __init__.py nor a lib.rs or a main.rs")
    return rust_imports(roots[0])


def cycles(graph: Graph) -> list[list[str]]:
    """Give the strongly connected components of more than one module, or of one that imports itself, each sorted."""
    reachable = {module: set(_reachable(graph, module)) for module in graph}
    cycles = {
        tuple(sorted(other for other in reachable[module] if module in reachable.get(other, ())))
        for module in graph
        if module in reachable[module]
    }
    return [list(cycle) for cycle in sorted(cycles)]


def _reachable(graph: Graph, module: str) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(graph[module])
    while waiting:
        reached = waiting.pop()
        if reached not in seen:
            seen.add(reached)
            yield reached
            waiting.extend(graph.get(reached, ()))


# Python


def python_imports(package: Path) -> Graph:
    """Read what the modules of a package import of each other."""
    files = {_python_name(package, file): file for file in sorted(package.rglob("*.py"))}
    graph: dict[str, dict[str, str]] = {name: {} for name in files}
    # A compiled module has no source file in the package, only its stub.
    graph |= {_python_name(package, stub): {} for stub in package.rglob("*.pyi")}
    for module, file in files.items():
        for name, line in _python_targets(module, file):
            target = _module_of(name, graph)
            if target is not None and target != module:
                graph[module].setdefault(target, f"{file}:{line}")
    return graph


def _python_name(package: Path, file: Path) -> str:
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _python_targets(module: str, file: Path) -> Iterator[tuple[str, int]]:
    """Give each dotted name that a file imports, and the line."""
    # Relative names are relative to the package; in an __init__.py, to the package that it is.
    parents = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{origin}.{alias.name}", node.lineno


def _module_of(name: str, modules: Iterable[str]) -> str | None:
    """Give the module that a dotted name belongs to, if it is one of these."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


# Rust

_COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|b?r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|\'(?:\\[^\']*|[^\\\'])\'', re.DOTALL
)
_TESTS = re.compile(
    r"#\[cfg\((?:test|all\(test\b[^\]]*)\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))? )?mod \w+ *(\{|;)"
)
_MODULE = re.compile(r"^\s*(?:pub(?:\([^)]*\))? )?mod (\w+) *[;{]", re.MULTILINE)
_PATH = re.compile(r"(?<![\w:$])\$?(crate|super)\s*::\s*((?:super\s*::\s*)*)(\w+|\{)")
_USE = re.compile(r"\bpub(?:\([^)]*\))? use ([^;]+);")


def rust_imports(root: Path) -> Graph:
    """Read which top-level modules of a crate name each other."""
    declared = sorted(set(_MODULE.findall(_code(root))))
    files = {name: sorted(_rust_files(root.parent, name)) for name in declared}
    # An inline module of the root has no file.
    modules = [name for name in declared if files[name]]
    exported = _exported(_code(root), modules)
    graph: dict[str, dict[str, str]] = {name: {} for name in modules}
    for module in modules:
        for file in files[module]:
            for name, line in _rust_targets(root.parent, module, file):
                target = name if name in graph else exported.get(name)
                if target is not None and target != module:
                    graph[module].setdefault(target, f"{file}:{line}")
    return graph


def _rust_files(folder: Path, module: str) -> Iterator[Path]:
    if (file := folder / f"{module}.rs").exists():
        yield file
    # A file named `tests.rs` has only tests in this repository; it is declared under `#[cfg(test)]`.
    yield from (file for file in (folder / module).rglob("*.rs") if file.name != "tests.rs")


def _rust_targets(folder: Path, module: str, file: Path) -> Iterator[tuple[str, int]]:
    """Give each name of the crate's root that a file takes, and the line."""
    code = _code(file)
    # The number of `super::` from this file to the root.
    depth = len(file.relative_to(folder).with_suffix("").parts) - (file.name == "mod.rs")
    for match in _PATH.finditer(code):
        steps = 1 + match[2].count("super")
        if match[1] == "super" and steps != depth + _nesting(code, match.start()):
            continue
        line = code.count("\n", 0, match.start()) + 1
        names = [match[3]] if match[3] != "{" else _first_names(code, match.end())
        for name in names:
            yield name, line


def _nesting(code: str, place: int) -> int:
    """The number of inline modules of the file that enclose this place."""
    around = 0
    for match in _MODULE.finditer(code):
        if code[match.end() - 1] == "{" and match.end() <= place < _closing(code, match.end()):
            around += 1
    return around


def _first_names(code: str, start: int) -> list[str]:
    """Give the first names of the paths in the braces of `crate::{a::B, c}`."""
    group = code[start : _closing(code, start)]
    flat = group
    while "{" in flat:
        flat = re.sub(r"\{[^{}]*\}", "", flat)
    return [name for part in flat.split(",") if (name := part.strip().partition("::")[0].split(" ")[0])]


def _closing(code: str, start: int) -> int:
    """The position of the brace that closes the one right before `start`."""
    open_braces = 1
    for place in range(start, len(code)):
        open_braces += {"{": 1, "}": -1}.get(code[place], 0)
        if open_braces == 0:
            return place
    return len(code)


def _exported(code: str, modules: Iterable[str]) -> dict[str, str]:
    """For each name that the root re-exports from one of its modules, that module."""
    exported: dict[str, str] = {}
    known = set(modules)
    for statement in _USE.findall(code):
        module, _, names = statement.removeprefix("crate::").removeprefix("self::").partition("::")
        if module in known:
            for name in re.findall(r"(\w+)\s*(?=[,}]|$)", names):
                exported[name] = module
    return exported


def _code(file: Path) -> str:
    """Give a file's code without comments, strings and modules of tests, on the same lines."""
    code = _COMMENT_OR_STRING.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), file.read_text(encoding="utf-8"))
    while match := _TESTS.search(code):
        end = match.end() if match[1] == ";" else _closing(code, match.end()) + 1
        code = code[: match.start()] + re.sub(r"[^\n]", " ", code[match.start() : end]) + code[end:]
    return code


if __name__ == "__main__":
    sys.exit(main())
