# AdamW (Loshchilov and Hutter 2019) over lists of tensors, in place.

def gradient_norm(self, gradients: List[Tensor]) -> Tensor:
  # Sums in float64, so that one huge component shows as what it is.
  squares: List[Tensor] = []
  for gradient in gradients:
    squares.append(gradient.to(7).square().sum())
  return torch.stack(squares).sum().sqrt()

def scale_gradients(self, gradients: List[Tensor], factor: float) -> int:
  torch._foreach_mul_(gradients, factor)
  return 0

def add_gradients(self, gradients: List[Tensor], others: List[Tensor]) -> int:
  torch._foreach_add_(gradients, others)
  return 0

def clear_gradients(self, gradients: List[Tensor]) -> int:
  torch._foreach_zero_(gradients)
  return 0

def adamw(self, p: List[Tensor], gradients: List[Tensor], first_moments: List[Tensor], second_moments: List[Tensor], steps: List[Tensor], learning_rate: float, beta1: float, beta2: float, weight_decay: float, epsilon: float) -> int:
  torch._foreach_add_(steps, 1)
  none: List[Tensor] = []
  torch._fused_adamw_(p, gradients, first_moments, second_moments, none, steps, lr=learning_rate, beta1=beta1, beta2=beta2, weight_decay=weight_decay, eps=epsilon, amsgrad=False, maximize=False)
  return 0
