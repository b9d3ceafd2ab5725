"""The learned codec: pictures to .aed files and back."""
