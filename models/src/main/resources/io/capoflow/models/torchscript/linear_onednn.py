# A matrix of weights as decoding multiplies with it, and the product, where libtorch has oneDNN.

def pack(self, weight: Tensor, rows: int) -> Tensor:
  # In oneDNN's own order, so that a product need not copy the matrix into another first; of what a CPU computes in float32. A small
  # matrix stays as it is: calling oneDNN costs more than it saves.
  if weight.device.type != "cpu" or weight.dtype != 6 or weight.numel() < $smallest_packed:
    return weight
  return ops.mkldnn._reorder_linear_weight(weight, rows)

def multiply(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  if weight.is_mkldnn:
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], None)
  return torch.linear(x, weight, bias)
