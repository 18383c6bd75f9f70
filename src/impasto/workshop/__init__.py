"""The processes beside the studio's server: one paints, one looks at pictures."""
