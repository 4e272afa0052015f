"""`newsletter simulator`: a mail provider on this machine that takes everything and writes down what it took."""

from pathlib import Path

import click

from newsletter.cli.context import Failed
from newsletter.simulator import postmark_server, smtp_server
from newsletter.simulator.faults import BadFault


@click.command("simulator")
@click.argument("name", type=click.Choice(["postmark", "smtp"]))
@click.option("--port", type=click.IntRange(1, 65535), required=True, help="Port on 127.0.0.1.")
@click.option("--witness", type=click.Path(path_type=Path, dir_okay=False), help="File that gets a line a mail.")
@click.option("--profile", type=click.Choice(["plain", "keyed", "searchable"]), default="searchable")
@click.option("--lag", "lag_s", type=float, default=0.0, help="Seconds until a mail can be searched for.")
@click.option("--token", help="Postmark: the server token it knows.")
@click.option("--fault", "faults", multiple=True, help="What happens to the next calls, in turn, such as reset,taken.")
def simulator_command(
    name: str,
    port: int,
    witness: Path | None,
    profile: str,
    lag_s: float,
    token: str | None,
    faults: tuple[str, ...],
) -> None:
    """Be a mail provider, strict like the real one; no mail leaves this machine."""
    click.echo(f"{name} simulator on 127.0.0.1:{port}; Ctrl-C stops it.")
    try:
        if name == "smtp":
            smtp_server.serve_smtp(port, witness, script=faults)
        else:
            postmark_server.serve_postmark(port, witness, profile=profile, faults=faults, lag_s=lag_s, token=token)
    except BadFault as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"Port {port} cannot be used ({error.strerror}). Choose another one with --port.") from None
    except KeyboardInterrupt:
        click.echo("Stopped.")
