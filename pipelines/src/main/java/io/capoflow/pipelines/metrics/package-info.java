/** What is measured of an iteration and of a run, and the files that hold it. */
package io.capoflow.pipelines.metrics;
