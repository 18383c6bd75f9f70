"""The losses of a picture and their gradient, however they are evaluated."""
