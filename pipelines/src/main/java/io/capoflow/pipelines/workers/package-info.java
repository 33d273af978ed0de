/** Seeing to it, before a session computes anything, that its workers can. */
package io.capoflow.pipelines.workers;
