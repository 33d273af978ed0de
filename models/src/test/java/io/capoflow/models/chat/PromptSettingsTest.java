package io.capoflow.models.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptSettingsTest {
  @Test
  void valuesAreJsonsWhereTheyAreBooleansWholeNumbersOrStringsAndElseText() {
    assertThat(
            TemplateVariables.parse(
                List.of(
                    "a=true",
                    "b = false",
                    "c=-12",
                    "d=\"2024\"",
                    "e=26 Jul 2024",
                    "f=",
                    "g=1.5",
                    "h=a=b",
                    "i=[1]")))
        .isEqualTo(
            Map.of(
                "a",
                true,
                "b",
                false,
                "c",
                -12L,
                "d",
                "2024",
                "e",
                "26 Jul 2024",
                "f",
                "",
                "g",
                "1.5",
                "h",
                "a=b",
                "i",
                "[1]"));
  }

  @ParameterizedTest
  @CsvSource({
    "enable_thinking, expects variables as name=value",
    "=true, expects variables as name=value",
    "a b=true, expects variables as name=value",
    "messages=x, messages is no variable that can be set",
    "add_generation_prompt=false, add_generation_prompt is no variable that can be set",
  })
  void refusesWhatIsNoVariable(String variable, String message) {
    assertThatThrownBy(() -> new PromptSettings(PromptFormat.AUTO, List.of(variable)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesAVariableThatIsSetTwiceOrThatNothingReads() {
    assertThatThrownBy(() -> new PromptSettings(PromptFormat.AUTO, List.of("a=1", "a=2")))
        .hasMessageContaining("a is set twice");
    for (PromptFormat format :
        List.of(PromptFormat.PLAIN, PromptFormat.CHATML, PromptFormat.LLAMA3)) {
      assertThatThrownBy(() -> new PromptSettings(format, List.of("a=1")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("does not use");
    }
  }

  @Test
  void settingsThatCanGiveOtherTokensHaveOtherIdentities() {
    assertThat(PromptSettings.AUTO.identity()).isEmpty();
    assertThat(
            List.of(
                new PromptSettings(PromptFormat.AUTO, List.of()),
                new PromptSettings(PromptFormat.PLAIN, List.of()),
                new PromptSettings(PromptFormat.TEMPLATE, List.of()),
                new PromptSettings(PromptFormat.CHATML, List.of()),
                new PromptSettings(PromptFormat.AUTO, List.of("a=true")),
                new PromptSettings(PromptFormat.AUTO, List.of("a=false"))))
        .extracting(PromptSettings::identity)
        .doesNotHaveDuplicates();
    assertThat(new PromptSettings(PromptFormat.AUTO, List.of("b=1", "a=2")).identity())
        .isEqualTo(new PromptSettings(PromptFormat.AUTO, List.of("a=2", "b=1")).identity());
  }
}
