"""The seven phases of a run; none imports another."""
