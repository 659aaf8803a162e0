"""`python -m infra.local {run,start,stop,reset,logs,status}`."""

import argparse
import os
import sys
from importlib.util import find_spec

from infra.local.problems import LocalProblem

NEEDED = ("boto3", "chalice", "h11", "jinja2", "ministack", "samtranslator")


def main() -> None:
    """Do one command; what goes wrong is one line on standard error."""
    arguments = _parser().parse_args()
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        sys.exit(
            f"souk: {', '.join(missing)} missing in {sys.executable}; "
            "`make venv` installs what is needed"
        )
    try:
        sys.exit(_do(arguments))
    except LocalProblem as problem:
        sys.exit(f"souk: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)


def _do(arguments: argparse.Namespace) -> int:
    # Imported here, so that what is missing can be named before anything needs it.
    from infra.local import detached, logs, supervisor

    match arguments.command:
        case "run":
            code = supervisor.run(tethered=arguments.tethered, ready=arguments.ready)
            sys.stdout.flush()
            # All is put away; who sees our lock free shall not see us linger.
            os._exit(code)
        case "start":
            return detached.start()
        case "stop":
            return detached.stop()
        case "reset":
            return detached.reset()
        case "status":
            return detached.status()
        case _:
            return logs.follow()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything and stay until Ctrl-C")
    run.add_argument("--tethered", action="store_true", help="stop when standard input ends")
    run.add_argument("--ready", type=int, help="a file descriptor that hears when all is ready")
    for name, text in (
        ("start", "start everything and return when it is ready"),
        ("stop", "stop what was started; the data stays"),
        ("reset", "stop, and forget all data"),
        ("logs", "follow the logs"),
        ("status", "say what runs and where"),
    ):
        commands.add_parser(name, help=text)
    return parser


if __name__ == "__main__":
    main()
