/** Causal language models of the Llama architecture. */
package io.capoflow.models.llama;
