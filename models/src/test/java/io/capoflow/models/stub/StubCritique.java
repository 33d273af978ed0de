package io.capoflow.models.stub;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes critiques that our parser reads, with wrong steps as the draw has it. */
final class StubCritique implements StubAnswer {
  private static final Pattern STEP = Pattern.compile("<(?:step|paragraph)_(\\d+)>");

  @Override
  public String text(JsonNode request, long draw) {
    JsonNode messages = request.path("messages");
    String prompt = messages.path(messages.size() - 1).path("content").asText();
    TreeSet<Integer> steps = new TreeSet<>();
    for (Matcher tags = STEP.matcher(prompt); tags.find(); ) {
      steps.add(Integer.parseInt(tags.group(1)));
    }
    List<Integer> numbers = List.copyOf(steps);
    String wrong =
        IntStream.range(0, numbers.size())
            .filter(i -> Math.floorMod(draw >>> (i % 32), 4) == 0)
            .mapToObj(i -> numbers.get(i).toString())
            .collect(Collectors.joining(", "));
    return "I looked at %d steps (%016x).\nJudgment: Is the solution correct (Yes/No)? %s\n<incorrect_steps>%s</incorrect_steps>"
        .formatted(numbers.size(), draw, wrong.isEmpty() ? "Yes" : "No", wrong);
  }
}
