# For tests: all logits, at once and by way of the cache.

def all_logits(self, weights: Dict[str, Tensor], ids: Tensor, positions: Tensor) -> Tensor:
  # ids, positions [batch, time] -> [batch, time, vocabulary]
  decoder = self.decoder(weights)
  caches: List[Cache] = []
  return self.logits(decoder, self.hidden(decoder, ids, positions, None, caches, 0))

def cached_logits(self, weights: Dict[str, Tensor], ids: Tensor, positions: Tensor, prompt: int) -> Tensor:
  # The same with the first `prompt` tokens at once, the others one by one.
  decoder = self.decoder(weights)
  time = ids.size(1)
  caches = self.new_caches(decoder, ids.size(0), time)
  first = self.hidden(decoder, ids.narrow(1, 0, prompt), positions.narrow(1, 0, prompt), None, caches, 0)
  results = [self.logits(decoder, first)]
  for t in range(prompt, time):
    one = self.hidden(decoder, ids.narrow(1, t, 1), positions.narrow(1, t, 1), None, caches, t)
    results.append(self.logits(decoder, one))
  return torch.cat(results, 1)
