"""Who did it, by name: accounts and links have one, the rest are what they are."""

from collections.abc import Iterable, Mapping
from typing import Final

from classroom.store.store import Store

_KINDS: Final[Mapping[str, str]] = {"machine": "命令行", "server": "系统", "token": "程序接口", "link": "教师链接"}


async def actor_names(store: Store, actors: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(kind, id) of actors → the name shown to people."""
    wanted = set(actors)
    accounts = await store.accounts.names({id for kind, id in wanted if kind == "account"})
    programs = await store.programs.names({id for kind, id in wanted if kind == "token"})
    found = {}
    for kind, id in wanted:
        if kind == "link":
            link = await store.links.get(id)
            found[kind, id] = (link.name if link else None) or _KINDS[kind]
        elif kind == "token":
            found[kind, id] = programs.get(id, _KINDS[kind])
        else:
            found[kind, id] = accounts.get(id, id) if kind == "account" else _KINDS.get(kind, id)
    return found
