"""What a picture is in memory, and how it is written."""
