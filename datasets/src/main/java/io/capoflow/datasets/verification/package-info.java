/** Verifying files of answers: reading rows, judging them, writing them with their verdicts. */
package io.capoflow.datasets.verification;
