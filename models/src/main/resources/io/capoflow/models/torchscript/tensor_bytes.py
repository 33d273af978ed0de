# Bytes in, tensors out, and back. Here rather than in Java since the engine's Java side has no bfloat16.

def tensor_from_bytes(self, bytes: Tensor, scalar_type: int, shape: List[int]) -> Tensor:
  # A copy, which leaves the caller's buffer behind.
  return torch.view_copy(bytes, dtype=scalar_type).reshape(shape)

def frozen_from_bytes(self, bytes: Tensor, form: Tensor) -> Tensor:
  # The same, called with autograd on: what is allocated without it cannot be used by a backward pass, not
  # even as a constant. form is the scalar type and the shape.
  numbers: List[int] = form.tolist()
  return self.tensor_from_bytes(bytes, numbers[0], numbers[1:]).detach()

def copy_from_bytes(self, target: Tensor, bytes: Tensor, scalar_type: int) -> int:
  target.copy_(self.tensor_from_bytes(bytes, scalar_type, target.shape))
  return 0

def bytes_from_tensor(self, tensor: Tensor) -> Tensor:
  return torch.view_copy(tensor.detach().cpu().contiguous().reshape([-1]), dtype=0)
