/**
 * What thinks and learns: causal language models on PyTorch, tokenizers, generation, loss,
 * optimizer, checkpoints, critics and their prompts, and how a response is divided into steps.
 * Nothing of Beam.
 */
package io.capoflow.models;
