# Log-probabilities of given responses. Response tokens of all rows are counted together; what follows is per such token.

class Rows(NamedTuple):
  # A gradient part, in which several sequences may share a row.
  ids : Tensor  # [batch, time]
  positions : Tensor  # [batch, time], each token's in its sequence
  segments : Optional[Tensor]  # [batch, time] tells the sequences of a row apart; none: one sequence a row
  selected : Tensor  # [tokens] flat indices of the slots that predict response tokens
  targets : Tensor  # [tokens] the response tokens

def rows(self, batch: Dict[str, Tensor]) -> Rows:
  return Rows(
    ids=batch["ids"],
    positions=batch["positions"],
    segments=batch.get("segments"),
    selected=batch["selected"],
    targets=batch["targets"])

def row_mask(self, segments: Optional[Tensor]) -> Optional[Tensor]:
  # [batch, 1, query, key]; without segments causality is all there is to say
  mask: Optional[Tensor] = None
  if segments is not None:
    slots = torch.arange(segments.size(1), device=segments.device)
    causal = slots.unsqueeze(1) >= slots.unsqueeze(0)
    same = segments.unsqueeze(2) == segments.unsqueeze(1)
    mask = (same & causal.unsqueeze(0)).unsqueeze(1)
  return mask

def response_logits(self, decoder: Decoder, x: Tensor) -> Tensor:
  # What the layers made of some slots [tokens, hidden] -> [tokens, vocabulary]
  return self.logits(decoder, self.root_mean_square_norm(x, decoder.norm))

def response_log_probabilities(self, decoder: Decoder, batch: Dict[str, Tensor], temperature: float, chunk: int) -> Tensor:
  # -> [tokens] in float32, whatever the model computes in
  rows = self.rows(batch)
  mask = self.row_mask(rows.segments)
  x = self.embed(decoder.embed_tokens, rows.ids)  # [batch, time, hidden]
  rotary = self.rotary_tables(rows.positions, x)
  for layer in decoder.layers:
    x = self.block(layer, x, rotary, mask, None, 0)
  x = x.flatten(0, 1).index_select(0, rows.selected)  # [tokens, hidden]
  parts: List[Tensor] = []
  for start in range(0, rows.targets.size(0), chunk):
    count = min(chunk, rows.targets.size(0) - start)
    z = self.response_logits(decoder, x.narrow(0, start, count)).div_(temperature)
    parts.append(torch.log_softmax(z, 1).gather(1, rows.targets.narrow(0, start, count).unsqueeze(1)).squeeze(1))
  return torch.cat(parts).to(6)
