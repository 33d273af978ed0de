package io.capoflow.transforms;

/**
 * A transform was applied before it was told all that it needs: what decides its rows, a seed or an
 * iteration above all, has no default. A fault in the pipeline that applies it.
 */
public final class MissingSetting extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /**
   * Says what is missing and how to add it, in one line.
   *
   * @param transform the transform's name
   * @param setting what it needs, in words
   * @param method what names it
   */
  public MissingSetting(String transform, String setting, String method) {
    super(
        "%s is applied without its %s: add .%s(…), it has no default"
            .formatted(transform, setting, method));
  }
}
