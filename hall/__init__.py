"""The command line: puts the rooms together."""
