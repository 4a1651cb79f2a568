"""Random ids and tokens."""

import base64
import hashlib
import secrets

ID_LENGTH = 12
"""60 bits: a county will not see two alike."""
TOKEN_BYTES = 16


def new_id() -> str:
    """Twelve characters of lower-case base32."""
    return base64.b32encode(secrets.token_bytes(8)).decode()[:ID_LENGTH].lower()


def new_token() -> str:
    """128 random bits in base64url, without padding."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What the store keeps of a token. A token is already random, so a fast hash without salt is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_code() -> str:
    """Six decimal digits."""
    return f"{secrets.randbelow(1_000_000):06}"
