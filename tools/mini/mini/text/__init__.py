"""Words: the tokenizer, and what each phrase ought to mean."""
