package io.capoflow.pipelines.critiques.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

class MathShepherdRowTest {
  /** As readers find steps and labels again: by the marks' places and the first step's number. */
  private record Read(String question, List<String> steps, List<Boolean> right) {
    static Read of(String input, String label) {
      List<String> parts = new ArrayList<>();
      List<Boolean> right = new ArrayList<>();
      int from = 0;
      for (int mark = input.indexOf("ки"); mark >= 0; mark = input.indexOf("ки", from)) {
        parts.add(input.substring(from, mark).strip());
        // Each mark before this one is a character longer than its label.
        char sign = label.charAt(mark - right.size());
        assertThat(sign).isIn('+', '-');
        right.add(sign == '+');
        from = mark + 2;
      }
      assertThat(input.substring(from)).isEmpty();
      String[] first = parts.get(0).split("Step 1:", -1);
      assertThat(first).hasSize(2);
      parts.set(0, "Step 1:" + first[1]);
      return new Read(first[0].strip(), parts, right);
    }
  }

  @Property
  void whatIsWrittenIsReadAgain(
      @ForAll("texts") String question,
      @ForAll @Size(min = 1, max = 5) List<@From("texts") String> steps,
      @ForAll @Size(5) List<Boolean> signs) {
    List<Boolean> right = signs.subList(0, steps.size());
    MathShepherdRow row = new MathShepherdRow(question, steps);
    Optional<LeftOut> unreadable = row.unreadable();

    if (unreadable.isPresent()) {
      String all = question + "\n" + String.join("\n", steps);
      assertThat(all).contains(unreadable.get() == LeftOut.HOLDS_STEP_MARK ? "ки" : "Step 1:");
      return;
    }
    Read read = Read.of(row.input(), row.label(right));
    assertThat(read.question()).isEqualTo(question.strip());
    assertThat(read.right()).isEqualTo(right);
    for (int index = 0; index < steps.size(); index++) {
      String step = steps.get(index).strip();
      String head = "Step " + (index + 1) + ":";
      assertThat(read.steps().get(index))
          .isEqualTo(step.startsWith(head) ? step : (head + " " + step).strip());
    }
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "ки",
            "к",
            "и",
            "Step 1:",
            "Step 2:",
            "Step ",
            "1:",
            "+",
            "-",
            "\n",
            " ",
            "x",
            "\ud83c\udf4e",
            "\u2028")
        .list()
        .ofMaxSize(5)
        .map(parts -> String.join("", parts));
  }
}
