# What a device can do.

def product(self, like: Tensor, dtype: int) -> Tensor:
  # [[1, 2], [3, 4]] squared in a dtype; small whole numbers are exact in all of them.
  matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=dtype, device=like.device)
  return torch.matmul(matrix, matrix).to(6)
