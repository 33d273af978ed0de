# Losses and their gradients. A micro-batch is rows of ids with positions; where several sequences share a
# row, segments [batch, time] tells them apart (no elements: one sequence a row). `selected` [tokens] are
# flat indices of the slots that predict the response tokens `targets`; all that follows is per such token.

def response_log_distribution(self, p: List[Tensor], ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, temperature: float) -> Tensor:
  # -> [tokens, vocabulary]
  mask: Optional[Tensor] = None
  if segments.numel() > 0:
    slots = torch.arange(ids.size(1), device=ids.device)
    causal = slots.unsqueeze(1) >= slots.unsqueeze(0)
    same = segments.unsqueeze(2) == segments.unsqueeze(1)
    mask = (same & causal.unsqueeze(0)).unsqueeze(1)
  cache: List[Tensor] = []
  hidden = self.hidden(p, ids, positions, mask, cache, cache, 0).flatten(0, 1)
  return torch.log_softmax(self.logits(p, hidden.index_select(0, selected)) / temperature, 1)

def response_log_probabilities(self, p: List[Tensor], ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, temperature: float) -> Tensor:
  distribution = self.response_log_distribution(p, ids, positions, segments, selected, temperature)
  return distribution.gather(1, targets.unsqueeze(1)).squeeze(1)

def recorded_log_probabilities(self, p: List[Tensor], ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, temperature: float) -> Tensor:
  return self.response_log_probabilities(p, ids, positions, segments, selected, targets, temperature).to(6)

def leaves(self, p: List[Tensor], trainable: int) -> List[Tensor]:
  # Views that share the parameters' memory: the parameters themselves stay outside autograd. The last
  # `trainable` of them can be differentiated; those before are frozen.
  result: List[Tensor] = []
  frozen = len(p) - trainable
  for i in range(len(p)):
    if i < frozen:
      result.append(p[i])
    else:
      result.append(p[i].detach().requires_grad_(True))
  return result

def add_gradients(self, loss: Tensor, p: List[Tensor], gradients: List[Tensor]) -> int:
  # The gradients belong to the last parameters.
  variables: List[Tensor] = []
  for i in range(len(p) - len(gradients), len(p)):
    variables.append(p[i])
  fresh = torch.grad([loss], variables, allow_unused=True)
  for i in range(len(fresh)):
    gradient = fresh[i]
    if gradient is not None:
      gradients[i].add_(gradient)
  return 0

def kl_estimate(self, difference: Tensor, estimator: int) -> Tensor:
  # difference = log pi_ref - log pi_theta; estimators k1, k2, k3 of KL(pi_theta || pi_ref), Schulman 2020
  d = difference.clamp(-20.0, 20.0)
  if estimator == 1:
    return -d
  if estimator == 2:
    return d * d * 0.5
  return torch.exp(d) - d - 1.0

def policy_gradient(self, ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, advantages: Tensor, weights: Tensor, old: Tensor, reference: Tensor, settings: Tensor, p: List[Tensor], gradients: List[Tensor]) -> Tensor:
  # METHOD.md, "Objective". Adds the gradient of the loss (minus J) and returns sums over the tokens.
  temperature = float(settings[0])
  clip_low = float(settings[1])
  clip_high = float(settings[2])
  dual_clip = float(settings[3])
  kl_coefficient = float(settings[4])
  kl_estimator = int(settings[5])
  variables = self.leaves(p, len(gradients))
  distribution = self.response_log_distribution(variables, ids, positions, segments, selected, temperature)
  log_probabilities = distribution.gather(1, targets.unsqueeze(1)).squeeze(1)
  # The clamp keeps the ratio finite; it lies far outside any clip range.
  ratio = torch.exp((log_probabilities - old).clamp(-20.0, 20.0))
  plain = ratio * advantages
  clipped = ratio.clamp(1.0 - clip_low, 1.0 + clip_high) * advantages
  surrogate = torch.minimum(plain, clipped)
  bounded = torch.maximum(surrogate, advantages * dual_clip)
  surrogate = torch.where(advantages < 0.0, bounded, surrogate)
  policy_loss = -(weights * surrogate).sum()
  loss = policy_loss
  kl_sum = torch.zeros_like(policy_loss)
  if reference.numel() > 0:
    difference = reference - log_probabilities
    if kl_coefficient != 0.0:
      loss = loss + kl_coefficient * (weights * self.kl_estimate(difference, kl_estimator)).sum()
    kl_sum = self.kl_estimate(difference.detach(), 3).sum()
  self.add_gradients(loss, variables, gradients)
  distribution = distribution.detach()
  entropy_sum = -(torch.exp(distribution) * distribution).sum()
  clipped_count = (clipped.detach() < plain.detach()).sum()
  deviation = (ratio.detach() - 1.0).abs().max()
  return torch.stack([loss.detach().to(7), policy_loss.detach().to(7), kl_sum.to(7), clipped_count.to(7), entropy_sum.to(7), deviation.to(7)])

def supervised_gradient(self, ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, p: List[Tensor], gradients: List[Tensor]) -> Tensor:
  # Mean cross-entropy of the response tokens.
  variables = self.leaves(p, len(gradients))
  loss = -self.response_log_probabilities(variables, ids, positions, segments, selected, targets, 1.0).mean()
  self.add_gradients(loss, variables, gradients)
  return loss.detach().to(7)
