# Sampling with a key-value cache. A batch's content decides every bit of its result.
#
# A row is one continuation of a prompt. While rows are open they take the first places of the caches, in any order.

class Packed(NamedTuple):
  # A layer's matrices as decoding multiplies with them (linear_onednn.py, linear_plain.py).
  qkv_proj : Tensor  # [(heads + 2 * key_value_heads) * head_dim, hidden]
  qkv_bias : Optional[Tensor]  # [(heads + 2 * key_value_heads) * head_dim]
  o_proj : Tensor  # [hidden, heads * head_dim]
  gate_up_proj : Tensor  # [2 * intermediate, hidden]
  down_proj : Tensor  # [hidden, intermediate]

class Sampling(NamedTuple):
  # SamplingParameters says what they mean.
  temperature : float
  top_k : int
  top_p : float
  min_p : float

class State(NamedTuple):
  # A batch at work; its tensors change in place.
  prompt_time : int
  sampling : Sampling
  uniforms : Tensor  # [rows, limit] in [0, 1)
  end_tokens : Tensor  # [ends]
  first_logits : Tensor  # [rows, vocabulary]
  tokens : Tensor  # [rows, limit] drawn so far, else -1
  log_probabilities : Tensor  # [rows, limit]
  cosine : Tensor  # [prompt_time + limit, head_dim], the second half as the first
  sine : Tensor  # [prompt_time + limit, head_dim], the first half negative
  prompt_lengths : Tensor  # [rows]
  padding : Tensor  # [rows, key_value_heads, prompt_time + limit], -inf before a prompt, else 0; one number: there is none
  caches : List[Tensor]  # a layer's keys and values: [2, rows, key_value_heads, prompt_time + limit, head_dim]
  packed : List[Packed]  # a layer's matrices; none where they are not copied
  lm_head : Tensor  # [vocabulary, hidden]

def begin(self, decoder: Decoder, prompts: Tensor, prompt_lengths: Tensor, row_prompts: Tensor, uniforms: Tensor, end_tokens: Tensor, temperature: float, top_k: int, top_p: float, min_p: float) -> State:
  # prompts [prompts, time] padded on the left, prompt_lengths [prompts], row_prompts [rows] index prompts. Each prompt is
  # read once, whatever the number of its rows.
  time = prompts.size(1)
  rows = row_prompts.size(0)
  limit = uniforms.size(1)
  slots = torch.arange(time, device=prompts.device).unsqueeze(0)
  left = time - prompt_lengths.unsqueeze(1)  # [prompts, 1]
  prompt_caches = self.new_caches(decoder, prompts.size(0), time)
  padded = bool((left > 0).any())
  mask: Optional[Tensor] = None
  if padded:
    causal = slots.unsqueeze(2) >= slots.unsqueeze(1)
    real = slots >= left
    # A padding slot sees itself alone: a row without any key has no softmax.
    itself = slots.unsqueeze(2) == slots.unsqueeze(1)
    mask = ((causal & real.unsqueeze(1)) | itself).unsqueeze(1)  # [prompts, 1, query, key]
  positions = (slots - left).clamp(0)
  hidden = self.hidden(decoder, prompts, positions, mask, prompt_caches, 0)
  first_logits = self.logits(decoder, hidden.select(1, -1)).index_select(0, row_prompts)

  lengths = prompt_lengths.index_select(0, row_prompts)
  every = torch.arange(time + limit, device=prompts.device).unsqueeze(0)
  rotary = self.rotary_tables(every, decoder.embed_tokens)
  cosine = rotary.cosine.flatten(0, 2)
  sine = rotary.sine.flatten(0, 2)
  padding = torch.zeros([1, 1, 1], dtype=decoder.embed_tokens.dtype, device=prompts.device)
  if padded:
    absent = every < (time - lengths).unsqueeze(1)
    padding = torch.zeros([rows, $key_value_heads, time + limit], dtype=decoder.embed_tokens.dtype, device=prompts.device)
    padding = padding.masked_fill(absent.unsqueeze(1), -inf)
  tokens = torch.full([rows, limit], -1, dtype=4, device=prompts.device)
  log_probabilities = torch.zeros([rows, limit], dtype=6, device=prompts.device)
  caches: List[Tensor] = []
  for prompt_cache in prompt_caches:
    cache = decoder.embed_tokens.new_empty([2, rows, $key_value_heads, time + limit, $head_dimension])
    cache.select(0, 0).narrow(2, 0, time).copy_(prompt_cache.keys.index_select(0, row_prompts))
    cache.select(0, 1).narrow(2, 0, time).copy_(prompt_cache.values.index_select(0, row_prompts))
    caches.append(cache)
  packed: List[Packed] = []
  lm_head = decoder.lm_head
  if $packed and limit > 1:  # the first token is drawn without
    packed = self.pack_layers(decoder, rows)
    lm_head = self.pack(lm_head, rows)
  return State(
    prompt_time=time,
    sampling=Sampling(temperature, top_k, top_p, min_p),
    uniforms=uniforms,
    end_tokens=end_tokens,
    first_logits=first_logits,
    tokens=tokens,
    log_probabilities=log_probabilities,
    cosine=torch.cat([cosine, cosine], 1),
    sine=torch.cat([-sine, sine], 1),
    prompt_lengths=lengths,
    padding=padding,
    caches=caches,
    packed=packed,
    lm_head=lm_head)

def pack_layers(self, decoder: Decoder, rows: int) -> List[Packed]:
  # Copies, made anew for each batch, since a learner changes weights in place.
  result: List[Packed] = []
  for layer in decoder.layers:
    qkv_bias: Optional[Tensor] = None
    q_bias = layer.q_proj.bias
    k_bias = layer.k_proj.bias
    v_bias = layer.v_proj.bias
    if q_bias is not None and k_bias is not None and v_bias is not None:
      qkv_bias = torch.cat([q_bias, k_bias, v_bias])
    result.append(Packed(
      qkv_proj=self.pack(torch.cat([layer.q_proj.weight, layer.k_proj.weight, layer.v_proj.weight]), rows),
      qkv_bias=qkv_bias,
      o_proj=self.pack(layer.o_proj.weight, rows),
      gate_up_proj=self.pack(torch.cat([layer.gate_proj.weight, layer.up_proj.weight]), rows),
      down_proj=self.pack(layer.down_proj.weight, rows)))
  return result

def retain(self, state: State, open: Tensor, filled: int) -> Tensor:
  # The rows where `open` [rows] is set close up: the last of them take the places of those that ended, so that only
  # these move. `filled` slots of the caches hold something. -> [open rows] which row each place holds now.
  remaining = int(open.sum())
  holes = torch.nonzero(~open.narrow(0, 0, remaining)).squeeze(1)
  movers = torch.nonzero(open.narrow(0, remaining, open.size(0) - remaining)).squeeze(1) + remaining
  kept = torch.arange(remaining, device=open.device).index_copy(0, holes, movers)
  if holes.size(0) > 0:
    state.prompt_lengths.index_copy_(0, holes, state.prompt_lengths.index_select(0, movers))
    if state.padding.size(0) > 1:
      state.padding.index_copy_(0, holes, state.padding.index_select(0, movers))
    for whole in state.caches:
      cache = whole.narrow(3, 0, filled)
      cache.index_copy_(1, holes, cache.index_select(1, movers))
  return kept

def decode_heads(self, layer: Layer, packed: Optional[Packed], x: Tensor) -> Tensor:
  # x [rows, hidden] -> queries, keys and values side by side, [rows, heads + 2 * key_value_heads, head_dim]
  if packed is not None:
    heads = self.multiply(x, packed.qkv_proj, packed.qkv_bias)
  else:
    q = self.linear(layer.q_proj, x)
    k = self.linear(layer.k_proj, x)
    v = self.linear(layer.v_proj, x)
    heads = torch.cat([q, k, v], 1)
  heads = heads.unflatten(1, [$heads + 2 * $key_value_heads, $head_dimension])
  q_norm = layer.q_norm
  k_norm = layer.k_norm
  if q_norm is not None and k_norm is not None:
    q = heads.narrow(1, 0, $heads)
    q.copy_(self.root_mean_square_norm(q, q_norm))
    k = heads.narrow(1, $heads, $key_value_heads)
    k.copy_(self.root_mean_square_norm(k, k_norm))
  return heads

def decode_attention(self, layer: Layer, packed: Optional[Packed], whole_cache: Tensor, x: Tensor, cosine: Tensor, sine: Tensor, padding: Tensor, time: int) -> Tensor:
  # As `attention`, for one new token a row: x [rows, hidden], the cache's first `time` slots hold the past; cosine and sine
  # [rows or 1, 1, head_dim]; padding [rows * key_value_heads, 1, time + 1], or a single number.
  rows = x.size(0)
  heads = self.decode_heads(layer, packed, x)
  turned = heads.narrow(1, 0, $heads + $key_value_heads)
  swapped = torch.roll(turned, [$head_dimension // 2], [2])
  turned.mul_(cosine).addcmul_(swapped, sine)
  fresh = heads.narrow(1, $heads, 2 * $key_value_heads).view([rows, 2, $key_value_heads, $head_dimension])
  cache = whole_cache.narrow(1, 0, rows)
  cache.select(3, time).copy_(fresh.transpose(0, 1))
  # Queries that share a key head stand side by side.
  q = heads.narrow(1, 0, $heads).reshape([rows * $key_value_heads, $heads // $key_value_heads, $head_dimension])
  keys = cache.select(0, 0).flatten(0, 1).narrow(1, 0, time + 1)  # [rows * key_value_heads, time + 1, head_dim]
  values = cache.select(0, 1).flatten(0, 1).narrow(1, 0, time + 1)
  # Without padding the mask is a single number that counts for nothing.
  padded = 1.0 if padding.size(2) > 1 else 0.0
  scores = torch.baddbmm(padding, q, keys.transpose(1, 2), beta=padded, alpha=$head_dimension ** -0.5)
  weights = torch.softmax(scores, 2, self.wide_type(scores)).to(x.dtype)  # [rows * key_value_heads, group, time + 1]
  mixed = torch.bmm(weights, values).view([rows, $heads * $head_dimension])
  if packed is not None:
    return self.multiply(mixed, packed.o_proj, layer.o_proj.bias)
  return self.linear(layer.o_proj, mixed)

def decode_feed_forward(self, layer: Layer, packed: Optional[Packed], x: Tensor) -> Tensor:
  # [rows, hidden] -> the same
  if packed is not None:
    gate, up = torch.chunk(self.multiply(x, packed.gate_up_proj, None), 2, 1)
    return self.multiply(torch.silu(gate).mul_(up), packed.down_proj, None)
  return self.feed_forward(layer, x)

def decode(self, decoder: Decoder, state: State, token: Tensor, index: int) -> Tensor:
  # The rows' token number `index`, [rows] -> logits of the next one, [rows, vocabulary]
  rows = token.size(0)
  time = state.prompt_time + index  # its slot in the caches
  padding = state.padding
  cosine = state.cosine.narrow(0, time, 1)
  sine = state.sine.narrow(0, time, 1)
  if padding.size(0) > 1:
    padding = padding.narrow(0, 0, rows).flatten(0, 1).unsqueeze(1).narrow(2, 0, time + 1)
    positions = state.prompt_lengths.narrow(0, 0, rows) + index
    cosine = state.cosine.index_select(0, positions).unsqueeze(1)
    sine = state.sine.index_select(0, positions).unsqueeze(1)
  x = torch.embedding(decoder.embed_tokens, token)  # [rows, hidden]
  for i in range(len(decoder.layers)):
    layer = decoder.layers[i]
    packed: Optional[Packed] = None
    if len(state.packed) > 0:
      packed = state.packed[i]
    normal = self.root_mean_square_norm(x, layer.input_norm)
    x.add_(self.decode_attention(layer, packed, state.caches[i], normal, cosine, sine, padding, time))
    x.add_(self.decode_feed_forward(layer, packed, self.root_mean_square_norm(x, layer.post_norm)))
  z = self.multiply(self.root_mean_square_norm(x, decoder.norm), state.lm_head, None)
  return z.to(self.wide_type(z))

def advance(self, decoder: Decoder, state: State, rows: Tensor, last: Tensor, open: Tensor, start: int, end: int) -> Dict[str, Tensor]:
  # Draws tokens start .. end - 1 of the rows `rows` [places], whose tokens before are `last` [places], as far as `open`
  # [places] is set. -> of the rows that drew the last of these tokens: which rows, their tokens, and which are still
  # open, having met no end token
  token = last
  sampling = state.sampling
  for i in range(start, end):
    if not bool(open.all()):
      kept = self.retain(state, open, state.prompt_time + i - 1)
      rows = rows.index_select(0, kept)
      token = token.index_select(0, kept)
    if rows.size(0) == 0:
      break
    logits = state.first_logits
    if i > 0:
      logits = self.decode(decoder, state, token, i - 1)
    uniforms = state.uniforms.select(1, i).index_select(0, rows)
    token, log_probability = self.draw(logits, uniforms, sampling.temperature, sampling.top_k, sampling.top_p, sampling.min_p)
    state.tokens.select(1, i).index_copy_(0, rows, token)
    state.log_probabilities.select(1, i).index_copy_(0, rows, log_probability.to(6))
    open = (token.unsqueeze(1) != state.end_tokens).all(1)
  return {"rows": rows, "tokens": token, "open": open}

def drawn(self, state: State) -> Dict[str, Tensor]:
  return {"tokens": state.tokens, "log_probabilities": state.log_probabilities}
