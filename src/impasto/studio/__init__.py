"""The page to work in: its server, its painter, and what they say to each other."""
