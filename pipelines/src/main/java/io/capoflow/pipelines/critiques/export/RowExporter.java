package io.capoflow.pipelines.critiques.export;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Makes rows of an export as its settings say. Pure and thread-safe. */
final class RowExporter {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ExportSettings settings;
  private final VotedSteps voted;
  private final CritiquePrompts prompts;

  RowExporter(ExportSettings settings, CritiquePrompts prompts) {
    this.settings = requireNonNull(settings, "settings");
    this.voted = new VotedSteps(settings.rule());
    this.prompts = requireNonNull(prompts, "prompts");
  }

  /**
   * What a row becomes.
   *
   * @throws UserMistake when it has no labels by the rule, or the prompt of its critique is not the
   *     one that the critic was shown
   */
  ExportedRow of(CritiquedRollout row) {
    if (row.getSteps().isEmpty()) {
      return new ExportedRow.Missing(LeftOut.NO_STEPS);
    }
    Optional<SortedSet<Integer>> wrong = voted.wrong(row);
    if (wrong.isEmpty()) {
      return new ExportedRow.Missing(LeftOut.NO_QUORUM);
    }
    return switch (settings.format()) {
      case TRL_STEPWISE -> stepwise(row, labels(row, wrong.get()));
      case MATH_SHEPHERD -> mathShepherd(row, labels(row, wrong.get()));
      case SFT -> lesson(row, wrong.get());
    };
  }

  /** Of each step that is exported, whether it is right. */
  private List<Boolean> labels(CritiquedRollout row, SortedSet<Integer> wrong) {
    List<Boolean> right =
        IntStream.range(0, row.getSteps().size()).mapToObj(step -> !wrong.contains(step)).toList();
    return right.subList(0, settings.labels().steps(right));
  }

  private static ExportedRow stepwise(CritiquedRollout row, List<Boolean> right) {
    ObjectNode fields = NODES.objectNode().put("prompt", row.getQuestion());
    ArrayNode completions = fields.putArray("completions");
    row.getSteps().subList(0, right.size()).forEach(completions::add);
    ArrayNode labels = fields.putArray("labels");
    right.forEach(labels::add);
    return new ExportedRow.Written(fields);
  }

  private static ExportedRow mathShepherd(CritiquedRollout row, List<Boolean> right) {
    MathShepherdRow text =
        new MathShepherdRow(row.getQuestion(), row.getSteps().subList(0, right.size()));
    Optional<LeftOut> unreadable = text.unreadable();
    if (unreadable.isPresent()) {
      return new ExportedRow.Missing(unreadable.get());
    }
    return new ExportedRow.Written(
        NODES
            .objectNode()
            .put("input", text.input())
            .put("label", text.label(right))
            .put("task", task(row.getSource())));
  }

  /** The two sources that the published rows have are spelled as there. */
  private static String task(String source) {
    return switch (source) {
      case "gsm8k" -> "GSM8K";
      case "math" -> "MATH";
      default -> source;
    };
  }

  private ExportedRow lesson(CritiquedRollout row, SortedSet<Integer> wrong) {
    Optional<StepCritique> agreeing =
        row.getCritiques().stream().filter(critique -> agrees(critique, wrong)).findFirst();
    if (agreeing.isEmpty()) {
      return new ExportedRow.Missing(LeftOut.NO_AGREEING_CRITIQUE);
    }
    StepCritique critique = agreeing.get();
    ObjectNode fields = NODES.objectNode();
    ArrayNode prompt = fields.putArray("prompt");
    messages(row, critique).forEach(message -> add(prompt, message));
    add(fields.putArray("completion"), new Message("assistant", critique.getText()));
    return new ExportedRow.Written(
        fields
            .put("rollout_id", row.getRolloutId())
            .put("critic", critique.getCritic())
            .put("critique_index", critique.getCritiqueIndex()));
  }

  /** The very messages that the critic was shown. */
  private List<Message> messages(CritiquedRollout row, StepCritique critique) {
    List<Message> messages = prompts.of(row, critique);
    String digest =
        Digests.ofParts(
            messages.stream()
                .flatMap(message -> Stream.of(message.getRole(), message.getContent()))
                .toArray(String[]::new));
    if (!digest.equals(critique.getPromptDigest())) {
      throw new UserMistake(
          "the template %s writes another prompt than %s was shown for row %s: export with the version of CapoFlow and the template that it was asked with"
              .formatted(critique.getPromptTemplate(), critique.getCritic(), row.getRolloutId()));
    }
    return messages;
  }

  private static boolean agrees(StepCritique critique, SortedSet<Integer> wrong) {
    return critique.getVoidReason() == null
        && critique.getFinishReason().equals(FinishReason.STOP.text())
        && new TreeSet<>(critique.getWrongSteps()).equals(wrong);
  }

  private static void add(ArrayNode messages, Message message) {
    messages.addObject().put("role", message.getRole()).put("content", message.getContent());
  }
}
