/** Causal language models: pre-norm decoders of the Llama and Qwen families. */
package io.capoflow.models.decoder;
