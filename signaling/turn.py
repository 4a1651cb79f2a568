"""Time-limited credentials for a TURN server that shares a secret with this one. Pure.

What coturn calls `use-auth-secret` (draft-uberti-behave-turn-rest-00 §2.2): the user name says until when it holds, the
password is a signature of the user name. The TURN server keeps no accounts and asks nobody.
"""

import base64
import hmac
from datetime import datetime

from signaling.messages import IceServer
from signaling.settings import Settings


def ice_servers(settings: Settings, name: str, at: datetime) -> list[IceServer]:
    """What somebody may use for `turn_ttl` seconds from now; `name` appears in the TURN server's log."""
    stun = [url for url in settings.turn_urls if url.startswith("stun")]
    turn = [url for url in settings.turn_urls if not url.startswith("stun")]
    servers = [IceServer(urls=stun)] if stun else []
    if turn:
        username = f"{int(at.timestamp()) + settings.turn_ttl}:{name}"
        signature = hmac.digest(settings.turn_secret.encode(), username.encode(), "sha1")
        credential = base64.b64encode(signature).decode()
        servers.append(IceServer(urls=turn, username=username, credential=credential))
    return servers


def link_headers(servers: list[IceServer]) -> list[str]:
    """The values of `Link` that tell a WHIP or WHEP client of them (RFC 9725 §4.6)."""
    links = []
    for server in servers:
        secret = f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        links += [f'<{url}>; rel="ice-server"{secret if server.credential else ""}' for url in server.urls]
    return links
