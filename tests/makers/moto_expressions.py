"""Expressions of DynamoDB, which moto reads anew for each write: here each text once a process.

Our code has few of them. What moto goes on to change is a copy, as it is in moto.
"""

import copy
import pickle
from collections import deque
from functools import cache
from typing import Any

import pytest
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, UpdateExpression
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

_words = ConditionExpressionParser._lex_condition_expression
_classes = DepthFirstTraverser.nodes_to_be_processed


def read_once(patch: pytest.MonkeyPatch) -> None:
    """Let moto remember what an expression's text says."""
    patch.setattr(ConditionExpressionParser, "_lex_condition_expression", _words_of)
    patch.setattr(UpdateExpressionParser, "make", _update)
    patch.setattr(validators, "deepcopy", _copied)
    patch.setattr(DepthFirstTraverser, "nodes_to_be_processed", _classes_of)


_update = cache(UpdateExpressionParser.make)


def _words_of(parser: ConditionExpressionParser) -> deque[Any]:
    return deque(_condition(parser.condition_expression))


@cache
def _condition(text: str) -> tuple[Any, ...]:
    return tuple(_words(ConditionExpressionParser(text, {}, {})))


def _copied(value: Any) -> Any:
    """A copy of an update's tree, which nobody changes, is had sooner from pickle."""
    return pickle.loads(_pickled(value)) if _is_whole(value) else copy.deepcopy(value)


def _is_whole(value: Any) -> bool:
    return type(value) is UpdateExpression and value.parent is None


@cache
def _pickled(tree: UpdateExpression) -> bytes:
    return pickle.dumps(tree)


def _classes_of(traverser: DepthFirstTraverser) -> Any:
    """The classes of nodes that a traverser looks for, which moto asks for at every node."""
    if "classes" not in vars(traverser):
        vars(traverser)["classes"] = _classes(traverser)
    return vars(traverser)["classes"]
