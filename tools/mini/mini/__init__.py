"""Data, training and export of the embedded model: a miniature SDXL in the diffusers layout."""
