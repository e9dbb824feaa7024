"""The networks, written small and fast, with the key names of the published layouts.

Each module's state dict is what diffusers or transformers would load; ``check`` compares outputs.
"""
