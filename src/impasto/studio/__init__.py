"""The page to work in: its server, its queue and its interface. Knows no torch."""
