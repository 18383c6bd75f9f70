"""Files and everything else that can be made into a picture."""
