# Gradients of a batch's loss: autograd within a layer, by hand from the head to the layers and from layer to layer.
# Gradients have the names of the weights that learn; the other weights are frozen. What was in them is written over.
#
# Memory: a layer's activations, or with recomputation its input alone, live until its backward pass; of
# the distributions over the vocabulary only those of `chunk` tokens exist at a time.

class Computing(NamedTuple):
  # ComputeSettings says what they mean.
  narrow : int
  chunk : int
  recompute : bool

def how_to_compute(self, settings: Dict[str, Tensor]) -> Computing:
  return Computing(
    narrow=int(settings["narrow"]),
    chunk=int(settings["chunk"]),
    recompute=float(settings["recompute"]) > 0.0)

def leaves(self, weights: Dict[str, Tensor], gradients: Dict[str, Tensor]) -> Dict[str, Tensor]:
  # Views of those that learn share the weights' memory: the weights themselves stay outside autograd.
  result: Dict[str, Tensor] = {}
  for name, weight in weights.items():
    if name in gradients:
      result[name] = weight.detach().requires_grad_(True)
    else:
      result[name] = weight
  return result

def differentiate(self, output: Tensor, slope: Tensor, input: Optional[Tensor], leaves: Dict[str, Tensor], gradients: Dict[str, Tensor]) -> Optional[Tensor]:
  # Adds to the gradients, and returns that of the input. slope is the loss's by the output, and has its shape.
  variables: List[Tensor] = []
  for name in gradients.keys():
    variables.append(leaves[name])
  if input is not None:
    variables.append(input)
  slopes = annotate(List[Optional[Tensor]], [slope])
  fresh = torch.grad([output], variables, slopes, allow_unused=True)
  sums = list(gradients.values())
  for i in range(len(sums)):
    gradient = fresh[i]
    if gradient is not None:
      sums[i].add_(gradient)
  result: Optional[Tensor] = None
  if input is not None:
    result = fresh[len(sums)]
  return result

def head_gradient(self, decoder: Decoder, leaves: Dict[str, Tensor], gradients: Dict[str, Tensor], x: Tensor, targets: Tensor, terms: Optional[PolicyTerms], objective: Objective, mean_of: float, chunk: int) -> Tuple[Tensor, Dict[str, Tensor]]:
  # x [tokens, hidden], what the layers made of the selected slots. Adds the head's gradients; returns the loss's slope
  # by x, sums over the tokens, and log_probabilities [tokens], all in float64. Without terms the loss is the
  # cross-entropy over `mean_of` tokens.
  tokens = targets.size(0)
  slope = torch.empty_like(x)
  log_probabilities = torch.empty([tokens], dtype=7, device=x.device)
  sums: Dict[str, Tensor] = {}
  for name in ["loss", "policy_loss", "clipped", "ratio_deviation", "entropy"]:
    sums[name] = torch.zeros([], dtype=7, device=x.device)
  for start in range(0, tokens, chunk):
    count = min(chunk, tokens - start)
    leaf = x.narrow(0, start, count).detach().requires_grad_(True)
    z = self.response_logits(decoder, leaf)  # [count, vocabulary]
    # In place, since no backward pass reads the logits; their own gradient is written out below.
    distribution = torch.log_softmax(z.detach().div_(objective.temperature), 1)
    target = targets.narrow(0, start, count).unsqueeze(1)  # [count, 1]
    chosen = distribution.gather(1, target).squeeze(1).requires_grad_(True)  # [count]
    log_probabilities.narrow(0, start, count).copy_(chosen.detach())
    if terms is not None:
      loss, parts = self.policy_loss(chosen, self.part_of(terms, start, count), objective)
      for name in ["loss", "policy_loss", "clipped"]:
        sums[name].add_(parts[name])
      sums["ratio_deviation"] = torch.maximum(sums["ratio_deviation"], parts["ratio_deviation"])
    else:
      loss = self.cross_entropy(chosen, mean_of)
      sums["loss"].add_(loss.detach())
    rise = unchecked_cast(Tensor, torch.grad([loss], [chosen])[0])  # [count]
    # log softmax(z / T)[target] has the slope (1[target] - softmax(z / T)) / T.
    probabilities = torch.exp(distribution)
    sums["entropy"].sub_(distribution.mul_(probabilities).sum())
    step = (rise / objective.temperature).unsqueeze(1)  # [count, 1]
    probabilities.mul_(-step).scatter_add_(1, target, step)  # the slope by z
    slope.narrow(0, start, count).copy_(unchecked_cast(Tensor, self.differentiate(z, probabilities, leaf, leaves, gradients)))
  sums["log_probabilities"] = log_probabilities
  return slope, sums

def gradient(self, weights: Dict[str, Tensor], gradients: Dict[str, Tensor], rows: Rows, terms: Optional[PolicyTerms], objective: Objective, mean_of: float, compute: Computing) -> Dict[str, Tensor]:
  # Writes the loss's gradients; returns head_gradient's sums.
  for gradient in gradients.values():
    gradient.zero_()
  narrowed = self.narrowed(weights, compute.narrow)
  leaves = self.leaves(narrowed, gradients)
  decoder = self.decoder(leaves)
  forward = decoder
  if compute.recompute:
    forward = self.decoder(narrowed)
  mask = self.row_mask(rows.segments)
  inputs: List[Tensor] = []
  x = self.embed(forward.embed_tokens, rows.ids)  # [batch, time, hidden]
  rotary = self.rotary_tables(rows.positions, x)
  for layer in forward.layers:
    if compute.recompute:
      inputs.append(x)
    x = self.block(layer, x, rotary, mask, None, 0)
  last = x.detach().flatten(0, 1)  # [batch * time, hidden]
  slope, sums = self.head_gradient(decoder, leaves, gradients, last.index_select(0, rows.selected), rows.targets, terms, objective, mean_of, compute.chunk)
  slope = torch.zeros_like(last).index_copy_(0, rows.selected, slope).view_as(x)
  if compute.recompute:
    for i in range(len(decoder.layers)):
      leaf = inputs.pop().detach().requires_grad_(True)
      x = self.block(decoder.layers[-1 - i], leaf, rotary, mask, None, 0)
      slope = unchecked_cast(Tensor, self.differentiate(x, slope, leaf, leaves, gradients))
    x = self.embed(decoder.embed_tokens, rows.ids)
  # Without recomputation x holds all layers.
  if not compute.recompute or decoder.embed_tokens.requires_grad:
    self.differentiate(x, slope, None, leaves, gradients)
  return sums

def policy_gradient(self, weights: Dict[str, Tensor], gradients: Dict[str, Tensor], batch: Dict[str, Tensor], settings: Dict[str, Tensor]) -> Dict[str, Tensor]:
  # Writes the gradient of minus J and returns sums over the tokens: loss, policy loss, clipped tokens, entropy, and the
  # largest deviation of the ratio; and log_probabilities [tokens].
  return self.gradient(weights, gradients, self.rows(batch), self.policy_terms(batch), self.objective(settings), 0.0, self.how_to_compute(settings))

def supervised_gradient(self, weights: Dict[str, Tensor], gradients: Dict[str, Tensor], batch: Dict[str, Tensor], settings: Dict[str, Tensor]) -> Dict[str, Tensor]:
  # Writes the gradient of the response tokens' share in a mean cross-entropy and returns that as the loss.
  return self.gradient(weights, gradients, self.rows(batch), None, self.objective(settings), float(settings["mean_of"]), self.how_to_compute(settings))
