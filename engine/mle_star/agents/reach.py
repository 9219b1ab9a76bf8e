"""What an agent-written block may not reach: files, the interpreter's insides, other people's code.

Names are followed through imports only. ``f = getattr`` and the like are refused where they stand,
so that following them further is not needed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from mle_star.agents.finding import Finding, Rule
from mle_star.agents.imports import Names


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MODULES = _words("""
    os sys subprocess multiprocessing threading _thread socket ssl select urllib requests http
    ctypes importlib inspect gc signal atexit builtins pickle joblib dill cloudpickle marshal
    shelve sqlite3 shutil tempfile pathlib io glob runpy pkgutil concurrent asyncio resource mmap
    site traceback tracemalloc faulthandler copyreg linecache operator
""")
"""Modules that must not be reached through another one, as in ``dataclasses.sys``."""

_HARMLESS = {"scipy.signal"}

_FILE_PARTS = _words("""
    numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap numpy.save numpy.savez
    numpy.savez_compressed numpy.savetxt numpy.DataSource numpy.lib.npyio numpy.lib.format
    pandas.io pandas.ExcelFile pandas.ExcelWriter pandas.HDFStore scipy.io scipy.datasets
    sklearn.datasets catboost.datasets catboost.utils
""")

_ESCAPE_PARTS = _words("""
    numpy.ctypeslib numpy.f2py numpy.distutils numpy.testing numpy.lib.stride_tricks.as_strided
    scipy.LowLevelCallable pandas.eval pandas.core sklearn.utils.parallel sklearn.utils.discovery
    typing.get_type_hints typing.ForwardRef lightgbm.dask xgboost.dask xgboost.spark
    xgboost.collective xgboost.tracker xgboost.federated xgboost.testing
""")

_CLOCK_PARTS = _words("""
    datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today
    pandas.Timestamp.now pandas.Timestamp.today pandas.Timestamp.utcnow
""")

_FILE_ATTRIBUTES = _words("""
    loadtxt genfromtxt fromfile memmap savetxt tofile read_text read_bytes write_text write_bytes
    to_csv to_pickle to_parquet to_feather to_hdf to_excel to_sql to_stata to_orc to_gbq
    to_clipboard to_xml to_html to_latex to_json load_model save_model save_binary save_borders
""")

_INSIDES = _words("""
    tb_frame f_globals f_locals f_back f_builtins f_code gi_frame gi_code cr_frame cr_code ag_frame
    ag_code ctypes mro
""")

_BUILTINS = _words("exec eval compile globals locals vars breakpoint exit quit input help")
_BY_NAME = {"getattr", "setattr", "delattr", "hasattr"}

_DUNDERS = _words("""
    __init__ __name__ __class__ __len__ __getitem__ __iter__ __call__ __repr__ __eq__ __hash__
    __array__ __version__ __post_init__ __getstate__ __sklearn_tags__ __sklearn_is_fitted__
""")
_DEFINED_DUNDERS = _DUNDERS | _words("__contains__ __add__ __sub__ __mul__ __lt__ __le__")
_DUNDER = re.compile(r"__[a-z_]+__")


def reach_findings(tree: ast.Module) -> Iterator[Finding]:
    """Every use of a name, attribute or string that a block has no business with."""
    names = Names(tree)
    bases = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _import_findings(node)
        elif isinstance(node, ast.Attribute):
            yield from _attribute_findings(node, names)
        elif isinstance(node, ast.Name):
            yield from _name_findings(node, called)
            if node.id in names.modules and id(node) not in bases:
                problem = f"use {node.id} as '{node.id}.name' only, never as a value"
                yield Finding(node.lineno, Rule.ESCAPE, problem)
        elif isinstance(node, ast.Call):
            yield from _by_name_findings(node, names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _dunder_findings(_DUNDER.findall(node.value), node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _definition_findings(node)
    yield from _patch_findings(tree, names)


def _import_findings(node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
    module = node.module if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        yield from _part_findings(f"{module}.{alias.name}".strip("."), node.lineno)


def _attribute_findings(node: ast.Attribute, names: Names) -> Iterator[Finding]:
    origins = names.origins(node)
    found = [finding for origin in origins for finding in _part_findings(origin, node.lineno)]
    yield from found
    if not found and (node.attr in _FILE_ATTRIBUTES or node.attr.startswith("read_")):
        yield Finding(node.lineno, Rule.FILE, _no_file(f".{node.attr}"))
    if node.attr in _INSIDES:
        yield Finding(node.lineno, Rule.ESCAPE, _no_insides(f".{node.attr}"))
    yield from _dunder_findings(_DUNDER.findall(node.attr), node.lineno)


def _part_findings(dotted: str, line: int) -> Iterator[Finding]:
    """What is wrong with reaching one dotted name of an imported package."""
    parts = dotted.split(".")
    if parts[0] == "__future__":
        return
    if dotted.startswith("pandas.read_") or _within(dotted, _FILE_PARTS):
        yield Finding(line, Rule.FILE, _no_file(dotted))
    elif _within(dotted, _ESCAPE_PARTS):
        yield Finding(line, Rule.ESCAPE, f"{dotted} is not for blocks; do without it")
    elif _within(dotted, _CLOCK_PARTS):
        problem = f"{dotted} depends on when it runs; learn a reference date in fit instead"
        yield Finding(line, Rule.CLOCK, problem)
    elif _MODULES & set(parts[1:]) and not _within(dotted, _HARMLESS):
        yield Finding(line, Rule.ESCAPE, f"{dotted} reaches a module that blocks may not use")
    elif any(part.startswith("_") and not _DUNDER.fullmatch(part) for part in parts[1:]):
        yield Finding(line, Rule.ESCAPE, f"{dotted} is a private part of a library")


def _name_findings(node: ast.Name, called: set[int]) -> Iterator[Finding]:
    if node.id == "open":
        yield Finding(node.lineno, Rule.FILE, _no_file("open"))
    elif node.id in _BUILTINS:
        yield Finding(node.lineno, Rule.ESCAPE, f"{node.id} may not be used, not even as a name")
    elif node.id in _BY_NAME and id(node) not in called:
        yield Finding(node.lineno, Rule.ESCAPE, f"call {node.id} where it is needed, with a name")
    yield from _dunder_findings(_DUNDER.findall(node.id), node.lineno)


def _by_name_findings(node: ast.Call, names: Names) -> Iterator[Finding]:
    """Calls of getattr and its like: the attribute must be written out, and be allowed."""
    if not isinstance(node.func, ast.Name) or node.func.id not in _BY_NAME:
        return
    who, line = node.func.id, node.lineno
    target, name = node.args[:2] if len(node.args) > 1 else (None, None)
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        if isinstance(target, ast.Attribute) and target.attr == "dt" and who == "getattr":
            return  # getattr(column.dt, part), for each of several parts of a date
        yield Finding(line, Rule.ESCAPE, f"{who} needs the attribute written out as a string")
        return
    if target is not None and who in ("setattr", "delattr") and _is_shared(target, names):
        yield Finding(line, Rule.PATCH, _no_patch(ast.unparse(target)))
    if target is not None:
        attribute = ast.Attribute(target, name.value, ast.Load(), lineno=line)
        yield from _attribute_findings(attribute, names)


def _definition_findings(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
) -> Iterator[Finding]:
    if _DUNDER.fullmatch(node.name) and node.name not in _DEFINED_DUNDERS:
        problem = f"do not define {node.name}: it changes how others treat the object"
        yield Finding(node.lineno, Rule.ESCAPE, problem)
    if isinstance(node, ast.ClassDef) and any(k.arg == "metaclass" for k in node.keywords):
        yield Finding(node.lineno, Rule.ESCAPE, "no metaclass is needed in a block")


def _dunder_findings(found: list[str], line: int) -> Iterator[Finding]:
    for name in found:
        if name not in _DUNDERS:
            yield Finding(line, Rule.ESCAPE, _no_insides(name))


def _patch_findings(tree: ast.Module, names: Names) -> Iterator[Finding]:
    """Assignments to, and deletions of, parts of what was imported or of another's class."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.Subscript) or isinstance(node.ctx, ast.Load):
            continue
        if _is_shared(node.value, names):
            yield Finding(node.lineno, Rule.PATCH, _no_patch(ast.unparse(node)))


def _is_shared(node: ast.expr, names: Names) -> bool:
    """Whether something belongs to an import, or is the class of an object."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute) and node.attr == "__class__":
            return True
        if names.origins(node):
            return True
        node = node.value
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("type", "super")
    return bool(names.origins(node))


def _within(dotted: str, parts: Iterable[str]) -> bool:
    return any(dotted == part or dotted.startswith(f"{part}.") for part in parts)


def _no_file(what: str) -> str:
    return (
        f"{what} reads or writes files or a connection; a block gets its rows in fit and transform"
    )


def _no_insides(what: str) -> str:
    return f"{what} reaches into the interpreter; write what you need in plain Python"


def _no_patch(what: str) -> str:
    return f"{what} changes something that belongs to others; make an own subclass or function"
