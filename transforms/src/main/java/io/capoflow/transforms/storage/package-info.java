/**
 * Where rows and policies lie: Parquet files, the run directory, shards and policy versions that
 * are committed exactly once.
 */
package io.capoflow.transforms.storage;
