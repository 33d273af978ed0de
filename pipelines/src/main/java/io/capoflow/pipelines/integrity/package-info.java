/** Whether a run directory holds what its records say, and what recomputing restores of it. */
package io.capoflow.pipelines.integrity;
