/** The training sink: one policy update an iteration, committed exactly once. */
package io.capoflow.transforms.train;
