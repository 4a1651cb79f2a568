"""`classroom serve`."""

import asyncio
import signal
import ssl

from signaling.app import serve as run_server
from signaling.cli.options import fail, with_settings
from signaling.datadir import DataBusy
from signaling.server_log import configure_logs
from signaling.settings import Settings


@with_settings
def serve(settings: Settings) -> None:
    """Run the server until it is told to stop (SIGTERM, Ctrl-C)."""
    configure_logs(settings.log_level)
    try:
        asyncio.run(_until_told(settings))
    except DataBusy as error:
        fail(f"Another server is running on the data directory {error}.")
    except ssl.SSLError as error:
        fail(f"The certificate cannot be used: {error}")
    except OSError as error:
        fail(f"The server cannot start: {error}. `classroom doctor` says more.")


async def _until_told(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_server(settings, stop)
