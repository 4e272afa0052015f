"""The front door. It is run as a newcomer runs it, but never sets up an environment here: that takes minutes."""

import hashlib
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
DEV = ROOT / "dev"


def run(*words: str, environment: Path, python: str = sys.executable, path: str = os.defpath) -> Any:
    command = [python, str(DEV), *words]
    variables = {"NEWSLETTER_VENV": str(environment), "PATH": path, "HOME": str(environment.parent)}
    return subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An environment that counts as made: a Python, the stamp, and the project's command."""
    environment = tmp_path / "an environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    stamp = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    stamp.update(f"{sys.version_info[:2]}{environment}{ROOT}".encode())
    (environment / ".stamp").write_text(stamp.hexdigest())
    return environment


def test_without_a_word_it_explains_itself(tmp_path: Path) -> None:
    done = run(environment=tmp_path / "none")

    assert done.returncode == 0
    assert all(f"./dev {word}" in done.stdout for word in ("run", "test", "check", "lock", "shell"))
    assert not (tmp_path / "none").exists()


def test_shell_runs_a_command_in_the_environment_where_one_stands(made: Path) -> None:
    done = run("shell", "sh", "-c", "command -v python; pwd", environment=made)

    assert done.stdout.splitlines() == [f"{made}/bin/python", "/"]
    assert done.stderr == ""


def test_any_other_word_goes_to_the_program_with_its_arguments(made: Path) -> None:
    command = made / "bin" / "newsletter"
    command.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    command.chmod(0o755)

    assert run("issue", "list", "two words", environment=made).stdout == "issue|list|two words|"
    assert run("run", "--port", "8026", environment=made).stdout == "run|--port|8026|"


def test_the_exit_code_is_the_commands(made: Path) -> None:
    assert run("shell", "sh", "-c", "exit 7", environment=made).returncode == 7


def test_a_command_that_is_not_there_is_named(made: Path) -> None:
    done = run("lock", environment=made, path="/nowhere")

    assert done.returncode == 1
    assert done.stderr == "uv cannot be started: No such file or directory. Install it with: pip install uv\n"


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter.txt").write_text("dear")

    done = run("shell", "true", environment=tmp_path / "papers")

    assert done.returncode == 1
    assert "holds something other than an environment" in done.stderr
    assert (tmp_path / "papers" / "letter.txt").read_text() == "dear"


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = run("shell", "true", environment=tmp_path / "file" / "environment")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "NEWSLETTER_VENV" in done.stderr


def test_the_program_is_found_from_a_path_with_spaces(made: Path) -> None:
    script = runpy.run_path(str(DEV), run_name="dev")
    command = made / "bin" / "newsletter"
    packages = made / "packages" / "newsletter"
    packages.mkdir(parents=True)
    (packages / "__init__.py").touch()
    (packages / "cli.py").write_text("import sys\ndef main():\n    print(sys.argv[1:])\n    return 3\n")
    command.write_text(script["COMMAND"].format(python=f"'{made}/bin/python'"))
    command.chmod(0o755)

    done = subprocess.run(
        [command, "a b", "c"], env={"PYTHONPATH": str(packages.parent), "PATH": os.defpath}, stdout=subprocess.PIPE
    )

    assert (done.returncode, done.stdout) == (3, b"['a b', 'c']\n")


def test_the_lock_names_a_hash_for_everything_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert "://" not in lock
    for requirement in lock.replace(" \\\n", " ").splitlines():
        assert "==" in requirement
        assert "--hash=sha256:" in requirement
