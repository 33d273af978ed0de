# For tests: whether a matrix is in oneDNN's own order.

def is_packed(self, weight: Tensor) -> Tensor:
  return torch.full([1], 1.0 if weight.is_mkldnn else 0.0)
