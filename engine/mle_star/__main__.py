"""``python -m mle_star``."""

from mle_star.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
