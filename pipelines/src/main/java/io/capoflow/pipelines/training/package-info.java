/** The training iteration as a dataflow, and the loop around it. */
package io.capoflow.pipelines.training;
