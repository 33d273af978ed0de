# Which tensor is which part of the decoder, by the names that Hugging Face's checkpoints and PEFT's adapters give them.

def linear_of(self, rest: Dict[str, Tensor], name: str) -> Linear:
  bias: Optional[Tensor] = None
  if name + ".bias" in rest:
    bias = rest.pop(name + ".bias")
  lora_A: Optional[Tensor] = None
  lora_B: Optional[Tensor] = None
  if $adapted:
    adapter = "base_model.model." + name
    if adapter + ".lora_A.weight" in rest:
      lora_A = rest.pop(adapter + ".lora_A.weight")
      lora_B = rest.pop(adapter + ".lora_B.weight")
  return Linear(weight=rest.pop(name + ".weight"), bias=bias, lora_A=lora_A, lora_B=lora_B)

def layer_of(self, rest: Dict[str, Tensor], name: str) -> Layer:
  q_norm: Optional[Tensor] = None
  k_norm: Optional[Tensor] = None
  if name + ".self_attn.q_norm.weight" in rest:
    q_norm = rest.pop(name + ".self_attn.q_norm.weight")
    k_norm = rest.pop(name + ".self_attn.k_norm.weight")
  return Layer(
    input_norm=rest.pop(name + ".input_layernorm.weight"),
    q_proj=self.linear_of(rest, name + ".self_attn.q_proj"),
    k_proj=self.linear_of(rest, name + ".self_attn.k_proj"),
    v_proj=self.linear_of(rest, name + ".self_attn.v_proj"),
    q_norm=q_norm,
    k_norm=k_norm,
    o_proj=self.linear_of(rest, name + ".self_attn.o_proj"),
    post_norm=rest.pop(name + ".post_attention_layernorm.weight"),
    gate_proj=self.linear_of(rest, name + ".mlp.gate_proj"),
    up_proj=self.linear_of(rest, name + ".mlp.up_proj"),
    down_proj=self.linear_of(rest, name + ".mlp.down_proj"))

def decoder(self, weights: Dict[str, Tensor]) -> Decoder:
  # Fails where a tensor is missing, and where one has no place: what is left out would change what the model says.
  rest = weights.copy()
  layers: List[Layer] = []
  for i in range($layers):
    layers.append(self.layer_of(rest, "model.layers." + str(i)))
  embed_tokens = rest.pop("model.embed_tokens.weight")
  lm_head = embed_tokens
  if not $tied_embeddings:
    lm_head = rest.pop("lm_head.weight")
  result = Decoder(embed_tokens=embed_tokens, layers=layers, norm=rest.pop("model.norm.weight"), lm_head=lm_head)
  assert len(rest) == 0, "the decoder has no place for " + str(list(rest.keys()))
  return result

def narrowed(self, weights: Dict[str, Tensor], narrow: int) -> Dict[str, Tensor]:
  # The weights as a model computes with them: copies of the dtype `narrow`, or 0: themselves.
  if narrow == 0:
    return weights
  result: Dict[str, Tensor] = {}
  for name, weight in weights.items():
    result[name] = weight.to(narrow)
  return result

def narrowed_decoder(self, weights: Dict[str, Tensor], narrow: int) -> Decoder:
  return self.decoder(self.narrowed(weights, narrow))
