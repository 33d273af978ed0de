package io.capoflow.transforms;

import static io.capoflow.transforms.TestRollouts.evidence;
import static io.capoflow.transforms.TestRollouts.stopped;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.critic.FileTemplate;
import io.capoflow.models.critic.PromptTemplates;
import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.credit.CreditSchemes;
import io.capoflow.transforms.credit.CreditSettings;
import io.capoflow.transforms.credit.CreditSettings.Normalisation;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Runs what docs/extending.md shows, and checks that it shows what runs. */
class ExtendingGuideTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home", ".."));
  private static final Pattern QUOTED_FILE =
      Pattern.compile("`src/main/([^`]+)`\n```\\w+\n(.*?)```", Pattern.DOTALL);

  @Test
  void quotesTheFilesThatTheTestsRun() throws IOException {
    Map<String, String> quoted = new TreeMap<>();
    for (MatchResult match : QUOTED_FILE.matcher(guide()).results().toList()) {
      quoted.put(match.group(1), match.group(2));
    }

    assertThat(quoted).hasSize(8);
    for (Map.Entry<String, String> file : quoted.entrySet()) {
      Path source = HOME.resolve("transforms/src/test").resolve(file.getKey());
      String there = Files.readString(source);
      if (file.getKey().endsWith(".java")) {
        assertThat(file.getValue()).as(file.getKey()).isEqualTo(there);
      } else {
        assertThat(there.lines()).as(file.getKey()).contains(file.getValue().strip());
      }
    }
  }

  @Test
  void theVotingRuleIsFoundAndVotes() {
    assertThat(VotingRules.named("two_thirds").weight(2, 3)).isOne();
    assertThat(VotingRules.named("two_thirds").weight(2, 4)).isZero();
  }

  @Test
  void theCreditSchemeIsFoundAndCreditsFromTheFirstErrorOn() {
    Rollout first = stopped(0, "a", "\n\n", "b", "\n\n", "c");
    Rollout second = stopped(1, "a");
    List<CreditedRollout> credited =
        CreditSchemes.named("first_error")
            .assign(
                List.of(evidence(first, 1, 1), evidence(second, 0)),
                new CreditSettings(2, 1, Normalisation.TOKEN, 0));

    assertThat(credited.get(0).getRewards()).containsExactly(2.0, 2.0, 1.0, 1.0, 1.0, 1.0);
    assertThat(credited.get(1).getRewards()).containsExactly(0.0, 0.0);
    assertThat(credited).extracting(CreditedRollout::getScheme).containsOnly("first_error");
  }

  @Test
  void theVerifierIsFoundAndVerifies() {
    Verifier verifier = Extensions.named(Verifier.class, Verifier::name, "verifier", "last_line");
    assertThat(verifier.verify("so\n42", "42", VerifierOptions.strict()).correct()).isTrue();
    assertThat(verifier.verify("42\nso", "42", VerifierOptions.strict()).correct()).isFalse();
  }

  @Test
  void theTemplateIsFoundAndReadsAnswers() {
    Rollout rollout = stopped(0, "2+2=4");
    assertThat(
            PromptTemplates.named("terse")
                .render(rollout, new BlankLineSplitter().split(rollout.getResponse()))
                .get(0)
                .getContent())
        .contains("<step_0>\n2+2=4\n</step_0>");
    assertThat(
            PromptTemplates.named("terse")
                .read("<incorrect_steps>0</incorrect_steps>", false, 1)
                .wrongSteps())
        .containsExactly(0);
  }

  @Test
  void theTextFileIsATemplate() throws IOException {
    String guide = guide();
    int start = guide.indexOf("{{question}}\n\n{{steps}}");
    String file = guide.substring(start, guide.indexOf("```", start));
    Rollout rollout = stopped(0, "2+2=4");

    assertThat(
            FileTemplate.of("mine.txt", file)
                .render(rollout, new BlankLineSplitter().split(rollout.getResponse()))
                .get(0)
                .getContent())
        .startsWith("What is 2+2?\n\n<step_0>\n2+2=4\n</step_0>");
  }

  private static String guide() throws IOException {
    return Files.readString(HOME.resolve("docs/extending.md"));
  }
}
