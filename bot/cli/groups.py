"""Command groups that several families add to."""

import typer

validate = typer.Typer(help="Run one validator alone.", no_args_is_help=True)
sandbox = typer.Typer(help="The sandbox: run, build, bench, gc.", no_args_is_help=True)
data = typer.Typer(help="Market data: import exports, check files.", no_args_is_help=True)
