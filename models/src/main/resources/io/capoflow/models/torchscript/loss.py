# The loss of response tokens, given their log-probabilities (docs/method.md, "Objective").

class Objective(NamedTuple):
  # ObjectiveSettings says what they mean.
  temperature : float
  clip_low : float
  clip_high : float
  dual_clip : float
  kl_coefficient : float
  kl_estimator : int

class PolicyTerms(NamedTuple):
  # What the loss of a response token knows of it.
  advantages : Tensor  # [tokens]
  weights : Tensor  # [tokens] its share in the mean
  old : Optional[Tensor]  # [tokens] log pi_old; none: this very pass's, so that the ratio is 1
  reference : Optional[Tensor]  # [tokens] log pi_ref

def objective(self, settings: Dict[str, Tensor]) -> Objective:
  return Objective(
    temperature=float(settings["temperature"]),
    clip_low=float(settings["clip_low"]),
    clip_high=float(settings["clip_high"]),
    dual_clip=float(settings["dual_clip"]),
    kl_coefficient=float(settings["kl_coefficient"]),
    kl_estimator=int(settings["kl_estimator"]))

def policy_terms(self, batch: Dict[str, Tensor]) -> PolicyTerms:
  return PolicyTerms(
    advantages=batch["advantages"],
    weights=batch["weights"],
    old=batch.get("old"),
    reference=batch.get("reference"))

def part_of(self, terms: PolicyTerms, start: int, count: int) -> PolicyTerms:
  old = terms.old
  if old is not None:
    old = old.narrow(0, start, count)
  reference = terms.reference
  if reference is not None:
    reference = reference.narrow(0, start, count)
  return PolicyTerms(
    advantages=terms.advantages.narrow(0, start, count),
    weights=terms.weights.narrow(0, start, count),
    old=old,
    reference=reference)

def kl_estimate(self, difference: Tensor, estimator: int) -> Tensor:
  # difference = log pi_ref - log pi_theta; estimators k1, k2, k3 of KL(pi_theta || pi_ref), Schulman 2020
  d = difference.clamp(-20.0, 20.0)
  if estimator == 1:
    return -d
  if estimator == 2:
    return d * d * 0.5
  return torch.exp(d) - d - 1.0

def policy_loss(self, log_probabilities: Tensor, terms: PolicyTerms, objective: Objective) -> Tuple[Tensor, Dict[str, Tensor]]:
  # log_probabilities [tokens] -> minus J over these tokens, and sums over them (float64; the deviation is their largest).
  # How far they are from the reference is not among them: the caller has both log-probabilities of every token.
  advantages = terms.advantages
  old = terms.old
  if old is None:
    old = log_probabilities.detach()
  # The clamp keeps the ratio finite; it lies far outside any clip range.
  ratio = torch.exp((log_probabilities - old).clamp(-20.0, 20.0))
  plain = ratio * advantages
  clipped = ratio.clamp(1.0 - objective.clip_low, 1.0 + objective.clip_high) * advantages
  surrogate = torch.minimum(plain, clipped)
  bounded = torch.maximum(surrogate, advantages * objective.dual_clip)
  surrogate = torch.where(advantages < 0.0, bounded, surrogate)
  policy_loss = -(terms.weights * surrogate).sum()
  loss = policy_loss
  reference = terms.reference
  if reference is not None and objective.kl_coefficient != 0.0:
    estimate = self.kl_estimate(reference - log_probabilities, objective.kl_estimator)
    loss = loss + objective.kl_coefficient * (terms.weights * estimate).sum()
  clipped_count = (clipped.detach() < plain.detach()).sum()
  deviation = (ratio.detach() - 1.0).abs().max()
  return loss, {
    "loss": loss.detach().to(7),
    "policy_loss": policy_loss.detach().to(7),
    "clipped": clipped_count.to(7),
    "ratio_deviation": deviation.to(7)}

def cross_entropy(self, log_probabilities: Tensor, tokens: float) -> Tensor:
  # log_probabilities [some of the tokens] -> their share in the mean over that many tokens
  return -log_probabilities.sum() / tokens
