"""Floor 5: run a spec here (``inline``) or in a worker process (``client``). No Qt; torch only inside the worker."""
