/** Pipelines that know their runner, and their runs: what keeps the graphs ignorant of both. */
package io.capoflow.pipelines.execution;
