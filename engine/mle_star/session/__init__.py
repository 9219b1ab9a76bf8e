"""One run from its options to its result: state, budget, order of phases, signals."""
