"""Small changes of a theory module's source, applied in memory.

A mutated function gets a new ``__code__``, so every importer sees the change, and always gets the old one back.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mixtheory.verification.claim import ClaimError

__all__ = ["Mutation", "applied", "clear_caches", "live_function", "mutations"]

# calls whose arguments are not numbers of a formula, or that swapping leaves as they are
_NO_SWAP = {
    "max", "min", "maximum", "minimum", "beta", "betaln", "hypot", "isclose", "allclose", "add", "multiply", "fmax",
    "fmin", "logaddexp", "gcd", "lcm", "isinstance", "getattr", "setattr", "hasattr", "zip", "super", "replace",
    "array_equal", "broadcast_arrays", "broadcast_shapes", "broadcast_to", "result_type", "asarray", "array", "full",
    "reshape", "moveaxis", "clip",
}  # fmt: skip
_NO_CONSTANTS = _NO_SWAP | {"range", "zeros", "ones", "empty", "full", "reshape", "round", "expand_dims", "moveaxis"}
_NO_CONSTANTS -= {"beta", "betaln", "maximum", "minimum", "max", "min", "add", "multiply", "hypot"}
_SWAPPED_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_SKIPPED_FUNCTIONS = {"__repr__", "__str__", "__eq__", "__hash__"}


@dataclass(frozen=True)
class Mutation:
    """One change of one function: where it is and what it does."""

    module: str
    function: str
    line: int
    column: int
    change: str
    position: int
    variant: str

    def __str__(self) -> str:
        return f"{self.module}.{self.function}:{self.line}: {self.change}"


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _call_name(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _neutral(node: ast.BinOp | ast.AugAssign) -> bool:
    """Return whether an operator makes no difference: ``x + 0.0`` copies or turns -0.0 into 0.0."""
    right = node.right if isinstance(node, ast.BinOp) else node.value
    return isinstance(node.op, (ast.Add, ast.Sub)) and isinstance(right, ast.Constant) and right.value == 0.0


def _only_raises(node: ast.If) -> bool:
    return all(isinstance(child, ast.Raise) for child in node.body)


def _sites(node: ast.AST, coefficient: bool = False) -> Iterator[tuple[ast.AST, str]]:
    """Yield (node, variant) of every change below a node, in source order; validation and subscripts are left out."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Slice, ast.Subscript)):
        if isinstance(node, ast.Subscript):
            yield from _sites(node.value)
        return
    if isinstance(node, ast.If) and _only_raises(node):
        for other in node.orelse:
            yield from _sites(other)
        return
    if isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield from _sites(node.value, True)
        return
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        body: Sequence[ast.AST] = node.body if isinstance(node.body, list) else [node.body]
        for part in body:
            yield from _sites(part, isinstance(node, ast.Lambda))
        return
    if _is_number(node):
        if coefficient:
            yield node, "constant"
        return
    inside = isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Return, ast.Assign, ast.AugAssign, ast.IfExp, ast.Tuple))
    if isinstance(node, ast.Call):
        name = _call_name(node)
        if name.lstrip("_").startswith("check_") or name == "warn":
            return
        # axis=0, ddof=1 and the like are not coefficients
        inside = name not in _NO_CONSTANTS
        plain = [a for a in node.args if not isinstance(a, ast.Starred)]
        if len(plain) == len(node.args) >= 2 and name not in _NO_SWAP and ast.dump(plain[0]) != ast.dump(plain[1]):
            yield node, "swap"
        yield from _sites(node.func)
        for argument in node.args:
            yield from _sites(argument, inside)
        for keyword in node.keywords:
            yield from _sites(keyword.value)
        return
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name) and node.left.id == "stacklevel":
        return
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        if type(node.op) in _SWAPPED_OPERATORS and not _neutral(node):
            yield node, "operator"
        elif isinstance(node.op, ast.Pow):
            yield node, "exponent"
            right = node.right if isinstance(node, ast.BinOp) else node.value
            left = node.left if isinstance(node, ast.BinOp) else node.target
            yield from _sites(left, True)
            if not _is_number(right):
                yield from _sites(right)
            return
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node, "sign"
    for child in ast.iter_child_nodes(node):
        yield from _sites(child, inside)


def _no_formula(node: ast.FunctionDef) -> bool:
    """Return whether a function draws random numbers, writes text or checks arguments."""
    if node.name in _SKIPPED_FUNCTIONS or (isinstance(node.returns, ast.Name) and node.returns.id == "str"):
        return True
    if node.name.startswith("_check_"):
        return True
    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    return any(a.arg == "rng" for a in arguments)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield qualified names and definitions of the functions and methods that may hold formulas."""

    def walk(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef) and not _no_formula(node):
                yield prefix + node.name, node

    return walk(tree.body, "")


def _change(node: ast.AST, variant: str) -> str:
    """Change a node in place and say what was done."""
    before = ast.unparse(node)
    if variant == "constant":
        assert isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
        node.value = node.value + 1
    elif variant == "swap":
        assert isinstance(node, ast.Call)
        node.args[0], node.args[1] = node.args[1], node.args[0]
    elif variant == "sign":
        assert isinstance(node, ast.UnaryOp)
        node.op = ast.UAdd()
    else:
        assert isinstance(node, (ast.BinOp, ast.AugAssign))
        if variant == "operator":
            node.op = _SWAPPED_OPERATORS[type(node.op)]()
        elif isinstance(node, ast.BinOp):
            node.right = ast.BinOp(node.right, ast.Add(), ast.Constant(1))
        else:
            node.value = ast.BinOp(node.value, ast.Add(), ast.Constant(1))
    return f"{before} -> {ast.unparse(node)}"


@functools.cache
def _tree(module: types.ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def mutations(module: types.ModuleType) -> list[Mutation]:
    """Return the mutations of a module's functions, methods and properties, in source order.

    A sign or operator (``+ - * /``, unary minus), a numeric coefficient (plus 1), an exponent (plus 1), the first two
    arguments of a call swapped (unless it is symmetric). Docstrings, annotations, defaults, subscripts, keyword
    arguments, validation and warnings (``if ...: raise``, ``check_*``, ``warn``, stack levels), functions with an
    argument `rng` and functions that are annotated to return `str` are left alone.
    """
    found = []
    for name, function in _functions(_tree(module)):
        for position, (node, variant) in enumerate(_sites(function)):
            change = _change(copy.deepcopy(node), variant)
            line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
            found.append(Mutation(module.__name__, name, line, column, change, position, variant))
    return found


def live_function(module: types.ModuleType, name: str) -> types.FunctionType | None:
    """Return the plain function behind a qualified name: of a property, class method, cached or wrapped function."""
    owner: Any = module
    *classes, last = name.split(".")
    for part in classes:
        owner = vars(owner).get(part)
        if owner is None:
            return None
    found: Any = vars(owner).get(last)
    while found is not None and not isinstance(found, types.FunctionType):
        for attribute in ("fget", "func", "__func__", "__wrapped__"):
            if hasattr(found, attribute):
                found = getattr(found, attribute)
                break
        else:
            return None
    while found is not None and hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found if isinstance(found, types.FunctionType) else None


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def clear_caches(modules: Iterable[types.ModuleType]) -> None:
    """Empty every `functools` cache of the modules' functions and methods."""
    for module in modules:
        owners = [module, *(v for v in vars(module).values() if isinstance(v, type))]
        for owner in owners:
            for value in list(vars(owner).values()):
                clear = getattr(getattr(value, "__func__", value), "cache_clear", None)
                if callable(clear):
                    clear()


@contextmanager
def applied(mutation: Mutation) -> Iterator[None]:
    """Apply a mutation to the live function and restore it on leaving.

    Raises
    ------
    ClaimError
        If the module has no such live function.
    """
    module = sys.modules[mutation.module]
    tree = copy.deepcopy(_tree(module))
    definition = dict(_functions(tree))[mutation.function]
    node, variant = list(_sites(definition))[mutation.position]
    _change(node, variant)
    ast.fix_missing_locations(tree)
    function = live_function(module, mutation.function)
    if function is None:
        raise ClaimError(f"cannot find {mutation.function} in module {mutation.module}")
    original = function.__code__
    compiled = compile(tree, original.co_filename, "exec", dont_inherit=True)
    changed = [
        c
        for c in _codes(compiled)
        if c.co_qualname == mutation.function and c.co_firstlineno == original.co_firstlineno
    ]
    if not changed:
        raise ClaimError(f"the source of {mutation.module} has changed since it was imported")
    try:
        function.__code__ = changed[0]
        clear_caches([module])
        yield
    finally:
        function.__code__ = original
        clear_caches([module])
