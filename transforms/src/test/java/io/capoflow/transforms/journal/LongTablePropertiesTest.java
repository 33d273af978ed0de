package io.capoflow.transforms.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class LongTablePropertiesTest {
  @Property(tries = 100)
  void theValuesOfAKeyComeInTheOrderInWhichTheyWereAdded(
      @ForAll @Size(max = 5000) List<@IntRange(min = -400, max = 400) Integer> keys) {
    LongTable table = new LongTable();
    Map<Long, List<Long>> expected = new HashMap<>();
    for (int value = 0; value < keys.size(); value++) {
      // Neighbouring slots, the last and the first among them.
      long key = keys.get(value);
      table.add(key, value);
      expected.computeIfAbsent(key, unused -> new ArrayList<>()).add((long) value);
    }

    for (long key = -401; key <= 401; key++) {
      List<Long> found = new ArrayList<>();
      table.forEach(key, found::add);
      List<Long> wanted = expected.getOrDefault(key, List.of());
      assertThat(found).isEqualTo(wanted);
      assertThat(table.first(key)).isEqualTo(wanted.isEmpty() ? -1 : wanted.get(0));
    }
    assertThat(table.size()).isEqualTo(keys.size());
  }
}
