package io.capoflow.runners.cli;

import io.capoflow.pipelines.BuildVersions;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
public final class Versions implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"capoflow " + BuildVersions.of("capoflow")};
  }
}
