"""What the words of a description say: limits, metrics, columns and what they are for."""
