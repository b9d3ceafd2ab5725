"""The learned codec: transforms, entropy model and the exact arithmetic between them."""
