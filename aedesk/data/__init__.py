"""Floor 3: picture collections, patches and degradations, on torch tensors."""
