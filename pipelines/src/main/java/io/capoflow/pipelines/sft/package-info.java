/** The supervised warm start: how the shipped weights are made, and how good they are. */
package io.capoflow.pipelines.sft;
