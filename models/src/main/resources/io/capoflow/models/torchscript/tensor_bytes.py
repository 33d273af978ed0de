# Bytes in, tensors out, and back. Here rather than in Java since the engine's Java side has no bfloat16.

def tensor_from_bytes(self, bytes: Tensor, scalar_type: int, shape: List[int]) -> Tensor:
  # The clone leaves the caller's buffer behind.
  return torch.view(bytes, dtype=scalar_type).reshape(shape).clone()

def bytes_from_tensor(self, tensor: Tensor) -> Tensor:
  return torch.view(tensor.detach().cpu().contiguous().reshape([-1]), dtype=0)

def zeros_like_each(self, tensors: List[Tensor]) -> List[Tensor]:
  result: List[Tensor] = []
  for tensor in tensors:
    result.append(torch.zeros_like(tensor))
  return result

def copy_each(self, targets: List[Tensor], sources: List[Tensor]) -> int:
  for i in range(len(targets)):
    targets[i].copy_(sources[i])
  return 0
