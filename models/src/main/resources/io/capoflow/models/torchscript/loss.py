# The loss of response tokens, given their log-probabilities.

def kl_estimate(self, difference: Tensor, estimator: int) -> Tensor:
  # difference = log pi_ref - log pi_theta; estimators k1, k2, k3 of KL(pi_theta || pi_ref), Schulman 2020
  d = difference.clamp(-20.0, 20.0)
  if estimator == 1:
    return -d
  if estimator == 2:
    return d * d * 0.5
  return torch.exp(d) - d - 1.0

def policy_loss(self, log_probabilities: Tensor, advantages: Tensor, weights: Tensor, old: Tensor, reference: Tensor, settings: Tensor) -> Tuple[Tensor, Tensor]:
  # METHOD.md, "Objective": minus J over some tokens, and sums over them.
  clip_low = float(settings[1])
  clip_high = float(settings[2])
  dual_clip = float(settings[3])
  kl_coefficient = float(settings[4])
  kl_estimator = int(settings[5])
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
  clipped_count = (clipped.detach() < plain.detach()).sum()
  deviation = (ratio.detach() - 1.0).abs().max()
  return loss, torch.stack([loss.detach().to(7), policy_loss.detach().to(7), kl_sum.to(7), clipped_count.to(7), deviation.to(7)])
