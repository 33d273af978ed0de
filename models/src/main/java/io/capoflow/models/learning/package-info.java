/** Losses, gradients and optimizer steps (METHOD.md, "Objective"). */
package io.capoflow.models.learning;
