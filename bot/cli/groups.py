"""Command groups that several families add to."""

import typer

validate = typer.Typer(help="Run one validator alone.", no_args_is_help=True)
sandbox = typer.Typer(help="The sandbox: run, build, bench, gc.", no_args_is_help=True)
