# How a token is drawn from logits: truncation, then inversion of the cumulative masses.

def truncate(self, probabilities: Tensor, top_k: int, top_p: float, min_p: float) -> Tensor:
  # In the order of Hugging Face's transformers: top-k, top-p of what that left, min-p. What falls is 0.
  kept = probabilities
  vocabulary = probabilities.size(1)
  if top_k > 0 and top_k < vocabulary:
    # Tokens as likely as the k-th stay, as in transformers and vLLM.
    least = torch.topk(kept, top_k, 1)[0].narrow(1, -1, 1)
    kept = kept.masked_fill(kept < least, 0.0)
  if top_p < 1.0:
    # The smallest set of most likely tokens that reaches top_p.
    target = kept.sum([1], True, dtype=7) * top_p
    ordered = torch.empty([0, 0], dtype=kept.dtype, device=kept.device)
    cumulative = ordered
    # The few most likely tokens mostly suffice, and a whole order is costly. One more is the first outside.
    few = 256 if vocabulary > 1024 else 32
    whole = vocabulary <= few
    if not whole:
      ordered = torch.topk(kept, few, 1)[0]
      cumulative = ordered.cumsum(1, dtype=7)
      whole = bool((cumulative.narrow(1, few - 2, 1) < target).any())
    if whole:
      ordered = torch.constant_pad_nd(torch.sort(kept, dim=1, descending=True)[0], [0, 1])
      cumulative = ordered.cumsum(1, dtype=7)
    last = torch.searchsorted(cumulative, target).clamp(max=ordered.size(1) - 2)  # place of the last token inside
    least = ordered.gather(1, last)
    outside = ordered.gather(1, last + 1)
    if bool((least == outside).any()):
      # Of tokens that are as likely as the last one inside, the first ids stay.
      tied = kept == least
      places = last + 1 - (kept > least).sum([1], True)
      kept = kept.masked_fill((kept < least) | (tied & (tied.cumsum(1) > places)), 0.0)
    else:
      kept = kept.masked_fill(kept <= outside, 0.0)
  if min_p > 0.0:
    kept = kept.masked_fill(kept < probabilities.amax([1], True) * min_p, 0.0)
  return kept

def invert(self, masses: Tensor, uniforms: Tensor) -> Tensor:
  # masses [rows, vocabulary], uniforms [rows, 1] in [0, 1) -> [rows, 1] where the share of the mass up to and
  # including a token first passes the uniform. A factor of at most 1 - 2^-52 keeps a product below the total, so
  # that each search ends on a token with some mass.
  below_one = 1.0 - 2.220446049250313e-16
  width = 64
  if masses.size(1) < 16 * width:
    cumulative = masses.cumsum(1, dtype=7)
    target = uniforms.clamp(max=below_one) * cumulative.narrow(1, -1, 1)
    return torch.searchsorted(cumulative, target, right=True)
  # First the block that holds the token, then the token in it: sums in float64 of the whole vocabulary, one
  # after another, cost more than the softmax. A block's own few are added as they are.
  missing = -masses.size(1) % width
  if missing > 0:
    masses = torch.constant_pad_nd(masses, [0, missing])
  blocks = masses.unflatten(1, [-1, width])
  cumulative = blocks.sum([2]).cumsum(1, dtype=7)
  target = uniforms.clamp(max=below_one) * cumulative.narrow(1, -1, 1)
  block = torch.searchsorted(cumulative, target, right=True)
  inside = torch.take_along_dim(blocks, block.unsqueeze(2), 1).squeeze(1).cumsum(1, dtype=7)
  before = torch.constant_pad_nd(cumulative, [1, 0]).gather(1, block)
  target = torch.minimum(target - before, inside.narrow(1, -1, 1) * below_one)
  return block * width + torch.searchsorted(inside, target, right=True)

def draw(self, logits: Tensor, uniforms: Tensor, temperature: float, top_k: int, top_p: float, min_p: float) -> Tuple[Tensor, Tensor]:
  # logits [rows, vocabulary], uniforms [rows] in [0, 1) -> token ids and their log-probabilities, each [rows]
  if temperature == 0.0:
    best = logits.argmax(1, True)
    return best.squeeze(1), torch.log_softmax(logits, 1).gather(1, best).squeeze(1)
  if temperature != 1.0:
    logits = logits / temperature
  probabilities = torch.softmax(logits, 1)
  token = self.invert(self.truncate(probabilities, top_k, top_p, min_p), uniforms.unsqueeze(1))
  return token.squeeze(1), probabilities.gather(1, token).log().squeeze(1)
