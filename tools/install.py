"""Makes the project's virtual environment from a lock file: `python3 tools/install.py FOLDER LOCKFILE`."""

import subprocess
import sys
import venv
from pathlib import Path


def main(folder: str, lock: str) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python reads, to say so
        print(f"Acuerdo needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 ...")
        return 2
    home = Path(folder)
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = [str(python), "-m", "pip"]
    if not python.exists():
        try:
            venv.create(home, with_pip=True)
        except (subprocess.CalledProcessError, SystemExit):
            # Debian ships python3 without ensurepip; the system's own pip can install into the folder instead.
            venv.create(home, with_pip=False, clear=True)
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        pip = [sys.executable, "-m", "pip", "--python", str(python)]
        if subprocess.run([*pip, "--version"], capture_output=True).returncode:
            print("This Python has neither ensurepip nor pip. On Debian or Ubuntu: apt install python3-venv")
            return 2
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *quiet, "--require-hashes", "-r", lock], check=True)
    subprocess.run([*pip, "install", *quiet, "--no-deps", "--no-build-isolation", "-e", "."], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
