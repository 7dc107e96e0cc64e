"""`Names`: the names that code binds, changes, deletes and reads."""

from __future__ import annotations

import ast
import dis
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .magic_code import magic_of
from .scopes import Scope, all_arguments, arguments_of, called, dotted_name, names_of
from .touches import Touches


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Methods that change their object in place.
_CHANGES = _words(
    "append extend insert remove pop clear sort reverse update setdefault popitem add discard"
    " appendleft popleft extendleft rotate intersection_update difference_update"
    " symmetric_difference_update fill resize put itemset setflags partition byteswap fit"
    " fit_transform fit_predict partial_fit insert_column replace_column load_state_dict"
)
#: Functions that change their first argument in place.
_CHANGE_FIRST = _words(
    "random.shuffle numpy.random.shuffle numpy.copyto numpy.put numpy.place numpy.putmask"
    " numpy.fill_diagonal heapq.heappush heapq.heappop heapq.heapify bisect.insort"
    " bisect.insort_left bisect.insort_right setattr delattr"
    " operator.setitem operator.delitem"
)
_NAMESPACES = frozenset({"globals", "locals", "vars"})
_MOST_FUNCTIONS = 200  # functions of the user's that are looked into


class Names(ast.NodeVisitor):
    """Finds names.

    Parameters
    ----------
    namespace : Mapping
        The user's namespace.
    transform : callable
        Makes Python of a cell, for code in magics.

    Attributes
    ----------
    bound, changed, deleted, reads : list of str
        Names of the user's namespace.
    touches : Touches
        What the code uses.
    """

    def __init__(self, namespace: Mapping[str, Any], transform: Callable[[str], str]) -> None:
        self.bound: dict[str, None] = {}
        self.changed: dict[str, None] = {}
        self.deleted: dict[str, None] = {}
        self.reads: dict[str, None] = {}
        self.touches = Touches(namespace)
        self._namespace = namespace
        self._transform = transform
        self._scopes: list[Scope] = []
        self._later: list[tuple[list[Scope], ast.AST]] = []
        self._looked_into: set[types.CodeType] = set()

    def walk(self, tree: ast.AST) -> None:
        """Look at all of a module. Functions come last, as if the code called each."""
        self.visit(tree)
        while self._later:
            self._scopes, function = self._later.pop(0)
            for part in getattr(function, "body", []):
                self.visit(part)
        self._scopes = []

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node.id)
            if not self._is_local(node.id):
                self.touches.uses([node.id])
        elif isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        else:
            self._delete(node.id)

    def _read(self, name: str) -> None:
        if not self._is_local(name) and name not in self.bound and name in self._namespace:
            self.reads[name] = None

    def _bind(self, name: str, value: object = None) -> None:
        scope = self._scopes[-1] if self._scopes else None
        if scope is not None and name not in scope.outer:
            scope.names.add(name)
            return
        self.deleted.pop(name, None)
        self.bound[name] = None
        self.touches.assigns(name, value)

    def _delete(self, name: str) -> None:
        if not self._is_local(name):
            self.bound.pop(name, None)
            self.deleted[name] = None

    def _change(self, node: ast.AST) -> None:
        """Note that an object changes in place."""
        while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
            node = node.value
        if isinstance(node, ast.Name) and not self._is_local(node.id):
            if node.id not in self.bound:
                self.changed[node.id] = None
        elif isinstance(node, ast.Call) and called(node) in _NAMESPACES:
            self.touches.hidden = True

    def _is_local(self, name: str) -> bool:
        for number, scope in enumerate(reversed(self._scopes)):
            if name in scope.outer:
                return False
            if name in scope.names and (scope.kind != "class" or number == 0):
                return True
        return False

    # Statements

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self._assign(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target.id)
        self.visit(node.value)
        self._assign(node.target, None)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        inner = [scope for scope in self._scopes if scope.kind == "comprehension"]
        scopes, self._scopes = self._scopes, [s for s in self._scopes if s not in inner]
        self._assign(node.target, node.value)
        self._scopes = scopes

    def _assign(self, target: ast.AST, value: ast.AST | None) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, value.value if isinstance(value, ast.Constant) else None)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._assign(part, None)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, None)
        elif isinstance(target, ast.Subscript) and self._is_of_namespace(target):
            return
        else:
            self.visit(target)
            self._change(target)

    def _is_of_namespace(self, target: ast.Subscript) -> bool:
        """Note ``globals()["x"] = …``."""
        if not (isinstance(target.value, ast.Call) and called(target.value) in _NAMESPACES):
            return False
        if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
            self.bound[target.slice.value] = None
        else:
            self.touches.hidden = True
        return True

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._assign(node.target, None)
        self._all(node.body, node.orelse)

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._assign(item.optional_vars, None)
        self._all(node.body)

    visit_AsyncWith = visit_With

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name:
            self._bind(node.name)
        self._all(node.body)
        if node.name:
            self._delete(node.name)  # as Python does

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.visit(target)
            if not isinstance(target, ast.Name):
                self._change(target)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            first = alias.name.partition(".")[0]
            name, module = alias.asname or first, alias.name if alias.asname else first
            if self._scopes or not self._stands_for(name, sys.modules.get(module)):
                self._bind(name)
            self.touches.imports(name, module)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = sys.modules.get(node.module or "")
        for alias in node.names:
            name = alias.asname or alias.name
            if name == "*":
                self.touches.hidden = True
                continue
            present = vars(module).get(alias.name) if type(module) is types.ModuleType else None
            if self._scopes or not self._stands_for(name, present):
                self._bind(name)
            self.touches.imports(name, f"{node.module or ''}.{alias.name}")

    def _stands_for(self, name: str, value: object) -> bool:
        """Whether a name is bound to this object already, so that an import changes nothing."""
        return value is not None and self._namespace.get(name) is value

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.pattern is not None:
            self.visit(node.pattern)
        if node.name:
            self._bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self._bind(node.rest)

    def visit_TypeAlias(self, node: Any) -> None:
        self.visit(node.name)

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all(node.decorator_list)
        self._signature(node.args)
        if node.returns is not None:
            self.visit(node.returns)
        self._bind(node.name)
        names, outer = names_of(node)
        self._later.append(([*self._scopes, Scope("function", names, outer)], node))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._signature(node.args)
        self._within(Scope("function", arguments_of(node.args)), [node.body])

    def _signature(self, arguments: ast.arguments) -> None:
        self._all(arguments.defaults, [d for d in arguments.kw_defaults if d is not None])
        for argument in all_arguments(arguments):
            if argument.annotation is not None:
                self.visit(argument.annotation)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list, node.bases, node.keywords)
        self._within(Scope("class"), node.body)
        self._bind(node.name)

    def _comprehension(self, node: Any) -> None:
        self.visit(node.generators[0].iter)
        self._scopes.append(Scope("comprehension"))
        for number, generator in enumerate(node.generators):
            if number:
                self.visit(generator.iter)
            self._assign(generator.target, None)
            self._all(generator.ifs)
        for part in ("elt", "key", "value"):
            if hasattr(node, part):
                self.visit(getattr(node, part))
        self._scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _within(self, scope: Scope, parts: Iterable[ast.AST]) -> None:
        self._scopes.append(scope)
        self._all(parts)
        self._scopes.pop()

    def _all(self, *lists: Iterable[ast.AST]) -> None:
        for parts in lists:
            for part in parts:
                self.visit(part)

    # Expressions

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if dotted := dotted_name(node):
            if not self._is_local(dotted[0]):
                self.touches.uses(dotted)
            else:
                self.touches.calls_method(node.attr)
            self._read(dotted[0])
            return
        self.touches.calls_method(node.attr)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        if (magic := magic_of(node)) is not None:
            self._magic(magic)
            return
        function = node.func
        name = dotted_name(function)
        full = self.touches.full_name(name) if name else ""
        if isinstance(function, ast.Attribute):
            self._method(node, function)
        if (full in _CHANGE_FIRST or full.startswith("heapq.")) and node.args:
            self._change(node.args[0])
        for keyword in node.keywords:
            if keyword.arg == "out":
                self._change(keyword.value)
        last = name[-1] if name else getattr(function, "attr", "")
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            if isinstance(argument, ast.Constant):
                self.touches.gives(last, argument.value)
            elif isinstance(argument, ast.Name):
                self.touches.gives(last, [argument.id])
        if len(name) == 1 and not self._is_local(name[0]):
            self._look_into(self._namespace.get(name[0]))
        self.generic_visit(node)

    def _method(self, node: ast.Call, function: ast.Attribute) -> None:
        method = function.attr
        inplace = any(
            keyword.arg == "inplace"
            and isinstance(keyword.value, ast.Constant)
            and keyword.value.value is True
            for keyword in node.keywords
        )
        in_place = method.endswith("_") and not method.startswith("_")  # as PyTorch writes it
        if (method in _CHANGES or inplace or in_place) and not self._is_module(function.value):
            self._change(function.value)

    def _is_module(self, node: ast.AST) -> bool:
        dotted = dotted_name(node)
        value = self._namespace.get(dotted[0]) if dotted else None
        return len(dotted) == 1 and type(value) is types.ModuleType

    def _magic(self, magic: Any) -> None:
        touches = self.touches
        touches.hidden = touches.hidden or magic.hidden
        for touch in ("shell", "files", "network"):
            if getattr(magic, touch):
                touches.seen.add(touch)
        for name in magic.binds:
            self._bind(name)
        for text in (magic.code, magic.reads):
            try:
                tree = ast.parse(self._transform(text)) if text else None
            except Exception:
                touches.hidden = True  # such as the body of a magic of the user's
                continue
            if tree is not None:
                self.visit(tree)

    def _look_into(self, function: object) -> None:
        """Find the names that a function of the user's binds by `global`."""
        if type(function) is not types.FunctionType or len(self._looked_into) > _MOST_FUNCTIONS:
            return
        if function.__globals__ is not self._namespace:
            return
        codes = [function.__code__]
        while codes:
            code = codes.pop()
            if code in self._looked_into:
                continue
            self._looked_into.add(code)
            codes += [part for part in code.co_consts if isinstance(part, types.CodeType)]
            for step in dis.get_instructions(code):
                if step.opname == "STORE_GLOBAL":
                    self.bound[str(step.argval)] = None
                elif step.opname == "LOAD_GLOBAL":
                    self._look_into(self._namespace.get(str(step.argval)))
