"""The benchmark of results at a tiny scale: it runs, and its figures stand beside a reference of the same run."""

from __future__ import annotations

from pathlib import Path

from benchmarks import figures, results_export

from acuerdo.adapters.store.server import Database, scratch


async def test_an_export_beside_a_bare_copy(server: Database, tmp_path: Path) -> None:
    async with scratch(server.url) as url:
        found = await results_export.measured(url, 300, tmp_path, others=True)

    assert found["lines"] == 300
    assert found["ratio"] > 0
    told = figures.of_results(found)
    assert told[0].most == 30 * 300 / 1_000_000
    assert (tmp_path / "resultados_banco-de-las-cifras_documento_00001.csv").read_text().splitlines()[1].count(";") == 2
