"""`python -m signaling` is `classroom`."""

from signaling.cli import main

main()
