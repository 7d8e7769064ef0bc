"""`python -m algoops_app` is `algoops`."""

from algoops_app import main

main()
