"""The .aed container as bytes; SPEC.md in this folder specifies it. Entry points: ``container.read_aed`` and ``write_aed``."""
