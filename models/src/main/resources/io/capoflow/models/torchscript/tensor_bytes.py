# Bytes in, tensors out, and back. Here rather than in Java since the engine's Java side has no bfloat16.

def tensor_from_bytes(self, bytes: Tensor, scalar_type: int, wanted_type: int, shape: List[int]) -> Tensor:
  # A copy, which leaves the caller's buffer behind.
  return torch.view_copy(bytes, dtype=scalar_type).to(wanted_type).reshape(shape)

def copy_from_bytes(self, target: Tensor, bytes: Tensor, scalar_type: int) -> int:
  target.copy_(self.tensor_from_bytes(bytes, scalar_type, scalar_type, target.shape))
  return 0

def bytes_from_tensor(self, tensor: Tensor) -> Tensor:
  return torch.view_copy(tensor.detach().cpu().contiguous().reshape([-1]), dtype=0)
