/** Measuring a policy on problems that it was not trained on. */
package io.capoflow.pipelines.evaluation;
