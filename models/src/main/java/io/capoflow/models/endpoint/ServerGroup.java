package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.Probing.Identity;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The servers of an endpoint, which must be alike. Guarded by the lock of its client, apart from
 * what is final.
 */
final class ServerGroup {
  private final EndpointSpec spec;
  private final List<Server> servers;

  /** What all of them are, by the first that answered. */
  private Optional<Identity> reference = Optional.empty();

  /**
   * Those of a spec.
   *
   * @throws UserMistake when an address is none
   */
  ServerGroup(EndpointSpec spec, Function<ServerAddress, Server> opening) {
    this.spec = spec;
    servers = spec.urls().stream().map(ServerAddress::of).map(opening).toList();
  }

  List<Server> all() {
    return servers;
  }

  /** Where calls with this prompt go, whichever process makes them: its cache knows the prompt. */
  Server home(ChatRequest request) {
    if (servers.size() == 1) {
      return servers.get(0);
    }
    String digest =
        Digests.ofParts(
            request.messages().stream()
                .flatMap(message -> Stream.of(message.getRole(), message.getContent()))
                .toArray(String[]::new));
    return servers.get((int) (Long.parseLong(digest, 0, 8, 16) % servers.size()));
  }

  /** The one with the call that waits longest; empty where none waits. */
  Optional<Server> withLongestWaiting() {
    Server first = null;
    for (Server server : servers) {
      if (!server.queue.isEmpty()
          && (first == null || server.queue.peek().order() < first.queue.peek().order())) {
        first = server;
      }
    }
    return Optional.ofNullable(first);
  }

  /**
   * A server turned out to be this.
   *
   * @return what is wrong with it; empty where nothing is
   */
  Optional<UserMistake> met(Server server, Identity identity) {
    Optional<UserMistake> wrong =
        server.identity.isPresent()
            ? otherModel(server, identity.model())
            : reference.flatMap(one -> unlike(server, one, identity));
    if (wrong.isEmpty() && server.identity.isEmpty()) {
      server.identity = Optional.of(identity);
      reference = reference.or(() -> Optional.of(identity));
    }
    return wrong;
  }

  /** What is wrong with an answer in which a model names itself; empty where nothing is. */
  Optional<UserMistake> otherModel(Server server, String model) {
    String expected = reference.map(Identity::model).orElse("");
    if (model.isEmpty() || expected.isEmpty() || model.equals(expected)) {
      return Optional.empty();
    }
    return Optional.of(
        new UserMistake(
            "%s answered as %s, where %s answered before: the run stops, since another model is another critic; run the same command again when %s is back"
                .formatted(server.address, model, expected, expected)));
  }

  /** What was found out; tells of nothing before one of them answered. */
  EndpointReport report() {
    if (reference.isEmpty()) {
      return new EndpointReport(false, spec.model(), "", "", spec.dialect(), List.of());
    }
    Identity one = reference.get();
    List<String> notes =
        servers.stream()
            .flatMap(server -> server.identity.stream())
            .flatMap(identity -> identity.notes().stream())
            .toList();
    return new EndpointReport(
        true,
        one.model().isEmpty() ? spec.model() : one.model(),
        one.fingerprint(),
        one.version(),
        one.wire().dialect(),
        notes);
  }

  /** The addresses of all, for messages. */
  @Override
  public String toString() {
    return servers.stream()
        .map(server -> server.address.toString())
        .collect(Collectors.joining(" and "));
  }

  private static Optional<UserMistake> unlike(Server server, Identity one, Identity other) {
    boolean sameModel =
        one.model().isEmpty() || other.model().isEmpty() || one.model().equals(other.model());
    if (sameModel && one.version().equals(other.version())) {
      return Optional.empty();
    }
    return Optional.of(
        new UserMistake(
            "the servers of one endpoint must be alike: %s has %s, another has %s"
                .formatted(
                    server.address,
                    sameModel ? named(other.version()) : other.model(),
                    sameModel ? named(one.version()) : one.model())));
  }

  private static String named(String version) {
    return version.isEmpty() ? "no known version" : version;
  }
}
