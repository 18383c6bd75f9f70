"""The style pictures of this folder's parent, a module each."""
