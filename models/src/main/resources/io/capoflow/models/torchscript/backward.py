# Gradients of a micro-batch's loss.
#
# Memory: a layer's activations, or with recomputation its input alone, live until its backward pass; of
# the distributions over the vocabulary only those of `chunk` tokens exist at a time.

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

def differentiate(self, output: Tensor, slope: Tensor, input: Optional[Tensor], p: List[Tensor], gradients: List[Tensor]) -> Optional[Tensor]:
  # Adds to the gradients, which belong to the last parameters, and returns that of the input.
  frozen = len(p) - len(gradients)
  variables: List[Tensor] = []
  for i in range(frozen, len(p)):
    variables.append(p[i])
  if input is not None:
    variables.append(input)
  slopes = annotate(List[Optional[Tensor]], [slope])
  fresh = torch.grad([output], variables, slopes, allow_unused=True)
  for i in range(len(gradients)):
    gradient = fresh[i]
    if gradient is not None:
      gradients[i].add_(gradient)
  result: Optional[Tensor] = None
  if input is not None:
    result = fresh[len(gradients)]
  return result

def head_gradient(self, p: List[Tensor], gradients: List[Tensor], x: Tensor, targets: Tensor, terms: List[Tensor], settings: Tensor) -> Tuple[Tensor, Tensor]:
  # x [tokens, hidden], what the layers made of the selected slots. Adds the head's gradients; returns
  # x's and six sums over the tokens. The terms are those of policy_loss; without any, the loss is the
  # cross-entropy over settings[9], which is how many tokens its mean is of.
  temperature = float(settings[0])
  chunk = int(settings[7])
  tokens = targets.size(0)
  slope = torch.empty_like(x)
  sums = torch.zeros([6], dtype=7, device=x.device)
  for start in range(0, tokens, chunk):
    count = min(chunk, tokens - start)
    leaf = x.narrow(0, start, count).detach().requires_grad_(True)
    z = self.response_logits(p, leaf)
    # In place, since no backward pass reads the logits; their own gradient is written out below.
    distribution = torch.log_softmax(z.detach().div_(temperature), 1)
    target = targets.narrow(0, start, count).unsqueeze(1)
    chosen = distribution.gather(1, target).squeeze(1).requires_grad_(True)
    if len(terms) > 0:
      reference = terms[3]
      if reference.numel() > 0:
        reference = reference.narrow(0, start, count)
      loss, parts = self.policy_loss(chosen, terms[0].narrow(0, start, count), terms[1].narrow(0, start, count), terms[2].narrow(0, start, count), reference, settings)
      sums.narrow(0, 0, 4).add_(parts.narrow(0, 0, 4))
      sums[5].copy_(torch.maximum(sums[5], parts[4]))
    else:
      loss = -chosen.sum() / float(settings[9])
      sums[0].add_(loss.detach())
    rise = unchecked_cast(Tensor, torch.grad([loss], [chosen])[0])
    # log softmax(z / T)[target] has the slope (1[target] - softmax(z / T)) / T.
    probabilities = torch.exp(distribution)
    sums[4].sub_(distribution.mul_(probabilities).sum())
    step = (rise / temperature).unsqueeze(1)
    probabilities.mul_(-step).scatter_add_(1, target, step)
    slope.narrow(0, start, count).copy_(unchecked_cast(Tensor, self.differentiate(z, probabilities, leaf, p, gradients)))
  return slope, sums

def gradient(self, ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, terms: List[Tensor], settings: Tensor, parameters: List[Tensor], gradients: List[Tensor]) -> Tensor:
  # Adds the loss's gradients; the backward pass goes by hand from the head to the layers.
  recompute = float(settings[8]) > 0.0
  p = self.computing(parameters, int(settings[6]))
  variables = self.leaves(p, len(gradients))
  forward = variables
  if recompute:
    forward = p
  mask = self.row_mask(segments)
  cache: List[Tensor] = []
  inputs: List[Tensor] = []
  x = self.embed(forward[0], ids)
  cosine, sine = self.rotary_tables(positions, x)
  for layer in range($layers):
    if recompute:
      inputs.append(x)
    x = self.block(forward, layer, x, cosine, sine, mask, cache, cache, 0)
  last = x.detach().flatten(0, 1)
  slope, sums = self.head_gradient(variables, gradients, last.index_select(0, selected), targets, terms, settings)
  slope = torch.zeros_like(last).index_copy_(0, selected, slope).view_as(x)
  if recompute:
    for i in range($layers):
      leaf = inputs.pop().detach().requires_grad_(True)
      x = self.block(variables, $layers - 1 - i, leaf, cosine, sine, mask, cache, cache, 0)
      slope = unchecked_cast(Tensor, self.differentiate(x, slope, leaf, variables, gradients))
    x = self.embed(variables[0], ids)
  # Without recomputation x holds all layers. The embedding is the first parameter, so where any is
  # frozen, it is.
  if not recompute or len(gradients) == len(p):
    self.differentiate(x, slope, None, variables, gradients)
  return sums

def policy_gradient(self, ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, advantages: Tensor, weights: Tensor, old: Tensor, reference: Tensor, settings: Tensor, p: List[Tensor], gradients: List[Tensor]) -> Tensor:
  # Adds the gradient of minus J and returns sums over the tokens: loss, policy loss, KL, clipped tokens,
  # entropy, and the largest deviation of the ratio.
  return self.gradient(ids, positions, segments, selected, targets, [advantages, weights, old, reference], settings, p, gradients)

def supervised_gradient(self, ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, settings: Tensor, p: List[Tensor], gradients: List[Tensor]) -> Tensor:
  # Adds the gradient of the response tokens' share in a mean cross-entropy and returns that.
  terms: List[Tensor] = []
  return self.gradient(ids, positions, segments, selected, targets, terms, settings, p, gradients)[0]
