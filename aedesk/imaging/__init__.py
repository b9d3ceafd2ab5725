"""Floor 1: pictures. Files to pixels and back with nothing lost, and what is measured on or shown of them.

``picture`` is the one representation; ``io`` reads, writes and probes files; ``thumbnails`` and ``display`` make pixels for the
screen; ``metrics`` compares two pictures. The other modules serve ``io``: one reader or writer per library.
"""
