"""The web application on a scratch database, in its own process: `python -m benchmarks.server URL FOLDER`."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn
import uvloop

from acuerdo.app import app_on
from acuerdo.service.settings import Settings
from acuerdo.web import create


async def serve(url: str, folder: Path) -> None:
    """Serves until it is told to end; the first line it prints is its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings = Settings(data_dir=folder, base_url=f"http://127.0.0.1:{port}")
        async with app_on(settings, url) as house:
            server = uvicorn.Server(uvicorn.Config(create(house), log_level="warning"))
            print(port, flush=True)
            await server.serve(sockets=[listening])


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], Path(sys.argv[2])))
