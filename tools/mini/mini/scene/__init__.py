"""Pictures made without end: plans of scenes with captions, composed and styled on the GPU."""
