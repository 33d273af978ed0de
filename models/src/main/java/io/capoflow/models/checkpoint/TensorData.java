package io.capoflow.models.checkpoint;

import java.nio.ByteBuffer;

/**
 * A tensor's bytes as a safetensors file holds them.
 *
 * @param dtype safetensors name: F32, F16, BF16, I64, …
 * @param shape dimensions, empty for a scalar
 * @param bytes little-endian, row-major, exactly the tensor's length; read-only
 */
public record TensorData(String dtype, long[] shape, ByteBuffer bytes) {}
