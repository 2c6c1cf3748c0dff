"""`python -m core.cli ...` is `mrturing ...`: for torchrun, and for processes that this program starts itself."""

from core.cli.main import main

if __name__ == "__main__":
    main()
