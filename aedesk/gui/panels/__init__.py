"""The tabs on the right. A new one is one more entry in ``registry.PANELS``."""
