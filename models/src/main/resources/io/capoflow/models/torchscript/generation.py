# Sampling with a key-value cache. A batch's content decides every bit of its result.
#
# The state of a batch is a list of tensors, changed in place: the logits of the first tokens, what was drawn (tokens and log-probabilities,
# each [rows, limit]), rotary tables, the lengths of the rows' prompts, the mask of their padding, a cache
# [key or value, rows, key-value heads, time, head_dim] a layer, and what `matrices` gives.

def begin(self, p: List[Tensor], prompts: Tensor, prompt_lengths: Tensor, row_prompts: Tensor, limit: int) -> List[Tensor]:
  # prompts [prompts, time] padded on the left, row_prompts [rows] index prompts -> the logits of the rows'
  # first tokens, and the state. Each prompt is read once, whatever the number of its rows.
  time = prompts.size(1)
  rows = row_prompts.size(0)
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

  lengths = prompt_lengths.index_select(0, row_prompts)
  every = torch.arange(time + limit, device=prompts.device).unsqueeze(0)
  cosine, sine = self.rotary_tables(every, p[0])
  cosine = cosine.flatten(0, 2)
  sine = sine.flatten(0, 2)
  hole = torch.zeros([1, 1, 1], dtype=p[0].dtype, device=p[0].device)
  if padded:
    absent = every < (time - lengths).unsqueeze(1)
    hole = torch.zeros([rows, $key_value_heads, time + limit], dtype=p[0].dtype, device=p[0].device)
    hole = hole.masked_fill(absent.unsqueeze(1), -inf)
  tokens = torch.full([rows, limit], -1, dtype=4, device=prompts.device)
  log_probabilities = torch.zeros([rows, limit], dtype=6, device=prompts.device)
  state = [logits, tokens, log_probabilities, torch.cat([cosine, cosine], 1), torch.cat([-sine, sine], 1), lengths, hole]
  for layer in range($layers):
    cache = p[0].new_empty([2, rows, $key_value_heads, time + limit, $head_dimension])
    cache.select(0, 0).narrow(2, 0, time).copy_(keys[layer].index_select(0, row_prompts))
    cache.select(0, 1).narrow(2, 0, time).copy_(values[layer].index_select(0, row_prompts))
    state.append(cache)
  if limit > 1:  # the first token is drawn without
    state = state + self.matrices(p, rows)
  return state

def matrices(self, p: List[Tensor], rows: int) -> List[Tensor]:
  # The matrices as decoding multiplies with them. A layer's: queries, keys and values in one; the attention's output; gate and up in one; down;
  # and, where there is one, the bias of queries, keys and values. Then the output projection. They are copies, made anew for each batch,
  # since a learner changes weights in place; without $packed there are none.
  matrices: List[Tensor] = []
  if $packed:
    for layer in range($layers):
      first = 1 + $stride * layer
      matrices.append(self.pack(torch.cat([p[first + 1], p[first + 2], p[first + 3]]), rows))
      matrices.append(self.pack(p[first + 4], rows))
      matrices.append(self.pack(torch.cat([p[first + 6], p[first + 7]]), rows))
      matrices.append(self.pack(p[first + 8], rows))
      if $q_bias > 0:
        matrices.append(torch.cat([p[first + $q_bias], p[first + $k_bias], p[first + $v_bias]]))
    matrices.append(self.pack(p[$output], rows))
  return matrices

def packed(self, state: List[Tensor], layer: int, place: int) -> Tensor:
  # One of a layer's, by its place among them; the output projection follows the last layer.
  stride = 5 if $q_bias > 0 else 4
  return state[7 + $layers + stride * layer + place]

def retain(self, state: List[Tensor], open: Tensor, filled: int) -> Tensor:
  # The rows where `open` is set close up: the last of them take the places of those that ended, so that only
  # these move. `filled` slots of the caches hold something. -> which row each place holds now.
  remaining = int(open.sum())
  holes = torch.nonzero(~open.narrow(0, 0, remaining)).squeeze(1)
  movers = torch.nonzero(open.narrow(0, remaining, open.size(0) - remaining)).squeeze(1) + remaining
  kept = torch.arange(remaining, device=open.device).index_copy(0, holes, movers)
  if holes.size(0) > 0:
    state[5].index_copy_(0, holes, state[5].index_select(0, movers))
    if state[6].size(0) > 1:
      state[6].index_copy_(0, holes, state[6].index_select(0, movers))
    for layer in range($layers):
      cache = state[7 + layer].narrow(3, 0, filled)
      cache.index_copy_(1, holes, cache.index_select(1, movers))
  return kept

def decode_heads(self, p: List[Tensor], state: List[Tensor], layer: int, x: Tensor) -> Tensor:
  # Queries, keys and values side by side, [rows, heads + 2 * key-value heads, head_dim]
  first = 1 + $stride * layer
  if $packed:
    bias: Optional[Tensor] = None
    if $q_bias > 0:
      bias = self.packed(state, layer, 4)
    heads = self.multiply(x, self.packed(state, layer, 0), bias)
  else:
    q = self.project(p, layer, 1, $q_bias, $q_adapter, x)
    k = self.project(p, layer, 2, $k_bias, $k_adapter, x)
    v = self.project(p, layer, 3, $v_bias, $v_adapter, x)
    heads = torch.cat([q, k, v], 1)
  heads = heads.unflatten(1, [$heads + 2 * $key_value_heads, $head_dimension])
  if $q_norm > 0:
    q = heads.narrow(1, 0, $heads)
    q.copy_(self.root_mean_square_norm(q, p[first + $q_norm]))
    k = heads.narrow(1, $heads, $key_value_heads)
    k.copy_(self.root_mean_square_norm(k, p[first + $k_norm]))
  return heads

def decode_attention(self, p: List[Tensor], state: List[Tensor], layer: int, x: Tensor, cosine: Tensor, sine: Tensor, hole: Tensor, time: int) -> Tensor:
  # As `attention`, for one new token a row: x [rows, hidden], the cache's first `time` slots hold the past.
  rows = x.size(0)
  heads = self.decode_heads(p, state, layer, x)
  turned = heads.narrow(1, 0, $heads + $key_value_heads)
  swapped = torch.roll(turned, [$head_dimension // 2], [2])
  turned.mul_(cosine).addcmul_(swapped, sine)
  fresh = heads.narrow(1, $heads, 2 * $key_value_heads).view([rows, 2, $key_value_heads, $head_dimension])
  cache = state[7 + layer].narrow(1, 0, rows)
  cache.select(3, time).copy_(fresh.transpose(0, 1))
  # Queries that share a key head stand side by side.
  q = heads.narrow(1, 0, $heads).reshape([rows * $key_value_heads, $heads // $key_value_heads, $head_dimension])
  keys = cache.select(0, 0).flatten(0, 1).narrow(1, 0, time + 1)
  values = cache.select(0, 1).flatten(0, 1).narrow(1, 0, time + 1)
  # Without padding the mask is a single number that counts for nothing.
  padded = 1.0 if hole.size(2) > 1 else 0.0
  scores = torch.baddbmm(hole, q, keys.transpose(1, 2), beta=padded, alpha=$head_dimension ** -0.5)
  weights = torch.softmax(scores, 2, self.wide_type(scores)).to(x.dtype)
  mixed = torch.bmm(weights, values).view([rows, $heads * $head_dimension])
  if $packed:
    bias: Optional[Tensor] = None
    if $o_bias > 0:
      bias = p[1 + $stride * layer + $o_bias]
    return self.multiply(mixed, self.packed(state, layer, 1), bias)
  return self.project(p, layer, 4, $o_bias, $o_adapter, mixed)

def decode_feed_forward(self, p: List[Tensor], state: List[Tensor], layer: int, x: Tensor) -> Tensor:
  if $packed:
    gate, up = torch.chunk(self.multiply(x, self.packed(state, layer, 2), None), 2, 1)
    return self.multiply(torch.silu(gate).mul_(up), self.packed(state, layer, 3), None)
  return self.feed_forward(p, layer, x)

def decode(self, p: List[Tensor], state: List[Tensor], token: Tensor, time: int, index: int) -> Tensor:
  # The rows' token number `index`, kept in slot `time` of the caches -> logits of the next one.
  rows = token.size(0)
  hole = state[6]
  cosine = state[3].narrow(0, time, 1)
  sine = state[4].narrow(0, time, 1)
  if hole.size(0) > 1:
    hole = hole.narrow(0, 0, rows).flatten(0, 1).unsqueeze(1).narrow(2, 0, time + 1)
    positions = state[5].narrow(0, 0, rows) + index
    cosine = state[3].index_select(0, positions).unsqueeze(1)
    sine = state[4].index_select(0, positions).unsqueeze(1)
  x = torch.embedding(p[0], token)
  for layer in range($layers):
    first = 1 + $stride * layer
    normal = self.root_mean_square_norm(x, p[first])
    x.add_(self.decode_attention(p, state, layer, normal, cosine, sine, hole, time))
    x.add_(self.decode_feed_forward(p, state, layer, self.root_mean_square_norm(x, p[first + 5])))
  x = self.root_mean_square_norm(x, p[1 + $stride * $layers])
  if $packed:
    z = self.multiply(x, self.packed(state, $layers, 0), None)
    return z.to(self.wide_type(z))
  return self.logits(p, x)

def advance(self, p: List[Tensor], state: List[Tensor], order: Tensor, last: Tensor, open: Tensor, uniforms: Tensor, end_tokens: Tensor, temperature: float, top_k: int, top_p: float, min_p: float, prompt_time: int, start: int, end: int) -> List[Tensor]:
  # Draws tokens start .. end - 1 of the rows `order`, whose tokens before are `last`, as far as `open` is set;
  # uniforms [rows, limit]. -> the rows that drew the last of these tokens, which tokens, and which rows are
  # still open, having met no end token
  token = last
  for i in range(start, end):
    if not bool(open.all()):
      kept = self.retain(state, open, prompt_time + i - 1)
      order = order.index_select(0, kept)
      token = token.index_select(0, kept)
    if order.size(0) == 0:
      break
    logits = state[0]
    if i > 0:
      logits = self.decode(p, state, token, prompt_time + i - 1, i - 1)
    token, log_probability = self.draw(logits, uniforms.select(1, i).index_select(0, order), temperature, top_k, top_p, min_p)
    state[1].select(1, i).index_copy_(0, order, token)
    state[2].select(1, i).index_copy_(0, order, log_probability.to(6))
    open = (token.unsqueeze(1) != end_tokens).all(1)
  return [order, token, open]
