"""How the picture moves: one evaluation a step."""
