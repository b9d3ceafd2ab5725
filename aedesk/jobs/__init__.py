"""Floor 5: run a spec here (``inline``) or in a worker process (``client``), and stream its events back. No Qt; torch only in the worker."""
