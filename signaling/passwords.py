"""Passwords as argon2id hashes (RFC 9106), made and checked in two threads: the loop carries lessons meanwhile."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from signaling.problem import Problem

T = TypeVar("T")

# The second option of RFC 9106 §4 (64 MiB, three passes), but one lane: the other cores belong to the relay.
HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
THREADS: Final = 2
MAX_WAITING: Final = 20
"""Hashes wanted at once; more are refused. Some three seconds of work, and 128 MiB while it lasts."""
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=1$PZWJRVVFpD3AmcshRSzdmQ$dYj0m25Kgda1eQEoGfJyN8BSf/8gI57iZ6swZNEzkOs"
"""Checked in place of the hash of an account that does not exist, so that this takes as long. No password fits it."""
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of one-time passwords: none that is taken for another when read from paper."""


class Passwords:
    """The threads, and how many wait for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0

    def require_room(self) -> None:
        """Raises Problem(busy)."""
        if self._waiting >= MAX_WAITING:
            raise Problem("busy")

    async def hash(self, form: str) -> str:
        """The hash of a password as of `password_form`. Raises Problem(busy)."""
        return await self._run(lambda: HASHER.hash(form.encode()))

    async def fits(self, password_hash: str | None, form: str) -> bool:
        """Whether the password is the hash's; of no hash never, after as long. Raises Problem(busy)."""
        return await self._run(lambda: _fits(password_hash or NOBODY, form)) and password_hash is not None

    async def _run(self, work: Callable[[], T]) -> T:
        self.require_room()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Ends the threads when what they are at is done. Idempotent."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def is_current(password_hash: str) -> bool:
    """Whether a hash was made with today's cost."""
    return not HASHER.check_needs_rehash(password_hash)


def one_time_password() -> str:
    """Three groups of four: 59 random bits, to be read out or copied from paper, good for one sign-in."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def _fits(password_hash: str, form: str) -> bool:
    try:
        return HASHER.verify(password_hash, form.encode())
    except (VerificationError, InvalidHashError):
        return False
