package io.capoflow.pipelines.sft;

/**
 * How far a warm start has come.
 *
 * @param step optimizer steps done
 * @param steps optimizer steps in all
 * @param loss mean cross-entropy of a completion token over this step's batch, in nats
 * @param learningRate of this step
 */
public record WarmStartProgress(int step, int steps, double loss, double learningRate) {}
