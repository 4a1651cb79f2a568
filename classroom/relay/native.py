"""The packet path in C, where it has been built: `python -m classroom.relay.native` builds it.

With it a packet costs a fraction. Nothing needs it: without it, or without a compiler, the same is done in Python.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from cffi import FFI

SOURCE, HEADER = Path(__file__).with_suffix(".c"), Path(__file__).with_suffix(".h")
# Not native.so, which Python would take for this module.
LIBRARY = Path(__file__).with_name("librelay.so")

ffi = FFI()
ffi.cdef(HEADER.read_text())


def load() -> Any:
    """The library; None where it was not built, or its source has changed since."""
    try:
        if LIBRARY.stat().st_mtime < max(source.stat().st_mtime for source in (SOURCE, HEADER)):
            return None
        return ffi.dlopen(str(LIBRARY))
    except OSError:
        return None


def build(library: Path = LIBRARY) -> str:
    """Compile it; what came of it, in a sentence."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return "There is no C compiler: packets go by way of Python."
    made = library.with_suffix(f".{os.getpid()}")
    command = [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", str(made), str(SOURCE)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        os.replace(made, library)
    except (OSError, subprocess.SubprocessError) as error:
        made.unlink(missing_ok=True)
        return f"Packets go by way of Python: {error}"
    return f"Built {library.name}."


if __name__ == "__main__":
    sys.stdout.write(build() + "\n")
