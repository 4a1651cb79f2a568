"""Bad networks need root and /dev/net/tun. Where they are refused these tests are skipped, and the run says so."""

import pytest

from tests.network.network import refused


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Network namespaces and TUN devices can be made here."""
    refusal = refused()
    if refusal is not None:
        pytest.skip(f"no bad networks: {refusal}")
