#!/usr/bin/env python3
"""Opens a dataset of critiques as others do who were told nothing of it, and compares what they read.

    python3 .ci/open_critiques.py DIR [--tokenizer MODEL] [--dataset TABLE] [--rule NAME] [--labels whole|until_first_error]

The tables are opened by their folders with pandas, pyarrow, DuckDB, Spark and datasets, and with datasets by the README's
configurations. All must read the same rows, columns and values. Exports, where there are some, are opened by the programs
that they are for: TRL's PRMTrainer and SFTTrainer prepare them with the tokenizer of MODEL, a folder with a chat template,
and must come to the labels and critiques of the dataset. --dataset, --rule and --labels say what the exports were made of.
Prints a line for each, says what is skipped, and ends with 1 where one differs.
"""
import argparse
import hashlib
import importlib.util
import json
import logging
import math
import os
import pathlib
import sys
import tempfile

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1", TQDM_DISABLE="1",
                  TRL_EXPERIMENTAL_SILENCE="1", TOKENIZERS_PARALLELISM="false", CUDA_VISIBLE_DEVICES="")

import datasets
import duckdb
import numpy
import pandas
import pyarrow.dataset
import pyarrow.parquet

import critique_exports

# What is compared of each table; of records in lists the named fields. dataset-1a2b3c4d is a dataset, too.
COLUMNS = {
    "rollouts": ["rollout_id", "problem_id", "source_id", "layout", "truth", {"columns": ["name", "value"]}],
    "rejected": ["file", "line", "source_id", "reason", "detail", "content"],
    "dataset": ["rollout_id", "source_id", "question", "answer", "outcome", "steps", "truth", "rule", "wrong_steps",
                {"critiques": ["critic", "critique_index", "text", "wrong_steps", "void_reason", "finish_reason"]},
                {"votes": ["critic", "quorum", "wrong_votes"]}, {"labels": ["critic", "rule", "weights"]}],
    "critiques": ["rollout_id", "critic", "critique_index", "text", "wrong_steps", "void_reason"],
    "votes": ["rollout_id", "critic", "rule", "quorum", {"steps": ["index", "wrong_votes", "votes", "weight"]}],
}


class Report:
    """Prints a line for each thing that was tried, and counts what differs."""

    def __init__(self):
        self.failures = 0

    def opened(self, text):
        print(text, flush=True)

    def skipped(self, text):
        print(f"!!! SKIPPED {text}", flush=True)

    def failed(self, text):
        self.failures += 1
        print(f"FAILED {text}", flush=True)

    def equal(self, what, found, expected):
        """Compares two lists of rows, and shows the first that differ."""
        if found == expected:
            self.opened(f"{what}: {len(found)} rows")
            return
        if len(found) != len(expected):
            self.failed(f"{what}: {len(found)} rows, not {len(expected)}")
        for ours, theirs in zip(found, expected):
            if ours != theirs:
                self.failed(f"{what}: {str(ours)[:300]}, not {str(theirs)[:300]}")
                return


def with_pandas(folder, columns):
    table = pandas.read_parquet(folder)
    return list(table.columns), table[columns].to_dict("records")


def with_pyarrow_dataset(folder, columns):
    table = pyarrow.dataset.dataset(folder)
    return table.schema.names, table.to_table(columns=columns).to_pylist()


def with_pyarrow_parquet(folder, columns):
    table = pyarrow.parquet.read_table(folder)
    return table.schema.names, table.select(columns).to_pylist()


def with_duckdb(folder, columns):
    files = (folder + "/*.parquet").replace("'", "''")
    table = duckdb.sql(f"SELECT * FROM '{files}'")
    rows = table.select(", ".join(f'"{column}"' for column in columns)).fetchall()
    return table.columns, [dict(zip(columns, row, strict=True)) for row in rows]


def of_datasets(table, columns):
    return table.column_names, table.select_columns(columns).to_list()


def with_datasets(folder, columns):
    return of_datasets(datasets.load_dataset("parquet", data_files=folder + "/*.parquet", split="train"), columns)


def with_datasets_of_the_folder(folder, columns):
    # Unlike the others it would read the bookkeeping, too, which is JSON.
    return of_datasets(datasets.load_dataset(folder, data_files="*.parquet", split="train"), columns)


def with_spark(folder, columns):
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    table = session.read.parquet(folder)
    return table.columns, [row.asDict(recursive=True) for row in table.select(*columns).collect()]


WAYS = {
    "pandas.read_parquet": with_pandas,
    "pyarrow.dataset": with_pyarrow_dataset,
    "pyarrow.parquet": with_pyarrow_parquet,
    "DuckDB": with_duckdb,
}
WAYS_OF_DATASETS = {
    "datasets, its files": with_datasets,
    "datasets, its folder": with_datasets_of_the_folder,
}


def plain(value):
    """Python's own values, whatever a program makes of lists, absent values and numbers."""
    if isinstance(value, numpy.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, numpy.generic):
        value = value.item()
    if value is pandas.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    # pandas makes floats of whole numbers where some are absent.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def compared(rows, columns):
    """The rows with the columns that are compared alone, in an order that is nobody's."""
    kept = []
    for row in map(plain, rows):
        values = {}
        for column in columns:
            if isinstance(column, dict):
                ((name, fields),) = column.items()
                values[name] = [{field: each[field] for field in fields} for each in row[name]]
            else:
                values[column] = row[column]
        kept.append(json.dumps(values, sort_keys=True))
    return sorted(kept)


def name_of(column):
    return next(iter(column)) if isinstance(column, dict) else column


def check_table(report, name, ways, folder):
    """Returns the rows of the table, in its order."""
    columns = COLUMNS[name.split("-")[0]]
    files = sorted(folder.glob("*.parquet"))
    # The one way that joins nothing: a file at a time.
    truth = [row for file in files for row in pyarrow.parquet.ParquetFile(file).read().to_pylist()]
    names = pyarrow.parquet.ParquetFile(files[0]).schema_arrow.names
    expected = compared(truth, columns)
    for way, read in ways.items():
        try:
            found, rows = read(str(folder), [name_of(column) for column in columns])
            values = compared(rows, columns)
        except Exception as e:  # Whatever a program throws, it did not open the table.
            report.failed(f"{name}: {way}: {type(e).__name__}: {str(e)[:300]}")
            continue
        if list(found) != names:
            report.failed(f"{name}: {way} reads the columns {list(found)}, not {names}")
        elif len(values) != len(expected):
            report.failed(f"{name}: {way} reads {len(values)} rows, not {len(expected)}")
        elif values != expected:
            other = next(pair for pair in zip(values, expected, strict=True) if pair[0] != pair[1])
            report.failed(f"{name}: {way} reads {other[0][:300]}, not {other[1][:300]}")
        else:
            digest = hashlib.sha256("\n".join(values).encode(errors="surrogatepass")).hexdigest()[:12]
            report.opened(f"{name}: {way}: {len(values)} rows, {len(names)} columns, values {digest}")
    return truth


def check_tables(report, directory, dataset):
    """Returns the rows of the dataset, in its order."""
    ways = dict(WAYS)
    if importlib.util.find_spec("pyspark"):
        ways["Spark"] = with_spark
    else:
        report.skipped("Spark: pyspark is not installed")
    tables = {folder.name: folder for folder in sorted(directory.iterdir())
              if folder.name.split("-")[0] in COLUMNS and any(folder.glob("*.parquet"))}
    for name in (dataset, "critiques", "votes", "rollouts"):
        if name not in tables:
            report.failed(f"{name}: {directory} has no table of this name")
    configured = configurations(report, directory)
    for name in configured.keys() - tables.keys() | {dataset} - configured.keys():
        report.failed(f"{name}: must be a table, and README.md must have a configuration of its files")
    rows = {}
    for name, folder in tables.items():
        ways_of_datasets = {}
        if name == "rollouts":
            report.skipped(f"{name}: datasets: a problem's metadata are a map, which it has no type for")
        else:
            ways_of_datasets |= WAYS_OF_DATASETS
        if name == dataset == "dataset":
            ways_of_datasets["datasets, the whole directory"] = lambda _, columns: of_datasets(
                datasets.load_dataset(str(directory), split="train"), columns)
        if name in configured:
            ways_of_datasets[f"datasets, {configured[name]!r} of the README"] = lambda _, columns, name=name: of_datasets(
                datasets.load_dataset(str(directory), configured[name], split="train"), columns)
        rows[name] = check_table(report, name, ways | ways_of_datasets, folder)
    return rows.get(dataset, [])


def configurations(report, directory):
    """The configuration of the README for each table, by the folder of its files."""
    found = {}
    try:
        for name in datasets.get_dataset_config_names(str(directory)):
            files = datasets.load_dataset_builder(str(directory), name).config.data_files
            for file in (file for split in (files or {}).values() for file in split):
                found.setdefault(pathlib.Path(file).parent.name, name)
    except Exception as e:
        report.failed(f"README.md: datasets cannot read its configurations: {type(e).__name__}: {str(e)[:300]}")
    return found


def main(arguments):
    logging.disable(logging.WARNING)
    report = Report()
    dataset = check_tables(report, arguments.directory, arguments.dataset)
    critique_exports.check(
        report, arguments.directory, dataset, arguments.rule, arguments.labels, arguments.tokenizer)
    return 1 if report.failures else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--tokenizer", metavar="MODEL")
    parser.add_argument("--dataset", metavar="TABLE", default="dataset")
    parser.add_argument("--rule", metavar="NAME")
    parser.add_argument("--labels", choices=["whole", "until_first_error"], default="whole")
    # A cache would hide what changed.
    with tempfile.TemporaryDirectory() as cache:
        datasets.config.HF_DATASETS_CACHE = pathlib.Path(cache)
        sys.exit(main(parser.parse_args()))
