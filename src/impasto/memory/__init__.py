"""Where large tensors live, and how much room there is."""
