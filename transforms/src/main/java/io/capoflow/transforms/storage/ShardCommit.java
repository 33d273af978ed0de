package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import java.util.List;

/**
 * What the commit file of a shard says: the only way by which readers learn of a part. The digest
 * of a whole stage is made from its commits' {@code rowDigests}, so a commit whose digests do not
 * agree with each other is none: its constructor throws {@link IllegalArgumentException}.
 *
 * @param stage folder of the stage
 * @param shard from 0
 * @param part file name, in the commit's directory, and no path that leads out of it
 * @param rows row count
 * @param digest of the rows, see {@link io.capoflow.schemas.Digests}
 * @param rowDigests of each row, sorted
 * @param schema fingerprint of the rows' schema, see {@link RowFormat#fingerprint}
 * @param memoKey what the rows were computed from
 * @param startedMillis when the computation began, in epoch milliseconds; part of no digest
 * @param seconds that the computation took: tells how fast, never what; part of no digest
 */
public record ShardCommit(
    String stage,
    int shard,
    String part,
    long rows,
    String digest,
    List<String> rowDigests,
    String schema,
    String memoKey,
    long startedMillis,
    double seconds) {
  public ShardCommit {
    requireNonNull(stage, "stage");
    StageFiles.requirePart(shard, requireNonNull(part, "part"));
    requireNonNull(digest, "digest");
    rowDigests = List.copyOf(rowDigests);
    requireNonNull(schema, "schema");
    requireNonNull(memoKey, "memoKey");
    if (rowDigests.size() != rows) {
      throw new IllegalArgumentException(
          "%d rows have %d digests".formatted(rows, rowDigests.size()));
    }
    String ofRows = Digests.ofRowDigests(rowDigests);
    if (!ofRows.equals(digest)) {
      throw new IllegalArgumentException(
          "the rows' digests make digest %s, not %s".formatted(ofRows, digest));
    }
  }
}
