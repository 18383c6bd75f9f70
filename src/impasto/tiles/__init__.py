"""How a picture is looked at: cut into tiles, continued at its border, encoded."""
