"""`python -m mlops_scan` is the console script."""

from mlops_scan.cli import main

if __name__ == "__main__":
    main()
