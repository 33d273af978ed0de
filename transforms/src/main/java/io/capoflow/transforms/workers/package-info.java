/**
 * What the processes are that an engine computes with: their code, their libraries, their machines,
 * and which folders they see. Asked before anything is computed, so that a worker whose results
 * would be others is refused and not found out by its digests.
 */
package io.capoflow.transforms.workers;
