"""Several processes that paint one picture together."""
