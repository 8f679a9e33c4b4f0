"""`python -m hall` is the command `hall`."""

from hall.cli import main

main()
