# The Llama decoder (Touvron et al. 2023) and its Qwen relatives, weights in the order of DecoderWeights:
# embedding; per layer norm, q, k, v, o, norm, gate, up, down, then what the family adds (biases, query and
# key norms); final norm; output projection unless tied; then per layer the adapters' A and B. Of what is
# not there the place is 0.

def wide_type(self, x: Tensor) -> int:
  # float64 stays, everything narrower computes its sums in float32, as Hugging Face does.
  return 7 if x.dtype == 7 else 6

def root_mean_square_norm(self, x: Tensor, weight: Tensor) -> Tensor:
  wide = x.to(self.wide_type(x))
  normal = wide * torch.rsqrt((wide * wide).mean([-1], True) + $norm_epsilon)
  return weight * normal.to(x.dtype)

def rotary_tables(self, positions: Tensor, like: Tensor) -> Tuple[Tensor, Tensor]:
  # positions [batch, time] -> cosine and sine, each [batch, 1, time, head_dim / 2]
  wide = self.wide_type(like)
  exponent = torch.arange(0, $head_dimension, 2, dtype=wide, device=like.device) / $head_dimension
  frequency = torch.pow($rope_theta, -exponent)
  if $rope_scaled:
    frequency = frequency * torch.tensor($rope_factors, dtype=wide, device=like.device)
  angle = positions.to(wide).unsqueeze(1).unsqueeze(3) * frequency
  cosine = torch.cos(angle)
  sine = torch.sin(angle)
  if $rope_scaled:
    cosine = cosine * $rope_attention
    sine = sine * $rope_attention
  return cosine.to(like.dtype), sine.to(like.dtype)

def rotate(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
  # Hugging Face's convention: component i turns with component i + head_dim / 2.
  first, second = torch.chunk(x, 2, -1)
  return torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1)

def project(self, p: List[Tensor], layer: int, place: int, bias: int, adapter: int, x: Tensor) -> Tensor:
  # One of a layer's matrices, by its place in the layer, with its adapter's place in the layer's adapters.
  first = 1 + $stride * layer
  if bias > 0:
    y = torch.linear(x, p[first + place], p[first + bias])
  else:
    y = torch.linear(x, p[first + place])
  if adapter > 0:
    a = $before_adapters + $adapter_stride * layer + adapter
    y = self.adapted(y, x, p[a], p[a + 1], $adapter_scale)
  return y

def attention(self, p: List[Tensor], layer: int, x: Tensor, cosine: Tensor, sine: Tensor, mask: Optional[Tensor], key_cache: List[Tensor], value_cache: List[Tensor], start: int) -> Tensor:
  first = 1 + $stride * layer
  batch = x.size(0)
  time = x.size(1)
  q = self.project(p, layer, 1, $q_bias, $q_adapter, x).view([batch, time, $heads, $head_dimension])
  k = self.project(p, layer, 2, $k_bias, $k_adapter, x).view([batch, time, $key_value_heads, $head_dimension])
  v = self.project(p, layer, 3, $v_bias, $v_adapter, x).view([batch, time, $key_value_heads, $head_dimension]).transpose(1, 2)
  if $q_norm > 0:
    q = self.root_mean_square_norm(q, p[first + $q_norm])
    k = self.root_mean_square_norm(k, p[first + $k_norm])
  q = self.rotate(q.transpose(1, 2), cosine, sine)
  k = self.rotate(k.transpose(1, 2), cosine, sine)
  if len(key_cache) > 0:
    key_cache[layer].narrow(2, start, time).copy_(k)
    value_cache[layer].narrow(2, start, time).copy_(v)
    k = key_cache[layer].narrow(2, 0, start + time)
    v = value_cache[layer].narrow(2, 0, start + time)
  if time == 1 and start > 0:
    # One query a head: the queries that share a key head take the place of time.
    q = q.reshape([batch, $key_value_heads, $heads // $key_value_heads, $head_dimension])
    mixed = torch.scaled_dot_product_attention(q, k, v, mask, 0.0, False)
    mixed = mixed.reshape([batch, 1, $heads * $head_dimension])
  else:
    if $heads != $key_value_heads:
      k = k.repeat_interleave($heads // $key_value_heads, 1)
      v = v.repeat_interleave($heads // $key_value_heads, 1)
    mixed = torch.scaled_dot_product_attention(q, k, v, mask, 0.0, mask is None)
    mixed = mixed.transpose(1, 2).reshape([batch, time, $heads * $head_dimension])
  return self.project(p, layer, 4, $o_bias, $o_adapter, mixed)

def feed_forward(self, p: List[Tensor], layer: int, x: Tensor) -> Tensor:
  gate = torch.silu(self.project(p, layer, 6, 0, $gate_adapter, x))
  return self.project(p, layer, 8, 0, $down_adapter, gate * self.project(p, layer, 7, 0, $up_adapter, x))

def block(self, p: List[Tensor], layer: int, x: Tensor, cosine: Tensor, sine: Tensor, mask: Optional[Tensor], key_cache: List[Tensor], value_cache: List[Tensor], start: int) -> Tensor:
  # One decoder layer.
  first = 1 + $stride * layer
  x = x + self.attention(p, layer, self.root_mean_square_norm(x, p[first]), cosine, sine, mask, key_cache, value_cache, start)
  return x + self.feed_forward(p, layer, self.root_mean_square_norm(x, p[first + 5]))

def embed(self, table: Tensor, ids: Tensor) -> Tensor:
  # Rows of the table. Its gradient adds up the slots of equal ids, always in the same order: on CUDA
  # torch.embedding's does not (atomics), indexing's does (sorted); on several of the CPU's threads it is the other way round.
  if table.is_cuda:
    return table[ids]
  return torch.embedding(table, ids)

def hidden(self, p: List[Tensor], ids: Tensor, positions: Tensor, mask: Optional[Tensor], key_cache: List[Tensor], value_cache: List[Tensor], start: int) -> Tensor:
  # ids, positions [batch, time] -> [batch, time, hidden]. No mask means causal; a mask broadcasts to
  # [batch, heads, query, key]. With a cache the rows are at times start, start + 1, ... of it.
  x = self.embed(p[0], ids)
  cosine, sine = self.rotary_tables(positions, x)
  for layer in range($layers):
    x = self.block(p, layer, x, cosine, sine, mask, key_cache, value_cache, start)
  return self.root_mean_square_norm(x, p[1 + $stride * $layers])

def logits(self, p: List[Tensor], hidden: Tensor) -> Tensor:
  z = torch.linear(hidden, p[$output])
  return z.to(self.wide_type(z))

def new_cache(self, p: List[Tensor], batch: int, time: int) -> List[Tensor]:
  cache: List[Tensor] = []
  for layer in range($layers):
    cache.append(p[0].new_zeros([batch, $key_value_heads, time, $head_dimension]))
  return cache
