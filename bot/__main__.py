"""`python -m bot` is `algoops`."""

from bot.cli import main

main()
