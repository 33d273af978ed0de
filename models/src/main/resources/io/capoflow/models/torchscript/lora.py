# Low-rank adapters (Hu et al. 2021): y = W x + scale B A x, A [rank, inputs], B [outputs, rank].

def adapted(self, y: Tensor, x: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
  # y = W x -> y + scale B A x, never through a matrix as large as W. A base in half precision stays
  # so; what the adapter adds is computed in its own precision.
  return (y + torch.linear(torch.linear(x.to(a.dtype), a) * scale, b)).to(y.dtype)

def merged(self, weight: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
  # W + scale B A, in float32 at least
  wide = weight.to(7 if weight.dtype == 7 else 6)
  return wide + torch.matmul(b.to(wide.dtype), a.to(wide.dtype)) * scale

def merge(self, weight: Tensor, a: Tensor, b: Tensor, scale: float) -> int:
  weight.copy_(self.merged(weight, a, b, scale))
  return 0

def cast(self, tensor: Tensor, scalar_type: int) -> Tensor:
  return tensor.to(scalar_type)
