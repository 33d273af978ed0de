# Sampling with a key-value cache. Which rows share a batch depends on the rows alone, so that a batch's
# content decides every bit of its result.

def draw(self, logits: Tensor, uniforms: Tensor, temperature: float, top_p: float) -> Tuple[Tensor, Tensor]:
  # logits [rows, vocabulary], uniforms [rows] in [0, 1) -> token ids and their log-probabilities, each [rows]
  if temperature == 0.0:
    token = logits.argmax(1)
    log_probabilities = torch.log_softmax(logits, 1)
  else:
    tempered = logits / temperature
    log_probabilities = torch.log_softmax(tempered, 1)
    probabilities = torch.softmax(tempered.to(7), 1)
    if top_p < 1.0:
      ordered, order = torch.sort(probabilities, stable=True, dim=1, descending=True)
      # The smallest set of most likely tokens that reaches top_p: keep while less was reached before.
      cut = (ordered.cumsum(1) - ordered) >= top_p
      cut.select(1, 0).fill_(False)
      probabilities = probabilities.scatter(1, order, ordered.masked_fill(cut, 0.0))
    cumulative = probabilities.cumsum(1)
    total = cumulative.narrow(1, -1, 1)
    # Strictly below the total, so that the search ends on a token with some probability.
    target = torch.minimum(uniforms.unsqueeze(1) * total, torch.nextafter(total, torch.zeros_like(total)))
    token = torch.searchsorted(cumulative, target, right=True).squeeze(1)
  return token, log_probabilities.gather(1, token.unsqueeze(1)).squeeze(1)

def generate(self, p: List[Tensor], prompts: Tensor, prompt_lengths: Tensor, row_prompts: Tensor, uniforms: Tensor, end_tokens: Tensor, temperature: float, top_p: float) -> Tuple[Tensor, Tensor]:
  # prompts [prompts, time] padded on the left, row_prompts [rows] index prompts, uniforms [rows, limit];
  # returns token ids, -1 after a row's end, and log-probabilities, each [rows, limit]
  time = prompts.size(1)
  rows = uniforms.size(0)
  limit = uniforms.size(1)
  slots = torch.arange(time, device=prompts.device).unsqueeze(0)
  padding = time - prompt_lengths.unsqueeze(1)
  keys = self.new_cache(p, prompts.size(0), time)
  values = self.new_cache(p, prompts.size(0), time)
  padded = bool((padding > 0).any())
  mask: Optional[Tensor] = None
  if padded:
    causal = slots.unsqueeze(2) >= slots.unsqueeze(1)
    real = slots >= padding
    # A padding slot sees itself alone: a row without any key has no softmax.
    itself = slots.unsqueeze(2) == slots.unsqueeze(1)
    mask = ((causal & real.unsqueeze(1)) | itself).unsqueeze(1)
  positions = (slots - padding).clamp(0)
  hidden = self.hidden(p, prompts, positions, mask, keys, values, 0)
  logits = self.logits(p, hidden.select(1, -1)).index_select(0, row_prompts)

  key_cache = self.new_cache(p, rows, time + limit)
  value_cache = self.new_cache(p, rows, time + limit)
  for layer in range(len(keys)):
    key_cache[layer].narrow(2, 0, time).copy_(keys[layer].index_select(0, row_prompts))
    value_cache[layer].narrow(2, 0, time).copy_(values[layer].index_select(0, row_prompts))
  lengths = prompt_lengths.index_select(0, row_prompts)
  hole = torch.zeros([rows, 1, 1, time + limit], dtype=p[0].dtype, device=p[0].device)
  if padded:
    every = torch.arange(time + limit, device=prompts.device).unsqueeze(0)
    absent = every < (time - lengths).unsqueeze(1)
    hole = hole.masked_fill(absent.unsqueeze(1).unsqueeze(1), -inf)

  tokens = torch.full([rows, limit], -1, dtype=4, device=prompts.device)
  log_probabilities = torch.zeros([rows, limit], dtype=6, device=prompts.device)
  alive = torch.arange(rows, device=prompts.device)
  open = torch.ones([rows], dtype=11, device=prompts.device)
  for i in range(limit):
    token, log_probability = self.draw(logits, uniforms.select(1, i).index_select(0, alive), temperature, top_p)
    tokens.select(1, i).index_copy_(0, alive, token.masked_fill(~open, -1))
    log_probabilities.select(1, i).index_copy_(0, alive, log_probability.to(6).masked_fill(~open, 0.0))
    open = open & ~(token.unsqueeze(1) == end_tokens.unsqueeze(0)).any(1)
    remaining = int(open.sum())
    if remaining == 0 or i + 1 == limit:
      break
    if 4 * remaining < 3 * open.size(0):
      kept = torch.nonzero(open).squeeze(1)
      for layer in range(len(key_cache)):
        key_cache[layer] = key_cache[layer].index_select(0, kept)
        value_cache[layer] = value_cache[layer].index_select(0, kept)
      alive = alive.index_select(0, kept)
      token = token.index_select(0, kept)
      lengths = lengths.index_select(0, kept)
      hole = hole.index_select(0, kept)
      open = open.index_select(0, kept)
    step_mask: Optional[Tensor] = None
    if padded:
      step_mask = hole.narrow(3, 0, time + i + 1)
    hidden = self.hidden(p, token.unsqueeze(1), (lengths + i).unsqueeze(1), step_mask, key_cache, value_cache, time + i)
    logits = self.logits(p, hidden.select(1, 0))
  return tokens, log_probabilities
