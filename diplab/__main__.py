"""`python -m diplab`: the command line."""

from diplab.cli import main

main()
