"""Results that go back to a creditor, for its programs: the next file made, those there are, and each one's bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from acuerdo.adapters.files.writing import open_target
from acuerdo.adapters.store.results import StoredResults
from acuerdo.app import App
from acuerdo.service import exporting
from acuerdo.service.exporting import Batch, Busy, Choice, Exports, Unknown
from acuerdo.web.api.problems import Problem
from acuerdo.web.api.reached import House, Key, as_json, creditor_of

KINDS: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
BUSY = "Otro envío de este mismo perfil está en curso; repita la petición en un momento."
UNKNOWN = "No hay tal perfil, o tal archivo de resultados."
READS = "results:read"

router = APIRouter()


def _exports(app: App) -> Exports:
    stored = StoredResults(app.pool, app.keyring)
    return Exports(stored, stored, stored, open_target)


@router.get("/creditors/{creditor_id}/results", summary="Archivos de resultados", name="batches")
async def batches(app: House, key: Key, creditor_id: str) -> Response:
    """The files of results there are, by number and profile."""
    creditor = await creditor_of(app, key, creditor_id, READS)
    found = await _exports(app).batches.all(creditor.id)
    return as_json({"files": [_told(one) for one in found if one.digest is not None]})


@router.post("/creditors/{creditor_id}/results/{profile}", summary="Lo nuevo desde el último archivo", name="next")
async def following(request: Request, app: House, key: Key, creditor_id: str, profile: str) -> Response:
    """Makes the next file of a profile, and says where its bytes are; 204 where there is nothing new."""
    creditor = await creditor_of(app, key, creditor_id, READS)
    folder = app.settings.data_dir / "results" / creditor.id
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    try:
        done = await exporting.export(
            _exports(app), creditor, profile, Choice(), lambda name: str(folder / name), app.clock.now()
        )
    except Busy:
        raise Problem(409, BUSY) from None
    except Unknown:
        raise Problem(404, UNKNOWN) from None
    if done is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    # It is written again, the same, for whoever fetches it.
    await anyio.to_thread.run_sync(lambda file: Path(file).unlink(missing_ok=True), done.file)
    batch = await _exports(app).batches.find(creditor.id, profile, done.batch.n)
    where = f"{request.scope.get('root_path', '')}/creditors/{creditor.id}/results/{profile}/{done.batch.n}"
    return as_json(_told(batch or done.batch), 201, {"Location": where})


@router.get("/creditors/{creditor_id}/results/{profile}/{n}", summary="Un archivo de resultados", name="batch")
async def one(app: House, key: Key, creditor_id: str, profile: str, n: int) -> Response:
    """A file's bytes, the same each time."""
    creditor = await creditor_of(app, key, creditor_id, READS)
    folder = tempfile.TemporaryDirectory(prefix="acuerdo-")
    try:
        done = await exporting.again(
            _exports(app), creditor, profile, n, lambda name: str(Path(folder.name) / name), app.clock.now()
        )
    except BaseException as why:
        folder.cleanup()
        if isinstance(why, Busy):
            raise Problem(409, BUSY) from None
        if isinstance(why, Unknown):
            raise Problem(404, UNKNOWN) from None
        raise
    return FileResponse(
        done.file, filename=Path(done.file).name, media_type=KINDS[done.batch.format],
        headers={"Cache-Control": "no-store"}, background=BackgroundTask(folder.cleanup),
    )  # fmt: skip


def _told(one: Batch) -> dict[str, object]:
    return {
        "n": one.n, "profile": one.profile, "file": one.file.rpartition("/")[2], "format": one.format,
        "lines": one.lines, "sha256": one.digest, "written_at": one.written_at,
    }  # fmt: skip
