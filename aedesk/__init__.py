"""aedesk: restore and compress photographs with autoencoders."""

import os

__version__ = "0.1.0"

# Heavy arithmetic is torch's. NumPy's own threads, once woken, wait for more with a core busy each: encoding then takes twice as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
