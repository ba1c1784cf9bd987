"""`python -m loa` is the `loa` command."""

from loa.commands import main

main()
