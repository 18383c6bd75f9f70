"""One piece of work, whoever asked for it: inputs, outputs, observers."""
