"""`python -m app` is `dual-expert`."""

from app.cli import main

main()
