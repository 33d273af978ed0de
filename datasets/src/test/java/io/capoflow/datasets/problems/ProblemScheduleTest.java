package io.capoflow.datasets.problems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ProblemScheduleTest {
  @Property(tries = 200)
  void a_pass_uses_no_problem_twice_and_leaves_out_less_than_an_iteration(
      @ForAll @IntRange(min = 1, max = 40) int count,
      @ForAll @IntRange(min = 1, max = 40) int perIteration,
      @ForAll long seed) {
    if (perIteration > count) {
      return;
    }
    ProblemSchedule schedule = new ProblemSchedule(problems(count), perIteration, seed);
    for (int pass = 0; pass < 3; pass++) {
      List<Problem> used = new ArrayList<>();
      for (int i = 0; i < schedule.iterationsPerPass(); i++) {
        List<Problem> iteration = schedule.problemsOf(pass * schedule.iterationsPerPass() + i);
        assertThat(iteration).hasSize(perIteration);
        used.addAll(iteration);
      }
      assertThat(new HashSet<>(used)).hasSameSizeAs(used);
      assertThat(count - used.size()).isBetween(0, perIteration - 1);
    }
  }

  @Property(tries = 100)
  void neither_the_order_of_the_file_nor_what_was_asked_before_matters(
      @ForAll("orders") List<Problem> shuffled,
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 30) int iteration) {
    assertThat(new ProblemSchedule(shuffled, 6, seed).problemsOf(iteration))
        .isEqualTo(new ProblemSchedule(problems(20), 6, seed).problemsOf(iteration));
  }

  @Provide
  Arbitrary<List<Problem>> orders() {
    return Arbitraries.shuffle(problems(20));
  }

  @Test
  void passes_and_seeds_have_orders_of_their_own() {
    ProblemSchedule schedule = new ProblemSchedule(problems(50), 50, 1);
    assertThat(schedule.problemsOf(0)).isNotEqualTo(schedule.problemsOf(1));
    assertThat(schedule.problemsOf(0))
        .isNotEqualTo(new ProblemSchedule(problems(50), 50, 2).problemsOf(0))
        .isNotEqualTo(problems(50));
  }

  @Test
  void an_iteration_cannot_take_more_problems_than_there_are() {
    assertThatThrownBy(() -> new ProblemSchedule(problems(3), 4, 0))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "problems.per_iteration: an iteration takes 4 problems, but only 3 can be used; lower"
                + " it, or add problems");
  }

  @Property(tries = 100)
  void a_split_divides_the_problems_and_depends_on_ids_alone(
      @ForAll @IntRange(min = 0, max = 19) int heldOut, @ForAll long seed) {
    List<Problem> problems = problems(20);
    ProblemSplit split = ProblemSplit.of(problems, heldOut, seed);
    assertThat(split.heldOut()).hasSize(heldOut);
    List<Problem> all = new ArrayList<>(split.train());
    all.addAll(split.heldOut());
    assertThat(all).containsExactlyInAnyOrderElementsOf(problems);
    List<Problem> reversed = new ArrayList<>(problems);
    Collections.reverse(reversed);
    assertThat(ProblemSplit.of(reversed, heldOut, seed).heldOut()).isEqualTo(split.heldOut());
    assertThat(ProblemSplit.of(problems, 19, seed).heldOut().subList(0, heldOut))
        .as("fewer are the first of more")
        .isEqualTo(split.heldOut());
  }

  @Test
  void a_split_leaves_something_to_train_on() {
    assertThatThrownBy(() -> ProblemSplit.of(problems(5), 5, 0))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "problems.held_out: cannot set aside 5 of 5 problems and train on the rest; lower it,"
                + " or name a problems.held_out_file");
  }

  private static List<Problem> problems(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                Problem.newBuilder()
                    .setProblemId("p-" + i)
                    .setPrompt(List.of(new Message("user", "Question " + i)))
                    .setAnswer("1")
                    .setSource("test")
                    .build())
        .toList();
  }
}
