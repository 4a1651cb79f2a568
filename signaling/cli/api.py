"""`classroom api`: the API as a page or as an OpenAPI document."""

from typing import Annotated

import typer

from signaling.api import DOORS
from signaling.cli.options import print_json
from signaling.openapi import all_doors, document, page


def api(
    openapi: Annotated[bool, typer.Option("--openapi", help="as an OpenAPI 3.1 document, one line of JSON")] = False,
) -> None:
    """Describe every address of /api/v1, for who writes a program against it."""
    if openapi:
        print_json(document(all_doors(DOORS)))
    else:
        typer.echo(page(all_doors(DOORS)), nl=False)
