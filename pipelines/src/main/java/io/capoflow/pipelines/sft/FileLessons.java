package io.capoflow.pipelines.sft;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Draws;
import io.capoflow.schemas.UserMistake;
import io.capoflow.worlds.lessons.Lesson;
import io.capoflow.worlds.lessons.Lessons;
import io.capoflow.worlds.lessons.NewTokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The lessons of a file as an endless course. Every epoch has each of them once, in an order of its
 * own, which is a function of the seed and the epoch alone. Thread-safe.
 */
final class FileLessons implements Lessons {
  private final LessonFile file;
  private final long seed;
  private volatile Epoch latest;

  /**
   * An epoch's order.
   *
   * @param number from 0
   * @param order of the file's lessons
   */
  private record Epoch(int number, List<Integer> order) {}

  FileLessons(LessonFile file, long seed) {
    this.file = requireNonNull(file, "file");
    this.seed = seed;
    this.latest = new Epoch(0, order(seed, 0, file.size()));
  }

  @Override
  public Lesson at(int index) {
    return file.read(place(index));
  }

  /**
   * Checks the lessons that a training will take, before it begins.
   *
   * @param taken lessons of the course, from its first
   * @throws UserMistake when the model cannot learn one of them: the first in the file is named
   */
  void requireFitting(LessonEncoder encoder, long taken) {
    IntStream.range(0, (int) Math.min(taken, file.size()))
        .map(this::place)
        .sorted()
        .forEach(lesson -> requireFitting(encoder, lesson));
  }

  private void requireFitting(LessonEncoder encoder, int lesson) {
    LessonEncoder.Encoded encoded;
    try {
      encoded = encoder.encode(file.read(lesson));
    } catch (UserMistake e) {
      throw new UserMistake("%s: %s".formatted(file.place(lesson), e.getMessage()), e);
    }
    if (encoded.promptLength() == 0) {
      throw new UserMistake(
          "%s: its prompt has no token for this model; give it a prompt"
              .formatted(file.place(lesson)));
    }
    if (encoded.tokens().length > encoder.positions()) {
      throw new UserMistake(
          "%s: has %d tokens, and the model reads %d; shorten the lesson or delete it"
              .formatted(file.place(lesson), encoded.tokens().length, encoder.positions()));
    }
  }

  /** Which of the file's lessons has an index in the course. */
  int place(int index) {
    int number = index / file.size();
    Epoch epoch = latest;
    if (epoch.number() != number) {
      epoch = new Epoch(number, order(seed, number, file.size()));
      latest = epoch;
    }
    return epoch.order().get(index % file.size());
  }

  /** A permutation by Fisher and Yates, with one draw for each place. */
  static List<Integer> order(long seed, int epoch, int lessons) {
    List<Integer> order =
        IntStream.range(0, lessons).boxed().collect(Collectors.toCollection(ArrayList::new));
    long key = Draws.key(seed, "lessons", epoch);
    for (int last = lessons - 1; last > 0; last--) {
      Collections.swap(order, last, Draws.integer(key, last, last + 1));
    }
    return order;
  }

  @Override
  public Optional<NewTokenizer> tokenizer() {
    return Optional.empty();
  }
}
