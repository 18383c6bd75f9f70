"""The inside of an evaluation in machine code, where it could be built."""
