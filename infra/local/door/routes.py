"""Which route a path belongs to, read from the API that the package describes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(slots=True)
class _Node:
    """One segment of the tree of paths; a variable segment is tried after the literal ones."""

    literal: dict[str, "_Node"] = field(default_factory=dict)
    variable: "_Node | None" = None
    template: str | None = None
    methods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """A path template of the API, such as `/p/{slug}`, and the methods it takes."""

    template: str
    methods: frozenset[str]


class Routes:
    """Finds the route of a raw request path, by API Gateway's rule: literal before variable."""

    def __init__(self, methods_of: Mapping[str, frozenset[str]]) -> None:
        self._root = _Node()
        for template, methods in methods_of.items():
            node = self._root
            for segment in _segments(template):
                node = _child(node, segment)
            node.template, node.methods = template, methods

    @classmethod
    def of_package(cls, template: Mapping[str, Any]) -> "Routes":
        """Read the routes from the packaged CloudFormation template."""
        paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
        return cls(
            {path: frozenset(verb.upper() for verb in verbs) for path, verbs in paths.items()}
        )

    def match(self, raw_path: bytes) -> Route | None:
        """The route of this path, None where the API has none. Empty segments match nothing."""
        segments = _segments(raw_path.decode("latin-1"))
        node = _descend(self._root, [unquote(segment) for segment in segments])
        if node is None or node.template is None:
            return None
        return Route(node.template, node.methods)


def _segments(path: str) -> list[str]:
    return [] if path == "/" else path.removeprefix("/").split("/")


def _child(node: _Node, segment: str) -> _Node:
    if segment.startswith("{"):
        if node.variable is None:
            node.variable = _Node()
        return node.variable
    return node.literal.setdefault(segment, _Node())


def _descend(node: _Node, segments: list[str]) -> _Node | None:
    if not segments:
        return node if node.template is not None else None
    first, rest = segments[0], segments[1:]
    literal = node.literal.get(first)
    if literal is not None and (found := _descend(literal, rest)):
        return found
    if node.variable is not None and first:
        return _descend(node.variable, rest)
    return None
