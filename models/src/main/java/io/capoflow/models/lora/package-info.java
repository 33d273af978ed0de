/** Low-rank adapters (Hu et al. 2021) as PEFT stores them. Knows nothing of models and tensors. */
package io.capoflow.models.lora;
