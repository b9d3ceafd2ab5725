"""The learned codec (``models.codec``): pictures to .aed files and back."""
