# Bytes in, tensors out, and back. Here rather than in Java since the engine's Java side has no bfloat16.
# A tensor comes and goes in runs of elements: its bytes may not fit one buffer.

def empty_tensor(self, here: Tensor, form: Tensor) -> Tensor:
  # Called with autograd on: what is allocated without it cannot be used by a backward pass, not even as a
  # constant. form is the scalar type and the shape.
  numbers: List[int] = form.tolist()
  return torch.empty(numbers[1:], dtype=numbers[0], device=here.device)

def copy_from_bytes(self, target: Tensor, start: int, bytes: Tensor, scalar_type: int) -> int:
  # Elements from `start` on.
  elements = torch.view_copy(bytes, dtype=scalar_type)
  target.view([-1]).narrow(0, start, elements.numel()).copy_(elements)
  return 0

def bytes_from_tensor(self, tensor: Tensor, start: int, count: int) -> Tensor:
  elements = tensor.detach().reshape([-1]).narrow(0, start, count)
  return torch.view_copy(elements.cpu().contiguous(), dtype=0)
