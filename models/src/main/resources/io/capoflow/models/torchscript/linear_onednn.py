# A matrix of weights as decoding multiplies with it, and the product: on a CPU, where libtorch has oneDNN.

def pack(self, weight: Tensor, rows: int) -> Tensor:
  # In oneDNN's own order, so that no product copies the matrix into another first. A small one stays as it is: calling oneDNN costs
  # more than it saves.
  if weight.dtype != 6 or weight.numel() < $smallest_packed:
    return weight
  return ops.mkldnn._reorder_linear_weight(weight, rows)

def multiply(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  if weight.is_mkldnn:
    # Rounded up, since oneDNN compiles kernels of half a megabyte for every number of rows, and keeps a thousand of them.
    rows = x.size(0)
    missing = -rows % 16
    if missing > 0:
      x = torch.constant_pad_nd(x, [0, 0, 0, missing])
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], None).narrow(0, 0, rows)
  return torch.linear(x, weight, bias)
