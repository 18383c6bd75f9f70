"""TIFF files: pages, channels, and raw files that look like them."""
