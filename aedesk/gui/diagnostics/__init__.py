"""Finding out what went wrong: the log, the report on program and machine, and the smoke test of an installation."""
