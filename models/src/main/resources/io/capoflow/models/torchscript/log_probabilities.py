# Log-probabilities of given responses. A micro-batch is rows of ids with positions; where several sequences share a
# row, segments [batch, time] tells them apart (no elements: one sequence a row). `selected` [tokens] are
# flat indices of the slots that predict the response tokens `targets`; all that follows is per such token.

def computing(self, p: List[Tensor], narrow: int) -> List[Tensor]:
  # The parameters as the model computes with them: copies of the dtype `narrow`, or 0: themselves.
  if narrow == 0:
    return p
  result: List[Tensor] = []
  for parameter in p:
    result.append(parameter.to(narrow))
  return result

def row_mask(self, segments: Tensor) -> Optional[Tensor]:
  mask: Optional[Tensor] = None
  if segments.numel() > 0:
    slots = torch.arange(segments.size(1), device=segments.device)
    causal = slots.unsqueeze(1) >= slots.unsqueeze(0)
    same = segments.unsqueeze(2) == segments.unsqueeze(1)
    mask = (same & causal.unsqueeze(0)).unsqueeze(1)
  return mask

def response_logits(self, p: List[Tensor], x: Tensor) -> Tensor:
  # What the layers made of some slots [tokens, hidden] -> [tokens, vocabulary]
  return self.logits(p, self.root_mean_square_norm(x, p[1 + $stride * $layers]))

def response_log_probabilities(self, p: List[Tensor], ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, temperature: float, chunk: int) -> Tensor:
  mask = self.row_mask(segments)
  cache: List[Tensor] = []
  x = self.embed(p[0], ids)
  cosine, sine = self.rotary_tables(positions, x)
  for layer in range($layers):
    x = self.block(p, layer, x, cosine, sine, mask, cache, cache, 0)
  x = x.flatten(0, 1).index_select(0, selected)
  parts: List[Tensor] = []
  for start in range(0, targets.size(0), chunk):
    count = min(chunk, targets.size(0) - start)
    z = self.response_logits(p, x.narrow(0, start, count)).div_(temperature)
    parts.append(torch.log_softmax(z, 1).gather(1, targets.narrow(0, start, count).unsqueeze(1)).squeeze(1))
  return torch.cat(parts)

def recorded_log_probabilities(self, p: List[Tensor], ids: Tensor, positions: Tensor, segments: Tensor, selected: Tensor, targets: Tensor, temperature: float, narrow: int, chunk: int) -> Tensor:
  return self.response_log_probabilities(self.computing(p, narrow), ids, positions, segments, selected, targets, temperature, chunk).to(6)
