"""Pictures for training: files, decoding, patches."""
