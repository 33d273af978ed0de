# As linear_onednn.py, elsewhere.

def pack(self, weight: Tensor, rows: int) -> Tensor:
  return weight

def multiply(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  return torch.linear(x, weight, bias)
