"""The open pictures: their history, and reading and writing them. Qt signals, but no widgets."""
