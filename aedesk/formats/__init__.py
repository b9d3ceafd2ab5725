"""Floor 1: the .aed container, bytes only. SPEC.md beside this file describes it in full; ``container`` is the door."""
