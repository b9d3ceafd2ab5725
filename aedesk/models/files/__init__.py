"""Model files: reading, checking, importing, exporting."""
