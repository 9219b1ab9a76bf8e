"""The judge: the only thing that makes scores."""
