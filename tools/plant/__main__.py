"""`python -m tools.plant --config FILE`: the simulated plant alone."""

import typer

from tools.plant.app import main


def run(
    config: str = typer.Option(..., help="configuration file (JSON) with a section \"plant\""),
    log: str = typer.Option(None, help="directory for truth.csv, writes.csv and events.csv"),
    control_port: int = typer.Option(0, min=0, max=65535, help="TCP port for faults; 0 = any free one"),
    seconds: float = typer.Option(None, min=0, help="stop after this time; without it, run until Ctrl-C"),
):
    """Simulated grid, meter, converters and batteries behind real Modbus servers."""
    raise typer.Exit(main(config, log, control_port, seconds))


if __name__ == "__main__":
    typer.run(run)
