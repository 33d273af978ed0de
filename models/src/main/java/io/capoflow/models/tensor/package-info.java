/** The doorway to PyTorch: devices, compiled TorchScript, tensors in and out. */
package io.capoflow.models.tensor;
