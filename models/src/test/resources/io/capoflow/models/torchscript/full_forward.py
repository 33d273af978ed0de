# For tests: all logits, at once and by way of the cache.

def all_logits(self, p: List[Tensor], ids: Tensor, positions: Tensor) -> Tensor:
  # ids, positions [batch, time] -> [batch, time, vocabulary]
  cache: List[Tensor] = []
  return self.logits(p, self.hidden(p, ids, positions, None, cache, cache, 0))

def cached_logits(self, p: List[Tensor], ids: Tensor, positions: Tensor, prompt: int) -> Tensor:
  # The same with the first `prompt` tokens at once, the others one by one.
  time = ids.size(1)
  keys = self.new_cache(p, ids.size(0), time)
  values = self.new_cache(p, ids.size(0), time)
  first = self.hidden(p, ids.narrow(1, 0, prompt), positions.narrow(1, 0, prompt), None, keys, values, 0)
  results = [self.logits(p, first)]
  for t in range(prompt, time):
    one = self.hidden(p, ids.narrow(1, t, 1), positions.narrow(1, t, 1), None, keys, values, t)
    results.append(self.logits(p, one))
  return torch.cat(results, 1)
