package io.capoflow.runners.doctor;

import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.extensions.ExtensionJar;
import io.capoflow.settings.extensions.ExtensionJars;
import io.capoflow.settings.extensions.ExtensionJars.Loaded;
import io.capoflow.transforms.credit.CreditScheme;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.verifiers.Verifier;
import io.capoflow.worlds.truth.StepOracle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Checks of the jars of others: what each offers, and whether that can be used. */
final class ExtensionChecks {
  private static final String SUBJECT = "extension";

  private static final List<Point<?>> POINTS =
      List.of(
          new Point<>("verifier", Verifier.class, Verifier::name),
          new Point<>("prompt template", PromptTemplate.class, PromptTemplate::name),
          new Point<>("step splitter", StepSplitter.class, StepSplitter::name),
          new Point<>("voting rule", VotingRule.class, VotingRule::name),
          new Point<>("credit scheme", CreditScheme.class, CreditScheme::name),
          new Point<>("step oracle", StepOracle.class, StepOracle::source));

  /** An interface that others implement. */
  private record Point<T>(String kind, Class<T> type, Function<T, String> name) {
    /** What a jar offers of it, in words. */
    List<String> offered(ExtensionJar jar) {
      List<String> offered = new ArrayList<>();
      Extensions.all(type, name)
          .forEach(
              (named, extension) -> {
                if (ExtensionJars.of(extension.getClass()).equals(Optional.of(jar))) {
                  if (extension instanceof VotingRule rule) {
                    VotingRules.requireSound(rule);
                  }
                  offered.add("%s %s (%s)".formatted(kind, named, extension.getClass().getName()));
                }
              });
      return offered;
    }
  }

  private ExtensionChecks() {}

  /** One check for each jar that is loaded. */
  static List<Doctor.Check> all() {
    return ExtensionJars.loaded().stream()
        .<Doctor.Check>map(loaded -> NamedCheck.of(SUBJECT, () -> look(loaded)))
        .toList();
  }

  private static Finding look(Loaded loaded) {
    ExtensionJar jar = loaded.jar();
    String what = "%s, sha256 %s, ".formatted(jar.file(), jar.digest());
    List<String> offered = new ArrayList<>();
    try {
      POINTS.forEach(point -> offered.addAll(point.offered(jar)));
    } catch (UserMistake broken) {
      String why = String.valueOf(broken.getMessage());
      return why.contains(jar.name())
          ? Finding.fail(SUBJECT, what + "cannot be used", why)
          : Finding.warn(SUBJECT, what + "was not tried", "mend the other jar first: " + why);
    }
    if (!loaded.hidden().isEmpty()) {
      return Finding.warn(
          SUBJECT,
          what + "offers " + String.join(", ", offered),
          "CapoFlow has other classes of these names, and uses those: %s; leave them out of the jar"
              .formatted(String.join(", ", loaded.hidden())));
    }
    return offered.isEmpty()
        ? Finding.warn(
            SUBJECT,
            what + "offers nothing",
            "unless another jar needs it: name its classes under META-INF/services, as"
                + " docs/extending.md shows")
        : Finding.ok(SUBJECT, what + "offers " + String.join(", ", offered));
  }
}
