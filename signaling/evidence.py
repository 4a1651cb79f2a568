"""What a request may bring as evidence (凭证), and the words that people write. Pure."""

from typing import Annotated

import msgspec

from signaling.messages import ONE_LINE

Id = Annotated[str, msgspec.Meta(min_length=12, max_length=12, pattern=r"^[a-z2-7]+\Z")]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern=r"\S")]
"""Why; it may have several lines."""
Title = Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Address = Annotated[str, msgspec.Meta(min_length=8, max_length=500, pattern=r"^https?://[^\s\x00-\x1f\x7f]+\Z")]
"""Of something on the web; it is shown, never opened by the server."""
Files = Annotated[list[Id], msgspec.Meta(max_length=10)]
Subject = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=ONE_LINE)]
Subjects = Annotated[list[Subject], msgspec.Meta(max_length=12)]
