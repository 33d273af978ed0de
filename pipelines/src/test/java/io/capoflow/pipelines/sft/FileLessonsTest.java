package io.capoflow.pipelines.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.worlds.lessons.Lesson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLessonsTest {
  @TempDir Path directory;

  @Property
  void anEpochHasEachLessonOnce(
      @ForAll long seed,
      @ForAll @IntRange(max = 1000) int epoch,
      @ForAll @IntRange(min = 1, max = 50) int lessons) {
    assertThat(FileLessons.order(seed, epoch, lessons))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, lessons).boxed().toList());
  }

  @Test
  void seedAndEpochAloneDecideTheOrder() {
    List<Integer> order = FileLessons.order(7, 0, 20);

    assertThat(order)
        .isEqualTo(FileLessons.order(7, 0, 20))
        .isNotEqualTo(FileLessons.order(7, 1, 20))
        .isNotEqualTo(FileLessons.order(8, 0, 20))
        .isNotEqualTo(IntStream.range(0, 20).boxed().toList());
  }

  @Test
  void theOrderIsWhatItHasAlwaysBeen() {
    // Computed by another program of the same formulas.
    assertThat(FileLessons.order(0, 0, 10)).containsExactly(4, 1, 5, 8, 3, 2, 7, 0, 9, 6);
    assertThat(FileLessons.order(0, 1, 10)).containsExactly(9, 2, 1, 3, 5, 0, 6, 7, 8, 4);
  }

  @Test
  void epochsFollowOneAnotherWithoutEndAndCanBeTakenInAnyOrder() throws IOException {
    Path path = directory.resolve("lessons.jsonl");
    Files.write(
        path,
        IntStream.range(0, 5)
            .mapToObj("{\"prompt\":\"Which?\",\"completion\":\"%d\"}"::formatted)
            .toList());
    try (LessonFile file = LessonFile.open(path)) {
      FileLessons lessons = new FileLessons(file, 3);
      List<String> taken =
          IntStream.range(0, 15).mapToObj(lessons::at).map(Lesson::completion).toList();

      assertThat(taken)
          .isEqualTo(
              IntStream.range(0, 3)
                  .boxed()
                  .flatMap(epoch -> FileLessons.order(3, epoch, 5).stream())
                  .map(String::valueOf)
                  .toList());
      assertThat(lessons.at(2).completion()).isEqualTo(taken.get(2));
      assertThat(lessons.at(12).completion()).isEqualTo(taken.get(12));
      assertThat(lessons.at(Integer.MAX_VALUE)).isEqualTo(lessons.at(Integer.MAX_VALUE));
    }
  }
}
