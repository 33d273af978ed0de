# Sampling with a key-value cache. The requests of a call, and how many rows are decoded at a time, decide every bit of its
# result.
#
# A row is one continuation of a prompt. Open rows take the first places of the caches, in any order: when rows end, the last
# ones take their places, and rows of waiting prompts come behind. Where several rows share a prompt that is long enough, its
# keys and values lie in caches of prompts, once for all its rows, and prompts take places as rows do. Elsewhere they lie in
# the first slots of each row's own cache.
#
# A stem is what several prompts begin with: it is read once, and its prompts are read from there on.

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

class Places(NamedTuple):
  # What is known of the row in each place: each field [places], int64.
  row : Tensor  # its number in the call
  drawn : Tensor  # how many tokens it has
  token : Tensor  # the last of them
  length : Tensor  # of its prompt
  prompt : Tensor  # its prompt's place
  sample : Tensor  # which of its prompt's rows it is

class Counts(NamedTuple):
  # One number each, in a list, which a record's methods can change.
  rows : List[int]  # open ones
  prompts : List[int]  # those that have open rows
  in_step : List[int]  # 1: all open rows have as many tokens, so that they write into the same slot
  alike : List[int]  # 1: they also have prompts of one length

class State(NamedTuple):
  # A call at work; its tensors and numbers change in place.
  sampling : Sampling
  limit : int  # tokens that a row may have
  samples : int  # most rows that a prompt has
  shared : bool  # whether prompts have caches of their own
  offset : int  # slot of a row's first token in its cache, behind those of its prompt
  uniforms : Tensor  # [rows of the call * limit] in [0, 1)
  end_tokens : Tensor  # [ends]
  tokens : Tensor  # [rows of the call * limit] drawn so far, else -1
  log_probabilities : Tensor  # [rows of the call * limit]
  cosine : Tensor  # [positions, head_dim], the second half as the first
  sine : Tensor  # [positions, head_dim], the first half negative
  counts : Counts
  table : Tensor  # [fields of Places, places]
  places : Places  # the table's rows
  mask : Tensor  # [places, key_value_heads, slots]: 0 where a row's cache holds something, else -inf
  caches : List[Tensor]  # a layer's keys and values of rows: [2, places, key_value_heads, slots, head_dim]
  stems : List[Cache]  # of a layer, with a slot for each token of the longest stem
  prompt_lengths : Tensor  # [prompt places]
  prompt_keys : List[Tensor]  # of a layer: [prompt places, key_value_heads, head_dim, time], as they are multiplied with
  prompt_values : List[Tensor]  # of a layer: [prompt places, key_value_heads, time, head_dim]
  packed : List[Packed]  # a layer's matrices; none where they are not copied
  lm_head : Tensor  # [vocabulary, hidden]

class Reading(NamedTuple):
  # Prompts that are being read, layer by layer, so that whoever reads them may stop in between.
  x : List[Tensor]  # one, which changes: [prompts, time, hidden]
  layers : List[int]  # one number, which changes: the layers that have read
  rotary : Rotary
  mask : Optional[Tensor]  # [time, start + time]
  start : int  # tokens of each prompt that were read before
  caches : List[Cache]  # of a layer: start + time tokens

class Layout(NamedTuple):
  # How the open rows lie in the caches, until one of them ends.
  window : int  # slots of their caches that are in use, with those of the next token
  slots : Tensor  # [rows, 2, key_value_heads] flat slots of the next keys and values, where rows are not in step
  cells : Tensor  # [prompts * key_value_heads * samples] which of the rows' key heads asks; a cell of none repeats the first
  cell : Tensor  # [rows * key_value_heads] the cell of a row's key head
  prompt_time : int  # tokens of the longest prompt
  prompt_mask : Tensor  # [prompts * key_value_heads, 1, prompt_time], -inf behind a prompt; one number: there is none

def begin(self, decoder: Decoder, stems: Reading, uniforms: Tensor, end_tokens: Tensor, places: int, prompt_places: int, samples: int, prompt_time: int, shared: bool, temperature: float, top_k: int, top_p: float, min_p: float) -> State:
  # stems, which all layers have read; uniforms [rows of the call, limit]; `prompt_time` is the length of the call's longest
  # prompt. Nothing is admitted yet.
  limit = uniforms.size(1)
  device = uniforms.device
  offset = 0 if shared else prompt_time
  every = torch.arange(prompt_time + limit, device=device).unsqueeze(0)
  rotary = self.rotary_tables(every, decoder.embed_tokens)
  cosine = rotary.cosine.flatten(0, 2)
  sine = rotary.sine.flatten(0, 2)
  table = torch.zeros([6, places], dtype=4, device=device)
  caches: List[Tensor] = []
  prompt_keys: List[Tensor] = []
  prompt_values: List[Tensor] = []
  for layer in decoder.layers:
    caches.append(decoder.embed_tokens.new_zeros([2, places, $key_value_heads, offset + limit, $head_dimension]))
    if shared:
      prompt_keys.append(decoder.embed_tokens.new_zeros([prompt_places, $key_value_heads, $head_dimension, prompt_time]))
      prompt_values.append(decoder.embed_tokens.new_zeros([prompt_places, $key_value_heads, prompt_time, $head_dimension]))
  packed: List[Packed] = []
  lm_head = decoder.lm_head
  if $packed and limit > 1:  # the first token is drawn without
    packed = self.pack_layers(decoder, places)
    lm_head = self.pack(lm_head, places)
  return State(
    sampling=Sampling(temperature, top_k, top_p, min_p),
    limit=limit,
    samples=samples,
    shared=shared,
    offset=offset,
    uniforms=uniforms.flatten(),
    end_tokens=end_tokens,
    tokens=torch.full([uniforms.numel()], -1, dtype=4, device=device),
    log_probabilities=torch.zeros([uniforms.numel()], dtype=6, device=device),
    cosine=torch.cat([cosine, cosine], 1),
    sine=torch.cat([-sine, sine], 1),
    counts=Counts([0], [0], [1], [1]),
    table=table,
    places=Places(table.select(0, 0), table.select(0, 1), table.select(0, 2), table.select(0, 3), table.select(0, 4), table.select(0, 5)),
    mask=torch.full([places, $key_value_heads, offset + limit], -inf, dtype=decoder.embed_tokens.dtype, device=device),
    caches=caches,
    stems=stems.caches,
    prompt_lengths=torch.zeros([prompt_places], dtype=4, device=device),
    prompt_keys=prompt_keys,
    prompt_values=prompt_values,
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

def reading(self, decoder: Decoder, ids: Tensor, stems: List[Cache], stem: Tensor, start: int) -> Reading:
  # ids [prompts, time] of which the first is token `start` of its prompt: what is before is the beginning of the stem
  # `stem` [prompts] in `stems`. No layer is read yet.
  time = ids.size(1)
  caches = self.new_caches(decoder, ids.size(0), start + time)
  positions = torch.arange(start, start + time, device=ids.device)
  mask: Optional[Tensor] = None
  if start > 0:
    for i in range(len(caches)):
      caches[i].keys.narrow(2, 0, start).copy_(stems[i].keys.narrow(2, 0, start).index_select(0, stem))
      caches[i].values.narrow(2, 0, start).copy_(stems[i].values.narrow(2, 0, start).index_select(0, stem))
    mask = torch.arange(start + time, device=ids.device) <= positions.unsqueeze(1)  # [time, start + time]
  x = self.embed(decoder.embed_tokens, ids)
  return Reading([x], [0], self.rotary_tables(positions.unsqueeze(0), x), mask, start, caches)

def read_layers(self, decoder: Decoder, reading: Reading, count: int):
  # Reads with the next `count` layers; how many at a time changes no bit.
  first = reading.layers[0]
  for i in range(first, min(first + count, len(decoder.layers))):
    reading.x[0] = self.block(decoder.layers[i], reading.x[0], reading.rotary, reading.mask, reading.caches[i], reading.start)
  reading.layers[0] = first + count

def read_root(self, decoder: Decoder, stems: Tensor, root_time: int) -> Reading:
  # Of what all stems [stems, time] begin with.
  root: List[Cache] = []
  ids = stems.narrow(0, 0, min(1, stems.size(0))).narrow(1, 0, root_time)
  return self.reading(decoder, ids, root, torch.zeros([ids.size(0)], dtype=4, device=stems.device), 0)

def read_stems(self, decoder: Decoder, stems: Tensor, root: Reading, root_time: int) -> Reading:
  all_of_root = torch.zeros([stems.size(0)], dtype=4, device=stems.device)
  return self.reading(decoder, stems.narrow(1, root_time, stems.size(1) - root_time), root.caches, all_of_root, root_time)

def read_prompts(self, decoder: Decoder, state: State, prompts: Tensor, stem: Tensor, start: int) -> Reading:
  # Of prompts, of which `prompts` [prompts, time] is what follows the first `start` tokens of their stems [prompts], padded
  # on the right.
  return self.reading(decoder, prompts, state.stems, stem, start)

def admit(self, decoder: Decoder, state: State, reading: Reading, lengths: Tensor, row_prompts: Tensor, rows: Tensor, samples: Tensor) -> Dict[str, Tensor]:
  # Takes in prompts of `lengths` [prompts], which all layers have read, and draws the first token of their rows. Of each row:
  # which of these prompts it continues, its number in the call, and which of the prompt's rows it is. -> as `open_rows`
  hidden = self.root_mean_square_norm(reading.x[0], decoder.norm)
  prompt_caches = reading.caches
  last = torch.arange(hidden.size(0), device=hidden.device) * hidden.size(1) + lengths - reading.start - 1
  time = reading.start + hidden.size(1)
  slots = torch.arange(time, device=hidden.device)
  logits = self.logits(decoder, hidden.flatten(0, 1).index_select(0, last))

  counts = state.counts
  first = counts.rows[0]
  first_prompt = counts.prompts[0] if state.shared else 0
  count = rows.size(0)
  places = state.places
  row_lengths = lengths.index_select(0, row_prompts)
  places.row.narrow(0, first, count).copy_(rows)
  places.drawn.narrow(0, first, count).zero_()
  places.length.narrow(0, first, count).copy_(row_lengths)
  places.prompt.narrow(0, first, count).copy_(row_prompts + first_prompt)
  places.sample.narrow(0, first, count).copy_(samples)
  mask = state.mask.narrow(0, first, count).fill_(-inf)
  if state.shared:
    state.prompt_lengths.narrow(0, first_prompt, lengths.size(0)).copy_(lengths)
    for i in range(len(prompt_caches)):
      state.prompt_keys[i].narrow(0, first_prompt, lengths.size(0)).narrow(3, 0, time).copy_(prompt_caches[i].keys.transpose(2, 3))
      state.prompt_values[i].narrow(0, first_prompt, lengths.size(0)).narrow(2, 0, time).copy_(prompt_caches[i].values)
  else:
    mask.narrow(2, 0, time).masked_fill_((slots < row_lengths.unsqueeze(1)).unsqueeze(1), 0.0)
    for i in range(len(prompt_caches)):
      cache = state.caches[i].narrow(1, first, count).narrow(3, 0, time)
      cache.select(0, 0).copy_(prompt_caches[i].keys.index_select(0, row_prompts))
      cache.select(0, 1).copy_(prompt_caches[i].values.index_select(0, row_prompts))
  counts.rows[0] = first + count
  counts.prompts[0] = first_prompt + lengths.size(0)
  counts.in_step[0] = 1 if first == 0 else 0
  counts.alike[0] = 1 if first == 0 and bool((lengths == (time if state.shared else state.offset)).all()) else 0
  self.draw_next(state, first, logits.index_select(0, row_prompts))
  return self.open_rows(state)

def retain(self, state: State, open: Tensor):
  # The rows where `open` [rows] is set close up: the last of them take the places of those that ended, so that only these
  # move. The same of prompts that have rows.
  counts = state.counts
  places = state.places
  filled = state.offset + int(places.drawn.narrow(0, 0, open.size(0)).max())
  remaining = int(open.sum())
  holes = torch.nonzero(~open.narrow(0, 0, remaining)).squeeze(1)
  movers = torch.nonzero(open.narrow(0, remaining, open.size(0) - remaining)).squeeze(1) + remaining
  counts.rows[0] = remaining
  if holes.size(0) > 0:
    state.table.index_copy_(1, holes, state.table.index_select(1, movers))
    state.mask.index_copy_(0, holes, state.mask.index_select(0, movers))
    for whole in state.caches:
      cache = whole.narrow(3, 0, filled)
      cache.index_copy_(1, holes, cache.index_select(1, movers))
  if state.shared:
    self.retain_prompts(state)

def retain_prompts(self, state: State):
  counts = state.counts
  prompt = state.places.prompt.narrow(0, 0, counts.rows[0])
  used = torch.zeros([counts.prompts[0]], dtype=11, device=prompt.device).index_fill_(0, prompt, True)
  remaining = int(used.sum())
  if remaining < counts.prompts[0]:
    holes = torch.nonzero(~used.narrow(0, 0, remaining)).squeeze(1)
    movers = torch.nonzero(used.narrow(0, remaining, counts.prompts[0] - remaining)).squeeze(1) + remaining
    counts.prompts[0] = remaining
    if holes.size(0) > 0:
      moved = torch.arange(used.size(0), device=prompt.device).index_copy_(0, movers, holes)
      prompt.copy_(moved.index_select(0, prompt))
      state.prompt_lengths.index_copy_(0, holes, state.prompt_lengths.index_select(0, movers))
      for keys in state.prompt_keys:
        keys.index_copy_(0, holes, keys.index_select(0, movers))
      for values in state.prompt_values:
        values.index_copy_(0, holes, values.index_select(0, movers))

def layout(self, state: State) -> Layout:
  counts = state.counts
  rows = counts.rows[0]
  prompts = counts.prompts[0]
  device = state.table.device
  drawn = state.places.drawn.narrow(0, 0, rows)
  head = torch.arange($key_value_heads, device=device)
  slots = drawn
  if counts.in_step[0] == 0:
    place = torch.arange(rows, device=device).view([rows, 1, 1])
    part = torch.arange(2, device=device).view([1, 2, 1])
    slots = ((part * state.mask.size(0) + place) * $key_value_heads + head) * state.mask.size(2) + (drawn + (state.offset - 1)).view([rows, 1, 1])
  cells = drawn
  cell = drawn
  prompt_time = 0
  prompt_mask = torch.zeros([1, 1, 1], dtype=state.mask.dtype, device=device)
  if state.shared:
    prompt = state.places.prompt.narrow(0, 0, rows).unsqueeze(1)
    sample = state.places.sample.narrow(0, 0, rows).unsqueeze(1)
    cell = ((prompt * $key_value_heads + head) * state.samples + sample).flatten()
    cells = torch.zeros([prompts * $key_value_heads * state.samples], dtype=4, device=device)
    cells.index_copy_(0, cell, torch.arange(rows * $key_value_heads, device=device))
    lengths = state.prompt_lengths.narrow(0, 0, prompts)
    prompt_time = int(lengths.max())
    if prompts > 1:
      absent = torch.arange(prompt_time, device=device) >= lengths.unsqueeze(1)
      prompt_mask = torch.zeros([prompts, $key_value_heads, prompt_time], dtype=state.mask.dtype, device=device)
      prompt_mask = prompt_mask.masked_fill_(absent.unsqueeze(1), -inf).flatten(0, 1).unsqueeze(1)
  return Layout(
    window=state.offset + int(drawn.max()),
    slots=slots,
    cells=cells,
    cell=cell,
    prompt_time=prompt_time,
    prompt_mask=prompt_mask)

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

def scores(self, mask: Tensor, q: Tensor, keys: Tensor) -> Tensor:
  # q [batch, queries, head_dim], keys [batch, head_dim, time] -> [batch, queries, time]. A mask of one number is none.
  return torch.baddbmm(mask, q, keys, beta=1.0 if mask.size(2) > 1 else 0.0, alpha=$head_dimension ** -0.5)

def prompt_attention(self, state: State, layout: Layout, i: int, q: Tensor) -> Tuple[Tensor, Tensor]:
  # Of the queries [rows * key_value_heads, group, head_dim] alone with the keys of their prompts: the mixtures, shaped as
  # the queries, and the logarithms of what the scores' exponentials add up to, [rows * key_value_heads, group].
  prompts = state.counts.prompts[0]
  group = $heads // $key_value_heads
  cells = q.flatten(1, 2).index_select(0, layout.cells).view([prompts * $key_value_heads, state.samples * group, $head_dimension])
  keys = state.prompt_keys[i].narrow(0, 0, prompts).flatten(0, 1).narrow(2, 0, layout.prompt_time)
  values = state.prompt_values[i].narrow(0, 0, prompts).flatten(0, 1).narrow(1, 0, layout.prompt_time)
  scores = self.scores(layout.prompt_mask, cells, keys)
  scores = scores.to(self.wide_type(scores))
  most = scores.amax([2], True)
  weights = scores.sub_(most).exp_()  # [prompts * key_value_heads, samples * group, prompt_time]
  sums = weights.sum([2], True)
  mixed = torch.bmm(weights.to(q.dtype), values).div_(sums)
  mixed = mixed.view([-1, group * $head_dimension]).index_select(0, layout.cell).view(q.size())
  return mixed, sums.log_().add_(most).view([-1, group]).index_select(0, layout.cell)

def decode_attention(self, state: State, layout: Layout, i: int, layer: Layer, packed: Optional[Packed], x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor, slots: Tensor, window: int) -> Tensor:
  # As `attention`, for one new token a row: x [rows, hidden], `window` slots of the caches are in use, this token's
  # included; cosine and sine [rows or 1, 1, head_dim]; mask [rows * key_value_heads, 1, window], or a single number.
  rows = x.size(0)
  group = $heads // $key_value_heads
  heads = self.decode_heads(layer, packed, x)
  turned = heads.narrow(1, 0, $heads + $key_value_heads)
  swapped = torch.roll(turned, [$head_dimension // 2], [2])
  turned.mul_(cosine).addcmul_(swapped, sine)
  fresh = heads.narrow(1, $heads, 2 * $key_value_heads)
  whole = state.caches[i]
  cache = whole.narrow(1, 0, rows)
  if state.counts.in_step[0] == 1:
    cache.select(3, window - 1).copy_(fresh.view([rows, 2, $key_value_heads, $head_dimension]).transpose(0, 1))
  else:
    whole.view([-1, $head_dimension]).index_copy_(0, slots, fresh.reshape([-1, $head_dimension]))
  # Queries that share a key head stand side by side.
  q = heads.narrow(1, 0, $heads).reshape([rows * $key_value_heads, group, $head_dimension])
  keys = cache.select(0, 0).flatten(0, 1).narrow(1, 0, window).transpose(1, 2)  # [rows * key_value_heads, head_dim, window]
  values = cache.select(0, 1).flatten(0, 1).narrow(1, 0, window)
  scores = self.scores(mask, q, keys)
  if state.shared:
    # What a query takes from its prompt stands behind its own keys, as one more whose score is known.
    from_prompt, score = self.prompt_attention(state, layout, i, q)
    scores = torch.cat([scores.to(score.dtype), score.unsqueeze(2)], 2)
    weights = torch.softmax(scores, 2).to(x.dtype)
    mixed = torch.bmm(weights.narrow(2, 0, window), values).addcmul_(from_prompt, weights.narrow(2, window, 1))
  else:
    weights = torch.softmax(scores, 2, self.wide_type(scores)).to(x.dtype)  # [rows * key_value_heads, group, window]
    mixed = torch.bmm(weights, values)
  mixed = mixed.view([rows, $heads * $head_dimension])
  if packed is not None:
    return self.multiply(mixed, packed.o_proj, layer.o_proj.bias)
  return self.linear(layer.o_proj, mixed)

def decode_feed_forward(self, layer: Layer, packed: Optional[Packed], x: Tensor) -> Tensor:
  # [rows, hidden] -> the same
  if packed is not None:
    gate, up = torch.chunk(self.multiply(x, packed.gate_up_proj, None), 2, 1)
    return self.multiply(torch.silu(gate).mul_(up), packed.down_proj, None)
  return self.feed_forward(layer, x)

def decode(self, decoder: Decoder, state: State, layout: Layout, age: int) -> Tensor:
  # The open rows' last tokens, `age` steps after the layout was made -> logits of the next ones, [rows, vocabulary]
  rows = state.counts.rows[0]
  places = state.places
  window = layout.window + age
  slots = layout.slots
  mask = state.mask.narrow(0, 0, rows)
  if state.counts.in_step[0] == 1:
    mask.select(2, window - 1).fill_(0.0)
  else:
    slots = layout.slots + age
    state.mask.view([-1]).index_fill_(0, slots.select(1, 0).flatten(), 0.0)
    slots = slots.flatten()
  positions = places.length.narrow(0, 0, rows) + places.drawn.narrow(0, 0, rows) - 1
  if state.counts.alike[0] == 1:
    positions = positions.narrow(0, 0, 1)
  if state.counts.in_step[0] == 1 and (state.shared or state.counts.alike[0] == 1):
    # Every slot in use is in use by all rows.
    mask = mask.narrow(0, 0, 1).narrow(1, 0, 1).narrow(2, 0, 1)
  else:
    mask = mask.flatten(0, 1).unsqueeze(1).narrow(2, 0, window)
  cosine = state.cosine.index_select(0, positions).unsqueeze(1)
  sine = state.sine.index_select(0, positions).unsqueeze(1)
  x = torch.embedding(decoder.embed_tokens, places.token.narrow(0, 0, rows))  # [rows, hidden]
  for i in range(len(decoder.layers)):
    layer = decoder.layers[i]
    packed: Optional[Packed] = None
    if len(state.packed) > 0:
      packed = state.packed[i]
    normal = self.root_mean_square_norm(x, layer.input_norm)
    x.add_(self.decode_attention(state, layout, i, layer, packed, normal, cosine, sine, mask, slots, window))
    x.add_(self.decode_feed_forward(layer, packed, self.root_mean_square_norm(x, layer.post_norm)))
  z = self.multiply(self.root_mean_square_norm(x, decoder.norm), state.lm_head, None)
  return z.to(self.wide_type(z))

def draw_next(self, state: State, first: int, logits: Tensor) -> bool:
  # Draws the next token of the rows from place `first` on, whose logits are [rows, vocabulary]. Rows end with an end token
  # or at the limit. -> whether one did
  count = logits.size(0)
  places = state.places
  drawn = places.drawn.narrow(0, first, count)
  at = places.row.narrow(0, first, count) * state.limit + drawn
  sampling = state.sampling
  uniforms = state.uniforms.index_select(0, at)
  token, log_probability = self.draw(logits, uniforms, sampling.temperature, sampling.top_k, sampling.top_p, sampling.min_p)
  state.tokens.index_copy_(0, at, token)
  state.log_probabilities.index_copy_(0, at, log_probability.to(6))
  places.token.narrow(0, first, count).copy_(token)
  drawn.add_(1)
  open = (token.unsqueeze(1) != state.end_tokens).all(1).logical_and_(drawn < state.limit)
  if bool(open.all()):
    return False
  if first > 0:
    open = torch.cat([torch.ones([first], dtype=11, device=open.device), open])
  self.retain(state, open)
  return True

def open_rows(self, state: State) -> Dict[str, Tensor]:
  # Of the open rows, in the order of their places: their numbers in the call, and their last tokens.
  rows = state.counts.rows[0]
  return {"rows": state.places.row.narrow(0, 0, rows).clone(), "tokens": state.places.token.narrow(0, 0, rows).clone()}

def advance(self, decoder: Decoder, state: State, until: int, steps: int) -> Dict[str, Tensor]:
  # Draws tokens of the open rows until at most `until` are open, `steps` at most. How many at a time changes no bit, since
  # the layout depends on the state alone. -> as `open_rows`
  age = 0
  if state.counts.rows[0] > until:
    layout = self.layout(state)
    for step in range(steps):
      if self.draw_next(state, 0, self.decode(decoder, state, layout, age)):
        if state.counts.rows[0] <= until:
          break
        layout = self.layout(state)
        age = 0
      else:
        age += 1
  return self.open_rows(state)

def drawn(self, state: State) -> Dict[str, Tensor]:
  return {"tokens": state.tokens, "log_probabilities": state.log_probabilities}
