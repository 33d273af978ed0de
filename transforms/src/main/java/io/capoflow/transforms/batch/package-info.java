/** Forming training batches: whole groups, within a token budget. */
package io.capoflow.transforms.batch;
