package io.capoflow.runners.doctor;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.critic.ServerWatch;
import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.pipelines.critics.RecipeCritics;
import io.capoflow.schemas.Pending;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Tries the server that a recipe's critic is behind, from this machine. */
public final class ServerCheck {
  private static final String SUBJECT = "server";

  private ServerCheck() {}

  /** The check of a recipe; none where its critic is in the process or not asked. */
  public static List<Doctor.Check> of(TrainingRecipe recipe) {
    return recipe.critique().enabled() && recipe.critique().server().used()
        ? List.of(NamedCheck.of(SUBJECT, () -> look(recipe)))
        : List.of();
  }

  private static Finding look(TrainingRecipe recipe) {
    Optional<ServerWatch> server = RecipeCritics.of(recipe).flatMap(CriticSource::watch);
    try (ServerWatch watch = server.orElseThrow()) {
      EndpointReport report = Pending.await(watch.report());
      // Without a query, which may hold a secret.
      String addresses =
          recipe.critique().server().endpoint().stream()
              .map(address -> address.replaceFirst("[?].*", ""))
              .collect(Collectors.joining(", "));
      if (!report.reached()) {
        return Finding.warn(
            SUBJECT,
            "no server answers at " + addresses,
            "start it, or check critique.endpoint; what the journal has needs none");
      }
      String found =
          "%s at %s, asked as %s".formatted(report.identity(), addresses, report.dialect().label());
      return report.notes().isEmpty()
          ? Finding.ok(SUBJECT, found)
          : Finding.ok(SUBJECT, found + "; " + String.join("; ", report.notes()));
    }
  }
}
