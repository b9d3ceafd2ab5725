"""What a training step minimises: one module per idea, listed in ``registry``."""
