/**
 * One package a stage of the training iteration, each with a transform named as a verb that wires
 * plain classes: sample, verify, critique, vote, credit, batch, train.
 */
package io.capoflow.transforms;
