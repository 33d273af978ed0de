package io.capoflow.models.lora;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A decoder layer's matrices that can have an adapter; the order of the constants is theirs. */
public enum LoraTarget {
  Q_PROJ("self_attn"),
  K_PROJ("self_attn"),
  V_PROJ("self_attn"),
  O_PROJ("self_attn"),
  GATE_PROJ("mlp"),
  UP_PROJ("mlp"),
  DOWN_PROJ("mlp");

  private final String parent;

  LoraTarget(String parent) {
    this.parent = parent;
  }

  /** As PEFT's {@code target_modules} names it: {@code q_proj}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Its module within a layer: {@code self_attn.q_proj}. */
  public String module() {
    return parent + "." + label();
  }

  /** All of them: what PEFT calls {@code all-linear}. */
  public static List<LoraTarget> all() {
    return List.of(values());
  }

  /** The target whose module has this name, with or without its parent's. */
  static Optional<LoraTarget> named(String name) {
    return Arrays.stream(values())
        .filter(target -> name.equals(target.label()) || name.equals(target.module()))
        .findFirst();
  }
}
