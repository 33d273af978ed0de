#!/usr/bin/env python3
"""Opens every stage of a run by its folder, as pandas and pyarrow do without being told anything.

    python3 stage_folders.py RUN

Every folder in iterations/ and evaluation/ must hold the rows that its manifest counts, no row twice, and no column but
those of its files; so must each stage over all iterations, metrics.parquet and problems/. Prints a line for each, and
ends with 1 where one differs.
"""
import json
import pathlib
import sys

import pandas
import pyarrow.dataset
import pyarrow.parquet

failures = []


def tables(what):
    """The same rows by each way in; `what` is a folder, a file, or a list of files."""
    return {
        "pandas": pandas.read_parquet(what).reset_index(drop=True),
        "pyarrow.parquet": pyarrow.parquet.read_table(what).to_pandas(),
        "pyarrow.dataset": pyarrow.dataset.dataset(what).to_table().to_pandas(),
    }


def check(name, what, rows, files, iterations=None, keys=()):
    columns = pyarrow.parquet.ParquetFile(files[0]).schema_arrow.names
    before = len(failures)
    for way, table in tables(what).items():
        if len(table) != rows:
            failures.append(f"{name}: {way} reads {len(table)} rows, not {rows}")
        if list(table.columns) != columns:
            failures.append(f"{name}: {way} reads the columns {list(table.columns)}, not {columns}")
        if keys and table.duplicated(subset=[key for key in keys if key in table]).any():
            failures.append(f"{name}: {way} reads a row twice")
        if iterations is not None and sorted(table["iteration"].unique()) != iterations:
            failures.append(f"{name}: {way} reads iterations {sorted(table['iteration'].unique())}, not {iterations}")
    if len(failures) == before:
        print(f"{name}: {rows} rows, {len(columns)} columns")


def parts(folder):
    return sorted(str(file) for file in folder.glob("*.parquet"))


def rows(folder):
    return json.loads((folder / "_manifest.json").read_text())["rows"]


def main(run):
    keys = ("rollout_id", "critique_index")
    stages = {}
    for folder in sorted(run.glob("iterations/*/*")):
        stages.setdefault(folder.name, []).append(folder)
        check(folder.relative_to(run), str(folder), rows(folder), parts(folder), [int(folder.parent.name)], keys)
    for folder in sorted(run.glob("evaluation/*/*/*")):
        check(folder.relative_to(run), str(folder), rows(folder), parts(folder), keys=keys)
    for stage, folders in stages.items():
        files = sorted(str(file) for file in run.glob(f"iterations/*/{stage}/*.parquet"))
        iterations = [int(folder.parent.name) for folder in folders]
        check(f"iterations/*/{stage}", files, sum(map(rows, folders)), files, iterations, keys)
    for name in ("metrics.parquet", "problems"):
        place = run / name
        files = parts(place) if place.is_dir() else [str(place)]
        check(name, str(place), sum(pyarrow.parquet.read_metadata(file).num_rows for file in files), files)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
    for failure in failures:
        print("FAILED", failure)
    sys.exit(1 if failures else 0)
