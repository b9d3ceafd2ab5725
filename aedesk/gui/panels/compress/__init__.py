"""The Compress panel: target, live preview, comparison with other codecs, rate-distortion curves, latent and export."""
