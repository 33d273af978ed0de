# Bytes in, tensors out, and back. Here rather than in Java since the engine's Java side has no bfloat16.
# A tensor comes and goes in runs of elements: its bytes may not fit one buffer.

def empty_tensor(self, of: Dict[str, Tensor]) -> Tensor:
  # Called with autograd on: what is allocated without it cannot be used by a backward pass, not even as a
  # constant. On the device of `here`; `form` is the scalar type and the shape.
  form: List[int] = of["form"].tolist()
  return torch.empty(form[1:], dtype=form[0], device=of["here"].device)

def copy_from_bytes(self, target: Tensor, start: int, bytes: Tensor, scalar_type: int) -> int:
  # Elements from `start` on.
  elements = torch.view_copy(bytes, dtype=scalar_type)
  target.view([-1]).narrow(0, start, elements.numel()).copy_(elements)
  return 0

def bytes_from_tensor(self, tensor: Tensor, start: int, count: int) -> Tensor:
  elements = tensor.detach().reshape([-1]).narrow(0, start, count)
  return torch.view_copy(elements.cpu().contiguous(), dtype=0)
