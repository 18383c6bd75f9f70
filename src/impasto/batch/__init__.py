"""Many pictures, on one machine or many: which, what is done, who paints what."""
