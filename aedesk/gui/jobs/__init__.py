"""Work outside the window's thread: worker processes, the task queue and the thread pool."""
