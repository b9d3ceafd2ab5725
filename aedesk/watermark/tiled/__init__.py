"""Finds and removes a watermark that is repeated all over one picture; its repeats serve as the collection it is estimated from."""
