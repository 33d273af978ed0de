/**
 * Where the answer stands in a response: boxes, {@code ####}, answer phrases, and the weaker rules
 * of lenient mode. Knows nothing of verifiers and their verdicts.
 */
package io.capoflow.verifiers.extraction;
