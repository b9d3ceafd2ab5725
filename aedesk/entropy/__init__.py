"""Integer probability tables, and the coder that writes symbols by them."""
