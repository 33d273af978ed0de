/** Losses, gradients and optimizer steps (docs/method.md, "Objective"). */
package io.capoflow.models.learning;
