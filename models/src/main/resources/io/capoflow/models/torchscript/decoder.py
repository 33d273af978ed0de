# The Llama decoder (Touvron et al. 2023) and its Qwen relatives. In shapes `hidden` is the width of the residual
# stream, and heads that share a key head are one group (Ainslie et al. 2023).

class Linear(NamedTuple):
  # y = weight x + bias, and what an adapter adds to it (lora.py)
  weight : Tensor  # [outputs, inputs]
  bias : Optional[Tensor]  # [outputs]
  lora_A : Optional[Tensor]  # [rank, inputs]
  lora_B : Optional[Tensor]  # [outputs, rank]

class Layer(NamedTuple):
  input_norm : Tensor  # [hidden]
  q_proj : Linear  # hidden -> heads * head_dim
  k_proj : Linear  # hidden -> key_value_heads * head_dim
  v_proj : Linear  # hidden -> key_value_heads * head_dim
  q_norm : Optional[Tensor]  # [head_dim]; Qwen 3
  k_norm : Optional[Tensor]  # [head_dim]; Qwen 3
  o_proj : Linear  # heads * head_dim -> hidden
  post_norm : Tensor  # [hidden], between attention and feed-forward
  gate_proj : Linear  # hidden -> intermediate
  up_proj : Linear  # hidden -> intermediate
  down_proj : Linear  # intermediate -> hidden

class Decoder(NamedTuple):
  embed_tokens : Tensor  # [vocabulary, hidden]
  layers : List[Layer]
  norm : Tensor  # [hidden]
  lm_head : Tensor  # [vocabulary, hidden]; may be embed_tokens

class Rotary(NamedTuple):
  cosine : Tensor  # [batch, 1, time, head_dim / 2]
  sine : Tensor  # [batch, 1, time, head_dim / 2]

class Cache(NamedTuple):
  # One layer's past, filled in place.
  keys : Tensor  # [batch, key_value_heads, time, head_dim]
  values : Tensor  # [batch, key_value_heads, time, head_dim]

def wide_type(self, x: Tensor) -> int:
  # float64 stays, everything narrower computes its sums in float32, as Hugging Face does.
  return 7 if x.dtype == 7 else 6

def root_mean_square_norm(self, x: Tensor, weight: Tensor) -> Tensor:
  wide = x.to(self.wide_type(x))
  normal = wide * torch.rsqrt((wide * wide).mean([-1], True) + $norm_epsilon)
  return weight * normal.to(x.dtype)

def rotary_tables(self, positions: Tensor, like: Tensor) -> Rotary:
  # positions [batch, time]
  wide = self.wide_type(like)
  exponent = torch.arange(0, $head_dimension, 2, dtype=wide, device=like.device) / $head_dimension
  frequency = torch.pow($rope_theta, -exponent)  # [head_dim / 2]
  if $rope_scaled:
    frequency = frequency * torch.tensor($rope_factors, dtype=wide, device=like.device)
  angle = positions.to(wide).unsqueeze(1).unsqueeze(3) * frequency  # [batch, 1, time, head_dim / 2]
  cosine = torch.cos(angle)
  sine = torch.sin(angle)
  if $rope_scaled:
    cosine = cosine * $rope_attention
    sine = sine * $rope_attention
  return Rotary(cosine.to(like.dtype), sine.to(like.dtype))

def rotate(self, x: Tensor, rotary: Rotary) -> Tensor:
  # x [batch, heads, time, head_dim]. Hugging Face's convention: component i turns with component i + head_dim / 2.
  first, second = torch.chunk(x, 2, -1)
  return torch.cat([first * rotary.cosine - second * rotary.sine, second * rotary.cosine + first * rotary.sine], -1)

def linear(self, matrix: Linear, x: Tensor) -> Tensor:
  # [..., inputs] -> [..., outputs]
  y = torch.linear(x, matrix.weight, matrix.bias)
  lora_A = matrix.lora_A
  lora_B = matrix.lora_B
  if lora_A is not None and lora_B is not None:
    y = self.adapted(y, x, lora_A, lora_B, $adapter_scale)
  return y

def attention(self, layer: Layer, x: Tensor, rotary: Rotary, mask: Optional[Tensor], cache: Optional[Cache], start: int) -> Tensor:
  # [batch, time, hidden] -> the same; the rows are at times start, start + 1, ... of the cache.
  batch = x.size(0)
  time = x.size(1)
  q = self.linear(layer.q_proj, x).view([batch, time, $heads, $head_dimension])
  k = self.linear(layer.k_proj, x).view([batch, time, $key_value_heads, $head_dimension])
  v = self.linear(layer.v_proj, x).view([batch, time, $key_value_heads, $head_dimension]).transpose(1, 2)
  q_norm = layer.q_norm
  k_norm = layer.k_norm
  if q_norm is not None and k_norm is not None:
    q = self.root_mean_square_norm(q, q_norm)
    k = self.root_mean_square_norm(k, k_norm)
  q = self.rotate(q.transpose(1, 2), rotary)  # [batch, heads, time, head_dim]
  k = self.rotate(k.transpose(1, 2), rotary)  # [batch, key_value_heads, time, head_dim]; so is v
  if cache is not None:
    cache.keys.narrow(2, start, time).copy_(k)
    cache.values.narrow(2, start, time).copy_(v)
    k = cache.keys.narrow(2, 0, start + time)  # [batch, key_value_heads, start + time, head_dim]
    v = cache.values.narrow(2, 0, start + time)
  if time == 1 and start > 0:
    # One query a head: the queries that share a key head take the place of time.
    q = q.reshape([batch, $key_value_heads, $heads // $key_value_heads, $head_dimension])
    mixed = torch.scaled_dot_product_attention(q, k, v, mask, 0.0, False)  # [batch, key_value_heads, group, head_dim]
    mixed = mixed.reshape([batch, 1, $heads * $head_dimension])
  else:
    if $heads != $key_value_heads:
      k = k.repeat_interleave($heads // $key_value_heads, 1)  # [batch, heads, start + time, head_dim]
      v = v.repeat_interleave($heads // $key_value_heads, 1)
    mixed = torch.scaled_dot_product_attention(q, k, v, mask, 0.0, mask is None)  # [batch, heads, time, head_dim]
    mixed = mixed.transpose(1, 2).reshape([batch, time, $heads * $head_dimension])
  return self.linear(layer.o_proj, mixed)

def feed_forward(self, layer: Layer, x: Tensor) -> Tensor:
  # SwiGLU (Shazeer 2020): [..., hidden] -> [..., intermediate] -> [..., hidden]
  gate = torch.silu(self.linear(layer.gate_proj, x))
  return self.linear(layer.down_proj, gate * self.linear(layer.up_proj, x))

def block(self, layer: Layer, x: Tensor, rotary: Rotary, mask: Optional[Tensor], cache: Optional[Cache], start: int) -> Tensor:
  # [batch, time, hidden] -> the same
  x = x + self.attention(layer, self.root_mean_square_norm(x, layer.input_norm), rotary, mask, cache, start)
  return x + self.feed_forward(layer, self.root_mean_square_norm(x, layer.post_norm))

def embed(self, table: Tensor, ids: Tensor) -> Tensor:
  # Rows of the table. Its gradient adds up the slots of equal ids, always in the same order: on CUDA
  # torch.embedding's does not (atomics), indexing's does (sorted); on several of the CPU's threads it is the other way round.
  if table.is_cuda:
    return table[ids]
  return torch.embedding(table, ids)

def hidden(self, decoder: Decoder, ids: Tensor, positions: Tensor, mask: Optional[Tensor], caches: List[Cache], start: int) -> Tensor:
  # ids, positions [batch, time] -> [batch, time, hidden]. No mask means causal; a mask broadcasts to
  # [batch, heads, query, key]. There is a cache for each layer, or none at all.
  x = self.embed(decoder.embed_tokens, ids)
  rotary = self.rotary_tables(positions, x)
  for i in range(len(decoder.layers)):
    cache: Optional[Cache] = None
    if len(caches) > 0:
      cache = caches[i]
    x = self.block(decoder.layers[i], x, rotary, mask, cache, start)
  return self.root_mean_square_norm(x, decoder.norm)

def logits(self, decoder: Decoder, hidden: Tensor) -> Tensor:
  # [..., hidden] -> [..., vocabulary]
  z = torch.linear(hidden, decoder.lm_head)
  return z.to(self.wide_type(z))

def new_caches(self, decoder: Decoder, batch: int, time: int) -> List[Cache]:
  caches: List[Cache] = []
  for layer in decoder.layers:
    keys = decoder.embed_tokens.new_zeros([batch, $key_value_heads, time, $head_dimension])
    values = decoder.embed_tokens.new_zeros([batch, $key_value_heads, time, $head_dimension])
    caches.append(Cache(keys, values))
  return caches
