"""A hash of what a simulator does: the syntax tree of a function and of everything it calls in this project.

Comments, docstrings and layout do not count; constants, defaults and callees do. A result is tied to this hash, so a
changed simulator never shares results with the one before.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import sys
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from mixtheory.montecarlo.seeds import canonical

__all__ = ["source_hash"]

_PACKAGE = __name__.partition(".")[0]


def source_hash(objects: Iterable[Any]) -> str:
    """Return a hash (32 hexadecimal digits) of some callables or instances and their callees.

    Callees are followed through global names, closures, attributes of modules, base classes and defaults, as long as
    they are defined in mixtheory or in the folder of one of `objects`.
    """
    roots = list(objects)
    folders = {folder for root in roots if (folder := _folder(root)) is not None}
    seen: dict[str, str] = {}
    queue = list(roots)
    while queue:
        item = _unwrap(queue.pop())
        name = _qualified_name(item)
        if name in seen:
            continue
        text, callees = _describe(item)
        seen[name] = text
        queue.extend(c for c in callees if _is_ours(c, folders))
    body = "\n".join(f"{name}\n{seen[name]}" for name in sorted(seen))
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def _unwrap(item: Any) -> Any:
    # numba dispatchers keep the Python function as py_func
    if isinstance(item, functools.partial):
        return item
    item = getattr(item, "py_func", item)
    if isinstance(item, types.MethodType):
        item = item.__func__
    if isinstance(item, property):
        item = item.fget
    return inspect.unwrap(item) if callable(item) else item


def _qualified_name(item: Any) -> str:
    if isinstance(item, (types.FunctionType, type)):
        code = getattr(item, "__code__", None)
        line = code.co_firstlineno if code is not None and item.__name__ == "<lambda>" else ""
        return f"{item.__module__}.{item.__qualname__}{line}"
    return f"{type(item).__module__}.{type(item).__qualname__}:{_plain(item)}"


def _plain(item: Any) -> str:
    try:
        return canonical(item)
    except TypeError:
        return _instance_text(item)


def _instance_text(item: Any) -> str:
    if isinstance(item, functools.partial):
        return f"partial({item.args!r}, {sorted(item.keywords.items())!r})"
    state = vars(item) if hasattr(item, "__dict__") else {}
    parts = []
    for key, value in sorted(state.items()):
        text = _qualified_name(_unwrap(value)) if callable(value) else _plain(value)
        parts.append(f"{key}={text}")
    return f"{type(item).__qualname__}({', '.join(parts)})"


def _folder(item: Any) -> Path | None:
    item = _unwrap(item)
    owner = item if isinstance(item, (types.FunctionType, type)) else type(item)
    module = sys.modules.get(owner.__module__)
    file = getattr(module, "__file__", None)
    return Path(file).resolve().parent if file else None


def _is_ours(item: Any, folders: set[Path]) -> bool:
    item = _unwrap(item)
    owner = item if isinstance(item, (types.FunctionType, type)) else type(item)
    module = getattr(owner, "__module__", "") or ""
    if module.partition(".")[0] == _PACKAGE or module in ("__main__", "__mp_main__"):
        return True
    if isinstance(item, (str, int, float, bool, tuple, list, dict, type(None))):
        return True
    if module.partition(".")[0] in sys.stdlib_module_names:
        return isinstance(item, functools.partial)
    folder = _folder(item)
    return folder is not None and folder in folders and "site-packages" not in folder.parts


def _is_project_module(module: types.ModuleType) -> bool:
    root = module.__name__.partition(".")[0]
    if root == _PACKAGE:
        return True
    file = getattr(module, "__file__", None)
    return root not in sys.stdlib_module_names and file is not None and "site-packages" not in Path(file).parts


def _describe(item: Any) -> tuple[str, list[Any]]:
    if isinstance(item, types.FunctionType):
        return _tree_text(item), list(_references(item))
    if isinstance(item, type):
        functions = [_unwrap(v) for v in vars(item).values()]
        callees = [f for f in functions if isinstance(f, types.FunctionType) and f.__module__ == item.__module__]
        references = [r for f in callees for r in _references(f)]
        # methods are part of the class body; only what they refer to is followed
        return _tree_text(item), [*item.__bases__, *references]
    if isinstance(item, functools.partial):
        return "", [item.func, *item.args, *item.keywords.values()]
    if isinstance(item, (str, int, float, bool, tuple, list, dict, type(None))):
        return "", []
    state = list(vars(item).values()) if hasattr(item, "__dict__") else []
    return "", [type(item), *(v for v in state if callable(v))]


def _references(function: types.FunctionType) -> Iterator[Any]:
    """Yield the objects that a function's code names: globals, closure cells, attributes of modules, defaults."""
    scope = dict(function.__globals__)
    closure = inspect.getclosurevars(function).nonlocals if function.__closure__ else {}
    scope.update(closure)
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    for code in _codes(function.__code__):
        names = set(code.co_names) | set(code.co_freevars)
        for name in sorted(names):
            if name not in scope:
                continue
            value = scope[name]
            if not isinstance(value, types.ModuleType):
                yield value
            elif _is_project_module(value):
                yield from (getattr(value, other) for other in sorted(names) if hasattr(value, other))


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


@functools.lru_cache(maxsize=4096)
def _tree_text(item: Callable[..., Any] | type) -> str:
    try:
        source = textwrap.dedent(inspect.getsource(item))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        return _code_text(item)
    if getattr(item, "__name__", "") == "<lambda>":
        # the source of a lambda is its whole line, which may hold others
        return _code_text(item)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Module)):
            body = node.body
            if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
                if isinstance(body[0].value.value, str):
                    node.body = body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _code_text(item: Any) -> str:
    code = getattr(item, "__code__", None)
    if code is None:
        return repr(item)
    parts = []
    for part in _codes(code):
        constants = [repr(c) for c in part.co_consts if not isinstance(c, types.CodeType)]
        parts.append(f"{part.co_code.hex()} {constants} {part.co_names} {part.co_varnames}")
    return "\n".join(parts)
