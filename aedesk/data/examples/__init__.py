"""Training examples: what a network sees and what it should answer."""
