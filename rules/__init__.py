"""The law as pure functions: no input or output, no clock of its own, today is an argument."""
