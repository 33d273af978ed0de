package io.capoflow.models.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.decoder.RopeScaling.Linear;
import io.capoflow.models.decoder.RopeScaling.Llama3;
import io.capoflow.models.decoder.RopeScaling.Plain;
import io.capoflow.models.decoder.RopeScaling.Yarn;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What {@code config.json} says on rotary embeddings. Up to transformers 4 that is {@code
 * rope_theta} and {@code rope_scaling}, whose kind the oldest files call {@code type}; from 5 on
 * {@code rope_parameters} holds all of it. Some files hold both forms.
 */
final class RopeScalingJson {
  private static final String OLDER = "rope_scaling";
  private static final String NEWER = "rope_parameters";
  private static final String THETA = "rope_theta";

  /** Hugging Face's where a file says nothing, for all three families. */
  private static final double DEFAULT_THETA = 10_000;

  private final JsonFields config;

  RopeScalingJson(JsonFields config) {
    this.config = config;
  }

  double theta() {
    OptionalDouble theta = config.optionalNumber(THETA);
    for (String field : List.of(OLDER, NEWER)) {
      OptionalDouble nested = config.within(field).optionalNumber(THETA);
      if (theta.isPresent() && nested.isPresent() && !theta.equals(nested)) {
        throw config.mistake(
            THETA, field + " says " + nested.getAsDouble() + "; make both say the same");
      }
      theta = nested.isPresent() ? nested : theta;
    }
    return theta.orElse(DEFAULT_THETA);
  }

  /**
   * @param maxPositions stands in for an original context that YaRN's parameters leave out
   */
  RopeScaling scaling(int maxPositions) {
    if (!config.has(OLDER)) {
      return scaling(NEWER, maxPositions);
    }
    RopeScaling older = scaling(OLDER, maxPositions);
    if (config.has(NEWER) && !scaling(NEWER, maxPositions).equals(older)) {
      throw config.mistake(OLDER, NEWER + " says something else; make both say the same");
    }
    return older;
  }

  private RopeScaling scaling(String field, int maxPositions) {
    JsonFields fields = config.within(field);
    for (String part : List.of("full_attention", "sliding_attention")) {
      if (fields.has(part)) {
        throw config.mistake(field, "only one kind of attention layer runs here");
      }
    }
    if (fields.optionalNumber("partial_rotary_factor").orElse(1) != 1) {
      throw fields.mistake("partial_rotary_factor", "only heads that turn as a whole run here");
    }
    String kind = fields.text("rope_type", fields.text("type", "default"));
    try {
      return switch (kind) {
        case "default" -> new Plain();
        case "linear" -> new Linear(fields.number("factor"));
        case "llama3" ->
            new Llama3(
                fields.number("factor"),
                fields.number("low_freq_factor"),
                fields.number("high_freq_factor"),
                fields.integer("original_max_position_embeddings"));
        case "yarn" -> yarn(fields, maxPositions);
        default ->
            throw config.mistake(
                field,
                "rope type " + kind + " does not run here: default, linear, llama3, yarn do");
      };
    } catch (IllegalArgumentException e) {
      throw new UserMistake(
          config.file() + ": field " + field + ": " + e.getMessage() + "; mend the field", e);
    }
  }

  private static Yarn yarn(JsonFields fields, int maxPositions) {
    double factor = fields.number("factor");
    return new Yarn(
        factor,
        numberUnlessZero(fields, "beta_fast", 32),
        numberUnlessZero(fields, "beta_slow", 1),
        fields.optionalNumber("attention_factor").orElse(attentionFactor(fields, factor)),
        fields.flag("truncate", true),
        fields.optionalInteger("original_max_position_embeddings").orElse(maxPositions));
  }

  /** DeepSeek's pair of weights decides only where both are there. */
  private static double attentionFactor(JsonFields fields, double factor) {
    double weight = numberUnlessZero(fields, "mscale", 0);
    double weightOfAll = numberUnlessZero(fields, "mscale_all_dim", 0);
    return weight == 0 || weightOfAll == 0
        ? Yarn.paperAttentionFactor(factor, 1)
        : Yarn.paperAttentionFactor(factor, weight)
            / Yarn.paperAttentionFactor(factor, weightOfAll);
  }

  /** Hugging Face takes a 0 for a missing number. */
  private static double numberUnlessZero(JsonFields fields, String field, double otherwise) {
    double number = fields.optionalNumber(field).orElse(0);
    return number == 0 ? otherwise : number;
  }

  /** In the form that every version of transformers and vLLM reads. */
  static void write(DecoderConfig config, ObjectNode root) {
    root.put(THETA, config.ropeTheta());
    if (config.ropeScaling() instanceof Linear linear) {
      root.putObject(OLDER).put("rope_type", "linear").put("factor", linear.factor());
    } else if (config.ropeScaling() instanceof Llama3 llama3) {
      root.putObject(OLDER)
          .put("rope_type", "llama3")
          .put("factor", llama3.factor())
          .put("low_freq_factor", llama3.lowFrequencyFactor())
          .put("high_freq_factor", llama3.highFrequencyFactor())
          .put("original_max_position_embeddings", llama3.originalMaxPositions());
    } else if (config.ropeScaling() instanceof Yarn yarn) {
      root.putObject(OLDER)
          .put("rope_type", "yarn")
          .put("factor", yarn.factor())
          .put("beta_fast", yarn.betaFast())
          .put("beta_slow", yarn.betaSlow())
          .put("attention_factor", yarn.attentionFactor())
          .put("truncate", yarn.truncate())
          .put("original_max_position_embeddings", yarn.originalMaxPositions());
    }
  }
}
