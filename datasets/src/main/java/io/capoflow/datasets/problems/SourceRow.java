package io.capoflow.datasets.problems;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Optional;

/**
 * A row of a file, before anything is known of its layout.
 *
 * @param line from 1
 * @param fields missing where the row could not be read
 * @param fault why it could not be read
 * @param content the row's text
 */
record SourceRow(long line, JsonNode fields, Optional<String> fault, String content) {
  static SourceRow of(long line, JsonNode fields, String content) {
    return new SourceRow(line, fields, Optional.empty(), content);
  }

  static SourceRow unreadable(long line, String fault, String content) {
    return new SourceRow(line, MissingNode.getInstance(), Optional.of(fault), content);
  }
}
