"""`classroom serve`."""

import asyncio
import gc
import signal
import ssl
from collections.abc import Callable
from typing import cast

from signaling.app import serve as run_server
from signaling.cli.options import fail, with_settings
from signaling.datadir import DataBusy
from signaling.doctor import ports_in_use
from signaling.server_log import configure_logs
from signaling.settings import Settings

GC_OBJECTS, GC_YOUNG, GC_OLD = 20_000, 20, 10


@with_settings
def serve(settings: Settings) -> None:
    """Run the server until it is told to stop (SIGTERM, Ctrl-C)."""
    configure_logs(settings.log_level)
    _require_tls_files(settings)
    # What has been imported lives as long as the process: looking it through again and again would only halt lessons.
    gc.collect()
    gc.freeze()
    # Packets are freed by counting references. At the usual 700 their numbers alone would set the collector off for
    # each batch; what it is for, the cycles of sessions that have ended, can wait for some thousands of objects.
    gc.set_threshold(GC_OBJECTS, GC_YOUNG, GC_OLD)
    try:
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(_until_told(settings))
    except DataBusy as error:
        fail(f"Another server is running on the data directory {error}.")
    except ssl.SSLError as error:
        fail(f"The certificate cannot be used: {error}")
    except OSError as error:
        in_use = [f"{port} {sentence}" for port, sentence in ports_in_use(settings).items()]
        why = "; ".join(in_use) or str(error).rstrip(".")
        fail(f"The server cannot start: {why}. `classroom doctor` says more.")


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where there is one; None: asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return cast(Callable[[], asyncio.AbstractEventLoop], uvloop.new_event_loop)


def _require_tls_files(settings: Settings) -> None:
    """OpenSSL does not say which of the files it could not read."""
    for flag, path in (("--tls-cert", settings.tls_cert), ("--tls-key", settings.tls_key)):
        if path is None:
            continue
        try:
            path.open("rb").close()
        except OSError as error:
            fail(f"The file of {flag} cannot be read: {path} ({error.strerror}).")


async def _until_told(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_server(settings, stop)
