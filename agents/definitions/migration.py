"""Definitions as workspaces kept them before there were histories: one text a category, no decisions."""

from collections.abc import Iterator

from langgraph.store.base import BaseStore, Item, PutOp
from pydantic import ValidationError

from agents.case import Definition
from agents.definitions.history import History

_OLD = ("definitions",)
_PAGE = 1000


def migrate(store: BaseStore, namespace: tuple[str, ...]) -> None:
    """Turn every old record into a history in `namespace`, in one go; what cannot be read is written anew by
    the next `define`, as it was then."""
    changes: list[PutOp] = []
    for item in items(store, _OLD):
        changes.append(PutOp(_OLD, item.key, None))
        if history := _history(item):
            changes.append(PutOp(namespace, item.key, history.model_dump(mode="json"), index=False))
    if changes:
        store.batch(changes)


def items(store: BaseStore, namespace: tuple[str, ...]) -> Iterator[Item]:
    """All items of a namespace."""
    offset = 0
    while page := store.search(namespace, limit=_PAGE, offset=offset):
        yield from page
        offset += len(page)


def _history(item: Item) -> History | None:
    try:
        return History.begin(Definition.model_validate(item.value))
    except ValidationError:
        return None
